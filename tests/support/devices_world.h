/*
 * The ground the tests of others' devices stand on: people with real keys, a scripted homeserver
 * that tells of them, a real store, and a listener whose effects are in that store.
 */
#ifndef KITH_TEST_DEVICES_WORLD_H
#define KITH_TEST_DEVICES_WORLD_H

#include "hs_ground.h"

#include "transport/matrix/e2ee/devices.h"

#include "store/db.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/devices_private.h"
#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/e2ee/olm.h"

#include <glib.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ANA  "@ana:example.org"
#define BOB  "@bob:elsewhere.org"
#define CLEO "@cleo:example.org"
#define KITH "@kith:example.org"

/* Somebody, as their homeserver knows them. */
struct person {
	char *user;
	struct crypto_signer *master, *self_signing; /* NULL: none */
	json_t *master_key, *self_signing_key;       /* as /keys/query has them */
	json_t *devices;                             /* likewise */
	GHashTable *accounts;                        /* the device's id -> struct crypto_account */
};

struct world {
	struct hs_ground ground;
	char *path;
	struct db *db;
	struct api *api;
	struct e2ee_env env;
	struct devices *d;
	GHashTable *people;
	/* The server. */
	GHashTable *dead;      /* servers that it does not reach */
	GHashTable *poisonous; /* users that it cannot be asked for */
	int status;            /* of its answers to that, or to everything if `all` */
	bool all;
	bool hold;
	const char *answer;  /* to /keys/query, whatever is asked */
	const char *changes; /* to /keys/changes; NULL: a refusal */
	/* The listener. */
	unsigned updates, identities;
	struct db_watcher watcher;
	int commits; /* until kith is killed; -1: it is not */
	bool killed;
};

/*
 * People.
 */
G_GNUC_UNUSED static void sign_with(json_t *object, const char *user,
				    const struct crypto_signer *signer)
{
	g_autofree char *text = canonical_signed(object);
	g_autofree char *signature = crypto_signer_sign(signer, text);

	canonical_add(object, user, crypto_signer_public(signer), signature);
}

G_GNUC_UNUSED static json_t *owner_key(const char *user, const char *usage, const char *key)
{
	g_autofree char *name = g_strconcat("ed25519:", key, NULL);

	return json_pack("{s:s, s:[s], s:{s:s}}", "user_id", user, "usage", usage, "keys", name,
			 key);
}

G_GNUC_UNUSED static void drop_identity(struct person *p)
{
	g_clear_pointer(&p->master, crypto_signer_free);
	g_clear_pointer(&p->self_signing, crypto_signer_free);
	g_clear_pointer(&p->master_key, json_decref);
	g_clear_pointer(&p->self_signing_key, json_decref);
}

G_GNUC_UNUSED static void give_identity(struct person *p)
{
	drop_identity(p);
	p->master = crypto_signer_make();
	p->self_signing = crypto_signer_make();
	p->master_key = owner_key(p->user, "master", crypto_signer_public(p->master));
	p->self_signing_key =
		owner_key(p->user, "self_signing", crypto_signer_public(p->self_signing));
	sign_with(p->self_signing_key, p->user, p->master);
}

G_GNUC_UNUSED static void person_free(void *data)
{
	struct person *p = data;

	drop_identity(p);
	json_decref(p->devices);
	g_hash_table_unref(p->accounts);
	g_free(p->user);
	g_free(p);
}

G_GNUC_UNUSED static void account_gone(void *account)
{
	crypto_account_free(account);
}

G_GNUC_UNUSED static struct person *person(struct world *w, const char *user)
{
	struct person *p = g_hash_table_lookup(w->people, user);

	if (p)
		return p;
	p = g_new0(struct person, 1);
	p->user = g_strdup(user);
	p->devices = json_object();
	p->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, account_gone);
	give_identity(p);
	g_hash_table_insert(w->people, p->user, p);
	return p;
}

G_GNUC_UNUSED static struct crypto_account *account(struct person *p, const char *id)
{
	struct crypto_account *a = g_hash_table_lookup(p->accounts, id);

	if (!a) {
		a = crypto_account_make();
		g_hash_table_insert(p->accounts, g_strdup(id), a);
	}
	return a;
}

/* That device's, as it would upload them, not signed by anybody. */
G_GNUC_UNUSED static json_t *plain_keys(struct person *p, const char *id)
{
	const struct crypto_account *a = account(p, id);
	g_autofree char *curve25519 = g_strconcat("curve25519:", id, NULL);
	g_autofree char *ed25519 = g_strconcat("ed25519:", id, NULL);

	return json_pack("{s:s, s:s, s:[s, s], s:{s:s, s:s}}", "user_id", p->user, "device_id", id,
			 "algorithms", "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2",
			 "keys", curve25519, crypto_account_curve25519(a), ed25519,
			 crypto_account_ed25519(a));
}

G_GNUC_UNUSED static void sign_by_device(struct person *p, const char *id, json_t *keys)
{
	g_autofree char *text = canonical_signed(keys);
	g_autofree char *signature = crypto_account_sign(account(p, id), text);

	canonical_add(keys, p->user, id, signature);
}

/* On their list; the owner signs it if they can. Borrowed. */
G_GNUC_UNUSED static json_t *give_device(struct person *p, const char *id, bool by_owner)
{
	json_t *keys = plain_keys(p, id);

	sign_by_device(p, id, keys);
	if (by_owner && p->self_signing)
		sign_with(keys, p->user, p->self_signing);
	json_object_set_new(p->devices, id, keys);
	return keys;
}

/* Another one takes its name. */
G_GNUC_UNUSED static void replace_device(struct person *p, const char *id)
{
	g_hash_table_remove(p->accounts, id);
	give_device(p, id, true);
}

/*
 * The server.
 */
G_GNUC_UNUSED static void tell_of(struct world *w, json_t *answer, const char *user)
{
	const struct person *p = g_hash_table_lookup(w->people, user);
	const char *server = strchr(user, ':') + 1;

	if (g_hash_table_contains(w->dead, server)) {
		json_object_set_new(json_object_get(answer, "failures"), server, json_object());
		return;
	}
	if (!p)
		return;
	json_object_set(json_object_get(answer, "device_keys"), user, p->devices);
	if (p->master_key)
		json_object_set(json_object_get(answer, "master_keys"), user, p->master_key);
	if (p->self_signing_key)
		json_object_set(json_object_get(answer, "self_signing_keys"), user,
				p->self_signing_key);
}

/* What it knows at this moment of whom that request asks for. g_free it. */
G_GNUC_UNUSED static char *queried(struct world *w, const struct hs_request *r, bool *ret_poisoned)
{
	json_t *body = json_loadb(r->body, r->body_bytes, 0, NULL);
	json_t *answer = json_pack("{s:{}, s:{}, s:{}, s:{}}", "device_keys", "master_keys",
				   "self_signing_keys", "failures");
	const char *user;
	json_t *list;

	assert_non_null(body);
	*ret_poisoned = false;
	json_object_foreach(json_object_get(body, "device_keys"), user, list)
	{
		assert_int_equal(json_array_size(list), 0);
		*ret_poisoned = *ret_poisoned || g_hash_table_contains(w->poisonous, user);
		tell_of(w, answer, user);
	}
	char *text = json_dumps(answer, JSON_COMPACT), *copy = g_strdup(text);
	free(text);
	json_decref(answer);
	json_decref(body);
	return copy;
}

G_GNUC_UNUSED static void on_request(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	bool poisoned;

	a->hold = w->hold;
	if (w->hold)
		return;
	if (hs_is(r, "GET", "v3/keys/changes?")) {
		if (w->changes)
			hs_say(a, 200, "%s", w->changes);
		else
			hs_say(a, 400, "{\"errcode\":\"M_UNKNOWN\",\"error\":\"what token?\"}");
		return;
	}
	assert_true(hs_is(r, "POST", "v3/keys/query"));
	g_autofree char *answer = queried(w, r, &poisoned);
	if (w->status && (poisoned || w->all))
		hs_say(a, w->status,
		       "{\"errcode\":\"M_UNKNOWN%s\",\"error\":\"no\",\"retry_after_ms\":10}",
		       w->status == 401 ? "_TOKEN" : "");
	else
		hs_say(a, 200, "%s", w->answer ? w->answer : answer);
}

/* The last request is answered, as the server sees things now. */
G_GNUC_UNUSED static void release(struct world *w)
{
	GPtrArray *all = fake_hs_requests(w->ground.hs);
	const struct hs_request *r = all->pdata[all->len - 1];
	struct hs_answer a = { 0 };

	w->hold = false;
	on_request(w, r, &a);
	assert_true(fake_hs_answer(w->ground.hs, r->number, &a));
}

/*
 * The listener.
 */
G_GNUC_UNUSED static void on_updated(void *data, const char *user)
{
	struct world *w = data;

	assert_true(db_inside(w->db));
	assert_true(devices_known(w->d, user) || devices_unreachable(w->d, user));
	db_run(w->db, "INSERT INTO heard(what) VALUES('updated ' || ?)", "t", user);
	w->updates++;
}

G_GNUC_UNUSED static void on_identity(void *data, const char *user)
{
	struct world *w = data;

	assert_true(db_inside(w->db));
	assert_int_equal(devices_identity(w->d, user), DEVICES_CHANGED);
	db_run(w->db, "INSERT INTO heard(what) VALUES('changed ' || ?)", "t", user);
	w->identities++;
}

G_GNUC_UNUSED static bool before_commit(void *data)
{
	struct world *w = data;

	if (w->commits == 0)
		w->killed = true;
	else if (w->commits > 0)
		w->commits--;
	return !w->killed;
}

G_GNUC_UNUSED static void run(struct world *w, const char *sql)
{
	db_begin(w->db);
	db_run(w->db, sql, "");
	db_end(w->db);
}

G_GNUC_UNUSED static void open_store(struct world *w)
{
	static const struct devices_callbacks callbacks = { on_updated, on_identity };
	char *error = NULL;

	assert_int_equal(db_open(w->path, &w->db, &error), 0);
	run(w, "CREATE TABLE IF NOT EXISTS heard(n INTEGER PRIMARY KEY, what TEXT)");
	w->watcher = (struct db_watcher){ .before = before_commit, .data = w };
	db_watch(w->db, &w->watcher);
	w->api = hs_ground_sign_in(&w->ground, clock_real(), KITH, "DEVICE", w);
	w->env = (struct e2ee_env){
		.loop = w->ground.loop,
		.clock = clock_real(),
		.db = w->db,
		.api = w->api,
		.network = "home",
		.user = KITH,
		.device = "DEVICE",
	};
	w->d = devices_new(&w->env, &callbacks, w);
	devices_set_pauses(w->d, 20 * 1000, 80 * 1000);
}

G_GNUC_UNUSED static void close_store(struct world *w)
{
	devices_free(w->d);
	api_free(w->api);
	db_close(w->db);
}

/* As after a kill; it has not started yet. */
G_GNUC_UNUSED static void reopen(struct world *w)
{
	close_store(w);
	fake_hs_hang_up(w->ground.hs);
	w->killed = false;
	w->commits = -1;
	open_store(w);
}

G_GNUC_UNUSED static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	hs_ground_init(&w->ground, on_request, w);
	w->path = hs_ground_store(&w->ground);
	w->people = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, person_free);
	w->dead = g_hash_table_new(g_str_hash, g_str_equal);
	w->poisonous = g_hash_table_new(g_str_hash, g_str_equal);
	w->commits = -1;
	open_store(w);
	*state = w;
	return 0;
}

G_GNUC_UNUSED static int tear_down(void **state)
{
	struct world *w = *state;

	close_store(w);
	hs_ground_remove_store(w->path);
	hs_ground_done(&w->ground);
	g_hash_table_unref(w->people);
	g_hash_table_unref(w->dead);
	g_hash_table_unref(w->poisonous);
	g_free(w);
	return 0;
}

/*
 * What the rest of kith does.
 */
G_GNUC_UNUSED static void follow(struct world *w, const char *user)
{
	db_begin(w->db);
	devices_follow(w->d, user);
	db_end(w->db);
}

G_GNUC_UNUSED static void unfollow(struct world *w, const char *user)
{
	db_begin(w->db);
	devices_unfollow(w->d, user);
	db_end(w->db);
}

G_GNUC_UNUSED static void hear_lists(struct world *w, const char *text)
{
	struct span lists;

	assert_int_equal(span_check(text, strlen(text), &lists, NULL), 0);
	db_begin(w->db);
	devices_lists(w->d, lists);
	db_end(w->db);
}

G_GNUC_UNUSED static void hear_changed(struct world *w, const char *user)
{
	g_autofree char *text = g_strdup_printf("{\"changed\":[\"%s\"]}", user);

	hear_lists(w, text);
}

G_GNUC_UNUSED static void hear_gap(struct world *w, const char *from, const char *to)
{
	db_begin(w->db);
	devices_gap(w->d, from, to);
	db_end(w->db);
}

G_GNUC_UNUSED static unsigned questions(struct world *w)
{
	return fake_hs_count(w->ground.hs, "POST", "v3/keys/query");
}

G_GNUC_UNUSED static void await_requests(struct world *w, unsigned least)
{
	assert_true(fake_hs_until_requests(w->ground.hs, least));
}

struct awaited {
	struct world *w;
	const char *user;
};

G_GNUC_UNUSED static bool is_known(void *data)
{
	const struct awaited *a = data;

	return a->w->killed || devices_known(a->w->d, a->user);
}

G_GNUC_UNUSED static bool is_unreachable(void *data)
{
	const struct awaited *a = data;

	return devices_unreachable(a->w->d, a->user);
}

G_GNUC_UNUSED static void await_known(struct world *w, const char *user)
{
	assert_true(fake_hs_until(w->ground.hs, is_known, &(struct awaited){ w, user }));
}

G_GNUC_UNUSED static void await_unreachable(struct world *w, const char *user)
{
	assert_true(fake_hs_until(w->ground.hs, is_unreachable, &(struct awaited){ w, user }));
}

/* Their list changes, and kith learns of it. */
G_GNUC_UNUSED static void renew(struct world *w, const char *user)
{
	hear_changed(w, user);
	assert_false(devices_known(w->d, user));
	await_known(w, user);
}

/* The ids of the devices kith knows, the signed ones with a star. */
G_GNUC_UNUSED static void assert_devices(struct world *w, const char *user, const char *want)
{
	g_autoptr(GPtrArray) all = devices_of(w->d, user);
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < all->len; i++) {
		const struct device *device = all->pdata[i];

		assert_string_equal(device->user, user);
		g_string_append_printf(text, "%s%s%s", i ? " " : "", device->id,
				       device->signed_ ? "*" : "");
	}
	assert_string_equal(text->str, want);
}

/* What is committed of what was heard. */
G_GNUC_UNUSED static void assert_heard(struct world *w, const char *want)
{
	g_autofree char *heard = db_text(
		w->db, "SELECT group_concat(what, ', ') FROM (SELECT what FROM heard ORDER BY n)",
		"");

	assert_string_equal(heard ? heard : "", want);
	run(w, "DELETE FROM heard");
}

#endif
