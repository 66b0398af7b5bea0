/* JSON as text; how strings, keys and integers are written, the tests of canonical JSON show. */
#include "transport/matrix/dump.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_dumped(const char *text, const char *want)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	g_autofree char *got = dump_sorted(j);

	assert_string_equal(got, want);
	json_decref(j);
}

static void dump__is__compact_and_sorted(void **state)
{
	assert_dumped("{ \"b\" : [ 1, {}, [ ], null ],\n\"a\" : { \"d\" : true, \"c\" : false } }",
		      "{\"a\":{\"c\":false,\"d\":true},\"b\":[1,{},[],null]}");
	assert_dumped("\"\"", "\"\"");
	assert_dumped("\"a\\u0000b\\\"\\\\c\\n\"", "\"a\\u0000b\\\"\\\\c\\n\"");
}

static void dump__keeps__the_order_that_was_given(void **state)
{
	json_t *j = json_loads("{\"b\":{\"d\":1,\"c\":2},\"a\":[]}", 0, NULL);
	g_autofree char *got = dump_json(j);

	assert_string_equal(got, "{\"b\":{\"d\":1,\"c\":2},\"a\":[]}");
	json_decref(j);
}

/* As canonical JSON they would be nothing. */
static void dump__writes__any_number(void **state)
{
	assert_dumped("[0.5,-2.25,1.5e6]", "[0.5,-2.25,1500000]");
	assert_dumped("[9223372036854775807,-9223372036854775808]",
		      "[9223372036854775807,-9223372036854775808]");
	assert_dumped("[1e3,-0.0,9007199254740991.0]", "[1000,0,9007199254740991]");
}

static void dump__of_anything__reads_back(void **state)
{
	/* As dense as it may be. */
	char all[0x7f * 2 + 1];
	size_t bytes = 0;

	for (int c = 0; c < 0x7f; c++) {
		all[bytes++] = (char)c;
		all[bytes++] = '"';
	}
	json_t *j =
		json_pack("{s:o, s:[f, f, i, o]}", "text", json_stringn(all, bytes), "list", 0.1,
			  -1.7976931348623157e308, -7, json_string("\xf0\x9f\x98\x80\xc3\xa9"));
	g_autofree char *text = dump_json(j);
	json_t *again = json_loads(text, JSON_ALLOW_NUL, NULL);
	assert_non_null(again);
	assert_true(json_equal(j, again));
	json_decref(again);
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump__is__compact_and_sorted),
		cmocka_unit_test(dump__keeps__the_order_that_was_given),
		cmocka_unit_test(dump__writes__any_number),
		cmocka_unit_test(dump__of_anything__reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
