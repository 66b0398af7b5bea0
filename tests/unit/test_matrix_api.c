/* Requests in kith's name, against a homeserver that limits, fails, and ends sessions. */
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
enum gives { TOKEN, HARD, SOFT, FORBIDDEN, BROKEN, NOTHING, EVIL };

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

static void give(struct world *w, struct hs_answer *a, enum gives what)
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

static void serve(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	g_autofree char *bearer = g_strconcat("Bearer ", w->token, NULL);

	if (hs_is(r, "POST", "v3/refresh")) {
		give(w, a, w->refresh);
	} else if (hs_is(r, "GET", "v3/login")) {
		hs_say(a, 200, "{\"flows\":[{\"type\":\"m.login.password\"}]}");
	} else if (hs_is(r, "POST", "v3/login")) {
		give(w, a, w->login);
	} else if (w->never || g_strcmp0(r->authorization, bearer) != 0) {
		hs_say(a, 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"No\"%s}",
		       w->soft ? ",\"soft_logout\":true" : "");
	} else if (w->handler) {
		w->handler(w, r, a);
	} else {
		a->text = "{\"ok\":\"yes\"}";
	}
}

static void then(struct world *w)
{
	void (*meanwhile)(struct world * w) = w->meanwhile;

	w->meanwhile = NULL;
	if (meanwhile)
		meanwhile(w);
}

static void renewed(void *data, const struct account *a)
{
	struct world *w = data;

	w->renewals++;
	assert_string_equal(a->token, w->token);
	assert_string_equal(a->device, "DEVICE");
	w->requests_at_renewal = fake_hs_requests(w->hs)->len;
	then(w);
}

static void dead(void *data, const char *why)
{
	struct world *w = data;

	w->deaths++;
	g_free(w->why);
	w->why = g_strdup(why);
	then(w);
}

static void open_api(struct world *w)
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

static int set_up(void **state)
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

static void forget_result(struct result *r)
{
	g_free(r->errcode);
	g_free(r->why);
	g_free(r->body);
	g_free(r->ok);
	*r = (struct result){ 0 };
}

static int tear_down(void **state)
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

static void has_password(struct world *w)
{
	GError *error = NULL;
	int fd = g_file_open_tmp("kith-password-XXXXXX", &w->password_file, &error);

	assert_true(fd >= 0);
	g_close(fd, NULL);
	assert_true(g_file_set_contents(w->password_file, "hunter2\n", -1, NULL));
	g_hash_table_insert(w->values, (char *)"password-file", w->password_file);
}

static struct world *world; /* of the test that runs: a result knows only its own number */

static void answered(void *data, const struct api_answer *a)
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

static struct api_call *begin(struct world *w, unsigned which, struct api_request r)
{
	world = w;
	forget_result(&w->results[which]);
	r.method = r.method ? r.method : "GET";
	r.path = r.path ? r.path : "v3/x";
	return api_send(w->api, &r, answered, GUINT_TO_POINTER(which));
}

static const struct result *ask(struct world *w, struct api_request r)
{
	begin(w, 0, r);
	assert_false(w->results[0].told);
	assert_true(fake_hs_until_set(w->hs, &w->results[0].told));
	return &w->results[0];
}

static void assert_fine(const struct result *r)
{
	if (r->error)
		fail_msg("error %d, status %d, %s", r->error, r->status, r->why);
	assert_string_equal(r->ok, "yes");
	assert_string_equal(r->errcode, "");
	assert_string_equal(r->why, "");
}

static unsigned asked(struct world *w, const char *path)
{
	return fake_hs_count(w->hs, NULL, path);
}

static int64_t now_us(void)
{
	return clock_real()->mono_us(clock_real());
}

/*
 * Answers
 */

static void api__request__is_in_kiths_name(void **state)
{
	struct world *w = *state;

	assert_fine(
		ask(w, (struct api_request){ .method = "PUT",
					     .path = "v3/rooms/%21a/send/m.x/k?a=b",
					     .body = json_pack("{s:s}", "body", "h\xc3\xa9") }));
	const struct hs_request *r = fake_hs_last(w->hs, "PUT", "v3/rooms/%21a/send/m.x/k?a=b");
	assert_non_null(r);
	assert_string_equal(r->authorization, "Bearer t0");
	assert_string_equal(r->body, "{\"body\":\"h\xc3\xa9\"}");
	assert_string_equal(api_account(w->api)->user, "@kith:example.org");
}

static void refuse(void *data, const struct hs_request *r, struct hs_answer *a)
{
	hs_say(a, 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not\\n\\u001b[31m here\"}");
}

static void api__refusal__is_final(void **state)
{
	struct world *w = *state;

	w->handler = refuse;
	const struct result *r = ask(w, (struct api_request){ 0 });
	assert_int_equal(r->error, -EREMOTEIO);
	assert_int_equal(r->status, 403);
	assert_string_equal(r->errcode, "M_FORBIDDEN");
	assert_string_equal(r->why, "M_FORBIDDEN: not [31m here");
	assert_int_equal(asked(w, "v3/x"), 1);
}

static void show_a_page(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;

	if (w->seen++ > 0) {
		a->text = "{\"ok\":\"yes\"}";
		return;
	}
	a->type = "text/html";
	a->status = g_str_has_suffix(r->path, "404") ? 404 : 200;
	a->text = "<html>";
}

static void api__page__is_no_answer(void **state)
{
	struct world *w = *state;
	const struct result *r;

	w->handler = show_a_page;
	r = ask(w, (struct api_request){ .path = "v3/404" });
	assert_int_equal(r->error, -EREMOTEIO);
	assert_string_equal(r->errcode, "");
	assert_string_equal(r->why, "status 404 with text/html");
	w->seen = 0;
	r = ask(w, (struct api_request){ .retry = API_ONCE });
	assert_int_equal(r->error, -EBADMSG);
	assert_string_equal(r->why, "status 200 with text/html");
	w->seen = 0;
	assert_fine(ask(w, (struct api_request){ .retry = API_REPEAT }));
	/* Whoever reads it alone gets what came. */
	w->seen = 0;
	r = ask(w, (struct api_request){ .retry = API_ONCE, .raw = true });
	assert_int_equal(r->error, 0);
	assert_string_equal(r->body, "<html>");
	assert_null(r->ok);
}

static void fail_at_first(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;

	if (w->seen++ > 0)
		a->text = "{\"ok\":\"yes\"}";
	else if (g_str_has_suffix(r->path, "lost"))
		a->closes = true;
	else if (g_str_has_suffix(r->path, "locked"))
		hs_say(a, 401, "{\"errcode\":\"M_USER_LOCKED\",\"soft_logout\":true}");
	else
		hs_say(a, 502, "{\"errcode\":\"M_UNKNOWN\",\"error\":\"down\"}");
}

static void api__failure__is_waited_out_where_that_is_asked(void **state)
{
	struct world *w = *state;
	static const char *const paths[] = { "v3/lost", "v3/down", "v3/locked" };

	w->handler = fail_at_first;
	for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
		w->seen = 0;
		assert_fine(ask(w, (struct api_request){ .path = paths[i] }));
		assert_int_equal(w->seen, 2);
		for (enum api_retry retry = API_ONCE; retry <= API_PASSING; retry++) {
			w->seen = 0;
			/* The connection is kept open, and found closed, by the first alone. */
			if (retry == API_PASSING)
				fake_hs_hang_up(w->hs);
			fake_hs_turn(w->hs, 10 * 1000);
			const struct result *r = ask(w, (struct api_request){ .method = "POST",
									      .path = paths[i],
									      .retry = retry });
			assert_int_equal(r->error, i == 0 ? -EIO : -EREMOTEIO);
			assert_true(*r->why);
			assert_int_equal(w->seen, 1);
		}
	}
	assert_int_equal(w->deaths, 0);
}

static void hold(void *data, const struct hs_request *r, struct hs_answer *a)
{
	a->hold = true;
}

static void always_down(void *data, const struct hs_request *r, struct hs_answer *a)
{
	a->status = 500;
}

static void api__time__is_up(void **state)
{
	struct world *w = *state;
	const struct result *r;
	int64_t before_us = now_us();

	w->handler = hold;
	r = ask(w, (struct api_request){ .within_us = 100 * 1000 });
	assert_int_equal(r->error, -ETIMEDOUT);
	/* One try's time is not that of all. */
	r = ask(w, (struct api_request){ .retry = API_ONCE, .answer_us = 100 * 1000 });
	assert_int_equal(r->error, -ETIMEDOUT);
	w->handler = always_down;
	r = ask(w, (struct api_request){ .within_us = 100 * 1000 });
	assert_int_equal(r->error, -EREMOTEIO);
	assert_int_equal(r->status, 500);
	assert_in_range(now_us() - before_us, 200 * 1000, 5 * CLOCK_US_PER_SECOND);
}

static void long_answer(void *data, const struct hs_request *r, struct hs_answer *a)
{
	a->text = "{\"ok\":\"yes\",\"more\":\"............\"}";
}

static void api__answer__longer_than_allowed_is_final(void **state)
{
	struct world *w = *state;

	w->handler = long_answer;
	assert_fine(ask(w, (struct api_request){ .bytes_most = 100 }));
	const struct result *r = ask(w, (struct api_request){ .bytes_most = 20 });
	assert_int_equal(r->error, -EMSGSIZE);
	assert_int_equal(w->told, 2);
}

/*
 * Rate limiting
 */

static void limit(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;

	if (w->seen++ > 0) {
		a->text = "{\"ok\":\"yes\"}";
		return;
	}
	hs_say(a, 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\"%s}",
	       g_str_has_prefix(r->path, "/_matrix/client/v3/body") ? ",\"retry_after_ms\":300"
								    : "");
	if (g_str_has_suffix(r->path, "header"))
		a->headers = "Retry-After: 1\r\n";
}

static void assert_waits(struct world *w, const char *path, int64_t least_ms, int64_t most_ms)
{
	int64_t before_us = now_us();

	w->seen = 0;
	assert_fine(ask(w, (struct api_request){ .path = path, .retry = API_ONCE }));
	assert_int_equal(w->seen, 2);
	assert_in_range(now_us() - before_us, least_ms * 1000, most_ms * 1000);
}

static void api__limit__is_waited_out(void **state)
{
	struct world *w = *state;

	w->handler = limit;
	assert_waits(w, "v3/body", 300, 900);
	assert_waits(w, "v3/header", 1000, 2500);
	/* The header has the last word. */
	assert_waits(w, "v3/body/header", 1000, 2500);
	/* Nobody says how long. */
	assert_waits(w, "v3/nothing", 500, 2500);
	w->seen = 0;
	const struct result *r =
		ask(w, (struct api_request){ .path = "v3/body", .retry = API_PASSING });
	assert_int_equal(r->error, -EREMOTEIO);
	assert_string_equal(r->errcode, "M_LIMIT_EXCEEDED");
	/* It would be too late. */
	w->seen = 0;
	r = ask(w, (struct api_request){ .path = "v3/header", .within_us = 500 * 1000 });
	assert_int_equal(r->error, -EREMOTEIO);
	assert_int_equal(r->status, 429);
}

static void always_at_once(void *data, const struct hs_request *r, struct hs_answer *a)
{
	a->status = 429;
	a->headers = "Retry-After: 0\r\n";
}

static void api__limit__without_a_pause_is_no_storm(void **state)
{
	struct world *w = *state;

	w->handler = always_at_once;
	begin(w, 0, (struct api_request){ 0 });
	fake_hs_turn(w->hs, CLOCK_US_PER_SECOND);
	assert_in_range(asked(w, "v3/x"), 2, 8);
}

static void api__pause__grows(void **state)
{
	for (unsigned failures = 0; failures < 200; failures++) {
		int64_t most_us = failures < 2   ? CLOCK_US_PER_SECOND
				  : failures < 7 ? CLOCK_US_PER_SECOND << (failures - 1)
						 : CLOCK_US_PER_MINUTE;
		assert_in_range(api_pause_us(failures), most_us / 2, most_us);
	}
}

/*
 * Tokens
 */

static void begin_three(struct world *w)
{
	static const enum api_retry retries[] = { API_REPEAT, API_ONCE, API_PASSING };

	for (unsigned i = 0; i < 3; i++)
		begin(w, i, (struct api_request){ .method = "PUT", .retry = retries[i] });
}

static void assert_three_fine(struct world *w)
{
	assert_true(fake_hs_until_count(w->hs, &w->told, 3));
	for (unsigned i = 0; i < 3; i++)
		assert_fine(&w->results[i]);
}

static void api__token__ends_under_three_requests(void **state)
{
	struct world *w = *state;

	/* The server does not take it any more when they arrive. */
	g_free(w->token);
	w->token = g_strdup("another");
	begin_three(w);
	assert_three_fine(w);
	assert_int_equal(asked(w, "v3/refresh"), 1);
	assert_int_equal(asked(w, "v3/x"), 6);
	assert_int_equal(w->renewals, 1);
	/* It was kept before it was used. */
	assert_int_equal(w->requests_at_renewal, 4);
	assert_string_equal(fake_hs_last(w->hs, "POST", "v3/refresh")->body,
			    "{\"refresh_token\":\"r0\"}");
	assert_null(fake_hs_last(w->hs, "POST", "v3/refresh")->authorization);
	assert_string_equal(api_account(w->api)->token, "t1");
	/* None was given with it: the old one stays. */
	assert_string_equal(api_account(w->api)->refresh_token, "r0");
	assert_int_equal(w->deaths, 0);
}

static void hold_then_refuse_old(void *data, const struct hs_request *r, struct hs_answer *a)
{
	a->hold = g_str_equal(r->path, "/_matrix/client/v3/held") &&
		  g_str_equal(r->authorization, "Bearer t0");
	a->text = "{\"ok\":\"yes\"}";
}

/* A long poll that is told late that its token is not the one any more. */
static void api__old_token__is_refused_late(void **state)
{
	struct world *w = *state;

	w->handler = hold_then_refuse_old;
	begin(w, 1, (struct api_request){ .path = "v3/held", .retry = API_ONCE });
	assert_true(fake_hs_until_requests(w->hs, 1));
	g_free(w->token);
	w->token = g_strdup("another");
	assert_fine(ask(w, (struct api_request){ 0 }));
	struct hs_answer late = { 0 };
	give(w, &late, SOFT);
	assert_true(fake_hs_answer(w->hs, 0, &late));
	assert_true(fake_hs_until_set(w->hs, &w->results[1].told));
	assert_fine(&w->results[1]);
	assert_int_equal(asked(w, "v3/refresh"), 1);
	assert_int_equal(asked(w, "v3/held"), 2);
}

static void api__refresh_token__is_replaced(void **state)
{
	struct world *w = *state;

	w->rotates = true;
	for (unsigned i = 1; i <= 2; i++) {
		/* Tokens that hold no longer than that would have to wait. */
		fake_hs_turn(w->hs, 1100 * 1000);
		g_free(w->token);
		w->token = g_strdup("another");
		assert_fine(ask(w, (struct api_request){ 0 }));
	}
	assert_string_equal(fake_hs_last(w->hs, "POST", "v3/refresh")->body,
			    "{\"refresh_token\":\"r1\"}");
	assert_string_equal(api_account(w->api)->refresh_token, "r2");
}

static void api__token__is_refreshed_before_it_ends(void **state)
{
	struct world *w = *state;

	w->account.expires_at_us = clock_real()->wall_us(clock_real()) + 400 * 1000;
	w->expires_ms = 1000 * 1000;
	open_api(w);
	int64_t before_us = now_us();
	assert_true(fake_hs_until_count(w->hs, &w->renewals, 1));
	assert_in_range(now_us() - before_us, 250 * 1000, 400 * 1000);
	assert_fine(ask(w, (struct api_request){ 0 }));
	assert_int_equal(asked(w, "v3/x"), 1);
	assert_int_equal(asked(w, "v3/refresh"), 1);
	int64_t left_us = api_account(w->api)->expires_at_us - clock_real()->wall_us(clock_real());
	assert_in_range(left_us, 990 * CLOCK_US_PER_SECOND, 1000 * CLOCK_US_PER_SECOND);
}

static void api__token__ended_while_kith_was_away(void **state)
{
	struct world *w = *state;

	w->account.expires_at_us = 1;
	open_api(w);
	assert_fine(ask(w, (struct api_request){ 0 }));
	/* The old one was not even tried. */
	assert_int_equal(asked(w, "v3/x"), 1);
	assert_int_equal(asked(w, "v3/refresh"), 1);
}

static void fail_refresh_meanwhile(struct world *w)
{
	w->refresh = TOKEN;
}

static void api__refresh__fails_for_now(void **state)
{
	struct world *w = *state;
	static const enum gives fails[] = { BROKEN, NOTHING, EVIL };

	for (unsigned i = 0; i < G_N_ELEMENTS(fails); i++) {
		w->account.expires_at_us = 1;
		w->refresh = fails[i];
		w->told = 0;
		open_api(w);
		/* The first that is told of it is who cannot wait. */
		w->meanwhile = fail_refresh_meanwhile;
		begin_three(w);
		assert_true(fake_hs_until_count(w->hs, &w->told, 3));
		assert_fine(&w->results[0]);
		assert_int_equal(w->results[1].error, -EREMOTEIO);
		assert_int_equal(w->results[2].error, -EREMOTEIO);
		assert_true(*w->results[1].why);
	}
	assert_null(fake_hs_last(w->hs, "GET", "v3/login"));
	assert_int_equal(w->deaths, 0);
}

static void api__refresh__waits_no_longer_than_allowed(void **state)
{
	struct world *w = *state;

	w->account.expires_at_us = 1;
	w->refresh = BROKEN;
	open_api(w);
	const struct result *r = ask(w, (struct api_request){ .within_us = 100 * 1000 });
	assert_int_equal(r->error, -ETIMEDOUT);
}

static void assert_signed_in_again(struct world *w)
{
	assert_fine(ask(w, (struct api_request){ .retry = API_ONCE }));
	const struct hs_request *r = fake_hs_last(w->hs, "POST", "v3/login");
	assert_non_null(r);
	assert_non_null(strstr(r->body, "\"hunter2\""));
	assert_non_null(strstr(r->body, "\"device_id\":\"DEVICE\""));
	assert_int_equal(w->renewals, 1);
	assert_int_equal(w->deaths, 0);
}

static void api__soft_logout__signs_in_again(void **state)
{
	struct world *w = *state;

	has_password(w);
	w->account.refresh_token = NULL;
	open_api(w);
	g_free(w->token);
	w->token = g_strdup("another");
	assert_signed_in_again(w);
	assert_int_equal(asked(w, "v3/refresh"), 0);
}

static void api__refresh__is_refused_with_a_password(void **state)
{
	struct world *w = *state;

	has_password(w);
	g_free(w->token);
	w->token = g_strdup("another");
	w->refresh = FORBIDDEN;
	assert_signed_in_again(w);
}

static void api__refresh__is_softly_refused_with_a_password(void **state)
{
	struct world *w = *state;

	has_password(w);
	g_free(w->token);
	w->token = g_strdup("another");
	w->refresh = SOFT;
	assert_signed_in_again(w);
}

static void assert_dies(struct world *w, const char *why)
{
	begin_three(w);
	assert_true(fake_hs_until_count(w->hs, &w->told, 3));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(w->results[i].error, -EACCES);
	assert_int_equal(w->deaths, 1);
	if (!strstr(w->why, why))
		fail_msg("%s", w->why);
	/* Nor will it be otherwise later. */
	unsigned before = fake_hs_requests(w->hs)->len;
	const struct result *r = ask(w, (struct api_request){ 0 });
	assert_int_equal(r->error, -EACCES);
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(fake_hs_requests(w->hs)->len, before);
	assert_int_equal(w->deaths, 1);
	assert_int_equal(w->renewals, 0);
}

static void api__soft_logout__without_a_password(void **state)
{
	struct world *w = *state;

	w->account.refresh_token = NULL;
	open_api(w);
	w->never = true;
	assert_dies(w, "M_UNKNOWN_TOKEN");
}

static void api__refresh__is_refused_without_a_password(void **state)
{
	struct world *w = *state;

	w->never = true;
	w->refresh = FORBIDDEN;
	assert_dies(w, "M_FORBIDDEN: Not you");
}

static void api__soft_logout__password_is_another_now(void **state)
{
	struct world *w = *state;

	has_password(w);
	w->account.refresh_token = NULL;
	open_api(w);
	w->never = true;
	w->login = FORBIDDEN;
	assert_dies(w, "does not take the password");
}

/* The server has forgotten the session: nothing of it may be used again. */
static void api__hard_logout__is_the_end(void **state)
{
	struct world *w = *state;

	has_password(w);
	w->never = true;
	w->soft = false;
	assert_dies(w, "M_UNKNOWN_TOKEN: No");
	assert_int_equal(asked(w, "v3/refresh"), 0);
	assert_int_equal(asked(w, "v3/login"), 0);
}

static void api__refresh__is_for_a_session_unknown(void **state)
{
	struct world *w = *state;

	has_password(w);
	w->never = true;
	w->refresh = HARD;
	assert_dies(w, "No such session");
	assert_int_equal(asked(w, "v3/login"), 0);
}

static void deactivated(void *data, const struct hs_request *r, struct hs_answer *a)
{
	hs_say(a, 403, "{\"errcode\":\"M_USER_DEACTIVATED\",\"error\":\"gone\"}");
}

static void api__user__is_deactivated(void **state)
{
	struct world *w = *state;

	w->handler = deactivated;
	assert_dies(w, "M_USER_DEACTIVATED: gone");
}

static void api__tokens__that_never_hold(void **state)
{
	struct world *w = *state;

	w->never = true;
	begin(w, 0, (struct api_request){ 0 });
	fake_hs_turn(w->hs, CLOCK_US_PER_SECOND);
	assert_in_range(asked(w, "v3/refresh"), 1, 3);
	assert_in_range(asked(w, "v3/x"), 2, 5);
	assert_false(w->results[0].told);
}

/*
 * Whatever happens in a callback
 */

static void free_api(struct world *w)
{
	api_free(g_steal_pointer(&w->api));
}

static void cancel_others(struct world *w)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(w->others); i++)
		api_cancel(g_steal_pointer(&w->others[i]));
}

static void send_more(struct world *w)
{
	begin(w, 5, (struct api_request){ 0 });
}

static void hold_others(void *data, const struct hs_request *r, struct hs_answer *a)
{
	a->hold = g_str_has_suffix(r->path, "held");
	a->text = "{\"ok\":\"yes\"}";
}

static void begin_others(struct world *w)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(w->others); i++)
		w->others[i] = begin(w, i + 1, (struct api_request){ .path = "v3/held" });
	assert_true(fake_hs_until_requests(w->hs, G_N_ELEMENTS(w->others)));
}

static void api__done__frees_cancels_and_sends(void **state)
{
	struct world *w = *state;

	w->handler = hold_others;
	w->meanwhile = send_more;
	assert_fine(ask(w, (struct api_request){ 0 }));
	assert_true(fake_hs_until_set(w->hs, &w->results[5].told));
	fake_hs_hang_up(w->hs);
	begin_others(w);
	w->meanwhile = cancel_others;
	w->told = 0;
	assert_fine(ask(w, (struct api_request){ 0 }));
	begin_others(w);
	w->meanwhile = free_api;
	assert_fine(ask(w, (struct api_request){ 0 }));
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(w->told, 2);
}

static void api__dead__frees_it(void **state)
{
	struct world *w = *state;

	w->never = true;
	w->soft = false;
	w->meanwhile = free_api;
	begin_three(w);
	assert_true(fake_hs_until_count(w->hs, &w->deaths, 1));
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(w->told, 0);
	assert_null(w->api);
}

static void api__end__frees_it(void **state)
{
	struct world *w = *state;

	w->never = true;
	w->soft = false;
	begin_three(w);
	assert_true(fake_hs_until_requests(w->hs, 3));
	/* Not `dead`, but the first that ends by it. */
	w->meanwhile = NULL;
	assert_true(fake_hs_until_count(w->hs, &w->deaths, 1));
	assert_true(fake_hs_until_count(w->hs, &w->told, 3));
	w->meanwhile = free_api;
	ask(w, (struct api_request){ 0 });
	assert_null(w->api);
}

static void api__renewed__frees_it(void **state)
{
	struct world *w = *state;

	w->account.expires_at_us = 1;
	open_api(w);
	w->meanwhile = free_api;
	begin_three(w);
	assert_true(fake_hs_until_count(w->hs, &w->renewals, 1));
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(w->told, 0);
	assert_null(w->api);
}

static void api__failed_refresh__frees_it(void **state)
{
	struct world *w = *state;

	w->account.expires_at_us = 1;
	w->refresh = BROKEN;
	open_api(w);
	w->meanwhile = free_api;
	begin_three(w);
	assert_true(fake_hs_until_count(w->hs, &w->told, 1));
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(w->told, 1);
	assert_null(w->api);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(api__request__is_in_kiths_name),
		TEST(api__refusal__is_final),
		TEST(api__page__is_no_answer),
		TEST(api__failure__is_waited_out_where_that_is_asked),
		TEST(api__time__is_up),
		TEST(api__answer__longer_than_allowed_is_final),
		TEST(api__limit__is_waited_out),
		TEST(api__limit__without_a_pause_is_no_storm),
		cmocka_unit_test(api__pause__grows),
		TEST(api__token__ends_under_three_requests),
		TEST(api__old_token__is_refused_late),
		TEST(api__refresh_token__is_replaced),
		TEST(api__token__is_refreshed_before_it_ends),
		TEST(api__token__ended_while_kith_was_away),
		TEST(api__refresh__fails_for_now),
		TEST(api__refresh__waits_no_longer_than_allowed),
		TEST(api__soft_logout__signs_in_again),
		TEST(api__refresh__is_refused_with_a_password),
		TEST(api__refresh__is_softly_refused_with_a_password),
		TEST(api__soft_logout__without_a_password),
		TEST(api__refresh__is_refused_without_a_password),
		TEST(api__soft_logout__password_is_another_now),
		TEST(api__hard_logout__is_the_end),
		TEST(api__refresh__is_for_a_session_unknown),
		TEST(api__user__is_deactivated),
		TEST(api__tokens__that_never_hold),
		TEST(api__done__frees_cancels_and_sends),
		TEST(api__dead__frees_it),
		TEST(api__end__frees_it),
		TEST(api__renewed__frees_it),
		TEST(api__failed_refresh__frees_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
