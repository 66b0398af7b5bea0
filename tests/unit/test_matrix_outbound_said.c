#include "outbound_world.h"

#include "transport/matrix/e2ee/blind.h"

static void outbound_encrypt__a_reply__says_what_it_answers_outside(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	json_t *content = json_pack("{s:s, s:s, s:{s:{s:s}}}", "msgtype", "m.notice", "body",
				    "gr\xc3\xbc\xc3\x9f dich \"x\"", "m.relates_to",
				    "m.in_reply_to", "event_id", "$asked");
	json_t *event = say_content(w, json_incref(content));
	json_t *payload = read_on(ana, event);

	/* What was handed in is as it was. */
	assert_true(json_equal(json_object_get(event, "m.relates_to"),
			       json_object_get(content, "m.relates_to")));
	json_object_del(content, "m.relates_to");
	assert_non_null(payload);
	assert_true(json_equal(json_object_get(payload, "content"), content));
	assert_string_equal(text_in(payload, "type"), "m.room.message");
	assert_string_equal(text_in(payload, "room_id"), ROOM);
	assert_int_equal(json_object_size(payload), 3);
	assert_string_equal(text_in(event, "algorithm"), "m.megolm.v1.aes-sha2");
	assert_string_equal(text_in(event, "device_id"), "KITHDEVICE");
	assert_string_equal(text_in(event, "sender_key"), own_curve25519(w->own));
	assert_int_equal(json_object_size(event), 6);
	json_decref(payload);
	json_decref(content);
	json_decref(event);
}

/* Whoever goes on from what the store has uses no index that was used. */
static void assert_leased(struct world *w, uint32_t used)
{
	struct crypto_outbound *kept = NULL;
	g_autofree char *pickle = db_text(w->db, "SELECT pickle FROM e2ee_outbound", "");

	int64_t leased = db_int(w->db, 0, "SELECT leased FROM e2ee_outbound", "");

	assert_int_equal(crypto_outbound_unpickle(pickle, &w->key, &kept), 0);
	assert_true(leased > used);
	assert_true(leased <= used + OUTBOUND_LEASE);
	assert_true(crypto_outbound_index(kept) <= leased);
	assert_true(crypto_outbound_index(kept) + OUTBOUND_LEASE >= leased);
	crypto_outbound_free(kept);
}

static void outbound_encrypt__each_index__is_leased_before(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true);
	for (uint32_t i = 0; i < 2 * OUTBOUND_LEASE + 3; i++) {
		json_t *event = say(w, "hello");

		assert_int_equal(index_of(event), i);
		assert_leased(w, i);
		json_decref(event);
	}
}

static void outbound_encrypt__after_a_restart__passes_over_what_was_leased(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	json_t *before = say(w, "one");
	restart(w);
	json_t *after = say(w, "two");
	assert_string_equal(text_in(before, "session_id"), text_in(after, "session_id"));
	assert_int_equal(index_of(after), OUTBOUND_LEASE);
	assert_leased(w, OUTBOUND_LEASE);
	assert_true(reads(ana, after));
	json_decref(before);
	json_decref(after);
}

static void outbound_encrypt__its_transaction_is_undone__uses_no_index_twice(void **state)
{
	struct world *w = *state;
	json_t *content = json_pack("{s:s}", "body", "hello");

	add_phone(w, ANA, "PHONE", true);
	for (unsigned i = 0; i < OUTBOUND_LEASE; i++)
		say_only(w);
	db_begin(w->db);
	json_t *undone = outbound_encrypt(w->outbound, w->room, "m.room.message", content);
	db_undo(w->db);
	assert_int_equal(index_of(undone), OUTBOUND_LEASE);
	json_t *event = say(w, "hello");
	assert_int_equal(index_of(event), OUTBOUND_LEASE + 1);
	assert_leased(w, OUTBOUND_LEASE + 1);
	json_decref(undone);
	json_decref(event);
	json_decref(content);
}

static void outbound_ready__killed_before_it_is_kept__begins_again(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	w->hold_messages = true;
	assert_false(outbound_ready(w->outbound, w->room));
	while (fake_hs_count(w->ground.hs, "POST", "v3/keys/claim") == 0)
		fake_hs_turn(w->ground.hs, 1000);
	w->killed = true;
	fake_hs_turn(w->ground.hs, 20000);
	w->hold_messages = false;
	restart(w);
	json_t *event = say(w, "hello");
	assert_true(reads(ana, event));
	assert_int_equal(g_hash_table_size(ana->keys), 1);
	json_decref(event);
}

static bool is_ready_or_killed(void *data)
{
	struct world *w = data;

	return w->killed || outbound_ready(w->outbound, w->room);
}

/* What is committed is sent: somebody reads it, and no index comes twice. */
static void try_to_say(struct world *w, const struct phone *reader, GHashTable *said)
{
	assert_true(fake_hs_until(w->ground.hs, is_ready_or_killed, w));
	if (w->killed)
		return;
	json_t *content = json_object();
	db_begin(w->db);
	json_t *event = outbound_encrypt(w->outbound, w->room, "m.room.message", content);
	/* What is said is kept with it. */
	db_run(w->db, "UPDATE e2ee_own SET published = 1", "");
	if (db_end(w->db) == 0) {
		assert_true(reads(reader, event));
		assert_true(g_hash_table_add(
			said,
			g_strdup_printf("%s %u", text_in(event, "session_id"), index_of(event))));
	}
	json_decref(event);
	json_decref(content);
}

static void outbound_encrypt__killed_at_each_commit__repeats_and_loses_nothing(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	unsigned kills = 0;

	add_phone(w, ANA, "TV", false);
	for (int n = 0; n < 8; n++) {
		db_begin(w->db);
		outbound_rotate(w->outbound, ROOM);
		db_end(w->db);
		w->commits = n;
		for (unsigned i = 0; i < 3 && !w->killed; i++)
			try_to_say(w, ana, said);
		kills += w->killed;
		restart(w);
		try_to_say(w, ana, said);
	}
	assert_true(kills >= 4);
}

static void outbound_encrypt__the_store_lost_the_session__begins_anew(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	json_t *content = json_object();

	say_only(w);
	db_begin(w->db);
	db_run(w->db, "DELETE FROM e2ee_outbound", "");
	assert_null(outbound_encrypt(w->outbound, w->room, "m.room.message", content));
	db_end(w->db);
	json_t *event = say(w, "two");
	assert_int_equal(index_of(event), 0);
	assert_true(reads(ana, event));
	json_decref(event);
	json_decref(content);
}

static void outbound_ready__what_is_kept_cannot_be_read__begins_anew(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	struct crypto_outbound *o = crypto_outbound_make();
	const struct crypto_pickle_key other = { { 9 } };
	g_autofree char *locked = crypto_outbound_pickle(o, &other);
	g_autofree char *elsewhere = crypto_outbound_pickle(o, &w->key);
	g_autofree char *behind = crypto_outbound_pickle(o, &w->key);
	const char *const pickles[] = { locked, elsewhere, "garbage", "", behind };

	for (size_t i = 0; i < G_N_ELEMENTS(pickles); i++) {
		json_t *before = say(w, "one");
		db_begin(w->db);
		db_run(w->db, "UPDATE e2ee_outbound SET pickle = ?", "t", pickles[i]);
		if (pickles[i] == behind)
			db_run(w->db, "UPDATE e2ee_outbound SET session = ?, leased = 1000", "t",
			       crypto_outbound_id(o));
		db_end(w->db);
		restart(w);
		json_t *after = say(w, "two");
		assert_string_not_equal(text_in(before, "session_id"),
					text_in(after, "session_id"));
		assert_string_not_equal(text_in(after, "session_id"), crypto_outbound_id(o));
		assert_int_equal(index_of(after), 0);
		assert_true(reads(ana, after));
		json_decref(before);
		json_decref(after);
	}
	crypto_outbound_free(o);
}

static void outbound_drop__a_room_that_kith_left__has_nothing(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true)->empty = true;
	add_phone(w, ANA, "TV", false);
	say_only(w);
	db_begin(w->db);
	outbound_drop(w->outbound, ROOM);
	db_end(w->db);
	assert_int_equal(db_int(w->db, -1, "SELECT count(*) FROM e2ee_outbound", ""), 0);
	assert_int_equal(db_int(w->db, -1, "SELECT count(*) FROM e2ee_shared", ""), 0);
}

/*
 * Our own again.
 */
static void outbound_echoed__what_kith_said__is_known(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true);
	json_t *event = say(w, "hello");
	g_autofree char *session = g_strdup(text_in(event, "session_id"));

	assert_true(outbound_echoed(w->outbound, ROOM, session, 0));
	assert_true(outbound_echoed(w->outbound, ROOM, session, OUTBOUND_LEASE - 1));
	assert_false(outbound_echoed(w->outbound, ROOM, session, OUTBOUND_LEASE));
	assert_false(outbound_echoed(w->outbound, ROOM, session, UINT32_MAX));
	assert_false(outbound_echoed(w->outbound, OTHER, session, 0));
	assert_false(outbound_echoed(w->outbound, ROOM, own_ed25519(w->own), 0));
	/* Also once it is left. */
	db_begin(w->db);
	outbound_drop(w->outbound, ROOM);
	db_end(w->db);
	restart(w);
	assert_true(outbound_echoed(w->outbound, ROOM, session, 0));
	json_decref(event);
}

static void outbound_echoed__said_long_ago__is_forgotten(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true);
	say_only(w);
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_YEAR);
	say_only(w);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_spoken", ""), 2);
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_YEAR + 8 * CLOCK_US_PER_DAY);
	say_only(w);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_spoken", ""), 2);
}

/*
 * For people.
 */
static void blind_list__who_cannot_read__and_why(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true);
	add_phone(w, ANA, "TV", false);
	add_phone(w, ANA, "WATCH", true)->empty = true;
	person_of(w, BEN);
	member(w, BEN, "join");
	say_only(w);
	g_auto(GStrv) strictly =
		blind_list(w->db, "home", ROOM, "@kith:hs.test", "KITHDEVICE", false);
	g_autofree char *strict = g_strjoinv("|", strictly);
	assert_string_equal(
		strict,
		ANA ", device TV: its owner has not verified it|" ANA
		    ", device WATCH: it has given no key that a message to it could begin with|" BEN
		    ": they have no device that reads what is encrypted");
	g_auto(GStrv) laxly = blind_list(w->db, "home", ROOM, "@kith:hs.test", "KITHDEVICE", true);
	assert_null(strstr(laxly[0], "TV"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(outbound_encrypt__a_reply__says_what_it_answers_outside),
		test(outbound_encrypt__each_index__is_leased_before),
		test(outbound_encrypt__after_a_restart__passes_over_what_was_leased),
		test(outbound_encrypt__its_transaction_is_undone__uses_no_index_twice),
		test(outbound_ready__killed_before_it_is_kept__begins_again),
		test(outbound_encrypt__killed_at_each_commit__repeats_and_loses_nothing),
		test(outbound_encrypt__the_store_lost_the_session__begins_anew),
		test(outbound_ready__what_is_kept_cannot_be_read__begins_anew),
		test(outbound_drop__a_room_that_kith_left__has_nothing),
		test(outbound_echoed__what_kith_said__is_known),
		test(outbound_echoed__said_long_ago__is_forgotten),
		test(blind_list__who_cannot_read__and_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
