/* The text of a date as tokens: see when_private.h. */
#include "circle/when_private.h"

#include "circle/recur.h"

#include <errno.h>
#include <string.h>

/* Days beyond which adding five years, or taking a month away, would leave the calendar. */
enum { TODAY_LEAST = 1000, TODAY_MOST = 3640000 };

struct name {
	const char *word;
	int value;
};

static const struct name months[] = {
	{ "january", 1 },   { "jan", 1 },   { "february", 2 },  { "feb", 2 },      { "march", 3 },
	{ "mar", 3 },       { "april", 4 }, { "apr", 4 },       { "may", 5 },      { "june", 6 },
	{ "jun", 6 },       { "july", 7 },  { "jul", 7 },       { "august", 8 },   { "aug", 8 },
	{ "september", 9 }, { "sept", 9 },  { "sep", 9 },       { "october", 10 }, { "oct", 10 },
	{ "november", 11 }, { "nov", 11 },  { "december", 12 }, { "dec", 12 },
};
static const struct name weekdays[] = {
	{ "monday", 1 },    { "mon", 1 },    { "tuesday", 2 },  { "tues", 2 },     { "tue", 2 },
	{ "wednesday", 3 }, { "wed", 3 },    { "thursday", 4 }, { "thurs", 4 },    { "thur", 4 },
	{ "thu", 4 },       { "friday", 5 }, { "fri", 5 },      { "saturday", 6 }, { "sat", 6 },
	{ "sunday", 7 },    { "sun", 7 },
};

/* What people's keyboards and programs put for a space, a dash or two dots. */
static const struct {
	const char *bytes;
	enum when_kind kind;
	char mark; /* ' ' for a space */
} signs[] = {
	{ "...", WHEN_DOTS },
	{ "..", WHEN_DOTS },
	{ "\xe2\x80\xa6", WHEN_DOTS },      /* U+2026 ellipsis */
	{ "\xe2\x80\x90", WHEN_MARK, '-' }, /* U+2010 hyphen */
	{ "\xe2\x80\x91", WHEN_MARK, '-' }, /* U+2011 non-breaking hyphen */
	{ "\xe2\x80\x93", WHEN_MARK, '-' }, /* U+2013 en dash */
	{ "\xe2\x80\x94", WHEN_MARK, '-' }, /* U+2014 em dash */
	{ "\xe2\x88\x92", WHEN_MARK, '-' }, /* U+2212 minus */
	{ "\xc2\xa0", WHEN_MARK, ' ' },     /* U+00A0 no-break space */
	{ "\xe2\x80\x89", WHEN_MARK, ' ' }, /* U+2009 thin space */
	{ "\xe2\x80\xaf", WHEN_MARK, ' ' }, /* U+202F narrow no-break space */
	{ " ", WHEN_MARK, ' ' },
	{ "\t", WHEN_MARK, ' ' },
	{ ":", WHEN_MARK, ':' },
	{ ".", WHEN_MARK, '.' },
	{ ",", WHEN_MARK, ',' },
	{ "/", WHEN_MARK, '/' },
	{ "-", WHEN_MARK, '-' },
	{ "+", WHEN_MARK, '+' },
	{ "!", WHEN_MARK, '!' },
};

/* Each returns the bytes it took, or 0. */
static size_t read_number(const char *text, struct when_token *t)
{
	size_t n = 0;

	t->number = 0;
	for (; g_ascii_isdigit(text[n]); n++) {
		if (n == 6) /* more than any number of days, hours or years wants */
			return 0;
		t->number = t->number * 10 + g_ascii_digit_value(text[n]);
	}
	t->kind = WHEN_NUMBER;
	t->digits = (int)n;
	return n;
}

static size_t read_word(const char *text, struct when_token *t)
{
	size_t n = 0;

	for (; g_ascii_isalpha(text[n]); n++) {
		if (n == WHEN_WORD_MOST)
			return 0;
		t->word[n] = g_ascii_tolower(text[n]);
	}
	t->word[n] = '\0';
	t->kind = WHEN_WORD;
	return n;
}

static size_t read_sign(const char *text, struct when_token *t)
{
	for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
		size_t length = strlen(signs[i].bytes);
		if (strncmp(text, signs[i].bytes, length) != 0)
			continue;
		t->kind = signs[i].kind;
		t->mark = signs[i].mark;
		return length;
	}
	return 0;
}

int when_tokens(const char *text, struct when_token ret[WHEN_TOKENS_MOST + 1])
{
	unsigned count = 0;
	bool spaced = true;

	if (strnlen(text, WHEN_TEXT_MOST + 1) > WHEN_TEXT_MOST)
		return -EINVAL;
	while (*text) {
		struct when_token t = { .spaced = spaced };
		size_t taken;
		if (g_ascii_isdigit(*text))
			taken = read_number(text, &t);
		else if (g_ascii_isalpha(*text))
			taken = read_word(text, &t);
		else
			taken = read_sign(text, &t);
		if (!taken)
			return -EINVAL;
		text += taken;
		spaced = t.kind == WHEN_MARK && t.mark == ' ';
		if (spaced)
			continue;
		if (count == WHEN_TOKENS_MOST)
			return -EINVAL;
		ret[count++] = t;
	}
	ret[count] = (struct when_token){ .kind = WHEN_END, .spaced = true };
	return 0;
}

int when_scan_init(struct when_scan *s, const struct when_token *tokens, GTimeZone *zone,
		   int64_t now_us)
{
	*s = (struct when_scan){
		.next = tokens,
		.zone = zone,
		.now_us = now_us,
		.today = recur_day(now_us, zone),
	};
	return s->today >= TODAY_LEAST && s->today <= TODAY_MOST ? 0 : -ERANGE;
}

bool when_take_mark(struct when_scan *s, char mark)
{
	if (s->next->kind != WHEN_MARK || s->next->mark != mark)
		return false;
	s->next++;
	return true;
}

bool when_take_glued(struct when_scan *s, char mark)
{
	if (s->next->spaced || s->next->kind != WHEN_MARK || s->next[1].spaced)
		return false;
	return when_take_mark(s, mark);
}

bool when_take_words(struct when_scan *s, const char *words)
{
	const struct when_token *t = s->next;

	for (;; t++, words++) {
		size_t length = strcspn(words, " ");
		if (t->kind != WHEN_WORD || strlen(t->word) != length ||
		    memcmp(t->word, words, length) != 0)
			return false;
		words += length;
		if (!*words)
			break;
	}
	s->next = t + 1;
	return true;
}

bool when_take_number(struct when_scan *s, int digits_least, int digits_most, int *ret)
{
	if (s->next->kind != WHEN_NUMBER || s->next->digits < digits_least ||
	    s->next->digits > digits_most)
		return false;
	*ret = s->next++->number;
	return true;
}

static int take_name(struct when_scan *s, const struct name *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!when_take_words(s, names[i].word))
			continue;
		/* An abbreviation may end with a full stop: "dec." */
		if (strlen(names[i].word) <= strlen("thurs") && !s->next->spaced)
			when_take_mark(s, '.');
		return names[i].value;
	}
	return 0;
}

int when_take_month(struct when_scan *s)
{
	return take_name(s, months, G_N_ELEMENTS(months));
}

int when_take_weekday(struct when_scan *s)
{
	return take_name(s, weekdays, G_N_ELEMENTS(weekdays));
}

bool when_take_end(struct when_scan *s)
{
	struct when_scan ahead = *s;

	if (!when_take_mark(&ahead, '.'))
		when_take_mark(&ahead, '!');
	if (ahead.next->kind != WHEN_END)
		return false;
	s->next = ahead.next;
	return true;
}

bool when_fail(struct when_scan *s, const char *error)
{
	if (!s->error)
		s->error = error;
	return false;
}
