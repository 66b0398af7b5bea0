#include "fixture.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OFFER "My logo service is $49 this week only, sign up at https://logos.example, DM me"

/* Monday at ten: the round has opened, and nothing is due until Wednesday. */
static int set_up(void **state)
{
	struct fixture *f;

	fixture_set_up(state);
	f = *state;
	fixture_run_until(f, "2026-11-23 10:00");
	g_free(fixture_heard(f));
	return 0;
}

static void later(struct fixture *f, int64_t by_us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + by_us);
}

static void chat(struct fixture *f)
{
	fixture_event(f, (struct event){ .account = "ana", .text = "good morning" });
}

static int64_t stored(struct fixture *f)
{
	return fixture_int(f, -1, "SELECT heard_us FROM place WHERE room = '#makers'");
}

static const struct transport_env *env(struct fixture *f)
{
	return &fixture_fake(f, "libera")->env;
}

/* Kith could not listen since then, and can again. */
static void miss(struct fixture *f, int64_t since_us)
{
	g_autofree char *id = g_strdup_printf("missed-%" G_GINT64_FORMAT, f->clock.now_us);

	fixture_event(f, (struct event){ .kind = EVENT_MISSED, .id = id, .at_us = since_us });
	fixture_run(f);
}

static void eject(struct fixture *f, const char *by, const char *why)
{
	fixture_event(f, (struct event){ .kind = EVENT_EJECTED, .shown = by, .text = why });
	fixture_run(f);
}

/* --- Until when it has listened --- */

static void ears__chat__is_written_a_minute_later(void **state)
{
	struct fixture *f = *state;
	int64_t at_us;

	later(f, CLOCK_US_PER_SECOND);
	chat(f);
	at_us = f->clock.now_us;
	fixture_run(f);
	assert_int_equal(stored(f), 0);
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_int_equal(stored(f), at_us);
	/* The next waits for its minute again; more of it does not put that off. */
	later(f, CLOCK_US_PER_SECOND);
	chat(f);
	later(f, CLOCK_US_PER_MINUTE - 1);
	chat(f);
	fixture_run(f);
	assert_int_equal(stored(f), at_us);
	later(f, 1);
	fixture_run(f);
	assert_int_equal(stored(f), f->clock.now_us - 1);
}

static void ears__a_change__takes_it_along(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	later(f, CLOCK_US_PER_SECOND);
	fixture_event(f, (struct event){ .account = "ana", .text = "!remind on" });
	assert_int_equal(stored(f), f->clock.now_us);
}

static int64_t log_size(struct fixture *f)
{
	g_autofree char *log = g_strconcat(f->store, "-wal", NULL);
	GStatBuf buf;

	assert_return_code(g_stat(log, &buf), 0);
	return buf.st_size;
}

static void ears__nothing_heard__writes_nothing(void **state)
{
	struct fixture *f = *state;

	chat(f);
	later(f, 2 * CLOCK_US_PER_MINUTE);
	fixture_run(f);
	int64_t before = log_size(f);
	for (int minute = 0; minute < 30; minute++) {
		later(f, CLOCK_US_PER_MINUTE);
		fixture_run(f);
	}
	assert_int_equal(log_size(f), before);
	chat(f);
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_true(log_size(f) > before);
}

static void ears__private_and_future__do_not_move_it(void **state)
{
	struct fixture *f = *state;

	fixture_whisper(f, "ana", "hello");
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_int_equal(stored(f), 0);
	fixture_event(f, (struct event){ .account = "ana",
					 .text = "from the future",
					 .at_us = f->clock.now_us + CLOCK_US_PER_HOUR });
	int64_t now_us = f->clock.now_us;
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_int_equal(stored(f), now_us);
	/* Nor does it go back. */
	fixture_event(f, (struct event){ .account = "ana",
					 .text = "late",
					 .at_us = now_us - CLOCK_US_PER_HOUR });
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_int_equal(stored(f), now_us);
}

/* What was heard by a clock that ran ahead is no measure for what is heard since. */
static void ears__clock_set_back__it_follows(void **state)
{
	struct fixture *f = *state;

	later(f, 300 * CLOCK_US_PER_DAY);
	chat(f);
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	later(f, -300 * CLOCK_US_PER_DAY);
	chat(f);
	int64_t at_us = f->clock.now_us;
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_int_equal(stored(f), at_us);
	later(f, CLOCK_US_PER_MINUTE);
	fixture_kill(f);
	assert_int_equal(env(f)->heard_us[0], at_us);
}

static void ears__start__hands_it_to_the_transport(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(env(f)->rooms[0], "#makers");
	assert_int_equal(env(f)->heard_us[0], 0);
	chat(f);
	int64_t at_us = f->clock.now_us;
	later(f, CLOCK_US_PER_HOUR);
	fixture_restart(f, NULL);
	assert_int_equal(env(f)->heard_us[0], at_us);
	assert_int_equal(fixture_int(f, -1, "SELECT stopped_us FROM place"), 0);
}

static void ears__kill__leaves_what_was_written(void **state)
{
	struct fixture *f = *state;

	chat(f);
	int64_t at_us = f->clock.now_us;
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	env(f)->listening[0] = true;
	later(f, CLOCK_US_PER_SECOND);
	chat(f);
	fixture_kill(f);
	assert_int_equal(env(f)->heard_us[0], at_us);
	assert_int_equal(fixture_int(f, -1, "SELECT stopped_us FROM place"), 0);
}

static void ears__stop__is_noted_where_it_listened(void **state)
{
	struct fixture *f = *state;

	env(f)->listening[0] = true;
	later(f, CLOCK_US_PER_HOUR);
	int64_t stopped_us = f->clock.now_us;
	fixture_restart(f, NULL);
	assert_int_equal(fixture_int(f, -1, "SELECT stopped_us FROM place"), stopped_us);
	assert_int_equal(stored(f), 0);
	/* Where nothing was ever said it still had been there. */
	assert_int_equal(env(f)->heard_us[0], stopped_us - 10 * CLOCK_US_PER_MINUTE);
	/* From the next word on it counts no more. */
	fixture_state(f, TRANSPORT_ONLINE);
	later(f, 1);
	chat(f);
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_int_equal(fixture_int(f, -1, "SELECT stopped_us FROM place"), 0);
}

static void stop__what_a_network_writes_last__is_kept(void **state)
{
	struct fixture *f = *state;

	f->noting = true;
	fixture_kill(f);
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM meta WHERE key = 'closed'"), 0);
	fixture_restart(f, NULL);
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM meta WHERE key = 'closed'"), 1);
	f->noting = false;
}

/* --- What it missed --- */

static void missed__says_from_when_to_when(void **state)
{
	struct fixture *f = *state;
	int64_t since_us = f->clock.now_us;

	later(f, 12 * CLOCK_US_PER_MINUTE);
	miss(f, since_us);
	assert_heard(f, "missed");
	const struct fake_post *p = fixture_post(f, "missed");
	assert_string_equal(p->post.room, "#makers");
	assert_int_equal(p->post.kind, POST_ANNOUNCEMENT);
	g_autofree char *plain = post_plain(p->post.markup);
	assert_non_null(
		strstr(plain, "from Mon 23 Nov 10:00 (Berlin) to Mon 23 Nov 10:12 (Berlin)"));
}

static void missed__a_minute_or_for_ever__is_no_news(void **state)
{
	struct fixture *f = *state;

	miss(f, f->clock.now_us - CLOCK_US_PER_MINUTE);
	miss(f, -1);
	miss(f, f->clock.now_us + CLOCK_US_PER_HOUR);
	assert_heard(f, "");
	miss(f, f->clock.now_us - CLOCK_US_PER_MINUTE - 1);
	assert_heard(f, "missed");
}

static void missed__is_said_once_an_hour(void **state)
{
	struct fixture *f = *state;

	miss(f, f->clock.now_us - CLOCK_US_PER_HOUR);
	later(f, CLOCK_US_PER_HOUR - 1);
	miss(f, f->clock.now_us - CLOCK_US_PER_HOUR / 2);
	assert_heard(f, "missed");
	later(f, 1);
	miss(f, f->clock.now_us - CLOCK_US_PER_HOUR / 2);
	assert_heard(f, "missed");
}

static void missed__quiet__says_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "olga", "!admin quiet 1h");
	assert_heard(f, "quiet.kept");
	miss(f, f->clock.now_us - CLOCK_US_PER_HOUR);
	assert_heard(f, "");
	later(f, CLOCK_US_PER_HOUR);
	miss(f, f->clock.now_us - CLOCK_US_PER_HOUR);
	assert_heard(f, "missed");
}

static void missed__stop_in_good_order__is_when_it_began(void **state)
{
	struct fixture *f = *state;

	chat(f);
	later(f, 30 * CLOCK_US_PER_MINUTE);
	env(f)->listening[0] = true;
	fixture_restart(f, NULL);
	fixture_state(f, TRANSPORT_ONLINE);
	later(f, CLOCK_US_PER_MINUTE);
	miss(f, env(f)->heard_us[0]);
	assert_heard(f, ""); /* a minute, though nothing was said for half an hour before */
	later(f, CLOCK_US_PER_MINUTE);
	miss(f, env(f)->heard_us[0]);
	assert_heard(f, "missed");
	assert_non_null(strstr(fixture_post(f, "missed")->post.markup, "from Mon 23 Nov 10:30"));
}

static void missed__kill__gives_no_times(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_say(f, "ana", "!remind on");
	later(f, 30 * CLOCK_US_PER_MINUTE);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	assert_heard(f, "remind.on");
	miss(f, env(f)->heard_us[0]);
	assert_heard(f, "missed");
	assert_null(strstr(fixture_post(f, "missed")->post.markup, "Nov"));
	/* A loss later on is known to the minute. */
	later(f, 2 * CLOCK_US_PER_HOUR);
	miss(f, f->clock.now_us - CLOCK_US_PER_HOUR);
	assert_heard(f, "missed");
	assert_non_null(strstr(fixture_post(f, "missed")->post.markup, "Nov"));
}

/* A network may tell of all its rooms together: then it goes by the one where it heard last. */
static void missed__kill__gives_no_times_of_another_room(void **state)
{
	struct fixture *f = *state;

	fixture_restart(f, fixture_two_groups);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_member(f, "ana");
	fixture_say(f, "ana", "!remind on");
	later(f, CLOCK_US_PER_MINUTE);
	fixture_event(f, (struct event){ .account = "ana", .room = "#poets", .text = "hi" });
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	later(f, 30 * CLOCK_US_PER_MINUTE);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	g_free(fixture_heard(f));
	assert_true(env(f)->heard_us[0] < env(f)->heard_us[1]);
	miss(f, env(f)->heard_us[1]);
	assert_null(strstr(fixture_post(f, "missed")->post.markup, "Nov"));
}

static void missed__killed_before_it_is_said__is_said_once(void **state)
{
	struct fixture *f = *state;
	int64_t since_us = f->clock.now_us;

	later(f, CLOCK_US_PER_HOUR / 2);
	fixture_state(f, TRANSPORT_CONNECTING);
	miss(f, since_us);
	assert_heard(f, "");
	fixture_kill(f);
	miss(f, since_us);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "missed");
	/* Nor does the same gap count twice when its hour is over. */
	later(f, 2 * CLOCK_US_PER_HOUR);
	miss(f, since_us);
	assert_heard(f, "");
}

static void missed__too_late__is_not_said(void **state)
{
	struct fixture *f = *state;

	fixture_state(f, TRANSPORT_CONNECTING);
	miss(f, f->clock.now_us - CLOCK_US_PER_HOUR);
	fixture_set(f, "2026-11-23 11:01");
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_null(fixture_post(f, "missed"));
}

static void missed__in_one_place__is_said_there(void **state)
{
	struct fixture *f = *state;

	fixture_restart(f, fixture_two_groups);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_event(f, (struct event){ .kind = EVENT_MISSED,
					 .network = "home",
					 .at_us = f->clock.now_us - CLOCK_US_PER_HOUR });
	fixture_event(f, (struct event){ .kind = EVENT_MISSED,
					 .room = "#poets",
					 .at_us = f->clock.now_us - CLOCK_US_PER_HOUR });
	fixture_run(f);
	assert_heard(f, "missed missed");
	assert_int_equal(fixture_fake(f, "home")->posts->len, 1);
	assert_string_equal(fixture_post(f, "missed")->post.room, "#poets");
}

static void missed__question__any_link_may_answer_it(void **state)
{
	static const char gentle[] = "[pitch]\nmode = gentle\n";
	struct fixture *f = *state;
	g_autofree char *config = g_strconcat(fixture_config, gentle, NULL);

	fixture_restart(f, config);
	fixture_state(f, TRANSPORT_ONLINE);
	later(f, CLOCK_US_PER_HOUR / 2); /* the start is over, too */
	miss(f, f->clock.now_us - CLOCK_US_PER_MINUTE);
	fixture_say(f, "dee", OFFER);
	assert_heard(f, "pitch.decline"); /* a minute does not count */
	later(f, 2 * CLOCK_US_PER_HOUR);
	miss(f, f->clock.now_us - 2 * CLOCK_US_PER_MINUTE);
	g_free(fixture_heard(f));
	fixture_say(f, "kim", OFFER ".");
	assert_heard(f, "");
	later(f, CLOCK_US_PER_HOUR / 2);
	fixture_say(f, "lea", OFFER "!");
	assert_heard(f, "pitch.decline");
}

/* --- Where it was put out --- */

static void ejected__tells_each_organizer(void **state)
{
	struct fixture *f = *state;

	fixture_restart(f, "[group]\nname = Makers\ntimezone = Europe/Berlin\n"
			   "organizers = libera/olga, libera/otto\nplaces = libera/#makers\n"
			   "[irc libera]\nserver = irc.example.org\nnick = kith\n");
	fixture_state(f, TRANSPORT_ONLINE);
	eject(f, "ana", "too *many* words");
	assert_heard(f, "ejected>olga ejected>otto");
	const char *markup = fixture_post(f, "ejected")->post.markup;
	g_autofree char *plain = post_plain(markup);
	assert_non_null(strstr(plain, "ana put me out of #makers. “too *many* words” "));
	assert_int_equal(fixture_post(f, "ejected")->post.kind, POST_PRIVATE);
}

static void ejected__without_a_reason__gives_none(void **state)
{
	struct fixture *f = *state;
	static const char *const reasons[] = { "", "ana", "\x02" };

	for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
		eject(f, "ana", reasons[i]);
		assert_heard(f, "ejected>olga");
		assert_null(strstr(fixture_post(f, "ejected")->post.markup, "“"));
		later(f, 6 * CLOCK_US_PER_HOUR);
	}
}

/* A server that makes us leave does not say who made it. */
static void ejected__by_nobody_named__names_nobody(void **state)
{
	struct fixture *f = *state;

	eject(f, "", "");
	assert_heard(f, "ejected.unnamed>olga");
	g_autofree char *plain = post_plain(fixture_post(f, "ejected.unnamed")->post.markup);
	assert_true(g_str_has_prefix(plain, "I was put out of #makers"));
}

static void ejected__again__is_told_every_six_hours(void **state)
{
	struct fixture *f = *state;

	eject(f, "ana", "no");
	later(f, 1);
	eject(f, "ben", "no");
	later(f, 6 * CLOCK_US_PER_HOUR - 2);
	fixture_run(f);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	eject(f, "ana", "no");
	assert_heard(f, "ejected>olga");
	later(f, 1);
	eject(f, "ana", "no");
	assert_heard(f, "ejected>olga");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(ears__chat__is_written_a_minute_later),
		TEST(ears__a_change__takes_it_along),
		TEST(ears__nothing_heard__writes_nothing),
		TEST(ears__private_and_future__do_not_move_it),
		TEST(ears__clock_set_back__it_follows),
		TEST(ears__start__hands_it_to_the_transport),
		TEST(ears__kill__leaves_what_was_written),
		TEST(ears__stop__is_noted_where_it_listened),
		TEST(stop__what_a_network_writes_last__is_kept),
		TEST(missed__says_from_when_to_when),
		TEST(missed__a_minute_or_for_ever__is_no_news),
		TEST(missed__is_said_once_an_hour),
		TEST(missed__quiet__says_nothing),
		TEST(missed__stop_in_good_order__is_when_it_began),
		TEST(missed__kill__gives_no_times),
		TEST(missed__kill__gives_no_times_of_another_room),
		TEST(missed__killed_before_it_is_said__is_said_once),
		TEST(missed__too_late__is_not_said),
		TEST(missed__in_one_place__is_said_there),
		TEST(missed__question__any_link_may_answer_it),
		TEST(ejected__tells_each_organizer),
		TEST(ejected__without_a_reason__gives_none),
		TEST(ejected__by_nobody_named__names_nobody),
		TEST(ejected__again__is_told_every_six_hours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
