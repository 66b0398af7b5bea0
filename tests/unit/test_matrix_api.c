/* Requests in kith's name: what is final, what is waited out, and what callbacks may do. */
#include "api_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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
		TEST(api__done__frees_cancels_and_sends),
		TEST(api__dead__frees_it),
		TEST(api__end__frees_it),
		TEST(api__renewed__frees_it),
		TEST(api__failed_refresh__frees_it),
		cmocka_unit_test(api__pause__grows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
