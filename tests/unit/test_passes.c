#include "fixture.h"

#include "circle/passes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ana, ben, cleo and dora are members; ana has shown #1 in the open round. */
static int set_up(void **state)
{
	static const char *const members[] = { "ana", "ben", "cleo", "dora" };
	struct fixture *f;

	fixture_set_up(state);
	f = *state;
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		fixture_member(f, members[i]);
		clock_virtual_set(&f->clock, f->clock.now_us + 1);
	}
	fixture_run_until(f, "2026-11-23 10:00");
	fixture_say(f, "ana", "!show \"Vase\"");
	g_free(fixture_heard(f));
	return 0;
}

static void whisper(struct fixture *f, const char *who, const char *text)
{
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	fixture_whisper(f, who, text);
}

static void say(struct fixture *f, const char *who, const char *text)
{
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	fixture_say(f, who, text);
}

/* The readers of all entries, in order of showing. */
static void assert_readers(struct fixture *f, const char *want)
{
	g_autofree char *got = fixture_text(
		f, "SELECT group_concat(name, ' ') FROM (SELECT coalesce(member.name, '-') AS name"
		   " FROM entry LEFT JOIN reading ON reading.entry_id = entry.id"
		   " LEFT JOIN member ON member.person_id = reader_id ORDER BY entry.id)");

	assert_string_equal(got, want);
}

static void add__again__is_one(void **state)
{
	struct fixture *f = *state;
	int64_t ben = fixture_int(f, 0, "SELECT person_id FROM member WHERE name = 'ben'");
	int64_t cleo = fixture_int(f, 0, "SELECT person_id FROM member WHERE name = 'cleo'");
	struct circle *c = fixture_begin(f);

	assert_false(passes_has(c, ben, 1));
	assert_true(passes_add(c, ben, 1) > 0);
	assert_true(passes_has(c, ben, 1));
	assert_false(passes_has(c, cleo, 1));
	assert_true(passes_add(c, ben, 1) == 0);
	fixture_end(f);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM pass"), 1);
}

static void pass__before_the_draw__is_not_drawn(void **state)
{
	struct fixture *f = *state;

	whisper(f, "ben", "pass 1");
	assert_heard(f, "pass.kept>ben");
	fixture_run_until(f, "2026-11-25 18:00");
	assert_readers(f, "cleo");
}

static void pass__everybody__leaves_it_unread(void **state)
{
	struct fixture *f = *state;

	whisper(f, "ben", "pass 1");
	whisper(f, "cleo", "pass #1");
	whisper(f, "dora", "pass 1");
	fixture_run_until(f, "2026-11-25 18:00");
	assert_readers(f, "-");
}

static void pass__reader__somebody_else_is_drawn_in_silence(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-25 18:00");
	assert_readers(f, "ben");
	g_free(fixture_heard(f));
	/* Wherever it is said, it is answered in private. */
	say(f, "ben", "!pass 1");
	assert_heard(f, "pass.kept>ben round.reader>cleo");
	assert_readers(f, "cleo");
	say(f, "ben", "!pass 1");
	assert_heard(f, "pass.kept>ben");
	assert_readers(f, "cleo");
	/* Who is not the reader changes nothing. */
	whisper(f, "dora", "pass 1");
	assert_heard(f, "pass.kept>dora");
	assert_readers(f, "cleo");
	whisper(f, "cleo", "pass 1");
	assert_heard(f, "pass.kept>cleo");
	assert_readers(f, "-");
}

static void pass__reader_who_noted__stays(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-25 18:00");
	whisper(f, "ben", "note 1 the glaze");
	g_free(fixture_heard(f));
	whisper(f, "ben", "pass 1");
	assert_heard(f, "pass.kept>ben");
	assert_readers(f, "ben");
}

static void pass__after_the_close__only_what_is_late_is_read_on(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-26 20:01");
	assert_readers(f, "ben");
	say(f, "dora", "!show \"Lamp\"");
	assert_readers(f, "ben ana");
	g_free(fixture_heard(f));
	whisper(f, "ben", "pass 1");
	assert_heard(f, "pass.kept>ben");
	assert_readers(f, "- ana");
	whisper(f, "ana", "pass 2");
	assert_heard(f, "pass.kept>ana round.reader>ben");
	assert_readers(f, "- ben");
}

static void pass__shown_in_place_of_another__is_read_by_somebody_else(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Bowl\"");
	whisper(f, "ben", "pass 1");
	fixture_run_until(f, "2026-11-25 18:00");
	assert_readers(f, "ben");
	g_free(fixture_heard(f));
	say(f, "ana", "!show \"Vase\"");
	assert_heard(f, "show.replaced round.reader>cleo");
	assert_readers(f, "cleo");
}

static void pass__next_round__still_holds(void **state)
{
	struct fixture *f = *state;

	whisper(f, "ben", "pass 1");
	whisper(f, "cleo", "pass 1");
	fixture_run_until(f, "2026-11-30 10:00");
	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-12-02 18:00");
	assert_readers(f, "dora dora");
	/* Taken back, it is as if it had not been said. */
	whisper(f, "dora", "pass 1");
	assert_readers(f, "dora -");
	whisper(f, "dora", "undo");
	assert_non_null(fixture_post(f, "undone"));
	fixture_run_until(f, "2026-12-07 10:00");
	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-12-09 18:00");
	assert_readers(f, "dora - dora");
}

static void pass__bad_use__keeps_nothing(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *who, *text, *heard;
	} cases[] = {
		{ "ana", "pass 1", "pass.own>ana" }, { "ben", "pass", "usage>ben" },
		{ "ben", "pass 9", "usage>ben" },    { "ben", "pass it on", "usage>ben" },
		{ "ben", "pass 0", "usage>ben" },    { "zoe", "pass 1", "not-joined>zoe" },
		{ "ben", "pass -1", "usage>ben" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		whisper(f, cases[i].who, cases[i].text);
		assert_heard(f, cases[i].heard);
	}
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM pass"), 0);
}

static void pass__the_work_goes__goes_with_it(void **state)
{
	struct fixture *f = *state;

	whisper(f, "ben", "pass 1");
	whisper(f, "ana", "withdraw");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM work"), 0);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM pass"), 0);
	whisper(f, "ben", "undo");
	assert_non_null(fixture_post(f, "undo.nothing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(add__again__is_one),
		TEST(pass__before_the_draw__is_not_drawn),
		TEST(pass__everybody__leaves_it_unread),
		TEST(pass__reader__somebody_else_is_drawn_in_silence),
		TEST(pass__reader_who_noted__stays),
		TEST(pass__after_the_close__only_what_is_late_is_read_on),
		TEST(pass__shown_in_place_of_another__is_read_by_somebody_else),
		TEST(pass__next_round__still_holds),
		TEST(pass__bad_use__keeps_nothing),
		TEST(pass__the_work_goes__goes_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
