#include "transport/matrix/e2ee/e2ee.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "store/db.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/inbound.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/outbound.h"
#include "transport/matrix/e2ee/outgoing.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions.h"
#include "transport/matrix/e2ee/unread.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* While the server cannot be asked to take the account's keys. */
#define SIGN_AGAIN_US CLOCK_US_PER_MINUTE

struct e2ee {
	struct e2ee_env env;
	struct crypto_pickle_key key;
	struct matrix_rooms *rooms;
	struct e2ee_callbacks callbacks;
	void *data;
	struct own *own;
	struct crosssign *crosssign;
	struct devices *devices;
	struct outgoing *outgoing;
	struct sessions *sessions;
	struct outbound *outbound;
	struct inbound *inbound;
	struct unread *unread;
	struct loop_timer *sign; /* again, after it did not work for now */
	bool anew;               /* what the rooms tell may be older than what is remembered */
	bool started;            /* the first sync since this start was handled */
	bool is_stale;           /* its keys are not to be used any more */
	bool settled;      /* whether other clients will trust this device is known, and seen to */
	int64_t pruned_us; /* wall time */
};

static int64_t wall_us(const struct e2ee *e)
{
	return e->env.clock->wall_us(e->env.clock);
}

void e2ee_event_done(struct e2ee_event *e)
{
	read_event_done(&e->event);
	g_free(e->text);
	g_free(e->device);
}

/*
 * Events that were encrypted.
 */
/* As if it had come in clear: what the homeserver tells of it stays. */
static char *clear_text(const struct read_event *event, const struct inbound_message *m)
{
	GString *out = g_string_sized_new(event->whole.bytes + strlen(m->content));
	json_t *name = json_string(m->type);
	g_autofree char *type = canonical_text(name);

	json_decref(name);
	g_string_append_c(out, '{');
	for (struct span_each i = span_each(event->whole); span_next(&i);) {
		if (span_says(i.key, "type") || span_says(i.key, "content"))
			continue;
		g_string_append_len(out, i.key.at, (gssize)i.key.bytes);
		g_string_append_c(out, ':');
		g_string_append_len(out, i.value.at, (gssize)i.value.bytes);
		g_string_append_c(out, ',');
	}
	g_string_append_printf(out, "\"type\":%s,\"content\":%s}", type, m->content);
	return g_string_free(out, FALSE);
}

static int restore(const struct read_event *event, const struct inbound_message *m,
		   struct e2ee_event *ret)
{
	struct span span;

	ret->text = clear_text(event, m);
	if (span_check(ret->text, strlen(ret->text), &span, NULL) == 0 &&
	    read_event(span, &ret->event) == 0)
		return 0;
	g_clear_pointer(&ret->text, g_free);
	return -EBADMSG;
}

/* CS API: Device verification; who may be believed goes by the owner's signature alone. */
static void judge(const struct e2ee *e, const char *user, const struct inbound_message *m,
		  struct e2ee_event *ret)
{
	struct device *device = devices_by_curve25519(e->devices, user, m->curve25519);

	ret->trust = E2EE_UNSIGNED;
	ret->device = NULL;
	if (device && !strcmp(device->ed25519, m->ed25519)) {
		ret->device = g_strdup(device->id);
		if (device->signed_ || e->env.any_device)
			ret->trust = E2EE_TRUSTED;
	}
	device_free(device);
}

static bool knows(const struct e2ee *e, const char *user)
{
	return devices_known(e->devices, user) || devices_unreachable(e->devices, user) ||
	       !devices_follows(e->devices, user);
}

enum e2ee_reading e2ee_read(struct e2ee *e, const struct matrix_room *room,
			    const struct read_event *event, bool backlog, struct e2ee_event *ret)
{
	g_autofree char *session = NULL, *code = NULL;
	struct inbound_message m;

	if (!knows(e, event->sender)) {
		unread_add(e->unread, room->id, event, NULL, event->sender, backlog);
		return E2EE_WAITS;
	}
	int error = inbound_decrypt(e->inbound, room->id, event, &m, &session, &code);
	if (error == -ENOKEY) {
		unread_add(e->unread, room->id, event, session, NULL, backlog);
		if (code)
			unread_session(e->unread, room->id, session, code);
		return E2EE_WAITS;
	}
	if (error < 0) {
		log_debug("matrix %s: an event cannot be read: %s", e->env.network,
			  g_strerror(-error));
		return E2EE_NEVER;
	}
	error = restore(event, &m, ret);
	if (error == 0)
		judge(e, event->sender, &m, ret);
	inbound_message_done(&m);
	return error == 0 ? E2EE_READ : E2EE_NEVER;
}

/* True: it waits no longer. */
static bool read_again(void *data, const char *id, struct span text, bool backlog)
{
	struct e2ee *e = data;
	const struct matrix_room *room = matrix_rooms_find(e->rooms, id);
	struct read_event event;
	struct e2ee_event read;

	if (!room || read_event(text, &event) < 0)
		return true;
	enum e2ee_reading reading = e2ee_read(e, room, &event, backlog, &read);
	read_event_done(&event);
	if (reading == E2EE_READ) {
		e->callbacks.read(e->data, id, &read, backlog);
		e2ee_event_done(&read);
	}
	return reading != E2EE_WAITS;
}

/* CS API: Reporting that decryption keys are withheld. The other codes tell that they would give
 * it, and cannot. */
static bool is_kept_back(const char *code)
{
	static const char *const codes[] = { "m.unverified", "m.blacklisted", "m.unauthorised",
					     NULL };

	return code && g_strv_contains(codes, code);
}

static void given_up(void *data, const char *room, struct span text, const char *code)
{
	struct e2ee *e = data;
	struct read_event event;

	if (read_event(text, &event) < 0)
		return;
	e->callbacks.unreadable(e->data, room, &event, is_kept_back(code));
	read_event_done(&event);
}

/* Once: of one that was replaced by an older store every echo tells the same. */
static void go_stale(struct e2ee *e, const char *why)
{
	bool known = e->is_stale;

	e->is_stale = true;
	if (!known)
		e->callbacks.stale(e->data, why);
}

void e2ee_echoed(struct e2ee *e, const struct matrix_room *room, const struct read_event *event)
{
	g_autofree char *session = span_text(span_get(event->content, "session_id"));
	g_autofree char *ciphertext = span_text(span_get(event->content, "ciphertext"));
	g_autofree char *device = span_text(span_get(event->content, "device_id"));
	uint32_t index;

	if (e->anew || !session || !ciphertext || g_strcmp0(device, e->env.device) != 0 ||
	    crypto_message_index(ciphertext, &index) < 0 ||
	    outbound_echoed(e->outbound, room->id, session, index))
		return;
	go_stale(e, "it has said something that the store does not remember");
}

/*
 * What comes to the device.
 */
static void take_key(struct e2ee *e, const struct olm_message *m)
{
	g_autofree char *room = NULL, *session = NULL;
	int error = inbound_add(e->inbound, m, &room, &session);

	if (error == 0)
		unread_session(e->unread, room, session, NULL);
	else if (error != -EALREADY)
		log_info("matrix %s: a room key that %s sent is passed over: %s", e->env.network,
			 m->sender, g_strerror(-error));
}

/* m.dummy has done all it is for by being read; forwarded keys and secrets were never asked for. */
static void take_olm(struct e2ee *e, const char *sender, struct span content)
{
	struct olm_message m;
	const char *why;
	int error = sessions_decrypt(e->sessions, sender, content, &m, &why);

	if (error < 0) {
		if (error != -EALREADY)
			log_info("matrix %s: what a device of %s sent cannot be read: %s",
				 e->env.network, sender, why);
		return;
	}
	if (!strcmp(m.type, "m.room_key"))
		take_key(e, &m);
	olm_message_done(&m);
}

static void take_withheld(struct e2ee *e, const char *sender, struct span content)
{
	g_autofree char *room = NULL, *session = NULL;
	json_t *j = json_loadb(content.at, content.bytes, 0, NULL);
	const char *code = json_string_value(json_object_get(j, "code"));

	if (j && code && inbound_withheld(e->inbound, sender, j, &room, &session) == 0)
		unread_session(e->unread, room, session, code);
	json_decref(j);
}

static void take_to_device(struct e2ee *e, struct span event)
{
	g_autofree char *sender = span_text(span_get(event, "sender"));
	struct span type = span_get(event, "type"), content = span_get(event, "content");

	if (!sender || !matrix_rooms_is_user(sender) || !span_is_object(content))
		return;
	if (span_says(type, "m.room.encrypted"))
		take_olm(e, sender, content);
	else if (span_says(type, "m.room_key.withheld"))
		take_withheld(e, sender, content);
}

void e2ee_heard(struct e2ee *e, const struct e2ee_sync *s)
{
	e->anew = !s->since;
	if (!s->since || s->gap)
		devices_gap(e->devices, s->since, s->next);
	devices_lists(e->devices, s->device_lists);
	for (struct span_each i = span_each(s->to_device); span_next(&i);)
		take_to_device(e, i.value);
	own_counts(e->own, s->one_time_counts, s->unused_fallbacks);
	if (wall_us(e) - e->pruned_us > CLOCK_US_PER_DAY) {
		e->pruned_us = wall_us(e);
		inbound_prune(e->inbound, e->pruned_us);
	}
}

void e2ee_synced(struct e2ee *e)
{
	if (e->started)
		return;
	e->started = true;
	outgoing_start(e->outgoing);
	sessions_start(e->sessions);
	devices_start(e->devices);
	outbound_start(e->outbound);
	own_publish(e->own);
}

/*
 * Rooms.
 */
/* Whether somebody is in an encrypted room with kith, or asked into one. */
static bool is_met(const struct e2ee *e, const char *user)
{
	const struct matrix_room *room;

	for (unsigned i = 0; (room = matrix_rooms_each(e->rooms, i)); i++)
		if (room->inside && room->encrypted && g_hash_table_contains(room->members, user))
			return true;
	return false;
}

static void follow_all(struct e2ee *e, const struct matrix_room *room)
{
	GHashTableIter i;
	void *user;

	g_hash_table_iter_init(&i, room->members);
	while (g_hash_table_iter_next(&i, &user, NULL))
		devices_follow(e->devices, user);
}

static void follow_or_not(struct e2ee *e, const struct matrix_room *room, const char *user)
{
	const struct matrix_member *member = g_hash_table_lookup(room->members, user);

	if (member)
		devices_follow(e->devices, user);
	else if (!is_met(e, user))
		devices_unfollow(e->devices, user);
	if (!member)
		outbound_rotate(e->outbound, room->id);
}

void e2ee_room(struct e2ee *e, const struct matrix_room *room, const struct read_event *event)
{
	if (!room->encrypted)
		return;
	if (!event || !strcmp(event->type, "m.room.encryption"))
		follow_all(e, room);
	else if (!strcmp(event->type, "m.room.member"))
		follow_or_not(e, room, event->state_key);
	else if (!strcmp(event->type, "m.room.history_visibility"))
		outbound_rotate(e->outbound, room->id);
}

void e2ee_left(struct e2ee *e, const struct matrix_room *room)
{
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter i;
	void *user;

	outbound_drop(e->outbound, room->id);
	inbound_drop(e->inbound, room->id);
	unread_drop(e->unread, room->id);
	g_hash_table_iter_init(&i, room->members);
	while (g_hash_table_iter_next(&i, &user, NULL))
		g_ptr_array_add(gone, g_strdup(user));
	for (unsigned n = 0; n < gone->len; n++)
		if (!is_met(e, gone->pdata[n]))
			devices_unfollow(e->devices, gone->pdata[n]);
}

bool e2ee_ready(struct e2ee *e, const struct matrix_room *room)
{
	return e->settled && !e->is_stale && outbound_ready(e->outbound, room);
}

json_t *e2ee_encrypt(struct e2ee *e, const struct matrix_room *room, const char *type,
		     const json_t *content)
{
	return outbound_encrypt(e->outbound, room, type, content);
}

/*
 * Its parts.
 */
/* Nothing is said before: who reads it would not believe a device that its owner has not signed,
 * and strict clients do not even show it. */
static void settle(struct e2ee *e)
{
	const struct matrix_room *room;

	e->settled = true;
	for (unsigned i = 0; (room = matrix_rooms_each(e->rooms, i)); i++)
		if (room->inside && room->encrypted)
			e->callbacks.ready(e->data, room->id);
}

static void signed_by_owner(void *data, int error, const char *why)
{
	struct e2ee *e = data;

	if (error < 0)
		log_warning("matrix %s: its account has not signed this device, so that clients of "
			    "today neither read it nor let it read: %s",
			    e->env.network, why);
	if (error == -EAGAIN)
		loop_timer_set(e->sign, SIGN_AGAIN_US);
	else
		settle(e);
}

static void sign(void *data)
{
	struct e2ee *e = data;
	char *password = e->callbacks.password(e->data);
	const struct crosssign_wish wish = { .password = password };

	crosssign_start(e->crosssign, &wish, signed_by_owner, e);
	config_secret_free(password);
}

static void published(void *data)
{
	struct e2ee *e = data;

	if (!e->settled)
		sign(e);
}

static void stale(void *data, const char *why)
{
	go_stale(data, why);
}

static void updated(void *data, const char *user)
{
	struct e2ee *e = data;

	unread_sender(e->unread, user);
	outbound_devices(e->outbound, user);
}

static void identity_changed(void *data, const char *user)
{
	struct e2ee *e = data;

	e->callbacks.identity_changed(e->data, user);
}

static void emptied(void *data, const char *about)
{
	struct e2ee *e = data;

	outbound_sent(e->outbound, about);
}

static void ready(void *data, const char *room)
{
	struct e2ee *e = data;

	e->callbacks.ready(e->data, room);
}

/* Rooms that were encrypted, and in which kith is, before. */
static void follow_everybody(struct e2ee *e)
{
	const struct matrix_room *room;

	for (unsigned i = 0; (room = matrix_rooms_each(e->rooms, i)); i++)
		if (room->inside)
			e2ee_room(e, room, NULL);
}

static void free_itself(struct e2ee *e)
{
	explicit_bzero(&e->key, sizeof(e->key));
	g_free(e);
}

int e2ee_open(const struct e2ee_env *env, const struct seal *seal, struct matrix_rooms *rooms,
	      const struct e2ee_callbacks *callbacks, void *data, struct e2ee **ret)
{
	static const struct own_callbacks own_calls = { published, stale };
	static const struct devices_callbacks devices_calls = { updated, identity_changed };
	static const struct unread_callbacks unread_calls = { read_again, given_up };
	struct e2ee *e = g_new0(struct e2ee, 1);

	e->env = *env;
	if (!env->key) {
		own_pickle_key(seal, env->network, &e->key);
		e->env.key = &e->key;
	}
	e->rooms = rooms;
	e->callbacks = *callbacks;
	e->data = data;
	int error = own_open(&e->env, &own_calls, e, &e->own);
	if (error < 0) {
		free_itself(e);
		return error;
	}
	e->crosssign = crosssign_new(&e->env, seal, e->own);
	e->devices = devices_new(&e->env, &devices_calls, e);
	e->outgoing = outgoing_new(&e->env, emptied, e);
	e->sessions = sessions_new(&e->env, e->own, e->devices, e->outgoing);
	e->outbound = outbound_new(&e->env, rooms, e->own, e->devices, e->sessions, e->outgoing,
				   ready, e);
	e->inbound = inbound_new(&e->env);
	e->unread = unread_new(&e->env, &unread_calls, e);
	e->sign = loop_timer_new(env->loop, sign, e);
	follow_everybody(e);
	*ret = e;
	return 0;
}

void e2ee_free(struct e2ee *e)
{
	if (!e)
		return;
	loop_timer_free(e->sign);
	unread_free(e->unread);
	inbound_free(e->inbound);
	outbound_free(e->outbound);
	sessions_free(e->sessions);
	outgoing_free(e->outgoing);
	devices_free(e->devices);
	crosssign_free(e->crosssign);
	own_free(e->own);
	free_itself(e);
}
