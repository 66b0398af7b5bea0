#include "circle/records.h"
#include "command.h"

#include <string.h>

static void run(struct command_call *call)
{
	const char *kind = records_undo(call->circle, call->person);

	if (!kind) {
		command_reply(call, "undo.nothing", "name", call->name, NULL);
		return;
	}
	g_autofree char *what = g_strconcat("undone.", kind, NULL);
	struct draft d = draft_new(call->circle);
	draft_say(&d, "undone", "name", call->name, NULL);
	/* Which accounts are whose is for the two alone, and they are told. */
	if (strcmp(kind, "merge") != 0)
		draft_add(&d, what, NULL);
	command_answer(call, &d);
}

const struct command command_undo = {
	.name = "undo",
	.usage = "undo",
	.summary = "Take back the last thing you had me keep, within a day.",
	.mark = true,
	.example = "undo",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
