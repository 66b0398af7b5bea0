#include "store/db.h"
#include "transport/matrix/power.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/rooms_private.h"

#include <errno.h>
#include <string.h>

#define MEGOLM "m.megolm.v1.aes-sha2"

/* CS API: Size limits. What claims to be larger is no event that a server may pass on. */
enum { CONTENT_BYTES_MOST = 65536, SHOWN_BYTES_MOST = 512 };

static const char *const type_names[KEPT_TYPES] = {
	[KEPT_CREATE] = "m.room.create",
	[KEPT_ENCRYPTION] = "m.room.encryption",
	[KEPT_POWER_LEVELS] = "m.room.power_levels",
	[KEPT_JOIN_RULES] = "m.room.join_rules",
	[KEPT_HISTORY_VISIBILITY] = "m.room.history_visibility",
	[KEPT_TOMBSTONE] = "m.room.tombstone",
	[KEPT_NAME] = "m.room.name",
};

static struct known *known_of(struct matrix_room *room)
{
	return (struct known *)room;
}

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

static void write_member(struct matrix_rooms *r, struct known *k, const char *user,
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

static void stop_awaiting(struct matrix_rooms *r, struct known *k)
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

static void start_awaiting(struct matrix_rooms *r, struct known *k)
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
	if (k->room.moved_to && !rooms_is_room(k->room.moved_to))
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

static void keep(struct known *k, enum kept_type type, const char *sender, const char *content,
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
		keep(k, KEPT_ENCRYPTION, "", content, strlen(content));
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
	stop_awaiting(r, k);
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
	write_member(r, k, r->user, NULL, true);
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
			if (!strcmp(query_text(&q, 1), type_names[type]))
				keep(k, type, query_text(&q, 2), content, strlen(content));
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
			start_awaiting(r, k);
	}
	for (unsigned i = 0; i < r->list->len; i++) {
		struct known *k = g_ptr_array_index(r->list, i);

		if (k->keeps && !k->room.complete) {
			k->keeps = false;
			rooms_state_review(r, k);
		}
	}
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

	if (!rooms_is_user(e->state_key))
		return MATRIX_ROOMS_NOTHING;
	note_newer(k, e->type, e->state_key);
	if (!joined && !span_says(membership, "invite"))
		return remove_member(r, k, e->state_key);

	const struct matrix_member *before = g_hash_table_lookup(k->room.members, e->state_key);
	g_autofree char *shown = shown_of(e->content);
	bool was_joined = before && before->joined;
	if (before && was_joined == joined && !g_strcmp0(before->shown, shown))
		return MATRIX_ROOMS_NOTHING;
	write_member(r, k, e->state_key, shown, joined);
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
	stop_awaiting(r, k);
	keep(k, KEPT_TOMBSTONE, e->sender, e->content.at, e->content.bytes);
	start_awaiting(r, k);
	return k->room.moved_to ? MATRIX_ROOMS_MOVED : MATRIX_ROOMS_STATE;
}

static enum matrix_rooms_change take_event(struct matrix_rooms *r, struct known *k,
					   enum kept_type type, const struct read_event *e)
{
	if (type == KEPT_TOMBSTONE)
		return apply_tombstone(r, k, e);
	keep(k, type, e->sender, e->content.at, e->content.bytes);
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
	while (type < KEPT_TYPES && strcmp(e->type, type_names[type]) != 0)
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

bool matrix_rooms_awaits(struct matrix_rooms *r, const char *id)
{
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, r->by_place);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct known *k = value;

		if (!g_strcmp0(k->room.moved_to, id))
			return true;
	}
	return false;
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

bool matrix_room_may_speak(struct matrix_rooms *r, const struct matrix_room *room)
{
	const struct known *k = (const struct known *)room;
	const char *type = room->encrypted ? "m.room.encrypted" : "m.room.message";

	return room->inside && matrix_room_power(r, room, r->user) >=
				       power_needed(k->kept[KEPT_CREATE].span,
						    k->kept[KEPT_POWER_LEVELS].span, type, false);
}
