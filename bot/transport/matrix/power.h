/* Who may do what in a room (CS API: m.room.power_levels; room version 12: creators). Pure. */
#ifndef KITH_MATRIX_POWER_H
#define KITH_MATRIX_POWER_H

#include "transport/matrix/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Above every level: a creator's, from room version 12 on. */
#define POWER_CREATOR INT64_MAX

/* `create` is that event's content and `creator` its sender, `levels` the content of
 * m.room.power_levels (no value: there is no such event). Levels as strings are read where the room
 * version (below 10) allows. */
int64_t power_of(struct span create, const char *creator, struct span levels, const char *user);
/* What sending an event of `type` takes. */
int64_t power_needed(struct span create, struct span levels, const char *type, bool state);
/* What "ban", "kick", "redact", "invite" or "state_default" takes. */
int64_t power_needed_to(struct span create, struct span levels, const char *action);
/* Whether power levels are without those of the creators, who stand above them: version 12. */
bool power_has_creators(struct span create);

#endif
