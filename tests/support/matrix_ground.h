/*
 * What the tests of the Matrix transport's speaking parts stand on: a struct matrix that is signed
 * in at a scripted homeserver, in rooms they choose, with a real store in a file and a listener
 * that writes down what it is told.
 *
 * The homeserver answers what a test has scripted, in order; else it takes everything and calls the
 * event of transaction ID "$ID".
 */
#ifndef KITH_TEST_MATRIX_GROUND_H
#define KITH_TEST_MATRIX_GROUND_H

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "fake_hs.h"
#include "matrix_keys.h"
#include "net/http.h"
#include "post.h"
#include "store/db.h"
#include "transport/matrix/account.h"
#include "transport/matrix/api.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/send.h"
#include "transport/matrix/spoken.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define GROUND_NOW_US (INT64_C(1795424400) * CLOCK_US_PER_SECOND) /* 2026-11-23 09:00 UTC */

/* What the homeserver does with the next such request. */
struct ground_script {
	const char *method, *path; /* its beginning, as hs_is has it */
	struct hs_answer answer;
};

struct ground {
	struct matrix m; /* first: `data` of its parts */
	char *folder, *store;
	struct loop *loop;
	struct fake_hs *hs;
	struct clock_virtual clock;
	GQueue scripts; /* of struct ground_script */
	GString *told;  /* "KEY ERROR\n" for each `delivered` */
	unsigned tellings;
	int64_t kept; /* rows of matrix_spoken at the last of them */
	GString *log;
	bool inside; /* a call of the transport: it must not call back */
};

static inline void ground_answer(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct ground *g = data;
	const char *transaction = strrchr(r->path, '/') + 1;

	for (GList *i = g->scripts.head; i; i = i->next) {
		struct ground_script *s = i->data;

		if (!hs_is(r, s->method, s->path))
			continue;
		*a = s->answer;
		g_queue_delete_link(&g->scripts, i);
		g_free(s);
		return;
	}
	if (hs_is(r, "PUT", "v3/rooms/") && strstr(r->path, "/send/"))
		hs_say(a, 200, "{\"event_id\": \"$%s\"}", transaction);
	else if (hs_is(r, "POST", "v3/createRoom"))
		hs_say(a, 200, "{\"room_id\": \"!opened:x\"}");
	else if (hs_is(r, "GET", NULL))
		hs_say(a, 404, "{\"errcode\": \"M_NOT_FOUND\", \"error\": \"not found\"}");
}

static inline void ground_delivered(void *data, struct transport *t, const char *key, int error)
{
	struct ground *g = data;

	assert_false(g->inside);
	assert_ptr_equal(t, &g->m.transport);
	g_string_append_printf(g->told, "%s %d\n", key, error);
	g->kept = db_int(g->m.db, 0, "SELECT count(*) FROM matrix_spoken", "");
	g->tellings++;
}

static inline void ground_event(void *data, struct transport *t, const struct event *e)
{
}

static inline void ground_state(void *data, struct transport *t, enum transport_state s)
{
}

static inline void ground_log(void *data, enum log_level level, const char *text)
{
	struct ground *g = data;

	g_string_append_printf(g->log, "%s\n", text);
}

static inline void ground_renewed(void *data, const struct account *a)
{
}

static inline void ground_dead(void *data, const char *why)
{
}

static inline void ground_sign_in(struct ground *g)
{
	const struct account account = {
		.homeserver = (char *)fake_hs_url(g->hs),
		.user = (char *)"@kith:x",
		.device = (char *)"DEVICE",
		.token = (char *)"token",
	};
	const struct api_options options = {
		.loop = g->loop,
		.clock = clock_real(),
		.http = g->m.http,
		.name = "home",
		.callbacks = { ground_renewed, ground_dead },
		.data = g,
	};

	g->m.api = api_new(&options, &account);
	g->m.user = g_strdup(account.user);
}

static inline int ground_set_up(void **state)
{
	static const char *const places[] = { "!room:x", "!other:x", "!outside:x", NULL };
	static const struct transport_listener listener = { ground_event, ground_delivered,
							    ground_state };
	struct ground *g = g_new0(struct ground, 1);
	g_autofree char *error = NULL;

	g->folder = g_dir_make_tmp("kith-test-XXXXXX", NULL);
	g->store = g_build_filename(g->folder, "test.kith", NULL);
	g->told = g_string_new(NULL);
	g->log = g_string_new(NULL);
	log_listen(ground_log, g);
	g->loop = loop_new();
	g->hs = fake_hs_new(g->loop, ground_answer, g);
	clock_virtual_init(&g->clock, GROUND_NOW_US);
	assert_return_code(db_open(g->store, &g->m.db, &error), 0);
	assert_return_code(
		http_new(g->loop, &(struct http_options){ .folder = g->folder }, &g->m.http), 0);
	g->m.name = g_strdup("home");
	g->m.transport.name = g->m.name;
	g->m.env = (struct transport_env){
		.loop = g->loop,
		.clock = &g->clock.clock,
		.listener = &listener,
		.data = g,
		.rooms = places,
		.db = g->m.db,
	};
	g->m.state = TRANSPORT_ONLINE;
	ground_sign_in(g);
	g->m.rooms = matrix_rooms_new(g->m.db, "home", g->m.user, places);
	keys_open(&g->m);
	g->m.spoken = spoken_new(g->m.db, "home");
	g->m.send = send_new(&g->m);
	*state = g;
	return 0;
}

static inline void ground_close(struct ground *g)
{
	send_free(g_steal_pointer(&g->m.send));
	spoken_free(g_steal_pointer(&g->m.spoken));
	keys_close(&g->m);
	matrix_rooms_free(g_steal_pointer(&g->m.rooms));
	api_free(g_steal_pointer(&g->m.api));
	g_clear_pointer(&g->m.user, g_free);
}

static inline int ground_tear_down(void **state)
{
	struct ground *g = *state;
	static const char *const ends[] = { "", "-wal", "-shm" };

	ground_close(g);
	http_free(g->m.http);
	fake_hs_free(g->hs);
	db_close(g->m.db);
	loop_free(g->loop);
	log_listen(NULL, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(g->store, ends[i], NULL);
		g_unlink(path);
	}
	g_rmdir(g->folder);
	g_queue_clear_full(&g->scripts, g_free);
	g_string_free(g->told, TRUE);
	g_string_free(g->log, TRUE);
	g_free(g->m.name);
	g_free(g->folder);
	g_free(g->store);
	g_free(g);
	return 0;
}

/* The next such request is answered so. Static texts. */
static inline void ground_script(struct ground *g, const char *method, const char *path,
				 struct hs_answer answer)
{
	struct ground_script *s = g_new0(struct ground_script, 1);

	*s = (struct ground_script){ method, path, answer };
	g_queue_push_tail(&g->scripts, s);
}

static inline void ground_refuse(struct ground *g, const char *method, const char *path, int status,
				 const char *text)
{
	ground_script(g, method, path, (struct hs_answer){ .status = status, .text = text });
}

/* A state event of that room, as /sync tells it. */
static inline void ground_state_event(struct ground *g, const char *room, const char *type,
				      const char *sender, const char *key, const char *content)
{
	static unsigned events;
	g_autofree char *id = g_strdup_printf("$state%u", ++events);
	struct read_event e = {
		.id = id,
		.type = (char *)type,
		.sender = (char *)sender,
		.state_key = (char *)key,
		.at_us = GROUND_NOW_US,
		.content = { content, strlen(content) },
	};

	db_begin(g->m.db);
	matrix_rooms_apply(g->m.rooms, matrix_rooms_find(g->m.rooms, room), &e);
	db_end(g->m.db);
}

/* Kith is in it, with `user` (or NULL). */
static inline void ground_enter(struct ground *g, const char *room, const char *user)
{
	db_begin(g->m.db);
	matrix_rooms_enter(g->m.rooms, room);
	db_end(g->m.db);
	ground_state_event(g, room, "m.room.create", "@kith:x", "", "{\"room_version\": \"11\"}");
	ground_state_event(g, room, "m.room.member", "@kith:x", "@kith:x",
			   "{\"membership\": \"join\"}");
	if (user)
		ground_state_event(g, room, "m.room.member", user, user,
				   "{\"membership\": \"join\"}");
}

/* A direct room that a /sync has told of. */
static inline void ground_enter_direct(struct ground *g, const char *room, const char *user)
{
	db_begin(g->m.db);
	matrix_rooms_set_direct(g->m.rooms, room, user);
	db_end(g->m.db);
	ground_enter(g, room, user);
}

static inline int ground_send(struct ground *g, const struct post *p)
{
	struct post copy = *p;

	copy.network = "home";
	copy.word = "word";
	if (!copy.markup)
		copy.markup = "hello";
	if (!copy.expires_at_us)
		copy.expires_at_us = GROUND_NOW_US + 10 * CLOCK_US_PER_MINUTE;
	g->inside = true;
	int error = send_post(g->m.send, &copy);
	g->inside = false;
	return error;
}

/* An announcement in a place, an answer there, an answer in private. */
static inline struct post ground_announcement(const char *key, const char *room)
{
	return (struct post){ .key = key, .room = room, .kind = POST_ANNOUNCEMENT };
}

static inline struct post ground_reply(const char *key, const char *room, const char *event)
{
	return (struct post){ .key = key, .room = room, .reply_to = event, .kind = POST_REPLY };
}

static inline struct post ground_private(const char *key, const char *user)
{
	return (struct post){ .key = key, .account = user, .shown = "x", .kind = POST_PRIVATE };
}

/* All that was told so far is this; waits for as many tellings. */
static inline void ground_expect(struct ground *g, unsigned tellings, const char *want)
{
	if (!fake_hs_until_count(g->hs, &g->tellings, tellings))
		fail_msg("told only: %s", g->told->str);
	assert_string_equal(g->told->str, want);
}

/* Until there were so many of these. */
struct ground_count {
	struct ground *g;
	const char *method, *path;
	unsigned least;
};

static inline bool ground_counted(void *data)
{
	const struct ground_count *c = data;

	return fake_hs_count(c->g->hs, c->method, c->path) >= c->least;
}

static inline const struct hs_request *ground_await(struct ground *g, const char *method,
						    const char *path, unsigned least)
{
	struct ground_count c = { g, method, path, least };

	if (!fake_hs_until(g->hs, ground_counted, &c))
		fail_msg("no %s, only %u", path ? path : method,
			 fake_hs_count(g->hs, method, path));
	return fake_hs_last(g->hs, method, path);
}

/* The bodies' member, "" where there is none; g_free it. */
static inline char *ground_member(const struct hs_request *r, const char *key)
{
	json_t *body = json_loadb(r->body, r->body_bytes, 0, NULL);
	const json_t *value = json_object_get(body, key);
	char *text = value ? dump_sorted(value) : g_strdup("");

	json_decref(body);
	return text;
}

#define ground_assert_member(r, key, want)                    \
	do {                                                  \
		g_autofree char *got = ground_member(r, key); \
		assert_string_equal(got, want);               \
	} while (0)

#endif
