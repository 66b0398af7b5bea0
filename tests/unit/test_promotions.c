#include "fixture.h"

#include "circle/promotions.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The fixture's group with so many slots a week. */
static char *config_of(const char *budget)
{
	return g_strconcat(fixture_config, "[pitch]\nbudget = ", budget, "\n", NULL);
}

static void set_up_with(struct fixture *f, const char *budget)
{
	static const char *const members[] = { "olga", "ana", "ben", "cleo", "dora" };
	g_autofree char *config = config_of(budget);

	fixture_init(f, config);
	fixture_state(f, TRANSPORT_ONLINE);
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
		fixture_member(f, members[i]);
	fixture_run_until(f, "2026-11-24 12:00");
	g_free(fixture_heard(f));
}

/* One slot a week: it is full as soon as anybody has been heard. */
static int set_up(void **state)
{
	struct fixture *f = g_new(struct fixture, 1);

	set_up_with(f, "1 a week");
	*state = f;
	return 0;
}

static void say(struct fixture *f, const char *who, const char *text)
{
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	fixture_say(f, who, text);
}

/* What came up since the last call of this or of fixture_heard, "Tue 12:00 ana, ...". */
static char *ups(struct fixture *f)
{
	GString *ups = g_string_new(NULL);

	for (; f->told < f->heard->len; f->told++) {
		const struct fake_post *p = f->heard->pdata[f->told];
		g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
		g_autoptr(GDateTime) utc =
			g_date_time_new_from_unix_utc(p->at_us / CLOCK_US_PER_SECOND);
		g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
		g_autofree char *at = g_date_time_format(local, "%-d %b %H:%M");

		if (strcmp(p->post.word, "budget.up"))
			continue;
		g_string_append_printf(ups, "%s%s %.*s", ups->len ? ", " : "", at,
				       (int)strcspn(p->post.markup, " "), p->post.markup);
	}
	return g_string_free(ups, FALSE);
}

#define assert_ups(f, want)                     \
	do {                                    \
		g_autofree char *got = ups(f);  \
		assert_string_equal(got, want); \
	} while (0)

static void assert_queued(struct fixture *f, const char *part)
{
	const struct fake_post *p = fixture_post(f, "budget.queued");

	assert_non_null(p);
	if (!strstr(p->post.markup, part))
		fail_msg("\"%s\" is not in: %s", part, p->post.markup);
}

static bool full(struct fixture *f)
{
	bool is = promotions_full(fixture_begin(f));

	fixture_end(f);
	return is;
}

static bool take(struct fixture *f, int64_t person)
{
	bool taken = promotions_take(fixture_begin(f), person);

	fixture_end(f);
	return taken;
}

static bool on(struct fixture *f, int64_t person)
{
	bool is = promotions_on(fixture_begin(f), person);

	fixture_end(f);
	return is;
}

static int64_t person(struct fixture *f, const char *name)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT person_id FROM member WHERE name = '%s'", name);

	return fixture_int(f, 0, sql);
}

static void ask__room__is_said_in_every_place_now(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_member(&f, "ana");
	fixture_say(&f, "ana", "!pitch  my  *quince*\tbook @room");
	/* Both rooms of the group, none of the other; no answer beside it. */
	assert_heard(&f, "budget.up budget.up");
	const struct fake_post *p = fixture_post(&f, "budget.up");
	g_autofree char *plain = post_plain(p->post.markup);
	assert_non_null(strstr(plain, "ana would like you to know of this: “my *quince* book @"));
	assert_null(strstr(plain, "@room"));
	assert_int_equal(p->post.kind, POST_ANNOUNCEMENT);
	/* Once it is said its text is nowhere. */
	fixture_run_until(&f, "2026-11-23 08:01");
	assert_int_equal(fixture_int(&f, -1, "SELECT count(*) FROM promotion WHERE week"), 1);
	assert_int_equal(fixture_int(&f, -1, "SELECT count(text) FROM promotion"), 0);
	assert_int_equal(fixture_int(&f, -1, "SELECT count(markup) FROM outbox"), 0);
	fixture_whisper(&f, "ana", "pitch again");
	assert_heard(&f, "budget.queued>ana");
	fixture_done(&f);
}

static void ask__in_private__is_confirmed_there(void **state)
{
	struct fixture *f = *state;

	fixture_whisper(f, "ana", "pitch my book");
	assert_heard(f, "budget.up announced>ana");
}

static void ask__full__waits_for_monday_at_ten(void **state)
{
	struct fixture *f = *state;

	assert_false(full(f));
	say(f, "ana", "!pitch a");
	assert_true(full(f));
	say(f, "ben", "!pitch b");
	assert_queued(f, "The week is full, ben, so yours is first up on Mon 30 Nov.");
	say(f, "cleo", "!pitch c");
	assert_queued(f, "The week is full, cleo, so yours is up on Mon 7 Dec.");
	g_free(fixture_heard(f));
	fixture_run_until(f, "2026-11-30 09:59");
	assert_ups(f, "");
	assert_true(full(f)); /* ben's is as good as said */
	fixture_run_until(f, "2026-12-20 12:00");
	assert_ups(f, "30 Nov 10:00 ben, 7 Dec 10:00 cleo");
}

static void ask__default_budget__is_three(void **state)
{
	struct fixture *f = *state;

	fixture_restart(f, fixture_config);
	fixture_state(f, TRANSPORT_ONLINE);
	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	say(f, "cleo", "!pitch c");
	assert_heard(f, "budget.up budget.up budget.up");
	say(f, "dora", "!pitch d");
	assert_heard(f, "budget.queued");
}

static void ask__none_a_week__is_told_so(void **state)
{
	struct fixture *f = *state;
	g_autofree char *none = config_of("0 a week");

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	fixture_restart(f, none);
	fixture_state(f, TRANSPORT_ONLINE);
	g_free(fixture_heard(f));
	say(f, "cleo", "!pitch c");
	assert_heard(f, "budget.none");
	assert_true(full(f));
	assert_false(take(f, person(f, "cleo")));
	/* What was promised before waits for another change. */
	fixture_run_until(f, "2026-12-08 12:00");
	assert_ups(f, "");
	g_autofree char *one = config_of("1 a week");
	fixture_restart(f, one);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_ups(f, "8 Dec 12:00 ben");
}

static void ask__midnight_before_monday__is_another_week(void **state)
{
	struct fixture *f = *state;

	/* The clocks go forward on that Sunday, and so it ends an hour sooner. */
	fixture_run_until(f, "2027-03-28 23:59");
	f->clock.now_us += 58 * CLOCK_US_PER_SECOND;
	say(f, "ana", "!pitch a");
	assert_int_equal(f->clock.now_us, fixture_time(f, "2027-03-29 00:00") - 1000000);
	say(f, "ben", "!pitch b");
	assert_int_equal(f->clock.now_us, fixture_time(f, "2027-03-29 00:00"));
	say(f, "cleo", "!pitch c");
	assert_ups(f, "28 Mar 23:59 ana, 29 Mar 00:00 ben");
	assert_queued(f, "first up on Mon 5 Apr");
}

static void ask__clocks_change__stays_ten_o_clock(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2027-03-25 12:00");
	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	g_free(fixture_heard(f));
	fixture_run_until(f, "2027-03-29 12:00");
	assert_ups(f, "29 Mar 10:00 ben");
	fixture_run_until(f, "2027-10-28 12:00");
	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	g_free(fixture_heard(f));
	fixture_run_until(f, "2027-11-02 12:00");
	assert_ups(f, "1 Nov 10:00 ben");
}

static void ask__twice_a_week__waits_though_there_is_room(void **state)
{
	struct fixture *f = *state;

	fixture_restart(f, fixture_config);
	fixture_state(f, TRANSPORT_ONLINE);
	say(f, "ana", "!pitch a");
	say(f, "ana", "!pitch b");
	assert_queued(f, "You had your slot this week, ana, so yours is first up on Mon 30 Nov.");
	say(f, "ben", "!pitch c");
	fixture_run_until(f, "2026-11-30 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 24 Nov 12:00 ben, 30 Nov 10:00 ana");
}

static void ask__again__takes_the_place_and_keeps_the_turn(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch quince jam");
	say(f, "cleo", "!pitch c");
	say(f, "ben", "!pitch plum jam");
	assert_queued(f, "so yours is first up on Mon 30 Nov.");
	assert_queued(f, "It takes the place of what you asked for before.");
	assert_int_equal(
		fixture_int(f, -1, "SELECT count(*) FROM promotion WHERE text IS NOT NULL"), 2);
	fixture_run_until(f, "2026-11-30 12:00");
	assert_non_null(strstr(fixture_post(f, "budget.up")->post.markup, "plum"));
}

static void ask__first_hour_of_the_week__goes_behind_who_waits(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	fixture_run_until(f, "2026-11-30 08:00");
	/* ben's slot is promised; he may have it sooner. */
	say(f, "cleo", "!pitch c");
	assert_queued(f, "The week is full, cleo, so yours is up on Mon 7 Dec.");
	say(f, "ben", "!pitch b, now");
	fixture_run_until(f, "2026-12-08 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 30 Nov 08:00 ben, 7 Dec 10:00 cleo");
}

static void ask__bad_text__is_told_how(void **state)
{
	struct fixture *f = *state;
	g_autofree char *longest = g_strnfill(PROMOTION_TEXT_MOST, 'a');
	g_autofree char *fits = g_strconcat("!pitch ", longest, NULL);
	g_autofree char *longer = g_strconcat("!pitch é", longest, NULL);
	const char *const bad[] = { "!pitch", "!pitch   ", "!pitch \x02\x03\x1f", longer };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		say(f, "ana", bad[i]);
		assert_heard(f, "usage");
	}
	say(f, "zoe", "!pitch z");
	assert_heard(f, "not-joined");
	fixture_event(f, (struct event){ .shown = "ana", .text = "!pitch a" });
	fixture_run(f);
	assert_heard(f, "not-identified");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM promotion"), 0);
	say(f, "ana", fits);
	assert_heard(f, "budget.up");
}

static void ask__heard_late__counts_when_it_is_said(void **state)
{
	struct fixture *f = *state;

	/* Said on Sunday, while kith was away; it speaks on Monday. */
	int64_t sunday_us = fixture_time(f, "2026-11-29 20:00");
	fixture_run_until(f, "2026-11-30 12:00");
	fixture_event(f, (struct event){ .account = "ana",
					 .text = "!pitch a",
					 .at_us = sunday_us,
					 .backlog = true });
	fixture_run(f);
	assert_ups(f, "30 Nov 12:00 ana");
	say(f, "ben", "!pitch b");
	assert_queued(f, "first up on Mon 7 Dec");
}

static void quiet__holds__is_said_when_it_is_over(void **state)
{
	struct fixture *f = *state;

	say(f, "olga", "!admin quiet 3 hours");
	say(f, "ana", "!pitch a");
	assert_queued(f, "The group has asked for quiet, ana, so yours is first up on Tue 24 Nov.");
	say(f, "ben", "!pitch b");
	assert_queued(f, "The week is full, ben, so yours is up on Mon 30 Nov.");
	fixture_run_until(f, "2026-11-24 15:00");
	assert_ups(f, "");
	fixture_run_until(f, "2026-11-24 16:00");
	assert_ups(f, "24 Nov 15:00 ana");
	fixture_run_until(f, "2026-11-30 08:00");
	say(f, "olga", "!admin quiet 2 days");
	fixture_run_until(f, "2026-12-01 12:00");
	assert_ups(f, "");
	say(f, "olga", "!admin quiet off");
	assert_ups(f, "1 Dec 12:00 ben");
}

static void absent__away__waits_until_ten_when_they_are_back(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	say(f, "ben", "!away until 2026-12-02");
	fixture_run_until(f, "2026-12-01 12:00");
	/* His slot of this week waits with him. */
	say(f, "cleo", "!pitch c");
	assert_queued(f, "so yours is up on Mon 7 Dec");
	fixture_run_until(f, "2026-12-08 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 3 Dec 10:00 ben, 7 Dec 10:00 cleo");
}

static void absent__for_weeks__keeps_nobody_waiting(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	say(f, "cleo", "!pitch c");
	say(f, "ben", "!rest until 2026-12-23");
	fixture_run_until(f, "2026-12-30 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 30 Nov 10:00 cleo, 24 Dec 10:00 ben");
}

static void absent__for_years__is_still_a_day(void **state)
{
	struct fixture *f = *state;

	say(f, "ben", "!away until 2031-11-20");
	say(f, "ben", "!pitch b");
	assert_queued(f, "You are away or resting, ben, so yours is first up on Fri 21 Nov.");
	assert_false(full(f));
	say(f, "ana", "!pitch a");
	assert_ups(f, "24 Nov 12:00 ana");
}

static void absent__back_early__is_said_the_next_morning(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	say(f, "ben", "!away until 2027-01-01");
	fixture_run_until(f, "2026-12-02 15:07");
	say(f, "ben", "!back");
	fixture_run_until(f, "2026-12-03 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 3 Dec 10:00 ben");
	/* On a weekend the next morning may be in another week. */
	say(f, "ben", "!pitch b");
	say(f, "ben", "!away until 2027-01-01");
	fixture_run_until(f, "2026-12-13 15:00");
	say(f, "ben", "!back");
	say(f, "cleo", "!pitch c");
	fixture_run_until(f, "2026-12-15 12:00");
	assert_ups(f, "13 Dec 15:00 cleo, 14 Dec 10:00 ben");
}

static void absent__asks_when_back__need_not_wait(void **state)
{
	struct fixture *f = *state;

	say(f, "ben", "!away until 2026-11-28");
	fixture_run_until(f, "2026-11-29 15:00");
	say(f, "ben", "!pitch b");
	assert_ups(f, "29 Nov 15:00 ben");
}

static void absent__day_off_announced__is_known_before(void **state)
{
	struct fixture *f = *state;

	say(f, "olga", "!admin holiday 28 november - 1 december ben");
	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	assert_queued(f, "first up on Wed 2 Dec");
	fixture_run_until(f, "2026-12-03 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 2 Dec 10:00 ben");
}

static void gone__left__is_dropped(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	say(f, "cleo", "!pitch c");
	say(f, "ben", "!leave");
	say(f, "ben", "!intro back again");
	fixture_run_until(f, "2026-12-15 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 30 Nov 10:00 cleo");
}

static void gone__forgotten__leaves_no_byte(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch quince jam");
	assert_true(fixture_on_disk(f, "quince"));
	say(f, "ben", "!forget me");
	say(f, "ben", "!forget me");
	fixture_run_until(f, "2026-12-01 12:00");
	assert_ups(f, "24 Nov 12:00 ana");
	assert_false(fixture_on_disk(f, "quince"));
}

static void undo__waiting__goes_and_said__stays(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	g_free(fixture_heard(f));
	say(f, "ben", "!undo");
	assert_heard(f, "undone");
	say(f, "ben", "!undo");
	assert_heard(f, "undo.nothing");
	say(f, "ana", "!undo");
	assert_heard(f, "undo.nothing");
	assert_true(full(f));
	fixture_run_until(f, "2026-11-30 12:00");
	assert_ups(f, "");
}

static const char *pitch(struct fixture *f, const char *who, const char *text)
{
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	return fixture_say(f, who, text);
}

static void edit(struct fixture *f, const char *who, const char *target, const char *text)
{
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	fixture_event(f, (struct event){ .kind = text ? EVENT_EDIT : EVENT_REDACTION,
					 .account = who,
					 .target = target,
					 .text = text });
	fixture_run(f);
}

static void edit__waiting__keeps_the_turn(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	g_autofree char *ben = g_strdup(pitch(f, "ben", "!pitch plum jma"));
	g_autofree char *cleo = g_strdup(pitch(f, "cleo", "!pitch c"));
	g_autofree char *dora = g_strdup(pitch(f, "dora", "!pitch d"));
	edit(f, "ben", ben, "!pitch plum jam");
	assert_queued(f, "ben, so yours is first up");
	edit(f, "ben", ben, "!pitch plum and quince jam");
	assert_queued(f, "ben, so yours is first up");
	edit(f, "cleo", cleo, "!pitch"); /* no pitch any more */
	edit(f, "dora", dora, NULL);     /* taken back */
	fixture_run_until(f, "2027-01-05 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 30 Nov 10:00 ben");
	assert_non_null(strstr(fixture_post(f, "budget.up")->post.markup, "plum and quince"));
}

static void edit__of_one_before__leaves_the_last(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	g_autofree char *first = g_strdup(pitch(f, "ben", "!pitch plum"));
	pitch(f, "ben", "!pitch pear");
	edit(f, "ben", first, NULL);
	edit(f, "ben", first, "never mind");
	fixture_run_until(f, "2026-12-05 12:00");
	assert_non_null(strstr(fixture_post(f, "budget.up")->post.markup, "pear"));
}

static void edit__said__is_no_second_one(void **state)
{
	struct fixture *f = *state;

	fixture_restart(f, fixture_config);
	fixture_state(f, TRANSPORT_ONLINE);
	g_autofree char *ana = g_strdup(pitch(f, "ana", "!pitch plum jma"));
	g_free(fixture_heard(f));
	for (int i = 0; i < 3; i++) {
		edit(f, "ana", ana, "!pitch plum jam");
		assert_heard(f, "budget.said");
	}
	edit(f, "ana", ana, "plum jam, that is");
	assert_heard(f, "");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM promotion"), 1);
	/* Another message that becomes one asks like any. */
	g_autofree char *ben = g_strdup(pitch(f, "ben", "pitch pear jam"));
	edit(f, "ben", ben, "!pitch pear jam");
	assert_heard(f, "budget.up");
}

static void launch__a_day__takes_one_slot(void **state)
{
	struct fixture *f = *state;
	int64_t ana = person(f, "ana"), ben = person(f, "ben");
	g_autofree char *two = config_of("2 a week");

	fixture_restart(f, two);
	fixture_state(f, TRANSPORT_ONLINE);
	assert_false(on(f, ana));
	assert_true(take(f, ana));
	assert_true(take(f, ana));
	assert_true(on(f, ana));
	assert_false(on(f, ben));
	assert_false(full(f));
	fixture_run_until(f, "2026-11-25 00:00");
	assert_true(take(f, ana));
	assert_true(full(f));
	assert_true(take(f, ana)); /* still within the day's */
	assert_false(take(f, ben));
	say(f, "cleo", "!pitch c");
	assert_queued(f, "The week is full");
	say(f, "ana", "!pitch a");
	assert_queued(f, "You had your slot this week");
	fixture_run_until(f, "2026-11-26 00:00");
	assert_false(take(f, ana));
	/* A day and no longer. */
	fixture_set(f, "2026-11-25 23:59");
	assert_true(on(f, ana));
	fixture_set(f, "2026-11-26 00:01");
	assert_false(on(f, ana));
	/* What waits comes before a launch. */
	fixture_set(f, "2026-11-30 08:00");
	assert_false(take(f, ben));
}

static void launch__pitched_today__is_within_it(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	assert_true(take(f, person(f, "ana")));
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM promotion"), 1);
}

static void prune__long_over__goes_and_what_waits_stays(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!away until 2027-06-01");
	say(f, "ben", "!pitch b");
	fixture_run_until(f, "2026-12-24 11:00");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM promotion"), 2);
	fixture_run_until(f, "2026-12-26 12:00");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM promotion"), 1);
	fixture_run_until(f, "2027-06-03 12:00");
	assert_ups(f, "24 Nov 12:00 ana, 2 Jun 10:00 ben");
}

static void killed__at_each_point__is_said_once(void **state)
{
	static const enum app_point points[] = { APP_NOWHERE, APP_BEFORE_COMMIT, APP_AFTER_COMMIT,
						 APP_AFTER_SEND };

	for (size_t i = 0; i < G_N_ELEMENTS(points); i++) {
		struct fixture f;

		set_up_with(&f, "1 a week");
		say(&f, "ana", "!pitch a");
		say(&f, "ben", "!pitch b");
		g_free(fixture_heard(&f));
		fixture_run_until(&f, "2026-11-30 09:59");
		g_free(fixture_heard(&f));
		fixture_set(&f, "2026-11-30 10:00");
		app_crash_at(f.app, points[i]);
		app_run_due(f.app, f.clock.now_us);
		fixture_kill(&f);
		fixture_state(&f, TRANSPORT_ONLINE);
		fixture_run_until(&f, "2026-12-08 12:00");
		/* After the send the network is told again, and knows the key. */
		g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
		for (; f.told < f.heard->len; f.told++) {
			const struct fake_post *p = f.heard->pdata[f.told];
			if (!strcmp(p->post.word, "budget.up"))
				g_hash_table_add(keys, (char *)p->post.key);
		}
		assert_int_equal(g_hash_table_size(keys), 1);
		assert_int_equal(
			fixture_int(&f, -1, "SELECT count(*) FROM promotion WHERE week IS NULL"),
			0);
		fixture_done(&f);
	}
}

static void unsaid__forgotten__is_never_said(void **state)
{
	struct fixture *f = *state;
	struct fake *libera = fixture_fake(f, "libera");

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch quince jam");
	fixture_run_until(f, "2026-11-30 09:59");
	g_free(fixture_heard(f));
	libera->answer = -EAGAIN;
	fixture_run_until(f, "2026-11-30 10:01");
	libera->answer = 0;
	/* On its way it is theirs still. */
	assert_int_equal(fixture_int(f, -1, "SELECT about_id FROM outbox WHERE markup IS NOT NULL"),
			 person(f, "ben"));
	fixture_event(f, (struct event){ .account = "ben", .text = "!forget me" });
	fixture_event(f, (struct event){ .account = "ben", .text = "!forget me" });
	fixture_run_until(f, "2026-12-01 10:00");
	assert_ups(f, "");
	assert_false(fixture_on_disk(f, "quince"));
}

static void offline__monday__is_said_when_it_is_back(void **state)
{
	struct fixture *f = *state;

	say(f, "ana", "!pitch a");
	say(f, "ben", "!pitch b");
	fixture_run_until(f, "2026-11-29 12:00");
	fixture_state(f, TRANSPORT_OFFLINE);
	fixture_run_until(f, "2026-12-02 12:00");
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_ups(f, "24 Nov 12:00 ana, 2 Dec 12:00 ben");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ask__room__is_said_in_every_place_now),
		TEST(ask__in_private__is_confirmed_there),
		TEST(ask__full__waits_for_monday_at_ten),
		TEST(ask__default_budget__is_three),
		TEST(ask__none_a_week__is_told_so),
		TEST(ask__midnight_before_monday__is_another_week),
		TEST(ask__clocks_change__stays_ten_o_clock),
		TEST(ask__twice_a_week__waits_though_there_is_room),
		TEST(ask__again__takes_the_place_and_keeps_the_turn),
		TEST(ask__first_hour_of_the_week__goes_behind_who_waits),
		TEST(ask__bad_text__is_told_how),
		TEST(ask__heard_late__counts_when_it_is_said),
		TEST(quiet__holds__is_said_when_it_is_over),
		TEST(absent__away__waits_until_ten_when_they_are_back),
		TEST(absent__for_weeks__keeps_nobody_waiting),
		TEST(absent__for_years__is_still_a_day),
		TEST(absent__back_early__is_said_the_next_morning),
		TEST(absent__asks_when_back__need_not_wait),
		TEST(absent__day_off_announced__is_known_before),
		TEST(gone__left__is_dropped),
		TEST(gone__forgotten__leaves_no_byte),
		TEST(undo__waiting__goes_and_said__stays),
		TEST(edit__waiting__keeps_the_turn),
		TEST(edit__of_one_before__leaves_the_last),
		TEST(edit__said__is_no_second_one),
		TEST(launch__a_day__takes_one_slot),
		TEST(launch__pitched_today__is_within_it),
		TEST(prune__long_over__goes_and_what_waits_stays),
		cmocka_unit_test(killed__at_each_point__is_said_once),
		TEST(unsaid__forgotten__is_never_said),
		TEST(offline__monday__is_said_when_it_is_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
