#include "config.h"
#include "event.h"
#include "fake_ircd.h"
#include "post.h"
#include "transport.h"
#include "transport/irc/irc.h"
#include "transport/irc/rooms.h"

#include <errno.h>

struct fixture {
	struct fake_ircd *ircd;
	struct transport *irc;
	struct config *config;
	const char *keys; /* further lines of the section */
	const char *const *rooms;
	GPtrArray *ids; /* of every event */
};

static const char *const one_room[] = { "#Makers", NULL };
static const char *const two_rooms[] = { "#Makers", "#other", NULL };

static void told_event(void *data, struct transport *t, const struct event *e)
{
	static const char *const kinds[] = {
		"message", "edit",   "redaction", "reaction", "join",
		"leave",   "invite", "moved",     "ejected",  "missed",
	};
	struct fixture *f = data;
	assert_string_equal(e->network, "test");
	assert_true(g_utf8_validate(e->text, -1, NULL) && g_utf8_validate(e->shown, -1, NULL));
	assert_true(e->at_us > 0 && e->trusted && !e->backlog);
	assert_true(e->direct == (e->room == NULL));
	g_ptr_array_add(f->ids, g_strdup(e->id));
	ircd_tell(f->ircd, "%s %s %s(%s)%s %s", kinds[e->kind], e->room ? e->room : "-", e->shown,
		  e->account ? e->account : "-", e->addressed ? " to kith" : "", e->text);
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
	f->ids = g_ptr_array_new_with_free_func(g_free);
	f->rooms = one_room;
	f->keys = "trust-nicks = yes\nrate = 600\n";
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	transport_irc.close(f->irc);
	config_free(f->config);
	ircd_free(f->ircd);
	g_ptr_array_unref(f->ids);
	g_free(f);
	return 0;
}

static int open_irc(struct fixture *f)
{
	g_autofree char *text = g_strdup_printf("[group]\n"
						"name = Makers\n"
						"timezone = Europe/Berlin\n"
						"organizers = test/ana\n"
						"places = test/#Makers\n"
						"[irc test]\n"
						"server = 127.0.0.1\n"
						"port = %d\n"
						"tls = no\n"
						"nick = kith\n"
						"%s",
						f->ircd->port, f->keys);
	g_autofree char *faults = NULL;
	if (config_parse(text, "test.conf", &f->config, &faults) < 0)
		fail_msg("%s", faults);
	static const char *const nobody[] = { NULL };
	const struct transport_env env = {
		.loop = f->ircd->loop,
		.clock = clock_real(),
		.listener = &listener,
		.data = f,
		.rooms = f->rooms,
		.inviters = nobody,
	};
	return transport_irc.open(&env, g_ptr_array_index(f->config->networks, 0), &f->irc);
}

static void connect_irc(struct fixture *f)
{
	assert_int_equal(open_irc(f), 0);
	ircd_expect_told(f->ircd, "connecting");
	ircd_expect(f->ircd, "CAP LS 302");
	ircd_expect(f->ircd, "NICK kith");
	ircd_expect(f->ircd, "USER kith *");
	ircd_say(f->ircd, ":irc.test 001 kith :Welcome\n"
			  ":irc.test 005 kith PREFIX=(qov)~@+ :are supported by this server\n"
			  ":irc.test 422 kith :No MOTD");
}

/* Online in #makers, with ana and ben. */
static void start(struct fixture *f)
{
	connect_irc(f);
	ircd_expect(f->ircd, "JOIN #Makers");
	ircd_say(f->ircd, ":kith!~k@host JOIN #makers\n"
			  ":irc.test 353 kith = #makers :kith ~@ana\n"
			  ":irc.test 353 kith = #makers :+ben\n"
			  ":irc.test 366 kith #makers :End");
	ircd_expect_told(f->ircd, "online");
}

static int send_post(struct fixture *f, const char *key, const char *room, const char *account,
		     const char *shown, const char *markup)
{
	const struct post p = {
		.key = key,
		.network = "test",
		.room = room,
		.account = account,
		.shown = shown,
		.kind = room ? POST_REPLY : POST_PRIVATE,
		.expires_at_us = INT64_MAX,
		.word = "test",
		.markup = markup,
	};
	return transport_irc.send(f->irc, &p);
}

static void irc__open__refuses_rooms_no_server_would_take(void **state)
{
	struct fixture *f = *state;
	static const char *const bad_rooms[][2] = { { "makers", NULL }, { "#a,#b", NULL } };
	for (size_t i = 0; i < G_N_ELEMENTS(bad_rooms); i++) {
		f->rooms = bad_rooms[i];
		assert_int_equal(open_irc(f), -EINVAL);
		config_free(g_steal_pointer(&f->config));
	}
	f->rooms = one_room;
	assert_null(f->irc);
}

static void irc__online__waits_for_every_room(void **state)
{
	struct fixture *f = *state;
	f->rooms = two_rooms;
	connect_irc(f);
	ircd_expect(f->ircd, "JOIN #Makers,#other");
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, "hi"), -EAGAIN);
	ircd_say(f->ircd, ":kith!~k@host JOIN #makers");
	ircd_expect_silence(f->ircd, 5000);
	ircd_say(f->ircd, ":irc.test 366 kith #makers :End");
	ircd_expect_silence(f->ircd, 5000);
	/* A no is an answer too, and that room has to wait. */
	ircd_say(f->ircd, ":irc.test 474 kith #Other :Cannot join channel (+b)");
	ircd_expect_told(f->ircd, "online");
	assert_int_equal(send_post(f, "k", "#other", NULL, NULL, "hi"), -EAGAIN);
	assert_int_equal(send_post(f, "k", "#nowhere", NULL, NULL, "hi"), -ENXIO);
}

static void irc__message__becomes_an_event(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *line, *told;
	} cases[] = {
		{ ":ana!a@h PRIVMSG #makers :hello all", "message #Makers ana(ana) hello all" },
		{ ":ana!a@h PRIVMSG #MAKERS :kith: help", "message #Makers ana(ana) to kith help" },
		{ ":ana!a@h PRIVMSG #makers :KITH,help", "message #Makers ana(ana) to kith help" },
		{ ":ana!a@h PRIVMSG #makers :kith:", "message #Makers ana(ana) to kith " },
		{ ":ana!a@h PRIVMSG #makers :kithy: x", "message #Makers ana(ana) kithy: x" },
		{ ":ana!a@h PRIVMSG #makers :kith x", "message #Makers ana(ana) kith x" },
		{ ":ANA!a@h PRIVMSG Kith :show it", "message - ANA(ana) show it" },
		{ ":a[a]!a@h PRIVMSG kith :hi", "message - a[a](a{a}) hi" },
		{ ":ana!a@h PRIVMSG #makers :\001ACTION waves\x01",
		  "message #Makers ana(ana) waves" },
		{ ":ana!a@h PRIVMSG #makers :\x02!show\x02 \00304x",
		  "message #Makers ana(ana) !show x" },
		{ ":ana!a@h PRIVMSG #makers :caf\xe9", "message #Makers ana(ana) caf\xef\xbf\xbd" },
	};
	start(f);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		ircd_say(f->ircd, cases[i].line);
		g_autofree char *told = ircd_next(f->ircd, &f->ircd->told, cases[i].line);
		assert_string_equal(told, cases[i].told);
	}
	for (unsigned i = 0; i < f->ids->len; i++) {
		const char *id = g_ptr_array_index(f->ids, i);
		assert_true(g_str_has_prefix(id, "test/"));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(id, g_ptr_array_index(f->ids, j));
	}
	ircd_say(f->ircd, "@msgid=Ab1 :ana!a@h PRIVMSG #makers :x");
	ircd_expect_told(f->ircd, "message *");
	assert_string_equal(g_ptr_array_index(f->ids, f->ids->len - 1), "test/Ab1");
}

static void irc__message__of_nobody_is_none(void **state)
{
	static const char *const lines[] = {
		":kith!~k@host PRIVMSG #makers :an echo", /* ours */
		":irc.test PRIVMSG kith :from a server",
		":ana!a@h NOTICE #makers :a notice",
		":ana!a@h NOTICE kith :a notice",
		":ana!a@h PRIVMSG #makers :\x01VERSION\x01",
		":ana!a@h PRIVMSG kith :\001FINGER\x01",
		":ana!a@h PRIVMSG #elsewhere :x",
		":ana!a@h PRIVMSG @#makers :to operators",
		":ana!a@h PRIVMSG #makers :",
		":NickServ!s@services PRIVMSG kith :Your nick is yours again",
		"PRIVMSG #makers :nobody",
	};
	struct fixture *f = *state;
	start(f);
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		ircd_say(f->ircd, lines[i]);
	ircd_expect_silence(f->ircd, 50000);
}

static void irc__presence__becomes_events(void **state)
{
	static const struct {
		const char *line, *told[2];
	} cases[] = {
		{ ":cleo!c@h JOIN #makers", { "join #Makers cleo(cleo) " } },
		{ ":cleo!c@h NICK Cleo", { NULL } },
		{ ":Cleo!c@h NICK clio",
		  { "leave #Makers Cleo(cleo) ", "join #Makers clio(clio) " } },
		{ ":clio!c@h PART #makers :bye", { "leave #Makers clio(clio) " } },
		{ ":clio!c@h PART #makers :bye", { NULL } },
		{ ":ben!b@h QUIT :gone", { "leave #Makers ben(ben) " } },
		{ ":irc.test KICK #makers ana :no", { "leave #Makers ana(ana) " } },
		{ ":stranger!s@h QUIT :never here", { NULL } },
	};
	struct fixture *f = *state;
	start(f);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		ircd_say(f->ircd, cases[i].line);
		for (int j = 0; j < 2 && cases[i].told[j]; j++)
			ircd_expect_told(f->ircd, cases[i].told[j]);
		ircd_expect_silence(f->ircd, 2000);
	}
}

static void irc__nicks__are_no_accounts_unless_trusted(void **state)
{
	struct fixture *f = *state;
	f->keys = "";
	start(f);
	ircd_say(f->ircd, ":ana!a@h PRIVMSG #makers :hi\n:ben!b@h PART #makers");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_say(f->ircd, ":irc.test 318 kith ana :End");
	ircd_expect_told(f->ircd, "message #Makers ana(-) hi");
	ircd_expect_told(f->ircd, "leave #Makers ben(-) ");
	assert_int_equal(send_post(f, "k", NULL, "ana", NULL, "hi"), -ENOENT);
	/* But a stranger can be answered by nick. */
	assert_int_equal(send_post(f, "k", NULL, NULL, "ana", "hi"), 0);
	ircd_expect(f->ircd, "PRIVMSG ana hi");
}

static void irc__nicks__that_would_look_alike_are_no_accounts(void **state)
{
	struct fixture *f = *state;
	start(f);
	ircd_say(f->ircd, ":an\xe1!a@h PRIVMSG #makers :hi\n:an\xe4!b@h PRIVMSG #makers :hi\n"
			  ":an\xc3\xa1!c@h PRIVMSG #makers :hi");
	ircd_expect_told(f->ircd, "message #Makers an\xef\xbf\xbd(-) hi");
	ircd_expect_told(f->ircd, "message #Makers an\xef\xbf\xbd(-) hi");
	ircd_expect_told(f->ircd, "message #Makers an\xc3\xa1(an\xc3\xa1) hi");
}

static void irc__kick__shuts_the_room(void **state)
{
	struct fixture *f = *state;
	start(f);
	ircd_say(f->ircd, ":ana!a@h KICK #makers KITH :out");
	ircd_expect_told(f->ircd, "ejected #Makers ana(ana) out");
	ircd_expect_silence(f->ircd, 20000);
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, "hi"), -EAGAIN);
	/* Nobody is seen from outside. */
	assert_int_equal(send_post(f, "k", NULL, "ben", NULL, "hi"), -ENOENT);
	/* Back in (by hand here; the bot itself waits longer): what waited may be said. */
	ircd_say(f->ircd, ":kith!~k@host JOIN #makers\n"
			  ":irc.test 353 kith = #makers :kith ben\n:irc.test 366 kith #makers :x");
	ircd_expect_told(f->ircd, "missed #Makers *");
	ircd_expect_told(f->ircd, "online");
	ircd_expect_told(f->ircd, "online");
	assert_int_equal(send_post(f, "k", NULL, "ben", NULL, "hi"), 0);
}

static void irc__kick__is_also_a_forced_part(void **state)
{
	struct fixture *f = *state;
	start(f);
	ircd_say(f->ircd, ":kith!~k@host PART #makers :requested by ana (out)");
	ircd_expect_told(f->ircd, "ejected #Makers (*) requested by ana (out)");
	ircd_say(f->ircd, ":ben!b@h PART #makers");
	ircd_expect_silence(f->ircd, 5000);
}

static void irc__join__stays_only_in_configured_rooms(void **state)
{
	struct fixture *f = *state;
	start(f);
	ircd_say(f->ircd, ":kith!~k@host JOIN #elsewhere\n"
			  ":irc.test 353 kith = #elsewhere :kith dora\n"
			  ":irc.test 366 kith #elsewhere :End\n"
			  ":ben!b@h INVITE kith #elsewhere\n:ben!b@h INVITE kith #makers");
	ircd_expect(f->ircd, "PART #elsewhere *");
	ircd_expect_silence(f->ircd, 20000);
}

static void irc__invite__opens_a_room_at_once(void **state)
{
	struct fixture *f = *state;
	start(f);
	ircd_say(f->ircd, ":ana!a@h KICK #makers kith :out");
	ircd_expect_told(f->ircd, "ejected *");
	ircd_say(f->ircd, ":ana!a@h INVITE ben #makers\n:ana!a@h INVITE kith #Nowhere");
	/* The last try is too young: an invitation is no way to make kith talk. */
	ircd_say(f->ircd, ":ana!a@h INVITE kith #makers");
	ircd_expect_silence(f->ircd, 20000);
	struct irc *irc = (struct irc *)f->irc;
	rooms_at(irc->rooms, 0)->tried_us -= CLOCK_US_PER_MINUTE;
	ircd_say(f->ircd, ":ana!a@h INVITE ben #makers");
	ircd_expect_silence(f->ircd, 20000);
	ircd_say(f->ircd, ":ana!a@h INVITE kith #makers");
	ircd_expect(f->ircd, "JOIN #Makers");
	ircd_say(f->ircd, ":ana!a@h INVITE kith #makers\n"
			  ":irc.test 473 kith #makers :Cannot join channel (+i)");
	ircd_expect_silence(f->ircd, 20000);
}

static void irc__quit__is_an_event_in_each_room(void **state)
{
	struct fixture *f = *state;
	f->rooms = two_rooms;
	connect_irc(f);
	ircd_expect(f->ircd, "JOIN #Makers,#other");
	ircd_say(f->ircd, ":kith!~k@host JOIN #makers\n:kith!~k@host JOIN #other\n"
			  ":irc.test 353 kith = #makers :kith ana\n"
			  ":irc.test 353 kith = #other :kith ana\n"
			  ":irc.test 366 kith #makers :End\n:irc.test 366 kith #other :End\n"
			  "@msgid=Q1 :ana!a@h QUIT :bye");
	ircd_expect_told(f->ircd, "online");
	ircd_expect_told(f->ircd, "leave #Makers ana(ana) ");
	ircd_expect_told(f->ircd, "leave #other ana(ana) ");
	assert_string_not_equal(g_ptr_array_index(f->ids, 0), g_ptr_array_index(f->ids, 1));
}

static void irc__send__is_delivered_at_the_fence(void **state)
{
	struct fixture *f = *state;
	start(f);
	assert_int_equal(send_post(f, "k1", "#Makers", NULL, NULL, "**Hello** 100%\n- one"), 0);
	assert_int_equal(send_post(f, "k2", "#Makers", NULL, NULL, "next"), -EAGAIN);
	ircd_expect(f->ircd, "PRIVMSG #Makers :Hello 100%");
	ircd_expect(f->ircd, "PRIVMSG #Makers :- one");
	ircd_expect(f->ircd, "PING kith-1");
	ircd_expect_silence(f->ircd, 5000);
	ircd_say(f->ircd, ":irc.test PONG irc.test :kith-9");
	ircd_expect_silence(f->ircd, 5000);
	ircd_say(f->ircd, ":irc.test PONG irc.test :kith-1");
	ircd_expect_told(f->ircd, "delivered k1 ok");
	assert_int_equal(send_post(f, "k2", NULL, "ANA", NULL, "next"), 0);
	ircd_expect(f->ircd, "PRIVMSG ana next");
	ircd_expect(f->ircd, "PING kith-2");
	ircd_say(f->ircd, ":irc.test PONG irc.test :kith-2");
	ircd_expect_told(f->ircd, "delivered k2 ok");
}

static void irc__send__hears_a_refusal(void **state)
{
	static const struct {
		const char *room, *account, *line, *error;
	} cases[] = {
		{ "#Makers", NULL, ":irc.test 404 kith #makers :Cannot send",
		  "delivered k Operation *" },
		{ NULL, "ana", ":irc.test 401 kith ana :No such nick",
		  "delivered k No such file *" },
		{ NULL, "ana", ":irc.test 401 kith ben :No such nick", "delivered k ok" },
		{ NULL, "ana", ":irc.test 301 kith ana :away", "delivered k ok" },
		{ NULL, "ana", ":irc.test 433 kith ana :in use", "delivered k ok" },
	};
	struct fixture *f = *state;
	start(f);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_int_equal(send_post(f, "k", cases[i].room, cases[i].account, NULL, "hi"), 0);
		ircd_expect(f->ircd, "PRIVMSG * hi");
		g_autofree char *ping = ircd_next(f->ircd, &f->ircd->said, "PING");
		assert_true(g_str_has_prefix(ping, "PING kith-"));
		g_autofree char *said = g_strdup_printf("%s\n:irc.test PONG irc.test :%s",
							cases[i].line, ping + strlen("PING "));
		ircd_say(f->ircd, said);
		ircd_expect_told(f->ircd, cases[i].error);
	}
}

static void irc__send__waits_for_who_is_not_here(void **state)
{
	struct fixture *f = *state;
	start(f);
	assert_int_equal(send_post(f, "k", NULL, "cleo", NULL, "hi"), -ENOENT);
	ircd_say(f->ircd, ":dora!d@h JOIN #makers");
	ircd_expect_told(f->ircd, "join #Makers dora(dora) ");
	ircd_expect_silence(f->ircd, 5000);
	ircd_say(f->ircd, ":Cleo!c@h JOIN #makers");
	ircd_expect_told(f->ircd, "join #Makers Cleo(cleo) ");
	ircd_expect_told(f->ircd, "online");
	assert_int_equal(send_post(f, "k", NULL, "cleo", NULL, "hi"), 0);
	ircd_expect(f->ircd, "PRIVMSG Cleo hi");
	/* Once is enough. */
	ircd_say(f->ircd, ":Cleo!c@h NICK dodo");
	ircd_expect(f->ircd, "PING kith-1");
	ircd_expect_told(f->ircd, "leave *");
	ircd_expect_told(f->ircd, "join *");
	ircd_expect_silence(f->ircd, 5000);
}

static void irc__send__fits_what_the_server_shows(void **state)
{
	struct fixture *f = *state;
	start(f);
	GString *text = g_string_new(NULL);
	for (int i = 0; i < 400; i++)
		g_string_append(text, "\xf0\x9f\x8c\xb1");
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, text->str), 0);
	GString *got = g_string_new(NULL);
	size_t most = 512 - strlen(":kith!~k@host \r\n"), longest = 0;
	for (;;) {
		g_autofree char *said = ircd_next(f->ircd, &f->ircd->said, "lines");
		if (g_str_has_prefix(said, "PING"))
			break;
		const char *line = said + strlen("PRIVMSG #Makers ");
		line += *line == ':';
		assert_true(strlen(said) + (line[-1] != ':') <= most);
		assert_true(g_utf8_validate(line, -1, NULL));
		longest = MAX(longest, strlen(said) + (line[-1] != ':'));
		g_string_append(got, line);
	}
	assert_string_equal(got->str, text->str);
	assert_true(longest > most - 4);
	g_string_free(got, TRUE);
	g_string_free(text, TRUE);
}

static void irc__send__refuses_what_can_never_be_said(void **state)
{
	struct fixture *f = *state;
	start(f);
	static const char *const nicks[] = {
		"", "#makers", "a,b", "a b", "*", "$*", "a\nQUIT", ":a"
	};
	for (size_t i = 0; i < G_N_ELEMENTS(nicks); i++)
		assert_int_equal(send_post(f, "k", NULL, NULL, nicks[i], "hi"), -EINVAL);
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, ""), -EINVAL);
	g_autofree char *endless = g_strnfill(100000, 'x');
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, endless), -EMSGSIZE);
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, "a\r\nQUIT\x01"), 0);
	ircd_expect(f->ircd, "PRIVMSG #Makers a");
	g_autofree char *second = ircd_next(f->ircd, &f->ircd->said, "the second line");
	assert_true(g_str_has_prefix(second, "PRIVMSG #Makers "));
	assert_null(strchr(second, '\x01'));
}

static void irc__loss__leaves_a_post_undecided(void **state)
{
	struct fixture *f = *state;
	start(f);
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, "hi"), 0);
	ircd_expect(f->ircd, "PRIVMSG #Makers hi");
	ircd_expect(f->ircd, "PING kith-1");
	ircd_say(f->ircd, "ERROR :Closing link");
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "offline");
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, "hi"), -EAGAIN);
	ircd_expect_silence(f->ircd, 20000);
}

static void irc__password__is_the_accounts_or_the_servers(void **state)
{
	static const struct {
		const char *keys;
		bool signs_in;
	} cases[] = { { "", true }, { "sasl = plain\n", true }, { "sasl = no\n", false } };
	struct fixture *f = *state;
	g_autofree char *file = g_build_filename(g_get_tmp_dir(), "kith-test-XXXXXX", NULL);
	int fd = g_mkstemp(file);
	assert_return_code(write(fd, "open sesame\nnot this\n", 21), errno);
	close(fd);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *keys =
			g_strdup_printf("password-file = %s\n%s", file, cases[i].keys);
		f->keys = keys;
		assert_int_equal(open_irc(f), 0);
		ircd_expect_told(f->ircd, "connecting");
		ircd_expect(f->ircd, "CAP LS 302");
		if (!cases[i].signs_in)
			ircd_expect(f->ircd, "PASS :open sesame");
		ircd_expect(f->ircd, "NICK kith");
		ircd_expect(f->ircd, "USER kith *");
		ircd_say(f->ircd, ":irc.test CAP * LS :sasl");
		ircd_expect(f->ircd, cases[i].signs_in ? "CAP REQ :sasl" : "CAP END");
		if (cases[i].signs_in) {
			ircd_say(f->ircd, ":irc.test CAP * ACK :sasl");
			ircd_expect(f->ircd, "AUTHENTICATE PLAIN");
			ircd_say(f->ircd, "AUTHENTICATE +");
			/* NUL kith NUL open sesame */
			ircd_expect(f->ircd, "AUTHENTICATE AGtpdGgAb3BlbiBzZXNhbWU=");
		}
		transport_irc.close(g_steal_pointer(&f->irc));
		config_free(g_steal_pointer(&f->config));
		ircd_expect(f->ircd, "(gone)");
	}
	unlink(file);
}

static void irc__close__says_goodbye_and_no_more(void **state)
{
	struct fixture *f = *state;
	start(f);
	assert_int_equal(send_post(f, "k", "#Makers", NULL, NULL, "hi"), 0);
	transport_irc.close(g_steal_pointer(&f->irc));
	ircd_expect(f->ircd, "PRIVMSG #Makers hi");
	ircd_expect(f->ircd, "PING kith-1");
	ircd_expect(f->ircd, "QUIT *");
	ircd_expect(f->ircd, "(gone)");
	ircd_expect_silence(f->ircd, 5000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(irc__open__refuses_rooms_no_server_would_take),
		TEST(irc__online__waits_for_every_room),
		TEST(irc__message__becomes_an_event),
		TEST(irc__message__of_nobody_is_none),
		TEST(irc__presence__becomes_events),
		TEST(irc__nicks__are_no_accounts_unless_trusted),
		TEST(irc__nicks__that_would_look_alike_are_no_accounts),
		TEST(irc__kick__shuts_the_room),
		TEST(irc__kick__is_also_a_forced_part),
		TEST(irc__join__stays_only_in_configured_rooms),
		TEST(irc__invite__opens_a_room_at_once),
		TEST(irc__quit__is_an_event_in_each_room),
		TEST(irc__send__is_delivered_at_the_fence),
		TEST(irc__send__hears_a_refusal),
		TEST(irc__send__waits_for_who_is_not_here),
		TEST(irc__send__fits_what_the_server_shows),
		TEST(irc__send__refuses_what_can_never_be_said),
		TEST(irc__loss__leaves_a_post_undecided),
		TEST(irc__password__is_the_accounts_or_the_servers),
		TEST(irc__close__says_goodbye_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
