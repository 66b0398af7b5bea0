#include "circle/people.h"
#include "command.h"

static void run(struct command_call *call)
{
	bool on = !g_ascii_strcasecmp(call->args, "on");

	if (!on && g_ascii_strcasecmp(call->args, "off")) {
		command_usage(call, "problem.on-off", NULL);
		return;
	}
	people_set_reminded(call->circle, call->person, on);
	command_reply(call, on ? "remind.on" : "remind.off", "name", call->name, NULL);
}

const struct command command_remind = {
	.name = "remind",
	.usage = "remind on|off",
	.summary = "Whether I tell you at last call, in private, that you have not shown anything "
		   "yet.",
	.example = "remind on",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
