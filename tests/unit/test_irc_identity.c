#include "config.h"
#include "event.h"
#include "fake_ircd.h"
#include "post.h"
#include "transport.h"
#include "transport/irc/held.h"
#include "transport/irc/irc.h"
#include "transport/irc/users.h"

#include <errno.h>

/* What the big networks offer, and what one does that offers nearly nothing. */
#define MODERN "account-notify account-tag chghost extended-join multi-prefix"
#define NOTIFY "account-notify chghost extended-join multi-prefix"
#define BARE   "multi-prefix"

struct fixture {
	struct fake_ircd *ircd;
	struct transport *irc;
	struct config *config;
	GHashTable *ids; /* of every event */
};

static void told_event(void *data, struct transport *t, const struct event *e)
{
	static const char *const kinds[] = {
		"message", "edit",   "redaction", "reaction", "join",
		"leave",   "invite", "moved",     "ejected",  "missed"
	};
	struct fixture *f = data;
	if (!g_hash_table_add(f->ids, g_strdup(e->id)))
		fail_msg("two events have the id %s", e->id);
	ircd_tell(f->ircd, "%s %s(%s) %s", kinds[e->kind], e->shown, e->account ? e->account : "-",
		  e->text);
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
	f->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	transport_irc.close(f->irc);
	config_free(f->config);
	ircd_free(f->ircd);
	g_hash_table_unref(f->ids);
	g_free(f);
	return 0;
}

static void open_irc(struct fixture *f)
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
						"nick = bot\n"
						"rate = 600\n",
						f->ircd->port);
	g_autofree char *faults = NULL;
	if (config_parse(text, "test.conf", &f->config, &faults) < 0)
		fail_msg("%s", faults);
	static const char *const nobody[] = { NULL };
	static const char *const rooms[] = { "#Makers", NULL };
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

static struct irc *irc_of(struct fixture *f)
{
	return (struct irc *)f->irc;
}

/* Registered where `caps` and the ISUPPORT `tokens` are offered; JOIN is said. */
static void register_on(struct fixture *f, const char *caps, const char *tokens)
{
	ircd_expect_told(f->ircd, "connecting");
	ircd_expect(f->ircd, "CAP LS 302");
	ircd_expect(f->ircd, "NICK bot");
	ircd_expect(f->ircd, "USER bot *");
	g_autofree char *offer = g_strdup_printf(":irc.test CAP * LS :%s", caps);
	ircd_say(f->ircd, offer);
	g_autofree char *asked = ircd_next(f->ircd, &f->ircd->said, "CAP REQ");
	assert_true(g_str_has_prefix(asked, "CAP REQ "));
	g_autofree char *granted = g_strdup_printf(":irc.test CAP * ACK %s", asked + 8);
	ircd_say(f->ircd, granted);
	ircd_expect(f->ircd, "CAP END");
	g_autofree char *welcome =
		g_strdup_printf(":irc.test 001 bot :Welcome\n"
				":irc.test 005 bot PREFIX=(ov)@+ %s :are supported by this server\n"
				":irc.test 422 bot :No MOTD",
				tokens);
	ircd_say(f->ircd, welcome);
	ircd_expect(f->ircd, "JOIN #Makers");
}

/* In the room, with `names`. */
static void enter(struct fixture *f, const char *names)
{
	g_autofree char *said = g_strdup_printf(":bot!b@host JOIN #makers\n"
						":irc.test 353 bot = #makers :bot %s\n"
						":irc.test 366 bot #makers :End",
						names);
	ircd_say(f->ircd, said);
	ircd_expect_told(f->ircd, "online");
}

static void start(struct fixture *f, const char *caps, const char *names)
{
	open_irc(f);
	register_on(f, caps, "");
	enter(f, names);
}

/* Says lines, and expects what they lead to in order; a word ends with NULL. */
static void expect(struct fixture *f, const char *lines, ...) __attribute__((sentinel));
static void expect(struct fixture *f, const char *lines, ...)
{
	va_list args;
	ircd_say(f->ircd, lines);
	va_start(args, lines);
	for (const char *told; (told = va_arg(args, const char *));)
		ircd_expect_told(f->ircd, told);
	va_end(args);
}

static int send_private(struct fixture *f, const char *account)
{
	const struct post p = {
		.key = "k",
		.network = "test",
		.account = account,
		.kind = POST_PRIVATE,
		.expires_at_us = INT64_MAX,
		.word = "test",
		.markup = "hi",
	};
	return transport_irc.send(f->irc, &p);
}

/* `nick` is found, and signed in to `account` unless that is NULL. */
static void answer_whois(struct fixture *f, const char *nick, const char *account)
{
	g_autofree char *signed_in =
		account ? g_strdup_printf(":irc.test 330 bot %s %s :is logged in as\n", nick,
					  account)
			: g_strdup("");
	g_autofree char *said = g_strdup_printf(":irc.test 311 bot %s u h * :real\n%s"
						":irc.test 318 bot %s :End",
						nick, signed_in, nick);
	ircd_say(f->ircd, said);
}

static void identity__tag__is_the_account_at_that_moment(void **state)
{
	struct fixture *f = *state;
	start(f, MODERN, "ana eve");
	expect(f,
	       "@account=Ana[1] :ana!a@h PRIVMSG #makers :one\n"
	       ":ana!a@h PRIVMSG #makers :two\n"
	       "@account=ana :a2!a@h PRIVMSG bot :!three\n"
	       "@account :ana!a@h PRIVMSG #makers :four\n"
	       "@account=a\\sb :ana!a@h PRIVMSG #makers :five\n"
	       "@account=\xe9 :ana!a@h PRIVMSG #makers :six",
	       "message ana(ana{1}) one", "message ana(-) two", "message a2(ana) !three",
	       "message ana(-) four", "message ana(-) five", "message ana(-) six", NULL);
	ircd_expect_silence(f->ircd, 5000);
}

static void identity__tag__is_believed_only_where_agreed(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "eve");
	ircd_say(f->ircd, "@account=ana :eve!u@h PRIVMSG #makers :hi");
	ircd_expect(f->ircd, "WHOIS eve");
	answer_whois(f, "eve", NULL);
	ircd_expect_told(f->ircd, "message eve(-) hi");
}

static void identity__tag__is_all_that_the_past_has(void **state)
{
	struct fixture *f = *state;
	start(f, MODERN " batch message-tags server-time draft/chathistory", "");
	expect(f, ":ana!a@h KICK #makers bot :out", "ejected *", NULL);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autoptr(GDateTime) soon = g_date_time_add_seconds(now, 1);
	g_autofree char *time = g_date_time_format(soon, "%Y-%m-%dT%H:%M:%S.000Z");
	g_autofree char *said =
		g_strdup_printf("@time=%s :bot!b@host JOIN #makers\n"
				":irc.test 353 bot = #makers :bot\n:irc.test 366 bot #makers :End\n"
				"@account=ana :ana!a@h JOIN #makers ana :Ana\n"
				":irc.test BATCH +h chathistory #makers\n"
				"@batch=h;account=eve;time=%s :ana!e@x PRIVMSG #makers :one\n"
				"@batch=h;time=%s :ana!x@x PRIVMSG #makers :two\n"
				":irc.test BATCH -h\n:irc.test BATCH +i chathistory #makers\n"
				":irc.test BATCH -i",
				time, time, time);
	ircd_say(f->ircd, said);
	ircd_expect(f->ircd, "CHATHISTORY AFTER #Makers *");
	ircd_expect_told(f->ircd, "message ana(eve) one");
	ircd_expect_told(f->ircd, "message ana(-) two");
	ircd_expect_told(f->ircd, "join ana(ana) ");
	ircd_expect_told(f->ircd, "online");
	/* And whoever has the nick now is not who had it then. */
	assert_int_equal(send_private(f, "eve"), -ENOENT);
	assert_int_equal(send_private(f, "ana"), 0);
}

static void identity__impostor__has_no_account(void **state)
{
	static const char *const caps[] = { MODERN, NOTIFY };
	struct fixture *f = *state;
	for (size_t i = 0; i < G_N_ELEMENTS(caps); i++) {
		start(f, caps[i], "");
		expect(f,
		       "@account=ana :ana!a@h JOIN #makers ana :Ana\n"
		       "@account=ana :ana!a@h PRIVMSG #makers :hi\n"
		       "@account=ana :ana!a@h PART #makers\n"
		       ":eve!e@x JOIN #makers * :Eve\n"
		       ":eve!e@x NICK ana\n"
		       ":ana!e@x PRIVMSG #makers :hi",
		       "join ana(ana) ", "message ana(ana) hi", "leave ana(ana) ", "join eve(-) ",
		       "leave eve(-) ", "join ana(-) ", "message ana(-) hi", NULL);
		/* And gets nothing that was meant for her. */
		assert_int_equal(send_private(f, "ana"), -ENOENT);
		transport_irc.close(g_steal_pointer(&f->irc));
		config_free(g_steal_pointer(&f->config));
		ircd_expect(f->ircd, "QUIT *");
		ircd_expect(f->ircd, "(gone)");
	}
}

static void identity__notify__changes_it_mid_session(void **state)
{
	struct fixture *f = *state;
	start(f, NOTIFY, "");
	/* Who is told of every change need not ask. */
	irc_of(f)->times.fresh_us = irc_of(f)->times.fresh_command_us = 1;
	irc_of(f)->times.fresh_nobody_us = 1;
	expect(f,
	       ":ana!a@h JOIN #makers * :Ana\n"
	       ":ana!a@h PRIVMSG #makers :!before\n"
	       ":ana!a@h ACCOUNT ana\n"
	       ":ana!a@h PRIVMSG #makers :!in\n"
	       ":ana!a@h ACCOUNT *\n"
	       ":ana!a@h PRIVMSG #makers :!out",
	       "join ana(-) ", "message ana(-) !before", "message ana(ana) !in",
	       "message ana(-) !out", NULL);
	assert_int_equal(send_private(f, "ana"), -ENOENT);
	ircd_expect_silence(f->ircd, 5000);
	/* What waits is offered again when they sign in. */
	expect(f, ":ana!a@h ACCOUNT Ana", "online", NULL);
	assert_int_equal(send_private(f, "ana"), 0);
	ircd_expect(f->ircd, "PRIVMSG ana hi");
}

static void identity__nick__changes_and_the_account_stays(void **state)
{
	struct fixture *f = *state;
	start(f, NOTIFY, "");
	expect(f,
	       ":ana!a@h JOIN #makers ana :Ana\n"
	       ":ana!a@h NICK bot2\n"
	       ":bot2!a@h PRIVMSG #makers :bot2: x\n"
	       ":bot2!a@h NICK evil\n"
	       ":evil!a@h PRIVMSG bot :hi\n"
	       ":evil!a@h PART #makers",
	       "join ana(ana) ", "message bot2(ana) bot2: x", "message evil(ana) hi",
	       "leave evil(ana) ", NULL);
}

static void identity__nick__of_one_met_outside_is_no_inheritance(void **state)
{
	struct fixture *f = *state;
	start(f, NOTIFY, "");
	ircd_say(f->ircd, ":ana!a@h PRIVMSG bot :hi");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_say(f->ircd, ":irc.test 311 bot ana a h * :real\n:irc.test 330 bot ana ana :is\n"
			  ":irc.test 318 bot ana :End");
	ircd_expect_told(f->ircd, "message ana(ana) hi");
	expect(f, ":eve!e@x JOIN #makers * :Eve\n:eve!e@x NICK ana\n:ana!e@x PRIVMSG #makers :hi",
	       "join eve(-) ", "leave eve(-) ", "join ana(-) ", "message ana(-) hi", NULL);
}

static void identity__our_own_join__again_forgets_who_was_there(void **state)
{
	struct fixture *f = *state;
	start(f, "account-notify", "");
	ircd_say(f->ircd, ":ana!a@h JOIN #makers\n:ana!a@h ACCOUNT ana\n"
			  ":ana!a@h PRIVMSG #makers :one");
	ircd_expect_told(f->ircd, "join ana(-) ");
	ircd_expect_told(f->ircd, "message ana(ana) one");
	/* She leaves before the names are told, which is how her nick becomes another's. */
	ircd_say(f->ircd, ":bot!b@host JOIN #makers\n:ana!a@h PART #makers\n"
			  ":irc.test 353 bot = #makers :bot\n:irc.test 366 bot #makers :End\n"
			  ":ana!e@x JOIN #makers\n:ana!e@x PRIVMSG #makers :two");
	ircd_expect_told(f->ircd, "online");
	ircd_expect_told(f->ircd, "join ana(-) ");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_say(f->ircd, ":irc.test 311 bot ana e x * :real\n:irc.test 318 bot ana :End");
	ircd_expect_told(f->ircd, "message ana(-) two");
}

static void identity__notify__knows_nothing_of_before_it_was_on(void **state)
{
	struct fixture *f = *state;
	start(f, BARE " cap-notify", "ana");
	irc_of(f)->times.fresh_us = 1;
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :one");
	ircd_expect(f->ircd, "WHOIS ana");
	answer_whois(f, "ana", "ana");
	ircd_expect_told(f->ircd, "message ana(ana) one");
	/* She may have signed out since. */
	ircd_say(f->ircd, "CAP bot NEW :account-notify");
	ircd_expect(f->ircd, "CAP REQ :account-notify");
	ircd_say(f->ircd, "CAP bot ACK :account-notify\n:ana!u@h PRIVMSG #makers :two");
	ircd_expect(f->ircd, "WHOIS ana");
	answer_whois(f, "ana", NULL);
	ircd_expect_told(f->ircd, "message ana(-) two");
	/* From now on it is told. */
	expect(f, ":ana!u@h ACCOUNT ana\n:ana!u@h PRIVMSG #makers :three", "message ana(ana) three",
	       NULL);
}

static void identity__whox__seeds_who_was_there(void **state)
{
	struct fixture *f = *state;
	open_irc(f);
	register_on(f, NOTIFY, "WHOX");
	enter(f, "@Ana ben cleo");
	ircd_expect(f->ircd, "WHO #Makers %tcnuhaf,*");
	assert_int_equal(send_private(f, "ana"), -ENOENT);
	ircd_expect(f->ircd, "WHOIS Ana");
	expect(f,
	       ":irc.test 354 bot 99 #makers a h cleo H cleo\n"
	       ":irc.test 354 bot 152 #makers a h Ana H@ Ana\n"
	       ":irc.test 354 bot 152 #makers b h ben H 0\n"
	       ":irc.test 354 bot 152 #makers d h dora H dora\n"
	       ":irc.test 354 bot 152\n"
	       ":irc.test 315 bot #makers :End",
	       "online", NULL);
	assert_int_equal(send_private(f, "ana"), 0);
	ircd_expect(f->ircd, "PRIVMSG Ana hi");
	ircd_expect(f->ircd, "PING *");
	expect(f, ":ben!b@h PRIVMSG #makers :!x\n:Ana!a@h PRIVMSG #makers :!y", "message ben(-) !x",
	       "message Ana(ana) !y", NULL);
	/* Another's answer was no answer. */
	ircd_say(f->ircd, ":cleo!c@h PRIVMSG #makers :!z");
	ircd_expect(f->ircd, "WHOIS cleo");
}

static void identity__whois__keeps_the_order_of_all(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "ana ben cleo");
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :1\n:ben!u@h PRIVMSG #makers :2\n"
			  ":cleo!u@h PRIVMSG #makers :3\n:ana!u@h PRIVMSG #makers :4\n"
			  ":dora!u@h JOIN #makers\n:ben!u@h PART #makers");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_expect(f->ircd, "WHOIS ben");
	ircd_expect(f->ircd, "WHOIS cleo");
	answer_whois(f, "cleo", "Cleo");
	/* He cannot be told from whoever has his nick by now. */
	answer_whois(f, "ben", "ben");
	ircd_expect_silence(f->ircd, 20000);
	answer_whois(f, "ANA", "Anna");
	expect(f, ":ana!u@h PRIVMSG #makers :5", "message ana(anna) 1", "message ben(-) 2",
	       "message cleo(cleo) 3", "message ana(anna) 4", "join dora(-) ", "leave ben(-) ",
	       "message ana(anna) 5", NULL);
	ircd_expect_silence(f->ircd, 5000);
}

static void identity__whois__is_believed_for_a_while(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "ana");
	irc_of(f)->times.fresh_command_us = 1;
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :hi");
	ircd_expect(f->ircd, "WHOIS ana");
	answer_whois(f, "ana", "ana");
	ircd_expect_told(f->ircd, "message ana(ana) hi");
	/* For chat, but what may be a command is looked into sooner. */
	expect(f, ":ana!u@h PRIVMSG #makers :more", "message ana(ana) more", NULL);
	static const char *const commands[] = { "#makers :!x", "#makers :bot: x", "bot :x" };
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		g_autofree char *line = g_strdup_printf(":ana!u@h PRIVMSG %s", commands[i]);
		ircd_say(f->ircd, line);
		ircd_expect(f->ircd, "WHOIS ana");
		answer_whois(f, "ana", i % 2 ? "ana" : NULL);
		ircd_expect_told(f->ircd, i % 2 ? "message ana(ana) *" : "message ana(-) *");
		irc_of(f)->times.fresh_nobody_us = 1;
	}
	irc_of(f)->times.fresh_us = 1;
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :again");
	ircd_expect(f->ircd, "WHOIS ana");
}

static void identity__whois__without_an_account_may_name_the_nick(void **state)
{
	static const struct {
		const char *answer, *told;
	} cases[] = {
		{ ":irc.test 311 bot Ana u h * :x\n:irc.test 307 bot Ana :has identified",
		  "message Ana(ana) hi" },
		{ ":irc.test 311 bot Ana u h * :x\n:irc.test 307 bot Ana :has identified\n"
		  ":irc.test 330 bot Ana other :is logged in as",
		  "message Ana(other) hi" },
		{ ":irc.test 311 bot Ana u h * :x", "message Ana(-) hi" },
		/* Somebody else has the nick by now. */
		{ ":irc.test 311 bot Ana x h * :x\n:irc.test 307 bot Ana :has identified",
		  "message Ana(-) hi" },
		{ ":irc.test 311 bot Ana u x * :x\n:irc.test 330 bot Ana ana :is logged in as",
		  "message Ana(-) hi" },
		{ ":irc.test 401 bot Ana :No such nick", "message Ana(-) hi" },
	};
	struct fixture *f = *state;
	start(f, BARE, "");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		ircd_say(f->ircd, ":Ana!u@h JOIN #makers\n:Ana!u@h PRIVMSG #makers :hi");
		ircd_expect_told(f->ircd, "join *");
		ircd_expect(f->ircd, "WHOIS Ana");
		ircd_say(f->ircd, cases[i].answer);
		ircd_say(f->ircd, ":irc.test 318 bot Ana :End");
		ircd_expect_told(f->ircd, cases[i].told);
		ircd_say(f->ircd, ":Ana!u@h PART #makers");
		ircd_expect_told(f->ircd, "leave *");
	}
}

static void identity__whois__has_an_end(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "ana ben");
	irc_of(f)->times.whois_us = 30000;
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :1\n:ben!u@h PRIVMSG #makers :2");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_expect(f->ircd, "WHOIS ben");
	answer_whois(f, "ben", "ben");
	ircd_expect_told(f->ircd, "message ana(-) 1");
	ircd_expect_told(f->ircd, "message ben(ben) 2");
	/* Not every message waits anew. */
	expect(f, ":ana!u@h PRIVMSG #makers :!3", "message ana(-) !3", NULL);
	ircd_expect_silence(f->ircd, 40000);
}

static void identity__whois__unanswered_is_asked_again_later(void **state)
{
	struct fixture *f = *state;
	start(f, NOTIFY, "ana");
	irc_of(f)->times.whois_us = 30000;
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :1");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_expect_told(f->ircd, "message ana(-) 1");
	/* Nobody will tell us of a change where there is none. */
	irc_of(f)->times.fresh_us = 1;
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :2");
	ircd_expect(f->ircd, "WHOIS ana");
	answer_whois(f, "ana", "ana");
	ircd_expect_told(f->ircd, "message ana(ana) 2");
}

static void identity__whois__ends_with_the_connection(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "ana");
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :1");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "message ana(-) 1");
	ircd_expect_told(f->ircd, "offline");
}

static void identity__whois__asks_after_the_new_nick(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "ana eve");
	ircd_say(f->ircd, ":ana!u@h PRIVMSG #makers :1");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_say(f->ircd, ":ana!u@h NICK anna\n:eve!e@h NICK ana");
	ircd_expect(f->ircd, "WHOIS anna");
	/* The first answer comes late, and is eve's. */
	answer_whois(f, "ana", "eve");
	answer_whois(f, "anna", "ana");
	ircd_expect_told(f->ircd, "message ana(ana) 1");
	ircd_expect_told(f->ircd, "leave ana(-) ");
	ircd_expect_told(f->ircd, "join anna(-) ");
	ircd_expect_told(f->ircd, "leave eve(-) ");
	ircd_expect_told(f->ircd, "join ana(-) ");
}

static void identity__whois__is_about_one_mask(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "");
	ircd_say(f->ircd, ":dora!x@x PRIVMSG bot :1\n:dora!u@h PRIVMSG bot :2");
	ircd_expect(f->ircd, "WHOIS dora");
	/* Whoever it was has lost the nick to somebody else. */
	ircd_expect_told(f->ircd, "message dora(-) 1");
	ircd_expect(f->ircd, "WHOIS dora");
	answer_whois(f, "dora", "dora");
	ircd_expect_told(f->ircd, "message dora(dora) 2");
}

static void identity__whois__follows_a_new_host(void **state)
{
	struct fixture *f = *state;
	start(f, "chghost multi-prefix", "ana");
	ircd_say(f->ircd, ":ana!x@x PRIVMSG #makers :1\n:ana!x@x CHGHOST u h");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_expect_silence(f->ircd, 5000);
	assert_string_equal(users_find(irc_of(f)->users, "ana")->host, "h");
	answer_whois(f, "ana", "ana");
	ircd_expect_told(f->ircd, "message ana(ana) 1");
}

static void identity__whois__does_not_hold_up_the_past(void **state)
{
	struct fixture *f = *state;
	start(f, NOTIFY " batch message-tags server-time draft/chathistory", "");
	expect(f, ":ana!a@h KICK #makers bot :out", "ejected *", NULL);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autoptr(GDateTime) soon = g_date_time_add_seconds(now, 1);
	g_autofree char *time = g_date_time_format(soon, "%Y-%m-%dT%H:%M:%S.000Z");
	g_autofree char *said = g_strdup_printf(
		"@time=%s :bot!b@host JOIN #makers\n"
		":irc.test 353 bot = #makers :bot ben\n:irc.test 366 bot #makers :End\n"
		":ben!u@h PRIVMSG #makers :new\n"
		":irc.test BATCH +h chathistory #makers\n"
		"@batch=h;account=eve;time=%s :ben!u@h PRIVMSG #makers :old\n"
		":irc.test BATCH -h\n:irc.test BATCH +i chathistory #makers\n"
		":irc.test BATCH -i",
		time, time);
	ircd_say(f->ircd, said);
	/* A tag that was not agreed on is no tag. */
	ircd_expect_told(f->ircd, "message ben(-) old");
	ircd_expect_told(f->ircd, "online");
	answer_whois(f, "ben", "ben");
	ircd_expect_told(f->ircd, "message ben(ben) new");
}

static void identity__whois__lets_the_oldest_go(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "ana");
	g_autoptr(GString) lines = g_string_new(":ana!u@h PRIVMSG #makers :0");
	for (int i = 1; i <= HELD_MOST + 1; i++)
		g_string_append_printf(lines, "\n:ana!u@h PRIVMSG #makers :%d", i);
	ircd_say(f->ircd, lines->str);
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_expect_told(f->ircd, "message ana(-) 0");
	ircd_expect_told(f->ircd, "message ana(-) 1");
	ircd_expect_silence(f->ircd, 20000);
	answer_whois(f, "ana", "ana");
	for (int i = 2; i <= HELD_MOST + 1; i++) {
		g_autofree char *told = g_strdup_printf("message ana(ana) %d", i);
		ircd_expect_told(f->ircd, told);
	}
}

static void identity__private__finds_who_wrote_from_outside(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "");
	ircd_say(f->ircd, ":Dora!u@h PRIVMSG bot :hi");
	ircd_expect(f->ircd, "WHOIS Dora");
	answer_whois(f, "Dora", "dora");
	ircd_expect_told(f->ircd, "message Dora(dora) hi");
	assert_int_equal(send_private(f, "dora"), 0);
	ircd_expect(f->ircd, "PRIVMSG Dora hi");
	ircd_expect(f->ircd, "PING *");
	expect(f, ":irc.test PONG irc.test :kith-1", "delivered k ok", NULL);
	/* Later anybody may have that nick. */
	irc_of(f)->times.fresh_us = 1;
	assert_int_equal(send_private(f, "dora"), -ENOENT);
	ircd_expect(f->ircd, "WHOIS Dora");
	assert_int_equal(send_private(f, "dora"), -ENOENT);
	irc_of(f)->times.fresh_us = CLOCK_US_PER_MINUTE;
	answer_whois(f, "Dora", "dora");
	ircd_expect_told(f->ircd, "online");
	assert_int_equal(send_private(f, "dora"), 0);
	ircd_expect(f->ircd, "PRIVMSG Dora hi");
}

static void identity__private__looks_for_a_namesake(void **state)
{
	struct fixture *f = *state;
	start(f, BARE, "ana");
	assert_int_equal(send_private(f, "ana"), -ENOENT);
	ircd_expect(f->ircd, "WHOIS ana");
	answer_whois(f, "ana", NULL);
	/* It is offered again with all that happens, and asked for once. */
	irc_of(f)->times.fresh_nobody_us = 1;
	ircd_expect_silence(f->ircd, 5000);
	assert_int_equal(send_private(f, "ana"), -ENOENT);
	ircd_expect_silence(f->ircd, 5000);
	ircd_say(f->ircd, ":ana!u@h PART #makers\n:Ana!a@h JOIN #makers");
	ircd_expect(f->ircd, "WHOIS Ana");
	ircd_say(f->ircd, ":irc.test 311 bot Ana a h * :x\n:irc.test 307 bot Ana :identified\n"
			  ":irc.test 318 bot Ana :End");
	ircd_expect_told(f->ircd, "leave *");
	ircd_expect_told(f->ircd, "join *");
	ircd_expect_told(f->ircd, "online");
	assert_int_equal(send_private(f, "ana"), 0);
	ircd_expect(f->ircd, "PRIVMSG Ana hi");
}

static void identity__monitor__finds_who_comes_online(void **state)
{
	struct fixture *f = *state;
	open_irc(f);
	register_on(f, NOTIFY, "MONITOR=3");
	enter(f, "");
	expect(f, ":Annie!a@h JOIN #makers ana :x\n:Annie!a@h QUIT :bye", "join *", "leave *",
	       NULL);
	assert_int_equal(send_private(f, "ana"), -ENOENT);
	ircd_expect(f->ircd, "WHOIS Annie");
	ircd_expect(f->ircd, "MONITOR + ana");
	ircd_expect(f->ircd, "MONITOR + Annie");
	ircd_say(f->ircd, ":irc.test 318 bot Annie :End\n:irc.test 731 bot :ana,Annie");
	ircd_expect_silence(f->ircd, 5000);
	/* An impostor, and somebody nobody asked about. */
	ircd_say(f->ircd, ":irc.test 730 bot :ana!e@x,zoe!z@h");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_say(f->ircd, ":irc.test 311 bot ana e x * :x\n:irc.test 318 bot ana :End");
	ircd_expect_silence(f->ircd, 5000);
	ircd_say(f->ircd, ":irc.test 730 bot :Annie!u@h");
	ircd_expect(f->ircd, "WHOIS Annie");
	answer_whois(f, "Annie", "Ana");
	ircd_expect_told(f->ircd, "online");
	ircd_expect(f->ircd, "MONITOR - ana");
	ircd_expect(f->ircd, "MONITOR - Annie");
	assert_int_equal(send_private(f, "ana"), 0);
	ircd_expect(f->ircd, "PRIVMSG Annie hi");
	ircd_expect(f->ircd, "PING *");
	expect(f, ":irc.test PONG irc.test :kith-1", "delivered k ok", NULL);
	ircd_say(f->ircd, ":irc.test 731 bot :Annie\n:irc.test 315 bot x :nothing");
	ircd_expect_silence(f->ircd, 5000);
	assert_int_equal(send_private(f, "ana"), -ENOENT);
}

static void identity__monitor__is_bounded(void **state)
{
	struct fixture *f = *state;
	open_irc(f);
	register_on(f, NOTIFY, "MONITOR=2");
	enter(f, "");
	assert_int_equal(send_private(f, "one"), -ENOENT);
	assert_int_equal(send_private(f, "two"), -ENOENT);
	ircd_expect(f->ircd, "MONITOR + one");
	ircd_expect(f->ircd, "MONITOR + two");
	assert_int_equal(send_private(f, "no nick"), -ENOENT);
	assert_int_equal(send_private(f, "three"), -ENOENT);
	ircd_expect(f->ircd, "MONITOR - one");
	ircd_expect(f->ircd, "MONITOR + three");
}

static void identity__netsplit__is_no_leave(void **state)
{
	struct fixture *f = *state;
	start(f, NOTIFY, "");
	expect(f,
	       ":ana!a@h JOIN #makers ana :x\n:ben!b@h JOIN #makers ben :x\n"
	       ":cleo!c@h JOIN #makers * :x\n"
	       ":ana!a@h QUIT :hub.test leaf.test\n:ben!b@h QUIT :*.net *.split\n"
	       ":cleo!c@h QUIT :I like a.b and c.d\n"
	       /* Back, one by another nick; meanwhile somebody else has taken his. */
	       ":ana!a@h JOIN #makers ana :x\n:ben!e@h JOIN #makers * :x\n"
	       ":ben_!b@h JOIN #makers ben :x\n:ana!a@h PRIVMSG #makers :!x",
	       "join ana*", "join ben(ben)*", "join cleo*", "leave cleo(-) *", "join ben(-) ",
	       "message ana(ana) !x", NULL);
	ircd_expect_silence(f->ircd, 5000);
	assert_int_equal(send_private(f, "ben"), 0);
	ircd_expect(f->ircd, "PRIVMSG ben_ hi");
}

static void identity__netsplit__is_a_leave_after_its_time(void **state)
{
	struct fixture *f = *state;
	start(f, NOTIFY, "");
	irc_of(f)->times.split_us = 40000;
	expect(f,
	       ":ana!a@h JOIN #makers ana :x\n:ben!b@h JOIN #makers ben :x\n"
	       ":cleo!c@h JOIN #makers cleo :x\n"
	       ":ana!a@h QUIT :hub.test leaf.test\n:ben!b@h QUIT :hub.test leaf.test\n"
	       ":cleo!c@h QUIT :hub.test leaf.test\n"
	       ":ben!b@h JOIN #makers ben :x\n"
	       /* She is back too, which is known a little later. */
	       ":cleo_!c@h JOIN #makers * :x\n:cleo_!c@h ACCOUNT cleo",
	       "join ana(ana) ", "join ben(ben) ", "join cleo(cleo) ", "join cleo_(-) ", NULL);
	ircd_expect_told(f->ircd, "leave ana(ana) ");
	ircd_expect_silence(f->ircd, 60000);
	expect(f, ":ana!a@h JOIN #makers ana :x", "join ana(ana) ", NULL);
}

static void identity__loss__is_no_leave_of_others(void **state)
{
	struct fixture *f = *state;
	start(f, NOTIFY, "");
	expect(f, ":ana!a@h JOIN #makers ana :x", "join ana(ana) ", NULL);
	expect(f, ":ana!a@h KICK #makers bot :out", "ejected ana(ana) out", NULL);
	assert_int_equal(send_private(f, "ana"), -ENOENT);
	ircd_say(f->ircd, ":bot!b@host JOIN #makers\n"
			  ":irc.test 353 bot = #makers :bot ben\n"
			  ":irc.test 366 bot #makers :End");
	ircd_expect(f->ircd, "WHOIS ana");
	ircd_expect_told(f->ircd, "missed *");
	ircd_expect_told(f->ircd, "online");
	ircd_expect_silence(f->ircd, 5000);
	ircd_hang_up(f->ircd);
	ircd_expect_told(f->ircd, "offline");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(identity__tag__is_the_account_at_that_moment),
		TEST(identity__tag__is_believed_only_where_agreed),
		TEST(identity__tag__is_all_that_the_past_has),
		TEST(identity__impostor__has_no_account),
		TEST(identity__notify__changes_it_mid_session),
		TEST(identity__nick__changes_and_the_account_stays),
		TEST(identity__nick__of_one_met_outside_is_no_inheritance),
		TEST(identity__our_own_join__again_forgets_who_was_there),
		TEST(identity__notify__knows_nothing_of_before_it_was_on),
		TEST(identity__whox__seeds_who_was_there),
		TEST(identity__whois__keeps_the_order_of_all),
		TEST(identity__whois__is_believed_for_a_while),
		TEST(identity__whois__without_an_account_may_name_the_nick),
		TEST(identity__whois__has_an_end),
		TEST(identity__whois__unanswered_is_asked_again_later),
		TEST(identity__whois__ends_with_the_connection),
		TEST(identity__whois__asks_after_the_new_nick),
		TEST(identity__whois__is_about_one_mask),
		TEST(identity__whois__follows_a_new_host),
		TEST(identity__whois__does_not_hold_up_the_past),
		TEST(identity__whois__lets_the_oldest_go),
		TEST(identity__private__finds_who_wrote_from_outside),
		TEST(identity__private__looks_for_a_namesake),
		TEST(identity__monitor__finds_who_comes_online),
		TEST(identity__monitor__is_bounded),
		TEST(identity__netsplit__is_no_leave),
		TEST(identity__netsplit__is_a_leave_after_its_time),
		TEST(identity__loss__is_no_leave_of_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
