#include "arguments.h"
#include "circle/entries.h"
#include "circle/rounds.h"

/* The person's entry in this round, else the one kept for the next. */
static bool find_entry(struct command_call *call, struct entry *ret)
{
	struct round r;

	if (rounds_current(call->circle, &r) &&
	    entries_of_person(call->circle, r.id, call->person, ret))
		return true;
	return entries_of_person(call->circle, 0, call->person, ret);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	const char *rest;
	struct entry e;
	bool there = find_entry(call, &e);
	WORKS_AUTO struct work *asked = NULL;

	if (*call->args && !(asked = argument_work(call, &rest)))
		return;
	/* The number is there to be sure; it can only be one's own. */
	if (!there || (asked && asked->id != e.work)) {
		command_usage(call, "problem.no-entry", NULL);
		return;
	}
	WORKS_AUTO struct work *w = works_by_id(c, e.work);
	g_autofree char *what = works_short(c, w);
	entries_withdraw(c, e.id);
	works_tidy(c, e.work);
	command_reply(call, "show.withdrawn", "work", what, "name", call->name, NULL);
}

const struct command command_withdraw = {
	.name = "withdraw",
	.usage = "withdraw [N]",
	.summary = "Take your work out of the round again.",
	.example = "withdraw",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
