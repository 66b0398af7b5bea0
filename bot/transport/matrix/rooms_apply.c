/* What a room's events say, and what is asked of it afterwards. */
#include "store/db.h"
#include "transport/matrix/power.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/rooms_private.h"

#include <string.h>

#define MEGOLM "m.megolm.v1.aes-sha2"

/* CS API: Size limits. What claims to be larger is no event that a server may pass on. */
enum { CONTENT_BYTES_MOST = 65536, SHOWN_BYTES_MOST = 512 };

static struct known *known_of(struct matrix_room *room)
{
	return (struct known *)room;
}

/* What is being asked for is older than this. */
static void note_newer(struct known *k, const char *type, const char *state_key)
{
	if (k->newer)
		g_hash_table_add(k->newer, g_strdup_printf("%s\n%s", type, state_key));
}

/*
 * Members.
 */

static char *shown_of(struct span content)
{
	char *shown = span_text(span_get(content, "displayname"));

	if (!shown || !*shown) {
		g_free(shown);
		return NULL;
	}
	if (strlen(shown) > SHOWN_BYTES_MOST)
		*g_utf8_find_prev_char(shown, shown + SHOWN_BYTES_MOST + 1) = '\0';
	return shown;
}

static enum matrix_rooms_change remove_member(struct matrix_rooms *r, struct known *k,
					      const char *user)
{
	const struct matrix_member *before = g_hash_table_lookup(k->room.members, user);

	if (!before)
		return MATRIX_ROOMS_NOTHING;
	bool joined = before->joined;
	db_run(r->db, "DELETE FROM matrix_member WHERE network = ? AND room = ? AND user = ?",
	       "ttt", r->network, k->room.id, user);
	g_hash_table_remove(k->room.members, user);
	return joined ? MATRIX_ROOMS_LEAVE : MATRIX_ROOMS_STATE;
}

static enum matrix_rooms_change apply_member(struct matrix_rooms *r, struct known *k,
					     const struct read_event *e)
{
	struct span membership = span_get(e->content, "membership");
	bool joined = span_says(membership, "join");

	if (!matrix_rooms_is_user(e->state_key))
		return MATRIX_ROOMS_NOTHING;
	note_newer(k, e->type, e->state_key);
	bool gone = !joined && !span_says(membership, "invite");
	/* Kith is where /sync says that it is, whatever else that tells. */
	if (gone && !strcmp(e->state_key, r->user))
		return MATRIX_ROOMS_NOTHING;
	if (!g_strcmp0(e->state_key, k->room.direct))
		k->room.left = gone;
	if (gone)
		return remove_member(r, k, e->state_key);

	const struct matrix_member *before = g_hash_table_lookup(k->room.members, e->state_key);
	g_autofree char *shown = shown_of(e->content);
	bool was_joined = before && before->joined;
	if (before && was_joined == joined && !g_strcmp0(before->shown, shown))
		return MATRIX_ROOMS_NOTHING;
	rooms_state_write_member(r, k, e->state_key, shown, joined);
	return joined && !was_joined ? MATRIX_ROOMS_JOIN : MATRIX_ROOMS_STATE;
}

static bool is_direct_invite(struct span content)
{
	return span_says(span_get(content, "membership"), "invite") &&
	       span_is_true(span_get(content, "is_direct"));
}

/* CS API: Direct Messaging. */
static void learn_direct(struct matrix_rooms *r, struct known *k, const struct read_event *e)
{
	if (k->room.place || k->room.direct)
		return;
	struct span unsigned_data = span_get(e->whole, "unsigned");
	g_autofree char *by = NULL;
	if (is_direct_invite(e->content))
		by = g_strdup(e->sender);
	else if (is_direct_invite(span_get(unsigned_data, "prev_content")))
		by = span_text(span_get(unsigned_data, "prev_sender"));
	if (!by || !strcmp(by, e->state_key))
		return;
	if (!strcmp(e->state_key, r->user))
		matrix_rooms_set_direct(r, k->room.id, by);
	else if (!strcmp(by, r->user))
		matrix_rooms_set_direct(r, k->room.id, e->state_key);
}

/*
 * The rest.
 */

/* Once a room is encrypted it stays so, and as it was: what makes no sense, or would have messages
 * said in another way than the one we trust, is passed over (CS API: m.room.encryption). */
static bool is_acceptable(const struct known *k, enum kept_type type, struct span content)
{
	if (content.bytes > CONTENT_BYTES_MOST)
		return false;
	if (type != KEPT_ENCRYPTION)
		return true;
	g_autofree char *algorithm = span_text(span_get(content, "algorithm"));
	if (!algorithm || !*algorithm)
		return false;
	return g_strcmp0(k->room.algorithm, MEGOLM) != 0 || !strcmp(algorithm, MEGOLM);
}

static bool is_kept_already(const struct kept *kept, const struct read_event *e)
{
	return kept->content && strlen(kept->content) == e->content.bytes &&
	       !memcmp(kept->content, e->content.at, e->content.bytes) &&
	       !strcmp(kept->sender, e->sender);
}

static enum matrix_rooms_change apply_tombstone(struct matrix_rooms *r, struct known *k,
						const struct read_event *e)
{
	rooms_state_stop_awaiting(r, k);
	rooms_state_keep(k, KEPT_TOMBSTONE, e->sender, e->content.at, e->content.bytes);
	rooms_state_start_awaiting(r, k);
	return k->room.moved_to ? MATRIX_ROOMS_MOVED : MATRIX_ROOMS_STATE;
}

static enum matrix_rooms_change take_event(struct matrix_rooms *r, struct known *k,
					   enum kept_type type, const struct read_event *e)
{
	if (type == KEPT_TOMBSTONE)
		return apply_tombstone(r, k, e);
	rooms_state_keep(k, type, e->sender, e->content.at, e->content.bytes);
	if (type == KEPT_CREATE && g_hash_table_contains(r->awaited, k->room.id) &&
	    r->watcher.arrived)
		r->watcher.arrived(r->watcher.data, &k->room);
	return type == KEPT_CREATE || type == KEPT_POWER_LEVELS ? MATRIX_ROOMS_POWER
								: MATRIX_ROOMS_STATE;
}

enum matrix_rooms_change matrix_rooms_apply(struct matrix_rooms *r, struct matrix_room *room,
					    const struct read_event *e)
{
	struct known *k = known_of(room);

	if (!e->state_key || !room->inside)
		return MATRIX_ROOMS_NOTHING;
	if (!strcmp(e->type, "m.room.member")) {
		learn_direct(r, k, e);
		return k->keeps ? apply_member(r, k, e) : MATRIX_ROOMS_NOTHING;
	}
	if (!k->keeps || *e->state_key)
		return MATRIX_ROOMS_NOTHING;
	enum kept_type type = 0;
	while (type < KEPT_TYPES && strcmp(e->type, rooms_state_types[type]) != 0)
		type++;
	if (type == KEPT_TYPES)
		return MATRIX_ROOMS_NOTHING;
	note_newer(k, e->type, "");
	if (is_kept_already(&k->kept[type], e) || !is_acceptable(k, type, e->content))
		return MATRIX_ROOMS_NOTHING;
	g_autofree char *content = g_strndup(e->content.at, e->content.bytes);
	db_run(r->db,
	       "INSERT OR REPLACE INTO matrix_state(network, room, type, sender, content)"
	       " VALUES(?, ?, ?, ?, ?)",
	       "ttttt", r->network, k->room.id, e->type, e->sender, content);
	return take_event(r, k, type, e);
}

bool matrix_rooms_keeps(const struct matrix_room *room)
{
	const struct known *k = (const struct known *)room;

	return k->keeps;
}

bool matrix_rooms_lacks(struct matrix_rooms *r, const struct matrix_room *room)
{
	const struct known *k = g_hash_table_lookup(r->by_id, room->id);

	return k->keeps && !room->complete;
}

void matrix_rooms_asked(struct matrix_room *room)
{
	struct known *k = known_of(room);

	g_clear_pointer(&k->newer, g_hash_table_unref);
	k->newer = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static bool is_outdated(GHashTable *newer, const struct read_event *e)
{
	if (!newer || !e->state_key)
		return false;
	g_autofree char *key = g_strdup_printf("%s\n%s", e->type, e->state_key);
	return g_hash_table_contains(newer, key);
}

void matrix_rooms_fill(struct matrix_room *room, struct span events,
		       void (*each)(void *data, struct matrix_room *room, struct span event),
		       void *data)
{
	struct known *k = known_of(room);
	g_autoptr(GHashTable) newer = g_steal_pointer(&k->newer);

	for (struct span_each i = span_each(events); span_next(&i);) {
		struct read_event e;

		if (read_event(i.value, &e) < 0)
			continue;
		if (!is_outdated(newer, &e))
			each(data, room, i.value);
		read_event_done(&e);
	}
	room->complete = true;
}

/*
 * Questions.
 */

char *matrix_room_predecessor(const struct matrix_room *room)
{
	const struct known *k = (const struct known *)room;

	return span_text(span_at(k->kept[KEPT_CREATE].span, "predecessor", "room_id", NULL));
}

bool matrix_room_is_private(const struct matrix_rooms *r, const struct matrix_room *room)
{
	return room->inside && room->direct && g_hash_table_size(room->members) == 2 &&
	       g_hash_table_contains(room->members, r->user) &&
	       g_hash_table_contains(room->members, room->direct);
}

char *matrix_room_shown(const struct matrix_room *room, const char *user)
{
	const struct matrix_member *m = g_hash_table_lookup(room->members, user);

	if (m && m->shown)
		return g_strdup(m->shown);
	const char *local = *user == '@' ? user + 1 : user;
	return g_strndup(local, strcspn(local, ":"));
}

int64_t matrix_room_power(struct matrix_rooms *r, const struct matrix_room *room, const char *user)
{
	const struct known *k = (const struct known *)room;
	const char *creator = k->kept[KEPT_CREATE].sender;

	return power_of(k->kept[KEPT_CREATE].span, creator ? creator : "",
			k->kept[KEPT_POWER_LEVELS].span, user);
}

bool matrix_room_is_opaque(const struct matrix_room *room)
{
	return room->encrypted && g_strcmp0(room->algorithm, MEGOLM) != 0;
}

bool matrix_room_may_speak(struct matrix_rooms *r, const struct matrix_room *room)
{
	const struct known *k = (const struct known *)room;
	const char *type = room->encrypted ? "m.room.encrypted" : "m.room.message";

	return room->inside && matrix_room_power(r, room, r->user) >=
				       power_needed(k->kept[KEPT_CREATE].span,
						    k->kept[KEPT_POWER_LEVELS].span, type, false);
}
