/* What a person's message recorded: so that it can be undone by `undo`, or when the message is
 * edited or deleted, for a day. */
#ifndef KITH_RECORDS_H
#define KITH_RECORDS_H

#include "circle.h"

#define RECORDS_LAST_US (24 * INT64_C(3600000000))

/* `kind` is the table the row is in: "note", "share", "thanks", "story", "vouch", "absence",
 * "entry". `before` is the work an entry showed earlier, 0 if it is new. */
void records_add(struct circle *c, int64_t person, const char *kind, int64_t row, int64_t before);
/* Takes back the person's last record of the last day. Returns its kind (static), or NULL. */
const char *records_undo(struct circle *c, int64_t person);
/* Takes back what the message `event` recorded, if it was theirs. */
const char *records_undo_event(struct circle *c, int64_t person, const char *event);
void records_prune(struct circle *c);

#endif
