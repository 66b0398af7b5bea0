/* Olm as those speak it who mean no good: nothing of theirs is believed, kept without end, or in
 * the way of anybody else. */
#include "sessions_world.h"

#define ANA  "@ana:example.org", "PHONE"
#define KITH "@kith:example.org", "KITH"
#define BEN  "@ben:example.org", "LAPTOP"

static unsigned claims(struct world *w)
{
	return fake_hs_count(w->ground.hs, "POST", "v3/keys/claim");
}

static void talk(struct side *from, struct side *to, const char *text)
{
	g_autofree char *said = side_say(from, to->base.env.user, to->base.env.device, text);

	assert_non_null(said);
	assert_hears(to, from->base.env.user, said, text);
}

static void begin_to_ana(struct world *w)
{
	side_publish(w, &w->ana, 1, false);
	side_claim(w, &w->kith, ANA);
	talk(&w->kith, &w->ana, "hello");
	talk(&w->ana, &w->kith, "hello yourself");
}

/* What the store has of Olm, all of it. g_free it. */
static char *kept(struct side *s)
{
	char *text = db_text(s->base.db,
			     "SELECT (SELECT group_concat(pickle || heard || used) FROM"
			     " e2ee_session) || (SELECT account FROM e2ee_own)",
			     "");

	return text ? text : db_text(s->base.db, "SELECT account FROM e2ee_own", "");
}

static void assert_refused(struct world *w, const char *sender, const char *content)
{
	g_autofree char *before = kept(&w->kith), *after = NULL;

	assert_int_equal(side_hear(&w->kith, sender, content), -EBADMSG);
	after = kept(&w->kith);
	assert_string_equal(before, after);
}

/*
 * What is no message of Olm.
 */
static void content__of_any_kind__does_no_harm(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;
	const char *own = own_curve25519(w->kith.own);
	const char *ben = crypto_account_curve25519(w->ben.account);
	static const char zeros[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	static const char olm[] = "\"algorithm\":\"m.olm.v1.curve25519-aes-sha2\"";
	const char *const heads[] = {
		"{}",
		"{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"sender_key\":\"$ben\","
		"\"ciphertext\":{\"$own\":{\"type\":0,\"body\":\"x\"}}}",
		"{$olm,\"ciphertext\":{\"$own\":{\"type\":0,\"body\":\"x\"}}}",
		"{$olm,\"sender_key\":5,\"ciphertext\":{\"$own\":{\"type\":0,\"body\":\"x\"}}}",
		"{$olm,\"sender_key\":\"\",\"ciphertext\":{\"$own\":{\"type\":0,\"body\":\"x\"}}}",
		"{$olm,\"sender_key\":\"$zeros\",\"ciphertext\":{\"$own\":{\"type\":0,\"body\":"
		"\"x\"}}}",
		"{$olm,\"sender_key\":\"$own\",\"ciphertext\":{\"$own\":{\"type\":0,\"body\":\"x\"}"
		"}}",
		"{$olm,\"sender_key\":\"$ben\"}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":\"x\"}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$ben\":{\"type\":0,\"body\":\"x\"}"
		"}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$own\":[]}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$own\":{\"body\":\"x\"}}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$own\":{\"type\":2,\"body\":\"x\"}"
		"}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$own\":{\"type\":-1,\"body\":"
		"\"x\"}}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$own\":{\"type\":\"0\",\"body\":"
		"\"x\"}}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$own\":{\"type\":4294967296,"
		"\"body\":\"x\"}}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$own\":{\"type\":0,\"body\":7}}}",
		"{$olm,\"sender_key\":\"$ben\",\"ciphertext\":{\"$own\":{\"type\":0}}}",
	};

	side_publish(w, &w->kith, 1, false);
	for (unsigned i = 0; i < G_N_ELEMENTS(heads); i++) {
		GString *text = g_string_new(heads[i]);

		g_string_replace(text, "$olm", olm, 0);
		g_string_replace(text, "$own", own, 0);
		g_string_replace(text, "$ben", ben, 0);
		g_string_replace(text, "$zeros", zeros, 0);
		assert_refused(w, w->ben.user, text->str);
		g_string_free(text, TRUE);
	}
	/* Longer than anything may be. */
	g_autofree char *huge = g_strnfill(300 * 1024, 'A');
	g_autofree char *text = g_strdup_printf("{%s,\"sender_key\":\"%s\",\"ciphertext\":{\"%s\":"
						"{\"type\":0,\"body\":\"%s\"}}}",
						olm, ben, own, huge);
	assert_refused(w, w->ben.user, text);
	/* None of it is a failed session; nor is what nobody reads, of a device nobody knows. */
	static const char *const bodies[] = { "", "AwQ=", "AwQ", "\xc3\xa4", "Aw", "////" };
	for (unsigned i = 0; i < 2 * G_N_ELEMENTS(bodies); i++) {
		g_autofree char *odd =
			g_strdup_printf("{%s,\"sender_key\":\"%s\",\"ciphertext\":{\"%s\":"
					"{\"type\":%u,\"body\":\"%s\"}}}",
					olm, crypto_account_curve25519(w->mallory.account), own,
					i % 2, bodies[i / 2]);
		assert_refused(w, w->mallory.user, odd);
	}
	assert_int_equal(side_wedged(&w->kith), 0);
	session = peer_begin(w, &w->ben, &w->kith);
	g_autofree char *good = peer_say(&w->ben, session, &w->kith, "fine");
	assert_hears(&w->kith, w->ben.user, good, "fine");
	crypto_session_free(session);
}

/*
 * What is not what it says.
 */
static void set_in(json_t *j, const char *object, const char *key, json_t *value)
{
	json_t *inner = json_deep_copy(json_object_get(j, object));

	json_object_set_new(inner, key, value);
	json_object_set_new(j, object, inner);
}

static json_t *nested(unsigned depth)
{
	json_t *j = json_array();

	for (unsigned i = 0; i < depth; i++)
		j = json_pack("[o]", j);
	return j;
}

static json_t *spoilt(struct world *w, unsigned how)
{
	const struct peer *p = &w->ben, *other = &w->mallory;
	json_t *j = peer_payload(p, &w->kith, "spoilt");
	const char *ed25519 = crypto_account_ed25519(other->account);

	switch (how) {
	case 0:
		json_object_set_new(j, "sender", json_string("@ana:example.org"));
		break;
	case 1:
		json_object_del(j, "sender");
		break;
	case 2:
		json_object_set_new(j, "recipient", json_string("@ana:example.org"));
		break;
	case 3:
		json_object_del(j, "recipient");
		break;
	case 4:
		set_in(j, "recipient_keys", "ed25519", json_string(ed25519));
		break;
	case 5:
		json_object_del(j, "recipient_keys");
		break;
	case 6:
		json_object_set_new(j, "recipient_keys", json_string(own_ed25519(w->kith.own)));
		break;
	case 7: /* another device's than the list has */
		set_in(j, "keys", "ed25519", json_string(ed25519));
		json_object_del(j, "sender_device_keys");
		break;
	case 8:
		json_object_del(j, "keys");
		break;
	case 9:
		set_in(j, "keys", "ed25519", json_string("x"));
		break;
	case 10:
		json_object_set(j, "sender_device_keys", other->keys);
		break;
	case 11:
		json_object_set_new(j, "sender_device_keys", json_string("x"));
		break;
	case 12: /* not signed */
		set_in(j, "sender_device_keys", "signatures", json_object());
		break;
	case 13:
		set_in(j, "sender_device_keys", "user_id", json_string(other->user));
		break;
	case 14:
		json_object_del(j, "type");
		break;
	case 15:
		json_object_set_new(j, "type", json_integer(1));
		break;
	case 16:
		json_object_del(j, "content");
		break;
	case 17:
		json_object_set_new(j, "content", json_array());
		break;
	case 18: /* too deep for whoever goes through it */
		set_in(j, "content", "deep", nested(1000));
		break;
	case 19: /* another device of theirs */
		json_object_set_new(j, "sender_device_keys",
				    device_keys(p->user, "PHONE", other->account));
		break;
	default:
		json_decref(j);
		return NULL;
	}
	return j;
}

static void payload__not_as_it_says__is_refused(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;
	json_t *j;
	unsigned n = 0;

	side_publish(w, &w->kith, 1, false);
	session = peer_begin(w, &w->ben, &w->kith);
	/* By a new session, and then by one that is known. */
	for (unsigned round = 0; round < 2; round++) {
		for (n = 0; (j = spoilt(w, n)); n++) {
			g_autofree char *said = peer_write_json(&w->ben, session, &w->kith, j);
			assert_refused(w, w->ben.user, said);
			json_decref(j);
		}
		assert_int_equal(n, 20);
		assert_int_equal(side_sessions(&w->kith), round);
		/* The one-time key is still there. */
		g_autofree char *good = peer_say(&w->ben, session, &w->kith, "fine");
		assert_hears(&w->kith, w->ben.user, good, "fine");
		side_again(&w->kith);
	}
	assert_int_equal(side_wedged(&w->kith), 0);
	crypto_session_free(session);
}

static void payload__no_json__is_refused(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;
	g_autofree char *deep = g_strnfill(20000, '[');
	const char *const texts[] = { "",        "x",
				      "[]",      "null",
				      "\"x\"",   "{\"type\":\"m.x\"",
				      deep,      "{\"type\":\"a\\u0000b\"}",
				      "\xff\xfe" };

	side_publish(w, &w->kith, 1, false);
	session = peer_begin(w, &w->ben, &w->kith);
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *said = peer_write(&w->ben, session, &w->kith, texts[i]);
		assert_int_equal(side_hear(&w->kith, w->ben.user, said), -EBADMSG);
	}
	assert_int_equal(side_sessions(&w->kith), 0);
	g_autofree char *good = peer_say(&w->ben, session, &w->kith, "fine");
	assert_hears(&w->kith, w->ben.user, good, "fine");
	crypto_session_free(session);
}

static void device__not_on_the_list__is_what_it_says_of_itself(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;
	json_t *j;

	side_publish(w, &w->kith, 2, false);
	session = peer_begin(w, &w->mallory, &w->kith);
	g_autofree char *said = peer_say(&w->mallory, session, &w->kith, "hello");
	assert_hears(&w->kith, w->mallory.user, said, "hello");
	assert_non_null(w->kith.last.device);
	assert_string_equal(w->kith.last.device->id, "EVIL");
	assert_false(w->kith.last.device->signed_);
	/* It need not say anything (clients did not, once), and is nobody's then. */
	j = peer_payload(&w->mallory, &w->kith, "hello");
	json_object_del(j, "sender_device_keys");
	g_autofree char *unsaid = peer_write_json(&w->mallory, session, &w->kith, j);
	assert_hears(&w->kith, w->mallory.user, unsaid, "hello");
	assert_null(w->kith.last.device);
	assert_string_equal(w->kith.last.ed25519, crypto_account_ed25519(w->mallory.account));
	json_decref(j);
	/* But the session stays that of one device. */
	j = peer_payload(&w->mallory, &w->kith, "hello");
	json_object_del(j, "sender_device_keys");
	set_in(j, "keys", "ed25519", json_string(crypto_account_ed25519(w->ben.account)));
	g_autofree char *other = peer_write_json(&w->mallory, session, &w->kith, j);
	assert_refused(w, w->mallory.user, other);
	json_decref(j);
	crypto_session_free(session);
}

/*
 * Who takes another's key for theirs.
 */
static void message__passed_off_as_ones_own__is_refused(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	side_lists(&w->kith, w->mallory.user, "THIEF", own_curve25519(w->ana.own),
		   crypto_account_ed25519(w->mallory.account));
	g_autofree char *said = side_say(&w->ana, KITH, "mine");
	assert_refused(w, w->mallory.user, said);
	/* Nor is it used up. */
	assert_hears(&w->kith, "@ana:example.org", said, "mine");
	/* The same of what begins a session. */
	side_publish(w, &w->kith, 1, false);
	side_run(&w->ana, "DELETE FROM e2ee_session");
	side_claim(w, &w->ana, KITH);
	g_autofree char *begun = side_say(&w->ana, KITH, "mine, too");
	assert_refused(w, w->mallory.user, begun);
	assert_hears(&w->kith, "@ana:example.org", begun, "mine, too");
}

static void key__claimed_by_another__sessions_stay_apart(void **state)
{
	struct world *w = *state;
	g_autofree char *garbage = NULL;

	begin_to_ana(w);
	/* Their own device's keys, but for the one. */
	side_lists(&w->kith, w->mallory.user, "THIEF", own_curve25519(w->ana.own),
		   crypto_account_ed25519(w->mallory.account));
	account_publish(w, w->mallory.user, "THIEF", w->mallory.account, 2, false);
	garbage = side_say(&w->ana, KITH, "garbage");
	assert_int_equal(side_hear(&w->kith, w->mallory.user, garbage), -EBADMSG);
	while (side_count(&w->kith, "SELECT count(*) FROM e2ee_session WHERE user LIKE '@mal%'") ==
	       0)
		fake_hs_turn(w->ground.hs, 1000);
	assert_int_equal(side_sessions(&w->kith), 2);
	/* What is for ana goes by ana's session, in which nobody else can read. */
	for (unsigned i = 0; i < 3; i++) {
		talk(&w->kith, &w->ana, "for you");
		talk(&w->ana, &w->kith, "for you, too");
	}
	/* And ana's hour is not theirs. */
	side_run(&w->kith, "DELETE FROM e2ee_session");
	side_publish(w, &w->ana, 1, false);
	g_autofree char *vain = side_say(&w->ana, KITH, "in vain");
	assert_int_equal(side_hear(&w->kith, "@ana:example.org", vain), -EBADMSG);
	assert_int_equal(side_wedged(&w->kith), 2);
}

static void key__of_two_devices__sessions_stay_apart(void **state)
{
	struct world *w = *state;
	struct device *clone;
	json_t *nothing = json_object(), *said;

	begin_to_ana(w);
	/* As ana's homeserver could make one. */
	side_lists(&w->kith, "@ana:example.org", "CLONE", own_curve25519(w->ana.own),
		   crypto_account_ed25519(w->mallory.account));
	clone = side_device(&w->kith, "@ana:example.org", "CLONE");
	assert_false(sessions_has(w->kith.sessions, clone));
	db_begin(w->kith.base.db);
	said = sessions_encrypt(w->kith.sessions, clone, "m.room_key", nothing);
	db_end(w->kith.base.db);
	assert_null(said);
	account_publish(w, "@ana:example.org", "CLONE", w->mallory.account, 1, false);
	side_claim(w, &w->kith, "@ana:example.org", "CLONE");
	assert_true(sessions_has(w->kith.sessions, clone));
	talk(&w->kith, &w->ana, "for you");
	json_decref(nothing);
	device_free(clone);
}

/*
 * Garbage.
 */
static void garbage__of_unknown_devices__begins_nothing(void **state)
{
	struct world *w = *state;
	struct crypto_session *session;

	begin_to_ana(w);
	peer_publish(w, &w->mallory, 5, false);
	side_publish(w, &w->kith, 1, false);
	session = peer_begin(w, &w->mallory, &w->kith);
	/* A key that there is not any more, and messages of no session. */
	side_publish(w, &w->ana, 1, false);
	g_autofree char *said = peer_say(&w->mallory, session, &w->kith, "hello");
	assert_hears(&w->kith, w->mallory.user, said, "hello");
	g_autofree char *more = peer_say(&w->mallory, session, &w->kith, "more");
	side_run(&w->kith, "DELETE FROM e2ee_session WHERE user LIKE '@mal%'");
	unsigned before = claims(w);
	for (unsigned i = 0; i < 3; i++)
		assert_refused(w, w->mallory.user, more);
	/* With somebody else's key before it. */
	assert_refused(w, "@cleo:example.org", more);
	g_autofree char *of_ana = side_say(&w->ana, KITH, "hello");
	assert_refused(w, "@cleo:example.org", of_ana);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(claims(w), before);
	assert_int_equal(side_wedged(&w->kith), 0);
	assert_int_equal(side_sessions(&w->kith), 1);
	crypto_session_free(session);
}

static void garbage__of_a_known_device__is_one_request_an_hour(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	side_publish(w, &w->ana, 5, false);
	unsigned before = claims(w);
	for (unsigned i = 0; i < 20; i++) {
		g_autofree char *text = g_strdup_printf(
			"{\"algorithm\":\"m.olm.v1.curve25519-aes-sha2\",\"sender_key\":\"%s\","
			"\"ciphertext\":{\"%s\":{\"type\":%u,\"body\":\"AwAAAA%02u\"}}}",
			own_curve25519(w->ana.own), own_curve25519(w->kith.own), 1u, i);
		assert_refused(w, "@ana:example.org", text);
	}
	fake_hs_turn(w->ground.hs, 20000);
	assert_true(claims(w) <= before + 1);
	assert_true(side_wedged(&w->kith) <= 1);
	/* It costs those two a new session, and nothing else. */
	talk(&w->ana, &w->kith, "still here");
	talk(&w->kith, &w->ana, "so am I");
}

static void stranger_says(struct world *w, const char *user)
{
	struct peer p;
	struct crypto_session *session;

	peer_init(&p, user, "D");
	session = peer_begin(w, &p, &w->kith);
	g_autofree char *said = peer_say(&p, session, &w->kith, "hello");
	assert_hears(&w->kith, user, said, "hello");
	crypto_session_free(session);
	peer_done(&p);
}

static void strangers__many__are_not_kept_without_end(void **state)
{
	struct world *w = *state;

	side_publish(w, &w->kith, 0, true);
	begin_to_ana(w);
	db_begin(w->kith.base.db);
	for (unsigned i = 0; i < 300; i++) {
		g_autofree char *user = g_strdup_printf("@s%u:example.org", i);
		stranger_says(w, user);
	}
	db_end(w->kith.base.db);
	assert_int_equal(
		side_count(&w->kith, "SELECT count(*) FROM e2ee_session WHERE user LIKE '@s%'"),
		256);
	/* The newest of them. */
	assert_int_equal(side_count(&w->kith, "SELECT count(*) FROM e2ee_session"
					      " WHERE user = '@s299:example.org'"),
			 1);
	talk(&w->ana, &w->kith, "still here");
	talk(&w->kith, &w->ana, "so am I");
}

static void stranger__with_many_keys__pushes_nobody_out(void **state)
{
	struct world *w = *state;

	side_publish(w, &w->kith, 0, true);
	begin_to_ana(w);
	db_begin(w->kith.base.db);
	stranger_says(w, "@cleo:example.org");
	for (unsigned i = 0; i < 40; i++)
		stranger_says(w, w->mallory.user);
	/* Nor somebody who is known, with devices that are not. */
	for (unsigned i = 0; i < 40; i++)
		stranger_says(w, "@ana:example.org");
	db_end(w->kith.base.db);
	assert_int_equal(
		side_count(&w->kith, "SELECT count(*) FROM e2ee_session WHERE user LIKE '@mal%'"),
		16);
	assert_int_equal(
		side_count(&w->kith, "SELECT count(*) FROM e2ee_session WHERE user LIKE '@ana%'"),
		17);
	assert_int_equal(
		side_count(&w->kith, "SELECT count(*) FROM e2ee_session WHERE user LIKE '@cleo%'"),
		1);
	talk(&w->ana, &w->kith, "still here");
}

static void device__gone_from_the_list__counts_for_little(void **state)
{
	struct world *w = *state;

	begin_to_ana(w);
	side_again(&w->kith);
	assert_int_equal(side_count(&w->kith, "SELECT known FROM e2ee_session"), 2);
	side_run(&w->kith, "UPDATE e2ee_device SET gone = 1 WHERE user = '@ana:example.org'");
	side_again(&w->kith);
	assert_int_equal(side_count(&w->kith, "SELECT known FROM e2ee_session"), 1);
	side_run(&w->kith, "UPDATE e2ee_user SET followed = 0");
	side_again(&w->kith);
	assert_int_equal(side_count(&w->kith, "SELECT known FROM e2ee_session"), 0);
	side_run(&w->kith, "UPDATE e2ee_user SET followed = 1");
	side_run(&w->kith, "UPDATE e2ee_device SET gone = 0");
	talk(&w->ana, &w->kith, "back again");
	assert_int_equal(side_count(&w->kith, "SELECT known FROM e2ee_session"), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(content__of_any_kind__does_no_harm),
		TEST(payload__not_as_it_says__is_refused),
		TEST(payload__no_json__is_refused),
		TEST(device__not_on_the_list__is_what_it_says_of_itself),
		TEST(message__passed_off_as_ones_own__is_refused),
		TEST(key__claimed_by_another__sessions_stay_apart),
		TEST(key__of_two_devices__sessions_stay_apart),
		TEST(garbage__of_unknown_devices__begins_nothing),
		TEST(garbage__of_a_known_device__is_one_request_an_hour),
		TEST(strangers__many__are_not_kept_without_end),
		TEST(stranger__with_many_keys__pushes_nobody_out),
		TEST(device__gone_from_the_list__counts_for_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
