/* The promises of circle/when.h, for any bytes. The first byte chooses where and when it is said.
 */
#include "circle/when.h"

#include "circle/recur.h"
#include "clock.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

enum { DAYS_AHEAD = 1827, DAYS_LONG = 366 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const zone_names[] = {
	"UTC",          "Europe/Berlin", "America/Asuncion",    "America/St_Johns",
	"Pacific/Apia", "Africa/Cairo",  "Australia/Lord_Howe", "Asia/Kathmandu",
};

/* Whole seconds, so that what is read can be written down again. */
static const int64_t nows_s[] = {
	1795420800, /* 2026-11-23, a Monday morning in Europe */
	1325239199, /* 2011-12-30 09:59:59, the second before Apia skips a day */
	1792890000, /* 2026-10-25 01:00, Berlin's second 02:00 */
	1711249200, /* 2024-03-24 03:00, Asuncion's second 23:00 */
	1835395199, /* 2028-02-28 23:59:59 */
	-1,         /* 1969 */
};

static GTimeZone *zone_number(unsigned i)
{
	static GTimeZone *zones[G_N_ELEMENTS(zone_names)];

	if (!zones[i])
		zones[i] = g_time_zone_new_identifier(zone_names[i]);
	assert(zones[i]);
	return zones[i];
}

static char *format_time(int64_t at_us, GTimeZone *zone, const char *format)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_us / CLOCK_US_PER_SECOND);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
	return g_date_time_format(local, format);
}

static char *format_day(uint32_t day)
{
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_julian(&date, day);
	return g_strdup_printf("%04d-%02d-%02d", g_date_get_year(&date), g_date_get_month(&date),
			       g_date_get_day(&date));
}

/* Written as ISO it is the same again. */
static void reads_back(int64_t at_us, GTimeZone *zone, int64_t now_us)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autofree char *exact = format_time(at_us, utc, "%FT%TZ");
	g_autofree char *wall = format_time(at_us, zone, "%F %T");
	int64_t again_us;
	const char *error;

	assert(when_parse(exact, zone, now_us, &again_us, &error) == 0 && again_us == at_us);
	/* In the second part of an overlap its wall time means the first. */
	int r = when_parse(wall, zone, now_us, &again_us, &error);
	if (r == -ERANGE)
		return;
	g_autofree char *wall_again = format_time(again_us, zone, "%F %T");
	assert(r == 0 && again_us <= at_us && !strcmp(wall, wall_again));
}

static void until(const char *text, GTimeZone *zone, int64_t now_us)
{
	g_autofree char *loud = g_ascii_strup(text, -1);
	g_autofree char *apart = g_strconcat(" ", text, "\t", NULL);
	const char *error = NULL, *error_again = NULL;
	int64_t at_us = -1, loud_us = -1, apart_us = -1;
	int r = when_parse(text, zone, now_us, &at_us, &error);

	assert(when_parse(loud, zone, now_us, &loud_us, &error_again) == r);
	assert(loud_us == at_us && error_again == error);
	if (r < 0) {
		assert(r == -EINVAL || r == -ERANGE);
		assert(at_us == -1 && error && *error);
		return;
	}
	assert(!error);
	assert(at_us > now_us && at_us <= now_us + DAYS_AHEAD * CLOCK_US_PER_DAY);
	assert(at_us % CLOCK_US_PER_SECOND == 0);
	if (strlen(apart) <= 100)
		assert(when_parse(apart, zone, now_us, &apart_us, &error) == 0 &&
		       apart_us == at_us);
	reads_back(at_us, zone, now_us);
}

static void days(const char *text, GTimeZone *zone, int64_t now_us)
{
	g_autofree char *loud = g_ascii_strup(text, -1);
	const char *error = NULL, *error_again = NULL;
	uint32_t first = 0, last = 0, first_again = 0, last_again = 0;
	uint32_t today = recur_day(now_us, zone);
	int r = when_parse_days(text, zone, now_us, &first, &last, &error);

	assert(when_parse_days(loud, zone, now_us, &first_again, &last_again, &error_again) == r);
	assert(first_again == first && last_again == last && error_again == error);
	if (r < 0) {
		assert(r == -EINVAL || r == -ERANGE);
		assert(!first && !last && error && *error);
		return;
	}
	assert(!error);
	assert(first <= last && last - first < DAYS_LONG);
	assert(last >= today && last <= today + DAYS_AHEAD);

	g_autofree char *from = format_day(first), *to = format_day(last);
	g_autofree char *span = g_strconcat(from, "..", to, NULL);
	assert(when_parse_days(span, zone, now_us, &first_again, &last_again, &error) == 0);
	assert(first_again == first && last_again == last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
	GTimeZone *zone = zone_number(data[0] % G_N_ELEMENTS(zone_names));
	int64_t now_us = nows_s[data[0] / G_N_ELEMENTS(zone_names) % G_N_ELEMENTS(nows_s)] *
			 CLOCK_US_PER_SECOND;

	until(text, zone, now_us);
	days(text, zone, now_us);
	return 0;
}
