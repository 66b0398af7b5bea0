#include "circle/absences.h"
#include "command.h"

static void run(struct command_call *call)
{
	bool was_absent = absences_end(call->circle, call->person);

	command_reply(call, was_absent ? "back.kept" : "back.here", "name", call->name, NULL);
}

const struct command command_back = {
	.name = "back",
	.usage = "back",
	.summary = "You are here again, earlier than you said.",
	.example = "back",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
