#include "net/http.h"

#include "base/log.h"
#include "net/body.h"
#include "net/multi.h"

#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sysexits.h>

enum {
	CONNECT_SECONDS = 30, /* name, connection, proxy and TLS together */
	WITHIN_SECONDS = 60,  /* where the request says nothing */
	REDIRECTIONS_MOST = 5,
	HEADER_BYTES_MOST = 256 * 1024,
	/* A connection whose peer has gone without a word is given up after about two minutes. */
	IDLE_SECONDS = 60,
	PROBE_SECONDS = 15,
	UNANSWERED_MS = 60 * 1000,
};

struct http {
	struct multi *multi;
	char *proxy, *folder;
	GHashTable *calls; /* struct http_call -> itself */
	/* The last connection may be dead, and HTTP/2 would put the next request on it too. */
	bool doubtful;
};

struct http_call {
	struct http_answer answer; /* first member: http_passed finds its call */
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	char *sent; /* the request's body */
	size_t sent_bytes;
	size_t bytes_most, header_bytes;
	bool head_only;
	bool headed; /* the headers are there to their end */
	bool enough; /* ended by us, and well */
	int error;   /* ended by us, and why */
	struct body body;
	char *type, *disposition, *why;
	char curl_says[CURL_ERROR_SIZE];
	void (*done)(void *data, const struct http_answer *a);
	void *data;
};

static bool is_proxy(const char *text)
{
	static const char *const schemes[] = { "http",   "https",   "socks4", "socks4a",
					       "socks5", "socks5h", NULL };
	CURLU *url = curl_url();
	char *scheme = NULL;
	bool fine = curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		    g_strv_contains(schemes, scheme);
	curl_free(scheme);
	curl_url_cleanup(url);
	return fine;
}

int http_new(struct loop *l, const struct http_options *options, struct http **ret)
{
	if (options->proxy && !is_proxy(options->proxy))
		return -EINVAL;
	struct http *h = g_new0(struct http, 1);
	h->multi = multi_get(l);
	h->proxy = g_strdup(options->proxy ? options->proxy : "");
	h->folder = g_strdup(options->folder ? options->folder : g_get_tmp_dir());
	h->calls = g_hash_table_new(NULL, NULL);
	*ret = h;
	return 0;
}

/* The request has the token or the password in it. */
static void wipe(struct http_call *c)
{
	for (struct curl_slist *h = c->headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(c->headers);
	if (c->sent)
		explicit_bzero(c->sent, c->sent_bytes);
	g_free(c->sent);
}

/* It is out of its http's hands already. */
static void call_free(struct http_call *c)
{
	curl_easy_cleanup(c->easy);
	wipe(c);
	body_done(&c->body);
	g_free(c->type);
	g_free(c->disposition);
	g_free(c->why);
	g_free(c);
}

static void take_out(struct http_call *c)
{
	g_hash_table_remove(c->http->calls, c);
	multi_remove(c->http->multi, c->easy);
}

void http_cancel(struct http_call *c)
{
	if (!c)
		return;
	take_out(c);
	call_free(c);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	GHashTableIter i;
	void *c;
	for (g_hash_table_iter_init(&i, h->calls); g_hash_table_iter_next(&i, &c, NULL);
	     g_hash_table_iter_init(&i, h->calls))
		http_cancel(c);
	g_hash_table_unref(h->calls);
	multi_put(h->multi);
	g_free(h->proxy);
	g_free(h->folder);
	g_free(h);
}

/*
 * While it comes
 */

/* CURLOPT_HEADERFUNCTION. libcurl itself keeps all it is sent. */
static size_t got_header(char *bytes, size_t size, size_t n, void *data)
{
	struct http_call *c = data;
	c->header_bytes += n;
	if (n <= 2) /* the empty line that ends them */
		c->headed = true;
	else if (n > 5 && memcmp(bytes, "HTTP/", 5) == 0) /* another answer's, after a 30x */
		c->headed = false;
	if (c->header_bytes <= HEADER_BYTES_MOST)
		return n;
	c->error = -EMSGSIZE;
	return 0;
}

/* CURLOPT_WRITEFUNCTION: decoded already, so the limit holds for what a few bytes inflate to. */
static size_t got_body(char *bytes, size_t size, size_t n, void *data)
{
	struct http_call *c = data;
	long status = 0;
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (c->head_only && status >= 200 && status < 300) {
		c->enough = true;
		return 0;
	}
	if (n > c->bytes_most - c->body.bytes)
		c->error = -EMSGSIZE;
	else
		c->error = body_add(&c->body, bytes, n);
	return c->error ? 0 : n;
}

/*
 * When it has come
 */

static int error_of(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return -ECONNREFUSED;
	case CURLE_FILESIZE_EXCEEDED:
		return -EMSGSIZE;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return -EIO;
	default: /* curl has a hundred of them */
		return -EPROTO;
	}
}

static char *header_of(CURL *easy, const char *name)
{
	struct curl_header *h;
	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return NULL;
	return g_strdup(h->value);
}

/* RFC 9110, 10.2.3: seconds or a date; that is the server's, so its own clock tells how far off. */
static int64_t retry_after_us(CURL *easy)
{
	g_autofree char *value = header_of(easy, "Retry-After");
	g_autofree char *date = header_of(easy, "Date");
	if (!value || !*value)
		return -1;
	if (strspn(value, "0123456789") == strlen(value)) {
		uint64_t seconds = g_ascii_strtoull(value, NULL, 10);
		return (int64_t)MIN(seconds, (uint64_t)G_MAXINT) * G_USEC_PER_SEC;
	}
	time_t then = curl_getdate(value, NULL), now = date ? curl_getdate(date, NULL) : -1;
	if (then == -1)
		return -1;
	curl_off_t seconds = 0;
	if (now == -1)
		curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
	else
		seconds = then - now;
	return (int64_t)CLAMP(seconds, 0, G_MAXINT) * G_USEC_PER_SEC;
}

static char *why_of(const struct http_call *c, CURLcode code)
{
	if (c->error == -EMSGSIZE || code == CURLE_FILESIZE_EXCEEDED)
		return g_strdup_printf("the answer is longer than %zu bytes", c->bytes_most);
	if (c->error)
		return g_strdup_printf("a long answer cannot be kept in %s: %s", c->http->folder,
				       g_strerror(-c->error));
	return g_strdup(*c->curl_says ? c->curl_says : curl_easy_strerror(code));
}

static void fill_in(struct http_call *c, CURLcode code)
{
	struct http_answer *a = &c->answer;
	const char *type = NULL;
	long status = 0;
	if (code == CURLE_WRITE_ERROR && c->enough)
		code = CURLE_OK;
	/* To libcurl a connection that is closed between two headers is an empty answer. */
	if (code == CURLE_OK && !c->headed)
		code = CURLE_PARTIAL_FILE;
	if (code == CURLE_OK)
		c->error = body_read(&c->body, &a->body);
	if (code != CURLE_OK || c->error) {
		a->error = c->error ? c->error : error_of(code);
		a->why = c->why = why_of(c, code);
		a->body = "";
		return;
	}
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
	a->status = (int)status;
	a->bytes = c->body.bytes;
	a->retry_after_us = retry_after_us(c->easy);
	a->content_type = c->type = g_strdup(type);
	a->content_disposition = c->disposition = header_of(c->easy, "Content-Disposition");
}

/* `done` may free the http, so all that needs it comes before. */
static void finished(void *data, CURLcode code)
{
	struct http_call *c = data;
	c->answer.retry_after_us = -1;
	fill_in(c, code);
	c->http->doubtful = c->answer.error == -ETIMEDOUT || c->answer.error == -EIO;
	take_out(c);
	c->done(c->data, &c->answer);
	call_free(c);
}

void http_passed(const struct http_answer *a, size_t offset)
{
	struct http_call *c = (struct http_call *)a;
	body_passed(&c->body, offset);
}

/*
 * Sending
 */

/* CURLOPT_SOCKOPTFUNCTION */
static int connecting(void *data, curl_socket_t fd, curlsocktype purpose)
{
	static const unsigned most = UNANSWERED_MS;
	/* Where the system does not know it, it waits longer. */
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &most, sizeof(most));
	return CURL_SOCKOPT_OK;
}

static void set_connection(struct http_call *c)
{
	CURL *e = c->easy;
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* Cancelling what is still resolving must not wait for the resolver's thread. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	/* Never one from the environment. */
	curl_easy_setopt(e, CURLOPT_NOPROXY, "");
	curl_easy_setopt(e, CURLOPT_PROXY, c->http->proxy);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, (long)IDLE_SECONDS);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, (long)PROBE_SECONDS);
	curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, connecting);
}

static void set_answer(struct http_call *c)
{
	CURL *e = c->easy;
	if (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_LIBZ)
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->curl_says);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, got_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, got_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	/* Not even begun where it says so beforehand. */
	if (!c->head_only)
		curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)c->bytes_most);
}

static void add_header(struct http_call *c, const char *name, const char *value)
{
	g_autofree char *line = g_strconcat(name, ": ", value, NULL);
	c->headers = curl_slist_append(c->headers, line);
	explicit_bzero(line, strlen(line));
}

static void set_body(struct http_call *c, const struct http_request *r)
{
	CURL *e = c->easy;
	bool has_body = r->body || g_str_equal(r->method, "POST") || g_str_equal(r->method, "PUT");
	if (has_body) {
		c->sent_bytes = r->body ? r->body_bytes : 0;
		c->sent = g_malloc(c->sent_bytes + 1);
		if (r->body)
			memcpy(c->sent, r->body, c->sent_bytes);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->sent_bytes);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->sent);
		add_header(c, "Content-Type", "application/json");
		/* Waiting for "100 Continue" costs a second where nobody says it. */
		c->headers = curl_slist_append(c->headers, "Expect:");
	}
	if (!g_str_equal(r->method, "GET"))
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_request(struct http_call *c, const struct http_request *r)
{
	CURL *e = c->easy;
	const char *schemes =
		g_ascii_strncasecmp(r->url, "https:", 6) == 0 ? "https" : "http,https";
	curl_easy_setopt(e, CURLOPT_URL, r->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	/* What began over TLS is not carried on without. */
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, (long)r->follow);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)REDIRECTIONS_MOST);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "kith/" KITH_VERSION);
	int64_t within_us = r->within_us > 0 ? r->within_us : WITHIN_SECONDS * G_USEC_PER_SEC;
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)CLAMP(within_us / 1000, 1, G_MAXINT));
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, (long)(r->once || c->http->doubtful));
	set_body(c, r);
	if (r->authorization)
		add_header(c, "Authorization", r->authorization);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
}

struct http_call *http_send(struct http *h, const struct http_request *r,
			    void (*done)(void *data, const struct http_answer *a), void *data)
{
	struct http_call *c = g_new0(struct http_call, 1);
	c->http = h;
	c->done = done;
	c->data = data;
	c->bytes_most = r->bytes_most ? r->bytes_most : HTTP_BYTES_MOST;
	c->head_only = r->head_only;
	body_init(&c->body, h->folder, HTTP_MEMORY_MOST);
	c->easy = curl_easy_init();
	if (!c->easy)
		die(EX_OSERR, "curl_easy_init failed");
	set_connection(c);
	set_answer(c);
	set_request(c, r);
	g_hash_table_add(h->calls, c);
	multi_add(h->multi, c->easy, finished, c);
	return c;
}

char *http_escape(const char *text)
{
	return g_uri_escape_string(text, NULL, FALSE);
}
