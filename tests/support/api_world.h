/*
 * A session with a homeserver that limits, fails, and ends sessions: what the tests of requests in
 * kith's name stand on.
 */
#ifndef KITH_TESTS_API_WORLD_H
#define KITH_TESTS_API_WORLD_H

#include "transport/matrix/api.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "fake_hs.h"
#include "net/http.h"
#include "transport/matrix/account.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { CALLS_MOST = 8 };

struct result {
	bool told;
	int error, status;
	char *errcode, *why, *body, *ok;
};

/* What /refresh and /login say. */
enum gives { TOKEN, LIMITED, HARD, SOFT, FORBIDDEN, BROKEN, NOTHING, EVIL };

struct world {
	struct loop *loop;
	struct fake_hs *hs;
	struct http *http;
	struct api *api;
	struct account account;
	GHashTable *values;
	struct config_section section;
	char *password_file;
	/* The server. */
	char *token; /* the one it takes */
	bool soft;   /* what it says of another */
	bool never;  /* it takes none */
	enum gives refresh, login;
	bool rotates; /* a refresh token with each */
	int64_t expires_ms;
	unsigned tokens;
	hs_handler *handler; /* of anything else that has the right token */
	/* What was told. */
	struct result results[CALLS_MOST];
	unsigned told, renewals, deaths;
	char *why;
	unsigned requests_at_renewal;
	void (*meanwhile)(struct world *w); /* in the next callback */
	struct api_call *others[3];
	unsigned seen;
};

static inline void world_give(struct world *w, struct hs_answer *a, enum gives what)
{
	g_autofree char *next =
		w->rotates ? g_strdup_printf(",\"refresh_token\":\"r%u\"", w->tokens + 1)
			   : g_strdup("");
	g_autofree char *expires =
		w->expires_ms
			? g_strdup_printf(",\"expires_in_ms\":%" G_GINT64_FORMAT, w->expires_ms)
			: g_strdup("");
	switch (what) {
	case TOKEN:
		g_free(w->token);
		w->token = g_strdup_printf("t%u", ++w->tokens);
		hs_say(a, 200,
		       "{\"user_id\":\"@kith:example.org\",\"device_id\":\"DEVICE\","
		       "\"access_token\":\"%s\"%s%s}",
		       w->token, next, expires);
		break;
	case LIMITED: /* this once */
		hs_say(a, 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":1500}");
		w->login = w->refresh = TOKEN;
		break;
	case HARD:
		hs_say(a, 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"No such session\"}");
		break;
	case SOFT:
		hs_say(a, 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"soft_logout\":true}");
		break;
	case FORBIDDEN:
		hs_say(a, 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"Not you\"}");
		break;
	case BROKEN:
		hs_say(a, 502, "<html>");
		break;
	case NOTHING:
		hs_say(a, 200, "{}");
		break;
	case EVIL:
		hs_say(a, 200, "{\"access_token\":\"x\\r\\nX-Evil: 1\"}");
		break;
	}
}

static inline void serve(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	g_autofree char *bearer = g_strconcat("Bearer ", w->token, NULL);

	if (hs_is(r, "POST", "v3/refresh")) {
		world_give(w, a, w->refresh);
	} else if (hs_is(r, "GET", "v3/login")) {
		hs_say(a, 200, "{\"flows\":[{\"type\":\"m.login.password\"}]}");
	} else if (hs_is(r, "POST", "v3/login")) {
		world_give(w, a, w->login);
	} else if (w->never || g_strcmp0(r->authorization, bearer) != 0) {
		hs_say(a, 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"No\"%s}",
		       w->soft ? ",\"soft_logout\":true" : "");
	} else if (w->handler) {
		w->handler(w, r, a);
	} else {
		a->text = "{\"ok\":\"yes\"}";
	}
}

static inline void then(struct world *w)
{
	void (*meanwhile)(struct world * w) = w->meanwhile;

	w->meanwhile = NULL;
	if (meanwhile)
		meanwhile(w);
}

static inline void renewed(void *data, const struct account *a)
{
	struct world *w = data;

	w->renewals++;
	assert_string_equal(a->token, w->token);
	assert_string_equal(a->device, "DEVICE");
	w->requests_at_renewal = fake_hs_requests(w->hs)->len;
	then(w);
}

static inline void dead(void *data, const char *why)
{
	struct world *w = data;

	w->deaths++;
	g_free(w->why);
	w->why = g_strdup(why);
	then(w);
}

static inline void open_api(struct world *w)
{
	const struct api_options options = {
		.loop = w->loop,
		.clock = clock_real(),
		.http = w->http,
		.name = "home",
		.section = &w->section,
		.callbacks = { renewed, dead },
		.data = w,
	};

	api_free(w->api);
	w->api = api_new(&options, &w->account);
}

static inline int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	log_set_level(LOG_LEVEL_ERROR);
	w->loop = loop_new();
	w->hs = fake_hs_new(w->loop, serve, w);
	assert_int_equal(http_new(w->loop, &(struct http_options){ 0 }, &w->http), 0);
	w->values = g_hash_table_new(g_str_hash, g_str_equal);
	w->section = (struct config_section){ .kind = (char *)"matrix",
					      .name = (char *)"home",
					      .values = w->values };
	g_hash_table_insert(w->values, (char *)"user", (char *)"@kith:example.org");
	g_hash_table_insert(w->values, (char *)"device-name", (char *)"kith");
	w->token = g_strdup("t0");
	w->soft = true;
	w->account = (struct account){ .homeserver = (char *)fake_hs_url(w->hs),
				       .user = (char *)"@kith:example.org",
				       .device = (char *)"DEVICE",
				       .token = (char *)"t0",
				       .refresh_token = (char *)"r0" };
	open_api(w);
	*state = w;
	return 0;
}

static inline void forget_result(struct result *r)
{
	g_free(r->errcode);
	g_free(r->why);
	g_free(r->body);
	g_free(r->ok);
	*r = (struct result){ 0 };
}

static inline int tear_down(void **state)
{
	struct world *w = *state;

	api_free(w->api);
	http_free(w->http);
	fake_hs_free(w->hs);
	loop_free(w->loop);
	g_hash_table_unref(w->values);
	if (w->password_file)
		g_unlink(w->password_file);
	g_free(w->password_file);
	g_free(w->token);
	g_free(w->why);
	for (int i = 0; i < CALLS_MOST; i++)
		forget_result(&w->results[i]);
	g_free(w);
	return 0;
}

static inline void has_password(struct world *w)
{
	GError *error = NULL;
	int fd = g_file_open_tmp("kith-password-XXXXXX", &w->password_file, &error);

	assert_true(fd >= 0);
	g_close(fd, NULL);
	assert_true(g_file_set_contents(w->password_file, "hunter2\n", -1, NULL));
	g_hash_table_insert(w->values, (char *)"password-file", w->password_file);
}

static struct world *world; /* of the test that runs: a result knows only its own number */

static inline void answered(void *data, const struct api_answer *a)
{
	struct world *w = world;
	struct result *r = &w->results[GPOINTER_TO_UINT(data)];

	assert_false(r->told);
	forget_result(r);
	r->told = true;
	r->error = a->error;
	r->status = a->status;
	r->errcode = g_strdup(a->errcode);
	r->why = g_strdup(a->why);
	r->body = a->body ? g_strndup(a->body, a->bytes) : NULL;
	r->ok = span_text(span_get(a->json, "ok"));
	w->told++;
	then(w);
}

static inline struct api_call *begin(struct world *w, unsigned which, struct api_request r)
{
	world = w;
	forget_result(&w->results[which]);
	r.method = r.method ? r.method : "GET";
	r.path = r.path ? r.path : "v3/x";
	return api_send(w->api, &r, answered, GUINT_TO_POINTER(which));
}

static inline const struct result *ask(struct world *w, struct api_request r)
{
	begin(w, 0, r);
	assert_false(w->results[0].told);
	assert_true(fake_hs_until_set(w->hs, &w->results[0].told));
	return &w->results[0];
}

static inline void assert_fine(const struct result *r)
{
	if (r->error)
		fail_msg("error %d, status %d, %s", r->error, r->status, r->why);
	assert_string_equal(r->ok, "yes");
	assert_string_equal(r->errcode, "");
	assert_string_equal(r->why, "");
}

static inline unsigned asked(struct world *w, const char *path)
{
	return fake_hs_count(w->hs, NULL, path);
}

static inline int64_t now_us(void)
{
	return clock_real()->mono_us(clock_real());
}

static inline void begin_three(struct world *w)
{
	static const enum api_retry retries[] = { API_REPEAT, API_ONCE, API_PASSING };

	for (unsigned i = 0; i < 3; i++)
		begin(w, i, (struct api_request){ .method = "PUT", .retry = retries[i] });
}

#endif
