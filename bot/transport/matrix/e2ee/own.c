#include "store/db.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/own_private.h"
#include "transport/matrix/seal.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

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

void own_sign_object(const struct own *o, json_t *object)
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
	own_sign_object(o, o->device_keys);
	if (signer && signature)
		canonical_add(o->device_keys, o->env->user, signer, signature);
}

/*
 * The store
 */

void own_keep(struct own *o)
{
	g_autofree char *pickle = crypto_account_pickle(o->account, o->env->key);

	db_run(o->env->db,
	       "UPDATE e2ee_own SET account = ?2, published = ?3, fallback_at_us = ?4,"
	       " fallback_old = ?5, moved = 1 WHERE network = ?1",
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

int own_open(const struct e2ee_env *env, const struct own_callbacks *callbacks, void *data,
	     struct own **ret)
{
	struct own *o = g_new0(struct own, 1);

	o->env = env;
	o->callbacks = *callbacks;
	o->data = data;
	int error = load(o);
	if (error == -ENOENT) {
		make(o);
	} else if (error < 0) {
		own_free(o);
		return error;
	}
	own_publish_init(o);
	*ret = o;
	return 0;
}

void own_free(struct own *o)
{
	if (!o)
		return;
	own_publish_done(o);
	crypto_account_free(o->account);
	json_decref(o->device_keys);
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
