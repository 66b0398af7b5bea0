#include "store/db.h"

#include "base/log.h"
#include "store/lock.h"
#include "store/migrate.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define BUSY_MS 5000 /* a backup or a reader may hold the file for a moment */

struct db {
	sqlite3 *sqlite;
	char *path;
	GHashTable *statements; /* sql literal's address -> sqlite3_stmt */
	struct db_watcher watcher;
	int lock_fd; /* one writer a store; see lock.h */
	int depth;
	int64_t changes_at_begin;
	bool scrub; /* after the next commit the log is to be emptied */
};

static void fatal(const struct db *db, const char *doing)
{
	die(EX_IOERR, "store %s: %s: %s", db->path, doing, sqlite3_errmsg(db->sqlite));
}

static void execute(struct db *db, const char *sql)
{
	if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
		fatal(db, sql);
}

static int configure(struct db *db, char **ret_error)
{
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	/* Before anything that writes: what is not ours stays as it was. */
	int r = migrate(db->sqlite, db->path, ret_error);
	if (r < 0)
		return r;
	execute(db, "PRAGMA journal_mode = WAL");
	execute(db, "PRAGMA synchronous = FULL");
	execute(db, "PRAGMA secure_delete = ON");
	execute(db, "PRAGMA temp_store = MEMORY");
	execute(db, "PRAGMA foreign_keys = ON");
	return 0;
}

static void finalize(void *stmt)
{
	sqlite3_finalize(stmt);
}

int db_open(const char *path, struct db **ret, char **ret_error)
{
	int fd = -1;
	int r = lock_open(path, &fd, ret_error);
	if (r < 0)
		return r;

	struct db *db = g_new0(struct db, 1);
	db->path = g_strdup(path);
	db->lock_fd = fd;
	db->statements = g_hash_table_new_full(NULL, NULL, NULL, finalize);
	if (sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		*ret_error = g_strdup_printf("cannot open the store %s: %s", path,
					     sqlite3_errmsg(db->sqlite));
		r = -EIO;
	} else {
		r = configure(db, ret_error);
	}
	if (r < 0) {
		db_close(db);
		return r;
	}
	*ret = db;
	return 0;
}

int db_look(const char *path, struct db **ret, char **ret_error)
{
	if (access(path, R_OK) < 0) {
		int error = -errno;
		*ret_error =
			g_strdup_printf("cannot read the store %s: %s", path, g_strerror(-error));
		return error;
	}
	struct db *db = g_new0(struct db, 1);
	db->path = g_strdup(path);
	db->lock_fd = -1;
	db->statements = g_hash_table_new_full(NULL, NULL, NULL, finalize);
	int r = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
				NULL);
	if (r == SQLITE_OK) {
		sqlite3_busy_timeout(db->sqlite, BUSY_MS);
		r = migrate_not(db->sqlite, path, ret_error);
	} else {
		*ret_error = g_strdup_printf("cannot open the store %s: %s", path,
					     sqlite3_errmsg(db->sqlite));
		r = -EIO;
	}
	if (r < 0) {
		db_close(db);
		return r;
	}
	*ret = db;
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	g_hash_table_destroy(db->statements);
	sqlite3_close(db->sqlite);
	/* After SQLite's own: closing it earlier would drop those locks. */
	if (db->lock_fd >= 0)
		close(db->lock_fd);
	g_free(db->path);
	g_free(db);
}

const char *db_path(const struct db *db)
{
	return db->path;
}

void db_watch(struct db *db, const struct db_watcher *watcher)
{
	db->watcher = *watcher;
}

bool db_inside(const struct db *db)
{
	return db->depth > 0;
}

int64_t db_changes(const struct db *db)
{
	return sqlite3_total_changes64(db->sqlite);
}

static sqlite3_stmt *prepare(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = g_hash_table_lookup(db->statements, sql);

	if (!stmt) {
		if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt,
				       NULL) != SQLITE_OK)
			fatal(db, sql);
		g_hash_table_insert(db->statements, (char *)sql, stmt);
	}
	assert(!sqlite3_stmt_busy(stmt));
	return stmt;
}

/* What every event says. */
static void execute_prepared(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = prepare(db, sql);
	int r = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	if (r != SQLITE_DONE)
		fatal(db, sql);
}

void db_begin(struct db *db)
{
	if (db->depth++ == 0) {
		execute_prepared(db, "BEGIN");
		db->changes_at_begin = sqlite3_total_changes64(db->sqlite);
	} else {
		execute_prepared(db, "SAVEPOINT nested");
	}
}

/* The log goes back into the file and is cut to nothing. A reader may hold it: nobody waits for
 * that, it is tried again after the next commit. */
static void scrub(struct db *db)
{
	sqlite3_busy_timeout(db->sqlite, 0);
	if (sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
	    SQLITE_OK)
		db->scrub = false;
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
}

int db_end(struct db *db)
{
	assert(db->depth > 0);
	if (db->depth > 1) {
		execute_prepared(db, "RELEASE nested");
		db->depth--;
		return 0;
	}
	bool changed = sqlite3_total_changes64(db->sqlite) != db->changes_at_begin;
	bool called_off = changed && db->watcher.before && !db->watcher.before(db->watcher.data);
	db->depth = 0;
	if (called_off) {
		execute(db, "ROLLBACK");
		return -ECANCELED;
	}
	execute_prepared(db, "COMMIT");
	if (changed && db->scrub)
		scrub(db);
	if (changed && db->watcher.after)
		db->watcher.after(db->watcher.data);
	return 0;
}

void db_undo(struct db *db)
{
	assert(db->depth > 0);
	if (--db->depth == 0)
		execute(db, "ROLLBACK");
	else
		execute(db, "ROLLBACK TO nested; RELEASE nested");
}

void db_scrub(struct db *db)
{
	db->scrub = true;
}

static void bind(struct db *db, sqlite3_stmt *stmt, const char *types, va_list ap)
{
	assert((int)strlen(types) == sqlite3_bind_parameter_count(stmt));
	for (int i = 0; types[i]; i++) {
		int r;

		if (types[i] == 'i') {
			r = sqlite3_bind_int64(stmt, i + 1, va_arg(ap, int64_t));
		} else {
			assert(types[i] == 't');
			r = sqlite3_bind_text(stmt, i + 1, va_arg(ap, const char *), -1,
					      SQLITE_TRANSIENT);
		}
		if (r != SQLITE_OK)
			fatal(db, sqlite3_sql(stmt));
	}
}

static sqlite3_stmt *start(struct db *db, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *stmt = prepare(db, sql);

	bind(db, stmt, types, ap);
	return stmt;
}

static void finish(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

static bool step(struct db *db, sqlite3_stmt *stmt)
{
	int r = sqlite3_step(stmt);

	if (r != SQLITE_ROW && r != SQLITE_DONE)
		fatal(db, sqlite3_sql(stmt));
	return r == SQLITE_ROW;
}

int64_t db_run(struct db *db, const char *sql, const char *types, ...)
{
	va_list ap;

	/* A write outside a transaction would commit alone, past the outbox. */
	assert(db->depth > 0);
	va_start(ap, types);
	sqlite3_stmt *stmt = start(db, sql, types, ap);
	va_end(ap);
	bool row = step(db, stmt);
	assert(!row);
	finish(stmt);
	return sqlite3_changes64(db->sqlite);
}

int64_t db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->sqlite);
}

int64_t db_int(struct db *db, int64_t none, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	sqlite3_stmt *stmt = start(db, sql, types, ap);
	va_end(ap);
	if (step(db, stmt) && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		none = sqlite3_column_int64(stmt, 0);
	finish(stmt);
	return none;
}

char *db_text(struct db *db, const char *sql, const char *types, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, types);
	sqlite3_stmt *stmt = start(db, sql, types, ap);
	va_end(ap);
	if (step(db, stmt))
		text = g_strdup((const char *)sqlite3_column_text(stmt, 0));
	finish(stmt);
	return text;
}

struct query db_query(struct db *db, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	struct query q = { start(db, sql, types, ap), db };
	va_end(ap);
	return q;
}

bool query_next(struct query *q)
{
	if (step(q->db, q->stmt))
		return true;
	query_done(q);
	return false;
}

void query_done(struct query *q)
{
	finish(q->stmt);
}

int64_t query_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

bool query_null(struct query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

const char *query_text(struct query *q, int column)
{
	return (const char *)sqlite3_column_text(q->stmt, column);
}
