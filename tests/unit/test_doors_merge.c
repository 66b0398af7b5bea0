/* What joining two people does to what each gave, and what parting them leaves of it: nothing. */
#include "life.h"

#include "circle/absences.h"
#include "circle/doors.h"
#include "circle/people.h"
#include "circle/standing.h"
#include "store/db.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { HISTORIES = 4 };

static void pass_time(struct fixture *f, int64_t us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + us);
}

static void say(struct fixture *f, const char *who, const char *text)
{
	pass_time(f, CLOCK_US_PER_SECOND);
	fixture_say(f, who, text);
}

static int64_t person_of(struct fixture *f, const char *account)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT person_id FROM handle WHERE account = '%s'", account);

	return fixture_int(f, 0, sql);
}

static int64_t join(struct fixture *f, const char *into, const char *network, const char *account)
{
	int64_t person = person_of(f, into);
	struct circle *c = fixture_begin(f);

	c->source = c->cause;
	int64_t merge = doors_join(c, person, network, account);
	fixture_end(f);
	fixture_run(f);
	return merge;
}

static void part(struct fixture *f, int64_t merge)
{
	doors_part(fixture_begin(f), merge);
	fixture_end(f);
	fixture_run(f);
}

/* --- The whole store --- */

/* When a door was used last and what waits for ten minutes' confirmation are of the moment. */
static bool is_of_the_moment(const char *column)
{
	static const char *const moments[] = { "used_at_us", "forget_asked_us", "heard_us",
					       "stopped_us", NULL };

	return g_strv_contains(moments, column);
}

static void dump_rows(GString *out, sqlite3 *sqlite, const char *table)
{
	/* What was said leaves its key, and what is said of the parting itself is new. */
	g_autofree char *sql = g_strdup_printf(
		"SELECT * FROM %s%s ORDER BY 1, 2", table,
		strcmp(table, "outbox") ? ""
					: " WHERE markup IS NOT NULL AND word <> 'link.parted'");
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) != SQLITE_OK)
		g_error("%s: %s", sql, sqlite3_errmsg(sqlite));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		g_string_append(out, table);
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *column = sqlite3_column_name(stmt, i);

			if (!is_of_the_moment(column))
				g_string_append_printf(
					out, " %s=%s", column,
					(const char *)sqlite3_column_text(stmt, i)
						? (const char *)sqlite3_column_text(stmt, i)
						: "NULL");
		}
		g_string_append_c(out, '\n');
	}
	sqlite3_finalize(stmt);
}

static char *dump(struct fixture *f)
{
	static const char tables[] = "SELECT name FROM sqlite_master WHERE type = 'table' AND name"
				     " NOT LIKE 'sqlite_%' AND name <> 'door_code' ORDER BY name";
	GString *out = g_string_new(NULL);
	sqlite3_stmt *stmt = NULL;
	sqlite3 *sqlite = NULL;

	fixture_run(f);
	pass_time(f, 2 * CLOCK_US_PER_SECOND);
	fixture_run(f);
	if (sqlite3_open_v2(f->store, &sqlite, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(sqlite, tables, -1, &stmt, NULL) != SQLITE_OK)
		g_error("%s", sqlite3_errmsg(sqlite));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		dump_rows(out, sqlite, (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(sqlite);
	return g_string_free(out, FALSE);
}

/* The first line that is not in both. */
static void assert_same(const char *before, const char *after, uint32_t seed)
{
	g_auto(GStrv) was = g_strsplit(before, "\n", -1), is = g_strsplit(after, "\n", -1);

	for (unsigned i = 0; was[i] || is[i]; i++)
		if (!was[i] || !is[i] || strcmp(was[i], is[i]) != 0)
			fail_msg("history %u:\n- %s\n+ %s", seed, was[i] ? was[i] : "",
				 is[i] ? is[i] : "");
}

static void assert_nobody(struct fixture *f, int64_t person)
{
	g_autoptr(GPtrArray) columns = life_columns(f);

	for (unsigned i = 0; i < columns->len; i++) {
		const struct life_column *column = columns->pdata[i];
		g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s WHERE %s = %d",
						       column->table, column->column, (int)person);

		if (fixture_int(f, -1, sql) != 0)
			fail_msg("%s.%s still refers to them", column->table, column->column);
	}
}

/* --- Any history --- */

static const char *const deeds[] = {
	"!show \"One\"",
	"!show https://example.org/two Two want: is it two?",
	"!show --next \"Three\"",
	"!withdraw",
	"!note 1 as it should be",
	"!note 2 more of it",
	"!note 3 less of it",
	"!shared 1 my wall because oak",
	"!shared 2 my wall because ash",
	"!thanks ana for all",
	"!thanks ben for more",
	"!thanks olga",
	"!led-to 1 another",
	"!led-to 2 a third",
	"!pass 1",
	"!pass 2",
	"!pass 3",
	"!away until 2026-12-24",
	"!rest until 2026-12-20",
	"!back",
	"!launch 1-3 december",
	"!launch 6 december",
	"!pitch look at this",
	"!pitch look at that",
	"!tz Asia/Kolkata",
	"!remind on",
	"!intro I make things",
	"!leave",
	"!undo",
	"!admin vouch ana",
	"!admin vouch ben",
	"!admin allow ben 3 days",
	"!link",
	"!mydata",
	"!forget me",
};

static void do_anything(struct fixture *f, GRand *rand)
{
	static const char *const people[] = { "ana", "ben", "ana", "ben", "olga" };
	const char *who = people[g_rand_int_range(rand, 0, G_N_ELEMENTS(people))];
	const char *deed = deeds[g_rand_int_range(rand, 0, G_N_ELEMENTS(deeds))];
	int64_t until_us = f->clock.now_us + g_rand_int_range(rand, 1, 24) * CLOCK_US_PER_HOUR;
	int64_t next_us;

	while ((next_us = fixture_run(f)) <= until_us)
		clock_virtual_set(&f->clock, next_us);
	clock_virtual_set(&f->clock, until_us);
	fixture_say(f, who, deed);
	if (g_rand_int_range(rand, 0, 4) == 0)
		fixture_whisper(f, who, deed);
}

static bool may_join(struct fixture *f, int64_t one, int64_t other)
{
	bool both_show = doors_both_show(fixture_begin(f), one, other);

	fixture_end(f);
	return one && other && !both_show;
}

/* Joins them and parts them again; whether they could be joined. */
static bool try_join(struct fixture *f, GRand *rand, uint32_t seed)
{
	bool swapped = g_rand_boolean(rand);
	const char *into = swapped ? "ben" : "ana", *from = swapped ? "ana" : "ben";
	int64_t stays = person_of(f, into), goes = person_of(f, from);

	if (!may_join(f, stays, goes))
		return false;
	/* Else she may be drawn to read, and stays so. */
	say(f, "olga", "!away until 2027-03-01");
	/* What is too old goes before we look, not in between. */
	pass_time(f, CLOCK_US_PER_HOUR / 2);
	f->app->chores_us = 0;
	g_autofree char *before = dump(f);
	int64_t merge = join(f, into, "libera", from);
	assert_nobody(f, goes);
	assert_int_equal(person_of(f, from), stays);
	/* What waits for them is theirs after a crash as before it. */
	if (g_rand_boolean(rand)) {
		fixture_kill(f);
		fixture_state(f, TRANSPORT_ONLINE);
	}
	part(f, merge);
	g_autofree char *after = dump(f);
	assert_same(before, after, seed);
	return true;
}

static unsigned try_history(uint32_t seed)
{
	GRand *rand = g_rand_new_with_seed(seed);
	unsigned joined = 0;
	struct fixture f;

	fixture_init(&f, fixture_config);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_member(&f, "olga");
	fixture_member(&f, "ana");
	fixture_member(&f, "ben");
	fixture_run_until(&f, "2026-11-23 10:00");
	for (int i = 0; i < 40; i++) {
		do_anything(&f, rand);
		if (i % 5 == 4)
			joined += try_join(&f, rand, seed);
	}
	fixture_done(&f);
	g_rand_free(rand);
	return joined;
}

static void parted__any_history__is_as_it_was(void **state)
{
	unsigned joined = 0;

	for (uint32_t seed = 1; seed <= HISTORIES; seed++)
		joined += try_history(seed);
	assert_true(joined > 3 * HISTORIES);
}

/* --- Everything of one --- */

static void joined__all_there_is__refers_to_the_one(void **state)
{
	struct fixture *f = *state;
	int64_t mara = life_lead(f);

	fixture_say(f, "ben", "!back");
	join(f, "ben", "libera", LIFE_MARK "mara");
	assert_nobody(f, mara);
	assert_int_equal(person_of(f, LIFE_MARK "mara"), person_of(f, "ben"));
}

/* Two joins, undone in either order. */
static void joined__one_after_another__part_one_after_another(void **state)
{
	struct fixture *f = *state;

	for (int order = 0; order < 2; order++) {
		fixture_member(f, "ana");
		fixture_member(f, "ben");
		fixture_member(f, "cleo");
		int64_t ana = person_of(f, "ana"), ben = person_of(f, "ben");
		int64_t cleo = person_of(f, "cleo");
		int64_t first = join(f, "ana", "libera", "ben");
		int64_t second = join(f, "cleo", "libera", "ana");
		assert_int_equal(person_of(f, "ben"), cleo);
		part(f, order ? first : second);
		assert_int_equal(person_of(f, "ana"), order ? cleo : ana);
		assert_int_equal(person_of(f, "ben"), order ? ben : ana);
		part(f, order ? second : first);
		assert_int_equal(person_of(f, "ana"), ana);
		assert_int_equal(person_of(f, "ben"), ben);
		assert_int_equal(person_of(f, "cleo"), cleo);
		assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM moved"), 0);
		assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM aside_member"), 0);
	}
}

static void joined__in_two_groups__in_both(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_member(&f, "ana");
	fixture_event(&f, (struct event){
				  .account = "anna", .room = "#poets", .text = ",intro I rhyme" });
	g_autofree char *before = dump(&f);
	int64_t merge = join(&f, "ana", "libera", "anna");
	assert_int_equal(fixture_int(&f, -1,
				     "SELECT count(*) FROM member WHERE person_id ="
				     " (SELECT person_id FROM handle WHERE account = 'ana')"),
			 2);
	part(&f, merge);
	g_autofree char *after = dump(&f);
	assert_same(before, after, 0);
	fixture_done(&f);
}

/* --- What one person can have once --- */

static void joined__both_let_it_pass__is_one_pass(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "olga");
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	say(f, "olga", "!show \"Lamp\"");
	say(f, "ana", "!pass 1");
	say(f, "ben", "!pass 1");
	int64_t merge = join(f, "ana", "libera", "ben");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM pass"), 1);
	part(f, merge);
	assert_int_equal(fixture_int(f, -1, "SELECT count(DISTINCT person_id) FROM pass"), 2);
}

static void joined__shown_in_the_same_round_of_the_past__stays_history(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	say(f, "ana", "!show \"Vase\"");
	say(f, "ben", "!show \"Bench\"");
	fixture_run_until(f, "2026-11-27 12:00"); /* closed, and something late still gets in */
	assert_true(doors_both_show(fixture_begin(f), person_of(f, "ana"), person_of(f, "ben")));
	fixture_end(f);
	fixture_run_until(f, "2026-11-28 12:00");
	assert_false(doors_both_show(fixture_begin(f), person_of(f, "ana"), person_of(f, "ben")));
	fixture_end(f);
	g_autofree char *before = dump(f);
	int64_t merge = join(f, "ana", "libera", "ben");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM entry"), 2);
	assert_int_equal(fixture_int(f, -1, "SELECT count(DISTINCT person_id) FROM entry"), 1);
	part(f, merge);
	g_autofree char *after = dump(f);
	assert_same(before, after, 0);
}

/* At last call each reads the other's; olga comes back in time to be asked instead. */
static void joined__reader_of_their_own__is_drawn_anew(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "olga");
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	say(f, "olga", "!away until 2026-11-25 19:00");
	say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 20:00");
	assert_string_equal(fixture_post(f, "round.reader")->post.account, "ben");
	g_free(fixture_heard(f));
	int64_t merge = join(f, "ana", "libera", "ben");
	assert_heard(f, "round.reader>olga");
	assert_int_equal(fixture_int(f, 0, "SELECT reader_id FROM reading"), person_of(f, "olga"));
	/* She was asked, and it stays hers. */
	part(f, merge);
	assert_int_equal(fixture_int(f, 0, "SELECT reader_id FROM reading"), person_of(f, "olga"));
}

static void joined__one_had_left__is_here(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	say(f, "ana", "!leave");
	g_autofree char *before = dump(f);
	int64_t merge = join(f, "ana", "libera", "ben");
	assert_true(people_joined(fixture_begin(f), person_of(f, "ana")));
	fixture_end(f);
	part(f, merge);
	g_autofree char *after = dump(f);
	assert_same(before, after, 0);
}

static void joined__zone_of_the_other__is_taken_where_there_is_none(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	say(f, "ben", "!tz Asia/Kolkata");
	int64_t merge = join(f, "ana", "libera", "ben");
	g_autofree char *sql =
		g_strdup_printf("SELECT zone FROM person WHERE id = %d", (int)person_of(f, "ana"));
	g_autofree char *zone = fixture_text(f, sql);
	assert_string_equal(zone, "Asia/Kolkata");
	part(f, merge);
	assert_null(fixture_text(f, sql));
}

/* --- What was between the two --- */

static enum standing standing(struct fixture *f, const char *account)
{
	enum standing s = standing_of(fixture_begin(f), person_of(f, account));

	fixture_end(f);
	return s;
}

static void joined__given_to_each_other__is_no_giving(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *deed;
		enum standing after;
	} cases[] = {
		{ "!note 1 as it should be", STANDING_MEMBER },
		{ "!shared 1 my wall because oak", STANDING_MEMBER },
		{ "!thanks ana for all", STANDING_MEMBER },
		{ "!thanks olga for all", STANDING_GIVING },
		{ "!note 2 bright", STANDING_GIVING },
	};

	fixture_member(f, "olga");
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	say(f, "ana", "!show \"Vase\"");
	say(f, "olga", "!show \"Lamp\"");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		say(f, "ben", cases[i].deed);
		assert_int_equal(standing(f, "ben"), STANDING_GIVING);
		int64_t merge = join(f, "ana", "libera", "ben");
		assert_int_equal(standing(f, "ana"), cases[i].after);
		part(f, merge);
		assert_int_equal(standing(f, "ben"), STANDING_GIVING);
		say(f, "ben", "!undo");
	}
}

static void joined__vouched_for_by_the_other__needs_another_vouch(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "olga");
	fixture_member(f, "ana");
	say(f, "olga", "!admin vouch ana");
	assert_int_equal(standing(f, "ana"), STANDING_GIVING);
	join(f, "ana", "libera", "olga");
	assert_int_equal(standing(f, "ana"), STANDING_MEMBER);
}

static void joined__spoke_of_each_others_work__is_not_in_the_recap(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	say(f, "ana", "!show \"Vase\"");
	say(f, "ben", "!note 1 so very blue");
	join(f, "ana", "libera", "ben");
	fixture_run_until(f, "2026-11-26 20:00");
	assert_non_null(strstr(fixture_post(f, "round.recap")->post.markup, "Vase"));
	assert_null(strstr(fixture_post(f, "round.recap")->post.markup, "so very blue"));
}

static void joined__absences_of_both__leave_the_time_in_between(void **state)
{
	struct fixture *f = *state;
	int64_t start_us = f->clock.now_us;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	struct circle *c = fixture_begin(f);
	int64_t day = CLOCK_US_PER_DAY, ana = person_of(f, "ana"), ben = person_of(f, "ben");
	absences_add(c, ana, ABSENCE_AWAY, start_us + 10 * day, start_us + 20 * day);
	absences_add(c, ben, ABSENCE_AWAY, start_us + 5 * day, start_us + 30 * day);
	fixture_end(f);
	join(f, "ana", "libera", "ben");
	clock_virtual_set(&f->clock, start_us + 40 * day);
	/* Ten days since the thirtieth, and two before the fifth. */
	assert_int_equal(absences_back(fixture_begin(f), ana, 12 * day), start_us + 3 * day);
	fixture_end(f);
}

/* --- What was known of a door before --- */

static void joined__vouched_for_as_a_stranger__is_the_members(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	struct circle *c = fixture_begin(f);
	standing_vouch(c, 0, "libera", "ana2", 0);
	fixture_end(f);
	g_autofree char *before = dump(f);
	int64_t merge = join(f, "ana", "libera", "ana2");
	assert_int_equal(standing(f, "ana"), STANDING_GIVING);
	part(f, merge);
	assert_int_equal(standing(f, "ana"), STANDING_MEMBER);
	g_autofree char *after = dump(f);
	assert_same(before, after, 0);
}

/* --- What waits --- */

static void joined__what_waits_for_one__comes_to_the_other_door(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_member(&f, "olga");
	fixture_member(&f, "ana");
	fixture_fake_state(fixture_fake(&f, "home"), TRANSPORT_OFFLINE);
	pass_time(&f, CLOCK_US_PER_SECOND);
	fixture_event(&f, (struct event){ .network = "home",
					  .room = "#makers",
					  .account = "anna",
					  .text = "!intro as Anna: hello" });
	say(&f, "olga", "!thanks Anna for coming");
	say(&f, "ana", "!mydata");
	g_free(fixture_heard(&f));
	fixture_whisper(&f, "olga", "thanks Anna for coming by");
	assert_heard(&f, "thanks.kept-private>olga");
	pass_time(&f, CLOCK_US_PER_SECOND);
	int64_t merge = join(&f, "ana", "home", "anna");
	say(&f, "ana", "!tz Europe/Berlin"); /* the door she used last */
	pass_time(&f, CLOCK_US_PER_HOUR);
	fixture_run(&f);
	assert_non_null(fixture_post(&f, "thanks.told"));
	assert_string_equal(fixture_post(&f, "thanks.told")->post.account, "ana");
	part(&f, merge);
	fixture_done(&f);
}

/* --- The clean-up --- */

/* Whoever was joined must not be taken for somebody who comes new. */
static void joined__somebody_new_comes__is_somebody_else(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	int64_t ben = fixture_member(f, "ben");
	int64_t merge = join(f, "ana", "libera", "ben");
	int64_t cleo = fixture_member(f, "cleo");
	assert_int_not_equal(cleo, ben);
	part(f, merge);
	assert_int_equal(person_of(f, "ben"), ben);
	assert_int_equal(person_of(f, "cleo"), cleo);
}

/* Numbers of records are given again: what is new is not moved back. */
static void parted__record_with_an_old_number__stays(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "olga");
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	say(f, "olga", "!show \"Lamp\"");
	say(f, "ben", "!note 1 before");
	int64_t merge = join(f, "ana", "libera", "ben");
	/* Its record is the last but the join's own; both go, and the next takes the number. */
	int64_t before = fixture_int(f, 0, "SELECT max(id) FROM record WHERE kind = 'note'");
	struct circle *c = fixture_begin(f);
	db_run(c->db, "DELETE FROM record WHERE id >= ?", "i", before);
	fixture_end(f);
	say(f, "ben", "!note 1 after");
	assert_int_equal(fixture_int(f, 0, "SELECT max(id) FROM record"), before);
	part(f, merge);
	assert_int_equal(fixture_int(f, 0, "SELECT person_id FROM record WHERE kind = 'note'"),
			 person_of(f, "ana"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parted__any_history__is_as_it_was),
		TEST(joined__all_there_is__refers_to_the_one),
		TEST(joined__one_after_another__part_one_after_another),
		cmocka_unit_test(joined__in_two_groups__in_both),
		TEST(joined__both_let_it_pass__is_one_pass),
		TEST(joined__shown_in_the_same_round_of_the_past__stays_history),
		TEST(joined__reader_of_their_own__is_drawn_anew),
		TEST(joined__one_had_left__is_here),
		TEST(joined__zone_of_the_other__is_taken_where_there_is_none),
		TEST(joined__given_to_each_other__is_no_giving),
		TEST(joined__vouched_for_by_the_other__needs_another_vouch),
		TEST(joined__spoke_of_each_others_work__is_not_in_the_recap),
		TEST(joined__absences_of_both__leave_the_time_in_between),
		TEST(joined__vouched_for_as_a_stranger__is_the_members),
		cmocka_unit_test(joined__what_waits_for_one__comes_to_the_other_door),
		TEST(joined__somebody_new_comes__is_somebody_else),
		TEST(parted__record_with_an_old_number__stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
