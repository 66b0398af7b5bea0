/* The promises of pitch/fold.h, for any bytes. */
#include "pitch/fold.h"

#include <assert.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ALL_MARKS = FOLD_HIDDEN | FOLD_LOOKALIKE | FOLD_LEET | FOLD_SPACED | FOLD_DEFANGED };

static void is_clean(const char *text)
{
	size_t n = strlen(text);

	assert(g_utf8_validate(text, -1, NULL));
	assert(n <= FOLD_MOST);
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		bool blank = c == ' ' || c == '\n';
		assert(c == '\n' || !g_unichar_iscntrl(c));
		assert(g_unichar_tolower(c) == c);
		assert(!blank || (p > text && p[1] && p[1] != ' ' && p[1] != '\n'));
	}
}

/* Words and links, single blanks between. */
static void is_key(const char *key)
{
	assert(g_utf8_validate(key, -1, NULL));
	assert(*key != ' ' && !g_str_has_suffix(key, " ") && !strstr(key, "  "));
	assert(!strchr(key, '\n'));
}

static void folds(const char *text)
{
	struct fold once, twice;

	fold_init(&once, text);
	fold_init(&twice, once.text);
	is_clean(once.text);
	assert(!strcmp(once.text, twice.text));
	assert(!(once.marks & ~(unsigned)ALL_MARKS));
	g_autofree char *key = fold_key(&once);
	g_autofree char *same = fold_key(&twice);
	assert(!strcmp(key, same));
	is_key(key);
	fold_done(&once);
	fold_done(&twice);
}

/* What stays is as it was, in order; what is blanked leaves no more than it was, and a blank a
 * line. */
static void unquotes(const char *text)
{
	g_autofree char *rest = fold_unquoted(text);
	const char *from = text;
	size_t lines = 0, lines_left = 0;

	for (const char *p = rest; *p; p++) {
		if (*p == '\n')
			lines_left++;
		if (*p == ' ')
			continue;
		from = strchr(from, *p);
		assert(from);
		from++;
	}
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	assert(lines == lines_left);
	assert(strlen(rest) <= strlen(text) + lines + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	folds(text);
	unquotes(text);
	return 0;
}
