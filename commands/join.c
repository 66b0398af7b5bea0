#include "arguments.h"

static void run(struct command_call *call)
{
	if (!argument_identified(call))
		return;
	if (call->member)
		command_reply(call, "join.already", "name", call->name, NULL);
	else
		command_reply(call, "join", "name", call->name, NULL);
}

const struct command command_join = {
	.name = "join",
	.usage = "join",
	.summary = "How to join the group.",
	.example = "join",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
