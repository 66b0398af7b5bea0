#include "matrix_ground.h"

#define SEND(room) "v3/rooms/%21" room "%3Ax/send/m.room.message/"

static void direct__speaks__where_there_is_a_room(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	ground_enter_direct(g, "!ana:x", "@ana:x");
	p.opens = true;
	/* Said elsewhere: no answer to it in here. */
	p.reply_to = "$elsewhere";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	const struct hs_request *r = ground_await(g, "PUT", SEND("ana") "key", 1);
	ground_assert_member(r, "m.relates_to", "");
	ground_assert_member(r, "m.mentions", "{}");
	/* Nobody is looking there. */
	ground_assert_member(r, "msgtype", "\"m.text\"");
	assert_int_equal(fake_hs_count(g->hs, "POST", NULL), 0);
}

static void direct__answers__where_it_was_asked(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	ground_enter_direct(g, "!old:x", "@ana:x");
	ground_enter_direct(g, "!new:x", "@ana:x");
	send_receipt(g->m.send, matrix_rooms_find(g->m.rooms, "!new:x"), "$asked");
	p.reply_to = "$asked";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	ground_assert_member(ground_await(g, "PUT", SEND("new") "key", 1), "m.relates_to",
			     "{\"m.in_reply_to\":{\"event_id\":\"$asked\"}}");
}

/* Else each part of a long answer would ring; of what nobody waits for, none is quiet. */
static void direct__says__all_of_a_long_post_alike(void **state)
{
	struct ground *g = *state;
	g_autofree char *half = g_strnfill(30000, 'x');
	g_autofree char *markup = g_strconcat(half, "\n", half, NULL);
	struct post p = ground_private("key", "@ana:x"),
		    unasked = ground_private("other", "@ana:x");

	ground_enter_direct(g, "!ana:x", "@ana:x");
	send_receipt(g->m.send, matrix_rooms_find(g->m.rooms, "!ana:x"), "$asked");
	p.reply_to = "$asked";
	p.markup = unasked.markup = markup;
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	assert_int_equal(ground_send(g, &unasked), 0);
	ground_expect(g, 2, "key 0\nother 0\n");
	for (int n = 1; n <= 2; n++) {
		g_autofree char *asked = g_strdup_printf("%skey.%d", SEND("ana"), n);
		g_autofree char *told = g_strdup_printf("%sother.%d", SEND("ana"), n);

		ground_assert_member(ground_await(g, "PUT", asked, 1), "msgtype", "\"m.notice\"");
		ground_assert_member(ground_await(g, "PUT", told, 1), "msgtype", "\"m.text\"");
	}
}

static void direct__speaks__to_one_person_at_a_time(void **state)
{
	struct ground *g = *state;
	const struct post first = ground_private("1", "@ana:x");
	const struct post second = ground_private("2", "@ana:x");
	const struct post other = ground_private("3", "@ben:x");

	ground_enter_direct(g, "!ana:x", "@ana:x");
	ground_enter_direct(g, "!ben:x", "@ben:x");
	ground_script(g, "PUT", SEND("ana"), (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &first), 0);
	assert_int_equal(ground_send(g, &second), -EAGAIN);
	assert_int_equal(ground_send(g, &other), 0);
	ground_expect(g, 1, "3 0\n");
}

static void direct__waits__for_whom_there_is_no_way_to(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");
	const struct post broken[] = { ground_private("1", "ana"), ground_private("2", NULL),
				       ground_private("3", "@kith:x"),
				       ground_private("4", "@\xff:x") };

	assert_int_equal(ground_send(g, &p), -ENOENT);
	for (size_t i = 0; i < G_N_ELEMENTS(broken); i++)
		assert_int_equal(ground_send(g, &broken[i]), -EINVAL);
	fake_hs_turn(g->hs, 20000);
	assert_int_equal(fake_hs_count(g->hs, NULL, NULL), 0);
}

static void direct__speaks__in_the_room_instead(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	ground_enter(g, "!room:x", "@ana:x");
	p.room_else = "!room:x";
	p.markup_else = "one line";
	p.reply_to = "$asked";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	const struct hs_request *r = ground_await(g, "PUT", SEND("room") "key", 1);
	ground_assert_member(r, "body", "\"one line\"");
	ground_assert_member(r, "m.mentions", "{\"user_ids\":[\"@ana:x\"]}");
	ground_assert_member(r, "m.relates_to", "{\"m.in_reply_to\":{\"event_id\":\"$asked\"}}");
	p.key = "2";
	p.markup_else = NULL;
	assert_int_equal(ground_send(g, &p), 0);
	ground_assert_member(ground_await(g, "PUT", SEND("room") "2", 1), "body", "\"hello\"");
}

static void direct__opens__a_room(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("1", "@ana:x");

	ground_script(g, "GET", "v3/user/%40kith%3Ax/account_data/m.direct",
		      (struct hs_answer){ .text = "{\"@ben:x\": [\"!ben:x\"], \"@ana:x\": 7}" });
	p.opens = true;
	assert_int_equal(ground_send(g, &p), 0);
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	ground_expect(g, 1, "1 0\n");
	const struct hs_request *create = ground_await(g, "POST", "v3/createRoom", 1);
	ground_assert_member(create, "is_direct", "true");
	ground_assert_member(create, "preset", "\"trusted_private_chat\"");
	ground_assert_member(create, "invite", "[\"@ana:x\"]");
	/* It may have been made encrypted: looked after before anything is said. */
	assert_true(ground_await(g, "GET", "v3/rooms/%21opened%3Ax/state/m.room.encryption", 1)
			    ->number < ground_await(g, "PUT", SEND("opened") "1", 1)->number);
	const struct hs_request *list =
		ground_await(g, "PUT", "v3/user/%40kith%3Ax/account_data/m.direct", 1);
	ground_assert_member(list, "@ben:x", "[\"!ben:x\"]");
	ground_assert_member(list, "@ana:x", "[\"!opened:x\"]");
	g_autofree char *direct =
		db_text(g->m.db, "SELECT direct FROM matrix_room WHERE room = '!opened:x'", "");
	assert_string_equal(direct, "@ana:x");
	/* Before and after the sync tells of it, it is the same one. */
	p.key = "2";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "1 0\n2 0\n");
	ground_enter(g, "!opened:x", "@ana:x");
	p.key = "3";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 3, "1 0\n2 0\n3 0\n");
	ground_await(g, "PUT", SEND("opened") "3", 1);
	assert_int_equal(fake_hs_count(g->hs, "POST", "v3/createRoom"), 1);
}

/* While a server makes a room, a sync may tell of it without the invitation. */
static void direct__opens__a_room_that_is_told_of_in_part(void **state)
{
	struct ground *g = *state;
	const struct hs_answer none = { .status = 404, .text = "{\"errcode\": \"M_NOT_FOUND\"}" };
	struct post p = ground_private("1", "@ana:x");

	p.opens = true;
	ground_script(g, "GET", "v3/rooms/%21opened%3Ax/state/",
		      (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	unsigned looked = ground_await(g, "GET", "v3/rooms/%21opened%3Ax/state/", 1)->number;
	ground_enter(g, "!opened:x", NULL);
	assert_true(fake_hs_answer(g->hs, looked, &none));
	ground_expect(g, 1, "1 0\n");
}

/* Killed while a room is being made for somebody: it may be there, or come. */
static void direct__opens__no_second_room_after_a_kill(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("1", "@ana:x");

	p.opens = true;
	ground_script(g, "POST", "v3/createRoom", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	ground_await(g, "POST", "v3/createRoom", 1);
	send_free(g->m.send);
	g->m.send = send_new(&g->m);
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	ground_enter_direct(g, "!opened:x", "@ana:x");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "1 0\n");
	assert_int_equal(fake_hs_count(g->hs, "POST", "v3/createRoom"), 1);
}

static void direct__keeps__a_list_it_cannot_read(void **state)
{
	static const char *const answers[] = { "[]", "nothing" };

	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		struct ground *g;
		struct post p = ground_private("1", "@ana:x");

		if (i > 0) {
			ground_tear_down(state);
			ground_set_up(state);
		}
		g = *state;
		p.opens = true;
		ground_script(g, "GET", "v3/user/", (struct hs_answer){ .text = answers[i] });
		assert_int_equal(ground_send(g, &p), 0);
		ground_expect(g, 1, "1 0\n");
		fake_hs_turn(g->hs, 50000);
		assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/user/"), 0);
	}
}

static void direct__lists__one_after_the_other(void **state)
{
	struct ground *g = *state;
	struct post ana = ground_private("1", "@ana:x"), ben = ground_private("2", "@ben:x");

	ground_script(g, "POST", "v3/createRoom",
		      (struct hs_answer){ .text = "{\"room_id\": \"!ana:x\"}" });
	ground_script(g, "POST", "v3/createRoom",
		      (struct hs_answer){ .text = "{\"room_id\": \"!ben:x\"}" });
	ana.opens = ben.opens = true;
	assert_int_equal(ground_send(g, &ana), 0);
	ground_await(g, "POST", "v3/createRoom", 1);
	assert_int_equal(ground_send(g, &ben), 0);
	ground_await(g, "PUT", "v3/user/", 2);
	unsigned order = 0;
	for (unsigned i = 0; i < fake_hs_requests(g->hs)->len; i++) {
		const struct hs_request *r = fake_hs_requests(g->hs)->pdata[i];

		if (hs_is(r, NULL, "v3/user/")) {
			assert_true(hs_is(r, order % 2 ? "PUT" : "GET", NULL));
			order++;
		}
	}
	assert_int_equal(order, 4);
}

static void direct__asks__no_second_time_within_the_hour(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	p.expires_at_us = GROUND_NOW_US + 2 * CLOCK_US_PER_HOUR;
	ground_refuse(g, "POST", "v3/createRoom", 403,
		      "{\"errcode\": \"M_FORBIDDEN\", \"error\": \"they want no invites\"}");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -2\n");
	assert_non_null(strstr(g->log->str, "they want no invites"));
	assert_int_equal(ground_send(g, &p), -ENOENT);
	/* A connection that is lost changes nothing about it. */
	send_forget(g->m.send);
	clock_virtual_set(&g->clock, GROUND_NOW_US + 59 * CLOCK_US_PER_MINUTE);
	assert_int_equal(ground_send(g, &p), -ENOENT);
	clock_virtual_set(&g->clock, GROUND_NOW_US + 61 * CLOCK_US_PER_MINUTE);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "key -2\nkey 0\n");
}

/* A server that dies over it may have made the room: the syncs after it tell, and soon. */
static void direct__asks_again__soon__where_no_answer_came(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	ground_script(g, "POST", "v3/createRoom", (struct hs_answer){ .closes = true });
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -11\n");
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	clock_virtual_set(&g->clock, GROUND_NOW_US + 11 * CLOCK_US_PER_SECOND);
	ground_script(g, "POST", "v3/createRoom", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	ground_await(g, "POST", "v3/createRoom", 2);
	/* The same where the connection was given up meanwhile. */
	send_forget(g->m.send);
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	clock_virtual_set(&g->clock, GROUND_NOW_US + 22 * CLOCK_US_PER_SECOND);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "key -11\nkey 0\n");
}

static void direct__speaks__in_the_room_where_it_may_not_open_one(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	ground_enter(g, "!room:x", "@ana:x");
	p.opens = true;
	p.room_else = "!room:x";
	ground_refuse(g, "POST", "v3/createRoom", 403, "{\"errcode\": \"M_FORBIDDEN\"}");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -11\n");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "key -11\nkey 0\n");
	ground_await(g, "PUT", SEND("room") "key", 1);
}

static void direct__finds__the_room_it_was_not_told_of(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	/* The server has made it, and the answer is lost. */
	ground_script(g, "POST", "v3/createRoom", (struct hs_answer){ .closes = true });
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -11\n");
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	ground_enter_direct(g, "!made:x", "@ana:x");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "key -11\nkey 0\n");
	ground_await(g, "PUT", SEND("made") "key", 1);
	assert_int_equal(fake_hs_count(g->hs, "POST", "v3/createRoom"), 1);
}

static void direct__opens__none_while_one_is_under_way_elsewhere(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	ground_script(g, "POST", "v3/createRoom", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	ground_await(g, "POST", "v3/createRoom", 1);
	send_forget(g->m.send);
	/* Nobody waits for it, but the room may be there soon. */
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	assert_int_equal(g->tellings, 0);
}

/* Nobody wants the answer any more by the time there is a room for it. */
static void direct__opens__a_room_too_late(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	ground_script(g, "POST", "v3/createRoom", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	unsigned create = ground_await(g, "POST", "v3/createRoom", 1)->number;
	clock_virtual_set(&g->clock, GROUND_NOW_US + 10 * CLOCK_US_PER_MINUTE);
	assert_true(fake_hs_answer(g->hs, create,
				   &(struct hs_answer){ .text = "{\"room_id\": \"!late:x\"}" }));
	ground_expect(g, 1, "key -11\n");
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/"), 0);
}

/* A server that lets few rooms be made keeps nobody else waiting. */
static void direct__opens__few_at_a_time(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");
	unsigned taken = 0;

	ground_enter(g, "!room:x", NULL);
	for (unsigned i = 0; i < 20; i++) {
		g_autofree char *user = g_strdup_printf("@u%u:x", i);
		g_autofree char *key = g_strdup_printf("k%u", i);
		struct post private = ground_private(key, user);

		private.opens = true;
		ground_script(g, "POST", "v3/createRoom", (struct hs_answer){ .hold = true });
		taken += ground_send(g, &private) == 0;
	}
	assert_int_equal(taken, 4);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
}

static void direct__asks_again__whom_it_did_not_reach(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	fake_hs_down(g->hs, true);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -11\n");
	fake_hs_down(g->hs, false);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "key -11\nkey 0\n");
}

static void direct__never_speaks__in_clear_in_an_encrypted_one(void **state)
{
	struct ground *g = *state;
	struct post ana = ground_private("1", "@ana:x"), ben = ground_private("2", "@ben:x");

	/* One that they made, and one that the server encrypts by itself. */
	ground_enter_direct(g, "!ana:x", "@ana:x");
	ground_state_event(g, "!ana:x", "m.room.encryption", "@ana:x", "",
			   "{\"algorithm\": \"m.megolm.v1.aes-sha2\"}");
	ana.opens = ben.opens = true;
	assert_int_equal(ground_send(g, &ana), 0);
	ground_script(g, "GET", "v3/rooms/%21opened%3Ax/state/",
		      (struct hs_answer){ .text = "{\"algorithm\": \"m.megolm.v1.aes-sha2\"}" });
	assert_int_equal(ground_send(g, &ben), 0);
	ground_await(g, "GET", "v3/rooms/%21opened%3Ax/state/m.room.encryption", 1);
	fake_hs_turn(g->hs, 20000);
	assert_int_equal(ground_send(g, &ben), -EAGAIN);
	send_review(g->m.send);
	fake_hs_turn(g->hs, 20000);
	assert_string_equal(g->told->str, "");
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/"), 0);
}

static void direct__speaks__in_the_room_where_it_cannot_encrypt(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	ground_enter(g, "!room:x", "@ana:x");
	ground_enter_direct(g, "!ana:x", "@ana:x");
	ground_state_event(g, "!ana:x", "m.room.encryption", "@ana:x", "",
			   "{\"algorithm\": \"m.other.v1\"}");
	p.room_else = "!room:x";
	p.markup_else = "ask me there";
	p.opens = true;
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	ground_assert_member(ground_await(g, "PUT", SEND("room") "key", 1), "body",
			     "\"ask me there\"");
	assert_int_equal(fake_hs_count(g->hs, NULL, NULL), 1);
}

static void direct__says_nothing__where_it_does_not_know(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	ground_refuse(g, "GET", "v3/rooms/%21opened%3Ax/state/", 403,
		      "{\"errcode\": \"M_FORBIDDEN\"}");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -11\n");
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/"), 0);
	/* Until the sync tells. */
	ground_enter(g, "!opened:x", "@ana:x");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "key -11\nkey 0\n");
}

/* A gate in front of the server, behind which nobody is at the moment. */
static void direct__says_nothing__where_only_a_gate_answers(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	ground_refuse(g, "GET", "v3/rooms/%21opened%3Ax/state/", 404, "<html>not found</html>");
	ground_refuse(g, "GET", "v3/user/", 404, "<html>not found</html>");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -11\n");
	fake_hs_turn(g->hs, 50000);
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/"), 0);
	/* What is listed already it did not tell either. */
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/user/"), 0);
}

static void direct__says_nothing__where_it_was_kept_from_looking(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	p.opens = true;
	ground_script(g, "GET", "v3/rooms/%21opened%3Ax/state/",
		      (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	ground_await(g, "GET", "v3/rooms/%21opened%3Ax/state/", 1);
	send_forget(g->m.send);
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	fake_hs_turn(g->hs, 20000);
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/"), 0);
}

/* Between two tries somebody else is asked in. */
static void direct__stops__where_somebody_else_may_hear(void **state)
{
	struct ground *g = *state;
	const struct post ana = ground_private("1", "@ana:x"), ben = ground_private("2", "@ben:x");

	ground_enter_direct(g, "!ana:x", "@ana:x");
	ground_enter_direct(g, "!ben:x", "@ben:x");
	ground_refuse(g, "PUT", SEND("ana") "1", 503, "");
	ground_script(g, "PUT", SEND("ben") "2", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &ana), 0);
	assert_int_equal(ground_send(g, &ben), 0);
	ground_await(g, "PUT", SEND("ana") "1", 1);
	ground_await(g, "PUT", SEND("ben") "2", 1);
	ground_state_event(g, "!ana:x", "m.room.member", "@ana:x", "@cleo:x",
			   "{\"membership\": \"invite\"}");
	send_review(g->m.send);
	ground_expect(g, 1, "1 -11\n");
	fake_hs_turn(g->hs, 1200000);
	assert_int_equal(fake_hs_count(g->hs, "PUT", SEND("ana") "1"), 1);
	assert_int_equal(ground_send(g, &ana), -ENOENT);
	assert_int_equal(g->tellings, 1);
}

static void direct__does_not_follow__who_has_left(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	ground_enter_direct(g, "!ana:x", "@ana:x");
	ground_state_event(g, "!ana:x", "m.room.member", "@ana:x", "@ana:x",
			   "{\"membership\": \"leave\"}");
	assert_int_equal(ground_send(g, &p), -ENOENT);
	p.opens = true;
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	ground_await(g, "PUT", SEND("opened") "key", 1);
	/* They leave that one too: not another one at once. */
	ground_enter(g, "!opened:x", "@ana:x");
	ground_state_event(g, "!opened:x", "m.room.member", "@ana:x", "@ana:x",
			   "{\"membership\": \"leave\"}");
	p.key = "2";
	assert_int_equal(ground_send(g, &p), -ENOENT);
	assert_int_equal(fake_hs_count(g->hs, "POST", "v3/createRoom"), 1);
}

static void direct__opens_another__where_the_room_is_gone(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("key", "@ana:x");

	ground_enter_direct(g, "!ana:x", "@ana:x");
	p.opens = true;
	ground_refuse(g, "PUT", SEND("ana"), 403,
		      "{\"errcode\": \"M_FORBIDDEN\", \"error\": \"not in the room\"}");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -11\n");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "key -11\nkey 0\n");
	ground_await(g, "PUT", SEND("opened") "key", 1);
}

static void direct__keeps__no_answer_in_private(void **state)
{
	struct ground *g = *state;
	struct post p = ground_private("answer", "@ana:x");

	ground_enter_direct(g, "!ana:x", "@ana:x");
	p.reply_to = "$asked";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "answer 0\n");
	assert_false(spoken_dirty(g->m.spoken));
	p.key = "unasked";
	p.reply_to = NULL;
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "answer 0\nunasked 0\n");
	assert_int_equal(g->kept, 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, ground_set_up, ground_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(direct__speaks__where_there_is_a_room),
		TEST(direct__answers__where_it_was_asked),
		TEST(direct__says__all_of_a_long_post_alike),
		TEST(direct__speaks__to_one_person_at_a_time),
		TEST(direct__waits__for_whom_there_is_no_way_to),
		TEST(direct__speaks__in_the_room_instead),
		TEST(direct__opens__a_room),
		TEST(direct__opens__a_room_that_is_told_of_in_part),
		TEST(direct__opens__no_second_room_after_a_kill),
		TEST(direct__keeps__a_list_it_cannot_read),
		TEST(direct__lists__one_after_the_other),
		TEST(direct__asks__no_second_time_within_the_hour),
		TEST(direct__asks_again__soon__where_no_answer_came),
		TEST(direct__speaks__in_the_room_where_it_may_not_open_one),
		TEST(direct__finds__the_room_it_was_not_told_of),
		TEST(direct__opens__none_while_one_is_under_way_elsewhere),
		TEST(direct__opens__a_room_too_late),
		TEST(direct__opens__few_at_a_time),
		TEST(direct__asks_again__whom_it_did_not_reach),
		TEST(direct__never_speaks__in_clear_in_an_encrypted_one),
		TEST(direct__speaks__in_the_room_where_it_cannot_encrypt),
		TEST(direct__says_nothing__where_it_does_not_know),
		TEST(direct__says_nothing__where_only_a_gate_answers),
		TEST(direct__says_nothing__where_it_was_kept_from_looking),
		TEST(direct__stops__where_somebody_else_may_hear),
		TEST(direct__does_not_follow__who_has_left),
		TEST(direct__opens_another__where_the_room_is_gone),
		TEST(direct__keeps__no_answer_in_private),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
