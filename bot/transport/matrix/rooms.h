/*
 * The rooms kith is in and what it keeps of their state (CS API: Room events; room versions 1 to
 * 12): who is there, who may speak, whether it is encrypted, where it goes on. Held in memory and
 * in the store; whatever changes it must be in a transaction.
 *
 * A place is a room as the configuration writes it: an id or an alias. It stays the same place when
 * the room is upgraded and goes on under another id; what the app hears of and says goes by the
 * place's name.
 */
#ifndef KITH_MATRIX_ROOMS_H
#define KITH_MATRIX_ROOMS_H

#include "transport/matrix/read.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct db;
struct matrix_rooms;

struct matrix_room {
	char *id;
	const char *place;                      /* as configured; NULL: it is no place */
	char *direct;                           /* whom it is alone with; NULL: it is not direct */
	bool inside;                            /* kith has joined it */
	bool encrypted;                         /* once it is, it stays so */
	char *algorithm;                        /* as m.room.encryption names it, or NULL */
	int64_t rotation_us, rotation_messages; /* likewise, 0 where it says nothing */
	char *version;                          /* "1" where nothing is said */
	char *name;                             /* m.room.name, or NULL */
	char *join_rule, *history_visibility;   /* NULL: not said */
	char *moved_to;                         /* the tombstone's replacement, or NULL */
	char *moved_by;                         /* who said so */
	GHashTable *members;                    /* user -> struct matrix_member */
};

struct matrix_member {
	char *shown; /* NULL: none */
	bool joined; /* else invited */
};

/* `places` is NULL-terminated, borrowed. Loads what the store has; rooms that are no place any more
 * stay known while kith is in them. `user` is kith's own id. */
struct matrix_rooms *matrix_rooms_new(struct db *db, const char *network, const char *user,
				      const char *const *places);
void matrix_rooms_free(struct matrix_rooms *r);

struct matrix_room *matrix_rooms_find(struct matrix_rooms *r, const char *id);
/* The room that a place is now; NULL: kith does not know yet (an alias), or has not been there. */
struct matrix_room *matrix_rooms_at(struct matrix_rooms *r, const char *place);
/* The direct room with `user` in which both are (or they are still invited): of several the one
 * that kith has known longest. NULL: none. */
struct matrix_room *matrix_rooms_direct(struct matrix_rooms *r, const char *user);
/* Each in turn: NULL at the end. */
struct matrix_room *matrix_rooms_each(struct matrix_rooms *r, unsigned i);

/* An alias is resolved, or an upgrade followed: `id` is `place` from now on. Its row is made. */
void matrix_rooms_set_place(struct matrix_rooms *r, const char *id, const char *place);
/* m.direct, or kith opened it: `id` is for `user` alone. NULL: it is not direct after all. */
void matrix_rooms_set_direct(struct matrix_rooms *r, const char *id, const char *user);
/* Kith is in it: from now on its state is kept. Makes it known. */
struct matrix_room *matrix_rooms_enter(struct matrix_rooms *r, const char *id);
/* Kith has left it, or was put out: what was kept of its state goes; its place is remembered. */
void matrix_rooms_leave(struct matrix_rooms *r, const char *id);

enum matrix_rooms_change {
	MATRIX_ROOMS_NOTHING, /* no state that is kept, or as it was */
	MATRIX_ROOMS_STATE,   /* kept */
	MATRIX_ROOMS_POWER,   /* who may do what is another, kept */
	MATRIX_ROOMS_JOIN,    /* `state_key` has come in ... */
	MATRIX_ROOMS_LEAVE,   /* ... or gone, or was put out */
	MATRIX_ROOMS_MOVED,   /* the room goes on elsewhere: moved_to */
};
/* A state event of a room kith is in, from its state or its timeline, in their order. Encryption is
 * never taken back. */
enum matrix_rooms_change matrix_rooms_apply(struct matrix_rooms *r, struct matrix_room *room,
					    const struct read_event *e);

/* How a user is called in a room; their id's local part where nothing is said. Not cleaned. Free
 * with g_free. */
char *matrix_room_shown(const struct matrix_room *room, const char *user);
/* Whether kith may say things there. */
bool matrix_room_may_speak(struct matrix_rooms *r, const struct matrix_room *room);
int64_t matrix_room_power(struct matrix_rooms *r, const struct matrix_room *room, const char *user);
/* Whether `user` is in one of the rooms that are places. */
bool matrix_rooms_meet(struct matrix_rooms *r, const char *user);

#endif
