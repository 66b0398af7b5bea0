/*
 * Requests to a homeserver in kith's name (CS API: API Standards, Client Authentication, Rate
 * limiting). What passes by itself is waited out here: 429 as long as the server says, 5xx and lost
 * connections with a growing, jittered pause; a token that ends is refreshed, and after a soft
 * logout kith signs in again on the same device, while everything else waits. What is told in the
 * end is final.
 */
#ifndef KITH_MATRIX_API_H
#define KITH_MATRIX_API_H

#include "transport/matrix/span.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct account;
struct api;
struct api_call;
struct clock;
struct config_section;
struct http;
struct loop;

struct api_callbacks {
	/* The account has another token: to be kept before it is used. */
	void (*renewed)(void *data, const struct account *a);
	/* The session is over, and nothing here can mend it: why, for people. Whatever is under way
	 * ends with -EACCES. */
	void (*dead)(void *data, const char *why);
};

struct api_options {
	struct loop *loop;
	const struct clock *clock;
	struct http *http;
	const char *name; /* the network's, for the log */
	/* Of a soft logout; NULL or no password-file: it is the end of the session. */
	const struct config_section *section;
	struct api_callbacks callbacks;
	void *data;
};

/* Whatever it is: while a token that has ended cannot be replaced for now, only API_REPEAT waits
 * on; the others end with what the try to replace it told. */
enum api_retry {
	API_REPEAT,  /* until it is answered or `within_us` is over: GET, and PUT with a
			transaction id */
	API_ONCE,    /* its effect must not be had twice: only 429 and a token's end repeat it */
	API_PASSING, /* what fails now is of no use later (typing, receipts): only a token's end */
};

struct api_request {
	const char *method;
	const char *path; /* "v3/sync?..." behind /_matrix/client/, its parts escaped */
	json_t *body;     /* taken over; NULL: none */
	enum api_retry retry;
	int64_t answer_us; /* how long one try may take; 0: 30 seconds */
	int64_t within_us; /* all tries together; 0: as long as the session lives */
	size_t bytes_most; /* of the answer; 0: HTTP_BYTES_MOST */
	bool raw;          /* the answer is not read: body and bytes alone (a sync) */
	bool head_only;
};

struct api_answer {
	int error;  /* 0: 2xx; -ETIMEDOUT, ...: none came; -EACCES: no session; -EREMOTEIO: the
		       server refused */
	int status; /* 0 where there was no answer */
	const char *errcode; /* M_FORBIDDEN, ...; "" if none */
	const char *why;     /* for the log and for people; "" where all is well */
	/* Where it is 2xx or has an errcode: checked JSON. Not of a raw request's 2xx: body and
	 * bytes alone. */
	struct span json;
	const char *body;
	size_t bytes;
	const struct http_answer *http;
};

/* `a` is copied; what `options` points to outlives the api. */
struct api *api_new(const struct api_options *options, const struct account *a);
void api_free(struct api *api);
const struct account *api_account(const struct api *api);

/* `done` is called from the loop, once, never from inside api_send. `request` is copied, its body
 * taken over. `done` may be NULL. */
struct api_call *api_send(struct api *api, const struct api_request *request,
			  void (*done)(void *data, const struct api_answer *a), void *data);
/* `done` will not be called. NULL is fine. */
void api_cancel(struct api_call *c);

/* The pause before the next try after `failures` in a row, jittered, in microseconds: for who tries
 * again by itself. */
int64_t api_pause_us(unsigned failures);

#endif
