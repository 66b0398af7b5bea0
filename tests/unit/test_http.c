/* HTTP over real sockets, against a server that answers as it is told. */
#include "net/http.h"

#include "base/loop.h"
#include "fake_hs.h"
#include "net/body.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
	struct loop *loop;
	struct fake_hs *hs;
	struct http *http;
	char *folder;
	struct hs_answer says; /* to every request, unless ... */
	hs_handler *handler;   /* ... there is one */
	/* Of the last answer. */
	unsigned answers;
	bool sending; /* inside http_send */
	int error, status;
	int64_t retry_after_us;
	GString *body;
	char *why, *type, *disposition;
	void (*meanwhile)(struct world *w, const struct http_answer *a); /* in its callback */
	struct http_call *others[3];
};

static void handle(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	if (w->handler)
		w->handler(w, r, a);
	else
		*a = w->says;
}

static void set_http(struct world *w, const char *folder, const char *proxy)
{
	http_free(w->http);
	assert_int_equal(http_new(w->loop, &(struct http_options){ proxy, folder }, &w->http), 0);
}

static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);
	w->loop = loop_new();
	w->hs = fake_hs_new(w->loop, handle, w);
	w->folder = g_dir_make_tmp("kith-http-XXXXXX", NULL);
	w->body = g_string_new(NULL);
	set_http(w, w->folder, NULL);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	http_free(w->http);
	fake_hs_free(w->hs);
	loop_free(w->loop);
	/* Nothing was left in it. */
	assert_int_equal(g_rmdir(w->folder), 0);
	g_free(w->folder);
	g_string_free(w->body, TRUE);
	g_free(w->why);
	g_free(w->type);
	g_free(w->disposition);
	g_free(w);
	return 0;
}

static void answered(void *data, const struct http_answer *a)
{
	struct world *w = data;
	assert_false(w->sending);
	w->answers++;
	w->error = a->error;
	w->status = a->status;
	w->retry_after_us = a->retry_after_us;
	g_string_truncate(w->body, 0);
	/* A long one is looked at in place. */
	if (a->bytes <= HTTP_MEMORY_MOST)
		g_string_append_len(w->body, a->body, (gssize)a->bytes);
	g_free(w->why);
	g_free(w->type);
	g_free(w->disposition);
	w->why = g_strdup(a->why);
	w->type = g_strdup(a->content_type);
	w->disposition = g_strdup(a->content_disposition);
	if (w->meanwhile)
		w->meanwhile(w, a);
}

static struct http_call *begin(struct world *w, struct http_request r)
{
	g_autofree char *url = g_strconcat(fake_hs_url(w->hs), r.url ? r.url : "/x", NULL);
	r.url = url;
	r.method = r.method ? r.method : "GET";
	w->sending = true;
	struct http_call *c = http_send(w->http, &r, answered, w);
	w->sending = false;
	return c;
}

static void ask(struct world *w, struct http_request r)
{
	unsigned before = w->answers;
	begin(w, r);
	assert_true(fake_hs_until_count(w->hs, &w->answers, before + 1));
	assert_int_equal(w->answers, before + 1);
}

static void http__request__arrives_as_asked(void **state)
{
	struct world *w = *state;
	w->says = (struct hs_answer){ .status = 201,
				      .text = "{\"a\":1}",
				      .headers = "Content-Disposition: inline\r\n" };
	ask(w, (struct http_request){ .method = "PUT",
				      .url = "/a%2Fb?c=d",
				      .authorization = "Bearer s3cret",
				      .body = "{\"x\":2}",
				      .body_bytes = 7 });
	assert_int_equal(w->error, 0);
	assert_int_equal(w->status, 201);
	assert_string_equal(w->body->str, "{\"a\":1}");
	assert_string_equal(w->type, "application/json");
	assert_string_equal(w->disposition, "inline");
	assert_int_equal(w->retry_after_us, -1);
	const struct hs_request *r = fake_hs_last(w->hs, "PUT", "/a%2Fb?c=d");
	assert_non_null(r);
	assert_string_equal(r->authorization, "Bearer s3cret");
	assert_string_equal(r->body, "{\"x\":2}");
	assert_non_null(strstr(r->head, "User-Agent: kith/"));
	assert_non_null(strstr(r->head, "Content-Type: application/json"));
	assert_null(strstr(r->head, "Expect:"));
	assert_null(strstr(r->head, "Cookie:"));
}

static void http__post__without_a_body_has_an_empty_one(void **state)
{
	struct world *w = *state;
	ask(w, (struct http_request){ .method = "POST" });
	assert_int_equal(w->error, 0);
	const struct hs_request *r = fake_hs_last(w->hs, "POST", "/x");
	assert_non_null(strstr(r->head, "Content-Length: 0\r\n"));
	ask(w, (struct http_request){ .method = "DELETE" });
	assert_non_null(fake_hs_last(w->hs, "DELETE", "/x"));
}

static void http__connection__is_used_again(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 5; i++)
		ask(w, (struct http_request){ 0 });
	ask(w, (struct http_request){ .method = "PUT", .body = "{}", .body_bytes = 2 });
	assert_int_equal(fake_hs_connections(w->hs), 1);
	/* What the server closed meanwhile is opened anew, without a word. */
	fake_hs_hang_up(w->hs);
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, 0);
	assert_int_equal(fake_hs_connections(w->hs), 2);
}

static void close_unless_it_is_the_first(void *data, const struct hs_request *r,
					 struct hs_answer *a)
{
	a->closes = r->number > 0;
}

static void http__once__is_not_sent_again_by_itself(void **state)
{
	struct world *w = *state;
	w->handler = close_unless_it_is_the_first;
	ask(w, (struct http_request){ 0 });
	ask(w, (struct http_request){ .method = "POST", .once = true });
	assert_int_equal(w->error, -EIO);
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 1);
}

static void http__answer__in_pieces(void **state)
{
	struct world *w = *state;
	w->says = (struct hs_answer){ .text = "{\"pieces\":true}", .piece = 7, .pause_us = 1000 };
	ask(w, (struct http_request){ 0 });
	assert_string_equal(w->body->str, "{\"pieces\":true}");
	w->says.chunked = true;
	ask(w, (struct http_request){ 0 });
	assert_string_equal(w->body->str, "{\"pieces\":true}");
	assert_int_equal(w->error, 0);
}

/* Wherever the connection breaks, half an answer is none. */
static void http__connection__closed_at_every_tenth_byte(void **state)
{
	struct world *w = *state;
	g_autofree char *text = g_strnfill(300, 'x');
	for (int chunked = 0; chunked < 2; chunked++) {
		unsigned broken = 0;
		for (size_t at = 0;; at += 10) {
			w->says = (struct hs_answer){
				.text = text, .chunked = chunked, .closes = true, .close_at = at
			};
			ask(w, (struct http_request){ 0 });
			if (!w->error)
				break;
			broken++;
			assert_int_equal(w->error, -EIO);
			assert_non_null(w->why);
			assert_int_equal(w->status, 0);
			assert_int_equal(w->body->len, 0);
		}
		assert_in_range(broken, 36, 50); /* head and body have 370 bytes and more */
		assert_string_equal(w->body->str, text);
	}
}

static void http__answer__longer_than_allowed(void **state)
{
	struct world *w = *state;
	g_autofree char *text = g_strnfill(1001, 'x');
	for (int chunked = 0; chunked < 2; chunked++) {
		w->says = (struct hs_answer){ .text = text, .chunked = chunked };
		ask(w, (struct http_request){ .bytes_most = 1001 });
		assert_int_equal(w->error, 0);
		assert_int_equal(w->body->len, 1001);
		ask(w, (struct http_request){ .bytes_most = 1000 });
		assert_int_equal(w->error, -EMSGSIZE);
		assert_non_null(strstr(w->why, "1000 bytes"));
	}
}

/* A few bytes that inflate to 200,000. */
static const char inflated[] =
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5"
	"\x4f\x6d\x06\x7f\xa0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\xd7"
	"\x00\x7b\x58\xe0\x5c\x40\x0d\x03\x00";

static void http__answer__inflates(void **state)
{
	struct world *w = *state;
	w->says = (struct hs_answer){ .text = inflated,
				      .bytes = sizeof(inflated) - 1,
				      .headers = "Content-Encoding: gzip\r\n" };
	ask(w, (struct http_request){ .bytes_most = 200000 });
	const struct hs_request *r = fake_hs_last(w->hs, NULL, "/x");
	assert_non_null(strstr(r->head, "Accept-Encoding: gzip\r\n"));
	assert_int_equal(w->error, 0);
	assert_int_equal(w->body->len, 200000);
	ask(w, (struct http_request){ .bytes_most = 199999 });
	assert_int_equal(w->error, -EMSGSIZE);
}

static void http__answer__with_headers_without_end(void **state)
{
	struct world *w = *state;
	g_autofree char *value = g_strnfill(1000, 'v');
	GString *headers = g_string_new(NULL);
	for (int i = 0; i < 300; i++)
		g_string_append_printf(headers, "X-%d: %s\r\n", i, value);
	w->says = (struct hs_answer){ .headers = headers->str };
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, -EMSGSIZE);
	g_string_free(headers, TRUE);
}

static int64_t private_dirty_kib(void)
{
	g_autofree char *text = NULL;
	assert_true(g_file_get_contents("/proc/self/smaps_rollup", &text, NULL, NULL));
	const char *line = strstr(text, "\nPrivate_Dirty:");
	assert_non_null(line);
	return g_ascii_strtoll(line + strlen("\nPrivate_Dirty:"), NULL, 10);
}

enum { LONG_BYTES = 25 * 1000 * 1000, WINDOW_BYTES = 256 * 1024, COSTS_KIB = 1000 };

/* AddressSanitizer writes an eighth of whatever is mapped. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { SHADOW_KIB = LONG_BYTES / 8 / 1024 };
#else
enum { SHADOW_KIB = 0 };
#endif

static int64_t dirty_most_kib, wrong_bytes;

static char long_byte(size_t i)
{
	return (char)('a' + (i / 7 + i / 4096) % 26);
}

static void go_through(struct world *w, const struct http_answer *a)
{
	assert_int_equal(a->bytes, LONG_BYTES);
	wrong_bytes = 0;
	/* Twice, as one looks and then reads. */
	for (int time = 0; time < 2; time++) {
		for (size_t i = 0; i < a->bytes; i++) {
			wrong_bytes += a->body[i] != long_byte(i);
			if (i % WINDOW_BYTES == 0) {
				dirty_most_kib = MAX(dirty_most_kib, private_dirty_kib());
				http_passed(a, i);
			}
		}
		http_passed(a, a->bytes);
	}
	/* It can still be read. */
	wrong_bytes += a->body[5] != long_byte(5);
}

static void http__long_answer__costs_no_memory(void **state)
{
	struct world *w = *state;
	GString *text = g_string_sized_new(LONG_BYTES);
	for (size_t i = 0; i < LONG_BYTES; i++)
		g_string_append_c(text, long_byte(i));
	w->says = (struct hs_answer){ .text = text->str, .bytes = LONG_BYTES };
	/* The server's own copy is there before and after. */
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, 0);
	w->meanwhile = go_through;
	dirty_most_kib = 0;
	int64_t before_kib = private_dirty_kib();
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, 0);
	assert_int_equal(wrong_bytes, 0);
	assert_in_range(dirty_most_kib, 1, before_kib + COSTS_KIB + SHADOW_KIB);
	g_string_free(text, TRUE);
}

static void http__answer__just_beyond_memory(void **state)
{
	struct world *w = *state;
	g_autofree char *text = g_strnfill(HTTP_MEMORY_MOST + 1, 'x');
	w->says = (struct hs_answer){ .text = text, .bytes = HTTP_MEMORY_MOST };
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->body->len, HTTP_MEMORY_MOST);
	/* Only the second needs a file. */
	set_http(w, "/nonexistent/folder", NULL);
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, 0);
	w->says.bytes++;
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, -ENOENT);
	assert_non_null(strstr(w->why, "/nonexistent/folder"));
}

/* In the struct, in memory or in a file, wherever the pieces end. */
static void http__body__is_what_was_added(void **state)
{
	struct world *w = *state;
	static const size_t sizes[] = { 1, BODY_FEW - 1, BODY_FEW, BODY_FEW + 1, 5 * BODY_FEW };
	GString *text = g_string_new(NULL);
	const char *bytes;

	for (size_t i = 0; i < 5 * BODY_FEW; i++)
		g_string_append_c(text, long_byte(i));
	for (size_t most = BODY_FEW; most <= 4 * BODY_FEW; most += 3 * BODY_FEW)
		for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++)
			for (size_t piece = 1000; piece < 6 * BODY_FEW; piece *= 2) {
				struct body b;
				body_init(&b, w->folder, most);
				assert_int_equal(body_read(&b, &bytes), 0);
				assert_string_equal(bytes, "");
				for (size_t at = 0; at < sizes[i]; at += piece)
					assert_int_equal(body_add(&b, text->str + at,
								  MIN(piece, sizes[i] - at)),
							 0);
				assert_int_equal(b.bytes, sizes[i]);
				assert_int_equal(body_read(&b, &bytes), 0);
				assert_memory_equal(bytes, text->str, sizes[i]);
				body_done(&b);
			}
	g_string_free(text, TRUE);
}

static void http__long_answer__has_no_room(void **state)
{
	struct world *w = *state;
	g_autofree char *text = g_strnfill(3 * HTTP_MEMORY_MOST, 'x');
	struct rlimit before, small;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 2 * HTTP_MEMORY_MOST;
	w->says = (struct hs_answer){ .text = text, .chunked = true };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	ask(w, (struct http_request){ 0 });
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(w->error, -EFBIG);
	assert_non_null(strstr(w->why, w->folder));
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, 0);
}

static void http__timeout__ends_it(void **state)
{
	struct world *w = *state;
	w->says = (struct hs_answer){ .hold = true };
	ask(w, (struct http_request){ .within_us = 50 * 1000 });
	assert_int_equal(w->error, -ETIMEDOUT);
	/* Trickling does not help. */
	w->says = (struct hs_answer){ .piece = 1, .pause_us = 10 * 1000 };
	ask(w, (struct http_request){ .within_us = 50 * 1000 });
	assert_int_equal(w->error, -ETIMEDOUT);
	/* Only what takes so long. */
	w->says = (struct hs_answer){ 0 };
	ask(w, (struct http_request){ .within_us = 10 * G_USEC_PER_SEC });
	assert_int_equal(w->error, 0);
}

static void http__held_answer__comes_later(void **state)
{
	struct world *w = *state;
	w->says = (struct hs_answer){ .hold = true };
	begin(w, (struct http_request){ 0 });
	assert_true(fake_hs_until_requests(w->hs, 1));
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(w->answers, 0);
	assert_true(fake_hs_answer(w->hs, 0, &(struct hs_answer){ .text = "later" }));
	assert_true(fake_hs_until_count(w->hs, &w->answers, 1));
	assert_string_equal(w->body->str, "later");
}

static void http__no_server__is_told(void **state)
{
	struct world *w = *state;
	fake_hs_down(w->hs, true);
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, -ECONNREFUSED);
	assert_non_null(w->why);
	fake_hs_down(w->hs, false);
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, 0);
}

static void http__other_answers__are_told(void **state)
{
	struct world *w = *state;
	static const char *const garbage[] = {
		"SSH-2.0-OpenSSH_9.2\r\n",
		"\x15\x03\x01\x00\x02\x02\x46",
		"HTTP/1.1 what\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"\n\n\n",
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(garbage); i++) {
		w->says = (struct hs_answer){ .text = garbage[i], .raw = true, .closes = true };
		w->says.close_at = G_MAXSIZE;
		ask(w, (struct http_request){ .within_us = 2 * G_USEC_PER_SEC });
		if (w->error >= 0)
			fail_msg("taken for an answer: %s", garbage[i]);
		assert_true(*w->why);
	}
}

static void http__url__of_another_kind(void **state)
{
	struct world *w = *state;
	static const char *const urls[] = { "file:///etc/passwd",  "ftp://127.0.0.1/", "http://",
					    "gopher://127.0.0.1/", "nonsense://x/",    "" };
	for (unsigned i = 0; i < G_N_ELEMENTS(urls); i++) {
		unsigned before = w->answers;
		http_send(w->http, &(struct http_request){ .method = "GET", .url = urls[i] },
			  answered, w);
		assert_true(fake_hs_until_count(w->hs, &w->answers, before + 1));
		assert_int_equal(w->error, -EPROTO);
		assert_int_equal(w->body->len, 0);
	}
}

static void http__retry_after__in_each_form(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *headers;
		int64_t seconds;
	} forms[] = {
		{ "Retry-After: 7\r\n", 7 },
		{ "Retry-After:   0 \r\n", 0 },
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		  "Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n",
		  60 },
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		  "Retry-After: Sun, 06 Nov 1994 08:40:37 GMT\r\n",
		  0 },
		{ "Retry-After: Sun, 06 Nov 1994 08:40:37 GMT\r\n", 0 },
		{ "Retry-After: soon\r\n", -1 },
		{ "Retry-After: -5\r\n", -1 },
		{ "Retry-After:\r\n", -1 },
		{ "Retry-After: 99999999999999999999999\r\n", G_MAXINT },
		{ "", -1 },
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
		w->says = (struct hs_answer){ .status = 429, .headers = forms[i].headers };
		ask(w, (struct http_request){ 0 });
		assert_int_equal(w->status, 429);
		int64_t want = forms[i].seconds < 0 ? -1 : forms[i].seconds * G_USEC_PER_SEC;
		if (w->retry_after_us != want)
			fail_msg("%s is %" PRId64, forms[i].headers, w->retry_after_us);
	}
}

static void redirect(void *data, const struct hs_request *r, struct hs_answer *a)
{
	int left = atoi(r->path + 1);
	static char headers[100];
	if (left == 0) {
		a->text = "there";
		return;
	}
	g_snprintf(headers, sizeof(headers), "Location: /%d\r\n", left - 1);
	a->status = left % 2 ? 302 : 308;
	a->text = "elsewhere";
	a->headers = headers;
}

static void http__redirection__is_followed_where_asked(void **state)
{
	struct world *w = *state;
	w->handler = redirect;
	ask(w, (struct http_request){ .url = "/5", .follow = true });
	assert_int_equal(w->status, 200);
	assert_string_equal(w->body->str, "there");
	ask(w, (struct http_request){ .url = "/6", .follow = true });
	assert_int_equal(w->error, -EPROTO);
	ask(w, (struct http_request){ .url = "/1" });
	assert_int_equal(w->status, 302);
	assert_string_equal(w->body->str, "elsewhere");
}

static void to_a_file(void *data, const struct hs_request *r, struct hs_answer *a)
{
	a->status = 302;
	a->headers = "Location: file:///etc/passwd\r\n";
}

static void http__redirection__leads_to_no_file(void **state)
{
	struct world *w = *state;
	w->handler = to_a_file;
	ask(w, (struct http_request){ .follow = true });
	assert_int_equal(w->error, -EPROTO);
	assert_int_equal(w->body->len, 0);
}

static void http__head_only__stops_there(void **state)
{
	struct world *w = *state;
	g_autofree char *text = g_strnfill(5 * 1000 * 1000, 'x');
	w->says = (struct hs_answer){ .text = text,
				      .type = "image/png",
				      .headers = "Content-Disposition: attachment\r\n" };
	ask(w, (struct http_request){ .head_only = true, .bytes_most = 1000 });
	assert_int_equal(w->error, 0);
	assert_int_equal(w->status, 200);
	assert_int_equal(w->body->len, 0);
	assert_string_equal(w->type, "image/png");
	assert_string_equal(w->disposition, "attachment");
	/* A refusal is read: it says why. */
	w->says = (struct hs_answer){ .status = 404, .text = "{\"errcode\":\"M_NOT_FOUND\"}" };
	ask(w, (struct http_request){ .head_only = true, .bytes_most = 1000 });
	assert_int_equal(w->status, 404);
	assert_string_equal(w->body->str, "{\"errcode\":\"M_NOT_FOUND\"}");
}

static void http__environment__has_no_proxies(void **state)
{
	struct world *w = *state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, 0);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	set_http(w, w->folder, "http://127.0.0.1:1");
	ask(w, (struct http_request){ 0 });
	assert_int_equal(w->error, -ECONNREFUSED);
	/* The server as its own proxy: it is asked for the whole URL. */
	setenv("no_proxy", "*", 1);
	set_http(w, w->folder, fake_hs_url(w->hs));
	ask(w, (struct http_request){ 0 });
	unsetenv("no_proxy");
	assert_int_equal(w->error, 0);
	assert_non_null(fake_hs_last(w->hs, "GET", NULL));
	assert_true(g_str_has_prefix(fake_hs_last(w->hs, "GET", NULL)->head, "GET http://"));
	struct http *none = NULL;
	assert_int_equal(http_new(w->loop, &(struct http_options){ "smoke://x:1", "/tmp" }, &none),
			 -EINVAL);
	assert_null(none);
}

static void cancel_others(struct world *w, const struct http_answer *a)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(w->others); i++)
		http_cancel(g_steal_pointer(&w->others[i]));
	/* What it was told is still there. */
	assert_int_equal(a->status, 200);
	assert_memory_equal(a->body, "{}", 2);
}

static void hold_all_but_one(void *data, const struct hs_request *r, struct hs_answer *a)
{
	a->hold = !g_str_equal(r->path, "/now");
}

static void begin_others(struct world *w)
{
	w->handler = hold_all_but_one;
	for (unsigned i = 0; i < G_N_ELEMENTS(w->others); i++)
		w->others[i] = begin(w, (struct http_request){ .url = "/later" });
	assert_true(fake_hs_until_requests(w->hs, G_N_ELEMENTS(w->others)));
}

static void http__cancel__from_inside_done(void **state)
{
	struct world *w = *state;
	begin_others(w);
	w->meanwhile = cancel_others;
	ask(w, (struct http_request){ .url = "/now" });
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(w->answers, 1);
}

static void free_it(struct world *w, const struct http_answer *a)
{
	http_free(g_steal_pointer(&w->http));
	assert_int_equal(a->status, 200);
	assert_memory_equal(a->body, "{}", 2);
}

static void http__free__from_inside_done(void **state)
{
	struct world *w = *state;
	begin_others(w);
	w->meanwhile = free_it;
	ask(w, (struct http_request){ .url = "/now" });
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(w->answers, 1);
}

static void ask_again(struct world *w, const struct http_answer *a)
{
	if (w->answers < 3)
		begin(w, (struct http_request){ 0 });
}

static void http__send__from_inside_done(void **state)
{
	struct world *w = *state;
	w->meanwhile = ask_again;
	begin(w, (struct http_request){ 0 });
	assert_true(fake_hs_until_count(w->hs, &w->answers, 3));
	assert_int_equal(fake_hs_connections(w->hs), 1);
}

static void http__free__calls_nobody(void **state)
{
	struct world *w = *state;
	begin_others(w);
	begin(w, (struct http_request){ .url = "/now" });
	http_free(g_steal_pointer(&w->http));
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(w->answers, 0);
}

static void http__escape__is_for_one_part(void **state)
{
	g_autofree char *escaped = http_escape("!a:b/c?d=e&f %\xc3\xa9~-._");
	assert_string_equal(escaped, "%21a%3Ab%2Fc%3Fd%3De%26f%20%25%C3%A9~-._");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(http__request__arrives_as_asked),
		TEST(http__post__without_a_body_has_an_empty_one),
		TEST(http__connection__is_used_again),
		TEST(http__once__is_not_sent_again_by_itself),
		TEST(http__answer__in_pieces),
		TEST(http__connection__closed_at_every_tenth_byte),
		TEST(http__answer__longer_than_allowed),
		TEST(http__answer__inflates),
		TEST(http__answer__with_headers_without_end),
		TEST(http__long_answer__costs_no_memory),
		TEST(http__answer__just_beyond_memory),
		TEST(http__body__is_what_was_added),
		TEST(http__long_answer__has_no_room),
		TEST(http__timeout__ends_it),
		TEST(http__held_answer__comes_later),
		TEST(http__no_server__is_told),
		TEST(http__other_answers__are_told),
		TEST(http__url__of_another_kind),
		TEST(http__retry_after__in_each_form),
		TEST(http__redirection__is_followed_where_asked),
		TEST(http__redirection__leads_to_no_file),
		TEST(http__head_only__stops_there),
		TEST(http__environment__has_no_proxies),
		TEST(http__cancel__from_inside_done),
		TEST(http__free__from_inside_done),
		TEST(http__send__from_inside_done),
		TEST(http__free__calls_nobody),
		cmocka_unit_test(http__escape__is_for_one_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
