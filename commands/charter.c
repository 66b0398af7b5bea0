#include "command.h"

static void run(struct command_call *call)
{
	const struct circle *c = call->circle;
	const char *own = c->group->charter;
	g_auto(GStrv) lines =
		g_strsplit(own ? own : words_get(c->words, "charter.default"), "\n", -1);
	struct draft d = draft_new(c);

	draft_say(&d, "charter", NULL);
	for (char **line = lines; *line; line++)
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
