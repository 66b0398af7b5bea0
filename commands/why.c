#include "arguments.h"
#include "circle/standing.h"

static const char *reason_key(enum standing_reason reason)
{
	switch (reason) {
	case STANDING_NOTE:
		return "why.note";
	case STANDING_SHARE:
		return "why.share";
	case STANDING_THANKS:
		return "why.thanks";
	case STANDING_VOUCH:
		return "why.vouch";
	case STANDING_NOTHING:
		return "why.nothing";
	}
	g_assert_not_reached();
}

static void run(struct command_call *call)
{
	if (!argument_identified(call))
		return;
	struct circle *c = call->circle;
	struct draft d = draft_new(c);

	draft_say(&d, "why", "name", call->name, NULL);
	if (!call->member)
		draft_add(&d, "why.stranger", NULL);
	else
		draft_add(&d, reason_key(standing_reason(c, call->person)), NULL);
	draft_say(&d, "why.rule", NULL);
	command_answer(call, &d);
}

const struct command command_why = {
	.name = "why",
	.usage = "why",
	.summary = "How I see you, in words, and what that rests on.",
	.example = "why",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
