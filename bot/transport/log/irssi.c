/* irssi's /LOG and autolog, with its default theme. */
#include "transport/log/scan.h"

#include <errno.h>
#include <string.h>

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static const char no_day[] = "has a time before any \"--- Log opened\" or \"--- Day changed\" line";
static const char odd_day[] = "has no date as in \"Mon Nov 23 09:00:00 2026\", in English";
static const char odd_line[] = "is no line of irssi's: \"09:01 <nick> text\"";

static bool scan_month(const char **p, int *ret)
{
	for (int month = 0; month < 12; month++) {
		if (strncmp(*p, months + 3 * month, 3) != 0)
			continue;
		*p += 3;
		*ret = month + 1;
		return true;
	}
	return false;
}

/* "Mon Nov 23 09:00:00 2026", or without the time; the weekday says nothing new. */
static bool scan_date(const char *p, GDate *ret, int *ret_s)
{
	int month, day, year, second = -1;
	p += strcspn(p, " ");
	if (!scan_word(&p, " ") || !scan_month(&p, &month) || !scan_word(&p, " "))
		return false;
	scan_word(&p, " ");
	if (!scan_number(&p, 2, &day) && !scan_number(&p, 1, &day))
		return false;
	if (!scan_word(&p, " "))
		return false;
	if (scan_time(&p, &second) && !scan_word(&p, " "))
		return false;
	if (!scan_number(&p, 4, &year) || *p != '\0' || !scan_is_day(year, month, day))
		return false;
	g_date_clear(ret, 1);
	g_date_set_dmy(ret, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	*ret_s = second;
	return true;
}

static int read_mark(struct log_reader *r, const char *text, const char **ret_error)
{
	GDate day;
	int second;
	bool opened = scan_word(&text, "Log opened ");
	if (!opened && !scan_word(&text, "Day changed ") && !scan_word(&text, "Log closed ")) {
		*ret_error = odd_line;
		return -EINVAL;
	}
	if (!scan_date(text, &day, &second)) {
		*ret_error = odd_day;
		return -EINVAL;
	}
	wall_time_day(&r->time, &day);
	return 0;
}

/* What happened: "ana [user@host] has joined #makers". Topics, modes and irssi's own remarks are
 * nothing anybody said. */
static int read_event(char *text, struct log_line *ret)
{
	char *rest;
	if (scan_nick_change(text, ret))
		return 0;
	char *nick = scan_first_word(text, &rest);
	if (!nick)
		return 0;
	if (*rest == '[' && strstr(rest, "] has joined "))
		ret->kind = LOG_LINE_JOIN;
	else if (*rest == '[' && (strstr(rest, "] has left ") || strstr(rest, "] has quit ")))
		ret->kind = LOG_LINE_PART;
	else if (g_str_has_prefix(rest, "was kicked from "))
		ret->kind = LOG_LINE_PART;
	ret->nick = ret->kind == LOG_LINE_NOTHING ? NULL : nick;
	return 0;
}

static int read_timed(char *text, struct log_line *ret)
{
	if (*text == '<')
		return scan_message(text + 1, ret);
	if (g_str_has_prefix(text, "-!- "))
		return read_event(text + 4, ret);
	if (g_str_has_prefix(text, " * "))
		return scan_action(text + 3, ret);
	if (*text == '-')
		return scan_notice(text + 1, ret);
	/* "!server text", "[nick(user@host)] in private", ">>> ctcp": not of the room. */
	return *text == '!' || *text == '[' || *text == '>' ? 0 : -EINVAL;
}

int irssi_read(struct log_reader *r, char *line, struct log_line *ret, const char **ret_error)
{
	const char *p = line;
	int second;
	if (scan_word(&p, "--- "))
		return read_mark(r, p, ret_error);
	if (!scan_time(&p, &second) || !scan_word(&p, " ") ||
	    read_timed(line + (p - line), ret) < 0) {
		*ret_error = odd_line;
		return -EINVAL;
	}
	if (!wall_time_at(&r->time, second, &ret->at_us)) {
		*ret_error = no_day;
		return -EINVAL;
	}
	return 0;
}

bool irssi_is(const char *line)
{
	int second;
	if (scan_word(&line, "--- Log opened ") || scan_word(&line, "--- Day changed "))
		return true;
	return scan_time(&line, &second) && scan_word(&line, " ") && strchr("<- ", *line) &&
	       *line != '\0';
}
