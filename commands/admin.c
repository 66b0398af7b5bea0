#include "command.h"

static void run(struct command_call *call)
{
	g_autoptr(GStrvBuilder) usages = g_strv_builder_new();

	for (const struct command *const *command = commands; *command; command++)
		if ((*command)->who == COMMAND_ORGANIZER && *command != call->command)
			g_strv_builder_add(usages, (*command)->usage);
	g_auto(GStrv) all = g_strv_builder_end(usages);
	g_autofree char *list = g_strjoinv(", ", all);
	command_reply(call, "admin", "commands", list, NULL);
}

const struct command command_admin = {
	.name = "admin",
	.usage = "admin COMMAND",
	.summary = "What an organizer can ask of me.",
	.example = "admin round extend 1 day",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_HERE,
	.run = run,
};
