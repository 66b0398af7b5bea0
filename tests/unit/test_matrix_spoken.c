#include "transport/matrix/spoken.h"

#include "clock.h"
#include "store/db.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW_US (INT64_C(1795424400) * CLOCK_US_PER_SECOND)

struct ground {
	char *folder, *store;
	struct db *db;
	struct spoken *spoken;
};

static int set_up(void **state)
{
	struct ground *g = g_new0(struct ground, 1);
	g_autofree char *error = NULL;

	g->folder = g_dir_make_tmp("kith-test-XXXXXX", NULL);
	g->store = g_build_filename(g->folder, "test.kith", NULL);
	assert_return_code(db_open(g->store, &g->db, &error), 0);
	g->spoken = spoken_new(g->db, "home");
	*state = g;
	return 0;
}

static int tear_down(void **state)
{
	struct ground *g = *state;
	static const char *const ends[] = { "", "-wal", "-shm" };

	spoken_free(g->spoken);
	db_close(g->db);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(g->store, ends[i], NULL);
		g_unlink(path);
	}
	g_rmdir(g->folder);
	g_free(g->folder);
	g_free(g->store);
	g_free(g);
	return 0;
}

static void write_down(struct ground *g, int64_t now_us)
{
	db_begin(g->db);
	spoken_write(g->spoken, now_us);
	db_end(g->db);
}

/* As after a new start. */
static void begin_anew(struct ground *g)
{
	spoken_free(g->spoken);
	g->spoken = spoken_new(g->db, "home");
}

static void assert_event(struct ground *g, const char *key, const char *want)
{
	g_autofree char *got = spoken_event(g->spoken, key);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void assert_key(struct ground *g, const char *event, const char *want)
{
	g_autofree char *got = spoken_key(g->spoken, event);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void spoken__knows__what_was_just_said(void **state)
{
	struct ground *g = *state;

	spoken_add(g->spoken, "key", "$event", false, NOW_US);
	assert_event(g, "key", "$event");
	assert_key(g, "$event", "key");
	assert_event(g, "other", NULL);
	assert_key(g, "$other", NULL);
	assert_false(spoken_dirty(g->spoken));
}

static void spoken__keeps__what_is_worth_it(void **state)
{
	struct ground *g = *state;

	spoken_add(g->spoken, "kept", "$kept", true, NOW_US);
	spoken_add(g->spoken, "passed", "$passed", false, NOW_US);
	assert_true(spoken_dirty(g->spoken));
	write_down(g, NOW_US);
	assert_false(spoken_dirty(g->spoken));
	begin_anew(g);
	assert_event(g, "kept", "$kept");
	assert_key(g, "$kept", "kept");
	assert_event(g, "passed", NULL);
}

static void spoken__amends__the_first_event(void **state)
{
	struct ground *g = *state;

	for (int anew = 0; anew < 2; anew++) {
		if (!anew) {
			spoken_add(g->spoken, "first", "$event", true, NOW_US);
			spoken_add(g->spoken, "second", "$event", true, NOW_US + 1);
		}
		/* An edit is never edited, and what the event says now is the edit. */
		assert_event(g, "first", "$event");
		assert_event(g, "second", "$event");
		assert_key(g, "$event", "second");
		write_down(g, NOW_US);
		begin_anew(g);
	}
}

static void spoken__finds__a_long_post_by_each_part(void **state)
{
	struct ground *g = *state;

	for (int anew = 0; anew < 2; anew++) {
		if (!anew) {
			spoken_add(g->spoken, "long", "$1", true, NOW_US);
			spoken_add(g->spoken, "long", "$2", true, NOW_US + 1);
		}
		assert_event(g, "long", "$1");
		assert_key(g, "$1", "long");
		assert_key(g, "$2", "long");
		write_down(g, NOW_US);
		begin_anew(g);
	}
}

static void spoken__takes__the_same_twice(void **state)
{
	struct ground *g = *state;

	for (int i = 0; i < 2; i++) {
		spoken_add(g->spoken, "key", "$event", true, NOW_US);
		write_down(g, NOW_US);
		begin_anew(g);
	}
	assert_int_equal(db_int(g->db, 0, "SELECT count(*) FROM matrix_spoken", ""), 1);
}

static void spoken__forgets__what_is_old(void **state)
{
	struct ground *g = *state;

	spoken_add(g->spoken, "old", "$old", true, NOW_US);
	write_down(g, NOW_US);
	spoken_add(g->spoken, "new", "$new", true, NOW_US + 61 * CLOCK_US_PER_DAY);
	write_down(g, NOW_US + 61 * CLOCK_US_PER_DAY);
	begin_anew(g);
	assert_event(g, "old", NULL);
	assert_event(g, "new", "$new");
}

static void spoken__holds__a_few_hundred(void **state)
{
	struct ground *g = *state;

	spoken_add(g->spoken, "unwritten", "$unwritten", true, NOW_US);
	spoken_add(g->spoken, "first", "$first", false, NOW_US);
	for (int i = 0; i < 600; i++) {
		g_autofree char *key = g_strdup_printf("k%d", i);
		g_autofree char *event = g_strdup_printf("$%d", i);

		spoken_add(g->spoken, key, event, false, NOW_US);
	}
	/* Not what nobody has written yet. */
	assert_event(g, "unwritten", "$unwritten");
	assert_event(g, "k599", "$599");
	write_down(g, NOW_US);
	spoken_add(g->spoken, "more", "$more", false, NOW_US);
	spoken_add(g->spoken, "and", "$and", false, NOW_US);
	assert_event(g, "unwritten", "$unwritten");
	assert_event(g, "first", NULL);
}

static void spoken__keeps_apart__networks(void **state)
{
	struct ground *g = *state;
	struct spoken *other = spoken_new(g->db, "elsewhere");

	spoken_add(g->spoken, "key", "$event", true, NOW_US);
	write_down(g, NOW_US);
	assert_null(spoken_event(other, "key"));
	assert_null(spoken_key(other, "$event"));
	spoken_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(spoken__knows__what_was_just_said, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(spoken__keeps__what_is_worth_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spoken__amends__the_first_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spoken__finds__a_long_post_by_each_part, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(spoken__takes__the_same_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spoken__forgets__what_is_old, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spoken__holds__a_few_hundred, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spoken__keeps_apart__networks, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
