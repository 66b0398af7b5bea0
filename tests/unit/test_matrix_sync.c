#include "transport_world.h"

#define HEARD_US  INT64_C(1795424400000000)
#define ELSEWHERE "!elsewhere:hs.test"
#define ALONE     "!alone:hs.test"
#define JOINED(room, state, timeline)                                                            \
	"{\"next_batch\":\"j\",\"rooms\":{\"join\":{\"" room "\":{\"state\":{\"events\":[" state \
	"]},\"timeline\":{\"events\":[" timeline "]}}}}}"
#define REFUSED "400 {\"errcode\":\"M_UNKNOWN\",\"error\":\"no such thing\"}"
#define PAGE    "404 <html>not here</html>"

static int64_t inside(struct fixture *f, const char *room)
{
	return db_int(f->db, -1, "SELECT inside FROM matrix_room WHERE room = ?", "t", room);
}

static void anew__what_was_said_meanwhile__is_missed_once(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, REFUSED);
	sync_with(f, REFUSED);
	sync_with(f, SYNC("n1", STATE, SAYS("$1", "@ana:hs.test", "!list")));
	settle(f);
	assert_told(f, "offline\nmissed room (-) \nonline\n");
	assert_int_equal(fake_hs_count(f->hs, "POST", "v3/user/"), 2);
}

static void anew__another_device__is_missed_since_the_last_run(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	transport_matrix.close(g_steal_pointer(&f->matrix));
	db_begin(f->db);
	db_run(f->db, "UPDATE matrix_account SET since = NULL", "");
	db_end(f->db);
	f->heard_us[0] = HEARD_US;
	restart(f, SYNC("n1", STATE, SAYS("$1", "@ana:hs.test", "!list")));
	settle(f);
	assert_told(f, "missed room (-) \nonline\n");
	assert_int_equal(f->at_us, HEARD_US);
}

static void anew__room_that_is_not_told_of__is_left(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, REFUSED);
	sync_with(f, REFUSED);
	sync_with(f, "{\"next_batch\":\"n1\"}");
	settle(f);
	assert_false(f->listening[0]);
	assert_int_equal(inside(f, ROOM), 0);
}

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

static bool has_asked_in_vain(void *data)
{
	const struct fixture *f = data;

	/* The first of them was answered. */
	return fake_hs_count(f->hs, "POST", "v3/user/") == 3;
}

static void refused__then_no_filter_is_to_be_had__cursor_stays(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, REFUSED);
	f->no_filter = true;
	assert_true(fake_hs_until(f->hs, has_asked_in_vain, f));
	f->no_filter = false;
	sync_with(f, SYNC("s2", "", SAYS("$1", "@ana:hs.test", "hello?")));
	settle(f);
	assert_told(f, "offline\nmessage room Ana(@ana:hs.test) before hello?\nonline\n");
}

static void gap__where_nobody_listens__is_not_filled(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, JOINED(ELSEWHERE, STATE, ""));
	sync_with(f, "{\"next_batch\":\"s3\",\"rooms\":{\"join\":{\"" ELSEWHERE
		     "\":{\"timeline\":{\"limited\":true,\"prev_batch\":\"p3\",\"events\":[]}}}}}");
	settle(f);
	assert_int_equal(fake_hs_count(f->hs, "GET", "v3/rooms/"), 0);
	assert_told(f, "");
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

static void sender__who_is_no_user__says_nothing(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "",
			  SAYS("$1", "ana", "one") "," SAYS("$2", "@ana", "two") "," SAYS(
				  "$3", "@a na:hs.test", "three") "," SAYS("$4", "@ana:hs.test",
									   "four")));
	settle(f);
	assert_told(f, "message room Ana(@ana:hs.test) four\n");
}

static void direct__somebody_else_in_it__is_not_heard(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f,
		  "{\"next_batch\":\"s2\",\"account_data\":{\"events\":[{\"type\":\"m.direct\","
		  "\"content\":{\"@ana:hs.test\":[\"" ALONE "\"]}}]},\"rooms\":{\"join\":{\"" ALONE
		  "\":{\"state\":{\"events\":[" STATE "]}}}}}");
	sync_with(f, JOINED(ALONE, "",
			    SAYS("$1", "@ben:hs.test", "mydata") "," SAYS("$2", "@ana:hs.test",
									  "help")));
	settle(f);
	/* Online once more: what waits to be said there is offered anew. */
	assert_told(f, "online\nmessage alone Ana(@ana:hs.test) help\n");
}

static void direct__left_by_the_other__is_left_by_kith(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f,
		  "{\"next_batch\":\"s2\",\"account_data\":{\"events\":[{\"type\":\"m.direct\","
		  "\"content\":{\"@ana:hs.test\":[\"" ALONE "\"]}}]},\"rooms\":{\"join\":{\"" ALONE
		  "\":{\"state\":{\"events\":[" STATE "]}}}}}");
	settle(f);
	assert_int_equal(fake_hs_count(f->hs, "POST", "v3/rooms/"), 0);
	sync_with(f, JOINED(ALONE, "", MEMBER("$l", "@ana:hs.test", "Ana", "leave")));
	settle(f);
	assert_int_equal(fake_hs_count(f->hs, "POST", "v3/rooms/%21alone%3Ahs.test/leave"), 1);
}

/* The time of an event is its sender's server's to tell, who may be anybody. */
static void time__long_past__is_no_older_than_what_was_heard(void **state)
{
	struct fixture *f = *state;
	int64_t now_us = g_get_real_time();

	come_online(f);
	sync_with(f, SYNC("s2", "", SAYS("$1", "@ana:hs.test", "buy")));
	settle(f);
	assert_in_range(f->at_us, now_us - 5 * CLOCK_US_PER_MINUTE, now_us);
}

static void polls__that_bring_nothing_at_once__are_few(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	unsigned before = f->polls;
	for (int i = 0; i < 100; i++)
		sync_with(f, "{\"next_batch\":\"s1\"}");
	fake_hs_turn(f->hs, 500000);
	assert_in_range(f->polls - before, 0, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(anew__what_was_said_meanwhile__is_missed_once),
		TEST(anew__another_device__is_missed_since_the_last_run),
		TEST(anew__room_that_is_not_told_of__is_left),
		TEST(first__direct_rooms__are_known),
		TEST(refused__by_a_proxy__cursor_stays),
		TEST(refused__then_no_filter_is_to_be_had__cursor_stays),
		TEST(gap__where_nobody_listens__is_not_filled),
		TEST(room__without_an_id__is_none),
		TEST(sender__who_is_no_user__says_nothing),
		TEST(direct__somebody_else_in_it__is_not_heard),
		TEST(direct__left_by_the_other__is_left_by_kith),
		TEST(time__long_past__is_no_older_than_what_was_heard),
		TEST(polls__that_bring_nothing_at_once__are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
