#include "arguments.h"
#include "circle/notes.h"
#include "circle/people.h"

enum { TOLD = 3 };

static void tell_notes(struct circle *c, struct draft *d, int64_t work)
{
	g_autoptr(GPtrArray) notes = notes_about(c, work, TOLD);

	for (unsigned i = 0; i < notes->len; i++) {
		const struct said *note = notes->pdata[i];
		g_autofree char *name = people_name(c, note->person);

		draft_item(d, "work.note", "name", name, "note", note->text, NULL);
	}
}

static void tell_shares(struct circle *c, struct draft *d, int64_t work)
{
	g_autoptr(GPtrArray) shares = shares_of(c, work, TOLD);

	for (unsigned i = 0; i < shares->len; i++) {
		const struct said *share = shares->pdata[i];
		g_autofree char *name = people_name(c, share->person);

		draft_item(d, "work.share", "name", name, "place", share->place, "because",
			   share->text, NULL);
	}
}

static void tell_stories(struct circle *c, struct draft *d, int64_t work)
{
	g_autoptr(GPtrArray) stories = stories_of(c, work, TOLD);

	for (unsigned i = 0; i < stories->len; i++) {
		const struct said *story = stories->pdata[i];
		g_autofree char *name = people_name(c, story->person);

		draft_item(d, "work.story", "name", name, "story", story->text, NULL);
	}
}

static void run(struct command_call *call)
{
	const char *rest;
	WORKS_AUTO struct work *w = argument_work(call, &rest);

	if (!w)
		return;
	g_autofree char *line = works_line(call->circle, w);
	struct draft d = draft_new(call->circle);
	draft_say(&d, "work", "=work", line, NULL);
	if (w->want)
		draft_add(&d, "work.want", "want", w->want, NULL);
	tell_notes(call->circle, &d, w->id);
	tell_shares(call->circle, &d, w->id);
	tell_stories(call->circle, &d, w->id);
	command_answer(call, &d);
}

const struct command command_work = {
	.name = "work",
	.usage = "work N",
	.summary = "A work: whose it is, what feedback is wanted, what was said about it, who "
		   "passed it on and why.",
	.example = "work 3",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
