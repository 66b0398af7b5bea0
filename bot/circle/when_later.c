/* How long from now, as people type it: see when.h. */
#include "circle/when_private.h"

#include "circle/recur.h"
#include "clock.h"

/* Months of different lengths keep days and seconds from being one number. */
struct duration {
	int64_t months, days, seconds;
};

static const struct {
	const char *word;
	struct duration each;
} units[] = {
	{ "s", { .seconds = 1 } },        { "sec", { .seconds = 1 } },
	{ "secs", { .seconds = 1 } },     { "second", { .seconds = 1 } },
	{ "seconds", { .seconds = 1 } },  { "m", { .seconds = 60 } },
	{ "min", { .seconds = 60 } },     { "mins", { .seconds = 60 } },
	{ "minute", { .seconds = 60 } },  { "minutes", { .seconds = 60 } },
	{ "h", { .seconds = 3600 } },     { "hr", { .seconds = 3600 } },
	{ "hrs", { .seconds = 3600 } },   { "hour", { .seconds = 3600 } },
	{ "hours", { .seconds = 3600 } }, { "d", { .days = 1 } },
	{ "day", { .days = 1 } },         { "days", { .days = 1 } },
	{ "night", { .days = 1 } },       { "nights", { .days = 1 } },
	{ "w", { .days = 7 } },           { "wk", { .days = 7 } },
	{ "wks", { .days = 7 } },         { "week", { .days = 7 } },
	{ "weeks", { .days = 7 } },       { "fortnight", { .days = 14 } },
	{ "fortnights", { .days = 14 } }, { "mo", { .months = 1 } },
	{ "month", { .months = 1 } },     { "months", { .months = 1 } },
	{ "y", { .months = 12 } },        { "yr", { .months = 12 } },
	{ "yrs", { .months = 12 } },      { "year", { .months = 12 } },
	{ "years", { .months = 12 } },
};

static const char *const counts[] = {
	"one",   "two",   "three", "four", "five",   "six",
	"seven", "eight", "nine",  "ten",  "eleven", "twelve",
};

static bool take_count(struct when_scan *s, int *ret)
{
	if (when_take_number(s, 1, 6, ret))
		return true;
	*ret = 1;
	if (when_take_words(s, "a") || when_take_words(s, "an"))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		*ret = (int)i + 1;
		if (when_take_words(s, counts[i]))
			return true;
	}
	return false;
}

/* "3 days", added to *d. */
static bool take_part(struct when_scan *s, struct duration *d)
{
	int count;

	if (when_take_words(s, "half an hour")) {
		d->seconds += 30 * 60;
		return true;
	}
	if (!take_count(s, &count))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (!when_take_words(s, units[i].word))
			continue;
		d->months += count * units[i].each.months;
		d->days += count * units[i].each.days;
		d->seconds += count * units[i].each.seconds;
		return true;
	}
	return false;
}

/* The same time of day, months and days on: an hour more or less where the clocks change. */
static int64_t days_on(const struct when_scan *s, const struct duration *d)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(s->now_us / CLOCK_US_PER_SECOND);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, s->zone);
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_julian(&date, s->today);
	g_date_add_months(&date, (guint)d->months);
	g_date_add_days(&date, (guint)d->days);
	return recur_at(g_date_get_julian(&date), g_date_time_get_hour(local),
			g_date_time_get_minute(local), s->zone) +
	       g_date_time_get_second(local) * CLOCK_US_PER_SECOND +
	       s->now_us % CLOCK_US_PER_SECOND;
}

bool when_take_later(struct when_scan *s, int64_t *ret_us)
{
	struct duration d = { 0 };
	int64_t from_us = s->now_us;

	when_take_words(s, "in");
	for (;;) {
		if (!take_part(s, &d))
			return false;
		bool more = when_take_mark(s, ',');
		more = when_take_words(s, "and") || more;
		if (!more && s->next->kind != WHEN_NUMBER)
			break;
	}
	when_take_words(s, "from now");
	if (d.months > WHEN_DAYS_AHEAD / 28 || d.days > WHEN_DAYS_AHEAD ||
	    d.seconds > (int64_t)WHEN_DAYS_AHEAD * 24 * 60 * 60) {
		*ret_us = s->now_us + (WHEN_DAYS_AHEAD + 1) * CLOCK_US_PER_DAY;
		return true;
	}
	if (d.months || d.days)
		from_us = days_on(s, &d);
	*ret_us = from_us + d.seconds * CLOCK_US_PER_SECOND;
	return true;
}
