#include "circle/mydata.h"
#include "arguments.h"
#include "circle/standing.h"

static void run(struct command_call *call)
{
	const struct event *e = call->event;

	if (!argument_identified(call))
		return;
	if (!call->person && !standing_stranger_vouched(call->circle, e->network, e->account)) {
		command_reply(call, "mydata.nothing", "name", call->name, NULL);
		return;
	}
	struct draft d = draft_new(call->circle);
	mydata_tell(call->circle, call->person, &d);
	command_answer(call, &d);
}

const struct command command_mydata = {
	.name = "mydata",
	.usage = "mydata",
	.summary = "Everything I keep about you, in private.",
	.example = "mydata",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
