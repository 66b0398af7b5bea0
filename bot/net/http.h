/*
 * One HTTP request and its whole answer, over the process's one curl multi handle, which keeps
 * connections open and shares them (RFC 9110, 9112; HTTP/2 where a server speaks it over TLS).
 */
#ifndef KITH_HTTP_H
#define KITH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct http_call;
struct loop;

struct http_options {
	const char
		*proxy; /* socks5h://..., http://...; NULL: none, whatever the environment says */
	const char *folder; /* where a long answer is put, in a file that has no name there; NULL:
			       where the system puts such files */
};

struct http_request {
	const char *method;        /* "GET", "PUT", "POST", "DELETE" */
	const char *url;           /* absolute, its parts escaped: http_escape */
	const char *authorization; /* that header's value; NULL: none */
	const char *body;          /* application/json, UTF-8; NULL: none */
	size_t body_bytes;
	int64_t within_us; /* for all of it; then it fails with -ETIMEDOUT; 0: a minute */
	size_t bytes_most; /* a longer answer fails with -EMSGSIZE; 0: HTTP_BYTES_MOST */
	bool follow;       /* redirections (30x), at most five, GET alone */
	bool once;         /* never sent twice: else it is, by itself, where a connection that was
			      kept open turns out to have ended */
	bool head_only;    /* of a 2xx answer status and headers; what follows is not received */
};

enum { HTTP_MEMORY_MOST = 1024 * 1024, HTTP_BYTES_MOST = 64 * 1024 * 1024 };

/* Borrowed, until the callback returns. */
struct http_answer {
	int error;        /* 0: there was an answer, whatever its status; else -errno: -ETIMEDOUT,
			     -EMSGSIZE, -ECONNREFUSED, -EPROTO (TLS, a broken answer), -EIO, ... */
	const char *why;  /* for people, where error is not 0 */
	int status;       /* 200, 429, ... */
	const char *body; /* no NUL ends it; beyond HTTP_MEMORY_MOST it is a mapped file's */
	size_t bytes;
	int64_t retry_after_us;                         /* that header, as a delay; -1: none */
	const char *content_type, *content_disposition; /* NULL: none */
};

/* `options` is only read now. -EINVAL: that is no proxy. */
int http_new(struct loop *l, const struct http_options *options, struct http **ret);
/* Cancels what is under way. NULL is fine. */
void http_free(struct http *h);

/* Copies the request. `done` is called from the loop, once, never from inside http_send; it may
 * send, cancel and free anything, this http too. */
struct http_call *http_send(struct http *h, const struct http_request *r,
			    void (*done)(void *data, const struct http_answer *a), void *data);
/* `done` will not be called. Not after it was. NULL is fine. */
void http_cancel(struct http_call *c);

/* From inside `done`: what lies before `offset` of the answer will be looked at no more for now;
 * its memory may go back. (It can still be read; then it comes from the file again.) */
void http_passed(const struct http_answer *a, size_t offset);

/* RFC 3986 percent-encoding of one part of a path or query. g_free it. */
char *http_escape(const char *text);

#endif
