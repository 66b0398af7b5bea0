/*
 * What invitations, places and upgrades are tested on: the rooms and the requests of a Matrix
 * transport, the rest of it told what to say, and a homeserver that answers as it is told.
 */
#ifndef KITH_TESTS_MATRIX_WORLD_H
#define KITH_TESTS_MATRIX_WORLD_H

#include "transport/matrix/invites.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "event.h"
#include "fake_hs.h"
#include "matrix_keys.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/account.h"
#include "transport/matrix/api.h"
#include "transport/matrix/hear.h"
#include "transport/matrix/invites_private.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/rooms.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KITH     "@kith:hs.test"
#define ANA      "@ana:hs.test"
#define BEN      "@ben:else.test"
#define ROOM     "!makers:hs.test"
#define OTHER    "!other:hs.test"
#define NEW      "!withoutdomain"
#define ALIAS    "#makers:hs.test"
#define QUICK_US 20000

struct reply {
	char *request; /* "POST /path", from its start */
	int status;
	char *text;
	bool hold;
};

struct world {
	char *folder, *path;
	struct loop *loop;
	struct fake_hs *hs;
	struct http *http;
	struct matrix m;
	const char *const *places;
	GPtrArray *replies; /* of struct reply; the last that fits */
	GString *told;      /* to the app, a line each */
	GString *log;       /* warnings */
	unsigned entered;
};

static const char *const organizers[] = { "@olga:hs.test", NULL };
static const char *const id_alone[] = { ROOM, NULL };
static const char *const alias_alone[] = { ALIAS, NULL };

/*
 * What the rest of the transport is to the invitations.
 */

static inline struct world *world_of(struct matrix *m)
{
	return m->env.data;
}

int64_t matrix_wall_us(const struct matrix *m)
{
	return 1;
}

void matrix_entered(struct matrix *m, const struct matrix_room *room)
{
	world_of(m)->entered++;
}

void hear_state(struct matrix *m, struct matrix_room *room, struct span event)
{
	struct read_event e;

	if (read_event(event, &e) < 0)
		return;
	if (matrix_rooms_apply(m->rooms, room, &e) == MATRIX_ROOMS_MOVED)
		invites_follow(m->invites, room);
	read_event_done(&e);
}

static inline void heard_event(void *data, struct transport *t, const struct event *e)
{
	struct world *w = data;

	assert_true(db_inside(w->m.db));
	assert_string_equal(e->network, "home");
	if (e->kind == EVENT_INVITE)
		g_string_append_printf(w->told, "invite %s by %s (%s)%s: %s\n", e->room, e->account,
				       e->shown, e->direct ? " alone" : "",
				       e->accepted ? "yes" : "no");
	else if (e->kind == EVENT_MOVED)
		g_string_append_printf(w->told, "moved %s to %s\n", e->room, e->text);
	else
		fail();
}

static inline void logged(void *data, enum log_level level, const char *text)
{
	struct world *w = data;

	if (level <= LOG_LEVEL_WARNING)
		g_string_append_printf(w->log, "%s\n", text);
}

/*
 * The ground.
 */

static inline void handle(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	g_autofree char *line = g_strdup_printf("%s %s", r->method, r->path);

	for (unsigned i = w->replies->len; i-- > 0;) {
		const struct reply *reply = g_ptr_array_index(w->replies, i);

		if (g_str_has_prefix(line, reply->request)) {
			a->status = reply->status;
			a->text = reply->text;
			a->hold = reply->hold;
			return;
		}
	}
	hs_say(a, 404, "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"nothing\"}");
}

static inline void reply_free(void *data)
{
	struct reply *r = data;

	g_free(r->request);
	g_free(r->text);
	g_free(r);
}

static inline void on(struct world *w, const char *method, const char *path, int status,
		      const char *text)
{
	struct reply *r = g_new0(struct reply, 1);

	r->request = g_strdup_printf("%s /_matrix/client/v3/%s", method, path);
	r->status = status;
	r->text = g_strdup(text);
	g_ptr_array_add(w->replies, r);
}

static inline void start(struct world *w)
{
	static const struct transport_listener listener = { heard_event, NULL, NULL };
	const struct account account = { (char *)fake_hs_url(w->hs), (char *)KITH, (char *)"DEV",
					 (char *)"secret" };
	g_autofree char *error = NULL;

	assert_int_equal(db_open(w->path, &w->m.db, &error), 0);
	assert_int_equal(http_new(w->loop, &(struct http_options){ NULL, w->folder }, &w->http), 0);
	w->m.env = (struct transport_env){
		.loop = w->loop,
		.clock = clock_real(),
		.listener = &listener,
		.data = w,
		.rooms = w->places,
		.inviters = organizers,
		.refusal = "Only olga may",
		.db = w->m.db,
	};
	w->m.name = (char *)"home";
	w->m.user = (char *)KITH;
	w->m.http = w->http;
	w->m.synced = true;
	const struct api_options options = {
		.loop = w->loop, .clock = clock_real(), .http = w->http, .name = "home"
	};
	w->m.api = api_new(&options, &account);
	w->m.rooms = matrix_rooms_new(w->m.db, "home", KITH, w->places);
	keys_open(&w->m);
	w->m.invites = invites_new(&w->m);
	errands_set_pauses(w->m.invites->errands, QUICK_US, 4 * QUICK_US);
	w->m.invites->times =
		(struct invites_times){ 10 * QUICK_US, 5 * QUICK_US, 0, 5 * QUICK_US };
}

static inline void stop(struct world *w)
{
	invites_free(w->m.invites);
	keys_close(&w->m);
	matrix_rooms_free(w->m.rooms);
	api_free(w->m.api);
	http_free(w->http);
	db_close(w->m.db);
}

static inline void restart(struct world *w, const char *const *places)
{
	stop(w);
	w->places = places;
	start(w);
}

static inline int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->folder = g_dir_make_tmp("kith-invites-XXXXXX", NULL);
	w->path = g_build_filename(w->folder, "store", NULL);
	w->loop = loop_new();
	w->hs = fake_hs_new(w->loop, handle, w);
	w->replies = g_ptr_array_new_with_free_func(reply_free);
	w->told = g_string_new(NULL);
	w->log = g_string_new(NULL);
	w->places = id_alone;
	log_listen(logged, w);
	start(w);
	*state = w;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *w = *state;
	static const char *const ends[] = { "", "-wal", "-shm", "-lock", ".lock" };

	stop(w);
	log_listen(NULL, NULL);
	fake_hs_free(w->hs);
	loop_free(w->loop);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(w->path, ends[i], NULL);
		unlink(path);
	}
	rmdir(w->folder);
	g_ptr_array_unref(w->replies);
	g_string_free(w->told, TRUE);
	g_string_free(w->log, TRUE);
	g_free(w->folder);
	g_free(w->path);
	g_free(w);
	return 0;
}

static inline void begin(struct world *w)
{
	db_begin(w->m.db);
}

static inline void end(struct world *w)
{
	db_end(w->m.db);
}

/* `name` is the inviter's display name, as JSON. */
static inline void invited(struct world *w, const char *room, const char *by, const char *name,
			   bool direct)
{
	g_autofree char *text = g_strdup_printf(
		"{\"invite_state\":{\"events\":[7,{\"type\":\"m.room.member\"},"
		"{\"type\":\"m.room.member\",\"state_key\":\"%s\",\"sender\":\"%s\","
		"\"content\":{\"membership\":\"join\",\"displayname\":%s}},"
		"{\"type\":\"m.room.member\",\"state_key\":\"" KITH "\",\"sender\":\"%s\","
		"\"content\":{\"membership\":\"invite\",\"is_direct\":%s}}]}}",
		by, by, name, by, direct ? "true" : "false");
	struct span entry;

	assert_int_equal(span_check(text, strlen(text), &entry, NULL), 0);
	begin(w);
	invites_heard(w->m.invites, room, entry);
	end(w);
}

static inline void state_event(struct world *w, const char *room, const char *type, const char *key,
			       const char *sender, const char *content)
{
	g_autofree char *text = g_strdup_printf(
		"{\"event_id\":\"$e\",\"type\":\"%s\",\"state_key\":\"%s\",\"sender\":\"%s\","
		"\"origin_server_ts\":1,\"content\":%s}",
		type, key, sender, content);
	struct span event;

	assert_int_equal(span_check(text, strlen(text), &event, NULL), 0);
	begin(w);
	hear_state(&w->m, matrix_rooms_find(w->m.rooms, room), event);
	end(w);
}

/* As /sync tells it: kith is in there, with ana. */
static inline void inside(struct world *w, const char *room, const char *create)
{
	begin(w);
	matrix_rooms_enter(w->m.rooms, room);
	end(w);
	state_event(w, room, "m.room.create", "", ANA, create);
	state_event(w, room, "m.room.member", ANA, ANA, "{\"membership\":\"join\"}");
}

static inline void outside(struct world *w, const char *room)
{
	begin(w);
	matrix_rooms_leave(w->m.rooms, room);
	end(w);
}

static inline int64_t rows(struct world *w)
{
	return db_int(w->m.db, -1, "SELECT count(*) FROM matrix_invite", "");
}

static inline bool is_answered(void *data)
{
	return rows(data) == 0;
}

static inline void until_answered(struct world *w)
{
	assert_true(fake_hs_until(w->hs, is_answered, w));
}

static inline unsigned count(struct world *w, const char *method, const char *path)
{
	return fake_hs_count(w->hs, method, path);
}

/* Until so many such requests were made. */
struct awaited {
	struct world *w;
	const char *method, *path;
	unsigned least;
};

static inline bool were_made(void *data)
{
	const struct awaited *a = data;

	return count(a->w, a->method, a->path) >= a->least;
}

static inline void until(struct world *w, const char *method, const char *path, unsigned least)
{
	struct awaited a = { w, method, path, least };

	assert_true(fake_hs_until(w->hs, were_made, &a));
}

static inline bool is_told(void *data)
{
	return ((struct world *)data)->told->len > 0;
}

static inline bool is_logged(void *data)
{
	return ((struct world *)data)->log->len > 0;
}

#endif
