/* Holes in a timeline, wherever kith ends while it fills them. */
#include "waiting_world.h"

static void restart__whenever__loses_and_doubles_nothing(void **state)
{
	struct world *w = *state;
	int kills = 0;

	for (bool killed = true; killed; kills++) {
		run(w, "DELETE FROM heard");
		set_page(w, "t3", "f e", "t2");
		set_page(w, "t2", "d c", "t1");
		set_page(w, "t1", "b a", NULL);
		gap(w, "t3");
		add(w, "g", true);
		w->over = 0;
		w->commits = kills;
		resume(w);
		while (!w->over && !w->dead)
			loop_run(w->ground.loop);
		killed = w->dead;
		if (killed) {
			restart(w);
			assert_true(waiting_holds(w->w, ROOM));
			resume(w);
			await_over(w, 1);
		}
		w->commits = -1;
		assert_heard(w, "a b c d e f g");
		assert_empty(w);
	}
	/* Before each page, and before what is handed on. */
	assert_int_equal(kills, 5);
}

static void restart__half_handed_on__goes_on_behind_it(void **state)
{
	struct world *w = *state;

	set_long_pages(w, 2);
	g_hash_table_insert(w->pages, g_strdup("p2"), g_strdup("{\"chunk\":[]}"));
	gap(w, "p0");
	/* Three pages and a hundred events. */
	w->commits = 4;
	resume(w);
	while (!w->dead)
		loop_run(w->ground.loop);
	restart(w);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 100);
	/* Before it goes on, the first sync has another hole. */
	set_page(w, "t3", "b a", NULL);
	gap(w, "t3");
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 200);
	resume(w);
	await_over(w, 1);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 202);
	assert_int_equal(db_int(w->db, 0, "SELECT count(DISTINCT what) FROM heard", ""), 202);
	g_autofree char *last = db_text(w->db, "SELECT what FROM heard ORDER BY n DESC", "");
	assert_string_equal(last, "b");
	assert_empty(w);
}

static void restart__nothing_but_rows__are_handed_on(void **state)
{
	struct world *w = *state;

	add(w, "a", false);
	restart(w);
	assert_true(waiting_holds(w->w, ROOM));
	add(w, "b", true);
	resume(w);
	assert_int_equal(w->over, 1);
	assert_told(w, "a! b ");
	assert_empty(w);
}

static void restart__hole__is_as_long_and_as_old(void **state)
{
	struct world *w = *state;
	unsigned pages = WAITING_EVENTS_MOST / WAITING_PAGE;

	set_long_pages(w, pages + 5);
	gap(w, "p0");
	w->commits = 7;
	resume(w);
	while (!w->dead)
		loop_run(w->ground.loop);
	restart(w);
	resume(w);
	await_over(w, 1);
	/* One of them twice. */
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, pages + 1);
	assert_true(g_str_has_prefix(w->told->str, "missed 8001 8002 "));
	assert_int_equal(db_int(w->db, 0, "SELECT count(DISTINCT what) FROM heard", ""),
			 WAITING_EVENTS_MOST + 1);
	assert_empty(w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(restart__whenever__loses_and_doubles_nothing),
		TEST(restart__half_handed_on__goes_on_behind_it),
		TEST(restart__nothing_but_rows__are_handed_on),
		TEST(restart__hole__is_as_long_and_as_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
