/*
 * Chat logs as other programs write them, read line by line into one value. Pure, for any bytes,
 * bounded; what is not of the format is said to be so, never guessed.
 *
 *	irssi        "--- Log opened Mon Nov 23 09:00:00 2026", "09:01 <@ana> text"
 *	weechat      "2026-11-23 09:01:22", a tab, "@ana", a tab, "text"
 *	energymech   "[09:01:22] <ana> text", as ZNC and energymech write it; the day is in the
 *	             file's name, or before the time
 *	matrix       an export as Element writes it: JSON, {"messages": [EVENT, ...]}, or the bare
 *	             array
 *
 * The first three have wall times of a zone they do not name, and a nick is all they know of
 * anybody.
 */
#ifndef KITH_LOG_LINES_H
#define KITH_LOG_LINES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_format {
	LOG_FORMAT_IRSSI,
	LOG_FORMAT_WEECHAT,
	LOG_FORMAT_ENERGYMECH,
	LOG_FORMAT_MATRIX,
};

enum log_line_kind {
	LOG_LINE_NOTHING, /* nothing somebody said or did here: a topic, a mode, "Log opened" */
	LOG_LINE_MESSAGE,
	LOG_LINE_ACTION, /* `text` without the name before it */
	LOG_LINE_NOTICE, /* as bots speak; kith does not read them */
	LOG_LINE_JOIN,
	LOG_LINE_PART, /* left, quit or was put out */
	LOG_LINE_NICK, /* `text` is the new nick */
	LOG_LINE_EDIT, /* `target` is the message it replaces */
	LOG_LINE_REDACTION,
};

/* Strings are borrowed, valid UTF-8. All of them are NULL for NOTHING. */
struct log_line {
	enum log_line_kind kind;
	int64_t at_us;
	const char *nick;    /* or display name */
	const char *account; /* a Matrix id; NULL: the log knows the nick alone */
	const char *text;    /* "" if none */
	const char *id;      /* NULL if the log has none */
	const char *target;  /* EDIT, REDACTION: an id */
	const char *reply_to;
};

/* A line longer than this is of no chat. */
enum { LOG_LINE_MOST = 64 << 10 };

/* The format by the file's first bytes (LOG_HEAD of them are plenty). -EINVAL if it is none of
 * them. */
enum { LOG_HEAD = 16 << 10 };
int log_detect(const char *head, size_t n, enum log_format *ret);
/* "irssi", "a Matrix export", ...: for people. Static. */
const char *log_format_name(enum log_format format);

/* The day a file's name tells of: "2026-11-23.log", "#makers_20261123.log". False if none. */
bool log_day_of_name(const char *path, GDate *ret);

/* The formats of lines, all but LOG_FORMAT_MATRIX. Times are taken for `zone`'s: one that a change
 * of the clocks skips is the moment of the change, one that it repeats is the first unless the log
 * is already past that. `day` is that of the first line, or NULL; a time half a day before the last
 * one is of the next day. */
struct log_reader;
struct log_reader *log_reader_new(enum log_format format, GTimeZone *zone, const GDate *day);
void log_reader_free(struct log_reader *r);
/* Reads `n` bytes without their '\n'. 0, and *ret valid until the next call; or -EINVAL with what
 * is wrong, for a person, in *ret_error; static. */
int log_reader_line(struct log_reader *r, const char *bytes, size_t n, struct log_line *ret,
		    const char **ret_error);
/* It has lines with a time and no day to put them on: their file's name should tell it. */
bool log_reader_lacks_day(const struct log_reader *r);

/* A Matrix export, whole. */
struct log_export {
	struct log_line *lines; /* by time, without NOTHING */
	unsigned n_lines;
	unsigned n_read; /* events that were understood, whatever they are */
	GArray *faults;  /* of struct log_fault, one for each event that was not */
	struct json_t *tree;
	GStringChunk *chunk; /* names made out of ids */
};
struct log_fault {
	unsigned number;   /* of the line, or of the event in the array; the first is 1 */
	const char *wrong; /* for a person; static */
};
/* -EINVAL with what is wrong in *ret_error, for a person, g_free it, if it is no such JSON.
 * log_export_free what you get. */
int log_export_new(const char *bytes, size_t n, struct log_export **ret, char **ret_error);
void log_export_free(struct log_export *x);

#endif
