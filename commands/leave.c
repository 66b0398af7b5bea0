#include "circle/entries.h"
#include "circle/people.h"
#include "circle/rounds.h"
#include "command.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	struct round r;

	people_leave(c, call->person);
	command_reply(call, "left", "name", call->name, NULL);
	if (rounds_current(c, &r))
		entries_redraw(c, &r, call->person);
}

const struct command command_leave = {
	.name = "leave",
	.usage = "leave",
	.summary = "Leave the group; what you gave it stays until you say `forget me`.",
	.example = "leave",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
