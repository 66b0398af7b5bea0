#include "fixture.h"

#include "circle/entries.h"
#include "circle/rounds.h"
#include "circle/works.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What was said since the last call, each with its time in the group's zone: "23 09:00 round.open",
 * the day being that of the month. */
static char *timetable(struct fixture *f)
{
	const struct config_group *group = f->config->groups->pdata[0];
	GString *told = g_string_new(NULL);

	for (; f->told < f->heard->len; f->told++) {
		const struct fake_post *p = f->heard->pdata[f->told];
		g_autoptr(GDateTime) utc =
			g_date_time_new_from_unix_utc(p->at_us / CLOCK_US_PER_SECOND);
		g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, group->zone);
		g_autofree char *at = g_date_time_format(local, "%d %H:%M");

		g_string_append_printf(told, "%s%s %s%s%s", told->len ? ", " : "", at, p->post.word,
				       p->post.room ? "" : ">",
				       p->post.room ? "" : p->post.account);
	}
	return g_string_free(told, FALSE);
}

static void assert_told(struct fixture *f, const char *want)
{
	g_autofree char *told = timetable(f);

	assert_string_equal(told, want);
}

static void assert_says(struct fixture *f, const char *word, const char *part)
{
	const struct fake_post *p = fixture_post(f, word);

	assert_non_null(p);
	if (!strstr(p->post.markup, part))
		fail_msg("\"%s\" does not say \"%s\"", p->post.markup, part);
}

/* The same group with more in its configuration. */
static char *config_with(const char *round)
{
	return g_strconcat(fixture_config, "[round]\n", round, NULL);
}

static void start_with(struct fixture *f, const char *round)
{
	g_autofree char *config = config_with(round);

	fixture_init(f, config);
	fixture_state(f, TRANSPORT_ONLINE);
}

/* The process is not there until then. */
static void down_until(struct fixture *f, const char *time)
{
	app_close(f->app);
	f->app = NULL;
	fixture_set(f, time);
	fixture_restart(f, NULL);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
}

static enum round_state state_now(struct fixture *f)
{
	struct round r = { .state = ROUND_PLANNED };

	rounds_current(fixture_begin(f), &r);
	fixture_end(f);
	return r.state;
}

static void week__nobody_shows_anything__is_quiet(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-29 23:59");
	assert_told(f, "23 09:00 round.open, 25 18:00 round.last-call, 26 20:00 round.quiet");
	assert_says(f, "round.quiet", "30 Nov 09:00");
}

static void week__quiet_twice__organizers_are_told(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-12-03 19:59");
	g_free(fixture_heard(f));
	fixture_run_until(f, "2026-12-04 00:00");
	assert_told(f, "03 20:00 round.quiet, 03 20:00 round.quiet-twice>olga");
	/* A third is no news. */
	fixture_run_until(f, "2026-12-11 00:00");
	assert_told(f, "07 09:00 round.open, 09 18:00 round.last-call, 10 20:00 round.quiet");
}

static void week__something_between__is_not_quiet_twice(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_run_until(f, "2026-11-30 10:00");
	fixture_say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-12-14 00:00");
	assert_null(fixture_post(f, "round.quiet-twice"));
}

static void week__shown_late_after_all__is_not_quiet_twice(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_run_until(f, "2026-11-27 10:00");
	fixture_say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-12-07 00:00");
	assert_null(fixture_post(f, "round.quiet-twice"));
}

static void week__one_entry__has_its_recap(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	fixture_say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-26 10:00");
	fixture_say(f, "ben", "!note 1 the glaze runs like rain");
	fixture_run_until(f, "2026-11-29 00:00");
	assert_told(f, "23 09:00 round.open, 23 10:00 show.entered, 25 18:00 round.last-call,"
		       " 25 18:00 round.reader>ben, 26 10:00 note.kept, 26 10:00 note.told>ana,"
		       " 26 20:00 round.recap");
	assert_says(f, "round.last-call", "Vase");
	assert_says(f, "round.recap", "Vase");
	assert_says(f, "round.recap", "the glaze runs like rain");
}

static void week__private_note__stays_out_of_the_recap(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	fixture_say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 20:00");
	fixture_whisper(f, "ben", "note 1 a crack in the foot");
	fixture_run_until(f, "2026-11-27 00:00");
	const char *recap = fixture_post(f, "round.recap")->post.markup;
	assert_null(strstr(recap, "crack"));
	/* Nor is the reader named. */
	assert_null(strstr(recap, "ben"));
}

static void show__at_each_time__lands_where_it_belongs(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *at, *who, *want;
	} cases[] = {
		{ "2026-11-23 08:59", "ana", "show.kept" },
		{ "2026-11-23 09:00", "ben", "show.entered" },
		{ "2026-11-26 19:59", "cleo", "show.entered" },
		{ "2026-11-26 20:00", "dora", "show.late round.recap-amended" },
		{ "2026-11-27 19:59", "emil", "show.late round.recap-amended" },
		{ "2026-11-27 20:00", "fay", "show.kept" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		fixture_member(f, cases[i].who);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf("!show \"by %s\"", cases[i].who);

		fixture_run_until(f, cases[i].at);
		g_free(fixture_heard(f));
		fixture_say(f, cases[i].who, text);
		g_autofree char *heard = fixture_heard(f);
		if (!g_str_has_prefix(heard, cases[i].want))
			fail_msg("%s: %s", cases[i].at, heard);
	}
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM entry WHERE late"), 2);
}

static void kept__next_round__is_in_it(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_say(f, "ana", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-23 10:00");
	assert_told(f, "23 08:00 show.kept, 23 09:00 round.open");
	assert_says(f, "round.open", "Vase");
	fixture_say(f, "ana", "!show --next \"Bowl\"");
	fixture_run_until(f, "2026-11-30 09:00");
	assert_says(f, "round.recap", "Vase");
	assert_says(f, "round.open", "Bowl");
}

static void holiday__at_opening__is_skipped_with_one_line(void **state)
{
	struct fixture f;

	start_with(&f, "holidays = 2026-11-23, 2026-12-07..2026-12-14\n");
	fixture_run_until(&f, "2026-11-29 00:00");
	assert_told(&f, "23 09:00 round.skipped");
	assert_says(&f, "round.skipped", "holiday");
	assert_says(&f, "round.skipped", "30 Nov 09:00");
	fixture_run_until(&f, "2026-12-21 09:00");
	assert_told(&f, "30 09:00 round.open, 02 18:00 round.last-call, 03 20:00 round.quiet,"
			" 07 09:00 round.skipped, 14 09:00 round.skipped, 21 09:00 round.open");
	fixture_done(&f);
}

static void holiday__at_closing__closes_on_the_next_working_day(void **state)
{
	static const struct {
		const char *holidays, *closes;
	} cases[] = {
		{ "2026-11-26", "27 20:00 round.quiet" },
		{ "2026-11-25", "26 20:00 round.quiet" },
		/* No working day is left, but a Sunday. */
		{ "2026-11-26..2026-11-28", "29 20:00 round.quiet" },
		/* Nothing is left before the next opening. */
		{ "2026-11-26..2026-11-29", "26 20:00 round.quiet" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fixture f;
		g_autofree char *round = g_strdup_printf("holidays = %s\n", cases[i].holidays);
		g_autofree char *want = g_strconcat(
			"23 09:00 round.open, 25 18:00 round.last-call, ", cases[i].closes, NULL);

		start_with(&f, round);
		fixture_run_until(&f, "2026-11-30 08:59");
		assert_told(&f, want);
		fixture_done(&f);
	}
}

static void holiday__kept_by_hand__counts_like_a_configured_one(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-24 10:00");
	fixture_say(f, "olga", "!admin holiday 2026-11-26");
	fixture_say(f, "olga", "!admin holiday 2026-11-30");
	fixture_run_until(f, "2026-12-01 00:00");
	assert_told(f, "23 09:00 round.open, 24 10:00 holiday.day, 24 10:00 holiday.day,"
		       " 25 18:00 round.last-call, 27 20:00 round.quiet, 30 09:00 round.skipped");
}

static void dst__wall_times__stay_what_they_are(void **state)
{
	struct fixture f;

	start_with(&f, "opens = Sun 02:30\nlast-call = Sun 03:30\ncloses = Mon 02:30\n");
	/* Berlin's clocks go from 02:00 to 03:00 on 28 March, and back on 31 October. */
	fixture_run_until(&f, "2027-03-27 23:59");
	g_free(timetable(&f));
	fixture_run_until(&f, "2027-03-30 00:00");
	assert_told(&f, "28 03:00 round.open, 28 03:30 round.last-call, 29 02:30 round.quiet");
	fixture_run_until(&f, "2027-10-30 23:59");
	g_free(timetable(&f));
	fixture_run_until(&f, "2027-11-02 00:00");
	assert_told(&f, "31 02:30 round.open, 31 03:30 round.last-call, 01 02:30 round.quiet");
	/* The first of the two half past two: 00:30 UTC. */
	assert_int_equal(fixture_post(&f, "round.open")->at_us / CLOCK_US_PER_SECOND, 1824942600);
	fixture_done(&f);
}

static void down__at_opening__opens_late_if_a_day_is_left(void **state)
{
	static const struct {
		const char *back, *want;
	} cases[] = {
		{ "2026-11-23 09:10", "23 09:10 round.open" },
		{ "2026-11-23 09:11", "23 09:11 round.late-open" },
		{ "2026-11-25 17:59", "25 17:59 round.late-open" },
		/* Past the last call too, which is not worth a second message. */
		{ "2026-11-25 20:00", "25 20:00 round.late-open" },
		{ "2026-11-25 20:01", "25 20:01 round.skipped" },
		{ "2026-11-26 19:59", "26 19:59 round.skipped" },
		/* Down at the closing as well. */
		{ "2026-11-26 20:01", "26 20:01 round.skipped" },
		{ "2026-11-29 12:00", "29 12:00 round.skipped" },
		{ "2026-11-30 09:05", "30 09:05 round.open" },
		{ "2026-12-01 12:00", "01 12:00 round.late-open" },
		{ "2026-12-16 21:00", "16 21:00 round.skipped" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fixture f;

		start_with(&f, "");
		fixture_run(&f);
		down_until(&f, cases[i].back);
		assert_told(&f, cases[i].want);
		fixture_run(&f);
		assert_told(&f, "");
		fixture_done(&f);
	}
}

static void down__while_open__catches_up_with_one_message(void **state)
{
	static const struct {
		const char *from, *back, *want;
	} cases[] = {
		{ "2026-11-24 12:00", "2026-11-25 22:00", "25 22:00 round.last-call" },
		/* At last call and closing. */
		{ "2026-11-24 12:00", "2026-11-26 20:30", "26 20:30 round.recap" },
		{ "2026-11-26 12:00", "2026-11-26 20:30", "26 20:30 round.recap" },
		{ "2026-11-26 12:00", "2026-11-27 19:59", "27 19:59 round.recap" },
		/* Archived, but still the last there was. */
		{ "2026-11-26 12:00", "2026-11-28 12:00", "28 12:00 round.recap" },
		/* At the closing and the next opening. */
		{ "2026-11-26 12:00", "2026-11-30 12:00", "30 12:00 round.late-open" },
		{ "2026-11-26 12:00", "2026-12-03 12:00", "03 12:00 round.skipped" },
		{ "2026-11-24 12:00", "2026-12-16 12:00", "16 12:00 round.late-open" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fixture f;

		start_with(&f, "");
		fixture_member(&f, "ana");
		fixture_run_until(&f, "2026-11-23 10:00");
		fixture_say(&f, "ana", "!show \"Vase\"");
		fixture_run_until(&f, cases[i].from);
		g_free(timetable(&f));
		down_until(&f, cases[i].back);
		assert_told(&f, cases[i].want);
		fixture_done(&f);
	}
}

static void offline__network_back__is_like_a_start(void **state)
{
	struct fixture *f = *state;

	fixture_run(f);
	fixture_state(f, TRANSPORT_OFFLINE);
	fixture_run_until(f, "2026-11-24 12:00");
	assert_told(f, "");
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_told(f, "24 12:00 round.late-open");
}

static void restart_with(struct fixture *f, const char *round)
{
	g_autofree char *config = config_with(round);

	fixture_restart(f, config);
	fixture_state(f, TRANSPORT_ONLINE);
}

static void config__changed_mid_round__moves_future_steps_only(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-24 12:00");
	restart_with(f, "closes = Fri 12:00\nlast-call = Thu 18:00\n");
	fixture_run_until(f, "2026-11-27 13:00");
	assert_told(f, "23 09:00 round.open, 26 18:00 round.last-call, 27 12:00 round.quiet");
	/* It has closed: nothing opens it again, and it closes once. */
	restart_with(f, "closes = Sat 20:00\nlast-call = Fri 18:00\n");
	fixture_run_until(f, "2026-11-29 23:00");
	assert_told(f, "");
	fixture_run_until(f, "2026-12-06 23:00");
	assert_told(f, "30 09:00 round.open, 04 18:00 round.last-call, 05 20:00 round.quiet,"
		       " 05 20:00 round.quiet-twice>olga");
}

static void config__closing_earlier_than_now__closes_once(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-26 10:00");
	restart_with(f, "last-call = Tue 18:00\ncloses = Wed 20:00\n");
	fixture_run_until(f, "2026-11-29 23:00");
	assert_told(f, "23 09:00 round.open, 25 18:00 round.last-call, 26 10:00 round.quiet");
}

static void config__other_opening__is_for_the_next_round(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-24 12:00");
	restart_with(f, "opens = Tue 10:00\n");
	fixture_run_until(f, "2026-12-08 12:00");
	assert_told(f, "23 09:00 round.open, 25 18:00 round.last-call, 26 20:00 round.quiet,"
		       " 01 10:00 round.open, 02 18:00 round.last-call, 03 20:00 round.quiet,"
		       " 03 20:00 round.quiet-twice>olga, 08 10:00 round.open");
}

static void config__other_rhythm__counts_from_the_last_round(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-28 12:00");
	restart_with(f, "every = 2 weeks\n");
	g_free(timetable(f));
	fixture_run_until(f, "2026-12-07 12:00");
	assert_told(f, "07 09:00 round.open");
}

static void every__two_weeks__across_the_years_end(void **state)
{
	struct fixture f;

	start_with(&f, "every = 2 weeks\n");
	fixture_run_until(&f, "2027-01-18 09:00");
	g_autofree char *openings = fixture_text(
		&f,
		"SELECT group_concat(day, ' ') FROM (SELECT date('1970-01-01', '+' || (day"
		" - 719163) || ' days') AS day FROM round WHERE state <> 'planned' ORDER BY id)");
	assert_string_equal(openings, "2026-11-23 2026-12-07 2026-12-21 2027-01-04 2027-01-18");
	assert_int_equal(
		fixture_int(&f, 0, "SELECT count(*) FROM outbox WHERE word = 'round.open'"), 5);
	fixture_done(&f);
}

static void admin_open__between_rounds__opens_now(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-28 12:00");
	g_free(timetable(f));
	fixture_say(f, "olga", "!admin round open");
	fixture_say(f, "olga", "!admin round open");
	fixture_run_until(f, "2026-12-07 12:00");
	/* It takes the place of the one it would run into. */
	assert_told(f,
		    "28 12:00 round.open, 28 12:00 usage, 02 18:00 round.last-call,"
		    " 03 20:00 round.quiet, 03 20:00 round.quiet-twice>olga, 07 09:00 round.open");
}

static void admin_open__over_before_the_planned_one__leaves_it(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "olga", "!admin round skip");
	fixture_run_until(f, "2026-11-24 12:00");
	fixture_say(f, "olga", "!admin round open");
	fixture_run_until(f, "2026-11-30 12:00");
	assert_told(f, "23 08:00 round.skipped, 24 12:00 round.open, 25 18:00 round.last-call,"
		       " 26 20:00 round.quiet, 30 09:00 round.open");
}

static void admin_close__open_round__closes_now(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "olga", "!admin round close");
	assert_told(f, "23 08:00 usage");
	fixture_run_until(f, "2026-11-24 12:00");
	fixture_say(f, "olga", "!admin round close");
	fixture_say(f, "olga", "!admin round close");
	assert_int_equal(state_now(f), ROUND_CLOSED);
	fixture_run_until(f, "2026-11-25 12:00");
	assert_int_equal(state_now(f), ROUND_PLANNED);
	fixture_run_until(f, "2026-11-30 12:00");
	assert_told(f, "23 09:00 round.open, 24 12:00 round.quiet, 24 12:00 usage,"
		       " 30 09:00 round.open");
}

static void admin_extend__open_round__moves_its_close(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-26 12:00");
	fixture_say(f, "olga", "!admin round extend 1 day");
	assert_says(f, "round.extended", "27 Nov 20:00");
	fixture_say(f, "olga", "!admin round extend 1 day");
	fixture_run_until(f, "2026-11-30 12:00");
	assert_told(f, "23 09:00 round.open, 25 18:00 round.last-call, 26 12:00 round.extended,"
		       " 26 12:00 round.extended, 28 20:00 round.quiet, 30 09:00 round.open");
}

static void admin_extend__past_the_next_opening__lets_it_wait(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-26 12:00");
	g_free(timetable(f));
	fixture_say(f, "olga", "!admin round extend 5 days");
	fixture_run_until(f, "2026-12-04 12:00");
	/* Nobody was away: it opens as any other. */
	assert_told(f, "26 12:00 round.extended, 01 20:00 round.quiet, 01 20:00 round.open,"
		       " 02 18:00 round.last-call, 03 20:00 round.quiet,"
		       " 03 20:00 round.quiet-twice>olga");
}

static void admin_skip__planned_round__does_not_open(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-24 12:00");
	g_free(timetable(f));
	fixture_say(f, "olga", "!admin round skip");
	assert_says(f, "round.skipped", "7 Dec 09:00");
	assert_int_equal(state_now(f), ROUND_OPEN);
	fixture_run_until(f, "2026-12-07 12:00");
	assert_told(f, "24 12:00 round.skipped, 25 18:00 round.last-call, 26 20:00 round.quiet,"
		       " 07 09:00 round.open");
}

static void reminder__asked_for__goes_to_who_has_shown_nothing(void **state)
{
	struct fixture *f = *state;
	static const char *const members[] = { "ana", "ben", "cleo", "dora" };

	for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
		fixture_member(f, members[i]);
	fixture_say(f, "ana", "!remind on");
	fixture_say(f, "ben", "!remind on");
	fixture_say(f, "cleo", "!remind on");
	fixture_say(f, "ben", "!away until 2026-12-24");
	fixture_run_until(f, "2026-11-23 10:00");
	fixture_say(f, "cleo", "!show \"Vase\"");
	fixture_run_until(f, "2026-11-25 17:59");
	g_free(fixture_heard(f));
	fixture_run_until(f, "2026-11-25 18:00");
	g_autofree char *heard = fixture_heard(f);
	assert_non_null(strstr(heard, "round.remind>ana"));
	assert_null(strstr(heard, "round.remind>ben"));
	assert_null(strstr(heard, "round.remind>cleo"));
	assert_null(strstr(heard, "round.remind>dora"));
}

/* Rounds in one of the states, and posts with one of the words, whether said or given up. */
static int64_t rounds_in(struct fixture *f, const char *states)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT count(*) FROM round WHERE state IN (%s)", states);

	return fixture_int(f, 0, sql);
}

static int64_t posts_with(struct fixture *f, const char *words)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT count(*) FROM outbox WHERE word IN (%s)", words);

	return fixture_int(f, 0, sql);
}

static void act(struct fixture *f, GRand *rand)
{
	switch (g_rand_int_range(rand, 0, 12)) {
	case 0:
		fixture_kill(f);
		fixture_state(f, TRANSPORT_ONLINE);
		break;
	case 1:
		fixture_restart(f, NULL);
		break;
	case 2:
		fixture_state(f, TRANSPORT_OFFLINE);
		break;
	case 3:
		fixture_say(f, "olga", "!admin round open");
		break;
	case 4:
		fixture_say(f, "olga", "!admin round close");
		break;
	case 5:
		fixture_say(f, "olga", "!admin round extend 30 hours");
		break;
	case 6:
		fixture_say(f, "olga", "!show \"Lamp\"");
		break;
	default:
		fixture_state(f, TRANSPORT_ONLINE);
		break;
	}
}

static void transitions__whatever_happens__are_taken_once(void **state)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(20261123);

	for (int game = 0; game < 6; game++) {
		struct fixture f;
		int64_t until_us;

		start_with(&f, "");
		fixture_member(&f, "olga");
		until_us = f.clock.now_us + 45 * CLOCK_US_PER_DAY; /* keys are kept for longer */
		while (f.clock.now_us < until_us) {
			int64_t by_us = g_rand_int_range(rand, 1, 40 * 60) * CLOCK_US_PER_MINUTE;

			clock_virtual_set(&f.clock, f.clock.now_us + by_us);
			for (int runs = g_rand_int_range(rand, 0, 3); runs > 0; runs--)
				fixture_run(&f);
			act(&f, rand);
		}
		fixture_run(&f);
		assert_true(rounds_in(&f, "'archived'") >= 2);
		assert_int_equal(rounds_in(&f, "'planned'"), 1);
		assert_true(rounds_in(&f, "'open', 'last-call'") <= 1);
		assert_int_equal(posts_with(&f, "'round.open', 'round.late-open'"),
				 rounds_in(&f, "'open', 'last-call', 'closed', 'archived'"));
		assert_int_equal(posts_with(&f, "'round.recap', 'round.quiet'"),
				 rounds_in(&f, "'closed', 'archived'"));
		assert_true(posts_with(&f, "'round.last-call'") <=
			    rounds_in(&f, "'last-call', 'closed', 'archived'"));
		fixture_done(&f);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(week__nobody_shows_anything__is_quiet),
		TEST(week__quiet_twice__organizers_are_told),
		TEST(week__something_between__is_not_quiet_twice),
		TEST(week__shown_late_after_all__is_not_quiet_twice),
		TEST(week__one_entry__has_its_recap),
		TEST(week__private_note__stays_out_of_the_recap),
		TEST(show__at_each_time__lands_where_it_belongs),
		TEST(kept__next_round__is_in_it),
		cmocka_unit_test(holiday__at_opening__is_skipped_with_one_line),
		cmocka_unit_test(holiday__at_closing__closes_on_the_next_working_day),
		TEST(holiday__kept_by_hand__counts_like_a_configured_one),
		cmocka_unit_test(dst__wall_times__stay_what_they_are),
		cmocka_unit_test(down__at_opening__opens_late_if_a_day_is_left),
		cmocka_unit_test(down__while_open__catches_up_with_one_message),
		TEST(offline__network_back__is_like_a_start),
		TEST(config__changed_mid_round__moves_future_steps_only),
		TEST(config__closing_earlier_than_now__closes_once),
		TEST(config__other_opening__is_for_the_next_round),
		TEST(config__other_rhythm__counts_from_the_last_round),
		cmocka_unit_test(every__two_weeks__across_the_years_end),
		TEST(admin_open__between_rounds__opens_now),
		TEST(admin_open__over_before_the_planned_one__leaves_it),
		TEST(admin_close__open_round__closes_now),
		TEST(admin_extend__open_round__moves_its_close),
		TEST(admin_extend__past_the_next_opening__lets_it_wait),
		TEST(admin_skip__planned_round__does_not_open),
		TEST(reminder__asked_for__goes_to_who_has_shown_nothing),
		cmocka_unit_test(transitions__whatever_happens__are_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
