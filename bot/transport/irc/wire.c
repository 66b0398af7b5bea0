#include "transport/irc/wire.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "net/stream.h"
#include "transport/irc/bucket.h"
#include "transport/irc/line.h"
#include "transport/irc/loss.h"
#include "transport/irc/registration.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

enum { PAYLOAD_LEAST = 16 };

enum { RPL_ISUPPORT = 5, RPL_HOSTHIDDEN = 396 };

/* A full queue is news once in so long. */
#define FULL_TOLD_US CLOCK_US_PER_MINUTE

/* How long a server may take to say why it bans, and to hang up. */
#define LAST_WORDS_US CLOCK_US_PER_SECOND

#define WATCH_TOKEN  "kith-watch"
#define FENCE_PREFIX "kith-"
/* Commands that have no target wait their turn under this name; no nick or room is empty. */
#define NO_TARGET ""

struct wire {
	struct loop *loop;
	const struct clock *clock;
	struct wire_options options;
	struct wire_callbacks callbacks;
	void *data;

	struct loop_timer *retry; /* the next try; or, while connected, wire_drop's end of it */
	struct loop_timer *watch; /* registration is late, or the peer is silent */
	struct loop_timer *pace;  /* the bucket's next token */
	int64_t retry_us;         /* how long the next loss waits */

	/* Of the connection; nothing outlives it. */
	struct stream *stream;
	struct registration *registration;
	struct session *session;
	struct bucket *bucket;
	GString *in;   /* a line not ended yet */
	bool skipping; /* it is too long: until its end */
	bool ready;
	bool held;  /* wire_hold */
	bool asked; /* our PING waits for an answer */
	char *nick, *user, *host;
	char *server; /* what it calls itself */
	struct isupport isupport;
	char *drop_reason;
	char *last_words; /* an ERROR nothing has followed, fit for the log */
	bool killed;
	char *ban;        /* 465 was said; an ERROR with the reason may follow */
	int64_t since_us; /* wall time */
	int64_t connected_us, ready_us, heard_us; /* monotonic */
	int64_t signing_us;                       /* since when; 0: not now */
	int64_t notified_us;                      /* see wire_notified_us */
	uint64_t fences;
	size_t withheld; /* what the server takes of a line beyond our mask, in bytes */
	int64_t full_us; /* when the log was last told of a full queue, monotonic; 0: never */
};

static void set_string(char **at, const char *text)
{
	char *old = *at;
	*at = g_strdup(text);
	g_free(old);
}

static int64_t mono_us(const struct wire *w)
{
	return w->clock->mono_us(w->clock);
}

static void close_connection(struct wire *w)
{
	stream_free(g_steal_pointer(&w->stream));
	session_free(g_steal_pointer(&w->session));
	registration_free(g_steal_pointer(&w->registration));
	bucket_free(g_steal_pointer(&w->bucket));
	g_string_truncate(w->in, 0);
	w->skipping = w->ready = w->held = w->asked = w->killed = false;
	w->signing_us = 0;
	w->withheld = 0;
	g_clear_pointer(&w->user, g_free);
	g_clear_pointer(&w->host, g_free);
	g_clear_pointer(&w->drop_reason, g_free);
	g_clear_pointer(&w->last_words, g_free);
	g_clear_pointer(&w->ban, g_free);
	loop_timer_set(w->watch, -1);
	loop_timer_set(w->pace, -1);
	loop_timer_set(w->retry, -1);
}

/* Many clients lose a server at once; they should not all come back at once. */
static int64_t with_jitter(int64_t us)
{
	return us + (int64_t)(g_random_double() * 0.25 * (double)us);
}

static int64_t next_retry_us(struct wire *w)
{
	const struct wire_times *t = &w->options.times;
	if (w->ready && mono_us(w) - w->ready_us >= t->settled_us)
		w->retry_us = t->retry_first_us;
	int64_t wait_us = w->retry_us;
	w->retry_us = MIN(2 * w->retry_us, t->retry_most_us);
	return with_jitter(wait_us);
}

static void lost_for(struct wire *w, const char *why, int64_t wait_us)
{
	bool long_wait = wait_us >= 2 * CLOCK_US_PER_MINUTE;
	log_warning("irc %s: disconnected: %s; next try in %d %s", w->options.name, why,
		    (int)(wait_us / (long_wait ? CLOCK_US_PER_MINUTE : CLOCK_US_PER_SECOND)),
		    long_wait ? "min" : "s");
	close_connection(w);
	loop_timer_set(w->retry, wait_us);
	w->callbacks.state(w->data, WIRE_LOST);
}

static void refused(struct wire *w, const char *why)
{
	log_error("irc %s: %s; kith does not try again: mend it, then restart or reload",
		  w->options.name, why);
	close_connection(w);
	w->callbacks.state(w->data, WIRE_REFUSED);
}

/* How its last words ask to be treated. */
static void thrown_out(struct wire *w)
{
	const struct wire_times *t = &w->options.times;
	g_autofree char *why = g_strdup_printf("the server said: %s", w->last_words);
	int64_t wait_us = next_retry_us(w);
	/* Whoever killed us may have written anything. */
	switch (w->killed ? LOSS_PASSING : loss_read(w->last_words)) {
	case LOSS_PASSING:
		break;
	case LOSS_TOO_FAST:
		wait_us = MAX(wait_us, with_jitter(t->too_fast_us));
		break;
	case LOSS_BANNED:
		wait_us = MAX(wait_us, with_jitter(t->banned_us));
		break;
	case LOSS_PASSWORD:
		if (w->ready)
			break;
		refused(w, why);
		return;
	}
	lost_for(w, why, wait_us);
}

static void banned(struct wire *w)
{
	g_autofree char *why = w->last_words ? g_strdup_printf("%s; and: %s", w->ban, w->last_words)
					     : g_strdup(w->ban);
	lost_for(w, why, with_jitter(w->options.times.banned_us));
}

static void lost(struct wire *w, const char *why)
{
	if (w->ban)
		banned(w);
	else if (w->last_words)
		thrown_out(w);
	else
		lost_for(w, why, next_retry_us(w));
}

void wire_drop(struct wire *w, const char *why)
{
	if (!w->stream || w->drop_reason)
		return;
	w->drop_reason = g_strdup(why);
	loop_timer_set(w->retry, 0);
}

static void write_bytes(struct wire *w, const char *bytes, size_t n)
{
	if (stream_write(w->stream, bytes, n) == -ENOBUFS)
		wire_drop(w, "the server does not read what it is sent");
}

static void write_line(struct wire *w, const char *line)
{
	g_autofree char *ended = g_strconcat(line, "\r\n", NULL);
	size_t n = strlen(ended);
	write_bytes(w, ended, n);
	explicit_bzero(ended, n); /* PASS goes this way too */
}

/* What may go now goes in one piece: each write is a packet of its own. */
static void pace(void *data)
{
	struct wire *w = data;
	if (w->held)
		return;
	int64_t now_us = mono_us(w);
	g_autoptr(GString) out = g_string_new(NULL);
	char *line;
	while ((line = bucket_take(w->bucket, now_us))) {
		g_string_append_printf(out, "%s\r\n", line);
		g_free(line);
	}
	if (out->len)
		write_bytes(w, out->str, out->len);
	loop_timer_set(w->pace, bucket_wait_us(w->bucket, now_us));
}

static int queue(struct wire *w, const char *target, const char *line, bool patient)
{
	int r = bucket_add(w->bucket, target, line, patient);
	if (r == -ENOBUFS)
		wire_full(w, "a line is left out");
	pace(w);
	return r;
}

static void say_first(struct wire *w, const char *command, const char *param)
{
	g_autofree char *line = NULL;
	if (line_build(&line, command, param, NULL) < 0)
		return;
	if (bucket_add_first(w->bucket, line) < 0)
		wire_drop(w, "the server asks faster than it reads");
	pace(w);
}

/* What the library lets out: its registration, then what wire_say and the like gave it. */
static void library_out(void *data, const char *text)
{
	struct wire *w = data;
	if (!w->ready) {
		registration_say(w->registration, text);
		return;
	}
	struct line *l;
	if (line_parse(text, strlen(text), &l) < 0)
		return;
	bool message = strcmp(l->command, "PRIVMSG") == 0 || strcmp(l->command, "NOTICE") == 0;
	/* wire_command has seen to it that there is room. */
	queue(w, message ? line_param(l, 0) : NO_TARGET, text, true);
	line_free(l);
}

static void library_heard(void *data, enum session_kind kind, const struct line *l)
{
	struct wire *w = data;
	if (w->ready)
		w->callbacks.heard(w->data, kind, l);
}

static void registration_out(void *data, const char *line)
{
	struct wire *w = data;
	if (!w->ready)
		write_line(w, line);
	else if (bucket_add_first(w->bucket, line) == 0)
		pace(w);
}

static void learn_mask(struct wire *w, const char *user, const char *host)
{
	set_string(&w->user, user);
	set_string(&w->host, host);
}

/* Our own nick and mask, from whatever the server shows in front of our doings. */
static void track(struct wire *w, const struct line *l)
{
	/* What is in a batch may be of the past, and of whoever had our nick then. */
	if (!isupport_same(&w->isupport, l->nick, w->nick) || line_tag(l, "batch"))
		return;
	if (strcmp(l->command, "CHGHOST") == 0 && *line_param(l, 1))
		learn_mask(w, line_param(l, 0), line_param(l, 1));
	else if (l->user && l->host)
		learn_mask(w, l->user, l->host);
	if (strcmp(l->command, "NICK") == 0 && *line_param(l, 0)) {
		set_string(&w->nick, line_param(l, 0));
		g_autofree char *shown = line_for_log(w->nick);
		log_info("irc %s: now known as %s", w->options.name, shown);
	}
}

/* Whoever had the nick we wanted has left it: our own ghost, most often. */
static void regain(struct wire *w, const struct line *l)
{
	if (!w->ready || w->options.trial || isupport_same(&w->isupport, w->nick, w->options.nick))
		return;
	bool leaves = strcmp(l->command, "NICK") == 0 || strcmp(l->command, "QUIT") == 0;
	g_autofree char *line = NULL;
	if (leaves && isupport_same(&w->isupport, l->nick, w->options.nick) &&
	    line_build(&line, "NICK", w->options.nick, NULL) == 0)
		queue(w, NO_TARGET, line, true);
}

/* The nick we wanted was not to be had, but services may know it is ours: once, and what they say
 * to it is not answered. */
static void ask_for_nick(struct wire *w)
{
	if (w->options.trial || !wire_account(w) ||
	    isupport_same(&w->isupport, w->nick, w->options.nick))
		return;
	g_autofree char *text = g_strdup_printf("REGAIN %s", w->options.nick);
	wire_say(w, WIRE_SERVICES, text);
}

static void heard_kill(struct wire *w, const struct line *l)
{
	if (!isupport_same(&w->isupport, line_param(l, 0), w->nick))
		return;
	w->killed = true;
	g_autofree char *by = line_for_log(l->prefix ? l->prefix : w->server);
	g_autofree char *why = line_for_log(line_last(l));
	log_warning("irc %s: killed by %s: %s", w->options.name, by, why);
}

/* 396: "our nick, the host others see from now on"; some servers put the user before it. */
static void heard_host(struct wire *w, const struct line *l)
{
	const char *host = line_param(l, 1), *at = strchr(host, '@');
	g_autofree char *user = at ? g_strndup(host, (gsize)(at - host)) : NULL;
	if (user)
		set_string(&w->user, user);
	if (*host)
		set_string(&w->host, at ? at + 1 : host);
}

/* Everybody and every room is known by what their names fold to. */
static void heard_isupport(struct wire *w, const struct line *l)
{
	enum isupport_casemap before = w->isupport.casemap;
	isupport_take(&w->isupport, l);
	if (!w->ready || w->isupport.casemap == before)
		return;
	w->isupport.casemap = before;
	wire_drop(w, "the server compares names otherwise from now on");
}

static void heard_pong(struct wire *w, const struct line *l)
{
	const char *token = line_last(l);
	/* Some servers hold their next line back until this one is acknowledged (Nagle's
	 * algorithm), and nothing of ours follows a PONG: that line would be 40 ms late. */
	stream_acknowledge(w->stream);
	if (strcmp(token, WATCH_TOKEN) != 0 && g_str_has_prefix(token, FENCE_PREFIX))
		w->callbacks.passed(w->data,
				    g_ascii_strtoull(token + strlen(FENCE_PREFIX), NULL, 10));
}

/* What is between the server and the wire alone; true if the line is dealt with. */
static bool heard_by_wire(struct wire *w, const struct line *l)
{
	if (strcmp(l->command, "ERROR") == 0) {
		g_free(w->last_words);
		w->last_words = *line_last(l) ? line_for_log(line_last(l)) : NULL;
		return true;
	}
	g_clear_pointer(&w->last_words, g_free);
	if (strcmp(l->command, "PING") == 0) {
		if (l->n_params)
			say_first(w, "PONG", line_param(l, 0));
		return true;
	}
	if (strcmp(l->command, "PONG") == 0) {
		heard_pong(w, l);
		return true;
	}
	if (strcmp(l->command, "KILL") == 0) {
		heard_kill(w, l);
		return true;
	}
	if (line_numeric(l) == RPL_ISUPPORT) {
		heard_isupport(w, l);
		return true;
	}
	if (line_numeric(l) == RPL_HOSTHIDDEN)
		heard_host(w, l);
	else if (l->nick) {
		regain(w, l);
		track(w, l);
	}
	return false;
}

/* By when what must come before READY has to have come. */
static int64_t late_us(const struct wire *w)
{
	const struct wire_times *t = &w->options.times;
	int64_t whole_us = w->connected_us + t->register_us;
	return w->signing_us ? MIN(whole_us, w->signing_us + t->sasl_us) : whole_us;
}

static void watch_registration(struct wire *w)
{
	int64_t wait_us = late_us(w) - mono_us(w);
	if (wait_us > 0)
		loop_timer_set(w->watch, wait_us);
	else
		lost(w, registration_reason(w->registration));
}

static void watch(void *data)
{
	struct wire *w = data;
	const struct wire_times *t = &w->options.times;
	if (w->ban) {
		banned(w);
		return;
	}
	if (!w->ready) {
		watch_registration(w);
		return;
	}
	int64_t idle_us = mono_us(w) - w->heard_us;
	if (w->asked && idle_us >= t->quiet_us + t->dead_us) {
		lost(w, "the server does not answer");
		return;
	}
	if (!w->asked && idle_us >= t->quiet_us) {
		w->asked = true;
		say_first(w, "PING", WATCH_TOKEN);
	}
	int64_t next_us = t->quiet_us + (w->asked ? t->dead_us : 0) - idle_us;
	loop_timer_set(w->watch, MAX(next_us, 0));
}

static void become_ready(struct wire *w)
{
	w->ready = true;
	w->ready_us = mono_us(w);
	loop_timer_set(w->watch, w->options.times.quiet_us);
	g_autofree char *shown = line_for_log(w->nick);
	bool wanted = isupport_same(&w->isupport, w->nick, w->options.nick);
	g_autofree char *account = line_for_log(wire_account(w) ? wire_account(w) : "none");
	log_info("irc %s: registered as %s, account %s%s", w->options.name, shown, account,
		 wanted ? "" : "; the nick it should have is taken");
	if (w->isupport.bot)
		wire_command(w, "MODE", w->nick, (char[]){ '+', w->isupport.bot, '\0' }, NULL);
	w->callbacks.state(w->data, WIRE_READY);
	ask_for_nick(w);
}

static void register_on(struct wire *w, const struct line *l)
{
	registration_hear(w->registration, l);
	bool notified = wire_has(w, CAP_ACCOUNT_NOTIFY);
	if (notified != (w->notified_us != INT64_MAX))
		w->notified_us = notified ? mono_us(w) : INT64_MAX;
	enum registration_state state = registration_state(w->registration);
	bool signing = state == REGISTRATION_SIGNING_IN;
	if (signing != (w->signing_us != 0)) {
		w->signing_us = signing ? mono_us(w) : 0;
		int64_t left_us = late_us(w) - mono_us(w);
		loop_timer_set(w->watch, MAX(left_us, 0));
	}
	g_autofree char *why = line_for_log(registration_reason(w->registration));
	switch (state) {
	case REGISTRATION_ASKING:
	case REGISTRATION_SIGNING_IN:
	case REGISTRATION_WELCOMED:
		set_string(&w->nick, registration_nick(w->registration));
		if (l->prefix && line_numeric(l))
			set_string(&w->server, l->prefix);
		break;
	case REGISTRATION_DONE:
		break; /* once the library has heard of it too */
	case REGISTRATION_FAILED:
		lost(w, why);
		break;
	case REGISTRATION_BANNED:
		if (w->ban)
			break;
		w->ban = g_steal_pointer(&why);
		loop_timer_set(w->watch, LAST_WORDS_US);
		break;
	case REGISTRATION_REFUSED:
		refused(w, why);
		break;
	}
}

/* Capabilities and signing in are done with in the registration, the library knows nothing of
 * them. */
static bool is_for_library(const struct line *l)
{
	return strcmp(l->command, "CAP") != 0 && strcmp(l->command, "AUTHENTICATE") != 0;
}

/* The line in w->in. */
static void hear(struct wire *w)
{
	size_t n = w->in->len;
	if (n && w->in->str[n - 1] == '\r')
		n--;
	struct line *l;
	if (line_parse(w->in->str, n, &l) < 0) {
		/* An empty line is harmless and common. */
		if (n)
			log_debug("irc %s: passed over a line that is none", w->options.name);
		return;
	}
	if (!heard_by_wire(w, l)) {
		register_on(w, l);
		if (w->stream && is_for_library(l) && session_feed(w->session, l, w->server) < 0)
			wire_drop(w, "the client library has given up");
		if (w->stream && !w->ready &&
		    registration_state(w->registration) == REGISTRATION_DONE)
			become_ready(w);
	}
	line_free(l);
}

static void stream_received(void *data, const char *bytes, size_t n)
{
	struct wire *w = data;
	w->heard_us = mono_us(w);
	w->asked = false;
	/* A line may end the connection; one that came with it is not heard. */
	while (n && w->stream && !w->drop_reason) {
		const char *end = memchr(bytes, '\n', n);
		size_t part = end ? (size_t)(end - bytes) : n;
		w->skipping = w->skipping || w->in->len + part > LINE_MOST + 1 /* CR */;
		if (!w->skipping)
			g_string_append_len(w->in, bytes, (gssize)part);
		if (!end)
			return;
		if (w->skipping)
			log_debug("irc %s: passed over a line without end", w->options.name);
		else
			hear(w);
		w->skipping = false;
		g_string_truncate(w->in, 0);
		bytes = end + 1;
		n -= part + 1;
	}
}

static void stream_connected(void *data)
{
	struct wire *w = data;
	w->connected_us = w->heard_us = mono_us(w);
	log_info("irc %s: connected to %s:%d%s", w->options.name, w->options.server,
		 w->options.port, w->options.tls ? ", certificate valid" : ", not encrypted");
	watch(w);
	registration_begin(w->registration);
	if (session_begin(w->session) < 0)
		wire_drop(w, "the client library does not speak");
}

static void stream_closed(void *data, const char *reason)
{
	lost(data, reason);
}

/* Everything new, so that nothing of an old connection can leak into it. */
static int prepare(struct wire *w)
{
	const struct wire_options *o = &w->options;
	isupport_init(&w->isupport);
	w->notified_us = INT64_MAX;
	set_string(&w->nick, o->nick);
	set_string(&w->server, "server");
	w->since_us = w->clock->wall_us(w->clock);
	w->bucket = bucket_new(o->burst, o->every_us, mono_us(w));
	const struct registration_options r = { o->nick, o->password, o->sasl, o->account,
						o->account_password };
	w->registration = registration_new(&r, registration_out, w);
	const struct session_identity id = { o->nick, o->username, o->realname };
	const struct session_callbacks callbacks = { library_heard, library_out };
	return session_new(&id, &callbacks, w, &w->session);
}

static void try_to_connect(struct wire *w)
{
	static const struct stream_callbacks callbacks = { stream_connected, stream_received,
							   stream_closed };
	const struct stream_options options = {
		.host = w->options.server,
		.port = w->options.port,
		.tls = w->options.tls,
		.ca_file = w->options.ca_file,
		.certificate = w->options.certificate,
		.proxy = w->options.proxy,
	};
	w->callbacks.state(w->data, WIRE_CONNECTING);
	int r = prepare(w);
	if (r < 0) {
		g_autofree char *why =
			g_strdup_printf("cannot set up the client library: %s", g_strerror(-r));
		lost(w, why);
		return;
	}
	r = stream_open(w->loop, &options, &callbacks, w, &w->stream);
	if (r < 0)
		refused(w, "its server, port or proxy is none that can be connected to");
}

static void retry(void *data)
{
	struct wire *w = data;
	if (!w->stream) {
		try_to_connect(w);
		return;
	}
	g_autofree char *why = g_steal_pointer(&w->drop_reason);
	lost(w, why);
}

struct wire *wire_new(struct loop *l, const struct clock *clock, const struct wire_options *options,
		      const struct wire_callbacks *callbacks, void *data)
{
	struct wire *w = g_new0(struct wire, 1);
	w->loop = l;
	w->clock = clock;
	w->options = wire_options_copy(options);
	w->callbacks = *callbacks;
	w->data = data;
	w->retry = loop_timer_new(l, retry, w);
	w->watch = loop_timer_new(l, watch, w);
	w->pace = loop_timer_new(l, pace, w);
	w->retry_us = options->times.retry_first_us;
	w->in = g_string_new(NULL);
	isupport_init(&w->isupport);
	set_string(&w->nick, options->nick);
	loop_timer_set(w->retry, 0);
	return w;
}

void wire_free(struct wire *w)
{
	if (!w)
		return;
	if (w->ready)
		write_line(w, "QUIT :kith leaves");
	close_connection(w);
	loop_timer_free(w->retry);
	loop_timer_free(w->watch);
	loop_timer_free(w->pace);
	wire_options_done(&w->options);
	g_string_free(w->in, TRUE);
	g_free(w->nick);
	g_free(w->server);
	g_free(w);
}

void wire_hold(struct wire *w)
{
	w->held = w->ready;
}

void wire_release(struct wire *w)
{
	w->held = false;
	if (w->bucket)
		pace(w);
}

int wire_command(struct wire *w, const char *command, ...)
{
	if (!w->ready || w->drop_reason)
		return -ENOTCONN;
	if (bucket_room(w->bucket) == 0) {
		g_autofree char *so = g_strdup_printf("%s is left out", command);
		wire_full(w, so);
		return -ENOBUFS;
	}
	g_autofree char *line = NULL;
	va_list params;
	va_start(params, command);
	int r = line_buildv(&line, command, params);
	va_end(params);
	if (r == 0 && session_send(w->session, line) < 0)
		wire_drop(w, "the client library has given up");
	return r;
}

int wire_say(struct wire *w, const char *target, const char *text)
{
	return wire_command(w, "PRIVMSG", target, text, NULL);
}

int wire_notice(struct wire *w, const char *target, const char *text)
{
	return wire_command(w, "NOTICE", target, text, NULL);
}

uint64_t wire_fence(struct wire *w, const char *target)
{
	if (!w->ready || w->drop_reason)
		return 0;
	g_autofree char *token = g_strdup_printf(FENCE_PREFIX "%" G_GUINT64_FORMAT, w->fences + 1);
	g_autofree char *line = NULL;
	if (line_build(&line, "PING", token, NULL) < 0 || queue(w, target, line, false) < 0)
		return 0;
	return ++w->fences;
}

int wire_room(const struct wire *w)
{
	return w->ready ? bucket_room(w->bucket) : 0;
}

bool wire_waits(const struct wire *w, const char *target)
{
	return w->ready && bucket_waits(w->bucket, target);
}

void wire_unsay(struct wire *w, const char *target)
{
	if (w->ready)
		bucket_forget(w->bucket, target);
}

void wire_full(struct wire *w, const char *so)
{
	int64_t now_us = mono_us(w);
	if (!w->ready || (w->full_us && now_us - w->full_us < FULL_TOLD_US))
		return;
	w->full_us = now_us;
	log_warning("irc %s: %d lines wait to be said and no more fit: %s; `rate` is how many go "
		    "in a minute",
		    w->options.name, BUCKET_LINES_MOST, so);
}

size_t wire_payload(const struct wire *w, const char *target)
{
	/* Until we have seen what others see in front of our lines: '~' and the most there can be.
	 */
	size_t user = w->user ? strlen(w->user) : 1 + (size_t)w->isupport.userlen;
	size_t host = w->host ? strlen(w->host) : (size_t)w->isupport.hostlen;
	size_t taken = strlen(":!@ PRIVMSG  :") + strlen(w->nick) + user + host + strlen(target) +
		       w->withheld;
	return taken + PAYLOAD_LEAST < LINE_SENT_MOST ? LINE_SENT_MOST - taken : PAYLOAD_LEAST;
}

void wire_learn_payload(struct wire *w, const char *target, size_t bytes)
{
	size_t believed = wire_payload(w, target);
	if (bytes < believed)
		w->withheld += believed - bytes;
}

const char *wire_nick(const struct wire *w)
{
	return w->nick;
}

const char *wire_account(const struct wire *w)
{
	return w->registration ? registration_account(w->registration) : NULL;
}

bool wire_has(const struct wire *w, enum cap cap)
{
	return w->registration && caps_on(registration_caps(w->registration), cap);
}

int64_t wire_notified_us(const struct wire *w)
{
	return w->notified_us;
}

int64_t wire_heard_us(const struct wire *w)
{
	return w->heard_us;
}

const struct isupport *wire_isupport(const struct wire *w)
{
	return &w->isupport;
}

int64_t wire_since_us(const struct wire *w)
{
	return w->since_us;
}
