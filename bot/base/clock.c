#include "clock.h"

#include <glib.h>

static int64_t real_wall_us(const struct clock *clock)
{
	return g_get_real_time();
}

/* CLOCK_MONOTONIC by way of GLib, so that it is the one GMainContext counts by. */
static int64_t real_mono_us(const struct clock *clock)
{
	return g_get_monotonic_time();
}

const struct clock *clock_real(void)
{
	static const struct clock real = { .wall_us = real_wall_us, .mono_us = real_mono_us };

	return &real;
}

static int64_t virtual_wall_us(const struct clock *clock)
{
	return ((const struct clock_virtual *)clock)->now_us;
}

static int64_t virtual_mono_us(const struct clock *clock)
{
	const struct clock_virtual *v = (const struct clock_virtual *)clock;

	return v->now_us - v->started_us;
}

void clock_virtual_init(struct clock_virtual *v, int64_t wall_us)
{
	*v = (struct clock_virtual){
		.clock = { .wall_us = virtual_wall_us, .mono_us = virtual_mono_us },
		.now_us = wall_us,
		.started_us = wall_us,
	};
}

void clock_virtual_set(struct clock_virtual *v, int64_t wall_us)
{
	/* Set back, the start moves along, and what has passed since stays what it was. */
	if (wall_us < v->now_us)
		v->started_us -= v->now_us - wall_us;
	v->now_us = wall_us;
}
