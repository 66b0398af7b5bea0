/*
 * A server of IRC that says only what a test makes it say, on a loopback socket in the test's own
 * loop. What the client says, and what the test's listeners are told, each wait in a queue in
 * order; a test takes them one by one, so nothing unforeseen goes unseen.
 */
#ifndef KITH_TESTS_FAKE_IRCD_H
#define KITH_TESTS_FAKE_IRCD_H

#include "base/loop.h"
#include "clock.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fake_ircd {
	struct loop *loop;
	struct loop_timer *guard; /* a test that would hang fails */
	struct loop_fd *listener, *client;
	int listener_fd, client_fd; /* -1: none */
	int port;
	unsigned connections;
	int64_t connected_us; /* the last of them, monotonic */
	GString *in;
	GQueue said, told; /* of char * */
	const char *awaited;
};

static inline void ircd_push(struct fake_ircd *f, GQueue *queue, char *text)
{
	g_queue_push_tail(queue, text);
	loop_quit(f->loop);
}

/* For a test's listeners: this has happened. */
static inline void ircd_tell(struct fake_ircd *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline void ircd_tell(struct fake_ircd *f, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	ircd_push(f, &f->told, g_strdup_vprintf(format, args));
	va_end(args);
}

static inline void ircd_hang_up(struct fake_ircd *f)
{
	loop_fd_free(g_steal_pointer(&f->client));
	if (f->client_fd >= 0)
		close(f->client_fd);
	f->client_fd = -1;
	g_string_truncate(f->in, 0);
}

static inline void ircd_read(void *data, int fd, short revents)
{
	struct fake_ircd *f = data;
	char bytes[4096];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
	if (n <= 0) {
		ircd_hang_up(f);
		ircd_push(f, &f->said, g_strdup("(gone)"));
		return;
	}
	g_string_append_len(f->in, bytes, n);
	for (char *end; (end = strstr(f->in->str, "\r\n"));) {
		ircd_push(f, &f->said, g_strndup(f->in->str, (gsize)(end - f->in->str)));
		g_string_erase(f->in, 0, end - f->in->str + 2);
	}
}

static inline void ircd_accept(void *data, int fd, short revents)
{
	struct fake_ircd *f = data;
	ircd_hang_up(f);
	f->client_fd = accept(fd, NULL, NULL);
	/* Else a second line would wait for the first one's acknowledgement. */
	setsockopt(f->client_fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	f->connections++;
	f->connected_us = clock_real()->mono_us(clock_real());
	f->client = loop_fd_new(f->loop, f->client_fd, POLLIN, ircd_read, f);
	loop_quit(f->loop);
}

static inline void ircd_too_late(void *data)
{
	struct fake_ircd *f = data;
	fail_msg("waited in vain for: %s", f->awaited);
}

static inline struct fake_ircd *ircd_new(void)
{
	struct fake_ircd *f = g_new0(struct fake_ircd, 1);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	f->loop = loop_new();
	f->guard = loop_timer_new(f->loop, ircd_too_late, f);
	f->in = g_string_new(NULL);
	f->client_fd = -1;
	f->listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_return_code(bind(f->listener_fd, (struct sockaddr *)&address, n), 0);
	assert_return_code(listen(f->listener_fd, 5), 0);
	assert_return_code(getsockname(f->listener_fd, (struct sockaddr *)&address, &n), 0);
	f->port = ntohs(address.sin_port);
	f->listener = loop_fd_new(f->loop, f->listener_fd, POLLIN, ircd_accept, f);
	return f;
}

static inline void ircd_free(struct fake_ircd *f)
{
	ircd_hang_up(f);
	loop_fd_free(f->listener);
	close(f->listener_fd);
	loop_timer_free(f->guard);
	loop_free(f->loop);
	g_string_free(f->in, TRUE);
	g_queue_clear_full(&f->said, g_free);
	g_queue_clear_full(&f->told, g_free);
	g_free(f);
}

/* Turns the loop until there is something in `queue`. */
static inline char *ircd_next(struct fake_ircd *f, GQueue *queue, const char *awaited)
{
	f->awaited = awaited;
	loop_timer_set(f->guard, 10 * CLOCK_US_PER_SECOND);
	while (!queue->length)
		loop_run(f->loop);
	loop_timer_set(f->guard, -1);
	return g_queue_pop_head(queue);
}

static inline void ircd_match(struct fake_ircd *f, GQueue *queue, const char *pattern)
{
	g_autofree char *got = ircd_next(f, queue, pattern);
	if (!g_pattern_match_simple(pattern, got))
		fail_msg("awaited: %s\ngot:     %s", pattern, got);
}

/* The next line of the client's is this; * and ? as in a shell. */
static inline void ircd_expect(struct fake_ircd *f, const char *pattern)
{
	ircd_match(f, &f->said, pattern);
}

/* The next thing the listeners were told is this. */
static inline void ircd_expect_told(struct fake_ircd *f, const char *pattern)
{
	ircd_match(f, &f->told, pattern);
}

static inline void ircd_await_connection(struct fake_ircd *f, unsigned nth)
{
	f->awaited = "a connection";
	loop_timer_set(f->guard, 10 * CLOCK_US_PER_SECOND);
	while (f->connections < nth)
		loop_run(f->loop);
	loop_timer_set(f->guard, -1);
}

static inline void ircd_send(struct fake_ircd *f, const char *bytes, size_t n)
{
	assert_int_equal(send(f->client_fd, bytes, n, MSG_NOSIGNAL), n);
}

/* Says lines, separated by '\n' in `text`. */
static inline void ircd_say(struct fake_ircd *f, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *joined = g_strjoinv("\r\n", lines);
	g_autofree char *ended = g_strconcat(joined, "\r\n", NULL);
	ircd_send(f, ended, strlen(ended));
}

static inline void ircd_time_up(void *data)
{
	ircd_tell(data, "(time is up)");
}

/* Nothing is said and nothing told for so long. */
static inline void ircd_expect_silence(struct fake_ircd *f, int64_t us)
{
	struct loop_timer *timer = loop_timer_new(f->loop, ircd_time_up, f);
	loop_timer_set(timer, us);
	ircd_expect_told(f, "(time is up)");
	loop_timer_free(timer);
	if (f->said.length)
		fail_msg("said: %s", (const char *)g_queue_peek_head(&f->said));
}

#endif
