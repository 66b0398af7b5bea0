/* The schema's numbered steps, append-only, part of the binary. */
#ifndef KITH_MIGRATE_H
#define KITH_MIGRATE_H

#include "base/embedded.h"

struct sqlite3;

/* schema/NNN-name.sql in order; the number of files run is the store's user_version. */
extern const struct embedded db_migrations[];

/* Brings the schema up to date, each step in its own transaction. -EPROTO with a message if the
 * file is not one of ours or was made by a newer kith. */
int migrate(struct sqlite3 *sqlite, const char *path, char **ret_error);
/* Changes nothing: -EPROTO with a message unless the schema is as this kith has it. */
int migrate_not(struct sqlite3 *sqlite, const char *path, char **ret_error);

#endif
