#include "chars.h"

#include <glib.h>

enum { ZWNJ = 0x200c, ZWJ = 0x200d, REPLACEMENT = 0xfffd };

struct range {
	uint32_t first, last;
};

/* DerivedCoreProperties.txt, Default_Ignorable_Code_Point, and U+FFF9..FFFB; sorted. */
static const struct range invisible[] = {
	{ 0x00ad, 0x00ad },   { 0x034f, 0x034f }, { 0x061c, 0x061c },   { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f }, { 0x200b, 0x200f },   { 0x202a, 0x202e },
	{ 0x2060, 0x206f },   { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff },
};

uint32_t chars_next(const char **p)
{
	unsigned char first = (unsigned char)**p;
	if (first < 0x80) {
		*p += first != 0;
		return first;
	}
	gunichar c = g_utf8_get_char_validated(*p, -1);
	if (c >= (gunichar)-2) {
		++*p;
		return REPLACEMENT;
	}
	*p = g_utf8_next_char(*p);
	return c;
}

bool chars_line_break(uint32_t c)
{
	return (c >= '\n' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool chars_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r');
	return c == 0x85 || c == 0x2800 || g_unichar_isspace(c);
}

bool chars_invisible(uint32_t c)
{
	unsigned low = 0, high = G_N_ELEMENTS(invisible);
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (c > invisible[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < G_N_ELEMENTS(invisible) && c >= invisible[low].first;
}

bool chars_joiner(uint32_t c)
{
	return c == ZWNJ || c == ZWJ;
}

bool chars_selector(uint32_t c)
{
	return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) ||
	       (c >= 0x180b && c <= 0x180f && c != 0x180e);
}

bool chars_extends(uint32_t c)
{
	if (c < 0x300)
		return false;
	return g_unichar_ismark(c) || chars_joiner(c) || chars_selector(c) ||
	       (c >= 0x1f3fb && c <= 0x1f3ff) /* skin tones */ ||
	       (c >= 0xe0020 && c <= 0xe007f) /* what spells a flag */;
}

const char *chars_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}
