/* `link`, `admin merge` and their undoing; what joining does to the tables is test_doors_merge.c.
 */
#include "fixture.h"

#include "circle/doors.h"
#include "circle/people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ANA "@ana:example.org"

static const char two_networks[] = "[group]\n"
				   "name = Makers\n"
				   "timezone = Europe/Berlin\n"
				   "organizers = libera/olga\n"
				   "places = libera/#makers, home/#makers\n"
				   "[irc libera]\n"
				   "server = irc.example.org\n"
				   "nick = kith\n"
				   "[irc home]\n"
				   "server = irc.example.com\n"
				   "nick = kith\n";

/* olga, ana and ben are members on libera; Monday 10:00, the round is open. */
static int set_up(void **state)
{
	struct fixture *f = g_new(struct fixture, 1);

	fixture_init(f, two_networks);
	fixture_state(f, TRANSPORT_ONLINE);
	fixture_member(f, "olga");
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	g_free(fixture_heard(f));
	*state = f;
	return 0;
}

static void pass_time(struct fixture *f, int64_t us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + us);
}

/* To kith in private, on `home`. */
static void at_home(struct fixture *f, const char *who, const char *text)
{
	pass_time(f, CLOCK_US_PER_SECOND);
	fixture_event(f, (struct event){
				 .network = "home", .account = who, .text = text, .direct = true });
	fixture_run(f);
}

static void at_libera(struct fixture *f, const char *who, const char *text)
{
	pass_time(f, CLOCK_US_PER_SECOND);
	fixture_whisper(f, who, text);
}

static const char *said(struct fixture *f, const char *word)
{
	const struct fake_post *p = fixture_post(f, word);

	if (!p)
		fail_msg("%s was not said", word);
	return p->post.markup;
}

/* What ana says elsewhere to be ana: "link BCDF-2345"; g_free it. */
static char *ask_code(struct fixture *f)
{
	at_libera(f, "ana", "link");
	const char *at = strstr(said(f, "link.code"), "**") + 2;
	g_free(fixture_heard(f));
	return g_strdup_printf("link %.9s", at);
}

static void link_home(struct fixture *f, const char *who)
{
	g_autofree char *code = ask_code(f);

	at_home(f, who, code);
	at_home(f, who, code);
	assert_non_null(fixture_post(f, "link.done"));
	g_free(fixture_heard(f));
}

static int64_t person_of(struct fixture *f, const char *account)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT person_id FROM handle WHERE account = '%s'", account);

	return fixture_int(f, 0, sql);
}

/* --- Codes --- */

static void code__asked_for__is_told_in_private_and_kept_as_a_hash(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "ana", "!link");
	assert_heard(f, "link.code>ana");
	g_autofree char *code = g_strndup(strstr(said(f, "link.code"), "**") + 2, 9);
	g_autofree char *bare = g_strdup_printf("%.4s%s", code, code + 5);
	assert_int_equal(code[4], '-');
	assert_int_equal(strspn(bare, "23456789BCDFGHJKMNPQRSTVWXYZ"), 8);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM door_code"), 1);
	/* Once it was said it is nowhere. */
	pass_time(f, 2 * CLOCK_US_PER_SECOND);
	fixture_run(f);
	assert_false(fixture_on_disk(f, code));
	assert_false(fixture_on_disk(f, bare));
	/* Not even unkeyed. */
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, bare, -1);
	assert_false(fixture_on_disk(f, hash));
}

static void code__asked_for_again__puts_the_first_out_of_use(void **state)
{
	struct fixture *f = *state;
	g_autofree char *first = ask_code(f), *second = ask_code(f);

	assert_string_not_equal(first, second);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM door_code"), 1);
	at_home(f, ANA, first);
	at_home(f, ANA, second);
	assert_heard(f, "link.unknown>" ANA " link.ask>" ANA);
}

static void code__of_somebody_unknown__is_not_given(void **state)
{
	struct fixture *f = *state;

	at_home(f, ANA, "link");
	assert_heard(f, "not-joined>" ANA);
	fixture_event(f, (struct event){ .text = "link", .direct = true });
	fixture_run(f);
	assert_heard(f, "not-identified>somebody");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM door_code"), 0);
}

static void code__said_once__changes_nothing_yet(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_home(f, ANA, code);
	assert_heard(f, "link.ask>" ANA);
	assert_non_null(strstr(said(f, "link.ask"), "ana's code, asked for on libera"));
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM handle"), 3);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM merge"), 0);
}

static void code__said_twice__opens_a_door(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_home(f, ANA, code);
	at_home(f, ANA, code);
	assert_heard(f, "link.ask>" ANA " link.done>" ANA " link.done>ana");
	assert_non_null(strstr(said(f, "link.done"), "example"));
	assert_int_equal(person_of(f, ANA), person_of(f, "ana"));
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM door_code"), 0);
	/* It is used: once. */
	at_home(f, "@eve:example.org", code);
	assert_heard(f, "link.unknown>@eve:example.org");
}

static void code__typed_carelessly__is_read(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f), *small = g_ascii_strdown(code, -1);
	g_autofree char *bare = g_strdup_printf("Link %.4s %s", small + 5, small + 10);

	at_home(f, ANA, bare);
	assert_heard(f, "link.ask>" ANA);
}

static void code__sixteen_minutes_old__is_none(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	pass_time(f, 15 * CLOCK_US_PER_MINUTE);
	at_home(f, ANA, code);
	assert_heard(f, "link.unknown>" ANA);
}

/* Who was told what it does may take ten minutes to think. */
static void code__asked_about_in_time__may_be_said_again_later(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	pass_time(f, 14 * CLOCK_US_PER_MINUTE);
	at_home(f, ANA, code);
	pass_time(f, 9 * CLOCK_US_PER_MINUTE);
	at_home(f, "@eve:example.org", code);
	at_home(f, ANA, code);
	assert_heard(f, "link.ask>" ANA " link.unknown>@eve:example.org link.done>" ANA
			" link.done>ana");
}

static void code__said_again_too_late__is_asked_about_anew(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_home(f, ANA, code);
	pass_time(f, 10 * CLOCK_US_PER_MINUTE);
	at_home(f, ANA, code);
	assert_heard(f, "link.ask>" ANA " link.ask>" ANA);
}

static void code__said_twice_by_two__joins_neither(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_home(f, ANA, code);
	at_home(f, "@eve:example.org", code);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM merge"), 0);
}

static void code__edited_into_being_said_again__is_not(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_home(f, ANA, code);
	g_autofree char *first = g_strdup(f->cause);
	fixture_event(f, (struct event){ .kind = EVENT_EDIT,
					 .network = "home",
					 .account = ANA,
					 .target = first,
					 .text = code,
					 .direct = true });
	fixture_run(f);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM merge"), 0);
}

static void code__said_at_its_own_door__is_kindly_refused(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_libera(f, "ana", code);
	assert_heard(f, "link.own>ana");
	at_home(f, ANA, code); /* and is good still */
	assert_heard(f, "link.ask>" ANA);
}

static void code__of_somebody_who_left__is_none(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	fixture_say(f, "ana", "!leave");
	g_free(fixture_heard(f));
	at_home(f, ANA, code);
	assert_heard(f, "link.unknown>" ANA);
}

static void codes__guessed__are_not_looked_at_for_an_hour(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	for (int i = 0; i < 5; i++)
		at_home(f, ANA, i % 2 ? "link 2345-6789" : "link o rly");
	assert_heard(f, "link.unknown>" ANA " link.unknown>" ANA " link.unknown>" ANA
			" link.unknown>" ANA " link.unknown>" ANA);
	at_home(f, ANA, code);
	at_home(f, ANA, code);
	assert_heard(f, "link.wait>" ANA " link.wait>" ANA);
	/* By this account alone; and what was not looked at counts for nothing. */
	at_home(f, "@ben:example.org", code);
	assert_heard(f, "link.ask>@ben:example.org");
	pass_time(f, CLOCK_US_PER_HOUR);
	g_autofree char *later = ask_code(f);
	at_home(f, ANA, later);
	assert_heard(f, "link.ask>" ANA);
}

static void codes__four_wrong_ones_an_hour__are_looked_at(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 12; i++) {
		at_home(f, ANA, "link 2345-6789");
		pass_time(f, 15 * CLOCK_US_PER_MINUTE + CLOCK_US_PER_SECOND);
	}
	assert_null(fixture_post(f, "link.wait"));
}

/* Forgetting is no way around. */
static void codes__guessed_and_forgotten__are_not_looked_at(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 5; i++)
		at_home(f, ANA, "link 2345-6789");
	at_home(f, ANA, "mydata");
	assert_non_null(strstr(said(f, "mydata"), "was tried lately"));
	at_home(f, ANA, "forget me");
	at_home(f, ANA, "link 2345-6789");
	assert_non_null(fixture_post(f, "link.wait"));
}

static void code__said_in_a_room__is_burnt(void **state)
{
	struct fixture *f = *state;
	static const char *const ways[] = { "!%s", "%s", "kith I say %s to you, right?" };

	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autofree char *code = ask_code(f);
		g_auto(GStrv) parts = g_strsplit(ways[i], "%s", 2);
		g_autofree char *text = g_strconcat(parts[0], code, parts[1], NULL);

		pass_time(f, CLOCK_US_PER_SECOND);
		fixture_event(f, (struct event){ .network = "home",
						 .room = "#makers",
						 .account = ANA,
						 .text = text });
		fixture_run(f);
		assert_heard(f, "link.public>" ANA);
		at_home(f, "@eve:example.org", code);
		assert_heard(f, "link.unknown>@eve:example.org");
	}
}

static void code__edited_into_a_room__is_burnt(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	fixture_event(f,
		      (struct event){
			      .kind = EVENT_EDIT, .account = "ana", .target = "x", .text = code });
	fixture_run(f);
	assert_heard(f, "link.public>ana");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM door_code"), 0);
}

static void chat__that_looks_like_a_code__is_chat(void **state)
{
	struct fixture *f = *state;

	g_free(ask_code(f));
	fixture_say(f, "ben", "the part is BCDF-2345, or was it BCDFGHJK?");
	assert_heard(f, "");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM door_code"), 1);
}

static void code__of_the_second_group__is_answered_by_it(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_event(
		&f, (struct event){ .account = "pia", .room = "#poets", .text = ",intro I rhyme" });
	fixture_event(&f, (struct event){ .account = "pia", .room = "#poets", .text = ",link" });
	fixture_run(&f);
	g_autofree char *code =
		g_strdup_printf("link %.9s", strstr(said(&f, "link.code"), "**") + 2);
	/* Nobody knows who this is; and the first group would not know the code. */
	at_libera(&f, "pia2", code);
	assert_non_null(strstr(said(&f, "link.ask"), "pia's code"));
	/* The poets are not at home there. */
	at_home(&f, "pia3", code);
	assert_non_null(fixture_post(&f, "link.unknown"));
	at_libera(&f, "pia2", code);
	assert_int_equal(person_of(&f, "pia2"), person_of(&f, "pia"));
	/* And in private the second door leads to that group too. */
	at_libera(&f, "pia2", "undo");
	assert_int_equal(person_of(&f, "pia2"), 0);
	fixture_done(&f);
}

/* --- One person --- */

static void linked__door__is_the_members(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "ben", "!show \"Bench\"");
	link_home(f, ANA);
	pass_time(f, CLOCK_US_PER_SECOND);
	fixture_event(f, (struct event){ .network = "home",
					 .room = "#makers",
					 .account = ANA,
					 .text = "!note 1 oak" });
	fixture_run(f);
	assert_non_null(strstr(said(f, "note.kept"), "ana"));
	/* What is told her comes to where she was last. */
	fixture_say(f, "ben", "!thanks ana for the oak");
	g_free(fixture_heard(f));
	fixture_whisper(f, "ben", "thanks ana for more");
	assert_heard(f, "thanks.kept-private>ben thanks.told>" ANA);
	at_libera(f, "ana", "mydata");
	assert_non_null(strstr(said(f, "mydata"), "libera/ana"));
	assert_non_null(strstr(said(f, "mydata"), "home/@ana:example"));
	assert_non_null(strstr(said(f, "mydata"), "was joined to yours"));
}

static void link__two_members__says_which_name_stays(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_libera(f, "ben", code);
	assert_non_null(strstr(said(f, "link.ask"), "So far you are ben here"));
	at_libera(f, "ben", code);
	assert_int_equal(person_of(f, "ben"), person_of(f, "ana"));
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM member WHERE name = 'ben'"), 0);
	fixture_say(f, "olga", "!who ben");
	assert_non_null(fixture_post(f, "usage"));
	at_libera(f, "ben", "mydata");
	assert_non_null(strstr(said(f, "mydata"), "was called, ben"));
}

static void link__both_show__waits_for_one_to_withdraw(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	fixture_say(f, "ana", "!show \"Vase\"");
	fixture_say(f, "ben", "!show \"Bench\"");
	g_free(fixture_heard(f));
	at_libera(f, "ben", code);
	assert_heard(f, "link.both-show>ben");
	fixture_say(f, "ben", "!withdraw");
	g_free(fixture_heard(f));
	at_libera(f, "ben", code);
	/* Looked at again before it is done. */
	fixture_say(f, "ben", "!show \"Bench\"");
	at_libera(f, "ben", code);
	assert_heard(f, "link.ask>ben show.entered link.both-show>ben");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM merge"), 0);
}

static void link__both_keep__waits_too(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	fixture_say(f, "ana", "!show --next \"Vase\"");
	fixture_say(f, "ben", "!show --next \"Bench\"");
	g_free(fixture_heard(f));
	at_libera(f, "ben", code);
	assert_heard(f, "link.both-show>ben");
}

static void link__one_shows_one_keeps__goes_on(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	fixture_say(f, "ana", "!show \"Vase\"");
	fixture_say(f, "ben", "!show --next \"Bench\"");
	g_free(fixture_heard(f));
	at_libera(f, "ben", code);
	assert_heard(f, "link.ask>ben");
}

/* --- Undo --- */

static void undo__of_a_new_door__closes_it(void **state)
{
	struct fixture *f = *state;

	link_home(f, ANA);
	at_home(f, ANA, "undo");
	assert_heard(f, "link.parted>ana undone>" ANA);
	assert_int_equal(person_of(f, ANA), 0);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM person"), 3);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM moved"), 0);
}

static void undo__of_two_members__parts_them_and_tells_both(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_libera(f, "ben", code);
	at_libera(f, "ben", code);
	g_free(fixture_heard(f));
	at_libera(f, "ana", "undo");
	assert_heard(f, "link.parted>ana link.parted>ben undone>ana");
	assert_int_not_equal(person_of(f, "ben"), person_of(f, "ana"));
	fixture_say(f, "olga", "!who ben");
	assert_heard(f, "who.no-intro");
}

static void undo__a_day_later__is_too_late(void **state)
{
	struct fixture *f = *state;

	link_home(f, ANA);
	int64_t bare = fixture_int(f, 0, "SELECT from_id FROM merge");
	pass_time(f, CLOCK_US_PER_DAY);
	fixture_run(f);
	g_free(fixture_heard(f));
	at_home(f, ANA, "undo");
	assert_heard(f, "undo.nothing>" ANA);
	assert_int_equal(person_of(f, ANA), person_of(f, "ana"));
	pass_time(f, CLOCK_US_PER_DAY);
	fixture_run(f);
	g_autofree char *sql =
		g_strdup_printf("SELECT count(*) FROM person WHERE id = %d", (int)bare);
	assert_int_equal(fixture_int(f, -1, sql), 0);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM merge"), 0);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM moved"), 0);
}

/* Deleting a message that others should not read is no undo. */
static void undo__by_deleting_the_message__is_none(void **state)
{
	struct fixture *f = *state;

	link_home(f, ANA);
	g_autofree char *id = g_strdup(f->cause);
	fixture_event(f, (struct event){ .kind = EVENT_REDACTION,
					 .network = "home",
					 .account = ANA,
					 .target = id,
					 .direct = true });
	fixture_run(f);
	assert_heard(f, "");
	assert_int_equal(person_of(f, ANA), person_of(f, "ana"));
}

static void undo__what_came_since__stays_with_who_stays(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	fixture_say(f, "olga", "!show \"Lamp\"");
	fixture_say(f, "ben", "!note 1 before");
	at_libera(f, "ben", code);
	at_libera(f, "ben", code);
	int64_t ana = person_of(f, "ana");
	pass_time(f, CLOCK_US_PER_HOUR);
	fixture_say(f, "ben", "!show \"Bench\"");
	fixture_say(f, "ben", "!note 1 after");
	/* Taken back first: the last comes first. */
	pass_time(f, CLOCK_US_PER_SECOND);
	fixture_say(f, "ben", "!undo");
	fixture_say(f, "ben", "!note 1 after all");
	int64_t merge = fixture_int(f, 0, "SELECT id FROM merge");
	doors_part(fixture_begin(f), merge);
	fixture_end(f);
	assert_int_equal(fixture_int(f, 0, "SELECT person_id FROM note WHERE text = 'before'"),
			 person_of(f, "ben"));
	assert_int_equal(fixture_int(f, 0, "SELECT person_id FROM note WHERE text = 'after all'"),
			 ana);
	assert_int_equal(fixture_int(f, 0, "SELECT person_id FROM entry WHERE work_id = 2"), ana);
	assert_int_equal(fixture_int(f, 0, "SELECT maker_id FROM work WHERE number = 2"), ana);
}

static void undo__name_taken_meanwhile__gets_a_suffix(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	at_libera(f, "ben", code);
	at_libera(f, "ben", code);
	fixture_say(f, "zoe", "!intro as Ben: I build too");
	at_libera(f, "ana", "undo");
	g_autofree char *sql = g_strdup_printf("SELECT name FROM member WHERE person_id = %d",
					       (int)person_of(f, "ben"));
	g_autofree char *name = fixture_text(f, sql);
	assert_string_equal(name, "ben-2");
}

/* --- Forgetting --- */

static void forget__after_a_join__forgets_both(void **state)
{
	struct fixture *f = *state;
	g_autofree char *code = ask_code(f);

	fixture_say(f, "ben", "!intro as Quincy: I cook quince");
	fixture_say(f, "ben", "!show \"Quince jelly\"");
	at_libera(f, "ben", code);
	at_libera(f, "ben", code);
	assert_true(fixture_on_disk(f, "uinc"));
	at_libera(f, "ana", "forget me");
	at_libera(f, "ana", "forget me");
	assert_non_null(fixture_post(f, "forget.done"));
	pass_time(f, 2 * CLOCK_US_PER_SECOND);
	fixture_run(f);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM person"), 1);
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM merge"), 0);
	assert_false(fixture_on_disk(f, "uinc"));
	at_libera(f, "ben", "undo");
	assert_non_null(fixture_post(f, "not-joined"));
}

/* "forget me", said once by one of them, was about that one. */
static void forget__asked_before_a_join__is_asked_again(void **state)
{
	struct fixture *f = *state;

	at_libera(f, "ana", "forget me");
	link_home(f, ANA);
	at_home(f, ANA, "forget me");
	assert_heard(f, "forget.ask>" ANA);
}

/* --- The organizer's word --- */

static void merge__said_twice__joins_and_tells_all(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "olga", "!admin merge ana ben");
	assert_heard(f, "merge.ask>olga");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM merge"), 0);
	fixture_say(f, "olga", "!admin merge ana ben");
	assert_heard(f, "merge.done>olga merge.told>ana merge.told>ben");
	assert_int_equal(person_of(f, "ben"), person_of(f, "ana"));
	at_libera(f, "olga", "undo");
	assert_heard(f, "link.parted>ana link.parted>ben undone>olga");
	assert_int_not_equal(person_of(f, "ben"), person_of(f, "ana"));
	/* Nothing of it is left to be undone by them. */
	at_libera(f, "ben", "undo");
	assert_heard(f, "undo.nothing>ben");
}

static void merge__undone_by_who_was_joined__is_undone(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "olga", "!admin merge ana ben");
	fixture_say(f, "olga", "!admin merge ana ben");
	g_free(fixture_heard(f));
	at_libera(f, "ben", "undo");
	assert_heard(f, "link.parted>ana link.parted>ben undone>ben");
}

static void merge__somebody_seen_speaking__is_another_door(void **state)
{
	struct fixture *f = *state;

	/* Of the same name as shown. */
	fixture_event(f, (struct event){ .network = "home",
					 .room = "#makers",
					 .account = ANA,
					 .shown = "Ana",
					 .text = "hello all" });
	fixture_say(f, "olga", "!admin merge ana Ana");
	fixture_say(f, "olga", "!admin merge ana Ana");
	assert_heard(f, "merge.ask>olga merge.done>olga merge.told>ana merge.told>" ANA);
	assert_int_equal(person_of(f, ANA), person_of(f, "ana"));
}

static void merge__what_cannot_be__is_said(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text, *heard;
	} cases[] = {
		{ "!admin merge", "usage>olga" },
		{ "!admin merge ana", "usage>olga" },
		{ "!admin merge nobody ana", "usage>olga" },
		{ "!admin merge ana nobody", "usage>olga" },
		{ "!admin merge ana ana", "merge.same>olga" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		fixture_say(f, "olga", cases[i].text);
		assert_heard(f, cases[i].heard);
	}
	fixture_say(f, "ana", "!admin merge ana ben");
	assert_heard(f, "not-organizer>ana");
	fixture_say(f, "ana", "!show \"Vase\"");
	fixture_say(f, "ben", "!show \"Bench\"");
	g_free(fixture_heard(f));
	fixture_say(f, "olga", "!admin merge ana ben");
	assert_heard(f, "merge.both-show>olga");
}

/* Another pair is another question. */
static void merge__another_pair_second__is_asked_about(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "olga", "!admin merge ana ben");
	fixture_say(f, "olga", "!admin merge ben ana");
	assert_heard(f, "merge.ask>olga merge.ask>olga");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(code__asked_for__is_told_in_private_and_kept_as_a_hash),
		TEST(code__asked_for_again__puts_the_first_out_of_use),
		TEST(code__of_somebody_unknown__is_not_given),
		TEST(code__said_once__changes_nothing_yet),
		TEST(code__said_twice__opens_a_door),
		TEST(code__typed_carelessly__is_read),
		TEST(code__sixteen_minutes_old__is_none),
		TEST(code__asked_about_in_time__may_be_said_again_later),
		TEST(code__said_again_too_late__is_asked_about_anew),
		TEST(code__said_twice_by_two__joins_neither),
		TEST(code__edited_into_being_said_again__is_not),
		TEST(code__said_at_its_own_door__is_kindly_refused),
		TEST(code__of_somebody_who_left__is_none),
		TEST(codes__guessed__are_not_looked_at_for_an_hour),
		TEST(codes__four_wrong_ones_an_hour__are_looked_at),
		TEST(codes__guessed_and_forgotten__are_not_looked_at),
		TEST(code__said_in_a_room__is_burnt),
		TEST(code__edited_into_a_room__is_burnt),
		TEST(chat__that_looks_like_a_code__is_chat),
		cmocka_unit_test(code__of_the_second_group__is_answered_by_it),
		TEST(linked__door__is_the_members),
		TEST(link__two_members__says_which_name_stays),
		TEST(link__both_show__waits_for_one_to_withdraw),
		TEST(link__both_keep__waits_too),
		TEST(link__one_shows_one_keeps__goes_on),
		TEST(undo__of_a_new_door__closes_it),
		TEST(undo__of_two_members__parts_them_and_tells_both),
		TEST(undo__a_day_later__is_too_late),
		TEST(undo__by_deleting_the_message__is_none),
		TEST(undo__what_came_since__stays_with_who_stays),
		TEST(undo__name_taken_meanwhile__gets_a_suffix),
		TEST(forget__after_a_join__forgets_both),
		TEST(forget__asked_before_a_join__is_asked_again),
		TEST(merge__said_twice__joins_and_tells_all),
		TEST(merge__undone_by_who_was_joined__is_undone),
		TEST(merge__somebody_seen_speaking__is_another_door),
		TEST(merge__what_cannot_be__is_said),
		TEST(merge__another_pair_second__is_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
