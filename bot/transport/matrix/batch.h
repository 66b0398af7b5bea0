/*
 * One answer to /sync: gone through once for its outer levels, then handled in the order of DESIGN
 * 4.2: to-device messages and account data, every room's kept state, then the timelines.
 */
#ifndef KITH_MATRIX_BATCH_H
#define KITH_MATRIX_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_answer;
struct matrix;

struct batch {
	const char *body;
	size_t bytes;
	const struct http_answer *http; /* whose the body is; NULL: nobody's */
	const char *since;              /* what was asked for; NULL: the first sync of all */
	bool catching_up;               /* kith was not listening before it */
	int64_t heard_us;               /* when it last was */
};

/* In a transaction, which it does not end. *ret_next is next_batch, g_free it; *ret_kept tells that
 * it carried something that must not be passed over twice, whether or not anything was written.
 * -EBADMSG: it is no answer to /sync, and nothing was done. */
int batch_handle(struct matrix *m, const struct batch *b, char **ret_next, bool *ret_kept);

#endif
