/* The promises of reading.h, for any bytes. */
#include "pitch/fold.h"
#include "pitch/reading.h"
#include "pitch/reading_private.h"

#include <assert.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void verdict_is_the_scores(const struct reading *r)
{
	assert(r->score >= 0 && r->score <= 100);
	assert((r->verdict == READING_PITCH) == (r->score >= READING_PITCH_FROM));
	assert((r->verdict == READING_OK) == (r->score < READING_MAYBE_FROM));
}

static void reasons_are_sound(const struct reading *r)
{
	assert(r->n_reasons <= READING_REASONS);
	assert((r->n_reasons == 0) == (r->verdict == READING_OK));
	for (unsigned i = 0; i < r->n_reasons; i++) {
		assert(r->reasons[i] < READING_CUES);
		assert(reading_cue_name(r->reasons[i]));
		for (unsigned k = 0; k < i; k++)
			assert(r->reasons[i] != r->reasons[k]);
	}
}

/* No more cues of a family than words, and none of a text without words. */
static void counts_are_bounded(const struct fold *f)
{
	struct reading_counts c = reading_count(f);
	assert(c.words <= strlen(f->text));
	assert(c.links <= c.words && c.questions <= c.words);
	for (unsigned i = 0; i < READING_FAMILIES; i++)
		assert(c.strong[i] + c.weak[i] <= c.words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	struct fold f;

	fold_init(&f, text);
	struct reading first = reading_of(&f), second = reading_of(&f);
	assert(first.verdict == second.verdict && first.score == second.score);
	assert(first.n_reasons == second.n_reasons);
	assert(first.asks == second.asks && first.introduces == second.introduces);
	verdict_is_the_scores(&first);
	reasons_are_sound(&first);
	counts_are_bounded(&f);
	/* A lure is no question to the others. */
	assert(!first.asks || first.verdict != READING_PITCH);
	fold_done(&f);
	return 0;
}
