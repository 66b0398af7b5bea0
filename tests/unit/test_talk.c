#include "app/talk.h"
#include "clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct room {
	struct talk *talk;
	int64_t now_us;
	unsigned said;
	struct event last;
	char id[16];
};

static int set_up(void **state)
{
	struct room *r = g_new0(struct room, 1);

	r->talk = talk_new();
	r->now_us = CLOCK_US_PER_YEAR;
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct room *r = *state;

	talk_free(r->talk);
	g_free(r);
	return 0;
}

/* Somebody says it, a second later. */
static struct talk_line *say_to(struct room *r, const char *room, const char *who, const char *text,
				bool asks)
{
	r->now_us += CLOCK_US_PER_SECOND;
	g_snprintf(r->id, sizeof(r->id), "m%u", ++r->said);
	r->last = (struct event){
		.kind = EVENT_MESSAGE,
		.id = r->id,
		.network = "libera",
		.room = room,
		.account = *who == '~' ? NULL : who,
		.shown = who + (*who == '~'),
		.text = text,
		.at_us = r->now_us,
	};
	struct talk_line *line = talk_add(r->talk, &r->last, r->now_us);
	if (asks)
		talk_asks(line, text);
	return line;
}

static struct talk_line *say(struct room *r, const char *who, const char *text)
{
	return say_to(r, "#makers", who, text, false);
}

static struct talk_line *ask(struct room *r, const char *who, const char *text)
{
	return say_to(r, "#makers", who, text, true);
}

/* An advertisement, of a stranger or a member. */
static bool answers(struct room *r, const char *who, const char *text, bool member)
{
	struct talk_doubt doubt = { .member = member, .complete = true };
	struct talk_line *line = say(r, who, text);

	return talk_answers(r->talk, line, &r->last, text, &doubt);
}

static void assert_joined(struct room *r, struct talk_line *line, const char *want)
{
	g_autofree char *joined = talk_joined(r->talk, line);

	if (want)
		assert_string_equal(joined, want);
	else
		assert_null(joined);
}

static void talk_joined__lines_of_one_person__with_others_in_between(void **state)
{
	struct room *r = *state;

	assert_joined(r, say(r, "sam", "hello"), NULL);
	say(r, "ana", "hi sam");
	assert_joined(r, say(r, "sam", "I build websites"), "hello\nI build websites");
	assert_joined(r, say(r, "ana", "nice"), "hi sam\nnice");
	assert_joined(r, say_to(r, "#other", "sam", "from 49", false), NULL);
	assert_joined(r, say(r, "~sam", "from 49"), NULL);
}

static void talk_joined__after_a_pause__starts_anew(void **state)
{
	struct room *r = *state;

	say(r, "sam", "hello");
	r->now_us += 29 * CLOCK_US_PER_SECOND;
	assert_joined(r, say(r, "sam", "again"), "hello\nagain");
	r->now_us += 30 * CLOCK_US_PER_SECOND;
	assert_joined(r, say(r, "sam", "later"), NULL);
}

static void talk_joined__at_most_eight_lines(void **state)
{
	struct room *r = *state;

	say(r, "sam", "zero");
	for (int i = 0; i < 6; i++)
		say(r, "sam", "x");
	assert_joined(r, say(r, "sam", "seven"), "zero\nx\nx\nx\nx\nx\nx\nseven");
	assert_joined(r, say(r, "sam", "eight"), "x\nx\nx\nx\nx\nx\nseven\neight");
}

static void talk_judge__the_lines_of_a_pitch__belong_to_nothing_else(void **state)
{
	struct room *r = *state;

	say(r, "sam", "one");
	struct talk_line *two = say(r, "sam", "two");
	assert_null(talk_continued(r->talk, two));
	talk_judge(r->talk, two);
	struct talk_line *three = say(r, "sam", "three");
	assert_ptr_equal(talk_continued(r->talk, three), two);
	assert_joined(r, three, NULL);
	assert_null(talk_continued(r->talk, say(r, "ana", "three")));
	r->now_us += 31 * CLOCK_US_PER_SECOND;
	assert_null(talk_continued(r->talk, say(r, "sam", "four")));
}

static void talk_answers__what_makes_an_answer(void **state)
{
	static const struct {
		const char *who, *text;
		struct talk_doubt doubt;
		bool answers;
	} rows[] = {
		{ "ben", "ana: my course is half price", { false, true }, true },
		{ "ben", "@ana my course is half price", { false, true }, true },
		{ "ben", "anaconda my course is half price", { false, true }, false },
		/* About the same: a word, or two. */
		{ "ben", "the invoices I write with a spreadsheet", { false, false }, true },
		{ "ben", "my spreadsheet course is half price", { false, true }, false },
		{ "ben", "my invoice course is half price", { false, true }, false },
		{ "ben", "my invoice course is half price", { true, true }, true },
		{ "ben", "my invoice software is half price", { false, true }, true },
		/* The next thing said. */
		{ "ben", "my course is half price", { false, true }, false },
		{ "ben", "my course is half price", { false, false }, true },
		{ "ben", "my course is half price", { true, true }, true },
		{ "ana", "an invoice course of my own is half price", { true, false }, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		tear_down(state);
		set_up(state);
		struct room *r = *state;
		ask(r, "ana", "which software do you write an invoice with?");
		struct talk_line *line = say(r, rows[i].who, rows[i].text);
		if (talk_answers(r->talk, line, &r->last, rows[i].text, &rows[i].doubt) !=
		    rows[i].answers)
			fail_msg("row %zu", i);
	}
}

static void talk_answers__a_reply_to_the_question__whatever_it_says(void **state)
{
	struct room *r = *state;
	static const struct talk_doubt big = { .complete = true };
	g_autofree char *question = g_strdup(ask(r, "ana", "what now?")->id);

	struct talk_line *line = say(r, "ben", "my course is half price");
	assert_false(talk_answers(r->talk, line, &r->last, "my course", &big));
	r->last.reply_to = question;
	assert_true(talk_answers(r->talk, line, &r->last, "my course", &big));
}

static void talk_answers__the_next_thing_said__soon_and_no_whole_advertisement(void **state)
{
	static const struct talk_doubt little = { .complete = false };
	static const struct talk_doubt much = { .complete = true };
	struct room *r = *state;

	ask(r, "ana", "what do you do for fun?");
	say(r, "ana", "besides sleeping");
	struct talk_line *line = say(r, "ben", "my course is half price");
	assert_true(talk_answers(r->talk, line, &r->last, "my course", &little));
	assert_false(talk_answers(r->talk, line, &r->last, "my course", &much));
	line = say(r, "cleo", "and mine as well");
	assert_false(talk_answers(r->talk, line, &r->last, "and mine", &little));
	ask(r, "ana", "and on sundays?");
	r->now_us += 5 * CLOCK_US_PER_MINUTE;
	line = say(r, "ben", "my course is half price");
	assert_false(talk_answers(r->talk, line, &r->last, "my course", &little));
}

static void talk_answers__half_an_hour_later__the_question_is_over(void **state)
{
	struct room *r = *state;

	ask(r, "ana", "which software do you write an invoice with?");
	r->now_us += 30 * CLOCK_US_PER_MINUTE - 2 * CLOCK_US_PER_SECOND;
	assert_true(answers(r, "ben", "invoice software", false));
	r->now_us += 2 * CLOCK_US_PER_SECOND;
	assert_false(answers(r, "ben", "invoice software", false));
}

static void talk_find__until_it_is_an_hour_old(void **state)
{
	struct room *r = *state;
	g_autofree char *id = g_strdup(say(r, "ana", "hello")->id);

	r->now_us += CLOCK_US_PER_HOUR - 2 * CLOCK_US_PER_SECOND;
	say(r, "ben", "hello");
	assert_non_null(talk_find(r->talk, &r->last, id));
	r->last.room = "#other";
	assert_null(talk_find(r->talk, &r->last, id));
	r->now_us += 2 * CLOCK_US_PER_SECOND;
	say(r, "ben", "hello");
	assert_null(talk_find(r->talk, &r->last, id));
}

static void talk_add__a_flood__is_bounded(void **state)
{
	struct room *r = *state;
	g_autofree char *first = g_strdup(say(r, "ana", "hello")->id);

	for (int i = 0; i < 2000; i++) {
		r->now_us -= CLOCK_US_PER_SECOND;
		say(r, "ben", "hello");
	}
	assert_null(talk_find(r->talk, &r->last, first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(talk_joined__lines_of_one_person__with_others_in_between),
		TEST(talk_joined__after_a_pause__starts_anew),
		TEST(talk_joined__at_most_eight_lines),
		TEST(talk_judge__the_lines_of_a_pitch__belong_to_nothing_else),
		TEST(talk_answers__what_makes_an_answer),
		TEST(talk_answers__a_reply_to_the_question__whatever_it_says),
		TEST(talk_answers__the_next_thing_said__soon_and_no_whole_advertisement),
		TEST(talk_answers__half_an_hour_later__the_question_is_over),
		TEST(talk_find__until_it_is_an_hour_old),
		TEST(talk_add__a_flood__is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
