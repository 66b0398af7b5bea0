/*
 * A post as an event's content (CS API: m.room.message, Rich replies, Threads, Event replacements,
 * User and room mentions). Pure.
 */
#ifndef KITH_MATRIX_CONTENT_H
#define KITH_MATRIX_CONTENT_H

#include <glib.h>
#include <jansson.h>

struct post;

struct content_about {
	const char *reply_to; /* event id or NULL */
	const char *thread;   /* the root of the thread that it answers in, or NULL */
	const char *edits;    /* the event it takes the place of, or NULL */
	const char *mention;  /* the user it is for, or NULL */
};

/* The contents that say the post, each of them small enough for an event in clear and encrypted
 * (65,536 bytes): one, unless the post is very long; of several only the first is an edit. Each has
 * m.mentions; markup goes into body and formatted_body. m.text where it is to notify, else
 * m.notice. GPtrArray of json_t; g_ptr_array_unref it. */
GPtrArray *content_of(const struct post *p, const struct content_about *about);

#endif
