/* Each character by itself, as compatibility decomposition (UAX #15) and the eye have it. */
#include "pitch/fold.h"
#include "pitch/fold_private.h"

#include <string.h>

enum {
	MARKS_MOST = 4, /* on one letter, kept: GLib sorts them in quadratic time */
	INDICATOR_A = 0x1f1e6,
	INDICATOR_Z = 0x1f1ff,
};

/* Latin letters that decomposition leaves alone. Sorted. */
static const struct {
	gunichar c;
	const char *plain;
	enum fold_style style;
} latin[] = {
	{ 0xdf, "ss", FOLD_PLAIN },  { 0xe6, "ae", FOLD_PLAIN },  { 0xf0, "d", FOLD_PLAIN },
	{ 0xf8, "o", FOLD_PLAIN },   { 0xfe, "th", FOLD_PLAIN },  { 0x111, "d", FOLD_PLAIN },
	{ 0x127, "h", FOLD_PLAIN },  { 0x131, "i", FOLD_PLAIN },  { 0x142, "l", FOLD_PLAIN },
	{ 0x153, "oe", FOLD_PLAIN }, { 0x167, "t", FOLD_PLAIN },  { 0x180, "b", FOLD_PLAIN },
	{ 0x192, "f", FOLD_PLAIN },  { 0x199, "k", FOLD_PLAIN },  { 0x1b6, "z", FOLD_PLAIN },
	{ 0x1e5, "g", FOLD_PLAIN },  { 0x23c, "c", FOLD_PLAIN },  { 0x247, "e", FOLD_PLAIN },
	{ 0x249, "j", FOLD_PLAIN },  { 0x24d, "r", FOLD_PLAIN },  { 0x24f, "y", FOLD_PLAIN },
	{ 0x251, "a", FOLD_SMALL },  { 0x253, "b", FOLD_PLAIN },  { 0x257, "d", FOLD_PLAIN },
	{ 0x261, "g", FOLD_SMALL },  { 0x262, "g", FOLD_SMALL },  { 0x268, "i", FOLD_PLAIN },
	{ 0x269, "i", FOLD_SMALL },  { 0x26a, "i", FOLD_SMALL },  { 0x274, "n", FOLD_SMALL },
	{ 0x280, "r", FOLD_SMALL },  { 0x289, "u", FOLD_PLAIN },  { 0x28b, "v", FOLD_PLAIN },
	{ 0x28f, "y", FOLD_SMALL },  { 0x299, "b", FOLD_SMALL },  { 0x29c, "h", FOLD_SMALL },
	{ 0x29f, "l", FOLD_SMALL },  { 0x1d00, "a", FOLD_SMALL }, { 0x1d01, "ae", FOLD_SMALL },
	{ 0x1d04, "c", FOLD_SMALL }, { 0x1d05, "d", FOLD_SMALL }, { 0x1d07, "e", FOLD_SMALL },
	{ 0x1d0a, "j", FOLD_SMALL }, { 0x1d0b, "k", FOLD_SMALL }, { 0x1d0c, "l", FOLD_SMALL },
	{ 0x1d0d, "m", FOLD_SMALL }, { 0x1d0f, "o", FOLD_SMALL }, { 0x1d18, "p", FOLD_SMALL },
	{ 0x1d1b, "t", FOLD_SMALL }, { 0x1d1c, "u", FOLD_SMALL }, { 0x1d20, "v", FOLD_SMALL },
	{ 0x1d21, "w", FOLD_SMALL }, { 0x1d22, "z", FOLD_SMALL }, { 0x1d7d, "p", FOLD_PLAIN },
	{ 0x2c65, "a", FOLD_PLAIN }, { 0xa730, "f", FOLD_SMALL }, { 0xa731, "s", FOLD_SMALL },
	{ 0xa7af, "q", FOLD_SMALL },
};

/* What nobody sees and GLib does not call a format character. Sorted. */
static const struct {
	gunichar first, last;
} invisible[] = {
	{ 0x034f, 0x034f }, /* combining grapheme joiner */
	{ 0x115f, 0x1160 }, /* Hangul fillers */
	{ 0x17b4, 0x17b5 }, /* Khmer inherent vowels */
	{ 0x180b, 0x180f }, /* Mongolian variation selectors */
	{ 0x3164, 0x3164 }, /* Hangul filler */
	{ 0xfe00, 0xfe0f }, /* variation selectors */
	{ 0xffa0, 0xffa0 }, /* halfwidth Hangul filler */
	{ 0xe0000, 0xe0fff },
};

struct reader {
	GArray *letters; /* struct fold_letter */
	size_t bytes;    /* of `letters` in UTF-8, at most */
	unsigned *marks;
	bool foreign; /* anything beyond ASCII is left */
	/* Since the last letter: */
	bool hidden;
	int blanks;
	bool line_break;
	/* About it: */
	bool watched; /* belongs to a script that needs nothing invisible */
	bool marked;  /* takes combining marks along */
	int n_marks;
};

static bool is_invisible(gunichar c)
{
	if (g_unichar_type(c) == G_UNICODE_FORMAT)
		return true;
	for (unsigned i = 0; i < G_N_ELEMENTS(invisible) && c >= invisible[i].first; i++)
		if (c <= invisible[i].last)
			return true;
	return false;
}

static bool is_line_break(gunichar c)
{
	return (c >= '\n' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool is_blank(gunichar c)
{
	return c == ' ' || c == '\t' || c == 0x2800 /* an empty Braille cell */ ||
	       (c >= 0x80 && g_unichar_isspace(c));
}

/* Between letters of these nothing invisible has a meaning. (ZWNJ and ZWJ belong to Arabic and the
 * Indic scripts, a zero width space to Thai, selectors to Han.) */
static bool is_watched(gunichar c)
{
	if (c < 0x80)
		return g_ascii_isalnum((char)c);
	if (!g_unichar_isalnum(c))
		return false;
	GUnicodeScript script = g_unichar_get_script(c);
	return script == G_UNICODE_SCRIPT_LATIN || script == G_UNICODE_SCRIPT_CYRILLIC ||
	       script == G_UNICODE_SCRIPT_GREEK || script == G_UNICODE_SCRIPT_ARMENIAN ||
	       script == G_UNICODE_SCRIPT_CHEROKEE;
}

static void append(struct reader *r, gunichar c, enum fold_style style, bool upper)
{
	struct fold_letter letter = { c, style, upper };

	r->bytes += (size_t)g_unichar_to_utf8(c, NULL);
	if (r->bytes <= FOLD_MOST)
		g_array_append_val(r->letters, letter);
}

static void append_gap(struct reader *r)
{
	if (r->letters->len > 0) {
		if (r->line_break)
			append(r, '\n', FOLD_PLAIN, false);
		else if (r->blanks)
			append(r, r->blanks > 1 ? FOLD_GAP : ' ', FOLD_PLAIN, false);
	}
	if (r->blanks || r->line_break) {
		r->hidden = false;
		r->watched = false;
	}
	r->blanks = 0;
	r->line_break = false;
}

/* Appends a character that is neither blank nor mark, and remembers what the next needs to know. */
static void append_base(struct reader *r, gunichar c, enum fold_style style, bool upper)
{
	bool watched = is_watched(c);

	append_gap(r);
	if (r->hidden && r->watched && watched)
		*r->marks |= FOLD_HIDDEN;
	r->hidden = false;
	r->watched = watched;
	r->n_marks = 0;
	r->marked = false;
	if (c >= 0x80) {
		r->foreign = true;
		r->marked =
			g_unichar_isalpha(c) && g_unichar_get_script(c) != G_UNICODE_SCRIPT_LATIN;
	}
	append(r, c, style, upper);
}

static void append_mark(struct reader *r, gunichar c)
{
	if (!r->marked || r->blanks || r->line_break || r->n_marks == MARKS_MOST)
		return;
	r->n_marks++;
	append(r, c, FOLD_PLAIN, false);
}

static bool append_latin(struct reader *r, gunichar c, enum fold_style style, bool upper)
{
	unsigned low = 0, high = G_N_ELEMENTS(latin);

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (latin[middle].c < c)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == G_N_ELEMENTS(latin) || latin[low].c != c)
		return false;
	if (latin[low].style != FOLD_PLAIN)
		style = latin[low].style;
	for (const char *p = latin[low].plain; *p; p++)
		append_base(r, (gunichar)*p, style, upper);
	return true;
}

static gunichar plain_punctuation(gunichar c)
{
	switch (c) {
	case 0xb4: /* acute accent */
	case 0x2bc:
	case 0x2018:
	case 0x2019:
	case 0x201a:
	case 0x201b:
	case 0x2032:
	case 0x2039:
	case 0x203a:
		return '\'';
	case 0xab:
	case 0xbb:
	case 0x201c:
	case 0x201d:
	case 0x201e:
	case 0x201f:
	case 0x2033:
		return '"';
	case 0x2044: /* the slash of ½ */
		return '/';
	case 0x2212: /* minus */
		return '-';
	default:
		return g_unichar_type(c) == G_UNICODE_DASH_PUNCTUATION ? '-' : c;
	}
}

/* One character of a decomposition, or one that has none. */
static void take_part(struct reader *r, gunichar c, enum fold_style style)
{
	gunichar lower = plain_punctuation(g_unichar_tolower(c));
	bool upper = g_unichar_isupper(c);

	if (is_blank(lower))
		r->blanks++;
	else if (g_unichar_ismark(lower))
		append_mark(r, lower);
	else if (lower < 0x80 || !append_latin(r, lower, style, upper))
		append_base(r, lower, style, upper);
}

static enum fold_style style_of(gunichar c)
{
	if (c >= 0xff21 && c <= 0xff5a)
		return FOLD_WIDE;
	if (c == 0x17f) /* the long s */
		return FOLD_PLAIN;
	if (c == 0xaa || c == 0xba || g_unichar_type(c) == G_UNICODE_MODIFIER_LETTER)
		return FOLD_RAISED;
	return FOLD_STYLED;
}

static void take_unusual(struct reader *r, gunichar c)
{
	gunichar parts[18]; /* G_UNICHAR_MAX_DECOMPOSITION_LENGTH */
	size_t n = g_unichar_fully_decompose(c, TRUE, parts, G_N_ELEMENTS(parts));
	enum fold_style style = FOLD_PLAIN;

	/* A spacing accent is not a blank with an accent, a trade mark not part of the name. */
	if (parts[0] == ' ' || c == 0x2122 || c == 0x2120) {
		take_part(r, c, FOLD_PLAIN);
		return;
	}
	if (n == 1 && parts[0] < 0x80 && g_ascii_isalpha((char)parts[0]))
		style = style_of(c);
	for (size_t i = 0; i < n; i++)
		take_part(r, parts[i], style);
}

/* The letter in a dark circle or square (which has no decomposition), or 0. */
static char enclosed(gunichar c)
{
	if (c >= 0x1f150 && c <= 0x1f169)
		return (char)('a' + (c - 0x1f150));
	if (c >= 0x1f170 && c <= 0x1f189)
		return (char)('a' + (c - 0x1f170));
	return 0;
}

/* Blood types and a parking sign are emoji where they stand alone. */
static bool stands_alone(const struct reader *r, const char *next)
{
	const struct fold_letter *last = NULL;

	if (r->letters->len > 0 && !r->blanks && !r->line_break)
		last = &g_array_index(r->letters, struct fold_letter, r->letters->len - 1);
	if (last && (g_unichar_isalnum(last->c) || enclosed(last->c)))
		return false;
	while (*next && is_invisible(g_utf8_get_char(next)))
		next = g_utf8_next_char(next);
	gunichar c = *next ? g_utf8_get_char(next) : ' ';
	return !g_unichar_isalnum(c) && !enclosed(c) && g_unichar_type(c) != G_UNICODE_OTHER_SYMBOL;
}

static bool is_indicator(gunichar c)
{
	return c >= INDICATOR_A && c <= INDICATOR_Z;
}

/* Two indicators are a flag, so that an odd one is a letter, and the others around it too. */
static const char *take_indicators(struct reader *r, const char *p)
{
	const char *end = p;
	unsigned n = 0;

	for (; *end && is_indicator(g_utf8_get_char(end)); end = g_utf8_next_char(end))
		n++;
	for (; p < end; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (n % 2)
			append_base(r, 'a' + (c - INDICATOR_A), FOLD_STYLED, true);
		else
			append_base(r, c, FOLD_PLAIN, false);
	}
	return end;
}

/* IRC's colours: 0x03 takes up to two numbers with it, 0x04 up to two of six digits. */
static const char *skip_colour(const char *p, gunichar control)
{
	int most = control == 0x03 ? 2 : 6;

	for (int colour = 0; colour < 2; colour++) {
		const char *digits = p + (colour && *p == ',');
		int n = 0;

		while (n < most &&
		       (most == 6 ? g_ascii_isxdigit(digits[n]) : g_ascii_isdigit(digits[n])))
			n++;
		if (n == 0 || (most == 6 && n < most) || (colour && *p != ','))
			break;
		p = digits + n;
	}
	return p;
}

static const char *take_character(struct reader *r, const char *p)
{
	gunichar c = g_utf8_get_char(p);
	const char *next = g_utf8_next_char(p);

	if (is_line_break(c))
		r->line_break = true;
	else if (is_blank(c))
		r->blanks++;
	else if (c == 0x03 || c == 0x04)
		return skip_colour(next, c);
	else if (g_unichar_iscntrl(c))
		return next;
	else if (c < 0x80)
		append_base(r, (gunichar)g_ascii_tolower((char)c), FOLD_PLAIN,
			    g_ascii_isupper((char)c));
	else if (is_invisible(c))
		r->hidden = true;
	else if (is_indicator(c))
		return take_indicators(r, p);
	else if (enclosed(c) && !stands_alone(r, next))
		append_base(r, (gunichar)enclosed(c), FOLD_STYLED, true);
	else
		take_unusual(r, c);
	return next;
}

static GString *written(const struct reader *r)
{
	GString *out = g_string_sized_new(r->bytes + 1);

	/* A word may have grown since: х has one byte more than x. */
	for (unsigned i = 0; i < r->letters->len && out->len < FOLD_MOST; i++) {
		gunichar c = g_array_index(r->letters, struct fold_letter, i).c;

		if (out->len + (size_t)g_unichar_to_utf8(c, NULL) > FOLD_MOST)
			break;
		if (c < 0x80)
			g_string_append_c(out, (char)c);
		else
			g_string_append_unichar(out, c);
	}
	return out;
}

/* `text` if it is plain ASCII: most chat. NULL if it is not. */
static GString *read_ascii(const char *text)
{
	GString *out;

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p >= 0x7f || (*p < ' ' && *p != '\n' && *p != '\t'))
			return NULL;
	out = g_string_sized_new(strlen(text) + 1);
	for (const char *p = text; *p; p++) {
		if (!fold_is_blank(*p)) {
			bool upper = *p >= 'A' && *p <= 'Z';
			g_string_append_c(out, (char)(upper ? *p - 'A' + 'a' : *p));
			continue;
		}
		if (*p == ' ' && out->len > 0 && p[1] && !fold_is_blank(p[1])) {
			g_string_append_c(out, ' ');
			continue;
		}
		size_t n = strspn(p, " \t\n");
		if (out->len > 0 && p[n]) {
			bool line_break = memchr(p, '\n', n);
			g_string_append_c(out, line_break ? '\n' : n > 1 ? FOLD_GAP : ' ');
		}
		p += n - 1;
	}
	return out;
}

static void trim_end(GString *text)
{
	while (text->len > 0 && fold_is_blank(text->str[text->len - 1]))
		g_string_truncate(text, text->len - 1);
}

GString *fold_letters(const char *text, unsigned *marks)
{
	GString *out = read_ascii(text);
	struct reader r = { .marks = marks };

	if (out)
		return out;
	r.letters = g_array_new(FALSE, FALSE, sizeof(struct fold_letter));
	for (const char *p = text; *p && r.bytes < FOLD_MOST;)
		p = take_character(&r, p);
	r.bytes = MIN(r.bytes, FOLD_MOST);
	fold_scripts(r.letters, marks);
	out = written(&r);
	trim_end(out); /* where FOLD_MOST cut */
	g_array_free(r.letters, TRUE);
	if (r.foreign) {
		char *composed = g_utf8_normalize(out->str, -1, G_NORMALIZE_NFC);

		g_string_assign(out, composed);
		g_free(composed);
	}
	return out;
}
