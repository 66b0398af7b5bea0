#include "transport/matrix/e2ee/own.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/seal.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* After which nobody is expected to come with the fallback key before (CS API: One-time and
 * fallback keys). */
#define FALLBACK_OLD_US CLOCK_US_PER_HOUR
/* A server that stops telling how many keys it has may have none (CS API: Extensions to /sync). */
#define STOCK_KNOWN_US CLOCK_US_PER_HOUR
/* Between tries that are in vain, once a few were. */
#define PAUSE_LONG_US (10 * CLOCK_US_PER_MINUTE)

enum { FAILURES_SOON = 6 };

struct own {
	const struct e2ee_env *env;
	struct own_callbacks callbacks;
	void *data;
	struct crypto_account *account;
	json_t *device_keys;
	/* As the store has it. */
	bool published;
	int64_t fallback_at_us;
	bool fallback_old;
	bool fallback_waits; /* the new one is made, and not there yet */
	/* As the server told. */
	int stock;          /* one-time keys; -1: unknown */
	int64_t stocked_us; /* when; monotonic */
	bool fallback_used;
	bool checked; /* that it has no other keys for this device */
	bool wanted;  /* own_publish has been called ... */
	bool untold;  /* ... and `published` has not */
	bool is_stale;
	struct api_call *call;
	struct loop_timer *timer; /* the next step */
	unsigned failures;        /* in a row */
	char *said;               /* of a failure, in the log */
	bool of_before;           /* what the next sync counts may be of before an upload */
	/* The server has been given what was missing, and counted fewer: until `patience`. */
	bool patient;
	struct loop_timer *patience;
	unsigned shorts; /* so many times in a row */
	struct loop_timer *forget;
};

static int64_t wall_us(const struct own *o)
{
	return o->env->clock->wall_us(o->env->clock);
}

static int64_t mono_us(const struct own *o)
{
	return o->env->clock->mono_us(o->env->clock);
}

void own_pickle_key(const struct seal *seal, const char *network, struct crypto_pickle_key *ret)
{
	g_autofree char *what = g_strconcat(network, "/pickles", NULL);

	seal_key(seal, what, ret->bytes);
}

/*
 * What is signed
 */

char *own_sign(const struct own *o, const char *message)
{
	return crypto_account_sign(o->account, message);
}

static void sign(const struct own *o, json_t *object)
{
	g_autofree char *text = canonical_signed(object);
	g_autofree char *signature = own_sign(o, text);

	canonical_add(object, o->env->user, o->env->device, signature);
}

/* CS API: Device keys */
static void describe(struct own *o, const char *signer, const char *signature)
{
	g_autofree char *curve25519 = g_strconcat("curve25519:", o->env->device, NULL);
	g_autofree char *ed25519 = g_strconcat("ed25519:", o->env->device, NULL);
	json_t *keys = json_object();

	json_object_set_new(keys, curve25519, json_string(own_curve25519(o)));
	json_object_set_new(keys, ed25519, json_string(own_ed25519(o)));
	json_decref(o->device_keys);
	o->device_keys = json_pack("{s:s, s:s, s:[s,s], s:o}", "user_id", o->env->user, "device_id",
				   o->env->device, "algorithms", "m.olm.v1.curve25519-aes-sha2",
				   "m.megolm.v1.aes-sha2", "keys", keys);
	sign(o, o->device_keys);
	if (signer && signature)
		canonical_add(o->device_keys, o->env->user, signer, signature);
}

/* CS API: Key algorithms, signed_curve25519. `keys` is taken over. */
static json_t *signed_keys(const struct own *o, json_t *keys, bool fallback)
{
	json_t *all = json_object();
	const char *id;
	json_t *public;

	json_object_foreach(keys, id, public)
	{
		g_autofree char *name = g_strconcat("signed_curve25519:", id, NULL);
		json_t *key = json_pack("{s:O}", "key", public);

		if (fallback)
			json_object_set_new(key, "fallback", json_true());
		sign(o, key);
		json_object_set_new(all, name, key);
	}
	json_decref(keys);
	return all;
}

/*
 * The store
 */

void own_keep(struct own *o)
{
	g_autofree char *pickle = crypto_account_pickle(o->account, o->env->key);

	db_run(o->env->db,
	       "UPDATE e2ee_own SET account = ?2, published = ?3, fallback_at_us = ?4,"
	       " fallback_old = ?5 WHERE network = ?1",
	       "ttiii", o->env->network, pickle, (int64_t)o->published, o->fallback_at_us,
	       (int64_t)o->fallback_old);
}

void own_set_signature(struct own *o, const char *self_signing, const char *signature)
{
	describe(o, self_signing, signature);
	db_run(o->env->db, "UPDATE e2ee_own SET signer = ?2, signature = ?3 WHERE network = ?1",
	       "ttt", o->env->network, self_signing, signature);
}

/* Whatever was agreed on with another device of kith's is of no use to this one. Whose identity is
 * whose stays, and the account's own; and what could not be read yet, since whoever said it is told
 * when it never can. */
static void drop_all(struct db *db, const char *network)
{
	db_run(db, "DELETE FROM e2ee_own WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_device WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_changes WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_session WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_wedged WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_outgoing WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_outbound WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_spoken WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_shared WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_inbound WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_withheld WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM e2ee_user WHERE network = ? AND pinned IS NULL", "t", network);
	db_run(db,
	       "UPDATE e2ee_user SET followed = 0, outdated = 1, self_signing = NULL"
	       " WHERE network = ?",
	       "t", network);
}

static void make(struct own *o)
{
	o->account = crypto_account_make();
	drop_all(o->env->db, o->env->network);
	db_run(o->env->db,
	       "INSERT INTO e2ee_own(network, user, device, account) VALUES(?, ?, ?, '')", "ttt",
	       o->env->network, o->env->user, o->env->device);
	own_keep(o);
	describe(o, NULL, NULL);
}

static bool has_any(json_t *keys)
{
	bool any = json_object_size(keys) > 0;

	json_decref(keys);
	return any;
}

/* -ENOENT: there are none of this device. */
static int load(struct own *o)
{
	struct query q = db_query(
		o->env->db,
		"SELECT account, published, signer, signature, fallback_at_us, fallback_old"
		" FROM e2ee_own WHERE network = ? AND user = ? AND device = ?",
		"ttt", o->env->network, o->env->user, o->env->device);

	if (!query_next(&q))
		return -ENOENT;
	int error = crypto_account_unpickle(query_text(&q, 0), o->env->key, &o->account);
	if (error == 0) {
		o->published = query_int(&q, 1);
		o->fallback_at_us = query_int(&q, 4);
		o->fallback_old = query_int(&q, 5);
		describe(o, query_text(&q, 2), query_text(&q, 3));
	}
	query_done(&q);
	return error;
}

/* Those that were about to be uploaded may have been, and been handed out since: each goes up once,
 * so that nobody gets one that was used. A fallback key may go up again. */
static void give_up_one_time(struct own *o)
{
	if (has_any(crypto_account_one_time(o->account)))
		crypto_account_published(o->account);
}

static void step(struct own *o);
static void timer_fired(void *data);
static void patience_over(void *data);
static void forget_later(void *data);
static void arm_forget(const struct own *o);

int own_open(const struct e2ee_env *env, const struct own_callbacks *callbacks, void *data,
	     struct own **ret)
{
	struct own *o = g_new0(struct own, 1);

	o->env = env;
	o->callbacks = *callbacks;
	o->data = data;
	o->stock = -1;
	o->timer = loop_timer_new(env->loop, timer_fired, o);
	o->patience = loop_timer_new(env->loop, patience_over, o);
	o->forget = loop_timer_new(env->loop, forget_later, o);
	int error = load(o);
	if (error == -ENOENT) {
		make(o);
	} else if (error < 0) {
		own_free(o);
		return error;
	}
	o->fallback_waits = has_any(crypto_account_fallback(o->account));
	give_up_one_time(o);
	arm_forget(o);
	*ret = o;
	return 0;
}

void own_free(struct own *o)
{
	if (!o)
		return;
	api_cancel(o->call);
	loop_timer_free(o->timer);
	loop_timer_free(o->patience);
	loop_timer_free(o->forget);
	crypto_account_free(o->account);
	json_decref(o->device_keys);
	g_free(o->said);
	g_free(o);
}

const char *own_curve25519(const struct own *o)
{
	return crypto_account_curve25519(o->account);
}

const char *own_ed25519(const struct own *o)
{
	return crypto_account_ed25519(o->account);
}

const json_t *own_device_keys(const struct own *o)
{
	return o->device_keys;
}

struct crypto_account *own_account(struct own *o)
{
	return o->account;
}

/*
 * Steps: each asks one thing of the server, and what it answers leads to the next.
 */

/* Half of what the account remembers: as many may be on their way to kith. */
static int stock_wanted(const struct own *o)
{
	return (int)crypto_account_one_time_most(o->account) / 2;
}

/* The one before the one that was used is kept for its time. */
static bool wants_fallback(const struct own *o)
{
	return o->fallback_at_us == 0 || (o->fallback_used && !o->fallback_old);
}

static bool wants_upload(const struct own *o)
{
	return !o->published || (o->stock < stock_wanted(o) && !o->patient);
}

/* Nothing of `o` is touched behind it: it may be gone. */
static void go_stale(struct own *o, const char *why)
{
	o->is_stale = true;
	loop_timer_set(o->timer, -1);
	o->callbacks.stale(o->data, why);
}

static int64_t pause_us(unsigned times)
{
	return times > FAILURES_SOON ? PAUSE_LONG_US : api_pause_us(times);
}

static void try_later(struct own *o, const struct api_answer *a)
{
	if (a->error == -EACCES)
		return; /* the session is over */
	if (g_strcmp0(o->said, a->why) != 0)
		log_warning("matrix %s: the keys of this device are not on the homeserver: %s; "
			    "trying again",
			    o->env->network, a->why);
	g_free(o->said);
	o->said = g_strdup(a->why);
	loop_timer_set(o->timer, pause_us(++o->failures));
}

static void well(struct own *o)
{
	o->failures = 0;
	g_clear_pointer(&o->said, g_free);
	loop_timer_set(o->timer, -1);
}

static void send(struct own *o, const char *path, json_t *body, enum api_retry retry,
		 void (*done)(void *data, const struct api_answer *a))
{
	const struct api_request r = {
		.method = "POST", .path = path, .body = body, .retry = retry
	};

	o->call = api_send(o->env->api, &r, done, o);
}

static void set_stock(struct own *o, struct span counts)
{
	int64_t n = 0;

	span_int(span_get(counts, "signed_curve25519"), &n);
	o->stock = (int)CLAMP(n, 0, INT32_MAX);
	o->stocked_us = mono_us(o);
}

static bool is_key(const struct own *o, struct span keys, const char *algorithm, const char *ours,
		   bool *ret_other)
{
	g_autofree char *name = g_strdup_printf("%s:%s", algorithm, o->env->device);
	g_autofree char *theirs = span_text(span_get(keys, name));

	*ret_other = *ret_other || (theirs && strcmp(theirs, ours) != 0);
	return theirs;
}

/* Some servers take another identity for a device without a word, and then nobody reads what it
 * says: kith looks first. */
static void looked(void *data, const struct api_answer *a)
{
	struct own *o = data;
	bool other = false;

	o->call = NULL;
	if (a->error) {
		try_later(o, a);
		return;
	}
	well(o);
	struct span keys =
		span_at(a->json, "device_keys", o->env->user, o->env->device, "keys", NULL);
	bool curve25519 = is_key(o, keys, "curve25519", own_curve25519(o), &other);
	bool ed25519 = is_key(o, keys, "ed25519", own_ed25519(o), &other);
	if (other) {
		go_stale(o, "the homeserver has other keys for this device than the store");
		return;
	}
	o->checked = true;
	if ((curve25519 && ed25519) != o->published) {
		o->published = curve25519 && ed25519;
		db_begin(o->env->db);
		own_keep(o);
		db_end(o->env->db);
	}
	step(o);
}

static void look(struct own *o)
{
	json_t *of = json_object();

	json_object_set_new(of, o->env->user, json_pack("[s]", o->env->device));
	send(o, "v3/keys/query", json_pack("{s:o}", "device_keys", of), API_REPEAT, looked);
}

static void counted(void *data, const struct api_answer *a)
{
	struct own *o = data;

	o->call = NULL;
	if (a->error) {
		try_later(o, a);
		return;
	}
	well(o);
	set_stock(o, span_get(a->json, "one_time_key_counts"));
	step(o);
}

/* Whether the server has refused, and so has none of it; else nobody knows. */
static bool is_refused(const struct api_answer *a)
{
	return a->error == -EREMOTEIO && a->status >= 400 && a->status < 500;
}

static void taken(struct own *o, struct span counts)
{
	crypto_account_published(o->account);
	o->published = true;
	db_begin(o->env->db);
	own_keep(o);
	db_end(o->env->db);
	well(o);
	set_stock(o, counts);
	o->of_before = true;
	o->patient = o->stock < stock_wanted(o);
	o->shorts = o->patient ? o->shorts + 1 : 0;
	loop_timer_set(o->patience, o->patient ? pause_us(o->shorts) : -1);
	step(o);
}

static void uploaded(void *data, const struct api_answer *a)
{
	struct own *o = data;

	o->call = NULL;
	if (!a->error) {
		taken(o, span_get(a->json, "one_time_key_counts"));
	} else if (is_refused(a) && strstr(a->why, "already exists")) {
		go_stale(o, "the homeserver has other one-time keys of this device than the store");
	} else if (is_refused(a)) {
		try_later(o, a);
	} else {
		give_up_one_time(o);
		o->stock = -1;
		db_begin(o->env->db);
		own_keep(o);
		db_end(o->env->db);
		try_later(o, a);
	}
}

/* With the device's own keys, if they are not there. */
static void upload(struct own *o)
{
	json_t *body = json_object(), *keys = crypto_account_one_time(o->account);
	int missing = stock_wanted(o) - o->stock - (int)json_object_size(keys);

	if (missing > 0) {
		json_decref(keys);
		crypto_account_make_one_time(o->account, (unsigned)missing);
		keys = crypto_account_one_time(o->account);
	}
	if (!o->published)
		json_object_set(body, "device_keys", o->device_keys);
	if (json_object_size(keys))
		json_object_set_new(body, "one_time_keys",
				    signed_keys(o, json_incref(keys), false));
	json_decref(keys);
	db_begin(o->env->db);
	own_keep(o);
	if (db_end(o->env->db) == 0)
		send(o, "v3/keys/upload", body, API_ONCE, uploaded);
	else
		json_decref(body);
}

static void fallback_uploaded(void *data, const struct api_answer *a)
{
	struct own *o = data;

	o->call = NULL;
	if (a->error) {
		try_later(o, a);
		return;
	}
	well(o);
	crypto_account_published(o->account);
	o->fallback_old = o->fallback_at_us != 0;
	o->fallback_at_us = MAX(wall_us(o), 1);
	o->fallback_waits = o->fallback_used = false;
	db_begin(o->env->db);
	own_keep(o);
	db_end(o->env->db);
	arm_forget(o);
	step(o);
}

static void upload_fallback(struct own *o)
{
	if (!o->fallback_waits) {
		/* One is marked as published with the other. */
		give_up_one_time(o);
		crypto_account_make_fallback(o->account);
		o->fallback_waits = true;
	}
	json_t *keys = signed_keys(o, crypto_account_fallback(o->account), true);
	db_begin(o->env->db);
	own_keep(o);
	if (db_end(o->env->db) == 0)
		send(o, "v3/keys/upload", json_pack("{s:o}", "fallback_keys", keys), API_REPEAT,
		     fallback_uploaded);
	else
		json_decref(keys);
}

static void step(struct own *o)
{
	if (o->call || o->is_stale || !o->wanted)
		return;
	if (!o->checked) {
		look(o);
	} else if (o->stock < 0) {
		send(o, "v3/keys/upload", json_object(), API_REPEAT, counted);
	} else if (o->fallback_waits) {
		/* First, since all keys are marked as published together. */
		upload_fallback(o);
	} else if (wants_upload(o)) {
		upload(o);
	} else if (wants_fallback(o)) {
		upload_fallback(o);
	} else if (o->untold) {
		o->untold = false;
		o->callbacks.published(o->data);
	}
}

static void timer_fired(void *data)
{
	step(data);
}

static void patience_over(void *data)
{
	struct own *o = data;

	o->patient = false;
	if (!o->failures)
		step(o);
}

/* What is under way, or waits, comes back to it by itself. */
static void wake(struct own *o)
{
	if (o->wanted && !o->is_stale && !o->call && !o->failures)
		loop_timer_set(o->timer, 0);
}

void own_publish(struct own *o)
{
	o->wanted = o->untold = true;
	o->checked = false;
	wake(o);
}

bool own_is_published(const struct own *o)
{
	return o->published;
}

/*
 * What a sync tells
 */

/* In a transaction. */
static void forget_if_old(struct own *o)
{
	if (!o->fallback_old || wall_us(o) - o->fallback_at_us < FALLBACK_OLD_US)
		return;
	crypto_account_forget_fallback(o->account);
	o->fallback_old = false;
	own_keep(o);
}

static void arm_forget(const struct own *o)
{
	int64_t left_us = o->fallback_at_us + FALLBACK_OLD_US - wall_us(o);

	loop_timer_set(o->forget, o->fallback_old ? CLAMP(left_us, 0, FALLBACK_OLD_US) : -1);
}

static void forget_later(void *data)
{
	struct own *o = data;

	db_begin(o->env->db);
	forget_if_old(o);
	db_end(o->env->db);
	arm_forget(o);
}

static bool says_unused(struct span unused_fallbacks)
{
	for (struct span_each i = span_each(unused_fallbacks); span_next(&i);)
		if (span_says(i.value, "signed_curve25519"))
			return true;
	return false;
}

void own_counts(struct own *o, struct span counts, struct span unused_fallbacks)
{
	if (o->call || o->patient || o->of_before)
		o->of_before = false; /* the answer tells, or has told */
	else if (span_is_object(counts))
		set_stock(o, counts);
	else if (o->stock > 0 && mono_us(o) - o->stocked_us > STOCK_KNOWN_US)
		o->stock = -1;
	if (span_is_array(unused_fallbacks))
		o->fallback_used = !says_unused(unused_fallbacks);
	forget_if_old(o);
	wake(o);
}

void own_stock(const struct own *o, int *ret_one_time, bool *ret_fallback)
{
	*ret_one_time = o->stock;
	*ret_fallback = !o->fallback_used && o->fallback_at_us != 0;
}
