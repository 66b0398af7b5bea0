/* What a person's message recorded: so that it can be undone by `undo` for a day, or when the
 * message is edited or deleted, for a month. */
#ifndef KITH_RECORDS_H
#define KITH_RECORDS_H

#include "circle.h"

/* `kind` is the table the row is in: "note", "share", "thanks", "story", "vouch", "absence",
 * "entry", "launch", "promotion", "pass", "merge". `before` is the work an entry showed earlier, 0
 * if it is new. */
void records_add(struct circle *c, int64_t person, const char *kind, int64_t row, int64_t before);
/* Takes back the person's last record of the last day. Returns its kind (static), or NULL. */
const char *records_undo(struct circle *c, int64_t person);
/* Takes back what the message `event` recorded, if it was theirs. While c->editing an entry or
 * a promotion is only noted in c->edited_*, for `show` or `pitch` to take it over. */
const char *records_undo_event(struct circle *c, int64_t person, const char *event);
/* The edited message shows nothing any more: takes back what was only noted. False if there was
 * nothing left to take back. */
bool records_undo_edited(struct circle *c);
/* Whether the message `event` of theirs has something recorded. */
bool records_of_event(struct circle *c, int64_t person, const char *event);
/* The work that somebody's message `event` showed, or said something about in public; 0 if none. */
int64_t records_work(struct circle *c, const char *event);
/* Whose message it was, if it recorded anything, and whom it thanked; 0 if nobody. */
int64_t records_author(struct circle *c, const char *event);
int64_t records_thanked(struct circle *c, const char *event);
/* Whether any message of theirs could still be taken back by editing or deleting it. */
bool records_any(struct circle *c, int64_t person);
void records_prune(struct circle *c);

#endif
