#include "transport/matrix/e2ee/enrol.h"

#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/account.h"
#include "transport/matrix/api.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/crosssign.h"
#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/reply.h"
#include "transport/matrix/seal.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>

#define ANSWER_US (30 * CLOCK_US_PER_SECOND)
/* A homeserver that has no encryption never takes the keys. */
#define PUTTING_MOST_US (60 * CLOCK_US_PER_SECOND)

enum { ANSWER_BYTES_MOST = 8 * 1024 * 1024 };

struct enrol {
	struct enrol_ground ground;
	struct crypto_pickle_key pickle_key;
	/* While they are put there. */
	char *user, *device, *password;
	bool replace;
	struct e2ee_env env;
	struct api *api;
	struct own *own;
	struct crosssign *crosssign;
	struct loop_timer *timer; /* their end: nothing is freed from inside its own call */
	int error;
	char *why;
	bool put; /* the device's keys are there */
	void (*done)(void *data, int error, const char *why);
	void *data;
	/* What was found. */
	void (*looked)(void *data);
	const struct account *account;
	bool told; /* the homeserver has */
	char *master;
	bool signed_, there;
	int64_t one_time; /* -1: unknown */
};

struct enrol *enrol_new(const struct enrol_ground *ground)
{
	struct enrol *k = g_new0(struct enrol, 1);

	k->ground = *ground;
	k->one_time = -1;
	if (ground->seal)
		own_pickle_key(ground->seal, ground->section->name, &k->pickle_key);
	return k;
}

static void put_away(struct enrol *k)
{
	crosssign_free(g_steal_pointer(&k->crosssign));
	own_free(g_steal_pointer(&k->own));
	api_free(g_steal_pointer(&k->api));
	loop_timer_free(g_steal_pointer(&k->timer));
	config_secret_free(g_steal_pointer(&k->password));
	g_clear_pointer(&k->user, g_free);
	g_clear_pointer(&k->device, g_free);
}

void enrol_free(struct enrol *k)
{
	if (!k)
		return;
	put_away(k);
	explicit_bzero(&k->pickle_key, sizeof(k->pickle_key));
	g_free(k->why);
	g_free(k->master);
	g_free(k);
}

/*
 * Putting them there
 */

static void end(struct enrol *k, int error, const char *why)
{
	g_free(k->why);
	k->why = g_strdup(why);
	k->error = error;
	loop_timer_set(k->timer, 0);
}

static void timer_fired(void *data)
{
	struct enrol *k = data;
	g_autofree char *why = g_steal_pointer(&k->why);
	int error = why ? k->error : -EAGAIN;

	put_away(k);
	k->done(k->data, error,
		why ? why
		    : "the homeserver has not taken the keys of this device; kith tries on "
		      "once it runs");
}

static void signed_off(void *data, int error, const char *why)
{
	end(data, error, why);
}

static void published(void *data)
{
	struct enrol *k = data;
	const struct crosssign_wish wish = { .password = k->password, .replace = k->replace };

	if (k->put)
		return;
	k->put = true;
	loop_timer_set(k->timer, -1);
	crosssign_start(k->crosssign, &wish, signed_off, k);
}

static void stale(void *data, const char *why)
{
	end(data, -ESTALE, why);
}

static void renewed(void *data, const struct account *a)
{
	struct enrol *k = data;

	db_begin(k->ground.db);
	account_save(k->ground.db, k->ground.seal, k->ground.section->name, a);
	db_end(k->ground.db);
}

static void dead(void *data, const char *why)
{
	end(data, -EACCES, why);
}

static void open_api(struct enrol *k, const struct account *account)
{
	const struct api_options options = {
		.loop = k->ground.loop,
		.clock = clock_real(),
		.http = k->ground.http,
		.name = k->ground.section->name,
		.section = k->ground.section,
		.callbacks = { renewed, dead },
		.data = k,
	};

	k->api = api_new(&options, account);
	k->user = g_strdup(account->user);
	k->device = g_strdup(account->device);
	k->env = (struct e2ee_env){
		.loop = k->ground.loop,
		.clock = clock_real(),
		.db = k->ground.db,
		.api = k->api,
		.network = k->ground.section->name,
		.user = k->user,
		.device = k->device,
		.key = &k->pickle_key,
	};
}

void enrol_put(struct enrol *k, const struct enrol_wish *wish,
	       void (*done)(void *data, int error, const char *why), void *data)
{
	static const struct own_callbacks callbacks = { published, stale };

	k->done = done;
	k->data = data;
	k->password = g_strdup(wish->password);
	k->replace = wish->replace;
	k->put = false;
	k->timer = loop_timer_new(k->ground.loop, timer_fired, k);
	open_api(k, wish->account);
	db_begin(k->ground.db);
	int error = own_open(&k->env, &callbacks, k, &k->own);
	db_end(k->ground.db);
	if (error < 0) {
		end(k, -ESTALE, "the store has keys of this device that cannot be read any more");
		return;
	}
	k->crosssign = crosssign_new(&k->env, k->ground.seal, k->own);
	loop_timer_set(k->timer, PUTTING_MOST_US);
	own_publish(k->own);
}

/*
 * Looking
 */

static void ask(struct enrol *k, const char *path, json_t *body,
		void (*answered)(void *data, const struct http_answer *a))
{
	g_autofree char *url = g_strconcat(k->account->homeserver, "/_matrix/client/", path, NULL);
	char *bearer = g_strconcat("Bearer ", k->account->token, NULL);
	g_autofree char *text = dump_json(body);
	const struct http_request request = {
		.method = "POST",
		.url = url,
		.authorization = bearer,
		.body = text,
		.body_bytes = strlen(text),
		.within_us = ANSWER_US,
		.bytes_most = ANSWER_BYTES_MOST,
	};

	json_decref(body);
	http_send(k->ground.http, &request, answered, k);
	config_secret_free(bearer);
}

/* The public key in an object of cross-signing keys that has one; NULL: there is none. */
static const char *public_of(const json_t *key)
{
	void *at = json_object_iter(json_object_get(key, "keys"));

	return at ? json_string_value(json_object_iter_value(at)) : NULL;
}

static const json_t *of_user(const struct enrol *k, const json_t *all, const char *what)
{
	return json_object_get(json_object_get(all, what), k->account->user);
}

static void read_keys(struct enrol *k, const json_t *all)
{
	const char *user = k->account->user;
	const json_t *device = json_object_get(of_user(k, all, "device_keys"), k->account->device);
	const json_t *self = of_user(k, all, "self_signing_keys");
	const char *master = public_of(of_user(k, all, "master_keys")), *signer = public_of(self);

	g_free(k->master);
	k->master = g_strdup(master);
	k->there = device;
	k->signed_ = device && master && signer && canonical_verify(self, user, master, master) &&
		     canonical_verify(device, user, signer, signer);
}

static void counted(void *data, const struct http_answer *a)
{
	struct enrol *k = data;
	struct reply r = { 0 };
	struct span counts = { 0 };

	k->one_time = -1;
	if (!a->error) {
		reply_read(a, &r);
		counts = span_get(r.json, "one_time_key_counts");
	}
	if (span_is_object(counts) &&
	    !span_int(span_get(counts, "signed_curve25519"), &k->one_time))
		k->one_time = 0;
	reply_done(&r);
	k->looked(k->data);
}

static void told(void *data, const struct http_answer *a)
{
	struct enrol *k = data;
	json_t *all = NULL;

	if (!a->error && a->status == 200)
		all = json_loadb(a->body, a->bytes, 0, NULL);
	k->told = json_is_object(all);
	if (k->told)
		read_keys(k, all);
	json_decref(all);
	/* What puts nothing there tells how many there are. */
	ask(k, "v3/keys/upload", json_object(), counted);
}

void enrol_look(struct enrol *k, const struct account *account, void (*done)(void *data),
		void *data)
{
	json_t *of = json_object();

	k->account = account;
	k->looked = done;
	k->data = data;
	json_object_set_new(of, account->user, json_array());
	ask(k, "v3/keys/query", json_pack("{s:o}", "device_keys", of), told);
}

/*
 * Words
 */

/* In groups, as people compare it. */
static char *grouped(const char *key)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; key[i]; i++)
		g_string_append_printf(out, "%s%c", i && i % 4 == 0 ? " " : "", key[i]);
	return g_string_free(out, FALSE);
}

/* The master key that the store has the secret of, or NULL. g_free it. */
static char *kept_master(const struct enrol *k, const struct account *account)
{
	const struct e2ee_env env = { .db = k->ground.db,
				      .network = k->ground.section->name,
				      .user = account->user };
	struct crosssign *c = crosssign_new(&env, k->ground.seal, NULL);
	char *master = g_strdup(crosssign_master(c));

	crosssign_free(c);
	return master;
}

char *enrol_identity(const struct enrol *k, const struct account *account)
{
	g_autofree char *kept = kept_master(k, account);
	const char *master = k->told ? k->master : kept;
	g_autofree char *shown = master ? grouped(master) : NULL;

	if (!master)
		return g_strdup(k->told ? "none; kith matrix login gives the account one"
					: "the homeserver does not say");
	if (g_strcmp0(master, kept) != 0)
		return g_strdup_printf("%s, made elsewhere: kith does not have its keys; to give "
				       "the account another: kith matrix login --replace-identity",
				       shown);
	return g_strdup_printf("%s, made by kith%s", shown,
			       k->told ? "" : ", when the homeserver could be asked last");
}

/* Of this device, as the store has it. g_free it. */
static char *kept_ed25519(const struct enrol *k, const struct account *account)
{
	g_autofree char *pickle = db_text(
		k->ground.db,
		"SELECT account FROM e2ee_own WHERE network = ? AND user = ? AND device = ?", "ttt",
		k->ground.section->name, account->user, account->device);
	struct crypto_account *own = NULL;

	if (!pickle || crypto_account_unpickle(pickle, &k->pickle_key, &own) < 0)
		return NULL;
	char *ed25519 = g_strdup(crypto_account_ed25519(own));
	crypto_account_free(own);
	return ed25519;
}

char *enrol_device(const struct enrol *k, const struct account *account)
{
	g_autofree char *ed25519 = kept_ed25519(k, account);
	g_autofree char *shown = ed25519 ? grouped(ed25519) : NULL;

	if (!shown)
		return g_strdup("none yet; kith makes them when it runs or signs in");
	if (k->told && !k->there)
		return g_strdup_printf("%s, not on the homeserver", shown);
	if (k->one_time < 0)
		return g_strdup_printf("%s", shown);
	return g_strdup_printf("%s, %d one-time keys left on the homeserver", shown,
			       (int)CLAMP(k->one_time, 0, INT32_MAX));
}

char *enrol_trust(const struct enrol *k, const struct account *account)
{
	g_autofree char *kept = kept_master(k, account);
	bool foreign = k->master && g_strcmp0(k->master, kept) != 0;

	if (!k->told)
		return g_strdup("the homeserver does not say");
	if (k->signed_)
		return g_strdup("the account has signed this device: other people's clients "
				"accept it");
	return g_strdup_printf("the account has not signed this device: clients of today neither "
			       "read it nor let it read%s",
			       foreign ? "" : "; to sign it: kith matrix login");
}
