#include "base/notify.h"

#include "base/loop.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A service manager's end. */
struct manager {
	char *folder, *path;
	int fd;
	struct loop *loop;
	struct notify *notify;
};

static int set_up(void **state)
{
	struct manager *m = g_new0(struct manager, 1);

	m->folder = g_dir_make_tmp("kith-test-notify-XXXXXX", NULL);
	m->path = g_build_filename(m->folder, "socket", NULL);
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	m->loop = loop_new();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	*state = m;
	return m->fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	struct manager *m = *state;

	notify_free(m->notify);
	loop_free(m->loop);
	close(m->fd);
	g_unlink(m->path);
	g_rmdir(m->folder);
	g_free(m->folder);
	g_free(m->path);
	g_free(m);
	return 0;
}

static void listen_at(struct manager *m, const char *name, size_t n)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, name, n);
	assert_return_code(bind(m->fd, (const struct sockaddr *)&address,
				(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
			   0);
}

static void listen_at_path(struct manager *m)
{
	listen_at(m, m->path, strlen(m->path) + 1);
	setenv("NOTIFY_SOCKET", m->path, 1);
}

/* The next datagram is this; NULL: there is none. */
static void assert_told(struct manager *m, const char *text)
{
	char got[200];
	ssize_t n = recv(m->fd, got, sizeof(got) - 1, 0);

	got[MAX(n, 0)] = '\0';
	if (text == NULL && n >= 0)
		fail_msg("told: %s", got);
	else if (text != NULL)
		assert_string_equal(got, text);
}

/* How many datagrams come while the loop turns for so long; each of them is a ping. */
static unsigned pings_within(struct manager *m, int64_t us)
{
	struct loop_timer *stop = loop_timer_new(m->loop, (void (*)(void *))loop_quit, m->loop);
	char got[200];
	unsigned pings = 0;
	ssize_t n;

	loop_timer_set(stop, us);
	loop_run(m->loop);
	loop_timer_free(stop);
	while ((n = recv(m->fd, got, sizeof(got) - 1, 0)) >= 0) {
		got[n] = '\0';
		assert_string_equal(got, "WATCHDOG=1");
		pings++;
	}
	return pings;
}

static void notify__path__is_told_each_state(void **state)
{
	struct manager *m = *state;

	listen_at_path(m);
	m->notify = notify_new(m->loop);
	assert_told(m, NULL);
	notify_ready(m->notify);
	assert_told(m, "READY=1");
	notify_reloading(m->notify, 123456789012);
	assert_told(m, "RELOADING=1\nMONOTONIC_USEC=123456789012");
	notify_stopping(m->notify);
	assert_told(m, "STOPPING=1");
}

static void notify__abstract_name__is_told(void **state)
{
	struct manager *m = *state;
	g_autofree char *name = g_strdup_printf("@kith-test-%d", (int)getpid());

	setenv("NOTIFY_SOCKET", name, 1);
	*name = '\0';
	listen_at(m, name, 1 + strlen(name + 1));
	m->notify = notify_new(m->loop);
	notify_ready(m->notify);
	assert_told(m, "READY=1");
}

static void status__same_again__is_told_once(void **state)
{
	struct manager *m = *state;

	listen_at_path(m);
	m->notify = notify_new(m->loop);
	notify_status(m->notify, "libera: connecting");
	notify_status(m->notify, "libera: connecting");
	notify_status(m->notify, "libera: online");
	assert_told(m, "STATUS=libera: connecting");
	assert_told(m, "STATUS=libera: online");
	assert_told(m, NULL);
}

static void status__line_break__cannot_say_more(void **state)
{
	struct manager *m = *state;

	listen_at_path(m);
	m->notify = notify_new(m->loop);
	notify_status(m->notify, "all well\nMAINPID=1");
	assert_told(m, "STATUS=all well MAINPID=1");
}

static void notify__nobody_listens__nothing_happens(void **state)
{
	static const char *const addresses[] = { NULL, "", "relative", "@", "/", "/not/there" };
	struct manager *m = *state;
	g_autofree char *long_name = g_strnfill(300, '/');

	for (size_t i = 0; i <= G_N_ELEMENTS(addresses); i++) {
		const char *address = i < G_N_ELEMENTS(addresses) ? addresses[i] : long_name;

		if (address)
			setenv("NOTIFY_SOCKET", address, 1);
		setenv("WATCHDOG_USEC", "1000", 1);
		m->notify = notify_new(m->loop);
		notify_ready(m->notify);
		notify_status(m->notify, "x");
		notify_free(g_steal_pointer(&m->notify));
	}
}

static void watchdog__period__pings_twice_in_it(void **state)
{
	struct manager *m = *state;
	g_autofree char *pid = g_strdup_printf("%d", (int)getpid());

	listen_at_path(m);
	setenv("WATCHDOG_USEC", "40000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	m->notify = notify_new(m->loop);
	unsigned pings = pings_within(m, 210000);
	/* At 0, 20, 40 ... 200 ms; fewer where the machine is slow. */
	assert_in_range(pings, 4, 11);
	/* Only from the loop: whoever is stuck elsewhere says nothing. */
	g_usleep(60000);
	assert_told(m, NULL);
}

static void watchdog__not_meant_for_us__says_nothing(void **state)
{
	static const char *const periods[] = { "1000", "0", "-5", "soon", "", "10 " };
	struct manager *m = *state;

	listen_at_path(m);
	for (size_t i = 0; i < G_N_ELEMENTS(periods); i++) {
		setenv("WATCHDOG_USEC", periods[i], 1);
		if (i == 0)
			setenv("WATCHDOG_PID", "1", 1);
		else
			unsetenv("WATCHDOG_PID");
		m->notify = notify_new(m->loop);
		assert_int_equal(pings_within(m, 10000), 0);
		notify_free(g_steal_pointer(&m->notify));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(notify__path__is_told_each_state, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(notify__abstract_name__is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(status__same_again__is_told_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(status__line_break__cannot_say_more, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(notify__nobody_listens__nothing_happens, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(watchdog__period__pings_twice_in_it, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(watchdog__not_meant_for_us__says_nothing, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
