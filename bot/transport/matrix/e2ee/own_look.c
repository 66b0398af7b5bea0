#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/e2ee/own_private.h"

#include <glib.h>
#include <string.h>

/*
 * Its identity
 */

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
		own_try_later(o, a);
		return;
	}
	own_well(o);
	struct span keys =
		span_at(a->json, "device_keys", o->env->user, o->env->device, "keys", NULL);
	bool curve25519 = is_key(o, keys, "curve25519", own_curve25519(o), &other);
	bool ed25519 = is_key(o, keys, "ed25519", own_ed25519(o), &other);
	if (other) {
		own_go_stale(o, "the homeserver has other keys for this device than the store");
		return;
	}
	o->checked = true;
	if ((curve25519 && ed25519) != o->published) {
		o->published = curve25519 && ed25519;
		db_begin(o->env->db);
		own_keep(o);
		db_end(o->env->db);
	}
	own_step(o);
}

void own_look(struct own *o)
{
	json_t *of = json_object();

	json_object_set_new(of, o->env->user, json_pack("[s]", o->env->device));
	const struct api_request r = {
		.method = "POST",
		.path = "v3/keys/query",
		.body = json_pack("{s:o}", "device_keys", of),
		.retry = API_REPEAT,
	};
	own_send(o, &r, looked);
}

/*
 * How far it has come: a number that the account remembers too (CS API: Client config). It grows in
 * the store before it does there, so that a store that is behind is an older copy: it lacks keys
 * that others have of this device, or what was agreed on by them.
 */

void own_moved(const struct e2ee_env *env)
{
	db_run(env->db, "UPDATE e2ee_own SET moved = 1 WHERE network = ? AND moved = 0", "t",
	       env->network);
}

static int64_t generation(const struct own *o)
{
	return db_int(o->env->db, 0, "SELECT generation FROM e2ee_own WHERE network = ?", "t",
		      o->env->network);
}

static void begin_another(struct own *o)
{
	db_begin(o->env->db);
	db_run(o->env->db,
	       "UPDATE e2ee_own SET generation = generation + 1, moved = 0 WHERE network = ?", "t",
	       o->env->network);
	db_end(o->env->db);
}

static void ask(struct own *o, const char *method, json_t *body, enum api_retry retry,
		void (*done)(void *data, const struct api_answer *a))
{
	g_autofree char *user = http_escape(o->env->user);
	g_autofree char *path = g_strdup_printf("v3/user/%s/account_data/kith.device", user);
	const struct api_request r = {
		.method = method, .path = path, .body = body, .retry = retry
	};

	own_send(o, &r, done);
}

/* -1: it remembers none of this device. */
static int64_t read_generation(const struct own *o, const struct api_answer *a)
{
	int64_t n = -1;

	if (!a->error && span_says(span_get(a->json, "device_id"), o->env->device))
		span_int(span_get(a->json, "generation"), &n);
	return n;
}

static void compared(void *data, const struct api_answer *a)
{
	struct own *o = data;

	o->call = NULL;
	if (a->error && !own_is_refused(a)) {
		own_try_later(o, a);
		return;
	}
	own_well(o);
	o->remembered = read_generation(o, a);
	if (o->remembered > generation(o)) {
		own_go_stale(o, "the store is an older copy: this device has gone on since");
		return;
	}
	o->compared = true;
	own_step(o);
}

void own_compare(struct own *o)
{
	ask(o, "GET", NULL, API_REPEAT, compared);
}

/* A server that refuses to is asked again when there is more. */
static void told(void *data, const struct api_answer *a)
{
	struct own *o = data;

	o->call = NULL;
	if (a->error && !own_is_refused(a)) {
		o->remembered = -1;
		own_try_later(o, a);
		return;
	}
	own_well(o);
	own_step(o);
}

void own_tell(struct own *o)
{
	if (db_int(o->env->db, 0, "SELECT moved FROM e2ee_own WHERE network = ?", "t",
		   o->env->network))
		begin_another(o);
	int64_t now = generation(o);
	if (o->remembered == now)
		return;
	o->remembered = now;
	ask(o, "PUT", json_pack("{s:s, s:I}", "device_id", o->env->device, "generation", now),
	    API_ONCE, told);
}
