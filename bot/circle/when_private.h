/* Shared by when.c and the files beside it: a text as tokens, and the days it may name. */
#ifndef KITH_WHEN_PRIVATE_H
#define KITH_WHEN_PRIVATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	WHEN_TEXT_MOST = 100, /* bytes */
	WHEN_TOKENS_MOST = 32,
	WHEN_WORD_MOST = 12,    /* no word we know is longer */
	WHEN_DAYS_AHEAD = 1827, /* five years, two of them leap years */
	WHEN_DAYS_LONG = 366,   /* the longest span */
};

/* Complaints of more than one file. */
#define WHEN_PAST "is in the past"
#define WHEN_FAR  "is more than five years away"

enum when_kind {
	WHEN_END,
	WHEN_NUMBER,
	WHEN_WORD,
	WHEN_MARK, /* one of : . , / - + ! where every dash is a - */
	WHEN_DOTS, /* two or three: "..", "..." or an ellipsis */
};

struct when_token {
	enum when_kind kind;
	bool spaced; /* white space comes before it */
	int number, digits;
	char mark;
	char word[WHEN_WORD_MOST + 1]; /* lower case */
};

/* A reader's place in a text. Copy it to look ahead. */
struct when_scan {
	const struct when_token *next; /* ends with a WHEN_END */
	GTimeZone *zone;
	int64_t now_us;
	uint32_t today;
	bool dots_are_time; /* 10.12 is a time; else a date */
	const char *error;  /* the first thing understood to be wrong, or NULL */
};

/* 0, or -EINVAL for a text that cannot be a time in any form. */
int when_tokens(const char *text, struct when_token ret[WHEN_TOKENS_MOST + 1]);
/* -ERANGE: it is no time for calendars. */
int when_scan_init(struct when_scan *s, const struct when_token *tokens, GTimeZone *zone,
		   int64_t now_us);

/* Each takes what it names off the front, or takes nothing and returns false (0). */
bool when_take_mark(struct when_scan *s, char mark);
bool when_take_glued(struct when_scan *s, char mark);         /* no space before it nor after */
bool when_take_words(struct when_scan *s, const char *words); /* "end of": all of them, in order */
bool when_take_number(struct when_scan *s, int digits_least, int digits_most, int *ret);
int when_take_month(struct when_scan *s);   /* 1..12; "december", "dec", "dec." */
int when_take_weekday(struct when_scan *s); /* 1..7 from Monday */
/* Nothing is left but perhaps a full stop. */
bool when_take_end(struct when_scan *s);
/* Keeps the first complaint; always false. */
bool when_fail(struct when_scan *s, const char *error);

/* What a text may name before it is known from which day on to look. */
enum when_form {
	WHEN_SPAN,     /* `first` to `last`, settled */
	WHEN_WEEKDAY,  /* `weekday` */
	WHEN_DATE,     /* `day` `month` `year`; year 0: not said. `weekday`, if not 0, must agree */
	WHEN_MONTH,    /* `month` `year` */
	WHEN_NUMBERED, /* `day` of a month not said */
};

enum when_unit {
	WHEN_UNIT_DAY,
	WHEN_UNIT_WEEK, /* from Monday */
	WHEN_UNIT_WEEKEND,
	WHEN_UNIT_MONTH,
	WHEN_UNIT_YEAR,
};

struct when_days {
	enum when_form form;
	uint32_t first, last;
	int weekday, day, month, year;
	bool period;       /* counts from where it begins: a week, a month, ... */
	bool iso;          /* year first */
	bool ordinal;      /* WHEN_NUMBERED: "the 24th", so that it may stand alone */
	bool counts_today; /* WHEN_WEEKDAY: "this friday" */
};

bool when_take_days(struct when_scan *s, struct when_days *ret);
bool when_take_unit(struct when_scan *s, enum when_unit *ret);
/* The week, month, ... `ahead` of the current one. */
struct when_days when_period(const struct when_scan *s, enum when_unit unit, int ahead);
/* The first of them that ends at or after `from`; complains if there is none. */
bool when_settle(struct when_scan *s, const struct when_days *d, uint32_t from, uint32_t *ret_first,
		 uint32_t *ret_last);

/* "in 3 days", "2h 30m": *ret_us counts from now, to beyond five years if it is more. */
bool when_take_later(struct when_scan *s, int64_t *ret_us);

#endif
