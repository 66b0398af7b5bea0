/* Launches: days on which a member tells of something new, announced beforehand. */
#ifndef KITH_LAUNCHES_H
#define KITH_LAUNCHES_H

#include "circle.h"

/* Replaces what they had announced and is not over. Returns the row's id. */
int64_t launches_add(struct circle *c, int64_t person, int64_t from_us, int64_t until_us);
/* Whether `person` launches something at c->now_us. */
bool launches_now(struct circle *c, int64_t person);
/* The one that is on or comes next; false if there is none. */
bool launches_next(struct circle *c, int64_t person, int64_t *ret_from_us, int64_t *ret_until_us);
/* Deletes what is long over. */
void launches_prune(struct circle *c, int64_t before_us);

#endif
