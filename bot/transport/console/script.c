#include "transport/console/script.h"

#include "base/text/text.h"
#include "clock.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* The calendar ends well before what GDateTime can count in every zone. */
#define YEAR_LEAST    1970
#define YEAR_MOST     2199
#define AFTER_MOST_US (INT64_C(100) * 366 * CLOCK_US_PER_DAY)

const char *const script_weekdays[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
					"Friday", "Saturday", "Sunday",    NULL };

const char *const script_points[] = {
	[CONSOLE_BEFORE_COMMIT] = "before-commit",
	[CONSOLE_AFTER_COMMIT] = "after-commit",
	[CONSOLE_AFTER_SEND] = "after-send",
};

const struct script_unit script_units[] = {
	{ 'w', CLOCK_US_PER_WEEK },   { 'd', CLOCK_US_PER_DAY },    { 'h', CLOCK_US_PER_HOUR },
	{ 'm', CLOCK_US_PER_MINUTE }, { 's', CLOCK_US_PER_SECOND }, { 0 },
};

static const char usage_person[] =
	"somebody's line is \"NAME: TEXT\", \"NAME>> TEXT\", \"NAME edits: TEXT\", "
	"\"NAME replies NAME: TEXT\", \"NAME reacts NAME: KEY\", \"NAME deletes\", \"NAME joins\" "
	"or \"NAME leaves\"";
static const char not_a_time[] = "no time from 1970 to 2199, as in \"@ 2026-11-23 09:00\", "
				 "\"@ Thu 20:00\" or \"@ 20:00\"";
static const char not_a_length[] =
	"no length of time up to a hundred years, as in \"@ +1d12h\" (s, m, h, d, w)";

static int fault(char **ret_error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static int fault(char **ret_error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	*ret_error = g_strdup_vprintf(format, args);
	va_end(args);
	return -EINVAL;
}

/* The same about `s`, quoted as far as it serves: a line may be megabytes of anything. */
static int fault_at(char **ret_error, const char *s, const char *wrong)
{
	g_autofree char *line = text_line(s);
	g_autofree char *clipped = text_clip(line, 40);
	return fault(ret_error, "\"%s\" is %s", clipped, wrong);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

/* The bytes of the name at `s`, 0 if there is none. */
static size_t name_length(const char *s)
{
	if (strchr("#@!", *s) != NULL)
		return 0;
	size_t n = 0;
	while (s[n] != '\0' && !is_blank(s[n]) && s[n] != ':' && s[n] != '>' &&
	       !g_ascii_iscntrl(s[n]))
		n++;
	return n == 1 && *s == '~' ? 0 : n;
}

bool script_is_name(const char *name)
{
	size_t n = name_length(name);
	return n > 0 && name[n] == '\0';
}

static int read_name(const char **s, char **ret, char **ret_error)
{
	size_t n = name_length(*s);
	if (n == 0)
		return fault(ret_error,
			     "a name is missing: a run without space, \":\" or \">\", that "
			     "does not start with \"#\", \"@\" or \"!\"");
	*ret = g_strndup(*s, n);
	*s += n;
	return 0;
}

/* A text with its escapes; one space before it is only for the eye. */
static int read_text(const char *s, char **ret, char **ret_error)
{
	if (*s == ' ')
		s++;
	if (*s == '\0')
		return fault(ret_error, "there is no text after the colon or \">>\"");
	g_autoptr(GString) bytes = g_string_sized_new(strlen(s));
	while (*s != '\0') {
		if (s[0] == '\\' && s[1] == 'n') {
			g_string_append_c(bytes, '\n');
			s += 2;
		} else if (s[0] == '\\' && s[1] == '\\') {
			g_string_append_c(bytes, '\\');
			s += 2;
		} else if (s[0] == '\\' && s[1] == 'x' && g_ascii_isxdigit(s[2]) &&
			   g_ascii_isxdigit(s[3])) {
			int byte = g_ascii_xdigit_value(s[2]) * 16 + g_ascii_xdigit_value(s[3]);
			g_string_append_c(bytes, (char)byte);
			s += 4;
		} else {
			g_string_append_c(bytes, *s++);
		}
	}
	*ret = text_valid(bytes->str, bytes->len);
	return 0;
}

/* Between `least` and `most` digits. */
static bool read_digits(const char **s, int least, int most, int *ret)
{
	int value = 0, n = 0;
	while (n < most && g_ascii_isdigit((*s)[n]))
		value = value * 10 + g_ascii_digit_value((*s)[n++]);
	if (n < least)
		return false;
	*s += n;
	*ret = value;
	return true;
}

static bool read_character(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* HH:MM or HH:MM:SS, to the end of the line. */
static bool read_time(const char *s, struct script_wall *wall)
{
	if (!read_digits(&s, 1, 2, &wall->hour) || !read_character(&s, ':') ||
	    !read_digits(&s, 2, 2, &wall->minute))
		return false;
	if (read_character(&s, ':') && !read_digits(&s, 2, 2, &wall->second))
		return false;
	return *s == '\0' && wall->hour < 24 && wall->minute < 60 && wall->second < 60;
}

static bool read_date(const char **s, struct script_wall *wall)
{
	if (!read_digits(s, 4, 4, &wall->year) || !read_character(s, '-') ||
	    !read_digits(s, 2, 2, &wall->month) || !read_character(s, '-') ||
	    !read_digits(s, 2, 2, &wall->day))
		return false;
	return wall->year >= YEAR_LEAST && wall->year <= YEAR_MOST && wall->day > 0 &&
	       wall->month > 0 && wall->month <= 12 &&
	       g_date_valid_dmy((GDateDay)wall->day, (GDateMonth)wall->month,
				(GDateYear)wall->year);
}

/* "Thu" or "Thursday", in any case. */
static bool read_weekday(const char **s, struct script_wall *wall)
{
	size_t n = strcspn(*s, " \t");
	for (size_t i = 0; script_weekdays[i] != NULL; i++) {
		if ((n == 3 || n == strlen(script_weekdays[i])) &&
		    g_ascii_strncasecmp(*s, script_weekdays[i], n) == 0) {
			wall->weekday = (int)i + 1;
			*s += n;
			return true;
		}
	}
	return false;
}

/* "1d12h" to the end of the line. */
static bool read_after(const char *s, int64_t *ret_us)
{
	int64_t sum_us = 0;
	do {
		int n;
		if (!read_digits(&s, 1, 9, &n))
			return false;
		size_t u = 0;
		while (script_units[u].letter != *s && script_units[u].letter != '\0')
			u++;
		if (script_units[u].letter == '\0' || n > AFTER_MOST_US / script_units[u].us)
			return false;
		sum_us += n * script_units[u].us;
		if (sum_us > AFTER_MOST_US)
			return false;
		s++;
	} while (*s != '\0');
	*ret_us = sum_us;
	return true;
}

static int parse_clock(const char *s, struct script_line *line, char **ret_error)
{
	s = skip_blanks(s);
	if (*s == '+') {
		line->verb = SCRIPT_AFTER;
		if (!read_after(s + 1, &line->after_us))
			return fault_at(ret_error, s, not_a_length);
		return 0;
	}
	line->verb = SCRIPT_AT;
	const char *written = s;
	bool day = g_ascii_isalpha(*s)      ? read_weekday(&s, &line->wall)
		   : strchr(s, '-') != NULL ? read_date(&s, &line->wall)
					    : true;
	if (s != written && !is_blank(*s))
		day = false;
	if (!day || !read_time(skip_blanks(s), &line->wall))
		return fault_at(ret_error, written, not_a_time);
	return 0;
}

static int parse_control(const char *s, struct script_line *line, char **ret_error)
{
	if (strcmp(s, "!down") == 0) {
		line->verb = SCRIPT_DOWN;
		return 0;
	}
	if (strcmp(s, "!up") == 0) {
		line->verb = SCRIPT_UP;
		return 0;
	}
	if (!g_str_has_prefix(s, "!crash") || (s[6] != '\0' && !is_blank(s[6])))
		return fault_at(ret_error, s, "not one of !down, !up and !crash");
	line->verb = SCRIPT_CRASH;
	s = skip_blanks(s + 6);
	if (*s == '\0')
		return 0;
	for (enum console_point p = CONSOLE_BEFORE_COMMIT; p <= CONSOLE_AFTER_SEND; p++) {
		if (strcmp(s, script_points[p]) == 0) {
			line->point = p;
			return 0;
		}
	}
	return fault_at(ret_error, s, "not one of before-commit, after-commit and after-send");
}

static int parse_members(const char *s, struct script_line *line, char **ret_error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	line->verb = SCRIPT_MEMBERS;
	while (*(s = skip_blanks(s)) != '\0') {
		char *name = NULL;
		int r = read_name(&s, &name, ret_error);
		if (r < 0)
			return r;
		g_ptr_array_add(names, name);
		if (*s != '\0' && !is_blank(*s))
			return fault(ret_error,
				     "members are named with spaces between: \"members ana ben\"");
		if (*name == '~')
			return fault(ret_error, "%s is not identified, so cannot be a member",
				     name);
	}
	if (names->len == 0)
		return fault(ret_error, "members needs their names: \"members ana ben\"");
	g_ptr_array_add(names, NULL);
	line->members = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
	return 0;
}

/* "NAME: TEXT", to whose last message it is. */
static int parse_to(const char *s, const char *usage, struct script_line *line, char **ret_error)
{
	s = skip_blanks(s);
	int r = read_name(&s, &line->whom, ret_error);
	if (r < 0)
		return r;
	if (*s != ':')
		return fault(ret_error, "%s", usage);
	return read_text(s + 1, &line->text, ret_error);
}

/* What follows "NAME ". */
static int parse_verb(const char *s, struct script_line *line, char **ret_error)
{
	static const struct {
		const char *word;
		enum script_verb verb;
	} bare[] = { { "deletes", SCRIPT_DELETES },
		     { "joins", SCRIPT_JOINS },
		     { "leaves", SCRIPT_LEAVES } };

	if (g_str_has_prefix(s, "edits:")) {
		line->verb = SCRIPT_EDITS;
		return read_text(s + strlen("edits:"), &line->text, ret_error);
	}
	if (g_str_has_prefix(s, "replies") && is_blank(s[7])) {
		line->verb = SCRIPT_REPLIES;
		return parse_to(s + 7, "a reply is \"NAME replies NAME: TEXT\"", line, ret_error);
	}
	if (g_str_has_prefix(s, "reacts") && is_blank(s[6])) {
		line->verb = SCRIPT_REACTS;
		return parse_to(s + 6, "a reaction is \"NAME reacts NAME: KEY\"", line, ret_error);
	}
	size_t n = strcspn(s, " \t");
	for (size_t i = 0; i < G_N_ELEMENTS(bare); i++) {
		if (strlen(bare[i].word) == n && strncmp(s, bare[i].word, n) == 0) {
			line->verb = bare[i].verb;
			if (*skip_blanks(s + n) != '\0')
				return fault(ret_error, "nothing comes after \"%s\"", bare[i].word);
			return 0;
		}
	}
	return fault(ret_error, "%s", usage_person);
}

static int parse_person(const char *s, struct script_line *line, char **ret_error)
{
	int r = read_name(&s, &line->who, ret_error);
	if (r < 0)
		return r;
	if (*s == ':') {
		line->verb = SCRIPT_SAYS;
		return read_text(s + 1, &line->text, ret_error);
	}
	if (s[0] == '>' && s[1] == '>') {
		line->verb = SCRIPT_WHISPERS;
		return read_text(s + 2, &line->text, ret_error);
	}
	if (is_blank(*s))
		return parse_verb(skip_blanks(s), line, ret_error);
	return fault(ret_error, "%s", usage_person);
}

/* `s` is valid UTF-8 that starts with no blank. */
static int parse(char *s, struct script_line *line, char **ret_error)
{
	if (*s == '#') {
		if (s[1] == '#' && (s[2] == '\0' || is_blank(s[2]))) {
			line->verb = SCRIPT_REMARK;
			line->text = g_strdup(g_strstrip(s + 2));
		}
		return 0;
	}
	if (*s == '\0')
		return 0;
	if (*s == '@')
		return parse_clock(g_strchomp(s) + 1, line, ret_error);
	if (*s == '!')
		return parse_control(g_strchomp(s), line, ret_error);
	if (g_str_has_prefix(s, "members") && (s[7] == '\0' || is_blank(s[7])))
		return parse_members(s + 7, line, ret_error);
	return parse_person(s, line, ret_error);
}

int script_parse(const char *line, size_t length, struct script_line *ret, char **ret_error)
{
	if (length > SCRIPT_LINE_MOST)
		return fault(ret_error, "the line is longer than 4 MiB");
	if (length > 0 && line[length - 1] == '\r')
		length--;
	if (length > 0 && memchr(line, '\0', length) != NULL)
		return fault(ret_error, "there is a NUL byte in the line");
	if (!g_utf8_validate(line, (gssize)length, NULL))
		return fault(ret_error, "the line is not UTF-8; \\xHH says a byte in a text");

	g_autofree char *copy = g_strndup(line, length);
	struct script_line read = { .verb = SCRIPT_NOTHING };
	char *error = NULL;
	int r = parse((char *)skip_blanks(copy), &read, &error);
	if (r < 0) {
		script_line_done(&read);
		*ret_error = error;
		return r;
	}
	*ret = read;
	return 0;
}

void script_line_done(struct script_line *line)
{
	g_free(line->who);
	g_free(line->whom);
	g_free(line->text);
	g_strfreev(line->members);
	*line = (struct script_line){ .verb = SCRIPT_NOTHING };
}
