/*
 * `kith pitch` (DESIGN 4.7): how kith reads one text, or a table of them. A text is read exactly as
 * the guard reads a message: what it only quotes is blanked out, then it is folded, then read.
 */
#ifndef KITH_TSV_H
#define KITH_TSV_H

#include <stdio.h>

/*
 * Reads a table: the first line names the columns, with tabs between; `id` and `text` are needed,
 * `label` (pitch, ok), `kind`, `lang` and `source` used if there; a tab, line break or backslash in
 * a text is \t, \n, \\. Writes a line a row to `out`: the id, the verdict, the score and the
 * reasons (commas between, empty for ok), tabs between. With labels a summary for a person goes to
 * `summary`. `name` is what faults call the file. 0, or -errno with one line on `summary`,
 * "NAME:LINE: what; what to do": -EBADMSG if it is no such table.
 */
int pitch_table(FILE *in, const char *name, FILE *out, FILE *summary);

/* Verdict, score and reasons of one text, for a person. */
void pitch_text(const char *text, FILE *out);

#endif
