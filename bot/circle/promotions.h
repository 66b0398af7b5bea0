/*
 * The week's promotion budget: so many requests to pass something on in a week, so that each is
 * worth something. A slot is asked for (`pitch TEXT`) or taken by a launch that was announced. A
 * week starts on Monday in the group's zone, and is the one in which kith speaks (c->run_us),
 * whenever it was asked. What finds the week full waits for the next that is not, first come first
 * served, one a person and week, and is said at ten o'clock: on Monday, or when the person is back.
 */
#ifndef KITH_PROMOTIONS_H
#define KITH_PROMOTIONS_H

#include "circle.h"

/* Characters of what kith says for somebody. */
enum { PROMOTION_TEXT_MOST = 300 };

enum promotion_wait {
	PROMOTION_SAID,   /* it does not wait */
	PROMOTION_FULL,   /* for a week with room */
	PROMOTION_HAD,    /* they had a slot this week */
	PROMOTION_ABSENT, /* they are away or resting */
	PROMOTION_QUIET,  /* an organizer asked for quiet */
};

/* What became of asking. */
struct promotion {
	int64_t id; /* the row */
	enum promotion_wait wait;
	int64_t up_us; /* when it is most likely said */
	bool first;    /* of all that wait it is said next */
	bool instead;  /* it took the place of one of theirs that waited */
};

/* Whether this week's budget is used up, by what was said and by what waits for its hour. */
bool promotions_full(struct circle *c);
/* Asks for a slot: kith says it in every place of the group now, or it waits. The group has a
 * budget. */
struct promotion promotions_ask(struct circle *c, int64_t person, const char *text);
/* Whether it was said, and so cannot be changed any more. */
bool promotions_said(struct circle *c, int64_t id);
/* A launch is told of today: takes a slot of this week, one a person and day. False if the week is
 * full. */
bool promotions_take(struct circle *c, int64_t person);
/* Whether a slot of theirs was said within the last day: what they add to it is no new pitch. */
bool promotions_on(struct circle *c, int64_t person);

/* When what waits may next be said; INT64_MAX if nothing waits. */
int64_t promotions_due(struct circle *c);
/* Says one that is due at c->now_us. False if none is. Sets c->cause for the posts it makes. */
bool promotions_step(struct circle *c);
/* Deletes slots of weeks long over. */
void promotions_prune(struct circle *c);

#endif
