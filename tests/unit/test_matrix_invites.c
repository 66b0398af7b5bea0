/* Invitations, places and upgrades against a homeserver that answers as it is told. */
#include "transport/matrix/invites.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "event.h"
#include "fake_hs.h"
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
#include <stdio.h>
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

static struct world *world_of(struct matrix *m)
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

static void heard_event(void *data, struct transport *t, const struct event *e)
{
	struct world *w = data;

	assert_true(db_inside(w->m.db));
	assert_string_equal(e->network, "home");
	if (e->kind == EVENT_INVITE)
		g_string_append_printf(w->told, "invite %s by %s (%s): %s\n", e->room, e->account,
				       e->shown, e->accepted ? "yes" : "no");
	else if (e->kind == EVENT_MOVED)
		g_string_append_printf(w->told, "moved %s to %s\n", e->room, e->text);
	else
		fail();
}

static void logged(void *data, enum log_level level, const char *text)
{
	struct world *w = data;

	if (level <= LOG_LEVEL_WARNING)
		g_string_append_printf(w->log, "%s\n", text);
}

/*
 * The ground.
 */

static void handle(void *data, const struct hs_request *r, struct hs_answer *a)
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

static void reply_free(void *data)
{
	struct reply *r = data;

	g_free(r->request);
	g_free(r->text);
	g_free(r);
}

static void on(struct world *w, const char *method, const char *path, int status, const char *text)
{
	struct reply *r = g_new0(struct reply, 1);

	r->request = g_strdup_printf("%s /_matrix/client/v3/%s", method, path);
	r->status = status;
	r->text = g_strdup(text);
	g_ptr_array_add(w->replies, r);
}

static void start(struct world *w)
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
	w->m.invites = invites_new(&w->m);
	errands_set_pauses(w->m.invites->errands, QUICK_US, 4 * QUICK_US);
	w->m.invites->times = (struct invites_times){ 10 * QUICK_US, 5 * QUICK_US };
}

static void stop(struct world *w)
{
	invites_free(w->m.invites);
	matrix_rooms_free(w->m.rooms);
	api_free(w->m.api);
	http_free(w->http);
	db_close(w->m.db);
}

static void restart(struct world *w, const char *const *places)
{
	stop(w);
	w->places = places;
	start(w);
}

static int set_up(void **state)
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

static int tear_down(void **state)
{
	struct world *w = *state;
	static const char *const ends[] = { "", "-wal", "-shm", "-lock", ".lock" };

	if (g_getenv("DUMP")) {
		for (unsigned i = 0; i < fake_hs_requests(w->hs)->len; i++) {
			const struct hs_request *r = g_ptr_array_index(fake_hs_requests(w->hs), i);
			fprintf(stderr, "  %u c%u %s %s answered %d\n", i, r->connection, r->method,
				r->path, r->answered);
		}
		fprintf(stderr, "told %s log %s joined %u\n", w->told->str, w->log->str,
			fake_hs_count(w->hs, "POST", "v3/join/"));
	}
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

static void begin(struct world *w)
{
	db_begin(w->m.db);
}

static void end(struct world *w)
{
	db_end(w->m.db);
}

/* `name` is the inviter's display name, as JSON. */
static void invited(struct world *w, const char *room, const char *by, const char *name,
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

static void state_event(struct world *w, const char *room, const char *type, const char *key,
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
static void inside(struct world *w, const char *room, const char *create)
{
	begin(w);
	matrix_rooms_enter(w->m.rooms, room);
	end(w);
	state_event(w, room, "m.room.create", "", ANA, create);
	state_event(w, room, "m.room.member", ANA, ANA, "{\"membership\":\"join\"}");
}

static void outside(struct world *w, const char *room)
{
	begin(w);
	matrix_rooms_leave(w->m.rooms, room);
	end(w);
}

static int64_t rows(struct world *w)
{
	return db_int(w->m.db, -1, "SELECT count(*) FROM matrix_invite", "");
}

static bool is_answered(void *data)
{
	return rows(data) == 0;
}

static void until_answered(struct world *w)
{
	assert_true(fake_hs_until(w->hs, is_answered, w));
}

static unsigned count(struct world *w, const char *method, const char *path)
{
	return fake_hs_count(w->hs, method, path);
}

/* Until so many such requests were made. */
struct awaited {
	struct world *w;
	const char *method, *path;
	unsigned least;
};

static bool were_made(void *data)
{
	const struct awaited *a = data;

	return count(a->w, a->method, a->path) >= a->least;
}

static void until(struct world *w, const char *method, const char *path, unsigned least)
{
	struct awaited a = { w, method, path, least };

	assert_true(fake_hs_until(w->hs, were_made, &a));
}

static bool is_told(void *data)
{
	return ((struct world *)data)->told->len > 0;
}

static bool is_logged(void *data)
{
	return ((struct world *)data)->log->len > 0;
}

/*
 * Who asks kith in.
 */

static void invites_organizer__anywhere__is_followed(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 200, "{\"room_id\":\"" OTHER "\"}");
	invited(w, OTHER, organizers[0], "\"Olga\"", false);
	/* Asked while the transaction ran, nothing went out yet. */
	assert_int_equal(count(w, NULL, NULL), 0);
	assert_string_equal(w->told->str, "invite " OTHER " by @olga:hs.test (Olga): yes\n");
	until_answered(w);
	assert_int_equal(count(w, NULL, NULL), 1);
	const struct hs_request *r = fake_hs_last(w->hs, "POST", "v3/join/");
	assert_non_null(strstr(r->path, "join/%21other%3Ahs.test?server_name=hs.test&via=hs.test"));
	assert_string_equal(r->body, "{}");
	assert_int_equal(fake_hs_count(w->hs, "POST", "v3/join/"), 1);
}

static void invites_stranger__anywhere__is_refused_once(void **state)
{
	struct world *w = *state;

	on(w, "POST", "rooms/", 200, "{}");
	invited(w, OTHER, BEN, "\"\"", false);
	invited(w, OTHER, BEN, "\"\"", false);
	assert_string_equal(w->told->str, "invite " OTHER " by " BEN " (ben): no\n");
	until_answered(w);
	fake_hs_turn(w->hs, QUICK_US);
	assert_int_equal(count(w, NULL, NULL), 1);
	const struct hs_request *r =
		fake_hs_last(w->hs, "POST", "v3/rooms/%21other%3Ahs.test/leave");
	assert_string_equal(r->body, "{\"reason\":\"Only olga may\"}");
}

static void invites_direct__from_somebody_we_meet__is_taken(void **state)
{
	struct world *w = *state;

	on(w, "POST", "", 200, "{}");
	invited(w, OTHER, ANA, "\"Ana\"", true);
	assert_non_null(strstr(w->told->str, "(Ana): no"));
	until_answered(w);
	inside(w, ROOM, "{}");
	/* In a group's room it is no talk in private. */
	invited(w, "!group:hs.test", ANA, "null", false);
	assert_non_null(strstr(w->told->str, "!group:hs.test by " ANA " (ana): no"));
	until_answered(w);
	invited(w, OTHER, ANA, "null", true);
	assert_non_null(strstr(w->told->str, OTHER " by " ANA " (ana): yes"));
	/* Before /sync tells of the room. */
	assert_string_equal(matrix_rooms_find(w->m.rooms, OTHER)->direct, ANA);
	until_answered(w);
	assert_int_equal(count(w, "POST", "v3/join/"), 1);
}

static void invites_direct__many_from_one__are_left(void **state)
{
	struct world *w = *state;

	on(w, "POST", "", 200, "{}");
	inside(w, ROOM, "{}");
	for (unsigned i = 0; i < 50; i++) {
		g_autofree char *room = g_strdup_printf("!d%u:hs.test", i);
		invited(w, room, ANA, "null", true);
	}
	until_answered(w);
	assert_int_equal(count(w, "POST", "v3/join/"), 5);
	assert_int_equal(count(w, NULL, NULL), 5);
	/* An organizer may ask as often as they like. */
	for (unsigned i = 0; i < 7; i++) {
		g_autofree char *room = g_strdup_printf("!o%u:hs.test", i);
		invited(w, room, organizers[0], "null", true);
	}
	until_answered(w);
	assert_int_equal(count(w, "POST", "v3/join/"), 12);
}

static void invites_direct__cannot_join__is_not_direct_after_all(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"withdrawn\"}");
	inside(w, ROOM, "{}");
	invited(w, OTHER, ANA, "null", true);
	until_answered(w);
	assert_null(matrix_rooms_find(w->m.rooms, OTHER));
	assert_non_null(strstr(w->log->str, "withdrawn"));
}

static void invites_place__by_anybody__is_followed(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 200, "{}");
	invited(w, ROOM, BEN, "null", false);
	assert_non_null(strstr(w->told->str, "yes"));
	until_answered(w);
	assert_int_equal(count(w, "POST", "v3/join/"), 1);
}

static void invites_restart__what_was_not_answered__is(void **state)
{
	struct world *w = *state;

	invited(w, OTHER, organizers[0], "null", false);
	invited(w, "!third:hs.test", BEN, "null", false);
	restart(w, id_alone);
	g_string_truncate(w->told, 0);
	on(w, "POST", "", 200, "{}");
	until_answered(w);
	assert_int_equal(count(w, "POST", "v3/join/%21other"), 1);
	assert_int_equal(count(w, "POST", "v3/rooms/%21third"), 1);
	assert_string_equal(w->told->str, "");
}

static void invites_organizer__after_a_stranger__is_followed(void **state)
{
	struct world *w = *state;

	on(w, "POST", "", 200, "{}");
	invited(w, OTHER, BEN, "null", false);
	invited(w, OTHER, organizers[0], "null", false);
	/* And nobody else's takes that back. */
	invited(w, OTHER, BEN, "null", false);
	until_answered(w);
	assert_int_equal(count(w, "POST", "v3/join/"), 1);
	assert_int_equal(count(w, NULL, NULL), 1);
}

static void invites_flood__is_bounded(void **state)
{
	struct world *w = *state;
	unsigned lines = 0;

	on(w, "POST", "", 200, "{}");
	begin(w);
	for (unsigned i = 0; i < 10000; i++) {
		g_autofree char *room = g_strdup_printf("!f%u:hs.test", i);
		invited(w, room, BEN, "null", false);
	}
	invited(w, OTHER, organizers[0], "null", false);
	end(w);
	assert_int_equal(rows(w), 201);
	for (const char *at = w->told->str; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 21);
	until_answered(w);
	assert_int_equal(count(w, NULL, NULL), 201);
	/* The one that matters did not wait for the others. */
	const struct hs_request *r = fake_hs_last(w->hs, "POST", "v3/join/");
	assert_true(r->number < 8);
	assert_true(fake_hs_connections(w->hs) <= ERRANDS_UNDER_WAY_MOST);
}

static void invites_nonsense__is_nothing(void **state)
{
	static const char *const entries[] = {
		"{}",
		"[]",
		"{\"invite_state\":{\"events\":{}}}",
		"{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\",\"state_key\":\"" KITH
		"\",\"sender\":7,\"content\":{\"membership\":\"invite\"}}]}}",
		"{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\",\"state_key\":\"" KITH
		"\",\"sender\":\"@a\\nb:c\",\"content\":{\"membership\":\"invite\"}}]}}",
		"{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\",\"state_key\":\"" KITH
		"\",\"sender\":\"" ANA "\",\"content\":{\"membership\":\"join\"}}]}}",
	};
	struct world *w = *state;

	begin(w);
	for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
		struct span entry;

		assert_int_equal(span_check(entries[i], strlen(entries[i]), &entry, NULL), 0);
		invites_heard(w->m.invites, OTHER, entry);
	}
	end(w);
	invited(w, "no-room", organizers[0], "null", false);
	assert_int_equal(rows(w), 0);
	assert_string_equal(w->told->str, "");
}

/*
 * Places.
 */

static void places_id__outside__is_joined(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 200, "{\"room_id\":\"" ROOM "\"}");
	invites_places(w->m.invites);
	until(w, "POST", "v3/join/%21makers%3Ahs.test?server_name=hs.test&via=hs.test", 1);
	inside(w, ROOM, "{}");
	invites_places(w->m.invites);
	fake_hs_turn(w->hs, 10 * QUICK_US);
	assert_int_equal(count(w, NULL, NULL), 1);
	assert_int_equal(fake_hs_count(w->hs, "POST", "v3/join/"), 1);
}

static void places_join__refused__is_said_once_and_tried_again(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not invited\"}");
	invites_places(w->m.invites);
	until(w, "POST", "v3/join/", 4);
	assert_non_null(strstr(w->log->str, "not invited; ask somebody there to invite " KITH));
	assert_ptr_equal(strchr(w->log->str, '\n'), w->log->str + w->log->len - 1);
	/* The pauses grow: each is as long as all before. */
	on(w, "POST", "join/", 404, "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"no such room\"}");
	until(w, "POST", "v3/join/", 6);
	assert_non_null(strstr(w->log->str, "no such room"));
}

static void places_alias__is_resolved_first(void **state)
{
	struct world *w = *state;

	restart(w, alias_alone);
	on(w, "GET", "directory/room/%23makers%3Ahs.test", 200,
	   "{\"room_id\":\"" NEW "\",\"servers\":[\"one.test\",3,\"two.test\",\"three.test\","
	   "\"four.test\"]}");
	on(w, "POST", "join/", 200, "{}");
	invites_places(w->m.invites);
	until(w, "POST", "v3/join/", 1);
	assert_non_null(strstr(fake_hs_last(w->hs, "POST", NULL)->path,
			       "join/%21withoutdomain?server_name=one.test&via=one.test"
			       "&server_name=two.test&via=two.test"
			       "&server_name=three.test&via=three.test"));
	assert_string_equal(matrix_rooms_at(w->m.rooms, ALIAS)->id, NEW);
	restart(w, alias_alone);
	assert_string_equal(matrix_rooms_at(w->m.rooms, ALIAS)->id, NEW);
}

static void places_alias__unknown_yet__invitations_wait(void **state)
{
	struct world *w = *state;

	restart(w, alias_alone);
	invited(w, OTHER, BEN, "null", false);
	invited(w, NEW, BEN, "null", false);
	assert_string_equal(w->told->str, "");
	on(w, "GET", "directory/", 200, "{\"room_id\":\"" NEW "\",\"servers\":[]}");
	on(w, "POST", "", 200, "{}");
	restart(w, alias_alone);
	invites_places(w->m.invites);
	until_answered(w);
	assert_non_null(strstr(w->told->str, "invite " OTHER " by " BEN " (ben): no\n"));
	assert_non_null(strstr(w->told->str, "invite " NEW " by " BEN " (ben): yes\n"));
	assert_int_equal(count(w, "POST", "v3/rooms/%21other"), 1);
}

static void places_alias__of_another_place__is_told(void **state)
{
	static const char *const both[] = { ROOM, ALIAS, NULL };
	struct world *w = *state;

	restart(w, both);
	on(w, "GET", "directory/", 200, "{\"room_id\":\"" ROOM "\",\"servers\":[\"hs.test\"]}");
	on(w, "POST", "join/", 200, "{}");
	invites_places(w->m.invites);
	assert_true(fake_hs_until(w->hs, is_logged, w));
	assert_non_null(strstr(w->log->str, ALIAS " is " ROOM ", which is among the places"));
	assert_null(matrix_rooms_at(w->m.rooms, ALIAS));
}

static void places_kicked__comes_back_after_a_while(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 200, "{}");
	inside(w, ROOM, "{}");
	invites_places(w->m.invites);
	invites_put_out(w->m.invites, ROOM, false);
	outside(w, ROOM);
	invites_places(w->m.invites);
	invites_places(w->m.invites);
	fake_hs_turn(w->hs, 4 * QUICK_US);
	assert_int_equal(count(w, NULL, NULL), 0);
	until(w, "POST", "v3/join/", 1);
}

static void places_banned__waits_for_an_invitation(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 200, "{}");
	inside(w, ROOM, "{}");
	invites_places(w->m.invites);
	invites_put_out(w->m.invites, ROOM, true);
	outside(w, ROOM);
	invites_places(w->m.invites);
	fake_hs_turn(w->hs, 15 * QUICK_US);
	invites_places(w->m.invites);
	fake_hs_turn(w->hs, 5 * QUICK_US);
	assert_int_equal(count(w, NULL, NULL), 0);
	invited(w, ROOM, ANA, "null", false);
	until(w, "POST", "v3/join/", 1);
}

/*
 * Upgrades.
 */

static void tombstone(struct world *w, const char *room, const char *target)
{
	g_autofree char *content = g_strdup_printf("{\"replacement_room\":\"%s\"}", target);

	state_event(w, room, "m.room.tombstone", "", BEN, content);
}

static const char successor[] =
	"{\"room_version\":\"12\",\"predecessor\":{\"room_id\":\"" ROOM "\"}}";

static void follow_tombstone__place_goes_on_there(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 200, "{}");
	inside(w, ROOM, "{}");
	tombstone(w, ROOM, NEW);
	assert_int_equal(count(w, NULL, NULL), 0);
	/* Version 12: the id has no domain, who moved it has. */
	until(w, "POST", "v3/join/%21withoutdomain?server_name=else.test&via=else.test", 1);
	inside(w, NEW, successor);
	assert_string_equal(w->told->str, "moved " ROOM " to " NEW "\n");
	assert_string_equal(matrix_rooms_find(w->m.rooms, NEW)->place, ROOM);
	assert_non_null(g_hash_table_lookup(matrix_rooms_at(w->m.rooms, ROOM)->members, ANA));
	invites_places(w->m.invites);
	fake_hs_turn(w->hs, 10 * QUICK_US);
	assert_int_equal(count(w, NULL, NULL), 1);
}

static void follow_after_a_restart__goes_on(void **state)
{
	struct world *w = *state;

	inside(w, ROOM, "{}");
	tombstone(w, ROOM, NEW);
	restart(w, id_alone);
	on(w, "POST", "join/", 200, "{}");
	invites_places(w->m.invites);
	until(w, "POST", "v3/join/%21without", 1);
	inside(w, NEW, successor);
	assert_string_equal(w->told->str, "moved " ROOM " to " NEW "\n");
}

static void follow_stranger_room__is_not_followed(void **state)
{
	struct world *w = *state;

	on(w, "POST", "", 200, "{}");
	inside(w, ROOM, "{}");
	tombstone(w, ROOM, NEW);
	until(w, "POST", "v3/join/", 1);
	inside(w, NEW, "{\"predecessor\":{\"room_id\":\"!else:hs.test\"}}");
	until(w, "POST", "v3/rooms/%21withoutdomain/leave", 1);
	assert_string_equal(w->told->str, "");
	assert_string_equal(matrix_rooms_at(w->m.rooms, ROOM)->id, ROOM);
	invites_places(w->m.invites);
	fake_hs_turn(w->hs, 10 * QUICK_US);
	assert_int_equal(count(w, NULL, NULL), 2);
	assert_non_null(strstr(w->log->str, "does not say that it came from there"));
	assert_ptr_equal(strchr(w->log->str, '\n'), w->log->str + w->log->len - 1);
}

static void follow_closed_room__waits_for_anybodys_invitation(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not invited\"}");
	inside(w, ROOM, "{}");
	tombstone(w, ROOM, NEW);
	assert_true(fake_hs_until(w->hs, is_logged, w));
	assert_non_null(strstr(w->log->str, ROOM " goes on in " NEW ", which kith cannot join"));
	on(w, "POST", "join/", 200, "{}");
	invited(w, NEW, ANA, "null", false);
	assert_non_null(strstr(w->told->str, "yes"));
	until_answered(w);
	inside(w, NEW, successor);
	assert_non_null(strstr(w->told->str, "moved " ROOM " to " NEW "\n"));
}

static void follow_chain__one_by_one(void **state)
{
	struct world *w = *state;

	on(w, "POST", "join/", 200, "{}");
	inside(w, ROOM, "{}");
	tombstone(w, ROOM, NEW);
	until(w, "POST", "v3/join/%21without", 1);
	/* Where it goes on is told before where it comes from. */
	begin(w);
	matrix_rooms_enter(w->m.rooms, NEW);
	end(w);
	tombstone(w, NEW, OTHER);
	state_event(w, NEW, "m.room.create", "", ANA, successor);
	until(w, "POST", "v3/join/%21other", 1);
	inside(w, OTHER, "{\"predecessor\":{\"room_id\":\"" NEW "\"}}");
	assert_string_equal(w->told->str,
			    "moved " ROOM " to " NEW "\nmoved " ROOM " to " OTHER "\n");
	assert_string_equal(matrix_rooms_at(w->m.rooms, ROOM)->id, OTHER);
}

static void follow_into_a_room_kith_is_in__asks_for_its_state(void **state)
{
	static const char room_state[] =
		"[{\"event_id\":\"$e\",\"type\":\"m.room.create\",\"state_key\":\"\","
		"\"sender\":\"" ANA "\",\"origin_server_ts\":1,\"content\":"
		"{\"predecessor\":{\"room_id\":\"" ROOM "\"}}}]";
	struct world *w = *state;

	on(w, "GET", "rooms/%21withoutdomain/state", 200, room_state);
	begin(w);
	matrix_rooms_enter(w->m.rooms, NEW);
	end(w);
	inside(w, ROOM, "{}");
	tombstone(w, ROOM, NEW);
	assert_true(fake_hs_until(w->hs, is_told, w));
	assert_string_equal(w->told->str, "moved " ROOM " to " NEW "\n");
	assert_int_equal(w->entered, 1);
	assert_int_equal(count(w, "POST", NULL), 0);
}

static void follow_into_a_room_of_no_sync__is_entered(void **state)
{
	static const char room_state[] =
		"[{\"event_id\":\"$e\",\"type\":\"m.room.create\",\"state_key\":\"\","
		"\"sender\":\"" ANA "\",\"origin_server_ts\":1,\"content\":"
		"{\"predecessor\":{\"room_id\":\"" ROOM "\"}}}]";
	struct world *w = *state;

	/* Kith has been there for long: joining it again, /sync says nothing. */
	on(w, "POST", "join/", 200, "{}");
	on(w, "GET", "rooms/%21withoutdomain/state", 200, room_state);
	inside(w, ROOM, "{}");
	tombstone(w, ROOM, NEW);
	assert_true(fake_hs_until(w->hs, is_told, w));
	assert_int_equal(count(w, "POST", "v3/join/"), 1);
	assert_string_equal(matrix_rooms_at(w->m.rooms, ROOM)->id, NEW);
}

static void follow_into_another_place__is_told_once(void **state)
{
	static const char *const both[] = { ROOM, NEW, NULL };
	struct world *w = *state;

	restart(w, both);
	inside(w, ROOM, "{}");
	inside(w, NEW, successor);
	tombstone(w, ROOM, NEW);
	assert_true(fake_hs_until(w->hs, is_logged, w));
	assert_non_null(strstr(w->log->str, "take the old one out of the configuration"));
	g_string_truncate(w->log, 0);
	invites_places(w->m.invites);
	fake_hs_turn(w->hs, 4 * QUICK_US);
	assert_string_equal(w->told->str, "");
	assert_string_equal(w->log->str, "");
}

static void state_newly_configured__is_asked_for(void **state)
{
	static const char room_state[] =
		"[{\"event_id\":\"$e\",\"type\":\"m.room.create\",\"state_key\":\"\","
		"\"sender\":\"" ANA "\",\"origin_server_ts\":1,\"content\":{}},"
		"{\"event_id\":\"$f\",\"type\":\"m.room.member\",\"state_key\":\"" BEN "\","
		"\"sender\":\"" BEN "\",\"origin_server_ts\":1,"
		"\"content\":{\"membership\":\"join\"}}]";
	static const char *const both[] = { ROOM, OTHER, NULL };
	struct world *w = *state;

	begin(w);
	matrix_rooms_enter(w->m.rooms, OTHER);
	end(w);
	on(w, "GET", "rooms/%21other%3Ahs.test/state", 200, "\"not so\"");
	restart(w, both);
	until(w, "GET", "v3/rooms/", 2);
	assert_non_null(strstr(w->log->str, "the answer cannot be read"));
	on(w, "GET", "rooms/%21other%3Ahs.test/state", 200, room_state);
	until(w, "GET", "v3/rooms/", 3);
	fake_hs_turn(w->hs, QUICK_US);
	assert_true(matrix_rooms_at(w->m.rooms, OTHER)->complete);
	assert_true(matrix_rooms_meet(w->m.rooms, BEN));
}

static void state_not_there__is_out(void **state)
{
	struct world *w = *state;

	on(w, "GET", "rooms/", 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not in room\"}");
	on(w, "POST", "join/", 200, "{}");
	begin(w);
	matrix_rooms_enter(w->m.rooms, ROOM);
	end(w);
	until(w, "POST", "v3/join/", 1);
	assert_false(matrix_rooms_at(w->m.rooms, ROOM)->inside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(invites_organizer__anywhere__is_followed),
		TEST(invites_stranger__anywhere__is_refused_once),
		TEST(invites_direct__from_somebody_we_meet__is_taken),
		TEST(invites_direct__many_from_one__are_left),
		TEST(invites_direct__cannot_join__is_not_direct_after_all),
		TEST(invites_place__by_anybody__is_followed),
		TEST(invites_restart__what_was_not_answered__is),
		TEST(invites_organizer__after_a_stranger__is_followed),
		TEST(invites_flood__is_bounded),
		TEST(invites_nonsense__is_nothing),
		TEST(places_id__outside__is_joined),
		TEST(places_join__refused__is_said_once_and_tried_again),
		TEST(places_alias__is_resolved_first),
		TEST(places_alias__unknown_yet__invitations_wait),
		TEST(places_alias__of_another_place__is_told),
		TEST(places_kicked__comes_back_after_a_while),
		TEST(places_banned__waits_for_an_invitation),
		TEST(follow_tombstone__place_goes_on_there),
		TEST(follow_after_a_restart__goes_on),
		TEST(follow_stranger_room__is_not_followed),
		TEST(follow_closed_room__waits_for_anybodys_invitation),
		TEST(follow_chain__one_by_one),
		TEST(follow_into_a_room_kith_is_in__asks_for_its_state),
		TEST(follow_into_a_room_of_no_sync__is_entered),
		TEST(follow_into_another_place__is_told_once),
		TEST(state_newly_configured__is_asked_for),
		TEST(state_not_there__is_out),
	};

	cmocka_set_test_filter(g_getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
