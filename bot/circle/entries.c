#include "circle/entries.h"

#include "store/db.h"

#define COLUMNS                                                                                \
	"SELECT entry.id, work_id, person_id, coalesce(reader_id, 0), shown_at_us, late FROM " \
	"entry"                                                                                \
	" LEFT JOIN reading ON reading.entry_id = entry.id "

static struct entry row_of(struct query *q)
{
	return (struct entry){
		.id = query_int(q, 0),
		.work = query_int(q, 1),
		.maker = query_int(q, 2),
		.reader = query_int(q, 3),
		.shown_at_us = query_int(q, 4),
		.late = query_int(q, 5),
	};
}

GArray *entries_of(struct circle *c, int64_t round)
{
	GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	struct query q =
		round ? db_query(c->db, COLUMNS "WHERE round_id = ? ORDER BY shown_at_us, entry.id",
				 "i", round)
		      : db_query(c->db,
				 COLUMNS "WHERE entry.group_id = ? AND round_id IS NULL"
					 " ORDER BY shown_at_us, entry.id",
				 "i", c->id);

	while (query_next(&q)) {
		struct entry e = row_of(&q);
		g_array_append_val(entries, e);
	}
	return entries;
}

bool entries_of_person(struct circle *c, int64_t round, int64_t person, struct entry *ret)
{
	struct query q =
		round ? db_query(c->db, COLUMNS "WHERE round_id = ? AND person_id = ?", "ii", round,
				 person)
		      : db_query(c->db,
				 COLUMNS
				 "WHERE entry.group_id = ? AND person_id = ? AND round_id IS NULL",
				 "ii", c->id, person);

	if (!query_next(&q))
		return false;
	if (ret)
		*ret = row_of(&q);
	query_done(&q);
	return true;
}

int64_t entries_show(struct circle *c, int64_t round, int64_t work, int64_t person, bool late,
		     int64_t *ret_before)
{
	struct entry there;

	if (entries_of_person(c, round, person, &there)) {
		*ret_before = there.work;
		db_run(c->db,
		       "UPDATE entry SET work_id = ?, shown_at_us = ?, late = ? WHERE id = ?",
		       "iiii", work, c->now_us, (int64_t)late, there.id);
		return there.id;
	}
	*ret_before = 0;
	db_run(c->db,
	       "INSERT INTO entry(group_id, round_id, work_id, person_id, shown_at_us, late)"
	       " VALUES(?, nullif(?, 0), ?, ?, ?, ?)",
	       "iiiiii", c->id, round, work, person, c->now_us, (int64_t)late);
	return db_last_id(c->db);
}

void entries_change(struct circle *c, int64_t entry, int64_t work)
{
	db_run(c->db, "UPDATE entry SET work_id = ? WHERE id = ?", "ii", work, entry);
}

void entries_withdraw(struct circle *c, int64_t entry)
{
	entries_free_reader(c, entry);
	db_run(c->db, "DELETE FROM entry WHERE id = ?", "i", entry);
}

void entries_open(struct circle *c, int64_t round)
{
	db_run(c->db,
	       "UPDATE entry SET round_id = ?1 WHERE group_id = ?2 AND round_id IS NULL"
	       " AND EXISTS (SELECT 1 FROM member WHERE member.group_id = ?2"
	       " AND member.person_id = entry.person_id AND left_at_us IS NULL)",
	       "ii", round, c->id);
}
