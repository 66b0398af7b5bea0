/* Posts on their way, at most one to each room or person: what send.c knows of them. */
#ifndef KITH_MATRIX_FLIGHT_H
#define KITH_MATRIX_FLIGHT_H

#include "post.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct api_call;
struct goal;
struct parts;
struct send;

/* A post on its way. */
struct flight {
	struct send *send;
	char *key;
	char *target;  /* a room's id; of who is spoken to alone, theirs */
	char *room;    /* NULL while a direct room is being opened */
	bool direct;   /* said to `target` alone */
	bool may_else; /* in private, but there is another place for it */
	bool keep;     /* what says it is remembered for long ... */
	bool unasked;  /* ... and at once, since nobody would ask for it again */
	enum post_kind kind;
	char *reply_to, *thread, *mention;
	char *edits; /* the event */
	int64_t expires_at_us;
	struct parts *parts;
	struct call *call; /* that says the one whose turn it is */
	int64_t began_us;  /* monotonic */
	bool typing;       /* as shown */
	bool clear;        /* `call` says it unencrypted */
	bool parked;       /* until the room can be spoken in: there is no `call` */
};

/* A PUT. It may outlive what it is for: where the echo comes first. */
struct call {
	struct send *send;
	struct flight *flight; /* NULL: nobody waits for it */
	struct api_call *api;
};

/* `edits`: the event it amends, taken over, or NULL. NULL: there is nothing to say. */
struct flight *flight_new(struct send *s, const struct post *p, const struct goal *goal,
			  char *edits);
void flight_free(void *flight);

/* `flights`: of struct flight. NULL: there is none, to that target; under that transaction id. */
struct flight *flight_find(const GPtrArray *flights, const char *target);
struct flight *flight_find_transaction(const GPtrArray *flights, const char *id);
bool flight_is_to(const GPtrArray *flights, const char *room);
/* Whether one more to that goal is too many. */
bool flight_is_full(const GPtrArray *flights, const struct goal *goal);

#endif
