#include "arguments.h"
#include "base/text/text.h"
#include "circle/rounds.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	int64_t for_us = 0;

	if (g_ascii_strcasecmp(call->args, "off") && text_duration(call->args, &for_us) < 0) {
		command_usage(call, "problem.duration", NULL);
		return;
	}
	circle_set_quiet(c, c->now_us + for_us);
	if (!for_us) {
		command_reply(call, "quiet.over", NULL);
		return;
	}
	g_autofree char *until = rounds_when(c, c->now_us + for_us);
	command_reply(call, "quiet.kept", "until", until, NULL);
}

const struct command command_admin_quiet = {
	.name = "admin quiet",
	.usage = "admin quiet DURATION|off",
	.summary = "For that long I speak only when spoken to.",
	.example = "admin quiet 2 hours",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_HERE,
	.run = run,
};
