#include "arguments.h"
#include "circle/entries.h"
#include "circle/records.h"
#include "circle/rounds.h"
#include "shown.h"

static int64_t keep_work(struct command_call *call, const struct shown *s)
{
	struct circle *c = call->circle;
	WORKS_AUTO struct work *same = works_same(c, call->person, s->link, s->title);
	const char *want = s->want && *s->want ? s->want : NULL;

	if (!same && c->edited_work) {
		/* The message that showed it was edited: it keeps its number. */
		works_change(c, c->edited_work, s->title, s->link, want);
		return c->edited_work;
	}
	if (!same)
		return works_add(c, call->person, s->title, s->link, want);
	works_change(c, same->id, s->title, s->link, want ? want : same->want);
	return same->id;
}

/* Shown late: it still belongs to the round, and the recap says so. */
static void amend(struct command_call *call, const struct round *r, const char *line)
{
	struct draft d = draft_new(call->circle);

	rounds_unquiet(call->circle, r);
	draft_say(&d, "round.recap-amended", "=work", line, NULL);
	voice_announce(call->circle, &d, r->archives_at_us);
}

static void enter(struct command_call *call, int64_t work, const struct round *r)
{
	struct circle *c = call->circle;
	bool late = c->now_us >= r->closes_at_us;
	int64_t before = 0;
	int64_t entry = entries_show(c, r->id, work, call->person, late, &before);
	WORKS_AUTO struct work *w = works_by_id(c, work);
	g_autofree char *what = works_short(c, w), *line = works_line(c, w);

	records_add(c, call->person, "entry", entry, before);
	if (before && before != work) {
		WORKS_AUTO struct work *old = works_by_id(c, before);
		g_autofree char *was = works_short(c, old);
		command_reply(call, "show.replaced", "work", what, "before", was, "name",
			      call->name, NULL);
	} else {
		command_reply(call, late ? "show.late" : "show.entered", "work", what, "name",
			      call->name, NULL);
	}
	if (r->state == ROUND_CLOSED)
		amend(call, r, line);
	if (r->state == ROUND_LAST_CALL || r->state == ROUND_CLOSED)
		entries_draw_readers(c, r);
}

static void keep(struct command_call *call, int64_t work)
{
	struct circle *c = call->circle;
	WORKS_AUTO struct work *w = works_by_id(c, work);
	g_autofree char *what = works_short(c, w);
	struct round next;
	int64_t before = 0;
	int64_t entry = entries_show(c, 0, work, call->person, false, &before);

	records_add(c, call->person, "entry", entry, before);
	rounds_planned(c, &next);
	g_autofree char *opens = rounds_when(c, next.opens_at_us);
	command_reply(call, "show.kept", "work", what, "opens", opens, "name", call->name, NULL);
}

static void run(struct command_call *call)
{
	struct shown s = { NULL };
	struct round r;

	if (shown_read(call, &s)) {
		int64_t work = keep_work(call, &s);

		if (!s.next && rounds_current(call->circle, &r))
			enter(call, work, &r);
		else
			keep(call, work);
	}
	shown_done(&s);
}

const struct command command_show = {
	.name = "show",
	.aliases = "best",
	.usage = "show [--next] LINK|\"TITLE\" [TITLE] [want: TEXT]",
	.summary = "Show your best work in this round (or, with --next, in the coming one).",
	.example =
		"show https://example.org/almanac A garden almanac want: is the opening too slow?",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
