#include "circle/records.h"

#include "circle/absences.h"
#include "circle/works.h"
#include "store/db.h"

#include <string.h>

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

	if (!r->before || !db_run(c->db,
				  "UPDATE entry SET work_id = ?2 WHERE id = ?1"
				  " AND EXISTS (SELECT 1 FROM work WHERE id = ?2)",
				  "ii", r->row, r->before))
		db_run(c->db, "DELETE FROM entry WHERE id = ?", "i", r->row);
	if (c->editing)
		c->edited_work = work;
	else
		works_tidy(c, work);
}

static const struct {
	const char *kind;
	void (*undo)(struct circle *c, const struct record *r);
} kinds[] = {
	{ "note", undo_note },   { "share", undo_share },     { "thanks", undo_thanks },
	{ "story", undo_story }, { "absence", undo_absence }, { "entry", undo_entry },
	{ "vouch", undo_vouch },
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
	       "iitiiti", c->id, person, kind, row, before, c->cause, c->now_us);
}

static const char *undo(struct circle *c, const struct record *r)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].kind == r->kind)
			kinds[i].undo(c, r);
	db_run(c->db, "DELETE FROM record WHERE id = ?", "i", r->id);
	return r->kind;
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
	struct record r;

	if (!found(db_query(c->db,
			    "SELECT id, kind, row_id, before FROM record WHERE group_id = ?"
			    " AND person_id = ? AND at_us > ? ORDER BY at_us DESC, id DESC LIMIT 1",
			    "iii", c->id, person, c->now_us - RECORDS_LAST_US),
		   &r))
		return NULL;
	return undo(c, &r);
}

const char *records_undo_event(struct circle *c, int64_t person, const char *event)
{
	const char *kind = NULL;
	struct record r;

	while (found(
		db_query(c->db,
			 "SELECT id, kind, row_id, before FROM record WHERE group_id = ?"
			 " AND person_id = ? AND event = ? AND at_us > ? ORDER BY id DESC LIMIT 1",
			 "iiti", c->id, person, event, c->now_us - RECORDS_LAST_US),
		&r))
		kind = undo(c, &r);
	return kind;
}

void records_prune(struct circle *c)
{
	db_run(c->db, "DELETE FROM record WHERE group_id = ? AND at_us < ?", "ii", c->id,
	       c->now_us - RECORDS_LAST_US);
}
