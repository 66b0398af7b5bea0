#include "arguments.h"
#include "base/text/text.h"
#include "circle/notes.h"
#include "circle/people.h"
#include "circle/records.h"

static void tell_maker(struct command_call *call, const struct work *w, const char *place,
		       const char *because)
{
	struct circle *c = call->circle;
	g_autofree char *what = works_short(c, w);
	struct draft d = draft_new(c);

	draft_say(&d, "share.told", "name", call->name, "work", what, "place", place, "because",
		  because, NULL);
	voice_tell(c, w->maker, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *before = NULL;
	const char *rest;
	WORKS_AUTO struct work *w = argument_work(call, &rest);

	if (!w)
		return;
	g_autofree char *maker = people_name(c, w->maker);
	if (w->maker == call->person) {
		command_reply(call, "share.own", "name", call->name, NULL);
		return;
	}
	const char *reason = argument_after(call, rest, "keyword.because", &before);
	g_autofree char *because = text_line(reason ? reason : "");
	if (!*because) {
		g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, w->number);
		command_reply(call, "share.because", "name", call->name, "number", number, "maker",
			      maker, NULL);
		return;
	}
	g_autofree char *place = argument_text(call, before, "problem.where");
	if (!place)
		return;
	if (text_length(because) > CIRCLE_TEXT_MOST) {
		command_reply(call, "too-long", NULL);
		return;
	}
	int64_t row = shares_add(c, w->id, call->person, place, because);
	records_add(c, call->person, "share", row, 0);
	argument_reply(call, w, "share.kept", "name", call->name, "maker", maker, NULL);
	if (people_joined(c, w->maker))
		tell_maker(call, w, place, because);
}

const struct command command_shared = {
	.name = "shared",
	.usage = "shared N WHERE because TEXT",
	.summary = "Tell the group where outside it you passed somebody's work on, and why.",
	.reply = "N",
	.example = "shared 3 my newsletter because it taught me to prune",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
