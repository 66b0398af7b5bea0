/*
 * What read like a pitch, what kith decided, and what people said to that: the guard's memory. A
 * case holds no text, only hashes, the reasons and the decision, and is gone after thirty days.
 */
#ifndef KITH_PITCHES_H
#define KITH_PITCHES_H

#include "circle.h"
#include "pitch/policy.h"

/* Who said it: a person kith knows, or (0) a keyed hash of an account or nick. */
struct pitches_author {
	int64_t person;
	char *stranger; /* NULL where `person` is not 0 */
};
struct pitches_author pitches_author(struct circle *c, const struct event *e);
void pitches_author_done(struct pitches_author *a);
#define PITCHES_AUTHOR_AUTO __attribute__((cleanup(pitches_author_done)))

enum pitches_state {
	PITCHES_OPEN,
	PITCHES_MISREAD,   /* its author said so */
	PITCHES_WELCOME,   /* an organizer let it through */
	PITCHES_CLOSED,    /* an organizer left it at that */
	PITCHES_OVER,      /* its author was a stranger and has joined since */
	PITCHES_WITHDRAWN, /* its author deleted it, or edited the pitch out of it */
};

/* A case, as it can be told of. */
struct pitches_case {
	int64_t id;
	int64_t person; /* 0: somebody who has not joined */
	enum policy_action action;
	enum pitches_state state;
	char *reasons; /* for pitches_reasons */
	int64_t at_us;
};
void pitches_case_done(struct pitches_case *p);

/* The two halves of the policy's input that are remembered; what was only observed is apart from
 * what was said. `text` is a hash, see hashes_text. */
struct policy_history pitches_history(struct circle *c, const struct pitches_author *a,
				      bool observed);
struct policy_said pitches_said(struct circle *c, const struct pitches_author *a,
				const struct event *e, const char *text, bool observed);
/* A stranger who has introduced themself in an earlier case. */
bool pitches_introduced(struct circle *c, const struct pitches_author *a);

/* Keeps a case. Returns its id. */
int64_t pitches_keep(struct circle *c, const struct pitches_author *a, const struct event *e,
		     const char *text, const struct reading *reading,
		     const struct policy_decision *decision);
/* Its author edited the pitch out of the message, or deleted it: it is no step any more, and nobody
 * is told of it who has not been. What was said about it in the room still counts as said. */
void pitches_withdraw(struct circle *c, const struct pitches_author *a, const struct event *e);
/* Its author edited a pitch into the message again: the case it had stands again. False if it has
 * none. */
bool pitches_reopen(struct circle *c, const struct pitches_author *a, const struct event *e);

/* "names a price and asks people to sign up", in the catalogue's words. Plain text; g_free it. */
char *pitches_reasons(struct circle *c, const char *reasons);
char *pitches_reasons_of(struct circle *c, const struct reading *reading);

/* The author's latest case that kith acted on; false if there is none. pitches_case_done it. */
bool pitches_latest(struct circle *c, const struct pitches_author *a, struct pitches_case *ret);
/* "I misread that": closes the latest case that is open, undoes its step, exempts its text. False
 * if there is none. */
bool pitches_misread(struct circle *c, const struct pitches_author *a);
/* Likewise of that about the message `event` (its id), if it is theirs. */
bool pitches_misread_event(struct circle *c, const struct pitches_author *a, const char *network,
			   const char *event);
bool pitches_exempt(struct circle *c, const char *text);

/* What lies with the organizers, the oldest first. GArray of struct pitches_case; unref it. */
GArray *pitches_held(struct circle *c);
/* Their word: `welcome` exempts the text and undoes the step. */
void pitches_settle(struct circle *c, int64_t id, bool welcome);

/* An organizer's leave to tell of anything until then; a stranger's ends after thirty days. Returns
 * when it does. */
int64_t pitches_allow(struct circle *c, const struct pitches_author *a, int64_t until_us);
/* Until when, 0 if there is none. */
int64_t pitches_allowed(struct circle *c, const struct pitches_author *a);

/* Somebody joined: what the guard knew of them as a stranger is over. */
void pitches_joined(struct circle *c, int64_t person, const char *network, const char *account);
/* Whether anything is kept of a stranger, and forgetting it. */
bool pitches_traces(struct circle *c, const struct pitches_author *a);
/* Of the last hour it stays known which text was answered where, and of whom no more. */
void pitches_forget(struct circle *c, const struct pitches_author *a);
/* Deletes cases and leaves that are over. */
void pitches_prune(struct circle *c);

/* The organizers' weekly summary: what kith would have said where it only observes, and what it
 * misread. When it is next due; INT64_MAX if there is nothing to tell. */
int64_t pitches_summary_due(struct circle *c);
/* Tells it if it is due at c->now_us. False if it is not. Sets c->cause for the posts it makes. */
bool pitches_summary_step(struct circle *c);

#endif
