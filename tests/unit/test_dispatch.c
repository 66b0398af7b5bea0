#include "fixture.h"

#include "command.h"

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

/* Every command, for people it is not for. */
static void who__may_what__is_the_tables_word(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *account;
		const char *member, *organizer; /* the answer to commands for these; NULL: theirs */
	} people[] = {
		{ NULL, "not-identified", "not-identified" },
		{ "stranger", "not-joined", "not-organizer" },
		{ "ana", NULL, "not-organizer" },
		{ "olga", "not-joined", NULL }, /* an organizer who never joined */
	};

	fixture_member(f, "ana");
	for (const struct command *const *c = commands; *c; c++) {
		for (size_t i = 0; i < G_N_ELEMENTS(people); i++) {
			const char *want = (*c)->who == COMMAND_MEMBER      ? people[i].member
					   : (*c)->who == COMMAND_ORGANIZER ? people[i].organizer
									    : NULL;
			g_autofree char *text = g_strconcat("!", (*c)->example, NULL);
			g_autofree char *answer =
				want ? g_strconcat(want, (*c)->scope == COMMAND_PRIVATE ? ">" : "",
						   (*c)->scope == COMMAND_PRIVATE
							   ? (people[i].account ? people[i].account
										: "somebody")
							   : "",
						   NULL)
				     : NULL;

			if (!want)
				continue;
			event(f, (struct event){ .account = people[i].account, .text = text });
			g_autofree char *heard = fixture_heard(f);
			if (strcmp(heard, answer))
				fail_msg("%s by %s: %s", (*c)->name, people[i].account, heard);
		}
	}
	/* Nothing of it was kept. */
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM member"), 1);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM record"), 0);
}

static void addressed__each_way__is_heard(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text;
		bool addressed, direct;
		const char *want;
	} cases[] = {
		{ "!join", false, false, "join" },
		{ "  !join", false, false, "join" },
		{ "!JOIN", false, false, "join" },
		/* "Join!", she said: a prefix stands at its word. */
		{ "! join", false, false, "" },
		{ "! join", true, false, "join" },
		{ "join", true, false, "join" },
		{ "!join", true, false, "join" },
		{ "join", false, true, "join>ana" },
		{ "!join", false, true, "join>ana" },
		{ "join", false, false, "" },
		{ "hello !join", false, false, "" },
		{ "?join", false, false, "" },
		{ "!", false, false, "" },
		{ "!!!", false, false, "" },
		{ "", false, false, "" },
		{ "", true, false, "" },
		{ "", false, true, "" },
		/* A bare unknown word in a room may be for another bot. */
		{ "!weather", false, false, "" },
		{ "!joni", false, false, "" },
		{ "weather", true, false, "unknown" },
		{ "joni", true, false, "unknown.near" },
		{ "!joni", true, false, "unknown.near" },
		{ "weather", false, true, "unknown>ana" },
		{ "joni", false, true, "unknown.near>ana" },
		{ "joining", true, false, "unknown" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		event(f, (struct event){ .account = "ana",
					 .text = cases[i].text,
					 .addressed = cases[i].addressed,
					 .direct = cases[i].direct });
		g_autofree char *heard = fixture_heard(f);
		if (strcmp(heard, cases[i].want))
			fail_msg("\"%s\": \"%s\", not \"%s\"", cases[i].text, heard, cases[i].want);
	}
}

static void answer__in_a_room__is_a_reply_there(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .id = "$one", .text = "!join" });
	const struct post *p = &fixture_post(f, "join")->post;
	assert_string_equal(p->room, "#makers");
	assert_string_equal(p->reply_to, "$one");
	assert_int_equal(p->kind, POST_REPLY);
	assert_null(p->account);
	assert_int_equal(p->expires_at_us, f->clock.now_us + 10 * CLOCK_US_PER_MINUTE);
}

static void answer__private_by_nature__leaves_the_room(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .text = "!mydata" });
	event(f, (struct event){ .shown = "passer-by", .text = "!mydata" });
	assert_heard(f, "mydata.nothing>ana not-identified>passer-by");
	const struct post *p = &fixture_post(f, "not-identified")->post;
	assert_null(p->room);
	assert_null(p->account);
	assert_string_equal(p->shown, "passer-by");
	assert_int_equal(p->kind, POST_PRIVATE);
}

static void name__of_who_speaks__is_the_members_or_made_clean(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .shown = "**Ana**\n@room", .text = "!join" });
	g_autofree char *plain = post_plain(fixture_post(f, "join")->post.markup);
	assert_non_null(strstr(plain, "**Ana**"));
	assert_null(strstr(plain, "\n"));
	assert_null(strstr(plain, "@room"));
	fixture_member(f, "ben");
	event(f, (struct event){ .account = "ben", .shown = "benjamin|away", .text = "!join" });
	assert_non_null(strstr(fixture_post(f, "join.already")->post.markup, "ben"));
	assert_null(strstr(fixture_post(f, "join.already")->post.markup, "benjamin"));
}

static void same_event__twice__is_answered_once(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	event(f, (struct event){ .account = "ana", .id = "$one", .text = "!remind on" });
	event(f, (struct event){ .account = "ana", .id = "$one", .text = "!remind on" });
	assert_heard(f, "remind.on");
}

static void text__too_long__is_told_so(void **state)
{
	struct fixture *f = *state;
	g_autofree char *filler = g_strnfill(8000, 'x');
	g_autofree char *command = g_strconcat("!intro ", filler, NULL);
	g_autofree char *chat = g_strconcat("!", filler, NULL);

	event(f, (struct event){ .account = "ana", .text = command });
	assert_heard(f, "too-long");
	event(f, (struct event){ .account = "ana", .text = chat });
	event(f, (struct event){ .account = "ana", .text = filler });
	assert_heard(f, "");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM person"), 0);
}

static void backlog__old__keeps_the_effect_and_drops_the_answer(void **state)
{
	struct fixture *f = *state;

	fixture_run(f);
	event(f, (struct event){ .account = "ana",
				 .text = "!intro hello",
				 .backlog = true,
				 .at_us = f->clock.now_us - CLOCK_US_PER_HOUR });
	assert_heard(f, "");
	assert_int_equal(fixture_int(f, -1, "SELECT joined_at_us FROM member") + CLOCK_US_PER_HOUR,
			 f->clock.now_us);
}

static void clock__ahead_elsewhere__puts_nothing_into_the_future(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana",
				 .text = "!intro hello",
				 .at_us = f->clock.now_us + CLOCK_US_PER_DAY });
	assert_int_equal(fixture_int(f, -1, "SELECT joined_at_us FROM member"), f->clock.now_us);
}

static int64_t log_length(struct fixture *f)
{
	g_autofree char *path = g_strconcat(f->store, "-wal", NULL);
	g_autofree char *contents = NULL;
	size_t length = 0;

	assert_true(g_file_get_contents(path, &contents, &length, NULL));
	return (int64_t)length;
}

static void chat__ordinary__costs_no_write(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_run(f);
	int64_t before = log_length(f);
	fixture_say(f, "ana", "how was your weekend?");
	event(f, (struct event){ .kind = EVENT_JOIN, .account = "ben" });
	event(f, (struct event){ .kind = EVENT_LEAVE, .account = "ben" });
	event(f, (struct event){
			 .kind = EVENT_REACTION, .account = "ana", .target = "x", .text = "!" });
	event(f, (struct event){ .kind = EVENT_EDIT,
				 .account = "ana",
				 .target = "x",
				 .text = "how was yours?" });
	event(f, (struct event){ .kind = EVENT_REDACTION, .account = "ana", .target = "x" });
	/* Nor does a question that changes nothing. */
	fixture_say(f, "ana", "!charter");
	fixture_say(f, "stranger", "!why");
	assert_heard(f, "charter why>stranger");
	assert_int_equal(log_length(f), before);
}

static void edit__chat_made_a_command__is_done(void **state)
{
	struct fixture *f = *state;
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "intro hello"));

	event(f,
	      (struct event){
		      .kind = EVENT_EDIT, .account = "ana", .target = id, .text = "!intro hello" });
	assert_heard(f, "consent");
}

static void edit__command_made_chat__is_taken_back(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_say(f, "ben", "!show \"Bench\"");
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!note 1 the joints"));
	event(f,
	      (struct event){
		      .kind = EVENT_EDIT, .account = "ana", .target = id, .text = "never mind" });
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM note"), 0);
}

static void vouch__name_seen_in_the_room__is_whom_it_means(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "olga", "!admin vouch Zoe");
	assert_heard(f, "usage");
	event(f, (struct event){ .account = "zoe_account", .shown = "Zoe", .text = "hi all" });
	event(f, (struct event){ .shown = "Nobody", .text = "hi all" });
	fixture_say(f, "olga", "!admin vouch zoe");
	fixture_say(f, "olga", "!admin vouch nobody");
	assert_heard(f, "vouch.kept usage");
	fixture_say(f, "zoe_account", "!intro hello");
	fixture_say(f, "zoe_account", "!why");
	assert_non_null(strstr(fixture_post(f, "why")->post.markup, "vouches"));
}

static void room__of_nobody__is_passed_over(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .room = "#elsewhere", .text = "!join" });
	event(f,
	      (struct event){
		      .account = "ana", .room = "#elsewhere", .addressed = true, .text = "join" });
	assert_heard(f, "");
}

static const struct post *last(struct fixture *f)
{
	return &((struct fake_post *)f->heard->pdata[f->heard->len - 1])->post;
}

static void groups__several__each_room_has_its_own(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	event(&f, (struct event){ .account = "ana", .text = "!intro I paint" });
	event(&f, (struct event){ .account = "ana", .room = "#poets", .text = "!join" });
	assert_heard(&f, "consent");
	event(&f, (struct event){ .account = "ana", .room = "#poets", .text = ",join" });
	assert_heard(&f, "join");
	event(&f, (struct event){ .account = "ana", .room = "#poets", .text = ",intro I rhyme" });
	event(&f, (struct event){ .account = "ana", .room = "#poets", .text = ",who ana" });
	assert_non_null(strstr(last(&f)->markup, "I rhyme"));
	event(&f,
	      (struct event){
		      .account = "ana", .network = "home", .room = "#makers", .text = "!who ana" });
	assert_string_equal(last(&f)->network, "home");
	assert_non_null(strstr(last(&f)->markup, "I paint"));
	assert_int_equal(fixture_int(&f, -1, "SELECT count(*) FROM person"), 1);
	assert_int_equal(fixture_int(&f, -1, "SELECT count(*) FROM member"), 2);
	/* The organizer of one is none of the other. */
	event(&f, (struct event){ .account = "olga", .room = "#poets", .text = ",admin" });
	assert_string_equal(last(&f)->word, "not-organizer");
	event(&f, (struct event){ .account = "paula", .room = "#poets", .text = ",admin" });
	assert_string_equal(last(&f)->word, "admin");
	fixture_done(&f);
}

static void groups__in_private__the_one_somebody_belongs_to(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	event(&f, (struct event){ .account = "ben", .room = "#poets", .text = ",intro I rhyme" });
	event(&f, (struct event){ .account = "ben", .direct = true, .text = "charter" });
	assert_non_null(strstr(last(&f)->markup, "Poets"));
	event(&f, (struct event){ .account = "paula", .direct = true, .text = "charter" });
	assert_non_null(strstr(last(&f)->markup, "Poets"));
	event(&f, (struct event){ .account = "stranger", .direct = true, .text = "charter" });
	assert_non_null(strstr(last(&f)->markup, "Makers"));
	/* Left, and still to be heard there. */
	event(&f, (struct event){ .account = "ben", .room = "#poets", .text = ",leave" });
	event(&f, (struct event){ .account = "ben", .direct = true, .text = "charter" });
	assert_non_null(strstr(last(&f)->markup, "Poets"));
	fixture_done(&f);
}

static void groups__same_event_text__makes_keys_of_their_own(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "ana", "!join");
	fixture_say(f, "ana", "!join");
	const struct fake_post *first = f->heard->pdata[0], *second = f->heard->pdata[1];
	assert_string_not_equal(first->post.key, second->post.key);
	assert_string_equal(first->post.markup, second->post.markup);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(who__may_what__is_the_tables_word),
		TEST(addressed__each_way__is_heard),
		TEST(answer__in_a_room__is_a_reply_there),
		TEST(answer__private_by_nature__leaves_the_room),
		TEST(name__of_who_speaks__is_the_members_or_made_clean),
		TEST(same_event__twice__is_answered_once),
		TEST(text__too_long__is_told_so),
		TEST(backlog__old__keeps_the_effect_and_drops_the_answer),
		TEST(clock__ahead_elsewhere__puts_nothing_into_the_future),
		TEST(chat__ordinary__costs_no_write),
		TEST(edit__chat_made_a_command__is_done),
		TEST(edit__command_made_chat__is_taken_back),
		TEST(vouch__name_seen_in_the_room__is_whom_it_means),
		TEST(room__of_nobody__is_passed_over),
		cmocka_unit_test(groups__several__each_room_has_its_own),
		cmocka_unit_test(groups__in_private__the_one_somebody_belongs_to),
		TEST(groups__same_event_text__makes_keys_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
