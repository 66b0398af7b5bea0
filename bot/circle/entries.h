/* Works shown in a round, and their close readers. */
#ifndef KITH_ENTRIES_H
#define KITH_ENTRIES_H

#include "circle.h"

struct round;

struct entry {
	int64_t id;
	int64_t work;
	int64_t maker;
	int64_t reader; /* 0: none */
	int64_t shown_at_us;
	bool late;
};

/* A round's entries in order of showing, or (`round` 0) those kept for the next. GArray of struct
 * entry; g_array_unref it. */
GArray *entries_of(struct circle *c, int64_t round);
bool entries_of_person(struct circle *c, int64_t round, int64_t person, struct entry *ret);

/* Shows `work` in `round` (0: keeps it for the next), in place of the person's earlier entry there.
 * *ret_before is the work that stood there, 0 if none. Returns the entry's id. */
int64_t entries_show(struct circle *c, int64_t round, int64_t work, int64_t person, bool late,
		     int64_t *ret_before);
/* Whoever was to read it is told that they need not. */
void entries_withdraw(struct circle *c, int64_t entry);
/* The same entry, another work in it: a message was edited. */
void entries_change(struct circle *c, int64_t entry, int64_t work);
/* A round opened: what was kept is in it. What somebody kept who has left waits until they are
 * back. */
void entries_open(struct circle *c, int64_t round);

/* Draws close readers for the round's entries (or only the entry `only`, if not 0) that have none
 * and no note yet, and tells each. */
void entries_draw_readers(struct circle *c, const struct round *r, int64_t only);
/* `person` has said a word about the work: if its reader has not been told yet (the message came
 * in a backlog, or they are out of reach), they need not be. */
void entries_noted(struct circle *c, int64_t work, int64_t person);
/* The entry shows another work than `before`: its reader is asked to read that one instead, unless
 * they have said a word already; then somebody else is drawn. */
void entries_reread(struct circle *c, const struct round *r, int64_t entry, int64_t before);
/* The entry's reader need not read it any more, and is told so; before the entry goes. */
void entries_free_reader(struct circle *c, int64_t entry);
/* The person lets `work` pass: somebody else reads it, unless they have said a word already. */
void entries_pass(struct circle *c, const struct round *r, int64_t person, int64_t work);
/* Readers who left, rest or are away are drawn anew. */
void entries_redraw(struct circle *c, const struct round *r, int64_t person);

#endif
