/* Receipts for what was said to kith (CS API: Receipts): the newest of each room, a second later
 * and after what is to be answered there; never two under way in one room. */
#ifndef KITH_MATRIX_RECEIPTS_H
#define KITH_MATRIX_RECEIPTS_H

#include <stdbool.h>

struct matrix;
struct receipts;

/* `busy` tells whether something is on its way to that room. */
struct receipts *receipts_new(struct matrix *m, bool (*busy)(void *data, const char *room),
			      void *data);
/* What is under way is not waited for. NULL is fine. */
void receipts_free(struct receipts *r);
void receipts_forget(struct receipts *r);
void receipts_note(struct receipts *r, const char *room, const char *event);

#endif
