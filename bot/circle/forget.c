/* Forgetting: what people.h promises of `forget me` and of retention. */
#include "circle/people.h"

#include "circle/doors.h"
#include "circle/pitches.h"
#include "circle/rounds.h"
#include "store/db.h"
#include "store/outbox.h"

/* Works others spoke about stay as numbers without title or link, so that what was said about them
 * still stands somewhere; the rest go. */
static void forget_works(struct circle *c, int64_t person)
{
	db_run(c->db, "DELETE FROM entry WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db,
	       "DELETE FROM work WHERE group_id = ?1 AND maker_id = ?2"
	       " AND NOT EXISTS (SELECT 1 FROM note WHERE work_id = work.id)"
	       " AND NOT EXISTS (SELECT 1 FROM share WHERE work_id = work.id)"
	       " AND NOT EXISTS (SELECT 1 FROM story WHERE work_id = work.id)",
	       "ii", c->id, person);
	db_run(c->db,
	       "UPDATE work SET maker_id = NULL, title = '', link = NULL, want = NULL"
	       " WHERE group_id = ? AND maker_id = ?",
	       "ii", c->id, person);
}

static void forget_said(struct circle *c, int64_t person)
{
	db_run(c->db, "DELETE FROM note WHERE group_id = ? AND person_id = ?", "ii", c->id, person);
	db_run(c->db, "DELETE FROM share WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db, "DELETE FROM story WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db, "DELETE FROM thanks WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db, "UPDATE thanks SET to_id = NULL WHERE group_id = ? AND to_id = ?", "ii",
	       c->id, person);
	db_run(c->db, "DELETE FROM vouch WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db, "UPDATE vouch SET by_id = NULL WHERE group_id = ? AND by_id = ?", "ii", c->id,
	       person);
	db_run(c->db,
	       "DELETE FROM reading WHERE group_id = ?1 AND (reader_id = ?2 OR maker_id = ?2)",
	       "ii", c->id, person);
	db_run(c->db, "DELETE FROM absence WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db, "DELETE FROM record WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
}

static void forget_guarded(struct circle *c, int64_t person)
{
	struct pitches_author author = { .person = person };

	pitches_forget(c, &author);
	db_run(c->db, "DELETE FROM launch WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	/* What was said has had its slot of the week. */
	db_run(c->db,
	       "UPDATE promotion SET person_id = NULL WHERE group_id = ? AND person_id = ?"
	       " AND week IS NOT NULL",
	       "ii", c->id, person);
	db_run(c->db, "DELETE FROM promotion WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db, "DELETE FROM pass WHERE group_id = ? AND person_id = ?", "ii", c->id, person);
}

void people_forget(struct circle *c, int64_t person)
{
	doors_forget(c, person);
	forget_said(c, person);
	forget_guarded(c, person);
	forget_works(c, person);
	outbox_forget(c->outbox, person);
	db_run(c->db, "DELETE FROM member WHERE group_id = ? AND person_id = ?", "ii", c->id,
	       person);
	db_run(c->db,
	       "DELETE FROM person WHERE id = ?1 AND NOT EXISTS"
	       " (SELECT 1 FROM member WHERE person_id = ?1)",
	       "i", person);
	rounds_revise(c);
	db_scrub(c->db);
}

void people_retain(struct circle *c, int64_t retention_us)
{
	int64_t person;

	while ((person =
			db_int(c->db, 0,
			       "SELECT person_id FROM member WHERE group_id = ? AND left_at_us < ?",
			       "ii", c->id, c->now_us - retention_us)))
		people_forget(c, person);
}
