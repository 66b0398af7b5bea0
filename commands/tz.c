#include "arguments.h"
#include "base/text/text.h"
#include "circle/people.h"

static void run(struct command_call *call)
{
	g_autofree char *zone = text_line(call->args);

	if (!*zone) {
		command_usage(call, "problem.zone-missing", NULL);
		return;
	}
	if (people_set_zone(call->circle, call->person, zone) < 0) {
		g_autofree char *typed = text_clip(zone, 40);
		command_usage(call, "problem.zone", "typed", typed, NULL);
		return;
	}
	g_autofree char *now = argument_time(call, call->circle->now_us);
	command_reply(call, "tz.kept", "name", call->name, "now", now, NULL);
}

const struct command command_tz = {
	.name = "tz",
	.usage = "tz ZONE",
	.summary = "The time zone I understand and tell you times in.",
	.example = "tz Europe/Lisbon",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
