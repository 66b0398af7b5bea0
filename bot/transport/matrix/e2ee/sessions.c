#include "transport/matrix/e2ee/sessions.h"

#include "base/log.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions_private.h"

#include <glib.h>
#include <string.h>

enum {
	/* Of one user, with devices that are not on their list: it may tell of them soon. */
	UNLISTED_MOST = 16,
	/* Of all whose list is not followed. */
	STRANGERS_MOST = 256,
};

void sessions_row_free(void *row)
{
	struct sessions_row *r = row;

	if (!r)
		return;
	crypto_session_free(r->session);
	g_free(r->ed25519);
	g_free(r->heard);
	g_free(r);
}

static struct sessions_row *read_row(const struct sessions *s, struct query *q)
{
	struct crypto_session *session;

	if (crypto_session_unpickle(query_text(q, 0), s->env.key, &session) < 0) {
		log_warning("matrix %s: an Olm session in the store cannot be read",
			    s->env.network);
		return NULL;
	}
	struct sessions_row *row = g_new0(struct sessions_row, 1);
	row->session = session;
	row->ed25519 = g_strdup(query_text(q, 1));
	row->heard = g_strdup(query_text(q, 2));
	return row;
}

GPtrArray *sessions_rows(struct sessions *s, const char *user, const char *curve25519)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(sessions_row_free);
	struct query q =
		db_query(s->env.db,
			 "SELECT pickle, ed25519, heard FROM e2ee_session"
			 " WHERE network = ? AND user = ? AND curve25519 = ? ORDER BY used DESC",
			 "ttt", s->env.network, user, curve25519);

	while (query_next(&q)) {
		struct sessions_row *row = read_row(s, &q);

		if (row)
			g_ptr_array_add(rows, row);
	}
	return rows;
}

/*
 * What is kept.
 */
/* In a device's sessions a later one is greater, wherever the clock was set. */
static int64_t next_used(const struct sessions *s, const char *user, const char *curve25519)
{
	int64_t last = db_int(s->env.db, 0,
			      "SELECT max(used) FROM e2ee_session"
			      " WHERE network = ? AND user = ? AND curve25519 = ?",
			      "ttt", s->env.network, user, curve25519);

	return MAX(last + 1, s->env.clock->wall_us(s->env.clock));
}

static void drop_oldest(struct sessions *s, const char *user, const char *curve25519,
			const char *ed25519)
{
	db_run(s->env.db,
	       "DELETE FROM e2ee_session WHERE rowid IN (SELECT rowid FROM e2ee_session"
	       " WHERE network = ? AND user = ? AND curve25519 = ? AND ed25519 = ?"
	       " ORDER BY used DESC LIMIT -1 OFFSET ?)",
	       "tttti", s->env.network, user, curve25519, ed25519, (int64_t)SESSIONS_KEPT);
}

/* Anybody can make as many keys as they like, and sessions with them. */
static void drop_strangers(struct sessions *s, const char *user)
{
	db_run(s->env.db,
	       "DELETE FROM e2ee_session WHERE rowid IN (SELECT rowid FROM e2ee_session"
	       " WHERE network = ? AND user = ? AND known < 2"
	       " ORDER BY used DESC LIMIT -1 OFFSET ?)",
	       "tti", s->env.network, user, (int64_t)UNLISTED_MOST);
	db_run(s->env.db,
	       "DELETE FROM e2ee_session WHERE rowid IN (SELECT rowid FROM e2ee_session"
	       " WHERE network = ? AND known = 0 ORDER BY used DESC LIMIT -1 OFFSET ?)",
	       "ti", s->env.network, (int64_t)STRANGERS_MOST);
}

void sessions_keep(struct sessions *s, const char *user, const char *curve25519,
		   const struct sessions_row *row, enum sessions_known known)
{
	g_autofree char *pickle = crypto_session_pickle(row->session, s->env.key);

	db_run(s->env.db,
	       "INSERT OR REPLACE INTO e2ee_session"
	       "(network, user, curve25519, ed25519, session, pickle, used, heard, known)"
	       " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
	       "ttttttiti", s->env.network, user, curve25519, row->ed25519,
	       crypto_session_id(row->session), pickle, next_used(s, user, curve25519), row->heard,
	       (int64_t)known);
	own_moved(&s->env);
	drop_oldest(s, user, curve25519, row->ed25519);
	if (known < SESSIONS_LISTED)
		drop_strangers(s, user);
}

/* Who was left, and what is not on a list any more, counts for little from now on. */
static enum sessions_known look_again(const struct sessions *s, const char *user,
				      const char *curve25519, const char *ed25519)
{
	if (!devices_follows(s->devices, user))
		return SESSIONS_STRANGER;
	struct device *device = devices_by_curve25519(s->devices, user, curve25519);
	bool listed = device && !strcmp(device->ed25519, ed25519);

	device_free(device);
	return listed ? SESSIONS_LISTED : SESSIONS_FOLLOWED;
}

static void look_at_all(struct sessions *s)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	struct query q = db_query(s->env.db,
				  "SELECT DISTINCT user, curve25519, ed25519 FROM e2ee_session"
				  " WHERE network = ? AND known > 0",
				  "t", s->env.network);

	while (query_next(&q))
		for (int i = 0; i < 3; i++)
			g_ptr_array_add(all, g_strdup(query_text(&q, i)));
	for (unsigned i = 0; i < all->len; i += 3) {
		const char *user = all->pdata[i], *curve25519 = all->pdata[i + 1];
		const char *ed25519 = all->pdata[i + 2];

		db_run(s->env.db,
		       "UPDATE e2ee_session SET known = ?5 WHERE network = ?1 AND user = ?2"
		       " AND curve25519 = ?3 AND ed25519 = ?4 AND known > ?5",
		       "tttti", s->env.network, user, curve25519, ed25519,
		       (int64_t)look_again(s, user, curve25519, ed25519));
	}
}

/*
 * Speaking.
 */
bool sessions_has(const struct sessions *s, const struct device *device)
{
	return db_int(s->env.db, 0,
		      "SELECT 1 FROM e2ee_session WHERE network = ? AND user = ?"
		      " AND curve25519 = ? AND ed25519 = ? LIMIT 1",
		      "tttt", s->env.network, device->user, device->curve25519, device->ed25519);
}

/* CS API: m.olm.v1.curve25519-aes-sha2, OlmPlaintext. */
static char *payload(const struct sessions *s, const struct device *device, const char *type,
		     const json_t *content)
{
	json_t *j = json_pack("{s:s, s:O, s:s, s:s, s:{s:s}, s:{s:s}, s:O}", "type", type,
			      "content", (json_t *)content, "sender", s->env.user, "recipient",
			      device->user, "recipient_keys", "ed25519", device->ed25519, "keys",
			      "ed25519", own_ed25519(s->own), "sender_device_keys",
			      (json_t *)own_device_keys(s->own));
	char *text = j ? canonical_text(j) : NULL;

	json_decref(j);
	return text;
}

/* The one to speak in. What cannot be read any more goes, so that another is begun. */
static struct crypto_session *take_newest(struct sessions *s, const struct device *device)
{
	g_autoptr(GPtrArray) rows = sessions_rows(s, device->user, device->curve25519);

	for (unsigned i = 0; i < rows->len; i++) {
		struct sessions_row *row = rows->pdata[i];

		if (!strcmp(row->ed25519, device->ed25519))
			return g_steal_pointer(&row->session);
	}
	db_run(s->env.db,
	       "DELETE FROM e2ee_session WHERE network = ? AND user = ? AND curve25519 = ?"
	       " AND ed25519 = ?",
	       "tttt", s->env.network, device->user, device->curve25519, device->ed25519);
	return NULL;
}

static void move_on(struct sessions *s, const struct device *device,
		    const struct crypto_session *session)
{
	g_autofree char *pickle = crypto_session_pickle(session, s->env.key);

	db_run(s->env.db,
	       "UPDATE e2ee_session SET pickle = ? WHERE network = ? AND user = ?"
	       " AND curve25519 = ? AND session = ?",
	       "ttttt", pickle, s->env.network, device->user, device->curve25519,
	       crypto_session_id(session));
	own_moved(&s->env);
}

json_t *sessions_encrypt(struct sessions *s, const struct device *device, const char *type,
			 const json_t *content)
{
	char *text = payload(s, device, type, content);
	struct crypto_session *session = text ? take_newest(s, device) : NULL;
	json_t *ret = NULL;

	if (session) {
		int kind;
		g_autofree char *body = crypto_session_encrypt(session, text, &kind);

		move_on(s, device, session);
		ret = json_pack("{s:s, s:s, s:{s:{s:i, s:s}}}", "algorithm", SESSIONS_OLM,
				"sender_key", own_curve25519(s->own), "ciphertext",
				device->curve25519, "type", kind, "body", body);
	}
	if (text)
		explicit_bzero(text, strlen(text));
	g_free(text);
	crypto_session_free(session);
	return ret;
}

struct sessions *sessions_new(const struct e2ee_env *env, struct own *own, struct devices *devices,
			      struct outgoing *outgoing)
{
	struct sessions *s = g_new0(struct sessions, 1);

	s->env = *env;
	s->own = own;
	s->devices = devices;
	s->outgoing = outgoing;
	sessions_claim_init(s);
	return s;
}

void sessions_free(struct sessions *s)
{
	if (!s)
		return;
	sessions_claim_done(s);
	g_free(s);
}

void sessions_start(struct sessions *s)
{
	s->started = true;
	db_begin(s->env.db);
	look_at_all(s);
	db_end(s->env.db);
	sessions_look(s);
}
