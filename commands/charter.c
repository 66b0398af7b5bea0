#include "command.h"

static void run(struct command_call *call)
{
	const struct circle *c = call->circle;
	const char *own = c->group->charter;
	g_auto(GStrv) lines = own ? g_strsplit(own, "\n", -1) : NULL;
	struct draft d = draft_new(c);

	draft_say(&d, "charter", NULL);
	/* Ours is kept to what IRC says at once; a group's own has its own lines. */
	if (!own)
		draft_add(&d, "charter.default", NULL);
	for (char **line = lines; lines && *line; line++)
		if (*g_strstrip(*line))
			draft_say(&d, "charter.line", "line", *line, NULL);
	/* What the guard goes by is said whatever the group's own words are. */
	if (c->group->pitch.mode != CONFIG_PITCH_OFF) {
		draft_say(&d, "charter.welcome", NULL);
		draft_say(&d, "charter.not-here", NULL);
	}
	command_answer(call, &d);
}

const struct command command_charter = {
	.name = "charter",
	.usage = "charter",
	.summary = "What this group is for, and how we do things here.",
	.example = "charter",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
