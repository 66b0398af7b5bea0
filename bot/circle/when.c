/* Times as people type them: see when.h. */
#include "circle/when.h"

#include "circle/recur.h"
#include "circle/when_private.h"
#include "clock.h"

#include <errno.h>
#include <string.h>

static const char *const not_read = "is not a day or a time I can read";
static const char *const no_such_time = "names a time that does not exist";
static const char *const lone_number = "has a lone number: write 9:00 or 9am, or the 9th";
static const char *const begun = "has already begun: write the end of it";
static const char *const time_or_day =
	"could be a time or a day: write 10:12, or 10.12. for the day";

struct wall_time {
	int hour, minute, second;
};

/* What is read before it is known when that is. */
struct point {
	bool has_day, has_time, has_offset;
	struct when_days days;
	struct wall_time time;
	int offset_s; /* east of UTC */
};

static const struct {
	const char *words;
	struct wall_time time;
	bool wants_day; /* "evening" alone is not a time */
} named_times[] = {
	{ "noon", { 12 } },
	{ "midday", { 12 } },
	{ "midnight", { 24 } },
	{ "morning", { 9 }, true },
	{ "afternoon", { 15 }, true },
	{ "evening", { 18 }, true },
	{ "in the morning", { 9 }, true },
	{ "in the afternoon", { 15 }, true },
	{ "in the evening", { 18 }, true },
};

/* "am", "pm", "a.m.", "p.m.": 'a', 'p' or 0. */
static char take_half(struct when_scan *s)
{
	static const char *const letters[] = { "a", "p" };
	struct when_scan ahead;

	if (when_take_words(s, "am"))
		return 'a';
	if (when_take_words(s, "pm"))
		return 'p';
	for (size_t i = 0; i < G_N_ELEMENTS(letters); i++) {
		ahead = *s;
		if (!when_take_words(&ahead, letters[i]) || !when_take_glued(&ahead, '.') ||
		    !when_take_words(&ahead, "m"))
			continue;
		if (!ahead.next->spaced)
			when_take_mark(&ahead, '.');
		s->next = ahead.next;
		return letters[i][0];
	}
	return 0;
}

/* "18:00", "18:00:30", "18.30", "9am", "9:30 pm". */
static bool take_clock(struct when_scan *s, struct wall_time *ret)
{
	struct when_scan ahead = *s;
	struct wall_time t = { 0 };
	bool colon, dot;

	if (!when_take_number(&ahead, 1, 2, &t.hour))
		return false;
	colon = when_take_glued(&ahead, ':');
	dot = !colon && when_take_glued(&ahead, '.');
	if ((colon || dot) && !when_take_number(&ahead, 2, 2, &t.minute))
		return false;
	if (colon && when_take_glued(&ahead, ':') && !when_take_number(&ahead, 2, 2, &t.second))
		return false;
	char half = take_half(&ahead);
	/* With a stop behind it, 24.12. is a day. */
	bool figures = colon ||
		       (dot && s->dots_are_time && (ahead.next->spaced || ahead.next->mark != '.'));
	if (!half && !figures)
		return !dot && ahead.next->kind == WHEN_END ? when_fail(s, lone_number) : false;
	if (half && (t.hour < 1 || t.hour > 12))
		return when_fail(s, no_such_time);
	if (half)
		t.hour = t.hour % 12 + (half == 'p' ? 12 : 0);
	if (t.minute > 59 || t.second > 59 || t.hour > 24 ||
	    (t.hour == 24 && (t.minute || t.second)))
		return when_fail(s, no_such_time);
	s->next = ahead.next;
	*ret = t;
	return true;
}

static bool take_time(struct when_scan *s, bool with_day, struct wall_time *ret)
{
	bool found = false;

	for (size_t i = 0; !found && i < G_N_ELEMENTS(named_times); i++) {
		if (named_times[i].wants_day && !with_day)
			continue;
		found = when_take_words(s, named_times[i].words);
		if (found)
			*ret = named_times[i].time;
	}
	if (!found && !take_clock(s, ret))
		return false;
	if (!when_take_words(s, "utc")) /* when_parse has seen it and reads in that zone */
		when_take_words(s, "gmt");
	return true;
}

/* ISO 8601: "Z", "+01:00", "+0100", "+01", at once behind the time. False if it is none of these;
 * there need be none. */
static bool take_offset(struct when_scan *s, struct point *p)
{
	bool east = when_take_glued(s, '+');
	int hours, minutes = 0;

	if (!east && !when_take_glued(s, '-')) {
		p->has_offset = !s->next->spaced && when_take_words(s, "z");
		return true;
	}
	if (when_take_number(s, 4, 4, &hours)) {
		minutes = hours % 100;
		hours /= 100;
	} else if (!when_take_number(s, 2, 2, &hours) ||
		   (when_take_glued(s, ':') && !when_take_number(s, 2, 2, &minutes))) {
		return false;
	}
	if (hours > 15 || minutes > 59)
		return when_fail(s, no_such_time);
	p->has_offset = true;
	p->offset_s = (hours * 60 + minutes) * 60 * (east ? 1 : -1);
	return true;
}

/* What may follow a day. Nothing: the whole day. */
static bool take_time_of_day(struct when_scan *s, struct point *p)
{
	if (p->days.iso && !s->next->spaced && when_take_words(s, "t")) {
		p->has_time = true;
		return !s->next->spaced && take_clock(s, &p->time) && take_offset(s, p);
	}
	if (when_take_words(s, "night") || when_take_words(s, "eod") ||
	    when_take_words(s, "end of day"))
		return true;
	bool announced = when_take_mark(s, ',');
	announced = when_take_words(s, "at") || announced;
	p->has_time = take_time(s, true, &p->time);
	if (p->has_time && p->days.iso)
		return take_offset(s, p);
	return p->has_time || !announced;
}

/* A day, as opposed to a lone number. */
static bool take_day(struct when_scan *s, struct when_days *ret)
{
	const struct when_token *start = s->next;

	if (when_take_days(s, ret) && (ret->form != WHEN_NUMBERED || ret->ordinal))
		return true;
	s->next = start;
	return false;
}

/* "friday 18:00", "18:00 on friday", "this evening", "18:00", "friday". */
static bool take_point(struct when_scan *s, struct point *ret)
{
	*ret = (struct point){ 0 };
	ret->has_day = take_day(s, &ret->days);
	if (ret->has_day)
		return take_time_of_day(s, ret);
	if (when_take_words(s, "this")) {
		ret->has_day = true;
		ret->days = (struct when_days){ WHEN_SPAN, s->today, s->today };
		ret->has_time = take_time(s, true, &ret->time);
		return ret->has_time || when_take_words(s, "night");
	}
	when_take_words(s, "at");
	ret->has_time = take_time(s, false, &ret->time);
	if (!ret->has_time || s->next->kind == WHEN_END)
		return ret->has_time;
	when_take_mark(s, ',');
	ret->has_day = take_day(s, &ret->days);
	return true;
}

static int64_t time_on(const struct when_scan *s, uint32_t day, const struct wall_time *t)
{
	return recur_at(day, t->hour, t->minute, s->zone) + t->second * CLOCK_US_PER_SECOND;
}

static int64_t day_end(const struct when_scan *s, uint32_t day)
{
	return recur_at(day, 24, 0, s->zone) - CLOCK_US_PER_SECOND;
}

static bool settle_point(struct when_scan *s, const struct point *p, int64_t *ret_us)
{
	const struct when_days *d = &p->days;
	uint32_t first, last, from = s->today;

	if (!p->has_day) {
		*ret_us = time_on(s, s->today, &p->time);
		if (*ret_us <= s->now_us)
			*ret_us = time_on(s, s->today + 1, &p->time);
		return true;
	}
	if (d->form == WHEN_WEEKDAY && !d->counts_today)
		from++;
	if (!when_settle(s, d, from, &first, &last))
		return false;
	if (d->period && !d->year && first <= s->today) { /* "december", said in December */
		if (d->form != WHEN_MONTH || !when_settle(s, d, last + 1, &first, &last))
			return when_fail(s, begun);
	}
	if (d->period) {
		*ret_us = recur_at(first, 0, 0, s->zone);
		return !p->has_time;
	}
	if (p->has_offset) {
		g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
		struct when_scan there = { .zone = utc };
		*ret_us = time_on(&there, first, &p->time) - p->offset_s * CLOCK_US_PER_SECOND;
	} else {
		*ret_us = p->has_time ? time_on(s, first, &p->time) : day_end(s, last);
	}
	return true;
}

/* "end of the week", "the end of december", "end of next week", "end of friday", "eod". */
static bool take_end_of(struct when_scan *s, int64_t *ret_us)
{
	static const char *const short_forms[] = {
		[WHEN_UNIT_DAY] = "eod",
		[WHEN_UNIT_WEEK] = "eow",
		[WHEN_UNIT_MONTH] = "eom",
		[WHEN_UNIT_YEAR] = "eoy",
	};
	struct when_days d;
	enum when_unit unit;
	uint32_t first, last;

	for (size_t i = 0; i < G_N_ELEMENTS(short_forms); i++) {
		if (!short_forms[i] || !when_take_words(s, short_forms[i]))
			continue;
		*ret_us = day_end(s, when_period(s, (enum when_unit)i, 0).last);
		return true;
	}
	if (!when_take_words(s, "end of") && !when_take_words(s, "the end of"))
		return false;
	struct when_scan ahead = *s;
	if (!when_take_words(&ahead, "the"))
		when_take_words(&ahead, "this");
	if (when_take_unit(&ahead, &unit)) {
		s->next = ahead.next;
		*ret_us = day_end(s, when_period(s, unit, 0).last);
		return true;
	}
	if (!take_day(s, &d) || !when_settle(s, &d, s->today, &first, &last))
		return false;
	*ret_us = day_end(s, last);
	return true;
}

static int read_until(const struct when_token *tokens, GTimeZone *zone, int64_t now_us,
		      bool dots_are_time, int64_t *ret_us, const char **ret_error)
{
	struct when_scan s;
	struct point point;
	int64_t at_us = 0;

	*ret_error = WHEN_FAR;
	if (when_scan_init(&s, tokens, zone, now_us) < 0)
		return -ERANGE;
	s.dots_are_time = dots_are_time;
	bool read = when_take_later(&s, &at_us) && when_take_end(&s);
	if (!read) {
		s.next = tokens;
		read = take_end_of(&s, &at_us) && when_take_end(&s);
	}
	if (!read) {
		s.next = tokens;
		read = take_point(&s, &point) && when_take_end(&s) &&
		       settle_point(&s, &point, &at_us);
	}
	if (!read) {
		*ret_error = s.error;
		return -EINVAL;
	}
	if (at_us > now_us && at_us - now_us <= WHEN_DAYS_AHEAD * CLOCK_US_PER_DAY) {
		*ret_us = at_us;
		return 0;
	}
	if (at_us <= now_us)
		*ret_error = WHEN_PAST;
	return -ERANGE;
}

/* Whether a time is given in UTC, so that all of it is read there. */
static bool says_utc(const struct when_token *t)
{
	for (; t->kind != WHEN_END; t++) {
		if (t->kind == WHEN_WORD && (!strcmp(t->word, "utc") || !strcmp(t->word, "gmt")))
			return true;
	}
	return false;
}

int when_parse(const char *text, GTimeZone *zone, int64_t now_us, int64_t *ret_us,
	       const char **ret_error)
{
	struct when_token tokens[WHEN_TOKENS_MOST + 1];
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	const char *error, *error_dotted;
	int64_t at_us = 0, dotted_us = 0;

	if (when_tokens(text, tokens) < 0) {
		*ret_error = not_read;
		return -EINVAL;
	}
	if (says_utc(tokens))
		zone = utc;
	/* Figures with a dot are tried as a day and as a time: the rest of the text may tell. */
	int r = read_until(tokens, zone, now_us, false, &at_us, &error);
	int r_dotted = read_until(tokens, zone, now_us, true, &dotted_us, &error_dotted);
	if (r != -EINVAL && r_dotted != -EINVAL && (r != r_dotted || at_us != dotted_us)) {
		*ret_error = time_or_day;
		return -EINVAL;
	}
	if (r == -EINVAL) {
		r = r_dotted;
		at_us = dotted_us;
		error = error && r == -EINVAL ? error : error_dotted;
	}
	if (r < 0)
		*ret_error = error ? error : not_read;
	else
		*ret_us = at_us;
	return r;
}
