/* What the round says at its steps. */
#ifndef KITH_ROUNDS_SAY_H
#define KITH_ROUNDS_SAY_H

#include "circle/rounds.h"

enum rounds_skipped {
	ROUNDS_SKIPPED_HOLIDAY,
	ROUNDS_SKIPPED_MISSED, /* kith was not there */
	ROUNDS_SKIPPED_OVER,   /* quiet, or the round before, lasted into it */
	ROUNDS_SKIPPED_ASKED,  /* by an organizer */
};

/* What the steps announce that names people and their works. Without any `entries` the week was a
 * quiet one. */
struct draft rounds_draft_open(struct circle *c, const struct round *r, bool late);
struct draft rounds_draft_last_call(struct circle *c, const struct round *r);
struct draft rounds_draft_recap(struct circle *c, const struct round *r, const GArray *entries,
				const struct round *next);

void rounds_say_open(struct circle *c, const struct round *r, bool late);
void rounds_say_last_call(struct circle *c, const struct round *r);
/* To those who asked to be reminded and have shown nothing yet. */
void rounds_say_reminders(struct circle *c, const struct round *r);
/* `entries` are struct entry, in order of showing. */
void rounds_say_recap(struct circle *c, const struct round *r, const GArray *entries,
		      const struct round *next);
/* `again`: the round before was quiet too; the organizers are told so in private. */
void rounds_say_quiet(struct circle *c, const struct round *r, const struct round *next,
		      bool again);
void rounds_say_skipped(struct circle *c, const struct round *skipped, enum rounds_skipped why);

#endif
