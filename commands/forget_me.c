#include "circle/entries.h"
#include "circle/people.h"
#include "circle/rounds.h"
#include "command.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	struct round r;

	if (!call->event->account) {
		command_reply(call, "not-identified", "name", call->name, NULL);
	} else if (!call->person) {
		command_reply(call, "mydata.nothing", "name", call->name, NULL);
	} else if (!people_asked_forget(c, call->person)) {
		people_ask_forget(c, call->person);
		command_reply(call, "forget.ask", "name", call->name, NULL);
	} else {
		people_forget(c, call->person);
		c->about = 0; /* nobody any more */
		if (rounds_current(c, &r))
			entries_redraw(c, &r, 0);
		command_reply(call, "forget.done", NULL);
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
