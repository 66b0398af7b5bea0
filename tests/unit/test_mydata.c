#include "life.h"

#include "circle/mydata.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char *tell(struct fixture *f, int64_t person)
{
	struct circle *c = fixture_begin(f);
	struct draft d = draft_new(c);

	mydata_tell(c, person, &d);
	fixture_end(f);
	return g_string_free(d.markup, FALSE);
}

static unsigned items(const char *markup)
{
	unsigned n = 0;

	for (const char *at = markup; (at = strstr(at, "\n- ")); at++)
		n++;
	return n;
}

/* From outside, without what holds tables together: only this one table is to change. */
static void delete_rows(struct fixture *f, const struct life_column *column, int64_t person)
{
	g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE %s = %d", column->table,
					       column->column, (int)person);
	sqlite3 *sqlite = NULL;

	assert_int_equal(sqlite3_open_v2(f->store, &sqlite, SQLITE_OPEN_READWRITE, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_changes(sqlite) > 0);
	sqlite3_close(sqlite);
}

static void mydata__every_table__has_a_line(void **state)
{
	g_autoptr(GPtrArray) columns = life_columns(*state);

	assert_true(columns->len > 10);
	for (unsigned i = 0; i < columns->len; i++) {
		const struct life_column *column = columns->pdata[i];
		struct fixture f;

		fixture_init(&f, fixture_config);
		fixture_state(&f, TRANSPORT_ONLINE);
		int64_t mara = life_lead(&f);
		g_autofree char *whole = tell(&f, mara);
		delete_rows(&f, column, mara);
		g_autofree char *without = tell(&f, mara);
		if (items(without) >= items(whole))
			fail_msg("mydata does not tell of %s.%s", column->table, column->column);
		fixture_done(&f);
	}
}

static void mydata__everything_said__is_in_it(void **state)
{
	struct fixture *f = *state;
	g_autofree char *told = tell(f, life_lead(f));
	static const char *const parts[] = {
		"libera/" LIFE_MARK "mara",
		"Mara " LIFE_MARK,
		"I cook " LIFE_MARK,
		"Kolkata",
		"https://example.org/" LIFE_MARK,
		"Jelly of " LIFE_MARK,
		"is it " LIFE_MARK " enough?",
		"as smooth as " LIFE_MARK,
		"the legs of " LIFE_MARK,
		"the " LIFE_MARK " gazette",
		"it smells of " LIFE_MARK,
		"jam",
		"a bench under a " LIFE_MARK,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *plain = post_plain(told);
		if (!strstr(plain, parts[i]))
			fail_msg("\"%s\" is not in it:\n%s", parts[i], plain);
	}
}

static void mydata__others__stay_out_of_it(void **state)
{
	struct fixture *f = *state;

	life_lead(f);
	int64_t olga = fixture_int(f, 0, "SELECT person_id FROM handle WHERE account = 'olga'");
	g_autofree char *told = tell(f, olga);
	assert_non_null(strstr(told, "olga"));
	assert_null(strstr(told, "jam"));
	assert_null(strstr(told, "gazette"));
	assert_null(strstr(told, "cook"));
}

/* Whoever was to read a work and said nothing is never named. */
static void mydata__silent_reader__is_not_named(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana");

	fixture_member(f, "silke");
	fixture_run_until(f, "2026-11-23 10:00");
	fixture_say(f, "ana", "!show \"Bench\"");
	fixture_run_until(f, "2026-11-25 18:00");
	assert_string_equal(fixture_post(f, "round.reader")->post.account, "silke");
	g_autofree char *silent = tell(f, ana);
	assert_null(strstr(silent, "silke"));
	assert_non_null(strstr(silent, "close reader"));
	fixture_say(f, "silke", "!note 1 fine legs");
	g_autofree char *spoken = tell(f, ana);
	assert_non_null(strstr(spoken, "silke"));
	assert_int_equal(items(spoken), items(silent));
}

static void mydata__asked_in_the_room__is_told_in_private(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_say(f, "ana", "!mydata");
	fixture_say(f, "stranger", "!mydata");
	assert_heard(f, "mydata>ana mydata.nothing>stranger");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(mydata__every_table__has_a_line),
		TEST(mydata__everything_said__is_in_it),
		TEST(mydata__others__stay_out_of_it),
		TEST(mydata__silent_reader__is_not_named),
		TEST(mydata__asked_in_the_room__is_told_in_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
