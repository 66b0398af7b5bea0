#include "transport/irc/line.h"
#include "transport/irc/sasl.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct sasl *sasl;
	GPtrArray *said;
};

static void said(void *data, const char *line)
{
	g_ptr_array_add(data, g_strdup(line));
}

static void begin(struct fixture *f, enum sasl_mechanism mechanism, const char *password)
{
	sasl_free(f->sasl);
	f->sasl = sasl_new(mechanism, "kith", password, said, f->said);
	sasl_begin(f->sasl);
}

static void hear(struct fixture *f, const char *text)
{
	struct line *l;
	assert_int_equal(line_parse(text, strlen(text), &l), 0);
	sasl_hear(f->sasl, l);
	line_free(l);
}

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	f->said = g_ptr_array_new_with_free_func(g_free);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	sasl_free(f->sasl);
	g_ptr_array_unref(f->said);
	g_free(f);
	return 0;
}

static void expect(struct fixture *f, const char *line)
{
	if (f->said->len == 0)
		fail_msg("nothing said instead of %s", line);
	assert_string_equal(f->said->pdata[0], line);
	g_ptr_array_remove_index(f->said, 0);
}

static void irc_sasl__plain__gives_account_and_password(void **state)
{
	static const char *const challenges[] = { ":s AUTHENTICATE +", "AUTHENTICATE :+" };
	struct fixture *f = *state;
	for (size_t i = 0; i < G_N_ELEMENTS(challenges); i++) {
		begin(f, SASL_PLAIN, "hunter2");
		expect(f, "AUTHENTICATE PLAIN");
		assert_int_equal(f->said->len, 0);
		hear(f, challenges[i]);
		/* NUL kith NUL hunter2: no authzid */
		expect(f, "AUTHENTICATE AGtpdGgAaHVudGVyMg==");
		/* Once is enough, whatever is asked. */
		hear(f, challenges[i]);
		assert_int_equal(f->said->len, 0);
		hear(f, ":s 900 kith kith!k@h kith :You are now logged in");
		assert_int_equal(sasl_state(f->sasl), SASL_ASKING);
		hear(f, ":s 903 kith :SASL authentication successful");
		assert_int_equal(sasl_state(f->sasl), SASL_DONE);
		hear(f, ":s 904 kith :too late");
		assert_int_equal(sasl_state(f->sasl), SASL_DONE);
	}
}

static void irc_sasl__external__has_nothing_to_give(void **state)
{
	struct fixture *f = *state;
	begin(f, SASL_EXTERNAL, NULL);
	expect(f, "AUTHENTICATE EXTERNAL");
	hear(f, "AUTHENTICATE +");
	expect(f, "AUTHENTICATE +");
	hear(f, ":s 907 kith :already");
	assert_int_equal(sasl_state(f->sasl), SASL_DONE);
}

static void irc_sasl__long_answer__comes_in_parts(void **state)
{
	/* Bytes of base64: 4 for each 3 of NUL "kith" NUL and the password, begun ones included. */
	static const size_t passwords[] = { 290, 291, 292, 294, 295, 594, 595 };
	static const size_t encoded[] = { 396, 396, 400, 400, 404, 800, 804 };
	struct fixture *f = *state;
	for (size_t i = 0; i < G_N_ELEMENTS(passwords); i++) {
		g_autofree char *password = g_strnfill(passwords[i], 'x');
		begin(f, SASL_PLAIN, password);
		expect(f, "AUTHENTICATE PLAIN");
		hear(f, "AUTHENTICATE +");
		g_autoptr(GString) all = g_string_new(NULL);
		/* The end is what is shorter than 400, if it is nothing but "+". */
		size_t parts = encoded[i] / 400 + 1;
		assert_int_equal(f->said->len, parts);
		for (size_t part = 0; part < parts; part++) {
			const char *payload =
				(char *)f->said->pdata[part] + strlen("AUTHENTICATE ");
			bool last = part == parts - 1;
			if (last && encoded[i] % 400 == 0)
				assert_string_equal(payload, "+");
			else
				g_string_append(all, payload);
			if (!last)
				assert_int_equal(strlen(payload), 400);
		}
		assert_int_equal(all->len, encoded[i]);
		gsize n;
		g_autofree char *message = (char *)g_base64_decode(all->str, &n);
		assert_int_equal(n, 6 + passwords[i]);
		assert_memory_equal(message, "\0kith\0x", 7);
		g_ptr_array_set_size(f->said, 0);
	}
}

static void irc_sasl__refusal__says_what_to_do(void **state)
{
	static const struct {
		enum sasl_mechanism mechanism;
		const char *line;
		enum sasl_state state;
		const char *reason; /* with * */
	} cases[] = {
		{ SASL_PLAIN, ":s 904 * :SASL authentication failed", SASL_REFUSED,
		  "*password-file*: SASL authentication failed" },
		{ SASL_EXTERNAL, ":s 904 * :no", SASL_REFUSED, "*certificate*fingerprint*: no" },
		{ SASL_PLAIN, ":s 905 * :too long", SASL_REFUSED, "*: too long" },
		{ SASL_PLAIN, ":s 902 * :locked", SASL_REFUSED, "*: locked" },
		{ SASL_PLAIN, ":s 906 * :aborted", SASL_LATER, "*broken off: aborted" },
		{ SASL_PLAIN, ":s 263 * AUTHENTICATE :busy", SASL_LATER, "*busy: busy" },
		{ SASL_PLAIN, ":s 263 * WHO :busy", SASL_ASKING, "" },
		{ SASL_PLAIN, ":s 908 * EXTERNAL,SCRAM-SHA-256 :are available", SASL_REFUSED,
		  "*only: EXTERNAL,SCRAM-SHA-256" },
		{ SASL_PLAIN, ":s 908 * EXTERNAL,PLAIN :are available", SASL_ASKING, "" },
		{ SASL_PLAIN, ":s 908", SASL_REFUSED, "*" },
		{ SASL_PLAIN, ":s AUTHENTICATE bm9uc2Vuc2U=", SASL_ASKING, "" },
		{ SASL_PLAIN, ":s AUTHENTICATE", SASL_ASKING, "" },
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		begin(f, cases[i].mechanism, "x");
		hear(f, cases[i].line);
		assert_int_equal(sasl_state(f->sasl), cases[i].state);
		if (!g_pattern_match_simple(cases[i].reason, sasl_reason(f->sasl)))
			fail_msg("%s: %s", cases[i].line, sasl_reason(f->sasl));
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(irc_sasl__plain__gives_account_and_password),
		TEST(irc_sasl__external__has_nothing_to_give),
		TEST(irc_sasl__long_answer__comes_in_parts),
		TEST(irc_sasl__refusal__says_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
