/* The one SQLite file: statements, nested transactions, migrations. What SQLite cannot do (a full
 * disk, a broken file) is hopeless: it is logged and the process ends; nothing is half-done. */
#ifndef KITH_DB_H
#define KITH_DB_H

#include <stdbool.h>
#include <stdint.h>

struct db;

/* Opens or creates `path` (WAL, synchronous=FULL, secure_delete, 0600) and brings its schema up to
 * date. -errno with a message for a person: no permission, no database of ours, made by a newer
 * kith. */
int db_open(const char *path, struct db **ret, char **ret_error);
/* To read alone, also while a kith runs on it: nothing is made, locked or changed. -ENOENT: there
 * is none; else as db_open. */
int db_look(const char *path, struct db **ret, char **ret_error);
void db_close(struct db *db);
const char *db_path(const struct db *db);

/* Transactions nest; the outermost commits. db_end returns 0, or -ECANCELED where the commit was
 * called off by `before`: everything is rolled back. db_undo rolls back to the matching begin. */
void db_begin(struct db *db);
int db_end(struct db *db);
void db_undo(struct db *db);
bool db_inside(const struct db *db);
/* How much was changed since it was opened: another number, and something was. */
int64_t db_changes(const struct db *db);

/* Called around each commit that changes something: `before` inside the transaction, to add to it
 * or (false) to call it off; `after` once it is on the disk. */
struct db_watcher {
	bool (*before)(void *data);
	void (*after)(void *data);
	void *data;
};
void db_watch(struct db *db, const struct db_watcher *watcher); /* borrowed; one at a time */

/*
 * Statements. `sql` must be a string literal: it is prepared once and found again by its address.
 * `types` has a letter for each value bound to ?1 ?2 ...: 'i' int64_t, 't' const char * (NULL binds
 * NULL). Values are copied.
 */
/* Runs a statement that returns no rows; returns the number of rows it changed. */
int64_t db_run(struct db *db, const char *sql, const char *types, ...);
int64_t db_last_id(const struct db *db);
/* The first column of the first row; `none` if there is no row or it is NULL. */
int64_t db_int(struct db *db, int64_t none, const char *sql, const char *types, ...);
/* Likewise; NULL if there is none. g_free it. */
char *db_text(struct db *db, const char *sql, const char *types, ...);

/* for (struct query q = db_query(...); query_next(&q);) ... A loop left early must query_done. */
struct query {
	struct sqlite3_stmt *stmt;
	struct db *db;
};
struct query db_query(struct db *db, const char *sql, const char *types, ...);
bool query_next(struct query *q);
void query_done(struct query *q);
int64_t query_int(struct query *q, int column);
bool query_null(struct query *q, int column);
const char *query_text(struct query *q, int column); /* NULL for NULL; valid until the next step */

/* A consistent copy while we run (SQLite's online backup). -errno with a message. */
int db_backup(struct db *db, const char *path, char **ret_error);

/* After the next commit, moves everything out of the write-ahead log and empties it, so that what
 * was deleted leaves no bytes behind (forget me). */
void db_scrub(struct db *db);

#endif
