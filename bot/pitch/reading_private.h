/* What the reading counts before it weighs; for reading*.c, and for tests/bench/pitch_features. */
#ifndef KITH_READING_PRIVATE_H
#define KITH_READING_PRIVATE_H

#include "pitch/reading.h"

#include <stdbool.h>

/* The scores from which on a text is a maybe, and a pitch. */
enum { READING_MAYBE_FROM = 40, READING_PITCH_FROM = 60 };

/* On from enum reading_cue; the order is that of pitch/cues/compile.py. */
enum reading_family {
	READING_QUESTION = READING_CUES, /* asks the others for what they know */
	READING_FEEDBACK,                /* speaks about what another made */
	READING_THANKS,
	READING_ANSWER,    /* answers, explains, was asked for this */
	READING_QUOTATION, /* shows or mocks what others write */
	READING_GROUP,     /* calls, rounds, notes of the group */
	READING_HELP,      /* something does not work */
	READING_TECHNICAL,
	READING_OTHERS,   /* somebody else's work, nothing to gain */
	READING_TALK,     /* about prices, launches, selling: shop talk, not the shop */
	READING_ASKS,     /* for `asks`: even without a question mark */
	READING_ASKS_NOT, /* small talk, whatever its mark */
	READING_NEWCOMER, /* for `introduces`: is new here; weakly, says hello */
	READING_ABOUT_ME, /* and what its writer does, is, makes */
	READING_FAMILIES,
};

struct reading_counts {
	unsigned strong[READING_FAMILIES];
	unsigned weak[READING_FAMILIES]; /* outside the strong ones of the same family */
	unsigned words;
	unsigned links;
	unsigned questions; /* sentences that end with a question mark */
	unsigned loud;      /* runs of "!!", and signs as 👉 🔥 💰 */
	bool asks;          /* a sentence that asks and is no small talk */
};

struct reading_counts reading_count(const struct fold *f);

/* What is weighed, made of the counts. In hundredths, so that a rare word in a long text can be a
 * fraction of one. */
enum reading_feature {
	FEATURE_STRONG,                                    /* one for each positive family, */
	FEATURE_WEAK = FEATURE_STRONG + READING_DISGUISE,  /* but the disguise */
	FEATURE_AGAINST = FEATURE_WEAK + READING_DISGUISE, /* one for each negative family */
	FEATURE_DISGUISE = FEATURE_AGAINST + READING_ASKS - READING_QUESTION,
	FEATURE_NEWS,       /* an own thing is new, and that is all of it */
	FEATURE_BREADTH,    /* more than one positive family, each further one */
	FEATURE_OWN_ACTION, /* an own thing, and the reader is to do something */
	FEATURE_OFFER_CALL, /* an offer or a price, and how to get it */
	FEATURE_TARGET,     /* something to do, and a link to do it with */
	FEATURE_LOUD,
	FEATURE_MARKS, /* question marks */
	FEATURE_SHORT, /* nearly nothing besides the cues */
	FEATURES,
};
void reading_features(const struct reading_counts *c, unsigned marks, int features[FEATURES]);
const char *reading_feature_name(enum reading_feature feature, char buffer[static 32]);

#endif
