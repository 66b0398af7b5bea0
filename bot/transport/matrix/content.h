/*
 * A post as an event's content (CS API: m.room.message, Rich replies, Threads, Event replacements,
 * User and room mentions). Pure.
 */
#ifndef KITH_MATRIX_CONTENT_H
#define KITH_MATRIX_CONTENT_H

#include "post.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

struct content_about {
	const char *reply_to; /* event id or NULL */
	const char *thread;   /* the root of the thread that it answers in, or NULL */
	const char *edits;    /* the event it takes the place of, or NULL */
	const char *mention;  /* the user it is for, or NULL */
	bool quiet;           /* they wait for it, though it points to nothing: more of an answer */
};

enum {
	/* An event may have 65,536 bytes (CS API: Size limits), encrypted and in base64 too. */
	CONTENT_BYTES_MOST = 40000,
	/* Nothing is cut into smaller ones. */
	CONTENT_BYTES_LEAST = 4000,
};

/* Markup between its lines into pieces, of each of which content_of makes at most `bytes` bytes of
 * JSON (as an edit twice as many); only a line that is too long by itself is cut, and said without
 * its markup. One piece as a rule; none if there is nothing to say. GPtrArray of char *,
 * g_ptr_array_unref it. */
GPtrArray *content_cut(const char *markup, size_t bytes);

/* The content that says `markup`: m.text where it is to notify (of its own accord, or in
 * private where nobody is waiting), else m.notice, always with
 * m.mentions; formatted_body only where it says more than the body. json_decref it. */
json_t *content_of(enum post_kind kind, const char *markup, const struct content_about *about);

#endif
