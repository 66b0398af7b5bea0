#include "circle/passes.h"

#include "store/db.h"

int64_t passes_add(struct circle *c, int64_t person, int64_t work)
{
	if (passes_has(c, person, work))
		return 0;
	db_run(c->db, "INSERT INTO pass(group_id, person_id, work_id, at_us) VALUES(?, ?, ?, ?)",
	       "iiii", c->id, person, work, c->now_us);
	return db_last_id(c->db);
}

bool passes_has(struct circle *c, int64_t person, int64_t work)
{
	return db_int(c->db, 0, "SELECT 1 FROM pass WHERE person_id = ? AND work_id = ?", "ii",
		      person, work);
}
