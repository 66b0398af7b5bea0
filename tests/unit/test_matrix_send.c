#include "matrix_ground.h"

#define SEND "v3/rooms/%21room%3Ax/send/m.room.message/"

static const char too_large[] = "{\"errcode\": \"M_TOO_LARGE\", \"error\": \"too large\"}";

static void send__says__a_post_under_its_key(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_reply("key", "!room:x", "$asked");

	ground_enter(g, "!room:x", "@ana:x");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	const struct hs_request *r = ground_await(g, "PUT", SEND "key", 1);
	ground_assert_member(r, "body", "\"hello\"");
	ground_assert_member(r, "msgtype", "\"m.notice\"");
	ground_assert_member(r, "m.relates_to", "{\"m.in_reply_to\":{\"event_id\":\"$asked\"}}");
	assert_string_equal(r->authorization, "Bearer token");
	g_autofree char *event = spoken_event(g->m.spoken, "key");
	assert_string_equal(event, "$key");
}

static void send__says__one_after_the_other_in_a_room(void **state)
{
	struct ground *g = *state;
	const struct post first = ground_announcement("1", "!room:x");
	const struct post second = ground_announcement("2", "!room:x");
	const struct post other = ground_announcement("3", "!other:x");

	ground_enter(g, "!room:x", NULL);
	ground_enter(g, "!other:x", NULL);
	ground_script(g, "PUT", SEND "1", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &first), 0);
	assert_int_equal(ground_send(g, &second), -EAGAIN);
	assert_int_equal(ground_send(g, &other), 0);
	/* Rooms do not wait for each other. */
	ground_expect(g, 1, "3 0\n");
	assert_int_equal(ground_send(g, &second), -EAGAIN);
	const struct hs_request *r = ground_await(g, "PUT", SEND "1", 1);
	assert_true(fake_hs_answer(g->hs, r->number,
				   &(struct hs_answer){ .text = "{\"event_id\": \"$1\"}" }));
	ground_expect(g, 2, "3 0\n1 0\n");
	assert_int_equal(ground_send(g, &second), 0);
	ground_expect(g, 3, "3 0\n1 0\n2 0\n");
}

static void send__knows__its_echo_before_the_answer(void **state)
{
	struct ground *g = *state;
	const struct post first = ground_announcement("1", "!room:x");
	const struct post second = ground_announcement("2", "!room:x");

	ground_enter(g, "!room:x", NULL);
	ground_script(g, "PUT", SEND "1", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &first), 0);
	const struct hs_request *r = ground_await(g, "PUT", SEND "1", 1);
	db_begin(g->m.db);
	send_echoed(g->m.send, "1", "$1");
	db_end(g->m.db);
	ground_expect(g, 1, "1 0\n");
	/* The answer is of no interest any more, whenever it comes. */
	assert_int_equal(ground_send(g, &second), 0);
	assert_true(fake_hs_answer(g->hs, r->number,
				   &(struct hs_answer){ .text = "{\"event_id\": \"$1\"}" }));
	ground_expect(g, 2, "1 0\n2 0\n");
	fake_hs_turn(g->hs, 50000);
	assert_int_equal(g->tellings, 2);
}

static void send__knows__its_echo_after_the_answer(void **state)
{
	struct ground *g = *state;
	struct post p = ground_announcement("new", "!room:x");

	ground_enter(g, "!room:x", NULL);
	spoken_add(g->m.spoken, "old", "$old", false, GROUND_NOW_US);
	p.edits = "old";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "new 0\n");
	send_echoed(g->m.send, "new", "$new");
	assert_int_equal(g->tellings, 1);
}

static void send__knows__what_was_said_before_the_start(void **state)
{
	struct ground *g = *state;

	send_echoed(g->m.send, "key", "$event");
	/* A part alone does not say that all of it was said. */
	send_echoed(g->m.send, "long.1", "$part");
	assert_string_equal(g->told->str, "key 0\n");
	g_autofree char *event = spoken_event(g->m.spoken, "key");
	assert_string_equal(event, "$event");
}

/* Kith ended between keeping which event it was and noting that it was said, and was away for
 * longer than a server knows its transactions. */
static void send__knows__what_it_kept_before_the_start(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	spoken_free(g->m.spoken);
	g->m.spoken = spoken_new(g->m.db, "home");
	send_echoed(g->m.send, "key", "$key");
	ground_expect(g, 2, "key 0\nkey 0\n");
	send_echoed(g->m.send, "key", "$key");
	assert_int_equal(db_int(g->m.db, 0, "SELECT count(*) FROM matrix_spoken", ""), 1);
}

static void send__tries_again__where_it_may_not_speak(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	for (unsigned i = 1; i <= 2; i++) {
		ground_refuse(g, "PUT", SEND "key", 403,
			      "{\"errcode\": \"M_FORBIDDEN\", \"error\": \"no power\"}");
		assert_int_equal(ground_send(g, &p), 0);
		ground_expect(g, i, i == 1 ? "key -11\n" : "key -11\nkey -11\n");
	}
	/* Told once. */
	const char *told = strstr(g->log->str, "no power");
	assert_non_null(told);
	assert_null(strstr(told + 1, "no power"));
}

static void send__gives_up__what_is_refused_for_good(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	ground_refuse(g, "PUT", SEND "key", 400,
		      "{\"errcode\": \"M_BAD_JSON\", \"error\": \"what is this\"}");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -5\n");
	assert_non_null(strstr(g->log->str, "what is this"));
}

static void send__repeats__what_got_lost(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	ground_script(g, "PUT", SEND "key", (struct hs_answer){ .closes = true });
	ground_refuse(g, "PUT", SEND "key", 502, "bad gateway");
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	ground_await(g, "PUT", SEND "key", 3);
}

static void send__stops__when_it_is_too_late(void **state)
{
	struct ground *g = *state;
	struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	p.expires_at_us = GROUND_NOW_US + CLOCK_US_PER_SECOND;
	ground_script(g, "PUT", SEND "key", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -11\n");
}

static void send__waits__outside(void **state)
{
	struct ground *g = *state;
	const struct post outside = ground_announcement("1", "!outside:x");
	const struct post unknown = ground_announcement("2", "!unknown:x");

	assert_int_equal(ground_send(g, &outside), -EAGAIN);
	assert_int_equal(ground_send(g, &unknown), -ENXIO);
	ground_enter(g, "!outside:x", NULL);
	assert_int_equal(ground_send(g, &outside), 0);
	ground_expect(g, 1, "1 0\n");
}

static void send__never_speaks__in_clear_where_it_is_encrypted(void **state)
{
	struct ground *g = *state;
	struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	ground_state_event(g, "!room:x", "m.room.encryption", "@ana:x", "",
			   "{\"algorithm\": \"m.megolm.v1.aes-sha2\"}");
	p.expires_at_us = g->clock.now_us + 60 * CLOCK_US_PER_SECOND;
	assert_int_equal(ground_send(g, &p), 0);
	fake_hs_turn(g->hs, 50000);
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/"), 0);
	/* Nor later on, when what it stands before has been made sure of in vain. */
	send_ready(g->m.send, "!room:x");
	fake_hs_turn(g->hs, 20000);
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/"), 0);
	assert_string_equal(g->told->str, "");
}

static void send__never_speaks__where_it_cannot_encrypt(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	ground_state_event(g, "!room:x", "m.room.encryption", "@ana:x", "",
			   "{\"algorithm\": \"m.other.v1\"}");
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	fake_hs_turn(g->hs, 50000);
	assert_int_equal(fake_hs_count(g->hs, NULL, NULL), 0);
	const char *told = strstr(g->log->str, "encrypted");
	assert_non_null(told);
	assert_null(strstr(told + 1, "encrypted"));
}

static void send__waits__until_it_knows_whether_it_is_encrypted(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");

	db_begin(g->m.db);
	matrix_rooms_enter(g->m.rooms, "!room:x");
	db_end(g->m.db);
	assert_int_equal(ground_send(g, &p), -EAGAIN);
	ground_enter(g, "!room:x", NULL);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
}

static void send__refuses__what_says_nothing(void **state)
{
	struct ground *g = *state;
	struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	p.markup = " \n";
	assert_int_equal(ground_send(g, &p), -EINVAL);
	p.markup = "something";
	assert_int_equal(ground_send(g, &p), 0);
}

static char *lines(unsigned n, unsigned width)
{
	g_autofree char *line = g_strnfill(width, 'x');
	GString *all = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(all, "%u %s\n", i, line);
	return g_string_free(all, FALSE);
}

static void send__says__a_long_post_in_order(void **state)
{
	struct ground *g = *state;
	g_autofree char *markup = lines(50, 1000);
	struct post p = ground_reply("key", "!room:x", "$asked");

	ground_enter(g, "!room:x", NULL);
	p.markup = markup;
	p.thread = "$root";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	const GPtrArray *all = fake_hs_requests(g->hs);
	assert_true(all->len >= 3);
	for (unsigned i = 0; i < all->len; i++) {
		g_autofree char *path = g_strdup_printf("%skey.%u", SEND, i + 1);

		assert_true(hs_is(all->pdata[i], "PUT", path));
		assert_true(((struct hs_request *)all->pdata[i])->body_bytes <= 40000);
	}
	/* All of it in the thread; the first answers. */
	ground_assert_member(all->pdata[0], "m.relates_to",
			     "{\"event_id\":\"$root\",\"is_falling_back\":true,"
			     "\"m.in_reply_to\":{\"event_id\":\"$asked\"},"
			     "\"rel_type\":\"m.thread\"}");
	ground_assert_member(all->pdata[1], "m.relates_to",
			     "{\"event_id\":\"$root\",\"is_falling_back\":true,"
			     "\"m.in_reply_to\":{\"event_id\":\"$root\"},"
			     "\"rel_type\":\"m.thread\"}");
	g_autofree char *first = spoken_event(g->m.spoken, "key");
	g_autofree char *whose = spoken_key(g->m.spoken, "$key.2");
	assert_string_equal(first, "$key.1");
	assert_string_equal(whose, "key");
}

static void send__goes_on__with_a_long_post_by_its_echo(void **state)
{
	struct ground *g = *state;
	g_autofree char *markup = lines(30, 1000);
	struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	p.markup = markup;
	ground_script(g, "PUT", SEND "key.1", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	const struct hs_request *first = ground_await(g, "PUT", SEND "key.1", 1);
	ground_script(g, "PUT", SEND "key.2", (struct hs_answer){ .hold = true });
	send_echoed(g->m.send, "key.1", "$key.1");
	const struct hs_request *second = ground_await(g, "PUT", SEND "key.2", 1);
	/* The answer that comes late is the first one's. */
	assert_true(fake_hs_answer(g->hs, first->number, &(struct hs_answer){ .status = 200 }));
	fake_hs_turn(g->hs, 50000);
	assert_int_equal(g->tellings, 0);
	assert_true(fake_hs_answer(g->hs, second->number, &(struct hs_answer){ .status = 200 }));
	ground_expect(g, 1, "key 0\n");
}

static void send__cuts_smaller__what_the_server_finds_too_large(void **state)
{
	struct ground *g = *state;
	g_autofree char *markup = lines(15, 1000);
	struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	p.markup = markup;
	ground_refuse(g, "PUT", SEND "key", 413, too_large);
	ground_refuse(g, "PUT", SEND "key.s1", 413, too_large);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	const GPtrArray *all = fake_hs_requests(g->hs);
	static const char *const order[] = { "key",       "key.s1",    "key.s1.s1",
					     "key.s1.s2", "key.s1.s3", "key.s2" };
	assert_int_equal(all->len, G_N_ELEMENTS(order));
	for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
		const struct hs_request *r = all->pdata[i];

		assert_string_equal(strrchr(r->path, '/') + 1, order[i]);
	}
	/* Nothing is lost in between. */
	GString *said = g_string_new(NULL);
	for (unsigned i = 2; i < all->len; i++) {
		g_autofree char *body = ground_member(all->pdata[i], "body");
		g_string_append(said, body);
	}
	for (unsigned i = 0; i < 15; i++) {
		g_autofree char *start = g_strdup_printf("%u xxx", i);
		assert_non_null(strstr(said->str, start));
	}
	g_string_free(said, TRUE);
}

static void send__gives_up__what_is_always_too_large(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	ground_refuse(g, "PUT", SEND "key", 413, too_large);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key -5\n");
	assert_int_equal(fake_hs_count(g->hs, "PUT", NULL), 1);
}

static void send__amends__the_first_event(void **state)
{
	struct ground *g = *state;
	struct post p = ground_announcement("1", "!room:x");

	ground_enter(g, "!room:x", NULL);
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "1 0\n");
	p.key = "2";
	p.edits = "1";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 2, "1 0\n2 0\n");
	p.key = "3";
	p.edits = "2";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 3, "1 0\n2 0\n3 0\n");
	for (const char *key = "23"; *key; key++) {
		g_autofree char *path = g_strdup_printf("%s%c", SEND, *key);

		ground_assert_member(ground_await(g, "PUT", path, 1), "m.relates_to",
				     "{\"event_id\":\"$1\",\"rel_type\":\"m.replace\"}");
	}
}

static void send__says_anew__what_amends_nothing_known(void **state)
{
	struct ground *g = *state;
	struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	p.edits = "long ago";
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
	const struct hs_request *r = ground_await(g, "PUT", SEND "key", 1);
	ground_assert_member(r, "m.relates_to", "");
	ground_assert_member(r, "body", "\"hello\"");
}

static void send__keeps__which_event_it_was_before_it_is_told(void **state)
{
	struct ground *g = *state;
	const struct post announcement = ground_announcement("1", "!room:x");
	const struct post reply = ground_reply("2", "!room:x", "$asked");

	ground_enter(g, "!room:x", NULL);
	assert_int_equal(ground_send(g, &announcement), 0);
	ground_expect(g, 1, "1 0\n");
	assert_int_equal(g->kept, 1);
	/* An answer costs no commit, and is kept with the next one. */
	assert_int_equal(ground_send(g, &reply), 0);
	ground_expect(g, 2, "1 0\n2 0\n");
	assert_int_equal(g->kept, 1);
	assert_true(spoken_dirty(g->m.spoken));
}

static void send__shows__that_it_is_typing(void **state)
{
	struct ground *g = *state;
	const struct post reply = ground_reply("1", "!room:x", "$asked");
	const struct post announcement = ground_announcement("2", "!other:x");

	ground_enter(g, "!room:x", NULL);
	ground_enter(g, "!other:x", NULL);
	ground_script(g, "PUT", "v3/rooms/%21other%3Ax/send/", (struct hs_answer){ .hold = true });
	ground_script(g, "PUT", SEND "1", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &announcement), 0);
	assert_int_equal(ground_send(g, &reply), 0);
	const struct hs_request *put = ground_await(g, "PUT", SEND "1", 1);
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/%21room%3Ax/typing/"), 0);
	clock_virtual_set(&g->clock, GROUND_NOW_US + CLOCK_US_PER_SECOND);
	const struct hs_request *typing =
		ground_await(g, "PUT", "v3/rooms/%21room%3Ax/typing/%40kith%3Ax", 1);
	ground_assert_member(typing, "typing", "true");
	ground_assert_member(typing, "timeout", "30000");
	assert_true(fake_hs_answer(g->hs, put->number, &(struct hs_answer){ .status = 200 }));
	ground_expect(g, 1, "1 0\n");
	typing = ground_await(g, "PUT", "v3/rooms/%21room%3Ax/typing/", 2);
	ground_assert_member(typing, "typing", "false");
	/* Nobody waits for an announcement. */
	assert_int_equal(fake_hs_count(g->hs, "PUT", "v3/rooms/%21other%3Ax/typing/"), 0);
}

static void send__acknowledges__the_newest_after_the_answer(void **state)
{
	struct ground *g = *state;
	const struct post reply = ground_reply("1", "!room:x", "$asked");

	ground_enter(g, "!room:x", NULL);
	const struct matrix_room *room = matrix_rooms_find(g->m.rooms, "!room:x");
	ground_script(g, "PUT", SEND "1", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &reply), 0);
	const struct hs_request *put = ground_await(g, "PUT", SEND "1", 1);
	send_receipt(g->m.send, room, "$older");
	send_receipt(g->m.send, room, "$newer");
	fake_hs_turn(g->hs, 1200000);
	assert_int_equal(fake_hs_count(g->hs, "POST", NULL), 0);
	assert_true(fake_hs_answer(g->hs, put->number, &(struct hs_answer){ .status = 200 }));
	ground_script(g, "POST", "v3/rooms/", (struct hs_answer){ .hold = true });
	const struct hs_request *receipt = ground_await(g, "POST", "v3/rooms/", 1);
	assert_true(hs_is(receipt, "POST", "v3/rooms/%21room%3Ax/receipt/m.read/%24newer"));
	assert_string_equal(receipt->body, "{}");
	/* One at a time. */
	send_receipt(g->m.send, room, "$newest");
	fake_hs_turn(g->hs, 1200000);
	assert_int_equal(fake_hs_count(g->hs, "POST", NULL), 1);
	assert_true(fake_hs_answer(g->hs, receipt->number, &(struct hs_answer){ .status = 200 }));
	receipt = ground_await(g, "POST", "v3/rooms/", 2);
	assert_true(hs_is(receipt, "POST", "v3/rooms/%21room%3Ax/receipt/m.read/%24newest"));
}

/* A question that changed nothing is seen to be read, too. */
static void send__acknowledges__what_it_answers(void **state)
{
	struct ground *g = *state;
	const struct post reply = ground_reply("1", "!room:x", "$asked");
	const struct post announcement = ground_announcement("2", "!room:x");

	ground_enter(g, "!room:x", NULL);
	assert_int_equal(ground_send(g, &reply), 0);
	ground_await(g, "POST", "v3/rooms/%21room%3Ax/receipt/m.read/%24asked", 1);
	assert_int_equal(ground_send(g, &announcement), 0);
	fake_hs_turn(g->hs, 1200000);
	assert_int_equal(fake_hs_count(g->hs, "POST", NULL), 1);
}

static void send__forgets__what_is_under_way(void **state)
{
	struct ground *g = *state;
	const struct post p = ground_announcement("key", "!room:x");

	ground_enter(g, "!room:x", NULL);
	ground_script(g, "PUT", SEND "key", (struct hs_answer){ .hold = true });
	assert_int_equal(ground_send(g, &p), 0);
	const struct hs_request *r = ground_await(g, "PUT", SEND "key", 1);
	send_receipt(g->m.send, matrix_rooms_find(g->m.rooms, "!room:x"), "$e");
	send_forget(g->m.send);
	fake_hs_answer(g->hs, r->number, &(struct hs_answer){ .status = 200 });
	fake_hs_turn(g->hs, 1200000);
	assert_int_equal(g->tellings, 0);
	assert_int_equal(fake_hs_count(g->hs, "POST", NULL), 0);
	/* The app offers it again. */
	assert_int_equal(ground_send(g, &p), 0);
	ground_expect(g, 1, "key 0\n");
}

static void send__ends__with_everything_under_way(void **state)
{
	struct ground *g = *state;
	const struct post said = ground_announcement("1", "!room:x");
	const struct post echoed = ground_announcement("2", "!other:x");
	struct post opening = ground_private("3", "@ana:x");

	ground_enter(g, "!room:x", NULL);
	ground_enter(g, "!other:x", NULL);
	for (int i = 0; i < 4; i++)
		ground_script(g, NULL, NULL, (struct hs_answer){ .hold = true });
	opening.opens = true;
	assert_int_equal(ground_send(g, &said), 0);
	assert_int_equal(ground_send(g, &echoed), 0);
	assert_int_equal(ground_send(g, &opening), 0);
	ground_await(g, "POST", "v3/createRoom", 1);
	send_echoed(g->m.send, "2", "$2");
	send_receipt(g->m.send, matrix_rooms_find(g->m.rooms, "!other:x"), "$e");
	ground_await(g, "POST", "v3/rooms/", 1);
	/* Tearing down does the rest. */
}

static void send__limits__how_many_are_under_way(void **state)
{
	struct ground *g = *state;
	unsigned taken = 0;

	for (unsigned i = 0; i < 20; i++) {
		g_autofree char *user = g_strdup_printf("@u%u:x", i);
		g_autofree char *room = g_strdup_printf("!d%u:x", i);
		g_autofree char *key = g_strdup_printf("k%u", i);
		const struct post p = ground_private(key, user);

		ground_enter_direct(g, room, user);
		ground_script(g, "PUT", NULL, (struct hs_answer){ .hold = true });
		int error = ground_send(g, &p);
		assert_true(error == 0 || error == -EAGAIN);
		taken += error == 0;
	}
	assert_int_equal(taken, 16);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, ground_set_up, ground_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(send__says__a_post_under_its_key),
		TEST(send__says__one_after_the_other_in_a_room),
		TEST(send__knows__its_echo_before_the_answer),
		TEST(send__knows__its_echo_after_the_answer),
		TEST(send__knows__what_was_said_before_the_start),
		TEST(send__knows__what_it_kept_before_the_start),
		TEST(send__tries_again__where_it_may_not_speak),
		TEST(send__gives_up__what_is_refused_for_good),
		TEST(send__repeats__what_got_lost),
		TEST(send__stops__when_it_is_too_late),
		TEST(send__waits__outside),
		TEST(send__never_speaks__in_clear_where_it_is_encrypted),
		TEST(send__never_speaks__where_it_cannot_encrypt),
		TEST(send__waits__until_it_knows_whether_it_is_encrypted),
		TEST(send__refuses__what_says_nothing),
		TEST(send__says__a_long_post_in_order),
		TEST(send__goes_on__with_a_long_post_by_its_echo),
		TEST(send__cuts_smaller__what_the_server_finds_too_large),
		TEST(send__gives_up__what_is_always_too_large),
		TEST(send__amends__the_first_event),
		TEST(send__says_anew__what_amends_nothing_known),
		TEST(send__keeps__which_event_it_was_before_it_is_told),
		TEST(send__shows__that_it_is_typing),
		TEST(send__acknowledges__the_newest_after_the_answer),
		TEST(send__acknowledges__what_it_answers),
		TEST(send__forgets__what_is_under_way),
		TEST(send__ends__with_everything_under_way),
		TEST(send__limits__how_many_are_under_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
