/* What a homeserver's answer says, as far as all of them say the same (CS API: API Standards). */
#ifndef KITH_MATRIX_REPLY_H
#define KITH_MATRIX_REPLY_H

#include "transport/matrix/span.h"

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct http_answer;

struct reply {
	struct span json; /* checked, and an object; none: it is no such thing */
	char *errcode;    /* M_FORBIDDEN, ...; "" if none */
	char *why;        /* for people: what a refusal says, or what came instead of an answer; ""
			     of a 2xx with JSON */
	bool soft_logout;
	int64_t retry_after_us; /* as the header or the body has it, an hour at most; -1: neither */
};

/* Of an answer without `error`; what it points to lives as long as that. */
void reply_read(const struct http_answer *a, struct reply *ret);
void reply_done(struct reply *r);

/* What can stand in a header as it is; NULL: there is no such token. config_secret_free it. */
char *reply_token(struct span json, const char *key);
/* When a token ends of which expires_in_ms is told; 0: it is not. `clock` may be NULL: 0. */
int64_t reply_expires_at_us(struct span json, const struct clock *clock);

#endif
