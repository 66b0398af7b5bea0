#include "base/text/text.h"

#include "clock.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

enum { DAYS_MOST = 730 };

/* From the largest to the smallest; a duration names each at most once, in this order. */
static const struct {
	const char *names; /* separated by spaces */
	int64_t us;
} units[] = {
	{ "years year y", 365 * CLOCK_US_PER_DAY },
	{ "months month", CLOCK_US_PER_YEAR / 12 },
	{ "weeks week w", CLOCK_US_PER_WEEK },
	{ "days day d", CLOCK_US_PER_DAY },
	{ "hours hour hrs hr h", CLOCK_US_PER_HOUR },
	{ "minutes minute mins min m", CLOCK_US_PER_MINUTE },
	{ "seconds second secs sec s", CLOCK_US_PER_SECOND },
};

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static bool is_named(const char *names, const char *word, size_t length)
{
	for (const char *p = names; *p != '\0';) {
		size_t n = strcspn(p, " ");

		if (n == length && g_ascii_strncasecmp(p, word, n) == 0)
			return true;
		p += n;
		p += strspn(p, " ");
	}
	return false;
}

/* Reads digits; what is past any duration stays just past it, so that nothing overflows. */
static const char *read_number(const char *p, int64_t *ret)
{
	const int64_t most = DAYS_MOST * CLOCK_US_PER_DAY / CLOCK_US_PER_SECOND + 1;
	int64_t n = 0;

	for (; g_ascii_isdigit(*p); p++)
		n = MIN(n * 10 + (*p - '0'), most);
	*ret = n;
	return p;
}

int text_duration(const char *text, int64_t *ret_us)
{
	const int64_t most_us = DAYS_MOST * CLOCK_US_PER_DAY;
	const char *p = skip_blanks(text);
	int64_t sum_us = 0;
	size_t next = 0;

	do {
		int64_t number;
		size_t length, unit = next;

		if (!g_ascii_isdigit(*p))
			return -EINVAL;
		p = skip_blanks(read_number(p, &number));
		for (length = 0; g_ascii_isalpha(p[length]); length++)
			;
		while (unit < G_N_ELEMENTS(units) && !is_named(units[unit].names, p, length))
			unit++;
		if (unit == G_N_ELEMENTS(units))
			return -EINVAL;
		if (number > most_us / units[unit].us)
			sum_us = most_us + 1;
		else
			sum_us = MIN(sum_us + number * units[unit].us, most_us + 1);
		next = unit + 1;
		p = skip_blanks(p + length);
	} while (*p != '\0');

	if (sum_us < CLOCK_US_PER_SECOND || sum_us > most_us)
		return -ERANGE;
	*ret_us = sum_us;
	return 0;
}
