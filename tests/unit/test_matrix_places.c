/* Where kith goes by itself: its places, and after rooms that move. */
#include "matrix_world.h"

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

/* Else they would be asked to make a place of what is one. */
static void places_alias__unknown_yet__even_an_organizers_invitation_waits(void **state)
{
	struct world *w = *state;

	restart(w, alias_alone);
	invited(w, NEW, "@olga:hs.test", "null", false);
	invited(w, OTHER, "@olga:hs.test", "null", true);
	assert_string_equal(w->told->str, "invite " OTHER " by @olga:hs.test (olga) alone: yes\n");
	on(w, "GET", "directory/", 200, "{\"room_id\":\"" NEW "\",\"servers\":[]}");
	on(w, "POST", "", 200, "{}");
	invites_places(w->m.invites);
	until_answered(w);
	assert_non_null(strstr(w->told->str, "invite " ALIAS " by @olga:hs.test (olga): yes\n"));
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
	assert_non_null(strstr(w->told->str, "invite " ALIAS " by " BEN " (ben): yes\n"));
	assert_int_equal(count(w, "POST", "v3/rooms/%21other"), 1);
}

#define OLGA "@olga:hs.test"

static void places_alias__unknown_for_long__the_organizers_invitation_goes_first(void **state)
{
	struct world *w = *state;

	restart(w, alias_alone);
	on(w, "GET", "directory/", 502, "{\"errcode\":\"M_UNKNOWN\",\"error\":\"far away\"}");
	on(w, "POST", "join/", 200, "{}");
	invited(w, OTHER, OLGA, "null", false);
	assert_string_equal(w->told->str, "");
	invites_places(w->m.invites);
	until(w, "POST", "v3/join/", 1);
	assert_string_equal(w->told->str, "invite " OTHER " by " OLGA " (olga): yes\n");
}

static void places_alias__given_to_the_room_kith_is_asked_into__is_found(void **state)
{
	struct world *w = *state;

	restart(w, alias_alone);
	w->m.invites->times.look_again_us = CLOCK_US_PER_MINUTE;
	errands_set_pauses(w->m.invites->errands, CLOCK_US_PER_MINUTE, CLOCK_US_PER_HOUR);
	invites_places(w->m.invites);
	assert_true(fake_hs_until(w->hs, is_logged, w));
	/* The room is made while kith runs. */
	on(w, "GET", "directory/", 200, "{\"room_id\":\"" NEW "\",\"servers\":[\"hs.test\"]}");
	on(w, "POST", "join/", 200, "{}");
	invited(w, NEW, OLGA, "null", false);
	until(w, "POST", "v3/join/", 1);
	assert_string_equal(w->told->str, "invite " ALIAS " by " OLGA " (olga): yes\n");
	assert_string_equal(matrix_rooms_at(w->m.rooms, ALIAS)->id, NEW);
}

static void places_alias__of_no_room__is_not_looked_up_for_each_invitation(void **state)
{
	struct world *w = *state;

	restart(w, alias_alone);
	w->m.invites->times.look_again_us = CLOCK_US_PER_MINUTE;
	errands_set_pauses(w->m.invites->errands, CLOCK_US_PER_MINUTE, CLOCK_US_PER_HOUR);
	invites_places(w->m.invites);
	assert_true(fake_hs_until(w->hs, is_logged, w));
	invited(w, OTHER, BEN, "null", false);
	assert_string_equal(w->told->str, "invite " OTHER " by " BEN " (ben): no\n");
	assert_int_equal(count(w, "GET", "v3/directory/"), 1);
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
	assert_non_null(strstr(w->told->str, "invite " ROOM " by " ANA " (ana): yes\n"));
	until_answered(w);
	inside(w, NEW, successor);
	assert_non_null(strstr(w->told->str, "moved " ROOM " to " NEW "\n"));
}

static void follow_closed_room__is_called_as_it_is_configured(void **state)
{
	struct world *w = *state;

	restart(w, alias_alone);
	begin(w);
	matrix_rooms_set_place(w->m.rooms, ROOM, ALIAS);
	end(w);
	on(w, "POST", "join/", 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not invited\"}");
	inside(w, ROOM, "{}");
	tombstone(w, ROOM, NEW);
	assert_true(fake_hs_until(w->hs, is_logged, w));
	assert_non_null(strstr(w->log->str, ALIAS " goes on in " NEW ", which kith cannot join"));
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
		TEST(places_id__outside__is_joined),
		TEST(places_join__refused__is_said_once_and_tried_again),
		TEST(places_alias__is_resolved_first),
		TEST(places_alias__unknown_yet__even_an_organizers_invitation_waits),
		TEST(places_alias__unknown_yet__invitations_wait),
		TEST(places_alias__unknown_for_long__the_organizers_invitation_goes_first),
		TEST(places_alias__given_to_the_room_kith_is_asked_into__is_found),
		TEST(places_alias__of_no_room__is_not_looked_up_for_each_invitation),
		TEST(places_alias__of_another_place__is_told),
		TEST(places_kicked__comes_back_after_a_while),
		TEST(places_banned__waits_for_an_invitation),
		TEST(follow_tombstone__place_goes_on_there),
		TEST(follow_after_a_restart__goes_on),
		TEST(follow_stranger_room__is_not_followed),
		TEST(follow_closed_room__waits_for_anybodys_invitation),
		TEST(follow_closed_room__is_called_as_it_is_configured),
		TEST(follow_chain__one_by_one),
		TEST(follow_into_a_room_kith_is_in__asks_for_its_state),
		TEST(follow_into_a_room_of_no_sync__is_entered),
		TEST(follow_into_another_place__is_told_once),
		TEST(state_newly_configured__is_asked_for),
		TEST(state_not_there__is_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
