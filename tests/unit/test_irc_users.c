#include "transport/irc/isupport.h"
#include "transport/irc/splits.h"
#include "transport/irc/users.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct isupport isupport;

static int set_up(void **state)
{
	isupport_init(&isupport);
	*state = users_new(&isupport);
	return 0;
}

static int tear_down(void **state)
{
	users_free(*state);
	return 0;
}

static void users__nick__is_found_as_the_server_compares_it(void **state)
{
	struct users *u = *state;
	user_learn(users_enter(u, "Ana[x]"), "ana", 5);
	assert_string_equal(users_find(u, "aNA{X}")->account, "ana");
	assert_null(users_find(u, "ana"));
	assert_string_equal(users_enter(u, "ANA[x]")->account, "ana");
	assert_string_equal(users_find(u, "ana[x]")->nick, "ANA[x]");
}

static void users__nick__proves_nothing_to_who_enters(void **state)
{
	struct users *u = *state;
	user_learn(users_enter(u, "ana"), "ana", 5);
	users_leave(u, "ana");
	assert_false(users_find(u, "ana")->known);
	struct user *impostor = users_enter(u, "ana");
	assert_false(impostor->known);
	assert_null(impostor->account);
	assert_null(users_of(u, "ana"));
}

static void users__rename__keeps_the_account(void **state)
{
	struct users *u = *state;
	user_learn(users_enter(u, "ana"), "ana", 5);
	user_learn(users_enter(u, "ben"), "ben", 5);
	users_rename(u, "ana", "Ana");
	users_rename(u, "ana", "eve");
	assert_null(users_find(u, "ana"));
	assert_true(users_find(u, "eve")->known);
	assert_string_equal(users_of(u, "ana")->nick, "eve");
	users_rename(u, "nobody", "ben");
	assert_string_equal(users_find(u, "ben")->account, "ben");
}

static void users__account__is_with_whom_it_was_heard_last(void **state)
{
	struct users *u = *state;
	user_learn(users_enter(u, "ana"), "ana", 5);
	user_learn(users_enter(u, "ana_"), "ana", 5);
	users_meet(u, "ana", 10);
	users_meet(u, "ana_", 20);
	assert_string_equal(users_of(u, "ana")->nick, "ana_");
	users_meet(u, "ana", 30);
	assert_string_equal(users_of(u, "ana")->nick, "ana");
	/* Somebody who has left was heard of last, but is not there. */
	users_leave(u, "ana");
	assert_string_equal(users_of(u, "ana")->nick, "ana_");
	users_leave(u, "ana_");
	assert_string_equal(users_of(u, "ana")->nick, "ana");
}

static void users__mask__matters_out_of_sight(void **state)
{
	struct users *u = *state;
	user_show(users_enter(u, "ana"), "a", "host");
	user_learn(users_find(u, "ana"), "ana", 5);
	user_show(users_find(u, "ana"), "a", "cloak");
	assert_true(users_find(u, "ana")->known);
	user_show(users_meet(u, "ben", 5), "b", "host");
	user_learn(users_find(u, "ben"), "ben", 5);
	user_show(users_find(u, "ben"), "b", "host");
	user_show(users_find(u, "ben"), NULL, NULL);
	assert_true(users_find(u, "ben")->known);
	user_show(users_find(u, "ben"), "b", "other");
	assert_false(users_find(u, "ben")->known);
}

static void users__met__are_few_and_the_oldest_go(void **state)
{
	struct users *u = *state;
	char nick[16];
	users_enter(u, "ana");
	for (int i = 0; i < USERS_MET_MOST + 2; i++) {
		g_snprintf(nick, sizeof(nick), "n%d", i);
		users_meet(u, nick, 100 + i);
		/* Who speaks again is young again. */
		users_meet(u, "n0", 100 + i);
	}
	assert_non_null(users_find(u, "n0"));
	assert_null(users_find(u, "n1"));
	assert_null(users_find(u, "n2"));
	assert_non_null(users_find(u, "n3"));
	assert_non_null(users_find(u, "ana"));
	/* Leaving is no way round it. */
	user_learn(users_find(u, "ana"), "ana", 5);
	users_leave(u, "ana");
	assert_non_null(users_find(u, "ana"));
	assert_null(users_find(u, "n3"));
}

static bool is_ana(void *data, const char *nick)
{
	return strcmp(nick, "ana") == 0;
}

static void users__keep__forgets_who_has_no_account(void **state)
{
	struct users *u = *state;
	user_learn(users_enter(u, "ana"), "ana", 5);
	user_learn(users_enter(u, "ben"), "ben", 5);
	users_enter(u, "cleo");
	users_meet(u, "dora", 5);
	users_keep(u, is_ana, NULL);
	assert_true(users_find(u, "ana")->known);
	assert_false(users_find(u, "ben")->known);
	assert_null(users_find(u, "cleo"));
	assert_non_null(users_find(u, "dora"));
}

static void users__is_nick__takes_one_nick_only(void **state)
{
	static const char *const bad[] = { "", "a b", "a,b", "#a", "*", "$a", "a!b", "a\nb", ":a" };
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(users_is_nick(&isupport, bad[i]));
	g_autofree char *endless = g_strnfill(65, 'a');
	assert_false(users_is_nick(&isupport, endless));
	assert_true(users_is_nick(&isupport, "ana[x]|^"));
}

static void splits__reason__is_two_servers(void **state)
{
	static const char *const splits[] = { "irc.a.net irc.b.net", "*.net *.split", "a.b c-1.d" };
	static const char *const words[] = {
		"",       "gone",        "Quit: a.b c.d", "a.b",     "a.b  c.d", "a.b c.d e.f",
		"a.b c.", ".net .split", "a.b c",         "1.5 2.5", "see you",  "a.b c.d!",
		" a.b",   "a.b ",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(splits); i++)
		assert_true(splits_is_one(splits[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		assert_false(splits_is_one(words[i]));
}

static void splits__back__is_by_account_then_by_nick(void **state)
{
	static const struct {
		const char *was, *nick, *account;
		bool known, back;
	} cases[] = {
		{ "ana", "ana", "ana", true, true },  { "ana", "ana_", "ana", true, true },
		{ "ana", "ana", NULL, true, false },  { "ana", "ana", "eve", true, false },
		{ "ana", "ana", NULL, false, true },  { "ana", "ana_", NULL, false, false },
		{ NULL, "ANA", NULL, true, true },    { NULL, "ana", "ana", true, true },
		{ NULL, "ana_", "ana", true, false },
	};
	static const char room[] = "#a";
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct splits *s = splits_new(&isupport);
		splits_add(s, room, "ana", cases[i].was, 10);
		assert_false(splits_back(s, "#b", cases[i].nick, cases[i].account, cases[i].known));
		assert_int_equal(
			splits_back(s, room, cases[i].nick, cases[i].account, cases[i].known),
			cases[i].back);
		assert_int_equal(splits_wait_us(s, 5), cases[i].back ? -1 : 5);
		splits_free(s);
	}
}

static void splits__take__gives_the_late_and_the_too_many(void **state)
{
	struct splits *s = splits_new(&isupport);
	for (int i = 0; i < SPLITS_MOST + 1; i++)
		splits_add(s, "#a", i ? "ben" : "ana", NULL, 10 + i);
	assert_int_equal(splits_wait_us(s, 0), 0);
	struct split *first = splits_take(s, 0);
	assert_string_equal(first->nick, "ana");
	split_free(first);
	assert_null(splits_take(s, 0));
	assert_int_equal(splits_wait_us(s, 4), 7);
	struct split *second = splits_take(s, 11);
	assert_string_equal(second->nick, "ben");
	split_free(second);
	assert_null(splits_take(s, 11));
	splits_free(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(users__nick__is_found_as_the_server_compares_it),
		TEST(users__nick__proves_nothing_to_who_enters),
		TEST(users__rename__keeps_the_account),
		TEST(users__account__is_with_whom_it_was_heard_last),
		TEST(users__mask__matters_out_of_sight),
		TEST(users__met__are_few_and_the_oldest_go),
		TEST(users__keep__forgets_who_has_no_account),
		TEST(users__is_nick__takes_one_nick_only),
		TEST(splits__reason__is_two_servers),
		TEST(splits__back__is_by_account_then_by_nick),
		TEST(splits__take__gives_the_late_and_the_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
