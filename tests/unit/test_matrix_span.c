#include "transport/matrix/span.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A copy without a NUL behind it, so that ASan sees a look beyond the end. */
static char *exact(const char *bytes, size_t n)
{
	return n ? g_memdup2(bytes, n) : g_malloc(1);
}

static int checks_bytes(const char *bytes, size_t n, size_t *ret_offset)
{
	g_autofree char *text = exact(bytes, n);
	struct spans *index = NULL;
	struct span s = { 0 };
	size_t at = SIZE_MAX, index_at = SIZE_MAX;
	int r = span_check(text, n, &s, &at);

	/* The index is no less strict, and no more. */
	assert_int_equal(spans_new(text, n, SPAN_DEPTH_MOST, NULL, NULL, &index, &index_at), r);
	assert_true(at == index_at);
	if (r == 0) {
		assert_ptr_equal(spans_value(index, 0).at, s.at);
		assert_int_equal(spans_value(index, 0).bytes, s.bytes);
	} else {
		assert_null(index);
		assert_null(s.at);
		assert_true(at <= n);
	}
	spans_free(index);
	if (ret_offset)
		*ret_offset = at;
	return r;
}

static int checks(const char *text)
{
	return checks_bytes(text, strlen(text), NULL);
}

static struct span span_of(const char *text)
{
	struct span s;

	assert_int_equal(span_check(text, strlen(text), &s, NULL), 0);
	return s;
}

static void check__values__are_taken(void **state)
{
	static const char *const good[] = {
		"0",
		"-0",
		"1",
		"-12",
		"1.5",
		"0.0",
		"1e5",
		"1E-5",
		"-1.25e+10",
		"123456789012345678901234567890",
		"1e999999",
		"true",
		"false",
		"null",
		"\"\"",
		"\"a\"",
		"[]",
		"{}",
		" [ ] ",
		"\t{\r\n}\n",
		"[1,2]",
		"[ 1 , 2 ]",
		"{\"a\":1}",
		"{ \"a\" : 1 , \"b\" : [ ] }",
		"{\"\":0}",
		"{\"a\":1,\"a\":2}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
		"\"\\ud800\"",
		"\"\\u0000\"",
		"\"\x7f\"",
		"\"\u00e9\u4e2d\U0001f600\"",
		"\"\xed\x9f\xbf\xee\x80\x80\"",
		"\"\xf4\x8f\xbf\xbf\"",
		"\"12345678\"",
		"\"1234567\u00e9abcdefgh\"",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		if (checks(good[i]) != 0)
			fail_msg("not taken: %s", good[i]);
}

static void check__no_values__are_refused_where_it_shows(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} bad[] = {
		{ "", 0 },
		{ " ", 1 },
		{ "x", 0 },
		{ "\xef\xbb\xbf{}", 0 },
		{ "tru", 0 },
		{ "truex", 4 },
		{ "nul1", 0 },
		{ "True", 0 },
		{ "NaN", 0 },
		{ "+1", 0 },
		{ "01", 1 },
		{ "-", 1 },
		{ "-a", 1 },
		{ ".5", 0 },
		{ "1.", 2 },
		{ "1.e5", 2 },
		{ "1e", 2 },
		{ "1e+", 3 },
		{ "0x10", 1 },
		{ "1 2", 2 },
		{ "[", 1 },
		{ "[1", 2 },
		{ "[1,", 3 },
		{ "[1,]", 3 },
		{ "[,1]", 1 },
		{ "[1 2]", 3 },
		{ "[1}", 2 },
		{ "]", 0 },
		{ "[]]", 2 },
		{ "{", 1 },
		{ "{1:2}", 1 },
		{ "{\"a\"}", 4 },
		{ "{\"a\":}", 5 },
		{ "{\"a\":1,}", 7 },
		{ "{\"a\":1]", 6 },
		{ "{a:1}", 1 },
		{ "{'a':1}", 1 },
		{ "[1]//", 3 },
		{ "\"", 1 },
		{ "\"a", 2 },
		{ "\"\\\"", 3 },
		{ "\"\\", 1 },
		{ "\"\\x\"", 1 },
		{ "\"\\u12g4\"", 1 },
		{ "\"\\u123", 1 },
		{ "\"\n\"", 1 },
		{ "\"12345678\t\"", 9 },
		{ "\"\x1f\"", 1 },
		{ "\"\x80\"", 1 },
		{ "\"\xc0\x80\"", 1 },
		{ "\"\xc1\xbf\"", 1 },
		{ "\"\xc3\"", 1 },
		{ "\"\xc3", 1 },
		{ "\"\xe0\x80\x80\"", 1 },
		{ "\"\xe0\x9f\xbf\"", 1 },
		{ "\"\xe4\xb8\"", 1 },
		{ "\"\xed\xa0\x80\"", 1 },
		{ "\"\xf0\x80\x80\x80\"", 1 },
		{ "\"\xf0\x8f\xbf\xbf\"", 1 },
		{ "\"\xf4\x90\x80\x80\"", 1 },
		{ "\"\xf5\x80\x80\x80\"", 1 },
		{ "\"\xff\"", 1 },
		{ "\"\u00e9\xff\"", 3 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		size_t at;

		if (checks_bytes(bad[i].text, strlen(bad[i].text), &at) != -EBADMSG)
			fail_msg("taken: %s", bad[i].text);
		if (at != bad[i].at)
			fail_msg("%s: shows at %zu, not at %zu", bad[i].text, at, bad[i].at);
	}
	assert_int_equal(checks_bytes("[1\0]", 4, NULL), -EBADMSG);
	assert_int_equal(checks_bytes("\"a\0b\"", 5, NULL), -EBADMSG);
	assert_int_equal(checks_bytes("1\0", 2, NULL), -EBADMSG);
	assert_int_equal(checks_bytes(NULL, 0, NULL), -EBADMSG);
}

static void check__cut_off_anywhere__is_refused(void **state)
{
	static const char text[] = "{\"a\u00e9\\u00e9\":[1,-2.5e3,true,null,\"x\U0001f600\"],"
				   "\"b\" : {\"c\":{}} }";

	assert_int_equal(checks(text), 0);
	for (size_t n = 0; n < strlen(text); n++)
		assert_int_equal(checks_bytes(text, n, NULL), -EBADMSG);
}

static char *nested(unsigned depth, const char *open, const char *inside, const char *close)
{
	g_autoptr(GString) s = g_string_new(NULL);

	for (unsigned i = 0; i < depth; i++)
		g_string_append(s, open);
	g_string_append(s, inside);
	for (unsigned i = 0; i < depth; i++)
		g_string_append(s, close);
	return g_string_free(g_steal_pointer(&s), FALSE);
}

static void check__nested__goes_so_deep_and_no_deeper(void **state)
{
	static const struct {
		const char *open, *close;
	} kinds[] = { { "[", "]" }, { "{\"a\":", "}" }, { "[0,{\"a\":1,\"b\":", "}]" } };

	for (size_t i = 0; i < 2; i++) {
		g_autofree char *most = nested(SPAN_DEPTH_MOST, kinds[i].open, "1", kinds[i].close);
		g_autofree char *more =
			nested(SPAN_DEPTH_MOST + 1, kinds[i].open, "1", kinds[i].close);
		assert_int_equal(checks(most), 0);
		assert_int_equal(checks(more), -ELOOP);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *far = nested(10000, kinds[i].open, "1", kinds[i].close);
		assert_int_equal(checks(far), -ELOOP);
	}
	g_autofree char *beside = nested(5, "[", "[],{},[[]],[{}],{\"a\":[]}", "]");
	assert_int_equal(checks(beside), 0);
}

static void int__numbers__only_those_that_fit(void **state)
{
	int64_t n = 7;

	assert_true(span_int(span_of("0"), &n) && n == 0);
	assert_true(span_int(span_of("-0"), &n) && n == 0);
	assert_true(span_int(span_of(" 42 "), &n) && n == 42);
	assert_true(span_int(span_of("9223372036854775807"), &n) && n == INT64_MAX);
	assert_true(span_int(span_of("-9223372036854775808"), &n) && n == INT64_MIN);
	n = 7;
	static const char *const not [] = { "9223372036854775808",
					    "-9223372036854775809",
					    "1.0",
					    "1e3",
					    "99999999999999999999999",
					    "\"1\"",
					    "true",
					    "[1]",
					    "null" };
	for (size_t i = 0; i < G_N_ELEMENTS(not ); i++)
		assert_false(span_int(span_of(not [i]), &n));
	assert_false(span_int((struct span){ 0 }, &n));
	assert_int_equal(n, 7);
}

static void text__escapes__become_what_they_stand_for(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{ "\"\"", "" },
		{ "\"plain\"", "plain" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"a\\u00e9b\\u4E2dc\\ud83d\\ude00d\"", "a\u00e9b\u4e2dc\U0001f600d" },
		{ "\"\\udbff\\udfff\"", "\U0010ffff" },
		{ "\"\\ud83d\"", "\ufffd" },
		{ "\"\\ud83dx\"", "\ufffdx" },
		{ "\"\\ud83d\\n\"", "\ufffd\n" },
		{ "\"\\ude00\\ud83d\"", "\ufffd\ufffd" },
		{ "\"\\ude00\\ude00\"", "\ufffd\ufffd" },
		{ "\"\\ud83d\\ud83d\\ude00\"", "\ufffd\U0001f600" },
		{ "\"\\ud83d\\u0041\"", "\ufffdA" },
		{ "\"a\\u0000b\"", "ab" },
		{ "\"\\u0000\"", "" },
		{ "\"\\\\u0000\"", "\\u0000" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = span_text(span_of(rows[i].json));
		assert_string_equal(text, rows[i].text);
		assert_true(span_says(span_of(rows[i].json), rows[i].text));
		assert_false(span_says(span_of(rows[i].json), "other"));
	}
	assert_null(span_text(span_of("1")));
	assert_null(span_text(span_of("[\"a\"]")));
	assert_null(span_text((struct span){ 0 }));
	assert_false(span_says((struct span){ 0 }, ""));
	/* The same bytes say something else where they are an escape. */
	assert_false(span_says(span_of("\"\\n\""), "\\n"));
	assert_false(span_says(span_of("\"ab\""), "a"));
	assert_false(span_says(span_of("\"a\""), "ab"));
}

static void get__members__the_last_of_a_name(void **state)
{
	struct span s = span_of("{\"a\":1,\"b\":{\"a\":[{\"c\":\"}\"}]},\"\\u0061\":{\"x\":3} ,"
				"\"c\\\"\":null, \"\":false}");
	int64_t n;

	assert_true(span_is_object(span_get(s, "a")));
	assert_true(span_int(span_at(s, "a", "x", NULL), &n) && n == 3);
	assert_true(span_is_array(span_at(s, "b", "a", NULL)));
	assert_int_equal(span_get(s, "c\"").bytes, 4);
	assert_int_equal(span_get(s, "").bytes, 5);
	assert_null(span_get(s, "d").at);
	assert_null(span_at(s, "a", "y", "z", NULL).at);
	assert_null(span_get(span_of("[\"a\"]"), "a").at);
	assert_null(span_get((struct span){ 0 }, "a").at);
	assert_true(span_is_true(span_get(span_of("{\"t\":true}"), "t")));
	assert_false(span_is_true(span_get(s, "")));
}

static void each__elements__in_order(void **state)
{
	g_autoptr(GString) got = g_string_new(NULL);
	struct span s = span_of(" [ 1,\"a,]\" , {\"b\" : [2,3]},[ ],true ] ");

	for (struct span_each i = span_each(s); span_next(&i);) {
		assert_null(i.key.at);
		g_string_append_len(got, i.value.at, (gssize)i.value.bytes);
		g_string_append_c(got, ';');
	}
	assert_string_equal(got->str, "1;\"a,]\";{\"b\" : [2,3]};[ ];true;");
	g_string_truncate(got, 0);
	for (struct span_each i = span_each(span_of("{\"a\" : 1 ,\"b\":\"c\"}")); span_next(&i);)
		g_string_append_printf(got, "%.*s=%.*s;", (int)i.key.bytes, i.key.at,
				       (int)i.value.bytes, i.value.at);
	assert_string_equal(got->str, "\"a\"=1;\"b\"=\"c\";");
	static const char *const empty[] = { "[]", "{ }", "1", "\"[1]\"" };
	for (size_t i = 0; i < G_N_ELEMENTS(empty); i++) {
		struct span_each e = span_each(span_of(empty[i]));
		assert_false(span_next(&e));
		assert_false(span_next(&e));
	}
}

static void index__levels__no_deeper_than_asked(void **state)
{
	static const char text[] = " {\"a\":[1,[2]],\"b\":{},\"\\u0061\" : {\"c\":[{}]}, \"d\":4}";
	struct spans *s;

	assert_int_equal(spans_new(text, strlen(text), 2, NULL, NULL, &s, NULL), 0);
	int64_t a = spans_first(s, 0), b = spans_next(s, a), again = spans_next(s, b);
	assert_true(span_says(spans_key(s, a), "a"));
	assert_int_equal(spans_value(s, a).bytes, strlen("[1,[2]]"));
	assert_true(span_says(spans_key(s, b), "b"));
	assert_int_equal(spans_first(s, b), SPANS_NONE);
	assert_int_equal(spans_get(s, 0, "a"), again);
	assert_int_equal(spans_key(s, again).bytes, strlen("\"\\u0061\""));
	int64_t one = spans_first(s, a), two = spans_next(s, one);
	assert_int_equal(*spans_value(s, one).at, '1');
	assert_null(spans_key(s, one).at);
	assert_int_equal(spans_value(s, two).bytes, strlen("[2]"));
	assert_int_equal(spans_next(s, two), SPANS_NONE);
	/* Deeper than the index goes. */
	assert_int_equal(spans_first(s, two), SPANS_NONE);
	int64_t c = spans_get(s, again, "c");
	assert_true(c != SPANS_NONE);
	assert_int_equal(spans_first(s, c), SPANS_NONE);
	assert_int_equal(spans_next(s, spans_next(s, again)), SPANS_NONE);
	assert_int_equal(spans_next(s, 0), SPANS_NONE);
	assert_int_equal(spans_get(s, 0, "z"), SPANS_NONE);
	assert_null(spans_key(s, 0).at);
	/* What is not there has nothing. */
	assert_int_equal(spans_first(s, SPANS_NONE), SPANS_NONE);
	assert_int_equal(spans_next(s, 1000), SPANS_NONE);
	assert_int_equal(spans_get(s, SPANS_NONE, "a"), SPANS_NONE);
	assert_null(spans_value(s, SPANS_NONE).at);
	spans_free(s);
	spans_free(NULL);
}

struct told {
	unsigned times;
	size_t last, bytes;
};

static void on_passed(void *data, size_t offset)
{
	struct told *t = data;

	assert_true(offset > t->last && offset < t->bytes);
	t->last = offset;
	t->times++;
}

static void index__long__tells_what_is_passed(void **state)
{
	g_autoptr(GString) text = g_string_new("[");
	struct told told = { 0 };
	struct spans *s;

	while (text->len < 8 * 1024 * 1024)
		g_string_append(text, "{\"event_id\":\"$abc\",\"content\":{\"body\":\"hello\"}},");
	g_string_append(text, "1]");
	told.bytes = text->len;
	assert_int_equal(spans_new(text->str, text->len, 1, on_passed, &told, &s, NULL), 0);
	assert_true(told.times >= 7 && told.times <= 8);
	int64_t last = SPANS_NONE;
	for (int64_t i = spans_first(s, 0); i != SPANS_NONE; i = spans_next(s, i))
		last = i;
	assert_int_equal(*spans_value(s, last).at, '1');
	spans_free(s);
}

static void index__too_many__is_refused(void **state)
{
	g_autoptr(GString) text = g_string_new("[0");
	struct spans *s = NULL;
	size_t at = 0;

	while (text->len < 18 * 1024 * 1024)
		g_string_append(text, ",0,0,0,0,0,0,0,0");
	g_string_append_c(text, ']');
	assert_int_equal(spans_new(text->str, text->len, 1, NULL, NULL, &s, &at), -EFBIG);
	assert_null(s);
	assert_true(at > 0 && at < text->len);
	assert_int_equal(spans_new(text->str, text->len, 0, NULL, NULL, &s, NULL), 0);
	spans_free(s);
	assert_int_equal(spans_new(text->str, (size_t)UINT32_MAX + 1, 0, NULL, NULL, &s, &at),
			 -EFBIG);
}

/*
 * Beside jansson: documents by chance, whole and broken.
 */
static void write_text(GRand *r, GString *out)
{
	static const char *const parts[] = {
		"a",
		"type",
		"m.room.message",
		"\\n",
		"\\u00e9",
		"\\ud83d\\ude00",
		"\u00e9",
		"\u4e2d",
		"\U0001f600",
		"\\\"",
		"\\/",
		" ",
		"}",
		"0123456789abcdef",
	};

	g_string_append_c(out, '"');
	for (int n = g_rand_int_range(r, 0, 6); n > 0; n--)
		g_string_append(out, parts[g_rand_int_range(r, 0, G_N_ELEMENTS(parts))]);
	g_string_append_c(out, '"');
}

static void write_space(GRand *r, GString *out)
{
	static const char *const spaces[] = { "", "", "", "", " ", "\n", "\t\r " };

	g_string_append(out, spaces[g_rand_int_range(r, 0, G_N_ELEMENTS(spaces))]);
}

static void write_value(GRand *r, GString *out, unsigned depth);
static void write_inside(GRand *r, GString *out, unsigned depth, bool object)
{
	for (int n = g_rand_int_range(r, 0, 5), i = 0; i < n; i++) {
		if (i)
			g_string_append_c(out, ',');
		write_space(r, out);
		if (object) {
			write_text(r, out);
			write_space(r, out);
			g_string_append_c(out, ':');
		}
		write_value(r, out, depth + 1);
	}
}

static void write_value(GRand *r, GString *out, unsigned depth)
{
	static const char *const scalars[] = { "0",     "-1",   "true",
					       "false", "null", "1.5",
					       "1e10",  "-0.0", "9223372036854775807",
					       "12345" };
	int kind = g_rand_int_range(r, depth > 6 ? 2 : 0, 5);

	write_space(r, out);
	if (kind < 2) {
		g_string_append_c(out, kind ? '{' : '[');
		write_inside(r, out, depth, kind);
		write_space(r, out);
		g_string_append_c(out, kind ? '}' : ']');
	} else if (kind < 4) {
		write_text(r, out);
	} else {
		g_string_append(out, scalars[g_rand_int_range(r, 0, G_N_ELEMENTS(scalars))]);
	}
	write_space(r, out);
}

/* A byte other, away or more. */
static void spoil(GRand *r, GString *text)
{
	static const char likely[] = "\"\\{}[]:,0-.eu\x01\xc3\xed\x80 t";
	gssize at = g_rand_int_range(r, 0, (gint32)text->len);
	char c = likely[g_rand_int_range(r, 0, sizeof(likely) - 1)];

	switch (g_rand_int_range(r, 0, 4)) {
	case 0:
		text->str[at] = c;
		break;
	case 1:
		g_string_erase(text, at, 1);
		break;
	case 2:
		g_string_insert_c(text, at, c);
		break;
	default:
		g_string_truncate(text, (gsize)at);
		break;
	}
}

static void assert_same(struct span s, json_t *want);
static void assert_same_members(struct span s, json_t *want)
{
	const char *key;
	json_t *member;
	size_t n = 0;

	json_object_foreach(want, key, member) assert_same(span_get(s, key), member);
	for (struct span_each i = span_each(s); span_next(&i); n++) {
		g_autofree char *name = span_text(i.key);
		assert_non_null(json_object_get(want, name));
	}
	assert_true(n >= json_object_size(want));
}

static void assert_same(struct span s, json_t *want)
{
	size_t n = 0;
	int64_t value;

	assert_non_null(s.at);
	switch (json_typeof(want)) {
	case JSON_OBJECT:
		assert_true(span_is_object(s));
		assert_same_members(s, want);
		break;
	case JSON_ARRAY:
		assert_true(span_is_array(s));
		for (struct span_each i = span_each(s); span_next(&i);)
			assert_same(i.value, json_array_get(want, n++));
		assert_int_equal(n, json_array_size(want));
		break;
	case JSON_STRING:
		assert_true(span_says(s, json_string_value(want)));
		break;
	case JSON_INTEGER:
		assert_true(span_int(s, &value) && value == json_integer_value(want));
		break;
	case JSON_REAL:
		assert_false(span_int(s, &value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		assert_int_equal(span_is_true(s), json_is_true(want));
		break;
	case JSON_NULL:
		assert_int_equal(*s.at, 'n');
		break;
	}
}

/* What is to be the same by the index. */
static void assert_indexed(const struct spans *s, int64_t node, struct span whole)
{
	int64_t child = spans_first(s, node);

	assert_ptr_equal(spans_value(s, node).at, whole.at);
	assert_int_equal(spans_value(s, node).bytes, whole.bytes);
	for (struct span_each i = span_each(whole); span_next(&i); child = spans_next(s, child)) {
		assert_ptr_equal(spans_key(s, child).at, i.key.at);
		assert_int_equal(spans_key(s, child).bytes, i.key.bytes);
		assert_indexed(s, child, i.value);
	}
	assert_int_equal(child, SPANS_NONE);
}

/* What RFC 8259 has and jansson has not: numbers of any size, U+0000, half a surrogate pair. */
static bool known_difference(const json_error_t *e)
{
	enum json_error_code code = json_error_code(e);

	return code == json_error_numeric_overflow || code == json_error_null_character ||
	       code == json_error_null_byte_in_key || strstr(e->text, "invalid Unicode '\\u");
}

static bool compare(const GString *text)
{
	json_error_t error;
	json_t *tree = json_loadb(text->str, text->len, JSON_DECODE_ANY, &error);
	g_autofree char *copy = exact(text->str, text->len);
	struct span s;
	bool taken = span_check(copy, text->len, &s, NULL) == 0;

	if (tree && !taken)
		fail_msg("jansson takes it: %s", text->str);
	if (!tree && taken && !known_difference(&error))
		fail_msg("jansson does not take it (%s): %s", error.text, text->str);
	if (tree) {
		struct spans *index;

		assert_same(s, tree);
		assert_int_equal(
			spans_new(copy, text->len, SPAN_DEPTH_MOST, NULL, NULL, &index, NULL), 0);
		assert_indexed(index, 0, s);
		spans_free(index);
	}
	json_decref(tree);
	return taken;
}

static void jansson__documents_by_chance__are_taken_alike(void **state)
{
	GRand *r = g_rand_new_with_seed(1);
	unsigned good = 0, bad = 0;

	for (unsigned i = 0; i < 3000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		write_value(r, text, 0);
		assert_true(compare(text));
		for (unsigned k = 0; k < 4 && text->len; k++) {
			spoil(r, text);
			*(compare(text) ? &good : &bad) += 1;
		}
	}
	/* Neither everything nor nothing is spoilt by that. */
	assert_true(good > 500 && bad > 500);
	g_rand_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check__values__are_taken),
		cmocka_unit_test(check__no_values__are_refused_where_it_shows),
		cmocka_unit_test(check__cut_off_anywhere__is_refused),
		cmocka_unit_test(check__nested__goes_so_deep_and_no_deeper),
		cmocka_unit_test(int__numbers__only_those_that_fit),
		cmocka_unit_test(text__escapes__become_what_they_stand_for),
		cmocka_unit_test(get__members__the_last_of_a_name),
		cmocka_unit_test(each__elements__in_order),
		cmocka_unit_test(index__levels__no_deeper_than_asked),
		cmocka_unit_test(index__long__tells_what_is_passed),
		cmocka_unit_test(index__too_many__is_refused),
		cmocka_unit_test(jansson__documents_by_chance__are_taken_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
