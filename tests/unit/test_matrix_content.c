#include "transport/matrix/content.h"

#include "transport/matrix/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct content_about nothing;

/* The content is this JSON, whatever the order of its keys; g_free not needed. */
static void assert_content(enum post_kind kind, const char *markup,
			   const struct content_about *about, const char *want)
{
	json_t *got = content_of(kind, markup, about), *wanted = json_loads(want, 0, NULL);
	g_autofree char *text = dump_sorted(got);

	assert_non_null(wanted);
	if (!json_equal(got, wanted))
		fail_msg("got: %s\nnot: %s", text, want);
	json_decref(got);
	json_decref(wanted);
}

static void content__notifies__announcements(void **state)
{
	assert_content(POST_ANNOUNCEMENT, "The round is open.", &nothing,
		       "{\"msgtype\": \"m.text\", \"body\": \"The round is open.\","
		       " \"m.mentions\": {}}");
}

static void content__notifies__what_nobody_is_waiting_for(void **state)
{
	const struct content_about answer = { .reply_to = "$e" };

	assert_content(POST_REPLY, "kept", &nothing,
		       "{\"msgtype\": \"m.notice\", \"body\": \"kept\", \"m.mentions\": {}}");
	assert_content(POST_PRIVATE, "kept", &nothing,
		       "{\"msgtype\": \"m.text\", \"body\": \"kept\", \"m.mentions\": {}}");
	assert_content(POST_PRIVATE, "kept", &answer,
		       "{\"msgtype\": \"m.notice\", \"body\": \"kept\", \"m.mentions\": {},"
		       " \"m.relates_to\": {\"m.in_reply_to\": {\"event_id\": \"$e\"}}}");
}

static void content__formats__what_is_marked_up(void **state)
{
	assert_content(POST_REPLY, "**#1** [a & b](https://x.org/?a=1)\n- one", &nothing,
		       "{\"msgtype\": \"m.notice\", \"m.mentions\": {},"
		       " \"body\": \"#1 a & b (https://x.org/?a=1)\\n- one\","
		       " \"format\": \"org.matrix.custom.html\", \"formatted_body\":"
		       " \"<strong>#1</strong> <a href=\\\"https://x.org/?a=1\\\">a &amp; b</a>"
		       "<ul><li>one</li></ul>\"}");
}

static void content__formats__nothing_that_is_plain(void **state)
{
	assert_content(POST_REPLY, "1 \\< 2 & \"so\\*on\"\n\nit's", &nothing,
		       "{\"msgtype\": \"m.notice\", \"m.mentions\": {},"
		       " \"body\": \"1 < 2 & \\\"so*on\\\"\\n\\nit's\"}");
}

static void content__answers__without_fallback(void **state)
{
	const struct content_about about = { .reply_to = "$e" };

	assert_content(POST_REPLY, "hi", &about,
		       "{\"msgtype\": \"m.notice\", \"body\": \"hi\", \"m.mentions\": {},"
		       " \"m.relates_to\": {\"m.in_reply_to\": {\"event_id\": \"$e\"}}}");
}

static void content__stays__in_the_thread(void **state)
{
	const struct content_about both = { .reply_to = "$e", .thread = "$root" };
	const struct content_about root = { .thread = "$root" };

	assert_content(POST_REPLY, "hi", &both,
		       "{\"msgtype\": \"m.notice\", \"body\": \"hi\", \"m.mentions\": {},"
		       " \"m.relates_to\": {\"rel_type\": \"m.thread\", \"event_id\": \"$root\","
		       " \"is_falling_back\": true, \"m.in_reply_to\": {\"event_id\": \"$e\"}}}");
	assert_content(POST_REPLY, "hi", &root,
		       "{\"msgtype\": \"m.notice\", \"body\": \"hi\", \"m.mentions\": {},"
		       " \"m.relates_to\": {\"rel_type\": \"m.thread\", \"event_id\": \"$root\","
		       " \"is_falling_back\": true, \"m.in_reply_to\": {\"event_id\":"
		       " \"$root\"}}}");
}

static void content__mentions__whom_it_is_for(void **state)
{
	const struct content_about about = { .mention = "@ana:x.org" };

	assert_content(POST_PRIVATE, "hi", &about,
		       "{\"msgtype\": \"m.notice\", \"body\": \"hi\","
		       " \"m.mentions\": {\"user_ids\": [\"@ana:x.org\"]}}");
}

static void content__replaces__with_a_fallback(void **state)
{
	/* A replacement's own relation is the only one it has. */
	const struct content_about about = {
		.reply_to = "$e", .thread = "$root", .edits = "$old", .mention = "@ana:x.org"
	};

	assert_content(POST_ANNOUNCEMENT, "**new**", &about,
		       "{\"msgtype\": \"m.text\", \"body\": \"* new\", \"m.mentions\": {},"
		       " \"format\": \"org.matrix.custom.html\","
		       " \"formatted_body\": \"* <strong>new</strong>\","
		       " \"m.new_content\": {\"msgtype\": \"m.text\", \"body\": \"new\","
		       " \"format\": \"org.matrix.custom.html\","
		       " \"formatted_body\": \"<strong>new</strong>\","
		       " \"m.mentions\": {\"user_ids\": [\"@ana:x.org\"]}},"
		       " \"m.relates_to\": {\"rel_type\": \"m.replace\","
		       " \"event_id\": \"$old\"}}");
}

static void content__survives__broken_text(void **state)
{
	json_t *got = content_of(POST_REPLY, "a\xff\xfe**b**", &nothing);

	assert_string_equal(json_string_value(json_object_get(got, "body")),
			    "a\xef\xbf\xbd\xef\xbf\xbd"
			    "b");
	assert_non_null(json_object_get(got, "formatted_body"));
	json_decref(got);
}

static void cut__leaves__what_is_short(void **state)
{
	const char *markup = "**one**\n\n- two\n- three\n";
	g_autoptr(GPtrArray) pieces = content_cut(markup, CONTENT_BYTES_MOST);

	assert_int_equal(pieces->len, 1);
	assert_string_equal(pieces->pdata[0], markup);
}

static void cut__gives__nothing_of_nothing(void **state)
{
	g_autoptr(GPtrArray) none = content_cut("", CONTENT_BYTES_MOST);
	g_autoptr(GPtrArray) blank = content_cut(" \n\t\n", CONTENT_BYTES_MOST);

	assert_int_equal(none->len, 0);
	assert_int_equal(blank->len, 0);
}

/* With the longest ids there can be. */
static size_t longest(const GPtrArray *pieces, bool edits)
{
	g_autofree char *id = g_strnfill(255, 'i');
	const struct content_about about = {
		.reply_to = id, .thread = id, .mention = id, .edits = edits ? id : NULL
	};
	size_t most = 0;

	for (unsigned i = 0; i < pieces->len; i++) {
		json_t *content = content_of(POST_ANNOUNCEMENT, pieces->pdata[i], &about);

		most = MAX(most, json_dumpb(content, NULL, 0, JSON_COMPACT));
		json_decref(content);
	}
	return most;
}

/* What all the pieces say, line after line. */
static char *all_plain(const GPtrArray *pieces)
{
	GString *all = g_string_new(NULL);

	for (unsigned i = 0; i < pieces->len; i++) {
		g_autofree char *plain = post_plain(pieces->pdata[i]);

		g_string_append_printf(all, "%s%s", i ? "\n" : "", plain);
	}
	return g_string_free(all, FALSE);
}

static char *repeated(const char *text, unsigned n)
{
	GString *all = g_string_new(NULL);

	while (n--)
		g_string_append(all, text);
	return g_string_free(all, FALSE);
}

static void cut__splits__between_lines(void **state)
{
	g_autofree char *markup =
		repeated("- **\"#1\"** [Ana's \\\\ <work>](https://x.org/a)\n", 2000);
	g_autoptr(GPtrArray) pieces = content_cut(markup, CONTENT_BYTES_MOST);
	g_autofree char *all = all_plain(pieces), *plain = post_plain(markup);

	assert_true(pieces->len > 5 && pieces->len < 40);
	assert_true(longest(pieces, false) <= CONTENT_BYTES_MOST);
	assert_string_equal(all, plain);
	for (unsigned i = 0; i < pieces->len; i++)
		assert_true(g_str_has_prefix(pieces->pdata[i], "- **"));
}

static void cut__fills__its_pieces(void **state)
{
	g_autofree char *line = g_strnfill(990, 'x');
	g_autofree char *ended = g_strconcat(line, "\n", NULL);
	g_autofree char *markup = repeated(ended, 100);
	g_autoptr(GPtrArray) pieces = content_cut(markup, CONTENT_BYTES_MOST);

	/* 19 lines a piece: what is said twice over, in two formats, could be. */
	assert_in_range(pieces->len, 3, 6);
}

static void cut__holds__the_limit_whatever_comes(void **state)
{
	static const char *const texts[] = { "\"",
					     "\\\\",
					     "**x**",
					     "'",
					     "<",
					     "@room ",
					     "`x`",
					     "x",
					     "\xf0\x9f\x98\x80",
					     "[x](https://x.org)",
					     "a\xd9\x8c",
					     "- " };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *markup = repeated(texts[i], 60000);
		g_autoptr(GPtrArray) pieces = content_cut(markup, CONTENT_BYTES_MOST);
		g_autoptr(GPtrArray) halves = content_cut(markup, CONTENT_BYTES_MOST / 2);
		g_autoptr(GPtrArray) least = content_cut(markup, 0);

		assert_true(pieces->len > 1 && pieces->len <= halves->len &&
			    halves->len < least->len);
		assert_true(longest(pieces, false) <= CONTENT_BYTES_MOST);
		assert_true(longest(halves, true) <= CONTENT_BYTES_MOST);
		assert_true(longest(least, false) <= CONTENT_BYTES_LEAST);
	}
}

static void cut__says__a_long_line_plainly(void **state)
{
	g_autofree char *words = repeated("**b** c ", 20000);
	g_autofree char *markup = g_strconcat("**before**\n", words, "\n**after**", NULL);
	g_autoptr(GPtrArray) pieces = content_cut(markup, CONTENT_BYTES_MOST);
	g_autofree char *middle = post_plain(pieces->pdata[1]);

	assert_string_equal(pieces->pdata[0], "**before**");
	assert_string_equal(pieces->pdata[pieces->len - 1], "**after**");
	assert_true(g_str_has_prefix(middle, "b c b c"));
	assert_true(g_str_has_suffix(middle, "b") || g_str_has_suffix(middle, "c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content__notifies__announcements),
		cmocka_unit_test(content__notifies__what_nobody_is_waiting_for),
		cmocka_unit_test(content__formats__what_is_marked_up),
		cmocka_unit_test(content__formats__nothing_that_is_plain),
		cmocka_unit_test(content__answers__without_fallback),
		cmocka_unit_test(content__stays__in_the_thread),
		cmocka_unit_test(content__mentions__whom_it_is_for),
		cmocka_unit_test(content__replaces__with_a_fallback),
		cmocka_unit_test(content__survives__broken_text),
		cmocka_unit_test(cut__leaves__what_is_short),
		cmocka_unit_test(cut__gives__nothing_of_nothing),
		cmocka_unit_test(cut__splits__between_lines),
		cmocka_unit_test(cut__fills__its_pieces),
		cmocka_unit_test(cut__holds__the_limit_whatever_comes),
		cmocka_unit_test(cut__says__a_long_line_plainly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
