#include "transport/irc/ctcp.h"

#include "clock.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND CLOCK_US_PER_SECOND

static void assert_answer(struct ctcp *c, const char *asked, int64_t now_us, const char *expected)
{
	g_autofree char *got = ctcp_answer(c, asked, now_us);
	if (g_strcmp0(got, expected) != 0)
		fail_msg("%s: %s instead of %s", asked, got ? got : "nothing",
			 expected ? expected : "nothing");
}

static void irc_ctcp__answer__says_who_it_is_and_sends_pings_back(void **state)
{
	static const struct {
		const char *asked, *answer;
	} cases[] = {
		{ "\001VERSION\001", "\001VERSION kith " KITH_VERSION "\001" },
		{ "\001version", "\001VERSION kith " KITH_VERSION "\001" },
		{ "\001VERSION of what\001", "\001VERSION kith " KITH_VERSION "\001" },
		{ "\001CLIENTINFO\001", "\001CLIENTINFO ACTION CLIENTINFO PING VERSION\001" },
		{ "\001PING 1234 567\001", "\001PING 1234 567\001" },
		{ "\001PING 1\001 and more", "\001PING 1\001" },
		{ "\001PING\001", NULL },
		{ "\001PING \001", NULL },
		{ "\001PING a\x02"
		  "b\001",
		  NULL },
		{ "\001PING a\tb\001", NULL },
		{ "\001VERSIONS\001", NULL },
		{ "\001FINGER\001", NULL },
		{ "\001DCC SEND x 1 2 3\001", NULL },
		{ "\001\001", NULL },
		{ "\001", NULL },
		{ "", NULL },
		{ "VERSION", NULL },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct ctcp c = { .n_answered = 0 };
		assert_answer(&c, cases[i].asked, 0, cases[i].answer);
		/* What is not answered does not count. */
		assert_int_equal(c.n_answered, cases[i].answer != NULL);
	}
}

static void irc_ctcp__ping__is_bounded(void **state)
{
	for (int n = 64; n <= 65; n++) {
		struct ctcp c = { .n_answered = 0 };
		g_autofree char *payload = g_strnfill((gsize)n, 'x');
		g_autofree char *asked = g_strdup_printf("\001PING %s\001", payload);
		assert_answer(&c, asked, 0, n == 64 ? asked : NULL);
	}
}

static void irc_ctcp__answers__are_two_seconds_apart_and_five_a_minute(void **state)
{
	static const struct {
		int at_s;
		bool answered;
	} asked[] = {
		{ 100, true },  { 101, false }, { 102, true },  { 103, false }, { 104, true },
		{ 106, true },  { 108, true },  { 110, false }, { 159, false }, { 160, true },
		{ 161, false }, { 162, true },  { 300, true },  { 302, true },  { 304, true },
		{ 306, true },  { 308, true },  { 310, false }, { 359, false }, { 360, true },
	};
	struct ctcp c = { .n_answered = 0 };
	for (size_t i = 0; i < G_N_ELEMENTS(asked); i++)
		assert_answer(&c, "\001PING 1\001", asked[i].at_s * SECOND,
			      asked[i].answered ? "\001PING 1\001" : NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(irc_ctcp__answer__says_who_it_is_and_sends_pings_back),
		cmocka_unit_test(irc_ctcp__ping__is_bounded),
		cmocka_unit_test(irc_ctcp__answers__are_two_seconds_apart_and_five_a_minute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
