#include "transport/matrix/login.h"

#include "clock.h"
#include "config.h"
#include "net/http.h"
#include "transport/matrix/account.h"
#include "transport/matrix/device_id.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/reply.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>

#define ANSWER_US (30 * CLOCK_US_PER_SECOND)

enum { ANSWER_BYTES_MOST = 256 * 1024, URL_BYTES_MOST = 1000, ID_BYTES_MOST = 255 };

struct login {
	struct http *http;
	const struct clock *clock;
	char *network;    /* as [matrix NAME] calls it */
	char *homeserver; /* the one that is asked */
	bool named;       /* by the configuration, or by a .well-known */
	bool looked_up;   /* in a .well-known */
	char *user, *device, *device_name;
	char *password, *token;
	bool again;     /* the password can be had again when a token has ended */
	bool refreshed; /* a refresh token was asked for */
	struct http_call *call;
	int64_t again_us; /* as login_done has it */
	login_done *done;
	void *data;
};

static void login_free(struct login *l)
{
	http_cancel(l->call);
	config_secret_free(l->password);
	config_secret_free(l->token);
	g_free(l->network);
	g_free(l->homeserver);
	g_free(l->user);
	g_free(l->device);
	g_free(l->device_name);
	g_free(l);
}

void login_cancel(struct login *l)
{
	if (l)
		login_free(l);
}

static void finish(struct login *l, int error, struct account *a, const char *why)
{
	login_done *done = l->done;
	void *data = l->data;
	int64_t again_us = l->again_us;

	login_free(l);
	done(data, error, a, why, again_us);
}

static void fail(struct login *l, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void fail(struct login *l, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *why = g_strdup_vprintf(format, args);
	va_end(args);
	finish(l, error, NULL, why);
}

static void ask(struct login *l, const char *method, const char *path, json_t *body,
		void (*answered)(void *data, const struct http_answer *a))
{
	char *text = body ? dump_json(body) : NULL;
	size_t bytes = text ? strlen(text) : 0;
	g_autofree char *url = g_strconcat(l->homeserver, path, NULL);
	g_autofree char *bearer = l->token ? g_strconcat("Bearer ", l->token, NULL) : NULL;
	bool whoami = g_str_has_suffix(path, "/whoami");
	const struct http_request request = {
		.method = method,
		.url = url,
		.authorization = whoami ? bearer : NULL,
		.body = text,
		.body_bytes = bytes,
		.within_us = ANSWER_US,
		.bytes_most = ANSWER_BYTES_MOST,
		.follow = g_str_has_prefix(path, "/.well-known/"),
	};

	l->call = http_send(l->http, &request, answered, l);
	if (bearer)
		explicit_bzero(bearer, strlen(bearer));
	if (text)
		explicit_bzero(text, bytes);
	g_free(text);
	json_decref(body);
}

/* No answer at all. */
static void fail_unreached(struct login *l, const struct http_answer *a)
{
	bool none = a->error == -EPROTO || a->error == -EMSGSIZE;
	bool here = a->error == -ENOSPC || a->error == -EDQUOT;

	fail(l,
	     none   ? -EPROTO
	     : here ? -EAGAIN
		    : -EHOSTUNREACH,
	     "%s cannot be reached: %s; look at 'homeserver' in [matrix %s]", l->homeserver, a->why,
	     l->network);
}

/* An answer that is not the one asked for, whatever was asked: nothing the person can mend here. */
static bool passes(const struct http_answer *a)
{
	return a->status == 429 || a->status >= 500;
}

static void fail_for_now(struct login *l, const struct http_answer *a, const struct reply *r)
{
	l->again_us = MAX(r->retry_after_us, 0);
	if (a->status == 429 && r->retry_after_us > 0)
		fail(l, -EAGAIN,
		     "%s has seen too many tries (%s); try again in %" G_GINT64_FORMAT " seconds",
		     l->homeserver, r->why, r->retry_after_us / CLOCK_US_PER_SECOND + 1);
	else if (a->status == 429)
		fail(l, -EAGAIN, "%s has seen too many tries (%s); try again later", l->homeserver,
		     r->why);
	else
		fail(l, -EAGAIN, "%s cannot answer now (%s); try again later", l->homeserver,
		     r->why);
}

static void fail_unknown(struct login *l, const struct reply *r)
{
	fail(l, -EPROTO,
	     "what answers at %s is no homeserver (%s); look at 'homeserver' in [matrix %s]",
	     l->homeserver, *r->why ? r->why : "it says something else", l->network);
}

/*
 * Signing in
 */

static struct account *account_of(const struct login *l, struct span json)
{
	struct account *a = g_new0(struct account, 1);

	a->homeserver = g_strdup(l->homeserver);
	a->user = span_text(span_get(json, "user_id"));
	a->device = span_text(span_get(json, "device_id"));
	a->token = l->token ? g_strdup(l->token) : reply_token(json, "access_token");
	a->refresh_token = l->token ? NULL : reply_token(json, "refresh_token");
	a->expires_at_us = l->token ? 0 : reply_expires_at_us(json, l->clock);
	return a;
}

/* Takes the account over. */
static void check(struct login *l, struct account *a)
{
	if (!a->user || !a->token || strlen(a->user) > ID_BYTES_MOST ||
	    (a->device && strlen(a->device) > ID_BYTES_MOST)) {
		account_free(a);
		fail_unknown(l, &(struct reply){ .why = (char *)"it names no account" });
		return;
	}
	/* Capitals of old accounts aside. */
	if (g_ascii_strcasecmp(a->user, l->user) != 0) {
		g_autofree char *other = g_strescape(a->user, NULL);
		account_free(a);
		fail(l, -EACCES,
		     "%s takes that for %s, not for %s; look at 'user' and at the %s in [matrix "
		     "%s]",
		     l->homeserver, other, l->user, l->token ? "token-file" : "password-file",
		     l->network);
		return;
	}
	if (!a->device)
		a->device = g_strdup("");
	finish(l, 0, a, "");
}

static void ask_who(struct login *l);
static void send_password(struct login *l);

static void refuse(struct login *l, const struct reply *r)
{
	if (g_str_equal(r->errcode, "M_USER_DEACTIVATED"))
		fail(l, -EACCES, "%s was deactivated at %s (%s); it cannot be used any more",
		     l->user, l->homeserver, r->why);
	else if (g_str_equal(r->errcode, "M_USER_LOCKED"))
		fail(l, -EACCES, "%s is locked at %s (%s); ask whoever runs that homeserver",
		     l->user, l->homeserver, r->why);
	else if (l->token)
		fail(l, -EACCES,
		     "%s does not take the access token (%s); get another one and put it into "
		     "token-file",
		     l->homeserver, r->why);
	else if (g_str_equal(r->errcode, "M_FORBIDDEN"))
		fail(l, -EACCES,
		     "%s does not take the password for %s (%s); look at 'user' and the password",
		     l->homeserver, l->user, r->why);
	else
		fail(l, -EACCES, "%s does not let %s sign in: %s", l->homeserver, l->user, r->why);
}

/* Of a sign-in or of whoami. */
static void signed_in(void *data, const struct http_answer *http)
{
	struct login *l = data;
	struct reply r;

	l->call = NULL;
	if (http->error) {
		fail_unreached(l, http);
		return;
	}
	reply_read(http, &r);
	if (passes(http)) {
		fail_for_now(l, http, &r);
	} else if (http->status == 200 && r.json.at) {
		struct account *a = account_of(l, r.json);
		int64_t ms;
		/* A token that ends by itself is of use where the password can be had again, or
		 * where it can be refreshed. */
		bool ends = span_int(span_get(r.json, "expires_in_ms"), &ms);
		if (ends && !l->token && !l->again && !l->refreshed && !a->refresh_token) {
			account_free(a);
			l->refreshed = true;
			send_password(l);
		} else {
			check(l, a);
		}
	} else if (*r.errcode) {
		refuse(l, &r);
	} else {
		fail_unknown(l, &r);
	}
	reply_done(&r);
}

static void send_password(struct login *l)
{
	json_t *body = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:s}", "type", "m.login.password",
				 "identifier", "type", "m.id.user", "user", l->user, "password",
				 l->password, "device_id", l->device, "initial_device_display_name",
				 l->device_name);

	if (!body) {
		fail(l, -EACCES, "the password or the device-name is no valid UTF-8");
		return;
	}
	if (l->refreshed)
		json_object_set_new(body, "refresh_token", json_true());
	ask(l, "POST", "/_matrix/client/v3/login", body, signed_in);
}

/* The wish was for no more than that. */
static void finish_found(struct login *l)
{
	struct account *a = g_new0(struct account, 1);

	a->homeserver = g_strdup(l->homeserver);
	a->user = g_strdup(l->user);
	a->device = g_strdup("");
	finish(l, 0, a, "");
}

static void flows_told(void *data, const struct http_answer *http)
{
	struct login *l = data;
	struct reply r;
	bool password = false;

	l->call = NULL;
	if (http->error) {
		fail_unreached(l, http);
		return;
	}
	reply_read(http, &r);
	for (struct span_each i = span_each(span_get(r.json, "flows")); span_next(&i);)
		password = password || span_says(span_get(i.value, "type"), "m.login.password");
	if (passes(http))
		fail_for_now(l, http, &r);
	else if (!r.json.at)
		fail_unknown(l, &r);
	else if (!password)
		fail(l, -EACCES,
		     "%s lets nobody sign in with a password; have an access token for %s made "
		     "there, and put it into token-file in [matrix %s] instead",
		     l->homeserver, l->user, l->network);
	else if (l->password)
		send_password(l);
	else
		finish_found(l);
	reply_done(&r);
}

static void ask_who(struct login *l)
{
	ask(l, "GET", "/_matrix/client/v3/account/whoami", NULL, signed_in);
}

static void sign_in(struct login *l)
{
	if (l->token)
		ask_who(l);
	else
		ask(l, "GET", "/_matrix/client/v3/login", NULL, flows_told);
}

/*
 * Server Discovery
 */

/* A base URL without a slash at its end, or NULL. What was found over TLS leads to TLS. g_free it.
 */
static char *base_url(const char *text, bool secure)
{
	g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_ENCODED, NULL);

	if (!uri || strlen(text) > URL_BYTES_MOST || !g_uri_get_host(uri) ||
	    !*g_uri_get_host(uri) || g_uri_get_userinfo(uri) || g_uri_get_query(uri) ||
	    g_uri_get_fragment(uri))
		return NULL;
	const char *scheme = g_uri_get_scheme(uri);
	if (!g_str_equal(scheme, "https") && (secure || !g_str_equal(scheme, "http")))
		return NULL;
	for (const char *c = text; *c; c++) {
		if (!g_ascii_isgraph(*c))
			return NULL;
	}
	char *base = g_strdup(text);
	while (g_str_has_suffix(base, "/"))
		base[strlen(base) - 1] = '\0';
	return base;
}

static void ask_versions(struct login *l);

static void fail_nowhere(struct login *l)
{
	if (l->named)
		fail(l, -EPROTO,
		     "what answers at %s is no homeserver; look at 'homeserver' in [matrix %s]",
		     l->homeserver, l->network);
	else
		fail(l, -EPROTO,
		     "%s does not say where the homeserver of %s is; say it with 'homeserver' in "
		     "[matrix %s]",
		     l->homeserver, l->user, l->network);
}

/* CS API: Server Discovery. "Not found" means that the host itself is to be tried. */
static void well_known(void *data, const struct http_answer *http)
{
	struct login *l = data;
	struct reply r;

	l->call = NULL;
	l->looked_up = true;
	if (http->error) {
		fail_unreached(l, http);
		return;
	}
	reply_read(http, &r);
	g_autofree char *named =
		span_text(span_at(r.json, "m.homeserver", "base_url", (const char *)NULL));
	char *base = named && http->status == 200
			     ? base_url(named, g_str_has_prefix(l->homeserver, "https:"))
			     : NULL;
	if (base) {
		g_free(l->homeserver);
		l->homeserver = base;
		l->named = true;
		ask_versions(l);
	} else if (passes(http)) {
		fail_for_now(l, http, &r);
	} else if (l->named || http->status == 200) {
		fail_nowhere(l);
	} else {
		ask_versions(l);
	}
	reply_done(&r);
}

static void ask_well_known(struct login *l)
{
	ask(l, "GET", "/.well-known/matrix/client", NULL, well_known);
}

static void versions_told(void *data, const struct http_answer *http)
{
	struct login *l = data;
	struct reply r;

	l->call = NULL;
	if (http->error) {
		fail_unreached(l, http);
		return;
	}
	reply_read(http, &r);
	if (http->status == 200 && span_is_array(span_get(r.json, "versions")))
		sign_in(l);
	else if (passes(http))
		fail_for_now(l, http, &r);
	else if (!l->looked_up)
		ask_well_known(l);
	else
		fail_nowhere(l);
	reply_done(&r);
}

static void ask_versions(struct login *l)
{
	ask(l, "GET", "/_matrix/client/versions", NULL, versions_told);
}

/* A server's name without its port, as a URL of its .well-known has it. */
static char *url_of_user(const char *user)
{
	const char *server = strchr(user, ':') + 1; /* CONFIG_MATRIX_ID has one */
	const char *end = *server == '[' ? strchr(server, ']') : strchr(server, ':');
	size_t n = !end ? strlen(server) : (size_t)(end - server) + (*server == '[');
	g_autofree char *host = g_strndup(server, n);

	return g_strconcat("https://", host, NULL);
}

struct login *login_start(struct http *http, const struct login_wish *wish, login_done *done,
			  void *data)
{
	const struct config_section *c = wish->section;
	const char *homeserver = wish->homeserver ? wish->homeserver : config_text(c, "homeserver");
	struct login *l = g_new0(struct login, 1);

	l->http = http;
	l->clock = wish->clock;
	l->network = g_strdup(c->name);
	l->user = g_strdup(config_text(c, "user"));
	l->device = wish->device ? g_strdup(wish->device) : device_id_stable(c);
	l->device_name = g_strdup(config_text(c, "device-name"));
	l->password = g_strdup(wish->password);
	l->token = g_strdup(wish->token);
	l->again = config_text(c, "password-file");
	l->done = done;
	l->data = data;
	l->named = homeserver;
	l->homeserver = homeserver ? g_strdup(homeserver) : url_of_user(l->user);
	while (g_str_has_suffix(l->homeserver, "/"))
		l->homeserver[strlen(l->homeserver) - 1] = '\0';
	if (wish->homeserver)
		sign_in(l);
	else if (homeserver)
		ask_versions(l);
	else
		ask_well_known(l);
	return l;
}
