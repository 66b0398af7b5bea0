/* Signing in: where, as whom, and why not. */
#include "transport/matrix/login.h"

#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "fake_hs.h"
#include "net/http.h"
#include "transport/matrix/account.h"
#include "transport/matrix/device_id.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define FLOWS    "{\"flows\":[{\"type\":\"m.login.sso\"},{\"type\":\"m.login.password\"}]}"
#define VERSIONS "{\"versions\":[\"v1.1\",\"v1.12\"]}"
#define SIGNED_IN                                                                \
	"{\"user_id\":\"@kith:example.org\",\"access_token\":\"syt_the_token\"," \
	"\"device_id\":\"FROMSERVER\"}"

/* What a path is answered with. */
struct page {
	const char *path; /* behind the slash, its query aside */
	const char *text;
	int status; /* 0: 200 */
	const char *headers;
};

struct world {
	struct loop *loop;
	struct fake_hs *hs;
	struct http *http;
	GHashTable *values;
	struct config_section section;
	struct login_wish wish;
	struct login *login;
	struct page pages[8]; /* the first that fits */
	const char *held;     /* the one that is not answered, NULL: none */
	size_t cut;           /* the answer to /login, 0: not */
	unsigned told;
	int error;
	struct account *account;
	char *why;
};

static void serve(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;

	for (unsigned i = 0; i < G_N_ELEMENTS(w->pages) && w->pages[i].path; i++) {
		const struct page *p = &w->pages[i];
		g_autofree char *method_and_path = g_strconcat(r->method, " ", r->path, NULL);
		if (!g_str_equal(p->path, method_and_path))
			continue;
		a->text = p->text;
		a->status = p->status;
		a->headers = p->headers;
		a->hold = w->held && g_str_equal(p->path, w->held);
		a->closes = w->cut && g_str_equal(r->method, "POST");
		a->close_at = w->cut;
		return;
	}
	hs_say(a, 404, "{\"errcode\":\"M_UNRECOGNIZED\",\"error\":\"Unknown\"}");
}

static void set_page(struct world *w, const char *path, int status, const char *text)
{
	unsigned i = 0;

	while (w->pages[i].path && !g_str_equal(w->pages[i].path, path))
		i++;
	assert_true(i < G_N_ELEMENTS(w->pages));
	w->pages[i] = (struct page){ path, text, status, NULL };
}

static void set_value(struct world *w, const char *key, const char *value)
{
	g_hash_table_insert(w->values, (char *)key, (char *)value);
}

#define VERSIONS_PAGE "GET /_matrix/client/versions"
#define FLOWS_PAGE    "GET /_matrix/client/v3/login"
#define LOGIN_PAGE    "POST /_matrix/client/v3/login"
#define WHOAMI_PAGE   "GET /_matrix/client/v3/account/whoami"
#define FINGER_PAGE   "GET /.well-known/matrix/client"

static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->loop = loop_new();
	w->hs = fake_hs_new(w->loop, serve, w);
	assert_int_equal(http_new(w->loop, &(struct http_options){ 0 }, &w->http), 0);
	w->values = g_hash_table_new(g_str_hash, g_str_equal);
	w->section = (struct config_section){ .kind = (char *)"matrix",
					      .name = (char *)"home",
					      .values = w->values };
	set_value(w, "homeserver", fake_hs_url(w->hs));
	set_value(w, "user", "@kith:example.org");
	set_value(w, "device-name", "kith");
	w->wish = (struct login_wish){ .section = &w->section,
				       .password = "hunter2",
				       .clock = clock_real() };
	set_page(w, VERSIONS_PAGE, 200, VERSIONS);
	set_page(w, FLOWS_PAGE, 200, FLOWS);
	set_page(w, LOGIN_PAGE, 200, SIGNED_IN);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	login_cancel(w->login);
	http_free(w->http);
	fake_hs_free(w->hs);
	loop_free(w->loop);
	g_hash_table_unref(w->values);
	account_free(w->account);
	g_free(w->why);
	g_free(w);
	return 0;
}

static void done(void *data, int error, struct account *a, const char *why, int64_t again_us)
{
	struct world *w = data;

	w->login = NULL;
	w->told++;
	w->error = error;
	account_free(w->account);
	w->account = a;
	g_free(w->why);
	w->why = g_strdup(why);
	/* Whatever it is, it is for everybody's eyes. */
	assert_null(strstr(why, "hunter2"));
	assert_null(strstr(why, "s3cret"));
	assert_true((a != NULL) == (error == 0));
}

static int try(struct world *w)
{
	unsigned before = w->told;

	w->login = login_start(w->http, &w->wish, done, w);
	assert_int_equal(w->told, before);
	assert_true(fake_hs_until_count(w->hs, &w->told, before + 1));
	return w->error;
}

static void assert_why(struct world *w, int error, const char *part)
{
	int got = try(w);

	if (got != error || !strstr(w->why, part))
		fail_msg("error %d for %d, %s for %s", got, error, w->why, part);
}

static void login__password__signs_in(void **state)
{
	struct world *w = *state;
	g_autofree char *url = g_strconcat(fake_hs_url(w->hs), "//", NULL);

	set_value(w, "homeserver", url);
	assert_int_equal(try(w), 0);
	assert_string_equal(w->account->homeserver, fake_hs_url(w->hs));
	assert_string_equal(w->account->user, "@kith:example.org");
	assert_string_equal(w->account->device, "FROMSERVER");
	assert_string_equal(w->account->token, "syt_the_token");
	assert_null(w->account->refresh_token);
	assert_int_equal(w->account->expires_at_us, 0);
	const struct hs_request *r = fake_hs_last(w->hs, "POST", "v3/login");
	g_autofree char *device = device_id_stable(&w->section);
	g_autofree char *want = g_strdup_printf(
		"{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\",\"user\":"
		"\"@kith:example.org\"},\"password\":\"hunter2\",\"device_id\":\"%s\","
		"\"initial_device_display_name\":\"kith\"}",
		device);
	assert_string_equal(r->body, want);
	assert_null(r->authorization);
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 1);
}

/* The same at each sign-in, also of later versions: or each of them would leave a device behind. */
static void login__device__is_stable(void **state)
{
	struct world *w = *state;
	g_autofree char *device = device_id_stable(&w->section);

	assert_string_equal(device, "KITHLNTYQYIQ");
	set_value(w, "device-name", "kith2");
	g_autofree char *second = device_id_stable(&w->section);
	assert_string_not_equal(second, device);
	set_value(w, "device-name", "kith");
	set_value(w, "user", "@kith:example.com");
	g_autofree char *third = device_id_stable(&w->section);
	assert_string_not_equal(third, device);
	set_value(w, "user", "@kith:example.org");
	w->wish.device = "ANOTHER";
	assert_int_equal(try(w), 0);
	assert_non_null(
		strstr(fake_hs_last(w->hs, "POST", "v3/login")->body, "\"device_id\":\"ANOTHER\""));
}

static void login__homeserver__is_known_already(void **state)
{
	struct world *w = *state;

	set_value(w, "homeserver", "http://127.0.0.1:1");
	w->wish.homeserver = fake_hs_url(w->hs);
	assert_int_equal(try(w), 0);
	assert_int_equal(fake_hs_count(w->hs, "GET", "/_matrix/client/versions"), 0);
}

static void login__homeserver__is_where_the_domain_says(void **state)
{
	struct world *w = *state;
	g_autofree char *url = g_strconcat(fake_hs_url(w->hs), "/base", NULL);
	g_autofree char *named = g_strdup_printf("{\"m.homeserver\":{\"base_url\":\"%s//\"}}", url);

	memset(w->pages, 0, sizeof(w->pages));
	w->pages[0] = (struct page){ FINGER_PAGE, "", 302, "Location: /elsewhere\r\n" };
	set_page(w, "GET /elsewhere", 200, named);
	set_page(w, "GET /base/_matrix/client/versions", 200, VERSIONS);
	set_page(w, "GET /base/_matrix/client/v3/login", 200, FLOWS);
	set_page(w, "POST /base/_matrix/client/v3/login", 200, SIGNED_IN);
	assert_int_equal(try(w), 0);
	assert_string_equal(w->account->homeserver, url);
}

static void login__homeserver__is_nowhere(void **state)
{
	struct world *w = *state;
	static const char *const pages[] = {
		"{\"m.homeserver\":{\"base_url\":\"ftp://example.org\"}}",
		"{\"m.homeserver\":{\"base_url\":\"https://a:b@127.0.0.1:1\"}}",
		"{\"m.homeserver\":{\"base_url\":\"https://127.0.0.1:1/?a\"}}",
		"{\"m.homeserver\":{\"base_url\":\"https://127.0.0.1:1/#a\"}}",
		"{\"m.homeserver\":{\"base_url\":\"https://127.0.0.1:1/ a\"}}",
		"{\"m.homeserver\":{\"base_url\":\"127.0.0.1\"}}",
		"{\"m.homeserver\":{\"base_url\":\"https:///x\"}}",
		"{\"m.homeserver\":{\"base_url\":\"\"}}",
		"{\"m.homeserver\":{\"base_url\":7}}",
		"{\"m.homeserver\":[]}",
		"[]",
		"<html>",
		"",
	};

	set_page(w, VERSIONS_PAGE, 200, "<html>hello");
	assert_why(w, -EPROTO, "is no homeserver; look at 'homeserver' in [matrix home]");
	for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
		set_page(w, FINGER_PAGE, 200, pages[i]);
		assert_why(w, -EPROTO, "is no homeserver");
	}
	/* It names one that is none either: nobody is asked a third time. */
	g_autofree char *again =
		g_strdup_printf("{\"m.homeserver\":{\"base_url\":\"%s\"}}", fake_hs_url(w->hs));
	set_page(w, FINGER_PAGE, 200, again);
	unsigned before = fake_hs_requests(w->hs)->len;
	assert_why(w, -EPROTO, "is no homeserver");
	assert_int_equal(fake_hs_requests(w->hs)->len, before + 3);
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 0);
}

static void login__homeserver__is_away(void **state)
{
	struct world *w = *state;

	set_page(w, VERSIONS_PAGE, 502, "<html>");
	assert_why(w, -EAGAIN, "cannot answer now (status 502");
	fake_hs_down(w->hs, true);
	assert_why(w, -EHOSTUNREACH, "cannot be reached");
	/* Nobody named one: the domain's own, without its port, over TLS. */
	g_hash_table_remove(w->values, "homeserver");
	set_value(w, "user", "@kith:localhost:1234");
	assert_why(w, -EHOSTUNREACH, "https://localhost cannot be reached");
	set_value(w, "user", "@kith:[::1]:1234");
	assert_why(w, -EHOSTUNREACH, "https://[::1] cannot be reached");
}

static void login__tls__is_none(void **state)
{
	struct world *w = *state;
	g_autofree char *url = g_strconcat("https", fake_hs_url(w->hs) + strlen("http"), NULL);

	set_value(w, "homeserver", url);
	w->login = login_start(w->http, &w->wish, done, w);
	/* What it says is no request: the server waits for more, until it has enough. */
	fake_hs_turn(w->hs, 100 * 1000);
	assert_int_equal(fake_hs_connections(w->hs), 1);
	fake_hs_hang_up(w->hs);
	assert_true(fake_hs_until_count(w->hs, &w->told, 1));
	assert_int_equal(w->error, -EPROTO);
	assert_non_null(strstr(w->why, "cannot be reached"));
}

static void login__refusal__is_told(void **state)
{
	struct world *w = *state;
	static const struct {
		int status;
		const char *text;
		int error;
		const char *why;
	} refusals[] = {
		{ 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"Invalid password\"}", -EACCES,
		  "does not take the password for @kith:example.org (M_FORBIDDEN: Invalid "
		  "password)" },
		{ 403, "{\"errcode\":\"M_USER_DEACTIVATED\"}", -EACCES, "was deactivated" },
		{ 401, "{\"errcode\":\"M_USER_LOCKED\",\"soft_logout\":true}", -EACCES,
		  "is locked" },
		{ 400, "{\"errcode\":\"M_UNKNOWN\",\"error\":\"Bad login type.\"}", -EACCES,
		  "M_UNKNOWN: Bad login type." },
		{ 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":61000}", -EAGAIN,
		  "try again in 62 seconds" },
		{ 429, "", -EAGAIN, "too many tries" },
		{ 500, "{\"errcode\":\"M_UNKNOWN\"}", -EAGAIN, "try again later" },
		{ 403, "<html>", -EPROTO, "is no homeserver (status 403" },
		{ 200, "<html>", -EPROTO, "is no homeserver (status 200" },
		{ 200, "{}", -EPROTO, "names no account" },
		{ 200, "{\"user_id\":7,\"access_token\":\"t\",\"device_id\":\"D\"}", -EPROTO,
		  "names no account" },
		{ 200, "{\"user_id\":\"@kith:example.org\",\"device_id\":\"D\"}", -EPROTO,
		  "names no account" },
		{ 200,
		  "{\"user_id\":\"@kith:example.org\",\"device_id\":\"D\",\"access_token\":"
		  "\"t\\r\\nX: y\"}",
		  -EPROTO, "names no account" },
		{ 200,
		  "{\"user_id\":\"@ana:example.org\\n\",\"device_id\":\"D\",\"access_token\":"
		  "\"t\"}",
		  -EACCES, "for @ana:example.org\\n, not for @kith:example.org" },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(refusals); i++) {
		set_page(w, LOGIN_PAGE, refusals[i].status, refusals[i].text);
		assert_why(w, refusals[i].error, refusals[i].why);
	}
}

static void login__flows__have_no_password(void **state)
{
	struct world *w = *state;
	static const char *const flows[] = { "{\"flows\":[{\"type\":\"m.login.sso\"}]}",
					     "{\"flows\":{}}", "{\"flows\":[7,null,\"x\"]}", "{}" };

	for (unsigned i = 0; i < G_N_ELEMENTS(flows); i++) {
		set_page(w, FLOWS_PAGE, 200, flows[i]);
		assert_why(w, -EACCES, "put it into token-file in [matrix home]");
	}
	set_page(w, FLOWS_PAGE, 404, "{\"errcode\":\"M_UNRECOGNIZED\"}");
	assert_why(w, -EACCES, "lets nobody sign in with a password");
	set_page(w, FLOWS_PAGE, 429, "{}");
	assert_why(w, -EAGAIN, "too many tries");
	/* The password is for nobody else. */
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 0);
}

static void login__token__is_whose(void **state)
{
	struct world *w = *state;

	w->wish.password = NULL;
	w->wish.token = "s3cret";
	set_page(w, WHOAMI_PAGE, 200,
		 "{\"user_id\":\"@Kith:example.org\",\"device_id\":\"ITSOWN\"}");
	assert_int_equal(try(w), 0);
	assert_string_equal(fake_hs_last(w->hs, "GET", "v3/account/whoami")->authorization,
			    "Bearer s3cret");
	assert_null(fake_hs_last(w->hs, "GET", "versions")->authorization);
	assert_string_equal(w->account->user, "@Kith:example.org");
	assert_string_equal(w->account->device, "ITSOWN");
	assert_string_equal(w->account->token, "s3cret");
	set_page(w, WHOAMI_PAGE, 200, "{\"user_id\":\"@kith:example.org\"}");
	assert_int_equal(try(w), 0);
	assert_string_equal(w->account->device, "");
	set_page(w, WHOAMI_PAGE, 200, "{\"user_id\":\"@ana:example.org\"}");
	assert_why(w, -EACCES, "for @ana:example.org, not for @kith:example.org");
	assert_non_null(strstr(w->why, "token-file"));
	set_page(w, WHOAMI_PAGE, 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"Bad\"}");
	assert_why(w, -EACCES, "does not take the access token (M_UNKNOWN_TOKEN: Bad)");
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 0);
}

static void login__neither__only_finds_the_homeserver(void **state)
{
	struct world *w = *state;

	w->wish.password = NULL;
	assert_int_equal(try(w), 0);
	assert_string_equal(w->account->homeserver, fake_hs_url(w->hs));
	assert_string_equal(w->account->user, "@kith:example.org");
	assert_null(w->account->token);
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 0);
	set_page(w, FLOWS_PAGE, 200, "{\"flows\":[{\"type\":\"m.login.sso\"}]}");
	assert_why(w, -EACCES, "put it into token-file");
}

#define ENDING                                                                     \
	"{\"user_id\":\"@kith:example.org\",\"access_token\":\"t\",\"device_id\":" \
	"\"D\",\"expires_in_ms\":60000"

static void login__refresh_token__is_asked_for_where_it_helps(void **state)
{
	struct world *w = *state;

	/* With a password at hand, a token that ends is of no harm. */
	set_value(w, "password-file", "/nonexistent");
	set_page(w, LOGIN_PAGE, 200, ENDING "}");
	assert_int_equal(try(w), 0);
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 1);
	int64_t left_us = w->account->expires_at_us - clock_real()->wall_us(clock_real());
	assert_in_range(left_us, 50 * CLOCK_US_PER_SECOND, 60 * CLOCK_US_PER_SECOND);
	assert_null(strstr(fake_hs_last(w->hs, "POST", NULL)->body, "refresh_token"));
	g_hash_table_remove(w->values, "password-file");
	assert_int_equal(try(w), 0);
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 3);
	assert_non_null(strstr(fake_hs_last(w->hs, "POST", NULL)->body, "\"refresh_token\":true"));
	/* Nobody knows what time it is. */
	w->wish.clock = NULL;
	set_page(w, LOGIN_PAGE, 200, ENDING ",\"refresh_token\":\"r\"}");
	assert_int_equal(try(w), 0);
	assert_string_equal(w->account->refresh_token, "r");
	assert_int_equal(w->account->expires_at_us, 0);
	assert_int_equal(fake_hs_count(w->hs, "POST", NULL), 4);
}

static void login__connection__breaks(void **state)
{
	struct world *w = *state;

	for (w->cut = 10; try(w) != 0; w->cut += 10)
		assert_int_equal(w->error, -EHOSTUNREACH);
	assert_in_range(w->cut, 150, 300);
}

static void login__cancel__calls_nobody(void **state)
{
	struct world *w = *state;

	static const char *const held[] = { VERSIONS_PAGE, FLOWS_PAGE, LOGIN_PAGE };

	for (unsigned i = 0; i < G_N_ELEMENTS(held); i++) {
		unsigned before = fake_hs_requests(w->hs)->len;
		w->held = held[i];
		w->login = login_start(w->http, &w->wish, done, w);
		assert_true(fake_hs_until_requests(w->hs, before + i + 1));
		login_cancel(g_steal_pointer(&w->login));
		fake_hs_turn(w->hs, 10 * 1000);
	}
	assert_int_equal(w->told, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(login__password__signs_in),
		TEST(login__device__is_stable),
		TEST(login__homeserver__is_known_already),
		TEST(login__homeserver__is_where_the_domain_says),
		TEST(login__homeserver__is_nowhere),
		TEST(login__homeserver__is_away),
		TEST(login__tls__is_none),
		TEST(login__refusal__is_told),
		TEST(login__flows__have_no_password),
		TEST(login__token__is_whose),
		TEST(login__neither__only_finds_the_homeserver),
		TEST(login__refresh_token__is_asked_for_where_it_helps),
		TEST(login__connection__breaks),
		TEST(login__cancel__calls_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
