/* Rows of a table of labelled messages: columns by the names in the first line, tabs between, no
 * quoting; a tab, line break or backslash in a column is \t, \n, \\. Private to the tables. */
#ifndef KITH_TSV_ROWS_H
#define KITH_TSV_ROWS_H

#include <glib.h>
#include <stdio.h>

enum tsv_column { TSV_ID, TSV_TEXT, TSV_LABEL, TSV_KIND, TSV_LANG, TSV_SOURCE, TSV_COLUMNS };

struct tsv_rows {
	FILE *in;
	const char *name;
	GString *line;
	unsigned line_no;
	unsigned width;         /* columns in the first line */
	int place[TSV_COLUMNS]; /* -1: not there */
	const char *
		column[TSV_COLUMNS]; /* of the row read last, the escapes undone; NULL: not there */
	char *fault;                 /* "NAME:LINE: what; what to do", once something failed */
};

/* Reads the first line. `name` is what the faults call the file. 0, -EBADMSG with a fault, or
 * another -errno from reading, with a fault. */
int tsv_rows_init(struct tsv_rows *rows, FILE *in, const char *name);
void tsv_rows_done(struct tsv_rows *rows);
/* 1 and a row in `column`, which lasts until the next; 0 at the end; else as above. */
int tsv_rows_next(struct tsv_rows *rows);

#endif
