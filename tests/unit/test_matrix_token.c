/* The token of a session: refreshed, had again, or lost. */
#include "api_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_three_fine(struct world *w)
{
	assert_true(fake_hs_until_count(w->hs, &w->told, 3));
	for (unsigned i = 0; i < 3; i++)
		assert_fine(&w->results[i]);
}

static void token__token__ends_under_three_requests(void **state)
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
static void token__old_token__is_refused_late(void **state)
{
	struct world *w = *state;

	w->handler = hold_then_refuse_old;
	begin(w, 1, (struct api_request){ .path = "v3/held", .retry = API_ONCE });
	assert_true(fake_hs_until_requests(w->hs, 1));
	g_free(w->token);
	w->token = g_strdup("another");
	assert_fine(ask(w, (struct api_request){ 0 }));
	struct hs_answer late = { 0 };
	world_give(w, &late, SOFT);
	assert_true(fake_hs_answer(w->hs, 0, &late));
	assert_true(fake_hs_until_set(w->hs, &w->results[1].told));
	assert_fine(&w->results[1]);
	assert_int_equal(asked(w, "v3/refresh"), 1);
	assert_int_equal(asked(w, "v3/held"), 2);
}

static void token__refresh_token__is_replaced(void **state)
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

static void token__token__is_refreshed_before_it_ends(void **state)
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

static void token__token__ended_while_kith_was_away(void **state)
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

/* Nobody can use such a token, and asking for another again and again mends nothing. */
static void token__token__is_over_at_once(void **state)
{
	struct world *w = *state;

	w->account.expires_at_us = 1;
	w->expires_ms = 1;
	open_api(w);
	assert_fine(ask(w, (struct api_request){ 0 }));
	fake_hs_turn(w->hs, 1200 * 1000);
	assert_fine(ask(w, (struct api_request){ 0 }));
	assert_int_equal(asked(w, "v3/refresh"), 1);
}

static void token__refresh__fails_for_now(void **state)
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

static void token__refresh__waits_no_longer_than_allowed(void **state)
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

static void token__soft_logout__signs_in_again(void **state)
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

static void token__soft_logout__signs_in_when_it_may(void **state)
{
	struct world *w = *state;

	has_password(w);
	w->account.refresh_token = NULL;
	w->login = LIMITED;
	open_api(w);
	g_free(w->token);
	w->token = g_strdup("another");
	int64_t before_us = now_us();
	assert_fine(ask(w, (struct api_request){ 0 }));
	assert_true(now_us() - before_us >= 1500 * 1000);
	assert_int_equal(fake_hs_count(w->hs, "POST", "v3/login"), 2);
}

static void token__refresh__is_refused_with_a_password(void **state)
{
	struct world *w = *state;

	has_password(w);
	g_free(w->token);
	w->token = g_strdup("another");
	w->refresh = FORBIDDEN;
	assert_signed_in_again(w);
}

static void token__refresh__is_softly_refused_with_a_password(void **state)
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
	/* Nor will it be otherwise later. What was on its way still comes. */
	fake_hs_turn(w->hs, 100 * 1000);
	unsigned before = fake_hs_requests(w->hs)->len;
	const struct result *r = ask(w, (struct api_request){ 0 });
	assert_int_equal(r->error, -EACCES);
	fake_hs_turn(w->hs, 20 * 1000);
	assert_int_equal(fake_hs_requests(w->hs)->len, before);
	assert_int_equal(w->deaths, 1);
	assert_int_equal(w->renewals, 0);
}

static void token__soft_logout__without_a_password(void **state)
{
	struct world *w = *state;

	w->account.refresh_token = NULL;
	open_api(w);
	w->never = true;
	assert_dies(w, "M_UNKNOWN_TOKEN");
}

static void token__refresh__is_refused_without_a_password(void **state)
{
	struct world *w = *state;

	w->never = true;
	w->refresh = FORBIDDEN;
	assert_dies(w, "M_FORBIDDEN: Not you");
}

static void token__soft_logout__password_is_another_now(void **state)
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
static void token__hard_logout__is_the_end(void **state)
{
	struct world *w = *state;

	has_password(w);
	w->never = true;
	w->soft = false;
	assert_dies(w, "M_UNKNOWN_TOKEN: No");
	assert_int_equal(asked(w, "v3/refresh"), 0);
	assert_int_equal(asked(w, "v3/login"), 0);
}

static void token__refresh__is_for_a_session_unknown(void **state)
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

static void token__user__is_deactivated(void **state)
{
	struct world *w = *state;

	w->handler = deactivated;
	assert_dies(w, "M_USER_DEACTIVATED: gone");
}

static void token__tokens__that_never_hold(void **state)
{
	struct world *w = *state;

	w->never = true;
	begin(w, 0, (struct api_request){ 0 });
	fake_hs_turn(w->hs, CLOCK_US_PER_SECOND);
	assert_in_range(asked(w, "v3/refresh"), 1, 3);
	assert_in_range(asked(w, "v3/x"), 2, 5);
	assert_false(w->results[0].told);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(token__token__ends_under_three_requests),
		TEST(token__old_token__is_refused_late),
		TEST(token__refresh_token__is_replaced),
		TEST(token__token__is_refreshed_before_it_ends),
		TEST(token__token__ended_while_kith_was_away),
		TEST(token__token__is_over_at_once),
		TEST(token__refresh__fails_for_now),
		TEST(token__refresh__waits_no_longer_than_allowed),
		TEST(token__soft_logout__signs_in_again),
		TEST(token__soft_logout__signs_in_when_it_may),
		TEST(token__refresh__is_refused_with_a_password),
		TEST(token__refresh__is_softly_refused_with_a_password),
		TEST(token__soft_logout__without_a_password),
		TEST(token__refresh__is_refused_without_a_password),
		TEST(token__soft_logout__password_is_another_now),
		TEST(token__hard_logout__is_the_end),
		TEST(token__refresh__is_for_a_session_unknown),
		TEST(token__user__is_deactivated),
		TEST(token__tokens__that_never_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
