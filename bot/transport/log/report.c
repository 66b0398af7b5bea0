#include "transport/log/report.h"

#include "base/text/text.h"
#include "clock.h"

#include <string.h>

enum {
	COLUMNS = 100,
	NAME_MOST = 44,  /* characters of who it was */
	QUOTED_MOST = 2, /* lines of a message */
	FILES_LISTED = 12,
	PATH_MOST = 44,
};

struct said {
	enum report_way way;
	char *text;
};

/* A message kith would have answered. */
struct answered {
	int64_t at_us;
	char *name, *text;
	const struct person *person;
	bool was_member;
	GPtrArray *said; /* of struct said */
};

struct report {
	GPtrArray *answered; /* of struct answered, by time */
	uint64_t n_read;
	/* The last line, copied only if something is said to it. */
	const struct log_line *line;
	const struct person *person;
	bool member;
	bool open; /* it is the last of `answered` */
};

static void said_free(void *data)
{
	struct said *s = data;
	g_free(s->text);
	g_free(s);
}

static void answered_free(void *data)
{
	struct answered *a = data;
	g_free(a->name);
	g_free(a->text);
	g_ptr_array_unref(a->said);
	g_free(a);
}

struct report *report_new(void)
{
	struct report *r = g_new0(struct report, 1);
	r->answered = g_ptr_array_new_with_free_func(answered_free);
	return r;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	g_ptr_array_unref(r->answered);
	g_free(r);
}

void report_line(struct report *r, const struct log_line *line, const struct person *p)
{
	r->line = line;
	r->person = p;
	r->member = p->member;
	r->open = false;
}

void report_read(struct report *r)
{
	r->n_read++;
}

/* "ana", or "zoe, as zoe_away"; a Matrix id alone, as display names are anybody's choice. */
static char *name_of(const struct log_line *line, const struct person *p)
{
	bool same = line->account || !g_ascii_strcasecmp(line->nick, p->account);
	g_autofree char *name =
		same ? g_strdup(p->account) : g_strconcat(p->account, ", as ", line->nick, NULL);
	g_autofree char *clean = text_line(name);
	return text_clip(clean, NAME_MOST);
}

/* Its lines made clean: a terminal is told nothing by a message. */
static char *clean_text(const char *text)
{
	GString *clean = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line && clean->len < QUOTED_MOST * COLUMNS; line++) {
		g_autofree char *one = text_line(*line);
		g_string_append_printf(clean, "%s\n", one);
	}
	return g_string_free(clean, FALSE);
}

void report_said(struct report *r, enum report_way way, const char *text)
{
	if (!r->open) {
		struct answered *a = g_new0(struct answered, 1);
		a->at_us = r->line->at_us;
		a->name = name_of(r->line, r->person);
		a->text = clean_text(r->line->text);
		a->person = r->person;
		a->was_member = r->member;
		a->said = g_ptr_array_new_with_free_func(said_free);
		g_ptr_array_add(r->answered, a);
		r->open = true;
	}
	struct answered *a = r->answered->pdata[r->answered->len - 1];
	for (unsigned i = 0; i < a->said->len; i++) {
		const struct said *before = a->said->pdata[i];
		if (before->way == way && way == REPORT_ORGANIZERS && !strcmp(before->text, text))
			return;
	}
	struct said *s = g_new(struct said, 1);
	*s = (struct said){ way, g_strdup(text) };
	g_ptr_array_add(a->said, s);
}

/* --- printing --- */

/* `text` in lines behind `first`, which the later ones stand under; at most `most` lines. */
static void print_wrapped(FILE *out, const char *first, const char *text, unsigned most)
{
	size_t indent = strlen(first);
	g_auto(GStrv) lines = text_wrap(text, COLUMNS - 2 - indent);
	for (unsigned i = 0; lines[i] && i < most; i++) {
		bool cut = i + 1 == most && lines[i + 1];
		fprintf(out, "%*s%s%s\n", (int)indent, i == 0 ? first : "", lines[i],
			cut ? " …" : "");
	}
}

static void print_point(FILE *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void print_point(FILE *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	print_wrapped(out, "  - ", text, G_MAXUINT);
}

/* The machine's own language plays no part: LC_TIME is never set. */
static char *format_time(int64_t at_us, GTimeZone *zone, const char *format)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_us / CLOCK_US_PER_SECOND);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
	return g_date_time_format(local, format);
}

static void print_file(FILE *out, const struct log_file *f, GTimeZone *zone)
{
	g_autofree char *path = text_line(f->path);
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *clipped =
		text_clip(text_length(path) > PATH_MOST ? name : path, PATH_MOST);
	fprintf(out, "  %s (%s)", clipped, log_format_name(f->format));
	if (f->first_us == INT64_MAX) {
		fprintf(out, ": nobody says anything\n");
		return;
	}
	g_autofree char *first = format_time(f->first_us, zone, "%-d %b %Y");
	g_autofree char *last = format_time(f->last_us, zone, "%-d %b %Y");
	fprintf(out, ": %s", first);
	if (strcmp(first, last) != 0)
		fprintf(out, " to %s", last);
	fputc('\n', out);
}

static void print_head(FILE *out, const struct log_files *files,
		       const struct replay_options *options)
{
	unsigned n = files->files->len, listed = n > FILES_LISTED ? FILES_LISTED : n;
	fprintf(out, "What kith would have said, had it been there\n\n");
	for (unsigned i = 0; i < listed; i++)
		print_file(out, files->files->pdata[i], options->zone);
	if (n > listed)
		fprintf(out, "  and %u more files\n", n - listed);
	const char *whose = options->configured ? ", the group's" : "; -c FILE names yours";
	fprintf(out, "\nHow they were read\n");
	if (!log_files_are_matrix(files)) {
		print_point(out, "These logs name no time zone: their times are taken for %s%s.",
			    options->zone_name, whose);
		print_point(out, "A nick stands for an account, as these logs do not tell who was "
				 "signed in. Who changes their nick stays the same person until "
				 "they leave.");
	} else {
		print_point(out, "Times are those of %s%s.", options->zone_name, whose);
	}
	print_point(out,
		    "A log does not tell who belongs to the group. Who has spoken on %s "
		    "different days is a regular from then on, and counts as a member; name "
		    "others with --member, and who has lately given something with --giving.",
		    "three");
	print_point(out,
		    "kith lets members be while nobody in the group has lately given anything. "
		    "So that the strictest case is shown, one made-up member is vouched for.");
	print_point(out, "It was played in gentle mode, whatever the configuration says.");
}

static const char *standing_of(const struct answered *a)
{
	if (a->was_member)
		return "a regular";
	return a->person->member ? "new then, a regular later" : "new here";
}

static void print_said(FILE *out, const struct said *s)
{
	static const char *const ways[] = {
		[REPORT_ROOM] = "one line in the room:",
		[REPORT_PRIVATE] = "a private word:",
		[REPORT_ORGANIZERS] = "nothing, but the organizers would have been told:",
	};
	fprintf(out, "    %s\n", ways[s->way]);
	print_wrapped(out, "      ", s->text, G_MAXUINT);
}

static void print_answered(FILE *out, const struct answered *a, GTimeZone *zone)
{
	g_autofree char *at = format_time(a->at_us, zone, "%a %-d %b %Y %H:%M");
	fprintf(out, "\n  %s  %s (%s)\n", at, a->name, standing_of(a));
	print_wrapped(out, "    > ", a->text, QUOTED_MOST);
	for (unsigned i = 0; i < a->said->len; i++)
		print_said(out, a->said->pdata[i]);
}

static void print_group(FILE *out, const struct report *r, bool regulars, const char *title,
			const char *none, GTimeZone *zone)
{
	bool any = false;
	fprintf(out, "\n%s\n", title);
	for (unsigned i = 0; i < r->answered->len; i++) {
		const struct answered *a = r->answered->pdata[i];
		if (a->person->member != regulars)
			continue;
		print_answered(out, a, zone);
		any = true;
	}
	if (!any)
		fprintf(out, "\n  %s\n", none);
}

static void print_end(FILE *out, const struct report *r, const struct log_files *files,
		      const char *const *unheard)
{
	fprintf(out, "\nIn short\n");
	print_point(out, "%" G_GUINT64_FORMAT " messages read, %u answered.", r->n_read,
		    r->answered->len);
	if (files->n_odd == 1)
		print_point(out, "One line was not understood:");
	else if (files->n_odd > 1)
		print_point(out, "%" G_GUINT64_FORMAT " lines were not understood%s", files->n_odd,
			    files->n_odd > files->odd->len ? ", among them:" : ":");
	for (unsigned i = 0; i < files->odd->len; i++) {
		g_autofree char *odd = text_line(files->odd->pdata[i]);
		print_wrapped(out, "      ", odd, G_MAXUINT);
	}
	for (; *unheard; unheard++) {
		g_autofree char *name = text_line(*unheard);
		g_autofree char *clipped = text_clip(name, NAME_MOST);
		print_point(out, "Nobody called %s speaks in these logs: is it spelt as there?",
			    clipped);
	}
	if (r->answered->len > 0)
		print_point(out, "To see what kith makes of a message: kith pitch \"its text\".");
	print_point(out,
		    "To let it watch first: with [pitch] mode = observe it says nothing in the "
		    "room, and tells the organizers once a week what it would have said.");
}

void report_print(const struct report *r, const struct log_files *files,
		  const struct replay_options *options, const char *const *unheard)
{
	FILE *out = options->out;
	print_head(out, files, options);
	print_group(out, r, true,
		    "Answers to regulars (look at these first: would they have been right?)",
		    "None.", options->zone);
	print_group(out, r, false, "Answers to people new here", "None.", options->zone);
	print_end(out, r, files, unheard);
}
