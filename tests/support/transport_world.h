/*
 * The whole Matrix transport, at a homeserver that answers /sync as a test says, with a listener
 * that writes down what it is told.
 */
#ifndef KITH_TESTS_TRANSPORT_WORLD_H
#define KITH_TESTS_TRANSPORT_WORLD_H

#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "event.h"
#include "fake_hs.h"
#include "post.h"
#include "store/db.h"
#include "transport.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM "!makers:hs.test"

/* A sync with one joined room: its state's and its timeline's events, comma between. */
#define SYNC(next, state, timeline)                                                  \
	"{\"next_batch\":\"" next "\",\"rooms\":{\"join\":{\"" ROOM                  \
	"\":{\"state\":{\"events\":[" state "]},\"timeline\":{\"events\":[" timeline \
	"],\"limited\":false,\"prev_batch\":\"p\"}}}}}"
#define EVENT(id, type, sender, rest)                                         \
	"{\"event_id\":\"" id "\",\"type\":\"" type "\",\"sender\":\"" sender \
	"\",\"origin_server_ts\":1700000000000," rest "}"
#define MEMBER(id, user, name, membership)                                           \
	EVENT(id, "m.room.member", user,                                             \
	      "\"state_key\":\"" user "\",\"content\":{\"membership\":\"" membership \
	      "\",\"displayname\":\"" name "\"}")
#define SAYS(id, sender, text)              \
	EVENT(id, "m.room.message", sender, \
	      "\"content\":{\"msgtype\":\"m.text\",\"body\":\"" text "\"}")
#define CAT "Content-Disposition: inline; filename=\"a cat.png\"\r\n"
#define STATE                                                                               \
	EVENT("$create", "m.room.create", "@ana:hs.test",                                   \
	      "\"state_key\":\"\",\"content\":{\"room_version\":\"10\",\"creator\":"        \
	      "\"@ana:hs.test\"}")                                                          \
	"," MEMBER("$m1", "@ana:hs.test", "Ana", "join") "," MEMBER("$m2", "@kith:hs.test", \
								    "Kith", "join")

struct fixture {
	struct loop *loop;
	struct fake_hs *hs;
	char *folder, *store;
	struct db *db;
	struct config *config;
	struct transport_env env;
	bool listening[2];
	int64_t heard_us[2];
	int64_t at_us; /* of the last event */
	struct transport *matrix;
	GString *told;
	GString *files;   /* a line for each upload that was told of */
	GPtrArray *syncs; /* of char *: answers to come; after the last one the poll is held */
	unsigned given;
	int held;         /* the request that is; -1: none */
	bool no_filter;   /* is to be had */
	bool drop;        /* connections instead of answers to /sync */
	const char *hole; /* what is in one; NULL: ana has said "seven" */
	bool busy;        /* for whoever says something */
	unsigned polls;   /* /sync requests so far */
};

static const char *const rooms[] = { ROOM, NULL };
static const char *const inviters[] = { "@ana:hs.test", NULL };

static inline void told_event(void *data, struct transport *t, const struct event *e)
{
	static const char *const kinds[] = {
		"message", "edit",  "redaction", "reaction", "join",  "leave",
		"invite",  "moved", "ejected",   "missed",   "muted",
	};
	struct fixture *f = data;

	assert_string_equal(e->network, "home");
	assert_true(g_utf8_validate(e->text, -1, NULL) && g_utf8_validate(e->shown, -1, NULL));
	assert_true(db_inside(f->db));
	f->at_us = e->at_us;
	if (strstr(e->text, "record")) {
		db_begin(f->db);
		db_run(f->db, "INSERT INTO meta(key, value) VALUES(?, '')", "t", e->id);
		db_end(f->db);
	}
	if (e->file_name)
		g_string_append_printf(f->files, "%s%s%s\n", e->file_name, e->file_type ? " " : "",
				       e->file_type ? e->file_type : "");
	g_string_append_printf(f->told, "%s %s %s(%s)%s%s %s%s%s\n", kinds[e->kind],
			       e->room ? "room" : "alone", e->shown, e->account ? e->account : "-",
			       e->addressed ? " to kith" : "",
			       e->kind == EVENT_MUTED && e->encrypted ? " encrypted"
			       : e->backlog                           ? " before"
								      : "",
			       e->text, e->target ? " of " : "", e->target ? e->target : "");
}

static inline void told_delivered(void *data, struct transport *t, const char *key, int error)
{
	struct fixture *f = data;

	g_string_append_printf(f->told, "delivered %s %s\n", key,
			       error ? g_strerror(-error) : "ok");
}

static inline void told_state(void *data, struct transport *t, enum transport_state s)
{
	static const char *const names[] = { "connecting", "online", "offline", "failed" };
	struct fixture *f = data;

	g_string_append_printf(f->told, "%s\n", names[s]);
}

static const struct transport_listener listener = { told_event, told_delivered, told_state };

/* "404 what it says", or what it says. */
static inline struct hs_answer next_sync(struct fixture *f)
{
	const char *text = f->syncs->pdata[f->given++];
	bool refuses = g_ascii_isdigit(*text);

	return (struct hs_answer){ .status = refuses ? atoi(text) : 0, .text = text + 4 * refuses };
}

static inline void give_sync(struct fixture *f, const struct hs_request *r, struct hs_answer *a)
{
	f->polls++;
	if (f->drop) {
		a->closes = true;
	} else if (f->given < f->syncs->len) {
		*a = next_sync(f);
	} else {
		a->hold = true;
		f->held = (int)r->number;
	}
}

static inline void serve(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct fixture *f = data;

	if (hs_is(r, "GET", "versions"))
		a->text = "{\"versions\":[\"v1.11\"]}";
	else if (hs_is(r, "GET", "v3/login"))
		a->text = "{\"flows\":[{\"type\":\"m.login.password\"}]}";
	else if (hs_is(r, "POST", "v3/login"))
		a->text = "{\"user_id\":\"@kith:hs.test\",\"access_token\":\"t1\","
			  "\"device_id\":\"DEV\"}";
	else if (hs_is(r, "POST", "v3/user/"))
		*a = (struct hs_answer){
			.status = f->no_filter ? 404 : 200,
			.text = "{\"filter_id\":\"f1\",\"errcode\":\"M_NOT_FOUND\"}"
		};
	else if (hs_is(r, "PUT", "v3/rooms/") && f->busy)
		a->status = 503;
	else if (hs_is(r, "PUT", "v3/rooms/"))
		hs_say(a, 200, "{\"event_id\":\"$put%u\"}", r->number);
	else if (hs_is(r, "GET", "v3/rooms/"))
		hs_say(a, 200, "{\"chunk\":[%s]}",
		       f->hole ? f->hole : SAYS("$7", "@ana:hs.test", "seven"));
	else if (hs_is(r, "GET", "v1/media/download/hs.test/gone"))
		hs_say(a, 404, "{\"errcode\":\"M_NOT_FOUND\"}");
	else if (hs_is(r, "GET", "v1/media/download/"))
		*a = (struct hs_answer){ .type = "image/png", .headers = CAT };
	else if (hs_is(r, "GET", "v3/sync"))
		give_sync(f, r, a);
}

/* The next answer to /sync; at once, if one is waited for. */
static inline void sync_with(struct fixture *f, const char *text)
{
	g_ptr_array_add(f->syncs, (void *)text);
	if (f->held < 0)
		return;
	const struct hs_answer a = next_sync(f);
	unsigned held = (unsigned)f->held;

	f->held = -1;
	assert_true(fake_hs_answer(f->hs, held, &a));
}

static inline bool waits(void *data)
{
	struct fixture *f = data;

	return f->held >= 0 && f->given == f->syncs->len;
}

/* Until kith has handled all there is and asks for more. */
static inline void settle(struct fixture *f)
{
	assert_true(fake_hs_until(f->hs, waits, f));
	fake_hs_turn(f->hs, 20000);
}

static inline void open_matrix(struct fixture *f)
{
	g_autofree char *faults = NULL;
	g_autofree char *password = g_build_filename(f->folder, "password", NULL);
	g_autofree char *text =
		g_strdup_printf("[group]\nname = Makers\ntimezone = Europe/Berlin\n"
				"organizers = home/@ana:hs.test\nplaces = home/" ROOM "\n"
				"[matrix home]\nhomeserver = %s\nuser = @kith:hs.test\n"
				"password-file = %s\n",
				fake_hs_url(f->hs), password);

	assert_true(g_file_set_contents(password, "secret\n", -1, NULL));
	config_free(f->config);
	assert_int_equal(config_parse(text, "kith.conf", &f->config, &faults), 0);
	f->env = (struct transport_env){
		.loop = f->loop,
		.clock = clock_real(),
		.listener = &listener,
		.data = f,
		.rooms = rooms,
		.heard_us = f->heard_us,
		.listening = f->listening,
		.inviters = inviters,
		.refusal = "no",
		.db = f->db,
	};
	assert_int_equal(transport_matrix.open(&f->env, f->config->networks->pdata[0], &f->matrix),
			 0);
}

/* Kith ends, `text` is the next answer, and it begins again. */
static inline void restart(struct fixture *f, const char *text)
{
	transport_matrix.close(f->matrix);
	f->held = -1;
	sync_with(f, text);
	open_matrix(f);
}

static inline int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	g_autofree char *error = NULL;

	f->loop = loop_new();
	f->hs = fake_hs_new(f->loop, serve, f);
	f->folder = g_dir_make_tmp("kith-XXXXXX", NULL);
	f->store = g_build_filename(f->folder, "kith.db", NULL);
	assert_int_equal(db_open(f->store, &f->db, &error), 0);
	f->told = g_string_new(NULL);
	f->files = g_string_new(NULL);
	f->syncs = g_ptr_array_new();
	f->held = -1;
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	static const char *const files[] = { "kith.db", "kith.db-wal", "kith.db-shm", "password",
					     "home.key" };
	struct fixture *f = *state;

	transport_matrix.close(f->matrix);
	db_close(f->db);
	config_free(f->config);
	fake_hs_free(f->hs);
	loop_free(f->loop);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(f->folder, files[i], NULL);
		unlink(path);
	}
	assert_int_equal(rmdir(f->folder), 0);
	g_free(f->folder);
	g_free(f->store);
	g_string_free(f->told, TRUE);
	g_string_free(f->files, TRUE);
	g_ptr_array_unref(f->syncs);
	g_free(f);
	return 0;
}

/* All that the app was told since the last time. */
static inline void assert_told(struct fixture *f, const char *want)
{
	g_autofree char *told = g_strdup(f->told->str);

	g_string_truncate(f->told, 0);
	assert_string_equal(told, want);
}

/* The app is in, and has heard nothing yet. */
static inline void come_online(struct fixture *f)
{
	sync_with(f, SYNC("s1", STATE, SAYS("$old", "@ana:hs.test", "!list")));
	open_matrix(f);
	settle(f);
	assert_told(f, "online\n");
}

static inline char *since(struct fixture *f)
{
	return db_text(f->db, "SELECT since FROM matrix_account", "");
}

#endif
