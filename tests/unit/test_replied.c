/* What no script can say: replies in private, threads, uploads, marks taken away. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void event(struct fixture *f, struct event e)
{
	fixture_event(f, e);
	fixture_run(f);
}

static const struct post *post(struct fixture *f, const char *word)
{
	const struct fake_post *p = fixture_post(f, word);

	if (!p)
		fail_msg("nothing was said under %s", word);
	return &p->post;
}

static int set_up(void **state)
{
	struct fixture *f;

	fixture_set_up(state);
	f = *state;
	fixture_member(f, "ana");
	fixture_member(f, "ben");
	fixture_run_until(f, "2026-11-23 10:00");
	g_free(fixture_heard(f));
	return 0;
}

static void show(struct fixture *f)
{
	event(f, (struct event){ .account = "ana", .id = "$show", .text = "!show \"Almanac\"" });
	g_free(fixture_heard(f));
}

static int64_t count(struct fixture *f, const char *table)
{
	g_autofree char *sql = g_strconcat("SELECT count(*) FROM ", table, NULL);

	return fixture_int(f, -1, sql);
}

static void reader__answers_in_private__about_the_work_to_read(void **state)
{
	struct fixture *f = *state;

	show(f);
	fixture_run_until(f, "2026-11-25 18:00");
	const struct post *asked = post(f, "round.reader");
	assert_string_equal(asked->account, "ben");
	/* Known from the store too. */
	g_autofree char *key = g_strdup(asked->key);
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	event(f, (struct event){ .account = "ben",
				 .direct = true,
				 .reply_to = "$asked",
				 .answers = key,
				 .text = "note it grows on me" });
	assert_non_null(strstr(post(f, "note.kept-private")->markup, "Almanac"));
	assert_int_equal(fixture_int(f, 0, "SELECT private FROM note"), 1);
}

static void groups__answer_in_private__is_in_that_of_the_work(void **state)
{
	struct fixture f;

	fixture_init(&f, fixture_two_groups);
	fixture_state(&f, TRANSPORT_ONLINE);
	fixture_run_until(&f, "2026-11-23 10:00");
	for (int i = 0; i < 2; i++) {
		const char *who = i ? "ben" : "ana";

		event(&f, (struct event){ .account = who, .text = "!intro I paint" });
		event(&f,
		      (struct event){ .account = who, .room = "#poets", .text = ",intro I rhyme" });
	}
	event(&f, (struct event){ .account = "ana", .room = "#poets", .text = ",show \"Ode\"" });
	g_autofree char *key = g_strdup(post(&f, "show.entered")->key);
	event(&f,
	      (struct event){
		      .account = "ben", .direct = true, .answers = key, .text = "note it sings" });
	assert_non_null(strstr(post(&f, "note.kept-private")->markup, "Ode"));
	assert_int_equal(fixture_int(&f, 0, "SELECT group_id FROM note"),
			 fixture_int(&f, -1, "SELECT group_id FROM work"));
	/* Said in the other's room it is about none of its works. */
	event(&f, (struct event){ .account = "ben", .answers = key, .text = "!note it sings" });
	assert_non_null(strstr(post(&f, "usage")->markup, "cannot tell which work"));
	assert_int_equal(count(&f, "note"), 1);
	/* Nor does a stranger to that group get into it by a reply. */
	event(&f, (struct event){
			  .account = "kim", .direct = true, .answers = key, .text = "charter" });
	assert_non_null(strstr(post(&f, "charter")->markup, "Makers"));
	fixture_done(&f);
}

static void kith__forgotten_key__is_no_work(void **state)
{
	struct fixture *f = *state;

	show(f);
	event(f, (struct event){ .account = "ben", .answers = "0123", .text = "!note x" });
	assert_non_null(strstr(post(f, "usage")->markup, "cannot tell which work"));
}

/* An edit tells neither its thread nor what it answers. */
static void edit__of_a_reply_in_a_thread__is_answered_there(void **state)
{
	struct fixture *f = *state;

	show(f);
	event(f, (struct event){ .account = "ben",
				 .id = "$note",
				 .thread = "$root",
				 .reply_to = "$show",
				 .text = "!note good" });
	assert_string_equal(post(f, "note.kept")->thread, "$root");
	event(f, (struct event){ .kind = EVENT_EDIT,
				 .account = "ben",
				 .target = "$note",
				 .text = "!note very good" });
	const struct post *p = post(f, "note.kept");
	assert_string_equal(p->thread, "$root");
	assert_string_equal(p->reply_to, "$note");
	g_autofree char *text = fixture_text(f, "SELECT group_concat(text) FROM note");
	assert_string_equal(text, "very good");
}

/* Below what shows a work, or what kith says of it; a number, or what is replied to, says it
 * better. */
static void thread__about_a_work__says_which(void **state)
{
	struct fixture *f = *state;

	show(f);
	event(f, (struct event){ .account = "ben", .id = "$other", .text = "!show \"Bowl\"" });
	g_autofree char *key = g_strdup(post(f, "show.entered")->key);
	g_free(fixture_heard(f));
	const struct event cases[] = {
		{ .account = "ana", .thread = "$other", .text = "!note 2 one" },
		{ .account = "ana", .thread = "$other", .text = "!note two" },
		{ .account = "ana", .thread = "$x", .thread_answers = key, .text = "!note three" },
		{ .account = "ana", .thread = "$show", .reply_to = "$other", .text = "!note four" },
		{ .account = "ana", .thread = "$other", .reply_to = "$x", .text = "!note five" },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		event(f, cases[i]);
	assert_heard(f, "note.kept note.told>ben note.kept note.told>ben note.kept note.told>ben"
			" note.kept note.told>ben note.kept note.told>ben");
	assert_int_equal(fixture_int(f, -1, "SELECT count(*) FROM note WHERE work_id = 2"), 5);
	assert_non_null(strstr(post(f, "note.kept")->markup, "I took it to be about #2"));
	event(f, (struct event){ .account = "ana", .thread = "$chat", .text = "!note six" });
	assert_non_null(strstr(post(f, "usage")->markup, "I need the number"));
	/* Nobody is meant by it. */
	event(f, (struct event){ .account = "ana", .thread = "$other", .text = "!thanks" });
	assert_non_null(strstr(post(f, "usage")->markup, "Whom would you like to thank"));
}

static void thread__of_an_edited_command__says_which(void **state)
{
	struct fixture *f = *state;

	show(f);
	event(f, (struct event){ .account = "ana", .id = "$again", .text = "!show \"Bowl\"" });
	g_autofree char *key = g_strdup(post(f, "show.replaced")->key);
	event(f, (struct event){ .account = "ben",
				 .id = "$nte",
				 .thread = "$x",
				 .thread_answers = key,
				 .text = "!nte good" });
	event(f, (struct event){ .kind = EVENT_EDIT,
				 .account = "ben",
				 .target = "$nte",
				 .text = "!note good" });
	assert_int_equal(count(f, "note"), 1);
}

static void edit_and_delete__in_private__hold(void **state)
{
	struct fixture *f = *state;

	show(f);
	event(f, (struct event){
			 .account = "ben", .id = "$note", .direct = true, .text = "note 1 good" });
	event(f, (struct event){ .kind = EVENT_EDIT,
				 .account = "ben",
				 .direct = true,
				 .target = "$note",
				 .text = "note 1 very good" });
	g_autofree char *text = fixture_text(f, "SELECT group_concat(text) FROM note");
	assert_string_equal(text, "very good");
	/* Nobody takes back what is another's. */
	event(f, (struct event){ .kind = EVENT_REDACTION,
				 .account = "ana",
				 .direct = true,
				 .target = "$note" });
	assert_int_equal(count(f, "note"), 1);
	event(f, (struct event){ .kind = EVENT_REDACTION,
				 .account = "ben",
				 .direct = true,
				 .target = "$note" });
	assert_int_equal(count(f, "note"), 0);
	assert_string_equal(post(f, "undone")->account, "ben");
}

static void edit__of_thanks_after_an_hour__is_to_the_same(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .id = "$said", .text = "so it is" });
	event(f, (struct event){ .account = "ben",
				 .id = "$thanks",
				 .reply_to = "$said",
				 .text = "!thanks for that" });
	fixture_kill(f);
	fixture_state(f, TRANSPORT_ONLINE);
	event(f, (struct event){ .kind = EVENT_EDIT,
				 .account = "ben",
				 .target = "$thanks",
				 .text = "!thanks for all that" });
	g_autofree char *text = fixture_text(f, "SELECT group_concat(text) FROM thanks");
	assert_string_equal(text, "all that");
}

/* --- Uploads --- */

static void upload__caption__shows_it(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text, *title, *want;
	} cases[] = {
		{ "!show", "chair-7.jpg", NULL },
		{ "!show The good chair", "The good chair", NULL },
		{ "!show \"The good chair\"", "The good chair", NULL },
		{ "!show want: is it too low?", "chair-7.jpg", "is it too low?" },
		{ "kith: show A chair, finally. want: colours", "A chair, finally.", "colours" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		bool named = g_str_has_prefix(cases[i].text, "kith: ");

		event(f, (struct event){ .account = "ana",
					 .text = cases[i].text + (named ? strlen("kith: ") : 0),
					 .addressed = named,
					 .file_name = "chair-7.jpg",
					 .file_type = "image/jpeg" });
		g_autofree char *title =
			fixture_text(f, "SELECT title FROM work JOIN entry ON work_id = work.id");
		g_autofree char *want =
			fixture_text(f, "SELECT want FROM work JOIN entry ON work_id = work.id");
		assert_string_equal(title, cases[i].title);
		if (cases[i].want)
			assert_string_equal(want, cases[i].want);
		assert_null(fixture_text(f, "SELECT link FROM work WHERE link IS NOT NULL"));
	}
	/* A link is what it says. */
	event(f, (struct event){ .account = "ana",
				 .text = "!show https://chair.example The chair",
				 .file_name = "chair-7.jpg" });
	g_autofree char *link =
		fixture_text(f, "SELECT link FROM work JOIN entry ON work_id = work.id");
	assert_string_equal(link, "https://chair.example");
}

static void upload__name__is_made_clean(void **state)
{
	struct fixture *f = *state;
	g_autofree char *long_name = g_strnfill(5000, 'x');

	event(f, (struct event){ .account = "ana",
				 .text = "!show",
				 .file_name = "a\nb\x02\xe2\x80\xae"
					      "c" });
	g_autofree char *title = fixture_text(f, "SELECT title FROM work");
	assert_null(strpbrk(title, "\n\x02"));
	event(f, (struct event){ .account = "ben", .text = "!show", .file_name = long_name });
	assert_true(fixture_int(f, 0, "SELECT max(length(title)) FROM work") <= 200);
	/* Of nothing that can be read no title is made. */
	event(f, (struct event){ .account = "ben", .text = "!show", .file_name = "\n \x01" });
	assert_string_equal(post(f, "usage")->word, "usage");
}

static void upload__reply_to_ones_own__shows_it(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .id = "$file", .file_name = "almanac.pdf" });
	event(f, (struct event){ .account = "ben", .reply_to = "$file", .text = "!show" });
	assert_heard(f, "usage");
	event(f, (struct event){
			 .account = "ana", .id = "$show", .reply_to = "$file", .text = "!show" });
	assert_heard(f, "show.entered");
	g_autofree char *title = fixture_text(f, "SELECT title FROM work");
	assert_string_equal(title, "almanac.pdf");
	/* Mended, it is still of that file. */
	event(f, (struct event){ .kind = EVENT_EDIT,
				 .account = "ana",
				 .target = "$show",
				 .text = "!show My almanac" });
	g_autofree char *mended = fixture_text(f, "SELECT title FROM work");
	assert_string_equal(mended, "My almanac");
	/* An hour later nobody knows of it. */
	clock_virtual_set(&f->clock, f->clock.now_us + CLOCK_US_PER_HOUR + 1);
	event(f, (struct event){ .account = "ben", .text = "hm" });
	g_free(fixture_heard(f));
	event(f, (struct event){ .account = "ana", .reply_to = "$file", .text = "!show" });
	assert_heard(f, "usage");
}

/* Most clients send a file without a word. */
static void upload__in_private__is_shown_by_a_reply(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){
			 .account = "ana", .id = "$file", .direct = true, .file_name = "a.pdf" });
	/* Said elsewhere, or by somebody else, it is another message. */
	event(f, (struct event){
			 .account = "ben", .direct = true, .reply_to = "$file", .text = "show" });
	event(f, (struct event){ .account = "ana", .reply_to = "$file", .text = "!show" });
	assert_heard(f, "usage>ben usage");
	event(f, (struct event){ .account = "ana",
				 .direct = true,
				 .thread = "$root",
				 .id = "$show",
				 .reply_to = "$file",
				 .text = "show" });
	assert_heard(f, "show.entered>ana");
	event(f, (struct event){ .kind = EVENT_EDIT,
				 .account = "ana",
				 .direct = true,
				 .target = "$show",
				 .text = "show My almanac" });
	assert_heard(f, "show.entered>ana");
	assert_string_equal(post(f, "show.entered")->thread, "$root");
	assert_string_equal(post(f, "show.entered")->reply_to, "$show");
}

/* --- Marks --- */

static void mark__taken_away__takes_back(void **state)
{
	struct fixture *f = *state;

	event(f, (struct event){ .account = "ana", .id = "$said", .text = "so it is" });
	event(f, (struct event){ .kind = EVENT_REACTION,
				 .account = "ben",
				 .id = "$mark",
				 .target = "$said",
				 .text = "\xf0\x9f\x99\x8f" });
	assert_heard(f, "reaction.thanked>ben");
	assert_int_equal(count(f, "thanks"), 1);
	event(f, (struct event){ .kind = EVENT_REDACTION, .account = "ben", .target = "$mark" });
	assert_heard(f, "undone>ben");
	assert_int_equal(count(f, "thanks"), 0);
}

static void mark__answer__is_never_for_the_room(void **state)
{
	struct fixture *f = *state;

	show(f);
	g_autofree char *key = g_strdup(post(f, "show.entered")->key);
	event(f, (struct event){ .kind = EVENT_REACTION,
				 .account = "kim",
				 .target = "$kith",
				 .answers = key,
				 .text = "\xf0\x9f\x94\x8d" });
	const struct post *p = post(f, "work");
	assert_string_equal(p->account, "kim");
	assert_null(p->room);
	assert_null(p->room_else);
	assert_null(p->reply_to);
	assert_false(p->opens);
	event(f, (struct event){ .kind = EVENT_REACTION,
				 .account = "ana",
				 .target = "$kith",
				 .answers = key,
				 .text = "\xe2\x86\xa9" });
	assert_heard(f, "work>kim undone>ana");
	assert_null(post(f, "undone")->room_else);
	assert_int_equal(count(f, "entry"), 0);
}

static void mark__in_private__undoes(void **state)
{
	struct fixture *f = *state;

	show(f);
	fixture_whisper(f, "ben", "note 1 good");
	g_autofree char *key = g_strdup(post(f, "note.kept-private")->key);
	event(f, (struct event){ .kind = EVENT_REACTION,
				 .account = "ben",
				 .direct = true,
				 .target = "$kith",
				 .answers = key,
				 .text = "\xe2\x86\xa9\xef\xb8\x8f" });
	assert_int_equal(count(f, "note"), 0);
}

static void mark__of_anything__does_no_harm(void **state)
{
	struct fixture *f = *state;
	g_autofree char *long_mark = g_strnfill(100000, 'x');
	const char *const texts[] = { "", "|", "\xef\xb8\x8f", " ", "reaction.undo", long_mark };

	show(f);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		event(f, (struct event){ .kind = EVENT_REACTION,
					 .account = "ana",
					 .target = "$show",
					 .text = texts[i] });
	/* To nothing that anybody knows of. */
	event(f, (struct event){ .kind = EVENT_REACTION,
				 .account = "ana",
				 .target = "$nothing",
				 .text = "\xe2\x86\xa9" });
	event(f, (struct event){ .kind = EVENT_REACTION,
				 .account = "ana",
				 .target = "$nothing",
				 .answers = "0123",
				 .text = "\xf0\x9f\x91\x8e" });
	assert_heard(f, "");
	assert_int_equal(count(f, "entry"), 1);
}

static const char own_marks[] = "[group]\n"
				"name = Makers\n"
				"timezone = Europe/Berlin\n"
				"organizers = libera/olga\n"
				"places = libera/#makers\n"
				"[irc libera]\n"
				"server = irc.example.org\n"
				"nick = kith\n"
				"[words]\n"
				"reaction.undo = oops | \xe2\x9d\x8c\n";

static void mark__of_the_groups_own__counts_instead(void **state)
{
	struct fixture *f = *state;

	show(f);
	fixture_restart(f, own_marks);
	fixture_state(f, TRANSPORT_ONLINE);
	event(f, (struct event){ .kind = EVENT_REACTION,
				 .account = "ana",
				 .target = "$show",
				 .text = "\xe2\x86\xa9" });
	assert_int_equal(count(f, "entry"), 1);
	event(f, (struct event){ .kind = EVENT_REACTION,
				 .account = "ana",
				 .target = "$show",
				 .text = "oops" });
	assert_int_equal(count(f, "entry"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(reader__answers_in_private__about_the_work_to_read),
		cmocka_unit_test(groups__answer_in_private__is_in_that_of_the_work),
		TEST(kith__forgotten_key__is_no_work),
		TEST(edit__of_a_reply_in_a_thread__is_answered_there),
		TEST(thread__about_a_work__says_which),
		TEST(thread__of_an_edited_command__says_which),
		TEST(edit_and_delete__in_private__hold),
		TEST(edit__of_thanks_after_an_hour__is_to_the_same),
		TEST(upload__caption__shows_it),
		TEST(upload__name__is_made_clean),
		TEST(upload__reply_to_ones_own__shows_it),
		TEST(upload__in_private__is_shown_by_a_reply),
		TEST(mark__taken_away__takes_back),
		TEST(mark__answer__is_never_for_the_room),
		TEST(mark__in_private__undoes),
		TEST(mark__of_anything__does_no_harm),
		TEST(mark__of_the_groups_own__counts_instead),
	};

	return cmocka_run_group_tests_name("replied", tests, NULL, NULL);
}
