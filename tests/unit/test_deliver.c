#include "fixture.h"

#include "store/db.h"
#include "store/outbox.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct fake *libera(struct fixture *f)
{
	return fixture_fake(f, "libera");
}

static void later(struct fixture *f, int64_t by_us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + by_us);
}

/* Something to say to the room, committed; kept in the store under `key`. */
static void offer(struct fixture *f, const char *key, const char *room, const char *account,
		  int64_t not_before_us)
{
	static const char sql[] = "INSERT OR REPLACE INTO meta(key, value)"
				  " VALUES('change', hex(randomblob(4)))";
	struct post p = {
		.key = key,
		.network = "libera",
		.room = room,
		.account = account,
		.shown = account,
		.kind = room ? POST_ANNOUNCEMENT : POST_PRIVATE,
		.expires_at_us = f->clock.now_us + CLOCK_US_PER_HOUR,
		.word = key,
		.markup = "so it is",
	};

	fixture_begin(f);
	db_run(f->app->db, sql, "");
	outbox_add(f->app->outbox, &p, 0, 0, not_before_us);
	fixture_end(f);
}

static int64_t unsaid(struct fixture *f)
{
	return fixture_int(f, -1, "SELECT count(*) FROM outbox WHERE markup IS NOT NULL");
}

static void expiry__reply_ten_minutes_old__is_dropped(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_state(f, TRANSPORT_OFFLINE);
	fixture_say(f, "ana", "!remind on");
	later(f, 10 * CLOCK_US_PER_MINUTE);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "");
	/* What it answered is kept all the same. */
	assert_int_equal(fixture_int(f, -1, "SELECT remind FROM member"), 1);
	later(f, CLOCK_US_PER_SECOND);
	fixture_run(f);
	assert_int_equal(unsaid(f), 0);
}

static void expiry__just_before__is_said(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_state(f, TRANSPORT_OFFLINE);
	fixture_say(f, "ana", "!remind on");
	later(f, 10 * CLOCK_US_PER_MINUTE - 1);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "remind.on");
}

static void not_before__future__is_when_it_is_said(void **state)
{
	struct fixture *f = *state;
	int64_t at_us = f->clock.now_us + CLOCK_US_PER_MINUTE;

	offer(f, "a", "#makers", NULL, at_us);
	assert_int_equal(fixture_run(f), at_us);
	assert_heard(f, "");
	clock_virtual_set(&f->clock, at_us);
	fixture_run(f);
	assert_heard(f, "a");
}

static void refused_for_now__is_offered_again_in_order(void **state)
{
	struct fixture *f = *state;

	libera(f)->answer = -EAGAIN;
	offer(f, "a", "#makers", NULL, 0);
	offer(f, "b", "#makers", NULL, 0);
	fixture_run(f);
	assert_heard(f, "");
	assert_true(libera(f)->tries > 0);
	libera(f)->answer = 0;
	fixture_run(f);
	assert_heard(f, "a b");
}

static void refused_for_now__holds_back_what_follows_it_there_alone(void **state)
{
	struct fixture *f = *state;

	libera(f)->answer = -EAGAIN;
	libera(f)->answer_only = g_strdup("#makers");
	libera(f)->answer_once = true;
	offer(f, "long", "#makers", NULL, 0);
	offer(f, "short", "#makers", NULL, 0);
	offer(f, "to ana", NULL, "ana", 0);
	offer(f, "elsewhere", "#other", NULL, 0);
	app_run_due(f->app, f->clock.now_us);
	assert_heard(f, "to ana>ana elsewhere");
	fixture_run(f);
	assert_heard(f, "long short");
}

static void not_taken_this_time__is_tried_again_in_a_minute(void **state)
{
	static const int errors[] = { -ENOENT, -EAGAIN };
	struct fixture *f = *state;

	libera(f)->hold = true;
	for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
		g_autofree char *key = g_strdup_printf("to ana %zu", i);
		g_autofree char *told = g_strconcat(key, ">ana", NULL);
		offer(f, key, NULL, "ana", 0);
		fixture_run(f);
		assert_heard(f, told);
		fixture_confirm(libera(f), errors[i]);
		assert_int_equal(fixture_run(f), f->clock.now_us + CLOCK_US_PER_MINUTE);
		later(f, CLOCK_US_PER_MINUTE - 1);
		fixture_run(f);
		assert_heard(f, "");
		later(f, 1);
		fixture_run(f);
		assert_heard(f, told);
		fixture_confirm(libera(f), 0);
		later(f, CLOCK_US_PER_SECOND);
		fixture_run(f);
		assert_int_equal(unsaid(f), 0);
	}
}

static void not_taken_this_time__what_follows_it_there_waits(void **state)
{
	struct fixture *f = *state;

	libera(f)->hold = true;
	offer(f, "first", "#makers", NULL, 0);
	fixture_run(f);
	assert_heard(f, "first");
	fixture_confirm(libera(f), -EAGAIN);
	libera(f)->hold = false;
	offer(f, "second", "#makers", NULL, 0);
	offer(f, "elsewhere", "#other", NULL, 0);
	fixture_run(f);
	assert_heard(f, "elsewhere");
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_heard(f, "first second");
	/* Nor for ever, should the clock be set back. */
	libera(f)->hold = true;
	offer(f, "third", "#makers", NULL, 0);
	fixture_run(f);
	fixture_confirm(libera(f), -EAGAIN);
	later(f, -CLOCK_US_PER_DAY);
	fixture_run(f);
	assert_heard(f, "third third");
}

/* What is said to somebody who is not there costs the network, too. */
static void gone_for_a_day__is_tried_ever_more_seldom(void **state)
{
	struct fixture *f = *state;
	int64_t end_us = f->clock.now_us + CLOCK_US_PER_DAY;

	libera(f)->hold = true;
	offer(f, "to ana", NULL, "ana", 0);
	outbox_find(f->app->outbox, "to ana")->post.expires_at_us = INT64_MAX;
	while (f->clock.now_us < end_us) {
		fixture_run(f);
		fixture_confirm(libera(f), -ENOENT);
		clock_virtual_set(&f->clock, fixture_run(f));
	}
	assert_in_range(libera(f)->tries, 24, 40);
}

static void gone__seen_again__is_told_at_once(void **state)
{
	struct fixture *f = *state;

	libera(f)->hold = true;
	offer(f, "to ana", NULL, "ana", 0);
	fixture_run(f);
	fixture_confirm(libera(f), -ENOENT);
	fixture_run(f);
	assert_heard(f, "to ana>ana");
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "to ana>ana");
	fixture_confirm(libera(f), -ENOENT);
	/* Or heard. */
	libera(f)->hold = false;
	fixture_say(f, "ben", "so am I");
	assert_heard(f, "");
	fixture_say(f, "ana", "here I am");
	assert_heard(f, "to ana>ana");
	later(f, CLOCK_US_PER_SECOND);
	fixture_run(f);
	assert_int_equal(unsaid(f), 0);
}

static void gone__comes_by_another_door__is_told_at_once(void **state)
{
	static const char other_door[] =
		"INSERT INTO handle(network, account, person_id, spelled, used_at_us)"
		" SELECT 'home', 'ana', person_id, 'Ana', used_at_us + 1 FROM handle";
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	int64_t ana = fixture_member(&f, "ana");
	libera(&f)->hold = true;
	struct circle *c = fixture_begin(&f);
	struct draft d = draft_new(c);
	draft_say(&d, "more.none", NULL);
	voice_tell(c, ana, &d, INT64_MAX);
	fixture_end(&f);
	fixture_run(&f);
	assert_heard(&f, "more.none>ana");
	fixture_confirm(libera(&f), -ENOENT);
	fixture_begin(&f);
	db_run(f.app->db, other_door, "");
	fixture_end(&f);
	fixture_run(&f);
	assert_heard(&f, "more.none>Ana");
	fixture_done(&f);
}

static void stranger_gone__is_given_up(void **state)
{
	struct fixture *f = *state;
	struct post p = { .key = "a",
			  .network = "libera",
			  .shown = "somebody",
			  .kind = POST_PRIVATE,
			  .word = "a",
			  .markup = "so",
			  .expires_at_us = INT64_MAX };

	libera(f)->hold = true;
	fixture_begin(f);
	outbox_add(f->app->outbox, &p, 0, 0, 0);
	fixture_end(f);
	fixture_run(f);
	fixture_confirm(libera(f), -ENOENT);
	assert_null(outbox_find(f->app->outbox, "a"));
}

static void more__is_told_in_the_words_of_who_would_be_asked(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	offer(&f, "room", "#makers", NULL, 0);
	offer(&f, "poets", "#poets", NULL, 0);
	offer(&f, "ana", NULL, "ana", 0);
	offer(&f, "nowhere", "#nowhere", NULL, 0);
	fixture_run(&f);
	assert_string_equal(fixture_post(&f, "room")->post.more, "… `!more` has the rest.");
	assert_string_equal(fixture_post(&f, "poets")->post.more, "… `,more` has the rest.");
	assert_string_equal(fixture_post(&f, "ana")->post.more, "… `more` has the rest.");
	assert_null(fixture_post(&f, "nowhere")->post.more);
	fixture_done(&f);
}

static void more__asked_for__goes_on_where_it_was_asked(void **state)
{
	struct fixture *f = *state;

	libera(f)->answer = -EAGAIN;
	fixture_say(f, "ana", "!more");
	fixture_whisper(f, "ana", "more");
	fixture_say(f, "ana", "!more");
	libera(f)->answer = 0;
	fixture_run(f);
	assert_heard(f, "more.none more.none>ana more.none");
	for (unsigned i = 0; i < libera(f)->posts->len; i++) {
		const struct fake_post *p = libera(f)->posts->pdata[i];
		assert_true(p->post.continues);
	}
	fixture_say(f, "ana", "!help");
	assert_false(fixture_post(f, "help")->post.continues);
}

static void not_here__waits_and_holds_nobody_up(void **state)
{
	struct fixture *f = *state;

	libera(f)->answer = -ENOENT;
	libera(f)->answer_only = g_strdup("ana");
	offer(f, "to ana", NULL, "ana", 0);
	offer(f, "to ben", NULL, "ben", 0);
	fixture_run(f);
	assert_heard(f, "to ben>ben");
	assert_int_equal(unsaid(f), 2);
	libera(f)->answer = 0;
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	assert_heard(f, "to ana>ana");
}

static void never__is_given_up(void **state)
{
	struct fixture *f = *state;

	libera(f)->answer = -EINVAL;
	offer(f, "a", "#makers", NULL, 0);
	fixture_run(f);
	int tries = libera(f)->tries;
	later(f, CLOCK_US_PER_SECOND);
	libera(f)->answer = 0;
	fixture_run(f);
	assert_int_equal(libera(f)->tries, tries);
	assert_heard(f, "");
	assert_int_equal(unsaid(f), 0);
}

static void network_refuses_later__is_given_up(void **state)
{
	struct fixture *f = *state;

	libera(f)->hold = true;
	offer(f, "a", "#makers", NULL, 0);
	fixture_run(f);
	fixture_confirm(libera(f), -EPERM);
	later(f, CLOCK_US_PER_SECOND);
	fixture_run(f);
	assert_heard(f, "a");
	assert_int_equal(unsaid(f), 0);
}

static void unknown_network__is_given_up(void **state)
{
	struct fixture *f = *state;
	struct post p = { .key = "a",
			  .network = "gone",
			  .room = "#makers",
			  .word = "a",
			  .markup = "so",
			  .expires_at_us = INT64_MAX };

	fixture_begin(f);
	outbox_add(f->app->outbox, &p, 0, 0, 0);
	fixture_end(f);
	fixture_run(f);
	assert_null(outbox_find(f->app->outbox, "a"));
}

static void unconfirmed__while_online__is_not_said_twice(void **state)
{
	struct fixture *f = *state;

	libera(f)->hold = true;
	offer(f, "a", "#makers", NULL, 0);
	fixture_run(f);
	later(f, CLOCK_US_PER_MINUTE);
	fixture_run(f);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "a");
}

static void connection_broken__unconfirmed__is_said_again(void **state)
{
	struct fixture *f = *state;

	libera(f)->hold = true;
	offer(f, "a", "#makers", NULL, 0);
	offer(f, "b", "#makers", NULL, 0);
	fixture_run(f);
	fixture_fake_state(libera(f), TRANSPORT_OFFLINE);
	fixture_run(f);
	fixture_fake_state(libera(f), TRANSPORT_CONNECTING);
	fixture_run(f);
	assert_heard(f, "a b");
	fixture_fake_state(libera(f), TRANSPORT_ONLINE);
	fixture_run(f);
	/* Under the same keys. */
	assert_heard(f, "a b");
	fixture_confirm(libera(f), 0);
	fixture_fake_state(libera(f), TRANSPORT_OFFLINE);
	fixture_fake_state(libera(f), TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "");
}

static void connecting__nothing_is_said(void **state)
{
	struct fixture *f = *state;

	fixture_state(f, TRANSPORT_CONNECTING);
	offer(f, "a", "#makers", NULL, 0);
	fixture_run(f);
	assert_int_equal(libera(f)->tries, 0);
	fixture_state(f, TRANSPORT_FAILED);
	fixture_run(f);
	assert_int_equal(libera(f)->tries, 0);
}

static void mark__confirmed__is_written_within_a_second(void **state)
{
	struct fixture *f = *state;

	offer(f, "a", "#makers", NULL, 0);
	int64_t due_us = fixture_run(f);
	assert_true(due_us <= f->clock.now_us + CLOCK_US_PER_SECOND);
	assert_int_equal(unsaid(f), 1);
	clock_virtual_set(&f->clock, due_us);
	fixture_run(f);
	assert_int_equal(unsaid(f), 0);
}

static void mark__clean_end__is_written(void **state)
{
	struct fixture *f = *state;

	offer(f, "a", "#makers", NULL, 0);
	fixture_run(f);
	fixture_restart(f, NULL);
	assert_int_equal(unsaid(f), 0);
}

static void killed__before_the_mark__is_said_again_with_its_key(void **state)
{
	struct fixture *f = *state;

	offer(f, "a", "#makers", NULL, 0);
	fixture_run(f);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "a a");
	later(f, CLOCK_US_PER_SECOND);
	fixture_run(f);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "");
}

static void killed__at_sending__loses_nothing(void **state)
{
	struct fixture *f = *state;

	offer(f, "a", "#makers", NULL, 0);
	offer(f, "b", "#makers", NULL, 0);
	app_crash_at(f->app, APP_AFTER_SEND);
	app_run_due(f->app, f->clock.now_us);
	assert_true(f->app->crashed);
	fixture_restart(f, NULL);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "a a b");
}

static void assert_round(struct fixture *f, const char *state)
{
	struct db *db = f->app->db;
	g_autofree char *is = db_text(db, "SELECT state FROM round ORDER BY id LIMIT 1", "");

	assert_string_equal(is, state);
}

static void step__known_to_be_due__comes_before_what_is_to_be_said(void **state)
{
	struct fixture *f = *state;

	fixture_set(f, "2026-11-23 08:30");
	fixture_run(f);
	offer(f, "a", "#makers", NULL, 0);
	fixture_set(f, "2026-11-23 09:00");
	app_crash_at(f->app, APP_AFTER_SEND);
	app_run_due(f->app, f->clock.now_us);
	assert_true(f->app->crashed);
	assert_round(f, "open");
	fixture_restart(f, NULL);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "a a round.open");
}

static void step__not_known_yet__what_is_ready_does_not_wait_for_it(void **state)
{
	struct fixture *f = *state;

	fixture_run(f);
	offer(f, "a", "#makers", NULL, 0);
	fixture_begin(f);
	db_run(f->app->db, "UPDATE round SET opens_at_us = ?", "i", f->clock.now_us);
	fixture_end(f);
	app_crash_at(f->app, APP_AFTER_SEND);
	app_run_due(f->app, f->clock.now_us);
	assert_true(f->app->crashed);
	assert_round(f, "planned");
	fixture_restart(f, NULL);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "a a round.open");
}

static void step__found_after_what_was_ready__is_said_in_the_same_run(void **state)
{
	struct fixture *f = *state;

	fixture_run(f);
	offer(f, "a", "#makers", NULL, 0);
	fixture_begin(f);
	db_run(f->app->db, "UPDATE round SET opens_at_us = ?", "i", f->clock.now_us);
	fixture_end(f);
	app_run_due(f->app, f->clock.now_us);
	assert_heard(f, "a round.open");
}

static void mark__alone__is_no_reason_to_ask_what_is_due(void **state)
{
	struct fixture *f = *state;

	f->forgetful = true;
	fixture_restart(f, NULL);
	fixture_state(f, TRANSPORT_ONLINE);
	libera(f)->hold = true;
	offer(f, "a", "#makers", NULL, 0);
	assert_true(f->app->moved);
	fixture_run(f);
	assert_false(f->app->moved);
	fixture_confirm(libera(f), 0);
	assert_int_equal(unsaid(f), 0);
	assert_false(f->app->moved);
}

static void forgetful_network__mark__is_on_the_disk_at_once(void **state)
{
	struct fixture *f = *state;

	f->forgetful = true;
	fixture_restart(f, NULL);
	fixture_state(f, TRANSPORT_ONLINE);
	libera(f)->hold = true;
	offer(f, "a", "#makers", NULL, 0);
	offer(f, "b", "#makers", NULL, f->clock.now_us + 1);
	fixture_run(f);
	assert_heard(f, "a");
	fixture_confirm(libera(f), 0);
	assert_int_equal(unsaid(f), 1);
	later(f, 1);
	fixture_run(f);
	assert_heard(f, "b");
	assert_int_equal(unsaid(f), 1);
	/* At most the post in flight is said again. */
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "b");
}

static void remembering_network__marks__may_wait(void **state)
{
	struct fixture *f = *state;

	libera(f)->hold = true;
	offer(f, "a", "#makers", NULL, 0);
	offer(f, "b", "#makers", NULL, f->clock.now_us + 1);
	fixture_run(f);
	fixture_confirm(libera(f), 0);
	later(f, 1);
	fixture_run(f);
	assert_heard(f, "a b");
	assert_int_equal(unsaid(f), 2);
}

static void door__last_used__gets_what_waits(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_member(&f, "olga");
	fixture_member(&f, "ana");
	fixture_fake_state(fixture_fake(&f, "libera"), TRANSPORT_ONLINE);
	fixture_say(&f, "olga", "!show \"Lamp\"");
	g_free(fixture_heard(&f));
	libera(&f)->answer = -ENOENT;
	libera(&f)->answer_only = g_strdup("olga");
	fixture_say(&f, "ana", "!note 1 bright");
	assert_heard(&f, "note.kept");
	/* She changes how her account is spelled, and is here. */
	libera(&f)->answer = 0;
	clock_virtual_set(&f.clock, f.clock.now_us + CLOCK_US_PER_SECOND);
	fixture_say(&f, "OLGA", "!list");
	g_autofree char *heard = fixture_heard(&f);
	assert_non_null(strstr(heard, "note.told>OLGA"));
	fixture_done(&f);
}

static void door__of_two__is_the_one_they_came_through_last(void **state)
{
	static const char other_door[] =
		"INSERT INTO handle(network, account, person_id, spelled, used_at_us)"
		" SELECT 'home', 'olga', person_id, 'Olga', used_at_us + 1 FROM handle"
		" WHERE account = 'olga'";
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_member(&f, "olga");
	fixture_member(&f, "ana");
	fixture_begin(&f);
	db_run(f.app->db, other_door, "");
	fixture_end(&f);
	clock_virtual_set(&f.clock, f.clock.now_us + CLOCK_US_PER_SECOND);
	fixture_say(&f, "olga", "!show \"Lamp\"");
	fixture_say(&f, "ana", "!note 1 bright");
	/* She has just spoken here. */
	assert_string_equal(fixture_post(&f, "note.told")->post.network, "libera");
	clock_virtual_set(&f.clock, f.clock.now_us + CLOCK_US_PER_SECOND);
	fixture_event(&f, (struct event){ .account = "Olga", .network = "home", .text = "!list" });
	fixture_say(&f, "ana", "!note 1 and warm");
	const struct post *told = &fixture_post(&f, "note.told")->post;
	assert_string_equal(told->network, "home");
	assert_string_equal(told->account, "Olga");
	fixture_done(&f);
}

static void two_networks__one_away__the_other_is_told(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_fake_state(fixture_fake(&f, "libera"), TRANSPORT_ONLINE);
	fixture_run_until(&f, "2026-11-23 09:00");
	assert_int_equal(fixture_fake(&f, "home")->tries, 0);
	assert_non_null(fixture_post(&f, "round.open"));
	fixture_run_until(&f, "2026-11-23 12:00");
	g_free(fixture_heard(&f));
	fixture_fake_state(fixture_fake(&f, "home"), TRANSPORT_ONLINE);
	fixture_run(&f);
	assert_heard(&f, "round.open");
	assert_string_equal(fixture_post(&f, "round.open")->post.network, "home");
	fixture_done(&f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(expiry__reply_ten_minutes_old__is_dropped),
		TEST(expiry__just_before__is_said),
		TEST(not_before__future__is_when_it_is_said),
		TEST(refused_for_now__is_offered_again_in_order),
		TEST(refused_for_now__holds_back_what_follows_it_there_alone),
		TEST(not_taken_this_time__is_tried_again_in_a_minute),
		TEST(not_taken_this_time__what_follows_it_there_waits),
		TEST(gone_for_a_day__is_tried_ever_more_seldom),
		TEST(gone__seen_again__is_told_at_once),
		TEST(gone__comes_by_another_door__is_told_at_once),
		TEST(stranger_gone__is_given_up),
		TEST(more__is_told_in_the_words_of_who_would_be_asked),
		TEST(more__asked_for__goes_on_where_it_was_asked),
		TEST(not_here__waits_and_holds_nobody_up),
		TEST(never__is_given_up),
		TEST(network_refuses_later__is_given_up),
		TEST(unknown_network__is_given_up),
		TEST(unconfirmed__while_online__is_not_said_twice),
		TEST(connection_broken__unconfirmed__is_said_again),
		TEST(connecting__nothing_is_said),
		TEST(mark__confirmed__is_written_within_a_second),
		TEST(mark__clean_end__is_written),
		TEST(killed__before_the_mark__is_said_again_with_its_key),
		TEST(killed__at_sending__loses_nothing),
		TEST(step__known_to_be_due__comes_before_what_is_to_be_said),
		TEST(step__not_known_yet__what_is_ready_does_not_wait_for_it),
		TEST(step__found_after_what_was_ready__is_said_in_the_same_run),
		TEST(mark__alone__is_no_reason_to_ask_what_is_due),
		TEST(forgetful_network__mark__is_on_the_disk_at_once),
		TEST(remembering_network__marks__may_wait),
		cmocka_unit_test(door__last_used__gets_what_waits),
		cmocka_unit_test(door__of_two__is_the_one_they_came_through_last),
		cmocka_unit_test(two_networks__one_away__the_other_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
