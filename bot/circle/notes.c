#include "circle/notes.h"

#include "circle/works.h"
#include "store/db.h"

/* Two who became one may have spoken about each other's work: that is no word from outside. */
#define BY_ANOTHER \
	" AND NOT EXISTS (SELECT 1 FROM work WHERE work.id = work_id AND maker_id = person_id)"

int64_t notes_add(struct circle *c, int64_t work, int64_t person, bool private, const char *text)
{
	db_run(c->db,
	       "INSERT INTO note(group_id, work_id, person_id, private, text, at_us)"
	       " VALUES(?, ?, ?, ?, ?, ?)",
	       "iiiiti", c->id, work, person, (int64_t) private, text, c->now_us);
	return db_last_id(c->db);
}

int64_t shares_add(struct circle *c, int64_t work, int64_t person, const char *place,
		   const char *because)
{
	db_run(c->db,
	       "INSERT INTO share(group_id, work_id, person_id, place, because, at_us)"
	       " VALUES(?, ?, ?, ?, ?, ?)",
	       "iiitti", c->id, work, person, place, because, c->now_us);
	return db_last_id(c->db);
}

int64_t thanks_add(struct circle *c, int64_t person, int64_t to, const char *text)
{
	db_run(c->db,
	       "INSERT INTO thanks(group_id, person_id, to_id, text, at_us) VALUES(?, ?, ?, ?, ?)",
	       "iiiti", c->id, person, to, text, c->now_us);
	return db_last_id(c->db);
}

int64_t stories_add(struct circle *c, int64_t work, int64_t person, const char *text)
{
	db_run(c->db,
	       "INSERT INTO story(group_id, work_id, person_id, text, at_us) VALUES(?, ?, ?, ?, ?)",
	       "iiiti", c->id, work, person, text, c->now_us);
	return db_last_id(c->db);
}

void said_free(void *data)
{
	struct said *said = data;

	if (!said)
		return;
	g_free(said->text);
	g_free(said->place);
	g_free(said);
}

/* Columns: person, text, place, time, id. */
static struct said *said_of(struct query *q)
{
	struct said *said = g_new0(struct said, 1);

	said->person = query_int(q, 0);
	said->text = g_strdup(query_text(q, 1));
	said->place = g_strdup(query_text(q, 2));
	said->at_us = query_int(q, 3);
	said->id = query_int(q, 4);
	return said;
}

static GPtrArray *all_of(struct query q)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(said_free);

	while (query_next(&q))
		g_ptr_array_add(list, said_of(&q));
	return list;
}

GPtrArray *notes_about(struct circle *c, int64_t work, int most)
{
	return all_of(db_query(c->db,
			       "SELECT person_id, text, NULL, at_us, id FROM note WHERE work_id = ?"
			       " AND NOT private ORDER BY at_us DESC, id DESC LIMIT ?",
			       "ii", work, (int64_t)most));
}

GPtrArray *shares_of(struct circle *c, int64_t work, int most)
{
	return all_of(
		db_query(c->db,
			 "SELECT person_id, because, place, at_us, id FROM share WHERE work_id = ?"
			 " ORDER BY at_us DESC, id DESC LIMIT ?",
			 "ii", work, (int64_t)most));
}

GPtrArray *stories_of(struct circle *c, int64_t work, int most)
{
	return all_of(
		db_query(c->db,
			 "SELECT person_id, text, NULL, at_us, id FROM story WHERE work_id = ?"
			 " ORDER BY at_us DESC, id DESC LIMIT ?",
			 "ii", work, (int64_t)most));
}

struct said *notes_for_recap(struct circle *c, int64_t work, int64_t reader, int64_t since_us)
{
	struct query q =
		db_query(c->db,
			 "SELECT person_id, text, NULL, at_us, id FROM note WHERE work_id = ?"
			 " AND NOT private AND at_us >= ?" BY_ANOTHER
			 " ORDER BY person_id = ? DESC, at_us, id",
			 "iii", work, since_us, reader);
	struct said *said = NULL;

	if (query_next(&q)) {
		said = said_of(&q);
		query_done(&q);
	}
	return said;
}

struct said *notes_in_recap(struct circle *c, int64_t work)
{
	struct query q = db_query(c->db,
				  "SELECT round.opened_at_us, coalesce(reader_id, 0) FROM entry"
				  " JOIN round ON round.id = round_id LEFT JOIN reading ON "
				  "reading.entry_id = entry.id"
				  " WHERE work_id = ? AND round.state IN ('closed', 'archived')"
				  " ORDER BY entry.id DESC",
				  "i", work);

	if (!query_next(&q))
		return NULL;
	int64_t opened_us = query_int(&q, 0), reader = query_int(&q, 1);
	query_done(&q);
	return notes_for_recap(c, work, reader, opened_us);
}

bool notes_any_since(struct circle *c, int64_t work, int64_t since_us)
{
	return db_int(c->db, 0, "SELECT 1 FROM note WHERE work_id = ? AND at_us >= ?" BY_ANOTHER,
		      "ii", work, since_us);
}

bool notes_by(struct circle *c, int64_t work, int64_t person)
{
	return db_int(c->db, 0, "SELECT 1 FROM note WHERE work_id = ? AND person_id = ?", "ii",
		      work, person);
}
