#include "arguments.h"
#include "circle/doors.h"
#include "circle/entries.h"
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/rounds.h"
#include "circle/standing.h"

static void answer(struct command_call *call, const char *done)
{
	const struct event *e = call->event;
	struct draft d = draft_new(call->circle);

	draft_say(&d, done, NULL);
	if (doors_traces(call->circle, e->network, e->account))
		draft_add(&d, "forget.tried", NULL);
	command_answer(call, &d);
}

static void forget(struct command_call *call)
{
	struct circle *c = call->circle;
	struct round r;

	people_forget(c, call->person);
	c->about = 0; /* nobody any more */
	answer(call, "forget.done");
	if (rounds_current(c, &r))
		entries_redraw(c, &r, 0);
}

/* Of somebody who never joined there are at most traces: of a vouch, of a message that read like a
 * pitch. Nothing to be asked about. */
static void forget_stranger(struct command_call *call)
{
	const struct event *e = call->event;
	struct circle *c = call->circle;
	PITCHES_AUTHOR_AUTO struct pitches_author a = pitches_author(c, e);

	if (!standing_stranger_vouched(c, e->network, e->account) && !pitches_traces(c, &a) &&
	    !doors_traces(c, e->network, e->account)) {
		command_reply(call, "mydata.nothing", "name", call->name, NULL);
		return;
	}
	standing_forget_stranger(c, e->network, e->account);
	pitches_forget(c, &a);
	doors_forget_stranger(c, e->network, e->account);
	answer(call, "forget.done-stranger");
}

static void run(struct command_call *call)
{
	if (call->circle->editing) /* mending a typo is not saying it again */
		return;
	if (!argument_identified(call))
		return;
	if (!call->person || !people_remembered(call->circle, call->person)) {
		forget_stranger(call);
	} else if (!people_asked_forget(call->circle, call->person)) {
		people_ask_forget(call->circle, call->person);
		command_reply(call, "forget.ask", "name", call->name, NULL);
	} else {
		forget(call);
	}
}

const struct command command_forget_me = {
	.name = "forget me",
	.usage = "forget me",
	.summary = "Erase everything I keep about you; say it twice within ten minutes.",
	.example = "forget me",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
