#include "transport/irc/isupport.h"
#include "transport/irc/line.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct line *parsed(const char *text)
{
	struct line *l = NULL;
	assert_int_equal(line_parse(text, strlen(text), &l), 0);
	return l;
}

/* "prefix|command|param|param"; "-" stands for no prefix. */
static char *outline(const struct line *l)
{
	GString *out = g_string_new(l->prefix ? l->prefix : "-");
	g_string_append_printf(out, "|%s", l->command);
	for (int i = 0; i < l->n_params; i++)
		g_string_append_printf(out, "|%s", l->params[i]);
	return g_string_free(out, FALSE);
}

static void irc_line__parse__reads_every_part(void **state)
{
	static const struct {
		const char *line, *outline;
	} cases[] = {
		{ "PING :x", "-|PING|x" },
		{ "ping x", "-|PING|x" },
		{ ":s 001 kith :Welcome to IRC", "s|001|kith|Welcome to IRC" },
		{ ":a!b@c PRIVMSG #m ::)", "a!b@c|PRIVMSG|#m|:)" },
		{ ":a!b@c PRIVMSG #m :", "a!b@c|PRIVMSG|#m|" },
		{ ":a!b@c PRIVMSG #m hello", "a!b@c|PRIVMSG|#m|hello" },
		{ ":a   JOIN   #m   ", "a|JOIN|#m" },
		{ ":a AWAY", "a|AWAY" },
		{ "@x=y :a JOIN #m", "a|JOIN|#m" },
		{ "@x=y   JOIN #m", "-|JOIN|#m" },
		{ "A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :fifteen or so",
		  "-|A|1|2|3|4|5|6|7|8|9|10|11|12|13|14|fifteen or so" },
		{ "A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
		  "-|A|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15 16" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct line *l = parsed(cases[i].line);
		g_autofree char *got = outline(l);
		assert_string_equal(got, cases[i].outline);
		line_free(l);
	}
}

static void irc_line__parse__cuts_the_prefix(void **state)
{
	static const char *const cases[][4] = {
		{ ":ana!~a@h.example JOIN x", "ana", "~a", "h.example" },
		{ ":irc.example.org JOIN x", "irc.example.org", NULL, NULL },
		{ ":ana!a JOIN x", "ana", "a", NULL },
		{ ":ana!a@b@c JOIN x", "ana", "a", "b@c" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct line *l = parsed(cases[i][0]);
		assert_string_equal(l->nick, cases[i][1]);
		assert_int_equal(g_strcmp0(l->user, cases[i][2]), 0);
		assert_int_equal(g_strcmp0(l->host, cases[i][3]), 0);
		line_free(l);
	}
}

static void irc_line__parse__unescapes_tags(void **state)
{
	struct line *l = parsed("@a=1;msgid=x\\:y\\sz\\\\\\r\\n\\q\\;flag;;=no;a=2 PING x");
	assert_string_equal(line_tag(l, "msgid"), "x;y z\\\r\nq");
	assert_string_equal(line_tag(l, "flag"), "");
	assert_string_equal(line_tag(l, "a"), "2");
	assert_null(line_tag(l, "b"));
	assert_int_equal(l->n_tags, 4);
	line_free(l);
}

static void irc_line__parse__refuses_what_is_none(void **state)
{
	static const char *const cases[] = { "",        " ",        ":",     ":foo",
					     ":foo ",   ": PING x", "@a=b",  "@a=b ",
					     "12 a",    "1234 a",   "000 a", "PING\nx",
					     "PI-NG x", "@ :a ",    "\r",    "A1 x" };
	struct line *l = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(line_parse(cases[i], strlen(cases[i]), &l), -EINVAL);
	g_autofree char *word = g_strnfill(LINE_COMMAND_MOST + 1, 'A');
	assert_int_equal(line_parse(word, strlen(word), &l), -EINVAL);
	assert_null(l);
}

static void irc_line__parse__is_bounded(void **state)
{
	g_autofree char *much = g_strnfill(LINE_MOST, 'a');
	struct line *l = NULL;
	memcpy(much, "A :", 3);
	assert_int_equal(line_parse(much, LINE_MOST, &l), 0);
	assert_int_equal(strlen(line_last(l)), LINE_MOST - 3);
	line_free(l);
	assert_int_equal(line_parse(much, LINE_MOST + 1, &l), -EMSGSIZE);
	*much = '@';
	much[LINE_TAGS_MOST - 1] = ' ';
	memset(much + 1, 'a', LINE_TAGS_MOST - 2);
	assert_int_equal(line_parse(much, LINE_MOST, &l), -EINVAL); /* no command that long */
	memcpy(much + LINE_TAGS_MOST, "PING x", 6);
	assert_int_equal(line_parse(much, LINE_TAGS_MOST + 6, &l), 0);
	line_free(l);
	memcpy(much + LINE_TAGS_MOST - 1, "a PING x", 8);
	assert_int_equal(line_parse(much, LINE_TAGS_MOST + 7, &l), -EMSGSIZE);
}

static void irc_line__parse__drops_nul_and_cr(void **state)
{
	struct line *l;
	assert_int_equal(line_parse("PI\0NG \rx\r", 9, &l), 0);
	g_autofree char *got = outline(l);
	assert_string_equal(got, "-|PING|x");
	line_free(l);
}

static void irc_line__library__gets_what_it_can_bear(void **state)
{
	static const struct {
		const char *line, *tame;
	} cases[] = {
		{ "NICK x", ":server NICK :x" },
		{ ":n!u@h AWAY", ":n!u@h AWAY :" },
		{ "@a=b :n!u@h JOIN #m", ":n!u@h JOIN :#m" },
		{ ":n NOTICE kith", ":n NOTICE kith :" },
		{ ":n NOTICE :two words", ":n NOTICE two :" },
		{ ":n PRIVMSG", ":n PRIVMSG * :" },
		{ ":n PRIVMSG k :\x01", ":n PRIVMSG k :" },
		{ ":n PRIVMSG k :\001DCC SEND x\x01", ":n PRIVMSG k :DCC SEND x" },
		{ ":n PRIVMSG \x01:k :x", ":n PRIVMSG * :x" },
		{ ":s 005 1 2 3 4 5 6 7 8 9 10 11 12", ":s 005 1 2 3 4 5 6 7 8 9 :10" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct line *l = parsed(cases[i].line);
		g_autofree char *tame = line_for_library(l, "server");
		assert_string_equal(tame, cases[i].tame);
		line_free(l);
	}
	g_autofree char *name = g_strnfill(3000, 'n');
	g_autofree char *huge = g_strdup_printf(":%s PRIVMSG #%s :%s", name, name, name);
	huge[LINE_MOST] = '\0';
	struct line *l = parsed(huge);
	g_autofree char *tame = line_for_library(l, "server");
	assert_int_equal(strlen(tame), LINE_SENT_MOST);
	line_free(l);
}

static void irc_line__build__puts_a_colon_where_one_is_needed(void **state)
{
	static const char *const cases[][3] = {
		{ "#m", "hello", "PRIVMSG #m hello" },
		{ "#m", "two words", "PRIVMSG #m :two words" },
		{ "#m", ":)", "PRIVMSG #m ::)" },
		{ "#m", "", "PRIVMSG #m :" },
		{ "#m", "50%s off", "PRIVMSG #m :50%s off" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = NULL;
		assert_int_equal(line_build(&line, "PRIVMSG", cases[i][0], cases[i][1], NULL), 0);
		assert_string_equal(line, cases[i][2]);
	}
}

static void irc_line__build__refuses_to_be_broken_out_of(void **state)
{
	static const char *const cases[][2] = {
		{ "#m", "a\r\nQUIT" }, { "#m", "a\nQUIT" }, { "#m", "a\rQUIT" }, { "#m\n", "a" },
		{ "#m x", "a" },       { "", "a" },         { ":m", "a" },
	};
	char *line = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(line_build(&line, "PRIVMSG", cases[i][0], cases[i][1], NULL),
				 -EINVAL);
	g_autofree char *text = g_strnfill(LINE_SENT_MOST - strlen("PRIVMSG #m "), 'x');
	assert_int_equal(line_build(&line, "PRIVMSG", "#m:", text, NULL), -EMSGSIZE);
	assert_null(line);
	assert_int_equal(line_build(&line, "PRIVMSG", "#m", text, NULL), 0);
	assert_int_equal(strlen(line), LINE_SENT_MOST);
	g_free(line);
}

static void irc_line__spoken__is_text_without_its_dress(void **state)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "\002bold\x0f and \x1d\x1f\x1e\x16\x11rest", "bold and rest" },
		{ "\00304red\x03 \0034,12both\003123", "red both3" },
		{ "\x03,5 \0035,x", ",5 ,x" },
		{ "\004ff00aared", "red" },
		{ "\001ACTION waves\x01", "waves" },
		{ "\001action \x02waves", "waves" },
		{ "\001ACTION\x01", NULL },
		{ "\x01VERSION\x01", NULL },
		{ "\x01", NULL },
		{ "", "" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *spoken = line_spoken(cases[i][0]);
		if (cases[i][1])
			assert_string_equal(spoken, cases[i][1]);
		else
			assert_null(spoken);
	}
}

static void irc_isupport__fold__follows_the_server(void **state)
{
	static const struct {
		const char *line, *folded;
	} cases[] = {
		{ "005 k NETWORK=x :are supported", "ab{}|~\xc3\x84" },
		{ "005 k CASEMAPPING=rfc1459 :are supported", "ab{}|~\xc3\x84" },
		{ "005 k CASEMAPPING=strict-rfc1459 :are supported", "ab{}|^\xc3\x84" },
		{ "005 k CASEMAPPING=ascii :are supported", "ab[]\\^\xc3\x84" },
		{ "005 k CASEMAPPING=ascii", "ab{}|~\xc3\x84" }, /* the last is no token */
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct isupport s;
		isupport_init(&s);
		struct line *l = parsed(cases[i].line);
		isupport_take(&s, l);
		g_autofree char *folded = isupport_fold(&s, "Ab[]\\^\xc3\x84");
		assert_string_equal(folded, cases[i].folded);
		assert_true(isupport_same(&s, folded, "aB[]\\^\xc3\x84"));
		assert_false(isupport_same(&s, "bot", "bot2"));
		assert_false(isupport_same(&s, "bot2", "bot"));
		line_free(l);
	}
}

static void irc_isupport__take__reads_prefixes_and_room_types(void **state)
{
	struct isupport s;
	isupport_init(&s);
	assert_true(isupport_is_room(&s, "#m") && isupport_is_room(&s, "&m"));
	struct line *l = parsed("005 k PREFIX=(qo)~@ CHANTYPES=# MODES :are supported");
	isupport_take(&s, l);
	assert_string_equal(s.prefixes, "~@");
	assert_false(isupport_is_room(&s, "&m") || isupport_is_room(&s, ""));
	line_free(l);
}

static void irc_isupport__take__reads_offers_and_lengths(void **state)
{
	struct isupport s;
	isupport_init(&s);
	assert_true(!s.bot && !s.whox && !s.monitor && !s.chathistory && !s.nicklen);
	struct line *l = parsed("005 k BOT=B WHOX MONITOR=100 CHATHISTORY=50 NICKLEN=30 USERLEN=12 "
				"HOSTLEN=64 LINELEN=4096 MAXTARGETS=1 :are supported");
	isupport_take(&s, l);
	line_free(l);
	assert_int_equal(s.bot, 'B');
	assert_true(s.whox);
	assert_int_equal(s.monitor, 100);
	assert_int_equal(s.chathistory, 50);
	assert_int_equal(s.nicklen, 30);
	assert_int_equal(s.userlen, 12);
	assert_int_equal(s.hostlen, 64);
	/* Nonsense changes no length, and takes an offer back. */
	l = parsed("005 k BOT=BOT MONITOR=-1 CHATHISTORY=x NICKLEN=0 USERLEN=99999999999999999999 "
		   "HOSTLEN= = =x - :are supported");
	isupport_take(&s, l);
	line_free(l);
	assert_true(!s.bot && !s.monitor && !s.chathistory);
	assert_int_equal(s.nicklen, 30);
	assert_int_equal(s.userlen, 12);
	assert_int_equal(s.hostlen, 64);
	l = parsed("005 k MONITOR CHATHISTORY=0 :are supported");
	isupport_take(&s, l);
	line_free(l);
	assert_int_equal(s.monitor, ISUPPORT_UNLIMITED);
	assert_int_equal(s.chathistory, ISUPPORT_UNLIMITED);
}

static void irc_isupport__take__takes_back_what_is_negated(void **state)
{
	struct isupport s, unknown;
	isupport_init(&s);
	isupport_init(&unknown);
	struct line *l = parsed("005 k CASEMAPPING=ascii PREFIX=(o)@ CHANTYPES=# BOT=B WHOX "
				"MONITOR=1 CHATHISTORY=1 NICKLEN=9 USERLEN=9 :are supported");
	isupport_take(&s, l);
	line_free(l);
	assert_int_not_equal(s.casemap, unknown.casemap);
	l = parsed("005 k -CASEMAPPING -PREFIX -CHANTYPES -BOT -WHOX -MONITOR -CHATHISTORY "
		   "-NICKLEN -USERLEN -HOSTLEN -OTHER :are supported");
	isupport_take(&s, l);
	line_free(l);
	assert_int_equal(s.casemap, unknown.casemap);
	assert_string_equal(s.prefixes, unknown.prefixes);
	assert_string_equal(s.chantypes, unknown.chantypes);
	assert_true(!s.bot && !s.whox && !s.monitor && !s.chathistory && !s.nicklen);
	assert_int_equal(s.userlen, unknown.userlen);
	assert_int_equal(s.hostlen, unknown.hostlen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(irc_line__parse__reads_every_part),
		cmocka_unit_test(irc_line__parse__cuts_the_prefix),
		cmocka_unit_test(irc_line__parse__unescapes_tags),
		cmocka_unit_test(irc_line__parse__refuses_what_is_none),
		cmocka_unit_test(irc_line__parse__is_bounded),
		cmocka_unit_test(irc_line__parse__drops_nul_and_cr),
		cmocka_unit_test(irc_line__library__gets_what_it_can_bear),
		cmocka_unit_test(irc_line__build__puts_a_colon_where_one_is_needed),
		cmocka_unit_test(irc_line__build__refuses_to_be_broken_out_of),
		cmocka_unit_test(irc_line__spoken__is_text_without_its_dress),
		cmocka_unit_test(irc_isupport__fold__follows_the_server),
		cmocka_unit_test(irc_isupport__take__reads_prefixes_and_room_types),
		cmocka_unit_test(irc_isupport__take__reads_offers_and_lengths),
		cmocka_unit_test(irc_isupport__take__takes_back_what_is_negated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
