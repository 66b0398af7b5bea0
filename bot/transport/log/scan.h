/* What the readers of lines share: small steps along a text, the days and times of a log. */
#ifndef KITH_LOG_SCAN_H
#define KITH_LOG_SCAN_H

#include "transport/log/log.h"

/* Each moves *p past what it reads, and leaves it where it cannot. */
bool scan_word(const char **p, const char *word);
/* Exactly `digits` digits. */
bool scan_number(const char **p, int digits, int *ret);
/* "09:01" or "09:01:22", in seconds of the day. */
bool scan_time(const char **p, int *ret_s);
/* "2026-11-23" */
bool scan_iso_day(const char **p, GDate *ret);
/* A day of this calendar, in the years any zone can count. */
bool scan_is_day(int year, int month, int day);

/* The wall time along a log. */
struct wall_time {
	GTimeZone *zone;
	GDate day;       /* invalid until it is known */
	int last_s;      /* of the day; -1: none on this day yet */
	int64_t last_us; /* INT64_MIN: none yet */
	bool lacking;    /* a time came before any day */
};
void wall_time_init(struct wall_time *w, GTimeZone *zone, const GDate *day);
void wall_time_done(struct wall_time *w);
void wall_time_day(struct wall_time *w, const GDate *day);
/* The moment of the next line. False if there is no day to put it on. */
bool wall_time_at(struct wall_time *w, int second, int64_t *ret_us);

/* The readers work on a copy of the line that is theirs to cut up. Each returns 0, or -EINVAL with
 * *ret_error set. *ret is all zero before. */
struct log_reader {
	enum log_format format;
	struct wall_time time;
	char *line;
};
int irssi_read(struct log_reader *r, char *line, struct log_line *ret, const char **ret_error);
int weechat_read(struct log_reader *r, char *line, struct log_line *ret, const char **ret_error);
int energymech_read(struct log_reader *r, char *line, struct log_line *ret, const char **ret_error);

/* Cuts the nick out of "@ana", " ana", "ana:#makers": *text from its first letter to `end`. NULL if
 * there is none. */
char *scan_nick(char *text, char *end);
/* The first word of `text` and, behind one space, what follows it; NULL if it is no nick. */
char *scan_first_word(char *text, char **ret_rest);
/* "<@ana> text" without its '<', "ana waves", "-ana:#makers- text" without its first '-'. */
int scan_message(char *text, struct log_line *ret);
int scan_action(char *text, struct log_line *ret);
int scan_notice(char *text, struct log_line *ret);
/* "ana is now known as ben", in every client's log; false if `text` is not that. */
bool scan_nick_change(char *text, struct log_line *ret);

/* For detection: whether a line looks like the format's, days and times included. */
bool irssi_is(const char *line);
bool weechat_is(const char *line);
bool energymech_is(const char *line);

#endif
