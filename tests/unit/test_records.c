#include "fixture.h"

#include "circle/people.h"
#include "circle/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ana, ben and olga are members; ben has shown #1 in the open round. */
static int set_up(void **state)
{
	struct fixture *f;

	fixture_set_up(state);
	f = *state;
	fixture_member(f, "olga");
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	fixture_say(f, "ben", "!show \"Bench\"");
	g_free(fixture_heard(f));
	return 0;
}

static void say(struct fixture *f, const char *who, const char *text)
{
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	fixture_say(f, who, text);
}

static int64_t count(struct fixture *f, const char *table)
{
	g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);

	return fixture_int(f, -1, sql);
}

static void undo__each_kind__takes_its_row(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *who, *text, *table, *kept, *undone;
	} kinds[] = {
		{ "ana", "!note 1 the joints", "note", "note.kept note.told>ben", "gone" },
		{ "ana", "!shared 1 my wall because oak", "share", "share.kept share.told>ben",
		  "no longer" },
		{ "ana", "!thanks ben for oak", "thanks", "thanks.kept", "back" },
		{ "ana", "!led-to 1 a second bench", "story", "story.kept story.told>ben", "gone" },
		{ "ana", "!away until 2027-01-01", "absence", "away.kept", "here" },
		{ "ana", "!rest until 2027-01-01", "absence", "rest.kept", "here" },
		{ "ana", "!show \"Vase\"", "entry", "show.entered", "before" },
		{ "ana", "!show --next \"Vase\"", "entry", "show.kept", "before" },
		{ "olga", "!admin vouch ben", "vouch", "vouch.kept", "gone" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		int64_t before = count(f, kinds[i].table);

		say(f, kinds[i].who, kinds[i].text);
		assert_heard(f, kinds[i].kept);
		assert_int_equal(count(f, kinds[i].table), before + 1);
		assert_int_equal(count(f, "record WHERE kind <> 'entry' OR person_id <> 3"), 1);
		say(f, kinds[i].who, "!undo");
		assert_heard(f, "undone");
		assert_non_null(strstr(fixture_post(f, "undone")->post.markup, kinds[i].undone));
		assert_int_equal(count(f, kinds[i].table), before);
		say(f, kinds[i].who, "!undo");
		assert_heard(f, "undo.nothing");
	}
	/* Works nobody ever saw in a round go with the entry. */
	assert_int_equal(count(f, "work"), 1);
}

static void undo__in_turn__goes_back_from_the_last(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!note 1 first");
	say(f, "ana", "!note 1 second");
	say(f, "ben", "!thanks ana for it");
	say(f, "ana", "!undo");
	g_autofree char *left = fixture_text(f, "SELECT group_concat(text) FROM note");
	assert_string_equal(left, "first");
	say(f, "ana", "!undo");
	assert_int_equal(count(f, "note"), 0);
	assert_int_equal(count(f, "thanks"), 1);
}

static void undo__after_a_day__is_too_late(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!note 1 early");
	int64_t said_us = f->clock.now_us;
	say(f, "ana", "!note 1 late");
	clock_virtual_set(&f->clock, said_us + CLOCK_US_PER_DAY);
	fixture_say(f, "ana", "!undo");
	fixture_say(f, "ana", "!undo");
	g_autofree char *left = fixture_text(f, "SELECT group_concat(text) FROM note");
	assert_string_equal(left, "early");
}

static void undo__replaced_entry__brings_the_first_back(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	say(f, "ana", "!show \"Bowl\"");
	g_autofree char *shown = fixture_text(
		f, "SELECT title FROM entry JOIN work ON work.id = work_id"
		   " WHERE maker_id = (SELECT person_id FROM member WHERE fold = 'ana')");
	assert_string_equal(shown, "Bowl");
	say(f, "ana", "!undo");
	g_autofree char *back = fixture_text(
		f, "SELECT title FROM entry JOIN work ON work.id = work_id"
		   " WHERE maker_id = (SELECT person_id FROM member WHERE fold = 'ana')");
	assert_string_equal(back, "Vase");
	assert_int_equal(count(f, "work WHERE title = 'Bowl'"), 0);
	say(f, "ana", "!undo");
	assert_int_equal(count(f, "entry"), 1);
	assert_int_equal(count(f, "work"), 1);
}

static void undo__replaced_entry__wants_no_reader_of_the_other(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 18:00");
	say(f, "ana", "!show \"Bowl\"");
	g_free(fixture_heard(f));
	say(f, "ana", "!undo");
	/* Whoever was to read the bowl is to read the vase now, or nobody is: never silently both.
	 */
	g_autofree char *heard = fixture_heard(f);
	int64_t readings = count(f, "reading JOIN entry ON entry.id = entry_id"
				    " JOIN work ON work.id = work_id WHERE title = 'Vase'");
	assert_int_equal(readings, strstr(heard, "round.reader-instead>") ? 1 : 0);
}

static void undo__work_others_spoke_about__stays(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	say(f, "ben", "!note 2 the glaze");
	say(f, "ana", "!undo");
	assert_int_equal(count(f, "entry"), 1);
	assert_int_equal(count(f, "work WHERE title = 'Vase'"), 1);
}

static void undo__row_gone_meanwhile__takes_nobody_elses(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!show \"Vase\"");
	say(f, "ana", "!withdraw");
	say(f, "olga", "!show \"Lamp\"");
	g_free(fixture_heard(f));
	say(f, "ana", "!undo");
	assert_heard(f, "undo.nothing");
	assert_int_equal(count(f, "entry"), 2);
}

static void undo__row_gone_meanwhile__takes_the_one_before(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!note 1 the joints");
	say(f, "ana", "!show \"Vase\"");
	say(f, "ana", "!withdraw");
	g_free(fixture_heard(f));
	say(f, "ana", "!undo");
	assert_heard(f, "undone");
	assert_int_equal(count(f, "note"), 0);
	say(f, "ana", "!undo");
	assert_heard(f, "undo.nothing");
}

static void undo__absence_ended_by_leaving__takes_nobody_elses(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!away until 2027-01-01");
	say(f, "ana", "!leave");
	say(f, "ben", "!away until 2027-01-01");
	say(f, "ana", "!intro back again");
	say(f, "ana", "!undo");
	assert_int_equal(count(f, "absence"), 1);
}

static void undo__back_from_absence__says_what_waited(void **state)
{
	struct fixture *f = *state;

	say(f, "ben", "!away until 2027-01-01");
	say(f, "ana", "!note 1 the joints");
	assert_heard(f, "away.kept note.kept");
	say(f, "ben", "!undo");
	assert_heard(f, "note.told>ben undone");
}

static void event__edited__is_done_again(void **state)
{
	struct fixture *f = *state;
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!note 1 teh joints"));

	fixture_event(f, (struct event){ .kind = EVENT_EDIT,
					 .account = "ana",
					 .target = id,
					 .text = "!note 1 the joints" });
	fixture_run(f);
	g_autofree char *left = fixture_text(f, "SELECT group_concat(text) FROM note");
	assert_string_equal(left, "the joints");
}

static void event__deleted__is_taken_back(void **state)
{
	struct fixture *f = *state;
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!show \"Vase\""));

	g_free(fixture_heard(f));
	fixture_event(f, (struct event){ .kind = EVENT_REDACTION, .account = "ana", .target = id });
	fixture_run(f);
	assert_heard(f, "undone>ana");
	assert_int_equal(count(f, "entry"), 1);
	/* It was once only. */
	fixture_event(f, (struct event){ .kind = EVENT_REDACTION, .account = "ana", .target = id });
	fixture_run(f);
	assert_heard(f, "");
}

/* Whatever they make of it: a command, or none. */
static void event__edited_by_somebody_else__stays(void **state)
{
	struct fixture *f = *state;
	static const char *const others[] = { "ben", "stranger", NULL };
	static const char *const texts[] = { "oh", "!show \"Vase\"", "!leave" };
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!note 1 the joints"));

	g_free(fixture_heard(f));
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		for (size_t j = 0; j < G_N_ELEMENTS(texts); j++)
			fixture_event(f, (struct event){ .kind = EVENT_EDIT,
							 .account = others[i],
							 .shown = "ana",
							 .target = id,
							 .text = texts[j] });
	fixture_run(f);
	assert_heard(f, "");
	assert_int_equal(count(f, "note"), 1);
	assert_int_equal(count(f, "entry"), 1);
}

/* Of what is too long ago to be known as a line of the room. */
static void event__edited_by_somebody_else_later__stays(void **state)
{
	struct fixture *f = *state;
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!note 1 the joints"));

	f->clock.now_us += 3 * CLOCK_US_PER_HOUR;
	g_free(fixture_heard(f));
	fixture_event(f, (struct event){ .kind = EVENT_EDIT,
					 .account = "ben",
					 .target = id,
					 .text = "!show \"Vase\"" });
	fixture_run(f);
	assert_heard(f, "");
	assert_int_equal(count(f, "entry"), 1);
}

/* Networks let only those do it who look after the room. */
static void event__deleted_by_somebody_else__is_taken_back_and_told(void **state)
{
	struct fixture *f = *state;
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!note 1 the joints"));

	g_free(fixture_heard(f));
	for (int n = 0; n < 2; n++)
		fixture_event(f, (struct event){
					 .kind = EVENT_REDACTION, .account = "ben", .target = id });
	fixture_run(f);
	assert_int_equal(count(f, "note"), 0);
	assert_heard(f, "removed>ana");
	assert_non_null(strstr(fixture_post(f, "removed")->post.markup, "Your note is gone"));
}

static void event__deleted__tells_what_is_gone(void **state)
{
	struct fixture *f = *state;
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!note 1 the joints"));

	fixture_event(f, (struct event){ .kind = EVENT_REDACTION, .account = "ana", .target = id });
	fixture_run(f);
	assert_non_null(strstr(fixture_post(f, "undone")->post.markup, "Your note is gone"));
}

static void event__after_a_month__stays(void **state)
{
	struct fixture *f = *state;
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!note 1 the joints"));

	clock_virtual_set(&f->clock, f->clock.now_us + 30 * CLOCK_US_PER_DAY + 1);
	fixture_run(f);
	fixture_event(f, (struct event){ .kind = EVENT_REDACTION, .account = "ana", .target = id });
	assert_int_equal(count(f, "note"), 1);
}

static void prune__after_a_month__forgets_what_could_be_undone(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!note 1 the joints");
	assert_int_equal(count(f, "record"), 2);
	clock_virtual_set(&f->clock, f->clock.now_us + 30 * CLOCK_US_PER_DAY);
	records_prune(fixture_begin(f));
	fixture_end(f);
	assert_int_equal(count(f, "record"), 1);
	clock_virtual_set(&f->clock, f->clock.now_us + 1);
	records_prune(fixture_begin(f));
	fixture_end(f);
	assert_int_equal(count(f, "record"), 0);
	assert_int_equal(count(f, "note"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(undo__each_kind__takes_its_row),
		TEST(undo__in_turn__goes_back_from_the_last),
		TEST(undo__after_a_day__is_too_late),
		TEST(undo__replaced_entry__brings_the_first_back),
		TEST(undo__replaced_entry__wants_no_reader_of_the_other),
		TEST(undo__work_others_spoke_about__stays),
		TEST(undo__row_gone_meanwhile__takes_nobody_elses),
		TEST(undo__row_gone_meanwhile__takes_the_one_before),
		TEST(undo__absence_ended_by_leaving__takes_nobody_elses),
		TEST(undo__back_from_absence__says_what_waited),
		TEST(event__edited__is_done_again),
		TEST(event__deleted__is_taken_back),
		TEST(event__edited_by_somebody_else__stays),
		TEST(event__edited_by_somebody_else_later__stays),
		TEST(event__deleted_by_somebody_else__is_taken_back_and_told),
		TEST(event__deleted__tells_what_is_gone),
		TEST(event__after_a_month__stays),
		TEST(prune__after_a_month__forgets_what_could_be_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
