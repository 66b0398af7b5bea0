#include "arguments.h"
#include "circle/entries.h"
#include "circle/rounds.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	struct draft d = draft_new(c);
	struct round r;

	if (!rounds_current(c, &r)) {
		struct round next;
		rounds_next(c, &next);
		g_autofree char *opens = rounds_when(c, next.opens_at_us);
		draft_say(&d, "list.no-round", "opens", opens, NULL);
		command_answer(call, &d);
		return;
	}
	g_autoptr(GArray) entries = entries_of(c, r.id);
	draft_say(&d, entries->len > 0 ? "list" : "list.empty", NULL);
	for (unsigned i = 0; i < entries->len; i++) {
		WORKS_AUTO struct work *w =
			works_by_id(c, g_array_index(entries, struct entry, i).work);
		g_autofree char *line = works_line(c, w);

		draft_item(&d, w->want ? "list.entry-want" : "list.entry", "=work", line, "want",
			   w->want ? w->want : "", NULL);
	}
	command_answer(call, &d);
}

const struct command command_list = {
	.name = "list",
	.usage = "list",
	.summary = "What is in this round.",
	.example = "list",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
