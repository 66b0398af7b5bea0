#include "pitch/tsv_rows.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

static const char *const NAMES[TSV_COLUMNS] = { "id", "text", "label", "kind", "lang", "source" };

static int fault(struct tsv_rows *rows, int error, const char *what)
{
	g_free(rows->fault);
	rows->fault = g_strdup_printf("%s:%u: %s", rows->name, rows->line_no, what);
	return error;
}

/* 1 and a line without its end, 0 at the end of the file, or -errno. A NUL becomes a space: what is
 * read is text. */
static int read_line(struct tsv_rows *rows)
{
	GString *line = rows->line;
	int c;

	errno = 0;
	g_string_truncate(line, 0);
	while ((c = getc(rows->in)) != EOF && c != '\n')
		g_string_append_c(line, c == '\0' ? ' ' : (char)c);
	if (c == EOF && ferror(rows->in)) {
		int error = errno ? errno : EIO;
		rows->line_no++;
		return fault(rows, -error, "cannot be read; is it a file?");
	}
	if (c == EOF && line->len == 0)
		return 0;
	rows->line_no++;
	if (line->len > 0 && line->str[line->len - 1] == '\r')
		g_string_truncate(line, line->len - 1);
	return 1;
}

static int column_named(const char *name)
{
	for (int i = 0; i < TSV_COLUMNS; i++)
		if (strcmp(name, NAMES[i]) == 0)
			return i;
	return -1;
}

static int read_header(struct tsv_rows *rows)
{
	char *line = rows->line->str;
	if (g_str_has_prefix(line, "\xEF\xBB\xBF"))
		line += 3;
	g_auto(GStrv) names = g_strsplit(line, "\t", -1);
	for (rows->width = 0; names[rows->width]; rows->width++) {
		int column = column_named(names[rows->width]);
		if (column < 0)
			continue;
		if (rows->place[column] >= 0)
			return fault(rows, -EBADMSG, "two columns have the same name; rename one");
		rows->place[column] = (int)rows->width;
	}
	if (rows->place[TSV_ID] < 0 || rows->place[TSV_TEXT] < 0)
		return fault(
			rows, -EBADMSG,
			"the first line must name the columns, id and text among them, with tabs "
			"between; put it there");
	return 0;
}

int tsv_rows_init(struct tsv_rows *rows, FILE *in, const char *name)
{
	*rows = (struct tsv_rows){ .in = in, .name = name, .line = g_string_new(NULL) };
	for (unsigned i = 0; i < TSV_COLUMNS; i++)
		rows->place[i] = -1;
	int r = read_line(rows);
	if (r == 0) {
		rows->line_no = 1;
		r = fault(rows, -EBADMSG,
			  "nothing in it; give a table with the columns id and text");
	}
	return r < 0 ? r : read_header(rows);
}

void tsv_rows_done(struct tsv_rows *rows)
{
	g_string_free(rows->line, TRUE);
	g_free(rows->fault);
}

/* In place, as it only gets shorter; a backslash before anything else stays. */
static void unescape(char *at)
{
	char *to = at;
	for (; *at; at++) {
		if (*at == '\\' && (at[1] == 't' || at[1] == 'n' || at[1] == '\\')) {
			at++;
			*to++ = *at == 't' ? '\t' : *at == 'n' ? '\n' : '\\';
		} else {
			*to++ = *at;
		}
	}
	*to = '\0';
}

static void take_column(struct tsv_rows *rows, unsigned place, char *text)
{
	for (unsigned i = 0; i < TSV_COLUMNS; i++)
		if (rows->place[i] == (int)place) {
			/* An id is printed again as it came. */
			if (i != TSV_ID)
				unescape(text);
			rows->column[i] = text;
		}
}

int tsv_rows_next(struct tsv_rows *rows)
{
	unsigned place = 0;
	int r;
	do
		r = read_line(rows);
	while (r > 0 && rows->line->len == 0);
	if (r <= 0)
		return r;
	for (char *at = rows->line->str, *tab; at; at = tab ? tab + 1 : NULL, place++) {
		tab = strchr(at, '\t');
		if (tab)
			*tab = '\0';
		take_column(rows, place, at);
	}
	if (place != rows->width)
		return fault(rows, -EBADMSG,
			     "not as many columns as the first line names; write a tab within a "
			     "text as \\t "
			     "and a line break as \\n");
	return 1;
}
