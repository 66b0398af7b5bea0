/* To-device messages on their way out. */
#include "transport/matrix/e2ee/outgoing.h"

#include "sessions_ground.h"

struct world {
	struct hs_ground ground;
	struct base kith;
	int status; /* of every answer; 0: 200 */
	const char *answer;
	const char *only; /* where the path has this; NULL: all */
	bool hold;
	unsigned warnings;
};

static void on_request(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	bool meant = !w->only || strstr(r->path, w->only);

	a->hold = w->hold;
	if (w->status && meant)
		hs_say(a, w->status, "%s", w->answer);
}

static void on_log(void *data, enum log_level level, const char *text)
{
	struct world *w = data;

	w->warnings += level == LOG_LEVEL_WARNING;
}

static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	hs_ground_init(&w->ground, on_request, w);
	base_init(&w->kith, &w->ground, "@kith:example.org", "KITH");
	log_set_level(LOG_LEVEL_WARNING);
	log_listen(on_log, w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	log_listen(NULL, NULL);
	base_done(&w->kith);
	hs_ground_done(&w->ground);
	g_free(w);
	return 0;
}

static void restart(struct world *w)
{
	base_close(&w->kith);
	base_open(&w->kith);
}

static void start(struct world *w)
{
	outgoing_start(w->kith.outgoing);
}

/* In a transaction. */
static void put_in(struct world *w, const char *about, const char *type, const char *user,
		   const char *device, const char *text)
{
	json_t *content = json_pack("{s:s}", "text", text);

	outgoing_add(w->kith.outgoing, about, type, user, device, content);
	json_decref(content);
}

static void add(struct world *w, const char *about, const char *type, const char *user,
		const char *device, const char *text)
{
	db_begin(w->kith.db);
	put_in(w, about, type, user, device, text);
	assert_int_equal(db_end(w->kith.db), 0);
}

static const struct hs_request *request(struct world *w, unsigned which)
{
	assert_true(fake_hs_until_requests(w->ground.hs, which + 1));
	return fake_hs_requests(w->ground.hs)->pdata[which];
}

static bool is_empty(void *data)
{
	struct world *w = data;

	return db_int(w->kith.db, -1, "SELECT count(*) FROM e2ee_outgoing", "") == 0;
}

/* All that goes has gone, and more does not come. */
static void settle(struct world *w)
{
	assert_true(fake_hs_until(w->ground.hs, is_empty, w));
	fake_hs_turn(w->ground.hs, 2000);
}

static unsigned requests(struct world *w)
{
	return fake_hs_requests(w->ground.hs)->len;
}

static void assert_said(const struct hs_request *r, const char *user, const char *device,
			const char *text)
{
	json_t *j = read_body(r);
	const json_t *theirs = json_object_get(json_object_get(j, "messages"), user);
	const char *said =
		json_string_value(json_object_get(json_object_get(theirs, device), "text"));

	assert_string_equal(said ? said : "nothing", text);
	json_decref(j);
}

static unsigned messages(const struct hs_request *r)
{
	json_t *j = read_body(r), *theirs;
	const char *user;
	unsigned n = 0;

	json_object_foreach(json_object_get(j, "messages"), user, theirs) n +=
		(unsigned)json_object_size(theirs);
	json_decref(j);
	return n;
}

static void assert_type(const struct hs_request *r, const char *type)
{
	g_autofree char *path = g_strdup_printf("v3/sendToDevice/%s/", type);

	assert_true(hs_is(r, "PUT", path));
}

static void add__one__is_put(void **state)
{
	struct world *w = *state;

	start(w);
	add(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "hello");
	assert_true(outgoing_has(w->kith.outgoing, "!makers"));
	assert_false(outgoing_has(w->kith.outgoing, "!other"));
	assert_int_equal(requests(w), 0);
	const struct hs_request *r = request(w, 0);
	assert_type(r, "m.room.encrypted");
	assert_true(strlen(strrchr(r->path, '/')) > 16);
	assert_said(r, "@ana:example.org", "PHONE", "hello");
	assert_int_equal(messages(r), 1);
	settle(w);
	assert_string_equal(w->kith.emptied->str, "!makers ");
	assert_int_equal(requests(w), 1);
}

static void start__not_yet__nothing_is_put(void **state)
{
	struct world *w = *state;

	add(w, "", "m.room.encrypted", "@ana:example.org", "PHONE", "hello");
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(requests(w), 0);
	start(w);
	settle(w);
	assert_int_equal(requests(w), 1);
	/* Nobody waits for it. */
	assert_string_equal(w->kith.emptied->str, "");
}

static void add__in_one_transaction__is_one_request(void **state)
{
	struct world *w = *state;

	start(w);
	db_begin(w->kith.db);
	put_in(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	put_in(w, "!makers", "m.room.encrypted", "@ana:example.org", "LAPTOP", "2");
	put_in(w, "!makers", "m.room.encrypted", "@ben:example.org", "PHONE", "3");
	put_in(w, "!makers", "m.room.encrypted", "@cleo:example.org", "PHONE", "4");
	put_in(w, "!makers", "m.room.encrypted", "@cleo:example.org", "TABLET", "5");
	db_end(w->kith.db);
	settle(w);
	assert_int_equal(requests(w), 1);
	const struct hs_request *r = request(w, 0);
	assert_int_equal(messages(r), 5);
	assert_said(r, "@ana:example.org", "PHONE", "1");
	assert_said(r, "@ana:example.org", "LAPTOP", "2");
	assert_said(r, "@ben:example.org", "PHONE", "3");
	assert_said(r, "@cleo:example.org", "PHONE", "4");
	assert_said(r, "@cleo:example.org", "TABLET", "5");
	assert_string_equal(w->kith.emptied->str, "!makers ");
}

static void add__of_other_kinds__is_in_requests_of_their_own(void **state)
{
	static const char *const devices[] = { "A", "B", "C", "D" };
	struct world *w = *state;

	db_begin(w->kith.db);
	for (unsigned i = 0; i < G_N_ELEMENTS(devices); i++)
		put_in(w, "!makers", i % 2 ? "m.room_key.withheld" : "m.room.encrypted",
		       "@ana:example.org", devices[i], devices[i]);
	put_in(w, "!other", "m.room.encrypted", "@ana:example.org", "E", "E");
	db_end(w->kith.db);
	start(w);
	settle(w);
	assert_int_equal(requests(w), 3);
	assert_type(request(w, 0), "m.room.encrypted");
	assert_int_equal(messages(request(w, 0)), 2);
	assert_said(request(w, 0), "@ana:example.org", "C", "C");
	assert_type(request(w, 1), "m.room_key.withheld");
	assert_int_equal(messages(request(w, 1)), 2);
	assert_said(request(w, 1), "@ana:example.org", "D", "D");
	assert_type(request(w, 2), "m.room.encrypted");
	assert_said(request(w, 2), "@ana:example.org", "E", "E");
	assert_string_equal(w->kith.emptied->str, "!makers !other ");
}

/* A user twice in one request would not be JSON that everybody reads alike. */
static void add__to_a_user_again__is_another_request(void **state)
{
	struct world *w = *state;

	db_begin(w->kith.db);
	put_in(w, "", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	put_in(w, "", "m.room.encrypted", "@ben:example.org", "PHONE", "2");
	put_in(w, "", "m.room.encrypted", "@ana:example.org", "LAPTOP", "3");
	db_end(w->kith.db);
	start(w);
	settle(w);
	assert_int_equal(requests(w), 2);
	assert_said(request(w, 0), "@ana:example.org", "PHONE", "1");
	assert_said(request(w, 0), "@ben:example.org", "PHONE", "2");
	assert_said(request(w, 1), "@ana:example.org", "LAPTOP", "3");
}

static void add__to_one_device__keeps_the_order(void **state)
{
	struct world *w = *state;

	db_begin(w->kith.db);
	put_in(w, "", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	put_in(w, "", "m.room.encrypted", "@ben:example.org", "PHONE", "other");
	put_in(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "2");
	put_in(w, "", "m.room.encrypted", "@ana:example.org", "PHONE", "3");
	put_in(w, "", "m.room.encrypted", "@ana:example.org", "LAPTOP", "4");
	put_in(w, "", "m.new", "@ana:example.org", "*", "5");
	put_in(w, "", "m.room.encrypted", "@ana:example.org", "TABLET", "6");
	db_end(w->kith.db);
	start(w);
	settle(w);
	assert_int_equal(requests(w), 5);
	assert_said(request(w, 0), "@ana:example.org", "PHONE", "1");
	assert_said(request(w, 0), "@ben:example.org", "PHONE", "other");
	assert_said(request(w, 1), "@ana:example.org", "PHONE", "2");
	assert_said(request(w, 2), "@ana:example.org", "PHONE", "3");
	assert_said(request(w, 2), "@ana:example.org", "LAPTOP", "4");
	assert_said(request(w, 3), "@ana:example.org", "*", "5");
	assert_said(request(w, 4), "@ana:example.org", "TABLET", "6");
}

static void add__in_two_transactions__is_two_requests(void **state)
{
	struct world *w = *state;

	start(w);
	add(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	w->hold = true;
	const struct hs_request *r = request(w, 0);
	add(w, "!makers", "m.room.encrypted", "@ben:example.org", "PHONE", "2");
	fake_hs_turn(w->ground.hs, 5000);
	/* One after the other. */
	assert_int_equal(requests(w), 1);
	assert_int_equal(messages(r), 1);
	w->hold = false;
	fake_hs_answer(w->ground.hs, r->number, &(struct hs_answer){ 0 });
	settle(w);
	assert_int_equal(requests(w), 2);
	assert_said(request(w, 1), "@ben:example.org", "PHONE", "2");
	assert_string_not_equal(request(w, 0)->path, request(w, 1)->path);
	/* Not before the last of them. */
	assert_string_equal(w->kith.emptied->str, "!makers ");
}

static void add__much__is_cut_by_bytes(void **state)
{
	struct world *w = *state;
	g_autofree char *long_text = g_strnfill(2000, 'x'), *huge = g_strnfill(100000, 'y');
	unsigned n = 0;

	db_begin(w->kith.db);
	for (unsigned i = 0; i < 100; i++) {
		g_autofree char *user = g_strdup_printf("@u%u:example.org", i / 3);
		g_autofree char *device = g_strdup_printf("D%u", i);
		put_in(w, "!makers", "m.room.encrypted", user, device, long_text);
	}
	put_in(w, "!makers", "m.room.encrypted", "@huge:example.org", "D", huge);
	db_end(w->kith.db);
	start(w);
	settle(w);
	assert_in_range(requests(w), 5, 6);
	for (unsigned i = 0; i < requests(w) - 1; i++) {
		assert_in_range(request(w, i)->body_bytes, 1, 64 * 1024);
		n += messages(request(w, i));
	}
	assert_int_equal(n, 100);
	assert_said(request(w, requests(w) - 1), "@huge:example.org", "D", huge);
	assert_int_equal(messages(request(w, requests(w) - 1)), 1);
}

static void add__undone__is_not_put(void **state)
{
	struct world *w = *state;

	db_begin(w->kith.db);
	put_in(w, "", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	db_begin(w->kith.db);
	put_in(w, "", "m.room.encrypted", "@ben:example.org", "PHONE", "undone");
	db_undo(w->kith.db);
	put_in(w, "", "m.room.encrypted", "@ben:example.org", "LAPTOP", "2");
	db_end(w->kith.db);
	db_begin(w->kith.db);
	put_in(w, "", "m.room.encrypted", "@cleo:example.org", "PHONE", "undone");
	db_undo(w->kith.db);
	start(w);
	settle(w);
	unsigned n = 0;
	for (unsigned i = 0; i < requests(w); i++) {
		assert_null(strstr(request(w, i)->body, "undone"));
		n += messages(request(w, i));
	}
	assert_int_equal(n, 2);
	assert_said(request(w, 0), "@ana:example.org", "PHONE", "1");
	assert_said(request(w, requests(w) - 1), "@ben:example.org", "LAPTOP", "2");
}

static void add__undone_whole__is_begun_anew(void **state)
{
	struct world *w = *state;

	db_begin(w->kith.db);
	put_in(w, "", "m.room.encrypted", "@ana:example.org", "PHONE", "undone");
	db_undo(w->kith.db);
	/* Its row's number is given again, to one as long. */
	add(w, "", "m.other", "@ben:example.org", "PHONE", "sixsix");
	add(w, "", "m.room.encrypted", "@cleo:example.org", "PHONE", "2");
	start(w);
	settle(w);
	assert_int_equal(requests(w), 2);
	assert_type(request(w, 0), "m.other");
	assert_int_equal(messages(request(w, 0)), 1);
	assert_said(request(w, 1), "@cleo:example.org", "PHONE", "2");
}

static void add__strange_names__are_quoted(void **state)
{
	static const char *const names[] = { "\"}}}", "\\", "a/b\n", "\xc3\xa4\xf0\x9f\x8e\xb8",
					     "'); DROP TABLE e2ee_outgoing; --" };
	struct world *w = *state;

	db_begin(w->kith.db);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		put_in(w, names[i], "m.x y/z", names[i], names[i], names[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		put_in(w, "", "m.room.encrypted", names[i], names[i], names[i]);
	db_end(w->kith.db);
	start(w);
	settle(w);
	assert_int_equal(requests(w), G_N_ELEMENTS(names) + 1);
	assert_type(request(w, 0), "m.x%20y%2Fz");
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		assert_said(request(w, i), names[i], names[i], names[i]);
		assert_said(request(w, G_N_ELEMENTS(names)), names[i], names[i], names[i]);
	}
}

static void restart__unanswered__is_put_again_as_it_was(void **state)
{
	struct world *w = *state;

	start(w);
	w->hold = true;
	db_begin(w->kith.db);
	put_in(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	put_in(w, "!makers", "m.room.encrypted", "@ana:example.org", "LAPTOP", "2");
	db_end(w->kith.db);
	request(w, 0);
	restart(w);
	assert_true(outgoing_has(w->kith.outgoing, "!makers"));
	/* Of the same kind, but not in what may have been sent. */
	add(w, "!makers", "m.room.encrypted", "@ben:example.org", "PHONE", "3");
	w->hold = false;
	start(w);
	settle(w);
	assert_int_equal(requests(w), 3);
	assert_string_equal(request(w, 1)->path, request(w, 0)->path);
	assert_string_equal(request(w, 1)->body, request(w, 0)->body);
	assert_string_not_equal(request(w, 2)->path, request(w, 0)->path);
	assert_said(request(w, 2), "@ben:example.org", "PHONE", "3");
	assert_string_equal(w->kith.emptied->str, "!makers ");
}

static bool is_answered(void *data)
{
	return ((struct hs_request *)data)->answered;
}

static void kill__before_it_is_noted__is_put_again_as_it_was(void **state)
{
	struct world *w = *state;

	start(w);
	add(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	w->kith.dies = true;
	const struct hs_request *r = request(w, 0);
	assert_true(fake_hs_until(w->ground.hs, is_answered, (void *)r));
	fake_hs_turn(w->ground.hs, 5000);
	assert_string_equal(w->kith.emptied->str, "");
	restart(w);
	start(w);
	settle(w);
	assert_int_equal(requests(w), 2);
	assert_string_equal(request(w, 1)->path, request(w, 0)->path);
	assert_string_equal(request(w, 1)->body, request(w, 0)->body);
	assert_string_equal(w->kith.emptied->str, "!makers ");
}

static void server__refuses__the_rest_goes_on(void **state)
{
	static const int statuses[] = { 400, 403, 404, 413 };
	struct world *w = *state;

	start(w);
	w->only = "m.bad";
	for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
		w->status = statuses[i];
		w->answer = statuses[i] == 413 ? "<html>too large</html>"
					       : "{\"errcode\":\"M_X\",\"error\":\"no\"}";
		add(w, "!bad", "m.bad", "@ana:example.org", "PHONE", "1");
		add(w, "!makers", "m.good", "@ana:example.org", "PHONE", "2");
		settle(w);
		assert_int_equal(w->warnings, i + 1);
	}
	assert_int_equal(requests(w), 2 * G_N_ELEMENTS(statuses));
	assert_type(request(w, 2 * G_N_ELEMENTS(statuses) - 1), "m.good");
	assert_true(g_str_has_prefix(w->kith.emptied->str, "!bad !makers "));
}

static void somebody_else__refuses__is_tried_again(void **state)
{
	struct world *w = *state;

	start(w);
	w->status = 404;
	w->answer = "<html>no such page</html>";
	add(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	request(w, 0);
	fake_hs_turn(w->ground.hs, 5000);
	assert_true(outgoing_has(w->kith.outgoing, "!makers"));
	w->status = 0;
	settle(w);
	assert_int_equal(requests(w), 2);
	assert_string_equal(request(w, 1)->path, request(w, 0)->path);
	assert_int_equal(w->warnings, 0);
}

static bool has_died(void *data)
{
	return ((struct world *)data)->kith.deaths > 0;
}

static void session__over__keeps_what_was_not_sent(void **state)
{
	struct world *w = *state;

	start(w);
	w->status = 401;
	w->answer = "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"no\"}";
	log_set_level(LOG_LEVEL_ERROR);
	add(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	assert_true(fake_hs_until(w->ground.hs, has_died, w));
	fake_hs_turn(w->ground.hs, 5000);
	assert_true(outgoing_has(w->kith.outgoing, "!makers"));
	assert_string_equal(w->kith.emptied->str, "");
	w->status = 0;
	restart(w);
	start(w);
	settle(w);
	assert_string_equal(w->kith.emptied->str, "!makers ");
}

static void networks__share_a_store__send_their_own(void **state)
{
	struct world *w = *state;

	db_begin(w->kith.db);
	db_run(w->kith.db,
	       "INSERT INTO e2ee_outgoing(network, txn, about, type, messages)"
	       " VALUES('elsewhere', 'k1', '!makers', 'm.x', '{\"messages\":{}}')",
	       "");
	db_end(w->kith.db);
	assert_false(outgoing_has(w->kith.outgoing, "!makers"));
	start(w);
	add(w, "!makers", "m.room.encrypted", "@ana:example.org", "PHONE", "1");
	request(w, 0);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(requests(w), 1);
	assert_string_equal(w->kith.emptied->str, "!makers ");
	assert_int_equal(db_int(w->kith.db, 0, "SELECT count(*) FROM e2ee_outgoing", ""), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(add__one__is_put),
		TEST(start__not_yet__nothing_is_put),
		TEST(add__in_one_transaction__is_one_request),
		TEST(add__of_other_kinds__is_in_requests_of_their_own),
		TEST(add__to_a_user_again__is_another_request),
		TEST(add__to_one_device__keeps_the_order),
		TEST(add__in_two_transactions__is_two_requests),
		TEST(add__much__is_cut_by_bytes),
		TEST(add__undone__is_not_put),
		TEST(add__undone_whole__is_begun_anew),
		TEST(add__strange_names__are_quoted),
		TEST(restart__unanswered__is_put_again_as_it_was),
		TEST(kill__before_it_is_noted__is_put_again_as_it_was),
		TEST(server__refuses__the_rest_goes_on),
		TEST(somebody_else__refuses__is_tried_again),
		TEST(session__over__keeps_what_was_not_sent),
		TEST(networks__share_a_store__send_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
