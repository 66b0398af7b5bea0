#include "transport/console/print.h"

#include "transport/console/wall.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

void printer_init(struct printer *p, FILE *out, GTimeZone *zone, bool json)
{
	const char *no_colour = g_getenv("NO_COLOR");
	*p = (struct printer){
		.out = out,
		.zone = zone,
		.json = json,
		.colour = isatty(fileno(out)) && (no_colour == NULL || *no_colour == '\0'),
	};
}

/* How many cells of a terminal `text` takes. */
static int columns(const char *text)
{
	int n = 0;
	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);
		if (!g_unichar_iszerowidth(c))
			n += g_unichar_iswide(c) ? 2 : 1;
	}
	return n;
}

/* Control characters as pictures of themselves (U+2400 on); the C1 ones have none. */
static void append_visible(GString *line, const char *text, int indent)
{
	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);
		if (c == '\n') {
			g_string_append_c(line, '\n');
			if (text[1] != '\n' && text[1] != '\0')
				g_string_append_printf(line, "%*s", indent, "");
		} else if (c == 0x7f) {
			g_string_append_unichar(line, 0x2421);
		} else if (c < 0x20 && c != '\t') {
			g_string_append_unichar(line, 0x2400 + c);
		} else if (c >= 0x80 && c < 0xa0) {
			g_string_append_unichar(line, 0xfffd);
		} else {
			g_string_append_unichar(line, c);
		}
	}
}

static void append_remark(GString *s, const struct printer *p, const char *what)
{
	g_string_append(s, p->colour ? "\033[2m-- " : "-- ");
	append_visible(s, what, 3);
	g_string_append(s, p->colour ? " --\033[0m\n" : " --\n");
}

/* Whoever reads sees each line when it happens. */
static void put(struct printer *p, int64_t at_us, const GString *line)
{
	g_autoptr(GString) all = g_string_sized_new(line->len + 64);
	int day = wall_day_number(at_us, p->zone);
	if (day != p->day) {
		g_autofree char *name = wall_day(at_us, p->zone);
		if (p->day != 0)
			g_string_append_c(all, '\n');
		append_remark(all, p, name);
		p->day = day;
	}
	g_string_append_len(all, line->str, (gssize)line->len);
	fwrite(all->str, 1, all->len, p->out);
	fflush(p->out);
}

void print_said(struct printer *p, int64_t at_us, const char *head, const char *text)
{
	if (p->json)
		return;
	g_autofree char *stamp = wall_stamp(at_us, p->zone);
	g_autoptr(GString) line = g_string_sized_new(strlen(text) + 64);
	g_string_append_printf(line, "%s ", stamp);
	append_visible(line, head, 0);
	append_visible(line, text, columns(line->str));
	g_string_append_c(line, '\n');
	put(p, at_us, line);
}

void print_remark(struct printer *p, int64_t at_us, const char *what)
{
	if (p->json)
		return;
	g_autoptr(GString) line = g_string_new(NULL);
	if (*what == '\0')
		g_string_append_c(line, '\n');
	else
		append_remark(line, p, what);
	put(p, at_us, line);
}

void print_json(struct printer *p, const struct print_post *post)
{
	g_autofree char *at = wall_iso(post->at_us);
	json_t *o = json_pack("{s:I, s:s, s:s, s:s?, s:s, s:s?}", "line", (json_int_t)post->line,
			      "at", at, "to", post->to, "reply_to", post->reply_to, "text",
			      post->text, "word", post->word);
	assert(o != NULL); /* only broken UTF-8 fails, and rendering leaves none */
	json_dumpf(o, p->out, JSON_COMPACT);
	json_decref(o);
	fputc('\n', p->out);
	fflush(p->out);
}
