/* The parts of devices: devices.c knows and marks, devices_ask.c asks, devices_take.c writes what
 * was answered. */
#ifndef KITH_MATRIX_E2EE_DEVICES_PRIVATE_H
#define KITH_MATRIX_E2EE_DEVICES_PRIVATE_H

#include "transport/matrix/e2ee/devices.h"

struct api_call;
struct loop_timer;

enum { DEVICES_QUESTIONS_MOST = 3 };

/* With asking for somebody's list; over with the first answer. */
struct devices_trouble {
	unsigned failures; /* in a row */
	int64_t due_us;    /* when it is asked for again, monotonic */
	bool alone;        /* a question after several failed, maybe because of this one */
	bool unreachable;
};

/* What an answer says of somebody. */
enum {
	DEVICES_TOLD_KEYS,
	DEVICES_TOLD_MASTER,
	DEVICES_TOLD_SELF_SIGNING,
	DEVICES_TOLD_PARTS,
};
enum devices_outcome {
	DEVICES_LEFT, /* not taken: that would have been too much at once */
	DEVICES_TAKEN,
	DEVICES_FAILED, /* not told: their server did not answer the homeserver */
};
struct devices_told {
	int64_t mark; /* `outdated` as it was when it was asked for */
	struct span parts[DEVICES_TOLD_PARTS];
	enum devices_outcome outcome;
};

struct devices {
	const struct e2ee_env *env;
	struct devices_callbacks callbacks;
	void *data;
	struct loop_timer *timer; /* the next look at what is to be asked */
	bool started;
	bool left;     /* somebody's following has ended since that was last tidied up */
	int64_t marks; /* no list was marked outdated with a greater number */
	int64_t pause_first_us, pause_most_us;
	GHashTable *troubles; /* user -> struct devices_trouble */
	/* Asking. */
	GPtrArray *questions; /* struct devices_question, under way */
	struct api_call *changes;
	unsigned failures; /* of the homeserver to say anything at all, in a row */
	int64_t quiet_until_us;
};

/* Looks what is to be asked, from the loop. */
void devices_look(void *data);
void devices_look_soon(struct devices *d);
/* Ends what is under way; no answer to it is taken any more. */
void devices_hang_up(struct devices *d);
/* Of /keys/changes alone. */
void devices_forget_changes(struct devices *d);

/* In a transaction: every list that is followed is outdated, and nothing else is to be asked. */
void devices_mark_all(struct devices *d);
/* In a transaction. Whether it is followed. */
bool devices_mark(struct devices *d, const char *user);

/* From the loop: of those who are not followed any more only so many are remembered. */
void devices_tidy(struct devices *d);

/* For tests: other pauses than from a minute to an hour. */
void devices_set_pauses(struct devices *d, int64_t first_us, int64_t most_us);

/* The answer to /keys/query for `asked` (user -> struct devices_told), who are followed; each gets
 * an outcome. False: it is no such answer. In a transaction. */
bool devices_take(struct devices *d, GHashTable *asked, struct span answer);

#endif
