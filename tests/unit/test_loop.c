#include "base/loop.h"

#include "clock.h"

#include <glib.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

/* What the callbacks below work on; `seen` is what they did, in order. */
struct fixture {
	struct loop *loop;
	struct loop_fd *watch, *other;
	struct loop_timer *timer, *guard;
	int pipe[2], pipe2[2];
	GString *seen;
};

/* A test that would hang fails instead. */
static void too_late(void *data)
{
	fail_msg("the loop waited too long");
}

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->loop = loop_new();
	f->seen = g_string_new(NULL);
	f->guard = loop_timer_new(f->loop, too_late, NULL);
	loop_timer_set(f->guard, 5 * CLOCK_US_PER_SECOND);
	*state = f;
	return pipe(f->pipe) == 0 && pipe(f->pipe2) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		close(f->pipe[i]);
		close(f->pipe2[i]);
	}
	loop_timer_free(f->guard);
	loop_free(f->loop);
	g_string_free(f->seen, TRUE);
	g_free(f);
	return 0;
}

static void quit(void *data)
{
	struct fixture *f = data;

	g_string_append_c(f->seen, 'q');
	loop_quit(f->loop);
}

static void read_byte(void *data, int fd, short revents)
{
	struct fixture *f = data;
	char c;

	if (revents & POLLIN) {
		assert_int_equal(read(fd, &c, 1), 1);
		g_string_append_c(f->seen, c);
		if (c == '.')
			loop_quit(f->loop);
	} else if (revents & POLLHUP) {
		g_string_append_c(f->seen, 'H');
		loop_quit(f->loop);
	}
}

static void loop__pipe__is_read_as_it_fills(void **state)
{
	struct fixture *f = *state;
	struct loop_fd *watch = loop_fd_new(f->loop, f->pipe[0], POLLIN, read_byte, f);

	assert_int_equal(write(f->pipe[1], "abc.", 4), 4);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "abc.");

	/* A second run goes on where the first was left. */
	assert_int_equal(write(f->pipe[1], "d.", 2), 2);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "abc.d.");
	loop_fd_free(watch);
}

static void loop__pipe__tells_a_hang_up(void **state)
{
	struct fixture *f = *state;
	struct loop_fd *watch = loop_fd_new(f->loop, f->pipe[0], POLLIN, read_byte, f);

	close(f->pipe[1]);
	f->pipe[1] = -1;
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "H");
	loop_fd_free(watch);
}

static void write_byte(void *data, int fd, short revents)
{
	struct fixture *f = data;

	assert_int_equal(revents, POLLOUT);
	g_string_append_c(f->seen, 'w');
	loop_fd_want(f->watch, 0);
}

static void loop__want__changes_what_is_waited_for(void **state)
{
	struct fixture *f = *state;

	f->watch = loop_fd_new(f->loop, f->pipe[1], 0, write_byte, f);
	f->timer = loop_timer_new(f->loop, quit, f);
	loop_timer_set(f->timer, 5 * CLOCK_US_PER_SECOND / 1000);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "q");

	loop_fd_want(f->watch, POLLOUT);
	loop_timer_set(f->timer, 5 * CLOCK_US_PER_SECOND / 1000);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "qwq");
	loop_fd_free(f->watch);
	loop_timer_free(f->timer);
}

static void free_both(void *data, int fd, short revents)
{
	struct fixture *f = data;

	g_string_append_c(f->seen, 'x');
	loop_fd_free(f->watch);
	loop_fd_free(f->other);
	loop_timer_set(f->timer, 0);
}

/* Both are ready at once: the one called first frees itself and the other, which never runs. */
static void loop__fd_freed_in_callback__is_not_called_again(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write(f->pipe[1], "a", 1), 1);
	assert_int_equal(write(f->pipe2[1], "b", 1), 1);
	f->watch = loop_fd_new(f->loop, f->pipe[0], POLLIN, free_both, f);
	f->other = loop_fd_new(f->loop, f->pipe2[0], POLLIN, free_both, f);
	f->timer = loop_timer_new(f->loop, quit, f);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "xq");
	loop_timer_free(f->timer);
}

static void again(void *data)
{
	struct fixture *f = data;

	g_string_append_c(f->seen, 't');
	if (f->seen->len < 3)
		loop_timer_set(f->timer, 0);
	else
		loop_quit(f->loop);
}

static void loop__timer__may_set_itself_in_its_callback(void **state)
{
	struct fixture *f = *state;

	f->timer = loop_timer_new(f->loop, again, f);
	loop_timer_set(f->timer, 0);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "ttt");
	loop_timer_free(f->timer);
}

static void set_again(void *data)
{
	struct fixture *f = data;

	g_string_append_c(f->seen, 't');
	loop_timer_set(f->timer, 0);
}

/* What is set to at once, by one that was, comes before what can be read by then ... */
static void fill_the_other(void *data, int fd, short revents)
{
	struct fixture *f = data;

	read_byte(f, fd, revents);
	assert_int_equal(write(f->pipe2[1], ".", 1), 1);
	loop_timer_set(f->timer, 0);
}

static void loop__timer__at_once_waits_for_no_poll(void **state)
{
	struct fixture *f = *state;

	f->watch = loop_fd_new(f->loop, f->pipe[0], POLLIN, fill_the_other, f);
	f->other = loop_fd_new(f->loop, f->pipe2[0], POLLIN, read_byte, f);
	f->timer = loop_timer_new(f->loop, again, f);
	assert_int_equal(write(f->pipe[1], "r", 1), 1);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "rtt");
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "rtt.");
	loop_timer_free(f->timer);
	loop_fd_free(f->watch);
	loop_fd_free(f->other);
}

/* ... but not for ever. */
static void loop__timer__that_never_rests_keeps_no_descriptor_waiting(void **state)
{
	struct fixture *f = *state;

	f->watch = loop_fd_new(f->loop, f->pipe[0], POLLIN, read_byte, f);
	f->timer = loop_timer_new(f->loop, set_again, f);
	loop_timer_set(f->timer, 0);
	assert_int_equal(write(f->pipe[1], ".", 1), 1);
	loop_run(f->loop);
	assert_in_range(f->seen->len, 1, 6);
	assert_string_equal(f->seen->str + f->seen->len - 1, ".");
	loop_timer_free(f->timer);
	loop_fd_free(f->watch);
}

static void mark(void *data)
{
	struct fixture *f = data;

	g_string_append_c(f->seen, 'm');
}

static void loop__timer__fires_once_and_not_early(void **state)
{
	struct fixture *f = *state;
	const struct clock *clock = clock_real();
	struct loop_timer *once = loop_timer_new(f->loop, mark, f);
	int64_t started_us = clock->mono_us(clock);

	f->timer = loop_timer_new(f->loop, quit, f);
	loop_timer_set(once, 2000);
	loop_timer_set(f->timer, 20000);
	loop_run(f->loop);
	assert_true(clock->mono_us(clock) - started_us >= 20000);
	assert_string_equal(f->seen->str, "mq");
	loop_timer_free(once);
	loop_timer_free(f->timer);
}

static void loop__timer__is_replaced_and_disarmed(void **state)
{
	struct fixture *f = *state;
	struct loop_timer *never = loop_timer_new(f->loop, mark, f);
	struct loop_timer *later = loop_timer_new(f->loop, mark, f);
	struct loop_timer *far = loop_timer_new(f->loop, mark, f);

	f->timer = loop_timer_new(f->loop, quit, f);
	loop_timer_set(never, 0);
	loop_timer_set(never, -1);
	loop_timer_set(later, 0);
	loop_timer_set(later, CLOCK_US_PER_HOUR);
	loop_timer_set(far, INT64_MAX);
	loop_timer_set(f->timer, CLOCK_US_PER_HOUR);
	loop_timer_set(f->timer, 5000);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "q");
	loop_timer_free(never);
	loop_timer_free(later);
	loop_timer_free(far);
	loop_timer_free(f->timer);
}

static void free_timer(void *data)
{
	struct fixture *f = data;

	loop_timer_free(f->timer);
	f->timer = NULL;
	quit(f);
}

static void loop__timer_freed_in_callback__is_gone(void **state)
{
	struct fixture *f = *state;

	f->timer = loop_timer_new(f->loop, free_timer, f);
	loop_timer_set(f->timer, 0);
	loop_run(f->loop);
	assert_string_equal(f->seen->str, "q");
	assert_null(f->timer);
}

static void send_signal(void *data)
{
	raise(SIGUSR1);
}

static void loop__signal__calls_back_each_time(void **state)
{
	struct fixture *f = *state;

	loop_on_signal(f->loop, SIGUSR1, quit, f);
	f->timer = loop_timer_new(f->loop, send_signal, NULL);
	for (int i = 0; i < 2; i++) {
		loop_timer_set(f->timer, 0);
		loop_run(f->loop);
	}
	assert_string_equal(f->seen->str, "qq");
	loop_timer_free(f->timer);
}

/* A watch may outlive the loop it was made for, and NULL is nobody's. */
static void loop__free__takes_any_order(void **state)
{
	struct loop *l = loop_new();
	struct loop_timer *t = loop_timer_new(l, quit, NULL);
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	struct loop_fd *watch = loop_fd_new(l, fds[0], POLLIN, read_byte, NULL);

	loop_on_signal(l, SIGUSR2, quit, NULL);
	loop_free(l);
	loop_timer_free(t);
	loop_fd_free(watch);
	close(fds[0]);
	close(fds[1]);
	loop_timer_free(NULL);
	loop_fd_free(NULL);
	loop_free(NULL);
}

int main(void)
{
#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		LOOP_TEST(loop__pipe__is_read_as_it_fills),
		LOOP_TEST(loop__pipe__tells_a_hang_up),
		LOOP_TEST(loop__want__changes_what_is_waited_for),
		LOOP_TEST(loop__fd_freed_in_callback__is_not_called_again),
		LOOP_TEST(loop__timer__may_set_itself_in_its_callback),
		LOOP_TEST(loop__timer__at_once_waits_for_no_poll),
		LOOP_TEST(loop__timer__that_never_rests_keeps_no_descriptor_waiting),
		LOOP_TEST(loop__timer__fires_once_and_not_early),
		LOOP_TEST(loop__timer__is_replaced_and_disarmed),
		LOOP_TEST(loop__timer_freed_in_callback__is_gone),
		LOOP_TEST(loop__signal__calls_back_each_time),
		cmocka_unit_test(loop__free__takes_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
