/* The promises of base/text/text.h, for any bytes. The first byte chooses how much is kept. */
#include "base/text/text.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_stable(char *(*clean)(const char *), const char *text)
{
	g_autofree char *once = clean(text);
	g_autofree char *twice = clean(once);
	assert(g_utf8_validate(once, -1, NULL));
	assert(!strcmp(once, twice));
	assert(!strpbrk(once, "\n\r\t\x02\x03\x04\x0f\x1b\x7f"));
	assert(*once != ' ' && !g_str_has_suffix(once, " ") && !strstr(once, "  "));
}

/* Joins what is no white space. */
static void append_dark(GString *out, const char *text)
{
	for (; *text; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);
		if (!g_unichar_isspace(c) && c != '\v' && c != 0x85 && c != 0x2800)
			g_string_append_unichar(out, c);
	}
}

static void wraps(const char *text, size_t bytes)
{
	g_autoptr(GString) before = g_string_new(NULL), after = g_string_new(NULL);
	g_auto(GStrv) lines = text_wrap(text, bytes);

	append_dark(before, text);
	for (char **line = lines; *line; line++) {
		assert(**line && strlen(*line) <= bytes);
		assert(g_utf8_validate(*line, -1, NULL));
		assert(!strpbrk(*line, "\r\n"));
		append_dark(after, *line);
	}
	assert(g_string_equal(before, after));
}

static void clips(const char *text, size_t most)
{
	g_autofree char *clipped = text_clip(text, most);
	assert(g_utf8_validate(clipped, -1, NULL));
	assert(text_length(clipped) <= most);
	if (text_length(text) <= most)
		assert(!strcmp(clipped, text));
	else
		assert(!most || g_str_has_suffix(clipped, "…"));
}

static void links(const char *text)
{
	size_t n = strlen(text);
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		size_t length = text_link(p);
		assert(length <= n - (size_t)(p - text));
		if (!length)
			continue;
		g_autofree char *link = g_strndup(p, length);
		assert(g_utf8_validate(link, -1, NULL) && strstr(link, "://"));
		assert(!strpbrk(link, " \t\n<>\"") && !strchr(".,;:!?", link[length - 1]));
		assert(text_link(link) == length);
		p += length - 1;
		while ((*p & 0xc0) == 0x80)
			p--;
	}
}

/* Broken text is nobody's to give, but it may not be read past its end either. */
static void survives(const char *broken, size_t bytes)
{
	g_autofree char *clipped = text_clip(broken, bytes);
	g_autofree char *html = text_html(broken);
	g_auto(GStrv) lines = text_wrap(broken, bytes);
	static const char *const names[] = { "show", "note", "shared", NULL };

	for (char **line = lines; *line; line++)
		assert(**line && strlen(*line) <= bytes);
	assert(text_length(clipped) <= bytes && strlen(html) >= strlen(broken));
	assert(text_link(broken) <= strlen(broken));
	text_nearest(broken, names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	size_t most = 16 + data[0] % 64;
	g_autofree char *broken = g_strndup((const char *)data + 1, size - 1);
	g_autofree char *valid = text_valid((const char *)data + 1, size - 1);

	assert(g_utf8_validate(valid, -1, NULL));
	is_stable(text_line, valid);
	is_stable(text_line, broken);
	is_stable(text_fold, valid);
	is_stable(text_fold, broken);
	wraps(valid, most);
	clips(valid, most - 16);
	links(valid);
	survives(broken, most);
	return 0;
}
