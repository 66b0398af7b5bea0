#include "transport/matrix/api.h"

#include "base/loop.h"
#include "clock.h"
#include "net/http.h"
#include "transport/matrix/account.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/reply.h"
#include "transport/matrix/token.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#define ANSWER_US      (30 * CLOCK_US_PER_SECOND)
#define PAUSE_LEAST_US CLOCK_US_PER_SECOND
#define PAUSE_MOST_US  CLOCK_US_PER_MINUTE

enum { DOUBLINGS_MOST = 6 };

struct api_call {
	struct api *api;
	GList link; /* in the api's calls */
	char *method, *path;
	char *body; /* NULL: none */
	size_t body_bytes;
	enum api_retry retry;
	int64_t answer_us;
	int64_t until_us; /* monotonic; INT64_MAX: for ever */
	size_t bytes_most;
	bool raw, head_only;
	void (*done)(void *data, const struct api_answer *a);
	void *data;
	struct http_call *http;
	struct loop_timer *timer; /* the next try, or the end of waiting for a token */
	unsigned failures;
	unsigned turn;     /* of the token it was last sent with */
	bool waiting;      /* for another token */
	bool doomed;       /* to be ended when it has its turn */
	int error, status; /* of the last try */
	char *errcode, *why;
};

struct api {
	struct loop *loop;
	const struct clock *clock;
	struct http *http;
	struct api_callbacks callbacks;
	void *data;
	struct token *token;
	GQueue calls; /* of struct api_call, in the order they were sent */
	bool dead;
	unsigned held; /* inside so many callbacks: until they return it is not gone */
	bool freed;
};

int64_t api_pause_us(unsigned failures)
{
	unsigned doublings = MIN(failures ? failures - 1 : 0, DOUBLINGS_MOST);
	int64_t most_us = MIN(PAUSE_LEAST_US << doublings, PAUSE_MOST_US);

	/* Not all of them at once, when a server is back that many wait for. */
	return most_us / 2 + g_random_int_range(0, (gint32)(most_us / 2));
}

static int64_t mono_us(const struct api *api)
{
	return api->clock->mono_us(api->clock);
}

/* It is in no list any more. */
static void call_free(struct api_call *c)
{
	http_cancel(c->http);
	loop_timer_free(c->timer);
	if (c->body)
		explicit_bzero(c->body, c->body_bytes);
	g_free(c->body);
	g_free(c->method);
	g_free(c->path);
	g_free(c->errcode);
	g_free(c->why);
	g_free(c);
}

void api_cancel(struct api_call *c)
{
	if (!c)
		return;
	g_queue_unlink(&c->api->calls, &c->link);
	call_free(c);
}

/* `done` may free the api; the call is ours until it returns. */
static void end(struct api_call *c, const struct api_answer *a)
{
	g_queue_unlink(&c->api->calls, &c->link);
	c->api = NULL;
	loop_timer_set(c->timer, -1);
	if (c->done)
		c->done(c->data, a);
	call_free(c);
}

/* Without an answer, by what the last try told. */
static void end_by(struct api_call *c, int error, const char *why)
{
	const struct api_answer a = {
		.error = error,
		.status = c->status,
		.errcode = c->errcode ? c->errcode : "",
		.why = why,
	};

	end(c, &a);
}

static void end_dead(struct api_call *c)
{
	end_by(c, -EACCES, "signed out");
}

/*
 * The answer to one try
 */

static void note(struct api_call *c, int error, int status, const char *errcode, const char *why)
{
	c->error = error;
	c->status = status;
	g_free(c->errcode);
	g_free(c->why);
	c->errcode = g_strdup(errcode);
	c->why = g_strdup(why);
}

/* After a try that was noted. */
static void try_later(struct api_call *c, int64_t after_us)
{
	int64_t left_us = c->until_us - mono_us(c->api);
	int64_t pause_us = api_pause_us(++c->failures);

	/* Who says "at once" again and again is not believed. */
	if (after_us >= 0)
		pause_us = c->failures > DOUBLINGS_MOST ? MAX(after_us, pause_us) : after_us;
	if (pause_us < left_us)
		loop_timer_set(c->timer, pause_us);
	else
		end_by(c, c->error ? c->error : -EREMOTEIO, c->why);
}

static void wait_for_token(struct api_call *c)
{
	c->waiting = true;
	int64_t left_us = c->until_us - mono_us(c->api);
	if (c->until_us != INT64_MAX)
		loop_timer_set(c->timer, MAX(left_us, 0));
}

static void give(struct api_call *c, const struct http_answer *http, const struct reply *r,
		 int error)
{
	const struct api_answer a = {
		.error = error,
		.status = http->status,
		.errcode = r->errcode,
		.why = r->why,
		.json = r->json,
		.body = http->body,
		.bytes = http->bytes,
		.http = http,
	};

	end(c, &a);
}

static void unanswered(struct api_call *c, const struct http_answer *http)
{
	/* Longer than allowed it would be the next time too. */
	bool again = c->retry == API_REPEAT && http->error != -EMSGSIZE;

	note(c, http->error, 0, "", http->why);
	if (again) {
		try_later(c, -1);
		return;
	}
	const struct api_answer a = {
		.error = http->error, .errcode = "", .why = http->why, .http = http
	};
	end(c, &a);
}

/* CS API: Client Authentication; account locking. True: it has been dealt with. */
static bool token_trouble(struct api_call *c, const struct http_answer *http, const struct reply *r)
{
	struct token *t = c->api->token;

	if (g_str_equal(r->errcode, "M_USER_DEACTIVATED")) {
		token_refused(t, c->turn, false, r->why);
	} else if (http->status == 401 && (g_str_equal(r->errcode, "M_UNKNOWN_TOKEN") ||
					   g_str_equal(r->errcode, "M_MISSING_TOKEN"))) {
		token_refused(t, c->turn, r->soft_logout, r->why);
	} else {
		return false;
	}
	note(c, -EACCES, http->status, r->errcode, r->why);
	/* It had no effect, so that even what is said once can be said again. */
	if (token_awaited(t))
		wait_for_token(c);
	else
		loop_timer_set(c->timer, 0);
	return true;
}

static bool passes(const struct http_answer *http, const struct reply *r)
{
	bool fine = http->status >= 200 && http->status < 300;

	/* A page of some proxy's in place of an answer; or the account is locked for now. */
	return http->status >= 500 || http->status == 429 || fine ||
	       g_str_equal(r->errcode, "M_USER_LOCKED");
}

static void answered(struct api_call *c, const struct http_answer *http)
{
	bool fine = http->status >= 200 && http->status < 300;
	struct reply r = { .errcode = (char *)"", .why = (char *)"" };

	if (fine && (c->raw || c->head_only)) {
		give(c, http, &r, 0);
		return;
	}
	reply_read(http, &r);
	if (fine && r.json.at) {
		give(c, http, &r, 0);
	} else if (token_trouble(c, http, &r)) {
		;
	} else if (passes(http, &r) &&
		   (c->retry == API_REPEAT || (c->retry == API_ONCE && http->status == 429))) {
		note(c, -EREMOTEIO, http->status, r.errcode, r.why);
		try_later(c, http->status == 429 ? r.retry_after_us : -1);
	} else {
		give(c, http, &r, fine ? -EBADMSG : -EREMOTEIO);
	}
	reply_done(&r);
}

static void told(void *data, const struct http_answer *http)
{
	struct api_call *c = data;

	c->http = NULL;
	if (http->error)
		unanswered(c, http);
	else
		answered(c, http);
}

/*
 * A try
 */

static void begin(struct api_call *c)
{
	struct api *api = c->api;
	const struct account *account = token_account(api->token);

	if (token_awaited(api->token)) {
		wait_for_token(c);
		return;
	}
	g_autofree char *url = g_strconcat(account->homeserver, "/_matrix/client/", c->path, NULL);
	g_autofree char *bearer = g_strconcat("Bearer ", account->token, NULL);
	int64_t left_us = MAX(c->until_us - mono_us(api), 1);
	const struct http_request request = {
		.method = c->method,
		.url = url,
		.authorization = bearer,
		.body = c->body,
		.body_bytes = c->body_bytes,
		.within_us = MIN(c->answer_us, left_us),
		.bytes_most = c->bytes_most,
		.once = c->retry == API_ONCE && !g_str_equal(c->method, "GET"),
		.head_only = c->head_only,
	};

	c->turn = token_turn(api->token);
	c->http = http_send(api->http, &request, told, c);
	explicit_bzero(bearer, strlen(bearer));
}

static void timer_fired(void *data)
{
	struct api_call *c = data;

	if (c->api->dead)
		end_dead(c);
	else if (c->waiting && c->until_us <= mono_us(c->api))
		end_by(c, -ETIMEDOUT, c->why ? c->why : "there is no access token yet");
	else if (!c->http)
		begin(c);
}

struct api_call *api_send(struct api *api, const struct api_request *request,
			  void (*done)(void *data, const struct api_answer *a), void *data)
{
	struct api_call *c = g_new0(struct api_call, 1);

	c->api = api;
	c->link.data = c;
	c->method = g_strdup(request->method);
	c->path = g_strdup(request->path);
	c->retry = request->retry;
	c->answer_us = request->answer_us ? request->answer_us : ANSWER_US;
	c->until_us = request->within_us ? mono_us(api) + request->within_us : INT64_MAX;
	c->bytes_most = request->bytes_most;
	c->raw = request->raw;
	c->head_only = request->head_only;
	c->done = done;
	c->data = data;
	if (request->body) {
		c->body = dump_json(request->body);
		c->body_bytes = strlen(c->body);
		json_decref(request->body);
	}
	c->timer = loop_timer_new(api->loop, timer_fired, c);
	g_queue_push_tail_link(&api->calls, &c->link);
	if (api->dead)
		loop_timer_set(c->timer, 0);
	else
		begin(c);
	return c;
}

/*
 * The token's turns
 */

/* A callback has returned. False: it has freed the api, and that is gone now or soon. */
static bool is_left(struct api *api)
{
	bool left = !api->freed;

	if (--api->held == 0 && !left)
		g_free(api);
	return left;
}

static void renewed(void *data, const struct account *a)
{
	struct api *api = data;

	api->held++;
	if (api->callbacks.renewed)
		api->callbacks.renewed(api->data, a);
	if (!is_left(api))
		return;
	for (GList *i = api->calls.head; i; i = i->next) {
		struct api_call *c = i->data;
		if (!c->waiting)
			continue;
		c->waiting = false;
		loop_timer_set(c->timer, -1);
		begin(c);
	}
}

static struct api_call *next_doomed(const struct api *api)
{
	for (GList *i = api->calls.head; i; i = i->next) {
		struct api_call *c = i->data;
		if (c->doomed)
			return c;
	}
	return NULL;
}

/* Those marked so, not what is sent meanwhile. */
static void end_doomed(struct api *api, int error, const char *why)
{
	struct api_call *c;

	api->held++;
	while (!api->freed && (c = next_doomed(api)))
		end_by(c, error, why);
	is_left(api);
}

/* What waits for nothing else is told, so that somebody knows. */
static void not_renewed(void *data, int error, const char *why)
{
	struct api *api = data;

	for (GList *i = api->calls.head; i; i = i->next) {
		struct api_call *c = i->data;
		c->doomed = c->waiting && c->retry != API_REPEAT;
	}
	end_doomed(api, error, why);
}

static void died(void *data, const char *why)
{
	struct api *api = data;

	api->dead = true;
	for (GList *i = api->calls.head; i; i = i->next)
		((struct api_call *)i->data)->doomed = true;
	api->held++;
	if (api->callbacks.dead)
		api->callbacks.dead(api->data, why);
	if (is_left(api))
		end_doomed(api, -EACCES, why);
}

struct api *api_new(const struct api_options *options, const struct account *a)
{
	static const struct token_callbacks callbacks = { renewed, not_renewed, died };
	struct api *api = g_new0(struct api, 1);

	api->loop = options->loop;
	api->clock = options->clock;
	api->http = options->http;
	api->callbacks = options->callbacks;
	api->data = options->data;
	api->token = token_new(options, a, &callbacks, api);
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	while (api->calls.head)
		api_cancel(api->calls.head->data);
	token_free(api->token);
	api->freed = true;
	if (!api->held)
		g_free(api);
}

const struct account *api_account(const struct api *api)
{
	return token_account(api->token);
}
