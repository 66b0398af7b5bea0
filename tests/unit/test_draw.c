#include "circle/draw.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SMALL = 5, PARTS = 4, LARGE = 200 };

/* A row an entry, a character a candidate: '-' may not, a digit is how often they read this maker
 * before. `lately` is a digit each, `want` the reader of each entry or '-'. */
struct drawn {
	const char *rows[SMALL + 1];
	const char *lately;
	const char *want;
};

static void check_drawn(const struct drawn *c)
{
	struct draw_pair pairs[SMALL * SMALL] = { 0 };
	unsigned lately[SMALL] = { 0 };
	struct draw d = { .pairs = pairs, .lately = lately };
	int readers[SMALL];
	char got[SMALL + 1] = "";

	d.candidates = (unsigned)strlen(c->lately);
	for (unsigned i = 0; i < d.candidates; i++)
		lately[i] = (unsigned)(c->lately[i] - '0');
	for (; c->rows[d.entries]; d.entries++) {
		for (unsigned i = 0; i < d.candidates; i++) {
			char said = c->rows[d.entries][i];
			pairs[d.entries * d.candidates + i].may = said != '-';
			pairs[d.entries * d.candidates + i].before =
				said == '-' ? 0 : (unsigned)(said - '0');
		}
	}
	draw_readers(&d, readers);
	for (unsigned e = 0; e < d.entries; e++)
		got[e] = readers[e] == DRAW_NOBODY ? '-' : (char)('0' + readers[e]);
	assert_string_equal(got, c->want);
}

static void draw__two_makers__read_each_other(void **state)
{
	check_drawn(&(struct drawn){ { "-0", "0-" }, "00", "10" });
}

static void draw__member_alone__has_nobody(void **state)
{
	check_drawn(&(struct drawn){ { "-" }, "0", "-" });
}

static void draw__everybody_away__gives_nobody(void **state)
{
	check_drawn(&(struct drawn){ { "---", "---" }, "000", "--" });
	check_drawn(&(struct drawn){ { "", "" }, "", "--" });
}

static void draw__no_entries__touches_nothing(void **state)
{
	int reader = 42;

	draw_readers(&(struct draw){ .candidates = 0 }, &reader);
	assert_int_equal(reader, 42);
}

static void draw__one_maker_too_many__leaves_the_fewest_alone(void **state)
{
	/* Only candidate 1 may read entry 0, and is the better reader of entry 1 too. */
	check_drawn(&(struct drawn){ { "-5-", "90-" }, "00", "11" });
	check_drawn(&(struct drawn){ { "---", "0--" }, "000", "-0" });
}

static void draw__readings_of_the_maker__outweigh_all_below(void **state)
{
	check_drawn(&(struct drawn){ { "10" }, "09", "1" });
	check_drawn(&(struct drawn){ { "10", "10" }, "00", "11" });
}

static void draw__lately__outweighs_joining(void **state)
{
	check_drawn(&(struct drawn){ { "000" }, "212", "1" });
}

static void draw__equals__are_spread_in_joining_order(void **state)
{
	check_drawn(&(struct drawn){ { "000" }, "111", "0" });
	check_drawn(&(struct drawn){ { "-000", "0-00" }, "0000", "10" });
	/* Two behind the other, the first takes both: 0 and 1 are less than 0 and 2. */
	check_drawn(&(struct drawn){ { "00", "00" }, "02", "00" });
}

static void draw__optimum__is_over_all_entries(void **state)
{
	/* Candidate 0 would have the first entry, but is the only one for the second. */
	check_drawn(&(struct drawn){ { "00", "0-" }, "00", "10" });
	/* The last entry makes two others move on. */
	check_drawn(&(struct drawn){ { "00-", "-00", "0--" }, "000", "120" });
	/* Two readings each for those who have been idle before one more for who was not. */
	check_drawn(&(struct drawn){ { "00-", "0-0", "-00", "00-" }, "900", "1221" });
}

static void draw__same_draw__comes_out_the_same(void **state)
{
	struct draw_pair pairs[4 * 4];
	unsigned lately[4] = { 0 };
	struct draw d = { 4, 4, pairs, lately };
	int first[4], again[4];

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
		pairs[i] = (struct draw_pair){ .may = true };
	draw_readers(&d, first);
	memset(again, 0x55, sizeof(again));
	draw_readers(&d, again);
	assert_memory_equal(first, again, sizeof(first));
}

static void cost_of(const struct draw *d, const int *readers, int64_t cost[PARTS])
{
	unsigned load[SMALL] = { 0 };

	memset(cost, 0, PARTS * sizeof(*cost));
	for (unsigned e = 0; e < d->entries; e++) {
		int r = readers[e];
		if (r == DRAW_NOBODY) {
			cost[0]++;
			continue;
		}
		cost[1] += d->pairs[e * d->candidates + (unsigned)r].before;
		cost[2] += (int64_t)d->lately[r] + load[r]++;
		cost[3] += r;
	}
}

static int cost_order(const int64_t *a, const int64_t *b)
{
	for (int i = 0; i < PARTS; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return 0;
}

/* Tries every way there is. */
static void best_of(const struct draw *d, unsigned entry, int *readers, int64_t best[PARTS])
{
	if (entry == d->entries) {
		int64_t cost[PARTS];
		cost_of(d, readers, cost);
		if (cost_order(cost, best) < 0)
			memcpy(best, cost, sizeof(cost));
		return;
	}
	for (int r = DRAW_NOBODY; r < (int)d->candidates; r++) {
		if (r != DRAW_NOBODY && !d->pairs[entry * d->candidates + (unsigned)r].may)
			continue;
		readers[entry] = r;
		best_of(d, entry + 1, readers, best);
	}
}

static void fill(GRand *rand, unsigned entries, unsigned candidates, struct draw_pair *pairs,
		 unsigned *lately)
{
	/* Small ranges make ties, large ones make trade-offs. */
	int most_before = g_rand_int_range(rand, 1, 5), most_lately = g_rand_int_range(rand, 1, 6);
	int chance = g_rand_int_range(rand, 1, 5);

	for (unsigned i = 0; i < entries * candidates; i++)
		pairs[i] = (struct draw_pair){
			.may = g_rand_int_range(rand, 0, chance + 1) > 0,
			.before = (unsigned)g_rand_int_range(rand, 0, most_before),
		};
	for (unsigned i = 0; i < candidates; i++)
		lately[i] = (unsigned)g_rand_int_range(rand, 0, most_lately);
}

static void draw__any_small_draw__is_as_good_as_trying_all(void **state)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(20261123);
	struct draw_pair pairs[SMALL * SMALL];
	unsigned lately[SMALL];

	for (unsigned i = 0; i < (SMALL + 1) * (SMALL + 1) * 60; i++) {
		struct draw d = { i % (SMALL + 1), i / (SMALL + 1) % (SMALL + 1), pairs, lately };
		int readers[SMALL], tried[SMALL];
		int64_t cost[PARTS], best[PARTS] = { INT64_MAX };

		fill(rand, d.entries, d.candidates, pairs, lately);
		draw_readers(&d, readers);
		for (unsigned e = 0; e < d.entries; e++) {
			if (readers[e] == DRAW_NOBODY)
				continue;
			assert_in_range(readers[e], 0, d.candidates - 1);
			assert_true(pairs[e * d.candidates + (unsigned)readers[e]].may);
		}
		cost_of(&d, readers, cost);
		best_of(&d, 0, tried, best);
		if (cost_order(cost, best) != 0)
			fail_msg("draw %u: %lld %lld %lld %lld, best is %lld %lld %lld %lld", i,
				 (long long)cost[0], (long long)cost[1], (long long)cost[2],
				 (long long)cost[3], (long long)best[0], (long long)best[1],
				 (long long)best[2], (long long)best[3]);
	}
}

static void draw__large_counts__do_not_overflow(void **state)
{
	const struct draw_pair pairs[] = {
		{ true, UINT32_MAX }, { true, UINT32_MAX - 1 }, { true, UINT32_MAX },
		{ true, UINT32_MAX }, { true, UINT32_MAX },     { true, UINT32_MAX },
	};
	const unsigned lately[] = { UINT32_MAX, UINT32_MAX, UINT32_MAX };
	int readers[2];

	draw_readers(&(struct draw){ 2, 3, pairs, lately }, readers);
	assert_int_equal(readers[0], 1);
	assert_int_equal(readers[1], 0);
}

static void draw__large_group__reads_about_as_often(void **state)
{
	g_autofree struct draw_pair *pairs = g_new0(struct draw_pair, LARGE * LARGE);
	unsigned lately[LARGE] = { 0 }, load[LARGE] = { 0 };
	int readers[LARGE];

	/* Everybody shows a work; everybody has read their neighbour's before. */
	for (unsigned e = 0; e < LARGE; e++) {
		for (unsigned c = 0; c < LARGE; c++)
			pairs[e * LARGE + c] = (struct draw_pair){ e != c, (e + 1) % LARGE == c };
	}
	draw_readers(&(struct draw){ LARGE, LARGE, pairs, lately }, readers);
	for (unsigned e = 0; e < LARGE; e++) {
		assert_in_range(readers[e], 0, LARGE - 1);
		assert_true(pairs[e * LARGE + (unsigned)readers[e]].may);
		assert_int_equal(pairs[e * LARGE + (unsigned)readers[e]].before, 0);
		load[readers[e]]++;
	}
	for (unsigned c = 0; c < LARGE; c++)
		assert_int_equal(load[c], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draw__two_makers__read_each_other),
		cmocka_unit_test(draw__member_alone__has_nobody),
		cmocka_unit_test(draw__everybody_away__gives_nobody),
		cmocka_unit_test(draw__no_entries__touches_nothing),
		cmocka_unit_test(draw__one_maker_too_many__leaves_the_fewest_alone),
		cmocka_unit_test(draw__readings_of_the_maker__outweigh_all_below),
		cmocka_unit_test(draw__lately__outweighs_joining),
		cmocka_unit_test(draw__equals__are_spread_in_joining_order),
		cmocka_unit_test(draw__optimum__is_over_all_entries),
		cmocka_unit_test(draw__same_draw__comes_out_the_same),
		cmocka_unit_test(draw__any_small_draw__is_as_good_as_trying_all),
		cmocka_unit_test(draw__large_counts__do_not_overflow),
		cmocka_unit_test(draw__large_group__reads_about_as_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
