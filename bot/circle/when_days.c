/* Days as people name them: see when.h. */
#include "circle/when_private.h"

#include "circle/recur.h"

static const char *const no_such_day = "names a day that does not exist";
static const char *const wrong_weekday = "names a weekday that day does not fall on";
static const char *const two_readings = "could be two days: write 24 december, or 2026-12-24";

/* 0 if there is no such day. */
static uint32_t julian(int day, int month, int year)
{
	GDate date;

	if (day < 1 || month < 1 || year < 1 ||
	    !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return 0;
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return g_date_get_julian(&date);
}

static uint32_t month_end(int month, int year)
{
	return julian(g_date_get_days_in_month((GDateMonth)month, (GDateYear)year), month, year);
}

static GDate date_of(uint32_t day)
{
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_julian(&date, day);
	return date;
}

static struct when_days one_day(uint32_t day)
{
	return (struct when_days){ .form = WHEN_SPAN, .first = day, .last = day };
}

bool when_take_unit(struct when_scan *s, enum when_unit *ret)
{
	static const char *const words[] = {
		[WHEN_UNIT_DAY] = "day",         [WHEN_UNIT_WEEK] = "week",
		[WHEN_UNIT_WEEKEND] = "weekend", [WHEN_UNIT_MONTH] = "month",
		[WHEN_UNIT_YEAR] = "year",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (!when_take_words(s, words[i]))
			continue;
		*ret = (enum when_unit)i;
		return true;
	}
	return false;
}

static uint32_t monday_of(uint32_t day)
{
	return day - (uint32_t)recur_weekday(day) + 1;
}

struct when_days when_period(const struct when_scan *s, enum when_unit unit, int ahead)
{
	struct when_days d = { .form = WHEN_SPAN, .period = true };
	uint32_t monday = monday_of(s->today + 7 * (uint32_t)ahead);
	GDate today = date_of(s->today);
	int year = g_date_get_year(&today);
	int months = (int)g_date_get_month(&today) - 1 + ahead;

	switch (unit) {
	case WHEN_UNIT_DAY:
		d.first = d.last = s->today + (uint32_t)ahead;
		break;
	case WHEN_UNIT_WEEK:
		d.first = monday;
		d.last = monday + 6;
		break;
	case WHEN_UNIT_WEEKEND:
		d.first = monday + 5;
		d.last = monday + 6;
		break;
	case WHEN_UNIT_MONTH:
		d.first = julian(1, months % 12 + 1, year + months / 12);
		d.last = month_end(months % 12 + 1, year + months / 12);
		break;
	case WHEN_UNIT_YEAR:
		d.first = julian(1, 1, year + ahead);
		d.last = julian(31, 12, year + ahead);
		break;
	}
	return d;
}

static bool take_near(struct when_scan *s, struct when_days *ret)
{
	uint32_t ahead;

	if (when_take_words(s, "today") || when_take_words(s, "tonight"))
		ahead = 0;
	else if (when_take_words(s, "tomorrow") || when_take_words(s, "tmrw"))
		ahead = 1;
	else if (when_take_words(s, "the day after tomorrow") ||
		 when_take_words(s, "day after tomorrow"))
		ahead = 2;
	else
		return false;
	*ret = one_day(s->today + ahead);
	return true;
}

/* "this week", "the weekend", "next friday", "coming friday". */
static bool take_this_or_next(struct when_scan *s, struct when_days *ret)
{
	bool next = when_take_words(s, "next");
	bool this = !next && when_take_words(s, "this");
	enum when_unit unit;

	if (when_take_words(s, "the weekend")) {
		*ret = when_period(s, WHEN_UNIT_WEEKEND, 0);
		return !next && !this;
	}
	if ((next || this) && when_take_unit(s, &unit)) {
		*ret = when_period(s, unit, next);
		return unit != WHEN_UNIT_DAY;
	}
	if (!next && !when_take_words(s, "coming") && !this)
		return false;
	int weekday = when_take_weekday(s);
	if (next)
		*ret = one_day(monday_of(s->today) + 6 + (uint32_t)weekday);
	else
		*ret = (struct when_days){ WHEN_WEEKDAY, .weekday = weekday, .counts_today = this };
	return weekday != 0;
}

/* A year with four digits, or two where `short_too`; 0 if none comes. */
static int take_year(struct when_scan *s, bool short_too)
{
	struct when_scan ahead = *s;
	int year;

	if (short_too && !ahead.next->spaced && when_take_number(&ahead, 2, 2, &year))
		year += 2000;
	else if (!when_take_number(&ahead, 4, 4, &year) || year == 0)
		return 0;
	if (when_take_glued(&ahead, ':') || when_take_glued(&ahead, '.')) /* a time */
		return 0;
	s->next = ahead.next;
	return year;
}

static int take_year_after_comma(struct when_scan *s)
{
	struct when_scan ahead = *s;
	int year;

	when_take_mark(&ahead, ',');
	year = take_year(&ahead, false);
	if (year)
		s->next = ahead.next;
	return year;
}

static bool take_ordinal(struct when_scan *s)
{
	return !s->next->spaced && (when_take_words(s, "st") || when_take_words(s, "nd") ||
				    when_take_words(s, "rd") || when_take_words(s, "th"));
}

/* Two figures and perhaps a year, with the same mark between them: 24/12, 24-12-2026. */
static bool take_figures(struct when_scan *s, char mark, int first, struct when_days *ret)
{
	struct when_scan ahead = *s;
	int second, year = 0;

	if (!when_take_glued(&ahead, mark) || !when_take_number(&ahead, 1, 2, &second))
		return false;
	if (when_take_glued(&ahead, mark))
		year = take_year(&ahead, mark == '/');
	if (!year && mark == '-') /* "3-14 march" is a span */
		return false;
	s->next = ahead.next;
	if (first <= 12 && second <= 12 && first != second)
		return when_fail(s, two_readings);
	*ret = (struct when_days){
		.form = WHEN_DATE,
		.day = second > 12 ? second : first,
		.month = second > 12 ? first : second,
		.year = year,
	};
	return true;
}

/* What follows "24.": a month in figures with or without a year. */
static bool take_dotted(struct when_scan *s, int day, struct when_days *ret)
{
	struct when_scan ahead = *s;
	bool glued = !ahead.next->spaced;
	int month;

	if (!when_take_number(&ahead, 1, 2, &month))
		return false;
	*ret = (struct when_days){ .form = WHEN_DATE, .day = day, .month = month };
	if (!ahead.next->spaced && when_take_mark(&ahead, '.'))
		ret->year = take_year(&ahead, true);
	else if (s->dots_are_time && glued && s->next->digits == 2)
		return false;
	s->next = ahead.next;
	return true;
}

static bool take_iso(struct when_scan *s, struct when_days *ret)
{
	struct when_scan ahead = *s;

	*ret = (struct when_days){ .form = WHEN_DATE, .iso = true };
	if (!when_take_number(&ahead, 4, 4, &ret->year))
		return false;
	char mark = when_take_glued(&ahead, '-') ? '-' : '/';
	if (mark == '/' && !when_take_glued(&ahead, '/'))
		return false;
	if (!when_take_number(&ahead, 1, 2, &ret->month) || !when_take_glued(&ahead, mark) ||
	    !when_take_number(&ahead, 1, 2, &ret->day))
		return false;
	s->next = ahead.next;
	return ret->year ? true : when_fail(s, no_such_day);
}

/* "december", "december 2026", "december 24th, 2026". */
static bool take_month_first(struct when_scan *s, struct when_days *ret)
{
	*ret = (struct when_days){ .form = WHEN_MONTH, .period = true };
	ret->month = when_take_month(s);
	if (!ret->month)
		return false;
	if (when_take_number(s, 1, 2, &ret->day)) {
		ret->form = WHEN_DATE;
		ret->period = false;
		take_ordinal(s);
	}
	ret->year = take_year_after_comma(s);
	return true;
}

/* "24 december", "24th of december 2026", "24. dec", "24.12.", "24/12", "the 24th". */
static bool take_day_first(struct when_scan *s, struct when_days *ret)
{
	int day;

	when_take_words(s, "the");
	if (!when_take_number(s, 1, 2, &day))
		return false;
	if (take_figures(s, '/', day, ret) || take_figures(s, '-', day, ret))
		return true;
	*ret = (struct when_days){ .form = WHEN_NUMBERED, .day = day };
	ret->ordinal = take_ordinal(s);
	if (!ret->ordinal && !s->next->spaced && when_take_mark(s, '.') &&
	    s->next->kind == WHEN_NUMBER)
		return take_dotted(s, day, ret);
	struct when_scan ahead = *s;
	when_take_words(&ahead, "of");
	ret->month = when_take_month(&ahead);
	if (ret->month) {
		s->next = ahead.next;
		ret->form = WHEN_DATE;
		ret->year = take_year_after_comma(s);
	}
	return true;
}

static bool take_date(struct when_scan *s, struct when_days *ret)
{
	const struct when_token *start = s->next;

	if (take_iso(s, ret) || take_month_first(s, ret) || take_day_first(s, ret))
		return true;
	s->next = start;
	return false;
}

/* "friday", "friday, 27 november", "friday the 27th", "friday next week". */
static bool take_weekday(struct when_scan *s, struct when_days *ret)
{
	int weekday = when_take_weekday(s);
	struct when_scan ahead = *s;
	struct when_days date;

	if (!weekday)
		return false;
	*ret = (struct when_days){ .form = WHEN_WEEKDAY, .weekday = weekday };
	when_take_words(&ahead, "of");
	if (when_take_words(&ahead, "next week")) {
		*ret = one_day(monday_of(s->today) + 6 + (uint32_t)weekday);
		s->next = ahead.next;
		return true;
	}
	ahead = *s;
	when_take_mark(&ahead, ',');
	if (take_date(&ahead, &date) &&
	    (date.form == WHEN_DATE || (date.form == WHEN_NUMBERED && date.ordinal))) {
		*ret = date;
		ret->weekday = weekday;
		s->next = ahead.next;
	}
	return true;
}

bool when_take_days(struct when_scan *s, struct when_days *ret)
{
	const struct when_token *start = s->next;

	when_take_words(s, "on");
	const struct when_token *named = s->next;
	*ret = (struct when_days){ 0 };
	if (take_near(s, ret) || take_this_or_next(s, ret))
		return true;
	s->next = named;
	if (take_weekday(s, ret) || take_date(s, ret))
		return true;
	s->next = start;
	return false;
}

static bool settle_date(struct when_scan *s, const struct when_days *d, uint32_t from,
			uint32_t *ret)
{
	GDate date = date_of(from);
	int year = d->year ? d->year : g_date_get_year(&date);
	uint32_t day = julian(d->day, d->month, year);

	/* 29 February comes again within eight years: 1896 and 1904, 2096 and 2104. */
	for (int i = 0; !d->year && i < 8 && (!day || day < from); i++)
		day = julian(d->day, d->month, ++year);
	if (!day)
		return when_fail(s, no_such_day);
	*ret = day;
	return true;
}

static bool settle_numbered(struct when_scan *s, const struct when_days *d, uint32_t from,
			    uint32_t *ret)
{
	GDate date = date_of(from);
	int month = (int)g_date_get_month(&date), year = g_date_get_year(&date);

	for (int i = 0; i < 12; i++, month++) {
		uint32_t day = julian(d->day, (month - 1) % 12 + 1, year + (month - 1) / 12);
		if (day >= from) {
			*ret = day;
			return true;
		}
	}
	return when_fail(s, no_such_day);
}

bool when_settle(struct when_scan *s, const struct when_days *d, uint32_t from, uint32_t *ret_first,
		 uint32_t *ret_last)
{
	GDate date = date_of(from);
	int year = d->year ? d->year : g_date_get_year(&date);
	uint32_t day = 0;

	switch (d->form) {
	case WHEN_SPAN:
		*ret_first = d->first;
		*ret_last = d->last;
		return true;
	case WHEN_MONTH:
		if (!d->year && month_end(d->month, year) < from)
			year++;
		*ret_first = julian(1, d->month, year);
		*ret_last = month_end(d->month, year);
		return true;
	case WHEN_WEEKDAY:
		*ret_first = *ret_last = recur_on_or_after(from, d->weekday);
		return true;
	case WHEN_DATE:
		if (!settle_date(s, d, from, &day))
			return false;
		break;
	case WHEN_NUMBERED:
		if (!settle_numbered(s, d, from, &day))
			return false;
		break;
	}
	if (d->weekday && recur_weekday(day) != d->weekday)
		return when_fail(s, wrong_weekday);
	*ret_first = *ret_last = day;
	return true;
}
