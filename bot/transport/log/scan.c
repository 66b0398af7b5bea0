#include "transport/log/scan.h"

#include "clock.h"

#include <errno.h>
#include <string.h>

/* What a nick may have before it, whatever it is in the room: ISUPPORT PREFIX, and more than one
 * where a client shows all of them. */
#define SIGNS "~&!@%+ "

#define SECONDS_PER_DAY (CLOCK_US_PER_DAY / CLOCK_US_PER_SECOND)
#define EPOCH_JULIAN    719163 /* of 1970-01-01 */

bool scan_word(const char **p, const char *word)
{
	size_t n = strlen(word);
	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

bool scan_number(const char **p, int digits, int *ret)
{
	int value = 0;
	for (int i = 0; i < digits; i++) {
		if (!g_ascii_isdigit((*p)[i]))
			return false;
		value = value * 10 + g_ascii_digit_value((*p)[i]);
	}
	*p += digits;
	*ret = value;
	return true;
}

bool scan_time(const char **p, int *ret_s)
{
	const char *at = *p;
	int hour, minute, second = 0;
	if (!scan_number(&at, 2, &hour) || !scan_word(&at, ":") || !scan_number(&at, 2, &minute))
		return false;
	if (*at == ':') {
		at++;
		if (!scan_number(&at, 2, &second))
			return false;
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*p = at;
	*ret_s = (hour * 60 + minute) * 60 + second;
	return true;
}

bool scan_is_day(int year, int month, int day)
{
	return year >= 1970 && year <= 2199 && month >= 1 && day >= 1 && day <= 31 &&
	       g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}

bool scan_iso_day(const char **p, GDate *ret)
{
	const char *at = *p;
	int year, month, day;
	if (!scan_number(&at, 4, &year) || !scan_word(&at, "-") || !scan_number(&at, 2, &month) ||
	    !scan_word(&at, "-") || !scan_number(&at, 2, &day) || !scan_is_day(year, month, day))
		return false;
	*p = at;
	g_date_clear(ret, 1);
	g_date_set_dmy(ret, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return true;
}

/* --- the wall time --- */

void wall_time_init(struct wall_time *w, GTimeZone *zone, const GDate *day)
{
	*w = (struct wall_time){ .zone = g_time_zone_ref(zone) };
	g_date_clear(&w->day, 1);
	if (day)
		w->day = *day;
	w->last_s = -1;
	w->last_us = INT64_MIN;
}

void wall_time_done(struct wall_time *w)
{
	g_time_zone_unref(w->zone);
}

void wall_time_day(struct wall_time *w, const GDate *day)
{
	w->day = *day;
	w->last_s = -1;
}

/* The moment, in seconds, at which the clocks show `wall_s`, counted as if they showed UTC; of a
 * repeated hour the one GLib has for `type`. A skipped time is moved to the end of the gap. */
static int64_t moment_s(GTimeZone *zone, GTimeType type, int64_t wall_s)
{
	int interval = g_time_zone_adjust_time(zone, type, &wall_s);
	return wall_s - g_time_zone_get_offset(zone, interval);
}

bool wall_time_at(struct wall_time *w, int second, int64_t *ret_us)
{
	if (!g_date_valid(&w->day)) {
		w->lacking = true;
		return false;
	}
	if (w->last_s - second > SECONDS_PER_DAY / 2)
		g_date_add_days(&w->day, 1);
	w->last_s = second;
	int64_t wall_s =
		((int64_t)g_date_get_julian(&w->day) - EPOCH_JULIAN) * SECONDS_PER_DAY + second;
	int64_t one = moment_s(w->zone, G_TIME_TYPE_DAYLIGHT, wall_s) * CLOCK_US_PER_SECOND;
	int64_t other = moment_s(w->zone, G_TIME_TYPE_STANDARD, wall_s) * CLOCK_US_PER_SECOND;
	int64_t first = MIN(one, other), again = MAX(one, other);
	w->last_us = first < w->last_us && again >= w->last_us ? again : first;
	*ret_us = w->last_us;
	return true;
}

/* --- people --- */

char *scan_nick(char *text, char *end)
{
	text += strspn(text, SIGNS);
	if (text >= end)
		return NULL;
	*end = '\0';
	/* irssi names the room where a message is shown in another's window. No nick has a ':'. */
	text[strcspn(text, ":")] = '\0';
	return *text == '\0' || strpbrk(text, " \t<>") ? NULL : text;
}

char *scan_first_word(char *text, char **ret_rest)
{
	char *end = text + strcspn(text, " ");
	char *rest = *end == ' ' ? end + 1 : end;
	char *nick = scan_nick(text, end);
	*ret_rest = rest;
	return nick;
}

int scan_message(char *text, struct log_line *ret)
{
	char *end = strchr(text, '>');
	if (!end || (end[1] != ' ' && end[1] != '\0'))
		return -EINVAL;
	ret->kind = LOG_LINE_MESSAGE;
	ret->text = end[1] == ' ' ? end + 2 : end + 1;
	ret->nick = scan_nick(text, end);
	return ret->nick ? 0 : -EINVAL;
}

int scan_action(char *text, struct log_line *ret)
{
	char *rest;
	ret->kind = LOG_LINE_ACTION;
	ret->nick = scan_first_word(text, &rest);
	ret->text = rest;
	return ret->nick ? 0 : -EINVAL;
}

int scan_notice(char *text, struct log_line *ret)
{
	char *end = strstr(text, "- ");
	/* A nick may hold a '-', never a space. */
	if (!end || strcspn(text, " ") != (size_t)(end + 1 - text))
		return -EINVAL;
	ret->kind = LOG_LINE_NOTICE;
	ret->text = end + 2;
	ret->nick = scan_nick(text, end);
	return ret->nick ? 0 : -EINVAL;
}

bool scan_nick_change(char *text, struct log_line *ret)
{
	static const char known[] = " is now known as ";
	char *old_end = text + strcspn(text, " ");
	if (!g_str_has_prefix(old_end, known))
		return false;
	char *to = old_end + strlen(known);
	const char *nick = scan_nick(text, old_end);
	to = scan_nick(to, to + strlen(to));
	if (!nick || !to)
		return false;
	*ret = (struct log_line){ .kind = LOG_LINE_NICK, .nick = nick, .text = to };
	return true;
}
