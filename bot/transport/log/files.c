#include "transport/log/files.h"

#include "base/text/text.h"
#include "transport/log/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static void file_free(void *data)
{
	struct log_file *f = data;
	g_free(f->path);
	g_free(f);
}

/* "PATH: what is wrong". */
static int fail(int status, char **ret_error, const char *path, const char *wrong)
{
	g_autofree char *all = g_strconcat(path, ": ", wrong, NULL);
	*ret_error = text_valid(all, strlen(all));
	return status;
}

/* --- which --- */

static int read_head(const char *path, GString *ret_head, char **ret_error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;
	char block[4096];
	if (fd < 0) {
		g_autofree char *wrong = g_strconcat("cannot be read: ", g_strerror(errno), NULL);
		return fail(EX_NOINPUT, ret_error, path, wrong);
	}
	while (ret_head->len < LOG_HEAD && (n = read(fd, block, sizeof(block))) > 0)
		g_string_append_len(ret_head, block, n);
	close(fd);
	if (n >= 0)
		return 0;
	g_autofree char *wrong = g_strconcat("cannot be read: ", g_strerror(errno), NULL);
	return fail(EX_NOINPUT, ret_error, path, wrong);
}

/* `named`: by whoever called kith; a bouncer's folder may well have an empty file in it. */
static int add_file(struct log_files *l, const char *path, bool named, char **ret_error)
{
	g_autoptr(GString) head = g_string_new(NULL);
	enum log_format format;
	int status = read_head(path, head, ret_error);
	if (status)
		return status;
	if (head->len == 0)
		return named ? fail(EX_DATAERR, ret_error, path, "is empty") : 0;
	if (log_detect(head->str, head->len, &format) < 0)
		return fail(EX_DATAERR, ret_error, path,
			    "is no log kith can read: it knows those of irssi, weechat, ZNC and "
			    "energymech, and Element's export as JSON");
	struct log_file *f = g_new0(struct log_file, 1);
	f->path = g_strdup(path);
	f->format = format;
	f->first_us = INT64_MAX;
	f->last_us = INT64_MIN;
	g_date_clear(&f->day, 1);
	log_day_of_name(path, &f->day);
	g_ptr_array_add(l->files, f);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The plain files in it, without hidden ones. */
static int add_folder(struct log_files *l, const char *path, char **ret_error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
	const char *name;
	int status = 0;
	if (!folder)
		return fail(EX_NOINPUT, ret_error, path, "cannot be read");
	while ((name = g_dir_read_name(folder))) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		if (*name != '.' && g_file_test(file, G_FILE_TEST_IS_REGULAR))
			g_ptr_array_add(names, g_steal_pointer(&file));
	}
	g_ptr_array_sort(names, compare_names);
	for (unsigned i = 0; i < names->len && !status; i++)
		status = add_file(l, names->pdata[i], false, ret_error);
	return status;
}

static int add_paths(struct log_files *l, const char *const *paths, char **ret_error)
{
	int status = 0;
	for (; *paths && !status; paths++) {
		struct stat s;
		if (stat(*paths, &s) < 0) {
			g_autofree char *wrong =
				g_strconcat("cannot be read: ", g_strerror(errno), NULL);
			return fail(EX_NOINPUT, ret_error, *paths, wrong);
		}
		if (S_ISDIR(s.st_mode))
			status = add_folder(l, *paths, ret_error);
		else if (S_ISREG(s.st_mode))
			status = add_file(l, *paths, true, ret_error);
		else /* it is read twice */
			return fail(EX_NOINPUT, ret_error, *paths, "is no plain file");
	}
	return status;
}

/* --- what is in them --- */

static void note_odd(void *data, const char *where, const char *wrong)
{
	struct log_files *l = data;
	l->n_odd++;
	if (l->odd->len < LOG_ODD_QUOTED)
		g_ptr_array_add(l->odd, g_strconcat(where, ": ", wrong, NULL));
}

/* What is wrong with a file that was read to its end; NULL: nothing. `first_odd` is its first line
 * that was not understood, or NULL. */
static char *file_fault(const struct log_file *f, const struct lines *lines, const char *first_odd)
{
	if (f->first_us == INT64_MAX && lines_lack_day(lines))
		return g_strdup("has times and no day: name the file after the day of its first "
				"line, as in 2026-11-23.log or makers_20261123.log");
	if (lines_understood(lines) > 0)
		return NULL;
	if (!first_odd)
		return g_strdup("there is nothing in it");
	return g_strdup_printf("nothing in it can be understood, taken for %s:\n%s",
			       log_format_name(f->format), first_odd);
}

static int scan_file(struct log_files *l, struct log_file *f, char **ret_error)
{
	g_autofree char *wrong = NULL;
	unsigned quoted = l->odd->len;
	struct lines *lines;
	struct log_line line;
	int status = lines_open(f, l->zone, &lines, &wrong);
	if (status)
		return fail(status, ret_error, f->path, wrong);
	lines_on_odd(lines, note_odd, l);
	while (lines_next(lines, &line)) {
		f->first_us = MIN(f->first_us, line.at_us);
		f->last_us = MAX(f->last_us, line.at_us);
	}
	if (lines_error(lines)) {
		wrong = g_strconcat("cannot be read to its end: ", g_strerror(lines_error(lines)),
				    NULL);
		status = fail(EX_IOERR, ret_error, f->path, wrong);
	} else {
		wrong = file_fault(f, lines, l->odd->len > quoted ? l->odd->pdata[quoted] : NULL);
		status = wrong ? fail(EX_DATAERR, ret_error, f->path, wrong) : 0;
	}
	lines_close(lines);
	return status;
}

static int check_kinds(const struct log_files *l, char **ret_error)
{
	const struct log_file *first = l->files->pdata[0];
	for (unsigned i = 1; i < l->files->len; i++) {
		const struct log_file *f = l->files->pdata[i];
		if ((f->format == LOG_FORMAT_MATRIX) != (first->format == LOG_FORMAT_MATRIX))
			return fail(EX_DATAERR, ret_error, f->path,
				    "is of another network than the first file: people have other "
				    "names there; replay Matrix and IRC one after the other");
	}
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct log_file *x = *(struct log_file *const *)a, *y = *(struct log_file *const *)b;
	return x->first_us < y->first_us ? -1 : x->first_us > y->first_us;
}

static int scan(struct log_files *l, const char *const *paths, char **ret_error)
{
	int status = add_paths(l, paths, ret_error);
	if (status)
		return status;
	if (l->files->len == 0)
		return fail(EX_DATAERR, ret_error, *paths, "there is no log in it");
	status = check_kinds(l, ret_error);
	for (unsigned i = 0; i < l->files->len && !status; i++)
		status = scan_file(l, l->files->pdata[i], ret_error);
	g_ptr_array_sort(l->files, by_first);
	return status;
}

int log_files_new(const char *const *paths, GTimeZone *zone, struct log_files **ret,
		  char **ret_error)
{
	struct log_files *l = g_new0(struct log_files, 1);
	l->zone = g_time_zone_ref(zone);
	l->files = g_ptr_array_new_with_free_func(file_free);
	l->odd = g_ptr_array_new_with_free_func(g_free);
	int status = scan(l, paths, ret_error);
	if (status)
		log_files_free(l);
	else
		*ret = l;
	return status;
}

void log_files_free(struct log_files *l)
{
	if (!l)
		return;
	g_time_zone_unref(l->zone);
	g_ptr_array_unref(l->files);
	g_ptr_array_unref(l->odd);
	g_free(l);
}

bool log_files_are_matrix(const struct log_files *l)
{
	return ((struct log_file *)l->files->pdata[0])->format == LOG_FORMAT_MATRIX;
}

/* --- all of them at once --- */

/* A file that is being read, with its next line. */
struct strand {
	struct lines *lines;
	struct log_line line;
};

struct log_walk {
	const struct log_files *files;
	unsigned opened;     /* of files->files */
	GPtrArray *strands;  /* of struct strand */
	struct strand *told; /* whose line the caller has; NULL: none */
	GHashTable *ids;     /* of the events told: exports overlap */
};

static void strand_free(void *data)
{
	struct strand *s = data;
	lines_close(s->lines);
	g_free(s);
}

struct log_walk *log_walk_new(const struct log_files *l)
{
	struct log_walk *w = g_new0(struct log_walk, 1);
	w->files = l;
	w->strands = g_ptr_array_new_with_free_func(strand_free);
	w->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return w;
}

void log_walk_free(struct log_walk *w)
{
	if (!w)
		return;
	g_hash_table_unref(w->ids);
	g_ptr_array_unref(w->strands);
	g_free(w);
}

/* Its next line, or it is over. */
static void advance(struct log_walk *w, struct strand *s)
{
	if (!lines_next(s->lines, &s->line))
		g_ptr_array_remove(w->strands, s); /* keeps the files' order */
}

static void open_next(struct log_walk *w)
{
	const struct log_file *f = w->files->files->pdata[w->opened++];
	g_autofree char *wrong = NULL;
	struct lines *lines;
	if (lines_open(f, w->files->zone, &lines, &wrong)) {
		fprintf(stderr, "%s: %s\n", f->path, wrong);
		return;
	}
	struct strand *s = g_new0(struct strand, 1);
	s->lines = lines;
	g_ptr_array_add(w->strands, s);
	advance(w, s);
}

static struct strand *earliest(const struct log_walk *w)
{
	struct strand *first = NULL;
	for (unsigned i = 0; i < w->strands->len; i++) {
		struct strand *s = w->strands->pdata[i];
		if (!first || s->line.at_us < first->line.at_us)
			first = s;
	}
	return first;
}

/* Whether a file not opened yet has something no later than `us`. */
static bool more_by(const struct log_walk *w, int64_t us)
{
	if (w->opened == w->files->files->len)
		return false;
	const struct log_file *f = w->files->files->pdata[w->opened];
	return f->first_us != INT64_MAX && f->first_us <= us;
}

static bool next(struct log_walk *w)
{
	if (w->told)
		advance(w, w->told);
	w->told = earliest(w);
	while (more_by(w, w->told ? w->told->line.at_us : INT64_MAX)) {
		open_next(w);
		w->told = earliest(w);
	}
	return w->told;
}

static bool is_told(struct log_walk *w, const char *id)
{
	return id && w->files->files->len > 1 && !g_hash_table_add(w->ids, g_strdup(id));
}

bool log_walk_next(struct log_walk *w, struct log_line *ret)
{
	do {
		if (!next(w))
			return false;
	} while (is_told(w, w->told->line.id));
	*ret = w->told->line;
	return true;
}
