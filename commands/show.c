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
	works_change(c, same->id, s->untitled ? same->title : s->title, s->link,
		     want ? want : same->want);
	return same->id;
}

/* An edited message whose entry stands where it would stand now: the entry stays what it is, with
 * its time and its reader, and only shows what the message says now. */
static bool take_over(struct command_call *call, int64_t round, int64_t work)
{
	struct circle *c = call->circle;
	struct entry there;

	if (!c->edited_entry || !entries_of_person(c, round, call->person, &there) ||
	    there.id != c->edited_entry)
		return false;
	entries_change(c, there.id, work);
	if (work != c->edited_work)
		works_tidy(c, c->edited_work);
	c->edited_record = 0;
	return true;
}

static char *short_of(struct circle *c, int64_t work)
{
	WORKS_AUTO struct work *w = works_by_id(c, work);

	return works_short(c, w);
}

/* Shown after the close: it still belongs to the round, and the group is told. */
static void amend(struct circle *c, const struct round *r, int64_t work, const char *before)
{
	WORKS_AUTO struct work *w = works_by_id(c, work);
	g_autofree char *line = works_line(c, w);
	struct draft d = draft_new(c);

	rounds_unquiet(c, r);
	draft_say(&d, before ? "round.recap-instead" : "round.recap-amended", "=work", line,
		  "before", before ? before : "", NULL);
	voice_announce(c, &d, r->archives_at_us);
}

static void enter(struct command_call *call, int64_t work, const struct round *r)
{
	struct circle *c = call->circle;
	bool late = c->now_us >= r->closes_at_us;
	g_autofree char *what = short_of(c, work), *was = NULL;
	int64_t before = 0;

	if (take_over(call, r->id, work)) {
		command_reply(call, "show.entered", "work", what, "name", call->name, NULL);
		return;
	}
	int64_t entry = entries_show(c, r->id, work, call->person, late, &before);
	records_add(c, call->person, "entry", entry, before);
	if (before && before != work)
		was = short_of(c, before);
	if (was)
		command_reply(call, "show.replaced", "work", what, "before", was, "name",
			      call->name, NULL);
	else
		command_reply(call, late ? "show.late" : "show.entered", "work", what, "name",
			      call->name, NULL);
	if (r->state == ROUND_CLOSED)
		amend(c, r, work, was);
	if (r->state != ROUND_LAST_CALL && r->state != ROUND_CLOSED)
		return;
	if (was)
		entries_reread(c, r, entry, before);
	else
		entries_draw_readers(c, r, entry);
}

static void keep(struct command_call *call, int64_t work)
{
	struct circle *c = call->circle;
	g_autofree char *what = short_of(c, work), *was = NULL, *opens = NULL;
	struct round next;
	int64_t before = 0;

	rounds_next(c, &next);
	opens = rounds_when(c, next.opens_at_us);
	if (!take_over(call, 0, work)) {
		int64_t entry = entries_show(c, 0, work, call->person, false, &before);
		records_add(c, call->person, "entry", entry, before);
	}
	if (before && before != work)
		was = short_of(c, before);
	command_reply(call, was ? "show.kept-replaced" : "show.kept", "work", what, "opens", opens,
		      "name", call->name, "before", was ? was : "", NULL);
}

static void run(struct command_call *call)
{
	struct shown s = { NULL };
	struct round r;

	if (shown_read(call, &s)) {
		int64_t work = keep_work(call, &s);

		call->circle->work = work;
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
