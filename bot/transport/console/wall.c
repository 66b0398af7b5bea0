#include "transport/console/wall.h"

#include "clock.h"

/* Not the locale's: a script is read and its output compared anywhere. */
static const char *const months[] = { "January",   "February", "March",    "April",
				      "May",       "June",     "July",     "August",
				      "September", "October",  "November", "December" };

#define SECONDS_PER_DAY (CLOCK_US_PER_DAY / CLOCK_US_PER_SECOND)

static GDateTime *local_time(int64_t at_us, GTimeZone *zone)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_us / CLOCK_US_PER_SECOND);
	return g_date_time_to_timezone(utc, zone);
}

/* Seconds east of UTC at the moment `unix_s`. */
static int64_t offset_s(GTimeZone *zone, int64_t unix_s)
{
	int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, unix_s);
	return g_time_zone_get_offset(zone, interval);
}

/* The moment when the clocks show `local_s`, seconds counted as if they showed UTC. */
static int64_t moment_s(GTimeZone *zone, int64_t local_s)
{
	int64_t before = offset_s(zone, local_s - SECONDS_PER_DAY);
	int64_t after = offset_s(zone, local_s + SECONDS_PER_DAY);
	int64_t early = local_s - MAX(before, after), late = local_s - MIN(before, after);
	if (offset_s(zone, early) == local_s - early)
		return early;
	if (offset_s(zone, late) == local_s - late)
		return late;
	/* Skipped: the change lies between the two. */
	while (late - early > 1) {
		int64_t middle = early + (late - early) / 2;
		if (offset_s(zone, middle) == before)
			early = middle;
		else
			late = middle;
	}
	return late;
}

static int64_t moment_us(GTimeZone *zone, int year, int month, int day, const struct script_wall *w)
{
	g_autoptr(GDateTime) shown =
		g_date_time_new_utc(year, month, day, w->hour, w->minute, w->second);
	return moment_s(zone, g_date_time_to_unix(shown)) * CLOCK_US_PER_SECOND;
}

int64_t wall_us(const struct script_wall *wall, GTimeZone *zone, int64_t now_us)
{
	if (wall->year != 0)
		return moment_us(zone, wall->year, wall->month, wall->day, wall);

	/* A skipped time is shown late, but on its day: a week and a day always hold the next. */
	g_autoptr(GDateTime) today = local_time(now_us, zone);
	for (int days = 0;; days++) {
		g_autoptr(GDateTime) day = g_date_time_add_days(today, days);
		if (wall->weekday != 0 && g_date_time_get_day_of_week(day) != wall->weekday)
			continue;
		int64_t us = moment_us(zone, g_date_time_get_year(day), g_date_time_get_month(day),
				       g_date_time_get_day_of_month(day), wall);
		if (us > now_us)
			return us;
	}
}

char *wall_stamp(int64_t at_us, GTimeZone *zone)
{
	g_autoptr(GDateTime) t = local_time(at_us, zone);
	return g_strdup_printf("[%.3s %02d:%02d]",
			       script_weekdays[g_date_time_get_day_of_week(t) - 1],
			       g_date_time_get_hour(t), g_date_time_get_minute(t));
}

char *wall_day(int64_t at_us, GTimeZone *zone)
{
	g_autoptr(GDateTime) t = local_time(at_us, zone);
	return g_strdup_printf("%s %d %s %d", script_weekdays[g_date_time_get_day_of_week(t) - 1],
			       g_date_time_get_day_of_month(t),
			       months[g_date_time_get_month(t) - 1], g_date_time_get_year(t));
}

char *wall_iso(int64_t at_us)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_us / CLOCK_US_PER_SECOND);
	return g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ");
}

int wall_day_number(int64_t at_us, GTimeZone *zone)
{
	g_autoptr(GDateTime) t = local_time(at_us, zone);
	return g_date_time_get_year(t) * 366 + g_date_time_get_day_of_year(t);
}
