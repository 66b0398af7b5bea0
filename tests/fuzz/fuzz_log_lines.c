/*
 * A file somebody takes for a chat log, in whichever format its first lines look like: what is read
 * is whole and valid, is on a day there is, says no more than the file does, and is the same when
 * read again; every line and every event is either understood or named as a fault.
 */
#include "transport/log/log.h"

#include "clock.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_text(const char *text)
{
	assert(text && g_utf8_validate(text, -1, NULL));
}

static void assert_whole(const struct log_line *l)
{
	bool about = l->kind == LOG_LINE_EDIT || l->kind == LOG_LINE_REDACTION;
	if (l->kind == LOG_LINE_NOTHING) {
		assert(!l->nick && !l->text && !l->id && !l->target && !l->reply_to);
		return;
	}
	/* Any zone's 1970 to 2199. */
	assert(l->at_us > -CLOCK_US_PER_DAY && l->at_us < 231 * CLOCK_US_PER_YEAR);
	assert_text(l->nick);
	assert_text(l->text);
	assert(!l->account || *l->account == '@');
	assert((l->target != NULL) == about);
	assert(!about || l->id);
	assert(!l->reply_to || l->kind == LOG_LINE_MESSAGE || l->kind == LOG_LINE_ACTION ||
	       l->kind == LOG_LINE_NOTICE);
}

static void assert_same(const struct log_line *a, const struct log_line *b)
{
	assert(a->kind == b->kind && a->at_us == b->at_us);
	assert(!g_strcmp0(a->nick, b->nick) && !g_strcmp0(a->account, b->account));
	assert(!g_strcmp0(a->text, b->text) && !g_strcmp0(a->id, b->id));
	assert(!g_strcmp0(a->target, b->target) && !g_strcmp0(a->reply_to, b->reply_to));
}

/* What a client of this kind can have written of somebody. */
static void assert_of_line(const struct log_line *l, size_t n)
{
	if (l->kind == LOG_LINE_NOTHING)
		return;
	assert(*l->nick != '\0' && !strpbrk(l->nick, " \t\n<>:"));
	assert(l->kind != LOG_LINE_NICK || !strpbrk(l->text, " \t\n<>:"));
	/* A broken byte has become three. */
	assert(strlen(l->nick) + strlen(l->text) <= 3 * n);
	assert(!l->account && !l->id);
	assert(l->kind != LOG_LINE_EDIT && l->kind != LOG_LINE_REDACTION);
}

static void read_lines(enum log_format format, GTimeZone *zone, const char *bytes, size_t size)
{
	GDate day;
	g_date_set_dmy(&day, 23, G_DATE_NOVEMBER, 2026);
	struct log_reader *r = log_reader_new(format, zone, &day);
	struct log_reader *again = log_reader_new(format, zone, &day);
	for (size_t at = 0; at < size;) {
		const char *end = memchr(bytes + at, '\n', size - at);
		size_t n = end ? (size_t)(end - bytes) - at : size - at;
		struct log_line line, same;
		const char *error = NULL, *same_error = NULL;
		int e = log_reader_line(r, bytes + at, n, &line, &error);
		assert(e == log_reader_line(again, bytes + at, n, &same, &same_error));
		assert(e == 0 || (error && error == same_error && !strchr(error, '\n')));
		if (e == 0) {
			assert_whole(&line);
			assert_of_line(&line, n);
			assert_same(&line, &same);
		}
		at += n + 1;
	}
	assert(!log_reader_lacks_day(r));
	log_reader_free(r);
	log_reader_free(again);
}

static void read_export(const char *bytes, size_t size)
{
	struct log_export *x;
	g_autofree char *error = NULL;
	if (log_export_new(bytes, size, &x, &error) < 0) {
		assert(error != NULL);
		return;
	}
	for (unsigned i = 0; i < x->n_lines; i++) {
		const struct log_line *l = &x->lines[i];
		assert_whole(l);
		assert(l->kind != LOG_LINE_NOTHING && l->kind != LOG_LINE_NICK && l->account);
		assert(i == 0 || l->at_us >= l[-1].at_us);
	}
	for (unsigned i = 0; i < x->faults->len; i++) {
		const struct log_fault *f = &g_array_index(x->faults, struct log_fault, i);
		assert(f->number > 0 && f->number <= x->n_read + x->faults->len && *f->wrong);
	}
	/* An event gives a line, and may hold an edit of it. */
	assert(x->n_lines <= 2 * x->n_read);
	log_export_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static GTimeZone *zone;
	const char *bytes = (const char *)data;
	enum log_format format = LOG_FORMAT_MATRIX;
	if (!zone)
		zone = g_time_zone_new_identifier("Europe/Berlin");
	if (log_detect(bytes, MIN(size, LOG_HEAD), &format) < 0)
		return 0;
	if (format == LOG_FORMAT_MATRIX)
		read_export(bytes, size);
	else
		read_lines(format, zone, bytes, size);
	return 0;
}
