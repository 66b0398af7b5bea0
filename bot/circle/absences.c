#include "circle/absences.h"

#include "clock.h"
#include "store/db.h"
#include "store/outbox.h"

#include <string.h>

int64_t absences_add(struct circle *c, int64_t person, enum absence_kind kind, int64_t from_us,
		     int64_t until_us)
{
	/* What overlaps is cut short rather than deleted: the giving window leaves out that time
	 * too. What was planned for later stays. */
	db_run(c->db,
	       "UPDATE absence SET until_us = max(from_us, ?3) WHERE group_id = ?1 AND person_id = "
	       "?2"
	       " AND until_us > ?3 AND from_us <= ?3",
	       "iii", c->id, person, from_us);
	db_run(c->db,
	       "UPDATE absence SET from_us = min(until_us, ?4) WHERE group_id = ?1 AND person_id = "
	       "?2"
	       " AND from_us > ?3 AND from_us < ?4",
	       "iiii", c->id, person, from_us, until_us);
	db_run(c->db,
	       "INSERT INTO absence(group_id, person_id, kind, from_us, until_us) VALUES(?, ?, ?, "
	       "?, "
	       "?)",
	       "iitii", c->id, person, kind == ABSENCE_AWAY ? "away" : "rest", from_us, until_us);
	int64_t row = db_last_id(c->db);
	int64_t here_us = absences_until(c, person, NULL);
	if (here_us)
		outbox_wait(c->outbox, person, here_us);
	return row;
}

bool absences_end(struct circle *c, int64_t person)
{
	if (!absences_until(c, person, NULL))
		return false;
	db_run(c->db,
	       "UPDATE absence SET until_us = ?3 WHERE group_id = ?1 AND person_id = ?2"
	       " AND from_us <= ?3 AND until_us > ?3",
	       "iii", c->id, person, c->now_us);
	absences_release(c, person);
	return true;
}

void absences_release(struct circle *c, int64_t person)
{
	outbox_wait(c->outbox, person, c->now_us);
}

/* The end of an absence that is on at `until_us`; of one that begins as another ends, and so on. */
static int64_t chain_end(struct circle *c, int64_t person, int64_t until_us)
{
	int64_t next_us;

	while ((next_us = db_int(c->db, 0,
				 "SELECT max(until_us) FROM absence WHERE group_id = ?1"
				 " AND person_id = ?2 AND from_us <= ?3 AND until_us > ?3",
				 "iii", c->id, person, until_us + CLOCK_US_PER_SECOND)))
		until_us = next_us;
	return until_us;
}

int64_t absences_until(struct circle *c, int64_t person, enum absence_kind *ret_kind)
{
	struct query q = db_query(c->db,
				  "SELECT until_us, kind FROM absence WHERE group_id = ?1"
				  " AND person_id = ?2 AND from_us <= ?3 AND until_us > ?3"
				  " ORDER BY until_us DESC",
				  "iii", c->id, person, c->now_us);
	int64_t until_us = 0;

	if (query_next(&q)) {
		until_us = query_int(&q, 0);
		if (ret_kind)
			*ret_kind = strcmp(query_text(&q, 1), "away") ? ABSENCE_REST : ABSENCE_AWAY;
		query_done(&q);
	}
	return until_us ? chain_end(c, person, until_us) : 0;
}

int64_t absences_back(struct circle *c, int64_t person, int64_t here_us)
{
	/* A new absence cuts the old one short; only those of two who became one overlap. */
	struct query q = db_query(c->db,
				  "SELECT from_us, until_us FROM absence WHERE group_id = ?"
				  " AND person_id = ? AND from_us < ? ORDER BY until_us DESC",
				  "iii", c->id, person, c->now_us);
	int64_t at_us = c->now_us;

	while (query_next(&q)) {
		int64_t back_us = at_us - MIN(query_int(&q, 1), at_us);

		if (back_us >= here_us) {
			query_done(&q);
			break;
		}
		here_us -= back_us;
		at_us = MIN(at_us, query_int(&q, 0));
	}
	return at_us - here_us;
}

void absences_prune(struct circle *c, int64_t before_us)
{
	db_run(c->db, "DELETE FROM absence WHERE group_id = ? AND until_us < ?", "ii", c->id,
	       before_us);
}
