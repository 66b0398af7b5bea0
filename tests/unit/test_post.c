#include "post.h"

#include "base/text/text.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define WORD_JOINER "\u2060"

static void post_literal__of_anything__reads_as_itself(void **state)
{
	static const struct {
		const char *text, *cleaned;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "**bold** `code` [a](https://b.example)",
		  "**bold** `code` [a](https://b.example)" },
		{ "\\ \\\\ \\* ****", "\\ \\\\ \\* ****" },
		{ "- item", "- item" },
		{ "-", "-" },
		{ "two\nlines\r\n- and\titem", "two lines - and item" },
		{ "<b>&amp;\"quoted\" 'so'</b>", "<b>&amp;\"quoted\" 'so'</b>" },
		{ "hi @room and @RoomService",
		  "hi @" WORD_JOINER "room and @" WORD_JOINER "RoomService" },
		{ "@ro" WORD_JOINER "om", "@" WORD_JOINER "room" },
		{ "\x03"
		  "4red\x0f \u202etxt",
		  "red txt" },
		{ "a\xff", "a\ufffd" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *literal = post_literal(cases[i].text);
		g_autofree char *plain = post_plain(literal);
		g_autofree char *html = post_html(literal);
		g_autofree char *escaped = text_html(cases[i].cleaned);
		assert_string_equal(plain, cases[i].cleaned);
		assert_string_equal(html, escaped);
	}
}

/* However a sentence of ours and the values in it come to stand next to each other. */
static void post_literal__inside_markup__leaves_it_alone(void **state)
{
	static const char *const values[] = { "*", "**", "`", "\\", "](", ")", "- x", "x\\", "[" };

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *v = post_literal(values[i]);
		g_autofree char *markup = g_strdup_printf(
			"%s\n- %s\n**%s** `%s` [%s](https://a.example/%s)!", v, v, v, v, v, v);
		g_autofree char *html = post_html(markup);
		g_autofree char *expected = g_strdup_printf(
			"%s<ul><li>%s</li></ul><strong>%s</strong> <code>%s</code> "
			"<a href=\"https://a.example/%s\">%s</a>!",
			values[i], values[i], values[i], values[i], values[i], values[i]);
		if (!strchr(values[i], ' ')) /* a link with a space in it is none */
			assert_string_equal(html, expected);
		else
			assert_true(g_str_has_prefix(html, "- x<ul><li>- x</li></ul>"));
	}
}

struct rendering {
	const char *markup, *plain, *html;
};

static void check(const struct rendering *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_autofree char *plain = post_plain(cases[i].markup);
		g_autofree char *html = post_html(cases[i].markup);
		assert_string_equal(plain, cases[i].plain);
		assert_string_equal(html, cases[i].html);
	}
}

static void post__markup__renders_twice(void **state)
{
	static const struct rendering cases[] = {
		{ "", "", "" },
		{ "**bold** and `code`", "bold and code",
		  "<strong>bold</strong> and <code>code</code>" },
		{ "**bold `**` still**", "bold ** still",
		  "<strong>bold <code>**</code> still</strong>" },
		{ "`\\`` and `a\\\\`", "` and a\\", "<code>`</code> and <code>a\\</code>" },
		{ "a < b & \"c\"", "a < b & \"c\"", "a &lt; b &amp; &quot;c&quot;" },
		{ "\\*\\*not\\*\\* \\n", "**not** n", "**not** n" },
		{ "**a** **b**", "a b", "<strong>a</strong> <strong>b</strong>" },
	};
	check(cases, G_N_ELEMENTS(cases));
}

static void post__links__are_links_where_they_may_be(void **state)
{
	static const struct rendering cases[] = {
		{ "see [the **text**](https://a.example/?b&c)!",
		  "see the text (https://a.example/?b&c)!",
		  "see <a href=\"https://a.example/?b&amp;c\">the <strong>text</strong></a>!" },
		{ "[https://a.example](https://a.example)", "https://a.example",
		  "<a href=\"https://a.example\">https://a.example</a>" },
		{ "[](https://a.example)", "https://a.example",
		  "<a href=\"https://a.example\">https://a.example</a>" },
		{ "[x](HTTP://a.example)", "x (HTTP://a.example)",
		  "<a href=\"HTTP://a.example\">x</a>" },
		{ "[mail](mailto:a@b.example)", "mail (mailto:a@b.example)",
		  "<a href=\"mailto:a@b.example\">mail</a>" },
		{ "[hole](gemini://a.example)", "hole (gemini://a.example)",
		  "hole (gemini://a.example)" },
		{ "[x](https://a.example/\\(b\\))", "x (https://a.example/(b))",
		  "<a href=\"https://a.example/(b)\">x</a>" },
		{ "[x](https://a.example/\"onclick='y')", "x (https://a.example/\"onclick='y')",
		  "<a href=\"https://a.example/&quot;onclick=&#39;y&#39;\">x</a>" },
		{ "**[x](https://a.example)**", "x (https://a.example)",
		  "<strong><a href=\"https://a.example\">x</a></strong>" },
	};
	check(cases, G_N_ELEMENTS(cases));
}

static void post__lists_and_lines__are_lists_and_breaks(void **state)
{
	static const struct rendering cases[] = {
		{ "a\nb\n\nc", "a\nb\n\nc", "a<br>b<br><br>c" },
		{ "a\n- b\n- **c**\nd", "a\n- b\n- c\nd",
		  "a<ul><li>b</li><li><strong>c</strong></li></ul>d" },
		{ "- a", "- a", "<ul><li>a</li></ul>" },
		{ "- a\n\n- b", "- a\n\n- b", "<ul><li>a</li></ul><ul><li>b</li></ul>" },
		{ "\\- a\n-b", "- a\n-b", "- a<br>-b" },
		{ "- - a", "- - a", "<ul><li>- a</li></ul>" },
	};
	check(cases, G_N_ELEMENTS(cases));
}

static void post__malformed_markup__is_text(void **state)
{
	static const struct rendering cases[] = {
		{ "2 ** 3", "2 ** 3", "2 ** 3" },
		{ "**a** **b", "a **b", "<strong>a</strong> **b" },
		{ "**a\nb**", "**a\nb**", "**a<br>b**" },
		{ "*a* a*b", "*a* a*b", "*a* a*b" },
		{ "`a", "`a", "`a" },
		{ "a\\", "a\\", "a\\" },
		{ "a\\\nb", "a\\\nb", "a\\<br>b" },
		{ "[a] (b) [c", "[a] (b) [c", "[a] (b) [c" },
		{ "[a](b)", "[a](b)", "[a](b)" },
		{ "[a](https://b.example", "[a](https://b.example", "[a](https://b.example" },
		{ "[a](https://b.example/ c)", "[a](https://b.example/ c)",
		  "[a](https://b.example/ c)" },
		{ "[a](https://)", "[a](https://)", "[a](https://)" },
		{ "[[a](https://b.example)", "[a (https://b.example)",
		  "[<a href=\"https://b.example\">a</a>" },
		{ "[x](javascript:alert)", "[x](javascript:alert)", "[x](javascript:alert)" },
		{ "[x](data:text/html,<b>)", "[x](data:text/html,<b>)",
		  "[x](data:text/html,&lt;b&gt;)" },
		{ "a\x02\xc2\x85\x7f\rb\tc\xff", "ab c\ufffd", "ab c\ufffd" },
	};
	check(cases, G_N_ELEMENTS(cases));
}

/* Quadratic work would take minutes, not the time meson gives. */
static void post__a_megabyte_of_anything__takes_linear_time(void **state)
{
	static const char *const units[] = {
		"*",  "**a",   "`",  "[",     "[a](", "[a](http://b", "[a](http://b)",
		"\\", "- x\n", "\n", "@room", "\xff"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		GString *text = g_string_new(NULL);
		while (text->len < 1000000)
			g_string_append(text, units[i]);
		g_autofree char *markup = g_string_free(text, FALSE);
		g_autofree char *plain = post_plain(markup);
		g_autofree char *html = post_html(markup);
		g_autofree char *literal = post_literal(markup);
		g_autofree char *again = post_plain(literal);
		assert_true(g_utf8_validate(plain, -1, NULL));
		assert_true(g_utf8_validate(html, -1, NULL));
		assert_true(strlen(again) <= strlen(literal));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(post_literal__of_anything__reads_as_itself),
		cmocka_unit_test(post_literal__inside_markup__leaves_it_alone),
		cmocka_unit_test(post__markup__renders_twice),
		cmocka_unit_test(post__links__are_links_where_they_may_be),
		cmocka_unit_test(post__lists_and_lines__are_lists_and_breaks),
		cmocka_unit_test(post__malformed_markup__is_text),
		cmocka_unit_test(post__a_megabyte_of_anything__takes_linear_time),
	};
	return cmocka_run_group_tests_name("post", tests, NULL, NULL);
}
