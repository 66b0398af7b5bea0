#include "base/text/text.h"

#include "chars.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

char *text_valid(const char *bytes, size_t n)
{
	assert(n <= G_MAXSSIZE);
	return n ? g_utf8_make_valid(bytes, (gssize)n) : g_strdup("");
}

/* Where GLib may be made to start over: nothing before this composes with it, even when it is
 * decomposed. Only marks and the later parts of a Hangul syllable compose backwards. */
static bool starts_anew(const char *p)
{
	gunichar first;
	if (!g_unichar_fully_decompose(g_utf8_get_char(p), TRUE, &first, 1))
		return false;
	return g_unichar_combining_class(first) == 0 && !g_unichar_ismark(first) &&
	       !(first >= 0x1160 && first <= 0x11ff);
}

/* Unicode 3.13, D145 (compatibility caseless matching). g_utf8_casefold takes the two cases of
 * Cherokee for each other; lowering the result lets both end as one. */
static void fold_part(const char *part, size_t n, GString *out)
{
	g_autofree char *composed = g_utf8_normalize(part, (gssize)n, G_NORMALIZE_NFKC);
	g_autofree char *folded = g_utf8_casefold(composed, -1);
	g_autofree char *lowered = g_utf8_strdown(folded, -1);
	g_autofree char *again = g_utf8_normalize(lowered, -1, G_NORMALIZE_NFKC);
	g_string_append(out, again);
}

/* GLib moves the whole rest of the text for each pair it composes, so it gets little at a time. */
enum { FOLD_PART_LEAST = 64 };

char *text_fold(const char *text)
{
	char *clean = chars_clean(text, CHARS_FOLD);
	size_t n = strlen(clean);
	if (g_str_is_ascii(clean)) {
		for (char *p = clean; *p; p++)
			*p = g_ascii_tolower(*p);
		return clean;
	}

	g_autoptr(GString) folded = g_string_sized_new(n);
	for (const char *part = clean, *p = clean; *part; part = p) {
		do {
			p = g_utf8_next_char(p);
		} while (*p && (p - part < FOLD_PART_LEAST || !starts_anew(p)));
		fold_part(part, (size_t)(p - part), folded);
	}
	g_free(clean);
	/* A compatibility form may hold spaces, or marks beyond what a character may carry. */
	return chars_clean(folded->str, CHARS_FOLD);
}

size_t text_length(const char *text)
{
	size_t n = 0;
	while (chars_next(&text))
		n++;
	return n;
}

/* Where to cut `text` so that, with the "…", at most `most` characters stay; NULL if it fits. */
static const char *clip_at(const char *text, size_t most)
{
	const char *last = text;  /* behind as many characters as there is room for */
	const char *whole = text; /* the same without cutting one from its marks */
	const char *word = text;  /* behind a word */
	size_t word_length = 0, room = most - 1;
	uint32_t before = ' ';
	const char *p = text;

	for (size_t n = 0; n <= room; n++) {
		last = p;
		uint32_t c = chars_next(&p);
		if (!c)
			return NULL;
		if (chars_space(c) && !chars_space(before)) {
			word = last;
			word_length = n;
		}
		if (!chars_extends(c) && !chars_joiner(before))
			whole = last;
		before = c;
	}
	if (!*p)
		return NULL;
	if (word > text && (room - word_length) * 4 <= room)
		return word;
	return whole > text ? whole : last;
}

char *text_clip(const char *text, size_t most)
{
	if (!most)
		return g_strdup("");
	const char *end = clip_at(text, most);
	if (!end)
		return g_strdup(text);
	g_autofree char *kept = g_strndup(text, (size_t)(end - text));
	return g_strconcat(g_strchomp(kept), "…", NULL);
}

char *text_html(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));
	for (; *text; text++) {
		const char *entity = chars_entity(*text);
		if (entity)
			g_string_append(out, entity);
		else
			g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}
