#include "circle/when.h"

#include "clock.h"

#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* When and where the cases are said, unless they tell: a Monday morning. */
#define NOW  "2026-11-23T08:00:00"
#define ZONE "Europe/Berlin"

struct said {
	const char *text;
	const char *want; /* as g_date_time_format("%F %T") has it in the zone, or an error */
	const char *now, *zone;
};

static GTimeZone *zone_of(const char *name)
{
	GTimeZone *zone = g_time_zone_new_identifier(name ? name : ZONE);

	assert_non_null(zone);
	return zone;
}

static int64_t time_of(const char *iso, GTimeZone *zone)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(iso ? iso : NOW, zone);

	assert_non_null(at);
	return g_date_time_to_unix(at) * CLOCK_US_PER_SECOND;
}

static char *format_time(int64_t at_us, GTimeZone *zone)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_us / CLOCK_US_PER_SECOND);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);

	return g_date_time_format(local, "%F %T");
}

static char *format_day(uint32_t day)
{
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_julian(&date, day);
	return g_strdup_printf("%04d-%02d-%02d", g_date_get_year(&date), g_date_get_month(&date),
			       g_date_get_day(&date));
}

static char *parse_until(const struct said *c)
{
	g_autoptr(GTimeZone) zone = zone_of(c->zone);
	const int64_t untouched_us = 42;
	const char *error = NULL;
	int64_t at_us = untouched_us;

	if (when_parse(c->text, zone, time_of(c->now, zone), &at_us, &error) == 0) {
		assert_null(error);
		return format_time(at_us, zone);
	}
	assert_int_equal(at_us, untouched_us);
	return g_strdup(error);
}

static char *parse_days(const struct said *c)
{
	g_autoptr(GTimeZone) zone = zone_of(c->zone);
	uint32_t first = 42, last = 43;
	const char *error = NULL;

	if (when_parse_days(c->text, zone, time_of(c->now, zone), &first, &last, &error) < 0) {
		assert_int_equal(first, 42);
		assert_int_equal(last, 43);
		return g_strdup(error);
	}
	assert_null(error);
	g_autofree char *from = format_day(first), *to = format_day(last);
	return first == last ? g_strdup(from) : g_strdup_printf("%s..%s", from, to);
}

static void check(const struct said *cases, size_t count, char *(*parse)(const struct said *))
{
	for (size_t i = 0; i < count; i++) {
		g_autofree char *got = parse(&cases[i]);
		if (g_strcmp0(got, cases[i].want) != 0)
			fail_msg("'%s', said at %s, is '%s', not '%s'", cases[i].text,
				 cases[i].now ? cases[i].now : NOW, got, cases[i].want);
	}
}

#define CHECK(cases, parse) check(cases, G_N_ELEMENTS(cases), parse)

static void when__day__lasts_through_its_end(void **state)
{
	static const struct said cases[] = {
		{ "today", "2026-11-23 23:59:59" },
		{ "Tonight", "2026-11-23 23:59:59" },
		{ "tomorrow", "2026-11-24 23:59:59" },
		{ "tmrw", "2026-11-24 23:59:59" },
		{ "the day after tomorrow", "2026-11-25 23:59:59" },
		{ "  FRIDAY ", "2026-11-27 23:59:59" },
		{ "fri", "2026-11-27 23:59:59" },
		{ "on fri.", "2026-11-27 23:59:59" },
		{ "tues", "2026-11-24 23:59:59" },
		{ "thur", "2026-11-26 23:59:59" },
		{ "thurs", "2026-11-26 23:59:59" },
		{ "friday!", "2026-11-27 23:59:59" },
		{ "friday night", "2026-11-27 23:59:59" },
		{ "friday eod", "2026-11-27 23:59:59" },
	};

	CHECK(cases, parse_until);
}

static void when__weekday__is_the_next_to_come(void **state)
{
	static const struct said cases[] = {
		{ "monday", "2026-11-30 23:59:59" },
		{ "mon 9:00", "2026-11-30 09:00:00" },
		{ "this monday", "2026-11-23 23:59:59" },
		{ "coming monday", "2026-11-30 23:59:59" },
		{ "next monday", "2026-11-30 23:59:59" },
		{ "next friday", "2026-12-04 23:59:59" },
		{ "friday next week", "2026-12-04 23:59:59" },
		{ "friday of next week", "2026-12-04 23:59:59" },
		{ "next friday", "2026-12-04 23:59:59", .now = "2026-11-29T08:00:00" },
		{ "next sunday", "2026-12-06 23:59:59", .now = "2026-11-29T08:00:00" },
	};

	CHECK(cases, parse_until);
}

static void when__date__is_read_in_every_spelling(void **state)
{
	static const struct said cases[] = {
		{ "24 december", "2026-12-24 23:59:59" },
		{ "24 Dec", "2026-12-24 23:59:59" },
		{ "24 dec.", "2026-12-24 23:59:59" },
		{ "dec 24", "2026-12-24 23:59:59" },
		{ "December 24th, 2026", "2026-12-24 23:59:59" },
		{ "the 24th of december 2027", "2027-12-24 23:59:59" },
		{ "24. dec 2027", "2027-12-24 23:59:59" },
		{ "1st sept", "2027-09-01 23:59:59" },
		{ "2nd june", "2027-06-02 23:59:59" },
		{ "may 3rd", "2027-05-03 23:59:59" },
		{ "24.12.", "2026-12-24 23:59:59" },
		{ "24.12", "2026-12-24 23:59:59" },
		{ "24.12.2027", "2027-12-24 23:59:59" },
		{ "24.12.27", "2027-12-24 23:59:59" },
		{ "24. 12. 2027", "2027-12-24 23:59:59" },
		{ "5.6.", "2027-06-05 23:59:59" },
		{ "5.6", "2027-06-05 23:59:59" },
		{ "24/12", "2026-12-24 23:59:59" },
		{ "12/24", "2026-12-24 23:59:59" },
		{ "12/24/2027", "2027-12-24 23:59:59" },
		{ "6/6", "2027-06-06 23:59:59" },
		{ "24-12-2026", "2026-12-24 23:59:59" },
		{ "2026-12-24", "2026-12-24 23:59:59" },
		{ "2026/12/24", "2026-12-24 23:59:59" },
		{ "2026-1-5", "2026-01-05 23:59:59", .now = "2026-01-01T00:00:00" },
		{ "the 24th", "2026-11-24 23:59:59" },
		{ "the 3rd", "2026-12-03 23:59:59" },
		{ "31st", "2026-12-31 23:59:59" },
		{ "friday, 27 november", "2026-11-27 23:59:59" },
		{ "fri the 27th", "2026-11-27 23:59:59" },
	};

	CHECK(cases, parse_until);
}

static void when__date_without_year__is_the_next_to_come(void **state)
{
	static const struct said cases[] = {
		{ "23 november", "2026-11-23 23:59:59" },
		{ "22 november", "2027-11-22 23:59:59" },
		{ "29 feb", "2028-02-29 23:59:59" },
		{ "29 feb", "is more than five years away", .now = "2096-03-01T00:00:00" },
		{ "1 jan", "2027-01-01 23:59:59", .now = "2026-12-31T23:30:00" },
		/* Still the 31st in New York when it is the 1st in Berlin. */
		{ "31 dec", "2026-12-31 23:59:59", "2027-01-01T00:30:00+01:00",
		  "America/New_York" },
	};

	CHECK(cases, parse_until);
}

static void when__time__is_the_next_to_come(void **state)
{
	static const struct said cases[] = {
		{ "18:00", "2026-11-23 18:00:00" },    { "at 18:00", "2026-11-23 18:00:00" },
		{ "8:00", "2026-11-24 08:00:00" },     { "7:59", "2026-11-24 07:59:00" },
		{ "08:01:30", "2026-11-23 08:01:30" }, { "18.30", "2026-11-23 18:30:00" },
		{ "9am", "2026-11-23 09:00:00" },      { "9:30 PM", "2026-11-23 21:30:00" },
		{ "9.30pm", "2026-11-23 21:30:00" },   { "9 a.m.", "2026-11-23 09:00:00" },
		{ "12am", "2026-11-24 00:00:00" },     { "12 pm", "2026-11-23 12:00:00" },
		{ "noon", "2026-11-23 12:00:00" },     { "midday", "2026-11-23 12:00:00" },
		{ "midnight", "2026-11-24 00:00:00" }, { "0:00", "2026-11-24 00:00:00" },
		{ "24:00", "2026-11-24 00:00:00" },    { "18:00 utc", "2026-11-23 19:00:00" },
		{ "7:30 UTC", "2026-11-23 08:30:00" },
	};

	CHECK(cases, parse_until);
}

static void when__day_and_time__may_come_in_either_order(void **state)
{
	static const struct said cases[] = {
		{ "fri 18:00", "2026-11-27 18:00:00" },
		{ "friday at 9:30 pm", "2026-11-27 21:30:00" },
		{ "fri, 6pm", "2026-11-27 18:00:00" },
		{ "18:00 on friday", "2026-11-27 18:00:00" },
		{ "9 a.m. tomorrow", "2026-11-24 09:00:00" },
		{ "noon, 24 december", "2026-12-24 12:00:00" },
		{ "24 dec 18:00", "2026-12-24 18:00:00" },
		{ "december 24, 2027, 18:00", "2027-12-24 18:00:00" },
		{ "24 dec 18.30", "2026-12-24 18:30:00" },
		{ "24.12. 18:00", "2026-12-24 18:00:00" },
		{ "10.12 18:00", "2026-12-10 18:00:00" },
		{ "2026-12-24 18:00", "2026-12-24 18:00:00" },
		{ "2026-12-24T18:00", "2026-12-24 18:00:00" },
		{ "2026-12-24t18:00:30z", "2026-12-24 19:00:30" },
		{ "2026-12-24T18:00+03:00", "2026-12-24 16:00:00" },
		{ "2026-12-24 18:00:00-0330", "2026-12-24 22:30:00" },
		{ "2026-12-24T18:00+01", "2026-12-24 18:00:00" },
		{ "friday midnight", "2026-11-28 00:00:00" },
		{ "friday 0:00", "2026-11-27 00:00:00" },
		{ "friday 24:00", "2026-11-28 00:00:00" },
		{ "tomorrow morning", "2026-11-24 09:00:00" },
		{ "tomorrow in the morning", "2026-11-24 09:00:00" },
		{ "friday afternoon", "2026-11-27 15:00:00" },
		{ "this evening", "2026-11-23 18:00:00" },
		{ "this night", "2026-11-23 23:59:59" },
		{ "tonight at 8pm", "2026-11-23 20:00:00" },
		{ "friday 18:00 GMT", "2026-11-27 19:00:00" },
		/* The day is that zone's too: there it is already Tuesday. */
		{ "today 2:00 utc", "2026-11-23 21:00:00", "2026-11-23T20:00:00-05:00",
		  "America/New_York" },
	};

	CHECK(cases, parse_until);
}

static void when__period__counts_from_where_it_begins(void **state)
{
	static const struct said cases[] = {
		{ "next week", "2026-11-30 00:00:00" },
		{ "next month", "2026-12-01 00:00:00" },
		{ "next month", "2027-01-01 00:00:00", .now = "2026-12-31T12:00:00" },
		{ "next year", "2027-01-01 00:00:00" },
		{ "the weekend", "2026-11-28 00:00:00" },
		{ "next weekend", "2026-12-05 00:00:00" },
		{ "december", "2026-12-01 00:00:00" },
		{ "november", "2027-11-01 00:00:00" },
		{ "march 2028", "2028-03-01 00:00:00" },
	};

	CHECK(cases, parse_until);
}

static void when__end_of__is_its_last_second(void **state)
{
	static const struct said cases[] = {
		{ "end of day", "2026-11-23 23:59:59" },
		{ "end of today", "2026-11-23 23:59:59" },
		{ "end of the week", "2026-11-29 23:59:59" },
		{ "end of this week", "2026-11-29 23:59:59" },
		{ "end of next week", "2026-12-06 23:59:59" },
		{ "the end of the month", "2026-11-30 23:59:59" },
		{ "end of next month", "2026-12-31 23:59:59" },
		{ "end of the year", "2026-12-31 23:59:59" },
		{ "end of the weekend", "2026-11-29 23:59:59" },
		{ "the end of february 2028", "2028-02-29 23:59:59" },
		{ "end of november", "2026-11-30 23:59:59" },
		{ "end of friday", "2026-11-27 23:59:59" },
		{ "EOD", "2026-11-23 23:59:59" },
		{ "eow", "2026-11-29 23:59:59" },
		{ "eom", "2026-11-30 23:59:59" },
		{ "eoy", "2026-12-31 23:59:59" },
		{ "end of week", "2026-11-29 23:59:59", .now = "2026-11-29T20:00:00" },
	};

	CHECK(cases, parse_until);
}

static void when__duration__counts_from_now(void **state)
{
	static const struct said cases[] = {
		{ "3 days", "2026-11-26 08:00:00" },
		{ "in 2 weeks", "2026-12-07 08:00:00" },
		{ "2 weeks from now", "2026-12-07 08:00:00" },
		{ "2h", "2026-11-23 10:00:00" },
		{ "1h30m", "2026-11-23 09:30:00" },
		{ "1h 30m", "2026-11-23 09:30:00" },
		{ "90 min", "2026-11-23 09:30:00" },
		{ "45s", "2026-11-23 08:00:45" },
		{ "a week and two days", "2026-12-02 08:00:00" },
		{ "1 week, 2 days, and 3 hours", "2026-12-02 11:00:00" },
		{ "an hour", "2026-11-23 09:00:00" },
		{ "half an hour", "2026-11-23 08:30:00" },
		{ "a fortnight", "2026-12-07 08:00:00" },
		{ "6 months", "2027-05-23 08:00:00" },
		{ "1 month", "2027-02-28 08:00:00", .now = "2027-01-31T08:00:00" },
		{ "1 year", "2029-02-28 08:00:00", .now = "2028-02-29T08:00:00" },
		{ "twelve days", "2026-12-05 08:00:00" },
		{ "5 years", "2031-11-23 08:00:00" },
		{ "1827 days", "2031-11-24 08:00:00" },
	};

	CHECK(cases, parse_until);
}

static void when__change_of_clocks__keeps_the_time_of_day(void **state)
{
	static const struct said cases[] = {
		{ "3 days", "2026-10-26 08:00:00", .now = "2026-10-23T08:00:00" },
		{ "72 hours", "2026-10-26 07:00:00", .now = "2026-10-23T08:00:00" },
		{ "tomorrow 2:30", "2026-03-29 03:00:00", .now = "2026-03-28T08:00:00" },
		{ "1 day", "2026-03-29 03:00:00", .now = "2026-03-28T02:00:00" },
		/* Where midnight is in the gap, the day before ends all the same. */
		{ "saturday", "2023-09-30 23:59:59", "2023-09-28T08:00:00", "America/Asuncion" },
		{ "sunday 0:00", "2023-10-01 01:00:00", "2023-09-28T08:00:00", "America/Asuncion" },
		/* 23:00 to midnight comes twice on a day that lasts through both. */
		{ "saturday", "2024-03-23 23:59:59", "2024-03-20T08:00:00", "America/Asuncion" },
	};

	CHECK(cases, parse_until);
}

static void when__other__says_what_is_wrong(void **state)
{
	static const char not_read[] = "is not a day or a time I can read";
	static const char past[] = "is in the past";
	static const char far[] = "is more than five years away";
	static const char no_day[] = "names a day that does not exist";
	static const char no_time[] = "names a time that does not exist";
	static const char two_days[] = "could be two days: write 24 december, or 2026-12-24";
	static const char lone[] = "has a lone number: write 9:00 or 9am, or the 9th";
	static const char both[] = "could be a time or a day: write 10:12, or 10.12. for the day";
	static const struct said cases[] = {
		{ "", not_read },
		{ " . ", not_read },
		{ "soon", not_read },
		{ "fried", not_read },
		{ "fridays", not_read },
		{ "friday or so", not_read },
		{ "friday friday", not_read },
		{ "friday, at", not_read },
		{ "friday utc", not_read },
		{ "evening", not_read },
		{ "next", not_read },
		{ "this", not_read },
		{ "next tomorrow", not_read },
		{ "in friday", not_read },
		{ "3 days and", not_read },
		{ "3 days ago", not_read },
		{ "-3 days", not_read },
		{ "1.5 hours", not_read },
		{ "next week 18:00", not_read },
		{ "18 : 00", not_read },
		{ "18:0", not_read },
		{ "2026-12-24T", not_read },
		{ "2026-12-24 T 18:00", not_read },
		{ "18:00+01:00", not_read },
		{ "2026-12-24T18:00+1", not_read },
		{ "2026-12-24T18:00+01:0", not_read },
		{ "24 d\xc3\xa9"
		  "cembre",
		  not_read },
		{ "\xff\xfe", not_read },
		{ "1234567 days", not_read },
		{ "friday                                                                         "
		  "                                        ",
		  not_read },
		{ "1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h", not_read },
		{ "9", lone },
		{ "friday at 9", lone },
		{ "5/6", two_days },
		{ "3-4-2027", two_days },
		{ "10.12", both },
		{ "25:00", no_time },
		{ "24:01", no_time },
		{ "18:60", no_time },
		{ "13pm", no_time },
		{ "0am", no_time },
		{ "2026-12-24T18:00+16:00", no_time },
		{ "30 feb", no_day },
		{ "31 april", no_day },
		{ "29 feb 2027", no_day },
		{ "0000-01-01", no_day },
		{ "2026-13-01", no_day },
		{ "32nd", no_day },
		{ "thu 27 nov", "names a weekday that day does not fall on" },
		{ "this week", "has already begun: write the end of it" },
		{ "2026-11-22", past },
		{ "today 8:00", past },
		{ "this morning", past, .now = "2026-11-23T10:00:00" },
		{ "0 days", past },
		{ "6 years", far },
		{ "61 months", far },
		{ "999999 years", far },
		{ "91 years", far, .now = "1969-12-31T23:00:00" },
		{ "1828 days", far },
		{ "2031-11-24 08:00:01", far },
		{ "9999-12-31", far },
	};

	CHECK(cases, parse_until);
}

static void when__limits__are_exact(void **state)
{
	static const struct said cases[] = {
		{ "2026-11-23 08:00:01", "2026-11-23 08:00:01" },
		{ "2026-11-23 08:00:00", "is in the past" },
		{ "2031-11-24 08:00", "2031-11-24 08:00:00" },
		{ "2031-11-24 08:00:01", "is more than five years away" },
	};

	CHECK(cases, parse_until);
}

static void when__errors__tell_unreadable_from_out_of_range(void **state)
{
	g_autoptr(GTimeZone) zone = zone_of(NULL);
	int64_t now_us = time_of(NULL, zone), at_us;
	uint32_t first, last;
	const char *error;

	assert_int_equal(when_parse("soon", zone, now_us, &at_us, &error), -EINVAL);
	assert_int_equal(when_parse("2020-01-01", zone, now_us, &at_us, &error), -ERANGE);
	assert_int_equal(when_parse("friday", zone, INT64_MAX, &at_us, &error), -ERANGE);
	assert_int_equal(when_parse("friday", zone, INT64_MIN, &at_us, &error), -ERANGE);
	assert_int_equal(when_parse_days("soon", zone, now_us, &first, &last, &error), -EINVAL);
	assert_int_equal(when_parse_days("2020-01-01", zone, now_us, &first, &last, &error),
			 -ERANGE);
	assert_int_equal(when_parse_days("friday", zone, INT64_MAX, &first, &last, &error),
			 -ERANGE);
}

static void when__locale__does_not_matter(void **state)
{
	static const struct said cases[] = { { "FRIDAY 18:00", "2026-11-27 18:00:00" },
					     { "24 dec", "2026-12-24 23:59:59" } };
	/* In Turkish the small of I is another letter. Absent locales leave the test as it is. */
	static const char *const locales[] = { "tr_TR.UTF-8", "de_DE.UTF-8", "C.UTF-8", "C" };

	for (size_t i = 0; i < G_N_ELEMENTS(locales); i++) {
		setlocale(LC_ALL, locales[i]);
		CHECK(cases, parse_until);
	}
}

static void when__days__one_or_a_period(void **state)
{
	static const struct said cases[] = {
		{ "today", "2026-11-23" },
		{ "monday", "2026-11-23" },
		{ "friday", "2026-11-27" },
		{ "next monday", "2026-11-30" },
		{ "24 december", "2026-12-24" },
		{ "22 november", "2027-11-22" },
		{ "10.12", "2026-12-10" },
		{ "24.12.", "2026-12-24" },
		{ "2026-12-24", "2026-12-24" },
		{ "the 24th", "2026-11-24" },
		{ "this weekend", "2026-11-28..2026-11-29" },
		{ "the weekend", "2026-11-28..2026-11-29", .now = "2026-11-29T08:00:00" },
		{ "this week", "2026-11-23..2026-11-29" },
		{ "next week", "2026-11-30..2026-12-06" },
		{ "next month", "2026-12-01..2026-12-31" },
		{ "next year", "2027-01-01..2027-12-31" },
		{ "november", "2026-11-01..2026-11-30" },
		{ "november", "2026-11-01..2026-11-30", .now = "2026-11-30T08:00:00" },
		{ "october", "2027-10-01..2027-10-31" },
		{ "february 2028", "2028-02-01..2028-02-29" },
	};

	CHECK(cases, parse_days);
}

static void when__days__from_one_to_another(void **state)
{
	static const struct said cases[] = {
		{ "3-14 march", "2027-03-03..2027-03-14" },
		{ "3-14 March 2028", "2028-03-03..2028-03-14" },
		{ "march 3-14", "2027-03-03..2027-03-14" },
		{ "3.-14.3.", "2027-03-03..2027-03-14" },
		{ "3.3.-14.3.2027", "2027-03-03..2027-03-14" },
		{ "3 \xe2\x80\x93 14\xc2\xa0march", "2027-03-03..2027-03-14" },
		{ "3rd to 14th of march", "2027-03-03..2027-03-14" },
		{ "3 march - 2 april", "2027-03-03..2027-04-02" },
		{ "from 3 march through 2 april", "2027-03-03..2027-04-02" },
		{ "24 dec - 2 jan", "2026-12-24..2027-01-02" },
		{ "24 dec. until 2 jan.", "2026-12-24..2027-01-02" },
		{ "24.12..2.1.", "2026-12-24..2027-01-02" },
		{ "24 dec 2026 - 2 jan", "2026-12-24..2027-01-02" },
		{ "24 dec - 2 jan 2028", "2027-12-24..2028-01-02" },
		{ "2026-12-24..2027-01-02", "2026-12-24..2027-01-02" },
		{ "2026-12-24 - 2027-01-02", "2026-12-24..2027-01-02" },
		{ "2026-12-24-2027-01-02", "2026-12-24..2027-01-02" },
		{ "2026-12-24\xe2\x80\xa6"
		  "2027-01-02",
		  "2026-12-24..2027-01-02" },
		{ "2026-12-24 to 27", "2026-12-24..2026-12-27" },
		{ "12/24/2026 - 1/13/2027", "2026-12-24..2027-01-13" },
		{ "fri-sun", "2026-11-27..2026-11-29" },
		{ "mon-fri", "2026-11-23..2026-11-27" },
		{ "fri..mon", "2026-11-27..2026-11-30" },
		{ "fri-fri", "2026-11-27..2026-12-04" },
		{ "friday to 14 dec", "2026-11-27..2026-12-14" },
		{ "24 dec - sunday", "2026-12-24..2026-12-27" },
		{ "today - friday", "2026-11-23..2026-11-27" },
		{ "tomorrow till 2 jan", "2026-11-24..2027-01-02" },
		{ "the 24th - the 3rd", "2026-11-24..2026-12-03" },
		{ "december - january", "2026-12-01..2027-01-31" },
		{ "this week - next week", "2026-11-23..2026-12-06" },
		{ "1 jan - 31 dec 2028", "2028-01-01..2028-12-31" },
	};

	CHECK(cases, parse_days);
}

static void when__days_under_way__are_these(void **state)
{
	static const struct said cases[] = {
		{ "3-14 march", "2027-03-03..2027-03-14", .now = "2027-03-05T08:00:00" },
		{ "3-14 march", "2027-03-03..2027-03-14", .now = "2027-03-14T23:59:59" },
		{ "3-14 march", "2028-03-03..2028-03-14", .now = "2027-03-15T00:00:00" },
		{ "24 dec - 2 jan", "2026-12-24..2027-01-02", .now = "2027-01-01T08:00:00" },
		{ "24 dec - 2 jan", "2027-12-24..2028-01-02", .now = "2027-01-03T08:00:00" },
		{ "november - january", "2026-11-01..2027-01-31", .now = "2027-01-01T08:00:00" },
		{ "2026-11-01..2026-11-30", "2026-11-01..2026-11-30" },
	};

	CHECK(cases, parse_days);
}

static void when__days_wrong__says_why(void **state)
{
	static const char not_read[] = "is not a day or a span of days I can read";
	static const char backwards[] = "ends before it begins";
	static const struct said cases[] = {
		{ "", not_read },
		{ "3", not_read },
		{ "3-5", not_read },
		{ "fri-14", not_read },
		{ "fri-", not_read },
		{ "-fri", not_read },
		{ "fri-sat-sun", not_read },
		{ "friday 18:00", not_read },
		{ "3 days", not_read },
		{ "14-3 march", backwards },
		{ "14 march - 3 march", backwards },
		{ "14 march - 3 february", backwards },
		{ "2026-12-24..2026-12-20", backwards },
		{ "friday - today", backwards },
		{ "5/6 - 7/6", "could be two days: write 24 december, or 2026-12-24" },
		{ "30 feb - 2 march", "names a day that does not exist" },
		{ "20-31 april", "names a day that does not exist" },
		{ "thu 27 nov - sun 29 nov", "names a weekday that day does not fall on" },
		{ "2026-01-01..2026-11-22", "is in the past" },
		{ "2031-11-20..2031-11-25", "is more than five years away" },
		{ "2027-01-01..2028-01-02", "lasts longer than a year" },
	};

	CHECK(cases, parse_days);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when__day__lasts_through_its_end),
		cmocka_unit_test(when__weekday__is_the_next_to_come),
		cmocka_unit_test(when__date__is_read_in_every_spelling),
		cmocka_unit_test(when__date_without_year__is_the_next_to_come),
		cmocka_unit_test(when__time__is_the_next_to_come),
		cmocka_unit_test(when__day_and_time__may_come_in_either_order),
		cmocka_unit_test(when__period__counts_from_where_it_begins),
		cmocka_unit_test(when__end_of__is_its_last_second),
		cmocka_unit_test(when__duration__counts_from_now),
		cmocka_unit_test(when__change_of_clocks__keeps_the_time_of_day),
		cmocka_unit_test(when__other__says_what_is_wrong),
		cmocka_unit_test(when__limits__are_exact),
		cmocka_unit_test(when__errors__tell_unreadable_from_out_of_range),
		cmocka_unit_test(when__locale__does_not_matter),
		cmocka_unit_test(when__days__one_or_a_period),
		cmocka_unit_test(when__days__from_one_to_another),
		cmocka_unit_test(when__days_under_way__are_these),
		cmocka_unit_test(when__days_wrong__says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
