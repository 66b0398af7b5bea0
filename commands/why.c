#include "arguments.h"
#include "circle/absences.h"
#include "circle/launches.h"
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/standing.h"

static const char *standing_key(enum standing_reason reason)
{
	switch (reason) {
	case STANDING_NOTE:
		return "why.note";
	case STANDING_SHARE:
		return "why.share";
	case STANDING_THANKS:
		return "why.thanks";
	case STANDING_VOUCH:
		return "why.vouch";
	case STANDING_NOTHING:
		return "why.nothing";
	}
	g_assert_not_reached();
}

static const char *done_key(const struct pitches_case *last)
{
	switch (last->state) {
	case PITCHES_MISREAD:
		return "why.misread";
	case PITCHES_WELCOME:
		return "why.welcome";
	case PITCHES_OPEN:
	case PITCHES_CLOSED:
	case PITCHES_OVER:
	case PITCHES_WITHDRAWN:
		break;
	}
	switch (last->action) {
	case POLICY_IGNORE:
		return "why.ignored";
	case POLICY_NUDGE:
		/* Of somebody new it may have been the room that heard it. */
		return last->person ? "why.nudged" : "why.nudged-newcomer";
	case POLICY_DECLINE:
		return "why.declined";
	case POLICY_HOLD:
		return "why.held";
	}
	g_assert_not_reached();
}

/* Who they are to the gate. */
static void tell_standing(struct command_call *call, struct draft *d)
{
	struct circle *c = call->circle;
	const struct event *e = call->event;

	draft_say(d, "why", "name", call->name, NULL);
	if (call->organizer)
		draft_add(d, "why.organizer", NULL);
	else if (call->member)
		draft_add(d, standing_key(standing_reason(c, call->person)), NULL);
	else if (standing_reason(c, call->person) == STANDING_VOUCH ||
		 (e->account && standing_stranger_vouched(c, e->network, e->account)))
		draft_add(d, "why.vouch-stranger", NULL);
	else
		draft_add(d, "why.stranger", NULL);
}

static void tell_leave(struct command_call *call, struct draft *d, const struct pitches_author *a)
{
	struct circle *c = call->circle;
	int64_t allowed_us = pitches_allowed(c, a), from_us, until_us;

	if (allowed_us) {
		g_autofree char *until = argument_time(call, allowed_us);
		draft_add(d, "why.allowed", "until", until, NULL);
	}
	if (call->member && launches_next(c, call->person, &from_us, &until_us)) {
		g_autofree char *from = argument_until(call, from_us);
		g_autofree char *until = argument_until(call, until_us);
		draft_add(d, "why.launch", "from", from, "until", until, NULL);
	}
}

/* What the gate last saw, and what came of it. */
static void tell_last(struct command_call *call, struct draft *d, const struct pitches_author *a)
{
	struct circle *c = call->circle;
	struct pitches_case last;

	if (!pitches_latest(c, a, &last)) {
		draft_say(d, "why.rule", NULL);
		return;
	}
	g_autofree char *when = argument_time(call, last.at_us);
	g_autofree char *reasons = pitches_reasons(c, last.reasons);
	draft_say(d, "why.saw", "when", when, "reasons", reasons, NULL);
	draft_add(d, done_key(&last), NULL);
	if (last.state == PITCHES_OPEN && last.action != POLICY_IGNORE)
		draft_say(d, "why.object", NULL);
	pitches_case_done(&last);
}

static void run(struct command_call *call)
{
	PITCHES_AUTHOR_AUTO struct pitches_author a = pitches_author(call->circle, call->event);
	struct draft d = draft_new(call->circle);

	tell_standing(call, &d);
	tell_leave(call, &d, &a);
	tell_last(call, &d, &a);
	command_answer(call, &d);
}

const struct command command_why = {
	.name = "why",
	.usage = "why",
	.summary = "How I see you, in words, and what that rests on.",
	.example = "why",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
