/* Text as people write it: UTF-8, wrapping, links. Pure; everything returned is freed with g_free.
 * Valid UTF-8 gives valid UTF-8; text_valid, text_line and text_fold make it so from any bytes, the
 * others take a broken byte for a character of its own and pass it on. All take linear time. */
#ifndef KITH_TEXT_H
#define KITH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Valid UTF-8 without NUL, whatever came: each broken byte becomes U+FFFD. */
char *text_valid(const char *bytes, size_t n);

/* What two names are compared by: text_line's cleaning without what only joins or varies
 * characters, then NFKC and case folded. Folding a second time changes nothing. */
char *text_fold(const char *text);

/* One clean line from somebody's text: line breaks and runs of white space become one space,
 * other control characters, IRC's colours, direction overrides and what else cannot be seen go,
 * what has no meaning yet (or none for others: private use) becomes U+FFFD, at most four combining
 * marks stay on a character; trimmed. Joiners stay between characters that need them, variation
 * selectors after a character. What a person gives us to keep passes through this once, before it
 * is stored; a second time changes nothing. */
char *text_line(const char *text);

/* Characters (code points), not bytes. */
size_t text_length(const char *text);
/* At most `most` characters, with "…" in place of what was cut, at a word where one is near. */
char *text_clip(const char *text, size_t most);

/* The length in bytes of the http, https, gopher or gemini link at the start of `text`, 0 if none;
 * trailing punctuation and unbalanced brackets are not part of it. */
size_t text_link(const char *text);

/* Cuts `text` into lines of at most `bytes` bytes (at least 16): at its own line breaks, else at
 * spaces, else between characters (and their marks, if those fit). NULL-terminated array for
 * g_strfreev; white space at a line's ends and empty lines are dropped; "" gives an empty array. */
char **text_wrap(const char *text, size_t bytes);
/* Only the next such line of `*at`, which moves to the start of what follows it; NULL if none is
 * left. */
char *text_wrap_next(const char **at, size_t bytes);

/* &, <, >, ", ' as entities. */
char *text_html(const char *text);

/* The entry of `names` (NULL-terminated) nearest to `word` by edits, whatever its case, if near
 * enough that a person may have meant it (at most a third of its length); else NULL. Borrowed from
 * `names`. */
const char *text_nearest(const char *word, const char *const *names);

/* `30s`, `90 minutes`, `2h`, `1 day`, `2 weeks`, `1d 12h`: from one second to two years, in
 * microseconds. -EINVAL if it cannot be read, -ERANGE outside that. A month is a twelfth
 * of 365.25 days. */
int text_duration(const char *text, int64_t *ret_us);

#endif
