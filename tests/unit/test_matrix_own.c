/* Kith's own device: which keys are out there, when, and which kith has. */
#include "keys_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { STOCK = 50 };

/* And kith has heard that it is. */
static bool is_stocked(void *data)
{
	const struct world *w = data;
	int one_time;
	bool fallback;

	own_stock(w->own, &one_time, &fallback);
	return json_object_size(w->one_time) == STOCK && one_time == STOCK;
}

static bool has_unused_fallback(void *data)
{
	const struct world *w = data;
	int one_time;
	bool fallback;

	own_stock(w->own, &one_time, &fallback);
	return w->fallback && !w->fallback_used && fallback;
}

static bool is_over(void *data)
{
	const struct world *w = data;

	return w->killed || w->published;
}

/* The first sync behind an upload may tell of before. */
static void hear_before(struct world *w)
{
	unsigned before = uploads(w);

	hear(w, "{}", NULL);
	fake_hs_turn(w->ground.hs, 5 * 1000);
	assert_int_equal(uploads(w), before);
}

/* Somebody's first message to kith, with a key that the server gave out. */
static int takes(struct world *w, const char *one_time)
{
	struct crypto_account *ana = crypto_account_make();
	struct crypto_session *out = NULL, *in = NULL;
	int type;

	assert_int_equal(crypto_session_out(ana, own_curve25519(w->own), one_time, &out), 0);
	g_autofree char *body = crypto_session_encrypt(out, "hello", &type);
	int error =
		crypto_session_in(own_account(w->own), crypto_account_curve25519(ana), body, &in);
	if (error == 0) {
		db_begin(w->db);
		crypto_account_used(own_account(w->own), in);
		own_keep(w->own);
		db_end(w->db);
	}
	crypto_session_free(out);
	crypto_session_free(in);
	crypto_account_free(ana);
	return error;
}

/*
 * Publishing
 */

static void own__keys__are_published_and_signed(void **state)
{
	struct world *w = *state;
	int one_time;
	bool fallback;

	assert_false(own_is_published(w->own));
	publish(w);
	const json_t *keys = w->device_keys;
	assert_string_equal(json_string_value(json_object_get(keys, "user_id")), USER);
	assert_string_equal(json_string_value(json_object_get(keys, "device_id")), "DEVICE");
	keys = json_object_get(keys, "keys");
	assert_int_equal(json_object_size(keys), 2);
	assert_string_equal(json_string_value(json_object_get(keys, "curve25519:DEVICE")),
			    own_curve25519(w->own));
	assert_string_equal(json_string_value(json_object_get(keys, "ed25519:DEVICE")),
			    own_ed25519(w->own));
	json_t *algorithms =
		json_pack("[s,s]", "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2");
	assert_true(json_equal(json_object_get(w->device_keys, "algorithms"), algorithms));
	json_decref(algorithms);
	assert_true(json_equal(own_device_keys(w->own), w->device_keys));
	assert_int_equal(json_object_size(w->one_time), STOCK);
	assert_int_equal(json_object_size(w->fallback), 1);
	own_stock(w->own, &one_time, &fallback);
	assert_int_equal(one_time, STOCK);
	assert_true(fallback);
	assert_int_equal(w->stale, 0);
}

static void own__keys__are_published_once(void **state)
{
	struct world *w = *state;

	publish(w);
	g_autofree char *identity = g_strdup(own_ed25519(w->own));
	unsigned before = uploads(w);
	publish(w);
	restart(w);
	assert_true(own_is_published(w->own));
	assert_string_equal(own_ed25519(w->own), identity);
	hear_true(w);
	publish(w);
	assert_int_equal(uploads(w), before);
	/* Without a sync it has to ask how many there are. */
	restart(w);
	publish(w);
	assert_int_equal(uploads(w), before + 1);
	assert_string_equal(fake_hs_last(w->ground.hs, "POST", "v3/keys/upload")->body, "{}");
}

static void own__nothing__goes_out_unasked(void **state)
{
	struct world *w = *state;

	hear(w, "{}", "[]");
	fake_hs_turn(w->ground.hs, 50 * 1000);
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 0);
}

static void own__server__has_lost_the_device(void **state)
{
	struct world *w = *state;

	publish(w);
	json_decref(g_steal_pointer(&w->device_keys));
	hear_true(w);
	publish(w);
	assert_true(json_equal(own_device_keys(w->own), w->device_keys));
}

/*
 * Kills
 */

static void assert_kept(struct world *w, const struct hs_request *r)
{
	if (!hs_is(r, "POST", "v3/keys/upload"))
		return;
	/* What another process would find has every key that is on its way. */
	g_autofree char *pickle = db_text(w->db, "SELECT account FROM e2ee_own", "");
	struct crypto_account *kept = NULL;
	json_t *body = body_of(r);
	const char *name;
	json_t *key;

	assert_int_equal(crypto_account_unpickle(pickle, &w->key, &kept), 0);
	json_t *one_time = crypto_account_one_time(kept), *fallback = crypto_account_fallback(kept);
	json_object_foreach(json_object_get(body, "one_time_keys"), name, key)
		assert_true(json_equal(json_object_get(one_time, strchr(name, ':') + 1),
				       json_object_get(key, "key")));
	json_object_foreach(json_object_get(body, "fallback_keys"), name, key)
		assert_true(json_equal(json_object_get(fallback, strchr(name, ':') + 1),
				       json_object_get(key, "key")));
	json_decref(one_time);
	json_decref(fallback);
	json_decref(body);
	crypto_account_free(kept);
}

static void own__keys__are_in_the_store_before_they_go_out(void **state)
{
	struct world *w = *state;

	w->meanwhile = assert_kept;
	publish(w);
	hs_claim_all(w);
	w->fallback_used = true;
	hear_before(w);
	hear_true(w);
	assert_true(fake_hs_until(w->ground.hs, is_stocked, w));
	assert_true(fake_hs_until(w->ground.hs, has_unused_fallback, w));
	assert_true(uploads(w) >= 4);
}

/* Whenever it is, no key goes up twice (the server asserts that), all that are out there can be
 * used, and in the end there are enough. */
static void own__kill__loses_no_key(void **state)
{
	struct world *w = *state;
	bool done = false;

	for (int commits = 0; !done; commits++) {
		w->commits = commits;
		own_publish(w->own);
		assert_true(fake_hs_until(w->ground.hs, is_over, w));
		done = !w->killed;
		/* Somebody is quicker than kith. */
		char *one_time = NULL;
		if (w->one_time && hs_claim(w, &one_time)) {
			restart(w);
			assert_int_equal(takes(w, one_time), 0);
			g_free(one_time);
		}
		restart(w);
		hear_true(w);
		assert_true(commits < 20);
	}
	publish(w);
	assert_true(is_stocked(w));
	assert_true(has_unused_fallback(w));
	while (w->one_time && json_object_size(w->one_time)) {
		g_autofree char *one_time = NULL;
		hs_claim(w, &one_time);
		assert_int_equal(takes(w, one_time), 0);
		assert_int_equal(takes(w, one_time), -EBADMSG);
	}
}

/*
 * A server that fails
 */

static void own__answer__was_lost(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = NULL;

	/* The first of them only counts. */
	hear(w, "{}", NULL);
	w->fails = "keys/upload";
	w->fails_times = 1;
	w->fails_late = true;
	publish(w);
	assert_int_equal(json_object_size(w->one_time), STOCK);
	hs_claim(w, &one_time);
	assert_int_equal(takes(w, one_time), 0);
}

static void own__upload__is_refused(void **state)
{
	struct world *w = *state;

	hear(w, "{}", NULL);
	w->fails = "keys/upload";
	w->fails_times = 1;
	w->fails_with = 403;
	publish(w);
	assert_int_equal(uploads(w), 3);
	/* The same keys as before: they were not out there. */
	assert_int_equal(json_object_size(w->seen), STOCK);
	const struct hs_request *first = NULL;
	for (unsigned i = 0; i < fake_hs_requests(w->ground.hs)->len && !first; i++) {
		const struct hs_request *r = fake_hs_requests(w->ground.hs)->pdata[i];
		first = hs_is(r, "POST", "v3/keys/upload") ? r : NULL;
	}
	json_t *body = body_of(first);
	assert_true(json_equal(json_object_get(body, "one_time_keys"), w->seen));
	json_decref(body);
}

static void own__server__says_it_has_none(void **state)
{
	struct world *w = *state;

	w->counts_none = true;
	publish(w);
	unsigned before = uploads(w);
	for (unsigned i = 0; i < 10; i++) {
		hear(w, "{\"signed_curve25519\":0}", NULL);
		fake_hs_turn(w->ground.hs, 10 * 1000);
	}
	assert_int_equal(uploads(w), before);
}

/*
 * Topping up
 */

static void own__stock__is_topped_up(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = NULL;

	publish(w);
	hear_before(w);
	for (unsigned i = 0; i < 3; i++) {
		g_clear_pointer(&one_time, g_free);
		hs_claim(w, &one_time);
	}
	assert_int_equal(json_object_size(w->one_time), STOCK - 3);
	unsigned before = uploads(w);
	hear_true(w);
	assert_true(fake_hs_until(w->ground.hs, is_stocked, w));
	assert_int_equal(uploads(w), before + 1);
	assert_int_equal(json_object_size(w->seen), STOCK + 3);
	assert_int_equal(takes(w, one_time), 0);
	hear_before(w);
	g_clear_pointer(&one_time, g_free);
	hs_claim(w, &one_time);
	hear_true(w);
	assert_true(fake_hs_until(w->ground.hs, is_stocked, w));
	assert_int_equal(json_object_size(w->seen), STOCK + 4);
}

static void own__counts__are_nonsense(void **state)
{
	struct world *w = *state;
	static const char *const counts[] = {
		"7",
		"[]",
		"{\"signed_curve25519\":99999999999999}",
		"{\"signed_curve25519\":50}",
	};
	static const char *const unused[] = { "{}", "\"\"", "null",
					      "[7,{},\"signed_curve25519\"]" };

	publish(w);
	hear_before(w);
	unsigned before = uploads(w);
	for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++) {
		hear(w, counts[i], unused[i]);
		fake_hs_turn(w->ground.hs, 10 * 1000);
		assert_int_equal(uploads(w), before);
	}
	/* Fewer than none is none. */
	hs_claim_all(w);
	hear(w, "{\"signed_curve25519\":-5}", NULL);
	assert_true(fake_hs_until(w->ground.hs, is_stocked, w));
}

static void own__counts__are_not_told(void **state)
{
	struct world *w = *state;

	publish(w);
	hear_before(w);
	hs_claim_all(w);
	unsigned before = uploads(w);
	hear(w, NULL, NULL);
	fake_hs_turn(w->ground.hs, 10 * 1000);
	assert_int_equal(uploads(w), before);
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR + 1);
	hear(w, NULL, NULL);
	assert_true(fake_hs_until(w->ground.hs, is_stocked, w));
}

/*
 * The fallback key
 */

static char *fallback_key(const struct world *w)
{
	json_t *key = json_object_iter_value(json_object_iter(w->fallback));

	return g_strdup(json_string_value(json_object_get(key, "key")));
}

static void own__fallback_key__is_replaced_once_it_was_used(void **state)
{
	struct world *w = *state;

	publish(w);
	hear_before(w);
	g_autofree char *first = fallback_key(w);
	w->fallback_used = true;
	hear_true(w);
	assert_true(fake_hs_until(w->ground.hs, has_unused_fallback, w));
	g_autofree char *second = fallback_key(w);
	assert_string_not_equal(first, second);
	/* Not again while somebody may still come with the first. */
	unsigned before = uploads(w);
	w->fallback_used = true;
	hear_true(w);
	fake_hs_turn(w->ground.hs, 20 * 1000);
	assert_int_equal(uploads(w), before);
	assert_int_equal(takes(w, first), 0);
	assert_int_equal(takes(w, second), 0);
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR - 1);
	hear_true(w);
	assert_int_equal(takes(w, first), 0);
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR);
	hear_true(w);
	assert_int_equal(takes(w, first), -EBADMSG);
	assert_true(fake_hs_until(w->ground.hs, has_unused_fallback, w));
	g_autofree char *third = fallback_key(w);
	assert_string_not_equal(second, third);
	assert_int_equal(takes(w, second), 0);
	assert_int_equal(takes(w, third), 0);
}

/* Nobody knows whether the new one arrived: it goes up again, and the one before it stays. */
static void own__fallback_key__survives_a_kill(void **state)
{
	struct world *w = *state;

	publish(w);
	hear_before(w);
	g_autofree char *first = fallback_key(w);
	w->fallback_used = true;
	w->commits = 1;
	hear_true(w);
	assert_true(fake_hs_until_set(w->ground.hs, &w->killed));
	g_autofree char *second = fallback_key(w);
	assert_string_not_equal(first, second);
	restart(w);
	publish(w);
	g_autofree char *again = fallback_key(w);
	assert_string_equal(again, second);
	assert_int_equal(takes(w, first), 0);
	assert_int_equal(takes(w, second), 0);
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR);
	hear_true(w);
	assert_int_equal(takes(w, first), -EBADMSG);
	assert_int_equal(takes(w, second), 0);
}

static void own__fallback_key__is_forgotten_after_a_restart(void **state)
{
	struct world *w = *state;

	publish(w);
	hear_before(w);
	g_autofree char *first = fallback_key(w);
	w->fallback_used = true;
	hear_true(w);
	assert_true(fake_hs_until(w->ground.hs, has_unused_fallback, w));
	restart(w);
	assert_int_equal(takes(w, first), 0);
	restart(w);
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR);
	/* Without anything being heard. */
	restart(w);
	fake_hs_turn(w->ground.hs, 20 * 1000);
	assert_int_equal(takes(w, first), -EBADMSG);
	restart(w);
	assert_int_equal(takes(w, first), -EBADMSG);
}

/*
 * The store
 */

static void own__signature__is_kept(void **state)
{
	struct world *w = *state;
	json_t *before = json_deep_copy(own_device_keys(w->own));

	db_begin(w->db);
	own_set_signature(w->own, "selfsigning", "a signature");
	db_end(w->db);
	for (unsigned i = 0; i < 2; i++) {
		json_t *by = json_object_get(json_object_get(own_device_keys(w->own), "signatures"),
					     USER);
		assert_int_equal(json_object_size(by), 2);
		assert_string_equal(json_string_value(json_object_get(by, "ed25519:selfsigning")),
				    "a signature");
		assert_signed_by_device(w, own_device_keys(w->own));
		restart(w);
	}
	/* One owner, one signature. */
	db_begin(w->db);
	own_set_signature(w->own, "another", "b");
	db_end(w->db);
	json_t *by = json_object_get(json_object_get(own_device_keys(w->own), "signatures"), USER);
	assert_int_equal(json_object_size(by), 2);
	assert_null(json_object_get(by, "ed25519:selfsigning"));
	json_decref(before);
}

static void own__account__is_locked_with_another_key(void **state)
{
	struct world *w = *state;

	own_free(g_steal_pointer(&w->own));
	w->key.bytes[0] ^= 1;
	assert_int_equal(open_own(w), -EKEYREJECTED);
	w->key.bytes[0] ^= 1;
	db_begin(w->db);
	db_run(w->db, "UPDATE e2ee_own SET account = substr(account, 1, 7)", "");
	db_end(w->db);
	assert_true(open_own(w) < 0);
	assert_null(w->own);
	/* Another device has nothing to do with it. */
	w->device = "OTHER";
	assert_int_equal(open_own(w), 0);
}

/* A row in each table of encryption, of this network and another. */
static void fill(struct world *w)
{
	static const char *const rows[] = {
		"INSERT INTO e2ee_crosssign VALUES('home', 'u', 'm', 's', 't', 1)",
		"INSERT INTO e2ee_user VALUES('home', 'known', 1, 0, 's', 'p', 0, 0)",
		"INSERT INTO e2ee_user VALUES('home', 'unknown', 1, 0, 's', NULL, 0, 0)",
		"INSERT INTO e2ee_device VALUES('home', 'u', 'd', 'c', 'e', NULL, 1, 1, 0)",
		"INSERT INTO e2ee_changes VALUES('home', 's', 'u')",
		"INSERT INTO e2ee_session VALUES('home', 'u', 'c', 'e', 's', 'p', 1, '', 1)",
		"INSERT INTO e2ee_wedged VALUES('home', 'u', 'c', 1, 0)",
		"INSERT INTO e2ee_outgoing(network, txn, about, type, messages)"
		" VALUES('home', 't', 'a', 't', '{}')",
		"INSERT INTO e2ee_outbound(network, room, session, pickle, leased, since_us)"
		" VALUES('home', 'r', 's', 'p', 1, 1)",
		"INSERT INTO e2ee_spoken(network, session, room, leased, at_us)"
		" VALUES('home', 's', 'r', 1, 1)",
		"INSERT INTO e2ee_shared(network, room, user, device, curve25519)"
		" VALUES('home', 'r', 'u', 'd', 'c')",
		"INSERT INTO e2ee_inbound(network, room, session, sender, curve25519, ed25519, "
		"at_us,"
		" pickle) VALUES('home', 'r', 's', 'u', 'c', 'e', 1, 'p')",
		"INSERT INTO e2ee_index(session, at, event, sent_us)"
		" SELECT id, 1, 'e', 1 FROM e2ee_inbound WHERE network = 'home'",
		"INSERT INTO e2ee_withheld VALUES('home', 'u', 'r', 's', 'c', 1)",
		"INSERT INTO e2ee_unread(network, room, event, author, text, backlog, at_us)"
		" VALUES('home', 'r', 'e', 'u', '{}', 0, 1)",
	};

	db_begin(w->db);
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(GStrv) parts = g_strsplit(rows[i], "'home'", 2);
		g_autofree char *elsewhere = g_strjoinv("'work'", parts);

		assert_int_equal(db_run(w->db, g_intern_string(rows[i]), ""), 1);
		/* Found again by its address. */
		assert_int_equal(db_run(w->db, g_intern_string(elsewhere), ""), 1);
	}
	db_end(w->db);
}

static int64_t rows_of(struct world *w, const char *table, const char *network)
{
	/* Which goes with the sessions, by their numbers. */
	bool index = !strcmp(table, "e2ee_index");
	g_autofree char *sql = g_strdup_printf(
		"SELECT count(*) FROM %s%s WHERE network = '%s'", table,
		index ? ", e2ee_inbound AS i ON e2ee_index.session = i.id" : "", network);

	return db_int(w->db, -1, g_intern_string(sql), "");
}

static void own__another_device__takes_all_with_it(void **state)
{
	struct world *w = *state;
	g_autofree char *identity = g_strdup(own_ed25519(w->own));
	unsigned tables = 0;

	publish(w);
	fill(w);
	own_free(g_steal_pointer(&w->own));
	w->device = "OTHER";
	assert_int_equal(open_own(w), 0);
	assert_string_not_equal(own_ed25519(w->own), identity);
	assert_false(own_is_published(w->own));
	for (struct query q = db_query(w->db,
				       "SELECT name FROM sqlite_master WHERE type = 'table' AND"
				       " name LIKE 'e2ee\\_%' ESCAPE '\\'",
				       "");
	     query_next(&q); tables++) {
		const char *table = query_text(&q, 0);
		bool own = !strcmp(table, "e2ee_own"), user = !strcmp(table, "e2ee_user");
		bool stays = own || user || !strcmp(table, "e2ee_crosssign") ||
			     !strcmp(table, "e2ee_unread");

		assert_int_equal(rows_of(w, table, "home"), stays ? 1 : 0);
		assert_int_equal(rows_of(w, table, "work"), own ? 0 : user ? 2 : 1);
	}
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_index", ""), 1);
	assert_true(tables >= 15);
	g_autofree char *left = db_text(w->db,
					"SELECT user || followed || outdated || pinned ||"
					" ifnull(self_signing, '-') FROM e2ee_user"
					" WHERE network = 'home'",
					"");
	assert_string_equal(left, "known01p-");
}

static void own__another_user__is_another_device(void **state)
{
	struct world *w = *state;
	g_autofree char *identity = g_strdup(own_ed25519(w->own));

	own_free(g_steal_pointer(&w->own));
	w->env.user = "@other:example.org";
	assert_int_equal(open_own(w), 0);
	assert_string_not_equal(own_ed25519(w->own), identity);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(own__keys__are_published_and_signed),
		TEST(own__keys__are_published_once),
		TEST(own__nothing__goes_out_unasked),
		TEST(own__server__has_lost_the_device),
		TEST(own__keys__are_in_the_store_before_they_go_out),
		TEST(own__kill__loses_no_key),
		TEST(own__answer__was_lost),
		TEST(own__upload__is_refused),
		TEST(own__server__says_it_has_none),
		TEST(own__stock__is_topped_up),
		TEST(own__counts__are_nonsense),
		TEST(own__counts__are_not_told),
		TEST(own__fallback_key__is_replaced_once_it_was_used),
		TEST(own__fallback_key__survives_a_kill),
		TEST(own__fallback_key__is_forgotten_after_a_restart),
		TEST(own__signature__is_kept),
		TEST(own__account__is_locked_with_another_key),
		TEST(own__another_device__takes_all_with_it),
		TEST(own__another_user__is_another_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
