#include "transport/matrix/e2ee/outbound_private.h"

#include "base/log.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/own.h"

#include <errno.h>
#include <string.h>

/* So long after kith last spoke in a session its echo is still known for its own. */
#define SPOKEN_KEPT_US CLOCK_US_PER_YEAR

/* NULL in the store where it has the key. */
static const char *const codes[] = {
	[HEARING_KEY] = NULL,
	[HEARING_UNSIGNED] = "m.unverified",
	[HEARING_NO_OLM] = "m.no_olm",
};

static enum hearing hearing_of(const char *code)
{
	if (!code)
		return HEARING_KEY;
	return !strcmp(code, codes[HEARING_NO_OLM]) ? HEARING_NO_OLM : HEARING_UNSIGNED;
}

void outbound_unload(struct voice *v)
{
	v->loaded = v->settled = false;
	g_clear_pointer(&v->session, crypto_outbound_free);
	g_clear_pointer(&v->visibility, g_free);
	g_hash_table_remove_all(v->had);
}

static void load_had(struct voice *v)
{
	const struct e2ee_env *env = &v->o->env;
	struct query q = db_query(env->db,
				  "SELECT user, device, curve25519, code FROM e2ee_shared"
				  " WHERE network = ? AND room = ?",
				  "tt", env->network, v->room);

	while (query_next(&q))
		hearers_add(v->had, hearer_new(query_text(&q, 0), query_text(&q, 1),
					       query_text(&q, 2), hearing_of(query_text(&q, 3))));
}

/* Whatever was leased before this start may have been used. */
static int skip_lease(struct voice *v, int64_t leased)
{
	int64_t index = crypto_outbound_index(v->session);

	if (leased < index || leased > index + OUTBOUND_LEASE)
		return -EBADMSG;
	crypto_outbound_skip(v->session, (uint32_t)leased);
	return 0;
}

static int load_session(struct voice *v)
{
	const struct e2ee_env *env = &v->o->env;
	struct query q = db_query(env->db,
				  "SELECT pickle, since_us, visibility, session, leased"
				  " FROM e2ee_outbound WHERE network = ? AND room = ?",
				  "tt", env->network, v->room);

	if (!query_next(&q))
		return -ENOENT;
	int error = crypto_outbound_unpickle(query_text(&q, 0), env->key, &v->session);
	if (error == 0 && strcmp(query_text(&q, 3), crypto_outbound_id(v->session)) != 0)
		error = -EBADMSG;
	if (error == 0)
		error = skip_lease(v, query_int(&q, 4));
	v->since_us = query_int(&q, 1);
	v->visibility = g_strdup(query_text(&q, 2));
	query_done(&q);
	return error;
}

void outbound_load(struct voice *v)
{
	if (v->loaded)
		return;
	outbound_unload(v);
	int error = load_session(v);
	if (error < 0) {
		g_clear_pointer(&v->session, crypto_outbound_free);
		outbound_end(v->o, v->room);
	}
	if (error < 0 && error != -ENOENT)
		log_warning("matrix %s: what kith spoke in %s with cannot be read any more (%s): "
			    "it begins anew",
			    v->o->env.network, v->room, g_strerror(-error));
	load_had(v);
	v->loaded = true;
}

void outbound_lease(struct voice *v)
{
	const struct e2ee_env *env = &v->o->env;
	g_autofree char *pickle = crypto_outbound_pickle(v->session, env->key);
	int64_t leased = (int64_t)crypto_outbound_index(v->session) + OUTBOUND_LEASE;

	db_run(env->db,
	       "INSERT OR REPLACE INTO e2ee_outbound"
	       "(network, room, session, pickle, leased, since_us, visibility)"
	       " VALUES(?, ?, ?, ?, ?, ?, ?)",
	       "ttttiit", env->network, v->room, crypto_outbound_id(v->session), pickle, leased,
	       v->since_us, v->visibility);
	db_run(env->db,
	       "INSERT OR REPLACE INTO e2ee_spoken(network, session, room, leased, at_us)"
	       " VALUES(?, ?, ?, ?, ?)",
	       "tttii", env->network, crypto_outbound_id(v->session), v->room, leased,
	       outbound_wall_us(v->o));
	own_moved(env);
}

int outbound_is_leased(const struct voice *v)
{
	const struct e2ee_env *env = &v->o->env;
	int64_t leased = db_int(env->db, -1,
				"SELECT leased FROM e2ee_outbound"
				" WHERE network = ? AND room = ? AND session = ?",
				"ttt", env->network, v->room, crypto_outbound_id(v->session));

	return leased < 0 ? -1 : crypto_outbound_index(v->session) < leased;
}

void outbound_begin(struct voice *v, const struct matrix_room *room)
{
	struct outbound *o = v->o;

	v->session = crypto_outbound_make();
	v->since_us = outbound_wall_us(o);
	g_free(v->visibility);
	v->visibility = g_strdup(rotation_visibility(room));
	db_run(o->env.db, "DELETE FROM e2ee_spoken WHERE network = ? AND at_us < ?", "ti",
	       o->env.network, v->since_us - SPOKEN_KEPT_US);
	outbound_lease(v);
}

void outbound_end(struct outbound *o, const char *room)
{
	db_run(o->env.db, "DELETE FROM e2ee_outbound WHERE network = ? AND room = ?", "tt",
	       o->env.network, room);
	db_run(o->env.db,
	       "DELETE FROM e2ee_shared WHERE network = ? AND room = ?"
	       " AND code IS NOT 'm.no_olm'",
	       "tt", o->env.network, room);
}

void outbound_note(struct voice *v, const struct hearer *now, enum hearing hearing)
{
	const struct e2ee_env *env = &v->o->env;

	hearers_add(v->had, hearer_new(now->user, now->id, now->curve25519, hearing));
	db_run(env->db,
	       "INSERT OR REPLACE INTO e2ee_shared"
	       "(network, room, user, device, curve25519, code) VALUES(?, ?, ?, ?, ?, ?)",
	       "tttttt", env->network, v->room, now->user, now->id, now->curve25519,
	       codes[hearing]);
}

void outbound_note_gone(struct voice *v, GHashTable *now)
{
	const struct e2ee_env *env = &v->o->env;
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, v->had);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct hearer *had = value;

		if (hearers_find(now, had))
			continue;
		db_run(env->db,
		       "DELETE FROM e2ee_shared WHERE network = ? AND room = ? AND user = ?"
		       " AND device = ?",
		       "tttt", env->network, v->room, had->user, had->id);
		g_hash_table_iter_remove(&i);
	}
}

bool outbound_was_told(const struct outbound *o, const struct hearer *h)
{
	return db_int(o->env.db, 0,
		      "SELECT 1 FROM e2ee_shared WHERE network = ? AND user = ? AND device = ?"
		      " AND curve25519 = ? AND code = 'm.no_olm' LIMIT 1",
		      "tttt", o->env.network, h->user, h->id, h->curve25519) == 1;
}
