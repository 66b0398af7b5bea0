#include "arguments.h"

static void run(struct command_call *call)
{
	argument_absence(call, ABSENCE_REST, "rest.kept");
}

const struct command command_rest = {
	.name = "rest",
	.usage = "rest until WHEN",
	.summary = "You have no room for asks until then; nobody needs to know why.",
	.example = "rest until friday",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
