#include "transport/log/log.h"

#include "clock.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const kinds[] = {
	[LOG_LINE_NOTHING] = "nothing",     [LOG_LINE_MESSAGE] = "message",
	[LOG_LINE_ACTION] = "action",       [LOG_LINE_NOTICE] = "notice",
	[LOG_LINE_JOIN] = "join",           [LOG_LINE_PART] = "part",
	[LOG_LINE_NICK] = "nick",           [LOG_LINE_EDIT] = "edit",
	[LOG_LINE_REDACTION] = "redaction",
};

/* "message ana 2026-11-23T09:01:00Z: text"; "nothing"; "! what is wrong". */
static char *described(struct log_reader *r, const char *bytes, size_t n)
{
	struct log_line line = { .kind = LOG_LINE_EDIT, .nick = "untouched" };
	const char *error = NULL;
	if (log_reader_line(r, bytes, n, &line, &error) < 0) {
		assert_non_null(error);
		assert_string_equal(line.nick, "untouched");
		return g_strconcat("! ", error, NULL);
	}
	if (line.kind == LOG_LINE_NOTHING) {
		assert_null(line.nick);
		assert_null(line.text);
		return g_strdup("nothing");
	}
	assert_null(line.account);
	assert_true(g_utf8_validate(line.nick, -1, NULL) && g_utf8_validate(line.text, -1, NULL));
	g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(line.at_us / CLOCK_US_PER_SECOND);
	g_autofree char *stamp = g_date_time_format(at, "%FT%TZ");
	return g_strdup_printf("%s %s %s: %s", kinds[line.kind], line.nick, stamp, line.text);
}

struct pair {
	const char *line;
	const char *means; /* or how that begins, for an error */
};

static void read_through(enum log_format format, const char *zone_name, const GDate *day,
			 const struct pair *pairs, size_t n)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);
	struct log_reader *r = log_reader_new(format, zone, day);
	for (size_t i = 0; i < n; i++) {
		g_autofree char *means = described(r, pairs[i].line, strlen(pairs[i].line));
		bool same = *pairs[i].means == '!' ? g_str_has_prefix(means, pairs[i].means)
						   : !strcmp(means, pairs[i].means);
		if (!same)
			fail_msg("\"%s\" is \"%s\", not \"%s\"", pairs[i].line, means,
				 pairs[i].means);
	}
	log_reader_free(r);
}

/* --- irssi --- */

static void irssi__lines__mean(void **state)
{
	static const struct pair pairs[] = {
		{ "09:00 < ana> too early", "! has a time before" },
		{ "--- Log opened Mon Nov 23 09:00:00 2026", "nothing" },
		{ "09:01 <@ana> hello", "message ana 2026-11-23T09:01:00Z: hello" },
		{ "09:01:22 < ben> with seconds",
		  "message ben 2026-11-23T09:01:22Z: with seconds" },
		{ "09:01 <ana> no sign", "message ana 2026-11-23T09:01:00Z: no sign" },
		{ "09:01 <~&@zoe|away[x]`^{}\\> all of a nick",
		  "message zoe|away[x]`^{}\\ 2026-11-23T09:01:00Z: all of a nick" },
		{ "09:01 < ana>  two spaces > and <more>",
		  "message ana 2026-11-23T09:01:00Z:  two spaces > and <more>" },
		{ "09:01 < ana> ", "message ana 2026-11-23T09:01:00Z: " },
		{ "09:01 < ana>", "message ana 2026-11-23T09:01:00Z: " },
		{ "09:01 < ana:#makers> elsewhere", "message ana 2026-11-23T09:01:00Z: elsewhere" },
		{ "09:01 < ana> 09:02 <ben> pasted",
		  "message ana 2026-11-23T09:01:00Z: 09:02 <ben> pasted" },
		{ "09:01  * ana waves slowly", "action ana 2026-11-23T09:01:00Z: waves slowly" },
		{ "09:01  * ana", "action ana 2026-11-23T09:01:00Z: " },
		{ "09:01 -bot:#makers- read me", "notice bot 2026-11-23T09:01:00Z: read me" },
		{ "09:01 -!- zoe [~z@host] has joined #makers", "join zoe 2026-11-23T09:01:00Z: " },
		{ "09:01 -!- zoe [~z@host] [zoe-account] has joined #makers",
		  "join zoe 2026-11-23T09:01:00Z: " },
		{ "09:01 -!- zoe [~z@host] has left #makers [bye]",
		  "part zoe 2026-11-23T09:01:00Z: " },
		{ "09:01 -!- zoe [~z@host] has quit [Ping timeout]",
		  "part zoe 2026-11-23T09:01:00Z: " },
		{ "09:01 -!- zoe was kicked from #makers by ana [enough]",
		  "part zoe 2026-11-23T09:01:00Z: " },
		{ "09:01 -!- zoe is now known as zoe_", "nick zoe 2026-11-23T09:01:00Z: zoe_" },
		{ "09:01 -!- You're now known as olga", "nothing" },
		{ "09:01 -!- ana changed the topic of #makers to: x [y] has joined #makers",
		  "nothing" },
		{ "09:01 -!- mode/#makers [+o ana] by olga", "nothing" },
		{ "09:01 -!- Irssi: Join to #makers was synced in 0 secs", "nothing" },
		{ "09:01 -!- Netsplit a.example.org <-> b.example.org quits: ana, ben", "nothing" },
		{ "09:01 -!-  is now known as zoe", "nothing" },
		{ "09:01 [ben(~b@host)] in private", "nothing" },
		{ "09:01 !irc.example.org *** Notice", "nothing" },
		{ "--- Day changed Tue Nov 24 2026", "nothing" },
		{ "00:00 < ana> next day", "message ana 2026-11-24T00:00:00Z: next day" },
		{ "--- Log closed Tue Nov 24 00:10:00 2026", "nothing" },
		{ "--- Log opened Tue Dec  1 08:00:00 2026", "nothing" },
		{ "08:00 < ana> a short day", "message ana 2026-12-01T08:00:00Z: a short day" },
		{ "--- Log opened ma 23. marras 2026", "! has no date" },
		{ "--- Log opened Mon Nov 31 09:00:00 2026", "! has no date" },
		{ "--- Log opened Mon Nov 23 09:00:00 1826", "! has no date" },
		{ "--- Log opened Mon Nov 23 09:00:00 2026 and more", "! has no date" },
		{ "--- anything", "! is no line of irssi's" },
		{ "24:00 < ana> no time", "! is no line of irssi's" },
		{ "09:60 < ana> no time", "! is no line of irssi's" },
		{ "9:00 < ana> no time", "! is no line of irssi's" },
		{ "09:01 < > nobody", "! is no line of irssi's" },
		{ "09:01 <ana ben> two", "! is no line of irssi's" },
		{ "09:01 <ana text", "! is no line of irssi's" },
		{ "09:01 ana: text", "! is no line of irssi's" },
		{ "09:01 - text", "! is no line of irssi's" },
		{ "09:01", "! is no line of irssi's" },
		{ "text", "! is no line of irssi's" },
	};
	read_through(LOG_FORMAT_IRSSI, "UTC", NULL, pairs, G_N_ELEMENTS(pairs));
}

/* --- weechat --- */

static void weechat__lines__mean(void **state)
{
	static const struct pair pairs[] = {
		{ "2026-11-23 09:01:22\tana\thello", "message ana 2026-11-23T09:01:22Z: hello" },
		{ "2026-11-23 09:01:22\t@ana\thello", "message ana 2026-11-23T09:01:22Z: hello" },
		{ "2026-11-23 09:01:22\t~@%&+ana\thello",
		  "message ana 2026-11-23T09:01:22Z: hello" },
		{ "2026-11-23 09:01:22\t   zoe[x]|away \thello",
		  "message zoe[x]|away 2026-11-23T09:01:22Z: hello" },
		{ "2026-11-23 09:01:22.123456\tana\twith a fraction",
		  "message ana 2026-11-23T09:01:22Z: with a fraction" },
		{ "2026-11-23 09:01:22\tana\ta\ttab", "message ana 2026-11-23T09:01:22Z: a\ttab" },
		{ "2026-11-23 09:01:22\tana\t", "message ana 2026-11-23T09:01:22Z: " },
		{ "2026-11-23 09:01:22\t *\tana waves", "action ana 2026-11-23T09:01:22Z: waves" },
		{ "2026-11-23 09:01:22\t *\t@ana waves", "action ana 2026-11-23T09:01:22Z: waves" },
		{ "2026-11-23 09:01:22\t-->\tzoe (~z@host) has joined #makers",
		  "join zoe 2026-11-23T09:01:22Z: " },
		{ "2026-11-23 09:01:22\t-->\tzoe [account] (Zoe Z) (~z@host) has joined #makers",
		  "join zoe 2026-11-23T09:01:22Z: " },
		{ "2026-11-23 09:01:22\t<--\tzoe (~z@host) has left #makers (bye)",
		  "part zoe 2026-11-23T09:01:22Z: " },
		{ "2026-11-23 09:01:22\t<--\tzoe (~z@host) has quit (Quit: bye)",
		  "part zoe 2026-11-23T09:01:22Z: " },
		{ "2026-11-23 09:01:22\t<--\tana has kicked zoe (enough)",
		  "part zoe 2026-11-23T09:01:22Z: " },
		{ "2026-11-23 09:01:22\t--\tzoe is now known as zoe_",
		  "nick zoe 2026-11-23T09:01:22Z: zoe_" },
		{ "2026-11-23 09:01:22\t--\tYou are now known as olga", "nothing" },
		{ "2026-11-23 09:01:22\t--\tNotice(bot) -> #makers: read me",
		  "notice bot 2026-11-23T09:01:22Z: read me" },
		{ "2026-11-23 09:01:22\t--\tNotice(bot): read me",
		  "notice bot 2026-11-23T09:01:22Z: read me" },
		{ "2026-11-23 09:01:22\t--\tTopic for #makers is \"ana is now known as ben\"",
		  "nothing" },
		{ "2026-11-23 09:01:22\t--\tana has changed topic for #makers to \"x\"",
		  "nothing" },
		{ "2026-11-23 09:01:22\t--\tMode #makers [+o ana] by olga", "nothing" },
		{ "2026-11-23 09:01:22\t\tTotal: 12 nicks", "nothing" },
		{ "2026-11-23 09:01:22\t***\t\"/quit\"", "nothing" },
		{ "2026-11-23 09:01:22\t=!=\tirc: disconnected", "nothing" },
		{ "2026-11-24 00:00:01\tana\tnext day",
		  "message ana 2026-11-24T00:00:01Z: next day" },
		{ "2026-11-23 23:00:00\tana\tand back",
		  "message ana 2026-11-23T23:00:00Z: and back" },
		{ "2026-11-23 09:01:22\tana ben\ttwo", "! is no line of weechat's" },
		{ "2026-11-23 09:01:22\t@\tnobody", "! is no line of weechat's" },
		{ "2026-11-23 09:01:22\tana", "! is no line of weechat's" },
		{ "2026-11-23 09:01:22 ana\thello", "! is no line of weechat's" },
		{ "2026-02-29 09:01:22\tana\thello", "! is no line of weechat's" },
		{ "2026-11-23 09:01:60\tana\thello", "! is no line of weechat's" },
		{ "26-11-23 09:01:22\tana\thello", "! is no line of weechat's" },
		{ "hello", "! is no line of weechat's" },
	};
	read_through(LOG_FORMAT_WEECHAT, "UTC", NULL, pairs, G_N_ELEMENTS(pairs));
}

/* --- ZNC and energymech --- */

static void energymech__lines__mean(void **state)
{
	static const struct pair pairs[] = {
		{ "[09:01:22] <ana> hello", "message ana 2026-11-23T09:01:22Z: hello" },
		{ "[09:01] <@ana> hello", "message ana 2026-11-23T09:01:00Z: hello" },
		{ "[09:01:22] <zoe[x]|away> > quoted",
		  "message zoe[x]|away 2026-11-23T09:01:22Z: > quoted" },
		{ "[09:01:22] * ana waves", "action ana 2026-11-23T09:01:22Z: waves" },
		{ "[09:01:22] -bot- read me", "notice bot 2026-11-23T09:01:22Z: read me" },
		{ "[09:01:22] -a-bot- read - me", "notice a-bot 2026-11-23T09:01:22Z: read - me" },
		{ "[09:01:22] *** Joins: zoe (~z@host)", "join zoe 2026-11-23T09:01:22Z: " },
		{ "[09:01:22] *** Parts: zoe (~z@host) (bye)", "part zoe 2026-11-23T09:01:22Z: " },
		{ "[09:01:22] *** Quits: zoe (~z@host) (bye)", "part zoe 2026-11-23T09:01:22Z: " },
		{ "[09:01:22] *** zoe was kicked by ana (enough)",
		  "part zoe 2026-11-23T09:01:22Z: " },
		{ "[09:01:22] *** zoe is now known as zoe_",
		  "nick zoe 2026-11-23T09:01:22Z: zoe_" },
		{ "[09:01:22] *** ana changes topic to 'Joins: zoe'", "nothing" },
		{ "[09:01:22] *** ana sets mode: +o ben", "nothing" },
		{ "[09:01:22] Connected to IRC (irc.example.org +6697)", "nothing" },
		{ "[09:01:22] Broadcast: restarting", "nothing" },
		{ "[23:59:58] <ana> late", "message ana 2026-11-23T23:59:58Z: late" },
		{ "[00:00:03] <ana> over midnight",
		  "message ana 2026-11-24T00:00:03Z: over midnight" },
		{ "[2026-11-30 10:00:00] <ana> its own day",
		  "message ana 2026-11-30T10:00:00Z: its own day" },
		{ "[10:00:01] <ana> which lasts", "message ana 2026-11-30T10:00:01Z: which lasts" },
		{ "[09:01:22] hello", "! is no line as ZNC" },
		{ "[09:01:22] *zoe waves", "! is no line as ZNC" },
		{ "[09:01:22]<ana> hello", "! is no line as ZNC" },
		{ "[2026-11-3010:00:00] <ana> hello", "! is no line as ZNC" },
		{ "[25:01:22] <ana> hello", "! is no line as ZNC" },
		{ "09:01:22 <ana> hello", "! is no line as ZNC" },
	};
	GDate day;
	g_date_set_dmy(&day, 23, G_DATE_NOVEMBER, 2026);
	read_through(LOG_FORMAT_ENERGYMECH, "UTC", &day, pairs, G_N_ELEMENTS(pairs));
}

static void energymech__day__is_needed(void **state)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	struct log_reader *r = log_reader_new(LOG_FORMAT_ENERGYMECH, utc, NULL);
	static const char line[] = "[09:01:22] <ana> hello";
	assert_false(log_reader_lacks_day(r));
	g_autofree char *means = described(r, line, strlen(line));
	assert_string_equal(means, "! has a time and no day");
	assert_true(log_reader_lacks_day(r));
	log_reader_free(r);
}

/* --- times --- */

/* Berlin: on 28 March 2027 02:00 becomes 03:00, on 25 October 2026 03:00 becomes 02:00. */
static void times__zone__is_the_groups(void **state)
{
	static const struct pair pairs[] = {
		{ "2026-11-23 09:01:22\tana\twinter", "message ana 2026-11-23T08:01:22Z: winter" },
		{ "2026-07-23 09:01:22\tana\tsummer", "message ana 2026-07-23T07:01:22Z: summer" },
		{ "2027-03-28 01:59:59\tana\tbefore", "message ana 2027-03-28T00:59:59Z: before" },
		{ "2027-03-28 02:30:00\tana\tskipped",
		  "message ana 2027-03-28T01:00:00Z: skipped" },
		{ "2027-03-28 03:00:01\tana\tafter", "message ana 2027-03-28T01:00:01Z: after" },
	};
	read_through(LOG_FORMAT_WEECHAT, "Europe/Berlin", NULL, pairs, G_N_ELEMENTS(pairs));
}

static void times__repeated_hour__goes_on(void **state)
{
	static const struct pair pairs[] = {
		{ "--- Log opened Sun Oct 25 01:00:00 2026", "nothing" },
		{ "02:10 < ana> a", "message ana 2026-10-25T00:10:00Z: a" },
		{ "02:59 < ana> b", "message ana 2026-10-25T00:59:00Z: b" },
		{ "02:00 < ana> c", "message ana 2026-10-25T01:00:00Z: c" },
		{ "02:10 < ana> d", "message ana 2026-10-25T01:10:00Z: d" },
		{ "03:00 < ana> e", "message ana 2026-10-25T02:00:00Z: e" },
	};
	read_through(LOG_FORMAT_IRSSI, "Europe/Berlin", NULL, pairs, G_N_ELEMENTS(pairs));
	/* Winter is what Ireland's rules take for the exception. */
	static const struct pair dublin[] = {
		{ "2026-10-25 01:10:00\tana\ta", "message ana 2026-10-25T00:10:00Z: a" },
		{ "2026-10-25 01:05:00\tana\tb", "message ana 2026-10-25T01:05:00Z: b" },
	};
	read_through(LOG_FORMAT_WEECHAT, "Europe/Dublin", NULL, dublin, G_N_ELEMENTS(dublin));
}

static void times__clock_set_back_a_little__stays_on_its_day(void **state)
{
	static const struct pair pairs[] = {
		{ "--- Log opened Mon Nov 23 09:00:00 2026", "nothing" },
		{ "23:50 < ana> a", "message ana 2026-11-23T23:50:00Z: a" },
		{ "13:00 < ana> b", "message ana 2026-11-23T13:00:00Z: b" },
		{ "00:10 < ana> c", "message ana 2026-11-24T00:10:00Z: c" },
		{ "--- Day changed Tue Nov 24 2026", "nothing" },
		{ "00:11 < ana> d", "message ana 2026-11-24T00:11:00Z: d" },
	};
	read_through(LOG_FORMAT_IRSSI, "UTC", NULL, pairs, G_N_ELEMENTS(pairs));
}

/* --- any bytes --- */

static void bytes__broken__are_made_valid(void **state)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	struct log_reader *r = log_reader_new(LOG_FORMAT_WEECHAT, utc, NULL);
	static const char latin[] = "2026-11-23 09:01:22\tzo\xeb\tna\xefve caf\xe9";
	static const char nul[] = "2026-11-23 09:01:22\tana\tone\0two";
	static const char dos[] = "2026-11-23 09:01:22\tana\thello\r";
	static const struct {
		const char *bytes;
		size_t n;
		const char *means;
	} cases[] = {
		{ latin, sizeof(latin) - 1,
		  "message zo\xef\xbf\xbd 2026-11-23T09:01:22Z: na\xef\xbf\xbdve caf\xef\xbf\xbd" },
		{ nul, sizeof(nul) - 1, "message ana 2026-11-23T09:01:22Z: one\xef\xbf\xbdtwo" },
		{ dos, sizeof(dos) - 1, "message ana 2026-11-23T09:01:22Z: hello" },
		{ "", 0,
		  "! is no line of weechat's: \"2026-11-23 09:01:22\", a tab, the nick, a tab, the "
		  "text" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *means = described(r, cases[i].bytes, cases[i].n);
		assert_string_equal(means, cases[i].means);
	}
	log_reader_free(r);
}

static void bytes__long_line__is_no_chat(void **state)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	struct log_reader *r = log_reader_new(LOG_FORMAT_WEECHAT, utc, NULL);
	g_autoptr(GString) line = g_string_new("2026-11-23 09:01:22\tana\t");
	while (line->len < 100000)
		g_string_append(line, "very long ");
	g_autofree char *means = described(r, line->str, line->len);
	assert_string_equal(means, "! is longer than any chat line");
	g_autofree char *cut = described(r, line->str, LOG_LINE_MOST);
	assert_true(g_str_has_prefix(cut, "message ana"));
	log_reader_free(r);
}

/* --- which --- */

static void detect__first_lines__tell(void **state)
{
	static const struct {
		const char *head;
		int format; /* -1: none */
	} cases[] = {
		{ "--- Log opened Mon Nov 23 09:00:00 2026\n", LOG_FORMAT_IRSSI },
		{ "\n\n--- Day changed Mon Nov 23 2026\r\n", LOG_FORMAT_IRSSI },
		{ "09:01 < ana> hello", LOG_FORMAT_IRSSI },
		{ "\xef\xbb\xbf"
		  "09:01:22 -!- ana",
		  LOG_FORMAT_IRSSI },
		{ "cut off here> text\n09:01  * ana waves\n", LOG_FORMAT_IRSSI },
		{ "2026-11-23 09:01:22\tana\thello\n", LOG_FORMAT_WEECHAT },
		{ "[09:01:22] <ana> hello\n", LOG_FORMAT_ENERGYMECH },
		{ "[2026-11-23 09:01] <ana> hello\n", LOG_FORMAT_ENERGYMECH },
		{ "{\"messages\": []}", LOG_FORMAT_MATRIX },
		{ "\xef\xbb\xbf\n [\n{\"type\": \"m.room.message\"", LOG_FORMAT_MATRIX },
		{ "{\"body\": \"\n[09:01:22] pasted\"}", LOG_FORMAT_MATRIX },
		{ "", -1 },
		{ "\n", -1 },
		{ "hello", -1 },
		{ "09:01", -1 },
		{ "[]", LOG_FORMAT_MATRIX },
		{ "{ }", LOG_FORMAT_MATRIX },
		{ "[info] 09:01 started", -1 },
		{ "[group]\nname = x", -1 },
		{ "{name}", -1 },
		{ "[", -1 },
		{ "<html>", -1 },
		{ "\x1f\x8b\x08", -1 },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		enum log_format format = LOG_FORMAT_MATRIX;
		int r = log_detect(cases[i].head, strlen(cases[i].head), &format);
		if (r != (cases[i].format < 0 ? -EINVAL : 0) ||
		    (r == 0 && (int)format != cases[i].format))
			fail_msg("\"%s\": %d, %s", cases[i].head, r, log_format_name(format));
	}
}

static void name__day__is_found(void **state)
{
	static const struct {
		const char *path, *day; /* NULL: none */
	} cases[] = {
		{ "2026-11-23.log", "2026-11-23" },
		{ "#makers_20261123.log", "2026-11-23" },
		{ "logs/2026-01-01/#makers.log", NULL },
		{ "logs/2026-01-01/20261123.log", "2026-11-23" },
		{ "irc.libera.#2600.2026-11-23.weechatlog", "2026-11-23" },
		{ "1202611230.log", NULL },
		{ "2026-11-231.log", NULL },
		{ "2026-13-01.log", NULL },
		{ "20260229.log", NULL },
		{ "00000000_20261123", "2026-11-23" },
		{ "makers.log", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		GDate day;
		char text[16] = "";
		bool found = log_day_of_name(cases[i].path, &day);
		if (found)
			g_date_strftime(text, sizeof(text), "%Y-%m-%d", &day);
		if (found != (cases[i].day != NULL) || (found && strcmp(text, cases[i].day) != 0))
			fail_msg("\"%s\": \"%s\"", cases[i].path, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(irssi__lines__mean),
		cmocka_unit_test(weechat__lines__mean),
		cmocka_unit_test(energymech__lines__mean),
		cmocka_unit_test(energymech__day__is_needed),
		cmocka_unit_test(times__zone__is_the_groups),
		cmocka_unit_test(times__repeated_hour__goes_on),
		cmocka_unit_test(times__clock_set_back_a_little__stays_on_its_day),
		cmocka_unit_test(bytes__broken__are_made_valid),
		cmocka_unit_test(bytes__long_line__is_no_chat),
		cmocka_unit_test(detect__first_lines__tell),
		cmocka_unit_test(name__day__is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
