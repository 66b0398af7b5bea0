#include "transport_world.h"

static void start__signs_in_and_replays_nothing(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	g_autofree char *cursor = since(f);
	assert_string_equal(cursor, "s1");
	assert_true(f->listening[0]);
	const struct hs_request *poll = fake_hs_last(f->hs, "GET", "v3/sync");
	assert_non_null(strstr(poll->path, "since=s1"));
	assert_non_null(strstr(poll->path, "timeout=50000"));
	assert_string_equal(poll->authorization, "Bearer t1");
}

static void start__goes_on_where_it_was__without_signing_in_again(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "", SAYS("$later", "@ana:hs.test", "record it")));
	settle(f);
	g_string_truncate(f->told, 0);
	restart(f, SYNC("s3", "", SAYS("$away", "@ana:hs.test", "meanwhile")));
	settle(f);
	assert_told(f, "message room Ana(@ana:hs.test) before meanwhile\nonline\n");
	assert_int_equal(fake_hs_count(f->hs, "POST", "v3/login"), 1);
	assert_int_equal(fake_hs_count(f->hs, "POST", "v3/user/"), 1);
}

static void chat__is_told__and_costs_no_write(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "", SAYS("$1", "@ana:hs.test", "good morning")));
	settle(f);
	assert_told(f, "message room Ana(@ana:hs.test) good morning\n");
	g_autofree char *cursor = since(f);
	assert_string_equal(cursor, "s1");
}

static void change__takes_the_cursor_with_it(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "", SAYS("$1", "@ana:hs.test", "record this")));
	settle(f);
	g_autofree char *cursor = since(f);
	assert_string_equal(cursor, "s2");
}

static void event__that_changed_something__is_told_once(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "",
			  SAYS("$1", "@ana:hs.test", "record this") "," SAYS("$1", "@ana:hs.test",
									     "record this")));
	sync_with(f, SYNC("s3", "", SAYS("$1", "@ana:hs.test", "record this")));
	settle(f);
	assert_told(f, "message room Ana(@ana:hs.test) record this\n");
}

#define RELATES(how, target) \
	"\"m.relates_to\":{\"rel_type\":\"" how "\",\"event_id\":\"" target "\""
#define EDITS(id, sender, target, text)                                       \
	EVENT(id, "m.room.message", sender,                                   \
	      "\"content\":{\"msgtype\":\"m.text\",\"body\":\"* " text        \
	      "\",\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"" text \
	      "\"}," RELATES("m.replace", target) "}}")
#define REDACTS(id, sender, target) \
	EVENT(id, "m.room.redaction", sender, "\"redacts\":\"" target "\",\"content\":{}")
#define REACTS(id, sender, target, mark) \
	EVENT(id, "m.reaction", sender,  \
	      "\"content\":{" RELATES("m.annotation", target) ",\"key\":\"" mark "\"}}")

static void edit_redaction_reaction__name_what_they_are_about(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "", EDITS("$e", "@ana:hs.test", "$1", "new")));
	sync_with(f, SYNC("s3", "", REDACTS("$r", "@ana:hs.test", "$1")));
	sync_with(f, SYNC("s4", "", REACTS("$x", "@ana:hs.test", "$1", "+1")));
	settle(f);
	assert_told(f, "edit room Ana(@ana:hs.test) new of $1\n"
		       "redaction room Ana(@ana:hs.test)  of $1\n"
		       "reaction room Ana(@ana:hs.test) +1 of $1\n");
}

static void people__who_come_and_go__are_told_of(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "", MEMBER("$b", "@ben:hs.test", "Ben", "join")));
	sync_with(f, SYNC("s3", "", MEMBER("$c", "@ben:hs.test", "Benjamin", "join")));
	sync_with(f, SYNC("s4", "", MEMBER("$d", "@ben:hs.test", "Benjamin", "leave")));
	settle(f);
	assert_told(f, "join room Ben(@ben:hs.test) \nleave room ben(@ben:hs.test) \n");
}

static void own_messages__are_not_told__but_mark_delivery(void **state)
{
	struct fixture *f = *state;
	const struct post post = {
		.key = "k1",
		.network = "home",
		.room = ROOM,
		.kind = POST_REPLY,
		.expires_at_us = INT64_MAX,
		.word = "w",
		.markup = "hello",
	};

	come_online(f);
	assert_int_equal(f->matrix->impl->send(f->matrix, &post), 0);
	sync_with(f, SYNC("s2", "",
			  EVENT("$own", "m.room.message", "@kith:hs.test",
				"\"unsigned\":{\"transaction_id\":\"k1\"},\"content\":"
				"{\"msgtype\":\"m.notice\",\"body\":\"hello\"}")));
	settle(f);
	assert_told(f, "delivered k1 ok\n");
	const struct hs_request *put = fake_hs_last(f->hs, "PUT", "v3/rooms/");
	assert_true(g_str_has_suffix(put->path, "/send/m.room.message/k1"));
}

/* Kith ended before it knew that an amendment was said: what amends that one is to amend the same
 * event all the same. */
static void own_amendment__is_said_by_what_it_amends(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(
		f,
		SYNC("s2", "",
		     EVENT("$edit", "m.room.message", "@kith:hs.test",
			   "\"unsigned\":{\"transaction_id\":\"k2\"},\"content\":"
			   "{\"msgtype\":\"m.text\",\"body\":\"* new\",\"m.new_content\":"
			   "{\"msgtype\":\"m.text\",\"body\":\"new\"},\"m.relates_to\":"
			   "{\"rel_type\":\"m.replace\",\"event_id\":\"$first\"}}") "," SAYS("$not"
											     "e",
											     "@ana:"
											     "hs."
											     "test",
											     "recor"
											     "d "
											     "i"
											     "t")));
	settle(f);
	g_autofree char *event = db_text(f->db, "SELECT event FROM matrix_spoken", "");
	assert_string_equal(event, "$first");
}

static void own_messages__in_a_hole__mark_delivery_too(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	f->hole = EVENT("$own", "m.room.message", "@kith:hs.test",
			"\"unsigned\":{\"transaction_id\":\"k1\"},\"content\":"
			"{\"msgtype\":\"m.text\",\"body\":\"hello\"}");
	sync_with(f, "{\"next_batch\":\"s2\",\"rooms\":{\"join\":{\"" ROOM
		     "\":{\"timeline\":{\"limited\":true,\"prev_batch\":\"p2\",\"events\":[]}}}}}");
	settle(f);
	fake_hs_turn(f->hs, 200000);
	assert_told(f, "delivered k1 ok\n");
}

/* Between two tries somebody makes the room encrypted. */
static void post__under_way__is_not_said_where_it_is_encrypted_now(void **state)
{
	struct fixture *f = *state;
	const struct post post = {
		.key = "k1",
		.network = "home",
		.room = ROOM,
		.kind = POST_REPLY,
		.expires_at_us = INT64_MAX,
		.word = "w",
		.markup = "hello",
	};

	come_online(f);
	f->busy = true;
	assert_int_equal(f->matrix->impl->send(f->matrix, &post), 0);
	sync_with(f, SYNC("s2", "",
			  EVENT("$e", "m.room.encryption", "@ana:hs.test",
				"\"state_key\":\"\",\"content\":{\"algorithm\":"
				"\"m.megolm.v1.aes-sha2\"}")));
	settle(f);
	assert_told(f, "delivered k1 Resource temporarily unavailable\n");
	assert_int_equal(fake_hs_count(f->hs, "PUT", "v3/rooms/"), 1);
	fake_hs_turn(f->hs, 1500000);
	assert_int_equal(fake_hs_count(f->hs, "PUT", "v3/rooms/"), 1);
}

#define UPLOADS(id, name, where)                                     \
	EVENT(id, "m.room.message", "@ana:hs.test",                  \
	      "\"content\":{\"msgtype\":\"m.file\",\"body\":\"" name \
	      "\",\"url\":\"mxc://hs.test/" where "\"}")

static void upload__without_a_name__is_told_of_by_the_one_it_has(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "",
			  UPLOADS("$1", " ", "picture") "," UPLOADS("$2", "b.png", "b") "," UPLOADS(
				  "$3", "", "gone")));
	settle(f);
	fake_hs_turn(f->hs, 100000);
	assert_string_equal(f->files->str, "b.png\na cat.png image/png\n\n");
	assert_int_equal(fake_hs_count(f->hs, "GET", "v1/media/download/"), 2);
}

static void room__newly_entered__what_was_said_before_is_not_told(void **state)
{
	struct fixture *f = *state;

	sync_with(f, "{\"next_batch\":\"s1\"}");
	open_matrix(f);
	settle(f);
	assert_told(f, "online\n");
	assert_false(f->listening[0]);
	sync_with(f, SYNC("s2", STATE,
			  SAYS("$1", "@ana:hs.test", "!list") "," MEMBER(
				  "$m3", "@kith:hs.test", "Kith",
				  "join") "," SAYS("$2", "@ana:hs.test", "welcome")));
	settle(f);
	assert_told(f, "message room Ana(@ana:hs.test) welcome\nonline\n");
	assert_true(f->listening[0]);
}

/* Kith came or went, and somebody said something. */
#define MOVES(n, how, name, text) \
	MEMBER("$m" n, "@kith:hs.test", name, how) "," SAYS("$s" n, "@ana:hs.test", text)
#define AGAIN                                                 \
	MOVES("1", "join", "Kith", "inside")                  \
	"," MOVES("2", "leave", "Kith", "outside") "," MOVES( \
		"3", "join", "Kith", "again") "," MOVES("4", "join", "Kith the bot", "renamed")

static void room__entered_again__what_was_said_outside_is_not_told(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, "{\"next_batch\":\"s2\",\"rooms\":{\"leave\":{\"" ROOM "\":{}}}}");
	sync_with(f, SYNC("s3", STATE, AGAIN));
	settle(f);
	assert_told(f, "message room Ana(@ana:hs.test) again\n"
		       "message room Ana(@ana:hs.test) renamed\nonline\n");
}

static void room__that_goes_on_elsewhere__and_is_closed__is_not_told_of_as_mute(void **state)
{
	static const char tombstone[] = SYNC(
		"s2", "",
		EVENT("$t", "m.room.tombstone", "@ana:hs.test",
		      "\"state_key\":\"\",\"content\":{\"replacement_room\":\"!new:hs.test\"}"));
	static const char levels[] =
		SYNC("s3", "",
		     EVENT("$p", "m.room.power_levels", "@ana:hs.test",
			   "\"state_key\":\"\",\"content\":{\"events_default\":50,"
			   "\"users\":{\"@ana:hs.test\":100}}"));
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, tombstone);
	sync_with(f, levels);
	settle(f);
	assert_told(f, "");
	restart(f, SYNC("s4", "", ""));
	settle(f);
	assert_told(f, "online\n");
}

static void room__in_which_kith_may_not_speak__is_told_of(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "",
			  EVENT("$p", "m.room.power_levels", "@ana:hs.test",
				"\"state_key\":\"\",\"content\":{\"events_default\":50,"
				"\"users\":{\"@ana:hs.test\":100}}")));
	settle(f);
	assert_told(f, "muted room (-) \n");
}

static void room__that_puts_kith_out__is_told_of(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, "{\"next_batch\":\"s2\",\"rooms\":{\"leave\":{\"" ROOM
		     "\":{\"timeline\":{\"events\":[{\"event_id\":\"$k\",\"type\":"
		     "\"m.room.member\",\"sender\":\"@ana:hs.test\",\"state_key\":"
		     "\"@kith:hs.test\",\"origin_server_ts\":1700000000000,\"content\":{"
		     "\"membership\":\"leave\",\"reason\":\"too loud\"}}]}}}}}");
	settle(f);
	assert_told(f, "ejected room Ana(@ana:hs.test) too loud\n");
	assert_false(f->listening[0]);
}

static void lost__is_told__and_it_comes_back(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	f->drop = true;
	f->held = -1;
	fake_hs_hang_up(f->hs);
	assert_true(fake_hs_until_count(f->hs, &f->polls, f->polls + 3));
	f->drop = false;
	sync_with(f, SYNC("s2", "", SAYS("$1", "@ana:hs.test", "are you there?")));
	settle(f);
	assert_told(f, "offline\nmessage room Ana(@ana:hs.test) before are you there?\nonline\n");
}

static void answer__that_is_none__is_asked_for_again(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, "<html>no</html>");
	sync_with(f, "{\"next_batch\":7}");
	sync_with(f, "{\"next_batch\":\"s2\",\"rooms\":[],\"to_device\":{\"events\":{}}}");
	sync_with(f, SYNC("s3", "", SAYS("$1", "@ana:hs.test", "still there?")));
	settle(f);
	assert_told(f, "offline\nonline\nmessage room Ana(@ana:hs.test) still there?\n");
}

static void gap__is_filled_before_what_came_after_it(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, "{\"next_batch\":\"s2\",\"rooms\":{\"join\":{\"" ROOM
		     "\":{\"timeline\":{\"limited\":true,\"prev_batch\":\"p2\",\"events\":[" SAYS(
			     "$9", "@ana:hs.test", "nine") "]}}}}}");
	settle(f);
	fake_hs_turn(f->hs, 200000);
	assert_told(f, "message room Ana(@ana:hs.test) before seven\n"
		       "message room Ana(@ana:hs.test) nine\n");
	assert_int_equal(fake_hs_count(f->hs, "GET", "v3/rooms/"), 1);
	assert_non_null(strstr(fake_hs_last(f->hs, "GET", "v3/rooms/")->path, "from=p2"));
}

#define STATE_EVENT(id, type, content)                                                \
	"{\"event_id\":\"" id "\",\"type\":\"" type "\",\"sender\":\"@ana:hs.test\"," \
	"\"state_key\":\"\",\"origin_server_ts\":1700000000000,\"content\":{" content "}}"

static void room__encrypted_in_another_way__is_told_of_as_such(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f, SYNC("s2", "",
			  STATE_EVENT("$e", "m.room.encryption", "\"algorithm\":\"m.other.v1\"")));
	settle(f);
	assert_told(f, "muted room (-) encrypted \n");
}

static void room__that_moved__nobody_is_to_speak_in(void **state)
{
	struct fixture *f = *state;

	come_online(f);
	sync_with(f,
		  SYNC("s2", "",
		       STATE_EVENT(
			       "$t", "m.room.tombstone",
			       "\"replacement_room\":\"!new:hs.test\"") "," STATE_EVENT("$p",
											"m.room."
											"power_"
											"levels",
											"\"events_"
											"default\":"
											"50")));
	settle(f);
	assert_told(f, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(start__signs_in_and_replays_nothing),
		TEST(start__goes_on_where_it_was__without_signing_in_again),
		TEST(chat__is_told__and_costs_no_write),
		TEST(change__takes_the_cursor_with_it),
		TEST(event__that_changed_something__is_told_once),
		TEST(edit_redaction_reaction__name_what_they_are_about),
		TEST(people__who_come_and_go__are_told_of),
		TEST(own_messages__are_not_told__but_mark_delivery),
		TEST(own_amendment__is_said_by_what_it_amends),
		TEST(own_messages__in_a_hole__mark_delivery_too),
		TEST(post__under_way__is_not_said_where_it_is_encrypted_now),
		TEST(upload__without_a_name__is_told_of_by_the_one_it_has),
		TEST(room__newly_entered__what_was_said_before_is_not_told),
		TEST(room__entered_again__what_was_said_outside_is_not_told),
		TEST(room__that_goes_on_elsewhere__and_is_closed__is_not_told_of_as_mute),
		TEST(room__in_which_kith_may_not_speak__is_told_of),
		TEST(room__that_puts_kith_out__is_told_of),
		TEST(lost__is_told__and_it_comes_back),
		TEST(answer__that_is_none__is_asked_for_again),
		TEST(gap__is_filled_before_what_came_after_it),
		TEST(room__encrypted_in_another_way__is_told_of_as_such),
		TEST(room__that_moved__nobody_is_to_speak_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
