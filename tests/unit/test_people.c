#include "fixture.h"

#include "base/text/text.h"
#include "circle/people.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int64_t join_as(struct fixture *f, const char *account, const char *shown, const char *name,
		       const char *intro, bool *ret_new)
{
	struct event e = { .network = "libera", .account = account, .shown = shown };
	int64_t person = people_join(fixture_begin(f), &e, name, intro, ret_new);

	fixture_end(f);
	return person;
}

static int64_t join(struct fixture *f, const char *account, const char *name)
{
	bool new;

	return join_as(f, account, account, name, "", &new);
}

static void leave(struct fixture *f, int64_t person)
{
	people_leave(fixture_begin(f), person);
	fixture_end(f);
}

static void assert_name(struct fixture *f, int64_t person, const char *want)
{
	g_autofree char *name = people_name(fixture_begin(f), person);

	fixture_end(f);
	assert_string_equal(name, want);
}

static void name__new_member__is_clean_and_short(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *wanted, *want;
	} cases[] = {
		{ "Ana", "Ana" },
		{ "  Ana \n Maria\t ", "Ana Maria" },
		{ "\x02"
		  "bold\x0f",
		  "bold" },
		{ "left\xe2\x80\xaeright", "leftright" },
		{ "@bob", "bob" },
		{ "@ @cy@home", "cy@home" },
		{ "", "friend" },
		{ " @ \n ", "friend" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *account = g_strdup_printf("account%zu", i);
		int64_t person = join(f, account, cases[i].wanted);
		/* The second nameless one. */
		assert_name(f, person, i == G_N_ELEMENTS(cases) - 1 ? "friend-2" : cases[i].want);
	}
	g_autofree char *long_name = g_strnfill(200, 'x');
	int64_t person = join(f, "long", long_name);
	g_autofree char *name = people_name(fixture_begin(f), person);
	fixture_end(f);
	assert_true(text_length(name) <= CIRCLE_NAME_MOST);
}

static void name__taken_after_folding__gets_a_suffix(void **state)
{
	struct fixture *f = *state;

	assert_name(f, join(f, "a1", "Ana"), "Ana");
	assert_name(f, join(f, "a2", "ana"), "ana-2");
	assert_name(f, join(f, "a3", "ＡＮＡ"), "ＡＮＡ-3");
	assert_name(f, join(f, "a4", "Ana-2"), "Ana-2-2");
	assert_name(f, join(f, "s1", "Straße"), "Straße");
	assert_name(f, join(f, "s2", "STRASSE"), "STRASSE-2");
}

static void name__reserved__gets_a_suffix(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "kith", "Room", "EVERYONE", "here", "Channel", "me" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *account = g_strdup_printf("account%zu", i);
		g_autofree char *want = g_strconcat(names[i], "-2", NULL);
		assert_name(f, join(f, account, names[i]), want);
	}
}

static void name__former_member__keeps_theirs(void **state)
{
	struct fixture *f = *state;
	int64_t ana = join(f, "a1", "Ana");

	leave(f, ana);
	assert_name(f, join(f, "a2", "ana"), "ana-2");
	assert_name(f, ana, "Ana");
	assert_int_equal(join(f, "a1", NULL), ana);
	assert_name(f, ana, "Ana");
}

static void name__own__may_be_spelled_anew(void **state)
{
	struct fixture *f = *state;
	int64_t ana = join(f, "a1", "ana");

	assert_int_equal(join(f, "a1", "ANA"), ana);
	assert_name(f, ana, "ANA");
	join(f, "a1", NULL);
	assert_name(f, ana, "ANA");
	join(f, "a1", "Anna");
	assert_name(f, ana, "Anna");
	/* The old one is free again. */
	assert_name(f, join(f, "a2", "ana"), "ana");
}

static void name__nobody__is_a_former_member(void **state)
{
	struct fixture *f = *state;

	assert_name(f, 0, "a former member");
	assert_name(f, 4711, "a former member");
}

static void join__again__changes_the_introduction(void **state)
{
	struct fixture *f = *state;
	bool new = false;
	int64_t ana = join_as(f, "ana", "Ana", NULL, "I paint", &new);

	assert_true(new);
	assert_int_equal(join_as(f, "ANA", "Anastasia", NULL, "I sing", &new), ana);
	assert_false(new);
	assert_name(f, ana, "Ana");
	struct circle *c = fixture_begin(f);
	g_autofree char *intro = people_intro(c, ana);
	assert_string_equal(intro, "I sing");
	fixture_end(f);
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM person"), 1);
}

static void join__after_leaving__comes_back_with_everything(void **state)
{
	struct fixture *f = *state;
	bool new = false;
	int64_t ana = join(f, "ana", "Ana");

	leave(f, ana);
	assert_false(people_joined(fixture_begin(f), ana));
	fixture_end(f);
	assert_int_equal(join_as(f, "ana", "ana", NULL, "back", &new), ana);
	assert_true(new);
	assert_true(people_joined(fixture_begin(f), ana));
	fixture_end(f);
}

static void members__joined__in_joining_order(void **state)
{
	struct fixture *f = *state;
	int64_t zoe = join(f, "zoe", NULL);

	clock_virtual_set(&f->clock, f->clock.now_us + 1);
	int64_t ana = join(f, "ana", NULL);
	int64_t ben = join(f, "ben", NULL);
	leave(f, ana);
	g_autoptr(GArray) members = people_members(fixture_begin(f));
	fixture_end(f);
	assert_int_equal(members->len, 2);
	assert_int_equal(g_array_index(members, int64_t, 0), zoe);
	assert_int_equal(g_array_index(members, int64_t, 1), ben);
}

static void match__longest_name__at_a_word_boundary(void **state)
{
	struct fixture *f = *state;
	int64_t ana = join(f, "a", "Ana"), maria = join(f, "m", "Ana Maria");
	int64_t dash = join(f, "d", "Ana-Lu"), old = join(f, "o", "Old Ben");
	const struct {
		const char *text;
		int64_t want;
		const char *rest;
	} cases[] = {
		{ "ana", ana, "" },
		{ "ANA for reading", ana, "for reading" },
		{ "ana maria for it", maria, "for it" },
		{ "ana  maria for it", maria, "for it" },
		{ "Ana Mariana", ana, "Mariana" },
		{ "ana-lu, thank you", dash, "thank you" },
		{ "@Ana: thank you", ana, "thank you" },
		{ "ana, ben", ana, "ben" },
		{ "ana.", ana, "" },
		{ "old ben", old, "" },
		{ "anatol", 0, NULL },
		{ "ben", 0, NULL },
		{ "", 0, NULL },
		{ "@", 0, NULL },
		{ "for ana", 0, NULL },
	};

	leave(f, old);
	struct circle *c = fixture_begin(f);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *rest = NULL;
		int64_t got = people_match(c, cases[i].text, &rest);

		if (got != cases[i].want)
			fail_msg("\"%s\" is %d, not %d", cases[i].text, (int)got,
				 (int)cases[i].want);
		if (got)
			assert_string_equal(rest, cases[i].rest);
	}
	fixture_end(f);
}

static void match__longest_possible_name__is_found(void **state)
{
	struct fixture *f = *state;
	g_autofree char *name = g_strnfill(CIRCLE_NAME_MOST, 'x');
	int64_t first = join(f, "a", name), second = join(f, "b", name);
	g_autofree char *called = people_name(fixture_begin(f), second);
	const char *rest;

	fixture_end(f);
	struct circle *c = fixture_begin(f);
	assert_int_equal(people_match(c, name, &rest), first);
	assert_int_equal(people_match(c, called, &rest), second);
	fixture_end(f);
}

static void organizer__account__is_compared_folded(void **state)
{
	struct fixture *f = *state;
	const struct config_group *group = f->config->groups->pdata[0];

	assert_true(people_is_organizer(group, "libera", "olga"));
	assert_true(people_is_organizer(group, "libera", "Olga"));
	assert_false(people_is_organizer(group, "home", "olga"));
	assert_false(people_is_organizer(group, "libera", "olga_"));
	assert_false(people_is_organizer(group, "libera", NULL));
}

/* Matrix specification, appendices, "User identifiers": case counts. */
static void organizer__matrix_id__is_compared_as_it_is(void **state)
{
	struct config_address olga = { .network = (char *)"home", .name = (char *)"@olga:hs" };
	g_autoptr(GPtrArray) organizers = g_ptr_array_new();
	const struct config_group group = { .organizers = organizers };

	g_ptr_array_add(organizers, &olga);
	assert_true(people_is_organizer(&group, "home", "@olga:hs"));
	assert_false(people_is_organizer(&group, "home", "@Olga:hs"));
	assert_false(people_is_organizer(&group, "home", " @olga:hs"));
	assert_false(people_is_organizer(&group, "home", "@olga:hs "));
}

static void handle__matrix_id__is_compared_as_it_is(void **state)
{
	struct fixture *f = *state;

	struct circle *c = fixture_begin(f);
	int64_t person = people_add(c, "home", "@ana:hs");
	assert_int_equal(people_by_handle(f->app->db, "home", "@ana:hs"), person);
	assert_int_equal(people_by_handle(f->app->db, "home", "@Ana:hs"), 0);
	assert_int_equal(people_by_handle(f->app->db, "home", "@ana:hs "), 0);
	fixture_end(f);
}

static void handle__account__is_compared_folded(void **state)
{
	struct fixture *f = *state;
	int64_t ana = join(f, "Ana", NULL);

	fixture_begin(f);
	assert_int_equal(people_by_handle(f->app->db, "libera", "ANA"), ana);
	assert_int_equal(people_by_handle(f->app->db, "home", "ana"), 0);
	assert_int_equal(people_by_handle(f->app->db, "libera", NULL), 0);
	fixture_end(f);
}

static void door__spelled_anew__is_remembered(void **state)
{
	struct fixture *f = *state;
	int64_t ana = join(f, "ana", NULL);
	g_autofree char *network = NULL, *account = NULL;
	char *nobody = NULL;

	people_used_door(fixture_begin(f), ana, "libera", "ANA");
	fixture_end(f);
	assert_true(people_door(f->app->db, ana, &network, &account));
	assert_string_equal(network, "libera");
	assert_string_equal(account, "ANA");
	assert_false(people_door(f->app->db, ana + 1, &nobody, &nobody));
	assert_null(nobody);
}

static void zone__named__is_theirs(void **state)
{
	struct fixture *f = *state;
	int64_t ana = join(f, "ana", NULL);
	static const char *const wrong[] = {
		"",           "Nowhere/Town", "+02:00",      "UTC+3",
		"CET-1CEST",  "zone.tab",     "tzdata.zi",   "Europe",
		"/etc/hosts", "posixrules",   "../../hosts", "Europe/../../../../etc/hosts",
	};
	struct circle *c = fixture_begin(f);

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		if (people_set_zone(c, ana, wrong[i]) != -EINVAL)
			fail_msg("\"%s\" was taken for a zone", wrong[i]);
	g_autofree char *group_name = NULL, *own_name = NULL;
	g_autoptr(GTimeZone) group_zone = people_zone(c, ana, &group_name);
	assert_string_equal(group_name, "Europe/Berlin");
	assert_string_equal(g_time_zone_get_identifier(group_zone), "Europe/Berlin");
	assert_int_equal(people_set_zone(c, ana, "Asia/Kolkata"), 0);
	g_autoptr(GTimeZone) own_zone = people_zone(c, ana, &own_name);
	assert_string_equal(own_name, "Asia/Kolkata");
	int interval = g_time_zone_find_interval(own_zone, G_TIME_TYPE_UNIVERSAL,
						 f->clock.now_us / CLOCK_US_PER_SECOND);
	assert_int_equal(g_time_zone_get_offset(own_zone, interval), 5 * 3600 + 1800);
	fixture_end(f);
}

static void cap__passed__is_told_once(void **state)
{
	struct fixture *f = *state;
	const struct config_group *group = f->config->groups->pdata[0];

	for (int i = 0; i <= group->soft_cap + 1; i++) {
		g_autofree char *account = g_strdup_printf("account%d", i);
		join(f, account, NULL);
		people_check_cap(fixture_begin(f));
		fixture_end(f);
		fixture_run(f);
		if (i + 1 <= group->soft_cap)
			assert_heard(f, "");
		else if (i == group->soft_cap)
			assert_heard(f, "soft-cap>olga");
		else
			assert_heard(f, "");
	}
}

static void forget_asked__ten_minutes__are_over(void **state)
{
	struct fixture *f = *state;
	int64_t ana = join(f, "ana", NULL);

	assert_false(people_asked_forget(fixture_begin(f), ana));
	fixture_end(f);
	people_ask_forget(fixture_begin(f), ana);
	fixture_end(f);
	clock_virtual_set(&f->clock, f->clock.now_us + 10 * CLOCK_US_PER_MINUTE);
	assert_true(people_asked_forget(fixture_begin(f), ana));
	fixture_end(f);
	clock_virtual_set(&f->clock, f->clock.now_us + 1);
	assert_false(people_asked_forget(fixture_begin(f), ana));
	fixture_end(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(name__new_member__is_clean_and_short),
		TEST(name__taken_after_folding__gets_a_suffix),
		TEST(name__reserved__gets_a_suffix),
		TEST(name__former_member__keeps_theirs),
		TEST(name__own__may_be_spelled_anew),
		TEST(name__nobody__is_a_former_member),
		TEST(join__again__changes_the_introduction),
		TEST(join__after_leaving__comes_back_with_everything),
		TEST(members__joined__in_joining_order),
		TEST(match__longest_name__at_a_word_boundary),
		TEST(match__longest_possible_name__is_found),
		TEST(organizer__account__is_compared_folded),
		TEST(organizer__matrix_id__is_compared_as_it_is),
		TEST(handle__matrix_id__is_compared_as_it_is),
		TEST(handle__account__is_compared_folded),
		TEST(door__spelled_anew__is_remembered),
		TEST(zone__named__is_theirs),
		TEST(cap__passed__is_told_once),
		TEST(forget_asked__ten_minutes__are_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
