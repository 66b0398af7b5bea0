/* Who reads whose work: the close readers of a round, drawn as well as can be. Pure. */
#ifndef KITH_DRAW_H
#define KITH_DRAW_H

#include <stdbool.h>

enum { DRAW_NOBODY = -1 };

/* One candidate before one entry. */
struct draw_pair {
	bool may;        /* not the maker, not away, not resting */
	unsigned before; /* how often they have read this maker's work */
};

struct draw {
	unsigned entries;
	unsigned candidates;           /* in joining order */
	const struct draw_pair *pairs; /* entries x candidates, a row for each entry */
	const unsigned *lately;        /* candidates: how often each has read anybody lately */
};

/*
 * Gives each entry one reader: the index of a candidate, or DRAW_NOBODY if there is none to give.
 * Anybody may read several. Of all the ways to do it this is one that has, over all entries,
 *   the fewest without a reader; of those
 *   the fewest readings of the same maker before; of those
 *   the fewest readings lately, where each reading in this draw counts for the next, so that they
 *   are spread; of those
 *   the readers who joined first (the least sum of their places in that order).
 * The same draw always comes out the same. Exact for any numbers: in practice some E * E * C steps.
 */
void draw_readers(const struct draw *d, int *ret_readers);

#endif
