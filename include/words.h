/* The catalogue: every sentence kith can say, by key, in one language, with the group's own
 * changes. */
#ifndef KITH_WORDS_H
#define KITH_WORDS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct words;
typedef struct _GHashTable GHashTable;
typedef struct _GTimeZone GTimeZone;

/* `language` as in "en"; `overrides` maps key -> text (a `[words]` section) or is NULL, borrowed.
 * Fails (-ENOENT: no such language; -EINVAL: an override names an unknown key or placeholder)
 * with a message for a person in *ret_error. */
int words_new(const char *language, GHashTable *overrides, struct words **ret, char **ret_error);
void words_free(struct words *w);
/* What is wrong with `written` as an override of `key`, to go on after the key's name; NULL if
 * nothing. g_free it. */
char *words_fault(const struct words *w, const char *key, const char *written);

/* A value every sentence may use: {p}, the prefix; {group}, the group's name; {retention}, how long
 * a former member's records stay. */
void words_set(struct words *w, const char *name, const char *value);

/* The raw text of `key` as the catalogue has it, or NULL. Borrowed. */
const char *words_get(const struct words *w, const char *key);
/* Every key, NULL-terminated, sorted; borrowed. */
const char *const *words_keys(const struct words *w);

/* The sentence `key` with its {placeholders} filled: pairs of name and text, then NULL. Values are
 * literal (post_literal); a name starting with '=' gives a value that is markup of our own making.
 * A NULL value, or a key or placeholder nobody filled, is a bug and asserts. Markup; g_free it. */
char *words_say(const struct words *w, const char *key, ...) __attribute__((sentinel));
char *words_sayv(const struct words *w, const char *key, va_list ap);
/* Where a number speaks: `key.one` or `key.other`, with {n} filled too. */
char *words_say_n(const struct words *w, const char *key, int64_t n, ...) __attribute__((sentinel));

/* Which of the words of the keyword `key` (its text: alternatives separated by '|', English always
 * among them) starts at `text`, case-insensitively and ending at a word boundary (a keyword ending
 * in ':' is its own boundary). Returns its length in bytes, or 0. */
unsigned words_keyword(const struct words *w, const char *key, const char *text);

/* "ana", "ana and ben", "ana, ben and cleo"; NULL-terminated names. Plain text; g_free it. */
char *words_join(const struct words *w, const char *const *names);
/* "Thu 26 Nov 20:00 (Berlin)": weekday, date and time of `at_us` in `zone`, named by `zone_name`'s
 * last part; plain text; g_free it. */
char *words_time(const struct words *w, int64_t at_us, GTimeZone *zone, const char *zone_name);
/* "Thu 26 Nov"; a day not far away. Plain text; g_free it. */
char *words_date(const struct words *w, int64_t at_us, GTimeZone *zone);
/* "26 November 2026"; the day of `at_us` in `zone`. Plain text; g_free it. */
char *words_day(const struct words *w, int64_t at_us, GTimeZone *zone);

#endif
