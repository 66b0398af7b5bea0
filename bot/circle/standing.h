/* Where somebody stands with the group: a yes or no, never a number. */
#ifndef KITH_STANDING_H
#define KITH_STANDING_H

#include "circle.h"

enum standing {
	STANDING_STRANGER, /* not joined */
	STANDING_MEMBER,
	STANDING_GIVING, /* lately gave something specific to somebody here, or is vouched for */
};

/* The giving window leaves out the time the person rested or was away. */
enum standing standing_of(struct circle *c, int64_t person);
/* What the standing rests on, for `why`. */
enum standing_reason {
	STANDING_NOTHING,
	STANDING_NOTE,
	STANDING_SHARE,
	STANDING_THANKS,
	STANDING_VOUCH,
};
enum standing_reason standing_reason(struct circle *c, int64_t person);
/* Whether the group has a member who is giving. */
bool standing_anybody_giving(struct circle *c);

/* A member or (person 0) somebody who has not joined vouched for by `by` (0: an organizer who never
 * joined). Of the latter only a keyed hash of the handle is kept. Returns the row's id, 0 if the
 * vouch stands already. */
int64_t standing_vouch(struct circle *c, int64_t person, const char *network, const char *account,
		       int64_t by);
/* Whether a stranger is vouched for, and forgetting that. */
bool standing_stranger_vouched(struct circle *c, const char *network, const char *account);
void standing_forget_stranger(struct circle *c, const char *network, const char *account);
/* A vouch for a stranger becomes the member's when they join. */
void standing_joined(struct circle *c, int64_t person, const char *network, const char *account);
/* A vouch for somebody who did not join lapses after 30 days: no trace of strangers stays longer.
 */
void standing_prune(struct circle *c);

#endif
