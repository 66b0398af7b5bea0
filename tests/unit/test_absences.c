#include "fixture.h"

#include "circle/absences.h"
#include "circle/people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DAY CLOCK_US_PER_DAY

static void later(struct fixture *f, int64_t by_us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + by_us);
}

/* From and to are from now. */
static int64_t absent(struct fixture *f, int64_t person, enum absence_kind kind, int64_t from_us,
		      int64_t to_us)
{
	struct circle *c = fixture_begin(f);
	int64_t row = absences_add(c, person, kind, c->now_us + from_us, c->now_us + to_us);

	fixture_end(f);
	return row;
}

/* How long from now, 0 for here. */
static int64_t until(struct fixture *f, int64_t person, enum absence_kind *ret_kind)
{
	struct circle *c = fixture_begin(f);
	int64_t until_us = absences_until(c, person, ret_kind);

	fixture_end(f);
	return until_us ? until_us - c->now_us : 0;
}

/* How long ago that was. */
static int64_t back(struct fixture *f, int64_t person, int64_t here_us)
{
	struct circle *c = fixture_begin(f);
	int64_t since_us = absences_back(c, person, here_us);

	fixture_end(f);
	return c->now_us - since_us;
}

static bool end(struct fixture *f, int64_t person)
{
	bool ended = absences_end(fixture_begin(f), person);

	fixture_end(f);
	return ended;
}

static void until__kinds__are_told_apart(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");
	enum absence_kind kind;

	assert_int_equal(until(f, ana, NULL), 0);
	absent(f, ana, ABSENCE_REST, 0, DAY);
	absent(f, ben, ABSENCE_AWAY, 0, 2 * DAY);
	assert_int_equal(until(f, ana, &kind), DAY);
	assert_int_equal(kind, ABSENCE_REST);
	assert_int_equal(until(f, ben, &kind), 2 * DAY);
	assert_int_equal(kind, ABSENCE_AWAY);
}

static void until__edges__begin_included_end_not(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");

	absent(f, ana, ABSENCE_AWAY, DAY, 2 * DAY);
	assert_int_equal(until(f, ana, NULL), 0);
	later(f, DAY - 1);
	assert_int_equal(until(f, ana, NULL), 0);
	later(f, 1);
	assert_int_equal(until(f, ana, NULL), DAY);
	later(f, DAY - 1);
	assert_int_equal(until(f, ana, NULL), 1);
	later(f, 1);
	assert_int_equal(until(f, ana, NULL), 0);
}

static void add__new_one__takes_the_place_of_the_old(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");
	enum absence_kind kind;

	absent(f, ana, ABSENCE_AWAY, 0, 10 * DAY);
	later(f, 4 * DAY);
	absent(f, ana, ABSENCE_REST, 0, 2 * DAY);
	assert_int_equal(until(f, ana, &kind), 2 * DAY);
	assert_int_equal(kind, ABSENCE_REST);
	later(f, 2 * DAY);
	assert_int_equal(until(f, ana, NULL), 0);
	/* No day is counted twice, and those before are not lost. */
	later(f, DAY);
	assert_int_equal(back(f, ana, 2 * DAY), 8 * DAY);
}

static void add__later_one__leaves_the_present_one(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");

	absent(f, ana, ABSENCE_REST, 0, 2 * DAY);
	absent(f, ana, ABSENCE_AWAY, 5 * DAY, 7 * DAY);
	assert_int_equal(until(f, ana, NULL), 2 * DAY);
	later(f, 5 * DAY);
	assert_int_equal(until(f, ana, NULL), 2 * DAY);
}

static void back__absences__are_passed_over(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	/* Days 0 and 1 here, 2 to 4 away, 5 here, 6 to 305 resting, then here. */
	later(f, 2 * DAY);
	absent(f, ana, ABSENCE_AWAY, 0, 3 * DAY);
	later(f, 4 * DAY);
	absent(f, ana, ABSENCE_REST, 0, 300 * DAY);
	assert_int_equal(back(f, ana, DAY), DAY);
	assert_int_equal(back(f, ana, DAY + 1), 4 * DAY + 1);
	later(f, 100 * DAY);
	assert_int_equal(back(f, ana, DAY), 101 * DAY);
	later(f, 201 * DAY);
	assert_int_equal(back(f, ana, DAY), DAY);
	assert_int_equal(back(f, ana, DAY + 1), 301 * DAY + 1);
	assert_int_equal(back(f, ana, 2 * DAY + 1), 305 * DAY + 1);
	assert_int_equal(back(f, ana, 0), 0);
	assert_int_equal(back(f, ben, 50 * DAY), 50 * DAY);
}

static void end__back__only_if_absent(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	assert_false(end(f, ana));
	absent(f, ana, ABSENCE_AWAY, 0, 5 * DAY);
	absent(f, ben, ABSENCE_AWAY, 0, 5 * DAY);
	later(f, DAY);
	assert_true(end(f, ana));
	assert_int_equal(until(f, ana, NULL), 0);
	assert_int_equal(until(f, ben, NULL), 4 * DAY);
	assert_false(end(f, ana));
	/* The day that was spent away stays known. */
	assert_int_equal(back(f, ana, 1), DAY + 1);
}

static void tell(struct fixture *f, int64_t person)
{
	struct circle *c = fixture_begin(f);
	struct draft d = draft_new(c);

	draft_say(&d, "undone", NULL);
	voice_tell(c, person, &d, c->now_us + CIRCLE_TELL_LASTS_US);
	fixture_end(f);
	fixture_run(f);
}

static void tell__absent__waits_until_they_are_back(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	absent(f, ana, ABSENCE_REST, 0, 60 * DAY);
	tell(f, ana);
	tell(f, ben);
	assert_heard(f, "undone>ben");
	later(f, 60 * DAY - 1);
	fixture_run(f);
	assert_string_equal(fixture_post(f, "undone")->post.account, "ben");
	/* Longer than it would be worth telling had they been here. */
	later(f, 1);
	fixture_run(f);
	assert_string_equal(fixture_post(f, "undone")->post.account, "ana");
}

static void tell__back_early__is_said_then(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");

	absent(f, ana, ABSENCE_AWAY, 0, 10 * DAY);
	tell(f, ana);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	later(f, DAY);
	fixture_run_until(f, "2026-11-24 08:00");
	g_free(fixture_heard(f));
	end(f, ana);
	fixture_run(f);
	assert_heard(f, "undone>ana");
}

static void prune__ended_long_ago__goes(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");
	int64_t at_us = f->clock.now_us;

	absent(f, ana, ABSENCE_AWAY, 0, DAY);
	later(f, 2 * DAY);
	absent(f, ana, ABSENCE_AWAY, 0, DAY);
	absences_prune(fixture_begin(f), at_us + DAY);
	fixture_end(f);
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM absence"), 2);
	absences_prune(fixture_begin(f), at_us + DAY + 1);
	fixture_end(f);
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM absence"), 1);
	assert_int_equal(until(f, ana, NULL), DAY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(until__kinds__are_told_apart),
		TEST(until__edges__begin_included_end_not),
		TEST(add__new_one__takes_the_place_of_the_old),
		TEST(add__later_one__leaves_the_present_one),
		TEST(back__absences__are_passed_over),
		TEST(end__back__only_if_absent),
		TEST(tell__absent__waits_until_they_are_back),
		TEST(tell__back_early__is_said_then),
		TEST(prune__ended_long_ago__goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
