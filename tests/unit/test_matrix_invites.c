/* Who asks kith in, and what it answers. */
#include "matrix_world.h"

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
	assert_non_null(strstr(w->told->str, "(Ana) alone: no"));
	until_answered(w);
	inside(w, ROOM, "{}");
	/* In a group's room it is no talk in private. */
	invited(w, "!group:hs.test", ANA, "null", false);
	assert_non_null(strstr(w->told->str, "!group:hs.test by " ANA " (ana): no"));
	until_answered(w);
	invited(w, OTHER, ANA, "null", true);
	assert_non_null(strstr(w->told->str, OTHER " by " ANA " (ana) alone: yes"));
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
