#include "command.h"

static void say_faults(struct command_call *call, char *faults)
{
	g_auto(GStrv) lines = g_strsplit(g_strchomp(faults), "\n", -1);
	g_autofree char *first = words_say_n(call->circle->words, "reload.first",
					     g_strv_length(lines), "first", lines[0], NULL);

	command_reply(call, "reload.faults", "=problem", first, NULL);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *faults = NULL;

	if (!c->reload)
		command_reply(call, "reload.none", NULL);
	else if (c->reload(c->host, &faults) < 0)
		say_faults(call, faults);
	else
		command_reply(call, "reload.done", NULL);
}

const struct command command_admin_reload = {
	.name = "admin reload",
	.usage = "admin reload",
	.summary = "Read the configuration again, and go by it from now on.",
	.example = "admin reload",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
