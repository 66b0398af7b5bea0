#include "circle/hashes.h"

#include "base/text/text.h"
#include "circle/people.h"
#include "store/db.h"

#include <string.h>

static char *keyed(struct circle *c, const char *what)
{
	g_autofree char *key = db_text(c->db, "SELECT value FROM meta WHERE key = 'hash-key'", "");

	return g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const unsigned char *)key, strlen(key),
					 what, -1);
}

char *hashes_handle(struct circle *c, const char *network, const char *account)
{
	g_autofree char *fold = people_account_key(account);
	g_autofree char *handle = g_strconcat(network, "/", fold, NULL);

	return keyed(c, handle);
}

/* No account holds a line break; likewise below. */
char *hashes_nick(struct circle *c, const char *network, const char *nick)
{
	g_autofree char *fold = text_fold(nick);
	g_autofree char *handle = g_strconcat(network, "\nnick\n", fold, NULL);

	return keyed(c, handle);
}

char *hashes_text(struct circle *c, const char *text)
{
	g_autofree char *what = g_strconcat("\ntext\n", text, NULL);

	return keyed(c, what);
}

char *hashes_event(struct circle *c, const char *network, const char *id)
{
	g_autofree char *what = g_strconcat(network, "\nevent\n", id, NULL);

	return keyed(c, what);
}

char *hashes_code(struct circle *c, const char *code)
{
	g_autofree char *what = g_strconcat("\ncode\n", code, NULL);

	return keyed(c, what);
}
