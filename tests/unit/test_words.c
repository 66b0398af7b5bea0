/* words.c over a small catalogue of its own, so that every rule has a sentence to show it. What
 * kith really says is held by test_catalogues. */
#include "words.h"

#include "base/catalogues.h"
#include "clock.h"
#include "post.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char english[] =
	"[words]\n"
	"weekday.1 = Mon\nweekday.3 = Wed\nweekday.4 = Thu\nmonth.1 = Jan\nmonth.11 = Nov\n"
	"month.long.1 = January\nmonth.long.11 = November\n"
	"time.format = {weekday} {day} {month} {time} ({zone})\n"
	"day.format = {day} {month} {year}\n"
	"join.many = {first}, {last}\n"
	"join.two = {first} and {last}\n"
	"keyword.because = because | since\n"
	"keyword.want = want:\n"
	"keyword.by = by\n"
	"round.open = The round is **open**, {name}: `{p}show`.\n"
	"braces = {{name}} }}{{\n"
	"lines = one\\ntwo \\\\n \\* three   \n"
	"entry.one = {n} entry of {name}\n"
	"entry.other = {n} entries of {name}\n";

static const char german[] = "[words]\n"
			     "month.11 = Nov.\n"
			     "time.format = {weekday} {day}. {month} {time}\n"
			     "join.two = {first} und {last}\n"
			     "keyword.because = weil\n"
			     "round.open = Los, {name}: {group} wartet.\n"
			     "not.in.english = nie gesagt\n";

const struct embedded words_catalogues[] = {
	{ "en.words", english, sizeof english - 1 },
	{ "de.words", german, sizeof german - 1 },
	{ NULL, NULL, 0 },
};

static struct words *open_words(const char *language)
{
	struct words *w = NULL;
	char *error = NULL;
	assert_int_equal(words_new(language, NULL, &w, &error), 0);
	assert_null(error);
	words_set(w, "p", "!");
	words_set(w, "group", "Tuesday *Makers*");
	return w;
}

/* A word list with one override; the error is what words_new says. */
static int open_with(const char *key, const char *text, struct words **ret, char **ret_error)
{
	g_autoptr(GHashTable) overrides = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_insert(overrides, (void *)key, (void *)text);
	return words_new("en", overrides, ret, ret_error);
}

/* Asserts end a process, so each is tried in one of its own. */
static bool aborts(void (*bug)(void))
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		signal(SIGABRT, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		bug();
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void words_new__unknown_language__names_those_there_are(void **state)
{
	struct words *w = NULL;
	g_autofree char *error = NULL;
	assert_int_equal(words_new("tlh", NULL, &w, &error), -ENOENT);
	assert_null(w);
	assert_string_equal(error, "no language \"tlh\"; there is en, de");
}

static void words_new__translation__falls_back_key_by_key(void **state)
{
	struct words *w = open_words("de");
	assert_string_equal(words_get(w, "join.two"), "{first} und {last}");
	assert_string_equal(words_get(w, "weekday.4"), "Thu");
	assert_null(words_get(w, "not.in.english"));
	assert_null(words_get(w, "nowhere"));
	words_free(w);
	words_free(NULL);
}

static void words_keys__are_englishs_and_sorted(void **state)
{
	struct words *w = open_words("de");
	const char *const *keys = words_keys(w);
	size_t n = 0;
	for (; keys[n]; n++)
		assert_true(n == 0 || strcmp(keys[n - 1], keys[n]) < 0);
	assert_int_equal(n, 19);
	assert_string_equal(keys[0], "braces");
	words_free(w);
}

static void words_new__override__is_said_instead(void **state)
{
	struct words *w = NULL;
	g_autofree char *error = NULL;
	assert_int_equal(open_with("round.open", "Open in {group}!\\nGo.", &w, &error), 0);
	words_set(w, "p", "!");
	words_set(w, "group", "Makers");
	g_autofree char *said = words_say(w, "round.open", "name", "ana", NULL);
	assert_string_equal(said, "Open in Makers!\nGo.");
	words_free(w);
}

static void words_new__wrong_override__says_what_is_wrong(void **state)
{
	static const struct {
		const char *key, *text, *error;
	} cases[] = {
		{ "rond.open", "x", "rond.open is no key; did you mean round.open?" },
		{ "zzzzzzzz", "x", "zzzzzzzz is no key" },
		{ "round.open", "Hi {nam}",
		  "round.open has {nam}, which this sentence does not know" },
		{ "round.open", "Hi {name",
		  "round.open has a brace that is part of no {name}; write {{ or }} for the brace "
		  "itself" },
		{ "round.open", "Hi }",
		  "round.open has a brace that is part of no {name}; write {{ or }} for the brace "
		  "itself" },
		{ "round.open", "\xff", "round.open is not UTF-8" },
		/* The parts of values are filled without what every sentence may use. */
		{ "day.format", "{p}{day}",
		  "day.format has {p}, which this sentence does not know" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct words *w = NULL;
		g_autofree char *error = NULL;
		assert_int_equal(open_with(cases[i].key, cases[i].text, &w, &error), -EINVAL);
		assert_null(w);
		assert_string_equal(error, cases[i].error);
	}
}

static void words_new__wrong_overrides__are_all_told(void **state)
{
	g_autoptr(GHashTable) overrides = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_insert(overrides, (void *)"zzzzzzzz", (void *)"x");
	g_hash_table_insert(overrides, (void *)"braces", (void *)"{x}");
	g_hash_table_insert(overrides, (void *)"join.two", (void *)"{first} & {last}");
	struct words *w = NULL;
	g_autofree char *error = NULL;
	assert_int_equal(words_new("en", overrides, &w, &error), -EINVAL);
	assert_string_equal(error, "braces has {x}, which this sentence does not know\n"
				   "zzzzzzzz is no key");
}

static void words_say__values__are_literal_unless_they_are_ours(void **state)
{
	struct words *w = open_words("en");
	g_autofree char *theirs = words_say(w, "round.open", "name", "**ana** {p}\n@room", NULL);
	g_autofree char *plain = post_plain(theirs);
	assert_string_equal(plain, "The round is open, **ana** {p} @\u2060room: !show.");
	g_autofree char *ours = words_say(w, "round.open", "=name", "**ana**", "unused", "x", NULL);
	assert_string_equal(ours, "The round is **open**, **ana**: `!show`.");
	words_free(w);
}

static void words_say__shared_value__is_literal_and_can_change(void **state)
{
	struct words *w = open_words("de");
	g_autofree char *before = words_say(w, "round.open", "name", "ana", NULL);
	assert_string_equal(before, "Los, ana: Tuesday \\*Makers\\* wartet.");
	words_set(w, "group", "Night Shift");
	g_autofree char *after = words_say(w, "round.open", "name", "ana", NULL);
	assert_string_equal(after, "Los, ana: Night Shift wartet.");
	words_free(w);
}

static void words_say__escapes__are_braces_lines_and_markups_own(void **state)
{
	struct words *w = open_words("en");
	g_autofree char *braces = words_say(w, "braces", NULL);
	g_autofree char *lines = words_say(w, "lines", NULL);
	assert_string_equal(braces, "{name} }{");
	assert_string_equal(lines, "one\ntwo \\\\n \\* three");
	words_free(w);
}

static void words_say_n__number__chooses_the_sentence(void **state)
{
	static const struct {
		int64_t n;
		const char *said;
	} cases[] = {
		{ 1, "1 entry of ana" },
		{ 0, "0 entries of ana" },
		{ 2, "2 entries of ana" },
		{ INT64_MAX, "9223372036854775807 entries of ana" },
	};
	struct words *w = open_words("en");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *said = words_say_n(w, "entry", cases[i].n, "name", "ana", NULL);
		assert_string_equal(said, cases[i].said);
	}
	words_free(w);
}

static void say_unknown_key(void)
{
	g_free(words_say(open_words("en"), "nowhere", NULL));
}

static void say_unfilled(void)
{
	g_free(words_say(open_words("en"), "round.open", "nam", "ana", NULL));
}

/* German says it without {name}, or an override may: the caller is wrong all the same. */
static void say_unfilled_where_it_is_left_out(void)
{
	struct words *w = NULL;
	char *error = NULL;
	if (open_with("entry.other", "some entries", &w, &error) == 0)
		g_free(words_say_n(w, "entry", 2, NULL));
}

static void say_without_its_shared_value(void)
{
	struct words *w = NULL;
	char *error = NULL;
	if (words_new("en", NULL, &w, &error) == 0)
		g_free(words_say(w, "round.open", "name", "ana", NULL));
}

static void say_null(void)
{
	g_free(words_say(open_words("en"), "round.open", "name", NULL, NULL));
}

static void set_what_is_not_shared(void)
{
	words_set(open_words("en"), "name", "ana");
}

static void say_properly(void)
{
	g_free(words_say(open_words("en"), "round.open", "name", "ana", NULL));
}

static void words_say__bug__asserts(void **state)
{
	static void (*const bugs[])(void) = {
		say_unknown_key,
		say_unfilled,
		say_unfilled_where_it_is_left_out,
		say_without_its_shared_value,
		say_null,
		set_what_is_not_shared,
	};
	for (size_t i = 0; i < G_N_ELEMENTS(bugs); i++)
		assert_true(aborts(bugs[i]));
	assert_false(aborts(say_properly));
}

static void words_keyword__at_the_start__is_found_whole(void **state)
{
	static const struct {
		const char *language, *key, *text;
		unsigned length;
	} cases[] = {
		{ "en", "keyword.because", "because it moves", 7 },
		{ "en", "keyword.because", "BECAUSE", 7 },
		{ "en", "keyword.because", "since, well", 5 },
		{ "en", "keyword.because", "becauses", 0 },
		{ "en", "keyword.because", "because_of", 0 },
		{ "en", "keyword.because", "because\u0301", 0 },
		{ "en", "keyword.because", " because", 0 },
		{ "en", "keyword.because", "becaus", 0 },
		{ "en", "keyword.because", "", 0 },
		{ "en", "keyword.because", "weil es", 0 },
		{ "en", "keyword.by", "by Friday", 2 },
		{ "en", "keyword.by", "by-product", 0 },
		{ "en", "keyword.by", "by's", 0 },
		{ "en", "keyword.by", "by - Friday", 2 },
		{ "en", "keyword.by", "by'", 2 },
		{ "en", "keyword.want", "Want:the ending", 5 },
		{ "en", "keyword.want", "want the", 0 },
		{ "de", "keyword.because", "Weil es", 4 },
		{ "de", "keyword.because", "because es", 7 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct words *w = open_words(cases[i].language);
		assert_int_equal(words_keyword(w, cases[i].key, cases[i].text), cases[i].length);
		words_free(w);
	}
}

static void words_join__names__in_the_languages_manner(void **state)
{
	static const struct {
		const char *language;
		const char *names[5];
		const char *joined;
	} cases[] = {
		{ "en", { NULL }, "" },
		{ "en", { "ana" }, "ana" },
		{ "en", { "ana", "ben" }, "ana and ben" },
		{ "en", { "ana", "ben", "cleo" }, "ana, ben and cleo" },
		{ "en", { "ana", "ben", "{p}", "*" }, "ana, ben, {p} and *" },
		{ "de", { "ana", "ben", "cleo" }, "ana, ben und cleo" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct words *w = open_words(cases[i].language);
		g_autofree char *joined = words_join(w, cases[i].names);
		assert_string_equal(joined, cases[i].joined);
		words_free(w);
	}
}

static void words_time__moment__is_told_in_its_zone(void **state)
{
	static const struct {
		const char *language, *zone;
		int64_t at_us;
		const char *time, *day;
	} cases[] = {
		{ "en", "Europe/Berlin", INT64_C(1795719600000000), "Thu 26 Nov 20:00 (Berlin)",
		  "26 November 2026" },
		{ "en", "UTC", INT64_C(1795719600000000), "Thu 26 Nov 19:00 (UTC)",
		  "26 November 2026" },
		{ "en", "America/Argentina/Buenos_Aires", INT64_C(1795719600000000),
		  "Thu 26 Nov 16:00 (Buenos Aires)", "26 November 2026" },
		{ "en", "UTC", 0, "Thu 1 Jan 00:00 (UTC)", "1 January 1970" },
		{ "de", "Europe/Berlin", INT64_C(1795719600000000), "Thu 26. Nov. 20:00",
		  "26 November 2026" },
		/* A microsecond before a minute belongs to the one before, on both sides of 1970.
		 */
		{ "en", "UTC", CLOCK_US_PER_DAY - 1, "Thu 1 Jan 23:59 (UTC)", "1 January 1970" },
		{ "en", "UTC", -364 * CLOCK_US_PER_DAY - 1, "Wed 1 Jan 23:59 (UTC)",
		  "1 January 1969" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct words *w = open_words(cases[i].language);
		g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(cases[i].zone);
		assert_non_null(zone);
		g_autofree char *time = words_time(w, cases[i].at_us, zone, cases[i].zone);
		g_autofree char *day = words_day(w, cases[i].at_us, zone);
		assert_string_equal(time, cases[i].time);
		assert_string_equal(day, cases[i].day);
		words_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_new__unknown_language__names_those_there_are),
		cmocka_unit_test(words_new__translation__falls_back_key_by_key),
		cmocka_unit_test(words_keys__are_englishs_and_sorted),
		cmocka_unit_test(words_new__override__is_said_instead),
		cmocka_unit_test(words_new__wrong_override__says_what_is_wrong),
		cmocka_unit_test(words_new__wrong_overrides__are_all_told),
		cmocka_unit_test(words_say__values__are_literal_unless_they_are_ours),
		cmocka_unit_test(words_say__shared_value__is_literal_and_can_change),
		cmocka_unit_test(words_say__escapes__are_braces_lines_and_markups_own),
		cmocka_unit_test(words_say_n__number__chooses_the_sentence),
		cmocka_unit_test(words_say__bug__asserts),
		cmocka_unit_test(words_keyword__at_the_start__is_found_whole),
		cmocka_unit_test(words_join__names__in_the_languages_manner),
		cmocka_unit_test(words_time__moment__is_told_in_its_zone),
	};
	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
