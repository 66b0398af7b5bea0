/* Whatever a homeserver answers to /sync: it is taken or refused, every time the same way, what the
 * app is told of is sound, and what is known of the rooms is what the store has of them. Nothing
 * leaves the process: the loop does not turn. */
#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "event.h"
#include "matrix_keys.h"
#include "net/http.h"
#include "post.h"
#include "store/db.h"
#include "transport/matrix/account.h"
#include "transport/matrix/api.h"
#include "transport/matrix/batch.h"
#include "transport/matrix/hear.h"
#include "transport/matrix/invites.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/send.h"
#include "transport/matrix/spoken.h"
#include "transport/matrix/uploads.h"
#include "transport/matrix/waiting.h"

#include <assert.h>
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	char *folder;
	struct loop *loop;
	struct http *http;
	struct db *db;
	struct clock_virtual clock;
	bool listening[3];
} ground;

static const char *const places[] = { "!makers:hs.test", "#alias:hs.test", NULL };
static const char *const inviters[] = { "@ana:hs.test", NULL };

static void told_event(void *data, struct transport *t, const struct event *e)
{
	assert(e->id && e->network && e->text && e->shown);
	assert(g_utf8_validate(e->text, -1, NULL) && g_utf8_validate(e->shown, -1, NULL));
	assert(e->kind == EVENT_INVITE || e->direct == !e->room);
	assert(e->at_us >= 0);
	assert(!e->account || e->kind == EVENT_EJECTED || e->kind == EVENT_MOVED ||
	       (*e->account == '@' && strchr(e->account, ':')));
	assert(db_inside(ground.db));
	/* What has an effect is told once. */
	if (strchr(e->text, '!')) {
		db_begin(ground.db);
		db_run(ground.db, "INSERT INTO meta(key, value) VALUES(?, '')", "t", e->id);
		db_end(ground.db);
	}
}

static void told_delivered(void *data, struct transport *t, const char *key, int error)
{
	assert(key);
}

static void told_state(void *data, struct transport *t, enum transport_state s)
{
}

static void waited_event(void *data, const char *id, struct span event, bool backlog)
{
	struct matrix *m = data;
	const struct matrix_room *room = matrix_rooms_find(m->rooms, id);

	if (room)
		hear_event(m, room, event, backlog);
}

static void waited_in_vain(void *data, const char *id, int64_t from_us)
{
	struct matrix *m = data;
	const struct matrix_room *room = matrix_rooms_find(m->rooms, id);

	if (room && room->place)
		hear_missed(m, room->place, from_us);
}

static void waited(void *data, const char *room)
{
}

static void clear_up(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	db_close(ground.db);
	http_free(ground.http);
	loop_free(ground.loop);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(ground.folder, "/kith.db", ends[i], NULL);
		unlink(path);
	}
	rmdir(ground.folder);
	g_free(ground.folder);
}

static void lay_ground(void)
{
	const struct http_options options = { NULL, "/tmp" };
	g_autofree char *path = NULL;
	char *error;

	ground.folder = g_dir_make_tmp("kith-fuzz-XXXXXX", NULL);
	path = g_build_filename(ground.folder, "kith.db", NULL);
	ground.loop = loop_new();
	clock_virtual_init(&ground.clock, INT64_C(1763800000000000));
	int opened =
		http_new(ground.loop, &options, &ground.http) + db_open(path, &ground.db, &error);
	assert(opened == 0);
	atexit(clear_up);
}

static void open_all(struct matrix *m)
{
	static const struct transport_listener listener = { told_event, told_delivered,
							    told_state };
	static const struct waiting_callbacks waits = { waited_event, waited_in_vain, waited };
	struct account account = { .homeserver = (char *)"http://127.0.0.1:9",
				   .user = (char *)"@kith:hs.test",
				   .device = (char *)"DEV",
				   .token = (char *)"token" };
	const struct api_options options = {
		.loop = ground.loop,
		.clock = &ground.clock.clock,
		.http = ground.http,
		.name = (char *)"home",
		.data = m,
	};

	*m = (struct matrix){
		.env = { .loop = ground.loop,
			 .clock = &ground.clock.clock,
			 .listener = &listener,
			 .rooms = places,
			 .listening = ground.listening,
			 .inviters = inviters,
			 .refusal = "no",
			 .db = ground.db },
		.name = (char *)"home",
		.db = ground.db,
		.user = (char *)"@kith:hs.test",
		.state = TRANSPORT_ONLINE,
	};
	m->transport.name = "home";
	m->due = loop_timer_new(ground.loop, NULL, NULL);
	m->api = api_new(&options, &account);
	m->rooms = matrix_rooms_new(ground.db, "home", m->user, places);
	keys_open(m);
	m->spoken = spoken_new(ground.db, "home");
	m->send = send_new(m);
	m->uploads = uploads_new(m, hear_named);
	m->waiting = waiting_new(ground.db, "home", &waits, m);
	m->invites = invites_new(m);
}

static void close_all(struct matrix *m)
{
	invites_free(m->invites);
	waiting_free(m->waiting);
	uploads_free(m->uploads);
	send_free(m->send);
	spoken_free(m->spoken);
	keys_close(m);
	matrix_rooms_free(m->rooms);
	api_free(m->api);
	loop_timer_free(m->due);
}

static void compare_members(const struct matrix_room *room, const struct matrix_room *kept)
{
	GHashTableIter i;
	void *user, *value;

	assert(g_hash_table_size(room->members) == g_hash_table_size(kept->members));
	g_hash_table_iter_init(&i, room->members);
	while (g_hash_table_iter_next(&i, &user, &value)) {
		const struct matrix_member *m = value;
		const struct matrix_member *k = g_hash_table_lookup(kept->members, user);

		assert(k && k->joined == m->joined && !g_strcmp0(k->shown, m->shown));
	}
}

/* Whatever is told of a room goes to the store with it. */
static void compare(struct matrix_rooms *rooms)
{
	struct matrix_rooms *kept = matrix_rooms_new(ground.db, "home", "@kith:hs.test", places);
	struct matrix_room *room;
	unsigned n = 0;

	while ((room = matrix_rooms_each(rooms, n)))
		n++;
	assert(!matrix_rooms_each(kept, n));
	while (n-- > 0) {
		room = matrix_rooms_each(rooms, n);
		struct matrix_room *stored = matrix_rooms_find(kept, room->id);

		assert(stored && room->inside == stored->inside);
		assert(!g_strcmp0(room->place, stored->place));
		assert(!g_strcmp0(room->direct, stored->direct));
		/* Where a place may go on is learnt anew, if not all is known of the place. */
		if (!room->place && !room->direct)
			continue;
		assert(room->complete == stored->complete);
		assert(room->encrypted == stored->encrypted);
		if (!room->complete)
			continue;
		assert(!g_strcmp0(room->moved_to, stored->moved_to));
		assert(!g_strcmp0(room->moved_by, stored->moved_by));
		assert(!strcmp(room->version, stored->version));
		assert(matrix_room_may_speak(rooms, room) == matrix_room_may_speak(kept, stored));
		compare_members(room, stored);
	}
	matrix_rooms_free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The bytes themselves, so that reading behind them shows. */
	g_autofree char *body = g_memdup2(data, size);
	struct matrix m;
	int results[4];

	if (!ground.loop)
		lay_ground();
	db_begin(ground.db);
	open_all(&m);
	for (size_t i = 0; i < G_N_ELEMENTS(results); i++) {
		/* The first of all; after a time away; while it listens; and anew. */
		const struct batch b = { .body = body,
					 .bytes = size,
					 .since = i == 0 || i == 3 ? NULL : "s1",
					 .catching_up = i == 1,
					 .heard_us = i > 0 };
		g_autofree char *next = NULL;
		bool kept;

		results[i] = batch_handle(&m, &b, &next, &kept);
		assert(results[i] < 0 || (next && *next));
		assert(results[i] == results[0]);
	}
	compare(m.rooms);
	close_all(&m);
	db_undo(ground.db);
	return 0;
}
