#include "circle/recur.h"

#include "clock.h"
#include "config.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { DAY_S = 24 * 60 * 60, AROUND_S = 36 * 60 * 60 };

static GTimeZone *zone_of(const char *name)
{
	GTimeZone *zone = g_time_zone_new_identifier(name);

	if (!zone)
		fail_msg("no zone '%s'", name);
	return zone;
}

static uint32_t day_of(int year, int month, int day)
{
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return g_date_get_julian(&date);
}

static int64_t utc_us(const char *iso)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(iso, NULL);

	assert_non_null(at);
	return g_date_time_to_unix(at) * CLOCK_US_PER_SECOND;
}

static void recur__wall_time__is_found_in_its_zone(void **state)
{
	static const struct {
		const char *zone;
		int year, month, day, hour, minute;
		const char *utc;
	} cases[] = {
		{ "UTC", 1970, 1, 1, 0, 0, "1970-01-01T00:00:00Z" },
		{ "Europe/Berlin", 2026, 11, 26, 20, 0, "2026-11-26T19:00:00Z" },
		{ "Europe/Berlin", 2026, 7, 2, 20, 0, "2026-07-02T18:00:00Z" },
		{ "Asia/Kathmandu", 2026, 1, 1, 0, 0, "2025-12-31T18:15:00Z" },
		{ "Pacific/Kiritimati", 2026, 1, 1, 0, 0, "2025-12-31T10:00:00Z" },
		{ "Europe/Berlin", 2039, 7, 4, 9, 0, "2039-07-04T07:00:00Z" },
		/* Gaps: the first minute after. */
		{ "Europe/Paris", 2026, 3, 29, 1, 59, "2026-03-29T00:59:00Z" },
		{ "Europe/Paris", 2026, 3, 29, 2, 0, "2026-03-29T01:00:00Z" },
		{ "Europe/Paris", 2026, 3, 29, 2, 30, "2026-03-29T01:00:00Z" },
		{ "Europe/Paris", 2026, 3, 29, 3, 0, "2026-03-29T01:00:00Z" },
		{ "Europe/Paris", 2026, 3, 29, 3, 1, "2026-03-29T01:01:00Z" },
		{ "Australia/Lord_Howe", 2026, 10, 4, 2, 15, "2026-10-03T15:30:00Z" },
		{ "America/Asuncion", 2023, 10, 1, 0, 0, "2023-10-01T04:00:00Z" },
		{ "Africa/Cairo", 2026, 4, 24, 0, 30, "2026-04-23T22:00:00Z" },
		{ "Pacific/Apia", 2011, 12, 30, 9, 0, "2011-12-30T10:00:00Z" },
		/* Overlaps: the first of the two. */
		{ "Europe/Paris", 2026, 10, 25, 1, 59, "2026-10-24T23:59:00Z" },
		{ "Europe/Paris", 2026, 10, 25, 2, 0, "2026-10-25T00:00:00Z" },
		{ "Europe/Paris", 2026, 10, 25, 2, 59, "2026-10-25T00:59:00Z" },
		{ "Europe/Paris", 2026, 10, 25, 3, 0, "2026-10-25T02:00:00Z" },
		{ "Australia/Lord_Howe", 2026, 4, 5, 1, 45, "2026-04-04T14:45:00Z" },
		{ "America/Asuncion", 2024, 3, 23, 23, 30, "2024-03-24T02:30:00Z" },
		{ "Africa/Cairo", 2026, 10, 29, 23, 30, "2026-10-29T20:30:00Z" },
		{ "America/St_Johns", 2010, 11, 7, 0, 0, "2010-11-07T02:30:00Z" },
		/* Ireland's winter is its daylight saving, an hour back. */
		{ "Europe/Dublin", 2026, 10, 25, 1, 30, "2026-10-25T00:30:00Z" },
		/* A zone of our own: its summer is one day, 10 April from 02:00. */
		{ "AAA0BBB,M4.2.5/2,M4.2.6/2", 2026, 4, 10, 2, 30, "2026-04-10T02:00:00Z" },
		{ "AAA0BBB,M4.2.5/2,M4.2.6/2", 2026, 4, 11, 1, 30, "2026-04-11T00:30:00Z" },
		/* The midnight that ends a day. */
		{ "Europe/Paris", 2026, 3, 29, 24, 0, "2026-03-29T22:00:00Z" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GTimeZone) zone = zone_of(cases[i].zone);
		uint32_t day = day_of(cases[i].year, cases[i].month, cases[i].day);
		int64_t us = recur_at(day, cases[i].hour, cases[i].minute, zone);
		if (us != utc_us(cases[i].utc))
			fail_msg("%s %d-%d-%d %d:%02d is %lld, not %s", cases[i].zone,
				 cases[i].year, cases[i].month, cases[i].day, cases[i].hour,
				 cases[i].minute, (long long)(us / CLOCK_US_PER_SECOND),
				 cases[i].utc);
	}
}

static void recur__day__is_the_zones_own(void **state)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GTimeZone) auckland = zone_of("Pacific/Auckland");
	g_autoptr(GTimeZone) apia = zone_of("Pacific/Apia");
	int64_t noon_us = utc_us("2026-11-23T12:00:00Z");

	assert_int_equal(recur_day(noon_us, utc), day_of(2026, 11, 23));
	assert_int_equal(recur_day(noon_us, auckland), day_of(2026, 11, 24));
	assert_int_equal(recur_day(0, utc), day_of(1970, 1, 1));
	assert_int_equal(recur_day(-1, utc), day_of(1969, 12, 31));
	assert_int_equal(recur_day(utc_us("2011-12-30T09:59:59Z"), apia), day_of(2011, 12, 29));
	assert_int_equal(recur_day(utc_us("2011-12-30T10:00:00Z"), apia), day_of(2011, 12, 31));
}

static void recur__day_of_any_time__is_a_day(void **state)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

	assert_int_equal(recur_day(INT64_MIN, utc), 1);
	assert_int_equal(recur_day(INT64_MAX, utc), day_of(9999, 12, 31));
}

static int offset_at(GTimeZone *zone, int64_t utc_s)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(utc_s);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);

	return (int)(g_date_time_get_utc_offset(local) / G_TIME_SPAN_SECOND);
}

/* Walks through the minutes around `change_s` and asks for each wall time as it is first shown or
 * passed. */
static void scan_change(const char *name, GTimeZone *zone, int64_t change_s)
{
	int64_t seen_s = INT64_MIN; /* the latest wall time so far */

	for (int64_t t = change_s - AROUND_S; t < change_s + AROUND_S; t += 60) {
		int64_t wall_s = t + offset_at(zone, t);
		uint32_t today = (uint32_t)(wall_s / DAY_S) + day_of(1970, 1, 1);
		if (recur_day(t * CLOCK_US_PER_SECOND, zone) != today)
			fail_msg("%s: the day of %lld", name, (long long)t);
		if (seen_s == INT64_MIN)
			seen_s = wall_s - 60;
		for (; seen_s < wall_s; seen_s += 60) {
			int64_t asked_s = seen_s + 60;
			uint32_t day = (uint32_t)(asked_s / DAY_S) + day_of(1970, 1, 1);
			int minute = (int)(asked_s % DAY_S / 60);
			int64_t us = recur_at(day, minute / 60, minute % 60, zone);
			if (us != t * CLOCK_US_PER_SECOND)
				fail_msg("%s: wall %lld is %lld us, not %lld s", name,
					 (long long)asked_s, (long long)us, (long long)t);
		}
	}
}

static void recur__every_minute_around_a_change__is_as_the_clocks_show(void **state)
{
	/* Each with the year in which it does something odd. */
	static const struct {
		const char *zone;
		int year;
	} cases[] = {
		{ "Europe/Berlin", 2026 },       { "Europe/Berlin", 2039 },
		{ "America/New_York", 2006 },    { "America/New_York", 2007 },
		{ "Australia/Lord_Howe", 2030 }, { "Pacific/Apia", 2011 },
		{ "America/Asuncion", 2023 },    { "Africa/Cairo", 2014 },
		{ "Africa/Casablanca", 2022 },   { "America/St_Johns", 2011 },
		{ "America/Havana", 2026 },      { "Atlantic/Azores", 2026 },
		{ "Asia/Pyongyang", 2018 },      { "America/Caracas", 2016 },
		{ "Antarctica/Troll", 2026 },    { "Europe/Dublin", 2026 },
		{ "America/Sao_Paulo", 2018 },   { "Asia/Tehran", 2022 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GTimeZone) zone = zone_of(cases[i].zone);
		int64_t start_s =
			recur_at(day_of(cases[i].year, 1, 1), 0, 0, zone) / CLOCK_US_PER_SECOND;
		int changes = 0, offset = offset_at(zone, start_s);

		for (int64_t t = start_s; t < start_s + 366 * DAY_S; t += DAY_S / 4) {
			if (offset_at(zone, t) == offset)
				continue;
			offset = offset_at(zone, t);
			scan_change(cases[i].zone, zone, t);
			changes++;
		}
		assert_true(changes > 0);
	}
}

static void recur__weekday__counts_from_monday(void **state)
{
	assert_int_equal(recur_weekday(day_of(2026, 11, 23)), 1);
	assert_int_equal(recur_weekday(day_of(2026, 11, 29)), 7);
	assert_int_equal(recur_weekday(1), 1);
}

static void recur__on_or_after__stays_on_the_day(void **state)
{
	uint32_t monday = day_of(2026, 11, 23);

	assert_int_equal(recur_on_or_after(monday, 1), monday);
	assert_int_equal(recur_on_or_after(monday, 2), monday + 1);
	assert_int_equal(recur_on_or_after(monday + 1, 1), monday + 7);
	assert_int_equal(recur_on_or_after(monday + 6, 7), monday + 6);
}

static void recur__next__is_strictly_after(void **state)
{
	static const struct {
		const char *zone;
		struct config_wall wall;
		const char *after, *next;
	} cases[] = {
		{ "Europe/London", { 1, 9, 0 }, "2026-11-23T08:59:59Z", "2026-11-23T09:00:00Z" },
		{ "Europe/London", { 1, 9, 0 }, "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z" },
		{ "Europe/London", { 4, 20, 0 }, "2026-11-23T09:00:00Z", "2026-11-26T20:00:00Z" },
		/* 09:00 stays 09:00 when the clocks change. */
		{ "Europe/Berlin", { 1, 9, 0 }, "2026-10-19T07:00:00Z", "2026-10-26T08:00:00Z" },
		{ "Europe/Berlin", { 1, 9, 0 }, "2026-03-23T08:00:00Z", "2026-03-30T07:00:00Z" },
		/* Only that one occurrence moves out of the gap. */
		{ "Europe/Berlin", { 7, 2, 30 }, "2026-03-22T12:00:00Z", "2026-03-29T01:00:00Z" },
		{ "Europe/Berlin", { 7, 2, 30 }, "2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z" },
		/* Not again in the second of an overlap. */
		{ "Europe/Berlin", { 7, 2, 30 }, "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z" },
		{ "Europe/Berlin", { 7, 2, 30 }, "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z" },
		/* Back over midnight: it was Sunday for a minute, then Saturday again. */
		{ "America/St_Johns", { 7, 0, 0 }, "2010-11-07T03:00:00Z", "2010-11-14T03:30:00Z" },
		/* A Friday that never was. */
		{ "Pacific/Apia", { 5, 9, 0 }, "2011-12-29T20:00:00Z", "2011-12-30T10:00:00Z" },
		{ "Pacific/Apia", { 5, 9, 0 }, "2011-12-30T10:00:00Z", "2012-01-05T19:00:00Z" },
		{ "Pacific/Apia", { 6, 0, 0 }, "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GTimeZone) zone = zone_of(cases[i].zone);
		int64_t us = recur_next(&cases[i].wall, zone, utc_us(cases[i].after));
		if (us != utc_us(cases[i].next))
			fail_msg("%s after %s is %lld, not %s", cases[i].zone, cases[i].after,
				 (long long)(us / CLOCK_US_PER_SECOND), cases[i].next);
	}
}

static void recur__year_of_weeks__has_one_occurrence_each(void **state)
{
	static const char *const zones[] = { "Europe/Berlin", "America/Asuncion", "Africa/Cairo",
					     "Australia/Lord_Howe" };

	for (size_t i = 0; i < G_N_ELEMENTS(zones); i++) {
		g_autoptr(GTimeZone) zone = zone_of(zones[i]);
		for (int weekday = 1; weekday <= 7; weekday++) {
			const struct config_wall wall = { weekday, 0, 30 };
			uint32_t day = recur_on_or_after(day_of(2023, 1, 2), weekday);
			int64_t at_us = recur_at(day, 0, 0, zone);
			for (int week = 0; week < 52; week++, day += 7) {
				at_us = recur_next(&wall, zone, at_us);
				assert_int_equal(at_us, recur_at(day, 0, 30, zone));
			}
		}
	}
}

static GArray *holidays_of(const struct config_days *days, unsigned count)
{
	GArray *a = g_array_new(FALSE, FALSE, sizeof(*days));
	return g_array_append_vals(a, days, count);
}

static void recur__holiday__includes_both_ends(void **state)
{
	uint32_t d = day_of(2026, 12, 24);
	const struct config_days days[] = { { d, d + 2 }, { d + 8, d + 8 } };
	g_autoptr(GArray) holidays = holidays_of(days, 2);
	g_autoptr(GArray) none = holidays_of(days, 0);

	assert_false(recur_holiday(d - 1, holidays));
	assert_true(recur_holiday(d, holidays));
	assert_true(recur_holiday(d + 2, holidays));
	assert_false(recur_holiday(d + 3, holidays));
	assert_true(recur_holiday(d + 8, holidays));
	assert_false(recur_holiday(d, none));
	assert_false(recur_holiday(d, NULL));
}

static void recur__working_day__slides_past_holidays_and_weekends(void **state)
{
	uint32_t thursday = day_of(2026, 12, 24);
	/* Thursday, Friday; the Monday after; the Wednesday a fortnight on and all that follows. */
	const struct config_days days[] = { { thursday, thursday + 1 },
					    { thursday + 4, thursday + 4 },
					    { thursday + 13, thursday + 40 } };
	g_autoptr(GArray) holidays = holidays_of(days, 3);
	const struct {
		uint32_t day, before, want;
	} cases[] = {
		{ thursday - 1, thursday + 20, thursday - 1 }, /* no holiday */
		{ thursday + 2, thursday + 20, thursday + 2 }, /* nor is a Saturday */
		{ thursday, thursday + 20, thursday + 5 },
		{ thursday + 4, thursday + 20, thursday + 5 },
		{ thursday, thursday + 5, thursday + 2 }, /* none in time: a Saturday will do */
		{ thursday + 1, thursday + 3, thursday + 2 },
		{ thursday, thursday + 2, thursday }, /* nothing else before */
		{ thursday, thursday, thursday },
		{ thursday + 13, thursday + 41, thursday + 13 },
		{ thursday + 13, thursday + 45, thursday + 41 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint32_t day = recur_working_day(cases[i].day, holidays, cases[i].before);
		if (day != cases[i].want)
			fail_msg("case %zu: %u, not %u", i, day - thursday,
				 cases[i].want - thursday);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recur__wall_time__is_found_in_its_zone),
		cmocka_unit_test(recur__day__is_the_zones_own),
		cmocka_unit_test(recur__day_of_any_time__is_a_day),
		cmocka_unit_test(recur__every_minute_around_a_change__is_as_the_clocks_show),
		cmocka_unit_test(recur__weekday__counts_from_monday),
		cmocka_unit_test(recur__on_or_after__stays_on_the_day),
		cmocka_unit_test(recur__next__is_strictly_after),
		cmocka_unit_test(recur__year_of_weeks__has_one_occurrence_each),
		cmocka_unit_test(recur__holiday__includes_both_ends),
		cmocka_unit_test(recur__working_day__slides_past_holidays_and_weekends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
