#include "pitch/tsv.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is read, and what comes out of it. */
struct run {
	int result;
	char *out, *summary;
	size_t out_size, summary_size;
};

static struct run run_table(const char *text, size_t size)
{
	struct run r = { 0 };
	FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");
	FILE *out = open_memstream(&r.out, &r.out_size);
	FILE *summary = open_memstream(&r.summary, &r.summary_size);
	r.result = pitch_table(in, "messages.tsv", out, summary);
	fclose(in);
	fclose(out);
	fclose(summary);
	return r;
}

static void run_done(struct run *r)
{
	free(r->out); /* open_memstream's */
	free(r->summary);
}

#define OFFER "I offer website design for small shops, 20% off, DM me"

static void check_out(const char *text, const char *want)
{
	struct run r = run_table(text, strlen(text));
	assert_int_equal(r.result, 0);
	assert_string_equal(r.out, want);
	run_done(&r);
}

static void tsv__row__has_verdict_score_and_reasons(void **state)
{
	struct run r = run_table("id\ttext\na1\tgood morning\nb2\t" OFFER "\n",
				 strlen("id\ttext\na1\tgood morning\nb2\t" OFFER "\n"));
	assert_int_equal(r.result, 0);
	assert_true(g_str_has_prefix(r.out, "a1\tok\t0\t\nb2\tpitch\t"));
	assert_non_null(strstr(r.out, "offer"));
	assert_non_null(strstr(r.out, ",")); /* between reasons */
	assert_string_equal(r.summary, "");
	run_done(&r);
}

static void tsv__columns__are_found_by_name(void **state)
{
	check_out("lang\ttext\textra\tid\nen\thello\tx\t7\n", "7\tok\t0\t\n");
}

static void tsv__line_ends_and_empty_lines__are_taken_as_they_come(void **state)
{
	check_out("id\ttext\r\n1\thello\r\n\r\n2\tthere", "1\tok\t0\t\n2\tok\t0\t\n");
	check_out("\xEF\xBB\xBFid\ttext\n1\thello\n", "1\tok\t0\t\n");
	check_out("id\ttext\n", "");
	check_out("id\ttext\n1\t\n", "1\tok\t0\t\n");
}

static void tsv__escapes__are_undone(void **state)
{
	/* Only the second line is said; the first is quoted. */
	check_out("id\ttext\n1\t> sign up for my free webinar\\nno\n", "1\tok\t0\t\n");
	struct run r =
		run_table("id\ttext\n1\tno\\n" OFFER "\n", strlen("id\ttext\n1\tno\\n" OFFER "\n"));
	assert_true(g_str_has_prefix(r.out, "1\tpitch\t"));
	run_done(&r);
}

static void tsv__any_byte__is_text(void **state)
{
	static const char text[] = "id\ttext\n1\t\xff\xfe\x80 \0 \x01 hello\n2\thello\n";
	struct run r = run_table(text, sizeof(text) - 1);
	assert_int_equal(r.result, 0);
	assert_string_equal(r.out, "1\tok\t0\t\n2\tok\t0\t\n");
	run_done(&r);
}

static void tsv__long_line__is_read(void **state)
{
	GString *text = g_string_new("id\ttext\n1\t");
	for (unsigned i = 0; i < 200000; i++)
		g_string_append(text, "la ");
	g_string_append(text, "\n2\thello\n");
	check_out(text->str, "1\tok\t0\t\n2\tok\t0\t\n");
	g_string_free(text, TRUE);
}

static void check_fault(const char *text, const char *want)
{
	struct run r = run_table(text, strlen(text));
	assert_int_equal(r.result, -EBADMSG);
	if (!strstr(r.summary, want))
		fail_msg("not \"%s\" but: %s", want, r.summary);
	/* One line. */
	assert_ptr_equal(strchr(r.summary, '\n'), r.summary + strlen(r.summary) - 1);
	run_done(&r);
}

static void tsv__no_table__is_a_fault_with_its_line(void **state)
{
	check_fault("\n", "messages.tsv:1: ");
	check_fault("text\nhello\n", "messages.tsv:1: the first line must name the columns");
	check_fault("id\nhello\n", "messages.tsv:1: ");
	check_fault("id\ttext\ttext\n1\ta\tb\n", "messages.tsv:1: two columns");
	check_fault("id\ttext\n1\thello\n2\n", "messages.tsv:3: not as many columns");
	check_fault("id\ttext\n1\thel\tlo\n", "messages.tsv:2: not as many columns");
}

static void tsv__empty_file__is_a_fault(void **state)
{
	FILE *in = fopen("/dev/null", "r");
	char *said = NULL;
	size_t size;
	FILE *summary = open_memstream(&said, &size);
	assert_int_equal(pitch_table(in, "nothing", stdout, summary), -EBADMSG);
	fclose(in);
	fclose(summary);
	assert_true(g_str_has_prefix(said, "nothing:1: nothing in it"));
	free(said);
}

static void tsv__full_disk__is_told(void **state)
{
	static const char text[] = "id\ttext\n1\thello\n";
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	FILE *full = fopen("/dev/full", "w");
	char *said = NULL;
	size_t size;
	FILE *summary = open_memstream(&said, &size);
	assert_int_equal(pitch_table(in, "t", full, summary), -ENOSPC);
	fclose(in);
	fclose(full);
	fclose(summary);
	assert_true(g_str_has_prefix(said, "t:2: "));
	free(said);
}

static void tsv__labels__are_summed_up_false_alarms_first(void **state)
{
	static const char text[] = "id\tlabel\tkind\ttext\n"
				   "1\tok\tok:chat\tgood morning\n"
				   "2\tok\tok:chat\t" OFFER "\n"
				   "3\tpitch\tpitch:service\t" OFFER "\n"
				   "4\tpitch\tpitch:service\tgood morning\n"
				   "5\tok\tok:shows-own-work-in-context\t" OFFER "\n"
				   "6\tperhaps\tok:chat\thello\n";
	struct run r = run_table(text, strlen(text));
	const char *alarms = strstr(r.summary, "false alarms");
	const char *recall = strstr(r.summary, "recall");
	const char *kinds = strstr(r.summary, "by kind");
	assert_int_equal(r.result, 0);
	assert_non_null(alarms);
	assert_true(alarms < recall && recall < kinds);
	assert_non_null(strstr(alarms, "1 of      2   50.0 %"));
	assert_non_null(strstr(recall, "1 of      2   50.0 %"));
	assert_non_null(strstr(r.summary, "own work shown when asked               1 of      1"));
	assert_non_null(strstr(r.summary, "1 rows are labelled neither"));
	assert_non_null(strstr(kinds, "ok:chat "));
	run_done(&r);
}

static void check_text(const char *text, const char *beginning)
{
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	pitch_text(text, out);
	fclose(out);
	assert_true(g_str_has_prefix(said, beginning));
	assert_int_equal(said[size - 1], '\n');
	free(said);
}

static void tsv__one_text__is_told_to_a_person(void **state)
{
	check_text("good morning", "ok (0 of 100)\n");
	check_text(OFFER, "pitch (100 of 100): ");
	check_text("> " OFFER, "ok (0 of 100)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tsv__row__has_verdict_score_and_reasons),
		cmocka_unit_test(tsv__columns__are_found_by_name),
		cmocka_unit_test(tsv__line_ends_and_empty_lines__are_taken_as_they_come),
		cmocka_unit_test(tsv__escapes__are_undone),
		cmocka_unit_test(tsv__any_byte__is_text),
		cmocka_unit_test(tsv__long_line__is_read),
		cmocka_unit_test(tsv__no_table__is_a_fault_with_its_line),
		cmocka_unit_test(tsv__empty_file__is_a_fault),
		cmocka_unit_test(tsv__full_disk__is_told),
		cmocka_unit_test(tsv__labels__are_summed_up_false_alarms_first),
		cmocka_unit_test(tsv__one_text__is_told_to_a_person),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
