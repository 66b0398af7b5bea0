#include "fixture.h"

#include "circle/launches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR CLOCK_US_PER_HOUR
#define DAY  CLOCK_US_PER_DAY

static void later(struct fixture *f, int64_t by_us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + by_us);
}

static void say(struct fixture *f, const char *who, const char *text)
{
	later(f, CLOCK_US_PER_SECOND);
	fixture_say(f, who, text);
}

/* From and to are from now. */
static void announce(struct fixture *f, int64_t person, int64_t from_us, int64_t to_us)
{
	struct circle *c = fixture_begin(f);

	launches_add(c, person, c->now_us + from_us, c->now_us + to_us);
	fixture_end(f);
}

static bool on(struct fixture *f, int64_t person)
{
	bool now = launches_now(fixture_begin(f), person);

	fixture_end(f);
	return now;
}

/* "24 08:00 - 26 23:59" in Berlin, "" if there is none. */
static char *next(struct fixture *f, int64_t person)
{
	int64_t from_us, until_us;
	bool there = launches_next(fixture_begin(f), person, &from_us, &until_us);

	fixture_end(f);
	if (!there)
		return g_strdup("");
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
	g_autoptr(GDateTime) from = g_date_time_new_from_unix_utc(from_us / CLOCK_US_PER_SECOND);
	g_autoptr(GDateTime) to = g_date_time_new_from_unix_utc(until_us / CLOCK_US_PER_SECOND);
	g_autoptr(GDateTime) local_from = g_date_time_to_timezone(from, zone);
	g_autoptr(GDateTime) local_to = g_date_time_to_timezone(to, zone);
	g_autofree char *start = g_date_time_format(local_from, "%F %H:%M:%S");
	g_autofree char *end = g_date_time_format(local_to, "%F %H:%M:%S");
	return g_strdup_printf("%s - %s", start, end);
}

static void assert_next(struct fixture *f, int64_t person, const char *want)
{
	g_autofree char *got = next(f, person);

	assert_string_equal(got, want);
}

static void now__edges__begin_included_end_not(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	announce(f, ana, DAY, 2 * DAY);
	assert_false(on(f, ana));
	later(f, DAY - 1);
	assert_false(on(f, ana));
	later(f, 1);
	assert_true(on(f, ana));
	assert_false(on(f, ben));
	later(f, DAY - 1);
	assert_true(on(f, ana));
	later(f, 1);
	assert_false(on(f, ana));
}

static void add__new_one__takes_the_place_of_what_is_not_over(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	announce(f, ana, 0, DAY);
	announce(f, ben, 0, 9 * DAY);
	later(f, 2 * DAY);
	announce(f, ana, DAY, 2 * DAY);
	announce(f, ana, 4 * DAY, 5 * DAY);
	/* The one of the first day is over and stays. */
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM launch"), 3);
	later(f, DAY);
	assert_false(on(f, ana));
	assert_true(on(f, ben));
	later(f, 3 * DAY);
	assert_true(on(f, ana));
}

static void prune__over__goes(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");
	int64_t at_us = f->clock.now_us;

	announce(f, ana, 0, DAY);
	launches_prune(fixture_begin(f), at_us + DAY);
	fixture_end(f);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM launch"), 1);
	launches_prune(fixture_begin(f), at_us + DAY + 1);
	fixture_end(f);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM launch"), 0);
}

static void command__days__are_whole_and_in_the_persons_zone(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");
	static const struct {
		const char *text, *word, *days;
	} cases[] = {
		{ "!launch tomorrow-friday", "launch.kept",
		  "2026-11-24 00:00:00 - 2026-11-27 23:59:59" },
		{ "!launch 24 Dec - 2 Jan", "launch.kept",
		  "2026-12-24 00:00:00 - 2027-01-02 23:59:59" },
		{ "!launch 2027-03-03", "launch.kept-day",
		  "2027-03-03 00:00:00 - 2027-03-03 23:59:59" },
		/* On the last Sunday in March the clocks go forward: 23 hours. */
		{ "!launch 28 march", "launch.kept-day",
		  "2027-03-28 00:00:00 - 2027-03-28 23:59:59" },
		{ "!launch 1-31 march", "launch.kept",
		  "2027-03-01 00:00:00 - 2027-03-31 23:59:59" },
		/* Nothing of these. */
		{ "!launch", "usage", "" },
		{ "!launch  ", "usage", "" },
		{ "!launch soon", "usage", "" },
		{ "!launch 1 march - 1 april", "usage", "" },
		{ "!launch 2026-11-20..2026-11-22", "usage", "" },
		{ "!launch friday 18:00", "usage", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		say(f, "ana", cases[i].text);
		assert_heard(f, cases[i].word);
		assert_next(f, ana, cases[i].days);
		say(f, "ana", "!undo");
		g_free(fixture_heard(f));
		assert_next(f, ana, "");
	}
	say(f, "ben", "!tz Asia/Tokyo");
	say(f, "ben", "!launch wednesday");
	assert_next(f, ben, "2026-11-24 16:00:00 - 2026-11-25 15:59:59");
}

static void command__today__counts_from_when_it_was_said(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");

	fixture_set(f, "2026-11-23 11:59");
	say(f, "ana", "!launch today");
	assert_next(f, ana, "2026-11-23 11:59:01 - 2026-11-23 23:59:59");
	assert_true(on(f, ana));
	fixture_set(f, "2026-11-24 00:00");
	assert_false(on(f, ana));
	/* Under way: it lasts as long as was said. */
	say(f, "ana", "!launch 20 november - 25 november");
	assert_next(f, ana, "2026-11-24 00:00:01 - 2026-11-25 23:59:59");
}

static void command__second_one__says_so(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");

	say(f, "ana", "!launch 3-14 march");
	assert_null(strstr(fixture_post(f, "launch.kept")->post.markup, "takes the place"));
	say(f, "ana", "!launch 4-15 march");
	assert_non_null(strstr(fixture_post(f, "launch.kept")->post.markup, "takes the place"));
	assert_next(f, ana, "2027-03-04 00:00:00 - 2027-03-15 23:59:59");
	say(f, "ana", "!leave");
	assert_next(f, ana, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(now__edges__begin_included_end_not),
		TEST(add__new_one__takes_the_place_of_what_is_not_over),
		TEST(prune__over__goes),
		TEST(command__days__are_whole_and_in_the_persons_zone),
		TEST(command__today__counts_from_when_it_was_said),
		TEST(command__second_one__says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
