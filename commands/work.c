#include "arguments.h"
#include "circle/notes.h"
#include "circle/people.h"

/* Of each kind: enough for everybody in a circle to have spoken. */
enum { TOLD = 8 };

static void tell_note(struct circle *c, struct draft *d, const struct said *note)
{
	g_autofree char *name = people_name(c, note->person);

	draft_item(d, "work.note", "name", name, "note", note->text, NULL);
}

/* The latest, and the one the recap showed. Each of these: whether there are more. */
static bool tell_notes(struct circle *c, struct draft *d, int64_t work)
{
	g_autoptr(GPtrArray) notes = notes_about(c, work, TOLD + 2);
	struct said *recap = notes_in_recap(c, work);
	unsigned told = MIN(notes->len, TOLD);

	for (unsigned i = 0; i < MIN(notes->len, TOLD); i++) {
		const struct said *note = notes->pdata[i];

		tell_note(c, d, note);
		if (recap && note->id == recap->id)
			g_clear_pointer(&recap, said_free);
	}
	if (recap) {
		tell_note(c, d, recap);
		told++;
	}
	said_free(recap);
	return notes->len > told;
}

static bool tell_shares(struct circle *c, struct draft *d, int64_t work)
{
	g_autoptr(GPtrArray) shares = shares_of(c, work, TOLD + 1);

	for (unsigned i = 0; i < MIN(shares->len, TOLD); i++) {
		const struct said *share = shares->pdata[i];
		g_autofree char *name = people_name(c, share->person);

		draft_item(d, "work.share", "name", name, "place", share->place, "because",
			   share->text, NULL);
	}
	return shares->len > TOLD;
}

static bool tell_stories(struct circle *c, struct draft *d, int64_t work)
{
	g_autoptr(GPtrArray) stories = stories_of(c, work, TOLD + 1);

	for (unsigned i = 0; i < MIN(stories->len, TOLD); i++) {
		const struct said *story = stories->pdata[i];
		g_autofree char *name = people_name(c, story->person);

		draft_item(d, "work.story", "name", name, "story", story->text, NULL);
	}
	return stories->len > TOLD;
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
	bool more = tell_notes(call->circle, &d, w->id);
	more |= tell_shares(call->circle, &d, w->id);
	more |= tell_stories(call->circle, &d, w->id);
	if (more)
		draft_item(&d, "work.more", NULL);
	command_answer(call, &d);
}

const struct command command_work = {
	.name = "work",
	.usage = "work N",
	.summary = "A work: whose it is, what feedback is wanted, what was said about it, who "
		   "passed it on and why.",
	.reply = "N",
	.mark = true,
	.example = "work 3",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
