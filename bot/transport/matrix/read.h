/*
 * A Matrix event, read (CS API: "Room events", "Instant messaging", "Relationships"). Pure: from
 * spans to values, for whoever handles it.
 */
#ifndef KITH_MATRIX_READ_H
#define KITH_MATRIX_READ_H

#include "transport/matrix/span.h"

#include <stdbool.h>
#include <stdint.h>

/* What every event has; owned. What is missing or of a wrong type fails the reading. */
struct read_event {
	char *id;
	char *type;
	char *sender;
	char *state_key;      /* NULL: it is no state */
	char *transaction_id; /* our own device's (unsigned.transaction_id), or NULL */
	int64_t at_us;        /* origin_server_ts, UTC microseconds, never negative */
	struct span content;  /* an object; borrowed from the text */
	struct span whole;    /* likewise the event */
	bool redacted;        /* unsigned.redacted_because */
};

/* -EBADMSG: it is no event of a room. Ids are at most 255 bytes and without control characters. */
int read_event(struct span s, struct read_event *ret);
void read_event_done(struct read_event *e);

enum read_kind {
	READ_NOTHING, /* none that kith minds: a notice, a sticker, a location, something unknown */
	READ_MESSAGE,
	READ_EDIT,
	READ_REDACTION,
	READ_REACTION,
};

/* Who kith is, for knowing that it was named. */
struct read_us {
	const char *user;  /* @kith:example.org */
	const char *shown; /* its display name in that room; NULL: none */
};

/* What somebody said; owned. */
struct read_message {
	enum read_kind kind;
	char *text;   /* the body: a reply's fallback cut off, and kith's name where addressed; the
			 key of a reaction; "" if none */
	char *target; /* EDIT, REDACTION, REACTION: the event's id */
	char *reply_to; /* m.in_reply_to, or NULL; not a thread's falling back */
	char *thread;   /* the thread's root (m.thread), or NULL */
	bool addressed; /* the text began with kith's name, id or pill */
	/* What was uploaded, of m.file, m.image, m.audio and m.video; NULL each if nothing was. The
	 * text is then the caption, "" if there is none. */
	char *file_name, *file_type, *file_url; /* mxc://... */
};

/* `e` must be of a room's timeline. Never fails: what cannot be understood is READ_NOTHING. */
void read_message(const struct read_event *e, const struct read_us *us, struct read_message *ret);
void read_message_done(struct read_message *m);

#endif
