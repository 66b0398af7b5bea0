/*
 * The long poll (CS API: Syncing): one /sync after the other with a stored filter, each answer
 * handled whole in one transaction with its next_batch, in the order of DESIGN 4.2. What changes
 * nothing is not written: the cursor then waits for the next change, a minute at most.
 */
#ifndef KITH_MATRIX_SYNC_H
#define KITH_MATRIX_SYNC_H

#include <stddef.h>

struct matrix;
struct sync;

struct sync *sync_new(struct matrix *m);
/* Writes the cursor that waits. NULL is fine. */
void sync_free(struct sync *s);
/* Begins, now that there is a session. */
void sync_start(struct sync *s);
/* One answer, as if it had come: 0, or -EBADMSG (it is no sync) with nothing done. */
int sync_handle(struct sync *s, const char *body, size_t bytes);

#endif
