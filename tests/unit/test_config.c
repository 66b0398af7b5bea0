#include "config.h"

#include "clock.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define GROUP                                                                                 \
	"[group]\nname = Tuesday Makers\ntimezone = Europe/Berlin\norganizers = libera/ana\n" \
	"places = libera/#makers\n"
#define IRC "[irc libera]\nserver = irc.libera.chat\nnick = kith\n"
/* Nine lines without a fault, so that what is added begins on line 10, in [irc libera] ... */
#define SMALL GROUP IRC "\n"
/* ... or on line 11, in a section of its own. */
#define ROUND SMALL "[round]\n"
#define PITCH SMALL "[pitch]\n"
/* A second group, from line 10 on. */
#define GROUP2 "[group two]\nname = Two\ntimezone = UTC\norganizers = libera/ben\n"

static struct config *parse(const char *text)
{
	struct config *c = NULL;
	g_autofree char *faults = NULL;

	if (config_parse(text, "kith.conf", &c, &faults) != 0)
		fail_msg("%s\nhas faults:\n%s", text, faults);
	assert_null(faults);
	return c;
}

/* `expected`: each fault's "LINE: text" and a line break. */
static void assert_faults(const char *text, const char *expected)
{
	struct config *c = NULL;
	g_autofree char *faults = NULL;
	g_auto(GStrv) lines = g_strsplit(expected, "\n", -1);
	g_autoptr(GString) wanted = g_string_new(NULL);

	for (char **line = lines; **line != '\0'; line++)
		g_string_append_printf(wanted, "kith.conf:%s\n", *line);
	if (config_parse(text, "kith.conf", &c, &faults) != -EINVAL)
		fail_msg("%s\nhas no fault, but should:\n%s", text, wanted->str);
	assert_null(c);
	if (strcmp(faults, wanted->str) != 0)
		fail_msg("%s\nhas the faults\n%sand not\n%s", text, faults, wanted->str);
}

static const struct config_group *only_group(const struct config *c)
{
	assert_int_equal(c->groups->len, 1);
	return g_ptr_array_index(c->groups, 0);
}

static void config__smallest__has_every_default(void **state)
{
	struct config *c =
		parse(SMALL "account = kith\npassword-file = /etc/kith/libera.password\n");
	const struct config_group *g = only_group(c);
	const struct config_address *organizer = g_ptr_array_index(g->organizers, 0);
	const struct config_address *place = g_ptr_array_index(g->places, 0);
	const struct config_section *irc = g_ptr_array_index(c->networks, 0);

	assert_string_equal(c->file, "kith.conf");
	assert_string_equal(c->store_path, "kith.db");
	assert_string_equal(c->log_level, "info");
	assert_true(c->retention_us == 18 * (CLOCK_US_PER_YEAR / 12));

	assert_string_equal(g->key, "");
	assert_string_equal(g->name, "Tuesday Makers");
	assert_string_equal(g->timezone, "Europe/Berlin");
	assert_string_equal(g_time_zone_get_identifier(g->zone), "Europe/Berlin");
	assert_string_equal(g->language, "en");
	assert_int_equal(g->organizers->len, 1);
	assert_string_equal(organizer->network, "libera");
	assert_string_equal(organizer->name, "ana");
	assert_int_equal(g->places->len, 1);
	assert_string_equal(place->network, "libera");
	assert_string_equal(place->name, "#makers");
	assert_null(g->charter);
	assert_string_equal(g->prefix, "!");
	assert_int_equal(g->soft_cap, 8);
	assert_int_equal(g_hash_table_size(g->words), 0);

	assert_int_equal(g->round.every_weeks, 1);
	assert_memory_equal(&g->round.opens, (&(struct config_wall){ 1, 9, 0 }),
			    sizeof(struct config_wall));
	assert_memory_equal(&g->round.last_call, (&(struct config_wall){ 3, 18, 0 }),
			    sizeof(struct config_wall));
	assert_memory_equal(&g->round.closes, (&(struct config_wall){ 4, 20, 0 }),
			    sizeof(struct config_wall));
	assert_true(g->round.archive_us == 24 * CLOCK_US_PER_HOUR);
	assert_int_equal(g->round.holidays->len, 0);
	assert_true(g->round.readers);

	assert_int_equal(g->pitch.mode, CONFIG_PITCH_GENTLE);
	assert_false(g->pitch.mode_is_set);
	assert_true(g->pitch.giving_window_us == 28 * CLOCK_US_PER_DAY);
	assert_int_equal(g->pitch.budget_per_week, 3);

	assert_int_equal(c->networks->len, 1);
	assert_string_equal(irc->kind, "irc");
	assert_string_equal(irc->name, "libera");
	assert_int_equal(irc->line, 6);
	assert_string_equal(config_text(irc, "server"), "irc.libera.chat");
	assert_int_equal(config_number(irc, "port"), 6697);
	assert_true(config_yes(irc, "tls"));
	assert_false(config_yes(irc, "trust-nicks"));
	assert_int_equal(config_number(irc, "rate"), 30);
	assert_null(config_text(irc, "sasl"));
	assert_null(config_text(irc, "proxy"));
	assert_string_equal(config_text(irc, "password-file"), "/etc/kith/libera.password");
	config_free(c);
}

static void config__every_value__is_read(void **state)
{
	struct config *c = parse(
		"[matrix home]\nhomeserver = https://m.example.org:8448\nuser=@kith:example.org\n"
		"token-file = secret/token\ndevice-name = kith on the shelf\n"
		"proxy = socks5h://127.0.0.1:9050\n"
		"[group ink]\nname = \"Ink\" & 100% Caf\xc3\xa9\ntimezone = America/New_York\n"
		"organizers = home/@ana:example.org,\n   console/olga\n"
		"places = home/!abc:example.org , home/#ink:example.org\n"
		"language = en\ncharter = First line\n  and\tthe second.\\n\n  A \\\\n.\nprefix = "
		"~!\n"
		"soft-cap = 12\n"
		"[round ink]\nEvery = 2 WEEKS\nopens = saturday 0:05\nlast-call = Thu 12:00\n"
		"closes = Tue 23:59\narchive = 1d 12h\n"
		"holidays = 2026-12-24..2027-01-02, 2028-02-29\nreaders = No\n"
		"[pitch ink]\nmode = observe\ngiving-window = 3 weeks\nbudget = 0 a week\n"
		"[words ink]\nround.open = Hello = {group}; \xe2\x9c\x93\nunknown = ?\n"
		"[store]\npath = /var/lib/kith/a b.db\nretention = 2 years\n[log]\nlevel = debug\n"
		"[links]\n[gallery]\n");
	const struct config_group *g = only_group(c);
	const struct config_section *home = g_ptr_array_index(c->networks, 0);
	const struct config_address *olga = g_ptr_array_index(g->organizers, 1);
	const struct config_address *second = g_ptr_array_index(g->places, 1);
	const struct config_days *days;

	assert_string_equal(g->key, "ink");
	assert_string_equal(g->name, "\"Ink\" & 100% Caf\xc3\xa9");
	assert_string_equal(olga->network, "console");
	assert_string_equal(olga->name, "olga");
	assert_string_equal(second->name, "#ink:example.org");
	assert_string_equal(g->language, "en");
	assert_string_equal(g->charter, "First line and\tthe second.\n A \\n.");
	assert_string_equal(g->prefix, "~!");
	assert_int_equal(g->soft_cap, 12);

	assert_int_equal(g->round.every_weeks, 2);
	assert_memory_equal(&g->round.opens, (&(struct config_wall){ 6, 0, 5 }),
			    sizeof(struct config_wall));
	assert_memory_equal(&g->round.closes, (&(struct config_wall){ 2, 23, 59 }),
			    sizeof(struct config_wall));
	assert_true(g->round.archive_us == 36 * CLOCK_US_PER_HOUR);
	assert_int_equal(g->round.holidays->len, 2);
	days = &g_array_index(g->round.holidays, struct config_days, 0);
	/* GDate's own count: 2026-12-24 is ten days and nine nights before 2027-01-02. */
	assert_int_equal(days->last - days->first, 9);
	days = &g_array_index(g->round.holidays, struct config_days, 1);
	GDate date;
	g_date_clear(&date, 1);
	g_date_set_julian(&date, days->first);
	assert_int_equal(g_date_get_year(&date), 2028);
	assert_int_equal(g_date_get_day(&date), 29);
	assert_int_equal(days->first, days->last);
	assert_false(g->round.readers);

	assert_int_equal(g->pitch.mode, CONFIG_PITCH_OBSERVE);
	assert_true(g->pitch.mode_is_set);
	assert_true(g->pitch.giving_window_us == 21 * CLOCK_US_PER_DAY);
	assert_int_equal(g->pitch.budget_per_week, 0);

	assert_int_equal(g_hash_table_size(g->words), 2);
	assert_string_equal(g_hash_table_lookup(g->words, "round.open"),
			    "Hello = {group}; \xe2\x9c\x93");

	assert_string_equal(c->store_path, "/var/lib/kith/a b.db");
	assert_true(c->retention_us == 730 * CLOCK_US_PER_DAY);
	assert_string_equal(c->log_level, "debug");
	assert_string_equal(home->kind, "matrix");
	assert_string_equal(config_text(home, "token-file"), "secret/token");
	assert_string_equal(config_text(home, "device-name"), "kith on the shelf");
	assert_null(config_text(home, "password-file"));
	config_free(c);
}

static void config__several_groups__keep_their_own(void **state)
{
	struct config *c = parse(SMALL GROUP2 "places = libera/#two\n[pitch two]\nmode = off\n"
					      "[round]\nreaders = no\n[words two]\nwhy = so\n");
	const struct config_group *one = g_ptr_array_index(c->groups, 0);
	const struct config_group *two = g_ptr_array_index(c->groups, 1);

	assert_int_equal(c->groups->len, 2);
	assert_string_equal(one->key, "");
	assert_string_equal(two->key, "two");
	assert_int_equal(one->pitch.mode, CONFIG_PITCH_GENTLE);
	assert_int_equal(two->pitch.mode, CONFIG_PITCH_OFF);
	assert_false(one->round.readers);
	assert_true(two->round.readers);
	assert_int_equal(g_hash_table_size(one->words), 0);
	assert_int_equal(g_hash_table_size(two->words), 1);
	config_free(c);
}

/* Whatever an editor makes of line ends and the file's beginning. */
static void config__form__does_not_matter(void **state)
{
	static const char *const texts[] = {
		"\xef\xbb\xbf" SMALL,
		"# c\n\n; c\n" SMALL "   \n\t\n# the end",
		"[ group ]  \nname=Tuesday Makers\t\ntimezone  "
		"=Europe/Berlin\norganizers=libera/ana\n"
		"places= libera/#makers\n[irc\t libera]\nserver=irc.libera.chat\nnick=kith",
	};
	g_auto(GStrv) lines = g_strsplit(SMALL, "\n", -1);
	g_autofree char *crlf = g_strjoinv("\r\n", lines);

	for (size_t i = 0; i <= G_N_ELEMENTS(texts); i++) {
		struct config *c = parse(i < G_N_ELEMENTS(texts) ? texts[i] : crlf);

		assert_string_equal(only_group(c)->name, "Tuesday Makers");
		assert_string_equal(config_text(g_ptr_array_index(c->networks, 0), "nick"), "kith");
		config_free(c);
	}
}

/* What libini_config reads in pieces comes out whole. */
static void config__long_value__comes_whole(void **state)
{
	g_autoptr(GString) text = g_string_new(SMALL "[words]\nwhy = x");
	struct config *c;

	for (int i = 0; i < 20000; i++)
		g_string_append(text, "\xe2\x82\xac");
	c = parse(text->str);
	assert_int_equal(g_utf8_strlen(g_hash_table_lookup(only_group(c)->words, "why"), -1),
			 20001);
	config_free(c);
}

struct fault_case {
	const char *text, *faults;
};

static void assert_each(const struct fault_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_faults(cases[i].text, cases[i].faults);
}

static void config__lines__that_cannot_be_read(void **state)
{
	static const struct fault_case cases[] = {
		{ "", "1: no section [group]; it needs one, with name, timezone, organizers and "
		      "places\n" },
		{ SMALL "junk\n", "10: no '=' in 'junk'; write 'KEY = VALUE'\n" },
		{ SMALL "= x\n", "10: nothing before the '='; write 'KEY = VALUE'\n" },
		{ SMALL "[]\n[  ]\n", "10: a section needs a name between '[' and ']'\n"
				      "11: a section needs a name between '[' and ']'\n" },
		/* What follows a broken head is still read as its section's. */
		{ SMALL "[round\nevery = 3\n",
		  "10: '[round' does not end with ']'\n"
		  "11: every: '3' is not a number of weeks, as in '2 weeks'\n" },
		{ SMALL "[log] # here\nlevel = warning\n",
		  "10: '[log] # here' does not end with ']'; a comment needs a line of its own\n" },
		{ "port = 1\nname = x\n" GROUP IRC,
		  "1: 'port' stands above the first section; put it below [irc]\n"
		  "2: 'name' stands above the first section; put it below [group]\n" },
		{ SMALL "\n going on\n",
		  "11: begins with a space, but there is no value right above for "
		  "it to go on with\n" },
		{ SMALL "port = 6697\n tls = no\n\t# why\n  [log]\nlevel = info\n",
		  "11: a line that begins with a space goes on with the value above it; start 'tls "
		  "= no' "
		  "at the margin\n"
		  "12: a comment starts at the margin; a line that begins with a space goes on "
		  "with the "
		  "value above it\n"
		  "13: a line that begins with a space goes on with the value above it; start "
		  "'[log]' at "
		  "the margin\n" },
		{ SMALL "realname = caf\xe9\n", "10: not UTF-8; save the file in that encoding\n" },
		{ SMALL "realname = a\x1b[31m\n", "10: a control character, U+001B\n" },
		{ SMALL "realname = a\xc2\x85\n", "10: a control character, U+0085\n" },
		{ SMALL "[group a\x01"
			"b]\nname = x\ntimezone = UTC\norganizers = libera/ana\n"
			"places = libera/#b\n",
		  "10: a control character, U+0001\n" },
		{ SMALL "sp\xc3\xa4t!er = x\n[l\xc3\xb6gger]\n",
		  "10: unknown key 'sp\xc3\xa4t!er' in [irc]; see kith.conf(5)\n"
		  "11: unknown section [l\xc3\xb6gger]; see kith.conf(5)\n" },
	};

	assert_each(cases, G_N_ELEMENTS(cases));
}

static void config__names__that_are_not_in_the_table(void **state)
{
	static const struct fault_case cases[] = {
		{ SMALL "[grup two]\nname = Two\ntimezone = UTC\norganizers = libera/ben\n"
			"places = libera/#two\n",
		  "10: unknown section [grup two]; did you mean [group NAME]?\n" },
		{ SMALL "[banana]\nx = 1\n", "10: unknown section [banana]; see kith.conf(5)\n" },
		{ SMALL "[lgo]\nlevel = info\n",
		  "10: unknown section [lgo]; did you mean [log]?\n" },
		{ SMALL "[group]\nname = x\n", "10: [group] again; it is already on line 1\n" },
		{ SMALL "[irc libera]\nnick = x\n",
		  "10: [irc libera] again; it is already on line 6\n" },
		{ SMALL "[matrix libera]\nhomeserver = https://x.org\nuser = @a:x.org\n",
		  "10: [matrix libera]: the name is taken by [irc libera] on line 6\n" },
		{ SMALL "[log now]\n", "10: [log] takes no name\n" },
		{ SMALL "[matrix]\nhomeserver = https://x.org\nuser = @a:x.org\n",
		  "10: [matrix] needs a name, as in [matrix home]\n" },
		{ SMALL "[irc my net]\nserver = a\nnick = b\n",
		  "10: a network's name is made of letters, digits, '.', '_' and '-'\n" },
		{ SMALL "[irc console]\nserver = a\nnick = b\n",
		  "10: the name 'console' is taken by the sandbox\n" },
		{ SMALL "[round one]\n[pitch]\n[words two]\n",
		  "10: [round one]: there is no [group one]\n"
		  "12: [words two]: there is no [group two]\n" },
		{ SMALL GROUP2 "places = libera/#two\n[round too]\n",
		  "15: [round too]: there is no [group too]; did you mean [round two]?\n" },
		{ SMALL "pot = 1\n", "10: unknown key 'pot' in [irc]; did you mean 'port'?\n" },
		{ SMALL "mode = gentle\n",
		  "10: unknown key 'mode' in [irc]; it belongs in [pitch]\n" },
		{ ROUND "nick = x\n",
		  "11: unknown key 'nick' in [round]; it belongs in [irc NAME]\n" },
		{ SMALL "colour = red\n", "10: unknown key 'colour' in [irc]; see kith.conf(5)\n" },
		{ SMALL "port = 1\nPort = 2\nport = x\n",
		  "11: 'port' again in [irc libera]; it is already on line 10\n"
		  "12: port: 'x' is not a number\n"
		  "12: 'port' again in [irc libera]; it is already on line 10\n" },
		{ SMALL "[words]\nWhy Not = x\nwhy =\nwhy = x\n",
		  "11: 'Why Not' is no key; did you mean why.note?\n"
		  "12: 'why' is empty; give it a value or take the line out\n"
		  "13: 'why' again in [words]; it is already on line 12\n" },
	};

	assert_each(cases, G_N_ELEMENTS(cases));
}

static void config__required__is_missed(void **state)
{
	static const struct fault_case cases[] = {
		{ "[group]\n", "1: [group] needs 'name', as in 'name = Tuesday Makers'\n"
			       "1: [group] needs 'timezone', as in 'timezone = Europe/Berlin'\n"
			       "1: [group] needs 'organizers', as in 'organizers = libera/ana'\n"
			       "1: [group] needs 'places', as in 'places = libera/#makers'\n" },
		{ SMALL "[irc b]\n",
		  "10: [irc b] needs 'server', as in 'server = irc.libera.chat'\n"
		  "10: [irc b] needs 'nick', as in 'nick = kith'\n" },
		{ SMALL "[matrix b]\n",
		  "10: [matrix b] needs 'user', as in 'user = @kith:example.org'\n" },
		/* A slip in the key is one fault, not two. */
		{ SMALL "[matrix b]\nhomserver = https://x.org\nuser = @a:x.org\n",
		  "11: unknown key 'homserver' in [matrix]; did you mean 'homeserver'?\n" },
		/* So is an empty value. */
		{ SMALL "[matrix b]\nhomeserver =\nuser = @a:x.org\n",
		  "11: 'homeserver' is empty; give it a value or take the line out\n" },
		{ "[irc a]\nserver = a\nnick = b\n[round]\n",
		  "1: no section [group]; it needs one, with name, timezone, organizers and "
		  "places\n" },
	};

	assert_each(cases, G_N_ELEMENTS(cases));
}

static void config__secrets__are_turned_away_unseen(void **state)
{
	static const struct fault_case cases[] = {
		{ SMALL "password = hunter2\n",
		  "10: 'password': secrets do not belong here; use password-file\n" },
		{ SMALL "sasl-password = hunter2\nPass = hunter2\n",
		  "10: 'sasl-password': secrets do not belong here; use password-file\n"
		  "11: 'Pass': secrets do not belong here; use password-file\n" },
		{ SMALL "[matrix b]\nhomeserver = https://x.org\nuser = @a:x.org\naccess-token = "
			"hunter2\n",
		  "13: 'access-token': secrets do not belong here; use token-file\n" },
		{ SMALL "proxy = http://me:hunter2@10.0.0.1:3128\n",
		  "10: proxy: secrets do not belong here; take the password out of the address\n" },
		{ SMALL "proxy = me:hunter2@10.0.0.1:3128\n",
		  "10: proxy: is not an address that begins with 'socks5h://'\n" },
	};

	assert_each(cases, G_N_ELEMENTS(cases));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_null(strstr(cases[i].faults, "hunter2"));
}

static void config__values__that_cannot_be(void **state)
{
	static const struct fault_case cases[] = {
		{ SMALL "port = 0\ntls = maybe\nrate = x\n", "10: port: must be from 1 to 65535\n"
							     "11: tls: 'maybe' is not yes or no\n"
							     "12: rate: 'x' is not a number\n" },
		{ SMALL "port = 65536\n", "10: port: must be from 1 to 65535\n" },
		{ SMALL "port = 99999999999999999999999999\n",
		  "10: port: must be from 1 to 65535\n" },
		{ SMALL "port = -1\n", "10: port: '-1' is not a number\n" },
		{ SMALL "account = a b\n", "10: account: 'a b' is not one word\n" },
		{ SMALL "sasl = external\n", "10: sasl: external needs a 'certificate'\n" },
		{ SMALL "username = u@v\n", "10: username: '@' cannot be in it\n" },
		{ SMALL "username = :u\n", "10: username: ':' cannot be in it\n" },
		{ SMALL "sasl = plain\n", "10: sasl: plain needs a 'password-file'\n" },
		{ SMALL "certificate = c.pem\nsasl = plain\n",
		  "11: sasl: plain needs a 'password-file'\n" },
		{ SMALL "password-file = p\nsasl = external\n",
		  "11: sasl: external needs a 'certificate'\n" },
		{ SMALL "certificate = c.pem\ntls = no\n",
		  "10: certificate: it needs 'tls = yes'\n" },
		{ SMALL "sasl = Plain\n",
		  "10: sasl: 'Plain' is not one of plain, external, no; did you mean 'plain'?\n" },
		{ SMALL "[irc b]\nserver = irc.b.org:6697\nnick = x\n",
		  "11: server: 'irc.b.org:6697' has a port in it; that is for the key 'port'\n" },
		{ SMALL "[irc b]\nserver = ircs://irc.b.org\nnick = x\n",
		  "11: server: 'ircs://irc.b.org' is not a server's name, as in "
		  "'irc.libera.chat'\n" },
		{ SMALL "[matrix b]\nhomeserver = x.org\nuser = kith\n",
		  "11: homeserver: 'x.org' is not an address that begins with 'https://'\n"
		  "12: user: 'kith' is not a Matrix id, as in '@kith:example.org'\n" },
		{ SMALL
		  "[matrix b]\nhomeserver = https://x.org/#/home\nuser = @kith:https://x.org\n",
		  "11: homeserver: an address of a page; leave out what comes from '#' on\n"
		  "12: user: '@kith:https://x.org' is not a Matrix id, as in "
		  "'@kith:example.org'\n" },
		{ SMALL
		  "[matrix b]\nhomeserver = https://x.org\nuser = @a:x.org\npassword-file = p\n"
		  "token-file = t\n",
		  "14: token-file: 'password-file' is set too, on line 13; keep one of them\n" },
		{ SMALL "[log]\nlevel = loud\n",
		  "11: level: 'loud' is not one of error, warning, info, debug\n" },
		{ SMALL "[store]\nretention = 3 years\npath =\n",
		  "11: retention: must be from 1 day to 730 days\n"
		  "12: 'path' is empty; give it a value or take the line out\n" },
		{ PITCH "mode = gentel\ngiving-window = 2 fortnights\nbudget = 3\n",
		  "11: mode: 'gentel' is not one of gentle, observe, off; did you mean 'gentle'?\n"
		  "12: giving-window: '2 fortnights' is not a duration, as in '24 hours' or '1d "
		  "12h'\n"
		  "13: budget: '3' is not a number a week, as in '3 a week'\n" },
		{ PITCH "mode = gentle # for now\n", "11: mode: 'gentle # for now' is not one of "
						     "gentle, observe, off; a comment needs a "
						     "line of its own\n" },
		{ PITCH "budget = 101 a week\n", "11: budget: must be from 0 to 100\n" },
	};

	assert_each(cases, G_N_ELEMENTS(cases));
}

static void config__group__values_that_cannot_be(void **state)
{
	static const struct fault_case cases[] = {
		{ SMALL GROUP2 "places = libera/#two\nsoft-cap = 1\nlanguage = en us\n",
		  "15: soft-cap: must be from 2 to 1000\n"
		  "16: language: 'en us' is not one word\n" },
		{ SMALL GROUP2 "places = libera/#makers\n",
		  "14: places: 'libera/#makers' is already a place of [group] on line 5\n" },
		{ SMALL GROUP2 "places = libera/#MAKERS, libera/#two, libera/#two\n",
		  "14: places: 'libera/#MAKERS' is already a place of [group] on line 5\n"
		  "14: places: 'libera/#two' is already a place of [group two] on line 14\n" },
		{ SMALL GROUP2 "places = libra/#two, oftc/#two, console/room\n",
		  "14: places: no network 'libra' here; did you mean 'libera'?\n"
		  "14: places: no network 'oftc' here; it needs a section [irc oftc] or [matrix "
		  "oftc]\n" },
		{ SMALL GROUP2 "places = libera/two\n",
		  "14: places: 'libera/two' is no room; on IRC it begins with '#', as in "
		  "'libera/#makers'\n" },
		{ SMALL GROUP2 "places = #two\n", "14: places: '#two' is not an address; write "
						  "NETWORK/NAME, as in 'libera/#makers'\n" },
		{ SMALL "[group two]\nname = Two\ntimezone = UTC\norganizers = ben\n"
			"places = libera/#two\n",
		  "13: organizers: 'ben' is not an address; write NETWORK/NAME, as in "
		  "'libera/ana'\n" },
		{ SMALL GROUP2 "places = libera/#two,\n",
		  "14: places: nothing between two commas\n" },
		{ SMALL GROUP2 "places = libera/#two libera/#three\n",
		  "14: places: 'libera/#two libera/#three' has a space in it; separate addresses "
		  "with "
		  "commas\n" },
		{ GROUP "[matrix libera]\nhomeserver = https://x.org\nuser = @a:x.org\n",
		  "4: organizers: 'libera/ana' is no account; on Matrix it is a whole id, as in "
		  "'home/@ana:example.org'\n"
		  "5: places: 'libera/#makers' is no room; on Matrix it is an id or an address, "
		  "as in 'home/!id:example.org' or 'home/#makers:example.org'\n" },
		{ SMALL GROUP2 "places = libera/#two\ncharter = a\ncharter-file = b\n",
		  "16: charter-file: 'charter' is set too, on line 15; keep one of them\n" },
		{ SMALL GROUP2 "places = libera/#two\ncharter-file = /nonexistent/charter\n",
		  "15: charter-file: '/nonexistent/charter' cannot be read: No such file or "
		  "directory\n" },
		{ SMALL GROUP2 "places = libera/#two\ncharter-file = /\n",
		  "15: charter-file: '/' cannot be read: Is a directory\n" },
		/* Never waited for, never endless. */
		{ SMALL GROUP2 "places = libera/#two\ncharter-file = /dev/zero\n",
		  "15: charter-file: '/dev/zero' is not an ordinary file\n" },
	};

	assert_each(cases, G_N_ELEMENTS(cases));
}

/* However late each is found. */
static void config__faults__come_by_line(void **state)
{
	assert_faults("[group]\nname = x\ntimezone = UTC\norganizers = libera/ana\n"
		      "places = libera/x\n" IRC "port = 0\njunk\n[group y]\n",
		      "5: places: 'libera/x' is no room; on IRC it begins with '#', as in "
		      "'libera/#makers'\n"
		      "9: port: must be from 1 to 65535\n"
		      "10: no '=' in 'junk'; write 'KEY = VALUE'\n"
		      "11: [group y] needs 'name', as in 'name = Tuesday Makers'\n"
		      "11: [group y] needs 'timezone', as in 'timezone = Europe/Berlin'\n"
		      "11: [group y] needs 'organizers', as in 'organizers = libera/ana'\n"
		      "11: [group y] needs 'places', as in 'places = libera/#makers'\n");
}

static void config__prefix__is_one_to_three_signs(void **state)
{
	static const char *const bad[] = { "kith", "a", "1", "!!!!", "! !", "\xc2\xa1" };
	static const char *const taken[] = { "#", "@", "/", "!#" };
	static const char *const good[] = { "!", "!!", "...", "~", "'" };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *text = g_strdup_printf(GROUP "prefix = %s\n" IRC, bad[i]);
		g_autofree char *fault = g_strdup_printf(
			"6: prefix: '%s' is not one to three signs, as in '!'\n", bad[i]);

		assert_faults(text, fault);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(taken); i++) {
		g_autofree char *text = g_strdup_printf(GROUP "prefix = %s\n" IRC, taken[i]);
		g_autofree char *fault =
			g_strdup_printf("6: prefix: '%s' has '#', '@' or '/' in it, which mean "
					"something else in a room\n",
					taken[i]);

		assert_faults(text, fault);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autofree char *text = g_strdup_printf(GROUP "prefix = %s\n" IRC, good[i]);
		struct config *c = parse(text);

		assert_string_equal(only_group(c)->prefix, good[i]);
		config_free(c);
	}
	assert_faults(GROUP "prefix =\n" IRC,
		      "6: 'prefix' is empty; give it a value or take the line out\n");
}

static void config__timezone__is_an_iana_name(void **state)
{
	static const struct {
		const char *zone, *fault;
	} cases[] = {
		{ "Europe/Berlni", "is not a time zone's name; did you mean 'Europe/Berlin'?" },
		{ "berlin", "is not a time zone's name; did you mean 'Europe/Berlin'?" },
		{ "New York", "is not a time zone's name; did you mean 'America/New_York'?" },
		{ "europe/paris", "is not a time zone's name; did you mean 'Europe/Paris'?" },
		{ "+02:00", "is not a time zone's name, as 'Europe/Berlin' is" },
		{ "UTC+2", "is not a time zone's name, as 'Europe/Berlin' is" },
		{ "Z", "is not a time zone's name, as 'Europe/Berlin' is" },
		{ "EST5EDT4,M3.2.0,M11.1.0", "is not a time zone's name, as 'Europe/Berlin' is" },
		{ "/etc/localtime", "is not a time zone's name, as 'Europe/Berlin' is" },
		{ "../../../etc/localtime", "is not a time zone's name, as 'Europe/Berlin' is" },
		{ "localtime", "is not a time zone's name, as 'Europe/Berlin' is" },
		{ "zone.tab", "is not a time zone's name, as 'Europe/Berlin' is" },
		{ "Europe", "is not a time zone's name, as 'Europe/Berlin' is" },
	};
	static const char *const good[] = { "UTC", "Etc/GMT+2", "America/Argentina/Buenos_Aires" };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
			g_strdup_printf("[group]\nname = x\norganizers = libera/ana\nplaces = "
					"libera/#x\ntimezone = %s\n" IRC,
					cases[i].zone);
		g_autofree char *fault =
			g_strdup_printf("5: timezone: '%s' %s\n", cases[i].zone, cases[i].fault);

		assert_faults(text, fault);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autofree char *text =
			g_strdup_printf("[group]\nname = x\norganizers = libera/ana\nplaces = "
					"libera/#x\ntimezone = %s\n" IRC,
					good[i]);
		struct config *c = parse(text);

		assert_string_equal(only_group(c)->timezone, good[i]);
		assert_non_null(only_group(c)->zone);
		config_free(c);
	}
}

#define WALL " is not a weekday and a time, as in 'Mon 09:00'\n"
#define DATE " is not a date or a FROM..TO of at most 366 days, as in '2026-12-24..2027-01-02'\n"

static void config__round__values_that_cannot_be(void **state)
{
	static const struct fault_case cases[] = {
		{ ROUND "opens = 09:00\n", "11: opens: '09:00'" WALL },
		{ ROUND "opens = Mon\n", "11: opens: 'Mon'" WALL },
		{ ROUND "opens = Mond 09:00\n", "11: opens: 'Mond 09:00'" WALL },
		{ ROUND "opens = Mon 9\n", "11: opens: 'Mon 9'" WALL },
		{ ROUND "opens = Mon 09:0\n", "11: opens: 'Mon 09:0'" WALL },
		{ ROUND "opens = Mon 24:00\n", "11: opens: 'Mon 24:00'" WALL },
		{ ROUND "opens = Mon 09:60\n", "11: opens: 'Mon 09:60'" WALL },
		{ ROUND "opens = Mon 09:00 am\n", "11: opens: 'Mon 09:00 am'" WALL },
		{ ROUND "opens = Mon 009:00\n", "11: opens: 'Mon 009:00'" WALL },
		{ ROUND "every = 0 weeks\n", "11: every: must be from 1 to 52\n" },
		{ ROUND "every = 53 weeks\n", "11: every: must be from 1 to 52\n" },
		{ ROUND "every = 14 days\n",
		  "11: every: '14 days' is not a number of weeks, as in '2 weeks'\n" },
		{ ROUND "archive = 1s\n", "11: archive: must be from 1 minute to 52 weeks\n" },
		{ ROUND "holidays = 2026-13-01\n", "11: holidays: '2026-13-01'" DATE },
		{ ROUND "holidays = 2027-02-29\n", "11: holidays: '2027-02-29'" DATE },
		{ ROUND "holidays = 24.12.2026\n", "11: holidays: '24.12.2026'" DATE },
		{ ROUND "holidays = 2026-12-24, x\n", "11: holidays: 'x'" DATE },
		{ ROUND "holidays = 2026-12-24,\n", "11: holidays: ''" DATE },
		{ ROUND "holidays = x, 2026-12-24, y,\n",
		  "11: holidays: 'x' is not a date or a FROM..TO of at most 366 days, as in "
		  "'2026-12-24..2027-01-02'; nor is 'y'; nor is ''\n" },
		{ ROUND "holidays = 2026-12-24..2026-12-20\n",
		  "11: holidays: '2026-12-24..2026-12-20'" DATE },
		{ ROUND "holidays = 2026-12-24..2028-12-24\n",
		  "11: holidays: '2026-12-24..2028-12-24'" DATE },
		{ ROUND "holidays = 2026-12-24..\n", "11: holidays: '2026-12-24..'" DATE },
	};

	assert_each(cases, G_N_ELEMENTS(cases));
}

#define ORDER(closes, last_call)                                       \
	"closes: " closes " does not come after last-call (" last_call \
	") and before the next round opens (Mon 09:00)\n"

static void config__round__steps_follow_each_other(void **state)
{
	static const struct fault_case cases[] = {
		{ ROUND "closes = Tue 20:00\n", "11: " ORDER("Tue 20:00", "Wed 18:00") },
		{ ROUND "last-call = Fri 18:00\n", "11: " ORDER("Thu 20:00", "Fri 18:00") },
		{ ROUND "closes = Wed 18:00\n", "11: " ORDER("Wed 18:00", "Wed 18:00") },
		{ ROUND "closes = Mon 09:00\n", "11: " ORDER("Mon 09:00", "Wed 18:00") },
		{ ROUND "every = 2 weeks\ncloses = Wed 18:00\n",
		  "12: " ORDER("Wed 18:00", "Wed 18:00") },
		{ ROUND "last-call = Mon 09:00\n",
		  "11: last-call: Mon 09:00 is when the round opens; it comes after that\n" },
		/* From Thu 20:00 to Mon 09:00 are 85 hours; then the next round would begin. */
		{ ROUND "archive = 85 hours\n", "11: archive: 85 hours after the close (Thu 20:00) "
						"is not before the next round opens "
						"(Mon 09:00); it takes less than 85 hours\n" },
		{ ROUND "closes = Sun 20:00\n", "11: archive: 1 day after the close (Sun 20:00) is "
						"not before the next round opens "
						"(Mon 09:00); it takes less than 13 hours\n" },
		/* Whenever the round closes, this is too long. */
		{ ROUND "opens = never\narchive = 1 week\n",
		  "11: opens: 'never'" WALL
		  "12: archive: 1 week after the close is not before the next round opens; it "
		  "takes less than 1 week\n" },
		{ ROUND "archive = 3 weeks\nevery = 2 weeks\ncloses = Thu\n",
		  "11: archive: 3 weeks after the close is not before the next round opens; it "
		  "takes less than 2 weeks\n"
		  "13: closes: 'Thu'" WALL },
		/* What is broken already is not held against the others. */
		{ ROUND "every = never\narchive = 3 weeks\n",
		  "11: every: 'never' is not a number of weeks, as in '2 weeks'\n" },
		{ ROUND "last-call = never\narchive = 6 days\n", "11: last-call: 'never'" WALL },
		{ ROUND "opens = never\ncloses = Tue 20:00\n", "11: opens: 'never'" WALL },
	};
	static const char *const good[] = {
		ROUND "archive = 84 hours 59 minutes\n",
		ROUND "opens = Sat 10:00\nlast-call = Mon 10:00\ncloses = Wed 10:00\n",
		ROUND "every = 2 weeks\ncloses = Tue 20:00\n",
		ROUND "opens = Mon 09:00\nlast-call = Mon 09:01\ncloses = Mon 09:02\n",
		ROUND "every = 52 weeks\narchive = 300 days\n",
	};

	assert_each(cases, G_N_ELEMENTS(cases));
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		config_free(parse(good[i]));
}

static void config__many_faults__are_told_up_to_a_point(void **state)
{
	g_autoptr(GString) text = g_string_new(SMALL);
	struct config *c = NULL;
	g_autofree char *faults = NULL;
	g_auto(GStrv) lines = NULL;

	for (int i = 0; i < 250; i++)
		g_string_append(text, "junk\n");
	assert_int_equal(config_parse(text->str, "x", &c, &faults), -EINVAL);
	lines = g_strsplit(faults, "\n", -1);
	assert_int_equal(g_strv_length(lines), 202);
	assert_string_equal(lines[199], "x:209: no '=' in 'junk'; write 'KEY = VALUE'");
	assert_string_equal(lines[200], "x:210: and 50 more from here on");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config__smallest__has_every_default),
		cmocka_unit_test(config__every_value__is_read),
		cmocka_unit_test(config__several_groups__keep_their_own),
		cmocka_unit_test(config__form__does_not_matter),
		cmocka_unit_test(config__long_value__comes_whole),
		cmocka_unit_test(config__lines__that_cannot_be_read),
		cmocka_unit_test(config__names__that_are_not_in_the_table),
		cmocka_unit_test(config__required__is_missed),
		cmocka_unit_test(config__secrets__are_turned_away_unseen),
		cmocka_unit_test(config__values__that_cannot_be),
		cmocka_unit_test(config__group__values_that_cannot_be),
		cmocka_unit_test(config__faults__come_by_line),
		cmocka_unit_test(config__prefix__is_one_to_three_signs),
		cmocka_unit_test(config__timezone__is_an_iana_name),
		cmocka_unit_test(config__round__values_that_cannot_be),
		cmocka_unit_test(config__round__steps_follow_each_other),
		cmocka_unit_test(config__many_faults__are_told_up_to_a_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
