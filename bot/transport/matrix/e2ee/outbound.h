/*
 * Megolm, as kith speaks (CS API: m.megolm.v1.aes-sha2). A room's session is known to those devices
 * only that may read now: it is left for a new one after so many messages, or so long, when
 * somebody leaves or is not invited any more, when a device is gone or not its owner's any more,
 * and when what newcomers may read changes.
 *
 * In the store indices are leased before they are used: after a kill some are passed over, none is
 * used twice.
 */
#ifndef KITH_MATRIX_E2EE_OUTBOUND_H
#define KITH_MATRIX_E2EE_OUTBOUND_H

#include "transport/matrix/e2ee/env.h"

#include <jansson.h>

struct devices;
struct matrix_room;
struct matrix_rooms;
struct outbound;
struct outgoing;
struct own;
struct sessions;

enum {
	OUTBOUND_LEASE = 32, /* indices */
	/* Where the room does not say (m.room.encryption). */
	OUTBOUND_MESSAGES = 100,
	OUTBOUND_DAYS = 7,
};

struct outbound *outbound_new(const struct e2ee_env *env, struct matrix_rooms *rooms,
			      struct own *own, struct devices *devices, struct sessions *sessions,
			      struct outgoing *outgoing,
			      void (*ready)(void *data, const char *room), void *data);
void outbound_free(struct outbound *o);
/* Sees to it from now on: the account is signed in, and its first sync handled. No room is ready
 * before. */
void outbound_start(struct outbound *o);

/* Whether the room can be spoken in now: everybody's devices are known, there is a session, and the
 * server has what lets them read it. If not it is seen to; `ready` is called once outbound_ready
 * may say otherwise, from the loop (never from in here). */
bool outbound_ready(struct outbound *o, const struct matrix_room *room);
/* For that room, and ready: the content of m.room.encrypted; m.relates_to stays outside. In a
 * transaction: it is sent once that is committed, and if it never is, never. NULL: it was not ready
 * after all, and `ready` will tell. json_decref it. */
json_t *outbound_encrypt(struct outbound *o, const struct matrix_room *room, const char *type,
			 const json_t *content);

/* What it may have waited for: the devices of `user` are known (in a transaction); what was on its
 * way `about` a session has been taken by the server. */
void outbound_devices(struct outbound *o, const char *user);
void outbound_sent(struct outbound *o, const char *about);

/* The next message needs a new session. In a transaction. */
void outbound_rotate(struct outbound *o, const char *room);
/* Kith has left it: its session goes. In a transaction. */
void outbound_drop(struct outbound *o, const char *room);
/* A session of our own in which somebody used that index, by the echo of a message in that room
 * (of what was said longer ago than a year nothing is known any more).
 * False: kith has not: another kith, or this one as a copy of the store does not remember it, has
 * spoken on the same keys. */
bool outbound_echoed(struct outbound *o, const char *room, const char *session, uint32_t index);

#endif
