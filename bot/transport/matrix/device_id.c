#include "transport/matrix/device_id.h"

#include "config.h"
#include "store/db.h"
#include "transport/matrix/account.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

char *device_id_stable(const struct config_section *section)
{
	const char *user = config_text(section, "user"),
		   *name = config_text(section, "device-name");
	guint8 hash[32];
	gsize n = sizeof(hash);
	char id[] = "KITH--------";
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	/* The NUL keeps one from running into the other. */
	g_checksum_update(sum, (const guchar *)user, (gssize)strlen(user) + 1);
	g_checksum_update(sum, (const guchar *)name, (gssize)strlen(name));
	g_checksum_get_digest(sum, hash, &n);
	for (int i = 0; i < 8; i++)
		id[4 + i] = (char)('A' + hash[i] % 26);
	return g_strdup(id);
}

static bool is_discarded(struct db *db, const struct config_section *section, const char *device)
{
	return db_int(db, 0, "SELECT 1 FROM matrix_stale WHERE network = ? AND device = ?", "tt",
		      section->name, device);
}

/* Not the next of a row: a store that was put back does not know how far that has come, and who has
 * seen a device with one key takes it with no other. */
static char *another(const struct config_section *section)
{
	g_autofree char *stable = device_id_stable(section);

	return g_strdup_printf("%s_%06X", stable, g_random_int_range(0, 1 << 24));
}

char *device_id_next(struct db *db, const struct config_section *section)
{
	/* Capitals of old accounts aside. */
	g_autofree char *last =
		db_text(db,
			"SELECT device FROM matrix_account"
			" WHERE network = ? AND user = ? COLLATE NOCASE AND device != ''",
			"tt", section->name, config_text(section, "user"));

	if (last && !is_discarded(db, section, last))
		return g_steal_pointer(&last);
	g_autofree char *stable = device_id_stable(section);
	return is_discarded(db, section, stable) ? another(section) : g_steal_pointer(&stable);
}

void device_id_discard(struct db *db, const struct config_section *section)
{
	g_autofree char *next = another(section);

	db_run(db,
	       "INSERT OR IGNORE INTO matrix_stale(network, device)"
	       " SELECT network, device FROM matrix_account WHERE network = ?",
	       "t", section->name);
	account_forget(db, section->name);
	db_run(db,
	       "UPDATE matrix_account SET device = ?, since = NULL, filter = '', filter_id = ''"
	       " WHERE network = ?",
	       "tt", next, section->name);
}

const char *device_id_fault(struct db *db, const struct config_section *section, const char *device)
{
	if (!*device)
		return "the access token belongs to no device, and so has no keys: get one by "
		       "signing in, or use a password: kith matrix login";
	if (is_discarded(db, section, device))
		return "the access token is for a device that cannot be used any more: get one for "
		       "a new device, or sign in with a password: kith matrix login";
	return NULL;
}
