/* Wall times that come again, in a zone: recomputed at each occurrence, so a DST change moves
 * nothing but that one. Pure; no clock, no store. Times are UTC microseconds, days are Julian day
 * numbers (g_date_get_julian). */
#ifndef KITH_RECUR_H
#define KITH_RECUR_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct config_wall;
struct config_days;

/* The day in `zone` on which `at_us` falls. */
uint32_t recur_day(int64_t at_us, GTimeZone *zone);
/* Midnight to midnight: `hour:minute` of `day` in `zone`. In a DST gap the first valid minute after
 * it, in an overlap the first of the two. */
int64_t recur_at(uint32_t day, int hour, int minute, GTimeZone *zone);
/* The same for the time of `wall`, whatever weekday `day` is. */
int64_t recur_wall(uint32_t day, const struct config_wall *wall, GTimeZone *zone);
/* 1 Monday .. 7 Sunday. */
int recur_weekday(uint32_t day);

/* The first day at or after `day` that is `weekday`. */
uint32_t recur_on_or_after(uint32_t day, int weekday);
/* The first occurrence of `wall` strictly after `after_us`. */
int64_t recur_next(const struct config_wall *wall, GTimeZone *zone, int64_t after_us);

bool recur_holiday(uint32_t day, const GArray *holidays);
/* `day` itself unless it is a holiday; else the first later day that is neither a holiday nor a
 * Saturday or Sunday; or, if none comes before `before`, the first that is no holiday; or `day`. */
uint32_t recur_working_day(uint32_t day, const GArray *holidays, uint32_t before);

#endif
