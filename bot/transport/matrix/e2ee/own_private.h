/* What the parts of a device's own keys share: what is signed and kept, and what goes up when. */
#ifndef KITH_MATRIX_E2EE_OWN_PRIVATE_H
#define KITH_MATRIX_E2EE_OWN_PRIVATE_H

#include "transport/matrix/e2ee/own.h"

struct api_answer;
struct api_call;
struct api_request;
struct loop_timer;

struct own {
	const struct e2ee_env *env;
	struct own_callbacks callbacks;
	void *data;
	struct crypto_account *account;
	json_t *device_keys;
	/* As the store has it. */
	bool published;
	int64_t fallback_at_us;
	bool fallback_old;
	bool fallback_waits; /* the new one is made, and not there yet */
	/* As the server told. */
	int stock;          /* one-time keys; -1: unknown */
	int64_t stocked_us; /* when; monotonic */
	bool fallback_used;
	bool checked;       /* that it has no other keys for this device ... */
	bool compared;      /* ... and that the store is not behind it */
	int64_t remembered; /* the generation that it was told of; -1: unknown */
	bool wanted;        /* own_publish has been called ... */
	bool untold;        /* ... and `published` has not */
	bool is_stale;
	struct api_call *call;
	struct loop_timer *timer; /* the next step */
	unsigned failures;        /* in a row */
	char *said;               /* of a failure, in the log */
	bool of_before;           /* what the next sync counts may be of before an upload */
	/* The server has been given what was missing, and counted fewer: until `patience`. */
	bool patient;
	struct loop_timer *patience;
	unsigned shorts; /* so many times in a row */
	struct loop_timer *forget;
};

/* With the device's key, added to `object`. */
void own_sign_object(const struct own *o, json_t *object);

/*
 * What goes up (own_publish.c).
 */
/* Once the account is there. In a transaction. */
void own_publish_init(struct own *o);
/* Also before it. */
void own_publish_done(struct own *o);
/* One thing is asked of the server at a time, and what it answers leads to the next: `done` forgets
 * the call, and ends with one of those below. */
void own_send(struct own *o, const struct api_request *r,
	      void (*done)(void *data, const struct api_answer *a));
/* Whatever is to be asked next. */
void own_step(struct own *o);
void own_well(struct own *o);
void own_try_later(struct own *o, const struct api_answer *a);
/* Nothing of `o` is touched behind it: it may be gone. */
void own_go_stale(struct own *o, const char *why);

/*
 * Whether the server knows the device as the store does (own_look.c).
 */
void own_look(struct own *o);
/* Once it is known to be published. */
void own_compare(struct own *o);
/* If there is anything new. */
void own_tell(struct own *o);
/* Whether the server has refused, and so has none of it; else nobody knows. */
bool own_is_refused(const struct api_answer *a);

#endif
