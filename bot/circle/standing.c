#include "circle/standing.h"

#include "circle/absences.h"
#include "circle/hashes.h"
#include "circle/people.h"
#include "clock.h"
#include "store/db.h"

#define STRANGERS_LAST_US (30 * CLOCK_US_PER_DAY)

/* Two who became one may have given to each other: that stays, and is no giving. */
#define TO_ANOTHER \
	" AND NOT EXISTS (SELECT 1 FROM work WHERE work.id = work_id AND maker_id = person_id)"

static const struct {
	enum standing_reason reason;
	const char *sql;
} givings[] = {
	{ STANDING_NOTE,
	  "SELECT 1 FROM note WHERE group_id = ? AND person_id = ? AND at_us >= ?" TO_ANOTHER },
	{ STANDING_SHARE,
	  "SELECT 1 FROM share WHERE group_id = ? AND person_id = ? AND at_us >= ?" TO_ANOTHER },
	{ STANDING_THANKS,
	  "SELECT 1 FROM thanks WHERE group_id = ? AND person_id = ? AND at_us >= ?"
	  " AND text IS NOT NULL AND to_id IS NOT person_id" },
};

enum standing_reason standing_reason(struct circle *c, int64_t person)
{
	if (!person)
		return STANDING_NOTHING;
	if (db_int(c->db, 0,
		   "SELECT 1 FROM vouch WHERE person_id = ? AND group_id = ?"
		   " AND by_id IS NOT person_id",
		   "ii", person, c->id))
		return STANDING_VOUCH;
	int64_t start_us = absences_back(c, person, c->group->pitch.giving_window_us);
	for (size_t i = 0; i < G_N_ELEMENTS(givings); i++)
		if (db_int(c->db, 0, givings[i].sql, "iii", c->id, person, start_us))
			return givings[i].reason;
	return STANDING_NOTHING;
}

bool standing_anybody_giving(struct circle *c)
{
	g_autoptr(GArray) members = people_members(c);

	for (unsigned i = 0; i < members->len; i++)
		if (standing_reason(c, g_array_index(members, int64_t, i)) != STANDING_NOTHING)
			return true;
	return false;
}

enum standing standing_of(struct circle *c, int64_t person)
{
	if (!person || !people_joined(c, person))
		return STANDING_STRANGER;
	return standing_reason(c, person) == STANDING_NOTHING ? STANDING_MEMBER : STANDING_GIVING;
}

int64_t standing_vouch(struct circle *c, int64_t person, const char *network, const char *account,
		       int64_t by)
{
	g_autofree char *stranger = person ? NULL : hashes_handle(c, network, account);

	if (db_int(c->db, 0,
		   "SELECT 1 FROM vouch WHERE group_id = ? AND (person_id = nullif(?, 0) OR "
		   "stranger = ?) AND (person_id IS NULL OR by_id IS NOT person_id)",
		   "iit", c->id, person, stranger))
		return 0;
	db_run(c->db,
	       "INSERT INTO vouch(group_id, person_id, stranger, by_id, at_us)"
	       " VALUES(?, nullif(?, 0), ?, nullif(?, 0), ?)",
	       "iitii", c->id, person, stranger, by, c->now_us);
	return db_last_id(c->db);
}

bool standing_stranger_vouched(struct circle *c, const char *network, const char *account)
{
	g_autofree char *stranger = hashes_handle(c, network, account);

	return db_int(c->db, 0, "SELECT 1 FROM vouch WHERE group_id = ? AND stranger = ?", "it",
		      c->id, stranger);
}

void standing_forget_stranger(struct circle *c, const char *network, const char *account)
{
	g_autofree char *stranger = hashes_handle(c, network, account);

	db_run(c->db, "DELETE FROM vouch WHERE group_id = ? AND stranger = ?", "it", c->id,
	       stranger);
}

void standing_joined(struct circle *c, int64_t person, const char *network, const char *account)
{
	g_autofree char *stranger = hashes_handle(c, network, account);

	db_run(c->db,
	       "UPDATE vouch SET person_id = ?, stranger = NULL WHERE group_id = ? AND stranger = "
	       "?",
	       "iit", person, c->id, stranger);
}

void standing_prune(struct circle *c)
{
	db_run(c->db, "DELETE FROM vouch WHERE group_id = ? AND stranger IS NOT NULL AND at_us < ?",
	       "ii", c->id, c->now_us - STRANGERS_LAST_US);
}
