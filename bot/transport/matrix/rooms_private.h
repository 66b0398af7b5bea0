/* What rooms.c (which rooms there are) and rooms_state.c (what is kept of them) share. */
#ifndef KITH_MATRIX_ROOMS_PRIVATE_H
#define KITH_MATRIX_ROOMS_PRIVATE_H

#include "transport/matrix/rooms.h"

enum kept_type {
	KEPT_CREATE,
	KEPT_ENCRYPTION,
	KEPT_POWER_LEVELS,
	KEPT_JOIN_RULES,
	KEPT_HISTORY_VISIBILITY,
	KEPT_TOMBSTONE,
	KEPT_NAME,
	KEPT_TYPES,
};

struct kept {
	char *sender, *content; /* NULL: there is no such event */
	struct span span;       /* of content */
};

struct known {
	struct matrix_room room; /* first member */
	int64_t seq;
	struct kept kept[KEPT_TYPES];
	bool keeps;        /* state; then `room.members` is its own */
	bool awaits;       /* room.moved_to is counted in `awaited` */
	GHashTable *newer; /* while its state is asked for: what was heard since, or NULL */
	/* Its row as it is in the store. */
	bool saved, saved_inside;
	char *saved_place, *saved_direct;
};

struct matrix_rooms {
	struct db *db;
	char *network, *user;
	GHashTable *configured; /* place -> that */
	GHashTable *by_id;      /* id -> struct known */
	GPtrArray *list;        /* the same, the oldest first; owns them */
	GHashTable *by_place;   /* place -> struct known */
	GHashTable *by_direct;  /* user -> GPtrArray of struct known, the oldest first */
	GHashTable *awaited;    /* id -> of how many rooms it is where they go on */
	GHashTable *nobody;     /* the members of all rooms without state */
	struct matrix_rooms_watcher watcher;
	int64_t last_seq;
};

/* rooms_state.c */
/* Reads what the store has of all rooms; tells nobody. */
void rooms_state_load(struct matrix_rooms *r);
/* Whether state is kept has to be what the room is now: a place, direct, awaited, inside. */
void rooms_state_review(struct matrix_rooms *r, struct known *k);
/* An event that is kept from now on, in memory: the room's own fields say what it says. */
void rooms_state_keep(struct known *k, enum kept_type type, const char *sender, const char *content,
		      size_t bytes);
void rooms_state_write_member(struct matrix_rooms *r, struct known *k, const char *user,
			      const char *shown, bool joined);
/* Where it goes on, by its moved_to, is worth keeping state of; or not any more. */
void rooms_state_start_awaiting(struct matrix_rooms *r, struct known *k);
void rooms_state_stop_awaiting(struct matrix_rooms *r, struct known *k);
void rooms_state_done(struct known *k);
extern const char *const rooms_state_types[KEPT_TYPES];

#endif
