/* The promises of tsv.h, for any bytes. */
#include "pitch/tsv.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each line: id, verdict, score, reasons. */
static void rows_are_sound(const char *out)
{
	g_auto(GStrv) lines = g_strsplit(out, "\n", -1);
	unsigned n = g_strv_length(lines);
	assert(n == 0 || *lines[n - 1] == '\0');
	for (unsigned i = 0; i + 1 < n; i++) {
		g_auto(GStrv) columns = g_strsplit(lines[i], "\t", -1);
		assert(g_strv_length(columns) == 4);
		assert(!strcmp(columns[1], "ok") || !strcmp(columns[1], "maybe") ||
		       !strcmp(columns[1], "pitch"));
		assert(!strcmp(columns[1], "ok") == (*columns[3] == '\0'));
		assert(atoi(columns[2]) >= 0 && atoi(columns[2]) <= 100);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* fmemopen has no empty files. */
	if (size == 0)
		return 0;
	char *written = NULL, *said = NULL;
	size_t n;
	FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");
	FILE *out = open_memstream(&written, &n);
	FILE *summary = open_memstream(&said, &n);

	int r = pitch_table(in, "table", out, summary);
	fclose(in);
	fclose(out);
	fclose(summary);
	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 || g_str_has_prefix(said, "table:"));
	rows_are_sound(written);
	free(written); /* open_memstream's */
	free(said);
	return 0;
}
