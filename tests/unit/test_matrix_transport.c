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
	struct transport *matrix;
	GString *told;
	GPtrArray *syncs; /* of char *: answers to come; after the last one the poll is held */
	unsigned given;
	int held;       /* the request that is; -1: none */
	bool drop;      /* connections instead of answers to /sync */
	unsigned polls; /* /sync requests so far */
};

static const char *const rooms[] = { ROOM, NULL };
static const char *const inviters[] = { "@ana:hs.test", NULL };

static void told_event(void *data, struct transport *t, const struct event *e)
{
	static const char *const kinds[] = {
		"message", "edit",  "redaction", "reaction", "join",  "leave",
		"invite",  "moved", "ejected",   "missed",   "muted",
	};
	struct fixture *f = data;

	assert_string_equal(e->network, "home");
	assert_true(g_utf8_validate(e->text, -1, NULL) && g_utf8_validate(e->shown, -1, NULL));
	assert_true(db_inside(f->db));
	if (strstr(e->text, "record")) {
		db_begin(f->db);
		db_run(f->db, "INSERT INTO meta(key, value) VALUES(?, '')", "t", e->id);
		db_end(f->db);
	}
	g_string_append_printf(f->told, "%s %s %s(%s)%s%s %s%s%s\n", kinds[e->kind],
			       e->room ? "room" : "alone", e->shown, e->account ? e->account : "-",
			       e->addressed ? " to kith" : "", e->backlog ? " before" : "", e->text,
			       e->target ? " of " : "", e->target ? e->target : "");
}

static void told_delivered(void *data, struct transport *t, const char *key, int error)
{
	struct fixture *f = data;

	g_string_append_printf(f->told, "delivered %s %s\n", key,
			       error ? g_strerror(-error) : "ok");
}

static void told_state(void *data, struct transport *t, enum transport_state s)
{
	static const char *const names[] = { "connecting", "online", "offline", "failed" };
	struct fixture *f = data;

	g_string_append_printf(f->told, "%s\n", names[s]);
}

static const struct transport_listener listener = { told_event, told_delivered, told_state };

static void give_sync(struct fixture *f, const struct hs_request *r, struct hs_answer *a)
{
	f->polls++;
	if (f->drop) {
		a->closes = true;
	} else if (f->given < f->syncs->len) {
		a->text = f->syncs->pdata[f->given++];
	} else {
		a->hold = true;
		f->held = (int)r->number;
	}
}

static void serve(void *data, const struct hs_request *r, struct hs_answer *a)
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
		a->text = "{\"filter_id\":\"f1\"}";
	else if (hs_is(r, "PUT", "v3/rooms/"))
		hs_say(a, 200, "{\"event_id\":\"$put%u\"}", r->number);
	else if (hs_is(r, "GET", "v3/rooms/"))
		a->text = "{\"chunk\":[" SAYS("$7", "@ana:hs.test", "seven") "]}";
	else if (hs_is(r, "GET", "v3/sync"))
		give_sync(f, r, a);
}

/* The next answer to /sync; at once, if one is waited for. */
static void sync_with(struct fixture *f, const char *text)
{
	g_ptr_array_add(f->syncs, (void *)text);
	if (f->held < 0)
		return;
	const struct hs_answer a = { .text = f->syncs->pdata[f->given++] };
	unsigned held = (unsigned)f->held;

	f->held = -1;
	assert_true(fake_hs_answer(f->hs, held, &a));
}

static bool waits(void *data)
{
	struct fixture *f = data;

	return f->held >= 0 && f->given == f->syncs->len;
}

/* Until kith has handled all there is and asks for more. */
static void settle(struct fixture *f)
{
	assert_true(fake_hs_until(f->hs, waits, f));
	fake_hs_turn(f->hs, 20000);
}

static void open_matrix(struct fixture *f)
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
		.listening = f->listening,
		.inviters = inviters,
		.refusal = "no",
		.db = f->db,
	};
	assert_int_equal(transport_matrix.open(&f->env, f->config->networks->pdata[0], &f->matrix),
			 0);
}

/* Kith ends, `text` is the next answer, and it begins again. */
static void restart(struct fixture *f, const char *text)
{
	transport_matrix.close(f->matrix);
	f->held = -1;
	sync_with(f, text);
	open_matrix(f);
}

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	g_autofree char *error = NULL;

	f->loop = loop_new();
	f->hs = fake_hs_new(f->loop, serve, f);
	f->folder = g_dir_make_tmp("kith-XXXXXX", NULL);
	f->store = g_build_filename(f->folder, "kith.db", NULL);
	assert_int_equal(db_open(f->store, &f->db, &error), 0);
	f->told = g_string_new(NULL);
	f->syncs = g_ptr_array_new();
	f->held = -1;
	*state = f;
	return 0;
}

static int tear_down(void **state)
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
	g_ptr_array_unref(f->syncs);
	g_free(f);
	return 0;
}

/* All that the app was told since the last time. */
static void assert_told(struct fixture *f, const char *want)
{
	g_autofree char *told = g_strdup(f->told->str);

	g_string_truncate(f->told, 0);
	assert_string_equal(told, want);
}

/* The app is in, and has heard nothing yet. */
static void come_online(struct fixture *f)
{
	sync_with(f, SYNC("s1", STATE, SAYS("$old", "@ana:hs.test", "!list")));
	open_matrix(f);
	settle(f);
	assert_told(f, "online\n");
}

static char *since(struct fixture *f)
{
	return db_text(f->db, "SELECT since FROM matrix_account", "");
}

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
		TEST(room__newly_entered__what_was_said_before_is_not_told),
		TEST(room__that_puts_kith_out__is_told_of),
		TEST(lost__is_told__and_it_comes_back),
		TEST(answer__that_is_none__is_asked_for_again),
		TEST(gap__is_filled_before_what_came_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
