#include "circle/mydata.h"
#include "arguments.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	struct draft d;

	if (!argument_identified(call))
		return;
	d = draft_new(c);
	if (call->person) {
		mydata_tell(c, call->person, &d);
	} else if (!mydata_tell_stranger(c, call->event, &d)) {
		draft_say(&d, "mydata.nothing", "name", call->name, NULL);
	}
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
