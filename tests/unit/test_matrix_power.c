#include "transport/matrix/power.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ANA "@ana:example.org"
#define BEN "@ben:example.org"

static struct span span_of(const char *text)
{
	struct span s = { 0 };

	if (text && span_check(text, strlen(text), &s, NULL) < 0)
		fail_msg("no JSON: %s", text);
	return s;
}

static const char *version(int n)
{
	static char text[64];

	g_snprintf(text, sizeof(text), "{\"room_version\":\"%d\"}", n);
	return text;
}

/* Of `user` in a room that ANA made. */
static int64_t of(const char *create, const char *levels, const char *user)
{
	return power_of(span_of(create), ANA, span_of(levels), user);
}

static int64_t needed(const char *create, const char *levels, const char *type, bool state)
{
	return power_needed(span_of(create), span_of(levels), type, state);
}

static int64_t needed_to(const char *create, const char *levels, const char *action)
{
	return power_needed_to(span_of(create), span_of(levels), action);
}

static void of__no_levels__the_creator_has_a_hundred(void **state)
{
	for (int n = 1; n <= 11; n++) {
		assert_int_equal(of(version(n), NULL, ANA), 100);
		assert_int_equal(of(version(n), NULL, BEN), 0);
	}
	assert_int_equal(of("{}", NULL, ANA), 100);
	assert_int_equal(of(NULL, NULL, ANA), 100);
	assert_int_equal(power_of(span_of(NULL), NULL, span_of(NULL), BEN), 0);
}

static void of__no_levels__the_content_names_the_creator_up_to_10(void **state)
{
	static const char ten[] = "{\"room_version\":\"10\",\"creator\":\"" BEN "\"}",
			  eleven[] = "{\"room_version\":\"11\",\"creator\":\"" BEN "\"}";

	assert_int_equal(of(ten, NULL, BEN), 100);
	assert_int_equal(of(ten, NULL, ANA), 0);
	assert_int_equal(of("{\"creator\":\"" BEN "\"}", NULL, BEN), 100);
	assert_int_equal(of(eleven, NULL, BEN), 0);
	assert_int_equal(of(eleven, NULL, ANA), 100);
}

static void of__levels__say_it(void **state)
{
	static const char levels[] = "{\"users\":{\"" BEN "\":50,\"@neg:h\":-5},"
				     "\"users_default\":7}";

	for (int n = 1; n <= 11; n++) {
		assert_int_equal(of(version(n), levels, BEN), 50);
		assert_int_equal(of(version(n), levels, "@neg:h"), -5);
		/* Who made the room is like anybody else then. */
		assert_int_equal(of(version(n), levels, ANA), 7);
		assert_int_equal(of(version(n), "{}", ANA), 0);
	}
	assert_int_equal(of(version(12), levels, BEN), 50);
	assert_int_equal(of(version(12), levels, "@cleo:h"), 7);
	assert_int_equal(of(version(12), NULL, BEN), 0);
}

static void of__creators__are_above_all_from_12_on(void **state)
{
	static const char levels[] = "{\"users\":{\"" BEN "\":9223372036854775807,\"" ANA "\":1}}",
			  several[] =
				  "{\"room_version\":\"12\",\"additional_creators\":[\"@cleo:h\","
				  "7,\"" BEN "\"]}";

	assert_true(of(version(12), levels, ANA) == POWER_CREATOR);
	assert_true(of(version(12), NULL, ANA) == POWER_CREATOR);
	assert_true(of(version(13), NULL, ANA) == POWER_CREATOR);
	assert_true(of(several, levels, BEN) == POWER_CREATOR);
	assert_true(of(several, levels, "@dan:h") == 0);
	/* However high a level is, it is none of theirs. */
	assert_true(of(version(12), levels, BEN) < POWER_CREATOR);
	assert_true(of(version(12), levels, BEN) > 100);
	assert_int_equal(
		of("{\"room_version\":\"12\",\"additional_creators\":\"" BEN "\"}", NULL, BEN), 0);
	assert_int_equal(of("{\"room_version\":\"12\",\"additional_creators\":{\"a\":\"" BEN "\"}}",
			    NULL, BEN),
			 0);
	assert_int_equal(
		of("{\"room_version\":\"11\",\"additional_creators\":[\"" BEN "\"]}", NULL, BEN),
		0);
	assert_true(power_has_creators(span_of(version(12))));
	assert_false(power_has_creators(span_of(version(11))));
	assert_false(power_has_creators(span_of("{}")));
	assert_false(power_has_creators(span_of("{\"room_version\":\"org.example.new\"}")));
	assert_false(power_has_creators(span_of("{\"room_version\":12}")));
}

static void of__strings__count_below_10(void **state)
{
	static const char levels[] = "{\"users\":{\"" BEN "\":\" +60 \",\"@x:h\":\"6x\","
				     "\"@y:h\":\"-3\",\"@z:h\":\"\",\"@f:h\":1.5},"
				     "\"users_default\":\"4\"}";

	for (int n = 1; n <= 9; n++) {
		assert_int_equal(of(version(n), levels, BEN), 60);
		assert_int_equal(of(version(n), levels, "@x:h"), 4);
		assert_int_equal(of(version(n), levels, "@y:h"), -3);
		assert_int_equal(of(version(n), levels, "@z:h"), 4);
		assert_int_equal(of(version(n), levels, "@f:h"), 4);
	}
	for (int n = 10; n <= 12; n++)
		assert_int_equal(of(version(n), levels, BEN), 0);
}

static void needed__types__have_theirs(void **state)
{
	static const char levels[] = "{\"events\":{\"m.room.message\":10,\"m.room.name\":70},"
				     "\"events_default\":5,\"state_default\":60}";

	assert_int_equal(needed("{}", levels, "m.room.message", false), 10);
	assert_int_equal(needed("{}", levels, "m.reaction", false), 5);
	assert_int_equal(needed("{}", levels, "m.room.name", true), 70);
	assert_int_equal(needed("{}", levels, "m.room.topic", true), 60);
	assert_int_equal(needed("{}", "{}", "m.room.message", false), 0);
	assert_int_equal(needed("{}", "{}", "m.room.topic", true), 50);
	assert_int_equal(needed("{}", NULL, "m.room.message", false), 0);
	assert_int_equal(needed("{}", NULL, "m.room.topic", true), 0);
	assert_int_equal(needed(version(9), "{\"events_default\":\"5\"}", "x", false), 5);
	assert_int_equal(needed(version(10), "{\"events_default\":\"5\"}", "x", false), 0);
}

static void needed_to__actions__have_theirs(void **state)
{
	static const char *const moderation[] = { "ban", "kick", "redact" };

	for (size_t i = 0; i < G_N_ELEMENTS(moderation); i++) {
		assert_int_equal(needed_to("{}", NULL, moderation[i]), 50);
		assert_int_equal(needed_to("{}", "{}", moderation[i]), 50);
	}
	assert_int_equal(needed_to("{}", NULL, "invite"), 0);
	assert_int_equal(needed_to("{}", "{}", "invite"), 0);
	assert_int_equal(needed_to("{}", NULL, "state_default"), 0);
	assert_int_equal(needed_to("{}", "{}", "state_default"), 50);
	assert_int_equal(needed_to("{}", "{\"ban\":60,\"invite\":3}", "ban"), 60);
	assert_int_equal(needed_to("{}", "{\"ban\":60,\"invite\":3}", "invite"), 3);
}

static void any__wrong_types__are_as_if_not_there(void **state)
{
	static const char *const odd[] = {
		"[]",
		"1",
		"null",
		"\"x\"",
		"{\"users\":[]}",
		"{\"users\":{\"" BEN "\":[]}}",
		"{\"users\":{\"" BEN "\":99999999999999999999}}",
		"{\"users_default\":{}}",
		"{\"events\":1,\"events_default\":true}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(odd); i++)
		for (int n = 1; n <= 12; n++) {
			assert_int_equal(of(version(n), odd[i], BEN), 0);
			assert_int_equal(needed(version(n), odd[i], "m.room.message", false), 0);
		}
	assert_int_equal(of("{\"room_version\":[]}", "{\"users_default\":\"3\"}", BEN), 3);
	assert_int_equal(of("[1]", "{\"users_default\":3}", BEN), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of__no_levels__the_creator_has_a_hundred),
		cmocka_unit_test(of__no_levels__the_content_names_the_creator_up_to_10),
		cmocka_unit_test(of__levels__say_it),
		cmocka_unit_test(of__creators__are_above_all_from_12_on),
		cmocka_unit_test(of__strings__count_below_10),
		cmocka_unit_test(needed__types__have_theirs),
		cmocka_unit_test(needed_to__actions__have_theirs),
		cmocka_unit_test(any__wrong_types__are_as_if_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
