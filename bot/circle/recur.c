/* Wall times that come again: see recur.h. */
#include "circle/recur.h"

#include "clock.h"
#include "config.h"

#include <assert.h>

enum { DAYS_IN_WEEK = 7, SECONDS_IN_DAY = 24 * 60 * 60 };
/* The days of the years 1 to 9999: nothing recurs outside them. */
enum { DAY_FIRST = 1, DAY_LAST = 3652059 };

/* The Julian day number of 1970-01-01. */
#define EPOCH_DAY INT64_C(719163)
/* No zone has ever been this far from UTC: Manila and Alaska's local mean times came near 16 hours.
 */
#define FARTHEST_OFFSET_S SECONDS_IN_DAY

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int interval_at(GTimeZone *zone, int64_t utc_s)
{
	return g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, utc_s);
}

/* The first second of `interval`, known to begin after `low_s` and not after `high_s`. */
static int64_t interval_start(GTimeZone *zone, int interval, int64_t low_s, int64_t high_s)
{
	while (high_s - low_s > 1) {
		int64_t middle_s = low_s + (high_s - low_s) / 2;
		if (interval_at(zone, middle_s) < interval)
			low_s = middle_s;
		else
			high_s = middle_s;
	}
	return high_s;
}

/*
 * The first second at which the zone's clocks show `wall_s` (seconds since 1970 as if it were UTC)
 * or later. g_date_time_new is no help: it takes the second of an overlap. GLib numbers the spans
 * between two transitions, so they are tried in order: within one the clocks only run forward, and
 * a span that starts past the wall time ends the gap across it.
 */
static int64_t first_showing(GTimeZone *zone, int64_t wall_s)
{
	int64_t low_s = wall_s - FARTHEST_OFFSET_S;
	int64_t high_s = wall_s + FARTHEST_OFFSET_S;
	int last = interval_at(zone, high_s);
	int64_t start_s = low_s;

	for (int i = interval_at(zone, low_s); i < last; i++) {
		int64_t end_s = interval_start(zone, i + 1, low_s, high_s);
		int64_t at_s = MAX(wall_s - g_time_zone_get_offset(zone, i), start_s);
		if (at_s < end_s)
			return at_s;
		start_s = end_s;
	}
	return MAX(wall_s - g_time_zone_get_offset(zone, last), start_s);
}

uint32_t recur_day(int64_t at_us, GTimeZone *zone)
{
	int64_t at_s = floor_div(at_us, CLOCK_US_PER_SECOND);
	int64_t wall_s = at_s + g_time_zone_get_offset(zone, interval_at(zone, at_s));
	int64_t day = floor_div(wall_s, SECONDS_IN_DAY) + EPOCH_DAY;

	return (uint32_t)CLAMP(day, DAY_FIRST, DAY_LAST);
}

int64_t recur_at(uint32_t day, int hour, int minute, GTimeZone *zone)
{
	assert(day >= DAY_FIRST && day <= DAY_LAST);
	assert(minute >= 0 && minute < 60 && hour >= 0 && hour * 60 + minute <= 24 * 60);

	int64_t wall_s = ((int64_t)day - EPOCH_DAY) * SECONDS_IN_DAY + (hour * 60 + minute) * 60;
	return first_showing(zone, wall_s) * CLOCK_US_PER_SECOND;
}

int recur_weekday(uint32_t day)
{
	assert(day >= DAY_FIRST);
	return (int)((day - 1) % DAYS_IN_WEEK) + 1; /* day 1, 0001-01-01, was a Monday */
}

uint32_t recur_on_or_after(uint32_t day, int weekday)
{
	assert(weekday >= 1 && weekday <= DAYS_IN_WEEK);
	return day + (uint32_t)((weekday - recur_weekday(day) + DAYS_IN_WEEK) % DAYS_IN_WEEK);
}

int64_t recur_wall(uint32_t day, const struct config_wall *wall, GTimeZone *zone)
{
	return recur_at(day, wall->hour, wall->minute, zone) + wall->second * CLOCK_US_PER_SECOND;
}

int64_t recur_next(const struct config_wall *wall, GTimeZone *zone, int64_t after_us)
{
	uint32_t day = recur_on_or_after(recur_day(after_us, zone), wall->weekday);
	int64_t at_us;

	while ((at_us = recur_wall(day, wall, zone)) <= after_us)
		day += DAYS_IN_WEEK;
	return at_us;
}

bool recur_holiday(uint32_t day, const GArray *holidays)
{
	for (guint i = 0; holidays && i < holidays->len; i++) {
		const struct config_days *days = &g_array_index(holidays, struct config_days, i);
		if (day >= days->first && day <= days->last)
			return true;
	}
	return false;
}

uint32_t recur_working_day(uint32_t day, const GArray *holidays, uint32_t before)
{
	uint32_t no_holiday = 0;

	if (!recur_holiday(day, holidays))
		return day;
	for (uint32_t later = day + 1; later < before; later++) {
		if (recur_holiday(later, holidays))
			continue;
		if (recur_weekday(later) <= 5)
			return later;
		if (!no_holiday)
			no_holiday = later;
	}
	return no_holiday ? no_holiday : day;
}
