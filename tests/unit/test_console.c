/* The console: what people do, and what is printed. */
#include "console_bot.h"

static void console__lines__are_printed_and_heard(void **state)
{
	assert_played("members ana ben\n"
		      "# nobody sees this\n"
		      "## The first day.\n"
		      "ana: hello\n"
		      "~dora: Kith, ask why\n"
		      "ben: KITH:ask how\n"
		      "ana: kithkin: ask nothing\n"
		      "ben replies ana: hi\n"
		      "ana edits: kith: hello all\n"
		      "ana deletes\n"
		      "cleo joins\n"
		      "ben leaves\n",
		      MONDAY "-- members ana ben --\n"
			     "-- The first day. --\n"
			     "[Mon 09:00] ana: hello\n"
			     "[Mon 09:00] ~dora: Kith, ask why\n"
			     "[Mon 09:00] kith: heard why\n"
			     "[Mon 09:00] ben: KITH:ask how\n"
			     "[Mon 09:00] kith: heard how\n"
			     "[Mon 09:00] ana: kithkin: ask nothing\n"
			     "[Mon 09:00] ben replies ana: hi\n"
			     "[Mon 09:00] ana edits: kith: hello all\n"
			     "[Mon 09:00] ana deletes\n"
			     "[Mon 09:00] cleo joins\n"
			     "[Mon 09:00] ben leaves\n",
		      "start\nonline\nmember ana\nmember ben\n"
		      "message ana/ana \"hello\" .1 +0\n"
		      "message /dora \"ask why\" addressed .2 +1\n"
		      "delivered .2\n"
		      "message ben/ben \"ask how\" addressed .3 +2\n"
		      "delivered .3\n"
		      "message ana/ana \"kithkin: ask nothing\" .4 +3\n"
		      "message ben/ben \"hi\" reply_to=.4 .5 +4\n"
		      "edit ana/ana \"hello all\" addressed target=.4 .6 +5\n"
		      "redaction ana/ana target=.4 .7 +6\n"
		      "join cleo/cleo .8 +7\n"
		      "leave ben/ben .9 +8\n"
		      "stop\n");
}

static void console__private__goes_to_one(void **state)
{
	assert_played("ana>> ask this\n"
		      "~dora>> ask that\n"
		      "ana: whisper nobody-yet\n"
		      "ana: whisper ?dora\n"
		      "ana: whisper ?ana\n"
		      "ana: whisper ?ghost\n"
		      "ana leaves\n"
		      "cleo: whisper ana\n"
		      "ana joins\n"
		      "cleo: whisper ana\n"
		      "cleo: elsewhere\n",
		      MONDAY "[Mon 09:00] ana>>kith: ask this\n"
			     "[Mon 09:00] kith>>ana: heard this\n"
			     "[Mon 09:00] ~dora>>kith: ask that\n"
			     "[Mon 09:00] kith>>~dora: heard that\n"
			     "[Mon 09:00] ana: whisper nobody-yet\n"
			     "[Mon 09:00] kith>>nobody-yet: a word\n"
			     "[Mon 09:00] ana: whisper ?dora\n"
			     "[Mon 09:00] kith>>~dora: a word\n"
			     "[Mon 09:00] ana: whisper ?ana\n"
			     "[Mon 09:00] kith>>ana: a word\n"
			     "[Mon 09:00] ana: whisper ?ghost\n"
			     "[Mon 09:00] kith>>~ghost: a word\n"
			     "[Mon 09:00] ana leaves\n"
			     "[Mon 09:00] cleo: whisper ana\n"
			     "[Mon 09:00] ana joins\n"
			     "[Mon 09:00] cleo: whisper ana\n"
			     "[Mon 09:00] kith>>ana: a word\n"
			     "[Mon 09:00] cleo: elsewhere\n",
		      NULL);
	struct result r = play("ana leaves\n");
	assert_string_equal(r.errors, "test.kith:1: ana is not in the room\n");
	result_done(&r);
	r = play("ana: hi\nana leaves\nben: whisper ana\nben: elsewhere\n");
	assert_non_null(strstr(r.calls, "refused: No such file or directory\n"));
	assert_non_null(strstr(r.calls, "refused: Invalid argument\n"));
	result_done(&r);
}

static void console__long_texts__are_aligned(void **state)
{
	assert_played("ana: one\\ntwo\\n\\nthree\n"
		      "日本>> a\\nb\n"
		      "ana: amend\n"
		      "ana: bell \\x07 \\x1b[2J \\xc2\\x85.\n",
		      MONDAY "[Mon 09:00] ana: one\n"
			     "                 two\n"
			     "\n"
			     "                 three\n"
			     "[Mon 09:00] 日本>>kith: a\n"
			     "                        b\n"
			     "[Mon 09:00] ana: amend\n"
			     "[Mon 09:00] kith edits: amended\n"
			     "[Mon 09:00] ana: bell ␇ ␛[2J \xef\xbf\xbd.\n",
		      NULL);
}

static void console__json__is_what_kith_says(void **state)
{
	static const char script[] = "members ana\n"
				     "ana: later \xe2\x80\x9csupper\xe2\x80\x9d\n"
				     "@ +1d\n"
				     "~dora: ask \"it\"\\nall\n"
				     "!down\n"
				     "!up\n"
				     "ana>> ask me\n"
				     "~dora>> ask me\n"
				     "ana: whisper ben\n";
	struct result r = play_bytes(script, strlen(script), true);
	assert_int_equal(r.status, EX_OK);
	assert_string_equal(
		r.out,
		"{\"line\":2,\"at\":\"2026-11-23T09:00:00Z\",\"to\":\"room\",\"reply_to\":\"ana\","
		"\"text\":\"kept it for later\",\"word\":\"kept\"}\n"
		"{\"line\":3,\"at\":\"2026-11-23T12:00:00Z\",\"to\":\"room\",\"reply_to\":null,"
		"\"text\":\"\xe2\x80\x9csupper\xe2\x80\x9d\",\"word\":\"kept\"}\n"
		"{\"line\":4,\"at\":\"2026-11-24T09:00:01Z\",\"to\":\"room\",\"reply_to\":\"~"
		"dora\","
		"\"text\":\"heard **\\\"it\\\"\\nall**\",\"word\":null}\n"
		"{\"line\":7,\"at\":\"2026-11-24T09:00:02Z\",\"to\":\"ana\",\"reply_to\":\"ana\","
		"\"text\":\"heard me\",\"word\":null}\n"
		"{\"line\":8,\"at\":\"2026-11-24T09:00:03Z\",\"to\":\"~dora\",\"reply_to\":\"~"
		"dora\","
		"\"text\":\"heard me\",\"word\":null}\n"
		"{\"line\":9,\"at\":\"2026-11-24T09:00:04Z\",\"to\":\"ben\",\"reply_to\":null,"
		"\"text\":\"a word\",\"word\":\"secret\"}\n");
	result_done(&r);
}

static void console__people__reply_to_the_bot(void **state)
{
	struct result r = play("ana: keep it\nana replies kith: thanks\nben replies KITH: too\n");
	assert_int_equal(r.status, EX_OK);
	assert_non_null(strstr(r.calls, "message ana/ana \"thanks\" reply_to=.1 .2 +1\n"));
	assert_non_null(strstr(r.calls, "message ben/ben \"too\" reply_to=.1 .3 +2\n"));
	result_done(&r);
}

/* "Her last" is what is left of it. */
static void console__last_message__is_the_one_still_there(void **state)
{
	struct result r = play("ana: a\nana>> private\nana: b\nana edits: bb\nana deletes\n"
			       "ben replies ana: which\nana deletes\nana deletes\n");
	assert_non_null(strstr(r.calls, "edit ana/ana \"bb\" target=.3"));
	assert_non_null(strstr(r.calls, "redaction ana/ana target=.3"));
	assert_non_null(strstr(r.calls, "message ben/ben \"which\" reply_to=.1"));
	assert_non_null(strstr(r.calls, "redaction ana/ana target=.1"));
	assert_int_equal(r.status, EX_DATAERR);
	assert_string_equal(r.errors, "test.kith:8: ana has nothing left in the room to delete\n");
	result_done(&r);
}

static void console__fault__names_its_line(void **state)
{
	static const struct {
		const char *script, *error;
	} cases[] = {
		{ "hello", "test.kith:1: somebody's line is " },
		{ "\n# c\nana: hi\r\n@ yesterday\n", "test.kith:4: \"yesterday\" is no time" },
		{ "@ 2026-11-23 08:59", "test.kith:1: the clock only moves forward" },
		{ "@ +99w\n@ +100w\n@ Mon 09:00\n@ 2027-01-01 00:00",
		  "test.kith:4: the clock only" },
		{ "@ 2199-12-31 23:59\n@ +50w\n@ +2w\n@ +2w",
		  "test.kith:4: that is after the year 2200" },
		{ "ana replies bob: hi", "test.kith:1: bob has said nothing in the room yet" },
		{ "ana replies kith: hi", "test.kith:1: kith has said nothing in the room yet" },
		{ "ana reacts kith: !", "test.kith:1: kith has said nothing in the room yet" },
		{ "ana: hi\nana deletes\nben reacts ana: !",
		  "test.kith:3: ana has nothing left in the room to react to" },
		{ "ana>> hi\nana edits: hi", "test.kith:2: ana has said nothing in the room yet" },
		{ "ana: hi\nana deletes\nana edits: ho",
		  "test.kith:3: ana has nothing left in the room to edit" },
		{ "ana: hi\nana deletes\nben replies ana: ho",
		  "test.kith:3: ana has nothing left in the room to reply to" },
		{ "kith: hi", "test.kith:1: kith is the bot" },
		{ "~Kith>> hi", "test.kith:1: ~Kith is the bot" },
		{ "members ana KITH", "test.kith:1: KITH is the bot" },
		{ "!up", "test.kith:1: the bot is up already" },
		{ "!down\n!down", "test.kith:2: the bot is down already" },
		{ "!down\n!crash", "test.kith:2: the bot is down" },
		{ "!down\nmembers ana", "test.kith:2: members can only be introduced while" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct result r = play(cases[i].script);
		assert_int_equal(r.status, EX_DATAERR);
		if (!g_str_has_prefix(r.errors, cases[i].error))
			fail_msg("\"%s\" says: %s", cases[i].script, r.errors);
		result_done(&r);
	}
	static const char nul[] = "ana: a\nana: \0\n";
	struct result r = play_bytes(nul, sizeof(nul) - 1, false);
	assert_int_equal(r.status, EX_DATAERR);
	assert_string_equal(r.errors, "test.kith:2: there is a NUL byte in the line\n");
	result_done(&r);
}

static void console__long_line__is_bounded(void **state)
{
	g_autoptr(GString) script = g_string_new("ana: ask ");
	for (int i = 0; i < 1 << 20; i++)
		g_string_append_c(script, (char)('a' + i % 26));
	g_string_append_c(script, '\n');
	struct result r = play_bytes(script->str, script->len, false);
	assert_int_equal(r.status, EX_OK);
	assert_true(strlen(r.out) > 2 << 20);
	result_done(&r);

	g_string_set_size(script, SCRIPT_LINE_MOST + 100);
	memset(script->str, 'x', script->len);
	r = play_bytes(script->str, script->len, false);
	assert_int_equal(r.status, EX_DATAERR);
	assert_string_equal(r.errors, "test.kith:1: the line is longer than 4 MiB\n");
	result_done(&r);
}

static void console__play__tells_why_it_ends(void **state)
{
	struct result r = play_bytes("", 0, false);
	assert_int_equal(r.status, EX_OK);
	assert_string_equal(r.calls, "start\nonline\nstop\n");
	assert_string_equal(r.out, "");
	result_done(&r);

	struct bot b;
	g_autofree char *errors = NULL;
	g_autofree char *full_errors = NULL;
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	FILE *out = fopen("/dev/full", "w");
	bot_init(&b, out, zone, false);
	b.refuse_start = true;
	assert_int_equal(play_caught(&b, "ana: hi\n", 8, &errors), EX_CANTCREAT);
	assert_string_equal(b.calls->str, "start\n");
	b.refuse_start = false;
	assert_int_equal(play_caught(&b, "ana: hi\n", 8, &full_errors), EX_IOERR);
	assert_string_equal(full_errors, "the conversation cannot be written\n");
	bot_done(&b);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(console__lines__are_printed_and_heard),
		cmocka_unit_test(console__private__goes_to_one),
		cmocka_unit_test(console__long_texts__are_aligned),
		cmocka_unit_test(console__json__is_what_kith_says),
		cmocka_unit_test(console__people__reply_to_the_bot),
		cmocka_unit_test(console__last_message__is_the_one_still_there),
		cmocka_unit_test(console__fault__names_its_line),
		cmocka_unit_test(console__long_line__is_bounded),
		cmocka_unit_test(console__play__tells_why_it_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
