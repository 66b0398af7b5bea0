#include "circle/rounds_say.h"

#include "circle/absences.h"
#include "circle/entries.h"
#include "circle/notes.h"
#include "circle/people.h"
#include "circle/works.h"
#include "clock.h"

char *rounds_when(struct circle *c, int64_t at_us)
{
	return words_time(c->words, at_us, c->group->zone, c->group->timezone);
}

/* "#3 Title" of each entry, joined as people would say it. */
static char *titles_of(struct circle *c, const GArray *entries)
{
	g_autoptr(GStrvBuilder) titles = g_strv_builder_new();

	for (unsigned i = 0; i < entries->len; i++) {
		WORKS_AUTO struct work *w =
			works_by_id(c, g_array_index(entries, struct entry, i).work);
		g_autofree char *title = works_short(c, w);
		g_strv_builder_add(titles, title);
	}
	g_auto(GStrv) all = g_strv_builder_end(titles);
	return words_join(c->words, (const char *const *)all);
}

struct draft rounds_draft_open(struct circle *c, const struct round *r, bool late)
{
	g_autoptr(GArray) entries = entries_of(c, r->id);
	g_autofree char *closes = rounds_when(c, r->closes_at_us);
	const char *span = words_get(c->words, c->group->round.every_weeks > 1 ? "round.span"
									       : "round.span-week");
	struct draft d = draft_new(c);

	draft_say(&d, late ? "round.late-open" : "round.open", "span", span, "closes", closes,
		  NULL);
	if (entries->len > 0) {
		g_autofree char *titles = titles_of(c, entries);
		draft_say(&d, "round.open-kept", "works", titles, NULL);
	}
	return d;
}

void rounds_say_open(struct circle *c, const struct round *r, bool late)
{
	struct draft d = rounds_draft_open(c, r, late);

	voice_announce(c, &d,
		       r->last_call_at_us > c->now_us ? r->last_call_at_us : r->closes_at_us);
}

struct draft rounds_draft_last_call(struct circle *c, const struct round *r)
{
	g_autoptr(GArray) entries = entries_of(c, r->id);
	g_autofree char *closes = rounds_when(c, r->closes_at_us);
	struct draft d = draft_new(c);

	draft_say(&d, "round.last-call", "closes", closes, NULL);
	if (entries->len > 0) {
		g_autofree char *titles = titles_of(c, entries);
		draft_add(&d, "round.last-call-word", NULL);
		draft_say(&d, "round.last-call-shown", "works", titles, NULL);
	} else {
		draft_add(&d, "round.last-call-empty", NULL);
	}
	return d;
}

void rounds_say_last_call(struct circle *c, const struct round *r)
{
	struct draft d = rounds_draft_last_call(c, r);

	voice_announce(c, &d, r->closes_at_us);
}

void rounds_say_reminders(struct circle *c, const struct round *r)
{
	g_autoptr(GArray) members = people_members(c);

	for (unsigned i = 0; i < members->len; i++) {
		int64_t person = g_array_index(members, int64_t, i);

		if (!people_reminded(c, person) || absences_until(c, person, NULL) ||
		    entries_of_person(c, r->id, person, NULL))
			continue;
		g_autofree char *zone_name = NULL;
		g_autoptr(GTimeZone) zone = people_zone(c, person, &zone_name);
		g_autofree char *closes = words_time(c->words, r->closes_at_us, zone, zone_name);
		struct draft d = draft_new(c);
		draft_say(&d, "round.remind", "closes", closes, NULL);
		voice_tell(c, person, &d, r->closes_at_us);
	}
}

static void recap_entry(struct circle *c, const struct round *r, const struct entry *e,
			struct draft *d)
{
	WORKS_AUTO struct work *w = works_by_id(c, e->work);
	g_autofree char *line = works_line(c, w);
	struct said *note = notes_for_recap(c, e->work, e->reader, r->opens_at_us);

	if (note) {
		g_autofree char *name = people_name(c, note->person);
		draft_item(d, "round.recap-entry-note", "=work", line, "name", name, "note",
			   note->text, NULL);
	} else {
		draft_item(d, "round.recap-entry", "=work", line, NULL);
	}
	said_free(note);
}

/* Nothing if it follows at once: then the opening says so itself. */
static void say_next(struct circle *c, struct draft *d, const struct round *next, bool new_line)
{
	g_autofree char *opens = rounds_when(c, next->opens_at_us);

	if (next->opens_at_us <= c->run_us)
		return;
	if (new_line)
		draft_say(d, "round.next", "opens", opens, NULL);
	else
		draft_add(d, "round.next", "opens", opens, NULL);
}

static struct draft draft_quiet(struct circle *c, const struct round *next)
{
	struct draft d = draft_new(c);

	draft_say(&d, "round.quiet", NULL);
	say_next(c, &d, next, false);
	return d;
}

struct draft rounds_draft_recap(struct circle *c, const struct round *r, const GArray *entries,
				const struct round *next)
{
	if (entries->len == 0)
		return draft_quiet(c, next);
	struct draft d = draft_new(c);

	draft_say(&d, "round.recap", NULL);
	/* Somebody else comes first each week. */
	for (unsigned i = 0; i < entries->len; i++)
		recap_entry(c, r,
			    &g_array_index(entries, struct entry, (i + r->day / 7) % entries->len),
			    &d);
	say_next(c, &d, next, true);
	return d;
}

void rounds_say_recap(struct circle *c, const struct round *r, const GArray *entries,
		      const struct round *next)
{
	struct draft d = rounds_draft_recap(c, r, entries, next);
	/* Back only after the archive, people still want to see what there was. */
	int64_t expires_us = MAX(r->archives_at_us, next->opens_at_us);
	int64_t quiet_us = circle_quiet_until(c);

	/* And it is no less worth saying for having been held back. */
	if (quiet_us > r->closes_at_us)
		expires_us = MAX(expires_us, quiet_us + CLOCK_US_PER_DAY);
	voice_announce(c, &d, expires_us);
}

void rounds_say_quiet(struct circle *c, const struct round *r, const struct round *next, bool again)
{
	struct draft d = draft_quiet(c, next);

	voice_announce(c, &d, r->archives_at_us);
	if (!again)
		return;
	d = draft_new(c);
	draft_say(&d, "round.quiet-twice", NULL);
	if (c->group->round.every_weeks == 1)
		draft_add(&d, "round.quiet-pace", NULL);
	voice_organizers(c, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

void rounds_say_skipped(struct circle *c, const struct round *skipped, enum rounds_skipped why)
{
	g_autofree char *day = words_date(c->words, skipped->opens_at_us, c->group->zone);
	struct round next;
	struct draft d = draft_new(c);

	draft_say(&d, "round.skipped", "day", day, NULL);
	rounds_next(c, &next);
	switch (why) {
	case ROUNDS_SKIPPED_HOLIDAY:
		draft_add(&d, "round.skipped-holiday", NULL);
		break;
	case ROUNDS_SKIPPED_MISSED:
		draft_add(&d, "round.skipped-missed", NULL);
		break;
	case ROUNDS_SKIPPED_OVER:
		draft_add(&d, "round.skipped-over", NULL);
		break;
	case ROUNDS_SKIPPED_ASKED:
		break;
	}
	say_next(c, &d, &next, false);
	voice_announce(c, &d, next.opens_at_us);
}
