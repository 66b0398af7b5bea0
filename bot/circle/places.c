#include "circle/places.h"

#include "clock.h"
#include "store/db.h"

#include <string.h>

#define NEW_FOR_US       (7 * CLOCK_US_PER_DAY)
#define MISSED_AGAIN_US  CLOCK_US_PER_HOUR
#define EJECTED_AGAIN_US (6 * CLOCK_US_PER_HOUR)
#define MUTED_AGAIN_US   (6 * CLOCK_US_PER_HOUR)

static const char *const modes[] = {
	[CONFIG_PITCH_GENTLE] = "gentle",
	[CONFIG_PITCH_OBSERVE] = "observe",
	[CONFIG_PITCH_OFF] = "off",
};

const char *places_mode_name(enum config_pitch_mode mode)
{
	return modes[mode];
}

bool places_all_new(struct circle *c)
{
	return !db_int(c->db, 0, "SELECT 1 FROM place WHERE group_id = ?", "i", c->id);
}

void places_seen(struct circle *c)
{
	for (unsigned i = 0; i < c->group->places->len; i++) {
		const struct config_address *place = c->group->places->pdata[i];

		db_run(c->db,
		       "INSERT INTO place(network, room, group_id, since_us, heard_us, stopped_us)"
		       " SELECT network, moved_to, group_id, since_us, heard_us, stopped_us FROM "
		       "place"
		       " WHERE network = ? AND moved_to = ? AND group_id = ?"
		       " ORDER BY since_us LIMIT 1 ON CONFLICT DO NOTHING",
		       "tti", place->network, place->name, c->id);
		db_run(c->db,
		       "INSERT INTO place(network, room, group_id, since_us) VALUES(?, ?, ?, ?)"
		       " ON CONFLICT DO NOTHING",
		       "ttii", place->network, place->name, c->id, c->now_us);
	}
}

struct places_heard places_heard(struct db *db, const char *network, const char *room)
{
	struct places_heard heard = { 0 };
	struct query q = db_query(
		db, "SELECT heard_us, stopped_us FROM place WHERE network = ? AND room = ?", "tt",
		network, room);

	while (query_next(&q))
		heard = (struct places_heard){ query_int(&q, 0), query_int(&q, 1) };
	return heard;
}

void places_set_heard(struct db *db, const char *network, const char *room,
		      const struct places_heard *heard)
{
	db_run(db, "UPDATE place SET heard_us = ?, stopped_us = ? WHERE network = ? AND room = ?",
	       "iitt", heard->heard_us, heard->stopped_us, network, room);
}

/* A clock that was set back must not keep it silent for longer. */
bool places_tell_missed(struct circle *c, const char *network, const char *room)
{
	return db_run(c->db,
		      "UPDATE place SET missed_told_us = ?1 WHERE network = ?2 AND room = ?3"
		      " AND missed_told_us NOT BETWEEN ?4 AND ?1",
		      "itti", c->now_us, network, room, c->now_us - MISSED_AGAIN_US + 1) > 0;
}

bool places_tell_ejected(struct circle *c, const char *network, const char *room)
{
	return db_run(c->db,
		      "UPDATE place SET ejected_told_us = ?1 WHERE network = ?2 AND room = ?3"
		      " AND ejected_told_us NOT BETWEEN ?4 AND ?1",
		      "itti", c->now_us, network, room, c->now_us - EJECTED_AGAIN_US + 1) > 0;
}

bool places_tell_muted(struct circle *c, const char *network, const char *room)
{
	return db_run(c->db,
		      "UPDATE place SET muted_told_us = ?1 WHERE network = ?2 AND room = ?3"
		      " AND muted_told_us NOT BETWEEN ?4 AND ?1",
		      "itti", c->now_us, network, room, c->now_us - MUTED_AGAIN_US + 1) > 0;
}

void places_moved(struct circle *c, const char *network, const char *room, const char *to)
{
	db_run(c->db, "UPDATE place SET moved_to = ? WHERE network = ? AND room = ?", "ttt", to,
	       network, room);
}

void places_set_mode(struct circle *c, enum config_pitch_mode mode)
{
	db_run(c->db, "UPDATE groups SET pitch_mode = ? WHERE id = ?", "ti", modes[mode], c->id);
}

static bool is_new(struct circle *c, const char *network, const char *room)
{
	int64_t new_us = c->now_us - NEW_FOR_US;

	if (!room)
		return !db_int(c->db, 0, "SELECT 1 FROM place WHERE group_id = ? AND since_us <= ?",
			       "ii", c->id, new_us);
	return db_int(c->db, 0,
		      "SELECT 1 FROM place WHERE network = ? AND room = ? AND since_us > ?", "tti",
		      network, room, new_us);
}

enum config_pitch_mode places_mode(struct circle *c, const char *network, const char *room)
{
	const struct config_pitch *pitch = &c->group->pitch;
	g_autofree char *set =
		db_text(c->db, "SELECT pitch_mode FROM groups WHERE id = ?", "i", c->id);

	for (size_t i = 0; set && i < G_N_ELEMENTS(modes); i++)
		if (!strcmp(modes[i], set))
			return (enum config_pitch_mode)i;
	if (pitch->mode_is_set)
		return pitch->mode;
	return is_new(c, network, room) && pitch->mode == CONFIG_PITCH_GENTLE ? CONFIG_PITCH_OBSERVE
									      : pitch->mode;
}
