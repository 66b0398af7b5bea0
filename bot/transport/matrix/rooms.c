#include "transport/matrix/rooms.h"

#include "store/db.h"
#include "transport/matrix/rooms_private.h"

#include <string.h>

/* CS API, appendices: Common Namespace Format. */
enum { ID_BYTES_MOST = 255 };

static bool is_id(const char *id, char sigil)
{
	size_t n = strnlen(id, ID_BYTES_MOST + 1);

	if (*id != sigil || n < 2 || n > ID_BYTES_MOST)
		return false;
	for (size_t i = 0; i < n; i++)
		if (g_ascii_iscntrl(id[i]) || id[i] == ' ')
			return false;
	return true;
}

bool matrix_rooms_is_user(const char *id)
{
	return is_id(id, '@') && strchr(id, ':');
}

/* From room version 12 on without a domain. */
bool matrix_rooms_is_id(const char *id)
{
	return is_id(id, '!');
}

static void known_free(void *data)
{
	struct known *k = data;

	rooms_state_done(k);
	g_free(k->room.id);
	g_free(k->room.direct);
	g_free(k->saved_place);
	g_free(k->saved_direct);
	g_free(k);
}

static struct known *make_known(struct matrix_rooms *r, const char *id, int64_t seq)
{
	struct known *k = g_new0(struct known, 1);

	k->room.id = g_strdup(id);
	k->room.version = g_strdup("1");
	k->room.members = g_hash_table_ref(r->nobody);
	k->seq = seq;
	r->last_seq = MAX(r->last_seq, seq);
	g_hash_table_insert(r->by_id, k->room.id, k);
	g_ptr_array_add(r->list, k);
	return k;
}

static struct known *find(struct matrix_rooms *r, const char *id)
{
	return g_hash_table_lookup(r->by_id, id);
}

static struct known *find_or_make(struct matrix_rooms *r, const char *id)
{
	struct known *k = find(r, id);

	return k ? k : make_known(r, id, r->last_seq + 1);
}

static int by_seq(const void *a, const void *b)
{
	const struct known *ka = *(const struct known *const *)a;
	const struct known *kb = *(const struct known *const *)b;

	return (ka->seq > kb->seq) - (ka->seq < kb->seq);
}

static void take_direct(struct matrix_rooms *r, struct known *k, const char *user)
{
	GPtrArray *theirs = g_hash_table_lookup(r->by_direct, user);

	if (!theirs) {
		theirs = g_ptr_array_new();
		g_hash_table_insert(r->by_direct, g_strdup(user), theirs);
	}
	k->room.direct = g_strdup(user);
	g_ptr_array_add(theirs, k);
	g_ptr_array_sort(theirs, by_seq);
}

static void drop_direct(struct matrix_rooms *r, struct known *k)
{
	if (!k->room.direct)
		return;
	GPtrArray *theirs = g_hash_table_lookup(r->by_direct, k->room.direct);
	g_ptr_array_remove(theirs, k);
	if (theirs->len == 0)
		g_hash_table_remove(r->by_direct, k->room.direct);
	g_clear_pointer(&k->room.direct, g_free);
}

static void take_place(struct matrix_rooms *r, struct known *k, const char *place)
{
	/* Borrowed from the configuration, not from who asks. */
	place = g_hash_table_lookup(r->configured, place);
	drop_direct(r, k);
	k->room.place = place;
	g_hash_table_insert(r->by_place, (char *)place, k);
}

/* Writes what is another than in the store. A room of which nothing has to be remembered is gone
 * afterwards. */
static void save(struct matrix_rooms *r, struct known *k)
{
	const char *place = k->room.place ? k->room.place : "";

	if (!k->room.inside && !*place && !k->room.direct) {
		if (k->saved)
			db_run(r->db, "DELETE FROM matrix_room WHERE network = ? AND room = ?",
			       "tt", r->network, k->room.id);
		g_hash_table_remove(r->by_id, k->room.id);
		g_ptr_array_remove(r->list, k);
		return;
	}
	if (k->saved && k->saved_inside == k->room.inside && !strcmp(k->saved_place, place) &&
	    !g_strcmp0(k->saved_direct, k->room.direct))
		return;
	db_run(r->db,
	       "INSERT OR REPLACE INTO matrix_room(network, room, place, direct, inside, seq)"
	       " VALUES(?, ?, ?, ?, ?, ?)",
	       "ttttii", r->network, k->room.id, place, k->room.direct, (int64_t)k->room.inside,
	       k->seq);
	k->saved = true;
	k->saved_inside = k->room.inside;
	g_free(k->saved_place);
	g_free(k->saved_direct);
	k->saved_place = g_strdup(place);
	k->saved_direct = g_strdup(k->room.direct);
}

/* What changed is the room's place, whom it is direct with, or whether kith is there. */
static void changed(struct matrix_rooms *r, struct known *k)
{
	rooms_state_review(r, k);
	save(r, k);
}

static void load_rows(struct matrix_rooms *r)
{
	static const char sql[] = "SELECT room, place, direct, inside, seq FROM matrix_room"
				  " WHERE network = ? ORDER BY seq, room";

	for (struct query q = db_query(r->db, sql, "t", r->network); query_next(&q);) {
		struct known *k = make_known(r, query_text(&q, 0), query_int(&q, 4));
		const char *direct = query_text(&q, 2);

		k->room.inside = query_int(&q, 3) != 0;
		k->saved = true;
		k->saved_inside = k->room.inside;
		k->saved_place = g_strdup(query_text(&q, 1));
		k->saved_direct = g_strdup(direct);
		if (direct)
			take_direct(r, k, direct);
	}
}

static bool is_configured(const struct matrix_rooms *r, const char *place)
{
	return g_hash_table_contains(r->configured, place);
}

/* What a place had come to be goes before what it says; but a room that the configuration names by
 * its own id is that. */
static void load_places(struct matrix_rooms *r)
{
	for (unsigned i = 0; i < r->list->len; i++) {
		struct known *k = g_ptr_array_index(r->list, i);

		if (is_configured(r, k->saved_place) && !is_configured(r, k->room.id) &&
		    !g_hash_table_contains(r->by_place, k->saved_place))
			take_place(r, k, k->saved_place);
	}
	GHashTableIter places;
	void *place;
	g_hash_table_iter_init(&places, r->configured);
	while (g_hash_table_iter_next(&places, &place, NULL))
		if (matrix_rooms_is_id(place) && !g_hash_table_contains(r->by_place, place))
			take_place(r, find_or_make(r, place), place);
}

struct matrix_rooms *matrix_rooms_new(struct db *db, const char *network, const char *user,
				      const char *const *places)
{
	struct matrix_rooms *r = g_new0(struct matrix_rooms, 1);

	r->db = db;
	r->network = g_strdup(network);
	r->user = g_strdup(user);
	r->configured = g_hash_table_new(g_str_hash, g_str_equal);
	r->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	r->list = g_ptr_array_new_with_free_func(known_free);
	r->by_place = g_hash_table_new(g_str_hash, g_str_equal);
	r->by_direct = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     (GDestroyNotify)g_ptr_array_unref);
	r->awaited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	r->nobody = g_hash_table_new(g_str_hash, g_str_equal);
	for (; *places; places++)
		g_hash_table_add(r->configured, (char *)*places);
	load_rows(r);
	load_places(r);
	db_begin(db);
	rooms_state_load(r);
	/* From the end: those of which nothing is to be remembered go. */
	for (unsigned i = r->list->len; i-- > 0;)
		changed(r, g_ptr_array_index(r->list, i));
	db_end(db);
	return r;
}

void matrix_rooms_free(struct matrix_rooms *r)
{
	if (!r)
		return;
	g_hash_table_unref(r->configured);
	g_hash_table_unref(r->by_id);
	g_hash_table_unref(r->by_place);
	g_hash_table_unref(r->by_direct);
	g_hash_table_unref(r->awaited);
	g_ptr_array_unref(r->list);
	g_hash_table_unref(r->nobody);
	g_free(r->network);
	g_free(r->user);
	g_free(r);
}

void matrix_rooms_watch(struct matrix_rooms *r, const struct matrix_rooms_watcher *w)
{
	r->watcher = *w;
}

static struct matrix_room *room_of(struct known *k)
{
	return k ? &k->room : NULL;
}

struct matrix_room *matrix_rooms_find(struct matrix_rooms *r, const char *id)
{
	return room_of(find(r, id));
}

struct matrix_room *matrix_rooms_at(struct matrix_rooms *r, const char *place)
{
	return room_of(g_hash_table_lookup(r->by_place, place));
}

struct matrix_room *matrix_rooms_direct(struct matrix_rooms *r, const char *user)
{
	const GPtrArray *theirs = g_hash_table_lookup(r->by_direct, user);

	for (unsigned i = 0; theirs && i < theirs->len; i++) {
		struct known *k = g_ptr_array_index(theirs, i);

		if (matrix_room_is_private(r, &k->room))
			return &k->room;
	}
	return NULL;
}

unsigned matrix_rooms_directs(struct matrix_rooms *r, const char *user)
{
	const GPtrArray *theirs = g_hash_table_lookup(r->by_direct, user);

	return theirs ? theirs->len : 0;
}

struct matrix_room *matrix_rooms_each(struct matrix_rooms *r, unsigned i)
{
	return i < r->list->len ? room_of(g_ptr_array_index(r->list, i)) : NULL;
}

void matrix_rooms_set_place(struct matrix_rooms *r, const char *id, const char *place)
{
	if (!is_configured(r, place) || !matrix_rooms_is_id(id) ||
	    (is_configured(r, id) && strcmp(id, place) != 0))
		return;

	struct known *k = find_or_make(r, id), *before = g_hash_table_lookup(r->by_place, place);
	if (k == before || k->room.place) {
		save(r, k);
		return;
	}
	/* First: what is kept of the new room is not to be dropped meanwhile. */
	take_place(r, k, place);
	changed(r, k);
	if (before) {
		before->room.place = NULL;
		changed(r, before);
	}
}

void matrix_rooms_set_direct(struct matrix_rooms *r, const char *id, const char *user)
{
	struct known *k = find(r, id);

	if (user ? !matrix_rooms_is_user(user) || !matrix_rooms_is_id(id) || is_configured(r, id)
		 : !k)
		return;
	if (k && (k->room.place || !g_strcmp0(k->room.direct, user)))
		return;
	if (!k)
		k = find_or_make(r, id);
	drop_direct(r, k);
	if (user)
		take_direct(r, k, user);
	changed(r, k);
}

struct matrix_room *matrix_rooms_enter(struct matrix_rooms *r, const char *id)
{
	struct known *k = find_or_make(r, id);

	if (k->room.inside)
		return &k->room;
	k->room.inside = true;
	changed(r, k);
	return &k->room;
}

void matrix_rooms_leave(struct matrix_rooms *r, const char *id)
{
	struct known *k = find(r, id);

	if (!k)
		return;
	k->room.inside = false;
	drop_direct(r, k);
	changed(r, k);
}

static bool meet(struct matrix_rooms *r, const char *user, bool encrypted)
{
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, r->by_place);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct known *k = value;
		const struct matrix_member *m = g_hash_table_lookup(k->room.members, user);

		if (m && m->joined && (k->room.encrypted || !encrypted))
			return true;
	}
	return false;
}

bool matrix_rooms_meet(struct matrix_rooms *r, const char *user)
{
	return meet(r, user, false);
}

bool matrix_rooms_meet_encrypted(struct matrix_rooms *r, const char *user)
{
	return meet(r, user, true);
}
