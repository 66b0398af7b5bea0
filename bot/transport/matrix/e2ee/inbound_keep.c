#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/inbound.h"
#include "transport/matrix/e2ee/inbound_private.h"

/* A client that speaks begins a session at least once a week where the room does not say otherwise;
 * its last one may be in use however long it was silent. */
#define USED_US     (90 * CLOCK_US_PER_DAY)
#define LAST_US     (400 * CLOCK_US_PER_DAY)
#define UNUSED_US   (60 * CLOCK_US_PER_DAY)
#define WITHHELD_US (30 * CLOCK_US_PER_DAY)

/* What is beyond goes: the oldest, of whoever has most. */
enum {
	A_SENDER_MOST = 2000, /* sessions of somebody's in all rooms */
	UNUSED_MOST = 5000,   /* of everybody's, those that nothing was read with */
	WITHHELD_A_SENDER_MOST = 100,
	WITHHELD_MOST = 2000,
};

void inbound_keep_within(struct inbound *in, const char *room, const char *sender)
{
	struct db *db = in->env.db;
	const char *network = in->env.network;

	db_run(db,
	       "DELETE FROM e2ee_inbound WHERE id = (SELECT id FROM e2ee_inbound"
	       " WHERE network = ?1 AND sender = ?2 AND room = ?3 ORDER BY at_us, id LIMIT 1)"
	       " AND (SELECT count(*) FROM e2ee_inbound"
	       " WHERE network = ?1 AND sender = ?2 AND room = ?3) > ?4",
	       "ttti", network, sender, room, (int64_t)INBOUND_SESSIONS_MOST);
	db_run(db,
	       "DELETE FROM e2ee_inbound WHERE id = (SELECT id FROM e2ee_inbound"
	       " WHERE network = ?1 AND sender = ?2 ORDER BY at_us, id LIMIT 1)"
	       " AND (SELECT count(*) FROM e2ee_inbound WHERE network = ?1 AND sender = ?2) > ?3",
	       "tti", network, sender, (int64_t)A_SENDER_MOST);
	if (db_int(db, 0, "SELECT count(*) FROM e2ee_inbound WHERE network = ? AND used = 0", "t",
		   network) <= UNUSED_MOST)
		return;
	db_run(db,
	       "DELETE FROM e2ee_inbound WHERE id = (SELECT id FROM e2ee_inbound"
	       " WHERE network = ?1 AND used = 0 AND sender = (SELECT sender FROM e2ee_inbound"
	       " WHERE network = ?1 AND used = 0 GROUP BY sender ORDER BY count(*) DESC LIMIT 1)"
	       " ORDER BY at_us, id LIMIT 1)",
	       "t", network);
}

void inbound_keep_withheld_within(struct inbound *in, const char *sender)
{
	struct db *db = in->env.db;
	const char *network = in->env.network;

	db_run(db,
	       "DELETE FROM e2ee_withheld WHERE network = ?1 AND sender = ?2 AND (room, session) ="
	       " (SELECT room, session FROM e2ee_withheld WHERE network = ?1 AND sender = ?2"
	       " ORDER BY at_us LIMIT 1) AND (SELECT count(*) FROM e2ee_withheld"
	       " WHERE network = ?1 AND sender = ?2) > ?3",
	       "tti", network, sender, (int64_t)WITHHELD_A_SENDER_MOST);
	if (db_int(db, 0, "SELECT count(*) FROM e2ee_withheld WHERE network = ?", "t", network) <=
	    WITHHELD_MOST)
		return;
	db_run(db,
	       "DELETE FROM e2ee_withheld WHERE network = ?1 AND (sender, room, session) ="
	       " (SELECT sender, room, session FROM e2ee_withheld WHERE network = ?1 AND sender ="
	       " (SELECT sender FROM e2ee_withheld WHERE network = ?1 GROUP BY sender"
	       " ORDER BY count(*) DESC LIMIT 1) ORDER BY at_us LIMIT 1)",
	       "t", network);
}

/*
 * What is not needed any more.
 */
void inbound_drop(struct inbound *in, const char *room)
{
	db_run(in->env.db, "DELETE FROM e2ee_inbound WHERE network = ? AND room = ?", "tt",
	       in->env.network, room);
	db_run(in->env.db, "DELETE FROM e2ee_withheld WHERE network = ? AND room = ?", "tt",
	       in->env.network, room);
}

/* Sessions that are spoken in for ever: what is forgotten of them is not read any more. */
static void prune_indices(struct inbound *in)
{
	db_run(in->env.db,
	       "UPDATE e2ee_inbound SET floor = (SELECT at FROM e2ee_index"
	       " WHERE e2ee_index.session = e2ee_inbound.id ORDER BY at DESC LIMIT 1 OFFSET ?1 - 1)"
	       " WHERE network = ?2 AND id IN"
	       " (SELECT session FROM e2ee_index GROUP BY session HAVING count(*) > ?1)",
	       "it", (int64_t)INBOUND_INDICES_MOST, in->env.network);
	db_run(in->env.db,
	       "DELETE FROM e2ee_index WHERE session IN"
	       " (SELECT id FROM e2ee_inbound WHERE network = ? AND floor > 0)"
	       " AND at < (SELECT floor FROM e2ee_inbound WHERE id = e2ee_index.session)",
	       "t", in->env.network);
}

void inbound_prune(struct inbound *in, int64_t now_us)
{
	db_run(in->env.db,
	       "DELETE FROM e2ee_inbound WHERE network = ?1 AND (at_us < ?2"
	       " OR (used = 0 AND at_us < ?3) OR (at_us < ?4 AND EXISTS"
	       " (SELECT 1 FROM e2ee_inbound AS later WHERE later.network = ?1"
	       " AND later.sender = e2ee_inbound.sender AND later.room = e2ee_inbound.room"
	       " AND later.curve25519 = e2ee_inbound.curve25519"
	       " AND later.at_us > e2ee_inbound.at_us)))",
	       "tiii", in->env.network, now_us - LAST_US, now_us - UNUSED_US, now_us - USED_US);
	db_run(in->env.db, "DELETE FROM e2ee_withheld WHERE network = ? AND at_us < ?", "ti",
	       in->env.network, now_us - WITHHELD_US);
	prune_indices(in);
}
