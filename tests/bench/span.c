/*
 * usage: bench_span [ROUNDS]
 *
 * How fast a long /sync answer is checked (span_check) and indexed (spans_new), beside jansson's
 * reading of the same bytes; and what reading one message takes. All are measured in turns
 * within the one run, so that what else the machine does falls on all; the fastest round of each
 * counts. Prints; asserts nothing about time.
 */
#include "clock.h"
#include "transport/matrix/read.h"

#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Down to the events of a timeline: rooms, join, ROOM, timeline, events, EVENT. */
enum { ROUNDS = 7, ROOMS = 40, LEVELS = 6, EVENTS = 10000 };

static int64_t now_us(void)
{
	return clock_real()->mono_us(clock_real());
}

static void write_event(GString *out, const char *says, unsigned n)
{
	g_string_append_printf(
		out,
		"%s{\"type\":\"m.room.message\",\"sender\":\"@ana:example.org\",\"content\":{"
		"\"msgtype\":\"m.text\",\"body\":\"%s\",\"m.mentions\":{}},"
		"\"origin_server_ts\":17954244%05u,\"unsigned\":{\"membership\":\"join\","
		"\"age\":%u},\"event_id\":\"$f4WnPHRyCnLVTqBpSSGXMo1LsRnuMo0Bg%05u\"}",
		n ? "," : "", says, n, n, n);
}

/* `says` is what each message says: part of a JSON string. */
static char *sync_of(const char *says, size_t bytes)
{
	g_autoptr(GString) out = g_string_new("{\"next_batch\":\"s72594_4483_1934\","
					      "\"device_one_time_keys_count\":"
					      "{\"signed_curve25519\":50},\"rooms\":{\"join\":{");

	for (unsigned room = 0; room < ROOMS; room++) {
		g_string_append_printf(out,
				       "%s\"!room%u:example.org\":{\"timeline\":{\"limited\":false,"
				       "\"prev_batch\":\"t34-23535_0_0\",\"events\":[",
				       room ? "," : "", room);
		size_t end = bytes / ROOMS * (room + 1);
		for (unsigned n = 0; out->len < end; n++)
			write_event(out, says, n);
		g_string_append(out, "]},\"state\":{\"events\":[]},\"ephemeral\":{\"events\":[]},"
				     "\"unread_notifications\":{\"highlight_count\":0}}");
	}
	g_string_append(out, "}}}");
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void check(const char *text, size_t n)
{
	struct span s;

	if (span_check(text, n, &s, NULL) < 0)
		g_error("the answer is none");
}

static void index_it(const char *text, size_t n)
{
	struct spans *s;

	if (spans_new(text, n, LEVELS, NULL, NULL, &s, NULL) < 0)
		g_error("the answer is none");
	spans_free(s);
}

static void with_jansson(const char *text, size_t n)
{
	json_decref(json_loadb(text, n, 0, NULL));
}

static void (*const ways[])(const char *text, size_t n) = { check, index_it, with_jansson };

static void compare(const char *name, const char *says, size_t bytes, int rounds)
{
	g_autofree char *text = sync_of(says, bytes);
	size_t n = strlen(text);
	double rate[G_N_ELEMENTS(ways)] = { 0 };

	for (int i = 0; i < rounds; i++)
		for (unsigned w = 0; w < G_N_ELEMENTS(ways); w++) {
			int64_t from = now_us();
			ways[w](text, n);
			int64_t us = MAX(now_us() - from, 1);
			rate[w] = MAX(rate[w], (double)n / (double)us);
		}
	printf("%-16s %8.1f %8.1f %8.1f %10.0f %10.0f %10.0f\n", name, rate[0] / rate[2],
	       rate[1] / rate[2], (double)n / 1e6, rate[0], rate[1], rate[2]);
}

/* As a room's message is read: nanoseconds each, and how many were for kith. */
static void read_messages(const char *name, const char *says, int rounds)
{
	static const struct read_us us = { "@kith:example.org", "Kith" };
	g_autoptr(GString) text = g_string_new(NULL);
	int64_t fastest = INT64_MAX;
	unsigned named = 0;
	struct span s;

	write_event(text, says, 0);
	if (span_check(text->str, text->len, &s, NULL) < 0)
		g_error("the event is none");
	for (int i = 0; i < rounds; i++) {
		int64_t from = now_us();
		for (unsigned n = 0; n < EVENTS; n++) {
			struct read_event e;
			struct read_message m;

			if (read_event(s, &e) < 0)
				g_error("the event is none");
			read_message(&e, &us, &m);
			named += m.addressed;
			read_message_done(&m);
			read_event_done(&e);
		}
		fastest = MIN(fastest, now_us() - from);
	}
	printf("%-16s %8.0f %8zu %8u\n", name, (double)fastest * 1000 / EVENTS, text->len,
	       named / (unsigned)rounds);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name, *says;
		size_t mb;
	} answers[] = {
		{ "chat", "I finished the second chapter on the train and cut the scene", 5 },
		{ "chat", "I finished the second chapter on the train and cut the scene", 20 },
		{ "one word", "hello", 10 },
		{ "Cyrillic", "Вчера наконец закончила вторую главу, завтра пришлю", 10 },
		{ "escaped", "\\u0412\\u0447\\u0435\\u0440\\u0430 \\\"so\\\" \\n\\n", 10 },
		{ "encrypted",
		  "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg2yyOwAtHaZTwyNg37afzg8f3r9IsN9rH4"
		  "RNFg7MaZencUJe4qvELiDiopUjy5wYVDAtqdBzer5bWRD9ldxp1FLgbQvBcjkkywYjCsmsq6+hArIL"
		  "d9oAQZnGKn+qLsK+5uNX3PaWzDRC9wZPQvWYYPCTov3jCwXKTPsLKIiTrcCXDqMvnn8m+T3zF+/I2z",
		  10 },
	};
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;

	printf("%-16s %17s\n", "", "times jansson's");
	printf("%-16s %8s %8s %8s %10s %10s %10s\n", "answer", "check", "index", "MB", "check MB/s",
	       "index MB/s", "jansson's");
	for (unsigned i = 0; i < G_N_ELEMENTS(answers); i++)
		compare(answers[i].name, answers[i].says, answers[i].mb * 1000000, rounds);
	printf("\n%-16s %8s %8s %8s\n", "message", "ns each", "bytes", "for kith");
	for (unsigned i = 0; i < G_N_ELEMENTS(answers); i++)
		if (i != 1)
			read_messages(answers[i].name, answers[i].says, rounds);
	read_messages("named", "kith: !show something", rounds);
	return EXIT_SUCCESS;
}
