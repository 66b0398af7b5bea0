/* Dates and times as people type them, in English and in ISO 8601. Pure; never reads a clock and
 * never asks the locale. The whole text must be understood: no part of it is skipped. Letters may
 * be of either case; a full stop or exclamation mark may end it. */
#ifndef KITH_WHEN_H
#define KITH_WHEN_H

#include <glib.h>
#include <stdint.h>

/*
 * What is understood. [ ] may be left out, | separates alternatives.
 *
 * day       today | tonight | tomorrow | tmrw | [the] day after tomorrow
 *           friday | fri | tues | thurs        the next one to come; in when_parse never today
 *           on|coming|this friday              the same, but today counts for `this friday`
 *           next friday | friday next week     the one of next week (weeks begin on Monday)
 *           24 december | 24th of dec | 24. dec | december 24[th] | 24.12. | 24/12, each with or
 *           without a year                     without: the next to come, and today counts
 *           2026-12-24 | 2026/12/24            ISO, year first
 *           the 24th                           of this month or the next that has one to come
 *           friday, 27 november                the two must agree
 *           Figures alone need a reading: 24/12 and 12/24 are both 24 December, but 5/6 is
 *           refused. With dots the day is always first.
 * time      18:00 | 18:00:30 | 18.30 | 9am | 9:30 pm | 9 a.m. | noon | midday
 *           midnight | 24:00                   the one that ends the day
 *           morning | afternoon | evening      9:00, 15:00 and 18:00, after a day or `this`
 *           Each may be followed by `utc` or `gmt`: then the day is that zone's too.
 * period    this|next week|month|year|weekend, the weekend, or a month: december [2027]
 *
 * when_parse, "until":
 *   day                     through its last second, so that "away until friday" includes it
 *   day night | day eod     the same
 *   day [at] time | time [on] day
 *   time                    the next to come, today or tomorrow
 *   2026-12-24T18:00[:30][Z|+01:00]
 *   next week, december     when it begins
 *   [the] end of day|week|month|year, of a period or of a day | eod | eow | eom | eoy
 *   [in] 3 days | 2h | 1h 30m | 90 min | a week and two days | half an hour | a fortnight
 *                           from now; days, weeks, months and years keep the time of day, across a
 *                           change of the clocks and at the end of a month that has fewer days
 * 10.12 is refused as it could be a time or a date; 10.12. and 10:12 are not.
 *
 * The result is after `now_us` and within five years (1827 days), else -ERANGE; -EINVAL if it
 * cannot be read. *ret_error is one clause for a person that goes on from their text ("is in the
 * past", ...), static, set on failure only.
 */
int when_parse(const char *text, GTimeZone *zone, int64_t now_us, int64_t *ret_us,
	       const char **ret_error);

/*
 * Julian days, both included:
 *   day | period                             today's weekday is today
 *   [from] day|period TO day|period          TO is - (or a dash) .. to until till through
 *   3-14 march | march 3-14 | 3.-14.3.       the month said once
 * `3-14 march`, `3 march - 2 april`, `24 dec - 2 jan`, `2026-12-24..2027-01-02`, `fri-sun`.
 * Without a year it is the next that has not ended: on 5 March, `3-14 march` is under way. The last
 * day is today or later and within five years, and it is at most a year long, else -ERANGE.
 */
int when_parse_days(const char *text, GTimeZone *zone, int64_t now_us, uint32_t *ret_first,
		    uint32_t *ret_last, const char **ret_error);

#endif
