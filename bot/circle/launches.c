#include "circle/launches.h"

#include "store/db.h"

int64_t launches_add(struct circle *c, int64_t person, int64_t from_us, int64_t until_us)
{
	db_run(c->db, "DELETE FROM launch WHERE group_id = ? AND person_id = ? AND until_us > ?",
	       "iii", c->id, person, c->now_us);
	db_run(c->db,
	       "INSERT INTO launch(group_id, person_id, from_us, until_us) VALUES(?, ?, ?, ?)",
	       "iiii", c->id, person, from_us, until_us);
	return db_last_id(c->db);
}

bool launches_now(struct circle *c, int64_t person)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM launch WHERE group_id = ?1 AND person_id = ?2"
		      " AND from_us <= ?3 AND until_us > ?3",
		      "iii", c->id, person, c->now_us);
}

bool launches_next(struct circle *c, int64_t person, int64_t *ret_from_us, int64_t *ret_until_us)
{
	struct query q = db_query(c->db,
				  "SELECT from_us, until_us FROM launch WHERE group_id = ?"
				  " AND person_id = ? AND until_us > ? ORDER BY from_us",
				  "iii", c->id, person, c->now_us);

	if (!query_next(&q))
		return false;
	*ret_from_us = query_int(&q, 0);
	*ret_until_us = query_int(&q, 1);
	query_done(&q);
	return true;
}

void launches_prune(struct circle *c, int64_t before_us)
{
	db_run(c->db, "DELETE FROM launch WHERE group_id = ? AND until_us < ?", "ii", c->id,
	       before_us);
}
