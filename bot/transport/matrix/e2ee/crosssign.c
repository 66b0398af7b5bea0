#include "transport/matrix/e2ee/crosssign.h"

#include "base/log.h"
#include "clock.h"
#include "config.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/seal.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>

#define WITHIN_US CLOCK_US_PER_MINUTE

enum { SEED_BYTES = 32, ROUNDS_MOST = 4 };

/* CS API: Cross-signing: the master key signs the other two. */
enum which { MASTER, SELF_SIGNING, USER_SIGNING, KEYS };
static const char *const usages[] = { "master", "self_signing", "user_signing" };

struct crosssign {
	const struct e2ee_env *env;
	const struct seal *seal;
	struct own *own;
	struct crypto_signer *keys[KEYS]; /* all of them, or none */
	bool uploaded;
	enum crosssign_state state;
	/* While it is under way. */
	struct api_call *call;
	char *password;
	bool replace;
	unsigned rounds; /* of authentication */
	void (*done)(void *data, int error, const char *why);
	void *data;
};

/*
 * The store
 */

/* What a seed is sealed for. g_free it. */
static char *purpose(const struct crosssign *c, enum which which)
{
	return g_strdup_printf("%s/%s/%s", c->env->network, c->env->user, usages[which]);
}

static char *lock(const struct crosssign *c, enum which which)
{
	g_autofree char *what = purpose(c, which);
	char *seed = crypto_encode(crypto_signer_seed(c->keys[which]), SEED_BYTES);
	char *locked = seal_lock(c->seal, what, seed);

	config_secret_free(seed);
	return locked;
}

static struct crypto_signer *unlock(const struct crosssign *c, enum which which, const char *locked)
{
	g_autofree char *what = purpose(c, which);
	char *text = seal_unlock(c->seal, what, locked);
	size_t bytes = 0;
	unsigned char *seed = text ? crypto_decode(text, &bytes) : NULL;
	struct crypto_signer *signer = seed && bytes == SEED_BYTES ? crypto_signer_new(seed) : NULL;

	if (seed)
		explicit_bzero(seed, bytes);
	g_free(seed);
	config_secret_free(text);
	return signer;
}

static void forget_keys(struct crosssign *c)
{
	for (int i = 0; i < KEYS; i++)
		crypto_signer_free(g_steal_pointer(&c->keys[i]));
	c->uploaded = false;
}

static bool has_keys(const struct crosssign *c)
{
	return c->keys[MASTER];
}

static void load(struct crosssign *c)
{
	bool whole = true;

	for (struct query q = db_query(c->env->db,
				       "SELECT master, self_signing, user_signing, uploaded"
				       " FROM e2ee_crosssign WHERE network = ? AND user = ?",
				       "tt", c->env->network, c->env->user);
	     query_next(&q);) {
		for (int i = 0; i < KEYS; i++) {
			c->keys[i] = unlock(c, (enum which)i, query_text(&q, i));
			whole = whole && c->keys[i];
		}
		c->uploaded = query_int(&q, KEYS);
	}
	if (whole)
		return;
	log_warning("matrix %s: the keys of %s's own identity were locked with another key-file",
		    c->env->network, c->env->user);
	forget_keys(c);
}

/* False: the commit was called off. */
static bool make_keys(struct crosssign *c)
{
	g_autofree char *locked[KEYS] = { NULL };

	forget_keys(c);
	for (int i = 0; i < KEYS; i++) {
		c->keys[i] = crypto_signer_make();
		locked[i] = lock(c, (enum which)i);
	}
	db_begin(c->env->db);
	db_run(c->env->db,
	       "INSERT INTO e2ee_crosssign(network, user, master, self_signing, user_signing)"
	       " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET user = ?2, master = ?3,"
	       " self_signing = ?4, user_signing = ?5, uploaded = 0",
	       "ttttt", c->env->network, c->env->user, locked[MASTER], locked[SELF_SIGNING],
	       locked[USER_SIGNING]);
	bool kept = db_end(c->env->db) == 0;
	for (int i = 0; i < KEYS; i++)
		g_free(g_steal_pointer(&locked[i]));
	if (!kept)
		forget_keys(c);
	return kept;
}

static void note_uploaded(struct crosssign *c)
{
	if (c->uploaded)
		return;
	c->uploaded = true;
	db_begin(c->env->db);
	db_run(c->env->db, "UPDATE e2ee_crosssign SET uploaded = 1 WHERE network = ?", "t",
	       c->env->network);
	db_end(c->env->db);
}

struct crosssign *crosssign_new(const struct e2ee_env *env, const struct seal *seal,
				struct own *own)
{
	struct crosssign *c = g_new0(struct crosssign, 1);

	c->env = env;
	c->seal = seal;
	c->own = own;
	load(c);
	return c;
}

void crosssign_free(struct crosssign *c)
{
	if (!c)
		return;
	api_cancel(c->call);
	forget_keys(c);
	config_secret_free(c->password);
	g_free(c);
}

enum crosssign_state crosssign_state(const struct crosssign *c)
{
	return c->state;
}

const char *crosssign_master(const struct crosssign *c)
{
	return has_keys(c) && c->uploaded ? crypto_signer_public(c->keys[MASTER]) : NULL;
}

/*
 * The end
 */

static void finish(struct crosssign *c, int error, const char *why)
{
	config_secret_free(g_steal_pointer(&c->password));
	void (*done)(void *, int, const char *) = c->done;
	c->done = NULL;
	done(c->data, error, why);
}

static void finish_by(struct crosssign *c, const struct api_answer *a)
{
	bool refused =
		a->error == -EREMOTEIO && a->status >= 400 && a->status < 500 && a->status != 429;

	finish(c, refused || a->error == -EACCES ? -EACCES : -EAGAIN, a->why);
}

static void ask(struct crosssign *c, const char *path, json_t *body,
		void (*done)(void *data, const struct api_answer *a))
{
	const struct api_request r = { .method = "POST",
				       .path = path,
				       .body = body,
				       .retry = API_REPEAT,
				       .within_us = WITHIN_US };

	c->call = api_send(c->env->api, &r, done, c);
}

/*
 * The device's signature
 */

static json_t *sign_by(const struct crypto_signer *signer, json_t *object, const char *user)
{
	g_autofree char *text = canonical_signed(object);
	g_autofree char *signature = crypto_signer_sign(signer, text);

	canonical_add(object, user, crypto_signer_public(signer), signature);
	return object;
}

/* By kith's self-signing key. */
static const char *signature_in(const struct crosssign *c, const json_t *device)
{
	g_autofree char *name =
		g_strconcat("ed25519:", crypto_signer_public(c->keys[SELF_SIGNING]), NULL);
	const json_t *all = json_object_get(device, "signatures");

	return json_string_value(json_object_get(json_object_get(all, c->env->user), name));
}

static void note_signed(struct crosssign *c, const json_t *device)
{
	const char *signature = signature_in(c, device);

	if (g_strcmp0(signature, signature_in(c, own_device_keys(c->own))) != 0) {
		db_begin(c->env->db);
		own_set_signature(c->own, crypto_signer_public(c->keys[SELF_SIGNING]), signature);
		db_end(c->env->db);
	}
	c->state = CROSSSIGN_DONE;
	finish(c, 0, "");
}

static json_t *signed_device(const struct crosssign *c)
{
	return sign_by(c->keys[SELF_SIGNING], json_deep_copy(own_device_keys(c->own)),
		       c->env->user);
}

static void device_signed(void *data, const struct api_answer *a)
{
	struct crosssign *c = data;

	c->call = NULL;
	if (a->error) {
		finish_by(c, a);
		return;
	}
	struct span failure = span_at(a->json, "failures", c->env->user, c->env->device, NULL);
	if (failure.at) {
		g_autofree char *error = span_text(span_get(failure, "error"));
		g_autofree char *why = g_strdup_printf(
			"the homeserver does not take the signature of this device%s%s",
			error ? ": " : "", error ? error : "");
		finish(c, -EAGAIN, why);
		return;
	}
	json_t *device = signed_device(c); /* as it was: of one text there is one signature */
	note_signed(c, device);
	json_decref(device);
}

static void sign_device(struct crosssign *c)
{
	json_t *of = json_object(), *body = json_object();

	if (!own_is_published(c->own)) {
		json_decref(of);
		json_decref(body);
		finish(c, -EAGAIN, "the keys of this device are not on the homeserver yet");
		return;
	}
	json_object_set_new(of, c->env->device, signed_device(c));
	json_object_set_new(body, c->env->user, of);
	ask(c, "v3/keys/signatures/upload", body, device_signed);
}

/*
 * The account's keys
 */

static json_t *describe(const struct crosssign *c, enum which which)
{
	const char *public = crypto_signer_public(c->keys[which]);
	g_autofree char *name = g_strconcat("ed25519:", public, NULL);
	json_t *key = json_pack("{s:s, s:[s], s:{s:s}}", "user_id", c->env->user, "usage",
				usages[which], "keys", name, public);

	if (which != MASTER)
		return sign_by(c->keys[MASTER], key, c->env->user);
	/* For other devices of the account's, that know this one. */
	g_autofree char *text = canonical_signed(key);
	g_autofree char *signature = own_sign(c->own, text);
	canonical_add(key, c->env->user, c->env->device, signature);
	return key;
}

static void keys_put(void *data, const struct api_answer *a);

static void put_keys(struct crosssign *c, json_t *auth)
{
	json_t *body =
		json_pack("{s:o, s:o, s:o}", "master_key", describe(c, MASTER), "self_signing_key",
			  describe(c, SELF_SIGNING), "user_signing_key", describe(c, USER_SIGNING));

	if (auth)
		json_object_set_new(body, "auth", auth);
	ask(c, "v3/keys/device_signing/upload", body, keys_put);
}

/*
 * CS API: User-Interactive Authentication
 */

static bool is_in(struct span list, struct span text)
{
	g_autofree char *wanted = span_text(text);

	for (struct span_each i = span_each(list); span_next(&i);)
		if (wanted && span_says(i.value, wanted))
			return true;
	return false;
}

/* The next stage of a flow that kith can go through to its end; `at` is NULL: it cannot. */
static struct span next_stage(struct span flow, struct span completed)
{
	struct span next = { 0 };

	for (struct span_each i = span_each(span_get(flow, "stages")); span_next(&i);) {
		if (is_in(completed, i.value))
			continue;
		if (!span_says(i.value, "m.login.password") && !span_says(i.value, "m.login.dummy"))
			return (struct span){ 0 };
		next = next.at ? next : i.value;
	}
	return next;
}

/* Where a person has to go, if the server tells. g_free it. */
static char *address_of(struct span challenge)
{
	for (struct span_each i = span_each(span_get(challenge, "params")); span_next(&i);) {
		g_autofree char *url = span_text(span_get(i.value, "url"));

		if (url && (g_str_has_prefix(url, "https://") || g_str_has_prefix(url, "http://")))
			return g_steal_pointer(&url);
	}
	return NULL;
}

static void cannot_authenticate(struct crosssign *c, struct span challenge)
{
	g_autofree char *address = address_of(challenge);
	g_autofree char *why =
		address ? g_strdup_printf("the homeserver wants somebody to allow it first, at %s; "
					  "then sign in again: kith matrix login",
					  address)
			: g_strdup("the homeserver wants something else than a password for it; "
				   "allow it in a client signed in to this account (reset its "
				   "identity), or ask whoever runs the homeserver");

	finish(c, -EACCES, why);
}

static void authenticate(struct crosssign *c, const struct api_answer *a)
{
	struct span stage = { 0 }, completed = span_get(a->json, "completed");
	g_autofree char *session = span_text(span_get(a->json, "session"));

	for (struct span_each i = span_each(span_get(a->json, "flows"));
	     !stage.at && span_next(&i);)
		stage = next_stage(i.value, completed);
	if (!stage.at) {
		cannot_authenticate(c, a->json);
	} else if (!span_says(stage, "m.login.password")) {
		json_t *auth = json_pack("{s:s}", "type", "m.login.dummy");

		if (session)
			json_object_set_new(auth, "session", json_string(session));
		put_keys(c, auth);
	} else if (!c->password) {
		finish(c, -EACCES,
		       "the homeserver wants the account's password for it: kith matrix login, "
		       "with the password");
	} else {
		json_t *auth = json_pack("{s:s, s:{s:s, s:s}, s:s}", "type", "m.login.password",
					 "identifier", "type", "m.id.user", "user", c->env->user,
					 "password", c->password);

		if (session)
			json_object_set_new(auth, "session", json_string(session));
		put_keys(c, auth);
	}
}

static void keys_put(void *data, const struct api_answer *a)
{
	struct crosssign *c = data;

	c->call = NULL;
	if (!a->error) {
		note_uploaded(c);
		sign_device(c);
	} else if (a->status == 401 && *a->errcode && c->rounds) {
		g_autofree char *why = g_strdup_printf(
			"the homeserver does not take the password for it (%s)", a->why);
		finish(c, -EACCES, why);
	} else if (a->status == 401 && span_is_array(span_get(a->json, "flows")) &&
		   c->rounds++ < ROUNDS_MOST) {
		authenticate(c, a);
	} else {
		finish_by(c, a);
	}
}

/*
 * What there is
 */

/* The public key of that usage, or NULL. */
static json_t *key_of(const struct crosssign *c, json_t *all, enum which which)
{
	g_autofree char *name = g_strconcat(usages[which], "_keys", NULL);

	return json_object_get(json_object_get(all, name), c->env->user);
}

/* Whether the server has this one of ours. */
static bool is_ours(const struct crosssign *c, json_t *all, enum which which)
{
	const char *public = has_keys(c) ? crypto_signer_public(c->keys[which]) : "";
	const char *master = has_keys(c) ? crypto_signer_public(c->keys[MASTER]) : "";
	g_autofree char *name = g_strconcat("ed25519:", public, NULL);
	json_t *key = key_of(c, all, which);
	const char *found = json_string_value(json_object_get(json_object_get(key, "keys"), name));

	if (!has_keys(c) || g_strcmp0(found, public) != 0)
		return false;
	return which == MASTER || canonical_verify(key, c->env->user, master, master);
}

static bool is_device_signed(const struct crosssign *c, const json_t *device)
{
	const char *signer = crypto_signer_public(c->keys[SELF_SIGNING]);

	return json_equal(json_object_get(device, "keys"),
			  json_object_get(own_device_keys(c->own), "keys")) &&
	       canonical_verify(device, c->env->user, signer, signer);
}

static void finish_foreign(struct crosssign *c)
{
	c->state = CROSSSIGN_FOREIGN;
	finish(c, -EEXIST,
	       "the account has an identity already that was made elsewhere, and kith does not "
	       "have its keys; to give it a new one in its place (everybody who has verified the "
	       "account is told that it changed): kith matrix login --replace-identity");
}

static void begin_keys(struct crosssign *c, bool foreign)
{
	/* Made for this and not taken yet, they are as good as new. */
	bool fresh = has_keys(c) && !(foreign && c->uploaded);

	if (fresh || make_keys(c))
		put_keys(c, NULL);
	else
		finish(c, -EAGAIN, "the store cannot keep its keys");
}

static void judge(struct crosssign *c, json_t *all)
{
	json_t *devices = json_object_get(json_object_get(all, "device_keys"), c->env->user);
	json_t *device = json_object_get(devices, c->env->device);
	bool master = key_of(c, all, MASTER), ours = is_ours(c, all, MASTER);

	c->state = master && !ours ? CROSSSIGN_FOREIGN : CROSSSIGN_NONE;
	if (master && !ours && !c->replace) {
		finish_foreign(c);
	} else if (!ours) {
		begin_keys(c, master);
	} else if (!is_ours(c, all, SELF_SIGNING) || !is_ours(c, all, USER_SIGNING)) {
		put_keys(c, NULL);
	} else {
		note_uploaded(c);
		if (is_device_signed(c, device))
			note_signed(c, device);
		else
			sign_device(c);
	}
}

static void told(void *data, const struct api_answer *a)
{
	struct crosssign *c = data;

	c->call = NULL;
	if (a->error) {
		finish_by(c, a);
		return;
	}
	json_t *all = json_loadb(a->json.at, a->json.bytes, 0, NULL);
	if (all)
		judge(c, all);
	else
		finish(c, -EAGAIN, "the homeserver's answer cannot be read");
	json_decref(all);
}

void crosssign_start(struct crosssign *c, const struct crosssign_wish *wish,
		     void (*done)(void *data, int error, const char *why), void *data)
{
	json_t *of = json_object();

	assert(!c->done); /* one at a time */
	c->password = g_strdup(wish->password);
	c->replace = wish->replace;
	c->rounds = 0;
	c->done = done;
	c->data = data;
	json_object_set_new(of, c->env->user, json_array());
	ask(c, "v3/keys/query", json_pack("{s:o}", "device_keys", of), told);
}
