/* Olm between two devices: how sessions are begun, spoken in, lost and mended. */
#include "sessions_world.h"

#define ANA  "@ana:example.org", "PHONE"
#define KITH "@kith:example.org", "KITH"
#define BEN  "@ben:example.org", "LAPTOP"

static unsigned claims(struct world *w)
{
	return fake_hs_count(w->ground.hs, "POST", "v3/keys/claim");
}

static bool has(struct side *s, const char *user, const char *device)
{
	struct device *d = side_device(s, user, device);
	bool ret = sessions_has(s->sessions, d);

	device_free(d);
	return ret;
}

static void begin_to_ana(struct world *w)
{
	side_publish(w, &w->ana, 1, false);
	side_claim(w, &w->kith, ANA);
	assert_int_equal(w->kith.error, 0);
	assert_true(has(&w->kith, ANA));
}

/* One says it to the other. */
static void talk(struct side *from, struct side *to, const char *text)
{
	g_autofree char *said = side_say(from, to->base.env.user, to->base.env.device, text);

	assert_non_null(said);
	assert_hears(to, from->base.env.user, said, text);
}

/*
 * Claims.
 */
static void claim__device__has_a_session(void **state)
{
	struct world *w = *state;

	assert_false(has(&w->kith, ANA));
	assert_null(side_say(&w->kith, ANA, "too early"));
	begin_to_ana(w);
	const struct hs_request *r = fake_hs_last(w->ground.hs, "POST", "v3/keys/claim");
	json_t *body = read_body(r);
	const json_t *users = json_object_get(body, "one_time_keys");
	assert_int_equal(json_object_size(users), 1);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(users, "@ana:example.org"), "PHONE")),
			    "signed_curve25519");
	json_decref(body);
	/* Once there is one, nobody is asked. */
	side_claim(w, &w->kith, ANA);
	assert_int_equal(w->kith.error, 0);
	side_again(&w->kith);
	side_claim(w, &w->kith, ANA);
	assert_int_equal(claims(w), 1);
	assert_int_equal(side_sessions(&w->kith), 1);
}

static void claim__nobody__ends_at_once(void **state)
{
	struct world *w = *state;
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	sessions_claim(w->kith.sessions, none, side_told, &w->kith);
	assert_int_equal(w->kith.told, 0);
	assert_true(fake_hs_until_count(w->ground.hs, &w->kith.told, 1));
	assert_int_equal(w->kith.error, 0);
	/* Nor is one's own device asked for keys. */
	side_lists_side(&w->kith, &w->kith);
	side_publish(w, &w->kith, 1, false);
	side_claim(w, &w->kith, KITH);
	assert_int_equal(w->kith.error, 0);
	assert_int_equal(claims(w), 0);
}

static void claim__several_callers__one_request_at_a_time(void **state)
{
	struct world *w = *state;
	struct device *ana = side_device(&w->kith, ANA), *ben = side_device(&w->kith, BEN);
	g_autoptr(GPtrArray) first = g_ptr_array_new(), second = g_ptr_array_new();
	struct side other = w->kith;

	side_publish(w, &w->ana, 5, false);
	peer_publish(w, &w->ben, 5, false);
	w->hold_claims = true;
	g_ptr_array_add(first, ana);
	sessions_claim(w->kith.sessions, first, side_told, &w->kith);
	sessions_claim(w->kith.sessions, first, side_told, &w->kith);
	assert_true(fake_hs_until_requests(w->ground.hs, 1));
	g_ptr_array_add(second, ben);
	g_ptr_array_add(second, ana);
	sessions_claim(w->kith.sessions, second, side_told, &other);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(claims(w), 1);
	w->hold_claims = false;
	struct hs_answer a = { 0 };
	world_claim(w, fake_hs_last(w->ground.hs, "POST", "v3/keys/claim"), &a);
	assert_true(fake_hs_answer(w->ground.hs, 0, &a));
	assert_true(fake_hs_until_count(w->ground.hs, &other.told, 1));
	assert_int_equal(w->kith.told, 2);
	assert_int_equal(other.error, 0);
	/* What was there already was not asked for again. */
	assert_int_equal(claims(w), 2);
	assert_int_equal(w->handed_out, 2);
	assert_true(has(&w->kith, ANA));
	assert_true(has(&w->kith, BEN));
	device_free(ana);
	device_free(ben);
}

static void claim__many__is_several_requests(void **state)
{
	struct world *w = *state;
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)device_free);

	side_publish(w, &w->ana, 1, false);
	g_ptr_array_add(all, side_device(&w->kith, ANA));
	for (unsigned i = 0; i < 450; i++) {
		struct device *d = side_device(&w->kith, BEN);

		g_free(d->id);
		d->id = g_strdup_printf("D%u", i);
		g_ptr_array_add(all, d);
	}
	sessions_claim(w->kith.sessions, all, side_told, &w->kith);
	assert_true(fake_hs_until_count(w->ground.hs, &w->kith.told, 1));
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(w->kith.told, 1);
	assert_int_equal(w->kith.error, 0);
	assert_int_equal(claims(w), 3);
	assert_true(has(&w->kith, ANA));
}

static void claim__forgotten__is_not_told(void **state)
{
	struct world *w = *state;
	struct device *ana = side_device(&w->kith, ANA);
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	struct side other = w->kith;

	side_publish(w, &w->ana, 5, false);
	g_ptr_array_add(all, ana);
	w->hold_claims = true;
	sessions_claim(w->kith.sessions, all, side_told, &other);
	sessions_claim(w->kith.sessions, all, side_told, &w->kith);
	assert_true(fake_hs_until_requests(w->ground.hs, 1));
	sessions_forget(w->kith.sessions, &other);
	struct hs_answer a = { 0 };
	world_claim(w, fake_hs_last(w->ground.hs, "POST", "v3/keys/claim"), &a);
	assert_true(fake_hs_answer(w->ground.hs, 0, &a));
	assert_true(fake_hs_until_count(w->ground.hs, &w->kith.told, 1));
	assert_int_equal(other.told, 0);
	device_free(ana);
}

static void claim__fails__is_told(void **state)
{
	struct world *w = *state;

	side_publish(w, &w->ana, 1, false);
	w->claim_status = 500;
	side_claim(w, &w->kith, ANA);
	assert_int_equal(w->kith.error, -EAGAIN);
	assert_false(has(&w->kith, ANA));
	/* And again. */
	w->claim_status = 0;
	side_claim(w, &w->kith, ANA);
	assert_int_equal(w->kith.error, 0);
	assert_true(has(&w->kith, ANA));
}

static void claim__fallback_key__will_do(void **state)
{
	struct world *w = *state;

	side_publish(w, &w->ana, 0, true);
	side_claim(w, &w->kith, ANA);
	assert_true(has(&w->kith, ANA));
	talk(&w->kith, &w->ana, "hello");
	talk(&w->ana, &w->kith, "hello yourself");
}

static void claim__bad_keys__are_none(void **state)
{
	static const char zeros[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	struct world *w = *state;
	GPtrArray *box = world_box(w->pool, ANA);
	g_autofree char *good = NULL;

	/* By another device; with what was signed changed; where the key belongs to nobody. */
	account_publish(w, ANA, w->mallory.account, 1, false);
	side_publish(w, &w->ana, 2, false);
	good = g_strdup(box->pdata[2]);
	json_t *changed = json_loads(box->pdata[1], 0, NULL), *key;
	const char *id;
	json_object_foreach(changed, id, key) json_object_set_new(key, "key", json_string(zeros));
	char *text = json_dumps(changed, 0);
	g_free(box->pdata[1]);
	box->pdata[1] = g_strdup(text);
	free(text);
	json_decref(changed);
	g_free(g_ptr_array_steal_index(box, 2));
	json_t *low = json_pack("{s:s}", "low", zeros);
	pool_add(w, ANA, own_account(w->ana.own), low, false);
	json_decref(low);
	static const char *const odd[] = {
		"{}",
		"{\"signed_curve25519:A\":\"x\"}",
		"{\"signed_curve25519:A\":{}}",
		"{\"curve25519:A\":\"x\"}",
		"{\"signed_curve25519:A\":{\"key\":1}}",
		"[]",
		"[1]",
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(odd); i++)
		g_ptr_array_add(box, g_strdup(odd[i]));
	unsigned all = box->len;
	for (unsigned i = 0; i < all; i++) {
		side_claim(w, &w->kith, ANA);
		assert_int_equal(w->kith.error, 0);
		assert_false(has(&w->kith, ANA));
	}
	assert_int_equal(box->len, 0);
	assert_int_equal(side_sessions(&w->kith), 0);
	g_ptr_array_add(box, g_steal_pointer(&good));
	side_claim(w, &w->kith, ANA);
	assert_true(has(&w->kith, ANA));
}

/*
 * Talking.
 */
static void talk__every_step__survives_a_restart(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	for (unsigned i = 0; i < 3; i++) {
		side_again(&w->kith);
		g_autofree char *one = side_say(&w->kith, ANA, "one");
		side_again(&w->kith);
		g_autofree char *two = side_say(&w->kith, ANA, "two");
		side_again(&w->ana);
		assert_hears(&w->ana, "@kith:example.org", one, "one");
		side_again(&w->ana);
		assert_hears(&w->ana, "@kith:example.org", two, "two");
		side_again(&w->ana);
		g_autofree char *three = side_say(&w->ana, KITH, "three");
		side_again(&w->ana);
		side_again(&w->kith);
		assert_hears(&w->kith, "@ana:example.org", three, "three");
		assert_non_null(strstr(two, i == 0 ? "\"type\": 0" : "\"type\": 1"));
		assert_non_null(strstr(three, "\"type\": 1"));
	}
	assert_int_equal(side_sessions(&w->kith), 1);
	assert_int_equal(side_sessions(&w->ana), 1);
}

/* Since it was last asked. */
static bool has_moved(struct side *s)
{
	bool moved = side_count(s, "SELECT moved FROM e2ee_own");

	side_run(s, "UPDATE e2ee_own SET moved = 0");
	return moved;
}

/* An older store would lack it. */
static void talk__every_step__moves_the_device_on(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	assert_true(has_moved(&w->kith));
	for (unsigned i = 0; i < 3; i++) {
		g_autofree char *said = side_say(&w->kith, ANA, "hello");

		assert_true(has_moved(&w->kith));
		has_moved(&w->ana);
		assert_hears(&w->ana, w->kith.base.env.user, said, "hello");
		assert_true(has_moved(&w->ana));
		assert_int_equal(side_hear(&w->ana, w->kith.base.env.user, said), -EALREADY);
		assert_false(has_moved(&w->ana));
	}
}

static void message__read__says_who_said_it(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	talk(&w->kith, &w->ana, "hello");
	const struct olm_message *m = &w->ana.last;
	assert_string_equal(m->sender, "@kith:example.org");
	assert_string_equal(m->type, "m.room_key");
	assert_string_equal(m->curve25519, own_curve25519(w->kith.own));
	assert_string_equal(m->ed25519, own_ed25519(w->kith.own));
	assert_non_null(m->device);
	assert_string_equal(m->device->id, "KITH");
	assert_true(m->device->signed_);
}

static void message__said__is_as_specified(void **state)
{
	struct world *w = *state;
	struct crypto_session *session = NULL;
	int type;

	peer_publish(w, &w->ben, 1, false);
	side_claim(w, &w->kith, BEN);
	g_autofree char *said = side_say(&w->kith, BEN, "hello");
	json_t *j = peer_hear(&w->ben, &session, said, &type);
	assert_int_equal(type, 0);
	json_t *want = json_pack(
		"{s:s, s:{s:s}, s:s, s:s, s:{s:s}, s:{s:s}, s:O}", "type", "m.room_key", "content",
		"text", "hello", "sender", "@kith:example.org", "recipient", "@ben:example.org",
		"recipient_keys", "ed25519", crypto_account_ed25519(w->ben.account), "keys",
		"ed25519", own_ed25519(w->kith.own), "sender_device_keys",
		(json_t *)own_device_keys(w->kith.own));
	assert_true(json_equal(j, want));
	json_decref(j);
	json_decref(want);
	/* And back, in the same session. */
	g_autofree char *answer = peer_say(&w->ben, session, &w->kith, "hello yourself");
	assert_hears(&w->kith, w->ben.user, answer, "hello yourself");
	g_autofree char *again = side_say(&w->kith, BEN, "again");
	json_decref(peer_hear(&w->ben, &session, again, &type));
	assert_int_equal(type, 1);
	crypto_session_free(session);
}

static void message__by_one_time_key__uses_it_up(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;
	GPtrArray *box;

	side_publish(w, &w->kith, 1, false);
	box = world_box(w->pool, KITH);
	g_ptr_array_add(box, g_strdup(box->pdata[0]));
	session = peer_begin(w, &w->ben, &w->kith);
	g_autofree char *one = peer_say(&w->ben, session, &w->kith, "one");
	crypto_session_free(session);
	assert_hears(&w->kith, w->ben.user, one, "one");
	side_again(&w->kith);
	/* A server that hands it out twice. */
	session = peer_begin(w, &w->ben, &w->kith);
	g_autofree char *two = peer_say(&w->ben, session, &w->kith, "two");
	crypto_session_free(session);
	assert_int_equal(side_hear(&w->kith, w->ben.user, two), -EBADMSG);
	assert_int_equal(side_sessions(&w->kith), 1);
}

static void messages__before_an_answer__belong_to_one_session(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;
	g_autofree char *said[4] = { 0 };

	side_publish(w, &w->kith, 1, false);
	session = peer_begin(w, &w->ben, &w->kith);
	for (unsigned i = 0; i < 4; i++)
		said[i] = peer_say(&w->ben, session, &w->kith, "hello");
	crypto_session_free(session);
	/* In another order, too. */
	for (unsigned i = 0; i < 4; i++) {
		assert_hears(&w->kith, w->ben.user, said[(i + 2) % 4], "hello");
		side_again(&w->kith);
	}
	for (unsigned i = 1; i < 4; i++)
		g_free(g_steal_pointer(&said[i]));
	assert_int_equal(side_sessions(&w->kith), 1);
	assert_int_equal(side_wedged(&w->kith), 0);
}

static void sessions__crossing__go_on_both_ways(void **state)
{
	struct world *w = *state;

	side_publish(w, &w->kith, 1, false);
	side_publish(w, &w->ana, 1, false);
	side_claim(w, &w->kith, ANA);
	side_claim(w, &w->ana, KITH);
	for (unsigned i = 0; i < 4; i++) {
		g_autofree char *by_kith = side_say(&w->kith, ANA, "by kith");
		g_autofree char *by_ana = side_say(&w->ana, KITH, "by ana");
		assert_hears(&w->ana, "@kith:example.org", by_kith, "by kith");
		assert_hears(&w->kith, "@ana:example.org", by_ana, "by ana");
		side_again(&w->kith);
		side_again(&w->ana);
	}
	assert_int_equal(side_sessions(&w->kith), 2);
	assert_int_equal(side_sessions(&w->ana), 2);
	assert_int_equal(side_wedged(&w->kith), 0);
	assert_int_equal(side_wedged(&w->ana), 0);
}

static void sessions__several__the_last_heard_one_is_spoken_in(void **state)
{
	struct world *w = *state;
	struct crypto_session *sessions[SESSIONS_KEPT + 2];
	int type;

	side_publish(w, &w->kith, G_N_ELEMENTS(sessions), false);
	for (unsigned i = 0; i < G_N_ELEMENTS(sessions); i++) {
		sessions[i] = peer_begin(w, &w->ben, &w->kith);
		g_autofree char *said = peer_say(&w->ben, sessions[i], &w->kith, "begun");
		assert_hears(&w->kith, w->ben.user, said, "begun");
		g_autofree char *answer = side_say(&w->kith, BEN, "answer");
		json_decref(peer_hear(&w->ben, &sessions[i], answer, &type));
	}
	assert_int_equal(side_sessions(&w->kith), SESSIONS_KEPT);
	/* Of those that are kept any can be spoken in again. */
	static const unsigned order[] = { 3, 2, 5, 4, 2 };
	for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
		struct crypto_session **session = &sessions[order[i]];
		g_autofree char *said = peer_say(&w->ben, *session, &w->kith, "more");
		assert_hears(&w->kith, w->ben.user, said, "more");
		side_again(&w->kith);
		g_autofree char *answer = side_say(&w->kith, BEN, "answer");
		json_decref(peer_hear(&w->ben, session, answer, &type));
	}
	/* The first ones went. */
	g_autofree char *late = peer_say(&w->ben, sessions[1], &w->kith, "late");
	assert_int_equal(side_hear(&w->kith, w->ben.user, late), -EBADMSG);
	for (unsigned i = 0; i < G_N_ELEMENTS(sessions); i++)
		crypto_session_free(sessions[i]);
}

static void clock__set_back__the_newest_session_is_spoken_in(void **state)
{
	struct world *w = *state;
	struct crypto_session *first, *second;
	int type;

	side_publish(w, &w->kith, 2, false);
	first = peer_begin(w, &w->ben, &w->kith);
	second = peer_begin(w, &w->ben, &w->kith);
	g_autofree char *one = peer_say(&w->ben, first, &w->kith, "one");
	assert_hears(&w->kith, w->ben.user, one, "one");
	clock_virtual_set(&w->ground.clock, NOW_US - CLOCK_US_PER_DAY);
	g_autofree char *two = peer_say(&w->ben, second, &w->kith, "two");
	assert_hears(&w->kith, w->ben.user, two, "two");
	g_autofree char *answer = side_say(&w->kith, BEN, "answer");
	json_decref(peer_hear(&w->ben, &second, answer, &type));
	crypto_session_free(first);
	crypto_session_free(second);
}

static void messages__lost__are_passed_over(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;
	g_autoptr(GPtrArray) late = g_ptr_array_new_with_free_func(g_free);

	side_publish(w, &w->kith, 1, false);
	session = peer_begin(w, &w->ben, &w->kith);
	g_autofree char *first = peer_say(&w->ben, session, &w->kith, "first");
	assert_hears(&w->kith, w->ben.user, first, "first");
	for (unsigned i = 0; i < 60; i++)
		g_ptr_array_add(late, peer_say(&w->ben, session, &w->kith, "late"));
	g_autofree char *last = peer_say(&w->ben, session, &w->kith, "last");
	assert_hears(&w->kith, w->ben.user, last, "last");
	side_again(&w->kith);
	/* Keys of so many are kept, the later ones. */
	for (unsigned i = 59; i >= 20; i--)
		assert_hears(&w->kith, w->ben.user, late->pdata[i], "late");
	assert_int_equal(side_hear(&w->kith, w->ben.user, late->pdata[0]), -EBADMSG);
	g_autofree char *next = peer_say(&w->ben, session, &w->kith, "next");
	assert_hears(&w->kith, w->ben.user, next, "next");
	crypto_session_free(session);
}

/* By a session that was made of it again it could be read; but it belongs to one already. */
static void pre_key__of_a_lost_key__makes_no_session(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;
	g_autofree char *first = NULL, *last = NULL;

	side_publish(w, &w->kith, 0, true);
	session = peer_begin(w, &w->ben, &w->kith);
	first = peer_say(&w->ben, session, &w->kith, "first");
	for (unsigned i = 0; i < 50; i++)
		g_free(peer_say(&w->ben, session, &w->kith, "lost"));
	last = peer_say(&w->ben, session, &w->kith, "last");
	assert_hears(&w->kith, w->ben.user, last, "last");
	assert_int_equal(side_hear(&w->kith, w->ben.user, first), -EBADMSG);
	assert_int_equal(side_sessions(&w->kith), 1);
	crypto_session_free(session);
}

static void message__of_no_transaction__leaves_nothing(void **state)
{
	struct world *w = *state;
	struct device *ana;
	json_t *content = json_pack("{s:s}", "text", "undone"), *said;

	begin_to_ana(w);
	ana = side_device(&w->kith, ANA);
	db_begin(w->kith.base.db);
	said = sessions_encrypt(w->kith.sessions, ana, "m.room_key", content);
	db_undo(w->kith.base.db);
	json_decref(said);
	json_decref(content);
	device_free(ana);
	talk(&w->kith, &w->ana, "one");
	talk(&w->kith, &w->ana, "two");
}

/*
 * What comes twice.
 */
static void pre_key__twice__is_one(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	g_autofree char *said = side_say(&w->kith, ANA, "hello");
	assert_hears(&w->ana, "@kith:example.org", said, "hello");
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(side_hear(&w->ana, "@kith:example.org", said), -EALREADY);
		side_again(&w->ana);
	}
	assert_int_equal(side_sessions(&w->ana), 1);
	assert_int_equal(side_wedged(&w->ana), 0);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(claims(w), 1);
	talk(&w->ana, &w->kith, "still here");
}

static void pre_key__of_the_fallback_key_twice__is_one(void **state)
{
	struct world *w = *state;

	side_publish(w, &w->ana, 0, true);
	side_claim(w, &w->kith, ANA);
	g_autofree char *said = side_say(&w->kith, ANA, "hello");
	assert_hears(&w->ana, "@kith:example.org", said, "hello");
	side_again(&w->ana);
	assert_int_equal(side_hear(&w->ana, "@kith:example.org", said), -EALREADY);
	assert_int_equal(side_sessions(&w->ana), 1);
	assert_int_equal(side_wedged(&w->ana), 0);
}

static void message__twice__is_one(void **state)
{
	struct world *w = *state;
	g_autofree char *said[10] = { 0 };

	begin_to_ana(w);
	talk(&w->kith, &w->ana, "hello");
	for (unsigned i = 0; i < 10; i++)
		said[i] = side_say(&w->ana, KITH, "hello yourself");
	for (unsigned i = 0; i < 10; i++)
		assert_hears(&w->kith, "@ana:example.org", said[i], "hello yourself");
	side_again(&w->kith);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(side_hear(&w->kith, "@ana:example.org", said[i]), -EALREADY);
	for (unsigned i = 1; i < 10; i++)
		g_free(g_steal_pointer(&said[i]));
	assert_int_equal(side_wedged(&w->kith), 0);
}

/*
 * What fails.
 */
static char *next_mail(struct world *w, const char *user, const char *device)
{
	fake_hs_turn(w->ground.hs, 1000);
	for (int i = 0; i < 2000; i++) {
		char *mail = mail_take(w, user, device);

		if (mail)
			return mail;
		fake_hs_turn(w->ground.hs, 1000);
	}
	fail_msg("nothing has come");
	return NULL;
}

static unsigned sent(struct world *w)
{
	return fake_hs_count(w->ground.hs, "PUT", "v3/sendToDevice/");
}

/* Kith has lost what ana speaks in. */
static char *wedge(struct world *w)
{
	talk(&w->kith, &w->ana, "hello");
	talk(&w->ana, &w->kith, "hello yourself");
	side_run(&w->kith, "DELETE FROM e2ee_session");
	return side_say(&w->ana, KITH, "in vain");
}

static void session__lost__is_replaced(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	g_autofree char *vain = wedge(w);
	side_publish(w, &w->ana, 1, false);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", vain), -EBADMSG);
	g_autofree char *mail = next_mail(w, ANA);
	assert_int_equal(side_hear(&w->ana, "@kith:example.org", mail), 0);
	assert_string_equal(w->ana.last.type, "m.dummy");
	assert_int_equal(json_object_size(w->ana.last.content), 0);
	/* Ana speaks in the new one. */
	talk(&w->ana, &w->kith, "better");
	talk(&w->kith, &w->ana, "indeed");
	assert_int_equal(claims(w), 2);
	assert_int_equal(sent(w), 1);
}

static void session__lost__is_replaced_whenever_kith_restarts(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	g_autofree char *vain = wedge(w);
	side_publish(w, &w->ana, 2, false);
	side_restart(&w->kith);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", vain), -EBADMSG);
	fake_hs_turn(w->ground.hs, 5000);
	/* Nobody is asked before the first sync was handled. */
	assert_int_equal(claims(w), 1);
	side_restart(&w->kith);
	w->hold_claims = true;
	side_start(&w->kith);
	assert_true(fake_hs_until_requests(w->ground.hs, 2));
	/* While it is asked. */
	side_restart(&w->kith);
	w->hold_claims = false;
	sessions_start(w->kith.sessions);
	while (side_count(&w->kith, "SELECT count(*) FROM e2ee_outgoing") == 0)
		fake_hs_turn(w->ground.hs, 1000);
	assert_int_equal(sent(w), 0);
	/* Before it is sent. */
	side_again(&w->kith);
	g_autofree char *mail = next_mail(w, ANA);
	assert_int_equal(side_hear(&w->ana, "@kith:example.org", mail), 0);
	assert_string_equal(w->ana.last.type, "m.dummy");
	talk(&w->ana, &w->kith, "better");
	side_again(&w->kith);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(claims(w), 3);
	assert_int_equal(sent(w), 1);
}

static void session__replaced__is_not_again_within_the_hour(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	g_autofree char *vain = wedge(w), *more = side_say(&w->ana, KITH, "in vain"),
			*later = side_say(&w->ana, KITH, "in vain");
	side_publish(w, &w->ana, 5, false);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", vain), -EBADMSG);
	g_free(next_mail(w, ANA));
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR - 1);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", more), -EBADMSG);
	side_again(&w->kith);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", more), -EBADMSG);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(claims(w), 2);
	clock_virtual_set(&w->ground.clock, NOW_US + CLOCK_US_PER_HOUR);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", later), -EBADMSG);
	g_autofree char *mail = next_mail(w, ANA);
	assert_int_equal(side_hear(&w->ana, "@kith:example.org", mail), 0);
	assert_int_equal(claims(w), 3);
	assert_int_equal(side_wedged(&w->kith), 1);
	/* A clock that is set back does not make the hour longer than that. */
	clock_virtual_set(&w->ground.clock, NOW_US - CLOCK_US_PER_DAY);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", later), -EBADMSG);
	g_free(next_mail(w, ANA));
	assert_int_equal(claims(w), 4);
}

/* Of a session that nobody knows. */
static char *garbage_of_ben(struct world *w)
{
	struct crypto_session *session;
	char *said;

	side_publish(w, &w->kith, 1, false);
	session = peer_begin(w, &w->ben, &w->kith);
	g_autofree char *begun = peer_say(&w->ben, session, &w->kith, "begun");
	assert_hears(&w->kith, w->ben.user, begun, "begun");
	side_run(&w->kith, "DELETE FROM e2ee_session WHERE user = '@ben:example.org'");
	said = peer_say(&w->ben, session, &w->kith, "garbage");
	crypto_session_free(session);
	return said;
}

static void session__lost__waits_for_the_server(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	g_autofree char *vain = wedge(w);
	side_publish(w, &w->ana, 1, false);
	w->claim_status = 500;
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", vain), -EBADMSG);
	assert_true(fake_hs_until_requests(w->ground.hs, 2));
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(sent(w), 0);
	/* However long that takes, and whoever else has trouble meanwhile. */
	clock_virtual_set(&w->ground.clock, NOW_US + 2 * CLOCK_US_PER_HOUR);
	peer_publish(w, &w->ben, 1, false);
	g_autofree char *garbage = garbage_of_ben(w);
	assert_int_equal(side_hear(&w->kith, w->ben.user, garbage), -EBADMSG);
	assert_true(fake_hs_until_requests(w->ground.hs, 3));
	fake_hs_turn(w->ground.hs, 5000);
	/* Whoever asks next asks for it, too. */
	w->claim_status = 0;
	side_claim(w, &w->kith, ANA);
	g_autofree char *mail = next_mail(w, ANA);
	assert_int_equal(side_hear(&w->ana, "@kith:example.org", mail), 0);
	assert_string_equal(w->ana.last.type, "m.dummy");
	talk(&w->ana, &w->kith, "better");
	g_free(next_mail(w, BEN));
}

static void session__lost__no_key__is_not_asked_for_again(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	g_autofree char *vain = wedge(w);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", vain), -EBADMSG);
	assert_true(fake_hs_until_requests(w->ground.hs, 2));
	fake_hs_turn(w->ground.hs, 5000);
	side_again(&w->kith);
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", vain), -EBADMSG);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(claims(w), 2);
	assert_int_equal(sent(w), 0);
}

static void session__damaged_in_the_store__is_begun_anew(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	side_run(&w->kith, "UPDATE e2ee_session SET pickle = 'rotten'");
	assert_null(side_say(&w->kith, ANA, "in vain"));
	assert_false(has(&w->kith, ANA));
	begin_to_ana(w);
	talk(&w->kith, &w->ana, "hello");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(claim__device__has_a_session),
		TEST(claim__nobody__ends_at_once),
		TEST(claim__several_callers__one_request_at_a_time),
		TEST(claim__many__is_several_requests),
		TEST(claim__forgotten__is_not_told),
		TEST(claim__fails__is_told),
		TEST(claim__fallback_key__will_do),
		TEST(claim__bad_keys__are_none),
		TEST(talk__every_step__survives_a_restart),
		TEST(talk__every_step__moves_the_device_on),
		TEST(message__read__says_who_said_it),
		TEST(message__said__is_as_specified),
		TEST(message__by_one_time_key__uses_it_up),
		TEST(messages__before_an_answer__belong_to_one_session),
		TEST(sessions__crossing__go_on_both_ways),
		TEST(sessions__several__the_last_heard_one_is_spoken_in),
		TEST(clock__set_back__the_newest_session_is_spoken_in),
		TEST(messages__lost__are_passed_over),
		TEST(pre_key__of_a_lost_key__makes_no_session),
		TEST(message__of_no_transaction__leaves_nothing),
		TEST(pre_key__twice__is_one),
		TEST(pre_key__of_the_fallback_key_twice__is_one),
		TEST(message__twice__is_one),
		TEST(session__lost__is_replaced),
		TEST(session__lost__is_replaced_whenever_kith_restarts),
		TEST(session__replaced__is_not_again_within_the_hour),
		TEST(session__lost__waits_for_the_server),
		TEST(session__lost__no_key__is_not_asked_for_again),
		TEST(session__damaged_in_the_store__is_begun_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
