#include "config.h"
#include "event.h"
#include "fake_ircd.h"
#include "transport.h"
#include "transport/irc/history.h"
#include "transport/irc/irc.h"

#define ALL       "batch server-time message-tags draft/chathistory"
#define NO_ASKING "batch server-time message-tags"

struct fixture {
	struct fake_ircd *ircd;
	struct transport *irc;
	struct config *config;
	int64_t began_us;
	int64_t heard_us[1];
	bool listening[1];
	int64_t at_us;     /* of the last event */
	int64_t missed_us; /* of the last EVENT_MISSED */
};

static int64_t now_us(void)
{
	return clock_real()->wall_us(clock_real());
}

static void told_event(void *data, struct transport *t, const struct event *e)
{
	static const char *const kinds[] = { [EVENT_MESSAGE] = "message",
					     [EVENT_JOIN] = "join",
					     [EVENT_LEAVE] = "leave",
					     [EVENT_EJECTED] = "ejected",
					     [EVENT_MISSED] = "missed" };
	struct fixture *f = data;
	f->at_us = e->at_us;
	f->missed_us = e->kind == EVENT_MISSED ? e->at_us : f->missed_us;
	ircd_tell(f->ircd, "%s%s %s %s: %s", e->backlog ? "earlier " : "", kinds[e->kind],
		  e->room ? e->room : "-", e->shown, e->text);
}

static void told_delivered(void *data, struct transport *t, const char *key, int error)
{
}

static void told_state(void *data, struct transport *t, enum transport_state s)
{
	static const char *const names[] = { "connecting", "online", "offline", "failed" };
	struct fixture *f = data;
	ircd_tell(f->ircd, "%s", names[s]);
}

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	f->ircd = ircd_new();
	f->began_us = now_us();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	transport_irc.close(f->irc);
	config_free(f->config);
	ircd_free(f->ircd);
	g_free(f);
	return 0;
}

static void open_irc(struct fixture *f)
{
	static const struct transport_listener listener = { told_event, told_delivered,
							    told_state };
	static const char *const rooms[] = { "#makers", NULL };
	static const char *const nobody[] = { NULL };
	g_autofree char *text = g_strdup_printf("[group]\nname = Makers\n"
						"timezone = Europe/Berlin\n"
						"organizers = test/ana\nplaces = test/#makers\n"
						"[irc test]\nserver = 127.0.0.1\nport = %d\n"
						"tls = no\nnick = kith\n"
						"trust-nicks = yes\nrate = 0\n",
						f->ircd->port);
	g_autofree char *faults = NULL;
	if (config_parse(text, "test.conf", &f->config, &faults) < 0)
		fail_msg("%s", faults);
	const struct transport_env env = {
		.loop = f->ircd->loop,
		.clock = clock_real(),
		.listener = &listener,
		.data = f,
		.rooms = rooms,
		.heard_us = f->heard_us,
		.listening = f->listening,
		.inviters = nobody,
	};
	assert_int_equal(
		transport_irc.open(&env, g_ptr_array_index(f->config->networks, 0), &f->irc), 0);
}

/* Says lines in which every "%N" is the time N seconds after the test's start, but for an hour
 * before: what is "%1" to "%3599" is over. */
static void irc_says(struct fixture *f, const char *text)
{
	g_autoptr(GString) filled = g_string_new(NULL);
	for (const char *c = text; *c; c++) {
		if (*c != '%') {
			g_string_append_c(filled, *c);
			continue;
		}
		char *end;
		int64_t at_us = f->began_us - CLOCK_US_PER_HOUR +
				g_ascii_strtoll(c + 1, &end, 10) * CLOCK_US_PER_SECOND;
		g_autoptr(GDateTime) at =
			g_date_time_new_from_unix_utc(at_us / CLOCK_US_PER_SECOND);
		g_autofree char *second = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");
		g_string_append_printf(filled, "%s.%03dZ", second,
				       (int)(at_us % CLOCK_US_PER_SECOND / 1000));
		c = end - 1;
	}
	ircd_say(f->ircd, filled->str);
}

/* To the millisecond, as it goes over the line. */
static int64_t moment(const struct fixture *f, int seconds)
{
	int64_t at_us = f->began_us - CLOCK_US_PER_HOUR + seconds * CLOCK_US_PER_SECOND;
	return at_us - at_us % 1000;
}

/* The next question is for what is later than that moment. */
static void expect_asked(struct fixture *f, int seconds)
{
	g_autoptr(GDateTime) at =
		g_date_time_new_from_unix_utc(moment(f, seconds) / CLOCK_US_PER_SECOND);
	g_autofree char *time = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");
	g_autofree char *line =
		g_strdup_printf("CHATHISTORY AFTER #makers timestamp=%s.%03dZ *", time,
				(int)(moment(f, seconds) % CLOCK_US_PER_SECOND / 1000));
	ircd_expect(f->ircd, line);
}

/* The PING behind a question. */
static char *pinged(struct fixture *f)
{
	char *ping = ircd_next(f->ircd, &f->ircd->said, "PING");
	assert_true(g_str_has_prefix(ping, "PING kith-"));
	return ping;
}

static void answer(struct fixture *f, const char *ping)
{
	g_autofree char *pong =
		g_strdup_printf(":irc.test PONG irc.test :%s", ping + strlen("PING "));
	ircd_say(f->ircd, pong);
}

static void pass(struct fixture *f)
{
	g_autofree char *ping = pinged(f);
	answer(f, ping);
}

/* Registered with these capabilities, and in the room since %3600. */
static void enter(struct fixture *f, const char *caps)
{
	ircd_expect_told(f->ircd, "connecting");
	ircd_expect(f->ircd, "CAP LS 302");
	ircd_expect(f->ircd, "NICK kith");
	ircd_expect(f->ircd, "USER kith *");
	g_autofree char *offer = g_strdup_printf(":irc.test CAP * LS :%s", caps);
	ircd_say(f->ircd, offer);
	if (*caps) {
		g_autofree char *req = ircd_next(f->ircd, &f->ircd->said, "CAP REQ");
		g_autofree char *ack =
			g_strdup_printf(":irc.test CAP * ACK %s", req + strlen("CAP REQ "));
		ircd_say(f->ircd, ack);
	}
	ircd_expect(f->ircd, "CAP END");
	ircd_say(f->ircd, ":irc.test 001 kith :Welcome\n"
			  ":irc.test 005 kith CHATHISTORY=50 :are supported by this server\n"
			  ":irc.test 422 kith :No MOTD");
	ircd_expect(f->ircd, "JOIN #makers");
	irc_says(f, "@time=%3600 :kith!~k@host JOIN #makers\n"
		    ":irc.test 353 kith = #makers :kith ana\n:irc.test 366 kith #makers :End");
}

/* Asked for what was said since %100, and told that it has reached the server. */
static void start(struct fixture *f)
{
	f->heard_us[0] = moment(f, 100);
	open_irc(f);
	enter(f, ALL);
	expect_asked(f, 100);
	pass(f);
}

static void finish(struct fixture *f)
{
	irc_says(f, ":irc.test BATCH +last chathistory #makers\n:irc.test BATCH -last");
	ircd_expect_told(f->ircd, "online");
	ircd_expect_silence(f->ircd, 5000);
}

static void history__comes_first_as_backlog(void **state)
{
	struct fixture *f = *state;
	start(f);
	assert_false(f->listening[0]);
	/* Somebody speaks meanwhile, in the room and in private. */
	irc_says(f, "@time=%3601;msgid=c :ana!a@h PRIVMSG #makers :now\n"
		    "@time=%3601;msgid=p :ana!a@h PRIVMSG kith :help\n"
		    ":irc.test BATCH +1 chathistory #makers\n"
		    "@batch=1;time=%200;msgid=a :ana!a@h PRIVMSG #makers :!note 1 fine\n"
		    "@batch=1;time=%300;msgid=b :ben!b@h PRIVMSG #makers :kith: list\n"
		    ":irc.test BATCH -1");
	ircd_expect_told(f->ircd, "message - ana: help");
	expect_asked(f, 300);
	pass(f);
	ircd_expect_silence(f->ircd, 5000);
	irc_says(f, ":irc.test BATCH +2 chathistory #MAKERS\n:irc.test BATCH -2");
	ircd_expect_told(f->ircd, "earlier message #makers ana: !note 1 fine");
	ircd_expect_told(f->ircd, "earlier message #makers ben: list");
	ircd_expect_told(f->ircd, "message #makers ana: now");
	ircd_expect_told(f->ircd, "online");
	assert_true(f->listening[0]);
	irc_says(f, ":ana!a@h PRIVMSG #makers :later");
	ircd_expect_told(f->ircd, "message #makers ana: later");
}

static void history__is_told_when_it_was_said(void **state)
{
	struct fixture *f = *state;
	start(f);
	irc_says(f, ":irc.test BATCH +1 chathistory #makers\n"
		    "@batch=1;time=%200 :ana!a@h PRIVMSG #makers :x\n:irc.test BATCH -1");
	expect_asked(f, 200);
	pass(f);
	irc_says(f, ":irc.test BATCH +1 chathistory #makers\n:irc.test BATCH -1");
	ircd_expect_told(f->ircd, "earlier *");
	assert_int_equal(f->at_us, moment(f, 200));
}

static void history__passes_over_what_was_heard(void **state)
{
	struct fixture *f = *state;
	start(f);
	irc_says(f, "@time=%3599;msgid=twice :ana!a@h PRIVMSG #makers :twice\n"
		    ":irc.test BATCH +1 chathistory #makers\n"
		    "@batch=1;time=%99 :ana!a@h PRIVMSG #makers :before\n"
		    "@batch=1;time=%100 :ana!a@h PRIVMSG #makers :just then\n"
		    "@batch=1 :ana!a@h PRIVMSG #makers :without a time\n"
		    "@batch=1;time=yesterday :ana!a@h PRIVMSG #makers :without one to be read\n"
		    "@batch=1;time=%150 :ana!a@h NOTICE #makers :a notice\n"
		    "@batch=1;time=%150 :ana!a@h JOIN #makers\n"
		    "@batch=1;time=%150 :ana!a@h PRIVMSG #other :elsewhere\n"
		    "@batch=1;time=%150 :ana!a@h PRIVMSG kith :in private\n"
		    "@batch=1;time=%150 PRIVMSG #makers :of nobody\n"
		    "@batch=1;time=%3599;msgid=twice :ana!a@h PRIVMSG #makers :twice\n"
		    "@batch=1;time=%3601 :ana!a@h PRIVMSG #makers :live\n"
		    ":irc.test BATCH -1");
	expect_asked(f, 3599);
	pass(f);
	irc_says(f, ":irc.test BATCH +1 chathistory #makers\n:irc.test BATCH -1");
	ircd_expect_told(f->ircd, "message #makers ana: twice");
	ircd_expect_told(f->ircd, "online");
	ircd_expect_silence(f->ircd, 5000);
}

/* After a kill the cursor may be old, but where kith itself spoke it was there. */
static void history__before_our_own_words__was_heard(void **state)
{
	struct fixture *f = *state;
	start(f);
	irc_says(f,
		 ":irc.test BATCH +1 chathistory #makers\n"
		 "@batch=1;time=%150 :ana!a@h PRIVMSG #makers :!list\n"
		 "@batch=1;time=%151 :kith!~k@host PRIVMSG #makers :In this round:\n"
		 "@batch=1;time=%160 :ana!a@h PRIVMSG #makers :thanks\n"
		 "@batch=1;time=%170 :kith!evil@host PRIVMSG #makers :somebody else by our nick\n"
		 ":irc.test BATCH -1");
	expect_asked(f, 170);
	pass(f);
	irc_says(f, ":irc.test BATCH +2 chathistory #makers\n:irc.test BATCH -2");
	ircd_expect_told(f->ircd, "earlier message #makers ana: thanks");
	ircd_expect_told(f->ircd, "online");
}

static void history__after_a_loss__starts_at_the_last_line(void **state)
{
	struct fixture *f = *state;
	open_irc(f);
	enter(f, ALL);
	ircd_expect_told(f->ircd, "online"); /* the very first start */
	irc_says(f, "@time=%3620 :ana!a@h PRIVMSG #makers :x");
	ircd_expect_told(f->ircd, "message *");
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "offline");
	assert_false(f->listening[0]);
	ircd_await_connection(f->ircd, 2);
	enter(f, ALL);
	expect_asked(f, 3620);
	pass(f);
	finish(f);
}

static void history__no_answer__is_missed(void **state)
{
	struct fixture *f = *state;
	f->heard_us[0] = moment(f, 100);
	open_irc(f);
	((struct irc *)f->irc)->answer_us = 50000;
	enter(f, ALL);
	expect_asked(f, 100);
	g_autofree char *ping = pinged(f);
	irc_says(f, "@time=%3601 :ana!a@h PRIVMSG #makers :now");
	/* Its time begins when the question has reached the server. */
	ircd_expect_silence(f->ircd, 100000);
	answer(f, ping);
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_int_equal(f->missed_us, moment(f, 100));
	ircd_expect_told(f->ircd, "message #makers ana: now");
	ircd_expect_told(f->ircd, "online");
	/* An answer that comes after all would be told a second time. */
	irc_says(f, ":irc.test BATCH +1 chathistory #makers\n"
		    "@batch=1;time=%200 :ana!a@h PRIVMSG #makers :late\n:irc.test BATCH -1");
	ircd_expect_silence(f->ircd, 20000);
}

static void history__never_ended__is_missed_from_there_on(void **state)
{
	struct fixture *f = *state;
	f->heard_us[0] = moment(f, 100);
	open_irc(f);
	((struct irc *)f->irc)->answer_us = 50000;
	enter(f, ALL);
	expect_asked(f, 100);
	irc_says(f, ":irc.test BATCH +1 chathistory #makers\n"
		    "@batch=1;time=%200 :ana!a@h PRIVMSG #makers :x");
	pass(f);
	ircd_expect_told(f->ircd, "earlier message #makers ana: x");
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_int_equal(f->missed_us, moment(f, 200));
	ircd_expect_told(f->ircd, "online");
}

static void history__refused__is_missed(void **state)
{
	static const char *const lines[] = {
		":irc.test FAIL CHATHISTORY MESSAGE_ERROR AFTER #makers :Not now",
		":irc.test FAIL CHATHISTORY INVALID_PARAMS :What?",
		":irc.test 421 kith CHATHISTORY :Unknown command",
		":irc.test 403 kith #makers :No such channel",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		struct fixture *f;
		set_up((void **)&f);
		start(f);
		ircd_say(f->ircd, ":irc.test FAIL JOIN X #makers :something else\n"
				  ":irc.test 421 kith WHATEVER :Unknown command\n"
				  ":irc.test 404 kith #makers :Cannot send");
		ircd_expect_silence(f->ircd, 5000);
		ircd_say(f->ircd, lines[i]);
		ircd_expect_told(f->ircd, "missed #makers *");
		assert_int_equal(f->missed_us, moment(f, 100));
		ircd_expect_told(f->ircd, "online");
		tear_down((void **)&f);
	}
}

static void history__longer_than_a_day__is_cut(void **state)
{
	struct fixture *f = *state;
	f->heard_us[0] = f->began_us - 3 * CLOCK_US_PER_DAY;
	open_irc(f);
	enter(f, ALL);
	g_autofree char *asked = ircd_next(f->ircd, &f->ircd->said, "CHATHISTORY");
	const char *time = strstr(asked, "timestamp=") + strlen("timestamp=");
	g_autofree char *stamp = g_strndup(time, strcspn(time, " "));
	g_autoptr(GDateTime) from = g_date_time_new_from_iso8601(stamp, NULL);
	int64_t back_us = now_us() - g_date_time_to_unix(from) * CLOCK_US_PER_SECOND;
	assert_in_range(back_us, CLOCK_US_PER_DAY, CLOCK_US_PER_DAY + CLOCK_US_PER_MINUTE);
	pass(f);
	irc_says(f, ":irc.test BATCH +1 chathistory #makers\n:irc.test BATCH -1");
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_int_equal(f->missed_us, f->heard_us[0]);
	ircd_expect_told(f->ircd, "online");
}

/* Somebody who gives more than was asked for. */
static void history__ten_thousand_lines__are_five_hundred(void **state)
{
	struct fixture *f = *state;
	start(f);
	GString *flood = g_string_new(":irc.test BATCH +1 chathistory #makers\n");
	for (int i = 0; i < 10000; i++)
		g_string_append_printf(flood, "@batch=1;time=%%%d :ana!a@h PRIVMSG #makers :%d\n",
				       101 + i / 4, i);
	g_string_append(flood, ":irc.test BATCH -1");
	irc_says(f, flood->str);
	g_string_free(flood, TRUE);
	for (int i = 0; i < HISTORY_LINES_MOST; i++) {
		g_autofree char *want = g_strdup_printf("earlier message #makers ana: %d", i);
		ircd_expect_told(f->ircd, want);
	}
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_int_equal(f->missed_us, moment(f, 101 + (HISTORY_LINES_MOST - 1) / 4));
	ircd_expect_told(f->ircd, "online");
}

static void history__many_pages__end(void **state)
{
	struct fixture *f = *state;
	start(f);
	for (int page = 1; page <= HISTORY_PAGES_MOST; page++) {
		g_autofree char *text =
			g_strdup_printf(":irc.test BATCH +1 chathistory #makers\n"
					"@batch=1;time=%%%d :ana!a@h PRIVMSG #makers :%d\n"
					":irc.test BATCH -1",
					100 + page, page);
		irc_says(f, text);
		if (page < HISTORY_PAGES_MOST) {
			expect_asked(f, 100 + page);
			pass(f);
		}
	}
	for (int page = 1; page <= HISTORY_PAGES_MOST; page++)
		ircd_expect_told(f->ircd, "earlier *");
	ircd_expect_told(f->ircd, "missed *");
	assert_int_equal(f->missed_us, moment(f, 100 + HISTORY_PAGES_MOST));
	ircd_expect_told(f->ircd, "online");
	ircd_expect_silence(f->ircd, 5000);
}

static void history__too_much_waits__is_missed(void **state)
{
	struct fixture *f = *state;
	start(f);
	for (int i = 0; i <= HISTORY_LINES_MOST; i++) {
		g_autofree char *line =
			g_strdup_printf("@time=%%3700 :ana!a@h PRIVMSG #makers :%d", i);
		irc_says(f, line);
	}
	ircd_expect_told(f->ircd, "missed *");
	for (int i = 0; i < HISTORY_LINES_MOST; i++) {
		g_autofree char *want = g_strdup_printf("message #makers ana: %d", i);
		ircd_expect_told(f->ircd, want);
	}
	ircd_expect_told(f->ircd, "online");
	ircd_expect_told(f->ircd, "message #makers ana: 500");
}

static void batch__of_another_kind__is_none(void **state)
{
	struct fixture *f = *state;
	start(f);
	finish(f);
	irc_says(f, ":irc.test BATCH +n netjoin a b\n@batch=n :cleo!c@h JOIN #makers\n"
		    ":irc.test BATCH -n\n"
		    "@batch=unheard-of :cleo!c@h PRIVMSG #makers :no such batch");
	ircd_expect_told(f->ircd, "join #makers cleo: ");
	ircd_expect_told(f->ircd, "message #makers cleo: no such batch");
}

static void batch__inside_of_history__is_history(void **state)
{
	struct fixture *f = *state;
	start(f);
	irc_says(f, ":irc.test BATCH +around labeled-response\n"
		    "@batch=around :irc.test BATCH +1 chathistory #makers\n"
		    "@batch=1 :irc.test BATCH +2 draft/multiline #makers\n"
		    "@batch=2;time=%200 :ana!a@h PRIVMSG #makers :inside\n"
		    ":irc.test BATCH -2\n"
		    "@batch=1;time=%201 :ana!a@h PRIVMSG #makers :behind\n"
		    ":irc.test BATCH -1\n:irc.test BATCH -around");
	expect_asked(f, 201);
	pass(f);
	irc_says(f, ":irc.test BATCH +1 chathistory #makers\n:irc.test BATCH -1");
	ircd_expect_told(f->ircd, "earlier message #makers ana: inside");
	ircd_expect_told(f->ircd, "earlier message #makers ana: behind");
	ircd_expect_told(f->ircd, "online");
}

static void batch__hostile__is_survived(void **state)
{
	struct fixture *f = *state;
	start(f);
	for (int i = 0; i < 3 * HISTORY_BATCHES_MOST; i++) {
		g_autofree char *line =
			g_strdup_printf(":irc.test BATCH +open%d chathistory #makers", i);
		irc_says(f, line);
	}
	irc_says(f, ":irc.test BATCH\n:irc.test BATCH :\n:irc.test BATCH +\n:irc.test BATCH -\n"
		    "BATCH +x\n:irc.test BATCH -never\n:irc.test BATCH =1\n"
		    ":irc.test BATCH +1 chathistory\n"
		    "@batch=1;time=%150 :ana!a@h PRIVMSG #makers :of no room\n"
		    ":irc.test BATCH +2 chathistory #elsewhere\n"
		    "@batch=2;time=%150 :ana!a@h PRIVMSG #makers :of another\n"
		    "@batch=2 :irc.test BATCH +2 chathistory #makers\n"
		    "@batch=open0;time=%3700 :ana!a@h PRIVMSG #makers :of one taken for ended\n"
		    "@time=%3700 :ana!a@h PRIVMSG #makers :hi\n"
		    ":irc.test BATCH +good chathistory #makers\n"
		    "@batch=good;time=%200 :ana!a@h PRIVMSG #makers :good\n"
		    ":irc.test BATCH -good");
	expect_asked(f, 200);
	pass(f);
	irc_says(f, ":irc.test BATCH +last chathistory #makers\n:irc.test BATCH -last");
	ircd_expect_told(f->ircd, "earlier message #makers ana: good");
	ircd_expect_told(f->ircd, "message #makers ana: of one taken for ended");
	ircd_expect_told(f->ircd, "message #makers ana: hi");
	ircd_expect_told(f->ircd, "online");
	ircd_expect_silence(f->ircd, 5000);
}

/* InspIRCd's +H: it knows no CHATHISTORY, but who joins is told the last of it. */
static void played__by_the_server__is_history(void **state)
{
	struct fixture *f = *state;
	f->heard_us[0] = moment(f, 100);
	open_irc(f);
	enter(f, NO_ASKING);
	irc_says(f, ":irc.test BATCH +1 chathistory #makers\n"
		    "@batch=1;time=%90 :ana!a@h PRIVMSG #makers :!note 1 heard\n"
		    "@batch=1;time=%200 :ana!a@h PRIVMSG #makers :!note 1 not heard\n"
		    ":irc.test BATCH -1");
	ircd_expect_told(f->ircd, "earlier message #makers ana: !note 1 not heard");
	ircd_expect_told(f->ircd, "online");
	pass(f);
	ircd_expect_silence(f->ircd, 5000);
}

static void played__at_the_first_start__is_not_ours(void **state)
{
	struct fixture *f = *state;
	open_irc(f);
	enter(f, NO_ASKING);
	ircd_expect_told(f->ircd, "online");
	irc_says(f,
		 ":irc.test BATCH +1 chathistory #makers\n"
		 "@batch=1;time=%90 :ana!a@h PRIVMSG #makers :!note 1 heard\n:irc.test BATCH -1");
	ircd_expect_silence(f->ircd, 5000);
}

static void missed__nothing_played__is_told(void **state)
{
	struct fixture *f = *state;
	f->heard_us[0] = moment(f, 100);
	open_irc(f);
	enter(f, NO_ASKING);
	g_autofree char *ping = pinged(f);
	ircd_expect_silence(f->ircd, 5000);
	answer(f, ping);
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_int_equal(f->missed_us, moment(f, 100));
	ircd_expect_told(f->ircd, "online");
}

static void missed__without_capabilities__is_told(void **state)
{
	struct fixture *f = *state;
	f->heard_us[0] = moment(f, 100);
	open_irc(f);
	enter(f, "");
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_int_equal(f->missed_us, moment(f, 100));
	ircd_expect_told(f->ircd, "online");
	assert_true(f->listening[0]);
	/* Out and in again: since it was put out. */
	int64_t before_us = now_us();
	irc_says(f, ":ana!a@h KICK #makers kith :out");
	ircd_expect_told(f->ircd, "ejected #makers ana: out");
	ircd_expect_silence(f->ircd, 50000);
	int64_t after_us = now_us();
	assert_false(f->listening[0]);
	irc_says(f, ":kith!~k@host JOIN #makers\n:irc.test 366 kith #makers :End");
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_in_range(f->missed_us, before_us, after_us);
	ircd_expect_told(f->ircd, "online");
	/* And since the connection was lost. */
	before_us = now_us();
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "offline");
	after_us = now_us();
	ircd_await_connection(f->ircd, 2);
	enter(f, "");
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_in_range(f->missed_us, before_us, after_us);
}

static void missed__very_first_start__is_not_told(void **state)
{
	struct fixture *f = *state;
	open_irc(f);
	enter(f, "");
	ircd_expect_told(f->ircd, "online");
	ircd_expect_silence(f->ircd, 5000);
}

static void left__while_it_is_told__tells_what_there_is(void **state)
{
	struct fixture *f = *state;
	start(f);
	irc_says(f, "@time=%3601 :ana!a@h PRIVMSG #makers :now\n"
		    ":irc.test BATCH +1 chathistory #makers\n"
		    "@batch=1;time=%200 :ana!a@h PRIVMSG #makers :x");
	ircd_expect_silence(f->ircd, 20000);
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "earlier message #makers ana: x");
	ircd_expect_told(f->ircd, "missed #makers *");
	assert_int_equal(f->missed_us, moment(f, 200));
	ircd_expect_told(f->ircd, "message #makers ana: now");
	ircd_expect_told(f->ircd, "offline");
}

static void time__of_the_server__counts_within_reason(void **state)
{
	struct fixture *f = *state;
	open_irc(f);
	enter(f, "server-time");
	ircd_expect_told(f->ircd, "online");
	irc_says(f, "@time=%3595 :ana!a@h PRIVMSG #makers :a little ago");
	ircd_expect_told(f->ircd, "message *");
	assert_int_equal(f->at_us, moment(f, 3595));
	irc_says(f, "@time=%7200 :ana!a@h PRIVMSG #makers :in an hour");
	ircd_expect_told(f->ircd, "message *");
	assert_true(f->at_us <= now_us());
	irc_says(f, "@time=%1 :ana!a@h PRIVMSG #makers :an hour ago");
	ircd_expect_told(f->ircd, "message *");
	assert_in_range(now_us() - f->at_us, 10 * CLOCK_US_PER_MINUTE, 11 * CLOCK_US_PER_MINUTE);
	irc_says(f, "@time=2026-13-45T99:00:00Z :ana!a@h PRIVMSG #makers :never");
	ircd_expect_told(f->ircd, "message *");
	assert_in_range(now_us() - f->at_us, 0, CLOCK_US_PER_MINUTE);
}

static void time__not_agreed_on__does_not_count(void **state)
{
	struct fixture *f = *state;
	open_irc(f);
	enter(f, "");
	ircd_expect_told(f->ircd, "online");
	irc_says(f, "@time=%3000 :ana!a@h PRIVMSG #makers :x");
	ircd_expect_told(f->ircd, "message *");
	assert_in_range(now_us() - f->at_us, 0, CLOCK_US_PER_MINUTE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(history__comes_first_as_backlog),
		TEST(history__is_told_when_it_was_said),
		TEST(history__passes_over_what_was_heard),
		TEST(history__before_our_own_words__was_heard),
		TEST(history__after_a_loss__starts_at_the_last_line),
		TEST(history__no_answer__is_missed),
		TEST(history__never_ended__is_missed_from_there_on),
		cmocka_unit_test(history__refused__is_missed),
		TEST(history__longer_than_a_day__is_cut),
		TEST(history__ten_thousand_lines__are_five_hundred),
		TEST(history__many_pages__end),
		TEST(history__too_much_waits__is_missed),
		TEST(batch__of_another_kind__is_none),
		TEST(batch__inside_of_history__is_history),
		TEST(batch__hostile__is_survived),
		TEST(played__by_the_server__is_history),
		TEST(played__at_the_first_start__is_not_ours),
		TEST(missed__nothing_played__is_told),
		TEST(missed__without_capabilities__is_told),
		TEST(missed__very_first_start__is_not_told),
		TEST(left__while_it_is_told__tells_what_there_is),
		TEST(time__of_the_server__counts_within_reason),
		TEST(time__not_agreed_on__does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
