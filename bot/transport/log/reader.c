#include "base/text/text.h"
#include "transport/log/scan.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	bool (*is)(const char *line);
	int (*read)(struct log_reader *r, char *line, struct log_line *ret, const char **ret_error);
} formats[] = {
	[LOG_FORMAT_IRSSI] = { "irssi", irssi_is, irssi_read },
	[LOG_FORMAT_WEECHAT] = { "weechat", weechat_is, weechat_read },
	[LOG_FORMAT_ENERGYMECH] = { "ZNC or energymech", energymech_is, energymech_read },
	[LOG_FORMAT_MATRIX] = { "a Matrix export", NULL, NULL },
};

const char *log_format_name(enum log_format format)
{
	return formats[format].name;
}

static bool detect_line(const char *line, enum log_format *ret)
{
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		if (!formats[i].is || !formats[i].is(line))
			continue;
		*ret = (enum log_format)i;
		return true;
	}
	return false;
}

/* An object, or an array of objects. */
static bool is_json(const char *text)
{
	const char *inside = *text != '\0' ? text + 1 + strspn(text + 1, " \t\r\n") : text;
	return (*text == '{' && (*inside == '"' || *inside == '}')) ||
	       (*text == '[' && (*inside == '{' || *inside == ']'));
}

/* The first line of any format decides: none is like another's. */
int log_detect(const char *head, size_t n, enum log_format *ret)
{
	g_autofree char *valid = text_valid(head, n);
	const char *text = valid;
	scan_word(&text, "\xef\xbb\xbf"); /* a byte order mark */
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	text += strspn(text, " \t\r\n");
	for (char **line = lines; *line && *text != '{'; line++)
		if (detect_line(*line, ret))
			return 0;
	if (!is_json(text))
		return -EINVAL;
	*ret = LOG_FORMAT_MATRIX;
	return 0;
}

/* "2026-11-23" or "20261123" at `p`, not part of a longer number. */
static bool scan_name_day(const char *p, GDate *ret)
{
	int year, month, day;
	if (scan_iso_day(&p, ret))
		return !g_ascii_isdigit(*p);
	if (!scan_number(&p, 4, &year) || !scan_number(&p, 2, &month) ||
	    !scan_number(&p, 2, &day) || g_ascii_isdigit(*p) || !scan_is_day(year, month, day))
		return false;
	g_date_clear(ret, 1);
	g_date_set_dmy(ret, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return true;
}

bool log_day_of_name(const char *path, GDate *ret)
{
	g_autofree char *name = g_path_get_basename(path);
	for (const char *p = name; *p != '\0'; p++)
		if ((p == name || !g_ascii_isdigit(p[-1])) && scan_name_day(p, ret))
			return true;
	return false;
}

struct log_reader *log_reader_new(enum log_format format, GTimeZone *zone, const GDate *day)
{
	assert(format != LOG_FORMAT_MATRIX);
	struct log_reader *r = g_new0(struct log_reader, 1);
	r->format = format;
	wall_time_init(&r->time, zone, day);
	return r;
}

void log_reader_free(struct log_reader *r)
{
	if (!r)
		return;
	wall_time_done(&r->time);
	g_free(r->line);
	g_free(r);
}

bool log_reader_lacks_day(const struct log_reader *r)
{
	return r->time.lacking;
}

int log_reader_line(struct log_reader *r, const char *bytes, size_t n, struct log_line *ret,
		    const char **ret_error)
{
	struct log_line line = { .kind = LOG_LINE_NOTHING };
	if (n > LOG_LINE_MOST) {
		*ret_error = "is longer than any chat line";
		return -EINVAL;
	}
	if (n > 0 && bytes[n - 1] == '\r')
		n--;
	g_free(r->line);
	r->line = text_valid(bytes, n);
	const char *wrong;
	int e = formats[r->format].read(r, r->line, &line, &wrong);
	if (e < 0) {
		*ret_error = wrong;
		return e;
	}
	if (line.kind == LOG_LINE_NOTHING)
		line = (struct log_line){ .kind = LOG_LINE_NOTHING };
	else if (!line.text)
		line.text = "";
	*ret = line;
	return 0;
}
