#include "arguments.h"

static void run(struct command_call *call)
{
	argument_absence(call, ABSENCE_AWAY, "away.kept");
}

const struct command command_away = {
	.name = "away",
	.usage = "away until WHEN",
	.summary =
		"You are not here until then: no reading, no reminders, nothing held against you.",
	.example = "away until 3 january",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
