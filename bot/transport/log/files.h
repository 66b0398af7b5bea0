/* The files a replay is of: found, checked, and read together in the order of time. */
#ifndef KITH_LOG_FILES_H
#define KITH_LOG_FILES_H

#include "transport/log/log.h"

/* A Matrix export is read whole. */
#define LOG_EXPORT_MOST ((size_t)256 << 20)
/* Lines nobody understands that are quoted. */
enum { LOG_ODD_QUOTED = 5 };

struct log_file {
	char *path; /* as it was named */
	enum log_format format;
	GDate day;                 /* of its name; invalid if that has none */
	int64_t first_us, last_us; /* of what somebody said or did; INT64_MAX, INT64_MIN: nothing */
};

struct log_files {
	GTimeZone *zone;
	GPtrArray *files; /* of struct log_file, by first_us */
	uint64_t n_odd;   /* lines that were not understood */
	GPtrArray *odd;   /* the first of them: "FILE:LINE: what is wrong" */
};

/* Reads every file of `paths` (NULL-terminated) once; a folder stands for the files in it. 0, or an
 * exit status with what is wrong in *ret_error, for a person, g_free it. */
int log_files_new(const char *const *paths, GTimeZone *zone, struct log_files **ret,
		  char **ret_error);
void log_files_free(struct log_files *l);
/* Whether they are of Matrix; all are, or none. */
bool log_files_are_matrix(const struct log_files *l);

/* Goes through all lines of all files but NOTHING, the earliest first; those of one file keep their
 * order, and an event that stands in two of them is met once. A file that has changed since
 * log_files_new may be read short. */
struct log_walk;
struct log_walk *log_walk_new(const struct log_files *l);
/* False at the end. *ret is valid until the next call. */
bool log_walk_next(struct log_walk *w, struct log_line *ret);
void log_walk_free(struct log_walk *w);

#endif
