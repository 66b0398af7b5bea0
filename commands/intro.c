#include "arguments.h"
#include "base/text/text.h"
#include "circle/people.h"

#include <string.h>

/* "as NAME: TEXT"; false after having answered. */
static bool read_name(struct command_call *call, char **ret_name, const char **ret_text)
{
	unsigned length = words_keyword(call->circle->words, "keyword.as", call->args);
	const char *colon = length ? strchr(call->args, ':') : NULL;

	if (!colon) {
		*ret_text = call->args;
		return true;
	}
	g_autofree char *typed =
		g_strndup(call->args + length, (size_t)(colon - call->args) - length);
	g_autofree char *name = text_line(typed);
	if (!*name || text_length(name) > CIRCLE_NAME_MOST) {
		command_usage(call, "problem.name", NULL);
		return false;
	}
	*ret_name = g_steal_pointer(&name);
	*ret_text = colon + 1;
	return true;
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *name = NULL;
	const char *rest;
	bool new;

	if (!argument_identified(call))
		return;
	if (!read_name(call, &name, &rest))
		return;
	g_autofree char *text = argument_text(call, rest, "problem.intro");
	if (!text)
		return;
	int64_t person = people_join(c, call->event, name, text, &new);
	g_autofree char *called = people_name(c, person);
	command_reply(call, new ? "consent" : "intro.changed", "name", called, NULL);
	if (new)
		people_check_cap(c);
}

const struct command command_intro = {
	.name = "intro",
	.usage = "intro [as NAME:] TEXT",
	.summary = "Say hello and join the group, or change your introduction.",
	.example = "intro as Ana: I write about small gardens and fix old radios",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
