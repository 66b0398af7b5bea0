#include "post.h"

#include "base/text/chars.h"
#include "base/text/text.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

char *post_literal(const char *text)
{
	static const char room[] = "@room";
	g_autofree char *line = text_line(text);
	GString *out = g_string_sized_new(strlen(line));

	/* Behind "- " of ours, or where a line of ours starts with this, it could begin an item. */
	if (*line == '-')
		g_string_append_c(out, '\\');
	for (const char *p = line; *p; p++) {
		if (strchr("\\*`[]()", *p))
			g_string_append_c(out, '\\');
		g_string_append_c(out, *p);
		/* A word joiner is not seen, and parts what would notify everybody (Matrix's
		 * .m.rule.roomnotif looks for the word "@room"). */
		if (*p == '@' && !g_ascii_strncasecmp(p, room, strlen(room)))
			g_string_append(out, "\u2060");
	}
	return g_string_free(out, FALSE);
}

/* A line of markup, cut into spans from left to right. Code and links are found as a whole, so no
 * bold mark is looked for inside them; bold marks are paired by who reads the spans. */
enum span_kind { SPAN_TEXT, SPAN_BOLD, SPAN_CODE, SPAN_LINK };

struct span {
	enum span_kind kind;
	const char *from, *to; /* what it shows, escapes included */
	const char *url, *url_end;
};

struct scan {
	const char *at, *end;
	bool links; /* there are none inside one */
};

/* The first of `marks` that is not escaped, or `end`. */
static const char *find_mark(const char *p, const char *end, const char *marks)
{
	for (; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (strchr(marks, *p))
			return p;
	}
	return end;
}

/* Appends `from` to `to` without the backslashes that escape something, and without control
 * characters: a text of the organizer's may hold some. */
static void put_text(GString *out, bool html, const char *from, const char *to)
{
	for (const char *p = from; p < to; p++) {
		if (*p == '\\' && p + 1 < to)
			p++;
		const char *entity = html ? chars_entity(*p) : NULL;
		if ((unsigned char)*p == 0xc2 && (unsigned char)p[1] < 0xa0)
			p++; /* U+0080 .. U+009F */
		else if (entity)
			g_string_append(out, entity);
		else if (*p == '\t')
			g_string_append_c(out, ' ');
		else if (!g_ascii_iscntrl(*p))
			g_string_append_c(out, *p);
	}
}

static bool has_scheme(const char *url, const char *const *schemes)
{
	for (; *schemes; schemes++) {
		size_t n = strlen(*schemes);
		if (!g_ascii_strncasecmp(url, *schemes, n) && url[n])
			return true;
	}
	return false;
}

static bool is_url(const char *url)
{
	static const char *const known[] = { "http://",   "https://",  "mailto:",
					     "gopher://", "gemini://", NULL };
	return has_scheme(url, known) && !strpbrk(url, " \t");
}

/* Neither part holds a bracket that is not escaped: so a failure is found at the next one, and
 * nothing is searched twice. */
static bool scan_link(struct scan *s, struct span *ret)
{
	const char *text = s->at + 1;
	const char *text_end = find_mark(text, s->end, "[]");
	if (s->end - text_end < 2 || text_end[0] != ']' || text_end[1] != '(')
		return false;
	const char *url = text_end + 2;
	const char *url_end = find_mark(url, s->end, "[]() ");
	if (url_end == s->end || *url_end != ')')
		return false;
	g_autoptr(GString) plain = g_string_new(NULL);
	put_text(plain, false, url, url_end);
	if (!is_url(plain->str))
		return false;
	*ret = (struct span){ SPAN_LINK, text, text_end, url, url_end };
	s->at = url_end + 1;
	return true;
}

static bool scan_code(struct scan *s, struct span *ret)
{
	const char *close = find_mark(s->at + 1, s->end, "`");
	if (close == s->end)
		return false;
	*ret = (struct span){ SPAN_CODE, s->at + 1, close };
	s->at = close + 1;
	return true;
}

/* False at the end of the line. */
static bool span_next(struct scan *s, struct span *ret)
{
	if (s->at == s->end)
		return false;
	if (*s->at == '`' && scan_code(s, ret))
		return true;
	if (*s->at == '[' && s->links && scan_link(s, ret))
		return true;
	const char *from = s->at;
	if (s->end - from >= 2 && from[0] == '*' && from[1] == '*') {
		s->at = from + 2;
		*ret = (struct span){ SPAN_BOLD, from, s->at };
		return true;
	}
	/* What starts here is text, whatever it is: an escape, or a mark that marks nothing. */
	const char *rest = from + (strchr("*`[", *from) ? 1 : 0);
	s->at = find_mark(rest, s->end, "*`[");
	*ret = (struct span){ SPAN_TEXT, from, s->at };
	return true;
}

static void put_spans(GString *out, bool html, const char *from, const char *to, bool links);

static void put_link(GString *out, bool html, const struct span *link)
{
	static const char *const anchored[] = { "http://", "https://", "mailto:", NULL };
	g_autoptr(GString) url = g_string_new(NULL), shown = g_string_new(NULL);

	put_text(url, html, link->url, link->url_end);
	put_spans(shown, html, link->from, link->to, false);
	if (html && has_scheme(url->str, anchored))
		g_string_append_printf(out, "<a href=\"%s\">%s</a>", url->str,
				       shown->len ? shown->str : url->str);
	else if (!shown->len || g_string_equal(shown, url))
		g_string_append(out, url->str);
	else
		g_string_append_printf(out, "%s (%s)", shown->str, url->str);
}

static void put_spans(GString *out, bool html, const char *from, const char *to, bool links)
{
	unsigned marks = 0, mark = 0;
	struct span span;
	for (struct scan s = { from, to, links }; span_next(&s, &span);)
		marks += span.kind == SPAN_BOLD;
	marks -= marks % 2; /* the one without a partner is text */

	for (struct scan s = { from, to, links }; span_next(&s, &span);) {
		switch (span.kind) {
		case SPAN_TEXT:
			put_text(out, html, span.from, span.to);
			break;
		case SPAN_BOLD:
			if (mark == marks)
				put_text(out, html, span.from, span.to);
			else if (html)
				g_string_append(out, mark % 2 ? "</strong>" : "<strong>");
			mark += mark < marks;
			break;
		case SPAN_CODE:
			g_string_append(out, html ? "<code>" : "");
			put_text(out, html, span.from, span.to);
			g_string_append(out, html ? "</code>" : "");
			break;
		case SPAN_LINK:
			put_link(out, html, &span);
			break;
		}
	}
}

static bool is_item(const char *line)
{
	return line[0] == '-' && line[1] == ' ';
}

char *post_plain(const char *markup)
{
	g_autofree char *valid = text_valid(markup, strlen(markup));
	GString *out = g_string_sized_new(strlen(valid));

	for (const char *line = valid;; line++) {
		const char *end = strchrnul(line, '\n');
		/* The "- " of an item stays as it is. */
		put_spans(out, false, line, end, true);
		line = end;
		if (!*line)
			return g_string_free(out, FALSE);
		g_string_append_c(out, '\n');
	}
}

char *post_html(const char *markup)
{
	g_autofree char *valid = text_valid(markup, strlen(markup));
	GString *out = g_string_sized_new(strlen(valid));
	bool in_list = false;

	for (const char *line = valid;; line++) {
		const char *end = strchrnul(line, '\n');
		bool item = is_item(line);
		if (item != in_list)
			g_string_append(out, item ? "<ul>" : "</ul>");
		else if (!item && line > valid)
			g_string_append(out, "<br>");
		in_list = item;
		if (item)
			g_string_append(out, "<li>");
		put_spans(out, true, line + (item ? 2 : 0), end, true);
		if (item)
			g_string_append(out, "</li>");
		line = end;
		if (!*line)
			break;
	}
	if (in_list)
		g_string_append(out, "</ul>");
	return g_string_free(out, FALSE);
}
