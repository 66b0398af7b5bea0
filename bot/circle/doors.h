/*
 * One person, many doors: an account somebody shows to be theirs, by a one-time code or by an
 * organizer's word, becomes another handle of theirs. If it was a person's already, the two become
 * one: everything that refers to the one refers to the other from then on, and for a day they can
 * be parted again, each with what they gave before.
 */
#ifndef KITH_DOORS_H
#define KITH_DOORS_H

#include "circle.h"

/* For how long a code is good, a join can be said again, and too many wrong codes are remembered.
 */
#define DOORS_CODE_LASTS_US (15 * INT64_C(60000000))
#define DOORS_ASK_LASTS_US  (10 * INT64_C(60000000))
#define DOORS_WAIT_US       (60 * INT64_C(60000000))
#define DOORS_UNDO_LASTS_US (24 * INT64_C(3600000000))

/* --- Codes. Time is c->run_us here: nobody's network tells when a code was said. --- */

/* A new code of the person's, asked for at this door, in place of an older one: "BCDF-2345". Only
 * a keyed hash of it is kept. g_free it. */
char *doors_new_code(struct circle *c, int64_t person, const char *network, const char *account);

struct doors_code {
	int64_t person;
	char *network, *account; /* the door it was asked for at */
	char *hash;              /* what it is known by */
};
void doors_code_done(struct doors_code *code);

/* A code of this group, typed at this door; false if it is none that is good here. Whatever the
 * reason, people are told the same. */
bool doors_find(struct circle *c, const char *network, const char *account, const char *typed,
		struct doors_code *ret);
/* The row of the group it is a code of, whatever `c` is; 0 if it is none, or the door's codes are
 * not looked at. */
int64_t doors_code_group(struct circle *c, const char *network, const char *account,
			 const char *typed);
/* A wrong one was typed at this door. After five within an hour no more are looked at for an hour:
 * doors_wait. */
void doors_wrong(struct circle *c, const char *network, const char *account);
bool doors_wait(struct circle *c, const char *network, const char *account);
/* Whether a code stands in a text said in a room; doors_burn makes it worth nothing. */
bool doors_overheard(struct circle *c, const char *text);
void doors_burn(struct circle *c, const char *text);

/* Whether the same was asked at this door within ten minutes; else it is now. `what` is a keyed
 * hash. */
bool doors_asked(struct circle *c, const char *network, const char *account, const char *what);
/* Whether anything is kept about codes typed at this door. */
bool doors_traces(struct circle *c, const char *network, const char *account);
/* Forgets what was asked there; the wrong codes count until their hour is over. */
void doors_forget_stranger(struct circle *c, const char *network, const char *account);

/* --- Joining and parting. --- */

/* Whether both show something in a round that is not archived, or keep something for the next: one
 * person shows one. */
bool doors_both_show(struct circle *c, int64_t one, int64_t other);
/* The account, which is not theirs yet, is another door of `into`, and whoever it was is `into`, in
 * every group; `undo` of theirs parts them for a day. Returns the merge, for records_add. */
int64_t doors_join(struct circle *c, int64_t into, const char *network, const char *account);
/* Parts again what the merge joined, and tells both. */
void doors_part(struct circle *c, int64_t merge);
/* The person is about to be forgotten in this group: what could be parted is theirs for good, and
 * nothing is kept aside. */
void doors_forget(struct circle *c, int64_t person);
/* What can be undone no more, and codes and tries whose time is over. */
void doors_prune(struct circle *c);

#endif
