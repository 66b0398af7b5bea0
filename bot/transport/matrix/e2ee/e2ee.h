/*
 * End-to-end encryption as the transport uses it: what a /sync answer brings for kith's device goes
 * in, encrypted events are read, what kith says is encrypted. Who is who in the parts: own.c kith's
 * device, crosssign.c its owner's keys, devices.c those of everybody else; sessions.c Olm and
 * outgoing.c its way out; outbound.c and inbound.c Megolm, unread.c what waits; olm.c the ratchets.
 */
#ifndef KITH_MATRIX_E2EE_E2EE_H
#define KITH_MATRIX_E2EE_E2EE_H

#include "transport/matrix/e2ee/crosssign.h"
#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/read.h"
#include "transport/matrix/rooms.h"

#include <jansson.h>

struct e2ee;
struct seal;

/* How an event that was said is to be taken. */
enum e2ee_trust {
	E2EE_TRUSTED,  /* by a device that its owner has signed */
	E2EE_UNSIGNED, /* by one that they have not, or that is not known */
	E2EE_CLEAR,    /* nobody encrypted it, in a room that is encrypted */
};

/* An event that was encrypted, as if it had not been. Owned. */
struct e2ee_event {
	char *text; /* what `event` points into */
	struct read_event event;
	enum e2ee_trust trust;
	char *device; /* its id; NULL: unknown */
};
void e2ee_event_done(struct e2ee_event *e);

struct e2ee_callbacks {
	/* That room, which was not ready, may be now. From the loop. */
	void (*ready)(void *data, const char *room);
	/* An event that had to wait can be read. In a transaction. */
	void (*read)(void *data, const char *room, const struct e2ee_event *e, bool backlog);
	/* It never could. `withheld`: since their device keeps the key from kith. In a transaction.
	 */
	void (*unreadable)(void *data, const char *room, const struct read_event *e, bool withheld);
	/* `user` has another cryptographic identity than before. In a transaction. */
	void (*identity_changed)(void *data, const char *user);
	/* The account's password, where the server asks for it before it takes the account's keys;
	 * NULL: there is none. config_secret_free it. */
	char *(*password)(void *data);
	/* The device is not to be used any more: kith has to sign in as another one. From the loop.
	 */
	void (*stale)(void *data, const char *why);
};

/* As own_open. In a transaction. */
int e2ee_open(const struct e2ee_env *env, const struct seal *seal, struct matrix_rooms *rooms,
	      const struct e2ee_callbacks *callbacks, void *data, struct e2ee **ret);
void e2ee_free(struct e2ee *e);

/* What a /sync answer has for this device, before its rooms. In its transaction. `since`: what was
 * asked for, NULL: the first sync of all; `gap`: kith was not listening before it. */
struct e2ee_sync {
	struct span to_device; /* the events, an array; at is NULL where there are none, as below */
	struct span device_lists;
	struct span one_time_counts, unused_fallbacks;
	const char *since, *next;
	bool gap;
};
void e2ee_heard(struct e2ee *e, const struct e2ee_sync *s);
/* It was handled, and its transaction is over: sends and asks what has come up. */
void e2ee_synced(struct e2ee *e);

/* All in a transaction. The state of a room that is kept has changed by that event (encryption,
 * members, who may read); or all of it was loaded (`e` is NULL). */
void e2ee_room(struct e2ee *e, const struct matrix_room *room, const struct read_event *event);
void e2ee_left(struct e2ee *e, const struct matrix_room *room);

enum e2ee_reading { E2EE_READ, E2EE_WAITS, E2EE_NEVER };
/* An event of a timeline, m.room.encrypted. E2EE_READ: e2ee_event_done *ret. In a transaction. */
enum e2ee_reading e2ee_read(struct e2ee *e, const struct matrix_room *room,
			    const struct read_event *event, bool backlog, struct e2ee_event *ret);
/* The echo of our own. */
void e2ee_echoed(struct e2ee *e, const struct matrix_room *room, const struct read_event *event);

/* As outbound has them. */
bool e2ee_ready(struct e2ee *e, const struct matrix_room *room);
json_t *e2ee_encrypt(struct e2ee *e, const struct matrix_room *room, const char *type,
		     const json_t *content);

#endif
