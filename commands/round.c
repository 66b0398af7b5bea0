#include "circle/rounds.h"
#include "command.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	struct draft d = draft_new(c);
	struct round r, next;
	bool current = rounds_current(c, &r);

	rounds_next(c, &next);
	g_autofree char *opens = rounds_when(c, next.opens_at_us);
	if (current) {
		g_autofree char *last_call = rounds_when(c, r.last_call_at_us);
		g_autofree char *closes = rounds_when(c, r.closes_at_us);
		g_autofree char *archives = rounds_when(c, r.archives_at_us);

		/* By the clock: while the group has asked for quiet a step may be still to come. */
		if (r.state == ROUND_CLOSED || c->now_us >= r.closes_at_us)
			draft_say(&d, "round.state-closed", "archives", archives, NULL);
		else if (r.state == ROUND_LAST_CALL || c->now_us >= r.last_call_at_us ||
			 r.last_call_at_us >= r.closes_at_us)
			draft_say(&d, "round.state-last-call", "closes", closes, NULL);
		else
			draft_say(&d, "round.state-open", "last_call", last_call, "closes", closes,
				  NULL);
		draft_add(&d, "round.next", "opens", opens, NULL);
	} else {
		draft_say(&d, "round.state-none", "opens", opens, NULL);
	}
	command_answer(call, &d);
}

const struct command command_round = {
	.name = "round",
	.usage = "round",
	.summary = "Where the round stands, and when the next one opens.",
	.example = "round",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
