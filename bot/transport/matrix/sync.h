/*
 * The long poll (CS API: Syncing): one /sync after the other with a stored filter, each answer
 * handled whole in one transaction with its next_batch. What changes nothing is not written: the
 * cursor then waits for the next change, a minute at most, and what was passed since is heard again
 * after a kill.
 */
#ifndef KITH_MATRIX_SYNC_H
#define KITH_MATRIX_SYNC_H

struct matrix;
struct sync;

struct sync *sync_new(struct matrix *m);
/* Writes the cursor that waits. NULL is fine. */
void sync_free(struct sync *s);
/* Begins, now that there is a session. */
void sync_start(struct sync *s);

#endif
