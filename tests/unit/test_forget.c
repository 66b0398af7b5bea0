#include "life.h"

#include "circle/people.h"
#include "store/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int64_t references(struct fixture *f, const struct life_column *column, int64_t person)
{
	g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s WHERE %s = %d",
					       column->table, column->column, (int)person);

	return fixture_int(f, -1, sql);
}

static void assert_no_references(struct fixture *f, int64_t person)
{
	g_autoptr(GPtrArray) columns = life_columns(f);

	for (unsigned i = 0; i < columns->len; i++) {
		const struct life_column *column = columns->pdata[i];

		if (references(f, column, person))
			fail_msg("%s.%s still refers to them", column->table, column->column);
	}
}

/* Said, confirmed, and the marks written. */
static void settle(struct fixture *f)
{
	fixture_run(f);
	clock_virtual_set(&f->clock, f->clock.now_us + 2 * CLOCK_US_PER_SECOND);
	fixture_run(f);
}

static void life__led__refers_from_every_column(void **state)
{
	struct fixture *f = *state;
	int64_t mara = life_lead(f);
	g_autoptr(GPtrArray) columns = life_columns(f);

	/* A new table has to be given to this life, and so to the tests that rest on it. */
	assert_true(mara > 0);
	assert_true(columns->len > 10);
	for (unsigned i = 0; i < columns->len; i++) {
		const struct life_column *column = columns->pdata[i];

		if (!references(f, column, mara))
			fail_msg("life_lead leaves %s.%s without her", column->table,
				 column->column);
	}
	assert_true(fixture_on_disk(f, LIFE_MARK));
}

static void forget__said_twice__leaves_no_reference(void **state)
{
	struct fixture *f = *state;
	int64_t mara = life_lead(f);

	fixture_whisper(f, LIFE_MARK "mara", "forget me");
	assert_string_equal(fixture_post(f, "forget.done")->post.account, LIFE_MARK "mara");
	assert_no_references(f, mara);
	g_autofree char *sql =
		g_strdup_printf("SELECT count(*) FROM person WHERE id = %d", (int)mara);
	assert_int_equal(fixture_int(f, -1, sql), 0);
}

static void forget__said_twice__leaves_no_bytes(void **state)
{
	struct fixture *f = *state;

	life_lead(f);
	fixture_whisper(f, LIFE_MARK "mara", "forget me");
	settle(f);
	assert_false(fixture_on_disk(f, LIFE_MARK));
}

static void forget__something_else_committed_first__leaves_no_bytes(void **state)
{
	struct fixture *f = *state;
	struct fake *libera = fixture_fake(f, "libera");

	life_lead(f);
	libera->hold = true;
	fixture_whisper(f, LIFE_MARK "mara", "forget me");
	/* The answer bears her account and is still on its way. */
	fixture_say(f, "olga", "!note 1 a fine bench");
	fixture_say(f, "olga", "!note 1 and so low");
	fixture_confirm(libera, 0);
	libera->hold = false;
	settle(f);
	assert_false(fixture_on_disk(f, LIFE_MARK));
}

static void forget__half_said_recap__leaves_no_bytes(void **state)
{
	struct fixture f;

	/* One of the two places is out of reach: what was announced still waits for it. */
	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	life_lead(&f);
	fixture_fake_state(fixture_fake(&f, "home"), TRANSPORT_OFFLINE);
	fixture_run_until(&f, "2026-11-26 20:00");
	assert_non_null(strstr(fixture_post(&f, "round.recap")->post.markup, LIFE_MARK));
	fixture_whisper(&f, LIFE_MARK "mara", "forget me");
	fixture_whisper(&f, LIFE_MARK "mara", "forget me");
	settle(&f);
	assert_false(fixture_on_disk(&f, LIFE_MARK));
	fixture_done(&f);
}

static void forget__half_said_recap__is_said_without_them(void **state)
{
	struct fixture f;
	unsigned recaps = 0;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	life_lead(&f);
	fixture_fake_state(fixture_fake(&f, "home"), TRANSPORT_OFFLINE);
	fixture_run_until(&f, "2026-11-26 20:00");
	fixture_whisper(&f, LIFE_MARK "mara", "forget me");
	fixture_whisper(&f, LIFE_MARK "mara", "forget me");
	fixture_kill(&f);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_run(&f);
	for (unsigned i = 0; i < f.heard->len; i++) {
		const struct fake_post *p = f.heard->pdata[i];
		recaps += !strcmp(p->post.word, "round.recap");
	}
	assert_int_equal(recaps, 2);
	const struct post *recap = &fixture_post(&f, "round.recap")->post;
	assert_string_equal(recap->network, "home");
	assert_non_null(strstr(recap->markup, "Bench"));
	assert_non_null(strstr(recap->markup, "Lamp"));
	assert_null(strstr(recap->markup, LIFE_MARK));
	fixture_done(&f);
}

static void forget__what_waits__is_never_said(void **state)
{
	struct fixture *f = *state;

	life_lead(f);
	fixture_whisper(f, LIFE_MARK "mara", "forget me");
	settle(f);
	fixture_restart(f, NULL);
	fixture_state(f, TRANSPORT_ONLINE);
	unsigned told = f->heard->len;
	fixture_say(f, "ben", "!back");
	fixture_run_until(f, "2027-01-02 00:00");
	for (unsigned i = told; i < f->heard->len; i++) {
		const struct fake_post *p = f->heard->pdata[i];
		if (strstr(p->post.markup, LIFE_MARK))
			fail_msg("%s: %s", p->post.word, p->post.markup);
	}
}

static void forget__others__keep_what_is_theirs(void **state)
{
	struct fixture *f = *state;

	life_lead(f);
	fixture_whisper(f, LIFE_MARK "mara", "forget me");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM note WHERE text = 'sweet'"), 1);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM thanks WHERE text = 'jam'"), 1);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM work WHERE title = 'Bench'"), 1);
	/* The work others spoke about is a number without a face. */
	fixture_say(f, "olga", "!work 2");
	const char *work = fixture_post(f, "work")->post.markup;
	assert_null(strstr(work, LIFE_MARK));
	assert_non_null(strstr(work, "a former member"));
	assert_non_null(strstr(work, "sweet"));
	/* A new life begins with nothing. */
	fixture_say(f, LIFE_MARK "mara", "!intro hello again");
	assert_non_null(strstr(fixture_post(f, "consent")->post.markup, LIFE_MARK "mara"));
	fixture_say(f, LIFE_MARK "mara", "!undo");
	assert_non_null(fixture_post(f, "undo.nothing"));
}

static void forget__said_once__changes_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t mara = life_lead(f);

	clock_virtual_set(&f->clock, f->clock.now_us + 11 * CLOCK_US_PER_MINUTE);
	fixture_whisper(f, LIFE_MARK "mara", "forget me");
	assert_null(fixture_post(f, "forget.done"));
	assert_true(people_joined(fixture_begin(f), mara));
	fixture_end(f);
}

static void forget__one_of_two_groups__leaves_the_other(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_say(&f, "ana", "!intro I paint");
	fixture_event(
		&f, (struct event){ .account = "ana", .room = "#poets", .text = ",intro I rhyme" });
	fixture_say(&f, "ana", "!forget me");
	fixture_say(&f, "ana", "!forget me");
	g_autofree char *left = fixture_text(&f, "SELECT group_concat(intro) FROM member");
	assert_string_equal(left, "I rhyme");
	assert_int_equal(fixture_int(&f, -1, "SELECT count(*) FROM handle"), 1);
	fixture_whisper(&f, "ana", "forget me");
	fixture_whisper(&f, "ana", "forget me");
	assert_int_equal(fixture_int(&f, -1, "SELECT count(*) FROM person"), 0);
	fixture_done(&f);
}

/* The person stays for the other group's sake, so nothing goes by itself. */
static void forget__one_of_two_groups__leaves_nothing_in_that_one(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	int64_t mara = life_lead(&f);
	fixture_event(&f, (struct event){ .account = LIFE_MARK "mara",
					  .room = "#poets",
					  .text = ",intro I rhyme" });
	fixture_whisper(&f, LIFE_MARK "mara", "forget me");
	assert_non_null(fixture_post(&f, "forget.done"));
	g_autoptr(GPtrArray) columns = life_columns(&f);
	for (unsigned i = 0; i < columns->len; i++) {
		const struct life_column *column = columns->pdata[i];
		g_autofree char *scoped = g_strdup_printf(
			"SELECT 1 FROM pragma_table_info('%s') WHERE name = 'group_id'",
			column->table);
		g_autofree char *rest = g_strdup_printf(
			"SELECT count(*) FROM %s WHERE %s = %d AND group_id = (SELECT id FROM"
			" groups WHERE key = 'makers')",
			column->table, column->column, (int)mara);

		if (fixture_int(&f, 0, scoped) && fixture_int(&f, -1, rest) != 0)
			fail_msg("%s.%s still refers to her", column->table, column->column);
	}
	assert_int_equal(fixture_int(&f, -1, "SELECT count(*) FROM member WHERE intro = 'I rhyme'"),
			 1);
	fixture_done(&f);
}

static void forget__left_the_second_group__is_heard_in_private(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_event(
		&f, (struct event){ .account = "ana", .room = "#poets", .text = ",intro I rhyme" });
	fixture_event(&f, (struct event){ .account = "ana", .room = "#poets", .text = ",leave" });
	fixture_whisper(&f, "ana", "forget me");
	fixture_whisper(&f, "ana", "forget me");
	assert_int_equal(fixture_int(&f, -1, "SELECT count(*) FROM person"), 0);
	fixture_done(&f);
}

static void retention__former_member__is_forgotten_in_time(void **state)
{
	struct fixture *f = *state;
	int64_t mara = life_lead(f);
	int64_t retention_us = f->config->retention_us;

	fixture_say(f, LIFE_MARK "mara", "!leave");
	int64_t left_us = f->clock.now_us;
	settle(f);
	people_retain(fixture_begin(f), retention_us);
	fixture_end(f);
	clock_virtual_set(&f->clock, left_us + retention_us);
	people_retain(fixture_begin(f), retention_us);
	fixture_end(f);
	g_autofree char *sql =
		g_strdup_printf("SELECT count(*) FROM member WHERE person_id = %d", (int)mara);
	assert_int_equal(fixture_int(f, -1, sql), 1);
	clock_virtual_set(&f->clock, left_us + retention_us + 1);
	people_retain(fixture_begin(f), retention_us);
	fixture_end(f);
	assert_int_equal(fixture_int(f, -1, sql), 0);
	assert_no_references(f, mara);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM member"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(life__led__refers_from_every_column),
		TEST(forget__said_twice__leaves_no_reference),
		TEST(forget__said_twice__leaves_no_bytes),
		TEST(forget__something_else_committed_first__leaves_no_bytes),
		cmocka_unit_test(forget__half_said_recap__leaves_no_bytes),
		cmocka_unit_test(forget__half_said_recap__is_said_without_them),
		TEST(forget__what_waits__is_never_said),
		TEST(forget__others__keep_what_is_theirs),
		TEST(forget__said_once__changes_nothing),
		cmocka_unit_test(forget__one_of_two_groups__leaves_the_other),
		cmocka_unit_test(forget__one_of_two_groups__leaves_nothing_in_that_one),
		cmocka_unit_test(forget__left_the_second_group__is_heard_in_private),
		TEST(retention__former_member__is_forgotten_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
