#include "fixture.h"

#include "command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_marked(const struct command *command)
{
	g_autofree char *mark = g_strconcat("reaction.", command->name, NULL);
	g_autofree char *help = g_strconcat("help.mark.", command->name, NULL);
	struct words *words;
	char *error = NULL;

	assert_int_equal(words_new("en", NULL, &words, &error), 0);
	assert_int_equal(!!words_get(words, mark), command->mark);
	assert_int_equal(!!words_get(words, help), command->mark);
	words_free(words);
}

static void table__commands__are_sorted_and_documented(void **state)
{
	for (const struct command *const *c = commands; *c; c++) {
		const char *name = (*c)->name;
		size_t length = strlen(name);
		unsigned taken = 0;

		if (c > commands)
			assert_true(strcmp(c[-1]->name, name) < 0);
		assert_true(length > 0 && (*c)->run);
		for (size_t i = 0; i < length; i++)
			assert_true(g_ascii_islower(name[i]) || strchr(" -", name[i]));
		/* The usage and the example are of this command, without a prefix. */
		assert_true(g_str_has_prefix((*c)->usage, name));
		assert_true(strchr(" ", (*c)->usage[length]) != NULL);
		/* `admin` alone has nothing to show but the others. */
		if (!g_str_has_prefix((*c)->example, name) ||
		    (command_find((*c)->example, &taken) != *c && strcmp(name, "admin")))
			fail_msg("the example of %s is \"%s\"", name, (*c)->example);
		assert_true(g_str_has_suffix((*c)->summary, "."));
		assert_true(g_utf8_validate((*c)->summary, -1, NULL));
		assert_null(strpbrk((*c)->summary, "\n"));
		/* A reply stands for something of the usage; a mark has its words. */
		assert_true(!(*c)->reply || strstr((*c)->usage, (*c)->reply));
		assert_marked(*c);
		/* What is only for organizers says so in its name. */
		assert_int_equal((*c)->who == COMMAND_ORGANIZER, g_str_has_prefix(name, "admin"));
	}
}

static void table__names_and_aliases__are_nobody_elses(void **state)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (const struct command *const *c = commands; *c; c++) {
		g_auto(GStrv) aliases = g_strsplit((*c)->aliases ? (*c)->aliases : "", " ", -1);

		assert_true(g_hash_table_add(seen, g_strdup((*c)->name)));
		for (char **alias = aliases; *alias; alias++)
			assert_true(g_hash_table_add(seen, g_strdup(*alias)));
	}
}

static void find__text__is_the_longest_at_a_word_boundary(void **state)
{
	static const struct {
		const char *text, *want;
		unsigned length;
	} cases[] = {
		{ "note 3 x", "note", 4 },
		{ "NoTe 3 x", "note", 4 },
		{ "note", "note", 4 },
		{ "note: 3", "note", 4 },
		{ "show\"Title\"", "show", 4 },
		{ "best https://example.org/", "show", 4 },
		{ "led-to 3", "led-to", 6 },
		{ "admin", "admin", 5 },
		{ "admin round open", "admin round", 11 },
		{ "ADMIN   Round open", "admin round", 13 },
		{ "admin rounds", "admin", 5 },
		{ "admin roundabout", "admin", 5 },
		{ "forget me", "forget me", 9 },
		{ "forget", NULL, 0 },
		{ "forget mean", NULL, 0 },
		{ "notes 3", NULL, 0 },
		{ "note3", NULL, 0 },
		{ "led", NULL, 0 },
		{ "show-off", NULL, 0 },
		{ "notée", NULL, 0 },
		{ " note", NULL, 0 },
		{ "", NULL, 0 },
		{ "ｎｏｔｅ", NULL, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		unsigned length = 0;
		const struct command *c = command_find(cases[i].text, &length);

		if (g_strcmp0(c ? c->name : NULL, cases[i].want) || length != cases[i].length)
			fail_msg("\"%s\" is %s (%u)", cases[i].text, c ? c->name : "nothing",
				 length);
	}
}

/* olga is organizer and member, ben has shown #1 to #3, the round is open and she is in it; what a
 * stranger wrote lies with her. */
static void prepare(struct fixture *f)
{
	static const char *const shown[] = { "Bench", "Chair", "Desk" };

	fixture_init(f, fixture_config);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_member(f, "olga");
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	for (size_t i = 0; i < G_N_ELEMENTS(shown); i++) {
		g_autofree char *text = g_strdup_printf("!show \"%s\"", shown[i]);
		fixture_say(f, "ben", text);
	}
	fixture_say(f, "olga", "!show \"Lamp\"");
	fixture_say(f, "olga", "!admin pitch mode gentle"); /* a new place is only observed */
	fixture_say(f, "zed",
		    "My course is 40% off this week only, sign up at https://zed.example");
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_HOUR);
	fixture_say(f, "zed", "Last chance: my course is 50% off today, sign up, DM me for a code");
	g_free(fixture_heard(f));
}

static void example__of_every_command__works(void **state)
{
	static const char *const refusals[] = { "usage",      "unknown",        "too-long",
						"not-joined", "not-identified", "not-organizer" };

	for (const struct command *const *c = commands; *c; c++) {
		struct fixture f;
		g_autofree char *text = g_strconcat("!", (*c)->example, NULL);

		prepare(&f);
		fixture_say(&f, "olga", text);
		g_autofree char *heard = fixture_heard(&f);
		if (!*heard)
			fail_msg("\"%s\" has no answer", text);
		for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++)
			if (g_str_has_prefix(heard, refusals[i]))
				fail_msg("\"%s\": %s", text, heard);
		fixture_done(&f);
	}
}

static void arguments__none__are_asked_for(void **state)
{
	for (const struct command *const *c = commands; *c; c++) {
		/* Those whose usage demands something. */
		const char *rest = (*c)->usage + strlen((*c)->name);
		bool demands = *rest == ' ' && rest[1] != '[' && (*c)->run != NULL;
		struct fixture f;
		g_autofree char *text = g_strconcat("!", (*c)->name, NULL);

		if (!demands || !strcmp((*c)->name, "admin"))
			continue;
		prepare(&f);
		fixture_say(&f, "olga", text);
		g_autofree char *heard = fixture_heard(&f);
		if (!g_str_has_prefix(heard, "usage"))
			fail_msg("\"%s\": %s", text, heard);
		const char *answer = fixture_post(&f, "usage")->post.markup;
		g_autofree char *plain = post_plain(answer);
		assert_non_null(strstr(plain, (*c)->usage));
		assert_non_null(strstr(plain, (*c)->example));
		fixture_done(&f);
	}
}

static void help__every_command__is_explained(void **state)
{
	struct fixture f;

	prepare(&f);
	for (const struct command *const *c = commands; *c; c++) {
		g_autofree char *text = g_strconcat("!help ", (*c)->name, NULL);

		fixture_say(&f, "olga", text);
		const struct fake_post *answer = fixture_post(&f, "help.command");
		g_autofree char *plain = post_plain(answer->post.markup);
		assert_non_null(strstr(plain, (*c)->usage));
		assert_non_null(strstr(plain, (*c)->summary));
	}
	fixture_done(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__commands__are_sorted_and_documented),
		cmocka_unit_test(table__names_and_aliases__are_nobody_elses),
		cmocka_unit_test(find__text__is_the_longest_at_a_word_boundary),
		cmocka_unit_test(example__of_every_command__works),
		cmocka_unit_test(arguments__none__are_asked_for),
		cmocka_unit_test(help__every_command__is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
