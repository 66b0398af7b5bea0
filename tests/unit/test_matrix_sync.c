#include "transport_world.h"

#define ALONE "!alone:hs.test"
#define JOINED(room, state, timeline)                                                            \
	"{\"next_batch\":\"j\",\"rooms\":{\"join\":{\"" room "\":{\"state\":{\"events\":[" state \
	"]},\"timeline\":{\"events\":[" timeline "]}}}}}"

static void first__direct_rooms__are_known(void **state)
{
	struct fixture *f = *state;

	sync_with(f,
		  "{\"next_batch\":\"s1\",\"account_data\":{\"events\":[{\"type\":\"m.direct\","
		  "\"content\":{\"@ana:hs.test\":[\"" ALONE "\"]}}]},\"rooms\":{\"join\":{\"" ALONE
		  "\":{\"state\":{\"events\":[" STATE "]}}}}}");
	open_matrix(f);
	settle(f);
	sync_with(f, JOINED(ALONE, "", SAYS("$1", "@ana:hs.test", "help")));
	settle(f);
	assert_told(f, "online\nmessage alone Ana(@ana:hs.test) help\n");
}

static void room__without_an_id__is_none(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, JOINED("elsewhere", STATE, ""));
	sync_with(f, JOINED("!else\\nwhere:hs.test", STATE, ""));
	settle(f);
	assert_int_equal(db_int(f->db, 0, "SELECT count(*) FROM matrix_room", ""), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(first__direct_rooms__are_known),
		TEST(room__without_an_id__is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
