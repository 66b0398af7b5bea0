#include "transport/matrix/rooms.h"

#include "store/db.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KITH  "@kith:hs.test"
#define ANA   "@ana:hs.test"
#define BEN   "@ben:hs.test"
#define ROOM  "!makers:hs.test"
#define OTHER "!other:hs.test"
#define NEW   "!qv4Nk0T-without-a-domain"

struct ground {
	char *folder, *path;
	struct db *db;
	struct matrix_rooms *rooms;
	char *lacking, *arrived; /* as the watcher was told last */
	bool dirty;              /* the last thing done changed the store */
};

static const char *const nowhere[] = { NULL };
static const char *const room_alone[] = { ROOM, NULL };

static void lacks(void *data, const char *room)
{
	struct ground *g = data;

	g_free(g->lacking);
	g->lacking = g_strdup(room);
}

static void arrived(void *data, struct matrix_room *room)
{
	struct ground *g = data;

	g_free(g->arrived);
	g->arrived = g_strdup(room->id);
}

static void start(struct ground *g, const char *const *places)
{
	const struct matrix_rooms_watcher watcher = { lacks, arrived, g };
	g_autofree char *error = NULL;

	assert_int_equal(db_open(g->path, &g->db, &error), 0);
	int64_t before = db_changes(g->db);
	g->rooms = matrix_rooms_new(g->db, "home", KITH, places);
	g->dirty = db_changes(g->db) != before;
	matrix_rooms_watch(g->rooms, &watcher);
}

static void stop(struct ground *g)
{
	matrix_rooms_free(g->rooms);
	db_close(g->db);
}

static void restart(struct ground *g, const char *const *places)
{
	stop(g);
	start(g, places);
}

static int set_up(void **state)
{
	struct ground *g = g_new0(struct ground, 1);

	g->folder = g_dir_make_tmp("kith-rooms-XXXXXX", NULL);
	g->path = g_build_filename(g->folder, "store", NULL);
	start(g, room_alone);
	*state = g;
	return 0;
}

static int tear_down(void **state)
{
	struct ground *g = *state;
	GDir *dir;
	const char *name;

	stop(g);
	dir = g_dir_open(g->folder, 0, NULL);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(g->folder, name, NULL);
		unlink(path);
	}
	g_dir_close(dir);
	rmdir(g->folder);
	g_free(g->folder);
	g_free(g->path);
	g_free(g->lacking);
	g_free(g->arrived);
	g_free(g);
	return 0;
}

static struct matrix_room *enter(struct ground *g, const char *id)
{
	db_begin(g->db);
	struct matrix_room *room = matrix_rooms_enter(g->rooms, id);
	db_end(g->db);
	return room;
}

static void leave(struct ground *g, const char *id)
{
	db_begin(g->db);
	matrix_rooms_leave(g->rooms, id);
	db_end(g->db);
}

static void set_place(struct ground *g, const char *id, const char *place)
{
	db_begin(g->db);
	matrix_rooms_set_place(g->rooms, id, place);
	db_end(g->db);
}

static void set_direct(struct ground *g, const char *id, const char *user)
{
	db_begin(g->db);
	matrix_rooms_set_direct(g->rooms, id, user);
	db_end(g->db);
}

static enum matrix_rooms_change apply_text(struct ground *g, struct matrix_room *room,
					   const char *text)
{
	struct span whole;
	struct read_event e;

	assert_int_equal(span_check(text, strlen(text), &whole, NULL), 0);
	assert_int_equal(read_event(whole, &e), 0);
	db_begin(g->db);
	int64_t before = db_changes(g->db);
	enum matrix_rooms_change change = matrix_rooms_apply(g->rooms, room, &e);
	g->dirty = db_changes(g->db) != before;
	db_end(g->db);
	read_event_done(&e);
	return change;
}

/* `more` are further members of the event, each with a comma in front. */
static enum matrix_rooms_change apply_more(struct ground *g, struct matrix_room *room,
					   const char *type, const char *key, const char *sender,
					   const char *content, const char *more)
{
	g_autofree char *text = g_strdup_printf(
		"{\"event_id\":\"$e\",\"type\":\"%s\",\"state_key\":\"%s\",\"sender\":\"%s\","
		"\"origin_server_ts\":1,\"content\":%s%s}",
		type, key, sender, content, more);

	return apply_text(g, room, text);
}

static enum matrix_rooms_change apply(struct ground *g, struct matrix_room *room, const char *type,
				      const char *content)
{
	return apply_more(g, room, type, "", ANA, content, "");
}

static enum matrix_rooms_change member(struct ground *g, struct matrix_room *room, const char *user,
				       const char *content)
{
	return apply_more(g, room, "m.room.member", user, user, content, "");
}

static const struct matrix_member *member_of(const struct matrix_room *room, const char *user)
{
	return g_hash_table_lookup(room->members, user);
}

static int64_t rows(struct ground *g, const char *table)
{
	g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);

	/* A statement's text has to stay where it is. */
	return db_int(g->db, -1, g_intern_string(sql), "");
}

static void rooms_place__restart__state_is_as_it_was(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	assert_string_equal(room->place, ROOM);
	apply(g, room, "m.room.create", "{\"room_version\":\"11\"}");
	apply(g, room, "m.room.name", "{\"name\":\"Makers \\u00e9\"}");
	apply(g, room, "m.room.join_rules", "{\"join_rule\":\"invite\"}");
	apply(g, room, "m.room.history_visibility", "{\"history_visibility\":\"shared\"}");
	apply(g, room, "m.room.power_levels", "{\"users\":{\"" BEN "\":50}}");
	member(g, room, KITH, "{\"membership\":\"join\",\"displayname\":\"Kith\"}");
	member(g, room, ANA, "{\"membership\":\"join\",\"displayname\":\"Ana\"}");
	member(g, room, BEN, "{\"membership\":\"invite\"}");
	restart(g, room_alone);
	assert_false(g->dirty);
	room = matrix_rooms_at(g->rooms, ROOM);
	assert_ptr_equal(room, matrix_rooms_find(g->rooms, ROOM));
	assert_true(room->inside);
	assert_true(room->complete);
	assert_false(matrix_rooms_lacks(g->rooms, room));
	assert_string_equal(room->version, "11");
	assert_string_equal(room->name, "Makers é");
	assert_string_equal(room->join_rule, "invite");
	assert_string_equal(room->history_visibility, "shared");
	assert_int_equal(matrix_room_power(g->rooms, room, BEN), 50);
	assert_int_equal(g_hash_table_size(room->members), 3);
	assert_true(member_of(room, ANA)->joined);
	assert_false(member_of(room, BEN)->joined);
	assert_string_equal(member_of(room, KITH)->shown, "Kith");
}

static void rooms_apply__what_is_known__is_not_written(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	assert_int_equal(apply(g, room, "m.room.name", "{\"name\":\"A\"}"), MATRIX_ROOMS_STATE);
	assert_true(g->dirty);
	assert_int_equal(apply(g, room, "m.room.name", "{\"name\":\"A\"}"), MATRIX_ROOMS_NOTHING);
	assert_false(g->dirty);
	member(g, room, ANA, "{\"membership\":\"join\"}");
	assert_true(g->dirty);
	assert_int_equal(member(g, room, ANA, "{\"membership\":\"join\",\"avatar_url\":\"x\"}"),
			 MATRIX_ROOMS_NOTHING);
	assert_false(g->dirty);
	enter(g, ROOM);
	db_begin(g->db);
	int64_t before = db_changes(g->db);
	matrix_rooms_enter(g->rooms, ROOM);
	matrix_rooms_set_place(g->rooms, ROOM, ROOM);
	assert_int_equal(db_changes(g->db), before);
	db_end(g->db);
	assert_int_equal(apply(g, room, "m.room.topic", "{\"topic\":\"A\"}"), MATRIX_ROOMS_NOTHING);
	assert_int_equal(apply_more(g, room, "m.room.name", "other", ANA, "{\"name\":\"B\"}", ""),
			 MATRIX_ROOMS_NOTHING);
	assert_string_equal(room->name, "A");
}

static void rooms_apply__what_changed__is_told(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	assert_int_equal(member(g, room, ANA, "{\"membership\":\"invite\"}"), MATRIX_ROOMS_STATE);
	assert_int_equal(member(g, room, ANA, "{\"membership\":\"join\"}"), MATRIX_ROOMS_JOIN);
	assert_int_equal(member(g, room, ANA, "{\"membership\":\"join\",\"displayname\":\"A\"}"),
			 MATRIX_ROOMS_STATE);
	assert_int_equal(member(g, room, ANA, "{\"membership\":\"ban\"}"), MATRIX_ROOMS_LEAVE);
	assert_int_equal(member(g, room, ANA, "{\"membership\":\"leave\"}"), MATRIX_ROOMS_NOTHING);
	member(g, room, BEN, "{\"membership\":\"invite\"}");
	assert_int_equal(member(g, room, BEN, "{\"membership\":\"leave\"}"), MATRIX_ROOMS_STATE);
	assert_int_equal(apply(g, room, "m.room.power_levels", "{}"), MATRIX_ROOMS_POWER);
	assert_int_equal(apply(g, room, "m.room.tombstone", "{\"replacement_room\":\"" NEW "\"}"),
			 MATRIX_ROOMS_MOVED);
	assert_string_equal(room->moved_to, NEW);
	assert_string_equal(room->moved_by, ANA);
	/* Kith itself is there from the start. */
	assert_int_equal(member(g, room, KITH, "{\"membership\":\"join\"}"), MATRIX_ROOMS_NOTHING);
}

static void rooms_apply__nonsense__changes_nothing(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);
	g_autofree char *name = g_strnfill(70000, 'n');
	g_autofree char *huge = g_strdup_printf("{\"name\":\"%s\"}", name);
	g_autofree char *long_name = g_strdup_printf(
		"{\"membership\":\"join\",\"displayname\":\"x%s\"}",
		"ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"
		"ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"
		"ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"
		"ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"
		"ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé");

	assert_int_equal(apply(g, room, "m.room.name", huge), MATRIX_ROOMS_NOTHING);
	assert_null(room->name);
	apply(g, room, "m.room.name", "{\"name\":[1]}");
	assert_null(room->name);
	apply(g, room, "m.room.create", "{\"room_version\":11}");
	assert_string_equal(room->version, "1");
	apply(g, room, "m.room.tombstone", "{\"replacement_room\":\"#no-id:hs.test\"}");
	assert_null(room->moved_to);
	assert_int_equal(member(g, room, "nobody", "{\"membership\":\"join\"}"),
			 MATRIX_ROOMS_NOTHING);
	assert_int_equal(member(g, room, ANA, "{\"membership\":7}"), MATRIX_ROOMS_NOTHING);
	assert_int_equal(g_hash_table_size(room->members), 1);
	member(g, room, ANA, long_name);
	const char *shown = member_of(room, ANA)->shown;
	assert_true(strlen(shown) <= 512 && strlen(shown) > 500);
	assert_true(g_utf8_validate(shown, -1, NULL));
}

static void rooms_encryption__once_on__stays(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	assert_int_equal(apply(g, room, "m.room.encryption", "{}"), MATRIX_ROOMS_NOTHING);
	assert_false(room->encrypted);
	apply(g, room, "m.room.encryption",
	      "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"rotation_period_ms\":5}");
	assert_true(room->encrypted);
	assert_int_equal(room->rotation_us, 5000);
	assert_int_equal(apply(g, room, "m.room.encryption", "{}"), MATRIX_ROOMS_NOTHING);
	assert_int_equal(apply(g, room, "m.room.encryption", "{\"algorithm\":null}"),
			 MATRIX_ROOMS_NOTHING);
	assert_int_equal(apply(g, room, "m.room.encryption", "{\"algorithm\":\"m.none\"}"),
			 MATRIX_ROOMS_NOTHING);
	assert_true(room->encrypted);
	assert_string_equal(room->algorithm, "m.megolm.v1.aes-sha2");
	apply(g, room, "m.room.encryption",
	      "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"rotation_period_ms\":9223372036854775807,"
	      "\"rotation_period_msgs\":7}");
	assert_int_equal(room->rotation_us, 0);
	assert_int_equal(room->rotation_messages, 7);
}

static void rooms_leave__and_back__only_encryption_is_known(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	apply(g, room, "m.room.create", "{\"room_version\":\"11\"}");
	apply(g, room, "m.room.name", "{\"name\":\"A\"}");
	apply(g, room, "m.room.encryption", "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}");
	apply(g, room, "m.room.tombstone", "{\"replacement_room\":\"" NEW "\"}");
	member(g, room, ANA, "{\"membership\":\"join\"}");
	leave(g, ROOM);
	assert_ptr_equal(matrix_rooms_at(g->rooms, ROOM), room);
	assert_false(room->inside);
	assert_null(room->moved_to);
	assert_int_equal(rows(g, "matrix_state"), 1);
	assert_int_equal(rows(g, "matrix_member"), 0);
	restart(g, room_alone);
	room = enter(g, ROOM);
	assert_true(room->encrypted);
	assert_null(room->name);
	assert_false(room->complete);
	assert_string_equal(room->version, "1");
	assert_int_equal(g_hash_table_size(room->members), 1);
	assert_int_equal(apply(g, room, "m.room.encryption", "{}"), MATRIX_ROOMS_NOTHING);
}

static void rooms_enter__no_place__keeps_nothing(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, OTHER);

	assert_null(room->place);
	assert_int_equal(member(g, room, ANA, "{\"membership\":\"join\"}"), MATRIX_ROOMS_NOTHING);
	assert_int_equal(apply(g, room, "m.room.name", "{\"name\":\"A\"}"), MATRIX_ROOMS_NOTHING);
	assert_int_equal(g_hash_table_size(room->members), 0);
	assert_int_equal(rows(g, "matrix_state"), 0);
	restart(g, room_alone);
	assert_true(matrix_rooms_find(g->rooms, OTHER)->inside);
	leave(g, OTHER);
	assert_null(matrix_rooms_find(g->rooms, OTHER));
	assert_int_equal(rows(g, "matrix_room"), 1);
}

static void rooms_place__newly_configured__lacks_its_state(void **state)
{
	static const char *const both[] = { ROOM, OTHER, NULL };
	struct ground *g = *state;

	enter(g, OTHER);
	restart(g, both);
	struct matrix_room *room = matrix_rooms_at(g->rooms, OTHER);
	assert_true(room->inside);
	assert_true(matrix_rooms_lacks(g->rooms, room));
	apply(g, room, "m.room.name", "{\"name\":\"A\"}");
	/* What is heard before all of it is known has to be asked for again after a start. */
	restart(g, both);
	room = matrix_rooms_at(g->rooms, OTHER);
	assert_true(matrix_rooms_lacks(g->rooms, room));
	assert_null(room->name);
}

static void fill_one(void *data, struct matrix_room *room, struct span event)
{
	struct ground *g = data;
	struct read_event e;

	assert_int_equal(read_event(event, &e), 0);
	matrix_rooms_apply(g->rooms, room, &e);
	read_event_done(&e);
}

static void rooms_fill__heard_meanwhile__is_newer(void **state)
{
	static const char text[] =
		"[3, {\"type\":\"m.room.member\",\"event_id\":\"$1\",\"state_key\":\"" ANA "\","
		"\"sender\":\"" ANA "\",\"origin_server_ts\":1,"
		"\"content\":{\"membership\":\"join\"}},"
		"{\"type\":\"m.room.name\",\"event_id\":\"$2\",\"state_key\":\"\","
		"\"sender\":\"" ANA "\",\"origin_server_ts\":1,\"content\":{\"name\":\"Old\"}},"
		"{\"type\":\"m.room.member\",\"event_id\":\"$3\",\"state_key\":\"" BEN "\","
		"\"sender\":\"" BEN "\",\"origin_server_ts\":1,"
		"\"content\":{\"membership\":\"join\"}}]";
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);
	struct span events;

	assert_string_equal(g->lacking, ROOM);
	matrix_rooms_asked(room);
	apply(g, room, "m.room.name", "{\"name\":\"New\"}");
	member(g, room, ANA, "{\"membership\":\"leave\"}");
	assert_int_equal(span_check(text, strlen(text), &events, NULL), 0);
	db_begin(g->db);
	matrix_rooms_fill(room, events, fill_one, g);
	db_end(g->db);
	assert_false(matrix_rooms_lacks(g->rooms, room));
	assert_string_equal(room->name, "New");
	assert_null(member_of(room, ANA));
	assert_true(member_of(room, BEN)->joined);
}

static void rooms_alias__resolved__is_the_place(void **state)
{
	static const char *const alias[] = { "#makers:hs.test", NULL };
	struct ground *g = *state;

	restart(g, alias);
	assert_null(matrix_rooms_at(g->rooms, alias[0]));
	set_place(g, OTHER, "#unknown:hs.test");
	assert_null(matrix_rooms_find(g->rooms, OTHER));
	set_place(g, OTHER, alias[0]);
	assert_string_equal(matrix_rooms_find(g->rooms, OTHER)->place, alias[0]);
	restart(g, alias);
	assert_string_equal(matrix_rooms_at(g->rooms, alias[0])->id, OTHER);
	/* The alias stands for another room now. */
	set_place(g, NEW, alias[0]);
	assert_string_equal(matrix_rooms_at(g->rooms, alias[0])->id, NEW);
	assert_null(matrix_rooms_find(g->rooms, OTHER));
}

/* Old room to new one, as an upgrade does it. */
static struct matrix_room *upgrade(struct ground *g)
{
	struct matrix_room *old = enter(g, ROOM);

	apply(g, old, "m.room.create", "{}");
	apply(g, old, "m.room.tombstone", "{\"replacement_room\":\"" NEW "\"}");
	struct matrix_room *new = enter(g, NEW);
	apply(g, new, "m.room.create",
	      "{\"room_version\":\"12\",\"predecessor\":{\"room_id\":\"" ROOM "\"}}");
	return new;
}

static void rooms_upgrade__target__is_kept_from_the_first_moment(void **state)
{
	struct ground *g = *state;

	struct matrix_room *new = upgrade(g);
	assert_string_equal(g->arrived, NEW);
	g_autofree char *predecessor = matrix_room_predecessor(new);
	assert_string_equal(predecessor, ROOM);
	member(g, new, ANA, "{\"membership\":\"join\"}");
	restart(g, room_alone);
	new = matrix_rooms_find(g->rooms, NEW);
	assert_true(new->complete);
	assert_non_null(member_of(new, ANA));
	assert_null(new->place);
	set_place(g, NEW, ROOM);
	assert_string_equal(new->place, ROOM);
	assert_non_null(member_of(new, ANA));
	assert_ptr_equal(matrix_rooms_at(g->rooms, ROOM), new);
	struct matrix_room *old = matrix_rooms_find(g->rooms, ROOM);
	assert_null(old->place);
	assert_null(old->moved_to);
	restart(g, room_alone);
	assert_false(g->dirty);
	assert_string_equal(matrix_rooms_at(g->rooms, ROOM)->id, NEW);
	assert_null(matrix_rooms_find(g->rooms, ROOM)->place);
}

static void rooms_upgrade__new_id_configured__wins(void **state)
{
	static const char *const both[] = { ROOM, NEW, NULL };
	static const char *const new_alone[] = { NEW, NULL };
	struct ground *g = *state;

	upgrade(g);
	set_place(g, NEW, ROOM);
	restart(g, new_alone);
	struct matrix_room *room = matrix_rooms_at(g->rooms, NEW);
	assert_string_equal(room->id, NEW);
	assert_true(room->complete);
	assert_null(matrix_rooms_at(g->rooms, ROOM));
	restart(g, both);
	assert_string_equal(matrix_rooms_at(g->rooms, ROOM)->id, ROOM);
	assert_string_equal(matrix_rooms_at(g->rooms, NEW)->id, NEW);
	/* A place by itself does not become another one. */
	set_place(g, NEW, ROOM);
	assert_string_equal(matrix_rooms_at(g->rooms, ROOM)->id, ROOM);
}

static void rooms_upgrade__into_a_room_known_before__asks_for_its_state(void **state)
{
	struct ground *g = *state;
	struct matrix_room *old = enter(g, ROOM), *new = enter(g, NEW);

	g_clear_pointer(&g->lacking, g_free);
	assert_false(matrix_rooms_lacks(g->rooms, new));
	apply(g, old, "m.room.tombstone", "{\"replacement_room\":\"" NEW "\"}");
	assert_string_equal(g->lacking, NEW);
	assert_true(matrix_rooms_lacks(g->rooms, new));
	/* Another target after all. */
	apply(g, old, "m.room.tombstone", "{\"replacement_room\":\"" OTHER "\"}");
	assert_false(matrix_rooms_lacks(g->rooms, new));
	assert_int_equal(g_hash_table_size(new->members), 0);
	/* In a circle, and to itself. */
	apply(g, old, "m.room.tombstone", "{\"replacement_room\":\"" ROOM "\"}");
	apply(g, old, "m.room.tombstone", "{\"replacement_room\":\"" NEW "\"}");
	apply(g, new, "m.room.tombstone", "{\"replacement_room\":\"" ROOM "\"}");
	leave(g, ROOM);
	leave(g, NEW);
	assert_int_equal(rows(g, "matrix_state"), 0);
}

static struct matrix_room *direct_with(struct ground *g, const char *id, const char *user)
{
	set_direct(g, id, user);
	struct matrix_room *room = enter(g, id);
	apply(g, room, "m.room.create", "{}");
	member(g, room, user, "{\"membership\":\"join\"}");
	return room;
}

static void rooms_direct__of_several__the_first_with_nobody_else(void **state)
{
	struct ground *g = *state;
	struct matrix_room *z = direct_with(g, "!z:hs.test", ANA);
	struct matrix_room *a = direct_with(g, "!a:hs.test", ANA);

	assert_int_equal(matrix_rooms_directs(g->rooms, ANA), 2);
	assert_null(matrix_rooms_direct(g->rooms, BEN));
	assert_ptr_equal(matrix_rooms_direct(g->rooms, ANA), z);
	restart(g, room_alone);
	z = matrix_rooms_find(g->rooms, "!z:hs.test");
	a = matrix_rooms_find(g->rooms, "!a:hs.test");
	assert_ptr_equal(matrix_rooms_direct(g->rooms, ANA), z);
	member(g, z, BEN, "{\"membership\":\"invite\"}");
	assert_ptr_equal(matrix_rooms_direct(g->rooms, ANA), a);
	member(g, z, BEN, "{\"membership\":\"leave\"}");
	member(g, z, ANA, "{\"membership\":\"invite\"}");
	assert_ptr_equal(matrix_rooms_direct(g->rooms, ANA), z);
	member(g, z, ANA, "{\"membership\":\"leave\"}");
	assert_ptr_equal(matrix_rooms_direct(g->rooms, ANA), a);
	leave(g, "!a:hs.test");
	assert_null(matrix_rooms_direct(g->rooms, ANA));
	set_direct(g, "!z:hs.test", NULL);
	assert_int_equal(matrix_rooms_directs(g->rooms, ANA), 0);
	assert_true(z->inside);
	assert_int_equal(g_hash_table_size(z->members), 0);
}

static void rooms_direct__a_place__never_is(void **state)
{
	struct ground *g = *state;

	set_direct(g, ROOM, ANA);
	assert_null(matrix_rooms_find(g->rooms, ROOM)->direct);
	set_direct(g, OTHER, ANA);
	restart(g, (const char *const[]){ "#a:hs.test", NULL });
	assert_string_equal(matrix_rooms_find(g->rooms, OTHER)->direct, ANA);
	set_place(g, OTHER, "#a:hs.test");
	assert_null(matrix_rooms_find(g->rooms, OTHER)->direct);
}

static void rooms_direct__invitation__makes_it_so(void **state)
{
	static const char before[] = ",\"unsigned\":{\"prev_sender\":\"" KITH "\",\"prev_content\":"
				     "{\"membership\":\"invite\",\"is_direct\":true}}";
	static const char invite[] = "{\"membership\":\"invite\",\"is_direct\":true}";
	struct ground *g = *state;
	struct matrix_room *a = enter(g, "!a:hs.test"), *b = enter(g, "!b:hs.test"),
			   *c = enter(g, "!c:hs.test"), *place = enter(g, ROOM);

	/* Kith asked ben in, ana asked kith, kith asked ana who has come since. */
	apply_more(g, a, "m.room.member", BEN, KITH, invite, "");
	assert_string_equal(a->direct, BEN);
	apply_more(g, b, "m.room.member", KITH, ANA, invite, "");
	assert_string_equal(b->direct, ANA);
	apply_more(g, c, "m.room.member", ANA, ANA, "{\"membership\":\"join\"}", before);
	assert_string_equal(c->direct, ANA);
	assert_ptr_equal(matrix_rooms_direct(g->rooms, ANA), c);
	/* Neither to kith nor by it; and not in a place. */
	struct matrix_room *other = enter(g, OTHER);
	apply_more(g, other, "m.room.member", BEN, ANA, invite, "");
	apply_more(g, other, "m.room.member", KITH, ANA, "{\"membership\":\"invite\"}", "");
	assert_null(other->direct);
	apply_more(g, place, "m.room.member", BEN, KITH, invite, "");
	assert_null(place->direct);
}

static void rooms_restart__nobody_left__state_is_as_it_was(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	apply(g, room, "m.room.create", "{}");
	member(g, room, KITH, "{\"membership\":\"leave\"}");
	restart(g, room_alone);
	assert_true(matrix_rooms_find(g->rooms, ROOM)->complete);
}

static void rooms_unconfigured__inside__is_known_but_not_kept(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	apply(g, room, "m.room.create", "{}");
	member(g, room, ANA, "{\"membership\":\"join\"}");
	assert_true(matrix_rooms_meet(g->rooms, ANA));
	restart(g, nowhere);
	room = matrix_rooms_find(g->rooms, ROOM);
	assert_true(room->inside);
	assert_null(room->place);
	assert_false(matrix_rooms_meet(g->rooms, ANA));
	assert_int_equal(rows(g, "matrix_state"), 0);
	assert_int_equal(rows(g, "matrix_member"), 0);
	leave(g, ROOM);
	assert_null(matrix_rooms_find(g->rooms, ROOM));
	assert_null(matrix_rooms_each(g->rooms, 0));
}

static void rooms_speak__power__decides(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	apply(g, room, "m.room.create", "{\"room_version\":\"11\"}");
	assert_true(matrix_room_may_speak(g->rooms, room));
	apply(g, room, "m.room.power_levels", "{\"events_default\":50}");
	assert_false(matrix_room_may_speak(g->rooms, room));
	apply(g, room, "m.room.power_levels",
	      "{\"events_default\":50,\"users\":{\"" KITH "\":50}}");
	assert_true(matrix_room_may_speak(g->rooms, room));
	apply(g, room, "m.room.power_levels", "{\"events\":{\"m.room.encrypted\":10}}");
	assert_true(matrix_room_may_speak(g->rooms, room));
	apply(g, room, "m.room.encryption", "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}");
	assert_false(matrix_room_may_speak(g->rooms, room));
	leave(g, ROOM);
	assert_false(matrix_room_may_speak(g->rooms, room));
}

static void rooms_shown__nothing_said__is_the_local_part(void **state)
{
	struct ground *g = *state;
	struct matrix_room *room = enter(g, ROOM);

	member(g, room, ANA, "{\"membership\":\"join\",\"displayname\":\"Ana \\u2603\"}");
	member(g, room, BEN, "{\"membership\":\"join\",\"displayname\":\"\"}");
	g_autofree char *ana = matrix_room_shown(room, ANA), *ben = matrix_room_shown(room, BEN);
	g_autofree char *odd = matrix_room_shown(room, "odd");
	assert_string_equal(ana, "Ana ☃");
	assert_string_equal(ben, "ben");
	assert_string_equal(odd, "odd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(rooms_place__restart__state_is_as_it_was),
		TEST(rooms_apply__what_is_known__is_not_written),
		TEST(rooms_apply__what_changed__is_told),
		TEST(rooms_apply__nonsense__changes_nothing),
		TEST(rooms_encryption__once_on__stays),
		TEST(rooms_leave__and_back__only_encryption_is_known),
		TEST(rooms_enter__no_place__keeps_nothing),
		TEST(rooms_place__newly_configured__lacks_its_state),
		TEST(rooms_fill__heard_meanwhile__is_newer),
		TEST(rooms_alias__resolved__is_the_place),
		TEST(rooms_upgrade__target__is_kept_from_the_first_moment),
		TEST(rooms_upgrade__new_id_configured__wins),
		TEST(rooms_upgrade__into_a_room_known_before__asks_for_its_state),
		TEST(rooms_direct__of_several__the_first_with_nobody_else),
		TEST(rooms_direct__a_place__never_is),
		TEST(rooms_direct__invitation__makes_it_so),
		TEST(rooms_restart__nobody_left__state_is_as_it_was),
		TEST(rooms_unconfigured__inside__is_known_but_not_kept),
		TEST(rooms_speak__power__decides),
		TEST(rooms_shown__nothing_said__is_the_local_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
