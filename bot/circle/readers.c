/* Close readers: who may read what, the draw, and telling those drawn (entries.h). */
#include "circle/absences.h"
#include "circle/draw.h"
#include "circle/entries.h"
#include "circle/notes.h"
#include "circle/passes.h"
#include "circle/people.h"
#include "circle/rounds.h"
#include "circle/works.h"
#include "clock.h"
#include "store/db.h"
#include "store/outbox.h"

/* "Lately": about a season. */
#define LATELY_US (90 * CLOCK_US_PER_DAY)
/* Nobody is asked to read something in less. */
#define READING_LEAST_US (2 * CLOCK_US_PER_HOUR)

static unsigned read_before(struct circle *c, int64_t reader, int64_t maker)
{
	return (unsigned)db_int(c->db, 0,
				"SELECT count(*) FROM reading WHERE reader_id = ? AND group_id = ?"
				" AND maker_id = ?",
				"iii", reader, c->id, maker);
}

static unsigned read_lately(struct circle *c, int64_t reader)
{
	return (unsigned)db_int(c->db, 0,
				"SELECT count(*) FROM reading WHERE reader_id = ? AND group_id = ?"
				" AND drawn_at_us > ?",
				"iii", reader, c->id, c->now_us - LATELY_US);
}

/* Members who are here; whoever rests or is away is not asked. */
static GArray *candidates_of(struct circle *c)
{
	GArray *members = people_members(c);

	for (unsigned i = members->len; i-- > 0;)
		if (absences_until(c, g_array_index(members, int64_t, i), NULL))
			g_array_remove_index(members, i);
	return members;
}

/* The entries nobody reads yet and nobody has said anything about, of people who are still here. */
static GArray *unread_of(struct circle *c, const struct round *r, int64_t only)
{
	GArray *entries = entries_of(c, r->id);

	for (unsigned i = entries->len; i-- > 0;) {
		const struct entry *e = &g_array_index(entries, struct entry, i);

		if (e->reader || (only && e->id != only) || !people_joined(c, e->maker) ||
		    notes_any_since(c, e->work, r->opens_at_us))
			g_array_remove_index(entries, i);
	}
	return entries;
}

static void tell_reader(struct circle *c, const struct round *r, const struct entry *e,
			int64_t reader)
{
	WORKS_AUTO struct work *w = works_by_id(c, e->work);
	g_autofree char *line = works_line(c, w);
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, w->number);
	g_autofree char *zone_name = NULL;
	g_autoptr(GTimeZone) zone = people_zone(c, reader, &zone_name);
	int64_t until_us = r->closes_at_us > c->now_us ? r->closes_at_us : r->archives_at_us;

	/* What comes at the last moment is read as well as the rest. */
	if (until_us < c->now_us + READING_LEAST_US)
		until_us = c->now_us + CLOCK_US_PER_DAY;
	g_autofree char *until = words_time(c->words, until_us, zone, zone_name);
	int64_t about = c->about, work = c->work;
	struct draft d = draft_new(c);

	draft_say(&d, "round.reader", "=work", line, "until", until, NULL);
	if (w->want)
		draft_say(&d, "round.reader-want", "want", w->want, NULL);
	draft_say(&d, "round.reader-how", "number", number, NULL);
	c->about = e->maker;
	c->work = w->id;
	voice_tell(c, reader, &d, until_us);
	c->about = about;
	c->work = work;
}

static void assign(struct circle *c, const struct round *r, const struct entry *e, int64_t reader)
{
	db_run(c->db,
	       "INSERT INTO reading(entry_id, group_id, reader_id, maker_id, drawn_at_us)"
	       " VALUES(?, ?, ?, ?, ?)",
	       "iiiii", e->id, c->id, reader, e->maker, c->now_us);
	tell_reader(c, r, e, reader);
}

static struct draw_pair *pairs_of(struct circle *c, const GArray *entries, const GArray *candidates)
{
	struct draw_pair *pairs = g_new0(struct draw_pair, entries->len * candidates->len);

	for (unsigned i = 0; i < entries->len; i++) {
		const struct entry *e = &g_array_index(entries, struct entry, i);

		for (unsigned j = 0; j < candidates->len; j++) {
			int64_t candidate = g_array_index(candidates, int64_t, j);

			pairs[i * candidates->len + j] = (struct draw_pair){
				.may = candidate != e->maker && !passes_has(c, candidate, e->work),
				.before = read_before(c, candidate, e->maker),
			};
		}
	}
	return pairs;
}

void entries_draw_readers(struct circle *c, const struct round *r, int64_t only)
{
	if (!c->group->round.readers)
		return;
	g_autoptr(GArray) entries = unread_of(c, r, only);
	g_autoptr(GArray) candidates = candidates_of(c);
	if (entries->len == 0 || candidates->len == 0)
		return;
	g_autofree struct draw_pair *pairs = pairs_of(c, entries, candidates);
	g_autofree unsigned *lately = g_new(unsigned, candidates->len);
	g_autofree int *readers = g_new(int, entries->len);
	struct draw draw = { entries->len, candidates->len, pairs, lately };

	for (unsigned j = 0; j < candidates->len; j++)
		lately[j] = read_lately(c, g_array_index(candidates, int64_t, j));
	draw_readers(&draw, readers);
	for (unsigned i = 0; i < entries->len; i++)
		if (readers[i] != DRAW_NOBODY)
			assign(c, r, &g_array_index(entries, struct entry, i),
			       g_array_index(candidates, int64_t, readers[i]));
}

void entries_free_reader(struct circle *c, int64_t entry)
{
	int64_t reader =
		db_int(c->db, 0, "SELECT reader_id FROM reading WHERE entry_id = ?", "i", entry);
	WORKS_AUTO struct work *w = works_by_id(
		c, db_int(c->db, 0, "SELECT work_id FROM entry WHERE id = ?", "i", entry));
	struct draft d;

	if (!reader || !w)
		return;
	db_run(c->db, "DELETE FROM reading WHERE entry_id = ?", "i", entry);
	if (notes_by(c, w->id, reader))
		return;
	g_autofree char *what = works_short(c, w);
	d = draft_new(c);
	draft_say(&d, "round.reader-free", "work", what, NULL);
	voice_tell(c, reader, &d, c->now_us + CLOCK_US_PER_DAY);
}

void entries_noted(struct circle *c, int64_t work, int64_t person)
{
	struct query q = db_query(c->db,
				  "SELECT entry_id, reader_id, reading.maker_id FROM reading"
				  " JOIN entry ON entry.id = entry_id WHERE work_id = ?"
				  " AND reader_id <> ? ORDER BY entry_id DESC",
				  "ii", work, person);
	int64_t entry, reader, maker;

	if (!query_next(&q))
		return;
	entry = query_int(&q, 0);
	reader = query_int(&q, 1);
	maker = query_int(&q, 2);
	query_done(&q);
	if (outbox_withdraw(c->outbox, reader, maker, "round.reader"))
		db_run(c->db, "DELETE FROM reading WHERE entry_id = ?", "i", entry);
}

void entries_reread(struct circle *c, const struct round *r, int64_t entry, int64_t before)
{
	int64_t reader =
		db_int(c->db, 0, "SELECT reader_id FROM reading WHERE entry_id = ?", "i", entry);
	WORKS_AUTO struct work *w = works_by_id(
		c, db_int(c->db, 0, "SELECT work_id FROM entry WHERE id = ?", "i", entry));
	WORKS_AUTO struct work *old = works_by_id(c, before);

	if (!reader || notes_by(c, before, reader) || passes_has(c, reader, w->id)) {
		db_run(c->db, "DELETE FROM reading WHERE entry_id = ?", "i", entry);
		entries_draw_readers(c, r, entry);
		return;
	}
	g_autofree char *maker = people_name(c, w->maker), *line = works_line(c, w);
	g_autofree char *was = works_short(c, old);
	struct draft d = draft_new(c);
	draft_say(&d, "round.reader-instead", "maker", maker, "=work", line, "before", was, NULL);
	if (w->want)
		draft_say(&d, "round.reader-want", "want", w->want, NULL);
	int64_t work = c->work;
	c->work = w->id;
	voice_tell(c, reader, &d, MAX(r->closes_at_us, c->now_us + CLOCK_US_PER_DAY));
	c->work = work;
}

void entries_pass(struct circle *c, const struct round *r, int64_t person, int64_t work)
{
	int64_t entry = db_int(c->db, 0,
			       "SELECT entry_id FROM reading JOIN entry ON entry.id = entry_id"
			       " WHERE round_id = ? AND work_id = ? AND reader_id = ?",
			       "iii", r->id, work, person);

	if (!entry || notes_by(c, work, person))
		return;
	db_run(c->db, "DELETE FROM reading WHERE entry_id = ?", "i", entry);
	/* Once the recap is out, only what came late is still read. */
	if (c->now_us < r->closes_at_us ||
	    db_int(c->db, 0, "SELECT late FROM entry WHERE id = ?", "i", entry))
		entries_draw_readers(c, r, entry);
}

void entries_redraw(struct circle *c, const struct round *r, int64_t person)
{
	if (r->state != ROUND_LAST_CALL || c->now_us >= r->closes_at_us)
		return;
	/* What they have said a word about stays theirs. */
	db_run(c->db,
	       "DELETE FROM reading WHERE reader_id = ?1 AND entry_id IN"
	       " (SELECT id FROM entry WHERE round_id = ?2) AND NOT EXISTS"
	       " (SELECT 1 FROM note JOIN entry ON entry.work_id = note.work_id"
	       " WHERE entry.id = reading.entry_id AND note.person_id = ?1 AND note.at_us >= ?3)",
	       "iii", person, r->id, r->opens_at_us);
	entries_draw_readers(c, r, 0);
}
