#include "transport/matrix/account.h"

#include "config.h"
#include "store/db.h"
#include "transport/matrix/seal.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* What a token was sealed for: one that is put into another place of the store opens nothing. */
static char *purpose(const char *network, const char *what)
{
	return g_strconcat(network, "/", what, NULL);
}

static char *lock(const struct seal *seal, const char *network, const char *what,
		  const char *secret)
{
	g_autofree char *name = purpose(network, what);

	return secret ? seal_lock(seal, name, secret) : NULL;
}

static char *unlock(const struct seal *seal, const char *network, const char *what,
		    const char *locked)
{
	g_autofree char *name = purpose(network, what);

	return locked ? seal_unlock(seal, name, locked) : NULL;
}

int account_load(struct db *db, const struct seal *seal, const char *network, struct account **ret)
{
	struct query q =
		db_query(db,
			 "SELECT homeserver, user, device, token, refresh_token,"
			 " expires_at_us FROM matrix_account WHERE network = ? AND token != ''",
			 "t", network);

	if (!query_next(&q))
		return -ENOENT;
	struct account *a = g_new0(struct account, 1);
	a->homeserver = g_strdup(query_text(&q, 0));
	a->user = g_strdup(query_text(&q, 1));
	a->device = g_strdup(query_text(&q, 2));
	a->token = unlock(seal, network, "token", query_text(&q, 3));
	a->refresh_token = unlock(seal, network, "refresh_token", query_text(&q, 4));
	a->expires_at_us = query_int(&q, 5);
	bool all = a->token && (a->refresh_token || query_null(&q, 4));
	query_done(&q);
	if (!all) {
		account_free(a);
		return -EKEYREJECTED;
	}
	*ret = a;
	return 0;
}

/* The rooms that somebody else was in or asked into, and what was kept of them. */
static void forget_rooms(struct db *db, const char *network)
{
	db_run(db, "DELETE FROM matrix_room WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM matrix_state WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM matrix_member WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM matrix_invite WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM matrix_gap WHERE network = ?", "t", network);
	db_run(db, "DELETE FROM matrix_waiting WHERE network = ?", "t", network);
}

void account_save(struct db *db, const struct seal *seal, const char *network,
		  const struct account *a)
{
	g_autofree char *token = lock(seal, network, "token", a->token);
	g_autofree char *refresh = lock(seal, network, "refresh_token", a->refresh_token);
	g_autofree char *user =
		db_text(db, "SELECT user FROM matrix_account WHERE network = ?", "t", network);

	if (user && !g_str_equal(user, a->user))
		forget_rooms(db, network);
	db_run(db,
	       "INSERT INTO matrix_account(network, homeserver, user, device, token, refresh_token,"
	       " expires_at_us) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
	       " since = iif(user = ?3 AND device = ?4, since, NULL),"
	       " filter = iif(user = ?3 AND device = ?4, filter, ''),"
	       " filter_id = iif(user = ?3 AND device = ?4, filter_id, ''),"
	       " homeserver = ?2, user = ?3, device = ?4, token = ?5, refresh_token = ?6,"
	       " expires_at_us = ?7",
	       "tttttti", network, a->homeserver, a->user, a->device, token, refresh,
	       a->expires_at_us);
}

void account_forget(struct db *db, const char *network)
{
	db_run(db,
	       "UPDATE matrix_account SET token = '', refresh_token = NULL, expires_at_us = 0"
	       " WHERE network = ?",
	       "t", network);
}

void account_free(struct account *a)
{
	if (!a)
		return;
	config_secret_free(a->token);
	config_secret_free(a->refresh_token);
	g_free(a->homeserver);
	g_free(a->user);
	g_free(a->device);
	g_free(a);
}
