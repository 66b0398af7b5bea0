/*
 * What kith does about a message that reads like a pitch: who said it, when, and what went before,
 * to one of four answers. Pure: everything it goes by is in the struct, every row of it in the
 * table of tests/unit/test_policy.c. A person's word (a vouch, an organizer's leave) is above any
 * reading; a link is no sign of anything.
 */
#ifndef KITH_POLICY_H
#define KITH_POLICY_H

#include "pitch/reading.h"

#include "config.h"

#include <stdbool.h>

enum policy_who {
	POLICY_STRANGER,
	POLICY_NEWCOMER, /* a stranger whose message introduces them: treated as a member */
	POLICY_MEMBER,   /* joined, and has not lately given anything specific to anyone */
	POLICY_GIVING,   /* has, or is vouched for */
	POLICY_ORGANIZER,
};

/* What makes a message none of the guard's business, whatever it reads like; the first that holds.
 */
enum policy_context {
	POLICY_ORDINARY,
	POLICY_PRIVATE,     /* said to kith alone */
	POLICY_BACKLOG,     /* older than ten minutes */
	POLICY_QUIET,       /* an organizer asked kith to be quiet */
	POLICY_EXEMPT,      /* somebody said that this text is no pitch */
	POLICY_ALLOWED,     /* an organizer gave this person leave */
	POLICY_OTHERS_WORK, /* another member's work */
	POLICY_OWN_WORK,    /* an own work, while a round is open */
	POLICY_ANSWER,      /* to a question somebody else asked here */
	POLICY_LAUNCH,    /* announced beforehand, within the week's budget; or a slot asked for */
	POLICY_CONTINUED, /* more lines of what was judged already */
};

/* What went before with this person here; cases closed as misread or welcome are not among it. What
 * is older than thirty days is over. */
struct policy_history {
	bool in_7_days;      /* an earlier pitch they were told about, or the organizers were */
	bool two_in_7_days;  /* at least two, whatever was done about them */
	bool two_in_30_days; /* at least two of the first kind */
	bool answered_in_30_days; /* kith told them about one, in private or in the room */
	bool held_in_30_days;     /* the organizers were told about one after that */
	bool held_open;           /* one lies with the organizers, unanswered */
	bool nudged_in_a_day;
};

/* What kith has said in public within the last hour. */
struct policy_said {
	bool to_person;
	bool about_text; /* the same text, whoever posted it */
	bool place_full; /* three lines in this place */
	bool organizers; /* and they were told that one of these held kith back */
};

struct policy_case {
	enum config_pitch_mode mode; /* what holds here and now: a new place only observes */
	enum reading_verdict reading;
	enum policy_who who;
	enum policy_context context;
	bool anybody_giving; /* some member of the group has lately given something */
	struct policy_history history;
	struct policy_said said;
};

enum policy_action {
	POLICY_IGNORE,
	POLICY_NUDGE,   /* privately */
	POLICY_DECLINE, /* one gentle public line */
	POLICY_HOLD,    /* the organizers are told; kith says nothing */
};

/* Which row of the table decided. */
enum policy_why {
	POLICY_WHY_OFF,
	POLICY_WHY_OK,    /* it does not read like a pitch */
	POLICY_WHY_MAYBE, /* not enough to speak */
	POLICY_WHY_CONTEXT,
	POLICY_WHY_ORGANIZER,
	POLICY_WHY_GIVING,
	POLICY_WHY_NOBODY_GIVES, /* the group needs a round, not refusals */
	POLICY_WHY_OVERDONE,     /* a giving member's third in seven days */
	POLICY_WHY_FIRST,
	POLICY_WHY_AGAIN,
	POLICY_WHY_THIRD,
	POLICY_WHY_SAID_ENOUGH,  /* a public line was due, and was one too many */
	POLICY_WHY_HELD_ALREADY, /* the organizers know; silence */
};

struct policy_decision {
	enum policy_action action;
	enum policy_why why;
	bool keep;     /* as a case: a step on the person's ladder, or (a maybe) for the summary */
	bool observed; /* nothing is said; the organizers hear of it in the week's summary */
};

struct policy_decision policy_decide(const struct policy_case *c);

/* "ignore", "nudge", "decline", "hold". Static. */
const char *policy_action_name(enum policy_action action);

#endif
