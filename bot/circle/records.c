#include "circle/records.h"

#include "circle/absences.h"
#include "circle/doors.h"
#include "circle/entries.h"
#include "circle/rounds.h"
#include "circle/works.h"
#include "clock.h"
#include "store/db.h"
#include "store/outbox.h"

#include <string.h>

#define UNDO_LASTS_US CLOCK_US_PER_DAY
#define KEPT_US       (30 * CLOCK_US_PER_DAY)

struct record {
	int64_t id;
	int64_t row;
	int64_t before;
	const char *kind;
};

static void undo_note(struct circle *c, const struct record *r)
{
	db_run(c->db, "DELETE FROM note WHERE id = ?", "i", r->row);
}

static void undo_share(struct circle *c, const struct record *r)
{
	db_run(c->db, "DELETE FROM share WHERE id = ?", "i", r->row);
}

static void undo_thanks(struct circle *c, const struct record *r)
{
	db_run(c->db, "DELETE FROM thanks WHERE id = ?", "i", r->row);
}

static void undo_story(struct circle *c, const struct record *r)
{
	db_run(c->db, "DELETE FROM story WHERE id = ?", "i", r->row);
}

static void undo_vouch(struct circle *c, const struct record *r)
{
	db_run(c->db, "DELETE FROM vouch WHERE id = ?", "i", r->row);
}

static void undo_absence(struct circle *c, const struct record *r)
{
	int64_t person =
		db_int(c->db, 0, "SELECT person_id FROM absence WHERE id = ?", "i", r->row);

	db_run(c->db, "DELETE FROM absence WHERE id = ?", "i", r->row);
	if (person && !absences_until(c, person, NULL))
		absences_release(c, person);
}

static void undo_entry(struct circle *c, const struct record *r)
{
	int64_t work = db_int(c->db, 0, "SELECT work_id FROM entry WHERE id = ?", "i", r->row);
	bool there = db_int(c->db, 0, "SELECT 1 FROM work WHERE id = ?", "i", r->before);
	struct round round;

	if (!there) {
		entries_withdraw(c, r->row);
	} else if (work != r->before) {
		entries_change(c, r->row, r->before);
		if (rounds_current(c, &round) && round.state != ROUND_OPEN)
			entries_reread(c, &round, r->row, work);
	}
	works_tidy(c, work);
}

static void undo_launch(struct circle *c, const struct record *r)
{
	db_run(c->db, "DELETE FROM launch WHERE id = ?", "i", r->row);
}

static void undo_promotion(struct circle *c, const struct record *r)
{
	db_run(c->db, "DELETE FROM promotion WHERE id = ?", "i", r->row);
}

static void undo_pass(struct circle *c, const struct record *r)
{
	db_run(c->db, "DELETE FROM pass WHERE id = ?", "i", r->row);
}

static void undo_merge(struct circle *c, const struct record *r)
{
	doors_part(c, r->row);
}

static const struct {
	const char *kind;
	const char *there; /* whether the row still is: it may have been withdrawn, or gone with a
			      work */
	void (*undo)(struct circle *c, const struct record *r);
} kinds[] = {
	{ "note", "SELECT 1 FROM note WHERE id = ?", undo_note },
	{ "share", "SELECT 1 FROM share WHERE id = ?", undo_share },
	{ "thanks", "SELECT 1 FROM thanks WHERE id = ?", undo_thanks },
	{ "story", "SELECT 1 FROM story WHERE id = ?", undo_story },
	{ "absence", "SELECT 1 FROM absence WHERE id = ?", undo_absence },
	{ "entry", "SELECT 1 FROM entry WHERE id = ?", undo_entry },
	{ "vouch", "SELECT 1 FROM vouch WHERE id = ?", undo_vouch },
	{ "launch", "SELECT 1 FROM launch WHERE id = ?", undo_launch },
	/* What was said stays said. */
	{ "promotion", "SELECT 1 FROM promotion WHERE id = ? AND week IS NULL", undo_promotion },
	{ "pass", "SELECT 1 FROM pass WHERE id = ?", undo_pass },
	{ "merge", "SELECT 1 FROM merge WHERE id = ?", undo_merge },
};

static const char *known_kind(const char *kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].kind;
	return NULL;
}

void records_add(struct circle *c, int64_t person, const char *kind, int64_t row, int64_t before)
{
	g_assert(known_kind(kind));
	db_run(c->db,
	       "INSERT INTO record(group_id, person_id, kind, row_id, before, event, at_us)"
	       " VALUES(?, ?, ?, ?, nullif(?, 0), ?, ?)",
	       "iitiiti", c->id, person, kind, row, before, c->source, c->now_us);
}

/* Its kind, or NULL if there was nothing left to take back. */
static const char *undo(struct circle *c, const struct record *r)
{
	g_autofree char *event =
		db_text(c->db, "SELECT event FROM record WHERE id = ?", "i", r->id);
	const char *kind = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (kinds[i].kind != r->kind || !db_int(c->db, 0, kinds[i].there, "i", r->row))
			continue;
		outbox_recall(c->outbox, event);
		kinds[i].undo(c, r);
		kind = r->kind;
	}
	db_run(c->db, "DELETE FROM record WHERE id = ?", "i", r->id);
	return kind;
}

static bool found(struct query q, struct record *ret)
{
	if (!query_next(&q))
		return false;
	ret->id = query_int(&q, 0);
	ret->kind = known_kind(query_text(&q, 1));
	ret->row = query_int(&q, 2);
	ret->before = query_int(&q, 3);
	query_done(&q);
	return true;
}

const char *records_undo(struct circle *c, int64_t person)
{
	const char *kind = NULL;
	struct record r;

	while (!kind &&
	       found(db_query(c->db,
			      "SELECT id, kind, row_id, before FROM record WHERE group_id = ?"
			      " AND person_id = ? AND at_us > ? ORDER BY at_us DESC, id DESC LIMIT "
			      "1",
			      "iii", c->id, person, c->now_us - UNDO_LASTS_US),
		     &r))
		kind = undo(c, &r);
	return kind;
}

/* Whoever deletes a message with a code in it wants the code gone, not what it did. */
static bool next_of_event(struct circle *c, int64_t person, const char *event, struct record *ret)
{
	return found(db_query(c->db,
			      "SELECT id, kind, row_id, before FROM record WHERE group_id = ?"
			      " AND person_id = ? AND event = ? AND id <> ? AND at_us >= ?"
			      " AND kind <> 'merge'"
			      " ORDER BY id DESC LIMIT 1",
			      "iitii", c->id, person, event, c->edited_record, c->now_us - KEPT_US),
		     ret);
}

/* What an edited message did is kept for its command to take over, where one can do that. */
static bool note_edited(struct circle *c, const struct record *r)
{
	if (!c->editing || c->edited_record)
		return false;
	if (r->kind == known_kind("entry")) {
		c->edited_entry = r->row;
		c->edited_work =
			db_int(c->db, 0, "SELECT work_id FROM entry WHERE id = ?", "i", r->row);
	} else if (r->kind == known_kind("promotion")) {
		c->edited_promotion = r->row;
	} else {
		return false;
	}
	c->edited_record = r->id;
	return true;
}

const char *records_undo_event(struct circle *c, int64_t person, const char *event)
{
	const char *kind = NULL;
	struct record r;

	while (next_of_event(c, person, event, &r)) {
		const char *undone = note_edited(c, &r) ? r.kind : undo(c, &r);

		kind = undone ? undone : kind;
	}
	return kind;
}

bool records_undo_edited(struct circle *c)
{
	struct record r;

	return found(db_query(c->db, "SELECT id, kind, row_id, before FROM record WHERE id = ?",
			      "i", c->edited_record),
		     &r) &&
	       undo(c, &r);
}

bool records_of_event(struct circle *c, int64_t person, const char *event)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM record WHERE group_id = ? AND person_id = ? AND event = ?",
		      "iit", c->id, person, event);
}

int64_t records_work(struct circle *c, const char *event)
{
	return db_int(c->db, 0,
		      "SELECT coalesce("
		      " (SELECT work_id FROM entry WHERE kind = 'entry' AND id = row_id),"
		      " (SELECT work_id FROM note WHERE kind = 'note' AND id = row_id),"
		      " (SELECT work_id FROM share WHERE kind = 'share' AND id = row_id),"
		      " (SELECT work_id FROM story WHERE kind = 'story' AND id = row_id)) AS work"
		      " FROM record WHERE group_id = ? AND event = ? AND work IS NOT NULL"
		      " ORDER BY id DESC LIMIT 1",
		      "it", c->id, event);
}

int64_t records_author(struct circle *c, const char *event)
{
	return db_int(c->db, 0, "SELECT person_id FROM record WHERE group_id = ? AND event = ?",
		      "it", c->id, event);
}

int64_t records_thanked(struct circle *c, const char *event)
{
	return db_int(c->db, 0,
		      "SELECT to_id FROM record JOIN thanks ON thanks.id = row_id"
		      " WHERE record.group_id = ? AND kind = 'thanks' AND event = ?",
		      "it", c->id, event);
}

bool records_any(struct circle *c, int64_t person)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM record WHERE group_id = ? AND person_id = ? AND at_us >= ?",
		      "iii", c->id, person, c->now_us - KEPT_US);
}

void records_prune(struct circle *c)
{
	db_run(c->db, "DELETE FROM record WHERE group_id = ? AND at_us < ?", "ii", c->id,
	       c->now_us - KEPT_US);
}
