#include "pitch/reading_private.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

enum {
	ONE = 100,
	STRONG_MOST = 2, /* saying it more often does not make it more of an offer */
	WEAK_MOST = 3,
	AGAINST_MOST = 2,
	BREADTH_MOST = 4,
	LOUD_MOST = 2,
	MARKS_MOST = 2,
	SHORT_WORDS = 12,
	/* In longer texts a cue is worth less, as some stand in any page: "free" once is nothing.
	 */
	DENSE_WORDS = 120,
	DENSE_STRONG_WORDS = 250,
};

static bool any(const struct reading_counts *c, enum reading_cue cue)
{
	return c->strong[cue] + c->weak[cue] > 0;
}

static bool strong_any(const struct reading_counts *c)
{
	for (unsigned f = 0; f < READING_DISGUISE; f++)
		if (c->strong[f] > 0)
			return true;
	return false;
}

/* What one cue is worth in a text of so many words. */
static int worth(unsigned words, unsigned dense)
{
	return words <= dense ? ONE : (int)(ONE * dense / words);
}

/* So many cues, each worth so much, at most `most`. */
static int counted(unsigned n, int each, int most)
{
	return MIN((int)MIN(n, (unsigned)INT16_MAX) * each, most * ONE);
}

static void combine(const struct reading_counts *c, int features[FEATURES])
{
	unsigned families = 0, strong = 0;
	int breadth = -ONE;
	for (unsigned f = 0; f < READING_DISGUISE; f++) {
		families += any(c, f);
		strong += c->strong[f];
		breadth += counted(c->strong[f], worth(c->words, DENSE_STRONG_WORDS), 1);
		if (c->strong[f] == 0)
			breadth += counted(c->weak[f], worth(c->words, DENSE_WORDS), 1);
	}
	bool call = any(c, READING_ACTION) || any(c, READING_SIGN_UP) || any(c, READING_CONTACT);
	bool offered = any(c, READING_OFFER) || any(c, READING_PRICE) || any(c, READING_RECRUIT) ||
		       any(c, READING_BENEFIT);
	if (strong == 0)
		return;
	/* "I started a newsletter": telling it is not offering it. */
	if (strong == 1 && c->strong[READING_OWN] == 1 && c->links == 0) {
		features[FEATURE_NEWS] = ONE;
		return;
	}
	features[FEATURE_LOUD] = counted(c->loud, ONE, LOUD_MOST);
	features[FEATURE_BREADTH] = CLAMP(breadth, 0, BREADTH_MOST * ONE);
	features[FEATURE_OWN_ACTION] =
		any(c, READING_OWN) && (call || any(c, READING_FOLLOW)) ? ONE : 0;
	features[FEATURE_OFFER_CALL] = offered && call ? ONE : 0;
	features[FEATURE_TARGET] = c->links > 0 && (call || c->strong[READING_OWN] > 0) ? ONE : 0;
	features[FEATURE_SHORT] = families + strong > 2 && c->words <= SHORT_WORDS ? ONE : 0;
}

void reading_features(const struct reading_counts *c, unsigned marks, int features[FEATURES])
{
	int strong = worth(c->words, DENSE_STRONG_WORDS);
	/* Prices, courses and launches are what makers talk about all day: weak cues count beside
	 * strong ones only. */
	int weak = strong_any(c) ? worth(c->words, DENSE_WORDS) : 0;
	bool positive = false;

	memset(features, 0, FEATURES * sizeof(features[0]));
	for (unsigned f = 0; f < READING_DISGUISE; f++) {
		features[FEATURE_STRONG + f] = counted(c->strong[f], strong, STRONG_MOST);
		features[FEATURE_WEAK + f] = counted(c->weak[f], weak, WEAK_MOST);
		positive = positive || any(c, f);
	}
	for (unsigned f = READING_QUESTION; f < READING_ASKS; f++)
		features[FEATURE_AGAINST + f - READING_QUESTION] =
			counted(2 * c->strong[f] + c->weak[f], ONE, AGAINST_MOST);
	features[FEATURE_DISGUISE] = marks != 0 && positive ? ONE : 0;
	features[FEATURE_MARKS] = counted(c->questions, ONE, MARKS_MOST);
	combine(c, features);
}

static const char *const AGAINST[] = { "question", "feedback", "thanks",    "answer", "quotation",
				       "group",    "help",     "technical", "others", "talk" };
static const char *const COMBINED[] = { "disguise", "news", "breadth", "own+action", "offer+call",
					"target",   "loud", "marks",   "short" };

const char *reading_feature_name(enum reading_feature feature, char buffer[static 32])
{
	if (feature < FEATURE_WEAK)
		g_snprintf(buffer, 32, "%s!", reading_cue_name(feature - FEATURE_STRONG));
	else if (feature < FEATURE_AGAINST)
		g_snprintf(buffer, 32, "%s", reading_cue_name(feature - FEATURE_WEAK));
	else if (feature < FEATURE_DISGUISE)
		g_snprintf(buffer, 32, "-%s", AGAINST[feature - FEATURE_AGAINST]);
	else
		g_snprintf(buffer, 32, "%s", COMBINED[feature - FEATURE_DISGUISE]);
	return buffer;
}
