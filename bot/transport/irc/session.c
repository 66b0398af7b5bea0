#include "transport/irc/session.h"

#include "transport/irc/line.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <libircclient.h>
#include <stdbool.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* It builds USER in 256 bytes, every '%' doubled. */
enum { REALNAME_MOST = 100, USERNAME_MOST = 20 };

struct session {
	irc_session_t *library;
	int library_fd; /* the library's, which closes it */
	int fd;         /* our end */
	struct session_callbacks callbacks;
	void *data;
	const struct line *line; /* what is being fed */
	GString *out;            /* what it has written of a line not ended yet */
};

static void heard(irc_session_t *library, enum session_kind kind)
{
	struct session *s = irc_get_ctx(library);
	if (s->line)
		s->callbacks.heard(s->data, kind, s->line);
}

static void heard_message(irc_session_t *library, const char *event, const char *origin,
			  const char **params, unsigned count)
{
	heard(library, SESSION_MESSAGE);
}

static void heard_join(irc_session_t *library, const char *event, const char *origin,
		       const char **params, unsigned count)
{
	heard(library, SESSION_JOIN);
}

static void heard_part(irc_session_t *library, const char *event, const char *origin,
		       const char **params, unsigned count)
{
	heard(library, SESSION_PART);
}

static void heard_quit(irc_session_t *library, const char *event, const char *origin,
		       const char **params, unsigned count)
{
	heard(library, SESSION_QUIT);
}

static void heard_kick(irc_session_t *library, const char *event, const char *origin,
		       const char **params, unsigned count)
{
	heard(library, SESSION_KICK);
}

static void heard_nick(irc_session_t *library, const char *event, const char *origin,
		       const char **params, unsigned count)
{
	heard(library, SESSION_NICK);
}

static void heard_numeric(irc_session_t *library, unsigned code, const char *origin,
			  const char **params, unsigned count)
{
	heard(library, SESSION_NUMERIC);
}

static void heard_other(irc_session_t *library, const char *event, const char *origin,
			const char **params, unsigned count)
{
	heard(library, SESSION_OTHER);
}

/* Only here so that the library's own handler, which answers and can overrun, stays out. */
static void heard_ctcp(irc_session_t *library, const char *event, const char *origin,
		       const char **params, unsigned count)
{
}

/* It tells a room from a person by a nick it tracks wrongly, so both come to one place. */
static irc_session_t *create_library(struct session *s)
{
	irc_callbacks_t callbacks = {
		.event_channel = heard_message,
		.event_privmsg = heard_message,
		.event_join = heard_join,
		.event_part = heard_part,
		.event_quit = heard_quit,
		.event_kick = heard_kick,
		.event_nick = heard_nick,
		.event_invite = heard_other,
		.event_numeric = heard_numeric,
		.event_ctcp_req = heard_ctcp,
		.event_unknown = heard_other,
	};
	irc_session_t *library = irc_create_session(&callbacks);
	assert(library);
	irc_set_ctx(library, s);
	return library;
}

/* The library builds these as format strings. */
static char *escape_format(const char *text, size_t most)
{
	GString *out = g_string_new(NULL);
	g_autofree char *clipped = g_strndup(text, most);
	const char *end;
	/* Not in the middle of a character. */
	g_utf8_validate(clipped, -1, &end);
	g_string_append_len(out, clipped, end - clipped);
	g_string_replace(out, "%", "%%", 0);
	return g_string_free(out, FALSE);
}

/* A listening socket for the library to connect to; nobody ever accepts. */
static int open_placeholder(int *ret_fd, unsigned short *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, n) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &n) < 0) {
		int r = -errno;
		close(fd);
		return r;
	}
	*ret_fd = fd;
	*ret_port = ntohs(address.sin_port);
	return 0;
}

/* The library aborts on a descriptor that select(2) cannot take: see which it would get. */
static int check_descriptor(int any_fd)
{
	int next = fcntl(any_fd, F_DUPFD_CLOEXEC, 0);
	if (next < 0)
		return -errno;
	close(next);
	return next < FD_SETSIZE ? 0 : -EMFILE;
}

static int library_connect(struct session *s, const struct session_identity *id)
{
	int placeholder = -1;
	unsigned short port = 0;
	int r = open_placeholder(&placeholder, &port);
	if (r < 0)
		return r;
	g_autofree char *username = escape_format(id->username, USERNAME_MOST);
	g_autofree char *realname = escape_format(id->realname, REALNAME_MOST);
	r = check_descriptor(placeholder);
	if (r == 0 &&
	    irc_connect(s->library, "127.0.0.1", port, NULL, id->nick, username, realname) != 0)
		r = -EIO;
	if (r == 0) {
		fd_set readable, writable;
		FD_ZERO(&readable);
		FD_ZERO(&writable);
		s->library_fd = -1;
		irc_add_select_descriptors(s->library, &readable, &writable, &s->library_fd);
		r = s->library_fd < 0 ? -EIO : 0;
	}
	close(placeholder);
	return r;
}

/* Puts one end of a socket pair where the library believes its connection to be. */
static int swap_socket(struct session *s)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	int r = dup3(ends[1], s->library_fd, O_CLOEXEC) < 0 ? -errno : 0;
	close(ends[1]);
	s->fd = ends[0];
	return r;
}

/* Lets it read or write once. */
static int process(struct session *s, bool read)
{
	fd_set on, off;
	FD_ZERO(&on);
	FD_ZERO(&off);
	FD_SET(s->library_fd, &on);
	return irc_process_select_descriptors(s->library, read ? &on : &off, read ? &off : &on)
		       ? -EPIPE
		       : 0;
}

int session_new(const struct session_identity *id, const struct session_callbacks *callbacks,
		void *data, struct session **ret)
{
	struct session *s = g_new0(struct session, 1);
	s->callbacks = *callbacks;
	s->data = data;
	s->fd = -1;
	s->out = g_string_new(NULL);
	s->library = create_library(s);
	int r = library_connect(s, id);
	if (r == 0)
		r = swap_socket(s);
	if (r == 0)
		r = process(s, false); /* it finds itself connected */
	if (r < 0) {
		session_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	/* The library first: it writes without MSG_NOSIGNAL, so our end must outlive it. */
	irc_destroy_session(s->library);
	if (s->fd >= 0)
		close(s->fd);
	g_string_free(s->out, TRUE);
	g_free(s);
}

static void give_lines(struct session *s)
{
	char *end;
	while ((end = strchr(s->out->str, '\n'))) {
		g_autofree char *line = g_strndup(s->out->str, end - s->out->str);
		g_string_erase(s->out, 0, end - s->out->str + 1);
		g_strchomp(line);
		s->callbacks.out(s->data, line);
	}
}

/* Its buffer holds 1024 bytes and what does not fit is lost, so it is emptied after every line. */
static int empty_library(struct session *s)
{
	for (;;) {
		fd_set readable, writable;
		FD_ZERO(&readable);
		FD_ZERO(&writable);
		int most = -1;
		if (irc_add_select_descriptors(s->library, &readable, &writable, &most) != 0)
			return -EPIPE;
		if (!FD_ISSET(s->library_fd, &writable))
			break;
		if (process(s, false) < 0)
			return -EPIPE;
		char bytes[1024];
		ssize_t n = recv(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n <= 0)
			return -EPIPE;
		g_string_append_len(s->out, bytes, n);
	}
	give_lines(s);
	return 0;
}

int session_begin(struct session *s)
{
	return empty_library(s);
}

int session_feed(struct session *s, const struct line *l, const char *server)
{
	g_autofree char *tamed = line_for_library(l, server);
	g_autofree char *sent = g_strconcat(tamed, "\r\n", NULL);
	size_t n = strlen(sent);
	if (send(s->fd, sent, n, MSG_NOSIGNAL) != (ssize_t)n)
		return -EPIPE;
	s->line = l;
	int r = process(s, true);
	s->line = NULL;
	return r == 0 ? empty_library(s) : r;
}

int session_send(struct session *s, const char *line)
{
	if (irc_send_raw(s->library, "%s", line) != 0)
		return -EPIPE;
	return empty_library(s);
}
