#include "base/text/text.h"
#include "command.h"

#include <string.h>

static bool offered(const struct command_call *call, const struct command *command)
{
	return command->who != COMMAND_ORGANIZER || call->organizer;
}

/* What there is where a network has replies, and where it has reactions. */
static void tell_reply(struct draft *d, const struct command *command)
{
	g_autofree char *what = g_ascii_strdown(command->reply, -1);
	g_autofree char *help = g_strconcat("help.reply.", what, NULL);

	draft_say(d, help, NULL);
}

static void tell_mark(struct draft *d, const struct command *command)
{
	g_autofree char *key = g_strconcat("reaction.", command->name, NULL);
	g_autofree char *help = g_strconcat("help.mark.", command->name, NULL);
	const char *marks = words_get(d->words, key);
	g_autofree char *mark = g_strndup(marks, strcspn(marks, "|"));

	draft_say(d, help, "mark", g_strstrip(mark), NULL);
}

static void explain(struct command_call *call, const char *name)
{
	unsigned length = 0;
	const struct command *command = command_find(name, &length);

	if (!command) {
		g_autofree char *typed = text_clip(name, 30);
		command_usage(call, "problem.no-command", "typed", typed, NULL);
		return;
	}
	struct draft d = draft_new(call->circle);
	draft_say(&d, "help.command", "usage", command->usage, "summary", command->summary, NULL);
	draft_add(&d, "help.example", "example", command->example, NULL);
	if (command->aliases)
		draft_add(&d, "help.alias", "alias", command->aliases, NULL);
	if (command->reply)
		tell_reply(&d, command);
	if (command->mark)
		tell_mark(&d, command);
	command_answer(call, &d);
}

static void run(struct command_call *call)
{
	g_autofree char *name = text_line(call->args);
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	struct draft d;

	if (*name) {
		explain(call, g_str_has_prefix(name, call->circle->group->prefix)
				      ? name + strlen(call->circle->group->prefix)
				      : name);
		return;
	}
	for (const struct command *const *command = commands; *command; command++)
		if (offered(call, *command))
			g_strv_builder_add(names, (*command)->name);
	g_auto(GStrv) all = g_strv_builder_end(names);
	g_autofree char *list = g_strjoinv(", ", all);
	d = draft_new(call->circle);
	draft_say(&d, "help", NULL);
	draft_say(&d, "help.all", "commands", list, NULL);
	if (!call->member)
		draft_say(&d, "help.join", NULL);
	command_answer(call, &d);
}

const struct command command_help = {
	.name = "help",
	.usage = "help [COMMAND]",
	.summary = "What you can say to me, or how one command works.",
	.example = "help show",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
