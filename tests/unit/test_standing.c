#include "fixture.h"

#include "circle/absences.h"
#include "circle/notes.h"
#include "circle/people.h"
#include "circle/standing.h"
#include "circle/works.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define WINDOW_US (28 * CLOCK_US_PER_DAY)

static void later(struct fixture *f, int64_t by_us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + by_us);
}

static enum standing_reason reason(struct fixture *f, int64_t person)
{
	enum standing_reason r = standing_reason(fixture_begin(f), person);

	fixture_end(f);
	return r;
}

static enum standing standing(struct fixture *f, int64_t person)
{
	enum standing s = standing_of(fixture_begin(f), person);

	fixture_end(f);
	return s;
}

static void give_note(struct fixture *f, int64_t from, int64_t to, bool private)
{
	struct circle *c = fixture_begin(f);

	notes_add(c, works_add(c, to, "a work", NULL, NULL), from, private, "the ending");
	fixture_end(f);
}

static void absent(struct fixture *f, int64_t person, enum absence_kind kind, int64_t for_us)
{
	struct circle *c = fixture_begin(f);

	absences_add(c, person, kind, c->now_us, c->now_us + for_us);
	fixture_end(f);
}

static void standing__not_joined__is_a_stranger(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	assert_int_equal(standing(f, 0), STANDING_STRANGER);
	assert_int_equal(standing(f, 4711), STANDING_STRANGER);
	assert_int_equal(standing(f, ana), STANDING_MEMBER);
	give_note(f, ana, ben, false);
	assert_int_equal(standing(f, ana), STANDING_GIVING);
	assert_int_equal(standing(f, ben), STANDING_MEMBER);
	people_leave(fixture_begin(f), ana);
	fixture_end(f);
	assert_int_equal(standing(f, ana), STANDING_STRANGER);
}

static void reason__each_gift__is_known(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");
	int64_t cleo = fixture_member(f, "cleo"), dora = fixture_member(f, "dora");
	struct circle *c = fixture_begin(f);
	int64_t work = works_add(c, dora, "a work", NULL, NULL);

	notes_add(c, work, ana, true, "for her alone");
	shares_add(c, work, ben, "my newsletter", "it taught me to prune");
	thanks_add(c, cleo, dora, "reading my draft");
	thanks_add(c, dora, cleo, NULL);
	stories_add(c, work, dora, "a friendship");
	fixture_end(f);
	assert_int_equal(reason(f, ana), STANDING_NOTE);
	assert_int_equal(reason(f, ben), STANDING_SHARE);
	assert_int_equal(reason(f, cleo), STANDING_THANKS);
	/* Thanks without a reason, a story: friendly, but nothing specific given. */
	assert_int_equal(reason(f, dora), STANDING_NOTHING);
}

static void window__passes__to_the_microsecond(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	give_note(f, ana, ben, false);
	later(f, WINDOW_US);
	assert_int_equal(reason(f, ana), STANDING_NOTE);
	later(f, 1);
	assert_int_equal(reason(f, ana), STANDING_NOTHING);
}

static void window__absences__do_not_count(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	give_note(f, ana, ben, false);
	later(f, CLOCK_US_PER_DAY);
	absent(f, ana, ABSENCE_REST, 20 * CLOCK_US_PER_DAY);
	later(f, 30 * CLOCK_US_PER_DAY);
	absent(f, ana, ABSENCE_AWAY, 90 * CLOCK_US_PER_DAY);
	/* 1 + 20 resting + 10 + 90 away + 17: 28 of them here. */
	later(f, 107 * CLOCK_US_PER_DAY);
	assert_int_equal(reason(f, ana), STANDING_NOTE);
	later(f, 1);
	assert_int_equal(reason(f, ana), STANDING_NOTHING);
}

static void window__absent_now__stands_still(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	give_note(f, ana, ben, false);
	later(f, WINDOW_US);
	absent(f, ana, ABSENCE_AWAY, 300 * CLOCK_US_PER_DAY);
	later(f, 299 * CLOCK_US_PER_DAY);
	assert_int_equal(reason(f, ana), STANDING_NOTE);
	/* Back early: the days not taken count again. */
	absences_end(fixture_begin(f), ana);
	fixture_end(f);
	later(f, 1);
	assert_int_equal(reason(f, ana), STANDING_NOTHING);
}

static void window__anothers_absence__changes_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	give_note(f, ana, ben, false);
	absent(f, ben, ABSENCE_REST, WINDOW_US);
	later(f, WINDOW_US + 1);
	assert_int_equal(reason(f, ana), STANDING_NOTHING);
}

static int64_t vouch(struct fixture *f, int64_t person, const char *account, int64_t by)
{
	int64_t row = standing_vouch(fixture_begin(f), person, "libera", account, by);

	fixture_end(f);
	return row;
}

static void vouch__member__stands_for_good(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), olga = fixture_member(f, "olga");

	assert_true(vouch(f, ana, NULL, olga) > 0);
	assert_int_equal(vouch(f, ana, NULL, olga), 0);
	assert_int_equal(vouch(f, ana, NULL, 0), 0);
	later(f, 10 * WINDOW_US);
	assert_int_equal(reason(f, ana), STANDING_VOUCH);
	assert_int_equal(standing(f, ana), STANDING_GIVING);
	assert_int_equal(reason(f, olga), STANDING_NOTHING);
}

static void vouch__stranger__is_kept_as_a_hash_until_they_join(void **state)
{
	struct fixture *f = *state;

	assert_true(vouch(f, 0, "Zebulon", 0) > 0);
	assert_int_equal(vouch(f, 0, "zebulon", 0), 0);
	assert_true(vouch(f, 0, "yolanda", 0) > 0);
	assert_false(fixture_on_disk(f, "ebulon"));
	assert_int_equal(fixture_int(f, 0, "SELECT count(DISTINCT stranger) FROM vouch"), 2);
	int64_t zebulon = fixture_member(f, "ZEBULON");
	assert_int_equal(reason(f, zebulon), STANDING_VOUCH);
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM vouch WHERE stranger IS NULL"), 1);
	/* Somebody else of that name, elsewhere. */
	struct event e = { .network = "home", .account = "yolanda", .shown = "yolanda" };
	bool new;
	int64_t yolanda = people_join(fixture_begin(f), &e, NULL, "", &new);
	fixture_end(f);
	assert_int_equal(reason(f, yolanda), STANDING_NOTHING);
}

static void vouch__hash__means_nothing_in_another_store(void **state)
{
	struct fixture *f = *state;
	struct fixture other;

	fixture_init(&other, fixture_config);
	vouch(f, 0, "zebulon", 0);
	vouch(&other, 0, "zebulon", 0);
	g_autofree char *here = fixture_text(f, "SELECT stranger FROM vouch");
	g_autofree char *there = fixture_text(&other, "SELECT stranger FROM vouch");
	assert_string_not_equal(here, there);
	fixture_done(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(standing__not_joined__is_a_stranger),
		TEST(reason__each_gift__is_known),
		TEST(window__passes__to_the_microsecond),
		TEST(window__absences__do_not_count),
		TEST(window__absent_now__stands_still),
		TEST(window__anothers_absence__changes_nothing),
		TEST(vouch__member__stands_for_good),
		TEST(vouch__stranger__is_kept_as_a_hash_until_they_join),
		TEST(vouch__hash__means_nothing_in_another_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
