#include "store/db.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/rooms_private.h"

#include <string.h>

const char *const rooms_state_types[KEPT_TYPES] = {
	[KEPT_CREATE] = "m.room.create",
	[KEPT_ENCRYPTION] = "m.room.encryption",
	[KEPT_POWER_LEVELS] = "m.room.power_levels",
	[KEPT_JOIN_RULES] = "m.room.join_rules",
	[KEPT_HISTORY_VISIBILITY] = "m.room.history_visibility",
	[KEPT_TOMBSTONE] = "m.room.tombstone",
	[KEPT_NAME] = "m.room.name",
};

static void member_free(void *data)
{
	struct matrix_member *m = data;

	g_free(m->shown);
	g_free(m);
}

static void put_member(struct known *k, const char *user, const char *shown, bool joined)
{
	struct matrix_member *m = g_new0(struct matrix_member, 1);

	m->shown = g_strdup(shown);
	m->joined = joined;
	g_hash_table_insert(k->room.members, g_strdup(user), m);
}

void rooms_state_write_member(struct matrix_rooms *r, struct known *k, const char *user,
			      const char *shown, bool joined)
{
	put_member(k, user, shown, joined);
	db_run(r->db,
	       "INSERT OR REPLACE INTO matrix_member(network, room, user, membership, shown)"
	       " VALUES(?, ?, ?, ?, ?)",
	       "ttttt", r->network, k->room.id, user, joined ? "join" : "invite", shown);
}

static void kept_done(struct kept *kept)
{
	g_clear_pointer(&kept->sender, g_free);
	g_clear_pointer(&kept->content, g_free);
	kept->span = (struct span){ 0 };
}

static char *text_of(const struct known *k, enum kept_type type, const char *key)
{
	return span_text(span_get(k->kept[type].span, key));
}

/*
 * Where rooms go on: their state is kept from the first moment on, so that nothing said there is
 * lost before it is clear that they are the place now.
 */

void rooms_state_stop_awaiting(struct matrix_rooms *r, struct known *k)
{
	if (!k->awaits)
		return;
	k->awaits = false;
	unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(r->awaited, k->room.moved_to));
	if (n > 1) {
		g_hash_table_insert(r->awaited, g_strdup(k->room.moved_to),
				    GUINT_TO_POINTER(n - 1));
		return;
	}
	g_hash_table_remove(r->awaited, k->room.moved_to);
	struct known *target = g_hash_table_lookup(r->by_id, k->room.moved_to);
	if (target)
		rooms_state_review(r, target);
}

void rooms_state_start_awaiting(struct matrix_rooms *r, struct known *k)
{
	if (k->awaits || !k->room.moved_to || !strcmp(k->room.moved_to, k->room.id))
		return;
	k->awaits = true;
	unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(r->awaited, k->room.moved_to));
	g_hash_table_insert(r->awaited, g_strdup(k->room.moved_to), GUINT_TO_POINTER(n + 1));
	struct known *target = g_hash_table_lookup(r->by_id, k->room.moved_to);
	if (target && n == 0)
		rooms_state_review(r, target);
}

/* 0 where it says nothing that can be meant. */
static int64_t positive(struct span content, const char *key, int64_t most)
{
	int64_t value;

	return span_int(span_get(content, key), &value) && value > 0 && value <= most ? value : 0;
}

static void take_encryption(struct known *k)
{
	struct span content = k->kept[KEPT_ENCRYPTION].span;

	g_free(k->room.algorithm);
	k->room.algorithm = text_of(k, KEPT_ENCRYPTION, "algorithm");
	k->room.encrypted = k->room.encrypted || k->room.algorithm != NULL;
	k->room.rotation_us = 1000 * positive(content, "rotation_period_ms", INT64_MAX / 1000);
	k->room.rotation_messages = positive(content, "rotation_period_msgs", INT64_MAX);
}

static void take_tombstone(struct known *k)
{
	g_free(k->room.moved_to);
	g_free(k->room.moved_by);
	k->room.moved_to = text_of(k, KEPT_TOMBSTONE, "replacement_room");
	if (k->room.moved_to && !matrix_rooms_is_id(k->room.moved_to))
		g_clear_pointer(&k->room.moved_to, g_free);
	k->room.moved_by = k->room.moved_to ? g_strdup(k->kept[KEPT_TOMBSTONE].sender) : NULL;
}

/* What the room's own fields say of it, from what is kept. Where it goes on is nobody's business
 * yet. */
static void take(struct known *k, enum kept_type type)
{
	struct matrix_room *room = &k->room;

	switch (type) {
	case KEPT_CREATE:
		g_free(room->version);
		room->version = text_of(k, type, "room_version");
		if (!room->version)
			room->version = g_strdup("1");
		room->complete = k->kept[type].content != NULL;
		break;
	case KEPT_ENCRYPTION:
		take_encryption(k);
		break;
	case KEPT_JOIN_RULES:
		g_free(room->join_rule);
		room->join_rule = text_of(k, type, "join_rule");
		break;
	case KEPT_HISTORY_VISIBILITY:
		g_free(room->history_visibility);
		room->history_visibility = text_of(k, type, "history_visibility");
		break;
	case KEPT_TOMBSTONE:
		take_tombstone(k);
		break;
	case KEPT_NAME:
		g_free(room->name);
		room->name = text_of(k, type, "name");
		break;
	case KEPT_POWER_LEVELS:
	case KEPT_TYPES:
		break;
	}
}

void rooms_state_keep(struct known *k, enum kept_type type, const char *sender, const char *content,
		      size_t bytes)
{
	struct kept *kept = &k->kept[type];

	kept_done(kept);
	kept->sender = g_strdup(sender);
	kept->content = g_strndup(content, bytes);
	/* It may come from the store, and that from anywhere. */
	if (span_check(kept->content, strlen(kept->content), &kept->span, NULL) < 0 ||
	    !span_is_object(kept->span))
		kept_done(kept);
	take(k, type);
}

static void load_encryption(struct matrix_rooms *r, struct known *k)
{
	g_autofree char *content =
		db_text(r->db,
			"SELECT content FROM matrix_state WHERE network = ? AND room = ?"
			" AND type = 'm.room.encryption'",
			"tt", r->network, k->room.id);
	if (content)
		rooms_state_keep(k, KEPT_ENCRYPTION, "", content, strlen(content));
}

void rooms_state_done(struct known *k)
{
	for (enum kept_type type = 0; type < KEPT_TYPES; type++) {
		kept_done(&k->kept[type]);
	}
	g_clear_pointer(&k->newer, g_hash_table_unref);
	g_clear_pointer(&k->room.members, g_hash_table_unref);
	g_clear_pointer(&k->room.algorithm, g_free);
	g_clear_pointer(&k->room.version, g_free);
	g_clear_pointer(&k->room.name, g_free);
	g_clear_pointer(&k->room.join_rule, g_free);
	g_clear_pointer(&k->room.history_visibility, g_free);
	g_clear_pointer(&k->room.moved_to, g_free);
	g_clear_pointer(&k->room.moved_by, g_free);
}

/* In memory alone; encryption stays. */
static void clear(struct matrix_rooms *r, struct known *k)
{
	rooms_state_stop_awaiting(r, k);
	for (enum kept_type type = 0; type < KEPT_TYPES; type++) {
		if (type == KEPT_ENCRYPTION)
			continue;
		kept_done(&k->kept[type]);
		take(k, type);
	}
	g_clear_pointer(&k->newer, g_hash_table_unref);
	g_hash_table_unref(k->room.members);
	k->room.members = g_hash_table_ref(r->nobody);
}

static void erase(struct matrix_rooms *r, const struct known *k)
{
	db_run(r->db,
	       "DELETE FROM matrix_state WHERE network = ? AND room = ?"
	       " AND type <> 'm.room.encryption'",
	       "tt", r->network, k->room.id);
	db_run(r->db, "DELETE FROM matrix_member WHERE network = ? AND room = ?", "tt", r->network,
	       k->room.id);
}

static void own_members(struct known *k)
{
	g_hash_table_unref(k->room.members);
	k->room.members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, member_free);
	k->keeps = true;
}

/* Afresh: nothing is known of its state but that it is encrypted. */
static void begin(struct matrix_rooms *r, struct known *k)
{
	clear(r, k);
	erase(r, k);
	own_members(k);
	load_encryption(r, k);
	rooms_state_write_member(r, k, r->user, NULL, true);
	if (r->watcher.lacks)
		r->watcher.lacks(r->watcher.data, k->room.id);
}

void rooms_state_review(struct matrix_rooms *r, struct known *k)
{
	bool keeps = k->room.inside && (k->room.place || k->room.direct ||
					g_hash_table_contains(r->awaited, k->room.id));

	if (keeps == k->keeps)
		return;
	if (keeps) {
		begin(r, k);
		return;
	}
	k->keeps = false;
	clear(r, k);
	erase(r, k);
}

static void load_state(struct matrix_rooms *r)
{
	static const char sql[] = "SELECT room, type, sender, content FROM matrix_state"
				  " WHERE network = ?";

	for (struct query q = db_query(r->db, sql, "t", r->network); query_next(&q);) {
		struct known *k = g_hash_table_lookup(r->by_id, query_text(&q, 0));
		const char *content = query_text(&q, 3);

		for (enum kept_type type = 0; k && type < KEPT_TYPES; type++)
			if (!strcmp(query_text(&q, 1), rooms_state_types[type]))
				rooms_state_keep(k, type, query_text(&q, 2), content,
						 strlen(content));
	}
}

static void load_members(struct matrix_rooms *r)
{
	static const char sql[] = "SELECT room, user, membership, shown FROM matrix_member"
				  " WHERE network = ?";

	for (struct query q = db_query(r->db, sql, "t", r->network); query_next(&q);) {
		struct known *k = g_hash_table_lookup(r->by_id, query_text(&q, 0));

		if (!k)
			continue;
		if (!k->keeps)
			own_members(k);
		put_member(k, query_text(&q, 1), query_text(&q, 3),
			   !strcmp(query_text(&q, 2), "join"));
	}
}

/* Where the beginning of the room is missing, the rest may be as well, and what is there may have
 * changed since: it will be asked for. */
void rooms_state_load(struct matrix_rooms *r)
{
	load_state(r);
	load_members(r);
	for (unsigned i = 0; i < r->list->len; i++) {
		struct known *k = g_ptr_array_index(r->list, i);

		if (k->room.complete && k->room.inside && (k->room.place || k->room.direct))
			rooms_state_start_awaiting(r, k);
	}
	for (unsigned i = 0; i < r->list->len; i++) {
		struct known *k = g_ptr_array_index(r->list, i);

		if (k->keeps && !k->room.complete) {
			k->keeps = false;
			rooms_state_review(r, k);
		}
	}
}
