/* The promises of post.h, for any bytes. */
#include "base/text/text.h"
#include "post.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORD_JOINER "\u2060"

/* `text` cleaned as post_literal says it, made another way. */
static char *cleaned(const char *text)
{
	g_autofree char *line = text_line(text);
	GString *out = g_string_new(NULL);
	for (const char *p = line; *p;) {
		bool room = !g_ascii_strncasecmp(p, "@room", 5);
		g_string_append_printf(out, room ? "@" WORD_JOINER "%.4s" : "%.1s",
				       room ? p + 1 : p);
		p += room ? 5 : 1;
	}
	return g_string_free(out, FALSE);
}

static void literal_is_literal(const char *text)
{
	g_autofree char *expected = cleaned(text);
	g_autofree char *expected_html = text_html(expected);
	g_autofree char *literal = post_literal(text);
	g_autofree char *plain = post_plain(literal);
	g_autofree char *html = post_html(literal);
	assert(!strcmp(plain, expected));
	assert(!strcmp(html, expected_html));

	/* Nor does it change what stands around it. */
	g_autofree char *inside = g_strdup_printf("- **a%sb** `%s`\n%s", literal, literal, literal);
	g_autofree char *inside_html = post_html(inside);
	g_autofree char *inside_expected =
		g_strdup_printf("<ul><li><strong>a%sb</strong> <code>%s</code></li></ul>%s",
				expected_html, expected_html, expected_html);
	assert(!strcmp(inside_html, inside_expected));
}

static bool take(const char **p, const char *token)
{
	if (!g_str_has_prefix(*p, token))
		return false;
	*p += strlen(token);
	return true;
}

static const char *attribute_end(const char *p)
{
	assert(!g_ascii_strncasecmp(p, "http://", 7) || !g_ascii_strncasecmp(p, "https://", 8) ||
	       !g_ascii_strncasecmp(p, "mailto:", 7));
	p += strcspn(p, "<>\"'");
	assert(g_str_has_prefix(p, "\">"));
	return p + 2;
}

/* The tags are those of post.h, closed in the order they were opened, and what is no tag is
 * escaped. */
static void is_sound(const char *html)
{
	static const char *const opening[] = { "<strong>", "<code>", "<ul>", "<li>", "<a href=\"" };
	static const char *const closing[] = { "</strong>", "</code>", "</ul>", "</li>", "</a>" };
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
	size_t open[8], depth = 0;

	for (const char *p = html; *p;) {
		bool known = !strchr("<>&\"'", *p) || take(&p, "<br>");
		for (size_t i = 0; !known && i < G_N_ELEMENTS(opening); i++) {
			if (take(&p, opening[i])) {
				assert(depth < G_N_ELEMENTS(open));
				open[depth++] = i;
				if (i == 4)
					p = attribute_end(p);
				known = true;
			} else if (take(&p, closing[i])) {
				assert(depth && open[--depth] == i);
				known = true;
			} else {
				known = take(&p, entities[i]);
			}
		}
		assert(known);
		if (*p && !strchr("<>&\"'", *p))
			p++;
	}
	assert(!depth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *plain = post_plain(text);
	g_autofree char *html = post_html(text);

	assert(g_utf8_validate(plain, -1, NULL));
	assert(g_utf8_validate(html, -1, NULL));
	is_sound(html);
	literal_is_literal(text);
	return 0;
}
