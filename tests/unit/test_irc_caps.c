#include "transport/irc/caps.h"
#include "transport/irc/line.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ALL                                                                               \
	"account-notify account-tag batch cap-notify chghost echo-message extended-join " \
	"message-tags multi-prefix server-time userhost-in-names draft/chathistory"

static char *hear(struct caps *c, const char *text)
{
	struct line *l;
	assert_int_equal(line_parse(text, strlen(text), &l), 0);
	char *said = caps_hear(c, l);
	line_free(l);
	return said;
}

/* What is answered to `text`; NULL: nothing. */
static void expect(struct caps *c, const char *text, const char *answer)
{
	g_autofree char *said = hear(c, text);
	if (g_strcmp0(said, answer) != 0)
		fail_msg("%s\nis answered with: %s\nnot with:         %s", text, said, answer);
}

static int set_up(void **state)
{
	*state = caps_new(false);
	return 0;
}

static int set_up_signing_in(void **state)
{
	*state = caps_new(true);
	return 0;
}

static int tear_down(void **state)
{
	caps_free(*state);
	return 0;
}

static void irc_caps__list__is_asked_for_what_is_of_use(void **state)
{
	struct caps *c = *state;
	assert_false(caps_settled(c));
	expect(c, ":s CAP * LS :away-notify server-time multi-prefix sasl=PLAIN sts=port=6697 x/y",
	       "CAP REQ :multi-prefix server-time");
	assert_false(caps_settled(c));
	assert_true(caps_offers(c, CAP_SASL));
	assert_false(caps_offers(c, CAP_BATCH));
	assert_false(caps_on(c, CAP_SERVER_TIME));
	expect(c, ":s CAP * ACK :multi-prefix server-time ", NULL);
	assert_true(caps_settled(c));
	assert_true(caps_on(c, CAP_SERVER_TIME));
	assert_true(caps_on(c, CAP_MULTI_PREFIX));
	assert_false(caps_on(c, CAP_SASL));
}

static void irc_caps__list__may_offer_nothing(void **state)
{
	static const char *const lists[] = { ":s CAP * LS :", ":s CAP kith LS", "CAP * ls :x y z",
					     ":s CAP * LS * " };
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		struct caps *c = caps_new(true);
		expect(c, lists[i], NULL);
		assert_true(caps_settled(c));
		caps_free(c);
	}
}

static void irc_caps__list__goes_over_several_lines(void **state)
{
	struct caps *c = *state;
	expect(c, ":s CAP * LS * :account-notify account-tag batch cap-notify", NULL);
	expect(c, ":s CAP * LS * :chghost echo-message extended-join message-tags=x", NULL);
	assert_false(caps_settled(c));
	expect(c, ":s CAP kith LS :multi-prefix server-time userhost-in-names draft/chathistory",
	       "CAP REQ :" ALL);
	/* The answer may as well, and in any order. */
	expect(c, ":s CAP kith ACK * :draft/chathistory batch server-time", NULL);
	assert_false(caps_settled(c));
	expect(c,
	       ":s CAP kith ACK :account-notify account-tag cap-notify chghost echo-message "
	       "extended-join message-tags multi-prefix userhost-in-names",
	       NULL);
	assert_true(caps_settled(c));
	for (enum cap cap = 0; cap < CAP_LAST; cap++)
		assert_int_equal(caps_on(c, cap), cap != CAP_SASL);
}

static void irc_caps__sasl__is_for_those_who_sign_in(void **state)
{
	struct caps *c = *state;
	expect(c, ":s CAP * LS :sasl=EXTERNAL,PLAIN batch", "CAP REQ :batch sasl");
	assert_true(caps_mechanism(c, "PLAIN"));
	assert_true(caps_mechanism(c, "EXTERNAL"));
	assert_false(caps_mechanism(c, "EXTERN"));
	assert_false(caps_mechanism(c, "SCRAM-SHA-256"));
	expect(c, ":s CAP * ACK :sasl batch", NULL);
	assert_true(caps_on(c, CAP_SASL));
	expect(c, ":s CAP kith DEL :sasl", NULL);
	assert_false(caps_on(c, CAP_SASL));
	/* Services are back; we have long been in. */
	expect(c, ":s CAP kith NEW :sasl=PLAIN", NULL);
	assert_true(caps_offers(c, CAP_SASL));
	assert_false(caps_mechanism(c, "EXTERNAL"));
}

static void irc_caps__mechanism__may_be_any_where_none_is_named(void **state)
{
	struct caps *c = *state;
	assert_true(caps_mechanism(c, "PLAIN"));
	expect(c, ":s CAP * LS :sasl", "CAP REQ :sasl");
	assert_true(caps_mechanism(c, "PLAIN"));
	expect(c, ":s CAP * NEW :sasl=", NULL);
	assert_true(caps_mechanism(c, "EXTERNAL"));
}

static void irc_caps__refused__is_asked_for_part_by_part(void **state)
{
	struct caps *c = *state;
	expect(c, ":s CAP * LS :draft/chathistory server-time batch chghost",
	       "CAP REQ :batch chghost server-time draft/chathistory");
	expect(c, ":s CAP * NAK :batch chghost", "CAP REQ :batch"); /* cut short, as some do */
	expect(c, ":s CAP * ACK :batch", "CAP REQ :chghost");
	assert_false(caps_settled(c));
	expect(c, ":s CAP * NAK :chghost", "CAP REQ :server-time");
	expect(c, ":s CAP * ACK :server-time", "CAP REQ :draft/chathistory");
	expect(c, ":s CAP * NAK :draft/chathistory", NULL);
	assert_true(caps_settled(c));
	assert_true(caps_on(c, CAP_BATCH));
	assert_false(caps_on(c, CAP_CHGHOST));
	expect(c, ":s CAP * NAK :batch", NULL);
	assert_true(caps_on(c, CAP_BATCH));
}

static void irc_caps__history__needs_batches_and_times(void **state)
{
	struct caps *c = *state;
	expect(c, ":s CAP * LS :draft/chathistory batch", "CAP REQ :batch");
	expect(c, ":s CAP * ACK :batch", NULL);
	expect(c, ":s CAP * NEW :server-time", "CAP REQ :server-time draft/chathistory");
	expect(c, ":s CAP * ACK :server-time draft/chathistory", NULL);
	assert_true(caps_on(c, CAP_CHATHISTORY));
	expect(c, ":s CAP * DEL :batch", NULL);
	assert_false(caps_on(c, CAP_CHATHISTORY));
}

static void irc_caps__news__are_taken_and_given_up(void **state)
{
	struct caps *c = *state;
	expect(c, ":s CAP * LS :chghost", "CAP REQ :chghost");
	/* One question at a time: the next follows the answer. */
	expect(c, ":s CAP * NEW :batch x", NULL);
	expect(c, ":s CAP * ACK :chghost", "CAP REQ :batch");
	expect(c, ":s CAP * ACK :batch", NULL);
	expect(c, ":s CAP kith DEL :chghost batch", NULL);
	assert_false(caps_on(c, CAP_CHGHOST));
	assert_false(caps_offers(c, CAP_BATCH));
	expect(c, ":s CAP kith NEW chghost", "CAP REQ :chghost");
	expect(c, ":s CAP kith ACK chghost", NULL);
	assert_true(caps_on(c, CAP_CHGHOST));
	/* What the server takes back by itself is not fought for. */
	expect(c, ":s CAP kith ACK :-chghost", NULL);
	assert_false(caps_on(c, CAP_CHGHOST));
}

static void irc_caps__unasked__is_passed_over(void **state)
{
	struct caps *c = *state;
	static const char *const lines[] = {
		":s CAP * ACK :batch server-time sasl",
		":s CAP * NAK :batch",
		":s CAP * DEL :batch",
		":s CAP * LIST :batch",
		":s CAP *",
		":s CAP",
		":s CAP * FISH :batch",
		":s CAP * NAK",
		":s CAP * ACK * :",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		expect(c, lines[i], NULL);
	assert_false(caps_settled(c));
	expect(c, ":s CAP * LS :chghost", "CAP REQ :chghost");
	expect(c, ":s CAP * ACK :chghost batch sasl", NULL);
	expect(c, ":s CAP * LS :server-time", NULL); /* a second list nobody asked for */
	for (enum cap cap = 0; cap < CAP_LAST; cap++)
		assert_int_equal(caps_on(c, cap), cap == CAP_CHGHOST);
}

static void irc_caps__endless_list__has_an_end(void **state)
{
	struct caps *c = *state;
	g_autoptr(GString) line = g_string_new(":s CAP * LS * :sasl=x=, ,, = -batch ");
	for (int i = 0; i < 2000; i++)
		g_string_append(line, "x=y ");
	int lines = 0;
	while (!caps_settled(c)) {
		expect(c, line->str, NULL);
		lines++;
	}
	assert_int_equal(lines, 64);
	assert_false(caps_offers(c, CAP_BATCH));
}

int main(void)
{
#define TEST(f)    cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define SIGNING(f) cmocka_unit_test_setup_teardown(f, set_up_signing_in, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(irc_caps__list__is_asked_for_what_is_of_use),
		TEST(irc_caps__list__may_offer_nothing),
		TEST(irc_caps__list__goes_over_several_lines),
		SIGNING(irc_caps__sasl__is_for_those_who_sign_in),
		SIGNING(irc_caps__mechanism__may_be_any_where_none_is_named),
		TEST(irc_caps__refused__is_asked_for_part_by_part),
		TEST(irc_caps__history__needs_batches_and_times),
		TEST(irc_caps__news__are_taken_and_given_up),
		TEST(irc_caps__unasked__is_passed_over),
		TEST(irc_caps__endless_list__has_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
