#include "transport/matrix/e2ee/outbound.h"

#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/outbound_private.h"
#include "transport/matrix/e2ee/outgoing.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions.h"

#include <string.h>

/* What is waited for tells of itself; where nobody tells, this looks. */
#define LOOK_FIRST_US (CLOCK_US_PER_SECOND / 10)
#define LOOK_MOST_US  CLOCK_US_PER_MINUTE

enum { DOUBLINGS_MOST = 10 };

int64_t outbound_mono_us(const struct outbound *o)
{
	return o->env.clock->mono_us(o->env.clock);
}

int64_t outbound_wall_us(const struct outbound *o)
{
	return o->env.clock->wall_us(o->env.clock);
}

/*
 * Rooms, looked at closely from the loop.
 */
static void voice_free(void *voice)
{
	struct voice *v = voice;

	if (v->claimed)
		sessions_forget(v->o->sessions, v);
	outbound_unload(v);
	g_clear_pointer(&v->claimed, g_ptr_array_unref);
	g_ptr_array_unref(v->deaf);
	g_hash_table_unref(v->readers);
	g_hash_table_unref(v->had);
	g_free(v->room);
	g_free(v);
}

static void device_done(void *device)
{
	device_free(device);
}

static struct voice *voice_of(struct outbound *o, const char *room)
{
	struct voice *v = g_hash_table_lookup(o->voices, room);

	if (v)
		return v;
	v = g_new0(struct voice, 1);
	v->o = o;
	v->room = g_strdup(room);
	v->due_us = v->failing_us = v->marks = -1;
	v->had = hearers_new();
	v->readers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	v->deaf = g_ptr_array_new_with_free_func(device_done);
	g_hash_table_insert(o->voices, v->room, v);
	return v;
}

static struct voice *next_due(const struct outbound *o)
{
	struct voice *best = NULL;
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, o->voices);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		struct voice *v = value;

		if (v->due_us >= 0 && (!best || v->due_us < best->due_us))
			best = v;
	}
	return best;
}

static void arm(const struct outbound *o)
{
	const struct voice *v = o->started ? next_due(o) : NULL;
	int64_t left_us = v ? v->due_us - outbound_mono_us(o) : -1;

	loop_timer_set(o->timer, v ? MAX(left_us, 0) : -1);
}

void outbound_look_after(struct voice *v, int64_t us)
{
	v->due_us = outbound_mono_us(v->o) + us;
	arm(v->o);
}

void outbound_look_again(struct voice *v)
{
	int64_t pause_us = LOOK_FIRST_US << MIN(v->looks, DOUBLINGS_MOST);

	v->looks++;
	outbound_look_after(v, MIN(pause_us, LOOK_MOST_US));
}

/* Something that it may have waited for. */
static void look_now(struct voice *v)
{
	v->settled = false;
	if (!v->wanted)
		return;
	v->looks = 0;
	outbound_look_after(v, 0);
}

/* Whether it is known who is there. */
static bool is_whole(const struct matrix_room *room)
{
	return room->inside && room->complete && room->encrypted;
}

static void settle(struct voice *v)
{
	struct outbound *o = v->o;
	const struct matrix_room *room = matrix_rooms_find(o->rooms, v->room);

	v->due_us = -1;
	v->settled = false;
	if (!room || !is_whole(room))
		return;
	db_begin(o->env.db);
	v->settled = outbound_prepare(v, room);
	if (db_end(o->env.db) < 0)
		outbound_unload(v);
}

/* One at a time: whoever is told may end everything. */
static void look(void *data)
{
	struct outbound *o = data;
	struct voice *v = next_due(o);
	g_autofree char *ready = NULL;

	if (v && v->due_us <= outbound_mono_us(o)) {
		settle(v);
		if (v->wanted && v->settled) {
			v->wanted = false;
			v->looks = 0;
			ready = g_strdup(v->room);
		} else if (v->wanted && v->due_us < 0) {
			outbound_look_again(v);
		}
	}
	arm(o);
	if (ready)
		o->ready(o->data, ready);
}

struct outbound *outbound_new(const struct e2ee_env *env, struct matrix_rooms *rooms,
			      struct own *own, struct devices *devices, struct sessions *sessions,
			      struct outgoing *outgoing,
			      void (*ready)(void *data, const char *room), void *data)
{
	struct outbound *o = g_new0(struct outbound, 1);

	o->env = *env;
	o->rooms = rooms;
	o->own = own;
	o->devices = devices;
	o->sessions = sessions;
	o->outgoing = outgoing;
	o->ready = ready;
	o->data = data;
	o->voices = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, voice_free);
	o->deaf = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	o->timer = loop_timer_new(env->loop, look, o);
	return o;
}

void outbound_free(struct outbound *o)
{
	if (!o)
		return;
	g_hash_table_unref(o->voices);
	g_hash_table_unref(o->deaf);
	loop_timer_free(o->timer);
	g_free(o);
}

void outbound_start(struct outbound *o)
{
	o->started = true;
	arm(o);
}

/*
 * Whether it is still as it was when it was settled.
 */
static bool has_same_readers(const struct voice *v, const struct matrix_room *room)
{
	unsigned readers = 0;
	GHashTableIter i;
	void *user, *member;

	g_hash_table_iter_init(&i, room->members);
	while (g_hash_table_iter_next(&i, &user, &member)) {
		if (!rotation_may_read(room, member))
			continue;
		readers++;
		if (!g_hash_table_contains(v->readers, user))
			return false;
	}
	return readers == g_hash_table_size(v->readers);
}

static bool knows_readers(struct voice *v)
{
	int64_t marks = devices_marks(v->o->devices);
	GHashTableIter i;
	void *user;

	if (v->marks == marks)
		return true;
	g_hash_table_iter_init(&i, v->readers);
	while (g_hash_table_iter_next(&i, &user, NULL))
		if (!outbound_knows(v->o, user))
			return false;
	v->marks = marks;
	return true;
}

static bool is_fresh(const struct voice *v, const struct matrix_room *room)
{
	const struct rotation r = {
		.messages = crypto_outbound_index(v->session),
		.since_us = v->since_us,
		.visibility = v->visibility,
		.room = room,
		.now_us = outbound_wall_us(v->o),
	};

	return rotation_due(&r) == ROTATION_NONE;
}

/* A device that could not be reached may have begun a session itself. Whether they can be reached
 * by now is tried without waiting for it. */
static bool are_deaf_still(struct voice *v)
{
	for (unsigned i = 0; i < v->deaf->len; i++)
		if (sessions_has(v->o->sessions, g_ptr_array_index(v->deaf, i)))
			return false;
	if (v->deaf->len && !v->claimed && v->due_us < 0 && v->deaf_us <= outbound_mono_us(v->o))
		outbound_look_after(v, 0);
	return true;
}

bool outbound_ready(struct outbound *o, const struct matrix_room *room)
{
	struct voice *v = voice_of(o, room->id);

	if (v->settled && is_whole(room) && is_fresh(v, room) && has_same_readers(v, room) &&
	    knows_readers(v) && are_deaf_still(v))
		return true;
	v->settled = false;
	if (!v->wanted) {
		v->wanted = true;
		look_now(v);
	}
	return false;
}

/*
 * Speaking.
 */
/* g_free it. */
static char *payload(const struct voice *v, const char *type, const json_t *content)
{
	json_t *inside = json_copy((json_t *)content); /* which it does not change */

	json_object_del(inside, "m.relates_to");
	json_t *whole =
		json_pack("{s:s, s:o, s:s}", "type", type, "content", inside, "room_id", v->room);
	char *text = whole ? dump_sorted(whole) : NULL;
	json_decref(whole);
	return text;
}

/* sender_key and device_id prove nothing, but older clients find the session by them. */
static json_t *event_of(const struct voice *v, const char *ciphertext, json_t *relates_to)
{
	const struct outbound *o = v->o;
	json_t *event =
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "algorithm", "m.megolm.v1.aes-sha2",
			  "sender_key", own_curve25519(o->own), "device_id", o->env.device,
			  "session_id", crypto_outbound_id(v->session), "ciphertext", ciphertext);

	if (relates_to)
		json_object_set(event, "m.relates_to", relates_to);
	return event;
}

json_t *outbound_encrypt(struct outbound *o, const struct matrix_room *room, const char *type,
			 const json_t *content)
{
	if (!outbound_ready(o, room))
		return NULL;
	struct voice *v = voice_of(o, room->id);
	int leased = outbound_is_leased(v);
	if (leased < 0) {
		/* What had brought it there was undone. */
		outbound_unload(v);
		outbound_ready(o, room);
		return NULL;
	}
	g_autofree char *text = payload(v, type, content);
	if (!text)
		return NULL;
	if (leased == 0)
		outbound_lease(v);
	g_autofree char *ciphertext = crypto_outbound_encrypt(v->session, text);
	return event_of(v, ciphertext, json_object_get(content, "m.relates_to"));
}

bool outbound_echoed(struct outbound *o, const char *room, const char *session, uint32_t index)
{
	return db_int(o->env.db, 0,
		      "SELECT leased FROM e2ee_spoken WHERE network = ? AND session = ?"
		      " AND room = ?",
		      "ttt", o->env.network, session, room) > index;
}

/*
 * What happens meanwhile.
 */
void outbound_devices(struct outbound *o, const char *user)
{
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, o->voices);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		struct voice *v = value;
		const struct matrix_room *room = matrix_rooms_find(o->rooms, v->room);

		if (room && g_hash_table_contains(room->members, user))
			look_now(v);
	}
}

void outbound_sent(struct outbound *o, const char *about)
{
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, o->voices);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		struct voice *v = value;

		if (v->session && !strcmp(crypto_outbound_id(v->session), about))
			look_now(v);
	}
}

void outbound_rotate(struct outbound *o, const char *room)
{
	struct voice *v = g_hash_table_lookup(o->voices, room);

	outbound_end(o, room);
	if (v)
		outbound_unload(v);
}

void outbound_drop(struct outbound *o, const char *room)
{
	outbound_end(o, room);
	db_run(o->env.db, "DELETE FROM e2ee_shared WHERE network = ? AND room = ?", "tt",
	       o->env.network, room);
	g_hash_table_remove(o->voices, room);
	arm(o);
}
