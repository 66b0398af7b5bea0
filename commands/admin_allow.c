#include "arguments.h"
#include "base/text/text.h"
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/rounds.h"

#include <string.h>

/* "NAME DURATION": the first space behind which everything is a duration. */
static const char *duration_of(const char *text, int64_t *ret_us)
{
	for (const char *space = strchr(text, ' '); space; space = strchr(space + 1, ' '))
		if (text_duration(space + 1, ret_us) == 0)
			return space;
	return NULL;
}

static bool author_of(struct command_call *call, const char *name, struct pitches_author *ret)
{
	struct circle *c = call->circle;
	g_autofree char *fold = text_fold(name);
	const struct config_address *seen = g_hash_table_lookup(call->speakers, fold);
	int64_t person = people_named(c, name);

	if (person) {
		*ret = (struct pitches_author){ .person = person };
		return true;
	}
	if (!seen)
		return false;
	struct event e = { .network = seen->network, .account = seen->name, .shown = name };
	*ret = pitches_author(c, &e);
	return true;
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	PITCHES_AUTHOR_AUTO struct pitches_author a = { 0 };
	g_autofree char *typed = text_line(call->args);
	int64_t for_us = 0;
	const char *end = duration_of(typed, &for_us);

	if (!*typed) {
		command_usage(call, "problem.allow", NULL);
		return;
	}
	if (!end) {
		command_usage(call, "problem.duration", NULL);
		return;
	}
	g_autofree char *name = g_strndup(typed, (size_t)(end - typed));
	if (!author_of(call, name, &a)) {
		g_autofree char *clipped = text_clip(name, CIRCLE_NAME_MOST);
		command_usage(call, "problem.not-seen", "typed", clipped, NULL);
		return;
	}
	g_autofree char *called = a.person ? people_name(c, a.person) : g_strdup(name);
	g_autofree char *until = rounds_when(c, pitches_allow(c, &a, c->now_us + for_us));
	command_reply(call, "allow.kept", "name", called, "until", until, NULL);
}

const struct command command_admin_allow = {
	.name = "admin allow",
	.usage = "admin allow NAME DURATION",
	.summary = "For that long, whatever this person posts is welcome.",
	.example = "admin allow ben 7 days",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_HERE,
	.run = run,
};
