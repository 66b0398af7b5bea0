#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const members[] = { "ana", "ben", "cleo", "dora" };

static int set_up(void **state)
{
	struct fixture *f;

	fixture_set_up(state);
	f = *state;
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		fixture_member(f, members[i]);
		clock_virtual_set(&f->clock, f->clock.now_us + 1);
	}
	fixture_run_until(f, "2026-11-23 10:00");
	g_free(fixture_heard(f));
	return 0;
}

static void say(struct fixture *f, const char *who, const char *text)
{
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	fixture_say(f, who, text);
}

/* "ben:ana" for each entry in order of showing: its maker and its reader, '-' for nobody. */
static char *readings(struct fixture *f)
{
	return fixture_text(
		f, "SELECT coalesce(group_concat(pair, ' '), '') FROM (SELECT maker.name || ':' ||"
		   " coalesce(reader.name, '-') AS pair FROM entry"
		   " JOIN member AS maker ON maker.person_id = entry.person_id"
		   " LEFT JOIN reading ON reading.entry_id = entry.id"
		   " LEFT JOIN member AS reader ON reader.person_id = reading.reader_id"
		   " WHERE entry.round_id IS NOT NULL ORDER BY shown_at_us, entry.id)");
}

static void assert_readings(struct fixture *f, const char *want)
{
	g_autofree char *got = readings(f);

	assert_string_equal(got, want);
}

static void draw__last_call__not_before(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\" want: is it too tall?");
	fixture_run_until(f, "2026-11-25 17:59");
	assert_readings(f, "ana:-");
	fixture_run_until(f, "2026-11-25 18:00");
	assert_readings(f, "ana:ben");
	const struct fake_post *told = fixture_post(f, "round.reader");
	assert_string_equal(told->post.account, "ben");
	assert_null(told->post.room);
	assert_non_null(strstr(told->post.markup, "Vase"));
	assert_non_null(strstr(told->post.markup, "is it too tall?"));
	assert_non_null(strstr(told->post.markup, "26 Nov 20:00"));
}

static void draw__everybody_shows__nobody_reads_their_own(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
		say(f, members[i], "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 18:00");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM reading"), 4);
	assert_int_equal(fixture_int(f, -1, "SELECT count(DISTINCT reader_id) FROM reading"), 4);
	assert_int_equal(
		fixture_int(f, -1, "SELECT count(*) FROM reading WHERE reader_id = maker_id"), 0);
}

static void draw__absent_and_left__are_not_asked(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	say(f, "ben", "!away until 2027-01-01");
	say(f, "cleo", "!rest until 2027-01-01");
	say(f, "dora", "!leave");
	fixture_run_until(f, "2026-11-25 18:00");
	assert_readings(f, "ana:-");
	/* Rested: back in time for the next one. */
	fixture_run_until(f, "2026-11-30 10:00");
	say(f, "cleo", "!back");
	say(f, "ana", "!show \"Bowl\"");
	fixture_run_until(f, "2026-12-02 18:00");
	assert_readings(f, "ana:- ana:cleo");
}

static void draw__already_noted__needs_nobody(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	say(f, "ben", "!show \"Bench\"");
	say(f, "dora", "!note 1 the glaze");
	fixture_whisper(f, "cleo", "note 2 a splinter");
	fixture_run_until(f, "2026-11-25 18:00");
	assert_readings(f, "ana:- ben:-");
}

static void draw__alone__has_nobody(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_config);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_member(&f, "ana");
	fixture_run_until(&f, "2026-11-23 10:00");
	fixture_say(&f, "ana", "!show \"Vase\"");
	fixture_run_until(&f, "2026-11-27 10:00");
	assert_readings(&f, "ana:-");
	assert_non_null(fixture_post(&f, "round.recap"));
	fixture_done(&f);
}

static void draw__switched_off__has_nobody(void **state)
{
	struct fixture f;
	g_autofree char *config = g_strconcat(fixture_config, "[round]\nreaders = no\n", NULL);

	fixture_init(&f, config);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_member(&f, "ana");
	fixture_member(&f, "ben");
	fixture_run_until(&f, "2026-11-23 10:00");
	fixture_say(&f, "ana", "!show \"Vase\"");
	fixture_run_until(&f, "2026-11-27 10:00");
	assert_readings(&f, "ana:-");
	fixture_done(&f);
}

static void draw__another_week__another_reader(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-30 10:00");
	say(f, "ana", "!show \"Bowl\"");
	fixture_run_until(f, "2026-12-07 10:00");
	say(f, "ana", "!show \"Cup\"");
	fixture_run_until(f, "2026-12-14 10:00");
	say(f, "ana", "!show \"Jug\"");
	fixture_run_until(f, "2026-12-16 18:00");
	assert_readings(f, "ana:ben ana:cleo ana:dora ana:ben");
}

static void late__entry__has_a_reader_at_once(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-26 10:00");
	say(f, "ana", "!show \"Vase\"");
	assert_readings(f, "ana:ben");
	fixture_run_until(f, "2026-11-26 21:00");
	say(f, "ben", "!show \"Bench\"");
	assert_readings(f, "ana:ben ben:ana");
	/* There is time until the archive. */
	assert_non_null(strstr(fixture_post(f, "round.reader")->post.markup, "27 Nov 20:00"));
}

static void replaced__entry__has_a_reader_of_its_own(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 18:00");
	say(f, "ana", "!show \"Bowl\"");
	g_autofree char *got = readings(f);
	assert_string_not_equal(got, "ana:-");
	assert_non_null(strstr(fixture_post(f, "round.reader-instead")->post.markup, "Bowl"));
}

static void redraw__reader_sent_on_holiday__another_takes_it(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 18:00");
	say(f, "olga", "!admin holiday 2026-11-25..2026-12-01 ben");
	assert_readings(f, "ana:cleo");
}

static void redraw__reader_goes__another_takes_it(void **state)
{
	static const char *const ways[] = {
		"!leave",
		"!away until 2027-01-01",
		"!rest until 2027-01-01",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		void *inner = NULL;
		set_up(&inner);
		struct fixture *f = inner;

		say(f, "ana", "!show \"Vase\"");
		fixture_run_until(f, "2026-11-25 18:00");
		assert_readings(f, "ana:ben");
		g_free(fixture_heard(f));
		say(f, "ben", ways[i]);
		assert_readings(f, "ana:cleo");
		g_autofree char *heard = fixture_heard(f);
		assert_non_null(strstr(heard, "round.reader>cleo"));
		fixture_tear_down(&inner);
	}
}

static void redraw__reader_forgotten__another_takes_it(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 18:00");
	fixture_whisper(f, "ben", "forget me");
	fixture_whisper(f, "ben", "forget me");
	assert_readings(f, "ana:cleo");
}

static void redraw__reader_noted_already__keeps_it(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 18:00");
	say(f, "ben", "!note 1 the glaze");
	say(f, "ben", "!away until 2027-01-01");
	assert_readings(f, "ana:ben");
}

static void redraw__before_last_call__draws_nobody(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	say(f, "ben", "!away until 2027-01-01");
	assert_readings(f, "ana:-");
}

static void recap__readers_note__comes_before_an_earlier_one(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 18:00");
	say(f, "dora", "!note 1 said first");
	say(f, "ben", "!note 1 said by the reader");
	fixture_run_until(f, "2026-11-26 20:00");
	const char *recap = fixture_post(f, "round.recap")->post.markup;
	assert_non_null(strstr(recap, "said by the reader"));
	assert_null(strstr(recap, "said first"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(draw__last_call__not_before),
		TEST(draw__everybody_shows__nobody_reads_their_own),
		TEST(draw__absent_and_left__are_not_asked),
		TEST(draw__already_noted__needs_nobody),
		cmocka_unit_test(draw__alone__has_nobody),
		cmocka_unit_test(draw__switched_off__has_nobody),
		TEST(draw__another_week__another_reader),
		TEST(late__entry__has_a_reader_at_once),
		TEST(replaced__entry__has_a_reader_of_its_own),
		TEST(redraw__reader_sent_on_holiday__another_takes_it),
		cmocka_unit_test(redraw__reader_goes__another_takes_it),
		TEST(redraw__reader_forgotten__another_takes_it),
		TEST(redraw__reader_noted_already__keeps_it),
		TEST(redraw__before_last_call__draws_nobody),
		TEST(recap__readers_note__comes_before_an_earlier_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
