/* Holes in a timeline, and what waits behind them. */
#include "waiting_world.h"

static void gap__pages__are_heard_in_order_before_what_came_since(void **state)
{
	struct world *w = *state;

	set_page(w, "t3", "f e", "t2");
	set_page(w, "t2", "d c", "t1");
	set_page(w, "t1", "b a", NULL);
	assert_false(waiting_holds(w->w, ROOM));
	gap(w, "t3");
	assert_true(waiting_holds(w->w, ROOM));
	add(w, "g", true);
	add(w, "h", false);
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 0);
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b c d e f g h! ");
	assert_heard(w, "a b c d e f g h");
	assert_empty(w);
	const struct hs_request *r = g_ptr_array_index(fake_hs_requests(w->ground.hs), 0);
	assert_string_equal(r->path, "/_matrix/client/v3/rooms/%21makers%3Aexample.org/messages"
				     "?dir=b&from=t3&to=since&limit=100");
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 3);
}

static void gap__connected__is_asked_for_at_once(void **state)
{
	struct world *w = *state;

	resume(w);
	set_page(w, "t3", "b a", NULL);
	gap(w, "t3");
	add(w, "c", false);
	/* No second time. */
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b c! ");
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 1);
}

static void gap__rooms__have_their_own(void **state)
{
	struct world *w = *state;

	set_page(w, "t3", "b a", NULL);
	set_page(w, "u3", "d c", NULL);
	gap(w, "t3");
	gap_in(w, "!other:example.org", "u3", "since");
	w->hold = true;
	resume(w);
	assert_true(fake_hs_until_requests(w->ground.hs, 2));
	struct hs_answer a = { .text = g_hash_table_lookup(w->pages, "t3") };
	const struct hs_request *r = fake_hs_last(w->ground.hs, "GET", "v3/rooms/%21makers");
	assert_true(fake_hs_answer(w->ground.hs, r->number, &a));
	await_over(w, 1);
	assert_told(w, "a b ");
	assert_false(waiting_holds(w->w, ROOM));
	assert_true(waiting_holds(w->w, "!other:example.org"));
	a.text = g_hash_table_lookup(w->pages, "u3");
	r = fake_hs_last(w->ground.hs, "GET", "v3/rooms/%21other");
	assert_true(fake_hs_answer(w->ground.hs, r->number, &a));
	await_over(w, 2);
	assert_told(w, "elsewhere:c elsewhere:d ");
	assert_empty(w);
}

static void page__end__is_where_there_is_no_more(void **state)
{
	struct world *w = *state;

	/* An empty page tells nothing; the same token again does. */
	set_page(w, "t3", "c", "t2");
	set_page(w, "t2", "", "t1");
	set_page(w, "t1", "b a", "t1");
	gap(w, "t3");
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b c ");
	set_page(w, "t6", "e", "t5");
	set_page(w, "t5", "", NULL);
	gap(w, "t6");
	await_over(w, 2);
	assert_told(w, "e ");
	assert_empty(w);
}

static void page__empty_without_end__is_given_up(void **state)
{
	struct world *w = *state;

	set_page(w, "a", "", "b");
	set_page(w, "b", "", "a");
	gap(w, "a");
	resume(w);
	await_over(w, 1);
	assert_told(w, "missed ");
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, WAITING_EVENTS_MOST / WAITING_PAGE);
}

static void page__known_events__end_it(void **state)
{
	struct world *w = *state;

	run(w, "INSERT INTO matrix_event(network, event, at_us) VALUES('home', '$c', 0)");
	run(w, "INSERT INTO matrix_event(network, event, at_us) VALUES('home', '$b', 0)");
	set_page(w, "t3", "f c e", "t2");
	set_page(w, "t2", "c b", "t1");
	set_page(w, "t1", "a", NULL);
	gap(w, "t3");
	resume(w);
	await_over(w, 1);
	assert_told(w, "e f ");
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 2);
}

static void page__all_old__ends_it(void **state)
{
	struct world *w = *state;
	g_autofree char *late = event_at("late", -90), *a = event_at("a", -30);
	g_autofree char *older = event_at("older", -61), *old = event_at("old", -62);

	/* One that was long on its way is no end. */
	g_hash_table_insert(w->pages, g_strdup("t3"),
			    g_strdup_printf("{\"chunk\":[%s,%s],\"end\":\"t2\"}", late, a));
	g_hash_table_insert(w->pages, g_strdup("t2"),
			    g_strdup_printf("{\"chunk\":[%s,%s],\"end\":\"t1\"}", older, old));
	set_page(w, "t1", "never", NULL);
	gap(w, "t3");
	resume(w);
	await_over(w, 1);
	assert_told(w, "old older a late ");
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 2);
}

static void gap__too_long__is_missed_but_for_its_end(void **state)
{
	struct world *w = *state;
	unsigned pages = WAITING_EVENTS_MOST / WAITING_PAGE;

	set_long_pages(w, pages + 5);
	gap(w, "p0");
	resume(w);
	await_over(w, 1);
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, pages);
	assert_true(g_str_has_prefix(w->told->str, "missed 8001 8002 "));
	assert_true(g_str_has_suffix(w->told->str, " 9999 10000 "));
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""),
			 WAITING_EVENTS_MOST + 1);
	assert_empty(w);
}

static void page__longer_than_asked_for__is_heard_whole(void **state)
{
	struct world *w = *state;
	g_autoptr(GString) ids = g_string_new("e0");

	for (unsigned i = 1; i < 3 * WAITING_PAGE; i++)
		g_string_append_printf(ids, " e%u", i);
	set_page(w, "t3", ids->str, NULL);
	gap(w, "t3");
	resume(w);
	await_over(w, 1);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 3 * WAITING_PAGE);
}

static void gap__refused__is_missed(void **state)
{
	static const int statuses[] = { 403, 404, 400 };
	struct world *w = *state;

	for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
		set_page(w, "t3", "b a", "t2");
		gap(w, "t3");
		add(w, "c", false);
		w->status = statuses[i];
		resume(w);
		await_over(w, i + 1);
		assert_told(w, "missed c! ");
		assert_empty(w);
	}
	/* What was had before is heard. */
	w->status = 0;
	gap(w, "t3");
	await_over(w, G_N_ELEMENTS(statuses) + 1);
	assert_told(w, "missed a b ");
}

static void page__of_any_kind__does_no_harm(void **state)
{
	static const char *const pages[] = {
		"{}",
		"{\"chunk\":{}}",
		"{\"chunk\":\"x\",\"end\":\"t2\"}",
	};
	struct world *w = *state;

	resume(w);
	for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_hash_table_insert(w->pages, g_strdup("t3"), g_strdup(pages[i]));
		gap(w, "t3");
		await_over(w, i + 1);
		assert_told(w, "missed ");
	}
	g_autofree char *long_text = g_strnfill(300000, 'x'), *a = event_at("a", 0);
	g_hash_table_insert(w->pages, g_strdup("t3"),
			    g_strdup_printf("{\"chunk\":[1,null,[],\"x\",{\"event_id\":\"$\",\"x\":"
					    "\"%s\"},%s],\"end\":7}",
					    long_text, a));
	gap(w, "t3");
	await_over(w, G_N_ELEMENTS(pages) + 1);
	assert_told(w, "a ");
	assert_empty(w);
}

static void gap__second__makes_one_hole_of_both(void **state)
{
	struct world *w = *state;

	set_page(w, "t3", "b", "t2");
	gap(w, "t3");
	add(w, "c", false);
	set_page(w, "t9", "e d c", "t3");
	set_page(w, "t2", "a", NULL);
	gap_in(w, ROOM, "t9", "another since");
	add(w, "f", false);
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b c d e f! ");
	const struct hs_request *r = fake_hs_last(w->ground.hs, "GET", "v3/rooms/");
	assert_non_null(strstr(r->path, "to=since&"));
	assert_empty(w);
}

static void gap__second_while_one_is_asked_for__asks_anew(void **state)
{
	struct world *w = *state;

	resume(w);
	w->hold = true;
	set_page(w, "t3", "never", NULL);
	set_page(w, "t9", "b a", NULL);
	gap(w, "t3");
	assert_true(fake_hs_until_requests(w->ground.hs, 1));
	w->hold = false;
	gap(w, "t9");
	/* What the first one would have told. */
	struct hs_answer late = { .text = g_hash_table_lookup(w->pages, "t3") };
	fake_hs_answer(w->ground.hs, 0, &late);
	await_over(w, 1);
	assert_told(w, "a b ");
	assert_empty(w);
}

static bool page_taken(void *data)
{
	struct world *w = data;

	return w->over || db_int(w->db, 0, "SELECT asked FROM matrix_gap", "") > w->asked;
}

static void gap__always_another__comes_to_an_end(void **state)
{
	struct world *w = *state;
	unsigned gaps = 0;

	set_long_pages(w, 2);
	w->hold_at = "p1";
	resume(w);
	while (!w->over && gaps < 100) {
		gap(w, "p0");
		gaps++;
		assert_true(fake_hs_until(w->ground.hs, page_taken, w));
		w->asked = db_int(w->db, 0, "SELECT asked FROM matrix_gap", "");
	}
	assert_int_equal(gaps, WAITING_EVENTS_MOST / WAITING_PAGE);
	assert_true(g_str_has_prefix(w->told->str, "missed 9901 "));
	assert_empty(w);
}

static void drop__room__is_forgotten(void **state)
{
	struct world *w = *state;

	w->hold = true;
	resume(w);
	gap(w, "t3");
	add(w, "a", false);
	assert_true(fake_hs_until_requests(w->ground.hs, 1));
	db_begin(w->db);
	waiting_drop(w->w, ROOM);
	waiting_drop(w->w, "!never:example.org");
	db_end(w->db);
	assert_empty(w);
	fake_hs_turn(w->ground.hs, 20000);
	assert_told(w, "");
	assert_int_equal(w->over, 0);
}

static void add__too_many__gives_the_hole_up(void **state)
{
	struct world *w = *state;

	w->hold = true;
	resume(w);
	gap(w, "t3");
	db_begin(w->db);
	for (unsigned i = 0; i < 5000; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);
		add(w, id, false);
	}
	assert_told(w, "");
	add(w, "last", false);
	db_end(w->db);
	assert_true(g_str_has_prefix(w->told->str, "missed 0! 1! "));
	assert_true(g_str_has_suffix(w->told->str, " 4999! last! "));
	assert_empty(w);
	fake_hs_turn(w->ground.hs, 20000);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 5002);
}

/* A page is asked for, and for as long as the server is given nothing comes of it. */
static void ask_in_vain(struct world *w)
{
	set_page(w, "t3", "b a", NULL);
	gap(w, "t3");
	w->hold = true;
	resume(w);
	assert_true(fake_hs_until_requests(w->ground.hs, 1));
	w->hold = false;
	clock_virtual_set(&w->ground.clock, w->ground.clock.now_us + 10 * CLOCK_US_PER_MINUTE);
}

static void gap__server_down__is_asked_for_again(void **state)
{
	struct world *w = *state;

	ask_in_vain(w);
	fake_hs_hang_up(w->ground.hs);
	await_over(w, 1);
	assert_told(w, "a b ");
	assert_empty(w);
}

static void gap__too_often__is_asked_for_again(void **state)
{
	struct world *w = *state;
	struct hs_answer a = { .status = 429,
			       .text = "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"later\"}" };

	ask_in_vain(w);
	fake_hs_answer(w->ground.hs, 0, &a);
	await_over(w, 1);
	assert_told(w, "a b ");
	assert_empty(w);
}

static void gap__server_always_fails__is_missed(void **state)
{
	struct world *w = *state;
	struct hs_answer a = { .status = 500, .text = "{\"errcode\":\"M_UNKNOWN\"}" };

	ask_in_vain(w);
	fake_hs_answer(w->ground.hs, 0, &a);
	await_over(w, 1);
	assert_told(w, "missed ");
	assert_empty(w);
}

static void gap__another_session__asks_again(void **state)
{
	struct world *w = *state;

	set_page(w, "t3", "b a", NULL);
	gap(w, "t3");
	w->hold = true;
	resume(w);
	assert_true(fake_hs_until_requests(w->ground.hs, 1));
	w->hold = false;
	restart(w);
	fake_hs_turn(w->ground.hs, 20000);
	assert_told(w, "");
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(gap__pages__are_heard_in_order_before_what_came_since),
		TEST(gap__connected__is_asked_for_at_once),
		TEST(gap__rooms__have_their_own),
		TEST(page__end__is_where_there_is_no_more),
		TEST(page__empty_without_end__is_given_up),
		TEST(page__known_events__end_it),
		TEST(page__all_old__ends_it),
		TEST(gap__too_long__is_missed_but_for_its_end),
		TEST(page__longer_than_asked_for__is_heard_whole),
		TEST(gap__refused__is_missed),
		TEST(page__of_any_kind__does_no_harm),
		TEST(gap__second__makes_one_hole_of_both),
		TEST(gap__second_while_one_is_asked_for__asks_anew),
		TEST(gap__always_another__comes_to_an_end),
		TEST(drop__room__is_forgotten),
		TEST(add__too_many__gives_the_hole_up),
		TEST(gap__server_down__is_asked_for_again),
		TEST(gap__too_often__is_asked_for_again),
		TEST(gap__server_always_fails__is_missed),
		TEST(gap__another_session__asks_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
