#include "store/db.h"
#include "store/migrate.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

struct place {
	char *folder, *path;
	struct db *db;
};

static void remove_all(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_remove(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

static int set_up(void **state)
{
	struct place *p = g_new0(struct place, 1);
	g_autofree char *error = NULL;

	p->folder = g_dir_make_tmp("kith-test-XXXXXX", NULL);
	p->path = g_build_filename(p->folder, "kith.db", NULL);
	assert_int_equal(db_open(p->path, &p->db, &error), 0);
	/* What a new store is born with is not to be counted. */
	db_begin(p->db);
	db_run(p->db, "DELETE FROM meta", "");
	assert_int_equal(db_end(p->db), 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	db_close(p->db);
	remove_all(p->folder);
	g_free(p->path);
	g_free(p->folder);
	g_free(p);
	return 0;
}

/* What somebody else sees of the file: the first column of the first row. */
static char *outside(const char *path, const char *sql)
{
	sqlite3 *sqlite = NULL;
	sqlite3_stmt *stmt = NULL;
	char *text = NULL;

	assert_int_equal(sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		text = g_strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(sqlite);
	return text;
}

static void assert_outside(const char *path, const char *sql, const char *want)
{
	g_autofree char *got = outside(path, sql);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void put(struct db *db, const char *key, const char *value)
{
	db_run(db, "INSERT INTO meta(key, value) VALUES(?, ?)", "tt", key, value);
}

static int64_t kept(struct db *db)
{
	return db_int(db, -1, "SELECT count(*) FROM meta", "");
}

static unsigned known_steps(void)
{
	unsigned known = 0;

	while (db_migrations[known].name)
		known++;
	return known;
}

static void open__new_file__is_ours_alone(void **state)
{
	struct place *p = *state;
	g_autofree char *version = g_strdup_printf("%u", known_steps());
	static const char *const suffixes[] = { "", "-wal" };

	db_begin(p->db);
	put(p->db, "a", "b");
	assert_int_equal(db_end(p->db), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strconcat(p->path, suffixes[i], NULL);
		struct stat st;
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	assert_outside(p->path, "PRAGMA user_version", version);
	assert_outside(p->path, "PRAGMA journal_mode", "wal");
	assert_int_equal(db_int(p->db, -1, "PRAGMA synchronous", ""), 2);
	assert_int_equal(db_int(p->db, -1, "PRAGMA secure_delete", ""), 1);
	assert_int_equal(db_int(p->db, -1, "PRAGMA foreign_keys", ""), 1);
	assert_string_equal(db_path(p->db), p->path);
}

/* SQLite writes its log beside it. */
static void open__folder_closed__is_named(void **state)
{
	const struct place *p = *state;
	g_autofree char *path = g_build_filename(p->folder, "other.db", NULL);
	g_autofree char *error = NULL;
	g_autofree char *ending =
		g_strdup_printf("must be able to write it and into %s", p->folder);
	struct db *db = NULL;

	assert_true(g_file_set_contents(path, "", -1, NULL));
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(chmod(p->folder, 0555), 0);
	bool root = geteuid() == 0; /* who may write anywhere */
	if (root)
		assert_int_equal(seteuid(NOBODY), 0);
	int r = db_open(path, &db, &error);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(p->folder, 0700), 0);
	assert_int_equal(r, -EACCES);
	assert_true(g_str_has_suffix(error, ending));
}

static void open__again__keeps_what_is_there(void **state)
{
	struct place *p = *state;
	g_autofree char *error = NULL;

	db_begin(p->db);
	put(p->db, "a", "b");
	assert_int_equal(db_end(p->db), 0);
	db_close(p->db);
	assert_int_equal(db_open(p->path, &p->db, &error), 0);
	assert_int_equal(kept(p->db), 1);
}

static void open__in_use__is_refused(void **state)
{
	struct place *p = *state;
	g_autofree char *error = NULL;
	struct db *second = NULL;

	assert_int_equal(db_open(p->path, &second, &error), -EBUSY);
	assert_null(second);
	assert_non_null(strstr(error, p->path));
	assert_non_null(strstr(error, "another kith"));
}

static void make_file(const char *path, const char *sql)
{
	sqlite3 *sqlite = NULL;

	assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sqlite);
}

static void assert_refused(const char *path, int want, const char *says)
{
	g_autofree char *error = NULL;
	struct db *db = NULL;

	assert_int_equal(db_open(path, &db, &error), want);
	assert_null(db);
	assert_non_null(error);
	assert_non_null(strstr(error, path));
	if (!strstr(error, says))
		fail_msg("\"%s\" does not say \"%s\"", error, says);
}

static void open__what_is_no_store__says_so(void **state)
{
	struct place *p = *state;
	g_autofree char *text = g_build_filename(p->folder, "text", NULL);
	g_autofree char *missing = g_build_filename(p->folder, "no", "kith.db", NULL);
	g_autofree char *long_text = g_strnfill(5000, 'x');

	assert_true(g_file_set_contents(text, long_text, -1, NULL));
	assert_refused(text, -EPROTO, "not a database");
	assert_refused(missing, -ENOENT, "there is no folder");
	assert_refused(p->folder, -EISDIR, "directory");
}

static void open__other_programs_file__is_left_as_it_was(void **state)
{
	struct place *p = *state;
	g_autofree char *path = g_build_filename(p->folder, "other.db", NULL);
	g_autofree char *before = NULL, *after = NULL;
	size_t length_before, length_after;

	make_file(path, "CREATE TABLE song(title TEXT); INSERT INTO song VALUES('ours')");
	assert_true(g_file_get_contents(path, &before, &length_before, NULL));
	assert_refused(path, -EPROTO, "other program");
	assert_true(g_file_get_contents(path, &after, &length_after, NULL));
	assert_int_equal(length_before, length_after);
	assert_memory_equal(before, after, length_before);
}

static void open__newer_schema__is_refused(void **state)
{
	struct place *p = *state;
	g_autofree char *path = g_build_filename(p->folder, "newer.db", NULL);
	g_autofree char *sql = g_strdup_printf("CREATE TABLE groups(id); PRAGMA application_id = "
					       "0x6b697468; PRAGMA user_version = %u",
					       known_steps() + 1);

	make_file(path, sql);
	assert_refused(path, -EPROTO, "newer kith");
	assert_outside(path, "SELECT count(*) FROM sqlite_master", "1");
}

static void migrations__files__are_numbered_without_a_gap(void **state)
{
	assert_true(known_steps() > 0);
	for (unsigned i = 0; i < known_steps(); i++) {
		g_autofree char *number = g_strdup_printf("%03u-", i + 1);
		assert_true(g_str_has_prefix(db_migrations[i].name, number));
	}
}

static void transaction__nested__ends_or_is_undone_alone(void **state)
{
	struct db *db = ((struct place *)*state)->db;

	assert_false(db_inside(db));
	db_begin(db);
	put(db, "outer", "");
	db_begin(db);
	put(db, "undone", "");
	db_begin(db);
	put(db, "undone with it", "");
	assert_int_equal(db_end(db), 0);
	db_undo(db);
	assert_true(db_inside(db));
	db_begin(db);
	put(db, "inner", "");
	assert_int_equal(db_end(db), 0);
	assert_int_equal(db_end(db), 0);
	assert_false(db_inside(db));
	assert_int_equal(kept(db), 2);
	assert_outside(db_path(db), "SELECT group_concat(key) FROM meta", "inner,outer");
}

static void transaction__outermost_undone__leaves_nothing(void **state)
{
	struct db *db = ((struct place *)*state)->db;

	db_begin(db);
	db_begin(db);
	put(db, "inner", "");
	assert_int_equal(db_end(db), 0);
	db_undo(db);
	assert_int_equal(kept(db), 0);
}

struct watched {
	struct db *db;
	int before, after;
	bool call_off;
};

static bool on_before(void *data)
{
	struct watched *w = data;

	w->before++;
	put(w->db, w->call_off ? "called off" : "added", "");
	return !w->call_off;
}

static void on_after(void *data)
{
	((struct watched *)data)->after++;
}

static void watcher__commit__only_where_something_changed(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct watched w = { .db = db };
	struct db_watcher watcher = { on_before, on_after, &w };

	db_watch(db, &watcher);
	db_begin(db);
	assert_int_equal(kept(db), 0);
	db_run(db, "DELETE FROM meta WHERE key = ?", "t", "not there");
	assert_int_equal(db_end(db), 0);
	assert_int_equal(w.before + w.after, 0);
	db_begin(db);
	put(db, "a", "");
	db_begin(db);
	assert_int_equal(db_end(db), 0);
	assert_int_equal(w.before, 0);
	assert_int_equal(db_end(db), 0);
	assert_int_equal(w.before, 1);
	assert_int_equal(w.after, 1);
	assert_outside(db_path(db), "SELECT count(*) FROM meta", "2");
}

static void watcher__calls_off__rolls_everything_back(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct watched w = { .db = db, .call_off = true };
	struct db_watcher watcher = { on_before, on_after, &w };

	db_watch(db, &watcher);
	db_begin(db);
	put(db, "a", "");
	assert_int_equal(db_end(db), -ECANCELED);
	assert_false(db_inside(db));
	assert_int_equal(w.after, 0);
	assert_int_equal(kept(db), 0);
}

static void statements__values__come_back_as_they_were(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	static const char sql[] = "SELECT ?1, ?2, ?3";
	struct query q = db_query(db, sql, "itt", INT64_MIN, "žluťoučký", (char *)NULL);

	assert_true(query_next(&q));
	assert_true(query_int(&q, 0) == INT64_MIN);
	assert_string_equal(query_text(&q, 1), "žluťoučký");
	assert_true(query_null(&q, 2));
	assert_null(query_text(&q, 2));
	assert_false(query_null(&q, 1));
	/* Left early, and used again with nothing left of the values before. */
	query_done(&q);
	q = db_query(db, sql, "itt", INT64_MAX, (char *)NULL, "");
	assert_true(query_next(&q));
	assert_true(query_int(&q, 0) == INT64_MAX);
	assert_true(query_null(&q, 1));
	assert_string_equal(query_text(&q, 2), "");
	assert_false(query_next(&q));
}

static void statements__single_values__have_an_answer_for_none(void **state)
{
	struct db *db = ((struct place *)*state)->db;

	assert_int_equal(db_int(db, 7, "SELECT 1 WHERE 0", ""), 7);
	assert_int_equal(db_int(db, 7, "SELECT NULL", ""), 7);
	assert_int_equal(db_int(db, 7, "SELECT 0", ""), 0);
	assert_null(db_text(db, "SELECT 'a' WHERE 0", ""));
	assert_null(db_text(db, "SELECT NULL", ""));
	g_autofree char *text = db_text(db, "SELECT 'a'", "");
	assert_string_equal(text, "a");
}

static void statements__run__tells_how_many_rows(void **state)
{
	struct db *db = ((struct place *)*state)->db;

	db_begin(db);
	put(db, "a", "1");
	put(db, "b", "1");
	put(db, "c", "2");
	assert_int_equal(db_run(db, "UPDATE meta SET value = '3' WHERE value = ?", "t", "1"), 2);
	assert_int_equal(db_run(db, "DELETE FROM meta WHERE value = '1'", ""), 0);
	db_undo(db);
}

static bool on_disk(const char *path, const char *bytes)
{
	static const char *const suffixes[] = { "", "-wal" };

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *name = g_strconcat(path, suffixes[i], NULL);
		g_autofree char *contents = NULL;
		size_t length;

		if (g_file_get_contents(name, &contents, &length, NULL) &&
		    memmem(contents, length, bytes, strlen(bytes)))
			return true;
	}
	return false;
}

static void scrub__deleted_bytes__leave_file_and_log(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	/* Larger than a page, so that it lies in pages of its own. */
	g_autofree char *filler = g_strnfill(9000, '.');
	g_autofree char *text = g_strconcat(filler, "quince-marmalade", NULL);

	db_begin(db);
	put(db, "short", "plum-jam");
	put(db, "long", text);
	assert_int_equal(db_end(db), 0);
	db_begin(db);
	db_run(db, "DELETE FROM meta", "");
	assert_int_equal(db_end(db), 0);
	assert_true(on_disk(db_path(db), "quince-marmalade"));
	db_begin(db);
	put(db, "other", "");
	db_scrub(db);
	assert_int_equal(db_end(db), 0);
	assert_false(on_disk(db_path(db), "quince-marmalade"));
	assert_false(on_disk(db_path(db), "plum-jam"));
	assert_int_equal(kept(db), 1);
}

static void scrub__reader_in_the_way__is_done_later(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	sqlite3 *reader = NULL;

	db_begin(db);
	put(db, "a", "plum-jam");
	assert_int_equal(db_end(db), 0);
	assert_int_equal(sqlite3_open_v2(db_path(db), &reader, SQLITE_OPEN_READONLY, NULL),
			 SQLITE_OK);
	sqlite3_exec(reader, "BEGIN; SELECT * FROM meta", NULL, NULL, NULL);
	db_begin(db);
	db_run(db, "DELETE FROM meta", "");
	db_scrub(db);
	/* Nothing is lost meanwhile, and the store stays usable. */
	assert_int_equal(db_end(db), 0);
	assert_true(on_disk(db_path(db), "plum-jam"));
	sqlite3_close(reader);
	db_begin(db);
	put(db, "b", "");
	assert_int_equal(db_end(db), 0);
	assert_false(on_disk(db_path(db), "plum-jam"));
}

static void backup__running_store__is_what_was_committed(void **state)
{
	struct place *p = *state;
	g_autofree char *path = g_build_filename(p->folder, "copy", NULL);
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	g_autofree char *error = NULL;
	struct stat st;

	db_begin(p->db);
	put(p->db, "committed", "");
	assert_int_equal(db_end(p->db), 0);
	db_begin(p->db);
	put(p->db, "not yet", "");
	assert_int_equal(db_backup(p->db, path, &error), 0);
	assert_int_equal(db_end(p->db), 0);
	assert_outside(path, "SELECT group_concat(key) FROM meta", "committed");
	assert_outside(path, "PRAGMA integrity_check", "ok");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(g_file_test(part, G_FILE_TEST_EXISTS));
}

static void backup__copy__is_a_store(void **state)
{
	struct place *p = *state;
	g_autofree char *path = g_build_filename(p->folder, "copy", NULL);
	g_autofree char *error = NULL;
	struct db *copy;

	db_begin(p->db);
	put(p->db, "a", "");
	assert_int_equal(db_end(p->db), 0);
	assert_int_equal(db_backup(p->db, path, &error), 0);
	assert_int_equal(db_open(path, &copy, &error), 0);
	assert_int_equal(kept(copy), 1);
	db_close(copy);
}

static void backup__failing__keeps_the_last_good_one(void **state)
{
	struct place *p = *state;
	g_autofree char *path = g_build_filename(p->folder, "copy", NULL);
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	g_autofree char *missing = g_build_filename(p->folder, "no", "copy", NULL);
	g_autofree char *error = NULL, *error_missing = NULL;

	assert_int_equal(db_backup(p->db, path, &error), 0);
	assert_int_equal(g_mkdir(part, 0700), 0);
	assert_int_equal(db_backup(p->db, path, &error), -EISDIR);
	assert_non_null(strstr(error, part));
	assert_outside(path, "SELECT count(*) FROM meta", "0");
	assert_int_equal(db_backup(p->db, missing, &error_missing), -ENOENT);
	assert_non_null(strstr(error_missing, missing));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Beside the one that has the lock. */
static void db__look__reads_and_changes_nothing(void **state)
{
	struct place *p = *state;
	g_autofree char *none = g_build_filename(p->folder, "none.db", NULL);
	g_autofree char *error = NULL, *missing = NULL, *older = NULL;
	struct db *look = NULL;

	db_begin(p->db);
	db_run(p->db, "INSERT INTO meta(key, value) VALUES('a', 'seen')", "");
	assert_int_equal(db_end(p->db), 0);
	assert_int_equal(db_look(p->path, &look, &error), 0);
	g_autofree char *seen = db_text(look, "SELECT value FROM meta WHERE key = 'a'", "");
	assert_string_equal(seen, "seen");
	db_close(look);
	assert_int_equal(db_look(none, &look, &missing), -ENOENT);
	assert_int_equal(access(none, F_OK), -1);
	g_free(outside(p->path, "PRAGMA user_version = 1"));
	assert_int_equal(db_look(p->path, &look, &older), -EPROTO);
	assert_non_null(strstr(older, "made by an older kith"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(open__new_file__is_ours_alone),
		TEST(open__folder_closed__is_named),
		TEST(open__again__keeps_what_is_there),
		TEST(open__in_use__is_refused),
		TEST(open__what_is_no_store__says_so),
		TEST(open__other_programs_file__is_left_as_it_was),
		TEST(open__newer_schema__is_refused),
		TEST(migrations__files__are_numbered_without_a_gap),
		TEST(transaction__nested__ends_or_is_undone_alone),
		TEST(transaction__outermost_undone__leaves_nothing),
		TEST(watcher__commit__only_where_something_changed),
		TEST(watcher__calls_off__rolls_everything_back),
		TEST(statements__values__come_back_as_they_were),
		TEST(statements__single_values__have_an_answer_for_none),
		TEST(statements__run__tells_how_many_rows),
		TEST(scrub__deleted_bytes__leave_file_and_log),
		TEST(scrub__reader_in_the_way__is_done_later),
		TEST(backup__running_store__is_what_was_committed),
		TEST(backup__copy__is_a_store),
		TEST(backup__failing__keeps_the_last_good_one),
		TEST(db__look__reads_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
