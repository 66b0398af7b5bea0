#include "arguments.h"
#include "circle/entries.h"
#include "circle/passes.h"
#include "circle/records.h"
#include "circle/rounds.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	struct round r;
	const char *rest;
	WORKS_AUTO struct work *w = argument_work(call, &rest);

	if (!w)
		return;
	if (w->maker == call->person) {
		command_reply(call, "pass.own", "name", call->name, NULL);
		return;
	}
	int64_t row = passes_add(c, call->person, w->id);
	if (row)
		records_add(c, call->person, "pass", row, 0);
	g_autofree char *what = works_short(c, w);
	command_reply(call, "pass.kept", "name", call->name, "work", what, NULL);
	if (rounds_current(c, &r))
		entries_pass(c, &r, call->person, w->id);
}

const struct command command_pass = {
	.name = "pass",
	.usage = "pass N",
	.summary = "Let a work pass: no reason needed, nobody hears of it, and I ask nothing more "
		   "of you about it.",
	.reply = "N",
	.example = "pass 3",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
