/* WeeChat's logger plugin: time, prefix and message, a tab between. */
#include "transport/log/scan.h"

#include <errno.h>
#include <string.h>

static const char odd_line[] =
	"is no line of weechat's: \"2026-11-23 09:01:22\", a tab, the nick, a tab, the text";

/* "2026-11-23 09:01:22", perhaps with a fraction, and the tab behind it. */
static bool scan_stamp(const char **p, GDate *ret_day, int *ret_s)
{
	const char *at = *p;
	if (!scan_iso_day(&at, ret_day) || !scan_word(&at, " ") || !scan_time(&at, ret_s))
		return false;
	if (*at == '.')
		at += 1 + strspn(at + 1, "0123456789");
	if (!scan_word(&at, "\t"))
		return false;
	*p = at;
	return true;
}

/* "ana (user@host) has joined #makers", with account and real name between in some setups. */
static int read_presence(char *text, enum log_line_kind kind, struct log_line *ret)
{
	char *rest;
	char *nick = scan_first_word(text, &rest);
	if (!nick)
		return 0;
	const char *out = rest;
	if (kind == LOG_LINE_PART && scan_word(&out, "has kicked "))
		nick = scan_first_word(rest + (out - rest), &rest);
	else if (*rest != '(' && *rest != '[')
		return 0;
	if (!nick)
		return 0;
	ret->kind = kind;
	ret->nick = nick;
	return 0;
}

/* Everything the network says; notices are among it: "Notice(ana) -> #makers: text". */
static int read_network(char *text, struct log_line *ret)
{
	static const char notice[] = "Notice(";
	if (scan_nick_change(text, ret))
		return 0;
	char *end = g_str_has_prefix(text, notice) ? strchr(text, ')') : NULL;
	char *said = end ? strstr(end, ": ") : NULL;
	if (!said)
		return 0;
	char *nick = scan_nick(text + strlen(notice), end);
	if (nick)
		*ret = (struct log_line){ .kind = LOG_LINE_NOTICE, .nick = nick, .text = said + 2 };
	return 0;
}

/* `prefix` is trimmed: it is aligned in some logs. */
static int read_prefixed(char *prefix, char *text, struct log_line *ret)
{
	if (!strcmp(prefix, "-->"))
		return read_presence(text, LOG_LINE_JOIN, ret);
	if (!strcmp(prefix, "<--"))
		return read_presence(text, LOG_LINE_PART, ret);
	if (!strcmp(prefix, "--"))
		return read_network(text, ret);
	if (!strcmp(prefix, "") || !strcmp(prefix, "***") || !strcmp(prefix, "=!="))
		return 0;
	if (!strcmp(prefix, "*"))
		return scan_action(text, ret);
	ret->kind = LOG_LINE_MESSAGE;
	ret->text = text;
	ret->nick = scan_nick(prefix, prefix + strlen(prefix));
	return ret->nick ? 0 : -EINVAL;
}

int weechat_read(struct log_reader *r, char *line, struct log_line *ret, const char **ret_error)
{
	const char *p = line;
	GDate day;
	int second;
	*ret_error = odd_line;
	if (!scan_stamp(&p, &day, &second))
		return -EINVAL;
	char *prefix = line + (p - line);
	char *tab = strchr(prefix, '\t');
	if (!tab)
		return -EINVAL;
	*tab = '\0';
	if (read_prefixed(g_strstrip(prefix), tab + 1, ret) < 0)
		return -EINVAL;
	wall_time_day(&r->time, &day);
	return wall_time_at(&r->time, second, &ret->at_us) ? 0 : -EINVAL;
}

bool weechat_is(const char *line)
{
	GDate day;
	int second;
	return scan_stamp(&line, &day, &second);
}
