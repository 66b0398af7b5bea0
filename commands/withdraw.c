#include "arguments.h"
#include "circle/entries.h"
#include "circle/rounds.h"

/* The person's entry in this round or the one kept for the next; with a work only that of it. */
static bool find_entry(struct command_call *call, const struct work *w, struct entry *ret,
		       bool *ret_kept)
{
	struct round r;

	*ret_kept = false;
	if (rounds_current(call->circle, &r) &&
	    entries_of_person(call->circle, r.id, call->person, ret) && (!w || ret->work == w->id))
		return true;
	*ret_kept = true;
	return entries_of_person(call->circle, 0, call->person, ret) && (!w || ret->work == w->id);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	const char *rest;
	struct entry e;
	bool kept;
	WORKS_AUTO struct work *asked = NULL;

	if (*call->args && !(asked = argument_work(call, &rest)))
		return;
	if (!find_entry(call, asked, &e, &kept)) {
		command_usage(call, "problem.no-entry", NULL);
		return;
	}
	WORKS_AUTO struct work *w = works_by_id(c, e.work);
	g_autofree char *what = works_short(c, w);
	command_reply(call, kept ? "show.withdrawn-kept" : "show.withdrawn", "work", what, "name",
		      call->name, NULL);
	entries_withdraw(c, e.id);
	works_tidy(c, e.work);
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
