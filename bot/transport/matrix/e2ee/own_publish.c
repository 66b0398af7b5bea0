#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/own_private.h"

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

static int64_t wall_us(const struct own *o)
{
	return o->env->clock->wall_us(o->env->clock);
}

static int64_t mono_us(const struct own *o)
{
	return o->env->clock->mono_us(o->env->clock);
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
		own_sign_object(o, key);
		json_object_set_new(all, name, key);
	}
	json_decref(keys);
	return all;
}

static bool has_any(json_t *keys)
{
	bool any = json_object_size(keys) > 0;

	json_decref(keys);
	return any;
}

/* Those that were about to be uploaded may have been, and been handed out since: each goes up once,
 * so that nobody gets one that was used. A fallback key may go up again. */
static void give_up_one_time(struct own *o)
{
	if (has_any(crypto_account_one_time(o->account)))
		crypto_account_published(o->account);
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

void own_go_stale(struct own *o, const char *why)
{
	o->is_stale = true;
	loop_timer_set(o->timer, -1);
	o->callbacks.stale(o->data, why);
}

static int64_t pause_us(unsigned times)
{
	return times > FAILURES_SOON ? PAUSE_LONG_US : api_pause_us(times);
}

void own_try_later(struct own *o, const struct api_answer *a)
{
	if (a->error == -EACCES)
		return; /* the session is over */
	if (g_strcmp0(o->said, a->why) != 0)
		log_warning("matrix %s: the keys of this device could not be settled with the "
			    "homeserver: %s; trying again",
			    o->env->network, a->why);
	g_free(o->said);
	o->said = g_strdup(a->why);
	loop_timer_set(o->timer, pause_us(++o->failures));
}

void own_well(struct own *o)
{
	o->failures = 0;
	g_clear_pointer(&o->said, g_free);
	loop_timer_set(o->timer, -1);
}

void own_send(struct own *o, const struct api_request *r,
	      void (*done)(void *data, const struct api_answer *a))
{
	o->call = api_send(o->env->api, r, done, o);
}

static void send(struct own *o, json_t *body, enum api_retry retry,
		 void (*done)(void *data, const struct api_answer *a))
{
	own_send(o,
		 &(struct api_request){
			 .method = "POST", .path = "v3/keys/upload", .body = body, .retry = retry },
		 done);
}

static void set_stock(struct own *o, struct span counts)
{
	int64_t n = 0;

	span_int(span_get(counts, "signed_curve25519"), &n);
	o->stock = (int)CLAMP(n, 0, INT32_MAX);
	o->stocked_us = mono_us(o);
}

static void counted(void *data, const struct api_answer *a)
{
	struct own *o = data;

	o->call = NULL;
	if (a->error) {
		own_try_later(o, a);
		return;
	}
	own_well(o);
	set_stock(o, span_get(a->json, "one_time_key_counts"));
	own_step(o);
}

bool own_is_refused(const struct api_answer *a)
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
	own_well(o);
	set_stock(o, counts);
	o->of_before = true;
	o->patient = o->stock < stock_wanted(o);
	o->shorts = o->patient ? o->shorts + 1 : 0;
	loop_timer_set(o->patience, o->patient ? pause_us(o->shorts) : -1);
	own_step(o);
}

static void uploaded(void *data, const struct api_answer *a)
{
	struct own *o = data;

	o->call = NULL;
	if (!a->error) {
		taken(o, span_get(a->json, "one_time_key_counts"));
	} else if (own_is_refused(a) && strstr(a->why, "already exists")) {
		own_go_stale(
			o, "the homeserver has other one-time keys of this device than the store");
	} else if (own_is_refused(a)) {
		own_try_later(o, a);
	} else {
		give_up_one_time(o);
		o->stock = -1;
		db_begin(o->env->db);
		own_keep(o);
		db_end(o->env->db);
		own_try_later(o, a);
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
		send(o, body, API_ONCE, uploaded);
	else
		json_decref(body);
}

static void arm_forget(const struct own *o)
{
	int64_t left_us = o->fallback_at_us + FALLBACK_OLD_US - wall_us(o);

	loop_timer_set(o->forget, o->fallback_old ? CLAMP(left_us, 0, FALLBACK_OLD_US) : -1);
}

static void fallback_uploaded(void *data, const struct api_answer *a)
{
	struct own *o = data;

	o->call = NULL;
	if (a->error) {
		own_try_later(o, a);
		return;
	}
	own_well(o);
	crypto_account_published(o->account);
	o->fallback_old = o->fallback_at_us != 0;
	o->fallback_at_us = MAX(wall_us(o), 1);
	o->fallback_waits = o->fallback_used = false;
	db_begin(o->env->db);
	own_keep(o);
	db_end(o->env->db);
	arm_forget(o);
	own_step(o);
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
		send(o, json_pack("{s:o}", "fallback_keys", keys), API_REPEAT, fallback_uploaded);
	else
		json_decref(keys);
}

void own_step(struct own *o)
{
	if (o->call || o->is_stale || !o->wanted)
		return;
	if (!o->checked) {
		own_look(o);
	} else if (!o->compared && o->published) {
		own_compare(o);
	} else if (o->stock < 0) {
		send(o, json_object(), API_REPEAT, counted);
	} else if (o->fallback_waits) {
		/* First, since all keys are marked as published together. */
		upload_fallback(o);
	} else if (wants_upload(o)) {
		upload(o);
	} else if (wants_fallback(o)) {
		upload_fallback(o);
	} else if (o->untold) {
		o->untold = false;
		loop_timer_set(o->timer, 0);
		o->callbacks.published(o->data);
	} else {
		own_tell(o);
	}
}

static void timer_fired(void *data)
{
	own_step(data);
}

static void patience_over(void *data)
{
	struct own *o = data;

	o->patient = false;
	if (!o->failures)
		own_step(o);
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
	o->checked = o->compared = false;
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

/*
 * Its begin and end
 */

void own_publish_init(struct own *o)
{
	o->stock = -1;
	o->remembered = -1;
	o->timer = loop_timer_new(o->env->loop, timer_fired, o);
	o->patience = loop_timer_new(o->env->loop, patience_over, o);
	o->forget = loop_timer_new(o->env->loop, forget_later, o);
	o->fallback_waits = has_any(crypto_account_fallback(o->account));
	give_up_one_time(o);
	arm_forget(o);
}

void own_publish_done(struct own *o)
{
	api_cancel(o->call);
	loop_timer_free(o->timer);
	loop_timer_free(o->patience);
	loop_timer_free(o->forget);
	g_free(o->said);
}
