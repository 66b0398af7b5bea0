/* The format of energymech, which ZNC's module `log` writes too. */
#include "transport/log/scan.h"

#include <errno.h>
#include <string.h>

static const char odd_line[] =
	"is no line as ZNC and energymech write it: \"[09:01:22] <nick> text\"";
static const char no_day[] = "has a time and no day";

/* "[09:01:22] ", perhaps with the day before the time. */
static bool scan_stamp(const char **p, GDate *ret_day, int *ret_s)
{
	const char *at = *p;
	g_date_clear(ret_day, 1);
	if (!scan_word(&at, "["))
		return false;
	if (scan_iso_day(&at, ret_day) && !scan_word(&at, " "))
		return false;
	if (!scan_time(&at, ret_s) || !scan_word(&at, "] "))
		return false;
	*p = at;
	return true;
}

/* Behind "*** ": "Joins: ana (user@host)", "ana was kicked by ben (why)", ... Topics and modes are
 * nothing anybody said. */
static int read_event(char *text, struct log_line *ret)
{
	const char *after = text;
	char *rest;
	if (scan_nick_change(text, ret))
		return 0;
	if (scan_word(&after, "Joins: "))
		ret->kind = LOG_LINE_JOIN;
	else if (scan_word(&after, "Parts: ") || scan_word(&after, "Quits: "))
		ret->kind = LOG_LINE_PART;
	char *nick = scan_first_word(text + (after - text), &rest);
	if (nick && ret->kind == LOG_LINE_NOTHING && g_str_has_prefix(rest, "was kicked by "))
		ret->kind = LOG_LINE_PART;
	if (!nick)
		ret->kind = LOG_LINE_NOTHING;
	ret->nick = ret->kind == LOG_LINE_NOTHING ? NULL : nick;
	return 0;
}

static int read_said(char *text, struct log_line *ret)
{
	/* What ZNC tells of itself. */
	static const char *const own[] = { "Connected to IRC", "Disconnected from IRC",
					   "Broadcast: " };
	for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
		if (g_str_has_prefix(text, own[i]))
			return 0;
	if (*text == '<')
		return scan_message(text + 1, ret);
	if (g_str_has_prefix(text, "*** "))
		return read_event(text + 4, ret);
	if (g_str_has_prefix(text, "* "))
		return scan_action(text + 2, ret);
	return *text == '-' ? scan_notice(text + 1, ret) : -EINVAL;
}

int energymech_read(struct log_reader *r, char *line, struct log_line *ret, const char **ret_error)
{
	const char *p = line;
	GDate day;
	int second;
	if (!scan_stamp(&p, &day, &second) || read_said(line + (p - line), ret) < 0) {
		*ret_error = odd_line;
		return -EINVAL;
	}
	if (g_date_valid(&day))
		wall_time_day(&r->time, &day);
	if (!wall_time_at(&r->time, second, &ret->at_us)) {
		*ret_error = no_day;
		return -EINVAL;
	}
	return 0;
}

bool energymech_is(const char *line)
{
	GDate day;
	int second;
	return scan_stamp(&line, &day, &second);
}
