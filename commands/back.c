#include "circle/absences.h"
#include "circle/entries.h"
#include "circle/rounds.h"
#include "command.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	struct round r;

	if (!absences_until(c, call->person, NULL)) {
		command_reply(call, "back.here", "name", call->name, NULL);
		return;
	}
	command_reply(call, "back.kept", "name", call->name, NULL);
	absences_end(c, call->person);
	if (rounds_current(c, &r))
		entries_redraw(c, &r, 0);
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
