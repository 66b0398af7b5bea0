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
	const char *place; /* as configured; NULL: it is no place */
	char *direct;      /* whom it is alone with; NULL: it is not direct */
	bool left;         /* they have gone out of it, or do not want to come in */
	bool inside;       /* kith has joined it */
	bool complete;     /* all of its state is known, if it is kept */
	bool encrypted;    /* once it is, it stays so */
	char *algorithm;   /* as m.room.encryption names it, or NULL */
	int64_t rotation_us, rotation_messages; /* likewise, 0 where it says nothing */
	char *version;                          /* "1" where nothing is said */
	char *name;                             /* m.room.name, or NULL */
	char *join_rule, *history_visibility;   /* NULL: not said */
	char *moved_to;                         /* the tombstone's replacement, or NULL */
	char *moved_by;                         /* who said so */
	GHashTable *members; /* user -> struct matrix_member; nobody where no state is kept */
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

/* Called from inside whatever changes the rooms, and so in a transaction. */
struct matrix_rooms_watcher {
	/* State of `room` is to be kept from now on, though kith may have been there before. Unless
	 * the same /sync answer tells it, it has to be asked for: matrix_rooms_fill. */
	void (*lacks)(void *data, const char *room);
	/* A room that another one goes on in has told where it came from. */
	void (*arrived)(void *data, struct matrix_room *room);
	void *data;
};
void matrix_rooms_watch(struct matrix_rooms *r, const struct matrix_rooms_watcher *w); /* copied */

/* Whether that is a room's id, or a user's (CS API, appendices: Common Namespace Format). */
bool matrix_rooms_is_id(const char *id);
bool matrix_rooms_is_user(const char *id);
struct matrix_room *matrix_rooms_find(struct matrix_rooms *r, const char *id);
/* The room that a place is now, be kith inside or not; NULL: kith does not know yet (an alias). */
struct matrix_room *matrix_rooms_at(struct matrix_rooms *r, const char *place);
/* The direct room with `user` in which both are (or they are still invited) and nobody else: of
 * several the one that kith has known longest. NULL: none; one that kith has just opened is there
 * once /sync has told of it. */
struct matrix_room *matrix_rooms_direct(struct matrix_rooms *r, const char *user);
/* How many rooms are direct with `user`, whoever is there. */
unsigned matrix_rooms_directs(struct matrix_rooms *r, const char *user);
/* Each in turn, the one known longest first: NULL at the end. */
struct matrix_room *matrix_rooms_each(struct matrix_rooms *r, unsigned i);

/* An alias is resolved, or an upgrade followed: `id` is `place` from now on. Its row is made. Does
 * nothing where `place` is not configured, or `id` is a place by itself already. */
void matrix_rooms_set_place(struct matrix_rooms *r, const char *id, const char *place);
/* m.direct, or kith opened it: `id` is for `user` alone. NULL: it is not direct after all. A place
 * is never direct. */
void matrix_rooms_set_direct(struct matrix_rooms *r, const char *id, const char *user);
/* Kith is in it (it may have been before): from now on its state is kept, if it is a place, or
 * direct, or another such room goes on there. Makes it known. */
struct matrix_room *matrix_rooms_enter(struct matrix_rooms *r, const char *id);
/* Kith has left it, or was put out: what was kept of its state goes, save that it is encrypted; its
 * place is remembered. The room itself is gone where it is no place. */
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
 * never taken back. An invitation to talk in private (is_direct), to kith or by kith, makes a room
 * direct, also where it is only told of as what was before (unsigned.prev_content). */
enum matrix_rooms_change matrix_rooms_apply(struct matrix_rooms *r, struct matrix_room *room,
					    const struct read_event *e);

/* Whether state of that room is kept: it is a place, direct, or where a place goes on. Others are
 * nothing to kith. */
bool matrix_rooms_keeps(const struct matrix_room *room);
/* Whether state of that room is to be kept and has to be asked for. */
bool matrix_rooms_lacks(struct matrix_rooms *r, const struct matrix_room *room);
/* All of its state is being asked for (CS API: GET /rooms/{roomId}/state): what is heard of it
 * meanwhile is newer. */
void matrix_rooms_asked(struct matrix_room *room);
/* The answer, an array of events: `each` is handed those that are not outdated already, to be
 * applied. Then the room is complete. In a transaction. */
void matrix_rooms_fill(struct matrix_room *room, struct span events,
		       void (*each)(void *data, struct matrix_room *room, struct span event),
		       void *data);

/* The room that `room` says it came from (m.room.create's predecessor), or NULL. g_free it. */
char *matrix_room_predecessor(const struct matrix_room *room);
/* Whether kith is there with whom the room is for (or has invited them), and nobody else is. */
bool matrix_room_is_private(const struct matrix_rooms *r, const struct matrix_room *room);
/* How a user is called in a room; their id's local part where nothing is said. Not cleaned. Free
 * with g_free. */
char *matrix_room_shown(const struct matrix_room *room, const char *user);
/* Whether it is encrypted in a way that kith does not know. */
bool matrix_room_is_opaque(const struct matrix_room *room);
/* Whether kith may say things there. */
bool matrix_room_may_speak(struct matrix_rooms *r, const struct matrix_room *room);
int64_t matrix_room_power(struct matrix_rooms *r, const struct matrix_room *room, const char *user);
/* Whether `user` is in one of the rooms that are places; in one that is encrypted. */
bool matrix_rooms_meet(struct matrix_rooms *r, const char *user);
bool matrix_rooms_meet_encrypted(struct matrix_rooms *r, const char *user);

#endif
