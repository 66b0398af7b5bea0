#include "notify.h"

#include "log.h"
#include "loop.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager whose queue is full is waited for this long, and then done without. */
enum { SEND_MOST_S = 1 };

struct notify {
	struct loop_timer *alive;
	int64_t alive_us;
	int fd; /* -1: nobody listens */
	struct sockaddr_un address;
	socklen_t address_n;
	bool failed; /* and that has been told */
	char *status;
};

/* "/path", or "@name" for an abstract one, which starts with a NUL instead. -EINVAL for others. */
static int parse_address(const char *text, struct sockaddr_un *ret, socklen_t *ret_n)
{
	size_t n = strlen(text);

	if ((*text != '/' && *text != '@') || n < 2 || n >= sizeof(ret->sun_path))
		return -EINVAL;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, text, n);
	if (*text == '@')
		ret->sun_path[0] = '\0';
	/* A path's NUL counts, an abstract name has none. */
	*ret_n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (*text == '/'));
	return 0;
}

static void say(struct notify *n, const char *text)
{
	ssize_t sent;

	if (n->fd < 0)
		return;
	do
		sent = sendto(n->fd, text, strlen(text), MSG_NOSIGNAL,
			      (const struct sockaddr *)&n->address, n->address_n);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && !n->failed)
		log_warning("the service manager cannot be told how kith is: %s",
			    g_strerror(errno));
	n->failed = sent < 0;
}

static void alive(void *data)
{
	struct notify *n = data;

	say(n, "WATCHDOG=1");
	loop_timer_set(n->alive, n->alive_us);
}

/* How often the manager wants to hear of us, in microseconds; 0: it does not, or means another
 * process. */
static int64_t watchdog_us(void)
{
	const char *period = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
	guint64 us, pid;

	if (!period || !g_ascii_string_to_unsigned(period, 10, 1, INT64_MAX, &us, NULL))
		return 0;
	if (whose && (!g_ascii_string_to_unsigned(whose, 10, 1, INT32_MAX, &pid, NULL) ||
		      (pid_t)pid != getpid()))
		return 0;
	return (int64_t)us;
}

static int open_socket(const char *text, struct notify *n)
{
	const struct timeval most = { .tv_sec = SEND_MOST_S };
	int r = parse_address(text, &n->address, &n->address_n);

	if (r < 0)
		return r;
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0)
		return -errno;
	setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	return 0;
}

struct notify *notify_new(struct loop *l)
{
	struct notify *n = g_new0(struct notify, 1);
	const char *address = getenv("NOTIFY_SOCKET");

	n->fd = -1;
	if (!address || !*address)
		return n;
	int r = open_socket(address, n);
	if (r < 0) {
		log_warning("NOTIFY_SOCKET: %s", g_strerror(-r));
		return n;
	}
	n->alive_us = watchdog_us() / 2;
	if (n->alive_us > 0) {
		n->alive = loop_timer_new(l, alive, n);
		loop_timer_set(n->alive, 0);
	}
	return n;
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	loop_timer_free(n->alive);
	if (n->fd >= 0)
		close(n->fd);
	g_free(n->status);
	g_free(n);
}

void notify_ready(struct notify *n)
{
	say(n, "READY=1");
}

void notify_reloading(struct notify *n, int64_t mono_us)
{
	/* systemd.service(5), Type=notify-reload: both in one datagram. */
	g_autofree char *text =
		g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, mono_us);

	say(n, text);
}

void notify_stopping(struct notify *n)
{
	say(n, "STOPPING=1");
}

void notify_status(struct notify *n, const char *text)
{
	g_autofree char *line = g_strconcat("STATUS=", text, NULL);

	if (g_strcmp0(n->status, line) == 0)
		return;
	g_strdelimit(line, "\r\n", ' ');
	say(n, line);
	g_free(n->status);
	n->status = g_steal_pointer(&line);
}
