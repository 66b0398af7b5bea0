#include "outbound_world.h"

#include <errno.h>

static const char *code_of(const struct phone *p, unsigned i)
{
	assert_true(i < p->withheld->len);
	return text_in(p->withheld->pdata[i], "code");
}

/* Turns the loop until what was sent to devices has arrived. */
static bool has_nothing_to_send(void *data)
{
	struct world *w = data;

	return !outgoing_has(w->outgoing, "") &&
	       db_int(w->db, 0, "SELECT count(*) FROM e2ee_outgoing", "") == 0;
}

static void await_sent(struct world *w)
{
	assert_true(fake_hs_until(w->ground.hs, has_nothing_to_send, w));
}

/*
 * Who gets the key.
 */
static void outbound_ready__devices_that_their_owners_signed__have_the_key(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	const struct phone *more = add_phone(w, ANA, "TABLET", true);
	const struct phone *ours = add_phone(w, KITH, "OTHER", true);
	const struct phone *outside = add_phone(w, CLEO, "PHONE", true);

	assert_false(outbound_ready(w->outbound, w->room));
	json_t *event = say(w, "hello");
	assert_true(reads(ana, event));
	assert_true(reads(more, event));
	assert_true(reads(ours, event));
	assert_false(reads(outside, event));
	const json_t *key = g_hash_table_lookup(ana->whole, text_in(event, "session_id"));
	assert_string_equal(text_in(key, "room_id"), ROOM);
	assert_string_equal(text_in(key, "algorithm"), "m.megolm.v1.aes-sha2");
	assert_true(json_is_true(json_object_get(key, "shared_history")));
	assert_int_equal(ana->withheld->len, 0);
	json_decref(event);
}

static void outbound_ready__a_device_that_is_not_signed__is_told_so(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	struct phone *tv = add_phone(w, ANA, "TV", false);

	json_t *event = say(w, "hello");
	json_t *again = say(w, "hello");
	await_sent(w);
	assert_true(reads(ana, event));
	assert_false(reads(tv, event));
	assert_int_equal(tv->withheld->len, 1);
	assert_string_equal(code_of(tv, 0), "m.unverified");
	assert_string_equal(text_in(tv->withheld->pdata[0], "room_id"), ROOM);
	assert_string_equal(text_in(tv->withheld->pdata[0], "session_id"),
			    text_in(event, "session_id"));
	assert_string_equal(text_in(tv->withheld->pdata[0], "sender_key"), own_curve25519(w->own));
	assert_string_equal(text_in(tv->withheld->pdata[0], "algorithm"), "m.megolm.v1.aes-sha2");
	assert_int_equal(tv->claims, 0);
	/* What it was told is forgotten with it. */
	tv->gone = true;
	changed(w, ANA);
	say_only(w);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_shared", ""), 1);
	json_decref(event);
	json_decref(again);
}

static void outbound_ready__any_device_will_do__unsigned_ones_have_the_key(void **state)
{
	struct world *w = *state;
	const struct phone *tv = add_phone(w, ANA, "TV", false);

	w->env.any_device = true;
	restart(w);
	json_t *event = say(w, "hello");
	assert_true(reads(tv, event));
	assert_int_equal(tv->withheld->len, 0);
	json_decref(event);
}

static void outbound_ready__a_device_that_comes_later__reads_from_then_on(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	json_t *before = say(w, "one");
	const struct phone *new_one = add_phone(w, ANA, "TABLET", true);
	changed(w, ANA);
	json_t *after = say(w, "two");
	assert_string_equal(text_in(before, "session_id"), text_in(after, "session_id"));
	assert_true(reads(new_one, after));
	assert_false(reads(new_one, before));
	assert_true(reads(ana, after));
	json_decref(before);
	json_decref(after);
}

static void outbound_ready__a_device_that_is_signed_later__reads_from_then_on(void **state)
{
	struct world *w = *state;
	struct phone *tv = add_phone(w, ANA, "TV", false);

	json_t *before = say(w, "one");
	tv->signed_ = true;
	changed(w, ANA);
	json_t *after = say(w, "two");
	assert_string_equal(text_in(before, "session_id"), text_in(after, "session_id"));
	assert_true(reads(tv, after));
	assert_false(reads(tv, before));
	json_decref(before);
	json_decref(after);
}

static void outbound_ready__somebody_comes_in__reads_from_then_on(void **state)
{
	struct world *w = *state;
	const struct phone *ben = add_phone(w, BEN, "PHONE", true);

	json_t *before = say(w, "one");
	member(w, BEN, "join");
	json_t *after = say(w, "two");
	assert_string_equal(text_in(before, "session_id"), text_in(after, "session_id"));
	assert_true(reads(ben, after));
	assert_false(reads(ben, before));
	json_decref(before);
	json_decref(after);
}

/* Also where nothing new is asked of their devices, since kith has met them elsewhere. */
static void outbound_ready__somebody_known_comes_in__reads(void **state)
{
	struct world *w = *state;
	const struct phone *ben = add_phone(w, BEN, "PHONE", true);

	make_room(w, OTHER);
	member_in(w, OTHER, BEN, "join");
	say_only(w);
	member(w, BEN, "join");
	assert_false(outbound_ready(w->outbound, w->room));
	json_t *after = say(w, "two");
	assert_true(reads(ben, after));
	json_decref(after);
}

static void outbound_ready__somebody_is_there_whom_nobody_follows__reads(void **state)
{
	struct world *w = *state;
	const struct phone *ben = add_phone(w, BEN, "PHONE", true);

	apply_in(w, ROOM, "m.room.member", BEN, "{\"membership\":\"join\"}");
	json_t *event = say(w, "hello");
	assert_true(reads(ben, event));
	json_decref(event);
}

static void outbound_ready__somebody_is_invited__reads_where_the_room_lets_them(void **state)
{
	struct world *w = *state;
	const struct phone *ben = add_phone(w, BEN, "PHONE", true);

	apply(w, "m.room.history_visibility", "{\"history_visibility\":\"joined\"}");
	member(w, BEN, "invite");
	json_t *before = say(w, "one");
	assert_false(reads(ben, before));
	apply(w, "m.room.history_visibility", "{\"history_visibility\":\"invited\"}");
	json_t *after = say(w, "two");
	assert_true(reads(ben, after));
	assert_string_not_equal(text_in(before, "session_id"), text_in(after, "session_id"));
	const json_t *key = g_hash_table_lookup(ben->whole, text_in(after, "session_id"));
	assert_true(json_is_false(json_object_get(key, "shared_history")));
	json_decref(before);
	json_decref(after);
}

/*
 * Another session.
 */
static void assert_rotates(struct world *w, const struct phone *without, void (*cause)(void *data),
			   void *data)
{
	json_t *before = say(w, "one");
	assert_true(reads(without, before));
	cause(data);
	json_t *after = say(w, "two");
	assert_string_not_equal(text_in(before, "session_id"), text_in(after, "session_id"));
	assert_false(reads(without, after));
	assert_int_equal(index_of(after), 0);
	json_decref(before);
	json_decref(after);
}

static void ben_leaves(void *data)
{
	member(data, BEN, "leave");
}

static void outbound_rotate__somebody_leaves__cannot_read_on(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	const struct phone *ben = add_phone(w, BEN, "PHONE", true);

	member(w, BEN, "join");
	assert_rotates(w, ben, ben_leaves, w);
	json_t *event = say(w, "three");
	assert_true(reads(ana, event));
	json_decref(event);
}

/* What nobody has told it of, as after a gap. */
static void ben_is_missing(void *data)
{
	apply_in(data, ROOM, "m.room.member", BEN, "{\"membership\":\"leave\"}");
}

static void outbound_ready__somebody_is_gone__rotates(void **state)
{
	struct world *w = *state;
	const struct phone *ben = add_phone(w, BEN, "PHONE", true);

	member(w, BEN, "join");
	assert_rotates(w, ben, ben_is_missing, w);
}

static void tablet_is_lost(void *data)
{
	struct world *w = data;

	find_phone(w, ANA, "TABLET")->gone = true;
	changed(w, ANA);
}

static void outbound_ready__a_device_is_gone__rotates(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true);
	assert_rotates(w, add_phone(w, ANA, "TABLET", true), tablet_is_lost, w);
}

static void tablet_is_unsigned(void *data)
{
	struct world *w = data;

	find_phone(w, ANA, "TABLET")->signed_ = false;
	changed(w, ANA);
}

static void outbound_ready__a_device_is_not_signed_any_more__rotates(void **state)
{
	struct world *w = *state;
	const struct phone *tablet = add_phone(w, ANA, "TABLET", true);

	assert_rotates(w, tablet, tablet_is_unsigned, w);
	await_sent(w);
	assert_int_equal(tablet->withheld->len, 1);
}

static void outbound_ready__an_unsigned_device_comes__rotates(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true);
	json_t *before = say(w, "one");
	const struct phone *tv = add_phone(w, ANA, "TV", false);
	changed(w, ANA);
	json_t *after = say(w, "two");
	json_t *more = say(w, "three");
	await_sent(w);
	assert_string_not_equal(text_in(before, "session_id"), text_in(after, "session_id"));
	assert_string_equal(text_in(more, "session_id"), text_in(after, "session_id"));
	assert_int_equal(tv->withheld->len, 1);
	json_decref(before);
	json_decref(after);
	json_decref(more);
}

static void outbound_ready__so_many_messages__rotates(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	apply(w, "m.room.encryption",
	      "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"rotation_period_msgs\":3}");
	for (unsigned i = 0; i < 7; i++) {
		json_t *event = say(w, "hello");

		assert_int_equal(index_of(event), i % 3);
		assert_true(reads(ana, event));
		json_decref(event);
	}
	assert_int_equal(g_hash_table_size(ana->keys), 3);
}

/* Its indices are leased many at a time: an older store that lacks none is no older one. */
static void outbound_encrypt__a_lease__moves_the_device_on(void **state)
{
	struct world *w = *state;
	unsigned moves = 0;

	add_phone(w, ANA, "PHONE", true);
	for (unsigned i = 0; i < 2 * OUTBOUND_LEASE; i++) {
		json_decref(say(w, "hello"));
		moves += db_int(w->db, 0, "SELECT moved FROM e2ee_own", "") != 0;
		db_begin(w->db);
		db_run(w->db, "UPDATE e2ee_own SET moved = 0", "");
		db_end(w->db);
	}
	assert_int_equal(moves, 2);
}

static void outbound_ready__so_long__rotates(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	say_only(w);
	clock_virtual_set(&w->ground.clock, NOW_US + 7 * CLOCK_US_PER_DAY - 1);
	say_only(w);
	assert_int_equal(g_hash_table_size(ana->keys), 1);
	clock_virtual_set(&w->ground.clock, NOW_US + 7 * CLOCK_US_PER_DAY);
	say_only(w);
	assert_int_equal(g_hash_table_size(ana->keys), 2);
}

/*
 * Devices that cannot be reached.
 */
static void outbound_ready__a_device_has_no_keys__is_told_once_and_tried_again(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	struct phone *mute = add_phone(w, ANA, "TABLET", true);

	mute->empty = true;
	json_t *event = say(w, "one");
	await_sent(w);
	assert_true(reads(ana, event));
	assert_int_equal(mute->withheld->len, 1);
	assert_string_equal(code_of(mute, 0), "m.no_olm");
	assert_null(text_in(mute->withheld->pdata[0], "room_id"));
	assert_null(text_in(mute->withheld->pdata[0], "session_id"));
	json_decref(event);

	/* Not in another session, nor in another room, nor asked within the hour. */
	db_begin(w->db);
	outbound_rotate(w->outbound, ROOM);
	db_end(w->db);
	say_only(w);
	make_room(w, OTHER);
	assert_false(outbound_ready(w->outbound, matrix_rooms_find(w->rooms, OTHER)));
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR - CLOCK_US_PER_MINUTE);
	say_only(w);
	await_sent(w);
	assert_int_equal(mute->withheld->len, 1);
	assert_int_equal(mute->claims, 1);

	mute->empty = false;
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR);
	say_only(w);
	assert_true(fake_hs_until_count(w->ground.hs, &mute->claims, 2));
	fake_hs_turn(w->ground.hs, 10000);
	event = say(w, "two");
	assert_true(reads(mute, event));
	json_decref(event);
}

static void outbound_ready__claims_fail__asks_again_by_itself(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	w->claim_status = 400;
	assert_false(outbound_ready(w->outbound, w->room));
	while (fake_hs_count(w->ground.hs, "POST", "v3/keys/claim") == 0)
		fake_hs_turn(w->ground.hs, 1000);
	fake_hs_turn(w->ground.hs, 20000);
	assert_int_equal(w->readies, 0);
	w->claim_status = 0;
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_MINUTE);
	assert_true(fake_hs_until_count(w->ground.hs, &w->readies, 1));
	json_t *event = say(w, "hello");
	assert_true(reads(ana, event));
	assert_int_equal(ana->withheld->len, 0);
	json_decref(event);
}

static void outbound_ready__claims_fail_for_long__goes_on_without(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	w->claim_status = 400;
	assert_false(outbound_ready(w->outbound, w->room));
	while (fake_hs_count(w->ground.hs, "POST", "v3/keys/claim") == 0)
		fake_hs_turn(w->ground.hs, 1000);
	fake_hs_turn(w->ground.hs, 20000);
	clock_virtual_set(&w->ground.clock, NOW_US + 5 * CLOCK_US_PER_MINUTE);
	await_ready(w);
	await_sent(w);
	assert_int_equal(ana->withheld->len, 1);
	/* They are not left out for long. */
	w->claim_status = 0;
	clock_virtual_set(&w->ground.clock, NOW_US + 10 * CLOCK_US_PER_MINUTE);
	say_only(w);
	assert_true(fake_hs_until_count(w->ground.hs, &ana->claims, 1));
	fake_hs_turn(w->ground.hs, 10000);
	json_t *event = say(w, "hello");
	assert_true(reads(ana, event));
	json_decref(event);
}

/* As it came in keys/upload, taken by somebody. */
static char *fallback_key(struct world *w)
{
	const GPtrArray *requests = fake_hs_requests(w->ground.hs);
	char *found = NULL;

	for (unsigned i = 0; i < requests->len; i++) {
		const struct hs_request *r = requests->pdata[i];
		json_t *body = json_loads(r->body, 0, NULL);
		json_t *keys = json_object_get(body, "fallback_keys");
		void *at = json_object_iter(keys);

		if (at && !found)
			found = g_strdup(text_in(json_object_iter_value(at), "key"));
		json_decref(body);
	}
	assert_non_null(found);
	return found;
}

/* What the device says over Olm: that there is a session now. */
static void begin_olm(struct world *w, struct phone *p)
{
	g_autofree char *key = fallback_key(w);
	struct crypto_session *s = NULL;
	const char *why = "";
	struct olm_message m;
	struct span span;
	int type;

	assert_int_equal(crypto_session_out(p->account, own_curve25519(w->own), key, &s), 0);
	json_t *inside = json_pack("{s:s, s:{}, s:s, s:s, s:{s:s}, s:{s:s}}", "type", "m.dummy",
				   "content", "sender", p->user, "recipient", KITH,
				   "recipient_keys", "ed25519", own_ed25519(w->own), "keys",
				   "ed25519", crypto_account_ed25519(p->account));
	g_autofree char *text = dump_sorted(inside);
	g_autofree char *body = crypto_session_encrypt(s, text, &type);
	json_t *content = json_pack("{s:s, s:s, s:{s:{s:i, s:s}}}", "algorithm",
				    "m.olm.v1.curve25519-aes-sha2", "sender_key",
				    crypto_account_curve25519(p->account), "ciphertext",
				    own_curve25519(w->own), "type", type, "body", body);
	g_autofree char *whole = dump_sorted(content);
	assert_int_equal(span_check(whole, strlen(whole), &span, NULL), 0);
	db_begin(w->db);
	if (sessions_decrypt(w->sessions, p->user, span, &m, &why) < 0)
		fail_msg("%s", why);
	db_end(w->db);
	olm_message_done(&m);
	g_ptr_array_add(p->sessions, s);
	json_decref(inside);
	json_decref(content);
}

static void outbound_ready__a_device_without_keys_speaks_up__has_the_key(void **state)
{
	struct world *w = *state;
	struct phone *mute = add_phone(w, ANA, "PHONE", true);

	mute->empty = true;
	json_t *before = say(w, "one");
	assert_false(reads(mute, before));
	begin_olm(w, mute);
	json_t *after = say(w, "two");
	assert_true(reads(mute, after));
	assert_string_equal(text_in(before, "session_id"), text_in(after, "session_id"));
	assert_int_equal(mute->claims, 1);
	json_decref(before);
	json_decref(after);
}

static void outbound_ready__a_server_is_down__goes_on_without(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);
	const struct phone *dora = add_phone(w, DORA, "PHONE", true);

	w->far_is_down = true;
	member(w, DORA, "join");
	json_t *event = say(w, "one");
	assert_true(reads(ana, event));
	json_decref(event);
	w->far_is_down = false;
	changed(w, DORA);
	while (!devices_known(w->devices, DORA))
		fake_hs_turn(w->ground.hs, 1000);
	event = say(w, "two");
	assert_true(reads(dora, event));
	json_decref(event);
}

static void outbound_ready__the_key_is_on_its_way__waits_for_it(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	w->hold_messages = true;
	assert_false(outbound_ready(w->outbound, w->room));
	while (fake_hs_count(w->ground.hs, "PUT", "v3/sendToDevice/") == 0)
		fake_hs_turn(w->ground.hs, 1000);
	fake_hs_turn(w->ground.hs, 20000);
	assert_false(outbound_ready(w->outbound, w->room));
	db_begin(w->db);
	json_t *content = json_object();
	assert_null(outbound_encrypt(w->outbound, w->room, "m.room.message", content));
	json_decref(content);
	db_end(w->db);
	assert_int_equal(w->readies, 0);

	/* Also over a restart. */
	w->hold_messages = false;
	restart(w);
	json_t *event = say(w, "hello");
	assert_true(reads(ana, event));
	json_decref(event);
}

static void outbound_ready__the_room_is_not_known_yet__tells_once_it_is(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true);
	w->room->complete = false;
	assert_false(outbound_ready(w->outbound, w->room));
	fake_hs_turn(w->ground.hs, 30000);
	assert_int_equal(w->readies, 0);
	w->room->complete = true;
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_SECOND);
	await_ready(w);
	/* Nor is it while it is asked for again. */
	w->room->complete = false;
	assert_false(outbound_ready(w->outbound, w->room));
}

static bool has_uploaded(void *data)
{
	return fake_hs_count(((struct world *)data)->ground.hs, "POST", "v3/keys/upload") > 0;
}

/* Nobody could tell whose the session is. */
static void outbound_ready__kiths_keys_are_not_published__waits(void **state)
{
	struct world *w = *state;
	const struct phone *ana = add_phone(w, ANA, "PHONE", true);

	assert_false(outbound_ready(w->outbound, w->room));
	assert_true(fake_hs_until(w->ground.hs, has_uploaded, w));
	fake_hs_turn(w->ground.hs, 30000);
	assert_true(devices_known(w->devices, ANA));
	assert_int_equal(ana->claims, 0);
	w->hold_keys = false;
	const struct hs_answer a = { .text = "{\"one_time_key_counts\":{}}" };
	fake_hs_answer(w->ground.hs, fake_hs_last(w->ground.hs, "POST", "v3/keys/upload")->number,
		       &a);
	assert_true(fake_hs_until_set(w->ground.hs, &w->published));
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_SECOND);
	json_t *event = say(w, "hello");
	assert_true(reads(ana, event));
	json_decref(event);
}

static void outbound_ready__before_the_first_sync__tells_once_it_may_be(void **state)
{
	struct world *w = *state;

	add_phone(w, ANA, "PHONE", true);
	say_only(w);
	outbound_free(w->outbound);
	open_outbound(w);
	assert_false(outbound_ready(w->outbound, w->room));
	unsigned before = w->readies;
	fake_hs_turn(w->ground.hs, 20000);
	assert_int_equal(w->readies, before);
	outbound_start(w->outbound);
	assert_true(fake_hs_until_count(w->ground.hs, &w->readies, before + 1));
	assert_true(outbound_ready(w->outbound, w->room));
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(outbound_ready__devices_that_their_owners_signed__have_the_key),
		test(outbound_ready__a_device_that_is_not_signed__is_told_so),
		test(outbound_ready__any_device_will_do__unsigned_ones_have_the_key),
		test(outbound_ready__a_device_that_comes_later__reads_from_then_on),
		test(outbound_ready__a_device_that_is_signed_later__reads_from_then_on),
		test(outbound_ready__somebody_comes_in__reads_from_then_on),
		test(outbound_ready__somebody_known_comes_in__reads),
		test(outbound_ready__somebody_is_there_whom_nobody_follows__reads),
		test(outbound_ready__somebody_is_invited__reads_where_the_room_lets_them),
		test(outbound_rotate__somebody_leaves__cannot_read_on),
		test(outbound_ready__somebody_is_gone__rotates),
		test(outbound_ready__a_device_is_gone__rotates),
		test(outbound_ready__a_device_is_not_signed_any_more__rotates),
		test(outbound_ready__an_unsigned_device_comes__rotates),
		test(outbound_ready__so_many_messages__rotates),
		test(outbound_encrypt__a_lease__moves_the_device_on),
		test(outbound_ready__so_long__rotates),
		test(outbound_ready__a_device_has_no_keys__is_told_once_and_tried_again),
		test(outbound_ready__claims_fail__asks_again_by_itself),
		test(outbound_ready__claims_fail_for_long__goes_on_without),
		test(outbound_ready__a_device_without_keys_speaks_up__has_the_key),
		test(outbound_ready__a_server_is_down__goes_on_without),
		test(outbound_ready__the_key_is_on_its_way__waits_for_it),
		test(outbound_ready__the_room_is_not_known_yet__tells_once_it_is),
		cmocka_unit_test_setup_teardown(outbound_ready__kiths_keys_are_not_published__waits,
						set_up_unpublished, tear_down),
		test(outbound_ready__before_the_first_sync__tells_once_it_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
