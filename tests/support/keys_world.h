/* The ground the tests of kith's own keys stand on: a homeserver that keeps keys as a real one
 * does, a real store, and what locks it. */
#ifndef KITH_TESTS_KEYS_WORLD_H
#define KITH_TESTS_KEYS_WORLD_H

#include "hs_ground.h"

#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/e2ee/own.h"

#include "config.h"
#include "store/db.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/seal.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define USER       "@kith:example.org"
#define REMEMBERED "v3/user/%40kith%3Aexample.org/account_data/kith.device"

struct world {
	struct hs_ground ground;
	char *path;
	struct db *db;
	struct api *api;
	GHashTable *values;
	struct seal *seal;
	struct crypto_pickle_key key;
	struct e2ee_env env;
	const char *device;
	struct own *own;
	unsigned published, stale;
	char *why;
	/* The server: keys by their names, none when they are claimed. */
	json_t *device_keys, *one_time, *fallback;
	json_t *seen; /* every one-time key there ever was: name -> key */
	bool fallback_used;
	json_t *remembered;   /* what the account remembers of its device; NULL: nothing */
	const char *fails;    /* what is asked of it there goes wrong ... */
	unsigned fails_times; /* ... so often yet ... */
	int fails_with;       /* ... with this status, 0: its connection is lost ... */
	bool fails_late;      /* ... after it has done what was asked */
	bool counts_none;     /* it tells of no keys, however many there are */
	hs_handler *more;     /* what it is asked besides; may be NULL */
	void (*meanwhile)(struct world *w, const struct hs_request *r);
	int commits; /* until kith is killed; -1: it is not */
	bool killed;
};

/*
 * The server
 */
G_GNUC_UNUSED static json_t *body_of(const struct hs_request *r)
{
	json_t *j = json_loadb(r->body, r->body_bytes, 0, NULL);

	assert_non_null(j);
	return j;
}

G_GNUC_UNUSED static void say_json(struct hs_answer *a, json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	hs_say(a, 200, "%s", text);
	free(text);
	json_decref(j);
}

/* What kith signs is signed, or the server would not be the first to notice. */
G_GNUC_UNUSED static void assert_signed_by_device(const struct world *w, const json_t *key)
{
	assert_true(canonical_verify(key, USER, w->device, own_ed25519(w->own)));
}

G_GNUC_UNUSED static bool hs_takes_one_time(struct world *w, json_t *keys, struct hs_answer *a)
{
	const char *name;
	json_t *key;

	json_object_foreach(keys, name, key)
	{
		json_t *before = json_object_get(w->one_time, name);

		assert_true(g_str_has_prefix(name, "signed_curve25519:"));
		assert_signed_by_device(w, key);
		assert_null(json_object_get(key, "fallback"));
		if (before && !json_equal(before, key)) {
			hs_say(a, 400,
			       "{\"errcode\":\"M_UNKNOWN\",\"error\":\"One time key %s already "
			       "exists. Old key: x; new key: y\"}",
			       name);
			return false;
		}
	}
	json_object_foreach(keys, name, key)
	{
		/* None goes up twice, nor another under the same name. */
		assert_null(json_object_get(w->seen, name));
		json_object_set(w->seen, name, key);
		json_object_set(w->one_time, name, key);
	}
	return true;
}

G_GNUC_UNUSED static void hs_upload(struct world *w, json_t *body, struct hs_answer *a)
{
	json_t *device = json_object_get(body, "device_keys");
	json_t *fallback = json_object_get(body, "fallback_keys");

	if (!hs_takes_one_time(w, json_object_get(body, "one_time_keys"), a))
		return;
	if (device) {
		assert_signed_by_device(w, device);
		json_decref(w->device_keys);
		w->device_keys = json_incref(device);
	}
	if (fallback) {
		json_t *key = json_object_iter_value(json_object_iter(fallback));

		assert_int_equal(json_object_size(fallback), 1);
		assert_true(json_is_true(json_object_get(key, "fallback")));
		assert_signed_by_device(w, key);
		w->fallback_used = w->fallback_used && json_equal(fallback, w->fallback);
		json_decref(w->fallback);
		w->fallback = json_incref(fallback);
	}
	say_json(a, json_pack("{s:{s:i}}", "one_time_key_counts", "signed_curve25519",
			      w->counts_none ? 0 : (int)json_object_size(w->one_time)));
}

/* Of a device, never more than its store has: a store that is behind is an older one. */
G_GNUC_UNUSED static void hs_remembers(struct world *w, const struct hs_request *r,
				       struct hs_answer *a)
{
	if (hs_is(r, "PUT", REMEMBERED)) {
		json_decref(w->remembered);
		w->remembered = body_of(r);
		int64_t n = json_integer_value(json_object_get(w->remembered, "generation"));
		const char *of = json_string_value(json_object_get(w->remembered, "device_id"));
		assert_true(n <= db_int(w->db, INT64_MAX,
					"SELECT generation FROM e2ee_own WHERE device = ?", "t",
					of));
	} else if (w->remembered) {
		say_json(a, json_incref(w->remembered));
	} else {
		hs_say(a, 404, "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"no\"}");
	}
}

G_GNUC_UNUSED static void hs_keys(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	struct hs_answer lost = { .closes = true };
	bool fails = w->fails && w->fails_times > 0 && strstr(r->path, w->fails);

	if (fails) {
		w->fails_times--;
		if (w->fails_with)
			hs_say(&lost, w->fails_with,
			       "{\"errcode\":\"M_UNKNOWN\",\"error\":\"no\"}");
		lost.closes = !w->fails_with;
	}
	if (fails && !w->fails_late) {
		*a = lost;
		return;
	}
	json_t *body = r->body_bytes ? body_of(r) : NULL;
	if (w->meanwhile)
		w->meanwhile(w, r);
	if (hs_is(r, "POST", "v3/keys/upload"))
		hs_upload(w, body, a);
	else if (hs_is(r, NULL, REMEMBERED))
		hs_remembers(w, r, a);
	else if (w->more)
		w->more(w, r, a);
	else if (hs_is(r, "POST", "v3/keys/query"))
		say_json(a, w->device_keys ? json_pack("{s:{s:{s:O}}}", "device_keys", USER,
						       w->device, w->device_keys)
					   : json_pack("{s:{s:{}}}", "device_keys", USER));
	json_decref(body);
	if (fails) {
		g_free(a->owned);
		*a = lost;
	}
}

/* Somebody begins a session: the name of the key they got, or NULL. */
G_GNUC_UNUSED static const char *hs_claim(struct world *w, char **ret_key)
{
	void *at = json_object_iter(w->one_time);
	json_t *keys = at ? w->one_time : w->fallback;
	at = json_object_iter(keys);
	if (!at)
		return NULL;
	const char *name = g_intern_string(json_object_iter_key(at));

	*ret_key = g_strdup(json_string_value(json_object_get(json_object_iter_value(at), "key")));
	if (keys == w->one_time)
		json_object_del(w->one_time, name);
	else
		w->fallback_used = true;
	return name;
}

G_GNUC_UNUSED static void hs_claim_all(struct world *w)
{
	json_object_clear(w->one_time);
}

/*
 * Kith
 */
G_GNUC_UNUSED static void on_published(void *data)
{
	struct world *w = data;

	assert_false(db_inside(w->db));
	assert_true(own_is_published(w->own));
	w->published++;
}

G_GNUC_UNUSED static void on_stale(void *data, const char *why)
{
	struct world *w = data;

	assert_false(db_inside(w->db));
	w->stale++;
	g_free(w->why);
	w->why = g_strdup(why);
}

/* At a kill the transaction that was under way is lost, and nothing is written any more. */
G_GNUC_UNUSED static bool before_commit(void *data)
{
	struct world *w = data;

	if (w->commits > 0)
		w->commits--;
	else if (w->commits == 0)
		w->killed = true;
	return !w->killed;
}

G_GNUC_UNUSED static int open_own(struct world *w)
{
	static const struct own_callbacks callbacks = { on_published, on_stale };

	w->env.device = w->device;
	db_begin(w->db);
	int error = own_open(&w->env, &callbacks, w, &w->own);
	db_end(w->db);
	return error;
}

G_GNUC_UNUSED static void open_store(struct world *w)
{
	static struct db_watcher watcher;
	char *error = NULL;

	assert_int_equal(db_open(w->path, &w->db, &error), 0);
	watcher = (struct db_watcher){ .before = before_commit, .data = w };
	db_watch(w->db, &watcher);
	w->api = hs_ground_sign_in(&w->ground, clock_real(), USER, w->device, w);
	w->env = (struct e2ee_env){ .loop = w->ground.loop,
				    .clock = &w->ground.clock.clock,
				    .db = w->db,
				    .api = w->api,
				    .network = "home",
				    .user = USER,
				    .device = w->device,
				    .key = &w->key };
}

G_GNUC_UNUSED static void close_store(struct world *w)
{
	own_free(g_steal_pointer(&w->own));
	api_free(w->api);
	db_close(w->db);
}

/* The process ends, at once, and another begins. */
G_GNUC_UNUSED static void restart(struct world *w)
{
	close_store(w);
	w->commits = -1;
	w->killed = false;
	w->published = w->stale = 0;
	open_store(w);
	assert_int_equal(open_own(w), 0);
}

/* It is all 0. */
G_GNUC_UNUSED static void set_up_world(struct world *w)
{
	struct config_section section = { .kind = (char *)"matrix", .name = (char *)"home" };
	char *fault = NULL;

	w->device = "DEVICE";
	hs_ground_init(&w->ground, hs_keys, w);
	w->path = hs_ground_store(&w->ground);
	w->values = g_hash_table_new(g_str_hash, g_str_equal);
	section.values = w->values;
	assert_int_equal(seal_open(&section, w->path, &w->seal, &fault), 0);
	own_pickle_key(w->seal, "home", &w->key);
	w->one_time = json_object();
	w->seen = json_object();
	w->commits = -1;
	open_store(w);
	assert_int_equal(open_own(w), 0);
}

G_GNUC_UNUSED static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	set_up_world(w);
	*state = w;
	return 0;
}

G_GNUC_UNUSED static int tear_down(void **state)
{
	struct world *w = *state;
	g_autofree char *key = g_build_filename(w->ground.folder, "home.key", NULL);

	close_store(w);
	seal_free(w->seal);
	g_remove(key);
	hs_ground_remove_store(w->path);
	hs_ground_done(&w->ground);
	g_free(w->why);
	g_hash_table_unref(w->values);
	json_decref(w->device_keys);
	json_decref(w->one_time);
	json_decref(w->fallback);
	json_decref(w->remembered);
	json_decref(w->seen);
	g_free(w);
	return 0;
}

G_GNUC_UNUSED static void publish(struct world *w)
{
	unsigned before = w->published;

	own_publish(w->own);
	assert_int_equal(w->published, before);
	assert_true(fake_hs_until_count(w->ground.hs, &w->published, before + 1));
}

G_GNUC_UNUSED static unsigned uploads(const struct world *w)
{
	return fake_hs_count(w->ground.hs, "POST", "v3/keys/upload");
}

/* What a /sync answer says. */
G_GNUC_UNUSED static void hear(struct world *w, const char *counts, const char *unused)
{
	struct span c = { 0 }, u = { 0 };

	if (counts)
		assert_int_equal(span_check(counts, strlen(counts), &c, NULL), 0);
	if (unused)
		assert_int_equal(span_check(unused, strlen(unused), &u, NULL), 0);
	db_begin(w->db);
	own_counts(w->own, c, u);
	db_end(w->db);
}

G_GNUC_UNUSED static void hear_true(struct world *w)
{
	g_autofree char *counts =
		g_strdup_printf("{\"signed_curve25519\":%d}", (int)json_object_size(w->one_time));

	hear(w, counts, w->fallback_used ? "[]" : "[\"x\",\"signed_curve25519\"]");
}

#endif
