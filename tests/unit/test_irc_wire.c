#include "fake_ircd.h"
#include "transport/irc/bucket.h"
#include "transport/irc/line.h"
#include "transport/irc/wire.h"

#include <errno.h>

#define MS INT64_C(1000)

struct fixture {
	struct fake_ircd *ircd;
	struct wire *wire;
	struct wire_options options;
};

static void state_changed(void *data, enum wire_state s)
{
	static const char *const names[] = { "connecting", "ready", "lost", "refused" };
	ircd_tell(data, "%s", names[s]);
}

static void heard(void *data, enum session_kind kind, const struct line *l)
{
	static const char *const names[] = { "message", "join", "part",    "quit",
					     "kick",    "nick", "numeric", "other" };
	g_autofree char *line = line_write(l);
	ircd_tell(data, "%s: %s", names[kind], line);
}

static void passed(void *data, uint64_t fence)
{
	ircd_tell(data, "passed %d", (int)fence);
}

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	f->ircd = ircd_new();
	f->options = (struct wire_options){
		.name = "test",
		.server = "127.0.0.1",
		.port = f->ircd->port,
		.nick = "kith",
		.username = "kith",
		.realname = "kith, a bot",
		.burst = 4,
		.every_us = 50 * MS,
		.times = wire_times_default,
	};
	f->options.times.retry_first_us = 20 * MS;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	wire_free(f->wire);
	ircd_free(f->ircd);
	g_free(f);
	return 0;
}

static void start(struct fixture *f)
{
	static const struct wire_callbacks callbacks = { state_changed, heard, passed };
	f->wire = wire_new(f->ircd->loop, clock_real(), &f->options, &callbacks, f->ircd);
	ircd_expect_told(f->ircd, "connecting");
}

static void expect_registration(struct fixture *f)
{
	ircd_expect(f->ircd, "CAP LS 302");
	ircd_expect(f->ircd, "NICK kith");
	ircd_expect(f->ircd, "USER kith * * :kith, a bot");
}

static void welcome(struct fixture *f)
{
	ircd_say(f->ircd, ":irc.test 001 kith :Welcome\n:irc.test 422 kith :No MOTD");
	ircd_expect_told(f->ircd, "ready");
}

static void start_ready(struct fixture *f)
{
	start(f);
	expect_registration(f);
	welcome(f);
}

/* Both directions still work. */
static void assert_alive(struct fixture *f)
{
	ircd_say(f->ircd, ":ana!a@h PRIVMSG #m :still there?");
	ircd_expect_told(f->ircd, "message: :ana!a@h PRIVMSG #m :still there?");
	ircd_say(f->ircd, "PING :yes");
	ircd_expect(f->ircd, "PONG yes");
}

static void irc_wire__register__says_who_it_is(void **state)
{
	struct fixture *f = *state;
	f->options.password = "50%s :off";
	f->options.username = "k%d";
	f->options.realname = "100% a bot, %s%n";
	start(f);
	ircd_expect(f->ircd, "CAP LS 302");
	ircd_expect(f->ircd, "PASS :50%s :off");
	ircd_expect(f->ircd, "NICK kith");
	ircd_expect(f->ircd, "USER k%d * * :100% a bot, %s%n");
	welcome(f);
	assert_string_equal(wire_nick(f->wire), "kith");
	assert_alive(f);
}

static void irc_wire__register__takes_another_nick(void **state)
{
	struct fixture *f = *state;
	start(f);
	expect_registration(f);
	static const char *const tries[] = { "kith_", "kith__", "kith3", "kith4", "kith5",
					     "kith6", "kith7",  "kith8", "kith9" };
	ircd_say(f->ircd, ":irc.test 433 * kith :in use");
	for (size_t i = 0; i < G_N_ELEMENTS(tries); i++) {
		g_autofree char *said = g_strdup_printf("NICK %s", tries[i]);
		ircd_expect(f->ircd, said);
		ircd_say(f->ircd, i % 2 ? ":irc.test 433 * x :in use" : ":irc.test 432 * x :bad");
	}
	/* Not for ever: such loops have got bots banned. */
	ircd_expect_told(f->ircd, "lost");
	ircd_expect(f->ircd, "(gone)");
}

static void irc_wire__nick__is_what_the_server_says(void **state)
{
	struct fixture *f = *state;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test 433 * kith :in use");
	ircd_expect(f->ircd, "NICK kith_");
	ircd_say(f->ircd, ":irc.test 001 kith_ :Welcome\n:irc.test 376 kith_ :End");
	ircd_expect_told(f->ircd, "ready");
	assert_string_equal(wire_nick(f->wire), "kith_");
	/* A nick that only begins like ours is not ours. */
	ircd_say(f->ircd, ":kith_2!a@h NICK evil");
	ircd_expect_told(f->ircd, "nick: *");
	assert_string_equal(wire_nick(f->wire), "kith_");
	/* The one we wanted is free again. */
	ircd_say(f->ircd, ":KITH!a@h QUIT :Ping timeout");
	ircd_expect_told(f->ircd, "quit: *");
	ircd_expect(f->ircd, "NICK kith");
	ircd_say(f->ircd, ":kith_!~kith@host NICK :kith");
	ircd_expect_told(f->ircd, "nick: *");
	assert_string_equal(wire_nick(f->wire), "kith");
	/* In use after all, or not: nothing follows from that now. */
	ircd_say(f->ircd, ":irc.test 433 kith kith :in use");
	ircd_expect_told(f->ircd, "numeric: *");
	assert_alive(f);
}

static void irc_wire__trial__leaves_a_freed_nick_alone(void **state)
{
	struct fixture *f = *state;
	f->options.trial = true;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test 433 * kith :in use");
	ircd_expect(f->ircd, "NICK kith_");
	ircd_say(f->ircd, ":irc.test 001 kith_ :Welcome\n:irc.test 376 kith_ :End");
	ircd_expect_told(f->ircd, "ready");
	/* Of the kith that runs, which comes back at once. */
	ircd_say(f->ircd, ":kith!a@h QUIT :Ping timeout");
	ircd_expect_told(f->ircd, "quit: *");
	ircd_expect_silence(f->ircd, 5 * MS);
}

static void irc_wire__nick__of_the_past_is_not_ours(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	ircd_say(f->ircd, ":kith!user@a.rather.long.host JOIN #m");
	ircd_expect_told(f->ircd, "join: *");
	size_t payload = wire_payload(f->wire, "#m");
	/* Whoever went by it while we were away. */
	ircd_say(f->ircd, "@batch=1 :kith!u@h PRIVMSG #m :hi\n@batch=1 :kith!u@h NICK evil");
	ircd_expect_told(f->ircd, "message: *");
	ircd_expect_told(f->ircd, "nick: *");
	assert_string_equal(wire_nick(f->wire), "kith");
	assert_int_equal(wire_payload(f->wire, "#m"), payload);
}

static void irc_wire__names__are_compared_in_one_way(void **state)
{
	struct fixture *f = *state;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test 005 kith CASEMAPPING=ascii :are supported by this server");
	welcome(f);
	ircd_say(f->ircd, ":irc.test 005 kith MONITOR=7 CASEMAPPING=ascii :are supported");
	assert_alive(f);
	assert_int_equal(wire_isupport(f->wire)->monitor, 7);
	/* Everybody is known by what their nick folded to. */
	ircd_say(f->ircd, ":irc.test 005 kith CASEMAPPING=rfc1459 :are supported");
	ircd_expect_told(f->ircd, "lost");
	ircd_expect(f->ircd, "(gone)");
}

static void irc_wire__register__gives_up_on_a_silent_server(void **state)
{
	struct fixture *f = *state;
	f->options.times.register_us = 50 * MS;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, "PING :x\n:irc.test 001 kith :Welcome");
	ircd_expect(f->ircd, "PONG x");
	ircd_expect_told(f->ircd, "lost");
}

static void irc_wire__register__stops_at_a_refused_password(void **state)
{
	struct fixture *f = *state;
	f->options.password = "wrong";
	start(f);
	ircd_expect(f->ircd, "CAP LS 302");
	ircd_expect(f->ircd, "PASS wrong");
	ircd_expect(f->ircd, "NICK kith");
	ircd_expect(f->ircd, "USER *");
	ircd_say(f->ircd, ":irc.test 464 * :Bad password\nERROR :bye");
	ircd_expect_told(f->ircd, "refused");
	ircd_expect(f->ircd, "(gone)");
	ircd_expect_silence(f->ircd, 100 * MS);
	assert_int_equal(f->ircd->connections, 1);
}

static void irc_wire__register__stays_away_after_a_ban(void **state)
{
	struct fixture *f = *state;
	f->options.times.banned_us = 200 * MS;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test 465 * :You are banned");
	ircd_expect_told(f->ircd, "lost");
	int64_t first_us = f->ircd->connected_us;
	ircd_expect_told(f->ircd, "connecting");
	ircd_await_connection(f->ircd, 2);
	assert_true(f->ircd->connected_us - first_us >= 200 * MS);
}

static void irc_wire__hostile_lines__pass_by(void **state)
{
	static const char *const lines[] = {
		"",
		":",
		":foo",
		" ",
		"\r",
		"\x01",
		"@",
		"@tag",
		"@t=v :x",
		"\xff\xfe",
		"1",
		"12345",
		":a PRIVMSG",
		":a NOTICE kith",
		"PRIVMSG",
		"NOTICE",
		"KICK",
		"JOIN",
		"NICK x",
		"MODE",
		":irc.test 005",
		"PING",
		"PONG",
		"ERROR",
		"QUIT",
		"INVITE kith",
		"TOPIC",
		"PART",
		":n!u@h AWAY",
		":n!u@h KILL kith :no",
		":a NOTICE kith :\x01",
		"WALLOPS :x",
		"CAP * LS :sasl",
		"AUTHENTICATE +",
		"ACCOUNT x",
		":a!b@c BATCH +x",
		":a X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
		":a X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15",
	};
	struct fixture *f = *state;
	start_ready(f);
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		ircd_say(f->ircd, lines[i]);
		ircd_say(f->ircd, "PING :alive");
		for (;;) {
			g_autofree char *said = ircd_next(f->ircd, &f->ircd->said, lines[i]);
			if (strcmp(said, "PONG alive") == 0)
				break;
			fail_msg("%s made it say: %s", lines[i], said);
		}
		g_queue_clear_full(&f->ircd->told, g_free);
		assert_alive(f);
	}
	assert_string_equal(wire_nick(f->wire), "kith");
}

static void irc_wire__lines__are_heard_in_full(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	/* Ten is what the library has room for; and a CTCP is not for it to act on. */
	static const char *const lines[][2] = {
		{ ":s 354 kith 1 2 3 4 5 6 7 8 9 10 11 12 13 :14 and more",
		  "numeric: :s 354 kith 1 2 3 4 5 6 7 8 9 10 11 12 13 :14 and more" },
		{ "@account=ana;msgid=7 :ana!a@h PRIVMSG kith :hi there",
		  "message: @account=ana;msgid=7 :ana!a@h PRIVMSG kith :hi there" },
		{ ":ana!a@h PRIVMSG #m :\001ACTION waves\x01",
		  "message: :ana!a@h PRIVMSG #m :\001ACTION waves\x01" },
		{ ":ana!a@h PRIVMSG kith :\001DCC SEND x 1 2 3\x01",
		  "message: :ana!a@h PRIVMSG kith :\001DCC SEND x 1 2 3\x01" },
		{ ":ana!a@h PRIVMSG kith :\x01", "message: :ana!a@h PRIVMSG kith \x01" },
		{ ":ana!a@h KICK #m ben", "kick: :ana!a@h KICK #m ben" },
		{ ":ana!a@h PART #m :bye now", "part: :ana!a@h PART #m :bye now" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		ircd_say(f->ircd, lines[i][0]);
		g_autofree char *told = ircd_next(f->ircd, &f->ircd->told, lines[i][0]);
		assert_string_equal(told, lines[i][1]);
	}
	g_autofree char *text = g_strnfill(2000, 'x');
	g_autofree char *line = g_strdup_printf(":ana!a@h PRIVMSG #m %s", text);
	g_autofree char *expected = g_strconcat("message: ", line, NULL);
	ircd_say(f->ircd, line);
	ircd_expect_told(f->ircd, expected);
}

static void irc_wire__bytes__make_lines_however_they_come(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	for (const char *c = ":ana!a@h PRIVMSG #m :slow\r\n"; *c; c++) {
		ircd_send(f->ircd, c, 1);
		if (*c != '\n')
			ircd_expect_silence(f->ircd, MS);
	}
	ircd_expect_told(f->ircd, "message: :ana!a@h PRIVMSG #m slow");
	static const char bare[] = ":ana!a@h PRIVMSG #m :bare\nPRI";
	ircd_send(f->ircd, bare, strlen(bare));
	ircd_expect_told(f->ircd, "message: :ana!a@h PRIVMSG #m bare");
	ircd_send(f->ircd, "V\0MSG #m :x\r\n", 14);
	ircd_expect_told(f->ircd, "message: PRIVMSG #m x");
	/* What nobody can hold is passed over to its end. */
	g_autofree char *endless = g_strnfill(20000, ' '); /* any part of it may precede a line */
	ircd_send(f->ircd, endless, 20000);
	ircd_send(f->ircd, endless, 20000);
	ircd_expect_silence(f->ircd, 20 * MS);
	ircd_say(f->ircd, "PRIVMSG #m :not this");
	assert_alive(f);
}

static void irc_wire__ping__is_answered_before_all_that_waits(void **state)
{
	struct fixture *f = *state;
	f->options.every_us = CLOCK_US_PER_HOUR;
	start_ready(f);
	for (int i = 0; i < BUCKET_LINES_MOST + 4; i++)
		assert_int_equal(wire_say(f->wire, "#m", "x"), 0);
	assert_int_equal(wire_say(f->wire, "#m", "x"), -ENOBUFS);
	assert_int_equal(wire_fence(f->wire, "#m"), 0);
	for (int i = 0; i < 4; i++)
		ircd_expect(f->ircd, "PRIVMSG #m x");
	ircd_say(f->ircd, "PING :a b");
	ircd_expect(f->ircd, "PONG :a b");
	ircd_expect_silence(f->ircd, 20 * MS);
}

static void irc_wire__say__is_paced_and_cannot_be_broken_out_of(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	assert_int_equal(wire_say(f->wire, "#m", "a\r\nQUIT"), -EINVAL);
	assert_int_equal(wire_say(f->wire, "#m x", "a"), -EINVAL);
	assert_int_equal(wire_command(f->wire, "JOIN", "#a,#b\n", NULL), -EINVAL);
	g_autofree char *long_text = g_strnfill(600, 'x');
	assert_int_equal(wire_say(f->wire, "#m", long_text), -EMSGSIZE);
	int64_t start_us = clock_real()->mono_us(clock_real());
	for (int i = 0; i < 6; i++)
		assert_int_equal(wire_say(f->wire, "#m", "100% %s"), 0);
	for (int i = 0; i < 6; i++)
		ircd_expect(f->ircd, "PRIVMSG #m :100% %s");
	assert_true(clock_real()->mono_us(clock_real()) - start_us >= 2 * f->options.every_us);
}

static void irc_wire__fence__follows_what_was_said(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	assert_int_equal(wire_say(f->wire, "#m", "one"), 0);
	assert_int_equal(wire_say(f->wire, "#m", "two"), 0);
	assert_int_equal(wire_fence(f->wire, "#m"), 1);
	ircd_expect(f->ircd, "PRIVMSG #m one");
	ircd_expect(f->ircd, "PRIVMSG #m two");
	ircd_expect(f->ircd, "PING kith-1");
	ircd_expect_silence(f->ircd, 10 * MS);
	ircd_say(f->ircd, ":irc.test PONG irc.test :other\n:irc.test PONG irc.test :kith-1");
	ircd_expect_told(f->ircd, "passed 1");
}

static void irc_wire__payload__is_what_others_get_uncut(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	/* ":kith!" + 11 + "@" + 63 + " PRIVMSG #m :" */
	assert_int_equal(wire_payload(f->wire, "#m"), 510 - 6 - 11 - 1 - 63 - 13);
	ircd_say(f->ircd, ":kith!~k@host.example JOIN #m");
	ircd_expect_told(f->ircd, "join: *");
	assert_int_equal(wire_payload(f->wire, "#m"),
			 510 - strlen(":kith!~k@host.example PRIVMSG #m :"));
	g_autofree char *far = g_strnfill(600, 'x');
	assert_int_equal(wire_payload(f->wire, far), 16);
}

static void irc_wire__silence__is_a_dead_peer(void **state)
{
	struct fixture *f = *state;
	f->options.times.quiet_us = 60 * MS;
	f->options.times.dead_us = 60 * MS;
	start_ready(f);
	for (int i = 0; i < 3; i++) {
		ircd_expect(f->ircd, "PING kith-watch");
		ircd_say(f->ircd, ":irc.test PONG irc.test :kith-watch");
	}
	ircd_expect(f->ircd, "PING kith-watch");
	ircd_expect_told(f->ircd, "lost");
	ircd_expect(f->ircd, "(gone)");
}

static void irc_wire__loss__is_followed_by_ever_later_tries(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	int64_t before_us = f->ircd->connected_us;
	for (unsigned i = 0; i < 4; i++) {
		ircd_say(f->ircd, "ERROR :Closing link");
		ircd_hang_up(f->ircd);
		ircd_expect_told(f->ircd, "lost");
		assert_int_equal(wire_say(f->wire, "#m", "x"), -ENOTCONN);
		ircd_expect_told(f->ircd, "connecting");
		ircd_await_connection(f->ircd, i + 2);
		assert_true(f->ircd->connected_us - before_us >= (20 << i) * MS);
		before_us = f->ircd->connected_us;
		expect_registration(f);
		welcome(f);
	}
	assert_alive(f);
}

static void irc_wire__a_lasting_connection__is_tried_again_soon(void **state)
{
	struct fixture *f = *state;
	f->options.times.settled_us = 0;
	start_ready(f);
	int64_t start_us = f->ircd->connected_us;
	for (unsigned i = 0; i < 6; i++) {
		ircd_hang_up(f->ircd);
		ircd_expect_told(f->ircd, "lost");
		ircd_expect_told(f->ircd, "connecting");
		expect_registration(f);
		welcome(f);
	}
	/* Doubled each time it would have been 20 + 40 + ... + 640 ms at least. */
	assert_true(f->ircd->connected_us - start_us < 1260 * MS);
}

static void irc_wire__no_server__is_tried_again(void **state)
{
	struct fixture *f = *state;
	f->options.port = 1; /* nobody listens there */
	start(f);
	ircd_expect_told(f->ircd, "lost");
	ircd_expect_told(f->ircd, "connecting");
	ircd_expect_told(f->ircd, "lost");
}

static void irc_wire__impossible_server__is_not_tried_again(void **state)
{
	struct fixture *f = *state;
	f->options.server = "no host/";
	start(f);
	ircd_expect_told(f->ircd, "refused");
	ircd_expect_silence(f->ircd, 50 * MS);
}

static void irc_wire__drop__ends_the_connection_from_the_loop(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	wire_drop(f->wire, "enough");
	wire_drop(f->wire, "twice");
	assert_int_equal(wire_say(f->wire, "#m", "x"), -ENOTCONN);
	ircd_expect_told(f->ircd, "lost");
	ircd_expect(f->ircd, "(gone)");
	ircd_expect_told(f->ircd, "connecting");
}

static void irc_wire__free__says_goodbye(void **state)
{
	struct fixture *f = *state;
	start_ready(f);
	wire_free(g_steal_pointer(&f->wire));
	ircd_expect(f->ircd, "QUIT :kith leaves");
	ircd_expect(f->ircd, "(gone)");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(irc_wire__register__says_who_it_is),
		TEST(irc_wire__register__takes_another_nick),
		TEST(irc_wire__nick__is_what_the_server_says),
		TEST(irc_wire__trial__leaves_a_freed_nick_alone),
		TEST(irc_wire__nick__of_the_past_is_not_ours),
		TEST(irc_wire__names__are_compared_in_one_way),
		TEST(irc_wire__register__gives_up_on_a_silent_server),
		TEST(irc_wire__register__stops_at_a_refused_password),
		TEST(irc_wire__register__stays_away_after_a_ban),
		TEST(irc_wire__hostile_lines__pass_by),
		TEST(irc_wire__lines__are_heard_in_full),
		TEST(irc_wire__bytes__make_lines_however_they_come),
		TEST(irc_wire__ping__is_answered_before_all_that_waits),
		TEST(irc_wire__say__is_paced_and_cannot_be_broken_out_of),
		TEST(irc_wire__fence__follows_what_was_said),
		TEST(irc_wire__payload__is_what_others_get_uncut),
		TEST(irc_wire__silence__is_a_dead_peer),
		TEST(irc_wire__loss__is_followed_by_ever_later_tries),
		TEST(irc_wire__a_lasting_connection__is_tried_again_soon),
		TEST(irc_wire__no_server__is_tried_again),
		TEST(irc_wire__impossible_server__is_not_tried_again),
		TEST(irc_wire__drop__ends_the_connection_from_the_loop),
		TEST(irc_wire__free__says_goodbye),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
