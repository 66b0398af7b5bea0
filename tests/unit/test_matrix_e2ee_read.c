#include "megolm_world.h"

#include "transport/matrix/e2ee/e2ee.h"
#include "transport/matrix/rooms.h"

struct world {
	struct megolm_world ground; /* first */
	struct matrix_rooms *rooms;
	const struct matrix_room *room;
	struct e2ee *e2ee;
	struct speaker ana;
	GString *told; /* what never could be read; ! of which the key is kept back */
};

static void unreadable(void *data, const char *room, const struct read_event *e, bool withheld)
{
	struct world *w = data;

	g_string_append_printf(w->told, "%s%s ", e->id, withheld ? "!" : "");
}

static void insert(struct world *w, const char *sql)
{
	assert_int_equal(db_run(w->ground.db, sql, ""), 1);
}

/* Ana has a device that she has signed. */
static int set_up(void **state)
{
	static const char *const places[] = { ROOM, NULL };
	static const struct e2ee_callbacks callbacks = { .unreadable = unreadable };
	struct world *w = g_new0(struct world, 1);

	world_init(&w->ground);
	w->ana = speaker_in(ANA, ROOM);
	w->told = g_string_new(NULL);
	w->rooms = matrix_rooms_new(w->ground.db, "home", "@kith:x", places);
	db_begin(w->ground.db);
	w->room = matrix_rooms_enter(w->rooms, ROOM);
	assert_int_equal(e2ee_open(&w->ground.env, NULL, w->rooms, &callbacks, w, &w->e2ee), 0);
	e2ee_free(w->e2ee);
	insert(w, "INSERT INTO e2ee_user(network, user, followed, outdated, self_signing, pinned)"
		  " VALUES('home', '" ANA "', 1, 0, 's', 'm')");
	insert(w, "INSERT INTO e2ee_device(network, user, device, curve25519, ed25519, megolm,"
		  " signed) VALUES('home', '" ANA "', 'PHONE', 'a device', 'its other key', 1, 1)");
	assert_int_equal(e2ee_open(&w->ground.env, NULL, w->rooms, &callbacks, w, &w->e2ee), 0);
	db_end(w->ground.db);
	assert_int_equal(give(&w->ground, &w->ana, w->ana.room_key), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	e2ee_free(w->e2ee);
	matrix_rooms_free(w->rooms);
	speaker_done(&w->ana);
	g_string_free(w->told, TRUE);
	world_done(&w->ground);
	g_free(w);
	return 0;
}

static enum e2ee_reading hear(struct world *w, const char *text, struct e2ee_event *ret)
{
	struct read_event e;
	struct span span;

	assert_int_equal(span_check(text, strlen(text), &span, NULL), 0);
	assert_int_equal(read_event(span, &e), 0);
	db_begin(w->ground.db);
	enum e2ee_reading reading = e2ee_read(w->e2ee, w->room, &e, false, ret);
	db_end(w->ground.db);
	read_event_done(&e);
	return reading;
}

/* Two names may be written in more than one way, and stand there twice. */
static void e2ee_read__puts__what_was_said_in_its_place(void **state)
{
	struct world *w = *state;
	g_autofree char *ciphertext = crypto_outbound_encrypt(
		w->ana.out, "{\"room_id\":\"" ROOM "\",\"type\":\"a \\\"b\\\" \\u00e9\","
			    "\"content\":{\"body\":\"}\\\",{\"}}");
	g_autofree char *text = g_strdup_printf(
		"{ \"t\\u0079pe\" : \"m.room.message\", \"event_id\" : \"$1\",\"sender\":\"" ANA
		"\",\"unsigned\":{\"transaction_id\":\"t1\"},\"origin_server_ts\":5,"
		"\"type\":\"m.room.encrypted\",\"\\u0063ontent\":{\"body\":\"outside\"},"
		"\"content\":{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"session_id\":\"%s\","
		"\"ciphertext\":\"%s\"}}",
		crypto_outbound_id(w->ana.out), ciphertext);
	struct e2ee_event read;

	assert_int_equal(hear(w, text, &read), E2EE_READ);
	assert_string_equal(read.event.id, "$1");
	assert_string_equal(read.event.sender, ANA);
	assert_string_equal(read.event.transaction_id, "t1");
	assert_int_equal(read.event.at_us, 5000);
	assert_string_equal(read.event.type, "a \"b\" \u00e9");
	assert_true(span_says(span_get(read.event.content, "body"), "}\",{"));
	assert_false(span_get(read.event.content, "ciphertext").at);
	assert_null(strstr(read.text, "outside"));
	assert_int_equal(read.trust, E2EE_TRUSTED);
	assert_string_equal(read.device, "PHONE");
	e2ee_event_done(&read);
}

static void e2ee_read__trusts__signed_devices_alone(void **state)
{
	struct world *w = *state;
	struct speaker other = speaker_in(ANA, ROOM);
	struct e2ee_event read;

	other.ed25519 = "not that device's";
	assert_int_equal(give(&w->ground, &other, other.room_key), 0);
	struct heard h = says_in(&other, ROOM, "$1", "hello");
	assert_int_equal(hear(w, h.text, &read), E2EE_READ);
	assert_int_equal(read.trust, E2EE_UNSIGNED);
	assert_null(read.device);
	e2ee_event_done(&read);
	heard_done(&h);
	speaker_done(&other);

	db_begin(w->ground.db);
	insert(w, "UPDATE e2ee_device SET signed = 0");
	db_end(w->ground.db);
	h = says_in(&w->ana, ROOM, "$2", "hello");
	assert_int_equal(hear(w, h.text, &read), E2EE_READ);
	assert_int_equal(read.trust, E2EE_UNSIGNED);
	assert_string_equal(read.device, "PHONE");
	e2ee_event_done(&read);
	heard_done(&h);
}

/* Her device tells kith why it gives no key for that session. */
static void withhold(struct world *w, const struct speaker *s, const char *code)
{
	g_autofree char *text = g_strdup_printf(
		"[{\"type\":\"m.room_key.withheld\",\"sender\":\"" ANA "\",\"content\":{"
		"\"algorithm\":\"m.megolm.v1.aes-sha2\",\"room_id\":\"" ROOM "\","
		"\"session_id\":\"%s\",\"sender_key\":\"a device\",\"code\":\"%s\"}}]",
		crypto_outbound_id(s->out), code);
	struct e2ee_sync sync = { .since = "s1", .next = "s2" };

	assert_int_equal(span_check(text, strlen(text), &sync.to_device, NULL), 0);
	db_begin(w->ground.db);
	e2ee_heard(w->e2ee, &sync);
	db_end(w->ground.db);
}

static void quit(void *data)
{
	loop_quit(data);
}

/* What comes next makes the loop look. */
static void assert_never_read(struct world *w, const char *code, const char *told)
{
	struct speaker other = speaker_in(ANA, ROOM), another = speaker_in(ANA, ROOM);
	struct heard h = says_in(&other, ROOM, "$1", "hello"),
		     later = says_in(&another, ROOM, "$2", "later");
	struct loop_timer *t = loop_timer_new(w->ground.loop, quit, w->ground.loop);
	struct e2ee_event read;

	assert_int_equal(hear(w, h.text, &read), E2EE_WAITS);
	withhold(w, &other, code);
	clock_virtual_set(&w->ground.clock, w->ground.clock.now_us + CLOCK_US_PER_HOUR);
	assert_int_equal(hear(w, later.text, &read), E2EE_WAITS);
	loop_timer_set(t, 10000);
	loop_run(w->ground.loop);
	assert_string_equal(w->told->str, told);
	g_string_truncate(w->told, 0);
	db_begin(w->ground.db);
	db_run(w->ground.db, "DELETE FROM e2ee_unread", "");
	db_end(w->ground.db);
	loop_timer_free(t);
	heard_done(&h);
	heard_done(&later);
	speaker_done(&other);
	speaker_done(&another);
}

static void e2ee_read__key_kept_back__is_another_thing_than_one_lost(void **state)
{
	struct world *w = *state;

	assert_never_read(w, "m.unverified", "$1! ");
	assert_never_read(w, "m.blacklisted", "$1! ");
	assert_never_read(w, "m.unauthorised", "$1! ");
	assert_never_read(w, "m.unavailable", "$1 ");
	assert_never_read(w, "m.no_olm", "$1 ");
	assert_never_read(w, "org.example.whim", "$1 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(e2ee_read__puts__what_was_said_in_its_place),
		TEST(e2ee_read__trusts__signed_devices_alone),
		TEST(e2ee_read__key_kept_back__is_another_thing_than_one_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
