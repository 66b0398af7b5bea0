/*
 * As anybody may read several, who has a reader at all and how often they have read the maker
 * before is each entry's own affair: it goes to one of its *fit*, those who may read it and have
 * read its maker least. What is left, to spread the readings, concerns all entries at once. It is a
 * flow of least cost from the entries through their fit to each candidate's places, every one of
 * which costs one more than the place before. Entries are added one at a time, each along the
 * cheapest way to make room for it, which may hand others on from reader to reader (the method of
 * successive shortest paths). Costs are compared a part at a time and never folded into one number,
 * so no count is too large.
 */
#include "circle/draw.h"

#include <assert.h>
#include <glib.h>
#include <stdint.h>

/* In order of weight. Both are sums of a few thousand counts of 32 bits: far from overflowing. */
struct cost {
	int64_t lately, place;
};

struct search {
	const struct draw *draw;
	int *readers;         /* of the entries added so far */
	bool *fit;            /* entries x candidates */
	unsigned *load;       /* readings given to each candidate in this draw */
	struct cost *reached; /* the least cost of giving each candidate one entry more ... */
	int *by;              /* ... which is then this one; -1 if none can be */
};

static struct cost cost_sum(struct cost a, struct cost b)
{
	return (struct cost){ a.lately + b.lately, a.place + b.place };
}

static bool cost_less(struct cost a, struct cost b)
{
	return a.lately != b.lately ? a.lately < b.lately : a.place < b.place;
}

/* Finds the fit of `entry`, if any. */
static bool find_fit(const struct draw *d, unsigned entry, bool *ret_fit)
{
	const struct draw_pair *pairs = d->pairs + entry * (size_t)d->candidates;
	unsigned least = UINT_MAX;
	bool any = false;

	for (unsigned c = 0; c < d->candidates; c++) {
		if (pairs[c].may)
			least = MIN(least, pairs[c].before);
	}
	for (unsigned c = 0; c < d->candidates; c++) {
		ret_fit[c] = pairs[c].may && pairs[c].before == least;
		any |= ret_fit[c];
	}
	return any;
}

/* `entry` can be had at `cost` and the place of whoever gets it. Whether that is news to any. */
static bool offer(struct search *s, unsigned entry, struct cost cost)
{
	const bool *fit = s->fit + entry * (size_t)s->draw->candidates;
	bool news = false;

	for (unsigned c = 0; c < s->draw->candidates; c++) {
		struct cost there = cost_sum(cost, (struct cost){ .place = c });
		if (!fit[c] || (s->by[c] >= 0 && !cost_less(there, s->reached[c])))
			continue;
		s->reached[c] = there;
		s->by[c] = (int)entry;
		news = true;
	}
	return news;
}

/* Fills `reached` and `by` for the new `entry`. A cost may be below nothing, but none that leads
 * back to where it began, as what is given so far is given at the least cost. So this ends. */
static void search_from(struct search *s, unsigned entry)
{
	bool news;

	for (unsigned c = 0; c < s->draw->candidates; c++)
		s->by[c] = -1;
	offer(s, entry, (struct cost){ 0 });
	do {
		news = false;
		for (unsigned e = 0; e < entry; e++) {
			int c = s->readers[e];
			if (c == DRAW_NOBODY || s->by[c] < 0)
				continue;
			news |= offer(s, e, cost_sum(s->reached[c], (struct cost){ .place = -c }));
		}
	} while (news);
}

static struct cost cost_for(const struct search *s, unsigned candidate)
{
	struct cost load = { .lately = (int64_t)s->draw->lately[candidate] + s->load[candidate] };
	return cost_sum(s->reached[candidate], load);
}

/* `entry` has some fit. */
static void add_entry(struct search *s, unsigned entry)
{
	int best = -1, c, e;

	search_from(s, entry);
	for (c = 0; c < (int)s->draw->candidates; c++) {
		if (s->by[c] >= 0 &&
		    (best < 0 || cost_less(cost_for(s, (unsigned)c), cost_for(s, (unsigned)best))))
			best = c;
	}
	assert(best >= 0);
	s->load[best]++;
	/* Back along the way: who comes to have an entry hands on the one it takes the place of. */
	for (c = best; (e = s->by[c]) != (int)entry;) {
		int from = s->readers[e];
		s->readers[e] = c;
		c = from;
	}
	s->readers[entry] = c;
}

void draw_readers(const struct draw *d, int *ret_readers)
{
	g_autofree bool *fit = g_new0(bool, (size_t)d->entries * d->candidates);
	g_autofree unsigned *load = g_new0(unsigned, d->candidates);
	g_autofree struct cost *reached = g_new0(struct cost, d->candidates);
	g_autofree int *by = g_new0(int, d->candidates);
	struct search s = { d, ret_readers, fit, load, reached, by };

	for (unsigned e = 0; e < d->entries; e++) {
		if (find_fit(d, e, fit + e * (size_t)d->candidates))
			add_entry(&s, e);
		else
			ret_readers[e] = DRAW_NOBODY;
	}
}
