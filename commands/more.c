#include "command.h"

/* The network that could not say everything at once has kept the rest. */
static void run(struct command_call *call)
{
	struct draft d = draft_new(call->circle);

	draft_say(&d, "more.none", NULL);
	voice_continue(call->circle, call->event, &d);
}

const struct command command_more = {
	.name = "more",
	.usage = "more",
	.summary = "The rest of what was too long to say at once.",
	.example = "more",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
