/* Whether kith's device is the one that the homeserver knows, and its store the newest. */
#include "keys_world.h"

/*
 * What the account remembers.
 */
static int64_t generation(struct world *w)
{
	return db_int(w->db, -1, "SELECT generation FROM e2ee_own", "");
}

/* The server, and the store, of all there was to tell. */
static bool is_remembered(void *data)
{
	struct world *w = data;

	return w->remembered &&
	       json_integer_value(json_object_get(w->remembered, "generation")) == generation(w) &&
	       !db_int(w->db, -1, "SELECT moved FROM e2ee_own", "");
}

static void remember(struct world *w)
{
	assert_true(fake_hs_until(w->ground.hs, is_remembered, w));
}

static unsigned tells(const struct world *w)
{
	return fake_hs_count(w->ground.hs, "PUT", REMEMBERED);
}

static void move(struct world *w)
{
	db_begin(w->db);
	own_moved(&w->env);
	db_end(w->db);
}

static char *copy_store(struct world *w, size_t *ret_bytes)
{
	char *copy = NULL;

	close_store(w); /* which leaves all of it in one file */
	assert_true(g_file_get_contents(w->path, &copy, ret_bytes, NULL));
	open_store(w);
	assert_int_equal(open_own(w), 0);
	return copy;
}

static void put_back(struct world *w, const char *copy, size_t bytes)
{
	close_store(w);
	w->published = 0;
	assert_true(g_file_set_contents(w->path, copy, (gssize)bytes, NULL));
	open_store(w);
	assert_int_equal(open_own(w), 0);
}

/*
 * Another one speaks for the device
 */

static bool is_stale(void *data)
{
	const struct world *w = data;

	return w->stale;
}

static void assert_stale(struct world *w)
{
	unsigned before;

	own_publish(w->own);
	assert_true(fake_hs_until(w->ground.hs, is_stale, w));
	assert_true(*w->why);
	before = fake_hs_requests(w->ground.hs)->len;
	own_publish(w->own);
	hear(w, "{}", "[]");
	fake_hs_turn(w->ground.hs, 50 * 1000);
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, before);
	assert_int_equal(w->stale, 1);
	assert_int_equal(w->published, 0);
}

static void own__identity__is_another_at_the_server(void **state)
{
	struct world *w = *state;
	json_t *keys = json_pack("{s:s, s:s}", "curve25519:DEVICE", own_curve25519(w->own),
				 "ed25519:DEVICE", "another");

	w->device_keys = json_pack("{s:o}", "keys", keys);
	assert_stale(w);
	assert_int_equal(uploads(w), 0);
}

static void own__curve_key__is_another_at_the_server(void **state)
{
	struct world *w = *state;
	json_t *keys = json_pack("{s:s, s:s}", "curve25519:DEVICE", "another", "ed25519:DEVICE",
				 own_ed25519(w->own));

	w->device_keys = json_pack("{s:o}", "keys", keys);
	assert_stale(w);
}

/* As a store that was put back from a copy would. */
static void own__one_time_key__is_another_at_the_server(void **state)
{
	struct world *w = *state;

	json_object_set_new(w->one_time, "signed_curve25519:AAAAAQ",
			    json_pack("{s:s}", "key", "x"));
	assert_stale(w);
	assert_int_equal(uploads(w), 2);
	assert_false(own_is_published(w->own));
}

/* Whatever it is that the copy lacks, and before anything is heard that would show it. */
static void own__older_store__is_known_at_the_start(void **state)
{
	struct world *w = *state;
	size_t bytes;

	publish(w);
	remember(w);
	g_autofree char *copy = copy_store(w, &bytes);
	publish(w);
	move(w);
	hear_true(w);
	remember(w);
	put_back(w, copy, bytes);
	/* What it moves on by itself makes it no newer. */
	for (unsigned i = 0; i < 3; i++)
		move(w);
	unsigned before = uploads(w), told = tells(w);
	assert_stale(w);
	assert_int_equal(uploads(w), before);
	assert_int_equal(tells(w), told);
	/* Nor does another start. */
	restart(w);
	assert_stale(w);
}

static void own__newest_store__is_no_older_one(void **state)
{
	struct world *w = *state;
	size_t bytes;

	publish(w);
	remember(w);
	for (unsigned i = 0; i < 3; i++) {
		g_autofree char *copy = copy_store(w, &bytes);
		unsigned before = tells(w);

		put_back(w, copy, bytes);
		publish(w);
		hear_true(w);
		fake_hs_turn(w->ground.hs, 5 * 1000);
		assert_int_equal(tells(w), before);
		move(w);
		hear_true(w);
		remember(w);
		assert_int_equal(tells(w), before + 1);
		publish(w);
	}
	assert_int_equal(w->stale, 0);
}

/* Told or not, and whichever write is the last, it is not taken for an older one. */
static void own__kill__makes_no_older_store(void **state)
{
	struct world *w = *state;

	publish(w);
	remember(w);
	for (int commits = 0; commits < 6; commits++) {
		for (unsigned late = 0; late < 2; late++) {
			move(w);
			w->commits = commits;
			w->fails = REMEMBERED;
			w->fails_times = 1;
			w->fails_late = late;
			hear_true(w);
			fake_hs_turn(w->ground.hs, 5 * 1000);
			w->fails_times = 0;
			restart(w);
			publish(w);
			remember(w);
		}
	}
}

static void own__server__remembers_something_else(void **state)
{
	struct world *w = *state;
	static const char *const said[] = {
		"{}",
		"{\"device_id\":\"DEVICE\"}",
		"{\"device_id\":\"DEVICE\",\"generation\":\"1000\"}",
		"{\"device_id\":\"DEVICE\",\"generation\":-7}",
		"{\"device_id\":\"DEVICE\",\"generation\":1e3}",
		"{\"device_id\":[\"DEVICE\"],\"generation\":1000}",
		/* Of a device that kith was before. */
		"{\"device_id\":\"OTHER\",\"generation\":1000}",
		"{\"generation\":1000}",
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(said); i++) {
		json_decref(w->remembered);
		w->remembered = json_loads(said[i], 0, NULL);
		publish(w);
		remember(w);
		const char *device = json_string_value(json_object_get(w->remembered, "device_id"));
		assert_string_equal(device, "DEVICE");
		restart(w);
	}
}

static void own__server__does_not_remember(void **state)
{
	struct world *w = *state;

	w->fails = REMEMBERED;
	w->fails_times = 1000;
	w->fails_with = 403;
	publish(w);
	hear_true(w);
	fake_hs_turn(w->ground.hs, 20 * 1000);
	unsigned told = tells(w);
	assert_int_equal(told, 1);
	for (unsigned i = 0; i < 3; i++) {
		hear_true(w);
		fake_hs_turn(w->ground.hs, 5 * 1000);
	}
	assert_int_equal(tells(w), told);
	/* With the next it is asked again. */
	w->fails_times = 0;
	move(w);
	hear_true(w);
	remember(w);
	assert_int_equal(tells(w), told + 1);
}

static void own__server__is_away_while_it_is_told(void **state)
{
	struct world *w = *state;

	publish(w);
	remember(w);
	w->fails = REMEMBERED;
	w->fails_times = 1;
	move(w);
	hear_true(w);
	remember(w);
	/* And while it is asked. */
	restart(w);
	w->fails_times = 1;
	publish(w);
	assert_int_equal(w->fails_times, 0);
}

static void own__server__says_nonsense_of_the_device(void **state)
{
	struct world *w = *state;

	w->device_keys =
		json_pack("{s:{s:i, s:[]}}", "keys", "curve25519:DEVICE", 7, "ed25519:DEVICE");
	publish(w);
	assert_true(json_equal(own_device_keys(w->own), w->device_keys));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(own__identity__is_another_at_the_server),
		TEST(own__curve_key__is_another_at_the_server),
		TEST(own__one_time_key__is_another_at_the_server),
		TEST(own__older_store__is_known_at_the_start),
		TEST(own__newest_store__is_no_older_one),
		TEST(own__kill__makes_no_older_store),
		TEST(own__server__remembers_something_else),
		TEST(own__server__does_not_remember),
		TEST(own__server__is_away_while_it_is_told),
		TEST(own__server__says_nonsense_of_the_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
