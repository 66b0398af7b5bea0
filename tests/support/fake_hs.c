#include "fake_hs.h"

#include "base/loop.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS_MOST = 20000, LOOK_MS = 1, READ_BYTES = 64 * 1024 };

struct connection {
	struct fake_hs *hs;
	unsigned number;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *timer; /* of an answer in pieces */
	GString *in, *out;
	size_t sent;
	size_t piece;
	int64_t pause_us;
	size_t may; /* of `out`, before the next pause */
	bool closes;
	struct hs_request *asked; /* what it waits to have answered, or NULL */
};

struct fake_hs {
	struct loop *loop;
	hs_handler *handler;
	void *data;
	char *url;
	int fd, port;
	struct loop_fd *watch;
	GPtrArray *connections; /* of struct connection */
	unsigned connected;
	GPtrArray *requests; /* of struct hs_request */
};

static void request_free(void *p)
{
	struct hs_request *r = p;
	g_free(r->method);
	g_free(r->path);
	g_free(r->authorization);
	g_free(r->head);
	g_free(r->body);
	g_free(r);
}

static void connection_free(void *p)
{
	struct connection *c = p;
	loop_fd_free(c->watch);
	loop_timer_free(c->timer);
	close(c->fd);
	g_string_free(c->in, TRUE);
	g_string_free(c->out, TRUE);
	g_free(c);
}

static void hang_up(struct connection *c)
{
	g_ptr_array_remove(c->hs->connections, c);
}

static void serve(struct connection *c);

/* Writes what may be written now; at the end of an answer the next request has its turn. */
static void pump(struct connection *c)
{
	while (c->sent < c->may) {
		ssize_t n = send(c->fd, c->out->str + c->sent, c->may - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			loop_fd_want(c->watch, POLLIN | POLLOUT);
			return;
		}
		if (n < 0) {
			hang_up(c);
			return;
		}
		c->sent += (size_t)n;
	}
	loop_fd_want(c->watch, POLLIN);
	if (c->sent < c->out->len) {
		loop_timer_set(c->timer, c->pause_us);
		return;
	}
	if (c->closes) {
		hang_up(c);
		return;
	}
	bool answered = c->out->len;
	g_string_truncate(c->out, 0);
	c->sent = c->may = 0;
	if (answered)
		serve(c);
}

static void next_piece(void *data)
{
	struct connection *c = data;
	c->may = MIN(c->out->len, c->may + c->piece);
	pump(c);
}

static void compose(GString *out, const struct hs_answer *a)
{
	const char *text = a->text ? a->text : "{}";
	size_t bytes = a->bytes ? a->bytes : strlen(text);
	if (a->raw) {
		g_string_append_len(out, text, (gssize)bytes);
		return;
	}
	g_string_append_printf(out, "HTTP/1.1 %d Said\r\nContent-Type: %s\r\n%s",
			       a->status ? a->status : 200, a->type ? a->type : "application/json",
			       a->headers ? a->headers : "");
	if (a->chunked)
		g_string_append_printf(out, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", bytes);
	else
		g_string_append_printf(out, "Content-Length: %zu\r\n\r\n", bytes);
	g_string_append_len(out, text, (gssize)bytes);
	if (a->chunked)
		g_string_append(out, bytes ? "\r\n0\r\n\r\n" : "\r\n");
}

static void answer(struct connection *c, const struct hs_answer *a)
{
	c->asked->answered = true;
	c->asked = NULL;
	compose(c->out, a);
	g_free(a->owned);
	c->closes = a->closes;
	if (a->closes && a->close_at < c->out->len)
		g_string_truncate(c->out, a->close_at);
	c->piece = a->piece ? a->piece : c->out->len;
	c->pause_us = a->pause_us;
	c->may = MIN(c->out->len, c->piece);
	pump(c);
}

/* A header's value in `head`, or NULL. g_free it. */
static char *header(const char *head, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
	size_t n = strlen(name);
	for (char **line = lines; *line; line++) {
		if (g_ascii_strncasecmp(*line, name, n) == 0 && (*line)[n] == ':')
			return g_strdup(g_strstrip(*line + n + 1));
	}
	return NULL;
}

/* The next request in `in`, if it is there whole. */
static struct hs_request *take(struct connection *c)
{
	char *end = strstr(c->in->str, "\r\n\r\n");
	if (!end)
		return NULL;
	size_t above = (size_t)(end - c->in->str) + 4;
	g_autofree char *head = g_strndup(c->in->str, above);
	g_autofree char *length = header(head, "Content-Length");
	size_t bytes = length ? g_ascii_strtoull(length, NULL, 10) : 0;
	if (c->in->len - above < bytes)
		return NULL;
	struct hs_request *r = g_new0(struct hs_request, 1);
	g_auto(GStrv) first = g_strsplit(head, " ", 3);
	r->method = g_strdup(first[0]);
	r->path = g_strdup(first[1] ? first[1] : "");
	r->authorization = header(head, "Authorization");
	r->head = g_steal_pointer(&head);
	r->body = g_malloc(bytes + 1);
	memcpy(r->body, c->in->str + above, bytes);
	r->body[bytes] = '\0';
	r->body_bytes = bytes;
	g_string_erase(c->in, 0, (gssize)(above + bytes));
	return r;
}

/* One request at a time a connection, as HTTP/1.1 has it. */
static void serve(struct connection *c)
{
	if (c->asked || c->out->len)
		return;
	struct hs_request *r = take(c);
	if (!r)
		return;
	r->number = c->hs->requests->len;
	r->connection = c->number;
	g_ptr_array_add(c->hs->requests, r);
	c->asked = r;
	struct hs_answer a = { 0 };
	GPtrArray *all = c->hs->connections;
	c->hs->handler(c->hs->data, r, &a);
	/* The handler may have hung up. */
	if (!g_ptr_array_find(all, c, NULL))
		g_free(a.owned);
	else if (!a.hold)
		answer(c, &a);
}

static void readable(void *data, int fd, short revents)
{
	struct connection *c = data;
	if (revents & POLLOUT) {
		pump(c);
		return;
	}
	g_autofree char *bytes = g_malloc(READ_BYTES);
	ssize_t n = recv(fd, bytes, READ_BYTES, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	g_string_append_len(c->in, bytes, n);
	serve(c);
}

static void accepted(void *data, int fd, short revents)
{
	struct fake_hs *hs = data;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0)
		return;
	/* Else a piece would wait for the one before it to be acknowledged. */
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	struct connection *c = g_new0(struct connection, 1);
	c->hs = hs;
	c->number = ++hs->connected;
	c->fd = client;
	c->in = g_string_new(NULL);
	c->out = g_string_new(NULL);
	c->timer = loop_timer_new(hs->loop, next_piece, c);
	c->watch = loop_fd_new(hs->loop, client, POLLIN, readable, c);
	g_ptr_array_add(hs->connections, c);
}

void fake_hs_down(struct fake_hs *hs, bool down)
{
	if (down == (hs->fd < 0))
		return;
	if (down) {
		loop_fd_free(g_steal_pointer(&hs->watch));
		close(hs->fd);
		hs->fd = -1;
		fake_hs_hang_up(hs);
		return;
	}
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)hs->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	hs->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(hs->fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(hs->fd, (struct sockaddr *)&address, n) < 0 || listen(hs->fd, 64) < 0 ||
	    getsockname(hs->fd, (struct sockaddr *)&address, &n) < 0)
		g_error("no loopback port to listen on: %s", g_strerror(errno));
	hs->port = ntohs(address.sin_port);
	hs->watch = loop_fd_new(hs->loop, hs->fd, POLLIN, accepted, hs);
}

struct fake_hs *fake_hs_new(struct loop *l, hs_handler *handler, void *data)
{
	struct fake_hs *hs = g_new0(struct fake_hs, 1);
	hs->loop = l;
	hs->handler = handler;
	hs->data = data;
	hs->fd = -1;
	hs->connections = g_ptr_array_new_with_free_func(connection_free);
	hs->requests = g_ptr_array_new_with_free_func(request_free);
	fake_hs_down(hs, false);
	hs->url = g_strdup_printf("http://127.0.0.1:%d", hs->port);
	return hs;
}

void fake_hs_free(struct fake_hs *hs)
{
	if (!hs)
		return;
	fake_hs_down(hs, true);
	g_ptr_array_unref(hs->connections);
	g_ptr_array_unref(hs->requests);
	g_free(hs->url);
	g_free(hs);
}

void fake_hs_hang_up(struct fake_hs *hs)
{
	g_ptr_array_set_size(hs->connections, 0);
}

const char *fake_hs_url(const struct fake_hs *hs)
{
	return hs->url;
}

unsigned fake_hs_connections(const struct fake_hs *hs)
{
	return hs->connected;
}

GPtrArray *fake_hs_requests(const struct fake_hs *hs)
{
	return hs->requests;
}

bool hs_is(const struct hs_request *r, const char *method, const char *path)
{
	if (method && !g_str_equal(r->method, method))
		return false;
	if (!path)
		return true;
	g_autofree char *whole =
		*path == '/' ? g_strdup(path) : g_strconcat("/_matrix/client/", path, NULL);
	return g_str_has_prefix(r->path, whole);
}

const struct hs_request *fake_hs_last(const struct fake_hs *hs, const char *method,
				      const char *path)
{
	for (unsigned i = hs->requests->len; i > 0; i--) {
		const struct hs_request *r = hs->requests->pdata[i - 1];
		if (hs_is(r, method, path))
			return r;
	}
	return NULL;
}

unsigned fake_hs_count(const struct fake_hs *hs, const char *method, const char *path)
{
	unsigned n = 0;
	for (unsigned i = 0; i < hs->requests->len; i++)
		n += hs_is(hs->requests->pdata[i], method, path);
	return n;
}

void hs_say(struct hs_answer *a, int status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_free(a->owned);
	a->owned = g_strdup_vprintf(format, args);
	va_end(args);
	a->text = a->owned;
	a->status = status;
}

bool fake_hs_answer(struct fake_hs *hs, unsigned number, const struct hs_answer *a)
{
	for (unsigned i = 0; i < hs->connections->len; i++) {
		struct connection *c = hs->connections->pdata[i];
		if (c->asked && c->asked->number == number) {
			answer(c, a);
			return true;
		}
	}
	g_free(a->owned);
	return false;
}

/*
 * Waiting
 */

struct wait {
	struct loop *loop;
	struct loop_timer *timer;
	bool (*met)(void *data);
	void *data;
	int left;
	bool ended;
};

static void look(void *data)
{
	struct wait *w = data;
	w->ended = w->met(w->data);
	if (w->ended || --w->left <= 0)
		loop_quit(w->loop);
	else
		loop_timer_set(w->timer, LOOK_MS * 1000);
}

static bool wait_for(struct fake_hs *hs, bool (*met)(void *data), void *data, int64_t ms)
{
	struct wait w = {
		.loop = hs->loop, .met = met, .data = data, .left = (int)(ms / LOOK_MS) + 1
	};
	w.timer = loop_timer_new(hs->loop, look, &w);
	loop_timer_set(w.timer, 0);
	/* Somebody else may have told the loop to quit. */
	while (!w.ended && w.left > 0)
		loop_run(hs->loop);
	loop_timer_free(w.timer);
	return w.ended;
}

bool fake_hs_until(struct fake_hs *hs, bool (*met)(void *data), void *data)
{
	return wait_for(hs, met, data, WAIT_MS_MOST);
}

static bool flag_set(void *data)
{
	return *(const bool *)data;
}

bool fake_hs_until_set(struct fake_hs *hs, const bool *flag)
{
	return wait_for(hs, flag_set, (void *)flag, WAIT_MS_MOST);
}

struct count {
	const unsigned *count;
	unsigned least;
};

static bool count_reached(void *data)
{
	const struct count *c = data;
	return *c->count >= c->least;
}

bool fake_hs_until_count(struct fake_hs *hs, const unsigned *count, unsigned least)
{
	return wait_for(hs, count_reached, &(struct count){ count, least }, WAIT_MS_MOST);
}

bool fake_hs_until_requests(struct fake_hs *hs, unsigned least)
{
	return fake_hs_until_count(hs, &hs->requests->len, least);
}

static bool never(void *data)
{
	return false;
}

void fake_hs_turn(struct fake_hs *hs, int64_t us)
{
	wait_for(hs, never, NULL, us / 1000);
}
