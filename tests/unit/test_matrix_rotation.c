#include "transport/matrix/e2ee/outbound_rotation.h"

#include "clock.h"
#include "transport/matrix/rooms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW_US INT64_C(1795424400000000)
#define HOUR   CLOCK_US_PER_HOUR
#define DAY    CLOCK_US_PER_DAY

/* "ana PHONE k1 key, ben TV k2 unsigned" */
static GHashTable *hearers_of(const char *text)
{
	g_auto(GStrv) each = g_strsplit(text, ", ", -1);
	GHashTable *all = hearers_new();

	for (unsigned i = 0; each[i]; i++) {
		g_auto(GStrv) word = g_strsplit(each[i], " ", -1);
		enum hearing hearing = !strcmp(word[3], "key")  ? HEARING_KEY
				       : !strcmp(word[3], "no") ? HEARING_NO_OLM
								: HEARING_UNSIGNED;

		hearers_add(all, hearer_new(word[0], word[1], word[2], hearing));
	}
	return all;
}

static void rotation_due__what_the_room_and_its_devices_are__decides(void **state)
{
	static const struct {
		const char *name;
		int64_t most, period_us; /* as the room says */
		uint32_t messages;
		int64_t age_us;
		const char *then, *visibility; /* as the session has it, as the room says */
		const char *had, *now;         /* NULL: that is not looked at */
		enum rotation_why want;
	} rows[] = {
		{ "new", 0, 0, 0, 0, "shared", NULL, "", "", ROTATION_NONE },
		/* How often. */
		{ "99 of 100", 0, 0, 99, 0, "shared", NULL, "", NULL, ROTATION_NONE },
		{ "100 of 100", 0, 0, 100, 0, "shared", NULL, "", NULL, ROTATION_MESSAGES },
		{ "2 of 3", 3, 0, 2, 0, "shared", NULL, "", NULL, ROTATION_NONE },
		{ "3 of 3", 3, 0, 3, 0, "shared", NULL, "", NULL, ROTATION_MESSAGES },
		{ "200 of 500", 500, 0, 200, 0, "shared", NULL, "", NULL, ROTATION_NONE },
		{ "unused, at 1", 1, 0, 0, 0, "shared", NULL, "", NULL, ROTATION_NONE },
		{ "negative", -5, 0, 99, 0, "shared", NULL, "", NULL, ROTATION_NONE },
		{ "absurd", INT64_MAX, 0, 10000, 0, "shared", NULL, "", NULL, ROTATION_MESSAGES },
		{ "below absurd", INT64_MAX, 0, 9999, 0, "shared", NULL, "", NULL, ROTATION_NONE },
		/* How long. */
		{ "a week", 0, 0, 1, 7 * DAY, "shared", NULL, "", NULL, ROTATION_TIME },
		{ "not yet", 0, 0, 1, 7 * DAY - 1, "shared", NULL, "", NULL, ROTATION_NONE },
		{ "an hour", 0, HOUR, 1, HOUR, "shared", NULL, "", NULL, ROTATION_TIME },
		{ "8 of 10 days", 0, 10 * DAY, 1, 8 * DAY, "shared", NULL, "", NULL,
		  ROTATION_NONE },
		{ "each moment", 0, 1, 1, 1, "shared", NULL, "", NULL, ROTATION_NONE },
		{ "a minute", 0, 1, 1, CLOCK_US_PER_MINUTE, "shared", NULL, "", NULL,
		  ROTATION_TIME },
		{ "for ever", 0, INT64_MAX, 1, 30 * DAY, "shared", NULL, "", NULL, ROTATION_TIME },
		{ "negative", 0, -1, 1, 6 * DAY, "shared", NULL, "", NULL, ROTATION_NONE },
		{ "clock set back", 0, 0, 1, -2 * HOUR, "shared", NULL, "", NULL, ROTATION_TIME },
		{ "a little", 0, 0, 1, -CLOCK_US_PER_SECOND, "shared", NULL, "", NULL,
		  ROTATION_NONE },
		/* Who may come to read. */
		{ "same", 0, 0, 1, 0, "joined", "joined", "", NULL, ROTATION_NONE },
		{ "opened", 0, 0, 1, 0, "joined", "shared", "", NULL, ROTATION_VISIBILITY },
		{ "closed", 0, 0, 1, 0, "shared", "joined", "", NULL, ROTATION_VISIBILITY },
		{ "invited", 0, 0, 1, 0, "invited", "joined", "", NULL, ROTATION_VISIBILITY },
		{ "unknown", 0, 0, 1, 0, "shared", "x-nobody", "", NULL, ROTATION_NONE },
		{ "lost", 0, 0, 1, 0, NULL, "shared", "", NULL, ROTATION_VISIBILITY },
		/* Whose devices. */
		{ "same", 0, 0, 1, 0, "shared", NULL, "ana P k1 key, ben T k2 unsigned",
		  "ben T k2 unsigned, ana P k1 key", ROTATION_NONE },
		{ "one more", 0, 0, 1, 0, "shared", NULL, "ana P k1 key",
		  "ana P k1 key, ana T k2 key", ROTATION_NONE },
		{ "gone", 0, 0, 1, 0, "shared", NULL, "ana P k1 key, ana T k2 key", "ana P k1 key",
		  ROTATION_LOST },
		{ "gone before it was spoken in", 0, 0, 0, 0, "shared", NULL, "ana P k1 key",
		  "ben P k2 key", ROTATION_LOST },
		{ "gone without the key", 0, 0, 1, 0, "shared", NULL,
		  "ana P k1 key, ana T k2 unsigned, ben T k3 no", "ana P k1 key", ROTATION_NONE },
		{ "another key", 0, 0, 1, 0, "shared", NULL, "ana P k1 key", "ana P k9 key",
		  ROTATION_LOST },
		{ "another's", 0, 0, 1, 0, "shared", NULL, "ana P k1 key", "ben P k1 key",
		  ROTATION_LOST },
		{ "not signed any more", 0, 0, 1, 0, "shared", NULL, "ana P k1 key",
		  "ana P k1 unsigned", ROTATION_LOST },
		{ "signed now", 0, 0, 1, 0, "shared", NULL, "ana P k1 unsigned", "ana P k1 key",
		  ROTATION_NONE },
		{ "reached now", 0, 0, 1, 0, "shared", NULL, "ana P k1 no", "ana P k1 key",
		  ROTATION_NONE },
		{ "unsigned, new", 0, 0, 1, 0, "shared", NULL, "ana P k1 key",
		  "ana P k1 key, ana T k2 unsigned", ROTATION_UNSIGNED },
		{ "unsigned, never spoken", 0, 0, 0, 0, "shared", NULL, "ana P k1 key",
		  "ana P k1 key, ana T k2 unsigned", ROTATION_NONE },
		{ "unsigned, another key", 0, 0, 1, 0, "shared", NULL, "ana T k1 unsigned",
		  "ana T k9 unsigned", ROTATION_UNSIGNED },
		{ "never reached, unsigned now", 0, 0, 1, 0, "shared", NULL, "ana P k1 no",
		  "ana P k1 unsigned", ROTATION_NONE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GHashTable) had = hearers_of(rows[i].had);
		g_autoptr(GHashTable) now = rows[i].now ? hearers_of(rows[i].now) : NULL;
		const struct matrix_room room = {
			.rotation_messages = rows[i].most,
			.rotation_us = rows[i].period_us,
			.history_visibility = (char *)rows[i].visibility,
		};
		const struct rotation r = {
			.messages = rows[i].messages,
			.since_us = NOW_US - rows[i].age_us,
			.visibility = rows[i].then,
			.had = had,
			.room = &room,
			.now = now,
			.now_us = NOW_US,
		};
		enum rotation_why why = rotation_due(&r);

		if (why != rows[i].want)
			fail_msg("row %zu (%s): %s", i, rows[i].name, rotation_says(why));
	}
}

static void rotation_may_read__invited_ones__by_the_visibility(void **state)
{
	static const struct {
		const char *visibility;
		bool invited;
	} rows[] = {
		{ "joined", false },        { "invited", true }, { "shared", true },
		{ "world_readable", true }, { NULL, true },      { "x-other", true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct matrix_room room = { .history_visibility =
							  (char *)rows[i].visibility };

		assert_int_equal(rotation_may_read(&room, &(struct matrix_member){ NULL, false }),
				 rows[i].invited);
		assert_true(rotation_may_read(&room, &(struct matrix_member){ NULL, true }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rotation_due__what_the_room_and_its_devices_are__decides),
		cmocka_unit_test(rotation_may_read__invited_ones__by_the_visibility),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
