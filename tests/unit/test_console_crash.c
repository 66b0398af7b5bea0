/* The console: time, and a bot that is not always there. */
#include "console_bot.h"

static void console__clock__steps_through_what_is_due(void **state)
{
	assert_played("ana: later supper\n"
		      "@ +2d\n"
		      "ana: ask day\n",
		      MONDAY "[Mon 09:00] ana: later supper\n"
			     "[Mon 09:00] kith: kept it for later\n"
			     "[Mon 12:00] kith: supper\n"
			     "\n-- Wednesday 25 November 2026 --\n"
			     "[Wed 09:00] ana: ask day\n"
			     "[Wed 09:00] kith: heard day\n",
		      "start\nonline\n"
		      "message ana/ana \"later supper\" .1 +0\ndelivered .1\n"
		      "due +10800\ndelivered due\n"
		      "message ana/ana \"ask day\" .2 +172801\ndelivered .2\n"
		      "stop\n");
	/* Due at the very end of a move, and just after it. */
	assert_played("ana: later supper\n@ 2026-11-23 12:00\n", NULL,
		      "start\nonline\nmessage ana/ana \"later supper\" .1 +0\ndelivered .1\n"
		      "due +10800\ndelivered due\nstop\n");
	assert_played(
		"ana: later supper\n@ 2026-11-23 11:59:59\n", NULL,
		"start\nonline\nmessage ana/ana \"later supper\" .1 +0\ndelivered .1\nstop\n");
	/* The second that a line takes is time like any other. */
	assert_played("ana: later supper\n@ Mon 11:59:59\nana: hm\n", NULL,
		      "start\nonline\nmessage ana/ana \"later supper\" .1 +0\ndelivered .1\n"
		      "message ana/ana \"hm\" .2 +10799\ndue +10800\ndelivered due\nstop\n");
}

static void console__clock__survives_a_host_always_due(void **state)
{
	struct bot b;
	g_autofree char *errors = NULL;
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	FILE *out = tmpfile();
	bot_init(&b, out, zone, false);
	b.always_due_us = 1;
	assert_int_equal(play_caught(&b, "@ +90s\n", 7, &errors), EX_OK);
	assert_true(b.clock.now_us == MONDAY_9_US + 90 * CLOCK_US_PER_SECOND);
	assert_in_range(b.runs, 90, 95);
	bot_done(&b);
	fclose(out);
}

static void console__down__leaves_a_backlog(void **state)
{
	assert_played("ana: later supper\n"
		      "!down\n"
		      "ana: ask me\n"
		      "ben>> ask me too\n"
		      "@ +1d\n"
		      "!up\n"
		      "ana: ask again\n",
		      MONDAY "[Mon 09:00] ana: later supper\n"
			     "[Mon 09:00] kith: kept it for later\n"
			     "-- kith is down --\n"
			     "[Mon 09:00] ana: ask me\n"
			     "[Mon 09:00] ben>>kith: ask me too\n"
			     "\n-- Tuesday 24 November 2026 --\n"
			     "-- kith is up again --\n"
			     "[Tue 09:00] kith: supper\n"
			     "[Tue 09:00] ana: ask again\n"
			     "[Tue 09:00] kith: heard again\n",
		      "start\nonline\n"
		      "message ana/ana \"later supper\" .1 +0\ndelivered .1\n"
		      "stop\nstart\n"
		      "delivered .1\n"
		      "message ana/ana \"ask me\" backlog .2 +1\n"
		      "refused: Resource temporarily unavailable\n"
		      "message ben/ben \"ask me too\" direct backlog .3 +2\n"
		      "refused: Resource temporarily unavailable\n"
		      "online\n"
		      "due +86403\ndelivered due\n"
		      "message ana/ana \"ask again\" .4 +86403\ndelivered .4\n"
		      "stop\n");
}

/* What is kept is kept and said once, wherever the bot dies. */
static void console__crash__loses_and_repeats_nothing(void **state)
{
	static const struct {
		const char *point, *calls;
		int sends;
	} cases[] = {
		{ " before-commit",
		  "start\nonline\nmessage ana/ana \"keep it\" .1 +0\n"
		  "crash\nstart\nmessage ana/ana \"keep it\" .1 +0\nonline\ndelivered .1\n"
		  "stop\n",
		  1 },
		{ " after-commit",
		  "start\nonline\nmessage ana/ana \"keep it\" .1 +0\n"
		  "crash\nstart\nonline\ndelivered .1\nstop\n",
		  1 },
		{ " after-send",
		  "start\nonline\nmessage ana/ana \"keep it\" .1 +0\n"
		  "crash\nstart\ndelivered .1\nonline\nstop\n",
		  1 },
		{ "",
		  "start\nonline\ncrash\nstart\nonline\n"
		  "message ana/ana \"keep it\" .1 +0\ndelivered .1\nstop\n",
		  1 },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *script =
			g_strdup_printf("!crash%s\nana: keep it\n", cases[i].point);
		struct result r = play(script);
		assert_int_equal(r.status, EX_OK);
		assert_string_equal(r.calls, cases[i].calls);
		assert_int_equal(r.sends, cases[i].sends);
		const char *said = strstr(r.out, "[Mon 09:00] kith: kept it\n");
		assert_non_null(said);
		assert_null(strstr(said + strlen("[Mon 09:00] kith: "), "kith: kept it"));
		result_done(&r);
	}
}

/* A bot that forgot its mark sends again; the server has it already. */
static void console__send__refuses_a_key_it_has_seen(void **state)
{
	struct bot b;
	char *out;
	size_t size;
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	FILE *memory = open_memstream(&out, &size);
	bot_init(&b, memory, zone, false);
	struct player p;
	assert_int_equal(player_start(&p, b.world, &b.host), 0);
	const struct post post = { .key = "k", .room = "#room", .markup = "once" };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(transport_console.send(b.transport, &post), 0);
		assert_string_equal(b.calls->str, "start\nonline\n");
		world_pump(b.world);
		assert_string_equal(b.calls->str, "start\nonline\ndelivered k\n");
		g_string_assign(b.calls, "start\nonline\n");
	}
	player_stop(&p);
	fclose(memory);
	assert_string_equal(out, MONDAY "[Mon 09:00] kith: once\n");
	free(out);
	bot_done(&b);
}

static void console__crash__while_time_moves_goes_on(void **state)
{
	assert_played("ana: later supper\n!crash before-commit\n@ +1d\nana: ask day\n", NULL,
		      "start\nonline\nmessage ana/ana \"later supper\" .1 +0\ndelivered .1\n"
		      "crash\nstart\ndelivered .1\nonline\n"
		      "due +10800\ndelivered due\n"
		      "message ana/ana \"ask day\" .2 +86401\ndelivered .2\nstop\n");
	assert_played("ana: later supper\n!crash after-commit\n@ +1d\n",
		      MONDAY "[Mon 09:00] ana: later supper\n"
			     "[Mon 09:00] kith: kept it for later\n"
			     "-- !crash after-commit --\n"
			     "-- kith crashed and starts again --\n"
			     "[Mon 12:00] kith: supper\n",
		      "start\nonline\nmessage ana/ana \"later supper\" .1 +0\ndelivered .1\n"
		      "due +10800\ncrash\nstart\ndelivered .1\nonline\ndelivered due\nstop\n");
}

/* The crash waits for its point: over lines that do not pass it, over a stop and a start. */
static void console__crash__waits_for_its_point(void **state)
{
	assert_played(
		"!crash before-commit\nana: ask this\n!down\nana: keep that\nben: ask it\n!up\n",
		NULL,
		"start\nonline\nmessage ana/ana \"ask this\" .1 +0\ndelivered .1\n"
		"stop\nstart\ndelivered .1\n"
		"message ana/ana \"keep that\" backlog .2 +1\n"
		"crash\nstart\ndelivered .1\n"
		"message ana/ana \"keep that\" backlog .2 +1\n"
		"message ben/ben \"ask it\" backlog .3 +2\n"
		"refused: Resource temporarily unavailable\n"
		"online\ndelivered .2\nstop\n");
	assert_played(
		"!crash before-commit\nmembers ana ben\n", NULL,
		"start\nonline\nmember ana\ncrash\nstart\nonline\nmember ana\nmember ben\nstop\n");
}

/* Ids differ between two runs on the same store, and stay the same over a crash. */
static void console__event_id__is_unique_for_good(void **state)
{
	g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	static const char script[] = "ana: keep 1\nana: keep 2\n!crash after-commit\nana: keep 3\n";
	for (int run = 0; run < 3; run++) {
		struct bot b;
		g_autofree char *errors = NULL;
		FILE *out = tmpfile();
		bot_init(&b, out, zone, true);
		assert_int_equal(play_caught(&b, script, strlen(script), &errors), EX_OK);
		assert_int_equal(b.kept->len, 3);
		for (unsigned i = 0; i < b.kept->len; i++)
			assert_true(g_hash_table_add(ids, g_strdup(g_ptr_array_index(b.kept, i))));
		bot_done(&b);
		fclose(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(console__clock__steps_through_what_is_due),
		cmocka_unit_test(console__clock__survives_a_host_always_due),
		cmocka_unit_test(console__down__leaves_a_backlog),
		cmocka_unit_test(console__crash__loses_and_repeats_nothing),
		cmocka_unit_test(console__send__refuses_a_key_it_has_seen),
		cmocka_unit_test(console__crash__while_time_moves_goes_on),
		cmocka_unit_test(console__crash__waits_for_its_point),
		cmocka_unit_test(console__event_id__is_unique_for_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
