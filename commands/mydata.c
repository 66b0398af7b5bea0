#include "circle/mydata.h"
#include "command.h"

static void run(struct command_call *call)
{
	struct draft d = draft_new(call->circle);

	if (!call->person) {
		command_reply(call, "mydata.nothing", "name", call->name, NULL);
		g_string_free(d.markup, TRUE);
		return;
	}
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
