/*
 * Reads a folded text: does it promote something its writer gains from? The words alone are
 * weighed, with no memory and no idea of who says it or when; pitch/policy has those. Pure: nothing
 * is kept, nothing allocated outlives the call. A measured model can take this one's place.
 */
#ifndef KITH_READING_H
#define KITH_READING_H

#include <stdbool.h>

struct fold;

enum reading_verdict { READING_OK, READING_MAYBE, READING_PITCH };

/* What a text does that an offer does. Those kith can name as a reason; signs that speak against
 * an offer (a question, thanks, group business, ...) only lower the score. */
enum reading_cue {
	READING_OFFER,    /* something is on offer: a service, a course, a product */
	READING_PRICE,    /* prices, discounts, free trials, earnings */
	READING_SIGN_UP,  /* subscribe, join, register, download */
	READING_SCARCITY, /* only today, few places left */
	READING_BENEFIT,  /* what "you" will get out of it */
	READING_OWN,      /* my channel, our shop, I just launched */
	READING_ACTION,   /* check out, visit, click, buy */
	READING_CONTACT,  /* DM me, WhatsApp, an address elsewhere */
	READING_RECRUIT,  /* jobs, partners, earn from home */
	READING_REFERRAL, /* referral links and codes */
	READING_FOLLOW,   /* follow, like, sub for sub */
	READING_DISGUISE, /* letters made hard to read (fold's marks) */
	READING_CUES,
};

enum { READING_REASONS = 3 };

struct reading {
	enum reading_verdict verdict;
	int score; /* 0 .. 100: how sure; the verdicts are ranges of it */
	unsigned n_reasons;
	enum reading_cue reasons[READING_REASONS]; /* the strongest first; none for READING_OK */
	/* Asks the others something they could answer: neither small talk ("how are you?") nor the
	 * question an advertisement begins with. */
	bool asks;
	/* Says who its writer is, as a newcomer does: more than a name and a greeting. */
	bool introduces;
};

struct reading reading_of(const struct fold *f);
/* Of a message as typed: what it only quotes is blanked out, then it is folded, then read. */
struct reading reading_of_message(const char *text);

/* "pitch", "maybe", "ok"; "offer", "price", "sign-up", ...: for tables, logs and the catalogue
 * (`reading.NAME`). Static. */
const char *reading_verdict_name(enum reading_verdict verdict);
const char *reading_cue_name(enum reading_cue cue);

#endif
