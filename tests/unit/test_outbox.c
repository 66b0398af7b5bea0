#include "fixture.h"

#include "circle/people.h"
#include "store/db.h"
#include "store/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The networks are not online here: what is offered stays where it is. */
static int set_up(void **state)
{
	struct fixture *f = g_new(struct fixture, 1);

	fixture_init(f, fixture_config);
	*state = f;
	return 0;
}

static struct post post_of(const char *key)
{
	return (struct post){
		.key = key,
		.network = "libera",
		.room = "#makers",
		.reply_to = "some-event",
		.kind = POST_ANNOUNCEMENT,
		.expires_at_us = INT64_C(1900000000000000),
		.word = "round.open",
		.markup = "A new round is open",
	};
}

static void offer(struct fixture *f, const char *key, int64_t person, int64_t about,
		  int64_t not_before_us)
{
	struct post p = post_of(key);

	p.kind = person ? POST_PRIVATE : POST_REPLY;
	outbox_add(f->app->outbox, &p, person, about, not_before_us);
}

/* Something that makes the transaction one that is committed. */
static void change(struct fixture *f)
{
	static const char sql[] = "INSERT OR REPLACE INTO meta(key, value)"
				  " VALUES('change', hex(randomblob(4)))";
	db_run(f->app->db, sql, "");
}

static void commit_with(struct fixture *f, const char *key)
{
	fixture_begin(f);
	change(f);
	offer(f, key, 0, 0, 0);
	fixture_end(f);
}

/* The keys that wait, in the order of saying. */
static void assert_waiting(struct fixture *f, const char *want)
{
	g_autoptr(GString) keys = g_string_new(NULL);
	struct outbox_post *p;

	for (int64_t seq = 0; (p = outbox_next(f->app->outbox, seq)); seq = p->seq)
		g_string_append_printf(keys, "%s%s", keys->len ? " " : "", p->post.key);
	assert_string_equal(keys->str, want);
}

static void assert_stored(struct fixture *f, const char *want)
{
	g_autofree char *keys =
		fixture_text(f, "SELECT group_concat(key, ' ') FROM (SELECT key FROM outbox"
				" WHERE markup IS NOT NULL ORDER BY seq)");

	assert_string_equal(keys ? keys : "", want);
}

static void add__nothing_changed__is_only_in_memory(void **state)
{
	struct fixture *f = *state;

	fixture_begin(f);
	offer(f, "a", 0, 0, 0);
	fixture_end(f);
	assert_waiting(f, "a");
	assert_stored(f, "");
	fixture_kill(f);
	assert_waiting(f, "");
}

static void add__something_changed__is_committed_with_it(void **state)
{
	struct fixture *f = *state;

	commit_with(f, "a");
	assert_stored(f, "a");
	fixture_kill(f);
	assert_waiting(f, "a");
}

static void add__only_in_memory__joins_the_next_commit(void **state)
{
	struct fixture *f = *state;

	fixture_begin(f);
	offer(f, "a", 0, 0, 0);
	fixture_end(f);
	commit_with(f, "b");
	assert_stored(f, "a b");
	fixture_kill(f);
	assert_waiting(f, "a b");
}

static void add__rolled_back__is_gone(void **state)
{
	struct fixture *f = *state;

	commit_with(f, "kept");
	fixture_begin(f);
	change(f);
	offer(f, "gone", 0, 0, 0);
	db_undo(f->app->db);
	outbox_settle(f->app->outbox, true);
	assert_waiting(f, "kept");
	/* The same cause may speak again. */
	commit_with(f, "gone");
	assert_waiting(f, "kept gone");
}

static void add__commit_called_off__is_gone(void **state)
{
	struct fixture *f = *state;

	app_crash_at(f->app, APP_BEFORE_COMMIT);
	commit_with(f, "a");
	assert_true(f->app->crashed);
	assert_waiting(f, "");
	assert_stored(f, "");
}

static void add__values__come_back_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct post p = {
		.key = "a",
		.network = "libera",
		.account = "Ana",
		.shown = "ana_",
		.thread = "thread",
		.edits = "other",
		.kind = POST_PRIVATE,
		.expires_at_us = 123456789,
		.word = "who",
		.markup = "**so**",
		.attachment = "picture.png",
		.room_else = "#makers",
		.markup_else = "so or so",
	};

	fixture_begin(f);
	change(f);
	outbox_add(f->app->outbox, &p, 0, 0, 42);
	fixture_end(f);
	fixture_kill(f);
	const struct outbox_post *back = outbox_find(f->app->outbox, "a");
	assert_non_null(back);
	assert_string_equal(back->post.network, "libera");
	assert_null(back->post.room);
	assert_string_equal(back->post.account, "Ana");
	assert_string_equal(back->post.shown, "ana_");
	assert_null(back->post.reply_to);
	assert_string_equal(back->post.thread, "thread");
	assert_string_equal(back->post.edits, "other");
	assert_int_equal(back->post.kind, POST_PRIVATE);
	assert_int_equal(back->post.expires_at_us, 123456789);
	assert_string_equal(back->post.word, "who");
	assert_string_equal(back->post.markup, "**so**");
	assert_string_equal(back->post.attachment, "picture.png");
	assert_string_equal(back->post.room_else, "#makers");
	assert_string_equal(back->post.markup_else, "so or so");
	assert_int_equal(back->not_before_us, 42);
	assert_true(back->stored);
	assert_false(back->sent);
}

static void key__seen_before__is_passed_over(void **state)
{
	struct fixture *f = *state;

	commit_with(f, "a");
	commit_with(f, "a");
	assert_waiting(f, "a");
	outbox_done(f->app->outbox, "a");
	outbox_flush(f->app->outbox);
	commit_with(f, "a");
	assert_waiting(f, "");
	fixture_kill(f);
	commit_with(f, "a");
	assert_waiting(f, "");
}

static void done__stored__leaves_the_key_alone(void **state)
{
	struct fixture *f = *state;
	struct post p = post_of("a");

	p.room = NULL;
	p.account = p.shown = "ana";
	p.attachment = "picture.png";
	p.room_else = "#makers";
	p.markup_else = "for ana";
	fixture_begin(f);
	change(f);
	outbox_add(f->app->outbox, &p, 0, 0, 0);
	fixture_end(f);
	outbox_done(f->app->outbox, "a");
	assert_waiting(f, "");
	assert_stored(f, "a");
	assert_true(outbox_dirty(f->app->outbox));
	outbox_flush(f->app->outbox);
	assert_false(outbox_dirty(f->app->outbox));
	assert_int_equal(
		fixture_int(f, 0,
			    "SELECT count(*) FROM outbox WHERE key = 'a' AND markup IS NULL"
			    " AND account IS NULL AND shown IS NULL AND person_id IS NULL"
			    " AND about_id IS NULL AND attachment IS NULL"
			    " AND room_else IS NULL AND markup_else IS NULL"),
		1);
}

/* A post of a work that answers an event, stored or not. */
static void say_of_work(struct fixture *f, const char *key, int64_t work, bool stored)
{
	struct post p = post_of(key);

	fixture_begin(f);
	if (stored)
		change(f);
	outbox_add(f->app->outbox, &p, 0, 0, 0)->work = work;
	fixture_end(f);
}

static int64_t make_work(struct fixture *f)
{
	static const char sql[] = "INSERT INTO work(group_id, number, title, made_at_us)"
				  " VALUES(1, 7, 'Bench', 0)";

	fixture_begin(f);
	db_run(f->app->db, sql, "");
	fixture_end(f);
	return fixture_int(f, 0, "SELECT id FROM work");
}

static void assert_knows(struct fixture *f, const char *key, int64_t work, const char *answers)
{
	g_autofree char *event = outbox_answers(f->app->outbox, key);

	assert_int_equal(outbox_work(f->app->outbox, key), work);
	assert_true(!g_strcmp0(event, answers));
}

static void work__waiting_said_and_later__is_known(void **state)
{
	struct fixture *f = *state;
	int64_t work = make_work(f);

	say_of_work(f, "stored", work, true);
	assert_knows(f, "stored", work, "some-event");
	fixture_kill(f);
	assert_knows(f, "stored", work, "some-event");
	outbox_done(f->app->outbox, "stored");
	outbox_flush(f->app->outbox);
	assert_knows(f, "stored", work, "some-event");
	fixture_kill(f);
	assert_knows(f, "stored", work, "some-event");
	assert_knows(f, "unheard-of", 0, NULL);
	/* It may be gone by then. */
	fixture_begin(f);
	db_run(f->app->db, "DELETE FROM work", "");
	fixture_end(f);
	assert_knows(f, "stored", 0, "some-event");
}

static void work__gone_meanwhile__is_none(void **state)
{
	struct fixture *f = *state;

	say_of_work(f, "stored", 99, true);
	assert_stored(f, "stored");
	fixture_kill(f);
	assert_knows(f, "stored", 0, "some-event");
}

static void work__of_what_was_never_stored__is_known_for_a_while(void **state)
{
	struct fixture *f = *state;
	int64_t work = make_work(f);

	say_of_work(f, "first", work, false);
	assert_knows(f, "first", work, "some-event");
	outbox_done(f->app->outbox, "first");
	assert_knows(f, "first", work, "some-event");
	for (int i = 0; i < 255; i++) {
		g_autofree char *key = g_strdup_printf("%d", i);

		say_of_work(f, key, 0, false);
		outbox_done(f->app->outbox, key);
	}
	assert_knows(f, "first", work, "some-event");
	say_of_work(f, "one more", 0, false);
	outbox_done(f->app->outbox, "one more");
	assert_knows(f, "first", 0, NULL);
}

static void done__next_commit__carries_the_mark(void **state)
{
	struct fixture *f = *state;

	commit_with(f, "a");
	outbox_done(f->app->outbox, "a");
	commit_with(f, "b");
	assert_false(outbox_dirty(f->app->outbox));
	assert_stored(f, "b");
}

static void done__not_stored__costs_no_write(void **state)
{
	struct fixture *f = *state;

	fixture_begin(f);
	offer(f, "a", 0, 0, 0);
	fixture_end(f);
	outbox_done(f->app->outbox, "a");
	outbox_done(f->app->outbox, "never there");
	assert_false(outbox_dirty(f->app->outbox));
	assert_waiting(f, "");
}

static void order__restart__stays_as_offered(void **state)
{
	struct fixture *f = *state;

	commit_with(f, "c");
	commit_with(f, "a");
	fixture_kill(f);
	commit_with(f, "b");
	assert_waiting(f, "c a b");
	assert_stored(f, "c a b");
}

static void wait__one_person__moves_theirs_alone(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	fixture_begin(f);
	offer(f, "ana's", ana, 0, INT64_MAX);
	offer(f, "ben's", ben, 0, INT64_MAX);
	offer(f, "ana's earlier", ana, 0, 0);
	change(f);
	fixture_end(f);
	fixture_begin(f);
	outbox_wait(f->app->outbox, ana, 1000);
	fixture_end(f);
	for (int i = 0; i < 2; i++) {
		struct outbox *o = f->app->outbox;
		assert_int_equal(outbox_find(o, "ana's")->not_before_us, 1000);
		assert_int_equal(outbox_find(o, "ana's earlier")->not_before_us, 1000);
		assert_true(outbox_find(o, "ben's")->not_before_us == INT64_MAX);
		fixture_kill(f);
	}
}

static void forget__person__erases_to_and_about_them(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	fixture_begin(f);
	change(f);
	offer(f, "to ana", ana, ben, 0);
	offer(f, "about ana", ben, ana, 0);
	offer(f, "ben's", ben, ben, 0);
	offer(f, "nobody's", 0, 0, 0);
	fixture_end(f);
	fixture_begin(f);
	/* Offered and not stored yet. */
	offer(f, "answer to ana", 0, ana, 0);
	outbox_forget(f->app->outbox, ana);
	fixture_end(f);
	assert_waiting(f, "ben's nobody's");
	assert_stored(f, "ben's nobody's");
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM outbox"), 4);
	/* What the group is told is not lost because one of them is forgotten. */
	fixture_begin(f);
	struct post announcement = post_of("announcement");
	outbox_add(f->app->outbox, &announcement, 0, 0, 0);
	outbox_forget(f->app->outbox, ana);
	change(f);
	fixture_end(f);
	assert_waiting(f, "ben's nobody's announcement");
	/* Unsaid, and never to be said. */
	fixture_kill(f);
	commit_with(f, "to ana");
	assert_waiting(f, "ben's nobody's announcement");
}

static void withdraw__one_post__that_one_alone(void **state)
{
	struct fixture *f = *state;
	int64_t ana = fixture_member(f, "ana"), ben = fixture_member(f, "ben");

	fixture_begin(f);
	change(f);
	offer(f, "to ana", ana, ben, 0);
	offer(f, "to ben", ben, ana, 0);
	offer(f, "about nobody", ana, 0, 0);
	fixture_end(f);
	fixture_begin(f);
	const char *word = outbox_find(f->app->outbox, "to ana")->post.word;
	assert_false(outbox_withdraw(f->app->outbox, ana, ben, "another.word"));
	assert_false(outbox_withdraw(f->app->outbox, ben, ben, word));
	outbox_find(f->app->outbox, "to ben")->sent = true;
	assert_false(outbox_withdraw(f->app->outbox, ben, ana, word));
	assert_true(outbox_withdraw(f->app->outbox, ana, ben, word));
	fixture_end(f);
	assert_waiting(f, "to ben about nobody");
	assert_stored(f, "to ben about nobody");
	/* Not said after a restart either, nor anew. */
	fixture_kill(f);
	commit_with(f, "to ana");
	assert_waiting(f, "to ben about nobody");
}

static void revise__waiting__is_said_like_that(void **state)
{
	struct fixture *f = *state;

	commit_with(f, "waits");
	commit_with(f, "said");
	outbox_done(f->app->outbox, "said");
	fixture_begin(f);
	outbox_revise(f->app->outbox, "waits", "round.quiet", "A quiet week");
	outbox_revise(f->app->outbox, "said", "round.quiet", "A quiet week");
	outbox_revise(f->app->outbox, "unknown", "round.quiet", "A quiet week");
	fixture_end(f);
	assert_waiting(f, "waits");
	for (int i = 0; i < 2; i++, fixture_kill(f)) {
		const struct outbox_post *p = outbox_find(f->app->outbox, "waits");
		assert_string_equal(p->post.word, "round.quiet");
		assert_string_equal(p->post.markup, "A quiet week");
	}
}

static void resend__broken_network__that_one_alone(void **state)
{
	struct fixture *f = *state;
	struct post p = post_of("elsewhere");

	commit_with(f, "here");
	p.network = "home";
	fixture_begin(f);
	outbox_add(f->app->outbox, &p, 0, 0, 0);
	fixture_end(f);
	outbox_find(f->app->outbox, "here")->sent = true;
	outbox_find(f->app->outbox, "elsewhere")->sent = true;
	outbox_resend(f->app->outbox, "libera");
	assert_false(outbox_find(f->app->outbox, "here")->sent);
	assert_true(outbox_find(f->app->outbox, "elsewhere")->sent);
}

static void prune__old_keys__only_of_what_was_said(void **state)
{
	struct fixture *f = *state;
	static const int64_t expires_us[] = { 99, 100, 99 };
	static const char *const keys[] = { "old", "young", "old and unsaid" };

	fixture_begin(f);
	change(f);
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		struct post p = post_of(keys[i]);
		p.expires_at_us = expires_us[i];
		outbox_add(f->app->outbox, &p, 0, 0, 0);
	}
	fixture_end(f);
	outbox_done(f->app->outbox, "old");
	outbox_done(f->app->outbox, "young");
	fixture_begin(f);
	change(f);
	fixture_end(f);
	fixture_begin(f);
	outbox_prune(f->app->outbox, 100);
	fixture_end(f);
	g_autofree char *left = fixture_text(
		f, "SELECT group_concat(key, ',') FROM (SELECT key FROM outbox ORDER BY key)");
	assert_string_equal(left, "old and unsaid,young");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(add__nothing_changed__is_only_in_memory),
		TEST(add__something_changed__is_committed_with_it),
		TEST(add__only_in_memory__joins_the_next_commit),
		TEST(add__rolled_back__is_gone),
		TEST(add__commit_called_off__is_gone),
		TEST(add__values__come_back_after_a_restart),
		TEST(key__seen_before__is_passed_over),
		TEST(done__stored__leaves_the_key_alone),
		TEST(work__waiting_said_and_later__is_known),
		TEST(work__gone_meanwhile__is_none),
		TEST(work__of_what_was_never_stored__is_known_for_a_while),
		TEST(done__next_commit__carries_the_mark),
		TEST(done__not_stored__costs_no_write),
		TEST(order__restart__stays_as_offered),
		TEST(wait__one_person__moves_theirs_alone),
		TEST(forget__person__erases_to_and_about_them),
		TEST(withdraw__one_post__that_one_alone),
		TEST(revise__waiting__is_said_like_that),
		TEST(resend__broken_network__that_one_alone),
		TEST(prune__old_keys__only_of_what_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
