#include "net/stream.h"

#include "base/loop.h"
#include "net/multi.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum {
	CONNECT_SECONDS = 30, /* name, connection, proxy and TLS together */
	READ_BYTES = 16 * 1024,
	READS_AT_ONCE = 32, /* then others have their turn */
};

struct stream {
	struct loop *loop;
	struct multi *multi;
	CURL *easy;
	CURLU *url;
	struct stream_callbacks callbacks;
	void *data;
	bool tls;
	int fd;                   /* curl's, for socket options */
	struct loop_fd *watch;    /* once connected, until the end */
	struct loop_timer *again; /* bytes that poll cannot see, or an end to tell of */
	char error[CURL_ERROR_SIZE];
	char *failure; /* why writing failed; told from the loop */
	/* out[start..end) waits to be written. OpenSSL wants a write that would block repeated from
	 * the same address, so the bytes stay where they are while `blocked`. */
	char *out;
	size_t start, end;
	bool blocked;
	bool *freed; /* set when the stream is freed from inside one of its callbacks */
};

static const char *reason(const struct stream *s, CURLcode code)
{
	return *s->error ? s->error : curl_easy_strerror(code);
}

static void finish(struct stream *s, const char *why)
{
	/* `why` may live in the stream, which the callback frees. */
	g_autofree char *kept = g_strdup(why);
	loop_fd_free(g_steal_pointer(&s->watch));
	loop_timer_set(s->again, -1);
	s->callbacks.closed(s->data, kept);
}

static void flush(struct stream *s)
{
	s->blocked = false;
	while (s->start < s->end) {
		size_t n = 0;
		*s->error = '\0';
		CURLcode code = curl_easy_send(s->easy, s->out + s->start, s->end - s->start, &n);
		s->blocked = code == CURLE_AGAIN || (code == CURLE_OK && n == 0);
		if (s->blocked)
			break;
		if (code != CURLE_OK) {
			s->failure = g_strdup(reason(s, code));
			loop_timer_set(s->again, 0);
			return;
		}
		s->start += n;
	}
	if (s->start == s->end) {
		explicit_bzero(s->out, s->end); /* passwords go this way too */
		s->start = s->end = 0;
	}
	loop_fd_want(s->watch, POLLIN | (s->blocked ? POLLOUT : 0));
}

/* Until curl has nothing more: TLS may hold bytes already decrypted, which poll cannot see. */
static void drain(struct stream *s)
{
	bool freed = false;
	s->freed = &freed;
	for (int i = 0; i < READS_AT_ONCE; i++) {
		char bytes[READ_BYTES];
		size_t n = 0;
		*s->error = '\0';
		CURLcode code = curl_easy_recv(s->easy, bytes, sizeof(bytes), &n);
		if (code == CURLE_AGAIN || (code == CURLE_OK && n == 0)) {
			s->freed = NULL;
			if (code == CURLE_OK)
				finish(s, "the server closed the connection");
			return;
		}
		if (code != CURLE_OK) {
			s->freed = NULL;
			finish(s, reason(s, code));
			return;
		}
		s->callbacks.received(s->data, bytes, n);
		if (freed)
			return;
		/* TLS gives a record at a time; without it a short read is the last. */
		if (!s->tls && n < sizeof(bytes)) {
			s->freed = NULL;
			return;
		}
	}
	s->freed = NULL;
	loop_timer_set(s->again, 0);
}

static void again(void *data)
{
	struct stream *s = data;
	if (s->failure)
		finish(s, s->failure);
	else
		drain(s);
}

static void ready(void *data, int fd, short revents)
{
	struct stream *s = data;
	if (s->failure)
		return;
	/* TLS may need to read before it can write and the other way round: try both. */
	if (s->blocked)
		flush(s);
	if (!s->failure)
		drain(s);
}

static void connected(void *data, CURLcode result)
{
	struct stream *s = data;
	curl_socket_t fd = CURL_SOCKET_BAD;
	if (result == CURLE_OK)
		result = curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (result == CURLE_SSL_CONNECT_ERROR) {
		/* TLS to a server that speaks plain text ends here, in words few would understand.
		 */
		g_autofree char *why =
			g_strdup_printf("%s (is this a port for TLS?)", g_strstrip(s->error));
		finish(s, why);
		return;
	}
	if (result != CURLE_OK || fd == CURL_SOCKET_BAD) {
		finish(s, reason(s, result));
		return;
	}
	s->out = g_malloc(STREAM_BUFFER_BYTES);
	s->fd = fd;
	s->watch = loop_fd_new(s->loop, fd, POLLIN, ready, s);
	/* The server may have spoken in the same packet that ended the TLS handshake. */
	loop_timer_set(s->again, 0);
	s->callbacks.connected(s->data);
}

/* "https" only means TLS here: nothing of HTTP is said unless to an HTTP proxy. */
static CURLU *make_url(const struct stream_options *o)
{
	CURLU *url = curl_url();
	bool bare_v6 = strchr(o->host, ':') && *o->host != '[';
	g_autofree char *host = g_strdup_printf(bare_v6 ? "[%s]" : "%s", o->host);
	g_autofree char *port = g_strdup_printf("%d", o->port);
	if (curl_url_set(url, CURLUPART_SCHEME, o->tls ? "https" : "http", 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_HOST, host, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_PORT, port, 0) == CURLUE_OK)
		return url;
	curl_url_cleanup(url);
	return NULL;
}

static CURLcode set_options(struct stream *s, const struct stream_options *o)
{
	CURL *e = s->easy;
	curl_easy_setopt(e, CURLOPT_CURLU, s->url);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->error);
	curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* Freeing a stream that is still resolving must not wait for the resolver's thread. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	/* A server of IRC need not know h2, and one that refuses unknown protocols would hang up.
	 */
	curl_easy_setopt(e, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	/* An HTTP proxy shall carry bytes, not requests; and never one from the environment. */
	curl_easy_setopt(e, CURLOPT_HTTPPROXYTUNNEL, 1L);
	curl_easy_setopt(e, CURLOPT_NOPROXY, "");
	CURLcode code = curl_easy_setopt(e, CURLOPT_PROXY, o->proxy ? o->proxy : "");
	if (code == CURLE_OK && o->ca_file)
		code = curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
	if (code == CURLE_OK && o->certificate)
		code = curl_easy_setopt(e, CURLOPT_SSLCERT, o->certificate);
	if (code == CURLE_OK && o->certificate)
		code = curl_easy_setopt(e, CURLOPT_SSLKEY, o->certificate);
	return code;
}

int stream_open(struct loop *l, const struct stream_options *options,
		const struct stream_callbacks *callbacks, void *data, struct stream **ret)
{
	CURLU *url = make_url(options);
	if (!url)
		return -EINVAL;
	struct stream *s = g_new0(struct stream, 1);
	s->loop = l;
	s->multi = multi_get(l);
	s->url = url;
	s->tls = options->tls;
	s->callbacks = *callbacks;
	s->data = data;
	s->again = loop_timer_new(l, again, s);
	s->easy = curl_easy_init();
	if (!s->easy || set_options(s, options) != CURLE_OK) {
		stream_free(s);
		return -EINVAL;
	}
	multi_add(s->multi, s->easy, connected, s);
	*ret = s;
	return 0;
}

int stream_write(struct stream *s, const char *bytes, size_t n)
{
	if (!s->watch || s->failure)
		return -ENOTCONN;
	if (n > STREAM_BUFFER_BYTES - s->end && !s->blocked) {
		memmove(s->out, s->out + s->start, s->end - s->start);
		s->end -= s->start;
		s->start = 0;
	}
	if (n > STREAM_BUFFER_BYTES - s->end)
		return -ENOBUFS;
	memcpy(s->out + s->end, bytes, n);
	s->end += n;
	if (!s->blocked)
		flush(s);
	return 0;
}

void stream_acknowledge(struct stream *s)
{
	static const int yes = 1;

	setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof(yes));
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	if (s->freed)
		*s->freed = true;
	loop_fd_free(s->watch);
	loop_timer_free(s->again);
	if (s->easy) {
		multi_remove(s->multi, s->easy); /* closes the connection */
		curl_easy_cleanup(s->easy);
	}
	curl_url_cleanup(s->url);
	multi_put(s->multi);
	g_free(s->out);
	g_free(s->failure);
	g_free(s);
}
