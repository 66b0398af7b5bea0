#include "arguments.h"
#include "clock.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *text = argument_text(call, call->args, "problem.announce");

	if (!text)
		return;
	struct draft d = draft_new(c);
	draft_say(&d, "announce", "name", call->name, "text", text, NULL);
	voice_announce(c, &d, c->now_us + CLOCK_US_PER_DAY);
	if (call->event->direct)
		command_reply(call, "announced", NULL);
}

const struct command command_admin_announce = {
	.name = "admin announce",
	.usage = "admin announce TEXT",
	.summary = "Say something to the whole group, in all its places.",
	.example = "admin announce we meet in person on the 12th",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_HERE,
	.run = run,
};
