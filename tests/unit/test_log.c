#include "base/log.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char got[3 * 4096];

/* Runs `speak` with stderr going into a pipe; `journal` makes it look like systemd's. `got` is what
 * came out; returns the exit status. */
static int capture(void (*speak)(void), bool journal)
{
	int fds[2], status;
	size_t length = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct stat st;

		dup2(fds[1], STDERR_FILENO);
		fstat(STDERR_FILENO, &st);
		g_autofree char *stream =
			g_strdup_printf("%llu:%llu", (unsigned long long)st.st_dev,
					(unsigned long long)st.st_ino + (journal ? 0 : 1));
		setenv("JOURNAL_STREAM", stream, 1);
		speak();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], got + length, sizeof(got) - 1 - length)) > 0)
		length += (size_t)n;
	got[length] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void speak_each(void)
{
	log_error("a %d", 1);
	log_warning("b");
	log_info("c");
	log_debug("d");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("e");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("f");
	log_error("g");
}

static void log__levels__are_named_and_held(void **state)
{
	capture(speak_each, false);
	assert_string_equal(got, "kith: error: a 1\nkith: warning: b\nkith: c\n"
				 "kith: debug: e\nkith: error: g\n");
}

static void log__journal__gets_priorities(void **state)
{
	capture(speak_each, true);
	assert_string_equal(got, "<3>a 1\n<4>b\n<6>c\n<7>e\n<3>g\n");
}

static void speak_controls(void)
{
	log_info("one\ntwo\r\t\x1b[31m caf\xc3\xa9 \xff\xc3 \xc2\x85 \xe2\x80\xae \xe2\x80\xa8%s",
		 "");
}

static void log__controls__are_made_visible(void **state)
{
	capture(speak_controls, false);
	assert_string_equal(got, "kith: one\\ntwo\\x0d\\x09\\x1b[31m caf\xc3\xa9 \\xff\\xc3 "
				 "\\xc2\\x85 \\xe2\\x80\\xae \\xe2\\x80\\xa8\n");
}

static void speak_long(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	while (text->len < 9000)
		g_string_append(text, "\xe2\x82\xac");
	log_info("%s", text->str);
	log_info("next");
}

static void log__long__is_cut_at_a_character(void **state)
{
	char *end;

	capture(speak_long, false);
	end = strchr(got, '\n');
	assert_non_null(end);
	assert_true(end + 1 - got <= 4096);
	assert_true(end + 1 - got > 4090);
	assert_true(g_utf8_validate(got, -1, NULL));
	assert_memory_equal(end - 3, "...", 3);
	assert_string_equal(end + 1, "kith: next\n");
}

static void speak_last(void)
{
	die(78, "no %s", "way");
}

static void log__die__says_why_and_exits(void **state)
{
	assert_int_equal(capture(speak_last, false), 78);
	assert_string_equal(got, "kith: error: no way\n");
}

static void log__level_parse__knows_four(void **state)
{
	enum log_level level = LOG_LEVEL_DEBUG;

	assert_int_equal(log_level_parse("warning", &level), 0);
	assert_int_equal(level, LOG_LEVEL_WARNING);
	assert_int_equal(log_level_parse("loud", &level), -EINVAL);
	assert_int_equal(log_level_parse("", &level), -EINVAL);
	assert_int_equal(level, LOG_LEVEL_WARNING);
}

static void speak_errno(void)
{
	/* Nowhere to write: it fails, and nobody is told. */
	close(STDERR_FILENO);
	errno = ENOENT;
	log_info("x");
	if (errno != ENOENT)
		_exit(1);
}

static void log__errno__survives(void **state)
{
	assert_int_equal(capture(speak_errno, false), 0);
}

static void keep(void *data, enum log_level level, const char *text)
{
	g_string_append_printf(data, "%d %s|", (int)level, text);
}

static void listen__any_level__goes_there_alone(void **state)
{
	g_autoptr(GString) kept = g_string_new(NULL);

	log_listen(keep, kept);
	assert_int_equal(capture(speak_each, false), 0);
	assert_string_equal(got, "");
	log_debug("a\nb %s", "c\x1b");
	log_error("d");
	log_listen(NULL, NULL);
	assert_string_equal(kept->str, "3 a\\nb c\\x1b|0 d|");
	assert_int_equal(capture(speak_each, false), 0);
	assert_string_not_equal(got, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listen__any_level__goes_there_alone),
		cmocka_unit_test(log__levels__are_named_and_held),
		cmocka_unit_test(log__journal__gets_priorities),
		cmocka_unit_test(log__controls__are_made_visible),
		cmocka_unit_test(log__long__is_cut_at_a_character),
		cmocka_unit_test(log__die__says_why_and_exits),
		cmocka_unit_test(log__level_parse__knows_four),
		cmocka_unit_test(log__errno__survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
