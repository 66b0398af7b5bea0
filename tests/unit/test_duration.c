#include "base/text/text.h"

#include "clock.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void duration__readable__is_microseconds(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{ "1s", CLOCK_US_PER_SECOND },
		{ "30s", 30 * CLOCK_US_PER_SECOND },
		{ "90 minutes", 90 * CLOCK_US_PER_MINUTE },
		{ "2h", 2 * CLOCK_US_PER_HOUR },
		{ "1 day", CLOCK_US_PER_DAY },
		{ "2 weeks", 14 * CLOCK_US_PER_DAY },
		{ "1d 12h", 36 * CLOCK_US_PER_HOUR },
		{ "1d12h", 36 * CLOCK_US_PER_HOUR },
		{ "  1 Day\t12 HOURS ", 36 * CLOCK_US_PER_HOUR },
		{ "1w 2d 3h 4m 5s", 9 * CLOCK_US_PER_DAY + 3 * CLOCK_US_PER_HOUR +
					    4 * CLOCK_US_PER_MINUTE + 5 * CLOCK_US_PER_SECOND },
		{ "1 month", CLOCK_US_PER_YEAR / 12 },
		{ "18 months", 547 * CLOCK_US_PER_DAY + 21 * CLOCK_US_PER_HOUR },
		{ "0h 1s", CLOCK_US_PER_SECOND },
		{ "0005 min", 5 * CLOCK_US_PER_MINUTE },
		{ "2 years", 730 * CLOCK_US_PER_DAY },
		{ "730 days", 730 * CLOCK_US_PER_DAY },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t us = -1;

		if (text_duration(cases[i].text, &us) != 0 || us != cases[i].us)
			fail_msg("'%s' is %lld us", cases[i].text, (long long)us);
	}
}

static void duration__other__is_refused_and_leaves_the_output(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "", -EINVAL },
		{ " ", -EINVAL },
		{ "5", -EINVAL },
		{ "h", -EINVAL },
		{ "h 5", -EINVAL },
		{ "-1h", -EINVAL },
		{ "+1h", -EINVAL },
		{ "1.5h", -EINVAL },
		{ "1h,", -EINVAL },
		{ "1 fortnight", -EINVAL },
		{ "1dd", -EINVAL },
		{ "1d 1d", -EINVAL },
		{ "12h 1d", -EINVAL },
		{ "1 da", -EINVAL },
		{ "99999999999999999999999999 parsecs", -EINVAL },
		{ "99999999999999999999999999s x", -EINVAL },
		{ "1d\xc2\xa0"
		  "12h",
		  -EINVAL },
		{ "0s", -ERANGE },
		{ "0 days", -ERANGE },
		{ "730d 1s", -ERANGE },
		{ "731 days", -ERANGE },
		{ "2 years 1s", -ERANGE },
		{ "99999999999999999999999999s", -ERANGE },
		{ "9999999999 years 99999999999 days", -ERANGE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t us = -1;
		int r = text_duration(cases[i].text, &us);

		if (r != cases[i].error || us != -1)
			fail_msg("'%s': %d, %lld us", cases[i].text, r, (long long)us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(duration__readable__is_microseconds),
		cmocka_unit_test(duration__other__is_refused_and_leaves_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
