#include "circle/pitches.h"
#include "command.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	PITCHES_AUTHOR_AUTO struct pitches_author a = pitches_author(c, call->event);

	if (pitches_misread(c, &a))
		command_reply(call, "pitch.sorry", "name", call->name, NULL);
	else
		command_reply(call, "pitch.nothing", "name", call->name, NULL);
}

const struct command command_not_a_pitch = {
	.name = "not-a-pitch",
	.aliases = "notapitch",
	.usage = "not-a-pitch",
	.summary = "I misread your last message; I take your word for it at once.",
	.mark = true,
	.example = "not-a-pitch",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
