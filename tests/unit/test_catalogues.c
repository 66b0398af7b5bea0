/* Every language kith speaks, as it is part of the binary. */
#include "base/catalogues.h"
#include "post.h"
#include "words.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char *language_of(const struct embedded *catalogue)
{
	assert_true(g_str_has_suffix(catalogue->name, ".words"));
	return g_strndup(catalogue->name, strlen(catalogue->name) - strlen(".words"));
}

static struct words *open_words(const char *language)
{
	struct words *w = NULL;
	char *error = NULL;
	assert_int_equal(words_new(language, NULL, &w, &error), 0);
	return w;
}

/* The keys of a catalogue, as a set; one that stands there twice fails. */
static GHashTable *read_keys(const struct embedded *catalogue)
{
	GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) lines = g_strsplit(catalogue->text, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (!**line || strchr("#[", **line))
			continue;
		char *key = g_strstrip(g_strndup(*line, strcspn(*line, "=")));
		if (!g_hash_table_add(keys, key))
			fail_msg("%s: %s stands here twice", catalogue->name, *line);
	}
	return keys;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names between braces, sorted. Texts of ours hold no {{. */
static char *placeholders(const char *text)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	for (const char *p = text; (p = strchr(p, '{'));) {
		size_t n = strcspn(++p, "}");
		g_ptr_array_add(names, g_strndup(p, n));
	}
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return g_strjoinv(" ", (char **)names->pdata);
}

static void catalogues__every_language__has_englishs_keys_once(void **state)
{
	g_autoptr(GHashTable) english = read_keys(&words_catalogues[0]);
	assert_string_equal(words_catalogues[0].name, "en.words");
	assert_true(g_hash_table_size(english) > 0);

	for (const struct embedded *e = words_catalogues; e->name; e++) {
		g_autoptr(GHashTable) keys = read_keys(e);
		GHashTableIter iter;
		void *key;
		g_hash_table_iter_init(&iter, english);
		while (g_hash_table_iter_next(&iter, &key, NULL)) {
			if (!g_hash_table_contains(keys, key))
				fail_msg("%s: %s is missing", e->name, (char *)key);
		}
		assert_int_equal(g_hash_table_size(keys), g_hash_table_size(english));
	}
}

static void catalogues__every_language__uses_englishs_placeholders(void **state)
{
	struct words *english = open_words("en");
	for (const struct embedded *e = words_catalogues; e->name; e++) {
		g_autofree char *language = language_of(e);
		struct words *w = open_words(language);
		for (const char *const *key = words_keys(w); *key; key++) {
			g_autofree char *own = placeholders(words_get(w, *key));
			g_autofree char *source = placeholders(words_get(english, *key));
			if (strcmp(own, source) != 0)
				fail_msg("%s: %s has %s, not %s", e->name, *key, own, source);
		}
		words_free(w);
	}
	words_free(english);
}

/* A mark without its partner would be read out. */
static void catalogues__every_text__is_whole_markup(void **state)
{
	for (const struct embedded *e = words_catalogues; e->name; e++) {
		g_autofree char *language = language_of(e);
		struct words *w = open_words(language);
		for (const char *const *key = words_keys(w); *key; key++) {
			g_autofree char *plain = post_plain(words_get(w, *key));
			if (!*plain || strpbrk(plain, "`\\") || strstr(plain, "**"))
				fail_msg("%s: %s reads \"%s\"", e->name, *key, plain);
		}
		words_free(w);
	}
}

static void catalogues__numbers__have_both_sentences(void **state)
{
	struct words *w = open_words("en");
	for (const char *const *key = words_keys(w); *key; key++) {
		bool one = g_str_has_suffix(*key, ".one"), other = g_str_has_suffix(*key, ".other");
		if (!one && !other)
			continue;
		g_autofree char *base =
			g_strndup(*key, strlen(*key) - strlen(one ? ".one" : ".other"));
		g_autofree char *partner = g_strconcat(base, one ? ".other" : ".one", NULL);
		if (!words_get(w, partner))
			fail_msg("%s is alone", *key);
	}
	words_free(w);
}

static void catalogues__english__tells_times_and_names(void **state)
{
	/* Every month, and with them every weekday: the 1st of each of 2026, in seconds. */
	static const struct {
		int64_t at_s;
		const char *time, *day;
	} months[] = {
		{ 1767225600, "Thu 1 Jan 00:00 (Lisbon)", "1 January 2026" },
		{ 1769904000, "Sun 1 Feb 00:00 (Lisbon)", "1 February 2026" },
		{ 1772323200, "Sun 1 Mar 00:00 (Lisbon)", "1 March 2026" },
		{ 1775001600, "Wed 1 Apr 01:00 (Lisbon)", "1 April 2026" },
		{ 1777593600, "Fri 1 May 01:00 (Lisbon)", "1 May 2026" },
		{ 1780272000, "Mon 1 Jun 01:00 (Lisbon)", "1 June 2026" },
		{ 1782864000, "Wed 1 Jul 01:00 (Lisbon)", "1 July 2026" },
		{ 1785542400, "Sat 1 Aug 01:00 (Lisbon)", "1 August 2026" },
		{ 1788220800, "Tue 1 Sep 01:00 (Lisbon)", "1 September 2026" },
		{ 1790812800, "Thu 1 Oct 01:00 (Lisbon)", "1 October 2026" },
		{ 1793491200, "Sun 1 Nov 00:00 (Lisbon)", "1 November 2026" },
		{ 1796083200, "Tue 1 Dec 00:00 (Lisbon)", "1 December 2026" },
	};
	static const char *const names[] = { "ana", "ben", "cleo", NULL };
	struct words *w = open_words("en");
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Lisbon");

	assert_non_null(zone);
	for (size_t i = 0; i < G_N_ELEMENTS(months); i++) {
		int64_t at_us = months[i].at_s * G_USEC_PER_SEC;
		g_autofree char *time = words_time(w, at_us, zone, "Europe/Lisbon");
		g_autofree char *day = words_day(w, at_us, zone);
		assert_string_equal(time, months[i].time);
		assert_string_equal(day, months[i].day);
	}
	g_autofree char *joined = words_join(w, names);
	assert_string_equal(joined, "ana, ben and cleo");
	assert_int_equal(words_keyword(w, "keyword.want", "want: the ending"), 5);
	words_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(catalogues__every_language__has_englishs_keys_once),
		cmocka_unit_test(catalogues__every_language__uses_englishs_placeholders),
		cmocka_unit_test(catalogues__every_text__is_whole_markup),
		cmocka_unit_test(catalogues__numbers__have_both_sentences),
		cmocka_unit_test(catalogues__english__tells_times_and_names),
	};
	return cmocka_run_group_tests_name("catalogues", tests, NULL, NULL);
}
