/* The ground the tests of speaking in an encrypted room stand on: people with phones that have real
 * keys, on a scripted homeserver that hands them out and delivers what devices are sent; a real
 * store, and all that kith's own device consists of. */
#ifndef KITH_TEST_OUTBOUND_WORLD_H
#define KITH_TEST_OUTBOUND_WORLD_H

#include "hs_ground.h"

#include "transport/matrix/e2ee/outbound.h"

#include "store/db.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/outgoing.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions.h"
#include "transport/matrix/read.h"
#include "transport/matrix/rooms.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define KITH  "@kith:hs.test"
#define ANA   "@ana:hs.test"
#define BEN   "@ben:hs.test"
#define CLEO  "@cleo:hs.test"
#define DORA  "@dora:far.test"
#define ROOM  "!makers:hs.test"
#define OTHER "!other:hs.test"

/* Somebody's device. */
struct phone {
	char *user, *id;
	struct crypto_account *account;
	bool signed_;        /* its owner has signed it */
	bool empty;          /* it has no one-time keys */
	bool gone;           /* it was signed out */
	GPtrArray *sessions; /* of struct crypto_session */
	GHashTable *keys;    /* a room's session -> struct crypto_inbound */
	GHashTable *whole;   /* likewise -> content of m.room_key */
	GPtrArray *withheld; /* of json_t, contents */
	unsigned claims;
};

/* Somebody's identity. */
struct person {
	struct crypto_signer *master, *self_signing;
};

struct world {
	struct hs_ground ground;
	char *path;
	struct db *db;
	struct api *api;
	struct crypto_pickle_key key;
	struct e2ee_env env;
	struct matrix_rooms *rooms;
	struct matrix_room *room;
	struct own *own;
	struct devices *devices;
	struct outgoing *outgoing;
	struct sessions *sessions;
	struct outbound *outbound;
	GHashTable *people; /* user -> struct person */
	GPtrArray *phones;  /* of struct phone */
	unsigned readies;   /* how often ROOM was told to be ready */
	bool published;
	int commits;        /* until kith is killed; -1: it is not */
	bool killed;        /* nothing is committed any more */
	GHashTable *taken;  /* what was sent to devices: paths, each taken once */
	int claim_status;   /* of claims, instead of 200 */
	bool far_is_down;   /* nobody knows what devices those of far.test have */
	bool hold_messages; /* what is sent to devices is not answered */
	bool hold_keys;     /* nor are kith's keys */
};

/*
 * People and their phones.
 */
G_GNUC_UNUSED static void phone_free(void *data)
{
	struct phone *p = data;

	crypto_account_free(p->account);
	g_ptr_array_unref(p->sessions);
	g_hash_table_unref(p->keys);
	g_hash_table_unref(p->whole);
	g_ptr_array_unref(p->withheld);
	g_free(p->user);
	g_free(p->id);
	g_free(p);
}

G_GNUC_UNUSED static void person_free(void *data)
{
	struct person *p = data;

	crypto_signer_free(p->master);
	crypto_signer_free(p->self_signing);
	g_free(p);
}

G_GNUC_UNUSED static void json_done(void *j)
{
	json_decref(j);
}

G_GNUC_UNUSED static struct person *person_of(struct world *w, const char *user)
{
	struct person *p = g_hash_table_lookup(w->people, user);

	if (p)
		return p;
	p = g_new0(struct person, 1);
	p->master = crypto_signer_make();
	p->self_signing = crypto_signer_make();
	g_hash_table_insert(w->people, g_strdup(user), p);
	return p;
}

G_GNUC_UNUSED static struct phone *add_phone(struct world *w, const char *user, const char *id,
					     bool signed_)
{
	struct phone *p = g_new0(struct phone, 1);

	person_of(w, user);
	p->user = g_strdup(user);
	p->id = g_strdup(id);
	p->account = crypto_account_make();
	p->signed_ = signed_;
	p->sessions = g_ptr_array_new_with_free_func((GDestroyNotify)crypto_session_free);
	p->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					(GDestroyNotify)crypto_inbound_free);
	p->whole = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_done);
	p->withheld = g_ptr_array_new_with_free_func(json_done);
	g_ptr_array_add(w->phones, p);
	return p;
}

G_GNUC_UNUSED static struct phone *find_phone(struct world *w, const char *user, const char *id)
{
	for (unsigned i = 0; i < w->phones->len; i++) {
		struct phone *p = w->phones->pdata[i];

		if (!strcmp(p->user, user) && !strcmp(p->id, id))
			return p;
	}
	return NULL;
}

/* By an account, or (it is NULL) a signer. */
G_GNUC_UNUSED static void sign(json_t *j, const char *user, const char *key,
			       const struct crypto_account *account,
			       const struct crypto_signer *signer)
{
	g_autofree char *text = canonical_signed(j);
	g_autofree char *signature =
		account ? crypto_account_sign(account, text) : crypto_signer_sign(signer, text);

	canonical_add(j, user, key, signature);
}

G_GNUC_UNUSED static json_t *keys_of(struct world *w, const struct phone *p)
{
	g_autofree char *curve = g_strconcat("curve25519:", p->id, NULL);
	g_autofree char *ed = g_strconcat("ed25519:", p->id, NULL);
	const struct person *owner = person_of(w, p->user);
	json_t *j = json_pack(
		"{s:s, s:s, s:[s, s], s:{s:s, s:s}}", "user_id", p->user, "device_id", p->id,
		"algorithms", "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2", "keys", curve,
		crypto_account_curve25519(p->account), ed, crypto_account_ed25519(p->account));

	sign(j, p->user, p->id, p->account, NULL);
	if (p->signed_)
		sign(j, p->user, crypto_signer_public(owner->self_signing), NULL,
		     owner->self_signing);
	return j;
}

G_GNUC_UNUSED static json_t *crosssign_key(const struct person *p, const char *user,
					   const char *usage, const struct crypto_signer *s)
{
	g_autofree char *name = g_strconcat("ed25519:", crypto_signer_public(s), NULL);
	json_t *j = json_pack("{s:s, s:[s], s:{s:s}}", "user_id", user, "usage", usage, "keys",
			      name, crypto_signer_public(s));

	sign(j, user, crypto_signer_public(p->master), NULL, p->master);
	return j;
}

/*
 * The server.
 */
G_GNUC_UNUSED static void say_json(struct hs_answer *a, json_t *j)
{
	g_autofree char *text = dump_sorted(j);

	hs_say(a, 200, "%s", text);
	json_decref(j);
}

G_GNUC_UNUSED static void answer_query(struct world *w, json_t *asked, struct hs_answer *a)
{
	json_t *devices = json_object(), *masters = json_object(), *selves = json_object();
	json_t *failures = json_object(), *value;
	const char *user;

	json_object_foreach(json_object_get(asked, "device_keys"), user, value)
	{
		const struct person *p = g_hash_table_lookup(w->people, user);
		if (w->far_is_down && g_str_has_suffix(user, ":far.test")) {
			json_object_set_new(failures, "far.test", json_object());
			continue;
		}
		json_t *list = json_object();
		for (unsigned i = 0; i < w->phones->len; i++) {
			const struct phone *phone = w->phones->pdata[i];

			if (!phone->gone && !strcmp(phone->user, user))
				json_object_set_new(list, phone->id, keys_of(w, phone));
		}
		if (!strcmp(user, KITH) && !w->hold_keys)
			json_object_set(list, w->env.device, (json_t *)own_device_keys(w->own));
		json_object_set_new(devices, user, list);
		if (!p)
			continue;
		json_object_set_new(masters, user, crosssign_key(p, user, "master", p->master));
		json_object_set_new(selves, user,
				    crosssign_key(p, user, "self_signing", p->self_signing));
	}
	say_json(a, json_pack("{s:o, s:o, s:o, s:o}", "device_keys", devices, "master_keys",
			      masters, "self_signing_keys", selves, "failures", failures));
}

G_GNUC_UNUSED static json_t *one_time_key(struct phone *p)
{
	const char *id;
	json_t *value, *found = NULL;

	crypto_account_make_one_time(p->account, 1);
	json_t *keys = crypto_account_one_time(p->account);
	json_object_foreach(keys, id, value)
	{
		g_autofree char *name = g_strconcat("signed_curve25519:", id, NULL);
		json_t *key = json_pack("{s:O}", "key", value);

		sign(key, p->user, p->id, p->account, NULL);
		json_decref(found);
		found = json_pack("{s:o}", name, key);
	}
	json_decref(keys);
	crypto_account_published(p->account);
	return found;
}

G_GNUC_UNUSED static void answer_claim(struct world *w, json_t *asked, struct hs_answer *a)
{
	json_t *all = json_object(), *devices, *value;
	const char *user, *id;

	json_object_foreach(json_object_get(asked, "one_time_keys"), user, devices)
	{
		json_t *list = json_object();

		json_object_foreach(devices, id, value)
		{
			struct phone *p = find_phone(w, user, id);

			if (p)
				p->claims++;
			if (p && !p->empty)
				json_object_set_new(list, id, one_time_key(p));
		}
		json_object_set_new(all, user, list);
	}
	say_json(a, json_pack("{s:o, s:{}}", "one_time_keys", all, "failures"));
}

G_GNUC_UNUSED static char *olm_read(struct phone *p, const char *sender_key, int type,
				    const char *body)
{
	struct crypto_session *s = NULL;
	char *text = NULL;

	for (unsigned i = 0; i < p->sessions->len && !text; i++)
		if (crypto_session_decrypt(p->sessions->pdata[i], type, body, &text) < 0)
			text = NULL;
	if (text)
		return text;
	assert_int_equal(type, CRYPTO_PRE_KEY);
	assert_int_equal(crypto_session_in(p->account, sender_key, body, &s), 0);
	crypto_account_used(p->account, s);
	g_ptr_array_add(p->sessions, s);
	assert_int_equal(crypto_session_decrypt(s, type, body, &text), 0);
	return text;
}

G_GNUC_UNUSED static void take_room_key(struct phone *p, const json_t *content)
{
	struct crypto_inbound *in = NULL;
	const char *session = json_string_value(json_object_get(content, "session_id"));

	assert_int_equal(
		crypto_inbound_new(json_string_value(json_object_get(content, "session_key")), &in),
		0);
	assert_string_equal(session, crypto_inbound_id(in));
	assert_false(g_hash_table_contains(p->keys, session)); /* not twice */
	g_hash_table_insert(p->keys, g_strdup(session), in);
	g_hash_table_insert(p->whole, g_strdup(session), json_deep_copy(content));
}

G_GNUC_UNUSED static void take_olm(struct phone *p, json_t *content)
{
	json_t *message = json_object_get(json_object_get(content, "ciphertext"),
					  crypto_account_curve25519(p->account));
	g_autofree char *text =
		olm_read(p, json_string_value(json_object_get(content, "sender_key")),
			 (int)json_integer_value(json_object_get(message, "type")),
			 json_string_value(json_object_get(message, "body")));
	json_t *inside = json_loads(text, 0, NULL);

	assert_string_equal(json_string_value(json_object_get(inside, "recipient")), p->user);
	assert_string_equal(json_string_value(json_object_get(inside, "type")), "m.room_key");
	take_room_key(p, json_object_get(inside, "content"));
	json_decref(inside);
}

G_GNUC_UNUSED static void deliver(struct world *w, bool withheld, json_t *body)
{
	const char *user, *id;
	json_t *devices, *content;

	json_object_foreach(json_object_get(body, "messages"), user, devices)
	{
		json_object_foreach(devices, id, content)
		{
			struct phone *p = find_phone(w, user, id);

			assert_non_null(p);
			if (withheld)
				g_ptr_array_add(p->withheld, json_incref(content));
			else
				take_olm(p, content);
		}
	}
}

G_GNUC_UNUSED static void on_request(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	json_t *body = json_loads(r->body, 0, NULL);

	if (hs_is(r, "POST", "v3/keys/upload") && w->hold_keys)
		a->hold = true;
	else if (hs_is(r, "POST", "v3/keys/upload"))
		a->text = "{\"one_time_key_counts\":{\"signed_curve25519\":50}}";
	else if (hs_is(r, "POST", "v3/keys/query"))
		answer_query(w, body, a);
	else if (hs_is(r, "POST", "v3/keys/claim") && w->claim_status)
		hs_say(a, w->claim_status, "{\"errcode\":\"M_UNKNOWN\"}");
	else if (hs_is(r, "POST", "v3/keys/claim"))
		answer_claim(w, body, a);
	else if (hs_is(r, "PUT", "v3/sendToDevice/") && w->hold_messages)
		a->hold = true;
	else if (hs_is(r, "PUT", "v3/sendToDevice/") &&
		 g_hash_table_add(w->taken, g_strdup(r->path)))
		deliver(w, hs_is(r, "PUT", "v3/sendToDevice/m.room_key.withheld"), body);
	json_decref(body);
}

/*
 * Kith.
 */
G_GNUC_UNUSED static void on_published(void *data)
{
	((struct world *)data)->published = true;
}

G_GNUC_UNUSED static void on_stale(void *data, const char *why)
{
	fail_msg("stale: %s", why);
}

G_GNUC_UNUSED static void on_updated(void *data, const char *user)
{
	outbound_devices(((struct world *)data)->outbound, user);
}

G_GNUC_UNUSED static void on_identity(void *data, const char *user)
{
}

G_GNUC_UNUSED static void on_emptied(void *data, const char *about)
{
	outbound_sent(((struct world *)data)->outbound, about);
}

G_GNUC_UNUSED static void on_ready(void *data, const char *room)
{
	struct world *w = data;

	assert_false(db_inside(w->db));
	w->readies += !strcmp(room, ROOM);
}

G_GNUC_UNUSED static bool before_commit(void *data)
{
	struct world *w = data;

	w->killed = w->killed || w->commits == 0;
	w->commits -= w->commits > 0;
	return !w->killed;
}

G_GNUC_UNUSED static void open_outbound(struct world *w)
{
	w->outbound = outbound_new(&w->env, w->rooms, w->own, w->devices, w->sessions, w->outgoing,
				   on_ready, w);
}

G_GNUC_UNUSED static void open_parts(struct world *w)
{
	static const struct own_callbacks own_calls = { on_published, on_stale };
	static const struct devices_callbacks devices_calls = { on_updated, on_identity };

	db_begin(w->db);
	assert_int_equal(own_open(&w->env, &own_calls, w, &w->own), 0);
	db_end(w->db);
	w->devices = devices_new(&w->env, &devices_calls, w);
	w->outgoing = outgoing_new(&w->env, on_emptied, w);
	w->sessions = sessions_new(&w->env, w->own, w->devices, w->outgoing);
	open_outbound(w);
	outgoing_start(w->outgoing);
	devices_start(w->devices);
	outbound_start(w->outbound);
	own_publish(w->own);
	w->published = own_is_published(w->own);
	if (!w->hold_keys)
		assert_true(fake_hs_until_set(w->ground.hs, &w->published));
}

G_GNUC_UNUSED static void open_store(struct world *w)
{
	static const char *const places[] = { ROOM, OTHER, NULL };
	struct db_watcher watcher = { .before = before_commit, .data = w };
	g_autofree char *error = NULL;

	assert_int_equal(db_open(w->path, &w->db, &error), 0);
	db_watch(w->db, &watcher);
	w->api = hs_ground_sign_in(&w->ground, &w->ground.clock.clock, KITH, "KITHDEVICE", w);
	w->rooms = matrix_rooms_new(w->db, "home", KITH, places);
	w->room = matrix_rooms_find(w->rooms, ROOM);
	w->env = (struct e2ee_env){ .loop = w->ground.loop,
				    .clock = &w->ground.clock.clock,
				    .db = w->db,
				    .api = w->api,
				    .network = "home",
				    .user = KITH,
				    .device = "KITHDEVICE",
				    .key = &w->key,
				    .any_device = w->env.any_device };
	open_parts(w);
}

G_GNUC_UNUSED static void close_store(struct world *w)
{
	outbound_free(w->outbound);
	sessions_free(w->sessions);
	outgoing_free(w->outgoing);
	devices_free(w->devices);
	own_free(w->own);
	matrix_rooms_free(w->rooms);
	api_free(w->api);
	db_close(w->db);
}

G_GNUC_UNUSED static void restart(struct world *w)
{
	close_store(w);
	w->killed = false;
	w->commits = -1;
	open_store(w);
}

/*
 * The room.
 */
G_GNUC_UNUSED static void apply_in(struct world *w, const char *id, const char *type,
				   const char *key, const char *content)
{
	g_autofree char *text = g_strdup_printf(
		"{\"event_id\":\"$x\",\"type\":\"%s\",\"state_key\":\"%s\",\"sender\":\"" ANA "\","
		"\"origin_server_ts\":1,\"content\":%s}",
		type, key, content);
	struct span whole;
	struct read_event e;

	assert_int_equal(span_check(text, strlen(text), &whole, NULL), 0);
	assert_int_equal(read_event(whole, &e), 0);
	db_begin(w->db);
	matrix_rooms_apply(w->rooms, matrix_rooms_enter(w->rooms, id), &e);
	db_end(w->db);
	read_event_done(&e);
}

G_GNUC_UNUSED static void apply(struct world *w, const char *type, const char *content)
{
	apply_in(w, ROOM, type, "", content);
}

G_GNUC_UNUSED static void member_in(struct world *w, const char *room, const char *user,
				    const char *membership)
{
	g_autofree char *content = g_strdup_printf("{\"membership\":\"%s\"}", membership);
	bool there = strcmp(membership, "leave") != 0;

	apply_in(w, room, "m.room.member", user, content);
	db_begin(w->db);
	if (there)
		devices_follow(w->devices, user);
	else
		outbound_rotate(w->outbound, room);
	db_end(w->db);
}

G_GNUC_UNUSED static void member(struct world *w, const char *user, const char *membership)
{
	member_in(w, ROOM, user, membership);
}

/* Their list is another now. */
G_GNUC_UNUSED static void changed(struct world *w, const char *user)
{
	g_autofree char *text = g_strdup_printf("{\"changed\":[\"%s\"]}", user);
	struct span lists;

	assert_int_equal(span_check(text, strlen(text), &lists, NULL), 0);
	db_begin(w->db);
	devices_lists(w->devices, lists);
	db_end(w->db);
}

G_GNUC_UNUSED static void make_room(struct world *w, const char *id)
{
	apply_in(w, id, "m.room.create", "", "{\"room_version\":\"11\"}");
	apply_in(w, id, "m.room.encryption", "", "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}");
	member_in(w, id, KITH, "join");
	member_in(w, id, ANA, "join");
}

G_GNUC_UNUSED static int set_up_with(void **state, bool hold_keys)
{
	struct world *w = g_new0(struct world, 1);

	w->hold_keys = hold_keys;
	hs_ground_init(&w->ground, on_request, w);
	w->path = hs_ground_store(&w->ground);
	w->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, person_free);
	w->phones = g_ptr_array_new_with_free_func(phone_free);
	w->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	w->commits = -1;
	memset(w->key.bytes, 7, sizeof(w->key.bytes));
	open_store(w);
	make_room(w, ROOM);
	w->room = matrix_rooms_find(w->rooms, ROOM);
	assert_true(w->room->complete);
	*state = w;
	return 0;
}

G_GNUC_UNUSED static int set_up(void **state)
{
	return set_up_with(state, false);
}

G_GNUC_UNUSED static int set_up_unpublished(void **state)
{
	return set_up_with(state, true);
}

G_GNUC_UNUSED static int tear_down(void **state)
{
	struct world *w = *state;

	close_store(w);
	hs_ground_remove_store(w->path);
	hs_ground_done(&w->ground);
	g_hash_table_unref(w->people);
	g_ptr_array_unref(w->phones);
	g_hash_table_unref(w->taken);
	g_free(w);
	return 0;
}

/*
 * Speaking, and reading it.
 */
/* As whoever speaks waits for it. */
G_GNUC_UNUSED static void await_ready(struct world *w)
{
	if (outbound_ready(w->outbound, w->room))
		return;
	assert_true(fake_hs_until_count(w->ground.hs, &w->readies, w->readies + 1));
	assert_true(outbound_ready(w->outbound, w->room));
}

/* json_decref it. */
G_GNUC_UNUSED static json_t *say_content(struct world *w, json_t *content)
{
	await_ready(w);
	db_begin(w->db);
	json_t *event = outbound_encrypt(w->outbound, w->room, "m.room.message", content);
	assert_int_equal(db_end(w->db), 0);
	assert_non_null(event);
	json_decref(content);
	return event;
}

G_GNUC_UNUSED static json_t *say(struct world *w, const char *text)
{
	return say_content(w, json_pack("{s:s}", "body", text));
}

G_GNUC_UNUSED static const char *text_in(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

/* What a phone reads of it: its payload; NULL: it cannot. json_decref it. */
G_GNUC_UNUSED static json_t *read_on(const struct phone *p, const json_t *event)
{
	g_autofree char *text = NULL;
	const struct crypto_inbound *in =
		g_hash_table_lookup(p->keys, text_in(event, "session_id"));
	uint32_t index;

	if (!in || crypto_inbound_decrypt(in, text_in(event, "ciphertext"), &text, &index) < 0)
		return NULL;
	return json_loads(text, 0, NULL);
}

G_GNUC_UNUSED static bool reads(const struct phone *p, const json_t *event)
{
	json_t *payload = read_on(p, event);
	bool read = payload != NULL;

	json_decref(payload);
	return read;
}

G_GNUC_UNUSED static uint32_t index_of(const json_t *event)
{
	uint32_t index = UINT32_MAX;

	assert_int_equal(crypto_message_index(text_in(event, "ciphertext"), &index), 0);
	return index;
}

/* Says something, and forgets it. */
G_GNUC_UNUSED static void say_only(struct world *w)
{
	json_decref(say(w, "hello"));
}

#endif
