#include "clock.h"
#include "transport/irc/isupport.h"
#include "transport/irc/rooms.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct isupport isupport;

static int set_up(void **state)
{
	static const char *const names[] = { "#makers", NULL };
	isupport_init(&isupport);
	*state = rooms_new(names, &isupport);
	return 0;
}

static int tear_down(void **state)
{
	rooms_free(*state);
	return 0;
}

/* Inside from `at_us` on, and put out after so long; how long that keeps us out. */
static int64_t put_out(struct room *room, int64_t at_us, int64_t stay_us)
{
	room->tried_us = at_us;
	room_enter(room, at_us);
	room->state = ROOM_INSIDE;
	room_shut(room, at_us + stay_us);
	return room->due_us - at_us - stay_us;
}

static void rooms__shut__keeps_us_out_for_longer_each_time(void **state)
{
	struct room *room = rooms_at(*state, 0);
	int64_t first_us = put_out(room, 0, CLOCK_US_PER_SECOND);
	assert_int_equal(put_out(room, CLOCK_US_PER_HOUR, CLOCK_US_PER_SECOND), 2 * first_us);
	assert_int_equal(room->state, ROOM_OUTSIDE);
	/* Not to be let in is as much of a no. */
	room->state = ROOM_JOINING;
	room_shut(room, 2 * CLOCK_US_PER_HOUR);
	assert_int_equal(room->due_us, 2 * CLOCK_US_PER_HOUR + 4 * first_us);
}

static void rooms__shut__after_a_good_while_is_like_the_first_time(void **state)
{
	struct room *room = rooms_at(*state, 0);
	int64_t first_us = put_out(room, 0, CLOCK_US_PER_SECOND);
	for (int64_t day = 1; day < 10; day++)
		assert_int_equal(put_out(room, day * CLOCK_US_PER_DAY, CLOCK_US_PER_HOUR),
				 first_us);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(rooms__shut__keeps_us_out_for_longer_each_time),
		TEST(rooms__shut__after_a_good_while_is_like_the_first_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
