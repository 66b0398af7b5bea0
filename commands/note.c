#include "arguments.h"
#include "circle/entries.h"
#include "circle/notes.h"
#include "circle/people.h"
#include "circle/records.h"

static void tell_maker(struct command_call *call, const struct work *w, const char *text)
{
	struct circle *c = call->circle;
	g_autofree char *what = works_short(c, w);
	struct draft d = draft_new(c);

	draft_say(&d, call->event->direct ? "note.told-private" : "note.told", "name", call->name,
		  "work", what, "note", text, NULL);
	voice_tell(c, w->maker, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	const char *rest;
	WORKS_AUTO struct work *w = argument_work(call, &rest);

	if (!w)
		return;
	if (w->maker == call->person) {
		command_reply(call, "note.own", "name", call->name, NULL);
		return;
	}
	g_autofree char *text = argument_text(call, rest, "problem.note");
	if (!text)
		return;
	bool private = call->event->direct;
	if (private && !people_joined(c, w->maker)) {
		command_reply(call, "note.maker-gone", "name", call->name, NULL);
		return;
	}
	int64_t row = notes_add(c, w->id, call->person, private, text);
	records_add(c, call->person, "note", row, 0);
	entries_noted(c, w->id, call->person);
	g_autofree char *maker = people_name(c, w->maker);
	argument_reply(call, w, private ? "note.kept-private" : "note.kept", "name", call->name,
		       "maker", maker, NULL);
	if (people_joined(c, w->maker))
		tell_maker(call, w, text);
}

const struct command command_note = {
	.name = "note",
	.usage = "note N TEXT",
	.summary = "Say something specific about somebody's work; in private to me it goes to its "
		   "maker alone.",
	.reply = "N",
	.example = "note 3 the second verse made me stop and read it again",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
