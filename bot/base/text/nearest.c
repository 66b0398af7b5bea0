#include "base/text/text.h"

#include <glib.h>
#include <string.h>

/* Nobody mistypes a longer word for one of ours; it keeps the work small whatever comes. */
enum { WORD_MOST = 64 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that make `a` into `b`: the optimal
 * string alignment, row by row. Needs `bn` <= WORD_MOST. */
static unsigned edits(const gunichar *a, size_t an, const gunichar *b, size_t bn)
{
	unsigned rows[3][WORD_MOST + 1];
	unsigned *above = rows[0], *row = rows[1], *two_above = rows[2];

	for (size_t j = 0; j <= bn; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= an; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= bn; j++) {
			unsigned replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], two_above[j - 2] + 1);
		}
		unsigned *spare = two_above;
		two_above = above;
		above = row;
		row = spare;
	}
	return above[bn];
}

const char *text_nearest(const char *word, const char *const *names)
{
	if (strlen(word) > WORD_MOST * 4)
		return NULL;
	g_autofree char *folded = text_fold(word);
	glong n;
	g_autofree gunichar *letters = g_utf8_to_ucs4_fast(folded, -1, &n);
	if (!n || n > WORD_MOST)
		return NULL;

	const char *nearest = NULL;
	unsigned limit = (unsigned)n / 3;
	for (; *names; names++) {
		g_autofree char *name = text_fold(*names);
		glong name_n;
		g_autofree gunichar *name_letters = g_utf8_to_ucs4_fast(name, -1, &name_n);
		if (ABS(name_n - n) > (glong)limit)
			continue;
		unsigned distance = edits(name_letters, (size_t)name_n, letters, (size_t)n);
		if (distance > limit || (nearest && distance == limit))
			continue;
		nearest = *names;
		limit = distance;
	}
	return nearest;
}
