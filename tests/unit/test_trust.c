#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void unsigned_device(struct fixture *f, const char *who, const char *device,
			    const char *text)
{
	fixture_doubtful(
		f, (struct event){
			   .account = who, .text = text, .encrypted = true, .device = device });
	fixture_run(f);
}

static void in_clear(struct fixture *f, struct event e)
{
	fixture_doubtful(f, e);
	fixture_run(f);
}

static int64_t works(struct fixture *f)
{
	return fixture_int(f, 0, "SELECT count(*) FROM work");
}

static void later(struct fixture *f, int64_t by_us)
{
	clock_virtual_set(&f->clock, f->clock.now_us + by_us);
}

static void command__unsigned_device__is_not_done_and_explained_once_a_week(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_set(f, "2026-11-24 10:00");
	fixture_run(f);
	g_free(fixture_heard(f));
	unsigned_device(f, "ana", "PHONE", "!show https://example.org/almanac");
	assert_heard(f, "trust.unsigned>ana");
	assert_int_equal(works(f), 0);
	unsigned_device(f, "ana", "PHONE", "!show https://example.org/almanac");
	assert_heard(f, "");
	unsigned_device(f, "ana", "TABLET", "!list");
	assert_heard(f, "trust.unsigned>ana");
	unsigned_device(f, "ana", NULL, "!list");
	assert_heard(f, "trust.unsigned>ana");
	unsigned_device(f, "ben", "PHONE", "!list");
	assert_heard(f, "trust.unsigned>ben");
	assert_int_equal(works(f), 0);
	assert_false(fixture_on_disk(f, "TABLET"));
}

static void command__unsigned_device__is_explained_again_a_week_later(void **state)
{
	struct fixture *f = *state;
	static const struct event e = { .account = "ana",
					.text = "help",
					.direct = true,
					.encrypted = true,
					.device = "PHONE" };

	in_clear(f, e);
	assert_heard(f, "trust.unsigned>ana");
	later(f, CLOCK_US_PER_WEEK - CLOCK_US_PER_SECOND);
	fixture_run(f);
	g_free(fixture_heard(f));
	in_clear(f, e);
	assert_heard(f, "");
	later(f, CLOCK_US_PER_SECOND);
	in_clear(f, e);
	assert_heard(f, "trust.unsigned>ana");
}

static void command__in_clear__is_not_done(void **state)
{
	struct fixture *f = *state;

	in_clear(f, (struct event){ .account = "ana", .text = "!intro I am ana" });
	assert_heard(f, "trust.clear>ana");
	in_clear(f, (struct event){ .account = "ana", .text = "who ben", .addressed = true });
	assert_heard(f, "");
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM member"), 0);
}

static void chat__not_trusted__is_nothing_to_kith(void **state)
{
	struct fixture *f = *state;

	in_clear(f, (struct event){ .account = "kim", .text = "hello all" });
	in_clear(f, (struct event){ .account = "kim", .text = "!remindme tomorrow" });
	/* What would be declined if it were sure to be kim's. */
	in_clear(f, (struct event){
			    .account = "kim",
			    .text = "Check out my new course, 50% off only today: "
				    "https://example.org/course - sign up now, link in bio!" });
	assert_heard(f, "");
	assert_int_equal(fixture_int(f, 0, "SELECT count(*) FROM device_told"), 0);
}

static void edit__not_trusted__changes_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_set(f, "2026-11-24 10:00");
	fixture_run(f);
	g_autofree char *id = g_strdup(fixture_say(f, "ana", "!show https://example.org/almanac"));
	fixture_run(f);
	g_free(fixture_heard(f));
	assert_int_equal(works(f), 1);
	in_clear(f, (struct event){ .kind = EVENT_EDIT,
				    .account = "ana",
				    .target = id,
				    .text = "never mind" });
	assert_heard(f, "");
	assert_int_equal(works(f), 1);
}

static void unreadable__event__asks_once_to_say_it_again(void **state)
{
	struct fixture *f = *state;
	static const struct event e = { .kind = EVENT_UNREADABLE, .account = "ana" };
	struct event withheld = e;

	in_clear(f, e);
	assert_null(fixture_post(f, "trust.unread")->post.room_else);
	assert_heard(f, "trust.unread>ana");
	in_clear(f, e);
	assert_heard(f, "");
	withheld.kind = EVENT_WITHHELD;
	withheld.account = "ben";
	in_clear(f, withheld);
	assert_null(fixture_post(f, "trust.withheld")->post.room_else);
	assert_heard(f, "trust.withheld>ben");
}

static void identity__changed__is_told_the_organizers(void **state)
{
	struct fixture *f = *state;

	fixture_member(f, "ana");
	fixture_event(f,
		      (struct event){ .kind = EVENT_IDENTITY, .account = "ana", .direct = true });
	fixture_run(f);
	assert_heard(f, "trust.identity>olga");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(command__unsigned_device__is_not_done_and_explained_once_a_week),
		TEST(command__unsigned_device__is_explained_again_a_week_later),
		TEST(command__in_clear__is_not_done),
		TEST(chat__not_trusted__is_nothing_to_kith),
		TEST(edit__not_trusted__changes_nothing),
		TEST(unreadable__event__asks_once_to_say_it_again),
		TEST(identity__changed__is_told_the_organizers),
	};

	return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
