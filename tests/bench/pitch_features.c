/*
 * usage: pitch_features < TABLE
 *
 * What the reading weighs in each text of a table (`kith pitch --tsv`'s columns), for
 * tests/bench/pitch: a first line with the features' names, then a line a row: the id, what kith
 * reads now (verdict and score), then the features in hundredths.
 */
#include "pitch/fold.h"
#include "pitch/reading_private.h"
#include "pitch/tsv_rows.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

static void print_names(void)
{
	char name[32];
	printf("id\tverdict\tscore");
	for (enum reading_feature i = 0; i < FEATURES; i++)
		printf("\t%s", reading_feature_name(i, name));
	putchar('\n');
}

static void print_row(const struct tsv_rows *rows)
{
	g_autofree char *text = fold_unquoted(rows->column[TSV_TEXT]);
	int features[FEATURES];
	struct fold f;

	fold_init(&f, text);
	struct reading r = reading_of(&f);
	struct reading_counts counts = reading_count(&f);
	reading_features(&counts, f.marks, features);
	printf("%s\t%s\t%d", rows->column[TSV_ID], reading_verdict_name(r.verdict), r.score);
	for (unsigned i = 0; i < FEATURES; i++)
		printf("\t%d", features[i]);
	putchar('\n');
	fold_done(&f);
}

int main(void)
{
	struct tsv_rows rows;
	int r = tsv_rows_init(&rows, stdin, "stdin");
	if (r == 0)
		print_names();
	while (r >= 0 && (r = tsv_rows_next(&rows)) > 0)
		print_row(&rows);
	if (r < 0)
		fprintf(stderr, "%s\n", rows.fault);
	tsv_rows_done(&rows);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
