#include "shown.h"

#include "arguments.h"
#include "base/text/text.h"

#include <string.h>

void shown_done(struct shown *s)
{
	g_free(s->title);
	g_free(s->link);
	g_free(s->want);
}

static const char *find_link(const char *text)
{
	for (const char *at = text; *at; at = g_utf8_next_char(at))
		if ((at == text || g_unichar_isspace(g_utf8_get_char(g_utf8_prev_char(at)))) &&
		    text_link(at))
			return at;
	return NULL;
}

/* A title may stand in quotes of any kind; a work without a link must have them. */
static bool unquote(char **title)
{
	static const char *const pairs[][2] = {
		{ "\"", "\"" }, { "“", "”" }, { "„", "“" }, { "«", "»" }, { "'", "'" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		const char *opening = pairs[i][0], *closing = pairs[i][1];
		size_t before = strlen(opening), after = strlen(closing), n = strlen(*title);

		if (n > before + after && g_str_has_prefix(*title, opening) &&
		    g_str_has_suffix(*title, closing)) {
			(*title)[n - after] = '\0';
			char *inner = text_line(*title + before);
			g_free(*title);
			*title = inner;
			return *inner;
		}
	}
	return false;
}

/* Without the colon or full stop that stood beside the link. */
static char *trimmed(const char *text)
{
	char *title = text_line(text);
	size_t n = strlen(title), before = strspn(title, " :,.-");

	while (n > before && strchr(" :,.-", title[n - 1]))
		n--;
	char *inner = g_strndup(title + before, n - before);
	g_free(title);
	return inner;
}

/* What was uploaded is a work without a link, called as they say or as the file is. */
static void name_file(const char *file_name, struct shown *s)
{
	g_autofree char *clean = text_line(file_name);

	if (*s->title)
		return;
	g_free(s->title);
	s->title = text_clip(clean, CIRCLE_TITLE_MOST);
}

static bool read_title(struct command_call *call, const char *text, struct shown *s)
{
	const char *link = find_link(text);

	if (!link) {
		s->title = text_line(text);
		if (unquote(&s->title))
			return true;
		if (call->replied.file_name)
			name_file(call->replied.file_name, s);
		if (call->replied.file_name && *s->title)
			return true;
		command_usage(call, *s->title ? "problem.quotes" : "problem.show", NULL);
		return false;
	}
	size_t length = text_link(link);
	g_autofree char *before = g_strndup(text, (size_t)(link - text));
	g_autofree char *around = g_strconcat(before, " ", link + length, NULL);
	s->link = g_strndup(link, length);
	s->title = trimmed(around);
	unquote(&s->title);
	if (!*s->title) {
		const char *slashes = strstr(s->link, "://");
		g_free(s->title);
		s->title = text_clip(slashes ? slashes + 3 : s->link, 60);
		s->untitled = true;
	}
	return true;
}

bool shown_read(struct command_call *call, struct shown *s)
{
	const char *text = call->args;
	g_autofree char *before = NULL;

	if (g_str_has_prefix(text, "--next") && (!text[6] || text[6] == ' ')) {
		s->next = true;
		text += 6;
	}
	const char *want = argument_after(call, text, "keyword.want", &before);
	if (want) {
		s->want = text_line(want);
		text = before;
	}
	if (!read_title(call, text, s))
		return false;
	if (text_length(s->title) > CIRCLE_TITLE_MOST ||
	    (s->link && text_length(s->link) > CIRCLE_LINK_MOST) ||
	    (s->want && text_length(s->want) > CIRCLE_TEXT_MOST)) {
		command_reply(call, "too-long", NULL);
		return false;
	}
	return true;
}
