/* What a clock on the wall of the room shows, and when it shows it. Pure. */
#ifndef KITH_CONSOLE_WALL_H
#define KITH_CONSOLE_WALL_H

#include "transport/console/script.h"

#include <glib.h>

/* The end of time here: nothing moves the clock beyond it, so that every zone can show it. */
#define WALL_MOST_US INT64_C(7289654400000000) /* 2201-01-01 */

/* When it is `wall` in `zone`; a time without a day, or with a weekday, is the next one after
 * `now_us`. A time that a change of the clocks skips is the moment of the change, one that it
 * repeats is the first of the two. */
int64_t wall_us(const struct script_wall *wall, GTimeZone *zone, int64_t now_us);

/* "[Mon 09:00]". g_free it. */
char *wall_stamp(int64_t at_us, GTimeZone *zone);
/* "Monday 23 November 2026". g_free it. */
char *wall_day(int64_t at_us, GTimeZone *zone);
/* "2026-11-23T09:00:00Z". g_free it. */
char *wall_iso(int64_t at_us);
/* Which day it is, as a number that differs from day to day. */
int wall_day_number(int64_t at_us, GTimeZone *zone);

#endif
