#include "transport/log/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

struct lines {
	const struct log_file *file;
	FILE *in; /* NULL for an export */
	GString *bytes;
	unsigned number;
	struct log_reader *reader;
	struct log_export *export;
	unsigned next; /* of the export's lines */
	uint64_t understood;
	int error;
	void (*odd)(void *data, const char *where, const char *wrong);
	void *data;
};

static int fail(int status, char **ret_error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static int fail(int status, char **ret_error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	*ret_error = g_strdup_vprintf(format, args);
	va_end(args);
	return status;
}

static int open_export(struct lines *l, char **ret_error)
{
	struct stat s;
	g_autofree char *bytes = NULL, *error = NULL;
	g_autoptr(GError) failure = NULL;
	size_t n;
	if (stat(l->file->path, &s) == 0 && (uint64_t)s.st_size > LOG_EXPORT_MOST)
		return fail(EX_DATAERR, ret_error,
			    "is larger than %zu MiB, and an export is read whole: export a shorter "
			    "time",
			    LOG_EXPORT_MOST >> 20);
	if (!g_file_get_contents(l->file->path, &bytes, &n, &failure))
		return fail(EX_NOINPUT, ret_error, "cannot be read: %s", failure->message);
	if (log_export_new(bytes, n, &l->export, &error) < 0)
		return fail(EX_DATAERR, ret_error, "%s", error);
	l->understood = l->export->n_read;
	return 0;
}

int lines_open(const struct log_file *file, GTimeZone *zone, struct lines **ret, char **ret_error)
{
	struct lines *l = g_new0(struct lines, 1);
	int status = 0;
	l->file = file;
	l->bytes = g_string_new(NULL);
	if (file->format == LOG_FORMAT_MATRIX) {
		status = open_export(l, ret_error);
	} else {
		l->reader = log_reader_new(file->format, zone, &file->day);
		l->in = fopen(file->path, "re");
		if (!l->in)
			status = fail(EX_NOINPUT, ret_error, "cannot be read: %s",
				      g_strerror(errno));
	}
	if (status) {
		lines_close(l);
		return status;
	}
	*ret = l;
	return 0;
}

void lines_close(struct lines *l)
{
	if (!l)
		return;
	if (l->in)
		fclose(l->in);
	log_reader_free(l->reader);
	log_export_free(l->export);
	g_string_free(l->bytes, TRUE);
	g_free(l);
}

static void tell_odd(struct lines *l, unsigned number, const char *wrong)
{
	if (!l->odd)
		return;
	g_autofree char *where =
		g_strdup_printf("%s:%s%u", l->file->path, l->export ? " event " : "", number);
	l->odd(l->data, where, wrong);
}

void lines_on_odd(struct lines *l, void (*odd)(void *data, const char *where, const char *wrong),
		  void *data)
{
	l->odd = odd;
	l->data = data;
	for (unsigned i = 0; l->export && i < l->export->faults->len; i++) {
		const struct log_fault *f = &g_array_index(l->export->faults, struct log_fault, i);
		tell_odd(l, f->number, f->wrong);
	}
}

/* The next line of the file, without its '\n'; of one that is too long no more than shows that. */
static bool read_bytes(struct lines *l)
{
	int c;
	g_string_truncate(l->bytes, 0);
	while ((c = getc_unlocked(l->in)) != EOF && c != '\n')
		if (l->bytes->len <= LOG_LINE_MOST)
			g_string_append_c(l->bytes, (char)c);
	if (c == EOF && ferror(l->in))
		l->error = errno;
	return c != EOF || l->bytes->len > 0;
}

static bool is_blank(const GString *bytes)
{
	return strspn(bytes->str, " \t\r") == bytes->len;
}

static bool next_read(struct lines *l, struct log_line *ret)
{
	static const char mark[] = "\xef\xbb\xbf"; /* a byte order mark */
	const char *wrong;
	while (read_bytes(l)) {
		l->number++;
		if (l->number == 1 && g_str_has_prefix(l->bytes->str, mark))
			g_string_erase(l->bytes, 0, (gssize)strlen(mark));
		if (is_blank(l->bytes))
			continue;
		if (log_reader_line(l->reader, l->bytes->str, l->bytes->len, ret, &wrong) < 0) {
			tell_odd(l, l->number, wrong);
			continue;
		}
		l->understood++;
		if (ret->kind != LOG_LINE_NOTHING)
			return true;
	}
	return false;
}

bool lines_next(struct lines *l, struct log_line *ret)
{
	if (!l->export)
		return next_read(l, ret);
	if (l->next == l->export->n_lines)
		return false;
	*ret = l->export->lines[l->next++];
	return true;
}

uint64_t lines_understood(const struct lines *l)
{
	return l->understood;
}

bool lines_lack_day(const struct lines *l)
{
	return l->reader && log_reader_lacks_day(l->reader);
}

int lines_error(const struct lines *l)
{
	return l->error;
}
