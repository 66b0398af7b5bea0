/*
 * usage: bench_reading [ROUNDS]
 *
 * How long it takes to fold and read a message of about 500 bytes, beside g_utf8_validate of the
 * same bytes: both are measured in turns within the one run, so that what else the machine does
 * falls on both; the fastest round of each counts. Prints; asserts nothing about time.
 */
#include "pitch/reading.h"
#include "clock.h"
#include "pitch/fold.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 500, ROUNDS = 40, TIMES = 200, VALIDATIONS = 100 };

static const struct {
	const char *name, *text;
} kinds[] = {
	{ "plain chat",
	  "I finished the second chapter on the train and cut the scene at the market, "
	  "it slows everything down. Does the ending still hold for you? " },
	{ "a pitch",
	  "My new course is out: twelve lessons for authors, 20% off today only, sign up at "
	  "https://course.example and DM me for a free call! " },
	{ "Cyrillic",
	  "Вчера наконец закончила вторую главу, завтра пришлю, а сегодня просто гуляю у реки "
	  "и ни о чём не думаю. " },
	{ "disguised", "S u b s c r i b e to my ch\u00adannel for fr33 m0ney, the "
		       "\u0441\u043eurse is at hxxps://course[.]example, "
		       "\U0001d42c\U0001d422\U0001d420\U0001d427 up n\u043ew " },
};

/* The text again and again, to about BYTES and a whole character. */
static char *lengthened(const char *text)
{
	GString *long_text = g_string_new(NULL);
	while (long_text->len < BYTES)
		g_string_append(long_text, text);
	return g_string_free(long_text, FALSE);
}

static int64_t now_us(void)
{
	return clock_real()->mono_us(clock_real());
}

static int64_t read_us(const char *text, unsigned *ret_pitches)
{
	int64_t from = now_us();
	for (unsigned i = 0; i < TIMES; i++) {
		struct fold f;
		fold_init(&f, text);
		*ret_pitches += reading_of(&f).verdict == READING_PITCH;
		fold_done(&f);
	}
	return now_us() - from;
}

static int64_t validate_us(const char *text, unsigned *ret_valid)
{
	int64_t from = now_us();
	for (unsigned i = 0; i < TIMES * VALIDATIONS; i++)
		*ret_valid += g_utf8_validate(text, -1, NULL);
	return now_us() - from;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
	unsigned pitches = 0, valid = 0;

	printf("%-12s %6s %14s %14s %8s\n", "message", "bytes", "read, us", "validate, us",
	       "ratio");
	for (unsigned k = 0; k < G_N_ELEMENTS(kinds); k++) {
		g_autofree char *text = lengthened(kinds[k].text);
		int64_t reading = INT64_MAX, validating = INT64_MAX;
		for (int i = 0; i < rounds; i++) {
			int64_t us = read_us(text, &pitches);
			reading = MIN(reading, us);
			us = validate_us(text, &valid);
			validating = MIN(validating, us);
		}
		double read_one = (double)reading / TIMES;
		double validate_one = (double)validating / (TIMES * VALIDATIONS);
		printf("%-12s %6zu %14.2f %14.4f %8.0f\n", kinds[k].name, strlen(text), read_one,
		       validate_one, read_one / validate_one);
	}
	/* What is counted is printed, so that nothing is left out as unused. */
	printf("(%u read as a pitch, %u valid)\n", pitches, valid);
	return EXIT_SUCCESS;
}
