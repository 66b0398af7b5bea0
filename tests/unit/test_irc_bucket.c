#include "transport/irc/bucket.h"

#include "clock.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND CLOCK_US_PER_SECOND

/* Everything that may go at `now_us`, joined by spaces. */
static char *taken(struct bucket *b, int64_t now_us)
{
	GString *out = g_string_new(NULL);
	char *line;
	while ((line = bucket_take(b, now_us))) {
		g_string_append_printf(out, "%s%s", out->len ? " " : "", line);
		g_free(line);
	}
	return g_string_free(out, FALSE);
}

static void assert_taken(struct bucket *b, int64_t now_us, const char *expected)
{
	g_autofree char *got = taken(b, now_us);
	assert_string_equal(got, expected);
}

static int set_up(void **state)
{
	*state = bucket_new(4, 2 * SECOND, 100 * SECOND);
	return 0;
}

static int tear_down(void **state)
{
	bucket_free(*state);
	return 0;
}

static void irc_bucket__take__gives_a_burst_then_one_every_two_seconds(void **state)
{
	struct bucket *b = *state;
	for (const char *line = "123456"; *line; line++)
		bucket_add(b, "#m", (char[]){ *line, '\0' }, true);
	assert_taken(b, 100 * SECOND, "1 2 3 4");
	assert_int_equal(bucket_wait_us(b, 100 * SECOND), 2 * SECOND);
	assert_taken(b, 102 * SECOND - 1, "");
	assert_int_equal(bucket_wait_us(b, 102 * SECOND - 1), 1);
	assert_taken(b, 102 * SECOND, "5");
	assert_taken(b, 104 * SECOND, "6");
	assert_int_equal(bucket_wait_us(b, 104 * SECOND), -1);
}

static void irc_bucket__level__never_exceeds_the_burst(void **state)
{
	struct bucket *b = *state;
	for (const char *line = "1234567"; *line; line++)
		bucket_add(b, "#m", (char[]){ *line, '\0' }, true);
	assert_taken(b, 10000 * SECOND, "1 2 3 4");
	/* A clock that stands still gives nothing, one that runs backwards takes nothing. */
	assert_taken(b, 10000 * SECOND, "");
	assert_taken(b, 9000 * SECOND, "");
	assert_taken(b, 10002 * SECOND, "5");
}

static void irc_bucket__take__is_fair_to_targets(void **state)
{
	struct bucket *b = *state;
	for (const char *line = "12345"; *line; line++)
		bucket_add(b, "#a", (char[]){ 'a', *line, '\0' }, true);
	bucket_add(b, "#b", "b1", true);
	bucket_add(b, "#c", "c1", true);
	bucket_add(b, "#b", "b2", true);
	assert_taken(b, 100 * SECOND, "a1 b1 c1 a2");
	assert_taken(b, 104 * SECOND, "b2 a3");
	assert_taken(b, 108 * SECOND, "a4 a5");
}

static void irc_bucket__first__waits_for_nothing(void **state)
{
	struct bucket *b = *state;
	for (int i = 0; i < BUCKET_LINES_MOST; i++)
		assert_int_equal(bucket_add(b, "#m", "x", true), 0);
	assert_int_equal(bucket_room(b), 0);
	assert_int_equal(bucket_add(b, "#m", "x", true), -ENOBUFS);
	assert_taken(b, 100 * SECOND, "x x x x");
	assert_int_equal(bucket_add_first(b, "PONG"), 0);
	assert_int_equal(bucket_wait_us(b, 100 * SECOND), 0);
	assert_taken(b, 100 * SECOND, "PONG");
	/* It is paid for afterwards. */
	assert_int_equal(bucket_wait_us(b, 100 * SECOND), 4 * SECOND);
	/* But whoever asks faster than tokens come does not keep us silent. */
	for (int i = 0; i < 20; i++)
		assert_int_equal(bucket_add_first(b, "PONG"), 0);
	g_free(taken(b, 101 * SECOND));
	assert_int_equal(bucket_wait_us(b, 101 * SECOND), 3 * SECOND);
	assert_taken(b, 104 * SECOND, "x");
	assert_int_equal(bucket_add_first(b, "PONG"), 0);
	assert_taken(b, 104 * SECOND, "PONG");
	assert_int_equal(bucket_wait_us(b, 104 * SECOND), 4 * SECOND);
	for (int i = 0; i < BUCKET_LINES_MOST; i++)
		assert_int_equal(bucket_add_first(b, "PONG"), 0);
	assert_int_equal(bucket_add_first(b, "PONG"), -ENOBUFS);
}

static void irc_bucket__impatient__goes_when_those_before_it_are_gone(void **state)
{
	struct bucket *b = *state;
	for (const char *line = "12345"; *line; line++)
		bucket_add(b, "#m", (char[]){ *line, '\0' }, true);
	bucket_add(b, "#m", "PING", false);
	assert_taken(b, 100 * SECOND, "1 2 3 4");
	bucket_add(b, "#n", "PING-n", false);
	assert_int_equal(bucket_wait_us(b, 100 * SECOND), 0);
	assert_taken(b, 100 * SECOND, "PING-n");
	assert_int_equal(bucket_wait_us(b, 100 * SECOND), 4 * SECOND);
	assert_taken(b, 103 * SECOND, "");
	assert_taken(b, 104 * SECOND, "5 PING");
}

static void irc_bucket__waits__until_the_last_line_to_a_target_is_gone(void **state)
{
	struct bucket *b = *state;
	assert_false(bucket_waits(b, "#m"));
	for (const char *line = "12345"; *line; line++)
		bucket_add(b, "#m", (char[]){ *line, '\0' }, true);
	assert_taken(b, 100 * SECOND, "1 2 3 4");
	assert_true(bucket_waits(b, "#m"));
	assert_false(bucket_waits(b, "#n"));
	assert_taken(b, 102 * SECOND, "5");
	assert_false(bucket_waits(b, "#m"));
}

/* RFC 1459, 8.10: each line puts a client two seconds into the server's future, and while that is
 * more than ten seconds away it is not read. Servers throw out whose lines pile up meanwhile. */
struct server {
	int64_t ahead_us;
	int unread;
};

static void server_read(struct server *s, int64_t now_us)
{
	s->ahead_us = MAX(s->ahead_us, now_us);
	while (s->unread && s->ahead_us - now_us <= 10 * SECOND) {
		s->unread--;
		s->ahead_us += 2 * SECOND;
	}
}

static void irc_bucket__hundred_posts__neither_flood_nor_lose_a_pong(void **state)
{
	enum { POSTS = 100, PING_EVERY_S = 15, UNREAD_MOST = 3 };
	struct bucket *b = *state;
	struct server server = { .unread = 0 };
	static const char *const targets[] = { "#a", "#b", "ana" };
	int added = 0, said = 0, pongs = 0;
	for (int64_t now_us = 100 * SECOND; said < 2 * POSTS; now_us += SECOND / 4) {
		for (; added < POSTS && bucket_room(b) >= 2; added++) {
			assert_int_equal(bucket_add(b, targets[added % 3], "x", true), 0);
			assert_int_equal(bucket_add(b, targets[added % 3], "PING", false), 0);
		}
		if (now_us % (PING_EVERY_S * SECOND) == 0) {
			assert_int_equal(bucket_add_first(b, "PONG"), 0);
			g_autofree char *line = bucket_take(b, now_us);
			assert_string_equal(line, "PONG");
			server.unread++;
			pongs++;
		}
		for (char *line; (line = bucket_take(b, now_us)); g_free(line)) {
			server.unread++;
			said++;
		}
		server_read(&server, now_us);
		assert_true(server.unread <= UNREAD_MOST);
		assert_true(now_us < 600 * SECOND);
	}
	assert_true(pongs >= 20);
	assert_int_equal(bucket_room(b), BUCKET_LINES_MOST);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(irc_bucket__take__gives_a_burst_then_one_every_two_seconds),
		TEST(irc_bucket__level__never_exceeds_the_burst),
		TEST(irc_bucket__take__is_fair_to_targets),
		TEST(irc_bucket__first__waits_for_nothing),
		TEST(irc_bucket__impatient__goes_when_those_before_it_are_gone),
		TEST(irc_bucket__waits__until_the_last_line_to_a_target_is_gone),
		TEST(irc_bucket__hundred_posts__neither_flood_nor_lose_a_pong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
