#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void event(struct fixture *f, struct event e)
{
	fixture_event(f, e);
	fixture_run(f);
}

static const char *said(struct fixture *f, const char *word)
{
	const struct fake_post *p = fixture_post(f, word);

	if (!p)
		fail_msg("nothing was said under %s", word);
	return p->post.markup;
}

static void later(struct fixture *f, int64_t by_us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + by_us);
}

static void invite(struct fixture *f, const char *account, const char *room, bool accepted)
{
	event(f, (struct event){ .kind = EVENT_INVITE,
				 .account = account,
				 .room = room,
				 .accepted = accepted });
}

static void invite__refused__is_told_once_for_each(void **state)
{
	struct fixture *f = *state;

	invite(f, "medlar", "!a:example.org", false);
	assert_heard(f, "invite.told>olga");
	assert_non_null(strstr(said(f, "invite.told"), "medlar"));
	invite(f, "medlar", "!b:example.org", false);
	later(f, CLOCK_US_PER_DAY);
	invite(f, "medlar", "!a:example.org", false);
	assert_heard(f, "round.late-open");
	invite(f, "quince", "!a:example.org", false);
	assert_heard(f, "invite.told>olga");
	later(f, 2 * CLOCK_US_PER_SECOND);
	fixture_run(f);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	invite(f, "quince", "!a:example.org", false);
	assert_heard(f, "");
	/* Of them no more is kept once it was told. */
	assert_false(fixture_on_disk(f, "medlar"));
	assert_false(fixture_on_disk(f, "quince"));
}

static void invite__accepted__tells_how_to_make_it_a_place(void **state)
{
	struct fixture *f = *state;

	invite(f, "olga", "!a:example.org", true);
	assert_heard(f, "invite.place>olga");
	g_autofree char *plain = post_plain(said(f, "invite.place"));
	assert_non_null(strstr(plain, "add libera/!a:example.org to places"));
	invite(f, "olga", "!a:example.org", true);
	assert_heard(f, "");
}

static void invite__as_it_should_be__is_not_told(void **state)
{
	struct fixture *f = *state;

	/* Into a place; to talk alone, whoever it is; by nobody. */
	invite(f, "olga", "#makers", true);
	invite(f, "ana", "!a:example.org", true);
	event(f, (struct event){ .kind = EVENT_INVITE,
				 .account = "olga",
				 .room = "!b:example.org",
				 .direct = true,
				 .accepted = true });
	event(f, (struct event){ .kind = EVENT_INVITE, .room = "!a:example.org" });
	assert_heard(f, "");
	/* Whoever may not even talk with it has asked all the same. */
	event(f, (struct event){ .kind = EVENT_INVITE,
				 .account = "kim",
				 .room = "!b:example.org",
				 .direct = true });
	assert_heard(f, "invite.told>olga");
}

static void invite__anything__is_made_clean(void **state)
{
	struct fixture *f = *state;
	g_autofree char *long_name = g_strnfill(10000, 'x');
	g_autofree char *hostile = g_strconcat("**kim**\n@room", long_name, NULL);

	event(f,
	      (struct event){
		      .kind = EVENT_INVITE, .account = hostile, .shown = hostile, .room = "!a" });
	event(f, (struct event){ .kind = EVENT_INVITE,
				 .account = "olga",
				 .shown = hostile,
				 .room = hostile,
				 .accepted = true });
	assert_heard(f, "invite.told>olga invite.place>olga");
	assert_null(strchr(said(f, "invite.told"), '\n'));
	assert_null(strstr(said(f, "invite.told"), "@room"));
	assert_true(strlen(said(f, "invite.told")) < 1000);
	assert_true(strlen(said(f, "invite.place")) < 1000);
}

static void invite__two_groups__whose_network_or_organizer_it_is(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	invite(&f, "paula", "!a", true);
	assert_heard(&f, "invite.place>paula");
	assert_non_null(strstr(said(&f, "invite.place"), "Poets"));
	event(&f,
	      (struct event){
		      .kind = EVENT_INVITE, .account = "kim", .network = "home", .room = "!a" });
	assert_heard(&f, "invite.told>olga");
	/* The poets have a place on the first alone. */
	assert_non_null(strstr(fixture_fake(&f, "home")->env.refusal, "Makers"));
	assert_non_null(strstr(fixture_fake(&f, "libera")->env.refusal, "Makers"));
	fixture_done(&f);
}

static const char own_words[] = "[group]\n"
				"name = Makers\n"
				"timezone = Europe/Berlin\n"
				"organizers = libera/olga\n"
				"places = libera/#makers\n"
				"[irc libera]\n"
				"server = irc.example.org\n"
				"nick = kith\n"
				"[words]\n"
				"invite.refused = Ask **Olga** of {group} first.\n";

static void refusal__in_the_groups_words__is_plain(void **state)
{
	struct fixture *f = *state;

	assert_non_null(strstr(fixture_fake(f, "libera")->env.refusal, "organizers of Makers"));
	fixture_restart(f, own_words);
	assert_string_equal(fixture_fake(f, "libera")->env.refusal, "Ask Olga of Makers first.");
}

static void move(struct fixture *f, const char *to)
{
	event(f, (struct event){ .kind = EVENT_MOVED, .account = "ana", .text = to });
}

static void moved__place__is_told_once(void **state)
{
	struct fixture *f = *state;

	move(f, "!new:example.org");
	assert_heard(f, "moved>olga");
	g_autofree char *plain = post_plain(said(f, "moved"));
	assert_non_null(strstr(plain, "libera/#makers goes on in another room"));
	assert_non_null(strstr(plain, "write libera/!new:example.org in its place"));
	move(f, "!new:example.org");
	later(f, 2 * CLOCK_US_PER_SECOND);
	fixture_run(f);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	move(f, "!new:example.org");
	move(f, "");
	assert_heard(f, "");
	move(f, "!newer:example.org");
	assert_heard(f, "moved>olga");
}

static const char gone_on[] = "[group]\n"
			      "name = Makers\n"
			      "timezone = Europe/Berlin\n"
			      "organizers = libera/olga\n"
			      "places = libera/#new, libera/#other\n"
			      "[irc libera]\n"
			      "server = irc.example.org\n"
			      "nick = kith\n";

static void moved__named_in_the_configuration__is_as_old_as_before(void **state)
{
	struct fixture *f = *state;

	int64_t since_us = fixture_int(f, -1, "SELECT since_us FROM place");
	later(f, CLOCK_US_PER_HOUR);
	event(f, (struct event){ .account = "ana", .text = "good morning" });
	move(f, "#new");
	later(f, 8 * CLOCK_US_PER_DAY);
	fixture_restart(f, gone_on);
	assert_int_equal(fixture_int(f, -1, "SELECT since_us FROM place WHERE room = '#new'"),
			 since_us);
	/* And has heard what was heard there. */
	assert_true(fixture_int(f, -1, "SELECT heard_us FROM place WHERE room = '#new'") > 0);
	assert_int_equal(fixture_int(f, -1, "SELECT since_us FROM place WHERE room = '#other'"),
			 f->clock.now_us);
}

static void mute(struct fixture *f)
{
	event(f, (struct event){ .kind = EVENT_MUTED });
}

static void muted__again_and_again__is_told_every_six_hours(void **state)
{
	struct fixture *f = *state;

	fixture_run_until(f, "2026-11-23 10:00");
	g_free(fixture_heard(f));
	mute(f);
	assert_heard(f, "muted>olga");
	assert_non_null(strstr(said(f, "muted"), "makers"));
	mute(f);
	later(f, 6 * CLOCK_US_PER_HOUR - 1);
	mute(f);
	assert_heard(f, "");
	later(f, 1);
	mute(f);
	assert_heard(f, "muted>olga");
	/* A clock that was set back keeps nothing silent. */
	clock_virtual_set(&f->clock, f->clock.now_us - CLOCK_US_PER_HOUR);
	mute(f);
	assert_heard(f, "muted>olga");
	later(f, 6 * CLOCK_US_PER_HOUR);
	event(f, (struct event){ .kind = EVENT_MUTED, .encrypted = true });
	assert_heard(f, "muted.encrypted>olga");
}

static void room__of_nobody__is_passed_over(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .kind = EVENT_MUTED, .room = "#elsewhere" });
	event(f, (struct event){ .kind = EVENT_MOVED, .room = "#elsewhere", .text = "#new" });
	assert_heard(f, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(invite__refused__is_told_once_for_each),
		TEST(invite__accepted__tells_how_to_make_it_a_place),
		TEST(invite__as_it_should_be__is_not_told),
		TEST(invite__anything__is_made_clean),
		cmocka_unit_test(invite__two_groups__whose_network_or_organizer_it_is),
		TEST(refusal__in_the_groups_words__is_plain),
		TEST(moved__place__is_told_once),
		TEST(moved__named_in_the_configuration__is_as_old_as_before),
		TEST(muted__again_and_again__is_told_every_six_hours),
		TEST(room__of_nobody__is_passed_over),
	};

	return cmocka_run_group_tests_name("whereabouts", tests, NULL, NULL);
}
