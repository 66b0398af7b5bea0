#include "transport/log/files.h"

#include "clock.h"
#include "transport/log/who.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder with files in it. */
struct place {
	char *folder;
	GTimeZone *zone;
};

static void put(const struct place *p, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(p->folder, name, NULL);
	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int set_up(void **state)
{
	struct place *p = g_new0(struct place, 1);
	p->folder = g_dir_make_tmp("kith-logs-XXXXXX", NULL);
	p->zone = g_time_zone_new_utc();
	*state = p;
	return p->folder ? 0 : -1;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	g_autoptr(GDir) dir = g_dir_open(p->folder, 0, NULL);
	const char *name;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(p->folder, name, NULL);
		if (unlink(path) < 0)
			rmdir(path);
	}
	rmdir(p->folder);
	g_time_zone_unref(p->zone);
	g_free(p->folder);
	g_free(p);
	return 0;
}

/* Of the files named, or of the folder. Exit status. */
static int opened(const struct place *p, const char *const *names, struct log_files **ret,
		  char **ret_error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	for (; names && *names; names++)
		g_ptr_array_add(paths, g_build_filename(p->folder, *names, NULL));
	if (paths->len == 0)
		g_ptr_array_add(paths, g_strdup(p->folder));
	g_ptr_array_add(paths, NULL);
	return log_files_new((const char *const *)paths->pdata, p->zone, ret, ret_error);
}

/* What is met on the way through all of them: "text|text|". */
static char *walked(const struct place *p, const char *const *names)
{
	struct log_files *files;
	struct log_line line;
	GString *all = g_string_new(NULL);
	char *error = NULL;
	if (opened(p, names, &files, &error) != 0)
		fail_msg("%s", error);
	struct log_walk *walk = log_walk_new(files);
	while (log_walk_next(walk, &line))
		g_string_append_printf(all, "%s|", line.text);
	assert_false(log_walk_next(walk, &line));
	log_walk_free(walk);
	log_files_free(files);
	return g_string_free(all, FALSE);
}

static void assert_fails(const struct place *p, const char *const *names, int status,
			 const char *about)
{
	struct log_files *files = NULL;
	g_autofree char *error = NULL;
	assert_int_equal(opened(p, names, &files, &error), status);
	assert_null(files);
	if (!strstr(error, about))
		fail_msg("\"%s\" is not about \"%s\"", error, about);
}

#define ONLY(name) ((const char *const[]){ name, NULL })
#define BOTH(a, b) ((const char *const[]){ a, b, NULL })

/* --- files --- */

static void files__several__are_met_in_order_of_time(void **state)
{
	const struct place *p = *state;
	put(p, "a.weechatlog",
	    "2026-11-23 09:00:00\tana\ta1\n2026-11-23 09:02:00\tana\ta2\n"
	    "2026-11-25 09:00:00\tana\ta3\n");
	put(p, "b.log",
	    "--- Log opened Mon Nov 23 09:01:00 2026\n09:01 <ben> b1\n"
	    "--- Day changed Tue Nov 24 2026\n09:01 <ben> b2\n");
	put(p, "c_20261125.log", "[08:00:00] <cleo> c1\n[09:00:00] <cleo> c2");
	g_autofree char *all = walked(p, NULL);
	assert_string_equal(all, "a1|b1|a2|b2|c1|a3|c2|");
	g_autofree char *reversed = walked(p, BOTH("c_20261125.log", "a.weechatlog"));
	assert_string_equal(reversed, "a1|a2|c1|a3|c2|");
}

static void files__clock_set_back__keeps_the_order_of_the_file(void **state)
{
	const struct place *p = *state;
	put(p, "a.weechatlog",
	    "2026-11-23 09:05:00\tana\ta1\n2026-11-23 09:01:00\tana\ta2\n"
	    "2026-11-23 09:06:00\tana\ta3\n");
	put(p, "b.weechatlog", "2026-11-23 09:03:00\tben\tb1\n");
	g_autofree char *all = walked(p, NULL);
	assert_string_equal(all, "b1|a1|a2|a3|");
}

static void files__day_by_day__are_one_log(void **state)
{
	const struct place *p = *state;
	put(p, "2026-11-24.log", "[00:00:01] <ana> three\n");
	put(p, "2026-11-23.log", "[23:59:58] <ana> one\n[23:59:59] <ana> two\n");
	put(p, "2026-11-25.log", "");
	put(p, ".hidden", "no log");
	g_autofree char *path = g_build_filename(p->folder, "older", NULL);
	assert_int_equal(mkdir(path, 0700), 0);
	g_autofree char *all = walked(p, NULL);
	assert_string_equal(all, "one|two|three|");
}

#define SAYS(id, ms)                                                                           \
	"{\"type\": \"m.room.message\", \"sender\": \"@ana:example.org\", \"event_id\": \"" id \
	"\", \"origin_server_ts\": " #ms                                                       \
	", \"content\": {\"msgtype\": \"m.text\", \"body\": \"" id "\"}}"

static void files__exports_that_overlap__are_met_once(void **state)
{
	const struct place *p = *state;
	put(p, "a.json", "[" SAYS("one", 1000) "," SAYS("two", 2000) "]");
	put(p, "b.json", "[" SAYS("two", 2000) "," SAYS("three", 3000) "]");
	g_autofree char *all = walked(p, NULL);
	assert_string_equal(all, "one|two|three|");
}

static void files__odd_lines__are_named(void **state)
{
	const struct place *p = *state;
	struct log_files *files;
	g_autofree char *error = NULL;
	put(p, "a.weechatlog",
	    "\xef\xbb\xbf"
	    "2026-11-23 09:00:00\tana\thello\r\n\r\nodd\nodd\n"
	    "2026-11-23 09:00:01\tana\tbye\nodd\nodd\nodd\nodd");
	assert_int_equal(opened(p, ONLY("a.weechatlog"), &files, &error), 0);
	assert_int_equal(files->n_odd, 6);
	assert_int_equal(files->odd->len, LOG_ODD_QUOTED);
	assert_non_null(strstr(files->odd->pdata[0], "/a.weechatlog:3: is no line of weechat's"));
	assert_non_null(strstr(files->odd->pdata[2], "/a.weechatlog:6: "));
	const struct log_file *f = files->files->pdata[0];
	assert_true(f->last_us - f->first_us == CLOCK_US_PER_SECOND);
	log_files_free(files);
}

static void files__without_talk__are_no_fault(void **state)
{
	const struct place *p = *state;
	put(p, "a.log", "--- Log opened Mon Nov 23 09:01:00 2026\n");
	g_autofree char *none = walked(p, ONLY("a.log"));
	assert_string_equal(none, "");
}

static void files__that_are_no_logs__are_refused(void **state)
{
	const struct place *p = *state;
	put(p, "notes.txt", "milk\nbread\n");
	put(p, "empty.log", "");
	put(p, "makers.log", "[09:00:00] <ana> hello\n");
	put(p, "broken.json", "{\"messages\": [");
	put(p, "faulty.json", "[{\"type\": \"m.room.message\"}]");
	put(p, "none.json", "[]");
	put(p, "fine.json", "[" SAYS("one", 1000) "]");
	put(p, "fine.weechatlog", "2026-11-23 09:00:00\tana\thello\n");
	put(p, "torn.weechatlog", "2026-11-23 09:00:00\tana\n");
	assert_fails(p, ONLY("notes.txt"), EX_DATAERR, "is no log kith can read");
	assert_fails(p, ONLY("empty.log"), EX_DATAERR, "is empty");
	assert_fails(p, ONLY("makers.log"), EX_DATAERR, "name the file after the day");
	assert_fails(p, ONLY("broken.json"), EX_DATAERR, "is not JSON");
	assert_fails(p, ONLY("faulty.json"), EX_DATAERR, "event 1: has no sender");
	assert_fails(p, ONLY("none.json"), EX_DATAERR, "there is nothing in it");
	assert_fails(p, ONLY("torn.weechatlog"), EX_DATAERR, "taken for weechat:\n");
	assert_fails(p, ONLY("gone.log"), EX_NOINPUT, "cannot be read: No such file");
	assert_fails(p, BOTH("fine.json", "fine.weechatlog"), EX_DATAERR, "of another network");
	assert_fails(p, NULL, EX_DATAERR, "is no log kith can read");
}

static void files__folder_without_logs__is_refused(void **state)
{
	assert_fails(*state, NULL, EX_DATAERR, "there is no log in it");
}

static void files__pipe__is_refused(void **state)
{
	const struct place *p = *state;
	g_autofree char *path = g_build_filename(p->folder, "pipe", NULL);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_fails(p, ONLY("pipe"), EX_NOINPUT, "is no plain file");
}

static void files__huge_export__is_refused(void **state)
{
	const struct place *p = *state;
	g_autofree char *path = g_build_filename(p->folder, "huge.json", NULL);
	put(p, "huge.json", "[{");
	assert_int_equal(truncate(path, (off_t)LOG_EXPORT_MOST + 1), 0);
	assert_fails(p, ONLY("huge.json"), EX_DATAERR, "is larger than 256 MiB");
}

/* --- who --- */

static const char *speaker(struct who *w, const char *nick)
{
	struct log_line line = { .kind = LOG_LINE_MESSAGE, .nick = nick, .text = "" };
	struct person *p = who_line(w, &line);
	who_spoke(w, p, 0);
	return p->account;
}

static void moves(struct who *w, enum log_line_kind kind, const char *nick, const char *to)
{
	struct log_line line = { .kind = kind, .nick = nick, .text = to };
	who_moved(w, &line);
}

static void who__nick__is_followed(void **state)
{
	const struct place *p = *state;
	struct who *w = who_new(p->zone);
	assert_string_equal(speaker(w, "ana"), "ana");
	assert_string_equal(speaker(w, "ANA"), "ana");
	moves(w, LOG_LINE_NICK, "ana", "ana_");
	assert_string_equal(speaker(w, "ana_"), "ana");
	moves(w, LOG_LINE_NICK, "ana_", "ana|away");
	assert_string_equal(speaker(w, "Ana|Away"), "ana");
	/* The one in between is free again. */
	assert_string_equal(speaker(w, "ana_"), "ana_");
	moves(w, LOG_LINE_PART, "ana|away", "");
	assert_string_equal(speaker(w, "ana|away"), "ana|away");
	who_free(w);
}

static void who__nick_of_somebody_known__is_theirs(void **state)
{
	const struct place *p = *state;
	struct who *w = who_new(p->zone);
	assert_string_equal(speaker(w, "ana"), "ana");
	moves(w, LOG_LINE_NICK, "guest", "ana");
	assert_string_equal(speaker(w, "ana"), "ana");
	/* Named from the start counts as well, before they have spoken. */
	who_account(w, "ben")->member = true;
	moves(w, LOG_LINE_NICK, "guest2", "ben");
	assert_string_equal(speaker(w, "ben"), "ben");
	who_free(w);
}

static void who__matrix_id__is_all_there_is(void **state)
{
	const struct place *p = *state;
	struct who *w = who_new(p->zone);
	struct log_line line = { .kind = LOG_LINE_MESSAGE, .nick = "Ana", .account = "@a:b.c" };
	assert_string_equal(who_line(w, &line)->account, "@a:b.c");
	line.nick = "Another";
	assert_string_equal(who_line(w, &line)->account, "@a:b.c");
	who_free(w);
}

static void who__third_day__makes_a_regular(void **state)
{
	g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("Europe/Berlin");
	struct who *w = who_new(berlin);
	struct person *ana = who_account(w, "ana");
	int64_t day_us = 1795388400 * CLOCK_US_PER_SECOND; /* Mon 2026-11-23 00:00 in Berlin */
	assert_false(who_spoke(w, ana, day_us));
	assert_false(who_spoke(w, ana, day_us + CLOCK_US_PER_HOUR));
	assert_false(who_spoke(w, ana, day_us + CLOCK_US_PER_DAY - 1));
	assert_false(who_spoke(w, ana, day_us + CLOCK_US_PER_DAY));
	assert_true(who_spoke(w, ana, day_us + 30 * CLOCK_US_PER_DAY));
	assert_false(who_spoke(w, ana, day_us + 31 * CLOCK_US_PER_DAY));
	who_free(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files__several__are_met_in_order_of_time),
		TEST(files__clock_set_back__keeps_the_order_of_the_file),
		TEST(files__day_by_day__are_one_log),
		TEST(files__exports_that_overlap__are_met_once),
		TEST(files__odd_lines__are_named),
		TEST(files__without_talk__are_no_fault),
		TEST(files__that_are_no_logs__are_refused),
		TEST(files__folder_without_logs__is_refused),
		TEST(files__pipe__is_refused),
		TEST(files__huge_export__is_refused),
		TEST(who__nick__is_followed),
		TEST(who__nick_of_somebody_known__is_theirs),
		TEST(who__matrix_id__is_all_there_is),
		TEST(who__third_day__makes_a_regular),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
