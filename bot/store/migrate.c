#include "store/migrate.h"

#include "base/log.h"

#include <errno.h>
#include <glib.h>
#include <sqlite3.h>
#include <sysexits.h>

#define APPLICATION_ID 0x6b697468 /* "kith" */

static int pragma_int(sqlite3 *sqlite, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int value = -1;

	if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static void run_step(sqlite3 *sqlite, const struct embedded *step, int version, const char *path)
{
	g_autofree char *sql = g_strdup_printf("BEGIN IMMEDIATE;\n%s\nPRAGMA user_version = %d; "
					       "PRAGMA application_id = %d; COMMIT;",
					       step->text, version, APPLICATION_ID);
	char *error = NULL;

	if (sqlite3_exec(sqlite, sql, NULL, NULL, &error) != SQLITE_OK)
		die(EX_IOERR, "store %s: schema step %s failed: %s", path, step->name, error);
}

static int count_known(void)
{
	int known = 0;

	while (db_migrations[known].name)
		known++;
	return known;
}

/* How many steps the store has had, or -EPROTO. */
static int look(sqlite3 *sqlite, const char *path, char **ret_error)
{
	int have = pragma_int(sqlite, "PRAGMA user_version");
	int id = pragma_int(sqlite, "PRAGMA application_id");
	int objects = pragma_int(sqlite, "SELECT count(*) FROM sqlite_master");
	int known = count_known();

	if (have < 0 || objects < 0) {
		*ret_error =
			g_strdup_printf("%s is not a database: %s", path, sqlite3_errmsg(sqlite));
		return -EPROTO;
	}
	if (id != APPLICATION_ID && objects > 0) {
		*ret_error = g_strdup_printf("%s is a database of some other program", path);
		return -EPROTO;
	}
	if (have > known) {
		*ret_error = g_strdup_printf(
			"%s was made by a newer kith (schema %d, this one knows %d): "
			"install that version again, or restore a backup",
			path, have, known);
		return -EPROTO;
	}
	return have;
}

int migrate(sqlite3 *sqlite, const char *path, char **ret_error)
{
	int have = look(sqlite, path, ret_error);

	for (int i = have, known = count_known(); have >= 0 && i < known; i++)
		run_step(sqlite, &db_migrations[i], i + 1, path);
	return MIN(have, 0);
}

int migrate_not(sqlite3 *sqlite, const char *path, char **ret_error)
{
	int have = look(sqlite, path, ret_error);

	if (have < 0 || have == count_known())
		return MIN(have, 0);
	*ret_error = g_strdup_printf(
		"%s was made by an older kith; 'kith run' brings it up to date", path);
	return -EPROTO;
}
