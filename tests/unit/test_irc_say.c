#include "config.h"
#include "event.h"
#include "fake_ircd.h"
#include "post.h"
#include "transport.h"
#include "transport/irc/bucket.h"
#include "transport/irc/irc.h"

#include <errno.h>

#define MILLISECOND (CLOCK_US_PER_SECOND / 1000)

struct fixture {
	struct fake_ircd *ircd;
	struct transport *irc;
	struct config *config;
	int log_fd; /* a file, in place of stderr; -1: stderr is itself */
	int stderr_fd;
};

static void told_event(void *data, struct transport *t, const struct event *e)
{
	struct fixture *f = data;
	if (e->kind == EVENT_MESSAGE)
		ircd_tell(f->ircd, "heard %s", e->text);
}

static void told_delivered(void *data, struct transport *t, const char *key, int error)
{
	struct fixture *f = data;
	ircd_tell(f->ircd, "delivered %s %s", key, error ? g_strerror(-error) : "ok");
}

static void told_state(void *data, struct transport *t, enum transport_state s)
{
	static const char *const names[] = { "connecting", "online", "offline", "failed" };
	struct fixture *f = data;
	ircd_tell(f->ircd, "%s", names[s]);
}

static const struct transport_listener listener = { told_event, told_delivered, told_state };

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	f->ircd = ircd_new();
	f->log_fd = -1;
	*state = f;
	return 0;
}

/* What goes to the log from now on, until logged(). */
static void log_away(struct fixture *f)
{
	char name[] = "/tmp/kith-log-XXXXXX";
	f->log_fd = mkstemp(name);
	assert_true(f->log_fd >= 0);
	unlink(name);
	f->stderr_fd = dup(STDERR_FILENO);
	dup2(f->log_fd, STDERR_FILENO);
}

static char *logged(struct fixture *f)
{
	static char text[4096];
	dup2(f->stderr_fd, STDERR_FILENO);
	close(f->stderr_fd);
	ssize_t n = pread(f->log_fd, text, sizeof(text) - 1, 0);
	close(f->log_fd);
	f->log_fd = -1;
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static unsigned times(const char *text, const char *part)
{
	unsigned n = 0;
	for (const char *at = text; (at = strstr(at, part)); at++)
		n++;
	return n;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	if (f->log_fd >= 0)
		logged(f);
	transport_irc.close(f->irc);
	config_free(f->config);
	ircd_free(f->ircd);
	g_free(f);
	return 0;
}

static void open_irc(struct fixture *f, int rate)
{
	static const char *const nobody[] = { NULL };
	static const char *const rooms[] = { "#makers", "#other", NULL };
	g_autofree char *text = g_strdup_printf("[group]\n"
						"name = Makers\n"
						"timezone = Europe/Berlin\n"
						"organizers = test/ana\n"
						"places = test/#makers, test/#other\n"
						"[irc test]\n"
						"server = 127.0.0.1\n"
						"port = %d\n"
						"tls = no\n"
						"nick = kith\n"
						"trust-nicks = yes\n"
						"rate = %d\n",
						f->ircd->port, rate);
	g_autofree char *faults = NULL;
	if (config_parse(text, "test.conf", &f->config, &faults) < 0)
		fail_msg("%s", faults);
	const struct transport_env env = {
		.loop = f->ircd->loop,
		.clock = clock_real(),
		.listener = &listener,
		.data = f,
		.rooms = rooms,
		.inviters = nobody,
	};
	assert_int_equal(
		transport_irc.open(&env, g_ptr_array_index(f->config->networks, 0), &f->irc), 0);
}

/* Passes over what the client says up to `pattern`. */
static void await(struct fixture *f, const char *pattern)
{
	for (;;) {
		g_autofree char *said = ircd_next(f->ircd, &f->ircd->said, pattern);
		if (g_pattern_match_simple(pattern, said))
			return;
	}
}

/* Online in both rooms, with ana in one; `cap` is what the server offers, or NULL. */
static void start(struct fixture *f, int rate, const char *cap)
{
	open_irc(f, rate);
	ircd_expect_told(f->ircd, "connecting");
	await(f, "USER *");
	if (cap) {
		g_autofree char *offer = g_strdup_printf(":irc.test CAP * LS :%s", cap);
		g_autofree char *agree = g_strdup_printf(":irc.test CAP * ACK :%s", cap);
		ircd_say(f->ircd, offer);
		await(f, "CAP REQ *");
		ircd_say(f->ircd, agree);
		await(f, "CAP END");
	}
	ircd_say(f->ircd, ":irc.test 001 kith :Welcome\n:irc.test 422 kith :No MOTD");
	await(f, "JOIN #makers,#other");
	ircd_say(f->ircd, ":kith!~k@host JOIN #makers\n"
			  ":irc.test 353 kith = #makers :kith ana\n"
			  ":irc.test 366 kith #makers :End\n"
			  ":kith!~k@host JOIN #other\n"
			  ":irc.test 366 kith #other :End");
	ircd_expect_told(f->ircd, "online");
	while (f->ircd->said.length) {
		g_autofree char *who = g_queue_pop_head(&f->ircd->said);
		assert_true(g_str_has_prefix(who, "WHO ") || g_str_has_prefix(who, "MODE "));
	}
}

/* `target` is a room or a nick; "=ana" an account. */
static struct post post_to(const char *key, const char *target, const char *markup)
{
	bool room = *target == '#', account = *target == '=';
	return (struct post){
		.key = key,
		.network = "test",
		.room = room ? target : NULL,
		.account = account ? target + 1 : NULL,
		.shown = room || account ? NULL : target,
		.kind = room ? POST_REPLY : POST_PRIVATE,
		.expires_at_us = INT64_MAX,
		.word = "test",
		.markup = markup,
	};
}

static int send_post(struct fixture *f, const char *key, const char *target, const char *markup)
{
	const struct post p = post_to(key, target, markup);
	return transport_irc.send(f->irc, &p);
}

static void say_line(struct fixture *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void say_line(struct fixture *f, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *line = g_strdup_vprintf(format, args);
	va_end(args);
	ircd_say(f->ircd, line);
}

/* The PING that is said next, answered. */
static void pass_fence(struct fixture *f)
{
	g_autofree char *ping = ircd_next(f->ircd, &f->ircd->said, "PING");
	assert_true(g_str_has_prefix(ping, "PING kith-"));
	say_line(f, ":irc.test PONG irc.test :%s", ping + strlen("PING "));
}

static void irc_say__flights__are_several_but_one_to_each_target(void **state)
{
	struct fixture *f = *state;
	start(f, 0, NULL);
	g_autoptr(GPtrArray) pings = g_ptr_array_new_with_free_func(g_free);
	assert_int_equal(send_post(f, "k0", "#makers", "hi"), 0);
	assert_int_equal(send_post(f, "k", "#MAKERS", "hi"), -EAGAIN);
	for (int i = 1; i < FLIGHTS_MOST; i++) {
		g_autofree char *key = g_strdup_printf("k%d", i);
		g_autofree char *nick = g_strdup_printf("nick%d", i);
		assert_int_equal(send_post(f, key, nick, "hi"), 0);
		assert_int_equal(send_post(f, "k", nick, "hi"), -EAGAIN);
	}
	assert_int_equal(send_post(f, "k", "#other", "hi"), -EAGAIN);
	while (pings->len < FLIGHTS_MOST) {
		g_autofree char *said = ircd_next(f->ircd, &f->ircd->said, "eight posts");
		if (g_str_has_prefix(said, "PING "))
			g_ptr_array_add(pings, g_strdup(said + strlen("PING ")));
	}
	/* The server may answer in any order. */
	say_line(f, ":irc.test PONG irc.test :%s", (char *)pings->pdata[2]);
	say_line(f, ":irc.test PONG irc.test :%s", (char *)pings->pdata[0]);
	ircd_expect_told(f->ircd, "delivered k2 ok");
	ircd_expect_told(f->ircd, "delivered k0 ok");
	assert_int_equal(send_post(f, "k8", "#other", "hi"), 0);
	assert_int_equal(send_post(f, "k9", "#makers", "hi"), 0);
	say_line(f, ":irc.test PONG irc.test :%s", (char *)pings->pdata[2]);
	say_line(f, ":irc.test PONG irc.test :kith-none");
	ircd_expect(f->ircd, "PRIVMSG #other hi");
	ircd_expect(f->ircd, "PING kith-*");
	ircd_expect(f->ircd, "PRIVMSG #makers hi");
	ircd_expect(f->ircd, "PING kith-*");
	ircd_expect_silence(f->ircd, 5 * MILLISECOND);
}

static void irc_say__refusal__is_of_the_flight_it_names(void **state)
{
	static const struct {
		const char *line, *room, *ana;
	} cases[] = {
		{ "404 kith #MAKERS :Cannot send", "Operation *", "ok" },
		{ "401 kith ana :No such nick", "ok", "No such file *" },
		{ "531 kith ana :Not for you", "ok", "Operation *" },
		{ "716 kith ana :has +g", "ok", "Operation *" },
		{ "707 kith ana :Too fast", "ok", "Resource temporarily *" },
		{ "301 kith ana :away", "ok", "ok" },
		{ "433 kith ana :in use", "ok", "ok" },
		{ "717 kith ana :has been told", "ok", "ok" },
	};
	struct fixture *f = *state;
	start(f, 0, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *room = g_strdup_printf("delivered room %s", cases[i].room);
		g_autofree char *ana = g_strdup_printf("delivered ana %s", cases[i].ana);
		assert_int_equal(send_post(f, "room", "#makers", "hi"), 0);
		assert_int_equal(send_post(f, "ana", "=ana", "hi"), 0);
		ircd_expect(f->ircd, "PRIVMSG #makers hi");
		g_autofree char *first = ircd_next(f->ircd, &f->ircd->said, "PING");
		ircd_expect(f->ircd, "PRIVMSG ana hi");
		say_line(f, ":irc.test %s", cases[i].line);
		pass_fence(f);
		say_line(f, ":irc.test PONG irc.test :%s", first + strlen("PING "));
		ircd_expect_told(f->ircd, ana);
		ircd_expect_told(f->ircd, room);
	}
}

static void irc_say__refusal__because_kith_was_put_out_is_no_last_word(void **state)
{
	struct fixture *f = *state;
	start(f, 0, NULL);
	assert_int_equal(send_post(f, "k", "#makers", "hi"), 0);
	ircd_expect(f->ircd, "PRIVMSG #makers hi");
	say_line(f, ":ana!a@h KICK #makers kith :oops\n:irc.test 404 kith #makers :Cannot send");
	pass_fence(f);
	ircd_expect_told(f->ircd, "delivered k Resource temporarily *");
	assert_int_equal(send_post(f, "k", "#makers", "hi"), -EAGAIN);
}

static void irc_say__waiting__is_taken_back_from_a_nick_that_is_left(void **state)
{
	static const char *const ways[] = { ":ana!a@h QUIT :bye\n:eve!e@x NICK ana",
					    ":ana!a@h NICK ana2\n:eve!e@x NICK ana" };
	struct fixture *f = *state;
	start(f, 600, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		say_line(f, ":ana!a@h JOIN #makers\n:eve!e@x JOIN #makers\nPING :x");
		await(f, "PONG x");
		assert_int_equal(send_post(f, "k1", "#makers", "1\n2\n3\n4\n5\n6"), 0);
		assert_int_equal(send_post(f, "k2", "=ana", "for ana alone\nand no other"), 0);
		say_line(f, "%s", ways[i]);
		ircd_expect_told(f->ircd, "delivered k2 No such file *");
		for (;;) {
			g_autofree char *said = ircd_next(f->ircd, &f->ircd->said, "PING");
			assert_false(g_str_has_suffix(said, "no other"));
			if (!g_str_has_prefix(said, "PING "))
				continue;
			say_line(f, ":irc.test PONG irc.test :%s", said + strlen("PING "));
			break;
		}
		ircd_expect_told(f->ircd, "delivered k1 ok");
		ircd_expect_silence(f->ircd, 300 * MILLISECOND);
		say_line(f, ":ana!e@x QUIT :bye");
	}
}

static void irc_say__echo__of_every_line_is_delivery(void **state)
{
	struct fixture *f = *state;
	start(f, 0, "echo-message");
	assert_int_equal(send_post(f, "k1", "#makers", "one\ntwo\ntwo"), 0);
	assert_int_equal(send_post(f, "k2", "=ana", "psst"), 0);
	await(f, "PRIVMSG #makers two");
	await(f, "PRIVMSG #makers two");
	ircd_expect(f->ircd, "PRIVMSG ana psst");
	say_line(f, ":kith!~k@host PRIVMSG #makers :two\n"
		    ":kith!~k@host PRIVMSG #makers :three\n"
		    ":kith!~k@host NOTICE #makers :one\n"
		    ":kith!~k@host PRIVMSG #other :one\n"
		    ":ana!a@h PRIVMSG #makers :one\n"
		    ":kith!~k@host PRIVMSG #Makers :two\n"
		    ":irc.test PONG irc.test :kith-0");
	ircd_expect_told(f->ircd, "heard one");
	assert_int_equal(send_post(f, "k3", "#makers", "next"), -EAGAIN);
	say_line(f, ":kith!~k@host PRIVMSG ANA :psst\n"
		    ":KITH!~k@host PRIVMSG #makers :one");
	ircd_expect_told(f->ircd, "delivered k2 ok");
	ircd_expect_told(f->ircd, "delivered k1 ok");
	ircd_expect_silence(f->ircd, 5 * MILLISECOND);
	assert_int_equal(send_post(f, "k3", "#makers", "next"), 0);
	ircd_expect(f->ircd, "PRIVMSG #makers next");
}

static void irc_say__echo__that_does_not_come_is_asked_after(void **state)
{
	struct fixture *f = *state;
	start(f, 0, "echo-message");
	((struct irc *)f->irc)->echo_us = 60 * MILLISECOND;
	log_away(f);
	assert_int_equal(send_post(f, "k1", "#makers", "one\ntwo"), 0);
	ircd_expect(f->ircd, "PRIVMSG #makers one");
	ircd_expect(f->ircd, "PRIVMSG #makers two");
	ircd_expect_silence(f->ircd, 40 * MILLISECOND);
	/* Each line that comes back is a reason to wait. */
	say_line(f, ":kith!~k@host PRIVMSG #makers :one");
	ircd_expect_silence(f->ircd, 40 * MILLISECOND);
	pass_fence(f);
	ircd_expect_told(f->ircd, "delivered k1 ok");
	const char *log = logged(f);
	assert_non_null(strstr(log, "took what was said to #makers, but did not show it"));
	/* It may still come while the PING is on its way. */
	assert_int_equal(send_post(f, "k2", "#makers", "three"), 0);
	ircd_expect(f->ircd, "PRIVMSG #makers three");
	ircd_expect(f->ircd, "PING kith-*");
	say_line(f, ":kith!~k@host PRIVMSG #makers :three\n:irc.test PONG irc.test :kith-2");
	ircd_expect_told(f->ircd, "delivered k2 ok");
	ircd_expect_silence(f->ircd, 5 * MILLISECOND);
}

static void irc_say__echo__is_not_awaited_after_a_refusal(void **state)
{
	struct fixture *f = *state;
	start(f, 0, "echo-message");
	assert_int_equal(send_post(f, "k1", "#makers", "one\ntwo"), 0);
	await(f, "PRIVMSG #makers two");
	say_line(f, ":irc.test 404 kith #makers :no\n:irc.test 404 kith #makers :no");
	pass_fence(f);
	ircd_expect_told(f->ircd, "delivered k1 Operation *");
	ircd_expect_silence(f->ircd, 5 * MILLISECOND);
}

static void irc_say__echo__tells_of_a_server_that_cuts(void **state)
{
	struct fixture *f = *state;
	start(f, 0, "echo-message");
	log_away(f);
	g_autofree char *text = g_strnfill(300, 'x');
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send_post(f, "k", "#makers", text), 0);
		ircd_expect(f->ircd, "PRIVMSG #makers x*");
		say_line(f, ":kith!~k@host PRIVMSG #makers :%.*s", i ? 100 : 200, text);
		if (i == 1) {
			ircd_expect(f->ircd, "PRIVMSG #makers x*");
			say_line(f, ":kith!~k@host PRIVMSG #makers :%.*s", 100, text);
		}
		ircd_expect_told(f->ircd, "delivered k ok");
	}
	assert_int_equal(times(logged(f), "has cut a line"), 1);
	/* To a longer target there is less room still. */
	assert_int_equal(send_post(f, "k", "=ana", text), 0);
	g_autofree char *said = ircd_next(f->ircd, &f->ircd->said, "the start of it");
	assert_int_equal(strlen(said), strlen("PRIVMSG #makers ") + 100);
}

static void irc_say__loss__leaves_undecided_what_was_not_echoed(void **state)
{
	struct fixture *f = *state;
	start(f, 0, "echo-message");
	assert_int_equal(send_post(f, "k1", "#makers", "one"), 0);
	assert_int_equal(send_post(f, "k2", "#other", "one\ntwo"), 0);
	await(f, "PRIVMSG #other two");
	say_line(f, ":kith!~k@host PRIVMSG #other :one\n:kith!~k@host PRIVMSG #makers :one");
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "delivered k1 ok");
	ircd_expect_told(f->ircd, "offline");
	assert_int_equal(send_post(f, "k2", "#other", "one\ntwo"), -EAGAIN);
	ircd_expect_silence(f->ircd, 20 * MILLISECOND);
}

/* Says a post of these lines, as far as it is said at once, and sees it delivered. */
static void expect_post(struct fixture *f, const struct post *p, const char *const *lines)
{
	assert_int_equal(transport_irc.send(f->irc, p), 0);
	for (; *lines; lines++)
		ircd_expect(f->ircd, *lines);
	pass_fence(f);
	ircd_expect_told(f->ircd, "delivered *");
}

static void irc_say__more__goes_on_three_lines_at_a_time(void **state)
{
	static const char *const first[] = { "PRIVMSG #makers 1", "PRIVMSG #makers 2",
					     "PRIVMSG #makers :3 … !more has it", NULL };
	static const char *const second[] = { "PRIVMSG #makers :4 a", "PRIVMSG #makers :- 5",
					      "PRIVMSG #makers :6 … !more has it", NULL };
	static const char *const third[] = { "PRIVMSG #makers 7", "PRIVMSG #makers 8", NULL };
	static const char *const none[] = { "PRIVMSG #makers :that was all", NULL };
	struct fixture *f = *state;
	start(f, 0, NULL);
	struct post p = post_to("k1", "#makers", "1\n2\n**3**\n4 a\n- 5\n6\n7\n8");
	p.more = "… `!more` has it";
	struct post next = post_to("k2", "#Makers", "that was all");
	next.more = p.more;
	next.continues = true;
	expect_post(f, &next, (const char *const[]){ "PRIVMSG #makers :that was all", NULL });
	expect_post(f, &p, first);
	/* What fits is said whole, and leaves the rest of the other one alone. */
	expect_post(f, &(struct post){ .key = "k", .room = "#makers", .markup = "7", .more = "x" },
		    (const char *const[]){ "PRIVMSG #makers 7", NULL });
	expect_post(f, &next, second);
	/* A connection may have ended on it: the same again. */
	expect_post(f, &next, second);
	next.key = "k3";
	expect_post(f, &next, third);
	next.key = "k4";
	expect_post(f, &next, none);
	/* Without `more`, all of it. */
	p.more = NULL;
	assert_int_equal(transport_irc.send(f->irc, &p), 0);
	await(f, "PRIVMSG #makers 8");
}

static void irc_say__more__is_for_who_it_was_said_to(void **state)
{
	static const char *const none[] = { "PRIVMSG ana none", NULL };
	struct fixture *f = *state;
	start(f, 0, NULL);
	struct post p = post_to("k1", "=ana", "1\n2\n3\nsecret");
	p.more = "…";
	assert_int_equal(transport_irc.send(f->irc, &p), 0);
	await(f, "PRIVMSG ana :3 …");
	pass_fence(f);
	ircd_expect_told(f->ircd, "delivered k1 ok");
	struct post room = post_to("k2", "#makers", "none");
	room.continues = true;
	expect_post(f, &room, (const char *const[]){ "PRIVMSG #makers none", NULL });
	/* By nick, without an account: that may be anybody. */
	struct post nick = post_to("k3", "ana", "none");
	nick.continues = true;
	expect_post(f, &nick, none);
	p = post_to("k4", "=Ana", "none");
	p.continues = true;
	expect_post(f, &p, (const char *const[]){ "PRIVMSG ana secret", NULL });
}

static void irc_say__ctcp__is_answered_in_private_and_seldom(void **state)
{
	struct fixture *f = *state;
	start(f, 0, NULL);
	say_line(f, ":ana!a@h PRIVMSG #makers :\001VERSION\001\n"
		    ":ana!a@h NOTICE kith :\001VERSION\001\n"
		    ":irc.test PRIVMSG kith :\001VERSION\001\n"
		    ":ana!a@h PRIVMSG kith :\001FINGER\001\n"
		    ":ana!a@h PRIVMSG kith :\001ACTION waves\001");
	ircd_expect_told(f->ircd, "heard waves");
	ircd_expect_silence(f->ircd, 5 * MILLISECOND);
	say_line(f, ":ana!a@h PRIVMSG kith :\001VERSION\001\n"
		    ":ben!b@h PRIVMSG kith :\001PING 1\001");
	ircd_expect(f->ircd, "NOTICE ana :\001VERSION kith " KITH_VERSION "\001");
	ircd_expect_silence(f->ircd, 20 * MILLISECOND);
}

/* A post as long as kith can be made to say, in lines of four bytes a character; gives the length
 * that others get the longest as, with `mask` before it. */
static size_t longest_shown(struct fixture *f, const char *mask)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) got = g_string_new(NULL);
	size_t longest = 0;
	/* One byte, so that the characters do not start at a multiple of four. */
	g_string_append_c(text, 'x');
	for (int i = 0; i < 150; i++)
		g_string_append(text, "\xf0\x9f\x8c\xb1");
	assert_int_equal(send_post(f, "k", "#makers", text->str), 0);
	for (;;) {
		g_autofree char *said = ircd_next(f->ircd, &f->ircd->said, "lines");
		if (g_str_has_prefix(said, "PING ")) {
			say_line(f, ":irc.test PONG irc.test :%s", said + strlen("PING "));
			break;
		}
		const char *line = said + strlen("PRIVMSG #makers ");
		assert_true(g_utf8_validate(line, -1, NULL));
		longest = MAX(longest, strlen(mask) + strlen(" PRIVMSG #makers :") + strlen(line));
		g_string_append(got, line);
	}
	assert_string_equal(got->str, text->str);
	ircd_expect_told(f->ircd, "delivered k ok");
	return longest;
}

static void irc_say__payload__is_what_our_mask_leaves_of_510_bytes(void **state)
{
	static const struct {
		const char *line, *mask;
	} changes[] = {
		{ ":irc.test 372 kith :x", ":kith!~k@host" },
		{ ":irc.test 396 kith user/kith/with-a-cloak :is now your displayed host",
		  ":kith!~k@user/kith/with-a-cloak" },
		{ ":irc.test 396 kith kay@short :is now your displayed host", ":kith!kay@short" },
		{ ":kith!kay@short CHGHOST ~kithkithki a.rather.long.host.name.example.org",
		  ":kith!~kithkithki@a.rather.long.host.name.example.org" },
		{ ":kith!~kithkithki@a.rather.long.host.name.example.org NICK k2",
		  ":k2!~kithkithki@a.rather.long.host.name.example.org" },
		{ ":k2!u@h.example.org MODE k2 :+i", ":k2!u@h.example.org" },
		{ ":ana!a@h CHGHOST other other.example.org.and.so.on", ":k2!u@h.example.org" },
		{ ":k2!u@h.example.org CHGHOST broken", ":k2!u@h.example.org" },
	};
	struct fixture *f = *state;
	start(f, 0, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		say_line(f, "%s\n:ana!a@h PRIVMSG #makers :now", changes[i].line);
		ircd_expect_told(f->ircd, "heard now");
		size_t longest = longest_shown(f, changes[i].mask);
		/* The first line starts with one byte, the others do not: one of them comes as near
		 * as a whole character allows. */
		assert_true(longest <= 510);
		assert_true(longest > 510 - 4);
	}
}

static void irc_say__burst__keeps_nobody_from_being_answered(void **state)
{
	struct fixture *f = *state;
	start(f, 60, NULL);
	g_autoptr(GString) text = g_string_new("0");
	for (int i = 1; i < 100; i++)
		g_string_append_printf(text, "\n%d", i);
	log_away(f);
	assert_int_equal(send_post(f, "k1", "#makers", text->str), 0);
	/* Too much is not taken, and the log knows: once. */
	assert_int_equal(send_post(f, "k2", "#other", text->str), -EAGAIN);
	assert_int_equal(send_post(f, "k2", "#other", text->str), -EAGAIN);
	assert_int_equal(times(logged(f), "a post has to wait"), 1);
	assert_int_equal(send_post(f, "k3", "#other", "short"), 0);
	say_line(f, "PING :a\nPING :b");
	await(f, "PONG a");
	ircd_expect(f->ircd, "PONG b");
	transport_irc.close(g_steal_pointer(&f->irc));
	ircd_expect(f->ircd, "QUIT *");
	ircd_expect(f->ircd, "(gone)");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(irc_say__flights__are_several_but_one_to_each_target),
		TEST(irc_say__refusal__is_of_the_flight_it_names),
		TEST(irc_say__refusal__because_kith_was_put_out_is_no_last_word),
		TEST(irc_say__waiting__is_taken_back_from_a_nick_that_is_left),
		TEST(irc_say__echo__of_every_line_is_delivery),
		TEST(irc_say__echo__that_does_not_come_is_asked_after),
		TEST(irc_say__echo__is_not_awaited_after_a_refusal),
		TEST(irc_say__echo__tells_of_a_server_that_cuts),
		TEST(irc_say__loss__leaves_undecided_what_was_not_echoed),
		TEST(irc_say__more__goes_on_three_lines_at_a_time),
		TEST(irc_say__more__is_for_who_it_was_said_to),
		TEST(irc_say__ctcp__is_answered_in_private_and_seldom),
		TEST(irc_say__payload__is_what_our_mask_leaves_of_510_bytes),
		TEST(irc_say__burst__keeps_nobody_from_being_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
