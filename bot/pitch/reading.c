#include "pitch/reading.h"

#include "pitch/fold.h"
#include "pitch/reading_private.h"

#include <glib.h>

/* Points of a score, for one of each feature: what tests/bench/pitch fits to labelled messages,
 * looked over by hand. Raised by hand, because the messages know little of what makers talk about
 * among themselves: what speaks for a quotation, shop talk, feedback, thanks, others' work and a
 * group's own calls. Lowered: shouting. */
enum { SURE = 100, ONE = 100 };

static const int WEIGHTS[FEATURES] = {
	[FEATURE_STRONG + READING_OFFER] = 47,
	[FEATURE_STRONG + READING_PRICE] = 42,
	[FEATURE_STRONG + READING_SIGN_UP] = 46,
	[FEATURE_STRONG + READING_SCARCITY] = 45,
	[FEATURE_STRONG + READING_BENEFIT] = 43,
	[FEATURE_STRONG + READING_OWN] = 51,
	[FEATURE_STRONG + READING_ACTION] = 49,
	[FEATURE_STRONG + READING_CONTACT] = 38,
	[FEATURE_STRONG + READING_RECRUIT] = 45,
	[FEATURE_STRONG + READING_REFERRAL] = 43,
	[FEATURE_STRONG + READING_FOLLOW] = 47,
	[FEATURE_WEAK + READING_OFFER] = 12,
	[FEATURE_WEAK + READING_PRICE] = 8,
	[FEATURE_WEAK + READING_SIGN_UP] = 12,
	[FEATURE_WEAK + READING_SCARCITY] = 10,
	[FEATURE_WEAK + READING_BENEFIT] = 14,
	[FEATURE_WEAK + READING_OWN] = 13,
	[FEATURE_WEAK + READING_ACTION] = 10,
	[FEATURE_WEAK + READING_CONTACT] = 9,
	[FEATURE_WEAK + READING_RECRUIT] = 11,
	[FEATURE_WEAK + READING_REFERRAL] = 10,
	[FEATURE_WEAK + READING_FOLLOW] = 10,
	[FEATURE_AGAINST + READING_QUESTION - READING_QUESTION] = -15,
	[FEATURE_AGAINST + READING_FEEDBACK - READING_QUESTION] = -18,
	[FEATURE_AGAINST + READING_THANKS - READING_QUESTION] = -4,
	[FEATURE_AGAINST + READING_ANSWER - READING_QUESTION] = -8,
	[FEATURE_AGAINST + READING_QUOTATION - READING_QUESTION] = -30,
	[FEATURE_AGAINST + READING_GROUP - READING_QUESTION] = -28,
	[FEATURE_AGAINST + READING_HELP - READING_QUESTION] = -7,
	[FEATURE_AGAINST + READING_TECHNICAL - READING_QUESTION] = -6,
	[FEATURE_AGAINST + READING_OTHERS - READING_QUESTION] = -15,
	[FEATURE_AGAINST + READING_TALK - READING_QUESTION] = -25,
	[FEATURE_DISGUISE] = 23,
	[FEATURE_NEWS] = -20,
	[FEATURE_BREADTH] = 20,
	[FEATURE_OWN_ACTION] = 16,
	[FEATURE_OFFER_CALL] = 10,
	[FEATURE_TARGET] = 11,
	[FEATURE_LOUD] = 12,
	[FEATURE_MARKS] = -3,
	[FEATURE_SHORT] = 17,
};

static const char *const CUE_NAMES[READING_CUES] = {
	[READING_OFFER] = "offer",     [READING_PRICE] = "price",
	[READING_SIGN_UP] = "sign-up", [READING_SCARCITY] = "scarcity",
	[READING_BENEFIT] = "benefit", [READING_OWN] = "own",
	[READING_ACTION] = "action",   [READING_CONTACT] = "contact",
	[READING_RECRUIT] = "recruit", [READING_REFERRAL] = "referral",
	[READING_FOLLOW] = "follow",   [READING_DISGUISE] = "disguise",
};

/* What a cue adds to the score. */
static int share_of(const int features[FEATURES], enum reading_cue cue)
{
	if (cue == READING_DISGUISE)
		return WEIGHTS[FEATURE_DISGUISE] * features[FEATURE_DISGUISE];
	return WEIGHTS[FEATURE_STRONG + cue] * features[FEATURE_STRONG + cue] +
	       WEIGHTS[FEATURE_WEAK + cue] * features[FEATURE_WEAK + cue];
}

static void give_reasons(struct reading *r, const int features[FEATURES])
{
	int shares[READING_CUES];
	for (unsigned cue = 0; cue < READING_CUES; cue++)
		shares[cue] = share_of(features, cue);
	while (r->n_reasons < READING_REASONS) {
		enum reading_cue best = 0;
		for (enum reading_cue cue = 1; cue < READING_CUES; cue++)
			if (shares[cue] > shares[best])
				best = cue;
		if (shares[best] <= 0)
			return;
		r->reasons[r->n_reasons++] = best;
		shares[best] = 0;
	}
}

static bool introduces(const struct reading_counts *c)
{
	/* Who says that they are new needs to say little else; a greeting and a name, which offers
	 * begin with as well, and what one makes, are not enough. */
	enum { NEW_LEAST = 1, HELLO_LEAST = 3, ALONE_LEAST = 5 };
	unsigned about = 2 * c->strong[READING_ABOUT_ME] + c->weak[READING_ABOUT_ME];

	if (c->strong[READING_NEWCOMER] > 0)
		return about >= NEW_LEAST;
	return about >= (c->weak[READING_NEWCOMER] > 0 ? HELLO_LEAST : ALONE_LEAST);
}

struct reading reading_of(const struct fold *f)
{
	struct reading_counts counts = reading_count(f);
	struct reading r = { .verdict = READING_OK };
	int features[FEATURES], sum = 0;

	reading_features(&counts, f->marks, features);
	for (unsigned i = 0; i < FEATURES; i++)
		sum += WEIGHTS[i] * features[i];
	r.score = CLAMP(sum / ONE, 0, SURE);
	if (r.score >= READING_MAYBE_FROM)
		r.verdict = r.score >= READING_PITCH_FROM ? READING_PITCH : READING_MAYBE;
	if (r.verdict != READING_OK)
		give_reasons(&r, features);
	/* What an advertisement begins with is no question to the others. */
	r.asks = counts.asks && r.verdict != READING_PITCH;
	r.introduces = introduces(&counts);
	return r;
}

struct reading reading_of_message(const char *text)
{
	g_autofree char *unquoted = fold_unquoted(text);
	struct fold f;

	fold_init(&f, unquoted);
	struct reading r = reading_of(&f);
	fold_done(&f);
	return r;
}

const char *reading_verdict_name(enum reading_verdict verdict)
{
	switch (verdict) {
	case READING_OK:
		return "ok";
	case READING_MAYBE:
		return "maybe";
	case READING_PITCH:
		return "pitch";
	}
	return NULL;
}

const char *reading_cue_name(enum reading_cue cue)
{
	return cue < READING_CUES ? CUE_NAMES[cue] : NULL;
}
