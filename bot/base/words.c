#include "words.h"

#include "base/log.h"
#include "base/text/text.h"
#include "catalogues.h"
#include "post.h"
#include "template.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sysexits.h>

#define SOURCE_LANGUAGE "en" /* the one every key and placeholder is measured by */

/* What every sentence may use: words_set. */
static const char *const shared_names[] = { "p", "group", "retention", NULL };

struct words {
	GHashTable *english; /* key -> text; shared, like the next */
	GHashTable *own;     /* the language's, of the same keys */
	GHashTable *texts;   /* what the group says differently */
	const char **keys;
	char *shared[G_N_ELEMENTS(shared_names) - 1]; /* markup; NULL until set */
};

/* Texts that are no sentences: parts of values, or what people's words are compared with. */
static bool is_part(const char *key)
{
	static const char *const families[] = { "weekday.",    "month.",     "time.format",
						"date.format", "day.format", "join.",
						"keyword." };
	for (unsigned i = 0; i < G_N_ELEMENTS(families); i++) {
		if (g_str_has_prefix(key, families[i]))
			return true;
	}
	return false;
}

/* What is wrong with `text` as the text of `key`, for a person; NULL if nothing. */
static char *text_fault(const char *key, const char *text, const char *english)
{
	return template_fault(text, english, is_part(key) ? NULL : shared_names);
}

/* As a person writes it in a file of one line a text: \n is a line break, and any other backslash
 * belongs to the markup. */
static char *unfold_lines(const char *written)
{
	char *text = g_malloc(strlen(written) + 1), *to = text;

	for (const char *p = written; *p; p++) {
		if (p[0] == '\\' && p[1] == 'n') {
			*to++ = '\n';
			p++;
		} else {
			*to++ = *p;
			if (p[0] == '\\' && p[1])
				*to++ = *++p;
		}
	}
	*to = '\0';
	return g_strchomp(text);
}

static const struct embedded *catalogue_find(const char *language)
{
	g_autofree char *name = g_strconcat(language, ".words", NULL);
	for (const struct embedded *e = words_catalogues; e->name; e++) {
		if (!strcmp(e->name, name))
			return e;
	}
	return NULL;
}

/* Puts the catalogue's texts into `texts`, of a translation only those of `english`'s keys. The
 * catalogues are ours and tested: one that cannot be used is a broken binary. */
static void catalogue_load(const struct embedded *catalogue, GHashTable *english, GHashTable *texts)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) keys = NULL;
	if (g_key_file_load_from_data(file, catalogue->text, catalogue->length, G_KEY_FILE_NONE,
				      &error))
		keys = g_key_file_get_keys(file, "words", NULL, &error);
	if (!keys)
		die(EX_SOFTWARE, "%s: %s", catalogue->name, error->message);

	for (char **key = keys; *key; key++) {
		g_autofree char *written = g_key_file_get_value(file, "words", *key, NULL);
		g_autofree char *text = unfold_lines(written);
		const char *source = english ? g_hash_table_lookup(english, *key) : text;
		if (!source)
			continue;
		g_autofree char *fault = text_fault(*key, text, source);
		if (fault)
			die(EX_SOFTWARE, "%s: %s %s", catalogue->name, *key, fault);
		g_hash_table_replace(texts, g_strdup(*key), g_steal_pointer(&text));
	}
}

/* The catalogues in use, one of each language for all groups: language -> key -> text. */
static GHashTable *loaded;
static int users;

static GHashTable *catalogue_get(const char *language, GHashTable *english)
{
	GHashTable *texts = g_hash_table_lookup(loaded, language);

	if (!texts) {
		texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		catalogue_load(catalogue_find(language), english, texts);
		g_hash_table_insert(loaded, g_strdup(language), texts);
	}
	return texts;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted; g_free the array alone. */
static const char **table_keys(GHashTable *table)
{
	guint n;
	void **keys = g_hash_table_get_keys_as_array(table, &n);
	qsort(keys, n, sizeof *keys, compare_keys);
	return (const char **)keys;
}

static char *override_fault(const struct words *w, const char *key, const char *text)
{
	const char *english = g_hash_table_lookup(w->english, key);
	const char *nearest = english ? NULL : text_nearest(key, w->keys);

	if (english)
		return text_fault(key, text, english);
	return nearest ? g_strdup_printf("is no key; did you mean %s?", nearest)
		       : g_strdup("is no key");
}

char *words_fault(const struct words *w, const char *key, const char *written)
{
	g_autofree char *text = unfold_lines(written);

	return override_fault(w, key, text);
}

/* Every fault of `overrides` in a line of its own, so that an organizer corrects them at once. */
static int override(struct words *w, GHashTable *overrides, char **ret_error)
{
	g_autofree const char **keys = table_keys(overrides);
	g_autoptr(GString) faults = g_string_new(NULL);

	for (const char **key = keys; *key; key++) {
		g_autofree char *text = unfold_lines(g_hash_table_lookup(overrides, *key));
		g_autofree char *fault = override_fault(w, *key, text);

		if (fault)
			g_string_append_printf(faults, "%s%s %s", faults->len ? "\n" : "", *key,
					       fault);
		else
			g_hash_table_replace(w->texts, g_strdup(*key), g_steal_pointer(&text));
	}
	if (!faults->len)
		return 0;
	*ret_error = g_strdup(faults->str);
	return -EINVAL;
}

static char *no_language(const char *language)
{
	g_autoptr(GString) known = g_string_new(NULL);
	for (const struct embedded *e = words_catalogues; e->name; e++)
		g_string_append_printf(known, "%s%.*s", known->len ? ", " : "",
				       (int)strcspn(e->name, "."), e->name);
	return g_strdup_printf("no language \"%s\"; there is %s", language, known->str);
}

int words_new(const char *language, GHashTable *overrides, struct words **ret, char **ret_error)
{
	if (!catalogue_find(language)) {
		*ret_error = no_language(language);
		return -ENOENT;
	}

	struct words *w = g_new0(struct words, 1);
	if (users++ == 0)
		loaded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)g_hash_table_unref);
	w->english = catalogue_get(SOURCE_LANGUAGE, NULL);
	w->own = catalogue_get(language, w->english);
	w->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	w->keys = table_keys(w->english);

	int r = overrides ? override(w, overrides, ret_error) : 0;
	if (r < 0) {
		words_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void words_free(struct words *w)
{
	if (!w)
		return;
	g_free(w->keys);
	for (unsigned i = 0; i < G_N_ELEMENTS(w->shared); i++)
		g_free(w->shared[i]);
	g_hash_table_unref(w->texts);
	g_free(w);
	if (--users == 0)
		g_clear_pointer(&loaded, g_hash_table_unref);
}

void words_set(struct words *w, const char *name, const char *value)
{
	unsigned i = 0;
	while (shared_names[i] && strcmp(shared_names[i], name) != 0)
		i++;
	assert(shared_names[i]);
	g_free(w->shared[i]);
	w->shared[i] = post_literal(value);
}

const char *words_get(const struct words *w, const char *key)
{
	const char *text = g_hash_table_lookup(w->texts, key);

	if (!text)
		text = g_hash_table_lookup(w->own, key);
	return text ? text : g_hash_table_lookup(w->english, key);
}

const char *const *words_keys(const struct words *w)
{
	return (const char *const *)w->keys;
}

static void value_clear(void *value)
{
	g_free((char *)((struct template_value *)value)->text);
}

static GArray *values_new(va_list pairs)
{
	GArray *values = g_array_new(FALSE, FALSE, sizeof(struct template_value));
	g_array_set_clear_func(values, value_clear);
	for (const char *name; (name = va_arg(pairs, const char *));) {
		const char *text = va_arg(pairs, const char *);
		assert(text);
		bool markup = *name == '=';
		struct template_value v = { name + markup,
					    markup ? g_strdup(text) : post_literal(text) };
		g_array_append_val(values, v);
	}
	return values;
}

/* Takes `values`. */
static char *say(const struct words *w, const char *key, GArray *values)
{
	const char *text = words_get(w, key);
	assert(text);
	for (unsigned i = 0; i < G_N_ELEMENTS(w->shared); i++) {
		struct template_value v = { shared_names[i], g_strdup(w->shared[i]) };
		if (v.text)
			g_array_append_val(values, v);
	}
	const struct template_value *v = (const struct template_value *)(void *)values->data;
	/* Whoever forgets a value learns it in every language, whatever an override leaves out. */
	g_free(template_fill(g_hash_table_lookup(w->english, key), v, values->len));
	char *said = template_fill(text, v, values->len);
	g_array_unref(values);
	return said;
}

char *words_sayv(const struct words *w, const char *key, va_list ap)
{
	return say(w, key, values_new(ap));
}

char *words_say(const struct words *w, const char *key, ...)
{
	va_list pairs;
	va_start(pairs, key);
	char *said = words_sayv(w, key, pairs);
	va_end(pairs);
	return said;
}

char *words_say_n(const struct words *w, const char *key, int64_t n, ...)
{
	va_list pairs;
	va_start(pairs, n);
	GArray *values = values_new(pairs);
	va_end(pairs);

	struct template_value number = { "n", g_strdup_printf("%" PRId64, n) };
	g_array_append_val(values, number);
	g_autofree char *numbered = g_strconcat(key, n == 1 ? ".one" : ".other", NULL);
	return say(w, numbered, values);
}

/* Whether the word that ended before `p` did not: "as-is" is not "as", "by's" not "by". */
static bool word_goes_on(const char *p)
{
	gunichar c = g_utf8_get_char(p);
	if (c == '-' || c == '\'' || c == 0x2019)
		c = g_utf8_get_char(g_utf8_next_char(p));
	return c == '_' || g_unichar_isalnum(c) || g_unichar_ismark(c);
}

/* The length of what of `text` is `word`, 0 if it does not start with that. */
static unsigned match_word(const char *word, const char *text)
{
	const char *p = text;
	for (const char *k = word; *k; k = g_utf8_next_char(k)) {
		if (!*p ||
		    g_unichar_tolower(g_utf8_get_char(k)) != g_unichar_tolower(g_utf8_get_char(p)))
			return 0;
		p = g_utf8_next_char(p);
	}
	if (!g_str_has_suffix(word, ":") && word_goes_on(p))
		return 0;
	return (unsigned)(p - text);
}

static unsigned match_any(const char *alternatives, const char *text)
{
	unsigned longest = 0;
	g_auto(GStrv) words = g_strsplit(alternatives, "|", -1);
	for (char **word = words; *word; word++) {
		g_strstrip(*word);
		longest = MAX(longest, match_word(*word, text));
	}
	return longest;
}

unsigned words_keyword(const struct words *w, const char *key, const char *text)
{
	const char *own = words_get(w, key);
	assert(own);
	unsigned in_own = match_any(own, text);
	return MAX(in_own, match_any(g_hash_table_lookup(w->english, key), text));
}

static char *join(const struct words *w, const char *key, char *first, const char *last)
{
	struct template_value values[] = { { "first", first }, { "last", last } };
	char *joined = template_fill(words_get(w, key), values, G_N_ELEMENTS(values));
	g_free(first);
	return joined;
}

char *words_join(const struct words *w, const char *const *names)
{
	if (!*names)
		return g_strdup("");
	char *joined = g_strdup(*names);
	while (*++names)
		joined = join(w, names[1] ? "join.many" : "join.two", joined, *names);
	return joined;
}

static GDateTime *local_time(int64_t at_us, GTimeZone *zone)
{
	int64_t seconds = at_us / G_USEC_PER_SEC - (at_us % G_USEC_PER_SEC < 0);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
	assert(utc);
	return g_date_time_to_timezone(utc, zone);
}

static const char *nth(const struct words *w, const char *key, int n)
{
	g_autofree char *full = g_strdup_printf("%s.%d", key, n);
	return words_get(w, full);
}

char *words_time(const struct words *w, int64_t at_us, GTimeZone *zone, const char *zone_name)
{
	g_autoptr(GDateTime) at = local_time(at_us, zone);
	g_autofree char *day = g_strdup_printf("%d", g_date_time_get_day_of_month(at));
	g_autofree char *time = g_date_time_format(at, "%H:%M");
	const char *slash = strrchr(zone_name, '/');
	g_autofree char *city = g_strdelimit(g_strdup(slash ? slash + 1 : zone_name), "_", ' ');
	struct template_value values[] = {
		{ "weekday", nth(w, "weekday", g_date_time_get_day_of_week(at)) },
		{ "day", day },
		{ "month", nth(w, "month", g_date_time_get_month(at)) },
		{ "time", time },
		{ "zone", city },
	};
	return template_fill(words_get(w, "time.format"), values, G_N_ELEMENTS(values));
}

char *words_date(const struct words *w, int64_t at_us, GTimeZone *zone)
{
	g_autoptr(GDateTime) at = local_time(at_us, zone);
	g_autofree char *day = g_strdup_printf("%d", g_date_time_get_day_of_month(at));
	struct template_value values[] = {
		{ "weekday", nth(w, "weekday", g_date_time_get_day_of_week(at)) },
		{ "day", day },
		{ "month", nth(w, "month", g_date_time_get_month(at)) },
	};
	return template_fill(words_get(w, "date.format"), values, G_N_ELEMENTS(values));
}

char *words_day(const struct words *w, int64_t at_us, GTimeZone *zone)
{
	g_autoptr(GDateTime) at = local_time(at_us, zone);
	g_autofree char *day = g_strdup_printf("%d", g_date_time_get_day_of_month(at));
	g_autofree char *year = g_strdup_printf("%d", g_date_time_get_year(at));
	struct template_value values[] = {
		{ "day", day },
		{ "month", nth(w, "month.long", g_date_time_get_month(at)) },
		{ "year", year },
	};
	return template_fill(words_get(w, "day.format"), values, G_N_ELEMENTS(values));
}
