/*
 * A small bot for the tests of the console. It keeps what it is told to keep on a "disk" that
 * outlives it, commits and sends by the rules of the real one, passes the crash points, and writes
 * down every call it gets.
 *
 *	keep TEXT     commits, then answers "kept TEXT"
 *	ask TEXT      answers "heard TEXT", without a commit
 *	whisper NAME  tells NAME something in private; ?NAME: by the nick alone
 *	later TEXT    commits to saying TEXT three hours from now
 *	amend         edits an earlier post
 *	elsewhere     speaks in a room that is not there
 */
#ifndef KITH_TEST_CONSOLE_BOT_H
#define KITH_TEST_CONSOLE_BOT_H

#include "transport/console/play.h"

#include "clock.h"
#include "event.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#define MONDAY_9_US (INT64_C(1795424400) * CLOCK_US_PER_SECOND) /* 2026-11-23 09:00 UTC */

struct note {
	char *key, *room, *to, *reply_to, *text;
	bool done;
};

struct bot {
	struct clock_virtual clock;
	struct world *world;
	struct transport_env env;
	struct console_host host;
	GString *calls;
	bool refuse_start;
	int64_t always_due_us; /* what `run` returns instead, 0: the truth */
	int sends;             /* that reached the transport */
	int runs;

	/* The disk. */
	GPtrArray *outbox; /* of struct note */
	GPtrArray *kept;   /* ids of events */
	int64_t due_us;    /* 0: nothing */
	char *due_text;

	/* The process. */
	struct transport *transport;
	bool online, crashed;
	enum console_point crash_at;
	bool inside; /* a call of the transport: it must not call back */
};

static void call(struct bot *b, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void call(struct bot *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_string_append_vprintf(b->calls, format, args);
	va_end(args);
	g_string_append_c(b->calls, '\n');
}

static void note_free(void *data)
{
	struct note *n = data;
	g_free(n->key);
	g_free(n->room);
	g_free(n->to);
	g_free(n->reply_to);
	g_free(n->text);
	g_free(n);
}

/* True if the bot dies here. */
static bool pass(struct bot *b, enum console_point point)
{
	if (b->crash_at == point && point != CONSOLE_NOW) {
		b->crash_at = CONSOLE_NOW;
		b->crashed = true;
	}
	return b->crashed;
}

static void send_post(struct bot *b, const struct post *post)
{
	if (b->crashed)
		return;
	b->inside = true;
	int r = transport_console.send(b->transport, post);
	b->inside = false;
	if (r == 0)
		b->sends++;
	else
		call(b, "refused: %s", g_strerror(-r));
	pass(b, CONSOLE_AFTER_SEND);
}

static void send_note(struct bot *b, const struct note *n)
{
	struct post post = {
		.key = n->key,
		.network = "home",
		.room = n->room,
		.account = n->to,
		.reply_to = n->reply_to,
		.kind = n->room != NULL ? POST_ANNOUNCEMENT : POST_PRIVATE,
		.word = "kept",
		.markup = n->text,
	};
	send_post(b, &post);
}

/* What the event `e` is answered with in the room, committed. */
static void keep(struct bot *b, const struct event *e, const char *text, const char *due)
{
	if (pass(b, CONSOLE_BEFORE_COMMIT))
		return;
	struct note *n = g_new0(struct note, 1);
	n->key = g_strconcat("re/", e->id, NULL);
	n->room = g_strdup(e->room);
	n->to = e->room == NULL ? g_strdup(e->account) : NULL;
	n->reply_to = g_strdup(e->id);
	n->text = g_strconcat("kept ", text, NULL);
	g_ptr_array_add(b->outbox, n);
	g_ptr_array_add(b->kept, g_strdup(e->id));
	if (due != NULL) {
		b->due_us = e->at_us + 3 * CLOCK_US_PER_HOUR;
		g_free(b->due_text);
		b->due_text = g_strdup(due);
	}
	if (pass(b, CONSOLE_AFTER_COMMIT))
		return;
	if (b->online)
		send_note(b, n);
}

static void answer(struct bot *b, const struct event *e, const char *text)
{
	g_autofree char *key = g_strconcat("re/", e->id, NULL);
	g_autofree char *markup = g_strconcat("heard **", text, "**", NULL);
	struct post post = {
		.key = key,
		.network = "home",
		.room = e->room,
		.account = e->room == NULL ? e->account : NULL,
		.shown = e->room == NULL && e->account == NULL ? e->shown : NULL,
		.reply_to = e->id,
		.markup = markup,
	};
	send_post(b, &post);
}

static void whisper(struct bot *b, const struct event *e, const char *whom)
{
	g_autofree char *key = g_strconcat("whisper/", e->id, NULL);
	struct post post = {
		.key = key,
		.network = "home",
		.account = *whom == '?' ? NULL : whom,
		.shown = *whom == '?' ? whom + 1 : NULL,
		.kind = POST_PRIVATE,
		.word = "secret",
		.markup = "a word",
	};
	send_post(b, &post);
}

static void write_event(struct bot *b, const struct event *e)
{
	static const char *const kinds[] = {
		[EVENT_MESSAGE] = "message",     [EVENT_EDIT] = "edit",
		[EVENT_REDACTION] = "redaction", [EVENT_JOIN] = "join",
		[EVENT_LEAVE] = "leave",
	};
	GString *s = b->calls;
	g_string_append_printf(s, "%s %s/%s", kinds[e->kind], e->account != NULL ? e->account : "",
			       e->shown);
	if (*e->text != '\0')
		g_string_append_printf(s, " \"%s\"", e->text);
	if (e->direct)
		g_string_append(s, " direct");
	if (e->addressed)
		g_string_append(s, " addressed");
	if (e->backlog)
		g_string_append(s, " backlog");
	if (e->target != NULL)
		g_string_append_printf(s, " target=%s", strrchr(e->target, '.'));
	if (e->reply_to != NULL)
		g_string_append_printf(s, " reply_to=%s", strrchr(e->reply_to, '.'));
	g_string_append_printf(s, " %s +%d\n", strrchr(e->id, '.'),
			       (int)((e->at_us - MONDAY_9_US) / CLOCK_US_PER_SECOND));
}

static void on_event(void *data, struct transport *t, const struct event *e)
{
	struct bot *b = data;
	assert_false(b->inside);
	assert_false(b->crashed);
	assert_ptr_equal(t, b->transport);
	assert_string_equal(e->network, "home");
	assert_true(e->direct ? e->room == NULL : strcmp(e->room, "#room") == 0);
	write_event(b, e);
	if (g_str_has_prefix(e->text, "keep "))
		keep(b, e, e->text + strlen("keep "), NULL);
	else if (g_str_has_prefix(e->text, "later "))
		keep(b, e, "it for later", e->text + strlen("later "));
	else if (g_str_has_prefix(e->text, "ask "))
		answer(b, e, e->text + strlen("ask "));
	else if (g_str_has_prefix(e->text, "whisper "))
		whisper(b, e, e->text + strlen("whisper "));
	else if (strcmp(e->text, "amend") == 0)
		send_post(b, &(struct post){ .key = e->id,
					     .network = "home",
					     .room = e->room,
					     .edits = "first",
					     .markup = "amended" });
	else if (strcmp(e->text, "elsewhere") == 0)
		send_post(b, &(struct post){ .key = e->id,
					     .network = "home",
					     .room = "#other",
					     .markup = "x" });
}

static void on_delivered(void *data, struct transport *t, const char *key, int error)
{
	struct bot *b = data;
	assert_false(b->inside);
	assert_false(b->crashed);
	assert_int_equal(error, 0);
	const char *tail = strrchr(key, '.');
	call(b, "delivered %s", tail != NULL ? tail : key);
	for (unsigned i = 0; i < b->outbox->len; i++) {
		struct note *n = g_ptr_array_index(b->outbox, i);
		if (strcmp(n->key, key) == 0)
			n->done = true;
	}
}

static void on_state(void *data, struct transport *t, enum transport_state s)
{
	struct bot *b = data;
	assert_false(b->inside);
	assert_int_equal(s, TRANSPORT_ONLINE);
	call(b, "online");
	b->online = true;
	for (unsigned i = 0; i < b->outbox->len; i++) {
		const struct note *n = g_ptr_array_index(b->outbox, i);
		if (!n->done)
			send_note(b, n);
	}
}

static const struct transport_listener listener = {
	.event = on_event,
	.delivered = on_delivered,
	.state = on_state,
};

static int host_start(void *data)
{
	struct bot *b = data;
	call(b, "start");
	if (b->refuse_start)
		return -EACCES;
	b->crashed = b->online = false;
	b->crash_at = CONSOLE_NOW;
	b->inside = true;
	assert_int_equal(transport_console.open(&b->env, NULL, &b->transport), 0);
	b->inside = false;
	assert_string_equal(b->transport->name, "home");
	/* Nothing is taken before the connection stands. */
	assert_int_equal(transport_console.send(
				 b->transport,
				 &(struct post){ .key = "early", .room = "#room", .markup = "x" }),
			 -EAGAIN);
	return 0;
}

static void host_stop(void *data, bool crash)
{
	struct bot *b = data;
	call(b, crash ? "crash" : "stop");
	/* A dead process reaches nobody. */
	if (b->crashed)
		assert_int_equal(
			transport_console.send(
				b->transport,
				&(struct post){ .key = "late", .room = "#room", .markup = "x" }),
			-EAGAIN);
	transport_console.close(b->transport);
	b->transport = NULL;
}

static int64_t host_run(void *data, int64_t now_us)
{
	struct bot *b = data;
	assert_non_null(b->transport);
	assert_false(b->crashed);
	assert_true(now_us == b->clock.now_us);
	b->runs++;
	if (b->due_us != 0 && b->due_us <= now_us && !pass(b, CONSOLE_BEFORE_COMMIT)) {
		struct note *n = g_new0(struct note, 1);
		n->key = g_strdup("due");
		n->room = g_strdup("#room");
		n->text = g_steal_pointer(&b->due_text);
		g_ptr_array_add(b->outbox, n);
		b->due_us = 0;
		call(b, "due +%d", (int)((now_us - MONDAY_9_US) / CLOCK_US_PER_SECOND));
		if (!pass(b, CONSOLE_AFTER_COMMIT))
			send_note(b, n);
	}
	if (b->always_due_us != 0)
		return b->always_due_us;
	return b->due_us != 0 ? b->due_us : INT64_MAX;
}

static void host_member(void *data, const char *name)
{
	struct bot *b = data;
	assert_non_null(b->transport);
	call(b, "member %s", name);
	pass(b, CONSOLE_BEFORE_COMMIT);
}

static void host_crash_at(void *data, enum console_point point)
{
	struct bot *b = data;
	assert_int_not_equal(point, CONSOLE_NOW);
	b->crash_at = point;
}

static bool host_crashed(void *data)
{
	const struct bot *b = data;
	assert_non_null(b->transport);
	return b->crashed;
}

/* --- a play --- */

struct result {
	int status;
	char *out, *calls, *errors;
	int sends;
};

static void result_done(struct result *r)
{
	g_free(r->out);
	g_free(r->calls);
	g_free(r->errors);
}

static void bot_init(struct bot *b, FILE *out, GTimeZone *zone, bool json)
{
	*b = (struct bot){ .calls = g_string_new(NULL) };
	clock_virtual_init(&b->clock, MONDAY_9_US);
	b->outbox = g_ptr_array_new_with_free_func(note_free);
	b->kept = g_ptr_array_new_with_free_func(g_free);
	b->world = world_new(&(struct world_options){
		.clock = &b->clock,
		.zone = zone,
		.network = "home",
		.room = "#room",
		.nick = "kith",
		.out = out,
		.json = json,
	});
	b->env = (struct transport_env){
		.clock = &b->clock.clock,
		.listener = &listener,
		.data = b,
		.context = b->world,
	};
	b->host = (struct console_host){
		.start = host_start,
		.stop = host_stop,
		.run = host_run,
		.member = host_member,
		.crash_at = host_crash_at,
		.crashed = host_crashed,
		.data = b,
	};
}

static void bot_done(struct bot *b)
{
	world_free(b->world);
	g_string_free(b->calls, TRUE);
	g_ptr_array_unref(b->outbox);
	g_ptr_array_unref(b->kept);
	g_free(b->due_text);
}

/* Plays with stderr caught. */
static int play_caught(struct bot *b, const char *script, size_t n, char **ret_errors)
{
	FILE *in = n > 0 ? fmemopen((char *)script, n, "r") : fopen("/dev/null", "r");
	FILE *caught = tmpfile();
	assert_true(in != NULL && caught != NULL);
	fflush(stderr);
	int saved = dup(STDERR_FILENO);
	dup2(fileno(caught), STDERR_FILENO);
	int status = console_play(b->world, &b->host, in, "test.kith");
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	fclose(in);

	rewind(caught);
	g_autoptr(GString) errors = g_string_new(NULL);
	for (int c; (c = getc(caught)) != EOF;)
		g_string_append_c(errors, (char)c);
	fclose(caught);
	*ret_errors = g_strdup(errors->str);
	return status;
}

static struct result play_bytes(const char *script, size_t n, bool json)
{
	struct result r = { 0 };
	struct bot b;
	char *out;
	size_t size;
	FILE *memory = open_memstream(&out, &size);
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/London");
	bot_init(&b, memory, zone, json);
	r.status = play_caught(&b, script, n, &r.errors);
	fclose(memory);
	r.out = g_strdup(out);
	free(out);
	r.calls = g_strdup(b.calls->str);
	r.sends = b.sends;
	bot_done(&b);
	return r;
}

static struct result play(const char *script)
{
	return play_bytes(script, strlen(script), false);
}

G_GNUC_UNUSED static void assert_played(const char *script, const char *out, const char *calls)
{
	struct result r = play(script);
	assert_string_equal(r.errors, "");
	assert_int_equal(r.status, EX_OK);
	if (out != NULL)
		assert_string_equal(r.out, out);
	if (calls != NULL)
		assert_string_equal(r.calls, calls);
	result_done(&r);
}

#define MONDAY "-- Monday 23 November 2026 --\n"

#endif
