#include "transport/matrix/token.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "net/http.h"
#include "transport/matrix/account.h"
#include "transport/matrix/api.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/login.h"
#include "transport/matrix/reply.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>

#define ANSWER_US (30 * CLOCK_US_PER_SECOND)
/* Before the end: a quarter of what is left, this at most. */
#define AHEAD_MOST_US (60 * CLOCK_US_PER_SECOND)
/* A server that takes back sooner what it has given is not asked for more at once. */
#define HOLDS_LEAST_US CLOCK_US_PER_SECOND

enum { ANSWER_BYTES_MOST = 64 * 1024 };

struct token {
	struct api_options options; /* its callbacks are not ours */
	struct account *account;
	unsigned turn;
	bool ended;   /* the server does not take it any more */
	bool refusal; /* of the refresh token: the password is next */
	struct token_callbacks callbacks;
	void *data;
	struct http_call *refresh;
	struct login *login;
	struct loop_timer *timer; /* the next try, or the end of all */
	unsigned failures;
	unsigned short_lived; /* tokens in a row */
	int64_t since_us;     /* monotonic, the present one's beginning */
	char *why;            /* the server does not take it any more */
	char *dead;           /* why, until that was told */
};

static int64_t mono_us(const struct token *t)
{
	return t->options.clock->mono_us(t->options.clock);
}

static void set_account(struct token *t, const struct account *a)
{
	struct account *copy = g_new0(struct account, 1);

	copy->homeserver = g_strdup(a->homeserver);
	copy->user = g_strdup(a->user);
	copy->device = g_strdup(a->device);
	copy->token = g_strdup(a->token);
	copy->refresh_token = g_strdup(a->refresh_token);
	copy->expires_at_us = a->expires_at_us;
	account_free(t->account);
	t->account = copy;
}

/* When it is to be refreshed although it still holds. */
static void arm(struct token *t, bool fresh)
{
	const struct account *a = t->account;

	if (!a->refresh_token || a->expires_at_us == 0) {
		loop_timer_set(t->timer, -1);
		return;
	}
	int64_t left_us = MAX(a->expires_at_us - t->options.clock->wall_us(t->options.clock), 0);
	/* Fresh, and over by now: only the server knows what it takes, and tells when it is asked.
	 */
	if (fresh && left_us < HOLDS_LEAST_US) {
		loop_timer_set(t->timer, -1);
		return;
	}
	t->ended = left_us == 0;
	loop_timer_set(t->timer, left_us - MIN(left_us / 4, AHEAD_MOST_US));
}

static void renewed(struct token *t, const struct account *a)
{
	set_account(t, a);
	t->turn++;
	t->ended = t->refusal = false;
	t->failures = 0;
	t->since_us = mono_us(t);
	arm(t, true);
	log_debug("matrix %s: has another access token", t->options.name);
	t->callbacks.renewed(t->data, t->account);
}

/* Told from the loop. */
static void die_of(struct token *t, const char *why)
{
	t->ended = true;
	http_cancel(g_steal_pointer(&t->refresh));
	login_cancel(g_steal_pointer(&t->login));
	g_free(t->dead);
	t->dead = g_strdup(why);
	loop_timer_set(t->timer, 0);
}

static void try_later(struct token *t, int64_t after_us, int error, const char *why)
{
	int64_t pause_us = api_pause_us(++t->failures);

	loop_timer_set(t->timer, MAX(pause_us, after_us));
	if (t->failures == 1)
		log_warning("matrix %s: has no new access token: %s; trying again", t->options.name,
			    why);
	if (t->ended)
		t->callbacks.failed(t->data, error, why);
}

/*
 * By the password
 */

static void signed_in(void *data, int error, struct account *a, const char *why, int64_t again_us)
{
	struct token *t = data;

	t->login = NULL;
	if (!error) {
		renewed(t, a);
		account_free(a);
	} else if (error == -EACCES) {
		die_of(t, why);
	} else {
		try_later(t, again_us, error, why);
	}
}

static void sign_in(struct token *t, const char *why)
{
	const struct config_section *c = t->options.section;
	g_autofree char *fault = NULL;
	char *password = NULL;

	if (c && config_secret(c, "password-file", &password, &fault) < 0) {
		g_autofree char *text = g_strdup_printf("%s; password-file: %s", why, fault);
		die_of(t, text);
		return;
	}
	if (!password) {
		die_of(t, why);
		return;
	}
	const struct login_wish wish = { .section = c,
					 .password = password,
					 .device = t->account->device,
					 .homeserver = t->account->homeserver,
					 .clock = t->options.clock };
	t->login = login_start(t->options.http, &wish, signed_in, t);
	config_secret_free(password);
}

/*
 * By the refresh token
 */

static bool take(struct token *t, struct span json)
{
	struct account a = *t->account;
	char *token = reply_token(json, "access_token");
	char *next = reply_token(json, "refresh_token");

	if (token) {
		a.token = token;
		/* If not given, the old one can be used again. */
		a.refresh_token = next ? next : a.refresh_token;
		a.expires_at_us = reply_expires_at_us(json, t->options.clock);
		/* What it is made of is copied before the old one goes. */
		renewed(t, &a);
	}
	bool taken = token;
	config_secret_free(token);
	config_secret_free(next);
	return taken;
}

static void refreshed(void *data, const struct http_answer *http)
{
	struct token *t = data;
	struct reply r;

	t->refresh = NULL;
	if (http->error) {
		try_later(t, 0, http->error, http->why);
		return;
	}
	reply_read(http, &r);
	if (http->status == 401 && !r.soft_logout) {
		die_of(t, r.why); /* nobody there knows the session any more */
	} else if (http->status == 401 || http->status == 403) {
		t->ended = t->refusal = true;
		sign_in(t, r.why);
	} else if (http->status != 200 || !r.json.at) {
		try_later(t, r.retry_after_us, -EREMOTEIO, r.why);
	} else if (!take(t, r.json)) {
		try_later(t, 0, -EREMOTEIO, "the answer has no token in it");
	}
	reply_done(&r);
}

static void refresh(struct token *t)
{
	json_t *body = json_pack("{s:s}", "refresh_token", t->account->refresh_token);
	char *text = dump_json(body);
	size_t bytes = strlen(text);
	g_autofree char *url =
		g_strconcat(t->account->homeserver, "/_matrix/client/v3/refresh", NULL);
	const struct http_request request = {
		.method = "POST",
		.url = url,
		.body = text,
		.body_bytes = bytes,
		.within_us = ANSWER_US,
		.bytes_most = ANSWER_BYTES_MOST,
	};

	t->refresh = http_send(t->options.http, &request, refreshed, t);
	explicit_bzero(text, bytes);
	g_free(text);
	json_decref(body);
}

/*
 * When
 */

static void renew(void *data)
{
	struct token *t = data;

	if (t->refresh || t->login)
		return;
	loop_timer_set(t->timer, -1);
	if (t->dead) {
		g_autofree char *why = g_steal_pointer(&t->dead);
		t->callbacks.dead(t->data, why);
	} else if (t->account->refresh_token && !t->refusal) {
		refresh(t);
	} else {
		sign_in(t, t->why ? t->why : "the access token has ended");
	}
}

void token_refused(struct token *t, unsigned turn, bool soft, const char *why)
{
	const struct account *a = t->account;
	bool expired = a->expires_at_us != 0 &&
		       a->expires_at_us <= t->options.clock->wall_us(t->options.clock);

	/* Another one is there, or on its way. */
	if (turn != t->turn || t->ended)
		return;
	t->ended = true;
	g_free(t->why);
	t->why = g_strdup(why);
	if (!soft && !expired) {
		die_of(t, why);
		return;
	}
	if (t->refresh || t->login)
		return; /* begun before it had to be */
	bool short_lived = t->turn && mono_us(t) - t->since_us < HOLDS_LEAST_US;
	t->short_lived = short_lived ? t->short_lived + 1 : 0;
	if (t->short_lived)
		loop_timer_set(t->timer, api_pause_us(t->short_lived));
	else
		renew(t);
}

struct token *token_new(const struct api_options *o, const struct account *a,
			const struct token_callbacks *callbacks, void *data)
{
	struct token *t = g_new0(struct token, 1);

	t->options = *o;
	t->callbacks = *callbacks;
	t->data = data;
	t->timer = loop_timer_new(o->loop, renew, t);
	set_account(t, a);
	arm(t, false);
	return t;
}

void token_free(struct token *t)
{
	if (!t)
		return;
	http_cancel(t->refresh);
	login_cancel(t->login);
	loop_timer_free(t->timer);
	account_free(t->account);
	g_free(t->why);
	g_free(t->dead);
	g_free(t);
}

const struct account *token_account(const struct token *t)
{
	return t->account;
}

unsigned token_turn(const struct token *t)
{
	return t->turn;
}

bool token_awaited(const struct token *t)
{
	return t->ended;
}
