/*
 * The round: planned -> open -> last call -> closed -> archived, each transition once, or planned
 * -> skipped. A round is stored by its opening day; the times of its steps are computed from the
 * configuration each time they are asked for, so a change moves future steps only.
 */
#ifndef KITH_ROUNDS_H
#define KITH_ROUNDS_H

#include "circle.h"

enum round_state {
	ROUND_PLANNED,
	ROUND_OPEN,
	ROUND_LAST_CALL,
	ROUND_CLOSED,
	ROUND_ARCHIVED,
	ROUND_SKIPPED,
};

struct round {
	int64_t id;
	uint32_t day;
	enum round_state state;
	bool quiet;
	int64_t opens_at_us, last_call_at_us, closes_at_us, archives_at_us;
	int64_t opened_at_us; /* when it really was, maybe late; 0 before */
};

/* The round one could show in at c->now_us: open, at last call, or closed and not archived. */
bool rounds_current(struct circle *c, struct round *ret);
/* The next one to open; made if there is none. */
void rounds_planned(struct circle *c, struct round *ret);

/* What people are told of the next one: past holidays, and not while this one still is. */
void rounds_next(struct circle *c, struct round *ret);
/* Takes the steps that were due before c->now_us, when what is being handled was said. */
void rounds_catch_up(struct circle *c);

/* When the next step is due; in the past if it is overdue. */
int64_t rounds_due(struct circle *c);
/* Takes one step that is due at c->now_us, with what is to be said about it. False if none is.
 * Sets c->cause for the posts it makes. */
bool rounds_step(struct circle *c);

/* Somebody was forgotten: what the steps have announced and is still unsaid is composed anew. */
void rounds_revise(struct circle *c);

/* The organizer's hand. -EALREADY: a round is open; -ENOENT: none is. */
int rounds_open_now(struct circle *c);
int rounds_close_now(struct circle *c);
int rounds_extend(struct circle *c, int64_t by_us, struct round *ret);
/* The next round will not open, and the group is told so. */
void rounds_skip_next(struct circle *c);

/* Somebody showed something after all: the quiet round was none. */
void rounds_unquiet(struct circle *c, const struct round *r);

/* A time in the group's zone, as kith says it; g_free it. */
char *rounds_when(struct circle *c, int64_t at_us);

/* Holidays beyond the configured ones. */
void rounds_add_holiday(struct circle *c, uint32_t first, uint32_t last);

#endif
