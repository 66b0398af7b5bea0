#include "base/text/text.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MARK    "\u0301" /* a combining acute accent */
#define ZWJ     "\u200d"
#define ZWNJ    "\u200c"
#define VS16    "\ufe0f"
#define UNKNOWN "\ufffd"

struct text_case {
	const char *text, *expected;
};

static void check(char *(*clean)(const char *), const struct text_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_autofree char *cleaned = clean(cases[i].text);
		assert_string_equal(cleaned, cases[i].expected);
	}
}

/* `unit` until it is a megabyte. What takes more than linear time does not end with that. */
static char *megabyte(const char *unit)
{
	GString *text = g_string_new(NULL);
	while (text->len < 1000000)
		g_string_append(text, unit);
	return g_string_free(text, FALSE);
}

static const char *const monotonous[] = {
	"plain words here ",
	"Größe ",
	"e" MARK,
	MARK,
	"\u1100\u1161\u11a8",
	"\u3131\u314f",
	"\uff76\uff9e",
	"a" ZWJ,
	" ",
	"\x03",
	"\xff",
	"http://a(",
	"(",
	".",
	"\n",
	"\U0001f469" ZWJ,
};

static void text_valid__broken_bytes__each_become_the_replacement(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *expected;
	} cases[] = {
		{ "", 0, "" },
		{ "caf\xc3\xa9", 5, "café" },
		{ "a\0b", 3, "a" UNKNOWN "b" },
		{ "a\xff\xfe", 3, "a" UNKNOWN UNKNOWN },
		{ "\xf0\x9f\x98", 3, UNKNOWN UNKNOWN UNKNOWN }, /* cut short */
		{ "\xc0\x80", 2, UNKNOWN UNKNOWN },             /* overlong */
		{ "\xed\xa0\x80", 3, UNKNOWN UNKNOWN UNKNOWN }, /* half a surrogate pair */
		{ "abc", 2, "ab" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *valid = text_valid(cases[i].bytes, cases[i].n);
		assert_string_equal(valid, cases[i].expected);
	}
	g_autofree char *nothing = text_valid(NULL, 0);
	assert_string_equal(nothing, "");
}

static void text_line__white_space__is_one_space(void **state)
{
	static const struct text_case cases[] = {
		{ "", "" },
		{ " \t\n ", "" },
		{ "  one \r\n\t two\u2028three\u00a0four\v\u3000five\xc2\x85six ",
		  "one two three four five six" },
		{ "a\u2800\u2800b", "a b" }, /* an empty Braille cell */
	};
	check(text_line, cases, G_N_ELEMENTS(cases));
}

static void text_line__invisible__goes(void **state)
{
	static const struct text_case cases[] = {
		{ "a\u00adb\u200bc\u200ed\u200fe\u2060f\ufeffg", "abcdefg" },
		{ "\u202egnp.exe\u202c\u2066x\u2069\u061cy", "gnp.exexy" },
		{ "a\u034fb\u115f\u3164c\U000e0041d\ufff9e", "abcde" },
		{ "a\x01\x07\x1b\x7f\xc2\x80\xc2\x9f"
		  "b",
		  "ab" },
	};
	check(text_line, cases, G_N_ELEMENTS(cases));
}

static void text_line__irc_formatting__goes_with_its_colours(void **state)
{
	static const struct text_case cases[] = {
		{ "\x02"
		  "b\x0f\x11m\x16r\x1di\x1es\x1fu",
		  "bmrisu" },
		{ "\x03"
		  "4red\x03",
		  "red" },
		{ "\x03"
		  "04,12red",
		  "red" },
		{ "\x03"
		  "041red",
		  "1red" },
		{ "\x03"
		  "4,red",
		  ",red" },
		{ "\x03,4red", ",4red" },
		{ "\x03"
		  "4,121",
		  "1" },
		{ "\x04"
		  "ff0000,00FF00red",
		  "red" },
		{ "\x04"
		  "ff00red",
		  "ff00red" },
		{ "\x03", "" },
	};
	check(text_line, cases, G_N_ELEMENTS(cases));
}

static void text_line__joiners_and_selectors__stay_where_they_mean_something(void **state)
{
	static const struct text_case cases[] = {
		{ "\U0001f469\U0001f3fd" ZWJ "\U0001f4bb",
		  "\U0001f469\U0001f3fd" ZWJ "\U0001f4bb" },
		{ "❤" VS16 ZWJ "🔥", "❤" VS16 ZWJ "🔥" },
		{ "می" ZWNJ "خواهم", "می" ZWNJ "خواهم" },
		{ "می" ZWNJ ZWNJ ZWJ "خواهم", "می" ZWNJ "خواهم" },
		{ "می" ZWNJ " " ZWNJ "خواهم" ZWNJ, "می خواهم" },
		{ ZWNJ "x" ZWNJ "." ZWNJ "y", "x.y" },
		{ "exa" ZWNJ "mple", "example" }, /* no Latin word needs one */
		{ VS16 "a " VS16 "b", "a b" },
		{ "❤" VS16 VS16, "❤" VS16 },
	};
	check(text_line, cases, G_N_ELEMENTS(cases));
}

static void text_line__marks__are_four_at_most(void **state)
{
	static const struct text_case cases[] = {
		{ "a" MARK MARK MARK MARK "b", "a" MARK MARK MARK MARK "b" },
		{ "a" MARK MARK MARK MARK MARK MARK "b" MARK, "a" MARK MARK MARK MARK "b" MARK },
		{ "a" MARK MARK ZWJ MARK MARK MARK, "a" MARK MARK ZWJ MARK MARK },
	};
	check(text_line, cases, G_N_ELEMENTS(cases));
}

static void text_line__without_meaning__is_the_replacement(void **state)
{
	static const struct text_case cases[] = {
		{ "a\ue000b\U000f0000", "a" UNKNOWN "b" UNKNOWN },     /* private use */
		{ "\ufdd0\U0001fffe\u0378", UNKNOWN UNKNOWN UNKNOWN }, /* never, not yet */
		{ "\U0001faff", "\U0001faff" }, /* kept for an emoji to come */
		{ "a\xff", "a" UNKNOWN },
	};
	check(text_line, cases, G_N_ELEMENTS(cases));
}

static void text_fold__what_reads_the_same__is_the_same(void **state)
{
	static const struct text_case cases[] = {
		{ "  Ana  Lee ", "ana lee" },
		{ "STRASSE", "strasse" },
		{ "Straße", "strasse" },
		{ "A\u0301na", "ána" },
		{ "Ａｎａ", "ana" },
		{ "ﬁn\u00ade", "fine" },
		{ "می" ZWNJ "خواهم", "میخواهم" },
		{ "❤" VS16, "❤" },
		{ "ΣΊΣΥΦΟΣ", "σίσυφοσ" },
		{ "Ꭰ", "ꭰ" }, /* Cherokee, whose small letters came second */
		{ "ꭰ", "ꭰ" },
		{ "\u0378", UNKNOWN },
		{ "\x02"
		  "Ana\x0f\u202e",
		  "ana" },
		{ "", "" },
	};
	check(text_fold, cases, G_N_ELEMENTS(cases));
}

/* Longer than what is normalized at once, with a pair that composes at every place. */
static void text_fold__long_text__composes_throughout(void **state)
{
	g_autoptr(GString) apart = g_string_new(NULL), composed = g_string_new(NULL);
	for (int i = 0; i < 200; i++) {
		g_string_append(apart, "E" MARK "\u1112\u1161\u11ab\uff76\uff9e");
		g_string_append(composed, "é한ガ");
	}
	g_autofree char *folded = text_fold(apart->str);
	assert_string_equal(folded, composed->str);
}

static void text_length__counts_characters(void **state)
{
	assert_int_equal(text_length(""), 0);
	assert_int_equal(text_length("naïve"), 5);
	assert_int_equal(text_length("👩" ZWJ "💻"), 3);
	assert_int_equal(text_length("a\xf0\x9f"), 3);
}

static void text_clip__too_long__ends_with_an_ellipsis(void **state)
{
	static const struct {
		const char *text;
		size_t most;
		const char *expected;
	} cases[] = {
		{ "short", 5, "short" },
		{ "", 0, "" },
		{ "short", 0, "" },
		{ "short", 1, "…" },
		{ "shorts", 5, "shor…" },
		{ "ÄÖÜäöü", 4, "ÄÖÜ…" },
		{ "the opening line made me stay", 22, "the opening line made…" },
		{ "the opening line made me stay", 21, "the opening line…" },
		{ "the opening  line", 13, "the opening…" },
		{ "a extraordinarily long word", 14, "a extraordina…" }, /* no word is near */
		{ "opening extraordinarily", 12, "opening ext…" },
		{ "aaae" MARK MARK "b", 6, "aaa…" },
		{ MARK MARK MARK MARK MARK, 3, MARK MARK "…" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *clipped = text_clip(cases[i].text, cases[i].most);
		assert_string_equal(clipped, cases[i].expected);
		assert_true(text_length(clipped) <= cases[i].most);
	}
}

static void text_link__link_in_a_sentence__ends_where_a_person_means(void **state)
{
	static const struct {
		const char *text;
		const char *link;
	} cases[] = {
		{ "https://example.org/a?b=c&d#e and", "https://example.org/a?b=c&d#e" },
		{ "HTTP://Example.org/", "HTTP://Example.org/" },
		{ "gemini://example.org/~ana/", "gemini://example.org/~ana/" },
		{ "gopher://example.org/1/x", "gopher://example.org/1/x" },
		{ "https://example.org/a.", "https://example.org/a" },
		{ "https://example.org/a?!...", "https://example.org/a" },
		{ "https://example.org), see", "https://example.org" },
		{ "https://example.org/C_(x)).", "https://example.org/C_(x)" },
		{ "https://example.org/C_(x", "https://example.org/C_(x" },
		{ "https://example.org/(", "https://example.org/" },
		{ "https://example.org](next)", "https://example.org" },
		{ "https://[::1]/x", "https://[::1]/x" },
		{ "https://example.org\">", "https://example.org" },
		{ "https://example.org/é/\u200bx", "https://example.org/é/" },
		{ "https://example.org/x、それ", "https://example.org/x" },
		{ "https://example.org/x” she said", "https://example.org/x" },
		{ "https://пример.рф/путь", "https://пример.рф/путь" },
		{ "ftp://example.org", "" },
		{ "mailto:a@example.org", "" },
		{ "https://", "" },
		{ "https:// example.org", "" },
		{ "https://...", "" },
		{ "https:/example.org", "" },
		{ " https://example.org", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *link = g_strndup(cases[i].text, text_link(cases[i].text));
		assert_string_equal(link, cases[i].link);
	}
}

static void text_wrap__long_text__breaks_where_it_may(void **state)
{
	static const struct {
		const char *text;
		size_t bytes;
		const char *expected; /* lines, joined by '|' */
	} cases[] = {
		{ "", 16, "" },
		{ " \n\n ", 16, "" },
		{ "one\n\ntwo\r\nthree", 16, "one|two|three" },
		{ "exactly 16 bytes", 16, "exactly 16 bytes" },
		{ "exactly 16 bytes more", 16, "exactly 16 bytes|more" },
		{ "and 17 bytes here", 16, "and 17 bytes|here" },
		{ "a  b          \t  c", 16, "a  b|c" },
		{ "0123456789abcdefghij", 16, "0123456789abcdef|ghij" },
		{ "see https://a.example", 17, "see|https://a.example" },
		{ "0123456789abcdéf", 16, "0123456789abcdé|f" },
		{ "0123456789abcdeéf", 16, "0123456789abcde|éf" },
		{ "0123456789abcde" MARK "f", 16, "0123456789abcd|e" MARK "f" },
		{ "👩👩👩👩" ZWJ "💻", 16, "👩👩👩|👩" ZWJ "💻" },
		{ MARK MARK MARK MARK MARK MARK MARK MARK MARK, 16,
		  MARK MARK MARK MARK MARK MARK MARK MARK "|" MARK },
		{ "0123456789 is 20\u00a0km", 16, "0123456789 is|20\u00a0km" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) lines = text_wrap(cases[i].text, cases[i].bytes);
		g_autofree char *joined = g_strjoinv("|", lines);
		assert_string_equal(joined, cases[i].expected);
	}
}

static void text_html__markup__is_text(void **state)
{
	static const struct text_case cases[] = {
		{ "", "" },
		{ "<a href=\"x\">'&amp;'</a>",
		  "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;" },
		{ "é ❤", "é ❤" },
	};
	check(text_html, cases, G_N_ELEMENTS(cases));
}

static void text_nearest__mistyped__is_what_was_meant(void **state)
{
	static const char *const names[] = { "show", "shared", "note",     "notes",   "withdraw",
					     "help", "rest",   "soft-cap", "naïveté", NULL };
	static const struct {
		const char *word, *name;
	} cases[] = {
		{ "show", "show" },
		{ "SHOW", "show" },
		{ "hsow", "show" },         /* swapped neighbours are one edit */
		{ "shw", "show" },          /* one of three */
		{ "widthraw", "withdraw" }, /* two of eight */
		{ "witdrwa", "withdraw" },
		{ "note", "note" },  /* not "notes" */
		{ "notee", "note" }, /* as near as "notes", and before it */
		{ "softcap", "soft-cap" },
		{ "naivete", "naïveté" }, /* characters, not bytes */
		{ "sh", NULL },
		{ "ote", "note" },
		{ "xyzt", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *name = text_nearest(cases[i].word, names);
		if (cases[i].name) {
			assert_non_null(name);
			assert_string_equal(name, cases[i].name);
		} else {
			assert_null(name);
		}
	}
}

static void text_nearest__long_word__is_nobodys(void **state)
{
	g_autofree char *word = megabyte("show");
	const char *const names[] = { "show", word, NULL };
	assert_null(text_nearest(word, names));
	assert_null(text_nearest("shoo", (const char *const[]){ word, NULL }));
}

/* Nothing to assert but the lengths: quadratic work would take minutes, not the time meson gives.
 */
static void text__a_megabyte_of_anything__takes_linear_time(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(monotonous); i++) {
		g_autofree char *text = megabyte(monotonous[i]);
		g_autofree char *line = text_line(text);
		g_autofree char *fold = text_fold(text);
		g_autofree char *clip = text_clip(text, 300000);
		g_auto(GStrv) wide = text_wrap(text, 100000), narrow = text_wrap(text, 16);

		assert_true(strlen(line) <= 3 * strlen(text));
		assert_true(strlen(fold) <= 3 * strlen(text));
		assert_true(text_length(clip) <= 300000);
		assert_true(g_strv_length(narrow) >= g_strv_length(wide));
		assert_true(text_link(text) <= strlen(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_valid__broken_bytes__each_become_the_replacement),
		cmocka_unit_test(text_line__white_space__is_one_space),
		cmocka_unit_test(text_line__invisible__goes),
		cmocka_unit_test(text_line__irc_formatting__goes_with_its_colours),
		cmocka_unit_test(text_line__joiners_and_selectors__stay_where_they_mean_something),
		cmocka_unit_test(text_line__marks__are_four_at_most),
		cmocka_unit_test(text_line__without_meaning__is_the_replacement),
		cmocka_unit_test(text_fold__what_reads_the_same__is_the_same),
		cmocka_unit_test(text_fold__long_text__composes_throughout),
		cmocka_unit_test(text_length__counts_characters),
		cmocka_unit_test(text_clip__too_long__ends_with_an_ellipsis),
		cmocka_unit_test(text_link__link_in_a_sentence__ends_where_a_person_means),
		cmocka_unit_test(text_wrap__long_text__breaks_where_it_may),
		cmocka_unit_test(text_html__markup__is_text),
		cmocka_unit_test(text_nearest__mistyped__is_what_was_meant),
		cmocka_unit_test(text_nearest__long_word__is_nobodys),
		cmocka_unit_test(text__a_megabyte_of_anything__takes_linear_time),
	};
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
