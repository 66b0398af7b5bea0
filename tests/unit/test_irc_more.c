#include "transport/irc/more.h"

#include "clock.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR CLOCK_US_PER_HOUR

/* What is said of `text`, the lines joined by '|', and behind "||" what is left. */
static char *cut(const char *text, size_t bytes, const char *ending)
{
	const char *rest = "not set";
	g_auto(GStrv) lines = more_cut(text, bytes, ending, &rest);
	g_autofree char *said = g_strjoinv("|", lines);
	for (char **line = lines; *line; line++)
		assert_true(strlen(*line) <= bytes);
	assert_true(!rest || (rest > text && rest < text + strlen(text)));
	return g_strconcat(said, rest ? "||" : "", rest ? rest : "", NULL);
}

static void assert_cut(const char *text, size_t bytes, const char *ending, const char *expected)
{
	g_autofree char *got = cut(text, bytes, ending);
	assert_string_equal(got, expected);
}

static void irc_more__cut__says_three_lines_whole(void **state)
{
	assert_cut("", 80, "…", "");
	assert_cut("one", 80, "…", "one");
	assert_cut("one\ntwo\nthree", 80, "…", "one|two|three");
	assert_cut("one\n\ntwo\n three \n\n", 80, "…", "one|two|three");
	/* A last line may be as long as any other. */
	assert_cut("one\ntwo\n0123456789 123456789", 20, "…", "one|two|0123456789 123456789");
}

static void irc_more__cut__ends_the_third_line_of_more(void **state)
{
	assert_cut("one\ntwo\nthree\nfour", 80, "… go on", "one|two|three … go on||four");
	/* At a word, and what follows is as it was: its breaks are its own. */
	assert_cut("one\ntwo\nalpha beta gamma delta epsilon\n- zeta", 26, "…!",
		   "one|two|alpha beta gamma …!||delta epsilon\n- zeta");
	assert_cut("- a\n- b\n- c\n- d", 40, "more", "- a|- b|- c more||- d");
	/* One word, in the middle of it, but never of a character. */
	g_autofree char *trees = g_strnfill(3 * 20 * 4, 'x');
	for (size_t i = 0; i < strlen(trees); i += 4)
		memcpy(trees + i, "\xf0\x9f\x8c\xb1", 4);
	const char *rest;
	g_auto(GStrv) lines = more_cut(trees, 62, "rest", &rest);
	assert_int_equal(g_strv_length(lines), 3);
	for (char **line = lines; *line; line++)
		assert_true(g_utf8_validate(*line, -1, NULL));
	assert_true(g_str_has_suffix(lines[2], "\x8c\xb1 rest"));
	assert_int_equal(strlen(lines[0]) + strlen(lines[1]) + strlen(lines[2]) - 5 + strlen(rest),
			 strlen(trees));
}

static void irc_more__cut__says_all_without_room_for_an_ending(void **state)
{
	assert_cut("1\n2\n3\n4", 20, NULL, "1|2|3|4");
	assert_cut("1\n2\n3\n4", 20, "12345", "1|2|3|4");
	assert_cut("1\n2\n3\n4", 20, "123", "1|2|3 123||4");
}

static void irc_more__left__goes_on_where_the_last_one_stopped(void **state)
{
	struct more *m = *state;
	assert_null(more_left(m, "#a", "k1", 0));
	more_keep(m, "#a", "k1", "one two three", "two three", 0);
	more_keep(m, "#b", "k2", "uno dos", "dos", 0);
	assert_string_equal(more_left(m, "#a", "k3", 0), "two three");
	more_keep(m, "#a", "k3", "two three", "three", 0);
	/* Not delivered, and said again: the same once more. */
	assert_string_equal(more_left(m, "#a", "k3", 0), "two three");
	more_keep(m, "#a", "k3", "two three", "three", 0);
	assert_string_equal(more_left(m, "#a", "k4", 0), "three");
	more_keep(m, "#a", "k4", "three", NULL, 0);
	assert_string_equal(more_left(m, "#a", "k4", 0), "three");
	assert_null(more_left(m, "#a", "k5", 0));
	assert_string_equal(more_left(m, "#b", "k5", 0), "dos");
	/* Another long one takes its place. */
	more_keep(m, "#b", "k6", "eins zwei", "zwei", 0);
	assert_string_equal(more_left(m, "#b", "k7", 0), "zwei");
}

static void irc_more__left__lasts_an_hour(void **state)
{
	struct more *m = *state;
	more_keep(m, "#a", "k1", "a b", "b", 5);
	more_keep(m, "#b", "k2", "a b", "b", 6);
	assert_non_null(more_left(m, "#a", "k", HOUR + 4));
	assert_null(more_left(m, "#a", "k", HOUR + 5));
	assert_non_null(more_left(m, "#b", "k", HOUR + 5));
}

static void irc_more__kept__is_bounded(void **state)
{
	struct more *m = *state;
	for (int i = 0; i < MORE_KEPT_MOST + 1; i++) {
		g_autofree char *whom = g_strdup_printf("#%d", i);
		more_keep(m, whom, "k", "a b", "b", i);
		if (i == 1) /* which makes #0 the later one */
			more_keep(m, "#0", "k", "a b", "b", i);
	}
	assert_null(more_left(m, "#1", "x", 100));
	assert_non_null(more_left(m, "#0", "x", 100));
	assert_non_null(more_left(m, "#2", "x", 100));
	assert_non_null(more_left(m, "#64", "x", 100));
}

static int set_up(void **state)
{
	*state = more_new();
	return 0;
}

static int tear_down(void **state)
{
	more_free(*state);
	return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(irc_more__cut__says_three_lines_whole),
		TEST(irc_more__cut__ends_the_third_line_of_more),
		TEST(irc_more__cut__says_all_without_room_for_an_ending),
		TEST(irc_more__left__goes_on_where_the_last_one_stopped),
		TEST(irc_more__left__lasts_an_hour),
		TEST(irc_more__kept__is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
