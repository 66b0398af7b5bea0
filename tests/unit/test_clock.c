#include "clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void clock__real__runs_forward(void **state)
{
	const struct clock *clock = clock_real();
	int64_t first_us = clock->mono_us(clock);

	/* 2020-01-01; a machine set before that is broken, and so would be microseconds of another
	 * size. */
	assert_true(clock->wall_us(clock) > INT64_C(1577836800) * CLOCK_US_PER_SECOND);
	assert_true(clock->wall_us(clock) < INT64_C(32503680000) * CLOCK_US_PER_SECOND);
	while (clock->mono_us(clock) == first_us)
		;
	assert_true(clock->mono_us(clock) > first_us);
}

static void clock__virtual__stands_until_moved(void **state)
{
	struct clock_virtual v;
	const struct clock *clock = &v.clock;

	clock_virtual_init(&v, 1000);
	assert_int_equal(clock->wall_us(clock), 1000);
	assert_int_equal(clock->mono_us(clock), 0);
	assert_int_equal(clock->wall_us(clock), 1000);

	clock_virtual_set(&v, 1000 + CLOCK_US_PER_HOUR);
	assert_int_equal(clock->wall_us(clock), 1000 + CLOCK_US_PER_HOUR);
	assert_int_equal(clock->mono_us(clock), CLOCK_US_PER_HOUR);
}

static void clock__virtual__monotonic_stands_when_set_back(void **state)
{
	struct clock_virtual v;
	const struct clock *clock = &v.clock;

	clock_virtual_init(&v, CLOCK_US_PER_DAY);
	clock_virtual_set(&v, 2 * CLOCK_US_PER_DAY);
	clock_virtual_set(&v, CLOCK_US_PER_HOUR);
	assert_int_equal(clock->wall_us(clock), CLOCK_US_PER_HOUR);
	assert_int_equal(clock->mono_us(clock), CLOCK_US_PER_DAY);
	clock_virtual_set(&v, 3 * CLOCK_US_PER_HOUR);
	assert_int_equal(clock->mono_us(clock), CLOCK_US_PER_DAY + 2 * CLOCK_US_PER_HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock__real__runs_forward),
		cmocka_unit_test(clock__virtual__stands_until_moved),
		cmocka_unit_test(clock__virtual__monotonic_stands_when_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
