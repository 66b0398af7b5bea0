#include "transport/matrix/e2ee/outbound_private.h"

#include "base/log.h"
#include "clock.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/outgoing.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions.h"

#include <errno.h>
#include <string.h>

/* A device that gave no key is asked again after so long. */
#define TRY_EVERY_US CLOCK_US_PER_HOUR
/* While keys cannot be asked for at all kith waits so long before it speaks to those it can speak
 * to; the others are tried again as soon. */
#define FAILING_MOST_US (5 * CLOCK_US_PER_MINUTE)

/*
 * Who may read.
 */
static bool is_ours(const struct outbound *o, const struct device *d)
{
	return !strcmp(d->user, o->env.user) && !strcmp(d->id, o->env.device);
}

static void add_user(struct outbound *o, GHashTable *hearers, const char *user)
{
	g_autoptr(GPtrArray) devices = devices_of(o->devices, user);

	for (unsigned i = 0; i < devices->len; i++) {
		const struct device *d = g_ptr_array_index(devices, i);

		if (is_ours(o, d) || !d->megolm)
			continue;
		struct hearer *h = hearer_new(d->user, d->id, d->curve25519,
					      d->signed_ || o->env.any_device ? HEARING_KEY
									      : HEARING_UNSIGNED);
		h->device = device_copy(d);
		hearers_add(hearers, h);
	}
}

GHashTable *outbound_hearers(struct outbound *o, const struct matrix_room *room)
{
	GHashTable *hearers = hearers_new();
	GHashTableIter i;
	void *user, *member;

	g_hash_table_iter_init(&i, room->members);
	while (g_hash_table_iter_next(&i, &user, &member))
		if (rotation_may_read(room, member))
			add_user(o, hearers, user);
	return hearers;
}

bool outbound_knows(const struct outbound *o, const char *user)
{
	return devices_known(o->devices, user) || devices_unreachable(o->devices, user);
}

/* Also who they are. */
static bool knows_all(struct voice *v, const struct matrix_room *room)
{
	struct outbound *o = v->o;
	bool all = true;
	GHashTableIter i;
	void *user, *member;

	g_hash_table_remove_all(v->readers);
	g_hash_table_iter_init(&i, room->members);
	while (g_hash_table_iter_next(&i, &user, &member)) {
		if (!rotation_may_read(room, member))
			continue;
		g_hash_table_add(v->readers, g_strdup(user));
		if (!devices_follows(o->devices, user))
			devices_follow(o->devices, user);
		all = outbound_knows(o, user) && all;
	}
	return all;
}

/*
 * Olm sessions, to send it in.
 */
static int64_t may_try_us(const struct outbound *o, const struct hearer *h)
{
	g_autofree char *name = hearer_name(h->user, h->id);
	const int64_t *us = g_hash_table_lookup(o->deaf, name);

	return us ? *us : 0;
}

static gboolean is_past(void *name, void *us, void *now_us)
{
	return *(int64_t *)us <= *(int64_t *)now_us;
}

static void mind_claimed(struct voice *v, int64_t again_us)
{
	struct outbound *o = v->o;
	int64_t now_us = outbound_mono_us(o);

	g_hash_table_foreach_remove(o->deaf, is_past, &now_us);
	for (unsigned i = 0; i < v->claimed->len; i++) {
		int64_t *us = g_new(int64_t, 1);

		*us = now_us + again_us;
		g_hash_table_replace(o->deaf, g_strdup(v->claimed->pdata[i]), us);
	}
	v->failing_us = -1;
}

static void claimed(void *data, int error)
{
	struct voice *v = data;
	int64_t now_us = outbound_mono_us(v->o);

	if (error < 0 && v->failing_us < 0)
		v->failing_us = now_us;
	if (error == 0)
		mind_claimed(v, TRY_EVERY_US);
	else if (now_us - v->failing_us >= FAILING_MOST_US)
		mind_claimed(v, FAILING_MOST_US);
	g_clear_pointer(&v->claimed, g_ptr_array_unref);
	v->settled = false;
	if (v->failing_us < 0)
		outbound_look_after(v, 0);
	else
		outbound_look_again(v);
}

static void claim(struct voice *v, const GPtrArray *devices)
{
	v->claimed = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; i < devices->len; i++) {
		const struct device *d = g_ptr_array_index(devices, i);

		g_ptr_array_add(v->claimed, hearer_name(d->user, d->id));
	}
	sessions_claim(v->o->sessions, devices, claimed, v);
}

/* Begins to claim what is missing. True: somebody who has not been told yet that they cannot be
 * reached is to be waited for. */
static bool must_wait(struct voice *v, GHashTable *now)
{
	struct outbound *o = v->o;
	g_autoptr(GPtrArray) missing = g_ptr_array_new();
	int64_t now_us = outbound_mono_us(o);
	bool wait = false;
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, now);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct hearer *h = value, *had = hearers_find(v->had, h);

		if (h->hearing != HEARING_KEY || (had && had->hearing == HEARING_KEY) ||
		    may_try_us(o, h) > now_us || sessions_has(o->sessions, h->device))
			continue;
		g_ptr_array_add(missing, h->device);
		wait = wait || !had || had->hearing != HEARING_NO_OLM;
	}
	if (missing->len && !v->claimed)
		claim(v, missing);
	return wait;
}

/*
 * The key, and why there is none.
 */
static json_t *key_of(const struct voice *v)
{
	g_autofree char *key = crypto_outbound_key(v->session);
	bool shared = strcmp(v->visibility, "shared") == 0 ||
		      strcmp(v->visibility, "world_readable") == 0;

	return json_pack("{s:s, s:s, s:s, s:s, s:b}", "algorithm", "m.megolm.v1.aes-sha2",
			 "room_id", v->room, "session_id", crypto_outbound_id(v->session),
			 "session_key", key, "shared_history", shared);
}

static bool give(struct voice *v, const struct hearer *h, const json_t *key)
{
	struct outbound *o = v->o;
	json_t *message = sessions_has(o->sessions, h->device)
				  ? sessions_encrypt(o->sessions, h->device, "m.room_key", key)
				  : NULL;

	if (!message)
		return false;
	outgoing_add(o->outgoing, crypto_outbound_id(v->session), "m.room.encrypted", h->user,
		     h->id, message);
	json_decref(message);
	return true;
}

static void give_all(struct voice *v, GHashTable *now)
{
	json_t *key = key_of(v);
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, now);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct hearer *h = value, *had = hearers_find(v->had, h);

		if (h->hearing == HEARING_KEY && !(had && had->hearing == HEARING_KEY) &&
		    give(v, h, key))
			outbound_note(v, h, HEARING_KEY);
	}
	json_decref(key);
}

/* CS API: m.room_key.withheld. That a device cannot be reached is about every session. */
static void tell(struct voice *v, const struct hearer *h, enum hearing why)
{
	struct outbound *o = v->o;
	const char *sender = own_curve25519(o->own);
	json_t *content;

	if (why == HEARING_NO_OLM)
		content = json_pack("{s:s, s:s, s:s, s:s}", "algorithm", "m.megolm.v1.aes-sha2",
				    "sender_key", sender, "code", "m.no_olm", "reason",
				    "Unable to establish a secure channel.");
	else
		content = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "algorithm",
				    "m.megolm.v1.aes-sha2", "room_id", v->room, "session_id",
				    crypto_outbound_id(v->session), "sender_key", sender, "code",
				    "m.unverified", "reason",
				    "This device has not been verified by its owner.");
	outgoing_add(o->outgoing, "", "m.room_key.withheld", h->user, h->id, content);
	json_decref(content);
}

static void tell_all(struct voice *v, GHashTable *now)
{
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, now);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct hearer *h = value, *had = hearers_find(v->had, h);
		enum hearing why = h->hearing == HEARING_KEY ? HEARING_NO_OLM : HEARING_UNSIGNED;

		if (had && (had->hearing == HEARING_KEY || had->hearing == why))
			continue;
		if (why == HEARING_UNSIGNED || !outbound_was_told(v->o, h))
			tell(v, h, why);
		outbound_note(v, h, why);
	}
}

/* Who might hear it some time, and when that is to be tried. */
static void mind_deaf(struct voice *v, GHashTable *now)
{
	GHashTableIter i;
	void *value;

	g_ptr_array_set_size(v->deaf, 0);
	v->deaf_us = INT64_MAX;
	g_hash_table_iter_init(&i, now);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct hearer *h = value, *had = hearers_find(v->had, h);

		if (!had || had->hearing != HEARING_NO_OLM)
			continue;
		g_ptr_array_add(v->deaf, device_copy(h->device));
		v->deaf_us = MIN(v->deaf_us, may_try_us(v->o, h));
	}
}

static void rotate_if_due(struct voice *v, const struct matrix_room *room, GHashTable *now)
{
	struct outbound *o = v->o;

	if (!v->session)
		return;
	const struct rotation r = {
		.messages = crypto_outbound_index(v->session),
		.since_us = v->since_us,
		.visibility = v->visibility,
		.had = v->had,
		.room = room,
		.now = now,
		.now_us = outbound_wall_us(o),
	};
	enum rotation_why why = rotation_due(&r);
	if (why == ROTATION_NONE)
		return;
	log_debug("matrix %s: the session of %s is left: %s", o->env.network, v->room,
		  rotation_says(why));
	outbound_end(o, v->room);
	outbound_unload(v);
	outbound_load(v);
}

bool outbound_prepare(struct voice *v, const struct matrix_room *room)
{
	struct outbound *o = v->o;

	if (!own_is_published(o->own) || !knows_all(v, room))
		return false;
	outbound_load(v);
	g_autoptr(GHashTable) now = outbound_hearers(o, room);
	rotate_if_due(v, room, now);
	if (must_wait(v, now))
		return false;
	if (!v->session)
		outbound_begin(v, room);
	give_all(v, now);
	tell_all(v, now);
	outbound_note_gone(v, now);
	mind_deaf(v, now);
	return !outgoing_has(o->outgoing, crypto_outbound_id(v->session));
}
