/* What somebody shows and does not say, in a text as typed: bytes, perhaps no valid UTF-8. */
#include "pitch/fold.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum {
	WORDS_LEAST = 3, /* fewer in quotation marks are a name, a title, irony */
	NICK_MOST = 64,
	TICKS_MOST = 3,
};

static size_t line_length(const char *p)
{
	return strcspn(p, "\n");
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* A letter, a digit, or any byte of what is not ASCII. */
static bool in_word(char c)
{
	return g_ascii_isalnum(c) || (unsigned char)c >= 0x80;
}

static bool is_space(char c)
{
	return c == '\0' || c == '\n' || c == ' ' || c == '\t' || c == '\r';
}

/* "> text", ">> text", "> <@ana:example.org> text"; but not ">_<" or ">=". */
static bool is_quoted_line(const char *line)
{
	line = skip_blanks(line);
	return *line == '>' &&
	       (is_space(line[1]) || strchr("><\"'*[", line[1]) || in_word(line[1]));
}

/* 12:03 or 12:03:59, in brackets or not; `p` itself if there is none. */
static const char *skip_time(const char *p)
{
	const char *start = p;
	bool bracket = *p == '[';

	p += bracket;
	for (int part = 0; part < 3; part++) {
		const char *digits = p + (part > 0);

		if (part > 0 && *p != ':')
			break;
		if (!g_ascii_isdigit(digits[0]) || !g_ascii_isdigit(digits[1]))
			return start;
		p = digits + 2;
		if (part == 0 && *p != ':')
			return start;
	}
	if (bracket && *p++ != ']')
		return start;
	return *p == ' ' || *p == '\t' ? skip_blanks(p) : start;
}

/* "<nick> text", "[12:03] <@nick> text". */
static bool is_log_line(const char *line)
{
	size_t n = 0;

	line = skip_time(skip_blanks(line));
	if (*line != '<')
		return false;
	line++;
	if (*line && strchr(" @+%~&!", *line))
		line++;
	while (in_word(line[n]) || (line[n] && strchr("_-[]\\`^{}|@:./", line[n])))
		n++;
	return n > 0 && n <= NICK_MOST && line[n] == '>' && line[n + 1] == ' ';
}

static bool is_fence(const char *line)
{
	const char *p = skip_blanks(line);

	return !strncmp(p, "```", 3) && p[strcspn(p + 3, "`\n") + 3] != '`';
}

/* The end of the fenced block that begins with the line, or NULL: a line that only is a fence. */
static const char *fence_end(const char *line)
{
	for (const char *p = line + line_length(line); *p == '\n'; p += line_length(p)) {
		p++;
		const char *after = skip_blanks(p);
		if (is_fence(p)) {
			after += strspn(after, "`");
			after = skip_blanks(after);
			if (is_space(*after))
				return p + line_length(p);
		}
	}
	return NULL;
}

static void append_blanked(GString *out, const char *p, const char *end)
{
	g_string_append_c(out, ' ');
	for (; p < end; p++)
		if (*p == '\n')
			g_string_append(out, "\n ");
}

/* A line with its `code` blanked. A run of backticks ends at the next as long (CommonMark, 6.1);
 * that there is none further on is looked up once for each length. */
static void append_line(GString *out, const char *line, size_t n)
{
	const char *end = line + n;
	bool none[TICKS_MOST + 1] = { false };

	for (const char *p = line; p < end;) {
		const char *tick = memchr(p, '`', (size_t)(end - p));

		if (tick != p) {
			g_string_append_len(out, p, (tick ? tick : end) - p);
			p = tick ? tick : end;
			continue;
		}
		size_t ticks = strspn(p, "`"), run = 0;
		const char *close = p + ticks;

		if (ticks > TICKS_MOST || none[ticks]) {
			g_string_append_len(out, p, (gssize)ticks);
			p += ticks;
			continue;
		}
		for (; close < end; close += MAX(run, 1)) {
			run = strspn(close, "`");
			if (run == ticks)
				break;
		}
		if (close < end) {
			append_blanked(out, p, close);
			p = close + ticks;
		} else {
			none[ticks] = true;
		}
	}
}

/* First what takes whole lines, and code. */
static GString *without_lines(const char *text)
{
	GString *out = g_string_sized_new(strlen(text) + 1);
	bool no_fence = false;

	for (const char *p = text; *p;) {
		size_t n = line_length(p);
		const char *end = NULL;

		if (!no_fence && is_fence(p)) {
			end = fence_end(p);
			no_fence = !end;
		}
		if (!end && (is_quoted_line(p) || is_log_line(p)))
			end = p + n;
		if (end)
			append_blanked(out, p, end);
		else
			append_line(out, p, n);
		p = end ? end : p + n;
		if (*p == '\n')
			g_string_append_c(out, *p++);
	}
	return out;
}

/* Quotation marks, as many languages have them. */
static const struct quotes {
	const char *open, *close[2];
} pairs[] = {
	{ "\"", { "\"" } },
	{ "'", { "'" } },
	{ "\u201c", { "\u201d" } },           /* “ ” */
	{ "\u201e", { "\u201c", "\u201d" } }, /* „ “ */
	{ "\u00ab", { "\u00bb" } },           /* « » */
	{ "\u00bb", { "\u00ab" } },           /* » « */
	{ "\u2018", { "\u2019" } },           /* ‘ ’ */
	{ "\u201a", { "\u2018", "\u2019" } }, /* ‚ ‘ */
	{ "\u2039", { "\u203a" } },           /* ‹ › */
	{ "\u203a", { "\u2039" } },           /* › ‹ */
};

static bool is_straight(char c)
{
	return c == '"' || c == '\'';
}

/* Where a mark may open or close by what stands around it: not the " of 5" and not the ’ of
 * don’t. French ones have blanks inside. */
static bool opens(const struct quotes *q, const char *text, const char *p)
{
	char before = p > text ? p[-1] : ' ', after = p[strlen(q->open)];
	bool french = !strcmp(q->open, "\u00ab") || !strcmp(q->open, "\u2039");

	return (is_space(before) || strchr("([{<:,-*_", before) || (unsigned char)before >= 0x80) &&
	       (french ? after != '\0' : !is_space(after));
}

static bool closes(const struct quotes *q, const char *p, size_t n)
{
	bool french = !strcmp(q->open, "\u00ab") || !strcmp(q->open, "\u2039");

	return !g_ascii_isalnum(p[n]) && (french || !is_space(p[-1]));
}

/* The end of the passage whose first mark, `q->open`, is at `p`, or NULL. A straight mark closes on
 * its own line. *ret_words is the number of words inside, up to what is asked for. */
static const char *passage_end(const struct quotes *q, const char *p, unsigned *ret_words)
{
	bool straight = is_straight(*q->open), inside = false;

	*ret_words = 0;
	for (p += strlen(q->open); *p && !(straight && *p == '\n'); p++) {
		for (unsigned i = 0; i < G_N_ELEMENTS(q->close) && q->close[i]; i++) {
			size_t n = strlen(q->close[i]);
			if (*p == *q->close[i] && !strncmp(p, q->close[i], n) && closes(q, p, n))
				return p + n;
		}
		if (is_space(*p)) {
			inside = false;
		} else if (!inside && in_word(*p)) {
			inside = true;
			++*ret_words;
		}
	}
	return NULL;
}

/* What no pair begins with: nearly everything. */
static size_t plain_length(const char *p)
{
	size_t n = 0;

	while (p[n] && !is_straight(p[n]) && (unsigned char)p[n] < 0x80)
		n++;
	return n;
}

static const struct quotes *pair_at(const char *text, const char *p)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (!strncmp(p, pairs[i].open, strlen(pairs[i].open)) && opens(&pairs[i], text, p))
			return &pairs[i];
	return NULL;
}

/* Then what stands in quotation marks. A passage too short is passed over as a whole, and what has
 * no end is looked for once: linear. */
static void without_passages(const char *text, GString *out)
{
	const char *none_before[G_N_ELEMENTS(pairs)] = { NULL };

	for (const char *p = text;;) {
		size_t plain = plain_length(p);

		g_string_append_len(out, p, (gssize)plain);
		p += plain;
		if (!*p)
			break;
		const struct quotes *q = pair_at(text, p);
		const char *end = NULL;
		unsigned words = 0;

		if (q && p >= (none_before[q - pairs] ? none_before[q - pairs] : text)) {
			end = passage_end(q, p, &words);
			if (!end) /* nothing closes before the end of the line, or of the text */
				none_before[q - pairs] =
					p + (is_straight(*q->open) ? line_length(p) : strlen(p));
		}
		if (!end)
			end = p + 1;
		if (words >= WORDS_LEAST && end > p + 1)
			append_blanked(out, p, end);
		else
			g_string_append_len(out, p, end - p);
		p = end;
	}
}

char *fold_unquoted(const char *text)
{
	g_autoptr(GString) lines = without_lines(text);
	GString *out = g_string_sized_new(lines->len + 1);

	without_passages(lines->str, out);
	return g_string_free(out, FALSE);
}
