#include "pitch/tsv.h"

#include "pitch/reading.h"
#include "pitch/tsv_rows.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

struct tally {
	unsigned rows, maybe, pitch;
};

struct summary {
	struct tally innocent, context, pitches;
	GHashTable *kinds; /* char *kind -> struct tally * */
	unsigned unlabelled;
};

/* The text is innocent, but only because somebody asked for it: see the labels' kinds. */
static const char *const CONTEXT = "ok:shows-own-work";

static void print_reasons(const struct reading *r, const char *between, FILE *out)
{
	for (unsigned i = 0; i < r->n_reasons; i++)
		fprintf(out, "%s%s", i > 0 ? between : "", reading_cue_name(r->reasons[i]));
}

void pitch_text(const char *text, FILE *out)
{
	struct reading r = reading_of_message(text);
	fprintf(out, "%s (%d of 100)", reading_verdict_name(r.verdict), r.score);
	if (r.n_reasons > 0)
		fputs(": ", out);
	print_reasons(&r, ", ", out);
	fputc('\n', out);
}

static void tally_add(struct tally *t, const struct reading *r)
{
	t->rows++;
	t->maybe += r->verdict == READING_MAYBE;
	t->pitch += r->verdict == READING_PITCH;
}

static struct tally *tally_of(struct summary *s, const char *kind)
{
	struct tally *t = g_hash_table_lookup(s->kinds, kind);
	if (!t) {
		t = g_new0(struct tally, 1);
		g_hash_table_insert(s->kinds, g_strdup(kind), t);
	}
	return t;
}

static void summarize(struct summary *s, const struct tsv_rows *rows, const struct reading *r)
{
	const char *label = rows->column[TSV_LABEL], *kind = rows->column[TSV_KIND];
	bool pitch = label && strcmp(label, "pitch") == 0;
	if (!pitch && (!label || strcmp(label, "ok") != 0)) {
		s->unlabelled++;
		return;
	}
	bool context = !pitch && kind && g_str_has_prefix(kind, CONTEXT);
	tally_add(pitch ? &s->pitches : context ? &s->context : &s->innocent, r);
	if (kind)
		tally_add(tally_of(s, kind), r);
}

static void print_tally(const char *name, const struct tally *t, FILE *out)
{
	if (t->rows == 0)
		return;
	fprintf(out, "  %-34s %6u of %6u  %5.1f %%  (and %u maybe)\n", name, t->pitch, t->rows,
		100.0 * t->pitch / t->rows, t->maybe);
}

static void print_summary(struct summary *s, FILE *out)
{
	if (s->innocent.rows + s->context.rows + s->pitches.rows == 0)
		return;
	fputs("read as a pitch:\n", out);
	print_tally("false alarms, innocent messages", &s->innocent, out);
	print_tally("own work shown when asked", &s->context, out);
	print_tally("recall, pitches", &s->pitches, out);
	if (s->unlabelled > 0)
		fprintf(out, "  (%u rows are labelled neither pitch nor ok)\n", s->unlabelled);
	if (g_hash_table_size(s->kinds) == 0)
		return;
	fputs("by kind:\n", out);
	g_autoptr(GList) kinds = g_list_sort(g_hash_table_get_keys(s->kinds), (GCompareFunc)strcmp);
	for (GList *k = kinds; k; k = k->next)
		print_tally(k->data, g_hash_table_lookup(s->kinds, k->data), out);
}

static void print_row(const struct tsv_rows *rows, const struct reading *r, FILE *out)
{
	fprintf(out, "%s\t%s\t%d\t", rows->column[TSV_ID], reading_verdict_name(r->verdict),
		r->score);
	print_reasons(r, ",", out);
	fputc('\n', out);
}

int pitch_table(FILE *in, const char *name, FILE *out, FILE *summary)
{
	struct summary s = { .kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
							    g_free) };
	struct tsv_rows rows;
	int r = tsv_rows_init(&rows, in, name);

	while (r >= 0 && (r = tsv_rows_next(&rows)) > 0) {
		struct reading reading = reading_of_message(rows.column[TSV_TEXT]);
		print_row(&rows, &reading, out);
		summarize(&s, &rows, &reading);
	}
	if (r < 0)
		fprintf(summary, "%s\n", rows.fault);
	else
		print_summary(&s, summary);
	/* A full disk is found out when what is buffered is written. */
	if (r == 0 && (fflush(out) != 0 || ferror(out))) {
		r = errno ? -errno : -EIO;
		fprintf(summary, "%s:%u: its readings cannot be written; is the disk full?\n", name,
			rows.line_no);
	}
	tsv_rows_done(&rows);
	g_hash_table_unref(s.kinds);
	return r;
}
