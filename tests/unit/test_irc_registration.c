/* Capabilities, signing in and nicks up to the end of the welcome, and what ends a connection: the
 * wire before a server that says only what it is told to. Whatever happens, no secret is logged. */
#include "base/log.h"
#include "fake_ircd.h"
#include "transport/irc/line.h"
#include "transport/irc/wire.h"

#include <fcntl.h>
#include <stdio.h>

#define MS INT64_C(1000)

#define PASSWORD "hunter2"
#define ANSWER   "AGtpdGgAaHVudGVyMg==" /* NUL kith NUL hunter2 */

struct fixture {
	struct fake_ircd *ircd;
	struct wire *wire;
	struct wire_options options;
	FILE *log;
	int stderr_fd;
};

static void state_changed(void *data, enum wire_state s)
{
	static const char *const names[] = { "connecting", "ready", "lost", "refused" };
	ircd_tell(data, "%s", names[s]);
}

static void heard(void *data, enum session_kind kind, const struct line *l)
{
	g_autofree char *line = line_write(l);
	ircd_tell(data, "heard: %s", line);
}

static void passed(void *data, uint64_t fence)
{
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
		.sasl = SASL_PLAIN,
		.account = "kith",
		.account_password = PASSWORD,
		.burst = 4,
		.every_us = 50 * MS,
		.times = wire_times_default,
	};
	f->options.times.retry_first_us = 20 * MS;
	log_set_level(LOG_LEVEL_DEBUG);
	fflush(stderr);
	f->log = tmpfile();
	f->stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	dup2(fileno(f->log), STDERR_FILENO);
	*state = f;
	return 0;
}

/* All that was logged so far. g_free it. */
static char *logged(struct fixture *f)
{
	GString *text = g_string_new(NULL);
	char bytes[4096];
	ssize_t n;
	for (off_t at = 0; (n = pread(fileno(f->log), bytes, sizeof(bytes), at)) > 0; at += n)
		g_string_append_len(text, bytes, n);
	return g_string_free(text, FALSE);
}

static void expect_logged(struct fixture *f, const char *part)
{
	g_autofree char *text = logged(f);
	if (!strstr(text, part))
		fail_msg("not logged: %s\nbut: %s", part, text);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	wire_free(f->wire);
	ircd_free(f->ircd);
	g_autofree char *text = logged(f);
	dup2(f->stderr_fd, STDERR_FILENO);
	close(f->stderr_fd);
	fclose(f->log);
	g_free(f);
	return !*text || strstr(text, PASSWORD) || strstr(text, "AGtpdGg") ? -1 : 0;
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

/* As far as the server's question for the credentials. */
static void start_to_sign_in(struct fixture *f)
{
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test CAP * LS :sasl=PLAIN,EXTERNAL batch");
	ircd_expect(f->ircd, "CAP REQ :batch sasl");
	ircd_say(f->ircd, ":irc.test CAP * ACK :batch sasl");
	ircd_expect(f->ircd, "AUTHENTICATE PLAIN");
}

static void sign_in(struct fixture *f)
{
	ircd_say(f->ircd, "AUTHENTICATE +");
	ircd_expect(f->ircd, "AUTHENTICATE " ANSWER);
	ircd_say(f->ircd, ":irc.test 900 * *!*@* kith :You are now logged in as kith\n"
			  ":irc.test 903 * :SASL authentication successful");
	ircd_expect(f->ircd, "CAP END");
}

static void welcome(struct fixture *f, const char *nick, const char *isupport)
{
	g_autofree char *text = g_strdup_printf(":irc.test 001 %s :Welcome\n"
						":irc.test 005 %s %s:are supported by this server\n"
						":irc.test 422 %s :No MOTD",
						nick, nick, isupport, nick);
	ircd_say(f->ircd, text);
	ircd_expect_told(f->ircd, "ready");
}

/* It tries again soon: nothing was wrong with us. */
static void expect_another_try(struct fixture *f)
{
	ircd_expect_told(f->ircd, "lost");
	ircd_expect_told(f->ircd, "connecting");
	ircd_await_connection(f->ircd, 2);
}

/* It never tries again. */
static void expect_the_end(struct fixture *f)
{
	ircd_expect_told(f->ircd, "refused");
	ircd_expect(f->ircd, "(gone)");
	ircd_expect_silence(f->ircd, 100 * MS);
	assert_int_equal(f->ircd->connections, 1);
	expect_logged(f, "does not try again");
}

static void irc_registration__sasl__signs_in_before_the_welcome(void **state)
{
	struct fixture *f = *state;
	start_to_sign_in(f);
	/* Nothing is heard or joined before services have said yes and the welcome is over. */
	ircd_expect_silence(f->ircd, 20 * MS);
	assert_null(wire_account(f->wire));
	sign_in(f);
	assert_string_equal(wire_account(f->wire), "kith");
	welcome(f, "kith", "");
	assert_true(wire_has(f->wire, CAP_SASL));
	assert_true(wire_has(f->wire, CAP_BATCH));
	assert_false(wire_has(f->wire, CAP_SERVER_TIME));
	ircd_say(f->ircd, ":irc.test 901 kith kith!k@h :You are now logged out");
	ircd_expect_told(f->ircd, "heard: * 901 *");
	assert_null(wire_account(f->wire));
	ircd_say(f->ircd, ":irc.test 900 kith kith!k@h other :You are now logged in");
	ircd_expect_told(f->ircd, "heard: * 900 *");
	assert_string_equal(wire_account(f->wire), "other");
	ircd_expect_silence(f->ircd, 10 * MS);
}

static void irc_registration__external__gives_nothing_but_the_certificate(void **state)
{
	struct fixture *f = *state;
	f->options.sasl = SASL_EXTERNAL;
	f->options.account_password = NULL;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test CAP * LS * :batch\n:irc.test CAP * LS :sasl=EXTERNAL");
	ircd_expect(f->ircd, "CAP REQ :batch sasl");
	ircd_say(f->ircd, ":irc.test CAP * ACK :batch sasl");
	ircd_expect(f->ircd, "AUTHENTICATE EXTERNAL");
	ircd_say(f->ircd, "AUTHENTICATE :+");
	ircd_expect(f->ircd, "AUTHENTICATE +");
	ircd_say(f->ircd, ":irc.test 903 * :yes");
	ircd_expect(f->ircd, "CAP END");
	welcome(f, "kith", "");
	assert_string_equal(wire_account(f->wire), "kith");
}

static void irc_registration__long_password__is_sent_in_parts(void **state)
{
	/* NUL kith NUL and so many more make 396, 400, 404 and 800 bytes of base64. */
	static const size_t passwords[] = { 291, 294, 295, 594 };
	static const int parts[] = { 1, 2, 2, 3 };
	struct fixture *f = *state;
	for (size_t i = 0; i < G_N_ELEMENTS(passwords); i++) {
		g_autofree char *password = g_strnfill(passwords[i], 'x');
		f->options.account_password = password;
		start_to_sign_in(f);
		ircd_say(f->ircd, "AUTHENTICATE +");
		for (int part = 1; part < parts[i]; part++) {
			g_autofree char *said = ircd_next(f->ircd, &f->ircd->said, "a part");
			assert_int_equal(strlen(said), strlen("AUTHENTICATE ") + 400);
		}
		ircd_expect(f->ircd, passwords[i] % 3 == 0 && parts[i] > 1 ? "AUTHENTICATE +"
									   : "AUTHENTICATE *");
		ircd_say(f->ircd, ":irc.test 903 * :yes");
		ircd_expect(f->ircd, "CAP END");
		wire_free(g_steal_pointer(&f->wire));
		ircd_expect(f->ircd, "(gone)");
	}
}

static void irc_registration__wrong_password__is_the_end(void **state)
{
	struct fixture *f = *state;
	start_to_sign_in(f);
	ircd_say(f->ircd, "AUTHENTICATE +");
	ircd_expect(f->ircd, "AUTHENTICATE *");
	ircd_say(f->ircd, ":irc.test 904 * :SASL authentication failed");
	expect_the_end(f);
	expect_logged(f, "see account and password-file: SASL authentication failed");
}

static void irc_registration__unknown_mechanism__is_the_end(void **state)
{
	struct fixture *f = *state;
	start_to_sign_in(f);
	ircd_say(f->ircd, ":irc.test 908 * EXTERNAL :are available\n:irc.test 904 * :failed");
	expect_the_end(f);
	expect_logged(f, "only: EXTERNAL");
}

static void irc_registration__mechanism_not_listed__is_the_end(void **state)
{
	struct fixture *f = *state;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test CAP * LS :sasl=EXTERNAL,SCRAM-SHA-256");
	ircd_expect(f->ircd, "CAP REQ :sasl");
	ircd_say(f->ircd, ":irc.test CAP * ACK :sasl");
	expect_the_end(f);
	expect_logged(f, "does not offer this kind of SASL: PLAIN");
}

static void irc_registration__silent_services__are_tried_again(void **state)
{
	struct fixture *f = *state;
	f->options.times.sasl_us = 50 * MS;
	start_to_sign_in(f);
	expect_another_try(f);
	expect_logged(f, "services did not answer");
}

static void irc_registration__services_gone_midway__are_tried_again(void **state)
{
	struct fixture *f = *state;
	start_to_sign_in(f);
	ircd_say(f->ircd, ":irc.test 906 * :SASL authentication aborted");
	expect_another_try(f);
	expect_logged(f, "broken off: SASL authentication aborted");
}

static void irc_registration__sasl_not_acknowledged__is_tried_again(void **state)
{
	struct fixture *f = *state;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test CAP * LS :sasl batch");
	ircd_expect(f->ircd, "CAP REQ :batch sasl");
	ircd_say(f->ircd, ":irc.test CAP * NAK :batch sasl");
	ircd_expect(f->ircd, "CAP REQ :batch");
	ircd_say(f->ircd, ":irc.test CAP * ACK :batch");
	ircd_expect(f->ircd, "CAP REQ :sasl");
	ircd_say(f->ircd, ":irc.test CAP * NAK :sasl");
	expect_another_try(f);
	expect_logged(f, "refuses SASL now");
}

static void irc_registration__sasl_not_offered__is_tried_again(void **state)
{
	static const char *const answers[] = {
		":irc.test CAP * LS :server-time-x", ":irc.test 421 * CAP :Unknown command",
		":irc.test 001 kith :Welcome", /* without a word about CAP */
	};
	static const char *const reasons[] = { "does not offer SASL now", "does not let kith sign",
					       "does not let kith sign" };
	struct fixture *f = *state;
	start(f);
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		expect_registration(f);
		ircd_say(f->ircd, answers[i]);
		ircd_expect_told(f->ircd, "lost");
		ircd_expect(f->ircd, "(gone)");
		expect_logged(f, reasons[i]);
		expect_logged(f, "sasl = no");
		ircd_expect_told(f->ircd, "connecting");
		ircd_await_connection(f->ircd, (unsigned)i + 2);
	}
}

static void irc_registration__no_caps__are_no_hindrance_without_sasl(void **state)
{
	static const char *const answers[] = { "", ":irc.test 421 * CAP :Unknown command\n",
					       ":irc.test 451 * CAP :Register first\n" };
	struct fixture *f = *state;
	f->options.sasl = SASL_NONE;
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		start(f);
		expect_registration(f);
		g_autofree char *text =
			g_strconcat(answers[i], ":irc.test 001 kith :Welcome", NULL);
		ircd_say(f->ircd, text);
		ircd_say(f->ircd, ":irc.test 376 kith :End");
		ircd_expect_told(f->ircd, "ready");
		assert_null(wire_account(f->wire));
		wire_free(g_steal_pointer(&f->wire));
		ircd_expect(f->ircd, "QUIT *");
		ircd_expect(f->ircd, "(gone)");
	}
}

static void irc_registration__caps__follow_the_server(void **state)
{
	struct fixture *f = *state;
	f->options.sasl = SASL_NONE;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test CAP * LS * :sasl=PLAIN server-time\n"
			  ":irc.test CAP * LS * :x y z\n"
			  ":irc.test CAP * LS :batch");
	ircd_expect(f->ircd, "CAP REQ :batch server-time");
	ircd_say(f->ircd, ":irc.test CAP * ACK :batch server-time");
	ircd_expect(f->ircd, "CAP END");
	welcome(f, "kith", "");
	ircd_say(f->ircd, ":irc.test CAP kith NEW :draft/chathistory sasl=PLAIN");
	ircd_expect(f->ircd, "CAP REQ :draft/chathistory");
	ircd_say(f->ircd, ":irc.test CAP kith ACK :draft/chathistory\nPING x");
	ircd_expect(f->ircd, "PONG x");
	assert_true(wire_has(f->wire, CAP_CHATHISTORY));
	ircd_say(f->ircd, ":irc.test CAP kith DEL :batch sasl\nPING x");
	ircd_expect(f->ircd, "PONG x");
	assert_false(wire_has(f->wire, CAP_CHATHISTORY));
	/* The library and those above never hear of it. */
	ircd_expect_silence(f->ircd, 10 * MS);
}

static void irc_registration__nick_in_use__is_replaced_in_every_phase(void **state)
{
	struct fixture *f = *state;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test 433 * kith :in use");
	ircd_expect(f->ircd, "NICK kith_");
	ircd_say(f->ircd, ":irc.test CAP * LS :sasl");
	ircd_expect(f->ircd, "CAP REQ :sasl");
	ircd_say(f->ircd, ":irc.test 432 * kith_ :reserved");
	ircd_expect(f->ircd, "NICK kith__");
	ircd_say(f->ircd, ":irc.test CAP * ACK :sasl");
	ircd_expect(f->ircd, "AUTHENTICATE PLAIN");
	ircd_say(f->ircd, ":irc.test 433 * kith__ :in use");
	ircd_expect(f->ircd, "NICK kith3");
	ircd_say(f->ircd, "AUTHENTICATE +");
	ircd_expect(f->ircd, "AUTHENTICATE *");
	ircd_say(f->ircd, ":irc.test 432 * kith3 :reserved");
	ircd_expect(f->ircd, "NICK kith4");
	ircd_say(f->ircd, ":irc.test 900 * * kith :in\n:irc.test 903 * :yes");
	ircd_expect(f->ircd, "CAP END");
	ircd_say(f->ircd, ":irc.test 433 * kith4 :in use");
	ircd_expect(f->ircd, "NICK kith5");
	welcome(f, "kith5", "");
	assert_string_equal(wire_nick(f->wire), "kith5");
	/* Services know whose nick it is; once. */
	ircd_expect(f->ircd, "PRIVMSG NickServ :REGAIN kith");
	ircd_say(f->ircd, ":NickServ!s@services NOTICE kith5 :Unknown command REGAIN.");
	ircd_say(f->ircd, ":irc.test 433 kith5 kith :in use");
	ircd_expect_told(f->ircd, "heard: *433*");
	ircd_expect_silence(f->ircd, 120 * MS);
	ircd_say(f->ircd, ":kith5!k@h NICK kith");
	ircd_expect_told(f->ircd, "heard: *NICK kith");
	assert_string_equal(wire_nick(f->wire), "kith");
}

static void irc_registration__nick_too_long__is_cut(void **state)
{
	struct fixture *f = *state;
	f->options.nick = "kith-of-the-makers";
	f->options.sasl = SASL_NONE;
	start(f);
	ircd_expect(f->ircd, "CAP LS 302");
	ircd_expect(f->ircd, "NICK kith-of-the-makers");
	ircd_expect(f->ircd, "USER kith * * :kith, a bot");
	/* In use: it is no longer than before. */
	ircd_say(f->ircd, ":irc.test 433 * kith-of-the-makers :in use");
	ircd_expect(f->ircd, "NICK kith-of-the-maker_");
	ircd_say(f->ircd, ":irc.test 432 * kith-of-the-maker_ :Erroneous Nickname");
	ircd_expect(f->ircd, "NICK kith-of__");
	ircd_say(f->ircd, ":irc.test 433 * kith-of__ :in use");
	ircd_expect(f->ircd, "NICK kith-of-3");
	welcome(f, "kith-of-3", "NICKLEN=9 ");
	assert_string_equal(wire_nick(f->wire), "kith-of-3");
}

static void irc_registration__regain__is_for_those_signed_in(void **state)
{
	struct fixture *f = *state;
	f->options.sasl = SASL_NONE;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test 433 * kith :in use");
	ircd_expect(f->ircd, "NICK kith_");
	welcome(f, "kith_", "");
	ircd_expect_silence(f->ircd, 120 * MS);
}

/* kith check may be used while kith itself runs, under the nick it wants. */
static void irc_registration__regain__is_not_for_trying(void **state)
{
	struct fixture *f = *state;
	f->options.trial = true;
	start(f);
	expect_registration(f);
	ircd_say(f->ircd, ":irc.test 433 * kith :in use");
	ircd_expect(f->ircd, "NICK kith_");
	ircd_say(f->ircd, ":irc.test CAP * LS :sasl");
	ircd_expect(f->ircd, "CAP REQ :sasl");
	ircd_say(f->ircd, ":irc.test CAP * ACK :sasl");
	ircd_expect(f->ircd, "AUTHENTICATE PLAIN");
	sign_in(f);
	welcome(f, "kith_", "");
	assert_string_equal(wire_account(f->wire), "kith");
	ircd_expect_silence(f->ircd, 120 * MS);
}

static void irc_registration__bot_mode__is_set_where_there_is_one(void **state)
{
	static const char *const offers[] = { "BOT=B ", "BOT=b WHOX ", "BOT ", "BOT=:) ", "" };
	static const char *const said[] = { "MODE kith +B", "MODE kith +b" };
	struct fixture *f = *state;
	f->options.sasl = SASL_NONE;
	for (size_t i = 0; i < G_N_ELEMENTS(offers); i++) {
		start(f);
		expect_registration(f);
		welcome(f, "kith", offers[i]);
		if (i < G_N_ELEMENTS(said))
			ircd_expect(f->ircd, said[i]);
		ircd_expect_silence(f->ircd, 10 * MS);
		wire_free(g_steal_pointer(&f->wire));
		ircd_expect(f->ircd, "QUIT *");
		ircd_expect(f->ircd, "(gone)");
	}
}

static void irc_registration__bad_server_password__is_the_end(void **state)
{
	struct fixture *f = *state;
	f->options.password = PASSWORD;
	start(f);
	ircd_expect(f->ircd, "CAP LS 302");
	ircd_expect(f->ircd, "PASS " PASSWORD);
	ircd_expect(f->ircd, "NICK kith");
	ircd_expect(f->ircd, "USER *");
	ircd_say(f->ircd, "ERROR :Access denied: Bad password?");
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "refused");
	ircd_expect_silence(f->ircd, 100 * MS);
	assert_int_equal(f->ircd->connections, 1);
	expect_logged(f, "the server said: Access denied: Bad password?; kith does not try again");
}

/* Registered, then these lines and the end; how long until the next try. */
static int64_t wait_after(struct fixture *f, const char *lines)
{
	f->options.sasl = SASL_NONE;
	f->options.times.retry_first_us = 10 * MS;
	f->options.times.too_fast_us = 100 * MS;
	f->options.times.banned_us = 300 * MS;
	start(f);
	expect_registration(f);
	welcome(f, "kith", "");
	ircd_say(f->ircd, lines);
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "lost");
	int64_t lost_us = clock_real()->mono_us(clock_real());
	ircd_expect_told(f->ircd, "connecting");
	ircd_await_connection(f->ircd, 2);
	return f->ircd->connected_us - lost_us;
}

static void irc_registration__ban__is_waited_out(void **state)
{
	struct fixture *f = *state;
	assert_true(wait_after(f, "ERROR :Closing link: (kith@h) [K-lined: spam]") >= 300 * MS);
	expect_logged(f, "the server said: Closing link: (kith@h) [K-lined: spam]");
}

static void irc_registration__throttle__is_given_its_pause(void **state)
{
	struct fixture *f = *state;
	int64_t us = wait_after(f, "ERROR :Closing link: (kith@h) [Throttled]");
	assert_true(us >= 100 * MS && us < 300 * MS);
}

static void irc_registration__kill__is_told_and_no_ban(void **state)
{
	struct fixture *f = *state;
	assert_true(wait_after(f,
			       ":bob!b@h KILL kith :banned for lunch\n"
			       "ERROR :Closing link: Killed (bob (banned for lunch))") < 300 * MS);
	expect_logged(f, "killed by bob!b@h: banned for lunch");
}

static void irc_registration__error__counts_only_as_the_last_word(void **state)
{
	struct fixture *f = *state;
	assert_true(wait_after(f, "ERROR :you are banned, nearly\nPONG x") < 300 * MS);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(irc_registration__sasl__signs_in_before_the_welcome),
		TEST(irc_registration__external__gives_nothing_but_the_certificate),
		TEST(irc_registration__long_password__is_sent_in_parts),
		TEST(irc_registration__wrong_password__is_the_end),
		TEST(irc_registration__unknown_mechanism__is_the_end),
		TEST(irc_registration__mechanism_not_listed__is_the_end),
		TEST(irc_registration__silent_services__are_tried_again),
		TEST(irc_registration__services_gone_midway__are_tried_again),
		TEST(irc_registration__sasl_not_acknowledged__is_tried_again),
		TEST(irc_registration__sasl_not_offered__is_tried_again),
		TEST(irc_registration__no_caps__are_no_hindrance_without_sasl),
		TEST(irc_registration__caps__follow_the_server),
		TEST(irc_registration__nick_in_use__is_replaced_in_every_phase),
		TEST(irc_registration__nick_too_long__is_cut),
		TEST(irc_registration__regain__is_for_those_signed_in),
		TEST(irc_registration__regain__is_not_for_trying),
		TEST(irc_registration__bot_mode__is_set_where_there_is_one),
		TEST(irc_registration__bad_server_password__is_the_end),
		TEST(irc_registration__ban__is_waited_out),
		TEST(irc_registration__throttle__is_given_its_pause),
		TEST(irc_registration__kill__is_told_and_no_ban),
		TEST(irc_registration__error__counts_only_as_the_last_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
