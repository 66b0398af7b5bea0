#include "transport_world.h"

#define ALONE "!alone:hs.test"
#define JOINED(room, state, timeline)                                                            \
	"{\"next_batch\":\"j\",\"rooms\":{\"join\":{\"" room "\":{\"state\":{\"events\":[" state \
	"]},\"timeline\":{\"events\":[" timeline "]}}}}}"
#define REFUSED "400 {\"errcode\":\"M_UNKNOWN\",\"error\":\"no such thing\"}"
#define PAGE    "404 <html>not here</html>"

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

static void refused__by_a_proxy__cursor_stays(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	for (int i = 0; i < 3; i++)
		sync_with(f, PAGE);
	sync_with(f, SYNC("s2", "", SAYS("$1", "@ana:hs.test", "hello?")));
	settle(f);
	assert_told(f, "offline\nmessage room Ana(@ana:hs.test) before hello?\nonline\n");
	assert_int_equal(fake_hs_count(f->hs, "POST", "v3/user/"), 1);
}

static void refused__then_no_filter_is_to_be_had__cursor_stays(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, REFUSED);
	f->no_filter = true;
	assert_true(fake_hs_until_requests(f->hs, fake_hs_requests(f->hs)->len + 2));
	f->no_filter = false;
	sync_with(f, SYNC("s2", "", SAYS("$1", "@ana:hs.test", "hello?")));
	settle(f);
	assert_told(f, "offline\nmessage room Ana(@ana:hs.test) before hello?\nonline\n");
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
		TEST(refused__by_a_proxy__cursor_stays),
		TEST(refused__then_no_filter_is_to_be_had__cursor_stays),
		TEST(room__without_an_id__is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
