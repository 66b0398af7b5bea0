#include "arguments.h"
#include "circle/launches.h"
#include "circle/people.h"
#include "circle/promotions.h"

static void tell_launch(struct command_call *call, struct draft *d)
{
	struct circle *c = call->circle;
	int64_t from_us, until_us;

	if (!launches_now(c, call->person) ||
	    !launches_next(c, call->person, &from_us, &until_us)) {
		draft_say(d, "check.no-launch", NULL);
		return;
	}
	g_autofree char *until = argument_until(call, until_us);
	draft_say(d, "check.launch", "until", until, NULL);
}

static void tell_absence(struct command_call *call, struct draft *d)
{
	enum absence_kind kind = ABSENCE_AWAY;
	int64_t until_us = absences_until(call->circle, call->person, &kind);

	if (!until_us) {
		draft_add(d, "check.here", NULL);
		return;
	}
	g_autofree char *until = argument_until(call, until_us);
	switch (kind) {
	case ABSENCE_AWAY:
		draft_add(d, "check.away", "until", until, NULL);
		break;
	case ABSENCE_REST:
		draft_add(d, "check.rest", "until", until, NULL);
		break;
	}
}

static void tell_week(struct command_call *call, struct draft *d)
{
	struct circle *c = call->circle;

	if (c->group->pitch.budget_per_week == 0)
		draft_add(d, "check.no-slots", NULL);
	else
		draft_add(d, promotions_full(c) ? "check.full" : "check.room", NULL);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	const char *rest;
	WORKS_AUTO struct work *w = argument_work(call, &rest);

	if (!w)
		return;
	if (w->maker == call->person) {
		command_reply(call, "check.own", "name", call->name, NULL);
		return;
	}
	g_autofree char *what = works_short(c, w), *maker = people_name(c, w->maker);
	struct draft d = draft_new(c);
	draft_say(&d, "check", "work", what, "name", call->name, NULL);
	tell_launch(call, &d);
	tell_absence(call, &d);
	tell_week(call, &d);
	draft_say(&d, "check.yours", "maker", maker, NULL);
	command_answer(call, &d);
}

const struct command command_check = {
	.name = "check",
	.usage = "check N",
	.summary = "Before you pass somebody's work on: what to ask yourself, and what I can "
		   "answer of it.",
	.reply = "N",
	.example = "check 3",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
