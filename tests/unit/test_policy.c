/* The table of pitch decisions, whole. Every combination of what the policy goes by is tried: the
 * first row that fits it says what must come out, and a row that fits none is a fault too. */
#include "pitch/policy.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/*
 * A cell is empty (anything), a name, or names with a space between: all of them must hold, and one
 * with '!' before it must not. "said" is any of the three reasons to say no more in the room.
 */
static const struct {
	const char *mode, *reading, *who, *context, *group, *history, *said;
	enum policy_action action;
	enum policy_why why;
	bool keep;
} table[] = {
	/* Nothing to judge. */
	{ "off", "", "", "", "", "", "", POLICY_IGNORE, POLICY_WHY_OFF, false },
	{ "", "ok", "", "", "", "", "", POLICY_IGNORE, POLICY_WHY_OK, false },
	/* Said in a way, or at a time, that makes it nobody's business. */
	{ "", "", "", "private", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "backlog", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "quiet", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "exempt", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "allowed", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "others-work", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "own-work", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "answer", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "launch", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	{ "", "", "", "continued", "", "", "", POLICY_IGNORE, POLICY_WHY_CONTEXT, false },
	/* Not sure enough to speak to anybody. */
	{ "gentle", "maybe", "", "", "", "", "", POLICY_IGNORE, POLICY_WHY_MAYBE, false },
	{ "observe", "maybe", "", "", "", "", "", POLICY_IGNORE, POLICY_WHY_MAYBE, true },
	/* Those who give, and those who are answered for. */
	{ "", "", "organizer", "", "", "", "", POLICY_IGNORE, POLICY_WHY_ORGANIZER, false },
	{ "", "", "giving", "", "", "!two-in-7", "", POLICY_IGNORE, POLICY_WHY_GIVING, true },
	{ "", "", "giving", "", "", "!nudged-today", "", POLICY_NUDGE, POLICY_WHY_OVERDONE, true },
	{ "", "", "giving", "", "", "nudged-today", "", POLICY_IGNORE, POLICY_WHY_OVERDONE, true },
	/* Members who have not given lately, and strangers who said who they are. */
	{ "", "", "member", "", "!gives", "", "", POLICY_IGNORE, POLICY_WHY_NOBODY_GIVES, false },
	{ "", "", "newcomer", "", "!gives", "", "", POLICY_IGNORE, POLICY_WHY_NOBODY_GIVES, false },
	{ "", "", "member", "", "", "open", "", POLICY_IGNORE, POLICY_WHY_HELD_ALREADY, true },
	{ "", "", "newcomer", "", "", "open", "", POLICY_IGNORE, POLICY_WHY_HELD_ALREADY, true },
	{ "", "", "member", "", "", "two-in-30", "", POLICY_HOLD, POLICY_WHY_THIRD, true },
	{ "", "", "newcomer", "", "", "two-in-30", "", POLICY_HOLD, POLICY_WHY_THIRD, true },
	{ "", "", "member", "", "", "!in-7", "", POLICY_NUDGE, POLICY_WHY_FIRST, true },
	{ "", "", "newcomer", "", "", "!in-7", "", POLICY_NUDGE, POLICY_WHY_FIRST, true },
	{ "", "", "member", "", "", "", "!said", POLICY_DECLINE, POLICY_WHY_AGAIN, true },
	{ "", "", "newcomer", "", "", "", "!said", POLICY_DECLINE, POLICY_WHY_AGAIN, true },
	/* Strangers. */
	{ "", "", "stranger", "", "", "held", "", POLICY_IGNORE, POLICY_WHY_HELD_ALREADY, true },
	{ "", "", "stranger", "", "", "answered", "", POLICY_HOLD, POLICY_WHY_AGAIN, true },
	{ "", "", "stranger", "", "", "", "!said", POLICY_DECLINE, POLICY_WHY_FIRST, true },
	/* A public line was due, and would have been one too many. */
	{ "", "", "", "", "", "", "!told", POLICY_HOLD, POLICY_WHY_SAID_ENOUGH, true },
	{ "", "", "", "", "", "", "told", POLICY_IGNORE, POLICY_WHY_SAID_ENOUGH, true },
};

static const char *const modes[] = { "gentle", "observe", "off" };
static const char *const readings[] = { "ok", "maybe", "pitch" };
static const char *const whos[] = { "stranger", "newcomer", "member", "giving", "organizer" };
static const char *const contexts[] = {
	"ordinary",    "private",  "backlog", "quiet",  "exempt",    "allowed",
	"others-work", "own-work", "answer",  "launch", "continued",
};

/* Everything that can be said of a case in words, for the cells; a bit set is a word that holds. */
enum {
	IN_7 = 1,
	TWO_IN_7 = 2,
	TWO_IN_30 = 4,
	ANSWERED = 8,
	HELD = 16,
	OPEN = 32,
	NUDGED_TODAY = 64,
	HISTORIES = 128,
};
enum { TO_PERSON = 1, ABOUT_TEXT = 2, PLACE_FULL = 4, TOLD = 8, SAIDS = 16 };

static bool possible(unsigned h)
{
	return !((h & NUDGED_TODAY) && !((h & IN_7) && (h & ANSWERED)));
}

static void set(struct policy_case *c, bool gives, unsigned h, unsigned s)
{
	c->anybody_giving = gives;
	c->history = (struct policy_history){
		.in_7_days = h & IN_7,
		.two_in_7_days = h & TWO_IN_7,
		.two_in_30_days = h & TWO_IN_30,
		.answered_in_30_days = h & ANSWERED,
		.held_in_30_days = h & HELD,
		.held_open = h & OPEN,
		.nudged_in_a_day = h & NUDGED_TODAY,
	};
	c->said = (struct policy_said){
		.to_person = s & TO_PERSON,
		.about_text = s & ABOUT_TEXT,
		.place_full = s & PLACE_FULL,
		.organizers = s & TOLD,
	};
}

static bool holds(const struct policy_case *c, const char *word)
{
	const struct {
		const char *word;
		bool holds;
	} words[] = {
		{ modes[c->mode], true },
		{ readings[c->reading], true },
		{ whos[c->who], true },
		{ contexts[c->context], true },
		{ "gives", c->anybody_giving },
		{ "in-7", c->history.in_7_days },
		{ "two-in-7", c->history.two_in_7_days },
		{ "two-in-30", c->history.two_in_30_days },
		{ "answered", c->history.answered_in_30_days },
		{ "held", c->history.held_in_30_days },
		{ "open", c->history.held_open },
		{ "nudged-today", c->history.nudged_in_a_day },
		{ "said", c->said.to_person || c->said.about_text || c->said.place_full },
		{ "told", c->said.organizers },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (!strcmp(words[i].word, word))
			return words[i].holds;
	return false;
}

static bool fits(const struct policy_case *c, const char *cell)
{
	if (!*cell)
		return true;
	return *cell == '!' ? !holds(c, cell + 1) : holds(c, cell);
}

static size_t row_for(const struct policy_case *c)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (fits(c, table[i].mode) && fits(c, table[i].reading) && fits(c, table[i].who) &&
		    fits(c, table[i].context) && fits(c, table[i].group) &&
		    fits(c, table[i].history) && fits(c, table[i].said))
			return i;
	fail_msg("no row for a case");
	return 0;
}

static void check(const struct policy_case *c, bool *used)
{
	struct policy_decision d = policy_decide(c);
	size_t row = row_for(c);

	used[row] = true;
	if (d.action != table[row].action || d.why != table[row].why || d.keep != table[row].keep ||
	    (d.keep && d.observed != (c->mode == CONFIG_PITCH_OBSERVE)))
		fail_msg("row %zu: %s %s %s %s: %s, for reason %d", row, modes[c->mode],
			 readings[c->reading], whos[c->who], contexts[c->context],
			 policy_action_name(d.action), d.why);
}

static void policy__every_combination__is_in_the_table(void **state)
{
	bool used[G_N_ELEMENTS(table)] = { false };
	struct policy_case c;

	for (c.mode = 0; c.mode < G_N_ELEMENTS(modes); c.mode++)
		for (c.reading = 0; c.reading < G_N_ELEMENTS(readings); c.reading++)
			for (c.who = 0; c.who < G_N_ELEMENTS(whos); c.who++)
				for (c.context = 0; c.context < G_N_ELEMENTS(contexts); c.context++)
					for (unsigned h = 0; h < HISTORIES; h++)
						for (unsigned s = 0; possible(h) && s < 2 * SAIDS;
						     s++) {
							set(&c, s & SAIDS, h, s);
							check(&c, used);
						}
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (!used[i])
			fail_msg("row %zu decides nothing", i);
}

static void policy__organizers_and_the_vouched_for__are_never_answered_in_the_room(void **state)
{
	struct policy_case c = { .mode = CONFIG_PITCH_GENTLE, .reading = READING_PITCH };

	for (unsigned h = 0; h < HISTORIES; h++)
		for (unsigned s = 0; s < 2 * SAIDS; s++) {
			set(&c, s & SAIDS, h, s);
			c.who = POLICY_ORGANIZER;
			assert_int_equal(policy_decide(&c).action, POLICY_IGNORE);
			c.who = POLICY_GIVING;
			assert_int_not_equal(policy_decide(&c).action, POLICY_DECLINE);
			assert_int_not_equal(policy_decide(&c).action, POLICY_HOLD);
		}
}

/* Nobody is turned away in silence: the organizers hear of a stranger only after the stranger was
 * told. */
static void policy__a_stranger__is_told_before_the_organizers_are(void **state)
{
	struct policy_case c = { .mode = CONFIG_PITCH_GENTLE,
				 .reading = READING_PITCH,
				 .who = POLICY_STRANGER };

	for (unsigned h = 0; h < HISTORIES; h++) {
		set(&c, true, h & ~(unsigned)(ANSWERED | HELD), 0);
		assert_int_equal(policy_decide(&c).action, POLICY_DECLINE);
	}
}

static void policy__names__are_what_the_store_keeps(void **state)
{
	assert_string_equal(policy_action_name(POLICY_IGNORE), "ignore");
	assert_string_equal(policy_action_name(POLICY_NUDGE), "nudge");
	assert_string_equal(policy_action_name(POLICY_DECLINE), "decline");
	assert_string_equal(policy_action_name(POLICY_HOLD), "hold");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy__every_combination__is_in_the_table),
		cmocka_unit_test(
			policy__organizers_and_the_vouched_for__are_never_answered_in_the_room),
		cmocka_unit_test(policy__a_stranger__is_told_before_the_organizers_are),
		cmocka_unit_test(policy__names__are_what_the_store_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
