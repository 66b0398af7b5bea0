#include "transport/matrix/e2ee/unread.h"

#include "megolm_world.h"

#define MINUTES(n) ((n)*CLOCK_US_PER_MINUTE)

struct world {
	struct megolm_world ground; /* first */
	struct unread *u;
	GString *told;
	GHashTable *readable; /* ids of events */
	const char *code; /* why the next that is tried in vain is so, as who decrypts knows it */
	void (*meanwhile)(struct world *w, const char *room); /* an event is tried */
	int commits; /* until kith is killed; -1: it is not */
	bool dead;
};

/* As e2ee.c does: what cannot be read waits on. */
static bool on_again(void *data, const char *room, struct span event, bool backlog)
{
	struct world *w = data;
	struct read_event e;
	struct inbound_message m;
	g_autofree char *session = NULL, *code = NULL;

	assert_true(db_inside(w->ground.db));
	assert_false(w->dead);
	assert_int_equal(read_event(event, &e), 0);
	int error = inbound_decrypt(w->ground.in, room, &e, &m, &session, &code);
	bool read = error == 0 || g_hash_table_contains(w->readable, e.id);
	if (error == 0)
		inbound_message_done(&m);
	if (read) {
		db_run(w->ground.db, "INSERT INTO heard(what) VALUES(?)", "t", e.id);
		g_string_append_printf(w->told, "%s%s ", e.id, backlog ? "" : "!");
	} else {
		g_string_append_printf(w->told, "%s? ", e.id);
		unread_add(w->u, room, &e, session, NULL, backlog);
		if (w->code)
			unread_session(w->u, room, session, w->code);
	}
	if (w->meanwhile)
		w->meanwhile(w, room);
	read_event_done(&e);
	return read;
}

static void on_given_up(void *data, const char *room, struct span event, const char *code)
{
	struct world *w = data;
	g_autofree char *id = span_text(span_get(event, "event_id"));

	assert_true(db_inside(w->ground.db));
	assert_string_equal(room, ROOM);
	g_string_append_printf(w->told, "%s-%s ", id, code ? code : "");
}

/* At a kill the transaction that was under way is lost, and nothing is written any more. */
static bool before_commit(void *data)
{
	struct world *w = data;

	if (w->commits == 0)
		w->dead = true;
	else if (w->commits > 0)
		w->commits--;
	return !w->dead;
}

static void open_unread(struct world *w)
{
	static const struct unread_callbacks callbacks = { on_again, on_given_up };

	w->u = unread_new(&w->ground.env, &callbacks, w);
}

static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	world_init(&w->ground);
	w->told = g_string_new(NULL);
	w->readable = g_hash_table_new(g_str_hash, g_str_equal);
	w->commits = -1;
	db_begin(w->ground.db);
	db_run(w->ground.db, "CREATE TABLE heard(n INTEGER PRIMARY KEY, what TEXT)", "");
	db_end(w->ground.db);
	open_unread(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	unread_free(w->u);
	world_done(&w->ground);
	g_string_free(w->told, TRUE);
	g_hash_table_unref(w->readable);
	g_free(w);
	return 0;
}

static void restart(struct world *w)
{
	unread_free(w->u);
	world_close(&w->ground);
	w->commits = -1;
	w->dead = false;
	world_open(&w->ground);
	open_unread(w);
}

static void quit(void *data)
{
	loop_quit(data);
}

/* The loop turns until it has nothing to do at once. */
static void turn(struct world *w)
{
	struct loop_timer *t = loop_timer_new(w->ground.loop, quit, w->ground.loop);

	loop_timer_set(t, 10000);
	loop_run(w->ground.loop);
	loop_timer_free(t);
}

static void assert_told(struct world *w, const char *want)
{
	assert_string_equal(w->told->str, want);
	g_string_truncate(w->told, 0);
}

static void assert_waiting(struct world *w, int64_t want)
{
	assert_int_equal(db_int(w->ground.db, 0, "SELECT count(*) FROM e2ee_unread", ""), want);
}

static void wait_for(struct world *w, const struct heard *h, const char *session,
		     const char *sender, bool backlog)
{
	db_begin(w->ground.db);
	unread_add(w->u, ROOM, &h->e, session, sender, backlog);
	db_end(w->ground.db);
}

/* An event of that name that waits, of nobody's session. */
static void add_by(struct world *w, const char *author, const char *id, const char *session,
		   const char *sender)
{
	struct speaker s = speaker_in(author, ROOM);
	struct heard h = says_in(&s, ROOM, id, "hello");

	wait_for(w, &h, session, sender, true);
	heard_done(&h);
	speaker_done(&s);
}

static void add(struct world *w, const char *id, const char *session)
{
	add_by(w, ANA, id, session, NULL);
}

static void came(struct world *w, const char *session, const char *code)
{
	db_begin(w->ground.db);
	unread_session(w->u, ROOM, session, code);
	db_end(w->ground.db);
}

static void make_readable(struct world *w, const char *id)
{
	g_hash_table_add(w->readable, (char *)id);
}

static void pass(struct world *w, int64_t us)
{
	clock_virtual_set(&w->ground.clock, w->ground.clock.now_us + us);
}

/* Something else makes the loop look. */
static void look(struct world *w)
{
	add_by(w, MALLORY, "$look", "look", NULL);
	db_begin(w->ground.db);
	db_run(w->ground.db, "DELETE FROM e2ee_unread WHERE event = '$look'", "");
	db_end(w->ground.db);
	turn(w);
}

static void unread__reads__when_the_key_comes(void **state)
{
	struct world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM), other = speaker_in(ANA, ROOM);
	const char *session = crypto_outbound_id(ana.out);
	struct heard one = says_in(&ana, ROOM, "$1", "one"), two = says_in(&ana, ROOM, "$2", "two"),
		     three = says_in(&other, ROOM, "$3", "three");

	wait_for(w, &one, session, NULL, false);
	wait_for(w, &three, crypto_outbound_id(other.out), NULL, true);
	wait_for(w, &two, session, NULL, true);
	turn(w);
	assert_told(w, "");
	assert_int_equal(give(&w->ground, &ana, ana.room_key), 0);
	came(w, session, NULL);
	/* From the loop. */
	assert_told(w, "");
	turn(w);
	assert_told(w, "$1! $2 ");
	assert_waiting(w, 1);
	turn(w);
	assert_told(w, "");
	heard_done(&one);
	heard_done(&two);
	heard_done(&three);
	speaker_done(&ana);
	speaker_done(&other);
}

static void unread__reads__when_devices_are_known(void **state)
{
	struct world *w = *state;

	add_by(w, ANA, "$1", NULL, ANA);
	add_by(w, ANA, "$2", NULL, ANA);
	add_by(w, MALLORY, "$3", NULL, MALLORY);
	make_readable(w, "$1");
	make_readable(w, "$3");
	db_begin(w->ground.db);
	unread_sender(w->u, ANA);
	db_end(w->ground.db);
	turn(w);
	/* The other one waits for its key from now on. */
	assert_told(w, "$1 $2? ");
	assert_int_equal(db_int(w->ground.db, 0,
				"SELECT count(*) FROM e2ee_unread WHERE event = '$2'"
				" AND session IS NOT NULL AND sender IS NULL",
				""),
			 1);
	assert_waiting(w, 2);
}

static void unread__holds__an_event_once(void **state)
{
	struct world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);
	struct heard h = says_in(&ana, ROOM, "$1", "one");

	wait_for(w, &h, NULL, ANA, false);
	pass(w, MINUTES(9));
	wait_for(w, &h, "s", NULL, true);
	assert_waiting(w, 1);
	/* Since it came first. */
	pass(w, MINUTES(1));
	look(w);
	assert_told(w, "$1? $1- ");
	heard_done(&h);
	speaker_done(&ana);
}

static void unread__gives_up__after_ten_minutes(void **state)
{
	struct world *w = *state;

	add(w, "$1", "s");
	pass(w, MINUTES(3));
	add(w, "$2", "s");
	pass(w, MINUTES(7) - 1);
	look(w);
	assert_told(w, "");
	pass(w, 1);
	look(w);
	/* After a last try. */
	assert_told(w, "$1? $1- ");
	assert_waiting(w, 1);
	make_readable(w, "$2");
	pass(w, MINUTES(4));
	look(w);
	assert_told(w, "$2 ");
	assert_waiting(w, 0);
}

static void unread__tells__why_the_key_was_withheld(void **state)
{
	struct world *w = *state;

	add(w, "$1", "s");
	add(w, "$2", "other");
	came(w, "s", "m.unverified");
	turn(w);
	assert_told(w, "");
	/* It may have been somebody else who said so: the last try tells. */
	pass(w, MINUTES(10));
	w->code = "m.blacklisted";
	look(w);
	assert_told(w, "$1? $1-m.blacklisted $2? $2-m.blacklisted ");
	w->code = NULL;
	add(w, "$3", "s");
	came(w, "s", "m.unverified");
	pass(w, MINUTES(10));
	look(w);
	assert_told(w, "$3? $3- ");
}

static void unread__gives_up__after_a_restart(void **state)
{
	struct world *w = *state;

	add(w, "$1", "s");
	pass(w, MINUTES(8));
	restart(w);
	look(w);
	assert_told(w, "");
	pass(w, MINUTES(2));
	look(w);
	assert_told(w, "$1? $1- ");
	assert_waiting(w, 0);
}

/* Its key may be on the server: that is asked first. */
static void unread__lets__a_start_ask_the_server(void **state)
{
	struct world *w = *state;

	add(w, "$1", "s");
	add(w, "$2", "t");
	pass(w, MINUTES(60));
	restart(w);
	turn(w);
	assert_told(w, "");
	make_readable(w, "$2");
	came(w, "t", NULL);
	turn(w);
	assert_told(w, "$2 ");
	pass(w, MINUTES(1));
	look(w);
	assert_told(w, "$1? $1- ");
}

static void unread__tries__after_a_restart_what_was_ready(void **state)
{
	struct world *w = *state;

	add(w, "$1", "s");
	add(w, "$2", "s");
	came(w, "s", NULL);
	make_readable(w, "$1");
	make_readable(w, "$2");
	restart(w);
	turn(w);
	assert_told(w, "$1 $2 ");
	assert_waiting(w, 0);
}

/* At any commit: nothing is lost, and nothing has its effect twice. */
static void unread__loses__nothing_at_a_kill(void **state)
{
	static const char *const ids[] = { "$1", "$2", "$3" };
	struct world *w = *state;
	struct db_watcher watcher = { .before = before_commit, .data = w };

	for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
		add(w, ids[i], "s");
		make_readable(w, ids[i]);
	}
	came(w, "s", NULL);
	for (int kill = 0; kill < 3; kill++) {
		w->commits = kill > 0;
		db_watch(w->ground.db, &watcher);
		turn(w);
		assert_true(w->dead);
		restart(w);
	}
	turn(w);
	g_autofree char *heard = db_text(w->ground.db,
					 "SELECT group_concat(what, ' ') FROM"
					 " (SELECT what FROM heard ORDER BY n)",
					 "");
	assert_string_equal(heard, "$1 $2 $3");
	assert_waiting(w, 0);
}

/* A flood of one takes nothing from another. */
static void unread__bounds__what_waits(void **state)
{
	struct world *w = *state;

	add(w, "$first", "s");
	db_begin(w->ground.db);
	for (unsigned i = 1; i < UNREAD_ROOM_MOST; i++) {
		g_autofree char *id = g_strdup_printf("$flood%u", i);

		add_by(w, MALLORY, id, "t", NULL);
	}
	db_end(w->ground.db);
	turn(w);
	assert_told(w, "");
	add_by(w, MALLORY, "$more", "t", NULL);
	add(w, "$last", "s");
	turn(w);
	assert_told(w, "$flood1? $flood1- $flood2? $flood2- ");
	assert_waiting(w, UNREAD_ROOM_MOST);
	make_readable(w, "$first");
	make_readable(w, "$last");
	came(w, "s", NULL);
	turn(w);
	assert_told(w, "$first $last ");
}

static void drop_room(struct world *w, const char *room)
{
	unread_drop(w->u, room);
}

static void unread__drops__a_room(void **state)
{
	struct world *w = *state;

	add(w, "$1", "s");
	add(w, "$2", "s");
	make_readable(w, "$1");
	came(w, "s", NULL);
	/* As where what was read puts kith out of the room. */
	w->meanwhile = drop_room;
	turn(w);
	assert_told(w, "$1 ");
	assert_waiting(w, 0);
	add(w, "$3", "s");
	pass(w, MINUTES(10));
	look(w);
	assert_told(w, "$3? ");
	assert_waiting(w, 0);
}

/* By a year, for somebody. */
static void unread__survives__a_clock_that_is_set(void **state)
{
	struct world *w = *state;

	add(w, "$1", "s");
	pass(w, -CLOCK_US_PER_YEAR);
	restart(w);
	pass(w, MINUTES(1));
	look(w);
	assert_told(w, "$1? $1- ");
}

static void unread__takes__no_event_that_is_too_long(void **state)
{
	struct world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);
	g_autofree char *body = g_strnfill(300 * 1024, 'a');
	struct heard h = heard_of(event_of(&ana, "$1", body));

	wait_for(w, &h, "s", NULL, false);
	assert_waiting(w, 0);
	heard_done(&h);
	speaker_done(&ana);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(unread__reads__when_the_key_comes),
		TEST(unread__reads__when_devices_are_known),
		TEST(unread__holds__an_event_once),
		TEST(unread__gives_up__after_ten_minutes),
		TEST(unread__tells__why_the_key_was_withheld),
		TEST(unread__gives_up__after_a_restart),
		TEST(unread__lets__a_start_ask_the_server),
		TEST(unread__tries__after_a_restart_what_was_ready),
		TEST(unread__loses__nothing_at_a_kill),
		TEST(unread__bounds__what_waits),
		TEST(unread__drops__a_room),
		TEST(unread__survives__a_clock_that_is_set),
		TEST(unread__takes__no_event_that_is_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
