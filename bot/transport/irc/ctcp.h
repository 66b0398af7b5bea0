/* CTCP requests (modern.ircdocs.horse "CTCP"): what somebody's client asks ours. Pure; `now_us` is
 * monotonic. */
#ifndef KITH_IRC_CTCP_H
#define KITH_IRC_CTCP_H

#include <stdbool.h>
#include <stdint.h>

enum { CTCP_PER_MINUTE = 5 };

/* When the last requests were answered, the latest at `n_answered` - 1; starts as zeros. */
struct ctcp {
	int64_t at_us[CTCP_PER_MINUTE];
	unsigned n_answered;
};

/* What a NOTICE is to say to the request `text`, framed; NULL if kith has no answer to it, or has
 * answered too many lately, whoever asked. g_free it. */
char *ctcp_answer(struct ctcp *c, const char *text, int64_t now_us);

#endif
