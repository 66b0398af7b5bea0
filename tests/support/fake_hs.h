/*
 * A homeserver that answers only what a test makes it answer, over HTTP/1.1 on a loopback port in
 * the test's own loop. Every request is kept, in order. Needs no cmocka, so that fuzz targets can
 * use it too.
 */
#ifndef KITH_TESTS_FAKE_HS_H
#define KITH_TESTS_FAKE_HS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_hs;
struct loop;

struct hs_request {
	unsigned number;     /* its place in the list */
	unsigned connection; /* the how manieth came with it, from 1 */
	char *method;
	char *path;          /* with its query, as it was sent */
	char *authorization; /* that header's value, or NULL */
	char *head;          /* everything above the body, lines ended by "\r\n" */
	char *body;          /* "" without one; a NUL follows */
	size_t body_bytes;
	bool answered; /* nothing is held back of it, and its connection lives */
};

struct hs_answer {
	int status;          /* 0: 200 */
	const char *text;    /* the body; NULL: {} */
	size_t bytes;        /* of it; 0: up to its NUL */
	char *owned;         /* `text` where it is this one's: hs_say; freed by whoever answers */
	const char *headers; /* more of them, each ended by "\r\n", or NULL */
	const char *type;    /* NULL: application/json */
	bool hold;           /* not now: fake_hs_answer gives it later */
	bool chunked;        /* no Content-Length */
	bool raw;            /* `text` is all that is sent, no status line and no headers */
	bool closes;         /* the connection is closed ... */
	size_t close_at;     /* ... at this byte of what is sent, or at its end if that is sooner */
	size_t piece;        /* so many bytes at a time, 0: all at once ... */
	int64_t pause_us;    /* ... with so long in between */
};

/* Fills in `a`, which is all 0. What it points to lives until that returns. */
typedef void hs_handler(void *data, const struct hs_request *r, struct hs_answer *a);

struct fake_hs *fake_hs_new(struct loop *l, hs_handler *handler, void *data);
void fake_hs_free(struct fake_hs *hs);

/* "http://127.0.0.1:PORT" */
const char *fake_hs_url(const struct fake_hs *hs);
unsigned fake_hs_connections(const struct fake_hs *hs); /* so far */
/* Of struct hs_request, all of them so far; borrowed. */
GPtrArray *fake_hs_requests(const struct fake_hs *hs);
/* The last one of this method whose path begins so (behind /_matrix/client/, or from its slash if
 * `path` has one in front); either may be NULL. NULL: none. */
const struct hs_request *fake_hs_last(const struct fake_hs *hs, const char *method,
				      const char *path);
/* How many there were. */
unsigned fake_hs_count(const struct fake_hs *hs, const char *method, const char *path);
/* Whether this one is such. */
bool hs_is(const struct hs_request *r, const char *method, const char *path);

/* A text made on the spot, as `a`'s. */
void hs_say(struct hs_answer *a, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What was held back. False: nobody waits for that any more. */
bool fake_hs_answer(struct fake_hs *hs, unsigned number, const struct hs_answer *a);

/* Closes every connection, as a server that goes down does. */
void fake_hs_hang_up(struct fake_hs *hs);
/* Nobody listens on its port; until again. */
void fake_hs_down(struct fake_hs *hs, bool down);

/* Turns the loop until that is true. False: it did not come true in 20 seconds. */
bool fake_hs_until(struct fake_hs *hs, bool (*met)(void *data), void *data);
/* The same, for a flag or a number that something in the loop changes. */
bool fake_hs_until_set(struct fake_hs *hs, const bool *flag);
bool fake_hs_until_count(struct fake_hs *hs, const unsigned *count, unsigned least);
/* Until so many requests have come. */
bool fake_hs_until_requests(struct fake_hs *hs, unsigned least);
/* Turns the loop for so long. */
void fake_hs_turn(struct fake_hs *hs, int64_t us);

#endif
