/* The time, as everything below `app` gets it: read once an event and passed down as `now_us`. */
#ifndef KITH_CLOCK_H
#define KITH_CLOCK_H

#include <stdint.h>

#define CLOCK_US_PER_SECOND INT64_C(1000000)
#define CLOCK_US_PER_MINUTE (60 * CLOCK_US_PER_SECOND)
#define CLOCK_US_PER_HOUR   (60 * CLOCK_US_PER_MINUTE)
#define CLOCK_US_PER_DAY    (24 * CLOCK_US_PER_HOUR)
#define CLOCK_US_PER_YEAR   (365 * CLOCK_US_PER_DAY + 6 * CLOCK_US_PER_HOUR)
#define CLOCK_US_PER_WEEK   (7 * CLOCK_US_PER_DAY)

struct clock {
	/* Microseconds since 1970-01-01 UTC; may jump when the machine's clock is set. */
	int64_t (*wall_us)(const struct clock *clock);
	/* Microseconds since some start; never runs backwards. */
	int64_t (*mono_us)(const struct clock *clock);
};

/* The machine's own clock. Static, never freed. */
const struct clock *clock_real(void);

/* A clock that stands still until it is told to move: the sandbox's and the tests'. */
struct clock_virtual {
	struct clock clock; /* first member, so &v->clock is what others get */
	int64_t now_us;
	int64_t started_us;
};

void clock_virtual_init(struct clock_virtual *v, int64_t wall_us);
/* Moves wall and monotonic time together; `wall_us` may lie in the past, monotonic time then
 * stands. */
void clock_virtual_set(struct clock_virtual *v, int64_t wall_us);

#endif
