#include "megolm_world.h"

static int set_up(void **state)
{
	struct megolm_world *w = g_new0(struct megolm_world, 1);

	world_init(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct megolm_world *w = *state;

	world_done(w);
	g_free(w);
	return 0;
}

/* In a transaction of its own. What it was is forgotten. */
static int read_in(struct megolm_world *w, const char *room, const struct heard *h)
{
	struct inbound_message m = { 0 };
	char *session = NULL, *code = NULL;

	db_begin(w->db);
	int error = inbound_decrypt(w->in, room, &h->e, &m, &session, &code);
	db_end(w->db);
	assert_true((error == -ENOKEY) == (session != NULL));
	assert_true((error == 0) == (m.content != NULL));
	assert_true(error == -ENOKEY || !code);
	inbound_message_done(&m);
	g_free(session);
	g_free(code);
	return error;
}

static int hear(struct megolm_world *w, const struct heard *h)
{
	return read_in(w, ROOM, h);
}

/* Whether a new message of that session is read. */
static int hear_next(struct megolm_world *w, struct speaker *s, const char *room, const char *id)
{
	struct heard h = says_in(s, room, id, "hello");
	int error = read_in(w, room, &h);

	heard_done(&h);
	return error;
}

static void run(struct megolm_world *w, const char *sql)
{
	db_begin(w->db);
	db_run(w->db, sql, "");
	db_end(w->db);
}

static int64_t count(struct megolm_world *w, const char *sql)
{
	return db_int(w->db, -1, sql, "");
}

static void prune(struct megolm_world *w)
{
	db_begin(w->db);
	inbound_prune(w->in, w->clock.now_us);
	db_end(w->db);
}

static void pass(struct megolm_world *w, int days)
{
	clock_virtual_set(&w->clock, w->clock.now_us + days * CLOCK_US_PER_DAY);
}

static void inbound__reads__what_was_said(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);
	struct inbound_message m = { 0 };
	char *session = NULL, *code = NULL;

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	struct heard h = says_in(&ana, ROOM, "$1", "hello");
	db_begin(w->db);
	assert_int_equal(inbound_decrypt(w->in, ROOM, &h.e, &m, &session, &code), 0);
	db_end(w->db);
	assert_string_equal(m.type, "m.room.message");
	assert_string_equal(m.content, "{\"msgtype\":\"m.text\",\"body\":\"hello\"}");
	assert_string_equal(m.curve25519, "a device");
	assert_string_equal(m.ed25519, "its other key");
	inbound_message_done(&m);
	heard_done(&h);
	speaker_done(&ana);
}

/* CS API: Event relationships; a server would not have seen another one inside. */
static void inbound__takes__the_relation_outside(void **state)
{
	static const char *const inside[] = { "{}", "{\"m.relates_to\":{\"event_id\":\"$inside\"}}",
					      "{ \"body\" : \"hello\" }" };
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(inside); i++) {
		struct inbound_message m = { 0 };
		char *session = NULL, *code = NULL;
		struct span content;
		g_autofree char *payload = g_strdup_printf(
			"{\"room_id\":\"" ROOM "\",\"type\":\"m.room.message\",\"content\":%s}",
			inside[i]);
		g_autofree char *text = crypto_outbound_encrypt(ana.out, payload);
		json_t *event = event_of(&ana, "$1", text);

		json_object_set_new(json_object_get(event, "content"), "m.relates_to",
				    json_pack("{s:s}", "event_id", "$outside"));
		struct heard h = heard_of(event);
		db_begin(w->db);
		assert_int_equal(inbound_decrypt(w->in, ROOM, &h.e, &m, &session, &code), 0);
		db_end(w->db);
		assert_int_equal(span_check(m.content, strlen(m.content), &content, NULL), 0);
		assert_true(
			span_says(span_at(content, "m.relates_to", "event_id", NULL), "$outside"));
		assert_true(span_is_string(span_get(content, "body")) == (i == 2));
		inbound_message_done(&m);
		heard_done(&h);
	}
	speaker_done(&ana);
}

static void inbound__refuses__keys_that_are_none(void **state)
{
	static const struct {
		const char *key, *value; /* NULL: a number */
	} changes[] = {
		{ "algorithm", "m.megolm.v2.aes-sha2" },
		{ "algorithm", NULL },
		{ "room_id", "makers:x" },
		{ "room_id", NULL },
		{ "session_id", "a session" },
		{ "session_id", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
		{ "session_id", NULL },
		{ "session_key", "" },
		{ "session_key", "AgAAAA" },
		{ "session_key", NULL },
	};
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM), other = speaker_in(ANA, ROOM);

	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		json_t *content = json_copy(ana.room_key);

		json_object_set_new(content, changes[i].key,
				    changes[i].value ? json_string(changes[i].value)
						     : json_integer(1));
		assert_int_equal(give(w, &ana, content), -EBADMSG);
		json_decref(content);
	}
	json_t *content = room_key_of(ROOM, crypto_outbound_id(other.out), ana.first);
	assert_int_equal(give(w, &ana, content), -EBADMSG);
	json_decref(content);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_inbound"), 0);
	speaker_done(&ana);
	speaker_done(&other);
}

/* Whoever is in the room has the key, and could give it as their own before its owner does. */
static void inbound__believes__whoever_gave_it_for_themselves_alone(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM), thief = ana;
	struct heard h = says_in(&ana, ROOM, "$1", "hello");

	thief.user = MALLORY;
	thief.curve25519 = "another device";
	thief.ed25519 = "another key";
	assert_int_equal(give(w, &thief, ana.room_key), 0);
	assert_int_equal(hear(w, &h), -ENOKEY);
	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(hear(w, &h), 0);
	assert_int_equal(count(w, "SELECT used FROM e2ee_inbound WHERE sender = '" MALLORY "'"), 0);
	g_free(h.e.sender);
	h.e.sender = g_strdup("@nobody:x");
	assert_int_equal(hear(w, &h), -ENOKEY);

	/* Two devices of hers it cannot be of. */
	thief = ana;
	thief.curve25519 = "another device";
	assert_int_equal(give(w, &thief, ana.room_key), -EEXIST);
	thief = ana;
	thief.ed25519 = "another key";
	assert_int_equal(give(w, &thief, ana.room_key), -EEXIST);
	heard_done(&h);
	speaker_done(&ana);
}

static void inbound__improves__by_an_earlier_index_alone(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);
	struct heard early = says_in(&ana, ROOM, "$1", "early"),
		     late = says_in(&ana, ROOM, "$2", "late");
	g_autofree char *second = NULL, *third = crypto_outbound_key(ana.out);
	json_t *at_third = room_key_of(ROOM, crypto_outbound_id(ana.out), third);

	assert_int_equal(give(w, &ana, at_third), 0);
	assert_int_equal(hear(w, &early), -ERANGE);
	assert_int_equal(hear_next(w, &ana, ROOM, "$3"), 0);
	second = crypto_outbound_key(ana.out);
	json_t *at_fourth = room_key_of(ROOM, crypto_outbound_id(ana.out), second);
	assert_int_equal(give(w, &ana, at_fourth), -EALREADY);
	assert_int_equal(give(w, &ana, at_third), -EALREADY);
	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(hear(w, &early), 0);
	assert_int_equal(give(w, &ana, at_fourth), -EALREADY);
	assert_int_equal(hear(w, &late), 0);

	/* What was remembered of it stays: its third index is used. */
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_index"), 3);
	json_decref(at_third);
	json_decref(at_fourth);
	heard_done(&early);
	heard_done(&late);
	speaker_done(&ana);
}

/* Whether the device has gone on since it was last asked. */
static bool has_moved(struct megolm_world *w)
{
	bool moved = count(w, "SELECT moved FROM e2ee_own");

	run(w, "UPDATE e2ee_own SET moved = 0");
	return moved;
}

/* An older store would lack it: the key, and nothing that comes again. */
static void inbound__moves__the_device_on_by_keys_alone(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);
	g_autofree char *second = NULL;

	run(w, "INSERT INTO e2ee_own(network, user, device, account)"
	       " VALUES('home', 'kith', 'DEVICE', ''), ('work', 'kith', 'DEVICE', '')");
	struct heard early = says_in(&ana, ROOM, "$1", "early");
	heard_done(&early);
	second = crypto_outbound_key(ana.out);
	json_t *at_second = room_key_of(ROOM, crypto_outbound_id(ana.out), second);
	assert_int_equal(give(w, &ana, at_second), 0);
	assert_true(has_moved(w));
	assert_int_equal(hear_next(w, &ana, ROOM, "$2"), 0);
	assert_int_equal(give(w, &ana, at_second), -EALREADY);
	assert_false(has_moved(w));
	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(count(w, "SELECT moved FROM e2ee_own WHERE network = 'work'"), 0);
	assert_true(has_moved(w));
	json_decref(at_second);
	speaker_done(&ana);
}

static void inbound__refuses__a_replay(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	g_autofree char *text = crypto_outbound_encrypt(
		ana.out, "{\"room_id\":\"" ROOM "\",\"type\":\"m.room.message\",\"content\":{}}");
	struct heard said = heard_of(event_of(&ana, "$1", text)),
		     again = heard_of(event_of(&ana, "$2", text)),
		     later = heard_of(event_of(&ana, "$1", text));
	later.e.at_us += 1000;
	assert_int_equal(hear(w, &said), 0);
	for (int start = 0; start < 2; start++) {
		assert_int_equal(hear(w, &said), 0);
		assert_int_equal(hear(w, &again), -EEXIST);
		assert_int_equal(hear(w, &later), -EEXIST);
		world_close(w);
		world_open(w);
	}
	heard_done(&said);
	heard_done(&again);
	heard_done(&later);
	speaker_done(&ana);
}

static void inbound__refuses__what_was_said_elsewhere(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	struct heard moved = says_in(&ana, ELSEWHERE, "$1", "elsewhere"),
		     here = says_in(&ana, ROOM, "$2", "here");
	assert_int_equal(hear(w, &moved), -EBADMSG);
	assert_int_equal(read_in(w, ELSEWHERE, &here), -ENOKEY);
	assert_int_equal(hear(w, &here), 0);
	heard_done(&moved);
	heard_done(&here);
	speaker_done(&ana);
}

static void inbound__refuses__payloads_that_are_none(void **state)
{
	static const char *const payloads[] = {
		"",
		"hello",
		"[]",
		"{\"room_id\":\"" ROOM "\",\"type\":\"m.room.message\"}",
		"{\"room_id\":\"" ROOM "\",\"type\":\"m.room.message\",\"content\":[]}",
		"{\"room_id\":\"" ROOM "\",\"type\":\"\",\"content\":{}}",
		"{\"room_id\":\"" ROOM "\",\"type\":1,\"content\":{}}",
		"{\"room_id\":\"" ROOM "\",\"content\":{}}",
		"{\"room_id\":1,\"type\":\"m.room.message\",\"content\":{}}",
		"{\"type\":\"m.room.message\",\"content\":{}}",
		"{\"room_id\":\"" ROOM "\",\"type\":\"m.room.encrypted\",\"content\":{}}",
		/* Which only the server can have allowed. */
		"{\"room_id\":\"" ROOM "\",\"type\":\"m.room.redaction\",\"content\":{}}",
	};
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++) {
		struct heard h = says_payload(&ana, "$1", payloads[i]);

		assert_int_equal(hear(w, &h), -EBADMSG);
		heard_done(&h);
	}
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_index"), 0);
	assert_int_equal(hear_next(w, &ana, ROOM, "$1"), 0);
	speaker_done(&ana);
}

static void inbound__refuses__events_that_are_none(void **state)
{
	static const struct {
		const char *key, *value; /* NULL: a number */
	} changes[] = {
		{ "algorithm", "m.olm.v1.curve25519-aes-sha2" },
		{ "algorithm", NULL },
		{ "session_id", "no session" },
		{ "session_id", NULL },
		{ "ciphertext", "" },
		{ "ciphertext", "AwgAEnACgAkLmt6qF84IK" },
		{ "ciphertext", NULL },
	};
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);
	g_autofree char *text = crypto_outbound_encrypt(
		ana.out, "{\"room_id\":\"" ROOM "\",\"type\":\"m.room.member\",\"content\":{}}");

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		json_t *event = event_of(&ana, "$1", text);

		json_object_set_new(json_object_get(event, "content"), changes[i].key,
				    changes[i].value ? json_string(changes[i].value)
						     : json_integer(1));
		struct heard h = heard_of(event);
		assert_int_equal(hear(w, &h), -EBADMSG);
		heard_done(&h);
	}
	/* A state that nobody has checked. */
	json_t *event = event_of(&ana, "$1", text);
	json_object_set_new(event, "state_key", json_string(ANA));
	struct heard h = heard_of(event);
	assert_int_equal(hear(w, &h), -EBADMSG);
	heard_done(&h);
	h = heard_of(event_of(&ana, "$1", text));
	assert_int_equal(hear(w, &h), 0);
	heard_done(&h);
	speaker_done(&ana);
}

static int withhold(struct megolm_world *w, const char *sender, const struct speaker *s,
		    const char *code)
{
	g_autofree char *room = NULL, *session = NULL;
	json_t *content =
		json_pack("{s:s, s:s, s:s, s:s}", "algorithm", "m.megolm.v1.aes-sha2", "room_id",
			  ROOM, "session_id", crypto_outbound_id(s->out), "code", code);

	db_begin(w->db);
	int error = inbound_withheld(w->in, sender, content, &room, &session);
	db_end(w->db);
	json_decref(content);
	if (error == 0)
		assert_string_equal(session, crypto_outbound_id(s->out));
	return error;
}

static void assert_lacks(struct megolm_world *w, const struct heard *h, const char *want_code)
{
	g_autofree char *session = NULL, *code = NULL;
	struct inbound_message m;

	assert_int_equal(inbound_decrypt(w->in, ROOM, &h->e, &m, &session, &code), -ENOKEY);
	assert_non_null(session);
	if (want_code)
		assert_string_equal(code, want_code);
	else
		assert_null(code);
}

static void inbound__tells__why_a_key_is_withheld(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);
	struct heard h = says_in(&ana, ROOM, "$1", "hello");

	assert_lacks(w, &h, NULL);
	/* Only who speaks there can tell. */
	assert_int_equal(withhold(w, MALLORY, &ana, "m.blacklisted"), 0);
	assert_lacks(w, &h, NULL);
	assert_int_equal(withhold(w, ANA, &ana, "m.unverified"), 0);
	assert_lacks(w, &h, "m.unverified");
	assert_int_equal(withhold(w, ANA, &ana, "m.unverified"), -EALREADY);
	assert_int_equal(withhold(w, ANA, &ana, "m.unauthorised"), 0);
	world_close(w);
	world_open(w);
	assert_lacks(w, &h, "m.unauthorised");
	assert_int_equal(withhold(w, ANA, &ana, ""), -EBADMSG);
	assert_int_equal(withhold(w, ANA, &ana, "Said\nso"), -EBADMSG);

	/* A key comes all the same. */
	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(withhold(w, ANA, &ana, "m.unverified"), -EALREADY);
	assert_int_equal(hear(w, &h), 0);
	heard_done(&h);
	speaker_done(&ana);
}

static void inbound__keeps__what_matters_in_a_flood(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM), first = speaker_in(MALLORY, ROOM);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(give(w, &first, first.room_key), 0);
	db_begin(w->db);
	for (unsigned i = 0; i < INBOUND_SESSIONS_MOST; i++) {
		struct speaker s = speaker_in(MALLORY, ROOM);

		assert_int_equal(give(w, &s, s.room_key), 0);
		speaker_done(&s);
	}
	db_end(w->db);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_inbound"), INBOUND_SESSIONS_MOST + 1);
	assert_int_equal(hear_next(w, &first, ROOM, "$1"), -ENOKEY);
	assert_int_equal(hear_next(w, &ana, ROOM, "$2"), 0);
	speaker_done(&first);
	speaker_done(&ana);
}

/* Each account of a crowd's gives little; hers, which nothing was read with yet, stays. */
static void inbound__keeps__what_matters_among_crowds(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM), last = speaker_in(MALLORY, ROOM);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	run(w, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)"
	       " INSERT INTO e2ee_inbound(network, room, session, sender, curve25519, ed25519,"
	       " at_us, pickle) SELECT 'home', '!r' || (i % 50), 's' || i, '@u' || (i % 50), '',"
	       " '', 1795424400000000 + i, '' FROM n");
	assert_int_equal(give(w, &last, last.room_key), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_inbound"), 6001);
	assert_int_equal(hear_next(w, &ana, ROOM, "$1"), 0);

	run(w, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
	       " INSERT INTO e2ee_withheld(network, sender, room, session, code, at_us)"
	       " SELECT 'home', '@u' || (i % 20), '!r', 's' || i, 'm.x', i FROM n");
	db_begin(w->db);
	for (int i = 0; i < 101; i++) {
		struct speaker s = speaker_in(MALLORY, ROOM);

		assert_int_equal(withhold(w, MALLORY, &s, "m.unavailable"), 0);
		speaker_done(&s);
	}
	db_end(w->db);
	/* One more that is hers goes, and one of those who have most. */
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_withheld WHERE sender = '@mallory:x'"),
			 100);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_withheld"), 3000 - 1);
	speaker_done(&last);
	speaker_done(&ana);
}

static void inbound__prunes__by_age_and_use(void **state)
{
	struct megolm_world *w = *state;
	struct speaker used = speaker_in(ANA, ROOM), unused = speaker_in(ANA, ROOM),
		       last = speaker_in(ANA, ROOM);

	assert_int_equal(give(w, &used, used.room_key), 0);
	assert_int_equal(give(w, &unused, unused.room_key), 0);
	assert_int_equal(hear_next(w, &used, ROOM, "$1"), 0);
	pass(w, 20);
	assert_int_equal(give(w, &last, last.room_key), 0);
	assert_int_equal(hear_next(w, &last, ROOM, "$2"), 0);
	pass(w, 41);
	prune(w);
	/* One that nothing was read with for so long. */
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_inbound"), 2);
	assert_int_equal(hear_next(w, &unused, ROOM, "$3"), -ENOKEY);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_index"), 2);
	pass(w, 30);
	prune(w);
	/* One that another has taken the place of; what it used is not remembered either. */
	assert_int_equal(hear_next(w, &used, ROOM, "$4"), -ENOKEY);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_index"), 1);
	pass(w, 120);
	prune(w);
	assert_int_equal(hear_next(w, &last, ROOM, "$5"), 0);
	pass(w, 399);
	prune(w);
	assert_int_equal(hear_next(w, &last, ROOM, "$6"), 0);
	pass(w, 401);
	prune(w);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_inbound"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_index"), 0);
	speaker_done(&used);
	speaker_done(&unused);
	speaker_done(&last);
}

static void inbound__bounds__what_an_endless_session_used(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM), other = speaker_in(ANA, ROOM);
	struct heard early = says_in(&ana, ROOM, "$early", "early");

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(give(w, &other, other.room_key), 0);
	assert_int_equal(hear_next(w, &other, ROOM, "$other"), 0);
	assert_int_equal(hear(w, &early), 0);
	for (unsigned i = 1; i < INBOUND_INDICES_MOST; i++)
		g_free(crypto_outbound_encrypt(ana.out, ""));
	run(w, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
	       " INSERT INTO e2ee_index(session, at, event, sent_us)"
	       " SELECT 1, i, '$e' || i, 0 FROM n");
	prune(w);
	assert_int_equal(hear(w, &early), 0);
	/* One more than is remembered. */
	assert_int_equal(hear_next(w, &ana, ROOM, "$late"), 0);
	prune(w);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_index WHERE session = 1"),
			 INBOUND_INDICES_MOST);
	assert_int_equal(hear(w, &early), -ERANGE);
	assert_int_equal(hear_next(w, &ana, ROOM, "$later"), 0);
	assert_int_equal(hear_next(w, &other, ROOM, "$another"), 0);
	heard_done(&early);
	speaker_done(&ana);
	speaker_done(&other);
}

static void inbound__drops__a_room(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM), other = speaker_in(ANA, ELSEWHERE);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(give(w, &other, other.room_key), 0);
	assert_int_equal(hear_next(w, &ana, ROOM, "$1"), 0);
	assert_int_equal(hear_next(w, &other, ELSEWHERE, "$2"), 0);
	db_begin(w->db);
	inbound_drop(w->in, ROOM);
	db_end(w->db);
	assert_int_equal(hear_next(w, &ana, ROOM, "$3"), -ENOKEY);
	assert_int_equal(hear_next(w, &other, ELSEWHERE, "$4"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM e2ee_index"), 2);
	speaker_done(&ana);
	speaker_done(&other);
}

/* As where handling an event fails, and it alone is rolled back; or a kill comes before the commit.
 */
static void inbound__is_undone__with_its_transaction(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM), other = speaker_in(ANA, ROOM);
	struct heard h = says_in(&ana, ROOM, "$1", "hello"),
		     of_other = says_in(&other, ROOM, "$2", "hello");

	db_begin(w->db);
	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(hear(w, &h), 0);
	db_undo(w->db);
	assert_int_equal(hear(w, &h), -ENOKEY);
	/* Another one stands in its place in the store. */
	assert_int_equal(give(w, &other, other.room_key), 0);
	assert_int_equal(hear(w, &of_other), 0);
	assert_int_equal(give(w, &ana, ana.room_key), 0);
	db_begin(w->db);
	assert_int_equal(hear(w, &h), 0);
	db_undo(w->db);
	/* It was never read: whatever it is called now is the first that uses its index. */
	g_free(h.e.id);
	h.e.id = g_strdup("$3");
	assert_int_equal(hear(w, &h), 0);
	heard_done(&h);
	heard_done(&of_other);
	speaker_done(&ana);
	speaker_done(&other);
}

static void inbound__writes__once_an_event(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(hear_next(w, &ana, ROOM, "$1"), 0);
	struct heard h = says_in(&ana, ROOM, "$2", "hello");
	int64_t before = db_changes(w->db);
	assert_int_equal(hear(w, &h), 0);
	assert_int_equal(db_changes(w->db), before + 1);
	assert_int_equal(hear(w, &h), 0);
	assert_int_equal(db_changes(w->db), before + 1);
	heard_done(&h);
	speaker_done(&ana);
}

/* More sessions than are held ready, in turns. */
static void inbound__reads__many_sessions(void **state)
{
	enum { SESSIONS = 280 };
	struct megolm_world *w = *state;
	struct speaker all[SESSIONS];

	db_begin(w->db);
	for (int i = 0; i < SESSIONS; i++) {
		all[i] = speaker_in(ANA, i % 2 ? ROOM : ELSEWHERE);
		assert_int_equal(give(w, &all[i], all[i].room_key), 0);
	}
	for (int turn = 0; turn < 2; turn++)
		for (int i = 0; i < SESSIONS; i++)
			assert_int_equal(hear_next(w, &all[i], i % 2 ? ROOM : ELSEWHERE, "$1"), 0);
	db_end(w->db);
	for (int i = 0; i < SESSIONS; i++)
		speaker_done(&all[i]);
}

/* Of another pickle key, or a broken disk. */
static void inbound__survives__damage(void **state)
{
	struct megolm_world *w = *state;
	struct speaker ana = speaker_in(ANA, ROOM);

	assert_int_equal(give(w, &ana, ana.room_key), 0);
	run(w, "UPDATE e2ee_inbound SET pickle = 'x' || pickle");
	assert_int_equal(hear_next(w, &ana, ROOM, "$1"), -EBADMSG);
	assert_int_equal(give(w, &ana, ana.room_key), 0);
	assert_int_equal(hear_next(w, &ana, ROOM, "$1"), 0);
	w->key.bytes[0]++;
	world_close(w);
	world_open(w);
	assert_int_equal(hear_next(w, &ana, ROOM, "$2"), -EBADMSG);
	speaker_done(&ana);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(inbound__reads__what_was_said),
		TEST(inbound__takes__the_relation_outside),
		TEST(inbound__refuses__keys_that_are_none),
		TEST(inbound__believes__whoever_gave_it_for_themselves_alone),
		TEST(inbound__improves__by_an_earlier_index_alone),
		TEST(inbound__moves__the_device_on_by_keys_alone),
		TEST(inbound__refuses__a_replay),
		TEST(inbound__refuses__what_was_said_elsewhere),
		TEST(inbound__refuses__payloads_that_are_none),
		TEST(inbound__refuses__events_that_are_none),
		TEST(inbound__tells__why_a_key_is_withheld),
		TEST(inbound__keeps__what_matters_in_a_flood),
		TEST(inbound__keeps__what_matters_among_crowds),
		TEST(inbound__prunes__by_age_and_use),
		TEST(inbound__bounds__what_an_endless_session_used),
		TEST(inbound__drops__a_room),
		TEST(inbound__is_undone__with_its_transaction),
		TEST(inbound__writes__once_an_event),
		TEST(inbound__reads__many_sessions),
		TEST(inbound__survives__damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
