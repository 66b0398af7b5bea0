#include "base/text/text.h"

#include "chars.h"

#include <glib.h>

/* Enough for every living script; more is there to cover the lines above. */
enum { MARKS_MOST = 4 };

/* One pass that looks at what was written last, never at what was read, so that reading the result
 * again changes nothing. */
struct cleaner {
	GString *out;
	enum chars_clean how;
	uint32_t last;   /* the last character written; 0: none yet */
	uint32_t joiner; /* seen since, written if the next character needs it; 0: none */
	bool space;      /* seen since */
	int marks;       /* at the end of what was written, selectors included */
};

/* IRC's 0x03 takes up to two numbers with it ("04,12"), its 0x04 up to two hexadecimal colours:
 * https://modern.ircdocs.horse/formatting */
static const char *skip_colour(const char *p, uint32_t control)
{
	bool hex = control == 0x04;
	int most = hex ? 6 : 2, least = hex ? 6 : 1;

	for (int colour = 0; colour < 2; colour++) {
		const char *digits = p + (colour && *p == ',');
		int n = 0;
		while (n < most && (hex ? g_ascii_isxdigit(digits[n]) : g_ascii_isdigit(digits[n])))
			n++;
		if (n < least || (colour && *p != ','))
			break;
		p = digits + n;
	}
	return p;
}

/* The joiners' neighbours: letters, digits, marks, and the symbols emoji are. */
static bool joins(uint32_t c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_CURRENCY_SYMBOL:
	case G_UNICODE_MODIFIER_SYMBOL:
	case G_UNICODE_MATH_SYMBOL:
	case G_UNICODE_OTHER_SYMBOL:
		return c >= 0x80;
	case G_UNICODE_UNASSIGNED: /* an emoji: see `seen_as` */
		return true;
	default:
		return g_unichar_isalnum(c) || g_unichar_ismark(c);
	}
}

/* What means nothing, or something else to each reader, is shown as just that. Exempt are the
 * blocks Unicode keeps for emoji to come (Extended_Pictographic): phones know next year's sooner
 * than our tables do. */
static uint32_t seen_as(uint32_t c)
{
	GUnicodeType type = g_unichar_type(c);
	bool emoji = c >= 0x1f000 && c <= 0x1faff;

	if (type == G_UNICODE_PRIVATE_USE || (type == G_UNICODE_UNASSIGNED && !emoji))
		return 0xfffd;
	return c;
}

static void write_character(struct cleaner *k, uint32_t c)
{
	if (k->space)
		g_string_append_c(k->out, ' ');
	else if (k->joiner && joins(c) && (c >= 0x80 || k->last >= 0x80))
		g_string_append_unichar(k->out, k->joiner);
	k->space = false;
	k->joiner = 0;
	k->last = c;
	g_string_append_unichar(k->out, c);
}

static void read_unusual(struct cleaner *k, uint32_t c)
{
	bool bare = !k->last || k->space;

	if (k->how == CHARS_LINE && chars_joiner(c)) {
		if (!bare && !k->joiner && joins(k->last))
			k->joiner = c;
		return;
	}
	if (k->how == CHARS_LINE && chars_selector(c)) {
		if (!bare && !k->joiner && !chars_selector(k->last) && k->marks++ < MARKS_MOST)
			write_character(k, c);
		return;
	}
	if (chars_invisible(c) || g_unichar_iscntrl(c))
		return;
	c = seen_as(c);
	if (!g_unichar_ismark(c)) {
		k->marks = 0;
	} else {
		if (k->space)
			k->marks = 0;
		if (k->marks >= MARKS_MOST)
			return;
		k->marks++;
	}
	write_character(k, c);
}

char *chars_clean(const char *text, enum chars_clean how)
{
	struct cleaner k = { .out = g_string_new(NULL), .how = how };

	for (const char *p = text; *p;) {
		uint32_t c = chars_next(&p);
		if (c > ' ' && c < 0x7f) {
			k.marks = 0;
			write_character(&k, c);
		} else if (chars_space(c)) {
			k.space = k.last != 0;
			k.joiner = 0;
		} else if (c == 0x03 || c == 0x04) {
			p = skip_colour(p, c);
		} else {
			read_unusual(&k, c);
		}
	}
	return g_string_free(k.out, FALSE);
}

char *text_line(const char *text)
{
	return chars_clean(text, CHARS_LINE);
}
