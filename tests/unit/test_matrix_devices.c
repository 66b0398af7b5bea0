/* Whose lists of devices are followed, asked for and known, whatever the homeserver does and
 * wherever kith ends. What the keys themselves say: test_matrix_device_keys.c. */
#include "devices_world.h"

static void start(struct world *w)
{
	devices_start(w->d);
}

static void follow__somebody_new__is_asked_for_and_known(void **state)
{
	struct world *w = *state;
	struct person *ana = person(w, ANA);

	give_device(ana, "PHONE", true);
	json_object_set_new(give_device(ana, "LAPTOP", false), "unsigned",
			    json_pack("{s:s}", "device_display_name", "Ana's\nlaptop"));
	follow(w, ANA);
	assert_true(devices_follows(w->d, ANA));
	assert_false(devices_known(w->d, ANA));
	/* Nothing is asked before the account is there. */
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(questions(w), 0);
	start(w);
	await_known(w, ANA);
	assert_int_equal(questions(w), 1);
	assert_heard(w, "updated " ANA);
	assert_devices(w, ANA, "LAPTOP PHONE*");

	struct device *phone = devices_find(w->d, ANA, "PHONE");
	struct device *laptop =
		devices_by_curve25519(w->d, ANA, crypto_account_curve25519(account(ana, "LAPTOP")));
	assert_non_null(phone);
	assert_non_null(laptop);
	assert_string_equal(phone->ed25519, crypto_account_ed25519(account(ana, "PHONE")));
	assert_string_equal(phone->curve25519, crypto_account_curve25519(account(ana, "PHONE")));
	assert_null(phone->shown);
	assert_true(phone->megolm);
	assert_string_equal(laptop->id, "LAPTOP");
	assert_string_equal(laptop->shown, "Ana's laptop");
	assert_null(devices_find(w->d, ANA, "TABLET"));
	assert_null(devices_find(w->d, BOB, "PHONE"));
	assert_null(devices_by_curve25519(w->d, BOB, phone->curve25519));
	struct device *copy = device_copy(phone);
	device_free(phone);
	assert_string_equal(copy->id, "PHONE");
	device_free(copy);
	device_free(laptop);
	assert_int_equal(devices_identity(w->d, ANA), DEVICES_PINNED);
	g_autofree char *master = devices_master(w->d, ANA);
	assert_string_equal(master, crypto_signer_public(ana->master));
}

static void follow__twice__changes_nothing(void **state)
{
	struct world *w = *state;

	person(w, ANA);
	follow(w, ANA);
	start(w);
	await_known(w, ANA);
	int64_t changes = db_changes(w->db);
	follow(w, ANA);
	unfollow(w, BOB);
	hear_lists(w, "{\"changed\":[\"" BOB "\",\"\",3,null,\"nobody\"],\"left\":{}}");
	assert_int_equal(db_changes(w->db), changes);
	assert_true(devices_known(w->d, ANA));
	assert_int_equal(questions(w), 1);
}

static void follow__undone__asks_nothing(void **state)
{
	struct world *w = *state;

	start(w);
	db_begin(w->db);
	devices_follow(w->d, ANA);
	db_undo(w->db);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(questions(w), 0);
	assert_false(devices_follows(w->d, ANA));
}

static void unfollow__somebody__leaves_who_they_are(void **state)
{
	struct world *w = *state;
	struct person *ana = person(w, ANA), *bob = person(w, BOB);

	give_device(ana, "PHONE", true);
	drop_identity(bob);
	follow(w, ANA);
	follow(w, BOB);
	start(w);
	await_known(w, ANA);
	await_known(w, BOB);
	unfollow(w, ANA);
	unfollow(w, BOB);
	assert_false(devices_follows(w->d, ANA));
	assert_false(devices_known(w->d, ANA));
	assert_int_equal(devices_identity(w->d, ANA), DEVICES_NOBODY);
	assert_devices(w, ANA, "");
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_device", ""), 0);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_user", ""), 1);
	/* Meanwhile she is another. */
	give_identity(ana);
	give_device(ana, "PHONE", true);
	follow(w, ANA);
	await_known(w, ANA);
	assert_int_equal(w->identities, 1);
	assert_int_equal(devices_identity(w->d, ANA), DEVICES_CHANGED);
	assert_devices(w, ANA, "PHONE*");
}

static void unfollow__while_asked__is_not_taken(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	follow(w, ANA);
	w->hold = true;
	start(w);
	await_requests(w, 1);
	unfollow(w, ANA);
	release(w);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_user", ""), 0);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_device", ""), 0);
	assert_int_equal(w->updates, 0);
}

/* Who has gone and come while a question was under way is asked for anew: what they did while they
 * were gone nobody told. */
static void follow__again_while_asked__is_asked_again(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	follow(w, ANA);
	w->hold = true;
	start(w);
	await_requests(w, 1);
	unfollow(w, ANA);
	follow(w, ANA);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(questions(w), 1);
	release(w);
	await_known(w, ANA);
	assert_int_equal(questions(w), 2);
	assert_heard(w, "updated " ANA);
}

static void query__several_users__is_one(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	give_device(person(w, BOB), "PHONE", true);
	follow(w, ANA);
	follow(w, BOB);
	follow(w, CLEO); /* whom the server does not know */
	start(w);
	await_known(w, CLEO);
	assert_true(devices_known(w->d, ANA) && devices_known(w->d, BOB));
	assert_int_equal(questions(w), 1);
	assert_devices(w, CLEO, "");
	assert_int_equal(devices_identity(w->d, CLEO), DEVICES_NOBODY);
	assert_null(devices_master(w->d, CLEO));
}

static void query__changed_meanwhile__is_asked_again_once_it_is_over(void **state)
{
	struct world *w = *state;
	struct person *ana = person(w, ANA);

	give_device(ana, "PHONE", true);
	follow(w, ANA);
	w->hold = true;
	start(w);
	await_requests(w, 1);
	hear_changed(w, ANA);
	hear_changed(w, ANA);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(questions(w), 1);
	release(w);
	w->hold = true;
	await_requests(w, 2);
	/* The first answer is old: it is kept, but nobody takes it for the list. */
	assert_devices(w, ANA, "PHONE*");
	assert_false(devices_known(w->d, ANA));
	assert_heard(w, "");
	give_device(ana, "LAPTOP", true);
	release(w);
	await_known(w, ANA);
	assert_devices(w, ANA, "LAPTOP* PHONE*");
	assert_heard(w, "updated " ANA);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(questions(w), 2);
}

static void query__somebody_else__goes_beside_it(void **state)
{
	struct world *w = *state;

	person(w, ANA);
	person(w, BOB);
	follow(w, ANA);
	w->hold = true;
	start(w);
	await_requests(w, 1);
	w->hold = false;
	follow(w, BOB);
	await_known(w, BOB);
	assert_false(devices_known(w->d, ANA));
	const struct hs_request *last = fake_hs_last(w->ground.hs, "POST", "v3/keys/query");
	assert_null(strstr(last->body, ANA));
	devices_free(g_steal_pointer(&w->d)); /* with one under way */
}

static void lists__changed_or_left__are_asked_for(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	person(w, BOB);
	follow(w, ANA);
	follow(w, BOB);
	start(w);
	await_known(w, ANA);
	give_device(person(w, ANA), "LAPTOP", false);
	renew(w, ANA);
	assert_devices(w, ANA, "LAPTOP PHONE*");
	assert_true(devices_known(w->d, BOB));
	/* Who stays is not told of any more. */
	hear_lists(w, "{\"left\":[\"" BOB "\"]}");
	assert_false(devices_known(w->d, BOB));
	await_known(w, BOB);
	assert_int_equal(questions(w), 3);
	hear_lists(w, "[]");
	hear_lists(w, "null");
	db_begin(w->db);
	devices_lists(w->d, (struct span){ 0 });
	db_end(w->db);
}

/*
 * What kith did not hear.
 */
static void gap__between_two_syncs__asks_who_has_changed(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	give_device(person(w, BOB), "PHONE", true);
	follow(w, ANA);
	follow(w, BOB);
	start(w);
	await_known(w, ANA);
	assert_int_equal(w->updates, 2);
	run(w, "DELETE FROM heard");
	w->changes = "{\"changed\":[\"" BOB "\",\"" CLEO "\",7],\"left\":[\"" ANA "\"]}";
	hear_gap(w, "s1 ", "s2&");
	/* Nobody knows who. */
	assert_false(devices_known(w->d, ANA));
	await_known(w, BOB);
	assert_true(devices_known(w->d, ANA));
	assert_heard(w, "updated " ANA ", updated " BOB);
	assert_int_equal(fake_hs_count(w->ground.hs, "GET", "v3/keys/changes?from=s1%20&to=s2%26"),
			 1);
	const struct hs_request *last = fake_hs_last(w->ground.hs, "POST", "v3/keys/query");
	assert_non_null(strstr(last->body, BOB));
	assert_null(strstr(last->body, ANA));
	assert_int_equal(questions(w), 2);
}

static void gap__that_the_server_does_not_tell_of__makes_all_old(void **state)
{
	static const char *const answers[] = { NULL, "{}", "{\"changed\":7}" };
	struct world *w = *state;

	person(w, ANA);
	follow(w, ANA);
	start(w);
	for (unsigned i = 0; i < G_N_ELEMENTS(answers); i++) {
		await_known(w, ANA);
		assert_int_equal(questions(w), i + 1);
		w->changes = answers[i];
		hear_gap(w, "s1", "s2");
	}
	await_known(w, ANA);
	assert_int_equal(questions(w), 4);
	hear_gap(w, NULL, "s3"); /* the first sync of all */
	await_known(w, ANA);
	assert_int_equal(questions(w), 5);
	assert_int_equal(fake_hs_count(w->ground.hs, "GET", "v3/keys/changes"), 3);
}

static void gap__with_nobody_followed__is_none(void **state)
{
	struct world *w = *state;

	start(w);
	hear_gap(w, "s1", "s2");
	fake_hs_turn(w->ground.hs, 5000);
	hear_gap(w, NULL, "s3");
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 0);
}

static void gap__after_another__is_one_from_the_first_on(void **state)
{
	struct world *w = *state;

	person(w, ANA);
	follow(w, ANA);
	start(w);
	await_known(w, ANA);
	w->changes = "{\"changed\":[]}";
	w->hold = true;
	hear_gap(w, "s1", "s2");
	await_requests(w, 2);
	follow(w, BOB); /* who is not asked for before that is answered */
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 2);
	hear_gap(w, "s3", "s4");
	w->hold = false;
	await_known(w, ANA);
	await_known(w, BOB);
	assert_int_equal(fake_hs_count(w->ground.hs, "GET", "v3/keys/changes?from=s1&to=s4"), 1);
	assert_int_equal(questions(w), 2);
}

/*
 * Wherever kith ends.
 */
static void restart__after_all_is_known__asks_nothing(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	follow(w, ANA);
	start(w);
	await_known(w, ANA);
	reopen(w);
	start(w);
	assert_true(devices_known(w->d, ANA));
	assert_devices(w, ANA, "PHONE*");
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(fake_hs_requests(w->ground.hs)->len, 1);
}

static void restart__before_the_answer__still_knows_what_is_older(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	follow(w, ANA);
	reopen(w);
	w->hold = true;
	start(w);
	await_requests(w, 1);
	hear_changed(w, ANA);
	release(w);
	await_known(w, ANA);
	assert_int_equal(questions(w), 2);
}

static void restart__whenever__loses_and_doubles_nothing(void **state)
{
	struct world *w = *state;
	struct person *ana = person(w, ANA);
	int kills = 0;

	give_device(ana, "PHONE", true);
	follow(w, ANA);
	start(w);
	await_known(w, ANA);
	w->changes = "{\"changed\":[\"" ANA "\"]}";
	for (bool killed = true; killed; kills++) {
		give_identity(ana);
		replace_device(ana, "PHONE");
		g_autofree char *id = g_strdup_printf("D%d", kills);
		give_device(ana, id, true);
		run(w, "DELETE FROM heard");
		hear_gap(w, "s1", "s2");
		w->commits = kills;
		await_known(w, ANA);
		killed = w->killed;
		if (killed) {
			reopen(w);
			assert_false(devices_known(w->d, ANA));
			start(w);
			await_known(w, ANA);
		}
		w->commits = -1;
		assert_heard(w, "changed " ANA ", updated " ANA);
		struct device *device = devices_find(w->d, ANA, id);
		assert_non_null(device);
		assert_true(device->signed_);
		device_free(device);
	}
	/* Before what has changed, and before the list. */
	assert_int_equal(kills, 3);
}

/*
 * What goes wrong.
 */
static void query__server_not_reached__does_with_what_is_known(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	give_device(person(w, BOB), "PHONE", true);
	follow(w, ANA);
	follow(w, BOB);
	start(w);
	await_known(w, BOB);
	g_hash_table_add(w->dead, (char *)"elsewhere.org");
	run(w, "DELETE FROM heard");
	hear_lists(w, "{\"changed\":[\"" ANA "\",\"" BOB "\"]}");
	await_unreachable(w, BOB);
	await_known(w, ANA);
	assert_false(devices_unreachable(w->d, ANA));
	assert_false(devices_known(w->d, BOB));
	assert_devices(w, BOB, "PHONE*");
	/* Asked again and again, told once. */
	await_requests(w, 5);
	assert_int_equal(
		db_int(w->db, 0, "SELECT count(*) FROM heard WHERE what = 'updated " BOB "'", ""),
		1);
	assert_true(devices_unreachable(w->d, BOB));
	give_device(person(w, BOB), "LAPTOP", true);
	g_hash_table_remove_all(w->dead);
	await_known(w, BOB);
	assert_false(devices_unreachable(w->d, BOB));
	assert_devices(w, BOB, "LAPTOP* PHONE*");
	assert_int_equal(
		db_int(w->db, 0, "SELECT count(*) FROM heard WHERE what = 'updated " BOB "'", ""),
		2);
}

static void query__server_not_reached__pauses_grow(void **state)
{
	struct world *w = *state;

	person(w, BOB);
	g_hash_table_add(w->dead, (char *)"elsewhere.org");
	devices_set_pauses(w->d, 40 * 1000, CLOCK_US_PER_HOUR);
	follow(w, BOB);
	start(w);
	await_requests(w, 1);
	int64_t first_us = clock_real()->mono_us(clock_real());
	await_requests(w, 3);
	assert_true(clock_real()->mono_us(clock_real()) - first_us >= 100 * 1000);
}

static void query__server_not_reached_but_heard_of__is_asked_at_once(void **state)
{
	struct world *w = *state;

	person(w, BOB);
	g_hash_table_add(w->dead, (char *)"elsewhere.org");
	devices_set_pauses(w->d, CLOCK_US_PER_HOUR, CLOCK_US_PER_HOUR);
	follow(w, BOB);
	start(w);
	await_unreachable(w, BOB);
	fake_hs_turn(w->ground.hs, 5000);
	assert_int_equal(questions(w), 1);
	g_hash_table_remove_all(w->dead);
	hear_changed(w, BOB);
	await_known(w, BOB);
	assert_int_equal(questions(w), 2);
}

static void query__server_not_reached_and_unfollowed__is_forgotten(void **state)
{
	struct world *w = *state;

	person(w, BOB);
	g_hash_table_add(w->dead, (char *)"elsewhere.org");
	devices_set_pauses(w->d, CLOCK_US_PER_HOUR, CLOCK_US_PER_HOUR);
	follow(w, BOB);
	start(w);
	await_unreachable(w, BOB);
	unfollow(w, BOB);
	assert_false(devices_unreachable(w->d, BOB));
	g_hash_table_remove_all(w->dead);
	follow(w, BOB);
	await_known(w, BOB);
}

/* Of whom the server cannot be asked, whatever they have done to it, the others do not suffer. */
static void query__refused_because_of_one__is_asked_for_each(void **state)
{
	struct world *w = *state;

	give_device(person(w, ANA), "PHONE", true);
	give_device(person(w, BOB), "PHONE", true);
	give_device(person(w, CLEO), "PHONE", true);
	g_hash_table_add(w->poisonous, (char *)BOB);
	w->status = 400;
	follow(w, ANA);
	follow(w, BOB);
	follow(w, CLEO);
	start(w);
	await_known(w, ANA);
	await_known(w, CLEO);
	await_unreachable(w, BOB);
	assert_devices(w, BOB, "");
	assert_true(questions(w) >= 4);
	w->status = 0;
	await_known(w, BOB);
	assert_devices(w, BOB, "PHONE*");
}

static void query__answer_that_is_none__is_asked_again_later(void **state)
{
	static const char *const answers[] = {
		"{}",
		"{\"device_keys\":[]}",
		"{\"device_keys\":{\"" ANA "\":7}}",
		"{\"device_keys\":{\"" ANA "\":null},\"failures\":7}",
		"{\"device_keys\":{\"" ANA "\":{}},\"failures\":{\"example.org\":{}}}",
	};
	struct world *w = *state;

	devices_set_pauses(w->d, CLOCK_US_PER_HOUR, CLOCK_US_PER_HOUR);
	give_device(person(w, ANA), "PHONE", true);
	follow(w, ANA);
	start(w);
	for (unsigned i = 0; i < G_N_ELEMENTS(answers); i++) {
		await_known(w, ANA);
		w->answer = answers[i];
		hear_changed(w, ANA);
		await_unreachable(w, ANA);
		unsigned asked = questions(w);
		fake_hs_turn(w->ground.hs, 5000);
		assert_int_equal(questions(w), asked);
		assert_devices(w, ANA, "PHONE*");
		w->answer = NULL;
		hear_changed(w, ANA);
	}
	await_known(w, ANA);
}

static void query__limited__waits_and_is_known(void **state)
{
	struct world *w = *state;

	person(w, ANA);
	follow(w, ANA);
	w->status = 429;
	w->all = true;
	start(w);
	await_requests(w, 3);
	assert_false(devices_unreachable(w->d, ANA));
	w->status = 0;
	await_known(w, ANA);
	assert_heard(w, "updated " ANA);
}

static void query__server_fails_once__waits_and_is_known(void **state)
{
	struct world *w = *state;

	person(w, ANA);
	follow(w, ANA);
	w->status = 502;
	w->all = true;
	start(w);
	await_requests(w, 1);
	w->status = 0;
	await_known(w, ANA);
	assert_heard(w, "updated " ANA);
	assert_int_equal(questions(w), 2);
}

static bool has_failed(void *data)
{
	return ((struct world *)data)->d->failures > 0;
}

/* Whatever is asked then is refused at once. */
static void query__session_over__does_not_keep_kith_busy(void **state)
{
	struct world *w = *state;

	person(w, ANA);
	follow(w, ANA);
	w->status = 401;
	w->all = true;
	start(w);
	assert_true(fake_hs_until(w->ground.hs, has_failed, w));
	fake_hs_turn(w->ground.hs, 20000);
	assert_true(w->d->failures <= 2);
	assert_false(devices_unreachable(w->d, ANA));
	assert_int_equal(questions(w), 1);
}

static void query__answer_without_end__is_not_read(void **state)
{
	struct world *w = *state;
	g_autofree char *answer = g_strnfill(17 * 1024 * 1024, ' ');

	give_device(person(w, ANA), "PHONE", true);
	devices_set_pauses(w->d, CLOCK_US_PER_HOUR, CLOCK_US_PER_HOUR);
	follow(w, ANA);
	w->answer = answer;
	start(w);
	await_unreachable(w, ANA);
	assert_int_equal(questions(w), 1);
	w->answer = NULL;
	hear_changed(w, ANA);
	await_known(w, ANA);
}

/*
 * Nobody fills the store, or takes kith's time.
 */
static void query__long_lists__are_taken_one_by_one(void **state)
{
	static const char *const users[] = { ANA, BOB, CLEO };
	struct world *w = *state;

	for (unsigned u = 0; u < G_N_ELEMENTS(users); u++) {
		for (unsigned i = 0; i < 600; i++) {
			g_autofree char *id = g_strdup_printf("A%u", i);
			json_object_set_new(person(w, users[u])->devices, id, json_object());
		}
		/* What counts is found behind all of it. */
		give_device(person(w, users[u]), "PHONE", true);
		give_device(person(w, users[u]), "LAPTOP", false);
		follow(w, users[u]);
	}
	start(w);
	for (unsigned u = 0; u < G_N_ELEMENTS(users); u++)
		await_known(w, users[u]);
	for (unsigned u = 0; u < G_N_ELEMENTS(users); u++)
		assert_devices(w, users[u], "PHONE*");
	assert_int_equal(questions(w), 2);
	assert_int_equal(w->updates, 3);
}

static void query__devices_that_come_and_go__are_not_all_remembered(void **state)
{
	struct world *w = *state;
	struct person *ana = person(w, ANA);

	give_device(ana, "PHONE", true);
	give_device(ana, "OLD", true);
	follow(w, ANA);
	start(w);
	await_known(w, ANA);
	json_object_del(ana->devices, "OLD");
	renew(w, ANA);
	run(w,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
	    " INSERT INTO e2ee_device(network, user, device, curve25519, ed25519, megolm, signed,"
	    " gone) SELECT 'home', '" ANA "', 'X' || i, 'c', 'e', 1, 0, 9000000000000000000"
	    " FROM n");
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM e2ee_device", ""), 513);
	/* Which the owner had signed is never pushed out. */
	replace_device(ana, "OLD");
	renew(w, ANA);
	assert_devices(w, ANA, "PHONE*");
}

static void unfollow__thousands__are_not_all_remembered(void **state)
{
	struct world *w = *state;

	person(w, ANA);
	follow(w, ANA);
	start(w);
	await_known(w, ANA);
	run(w, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)"
	       " INSERT INTO e2ee_user(network, user, followed, outdated, pinned, left_us)"
	       " SELECT 'home', '@u' || i, 0, 0, 'm', i FROM n");
	run(w, "INSERT INTO e2ee_user(network, user, followed, outdated, pinned)"
	       " VALUES('other', '@u1', 0, 0, 'm')");
	unfollow(w, ANA);
	fake_hs_turn(w->ground.hs, 20000);
	assert_int_equal(
		db_int(w->db, 0, "SELECT count(*) FROM e2ee_user WHERE network = 'home'", ""),
		4096);
	assert_int_equal(
		db_int(w->db, 0, "SELECT count(*) FROM e2ee_user WHERE user = '" ANA "'", ""), 1);
	assert_int_equal(
		db_int(w->db, 0, "SELECT count(*) FROM e2ee_user WHERE network = 'other'", ""), 1);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(follow__somebody_new__is_asked_for_and_known),
		WORLD_TEST(follow__twice__changes_nothing),
		WORLD_TEST(follow__undone__asks_nothing),
		WORLD_TEST(unfollow__somebody__leaves_who_they_are),
		WORLD_TEST(unfollow__while_asked__is_not_taken),
		WORLD_TEST(follow__again_while_asked__is_asked_again),
		WORLD_TEST(query__several_users__is_one),
		WORLD_TEST(query__changed_meanwhile__is_asked_again_once_it_is_over),
		WORLD_TEST(query__somebody_else__goes_beside_it),
		WORLD_TEST(lists__changed_or_left__are_asked_for),
		WORLD_TEST(gap__between_two_syncs__asks_who_has_changed),
		WORLD_TEST(gap__that_the_server_does_not_tell_of__makes_all_old),
		WORLD_TEST(gap__with_nobody_followed__is_none),
		WORLD_TEST(gap__after_another__is_one_from_the_first_on),
		WORLD_TEST(restart__after_all_is_known__asks_nothing),
		WORLD_TEST(restart__before_the_answer__still_knows_what_is_older),
		WORLD_TEST(restart__whenever__loses_and_doubles_nothing),
		WORLD_TEST(query__server_not_reached__does_with_what_is_known),
		WORLD_TEST(query__server_not_reached__pauses_grow),
		WORLD_TEST(query__server_not_reached_but_heard_of__is_asked_at_once),
		WORLD_TEST(query__server_not_reached_and_unfollowed__is_forgotten),
		WORLD_TEST(query__refused_because_of_one__is_asked_for_each),
		WORLD_TEST(query__answer_that_is_none__is_asked_again_later),
		WORLD_TEST(query__limited__waits_and_is_known),
		WORLD_TEST(query__server_fails_once__waits_and_is_known),
		WORLD_TEST(query__session_over__does_not_keep_kith_busy),
		WORLD_TEST(query__answer_without_end__is_not_read),
		WORLD_TEST(query__long_lists__are_taken_one_by_one),
		WORLD_TEST(query__devices_that_come_and_go__are_not_all_remembered),
		WORLD_TEST(unfollow__thousands__are_not_all_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
