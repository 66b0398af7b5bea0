#include "base/text/text.h"

#include "chars.h"

#include <assert.h>
#include <glib.h>

/* White space a line may be broken at: not the kind that is there to forbid it. */
static bool breaks(uint32_t c)
{
	return chars_space(c) && c != 0xa0 && c != 0x2007 && c != 0x202f;
}

static const char *skip_space(const char *p)
{
	for (const char *next = p; breaks(chars_next(&next));)
		p = next;
	return p;
}

/* The end of the line that starts at `p`, which is no white space. What follows a line is at least
 * as long as what did not fit on it, so no byte is looked at more than a few times. */
static const char *line_end(const char *p, size_t bytes)
{
	const char *word_end = p; /* of the last whole word */
	const char *whole = p;    /* of the last character with all its marks */
	const char *end = p;      /* of what is no white space */
	uint32_t before = 0;

	for (const char *at = p, *next = p;; at = next) {
		uint32_t c = chars_next(&next);
		if (!c || chars_line_break(c))
			return end;
		if (breaks(c)) {
			word_end = end;
		} else {
			if (!chars_extends(c) && !chars_joiner(before))
				whole = at;
			if ((size_t)(next - p) > bytes)
				break;
			end = next;
		}
		before = c;
	}
	return word_end > p ? word_end : whole > p ? whole : end;
}

char *text_wrap_next(const char **at, size_t bytes)
{
	assert(bytes >= 16);
	const char *start = skip_space(*at);
	if (!*start)
		return NULL;
	const char *end = line_end(start, bytes);
	*at = skip_space(end);
	return g_strndup(start, (size_t)(end - start));
}

char **text_wrap(const char *text, size_t bytes)
{
	GPtrArray *lines = g_ptr_array_new();

	for (char *line; (line = text_wrap_next(&text, bytes));)
		g_ptr_array_add(lines, line);
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(lines, FALSE);
}
