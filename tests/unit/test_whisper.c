/* What is said in private, and where it is said where that cannot be. */
#include "fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OFFER "My logo service is $49 this week only, sign up at https://logos.example, DM me"
#define INTRO "Hi all, I'm Lea and I'm new here. I draw logos. "

static const char observed[] = "[group]\n"
			       "name = Makers\n"
			       "timezone = Europe/Berlin\n"
			       "organizers = libera/olga\n"
			       "places = libera/#makers\n"
			       "[pitch]\n"
			       "mode = gentle\n"
			       "[irc libera]\n"
			       "server = irc.example.org\n"
			       "nick = kith\n";

static void event(struct fixture *f, struct event e)
{
	fixture_event(f, e);
	fixture_run(f);
}

static const struct post *post(struct fixture *f, const char *word)
{
	const struct fake_post *p = fixture_post(f, word);

	if (!p)
		fail_msg("nothing was said under %s", word);
	return &p->post;
}

static void whisper__to_a_room__goes_there_if_it_must(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .id = "$one", .text = "!check 1" });
	const struct post *p = post(f, "not-joined");
	assert_null(p->room);
	assert_string_equal(p->room_else, "#makers");
	assert_null(p->markup_else);
	assert_string_equal(p->reply_to, "$one");
	/* Asked in private it has nothing to do with any room. */
	event(f,
	      (struct event){ .account = "ben", .id = "$two", .direct = true, .text = "check 1" });
	p = post(f, "not-joined");
	assert_null(p->room_else);
	assert_string_equal(p->reply_to, "$two");
}

static void whisper__of_ones_own__is_never_for_the_room(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text, *word;
		bool aloud;
	} cases[] = {
		{ "!mydata", "mydata", true },        { "!why", "why", true },
		{ "!forget me", "forget.ask", true }, { "!mydata", "mydata", true },
		{ "!check", "usage", false },         { "!admin held", "not-organizer", false },
	};

	event(f, (struct event){ .account = "ana", .text = "!intro I paint in secret" });
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		event(f, (struct event){ .account = "ana", .text = cases[i].text });
		const struct post *p = post(f, cases[i].word);
		assert_string_equal(p->room_else, "#makers");
		assert_int_equal(!!p->markup_else, cases[i].aloud);
		if (cases[i].aloud)
			assert_non_null(strstr(p->markup_else, "ana, my answer is for you alone"));
	}
}

static void whisper__taken_back__is_no_talk_for_the_room(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_say(f, "ben", "!show \"Bench\"");
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!note 1 the joints"));
	event(f, (struct event){ .kind = EVENT_REDACTION, .account = "ana", .target = id });
	assert_null(post(f, "undone")->room_else);
	assert_null(post(f, "undone")->reply_to);
}

static void opens__members_and_organizers__alone(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	event(f, (struct event){ .account = "ana", .text = "!why" });
	assert_true(post(f, "why")->opens);
	event(f, (struct event){ .account = "olga", .text = "!why" });
	assert_true(post(f, "why")->opens);
	event(f, (struct event){ .account = "stranger", .text = "!why" });
	assert_false(post(f, "why")->opens);
	event(f, (struct event){ .shown = "ana", .text = "!why" });
	assert_false(post(f, "why")->opens);
	/* Whoever has left is nobody to open a room for. */
	event(f, (struct event){ .account = "ana", .text = "!leave" });
	event(f, (struct event){ .account = "ana", .text = "!why" });
	assert_false(post(f, "why")->opens);
	event(f, (struct event){ .account = "ana", .text = "!join" });
	assert_false(post(f, "join")->opens);
}

/* It is asked at each offer. */
static void opens__joined_meanwhile__does(void **state)
{
	struct fixture *f = *state;
	struct fake *fake = fixture_fake(f, "libera");

	fake->answer = -EAGAIN;
	fixture_say(f, "ana", "!why");
	fake->answer = 0;
	fixture_say(f, "ana", "!intro I paint");
	assert_true(post(f, "why")->opens);
}

static void opens__of_any_group__does(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	event(&f, (struct event){ .account = "ben", .room = "#poets", .text = ",intro I rhyme" });
	fixture_say(&f, "ben", "!why");
	assert_true(post(&f, "why")->opens);
	fixture_say(&f, "paula", "!why");
	assert_true(post(&f, "why")->opens);
	fixture_done(&f);
}

static void nudge__newcomer__is_the_one_public_line_else(void **state)
{
	struct fixture f;

	fixture_init(&f, observed);
	fixture_state(&f, TRANSPORT_ONLINE);
	/* Somebody gives, or the group would need a round more than a guard. */
	fixture_member(&f, "ana");
	fixture_member(&f, "ben");
	fixture_say(&f, "ben", "!show \"Bench\"");
	fixture_say(&f, "ana", "!note 1 the joints");
	event(&f, (struct event){ .account = "lea", .id = "$lea", .text = INTRO OFFER });
	const struct post *p = post(&f, "pitch.nudge");
	assert_false(p->opens);
	assert_string_equal(p->room_else, "#makers");
	assert_string_equal(p->reply_to, "$lea");
	assert_non_null(strstr(p->markup_else, "You are welcome to join in"));
	assert_null(strchr(p->markup_else, '\n'));
	/* The same text by somebody else: once an hour is enough for the room. */
	event(&f, (struct event){ .account = "kim", .text = OFFER });
	assert_string_equal(post(&f, "pitch.decline")->room, "#makers");
	event(&f, (struct event){ .account = "mia", .text = INTRO OFFER "." });
	assert_string_equal(post(&f, "pitch.nudge")->account, "mia");
	/* A member is told alone or not at all. */
	event(&f, (struct event){ .account = "ben", .text = "Today only: " OFFER });
	p = post(&f, "pitch.nudge");
	assert_string_equal(p->account, "ben");
	assert_true(p->opens);
	assert_null(p->room_else);
	fixture_done(&f);
}

static void nudge__room_has_heard_enough__is_for_them_alone(void **state)
{
	struct fixture f;

	fixture_init(&f, observed);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_member(&f, "ana");
	fixture_member(&f, "ben");
	fixture_say(&f, "ben", "!show \"Bench\"");
	fixture_say(&f, "ana", "!note 1 the joints");
	for (int i = 0; i < 3; i++) {
		g_autofree char *who = g_strdup_printf("kim%d", i);
		g_autofree char *text = g_strdup_printf("%s for the %dth", OFFER, i);

		event(&f, (struct event){ .account = who, .text = text });
	}
	assert_heard(&f, "show.kept note.kept note.told>ben pitch.decline pitch.decline "
			 "pitch.decline");
	event(&f, (struct event){ .account = "lea", .text = INTRO OFFER });
	assert_string_equal(post(&f, "pitch.nudge")->account, "lea");
	assert_null(post(&f, "pitch.nudge")->room_else);
	fixture_done(&f);
}

static void thread__asked_there__is_answered_there(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .thread = "$root", .text = "!join" });
	assert_string_equal(post(f, "join")->thread, "$root");
	event(f, (struct event){ .account = "ana", .thread = "$root", .text = "!why" });
	assert_string_equal(post(f, "why")->thread, "$root");
	event(f, (struct event){
			 .account = "ana", .thread = "$own", .direct = true, .text = "charter" });
	assert_string_equal(post(f, "charter")->thread, "$own");
	event(f, (struct event){ .account = "ana", .text = "!join" });
	assert_null(post(f, "join")->thread);
}

static void edit__answer__is_to_the_first(void **state)
{
	struct fixture *f = *state;

	event(f,
	      (struct event){
		      .kind = EVENT_EDIT, .account = "ana", .target = "$first", .text = "!join" });
	assert_string_equal(post(f, "join")->reply_to, "$first");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(whisper__to_a_room__goes_there_if_it_must),
		TEST(whisper__of_ones_own__is_never_for_the_room),
		TEST(whisper__taken_back__is_no_talk_for_the_room),
		TEST(opens__members_and_organizers__alone),
		TEST(opens__joined_meanwhile__does),
		cmocka_unit_test(opens__of_any_group__does),
		cmocka_unit_test(nudge__newcomer__is_the_one_public_line_else),
		cmocka_unit_test(nudge__room_has_heard_enough__is_for_them_alone),
		TEST(thread__asked_there__is_answered_there),
		TEST(edit__answer__is_to_the_first),
	};

	return cmocka_run_group_tests_name("whisper", tests, NULL, NULL);
}
