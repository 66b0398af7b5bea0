/* Spans of days as people type them: see when.h. */
#include "circle/when.h"

#include "circle/when_private.h"

#include <errno.h>

/* Days: "24 dec - 2 jan" is meant to go over the end of the year, "14 march - 3 march" is not. */
enum { WRAP_MOST = 183 };

static const char *const not_read = "is not a day or a span of days I can read";
static const char *const too_long = "lasts longer than a year";
static const char *const backwards = "ends before it begins";

static bool take_to(struct when_scan *s)
{
	static const char *const words[] = { "to", "until", "till", "through", "thru" };

	if (s->next->kind == WHEN_DOTS) {
		s->next++;
		return true;
	}
	if (when_take_mark(s, '-'))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (when_take_words(s, words[i]))
			return true;
	}
	return false;
}

static bool comes_yearly(const struct when_days *d)
{
	return (d->form == WHEN_DATE || d->form == WHEN_MONTH) && !d->year;
}

static bool bare(const struct when_days *d)
{
	return d->form == WHEN_NUMBERED && !d->ordinal;
}

/* "3-14 march": the one takes the month of the other. */
static bool lend_month(struct when_days *left, struct when_days *right)
{
	if (left->form == WHEN_NUMBERED && right->form == WHEN_DATE) {
		left->form = WHEN_DATE;
		left->month = right->month;
		left->year = right->year;
	} else if (right->form == WHEN_NUMBERED && left->form == WHEN_DATE) {
		right->form = WHEN_DATE;
		right->month = left->month;
		right->year = left->year;
	}
	return !bare(left) && !bare(right);
}

/* Of what comes yearly the last time it begins at or before `upto`, a year back at the most. */
static bool settle_back(struct when_scan *s, const struct when_days *d, uint32_t upto,
			uint32_t *ret_first)
{
	struct when_days dated = *d;
	uint32_t last;
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_julian(&date, upto);
	dated.year = g_date_get_year(&date);
	if (d->month > (int)g_date_get_month(&date) ||
	    (d->month == (int)g_date_get_month(&date) && d->day > g_date_get_day(&date)))
		dated.year--;
	return when_settle(s, &dated, s->today, ret_first, &last);
}

static bool settle_span(struct when_scan *s, struct when_days *left, struct when_days *right,
			uint32_t *ret_first, uint32_t *ret_last)
{
	uint32_t first, last, ignored;

	if (!lend_month(left, right))
		return false;
	/* What has no year is placed by its end, so that a span under way is this one. */
	if (comes_yearly(left) && right->form != WHEN_WEEKDAY && right->form != WHEN_NUMBERED) {
		if (!when_settle(s, right, s->today, &ignored, &last) ||
		    !settle_back(s, left, last, &first))
			return false;
		bool wraps = comes_yearly(right) &&
			     (left->month > right->month ||
			      (left->month == right->month && left->day > right->day));
		if (wraps && last - first > WRAP_MOST)
			return when_fail(s, backwards);
	} else {
		if (!when_settle(s, left, s->today, &first, &ignored) ||
		    !when_settle(s, right, first + (right->form == WHEN_WEEKDAY), &ignored, &last))
			return false;
	}
	if (last < first)
		return when_fail(s, backwards);
	*ret_first = first;
	*ret_last = last;
	return true;
}

static bool read_span(struct when_scan *s, uint32_t *ret_first, uint32_t *ret_last)
{
	struct when_days left, right;

	when_take_words(s, "from");
	if (!when_take_days(s, &left))
		return false;
	if (when_take_end(s))
		return !bare(&left) && when_settle(s, &left, s->today, ret_first, ret_last);
	return take_to(s) && when_take_days(s, &right) && when_take_end(s) &&
	       settle_span(s, &left, &right, ret_first, ret_last);
}

int when_parse_days(const char *text, GTimeZone *zone, int64_t now_us, uint32_t *ret_first,
		    uint32_t *ret_last, const char **ret_error)
{
	struct when_token tokens[WHEN_TOKENS_MOST + 1];
	struct when_scan s;
	uint32_t first, last;

	if (when_tokens(text, tokens) < 0) {
		*ret_error = not_read;
		return -EINVAL;
	}
	if (when_scan_init(&s, tokens, zone, now_us) < 0) {
		*ret_error = WHEN_FAR;
		return -ERANGE;
	}
	if (!read_span(&s, &first, &last)) {
		*ret_error = s.error ? s.error : not_read;
		return -EINVAL;
	}
	if (last < s.today || last - s.today > WHEN_DAYS_AHEAD ||
	    last - first + 1 > WHEN_DAYS_LONG) {
		*ret_error = last < s.today                     ? WHEN_PAST
			     : last - s.today > WHEN_DAYS_AHEAD ? WHEN_FAR
								: too_long;
		return -ERANGE;
	}
	*ret_first = first;
	*ret_last = last;
	return 0;
}
