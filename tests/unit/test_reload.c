/* Another configuration while the app runs. */
#include "app/reload.h"

#include "base/log.h"
#include "circle/people.h"
#include "fixture.h"
#include "store/outbox.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define GROUP                                                \
	"[group]\nname = Makers\ntimezone = Europe/Berlin\n" \
	"organizers = libera/olga\nplaces = libera/#makers"
#define LIBERA "[irc libera]\nserver = irc.example.org\nnick = kith\n"
#define HOME   "[irc home]\nserver = irc.example.com\nnick = kith\n"

static void reload(struct fixture *f, const char *config)
{
	g_autofree char *faults = NULL;

	if (fixture_reload(f, config, &faults) < 0)
		fail_msg("%s", faults);
}

static void nothing_changed__nobody_notices(void **state)
{
	struct fixture *f = *state;
	const struct fake *before = fixture_fake(f, "libera");

	fixture_member(f, "ana");
	reload(f, fixture_config);
	assert_ptr_equal(fixture_fake(f, "libera"), before);
	fixture_say(f, "ana", "!remind on");
	assert_heard(f, "remind.on");
}

static void groups_changed__network_does_not_notice(void **state)
{
	struct fixture *f = *state;
	const struct fake *before = fixture_fake(f, "libera");

	fixture_member(f, "ana");
	reload(f, GROUP "\nprefix = ,\n[words]\nremind.on = Yes, {name}!\n" LIBERA);
	assert_ptr_equal(fixture_fake(f, "libera"), before);
	fixture_say(f, "ana", "!remind on");
	assert_heard(f, "");
	fixture_say(f, "ana", ",remind on");
	assert_heard(f, "remind.on");
	assert_string_equal(fixture_post(f, "remind.on")->post.markup, "Yes, ana!");
}

static void round_times_changed__new_ones_hold(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_member(f, "ben");
	reload(f, GROUP "\n[round]\nopens = Mon 10:30\n" LIBERA);
	fixture_run_until(f, "2026-11-23 10:29");
	assert_heard(f, "");
	fixture_run_until(f, "2026-11-23 10:30");
	assert_heard(f, "round.open");
}

static void faulty__all_stays(void **state)
{
	struct fixture *f = *state;
	const struct fake *before = fixture_fake(f, "libera");
	const struct config *config = f->app->options.config;
	g_autofree char *faults = NULL;

	fixture_member(f, "ana");
	assert_int_equal(fixture_reload(f, GROUP "\nprefix = ,\nsoft-cap = many\n" LIBERA, &faults),
			 -EINVAL);
	assert_string_equal(faults, "fixture:7: soft-cap: 'many' is not a number\n");
	assert_ptr_equal(f->app->options.config, config);
	assert_ptr_equal(fixture_fake(f, "libera"), before);
	fixture_say(f, "ana", "!remind on");
	assert_heard(f, "remind.on");
}

/* A network that would have been opened anew goes on: kith has not stopped listening there. */
static void faulty_network__listens_on(void **state)
{
	struct fixture *f = *state;
	g_autofree char *faults = NULL;

	fixture_fake(f, "libera")->env.listening[0] = true;
	f->unopened = "home";
	assert_int_equal(
		fixture_reload(f, GROUP ", home/#makers\n" LIBERA "port = 7000\n" HOME, &faults),
		-EINVAL);
	assert_string_equal(faults, "cannot open [fake home]: Invalid argument");
	assert_int_equal(fixture_int(f, -1, "SELECT max(stopped_us) FROM place"), 0);
}

static void opened_anew__listened_until_now(void **state)
{
	struct fixture *f = *state;
	int64_t now_us = f->clock.now_us;

	fixture_fake(f, "libera")->env.listening[0] = true;
	reload(f, GROUP "\n" LIBERA "port = 7000\n");
	assert_int_equal(fixture_fake(f, "libera")->env.heard_us[0],
			 now_us - 10 * CLOCK_US_PER_MINUTE);
	assert_int_equal(fixture_int(f, -1, "SELECT stopped_us FROM place"), now_us);
	/* Before it is there: still so. */
	reload(f, GROUP "\n" LIBERA "port = 7001\n");
	assert_int_equal(fixture_fake(f, "libera")->env.heard_us[0],
			 now_us - 10 * CLOCK_US_PER_MINUTE);
}

static void note_warning(void *data, enum log_level level, const char *text)
{
	GString *log = data;

	if (level == LOG_LEVEL_WARNING)
		g_string_append_printf(log, "%s\n", text);
}

static void store_moved__each_time_asks_for_a_restart(void **state)
{
	struct fixture *f = *state;
	g_autoptr(GString) log = g_string_new(NULL);
	g_autofree char *back = g_strdup_printf(GROUP "\n" LIBERA "[store]\npath = %s\n", f->store);
	g_autofree char *want = g_strdup_printf(
		"[store] path is another now, b.db: restart kith for that; it goes on with %s\n"
		"[store] path is another now, c.db: restart kith for that; it goes on with %s\n"
		"[store] path is another now, c.db: restart kith for that; it goes on with %s\n",
		f->store, f->store, f->store);

	log_listen(note_warning, log);
	reload(f, GROUP "\n" LIBERA "[store]\npath = b.db\n");
	reload(f, GROUP "\n" LIBERA "[store]\npath = c.db\n");
	reload(f, GROUP "\n" LIBERA "[store]\npath = c.db\n");
	reload(f, back);
	log_listen(NULL, NULL);
	assert_string_equal(log->str, want);
}

static void key_changed__is_opened_anew(void **state)
{
	struct fixture *f = *state;

	fixture_fake(f, "libera")->answer = -EAGAIN;
	reload(f, GROUP "\n" LIBERA "port = 7000\n");
	/* A fake that is new answers as new ones do. */
	assert_int_equal(fixture_fake(f, "libera")->answer, 0);
	assert_int_equal(f->fakes->len, 1);
}

static void on_its_way__is_said_over_the_new_connection(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_fake(f, "libera")->hold = true;
	fixture_say(f, "ana", "!remind on");
	assert_heard(f, "remind.on");
	reload(f, GROUP "\n" LIBERA "port = 7000\n");
	fixture_run(f);
	assert_heard(f, "");
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "remind.on");
	fixture_run(f);
	assert_heard(f, "");
}

/* How to hear the rest is said in the words of today. */
static void waiting__is_said_with_the_new_prefix(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_fake(f, "libera")->answer = -EAGAIN;
	fixture_say(f, "ana", "!remind on");
	reload(f, GROUP "\nprefix = ,\n" LIBERA);
	fixture_fake(f, "libera")->answer = 0;
	fixture_run(f);
	assert_string_equal(fixture_post(f, "remind.on")->post.more, "… `,more` has the rest.");
}

static void room_added__is_to_be_joined(void **state)
{
	struct fixture *f = *state;

	reload(f, GROUP ", libera/#more\n" LIBERA);
	const char *const *rooms = fixture_fake(f, "libera")->env.rooms;
	assert_string_equal(rooms[0], "#makers");
	assert_string_equal(rooms[1], "#more");
	assert_null(rooms[2]);
}

static void organizer_added__may_invite(void **state)
{
	struct fixture *f = *state;

	reload(f, "[group]\nname = Makers\ntimezone = Europe/Berlin\n"
		  "organizers = libera/olga, libera/otto\nplaces = libera/#makers\n" LIBERA);
	assert_string_equal(fixture_fake(f, "libera")->env.inviters[1], "otto");
}

static void network_added_and_removed__others_stay(void **state)
{
	struct fixture *f = *state;
	const struct fake *before = fixture_fake(f, "libera");

	reload(f, GROUP ", home/#makers\n" LIBERA HOME);
	assert_int_equal(f->fakes->len, 2);
	assert_ptr_equal(fixture_fake(f, "libera"), before);
	assert_string_equal(fixture_fake(f, "home")->env.rooms[0], "#makers");
	reload(f, fixture_config);
	assert_int_equal(f->fakes->len, 1);
	assert_ptr_equal(fixture_fake(f, "libera"), before);
}

static void given_up__is_tried_again(void **state)
{
	struct fixture *f = *state;

	fixture_fake(f, "libera")->answer = -EAGAIN;
	fixture_state(f, TRANSPORT_FAILED);
	reload(f, fixture_config);
	assert_int_equal(fixture_fake(f, "libera")->answer, 0);
	assert_int_equal(app_link_by_name(f->app, "libera")->state, TRANSPORT_CONNECTING);
}

static void group_that_stays__remembers(void **state)
{
	struct fixture *f = *state;
	const struct guard *guard = f->app->groups[0].guard;

	fixture_member(f, "ana");
	fixture_say(f, "newcomer", "hello all");
	reload(f,
	       "[group poets]\nname = Poets\ntimezone = Europe/Berlin\n"
	       "organizers = libera/olga\nplaces = libera/#poets\n" GROUP "\nprefix = ,\n" LIBERA);
	assert_int_equal(f->app->n_groups, 2);
	assert_ptr_equal(f->app->groups[1].guard, guard);
	assert_true(f->app->groups[0].guard && f->app->groups[0].guard != guard);
	fixture_state(f, TRANSPORT_ONLINE);
	/* `vouch` knows whom it saw speaking before. */
	fixture_say(f, "olga", ",admin vouch newcomer");
	assert_heard(f, "vouch.kept");
}

static void group_that_goes__is_nobodys(void **state)
{
	struct fixture *f = *state;

	fixture_done(f);
	fixture_init(f, fixture_two_groups);
	reload(f, "[group makers]\nname = Makers\ntimezone = Europe/Berlin\n"
		  "organizers = libera/olga\nplaces = libera/#makers, home/#makers\n" LIBERA HOME);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_event(f, (struct event){ .room = "#poets",
					 .account = "paula",
					 .shown = "paula",
					 .text = ",charter" });
	fixture_run(f);
	assert_heard(f, "");
}

static void command__sound__answers_and_holds(void **state)
{
	struct fixture *f = *state;

	f->file = GROUP "\nprefix = ,\n" LIBERA;
	fixture_say(f, "olga", "!admin reload");
	assert_heard(f, "reload.done>olga");
	fixture_say(f, "olga", "!admin reload");
	assert_heard(f, "");
	fixture_say(f, "olga", ",admin reload");
	assert_heard(f, "reload.done>olga");
}

/* Even where the answer must wait for the connection that the command itself brings about. */
static void command__own_network_changes__answers_there(void **state)
{
	struct fixture *f = *state;

	f->file = GROUP "\n" LIBERA "port = 7000\n";
	fixture_say(f, "olga", "!admin reload");
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_run(f);
	assert_heard(f, "reload.done>olga");
}

static void command__faulty__tells_the_first_and_how_many(void **state)
{
	struct fixture *f = *state;

	f->file = GROUP "\nprefix = ,\nsoft-cap = many\ntea = yes\n" LIBERA;
	fixture_say(f, "olga", "!admin reload");
	assert_heard(f, "reload.faults>olga");
	g_autofree char *said = post_plain(fixture_post(f, "reload.faults")->post.markup);
	assert_non_null(strstr(
		said, "fixture:7: soft-cap: 'many' is not a number (the log has the others)"));
	fixture_say(f, "olga", "!charter");
	assert_heard(f, "charter");
}

static void command__not_by_an_organizer__is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_say(f, "ana", "!admin reload");
	assert_null(f->app->reload);
	g_autofree char *heard = fixture_heard(f);
	assert_true(g_str_has_prefix(heard, "not-organizer"));
}

static void unused__is_freed_with_the_app(void **state)
{
	struct fixture *f = *state;
	g_autofree char *faults = NULL;

	f->file = GROUP ", home/#makers\n" LIBERA HOME;
	assert_int_equal(reload_read(f->app, &faults), 0);
	assert_int_equal(reload_read(f->app, &faults), 0);
	assert_int_equal(f->fakes->len, 2);
	fixture_kill(f);
}

/* Nothing of an old configuration is used after it, nothing is lost, nothing said twice. */
static void fifty_times_under_traffic__all_is_said_once(void **state)
{
	static const char *const files[] = {
		GROUP "\n" LIBERA,
		GROUP ", home/#makers\n[words]\nremind.on = Yes!\n" LIBERA HOME,
		GROUP "\nlanguage = en\n" LIBERA "rate = 10\n",
	};
	struct fixture *f = *state;

	fixture_member(f, "ana");
	for (unsigned i = 0; i < 50; i++) {
		bool held = i % 4 == 1;
		fixture_fake(f, "libera")->hold = held;
		fixture_say(f, "ana", i % 2 ? "!remind on" : "!remind off");
		fixture_say(f, "ben", "did anybody see my course? it is half price until friday");
		reload(f, files[i % G_N_ELEMENTS(files)]);
		fixture_state(f, TRANSPORT_ONLINE);
		fixture_run(f);
		fixture_confirm(fixture_fake(f, "libera"), 0);
		fixture_run(f);
		clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_SECOND);
	}
	fixture_run(f); /* marks of arrival are written a second later */
	GHashTable *keys = g_hash_table_new(g_str_hash, g_str_equal);
	for (unsigned i = 0; i < f->heard->len; i++) {
		const struct fake_post *p = f->heard->pdata[i];
		if (g_str_has_prefix(p->post.word, "remind."))
			g_hash_table_add(keys, (char *)p->post.key);
	}
	/* What was held when its connection ended went out over both, under one key. */
	assert_int_equal(g_hash_table_size(keys), 50);
	g_hash_table_unref(keys);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM outbox WHERE markup IS NOT NULL"),
			 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(nothing_changed__nobody_notices),
		test(groups_changed__network_does_not_notice),
		test(round_times_changed__new_ones_hold),
		test(faulty__all_stays),
		test(faulty_network__listens_on),
		test(opened_anew__listened_until_now),
		test(store_moved__each_time_asks_for_a_restart),
		test(key_changed__is_opened_anew),
		test(on_its_way__is_said_over_the_new_connection),
		test(waiting__is_said_with_the_new_prefix),
		test(room_added__is_to_be_joined),
		test(organizer_added__may_invite),
		test(network_added_and_removed__others_stay),
		test(given_up__is_tried_again),
		test(group_that_stays__remembers),
		test(group_that_goes__is_nobodys),
		test(command__sound__answers_and_holds),
		test(command__own_network_changes__answers_there),
		test(command__faulty__tells_the_first_and_how_many),
		test(command__not_by_an_organizer__is_refused),
		test(unused__is_freed_with_the_app),
		test(fifty_times_under_traffic__all_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
