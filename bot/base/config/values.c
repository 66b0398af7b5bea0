#include "values.h"

#include "base/text/text.h"
#include "clock.h"
#include "secret.h"
#include "zone.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

enum { ADDRESS_MOST = 300, DAYS_MOST = 366, PREFIX_MOST = 3 };

static const char *const weekdays[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
					"Friday", "Saturday", "Sunday",    NULL };

int value_yes(const char *text, bool *ret)
{
	bool yes = g_ascii_strcasecmp(text, "yes") == 0;

	if (!yes && g_ascii_strcasecmp(text, "no") != 0)
		return -EINVAL;
	*ret = yes;
	return 0;
}

/* Reads the digits at *p, which is moved past them and the blanks after. */
static int read_number(const char **p, long *ret)
{
	long n = 0;

	if (!g_ascii_isdigit(**p))
		return -EINVAL;
	for (; g_ascii_isdigit(**p); (*p)++) {
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, **p - '0', &n))
			return -ERANGE;
	}
	*p += strspn(*p, " \t");
	*ret = n;
	return 0;
}

int value_number(const char *text, long *ret)
{
	long n;
	int error = read_number(&text, &n);

	if (error != 0)
		return error;
	if (*text != '\0')
		return -EINVAL;
	*ret = n;
	return 0;
}

/* A number, then one of `words`. */
static int read_counted(const char *text, const char *const *words, long *ret)
{
	long n;
	int error = read_number(&text, &n);

	if (error != 0)
		return error;
	for (; *words != NULL; words++) {
		if (g_ascii_strcasecmp(text, *words) == 0) {
			*ret = n;
			return 0;
		}
	}
	return -EINVAL;
}

int value_per_week(const char *text, long *ret)
{
	static const char *const words[] = { "a week", "per week", NULL };

	return read_counted(text, words, ret);
}

int value_weeks(const char *text, long *ret)
{
	static const char *const words[] = { "week", "weeks", NULL };

	return read_counted(text, words, ret);
}

/* 1 to 7 for the whole name or its first three letters, else 0. */
static int read_weekday(const char *word, size_t length)
{
	for (int i = 0; weekdays[i] != NULL; i++) {
		if ((length == 3 || length == strlen(weekdays[i])) &&
		    g_ascii_strncasecmp(weekdays[i], word, length) == 0)
			return i + 1;
	}
	return 0;
}

/* ":07" to ":59"; moves past it. */
static bool read_sixtieth(const char **text, int *ret)
{
	const char *p = *text;

	if (p[0] != ':' || !g_ascii_isdigit(p[1]) || !g_ascii_isdigit(p[2]) || p[1] > '5')
		return false;
	*ret = (p[1] - '0') * 10 + (p[2] - '0');
	*text += 3;
	return true;
}

int value_wall(const char *text, struct config_wall *ret)
{
	size_t length = strcspn(text, " \t");
	struct config_wall wall = { .weekday = read_weekday(text, length) };
	const char *p = text + length + strspn(text + length, " \t");

	if (wall.weekday == 0 || !g_ascii_isdigit(*p))
		return -EINVAL;
	wall.hour = *p++ - '0';
	if (g_ascii_isdigit(*p))
		wall.hour = wall.hour * 10 + (*p++ - '0');
	if (!read_sixtieth(&p, &wall.minute) || (*p && !read_sixtieth(&p, &wall.second)))
		return -EINVAL;
	if (*p || wall.hour > 23)
		return -EINVAL;
	*ret = wall;
	return 0;
}

char *value_wall_text(const struct config_wall *wall)
{
	g_autofree char *second = wall->second ? g_strdup_printf(":%02d", wall->second) : NULL;

	return g_strdup_printf("%.3s %02d:%02d%s", weekdays[wall->weekday - 1], wall->hour,
			       wall->minute, second ? second : "");
}

/* "2026-12-24" at *p, which is moved past it. */
static int read_date(const char **p, uint32_t *ret)
{
	static const char shape[] = "dddd-dd-dd";
	const char *s = *p;
	GDate date;

	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == 'd' ? !g_ascii_isdigit(s[i]) : s[i] != shape[i])
			return -EINVAL;
	}
	int year = (s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 + (s[3] - '0');
	int month = (s[5] - '0') * 10 + (s[6] - '0');
	int day = (s[8] - '0') * 10 + (s[9] - '0');

	if (!g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return -EINVAL;
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	*ret = g_date_get_julian(&date);
	*p += strlen(shape);
	return 0;
}

/* "FROM" or "FROM..TO", trimmed. */
static int read_days(const char *text, struct config_days *ret)
{
	struct config_days days;

	if (read_date(&text, &days.first) != 0)
		return -EINVAL;
	days.last = days.first;
	text += strspn(text, " \t");
	if (g_str_has_prefix(text, "..")) {
		text += 2;
		text += strspn(text, " \t");
		if (read_date(&text, &days.last) != 0)
			return -EINVAL;
	}
	if (*text != '\0' || days.last < days.first || days.last - days.first >= DAYS_MOST)
		return -EINVAL;
	*ret = days;
	return 0;
}

int value_days(const char *text, GArray **ret)
{
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct config_days));

	if (g_ascii_strcasecmp(text, "none") != 0) {
		g_auto(GStrv) items = g_strsplit(text, ",", -1);

		for (char **item = items; *item != NULL; item++) {
			struct config_days days;

			if (read_days(g_strstrip(*item), &days) != 0)
				return -EINVAL;
			g_array_append_val(list, days);
		}
	}
	*ret = g_steal_pointer(&list);
	return 0;
}

void config_address_free(void *data)
{
	struct config_address *a = data;

	g_free(a->network);
	g_free(a->name);
	g_free(a);
}

static bool has_blank(const char *text)
{
	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		if (g_unichar_isspace(g_utf8_get_char(text)))
			return true;
	}
	return false;
}

/* What is wrong with one address; NULL if nothing is. `example` is a right one. */
static char *address_fault(const char *text, const char *example)
{
	const char *slash = strchr(text, '/');
	g_autofree char *shown = text_clip(text, 60);

	if (*text == '\0')
		return g_strdup("nothing between two commas");
	if (slash == NULL || slash == text || slash[1] == '\0')
		return g_strdup_printf("'%s' is not an address; write NETWORK/NAME, as in '%s'",
				       shown, example);
	if (has_blank(text))
		return g_strdup_printf("'%s' has a space in it; separate addresses with commas",
				       shown);
	if (text_length(text) > ADDRESS_MOST)
		return g_strdup_printf("'%s' is too long for an address", shown);
	return NULL;
}

int value_addresses(const char *text, GPtrArray **ret)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(config_address_free);
	g_auto(GStrv) items = g_strsplit(text, ",", -1);

	for (char **item = items; *item != NULL; item++) {
		g_autofree char *fault = address_fault(g_strstrip(*item), "");
		struct config_address *a;

		if (fault != NULL)
			return -EINVAL;
		a = g_new0(struct config_address, 1);
		a->network = g_strndup(*item, strcspn(*item, "/"));
		a->name = g_strdup(strchr(*item, '/') + 1);
		g_ptr_array_add(list, a);
	}
	*ret = g_steal_pointer(&list);
	return 0;
}

char *value_duration_text(int64_t us)
{
	static const struct {
		const char *one;
		int64_t us;
	} units[] = {
		{ "week", CLOCK_US_PER_WEEK },     { "day", CLOCK_US_PER_DAY },
		{ "hour", CLOCK_US_PER_HOUR },     { "minute", CLOCK_US_PER_MINUTE },
		{ "second", CLOCK_US_PER_SECOND },
	};
	size_t i = 0;

	while (i < G_N_ELEMENTS(units) - 1 && us % units[i].us != 0)
		i++;
	return g_strdup_printf("%" G_GINT64_FORMAT " %s%s", us / units[i].us, units[i].one,
			       us / units[i].us == 1 ? "" : "s");
}

/* From here on: one function a type, for value_fault. */

static char *not_a(const char *text, const char *what)
{
	g_autofree char *shown = text_clip(text, 60);

	return g_strdup_printf("'%s' is not %s", shown, what);
}

static char *length_fault(const struct config_key *k, const char *text)
{
	if (text_length(text) <= (size_t)k->most)
		return NULL;
	return g_strdup_printf("is longer than %ld characters", k->most);
}

static char *word_fault(const struct config_key *k, const char *text)
{
	return has_blank(text) ? not_a(text, "one word") : length_fault(k, text);
}

static char *yes_fault(const char *text)
{
	bool yes;

	return value_yes(text, &yes) == 0 ? NULL : not_a(text, "yes or no");
}

static char *range_fault(const struct config_key *k, int error, long n, const char *text,
			 const char *what)
{
	if (error == -EINVAL)
		return not_a(text, what);
	if (error == 0 && n >= k->least && n <= k->most)
		return NULL;
	return g_strdup_printf("must be from %ld to %ld", k->least, k->most);
}

static char *number_fault(const struct config_key *k, const char *text)
{
	long n = 0;
	int error = value_number(text, &n);

	return range_fault(k, error, n, text, "a number");
}

static char *per_week_fault(const struct config_key *k, const char *text)
{
	long n = 0;
	int error = value_per_week(text, &n);

	return range_fault(k, error, n, text, "a number a week, as in '3 a week'");
}

static char *weeks_fault(const struct config_key *k, const char *text)
{
	long n = 0;
	int error = value_weeks(text, &n);

	return range_fault(k, error, n, text, "a number of weeks, as in '2 weeks'");
}

static char *duration_fault(const struct config_key *k, const char *text)
{
	g_autofree char *least = value_duration_text(k->least * CLOCK_US_PER_SECOND);
	g_autofree char *most = value_duration_text(k->most * CLOCK_US_PER_SECOND);
	int64_t us = 0;
	int error = text_duration(text, &us);

	if (error == -EINVAL)
		return not_a(text, "a duration, as in '24 hours' or '1d 12h'");
	if (error == 0 && us >= k->least * CLOCK_US_PER_SECOND &&
	    us <= k->most * CLOCK_US_PER_SECOND)
		return NULL;
	return g_strdup_printf("must be from %s to %s", least, most);
}

static char *wall_fault(const char *text)
{
	struct config_wall wall;

	return value_wall(text, &wall) == 0
		       ? NULL
		       : not_a(text, "a weekday and a time, as in 'Mon 09:00'");
}

static char *zone_fault(const char *text)
{
	g_autofree char *nearest = NULL;
	g_autofree char *fault = NULL;

	if (zone_is_known(text))
		return NULL;
	nearest = zone_nearest(text);
	fault = not_a(text, "a time zone's name");
	return nearest != NULL ? g_strdup_printf("%s; did you mean '%s'?", fault, nearest)
			       : g_strdup_printf("%s, as 'Europe/Berlin' is", fault);
}

/* Every item that is none: "'soon' is not ...; nor is 'later'". */
static char *days_fault(const char *text)
{
	g_autoptr(GArray) list = NULL;
	g_auto(GStrv) items = g_strsplit(text, ",", -1);
	GString *fault = NULL;

	if (value_days(text, &list) == 0)
		return NULL;
	for (char **item = items; *item != NULL; item++) {
		struct config_days days;

		if (read_days(g_strstrip(*item), &days) == 0)
			continue;
		g_autofree char *shown = text_clip(*item, 60);
		if (fault == NULL) {
			fault = g_string_new(NULL);
			g_string_append_printf(fault,
					       "'%s' is not a date or a FROM..TO of at most 366 "
					       "days, as in '2026-12-24..2027-01-02'",
					       shown);
		} else {
			g_string_append_printf(fault, "; nor is '%s'", shown);
		}
	}
	assert(fault != NULL);
	return g_string_free(fault, FALSE);
}

static char *addresses_fault(const struct config_key *k, const char *text)
{
	g_auto(GStrv) items = g_strsplit(text, ",", -1);
	char *fault = NULL;

	for (char **item = items; fault == NULL && *item != NULL; item++)
		fault = address_fault(g_strstrip(*item), k->example);
	return fault;
}

static char *choice_fault(const struct config_key *k, const char *text)
{
	g_auto(GStrv) choices = g_strsplit(k->choices, "|", -1);
	g_autofree char *list = NULL;
	g_autofree char *fault = NULL;
	const char *nearest;

	if (g_strv_contains((const char *const *)choices, text))
		return NULL;
	list = g_strjoinv(", ", choices);
	nearest = text_nearest(text, (const char *const *)choices);
	fault = not_a(text, "one of");
	return nearest != NULL ? g_strdup_printf("%s %s; did you mean '%s'?", fault, list, nearest)
			       : g_strdup_printf("%s %s", fault, list);
}

static char *prefix_fault(const char *text)
{
	static const char why[] = "one to three signs, as in '!'";

	if (strlen(text) > PREFIX_MOST)
		return not_a(text, why);
	for (const char *p = text; *p != '\0'; p++) {
		if (!g_ascii_ispunct(*p))
			return not_a(text, why);
	}
	/* Rooms, people and the client's own commands begin so. */
	if (strpbrk(text, "#@/") != NULL)
		return g_strdup_printf("'%s' has '#', '@' or '/' in it, which mean something else "
				       "in a room",
				       text);
	return NULL;
}

static char *host_fault(const char *text)
{
	const char *colon = strchr(text, ':');

	for (const char *p = text; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) && strchr(".-_:", *p) == NULL)
			return not_a(text, "a server's name, as in 'irc.libera.chat'");
	}
	/* More than one colon: an IPv6 address. */
	if (colon != NULL && strchr(colon + 1, ':') == NULL)
		return g_strdup_printf("'%s' has a port in it; that is for the key 'port'", text);
	return NULL;
}

static char *url_fault(const struct config_key *k, const char *text)
{
	g_auto(GStrv) schemes = g_strsplit(k->choices, "|", -1);
	g_autofree char *scheme = g_uri_parse_scheme(text);
	g_autofree char *host = NULL;
	g_autofree char *password = NULL;
	g_autofree char *what = NULL;

	if (scheme != NULL && g_strv_contains((const char *const *)schemes, scheme) &&
	    g_uri_split_with_user(text, G_URI_FLAGS_HAS_PASSWORD, NULL, NULL, &password, NULL,
				  &host, NULL, NULL, NULL, NULL, NULL) &&
	    host != NULL && *host != '\0' && !has_blank(text)) {
		if (password != NULL)
			return g_strdup("secrets do not belong here; take the password out of the "
					"address");
		/* As a browser shows a page of it. */
		const char *rest = strpbrk(text, "#?");
		return rest == NULL ? NULL
				    : g_strdup_printf("an address of a page; leave out what comes "
						      "from '%c' on",
						      *rest);
	}
	what = g_strdup_printf("an address that begins with '%s://'", schemes[0]);
	/* Before an '@' may stand a password, which is nobody's to see. */
	return strchr(text, '@') == NULL ? not_a(text, what) : g_strdup_printf("is not %s", what);
}

/* Matrix specification, appendices, "Server Name". */
static bool is_server_name(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) && strchr(".-:[]", *p) == NULL)
			return false;
	}
	return *text != '\0' && *text != ':';
}

/* Matrix specification, appendices, "User identifiers". */
static char *matrix_id_fault(const char *text)
{
	const char *colon = strchr(text, ':');

	if (*text == '@' && colon != NULL && colon > text + 1 && is_server_name(colon + 1) &&
	    !has_blank(text) && strlen(text) <= 255)
		return NULL;
	return not_a(text, "a Matrix id, as in '@kith:example.org'");
}

static char *file_fault(const char *text)
{
	return strlen(text) < PATH_MAX ? NULL : g_strdup("is too long for a file's name");
}

static char *type_fault(const struct config_key *k, const char *text)
{
	switch (k->type) {
	case CONFIG_TEXT:
		return length_fault(k, text);
	case CONFIG_WORD:
		return word_fault(k, text);
	case CONFIG_YES_NO:
		return yes_fault(text);
	case CONFIG_NUMBER:
		return number_fault(k, text);
	case CONFIG_PER_WEEK:
		return per_week_fault(k, text);
	case CONFIG_WEEKS:
		return weeks_fault(k, text);
	case CONFIG_DURATION:
		return duration_fault(k, text);
	case CONFIG_WALL:
		return wall_fault(text);
	case CONFIG_ZONE:
		return zone_fault(text);
	case CONFIG_DAYS:
		return days_fault(text);
	case CONFIG_ADDRESSES:
		return addresses_fault(k, text);
	case CONFIG_CHOICE:
		return choice_fault(k, text);
	case CONFIG_PREFIX:
		return prefix_fault(text);
	case CONFIG_HOST:
		return host_fault(text);
	case CONFIG_URL:
		return url_fault(k, text);
	case CONFIG_MATRIX_ID:
		return matrix_id_fault(text);
	case CONFIG_FILE:
		return file_fault(text);
	case CONFIG_SECRET:
		return secret_is_file(text) ? file_fault(text) : secret_fault(text);
	}
	g_assert_not_reached();
}

/* "gentle # for now": whoever wrote it took the rest for a comment. */
static bool has_comment(const char *text)
{
	return strstr(text, " #") != NULL || strstr(text, " ;") != NULL;
}

char *value_fault(const struct config_key *k, const char *text)
{
	g_autofree char *fault = NULL;

	if (*text == '\0')
		return g_strdup_printf("'%s' is empty; give it a value or take the line out",
				       k->key);
	fault = type_fault(k, text);
	if (fault == NULL)
		return NULL;
	return g_strdup_printf("%s: %s%s", k->key, fault,
			       has_comment(text) ? "; a comment needs a line of its own" : "");
}
