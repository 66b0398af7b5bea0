/* What outbound.c (whether a room can be spoken in, and speaking), outbound_share.c (who gets the
 * key) and outbound_keep.c (what is in the store) share. */
#ifndef KITH_MATRIX_E2EE_OUTBOUND_PRIVATE_H
#define KITH_MATRIX_E2EE_OUTBOUND_PRIVATE_H

#include "transport/matrix/e2ee/outbound.h"

#include "transport/matrix/e2ee/outbound_rotation.h"
#include "transport/matrix/rooms.h"

#include <glib.h>

struct crypto_outbound;

struct outbound {
	struct e2ee_env env;
	struct matrix_rooms *rooms;
	struct own *own;
	struct devices *devices;
	struct sessions *sessions;
	struct outgoing *outgoing;
	void (*ready)(void *data, const char *room);
	void *data;
	GHashTable *voices; /* room -> struct voice */
	/* Devices that were asked for a one-time key (hearer_name) -> when they may be asked again,
	 * by the monotonic clock. */
	GHashTable *deaf;
	struct loop_timer *timer;
	bool started;
};

/* A room that kith speaks in, or wants to. */
struct voice {
	struct outbound *o;
	char *room;
	bool wanted;    /* somebody is to be told that it is ready */
	bool settled;   /* it was, when it was last looked at closely */
	int64_t due_us; /* when that is done next, by the monotonic clock; -1: it is not */
	unsigned looks; /* in vain so far */
	/* As the store has it. */
	bool loaded;
	struct crypto_outbound *session; /* NULL: it needs a new one */
	int64_t since_us;
	char *visibility;
	GHashTable *had; /* hearers */
	/* Of those it was settled for: */
	GHashTable *readers; /* users */
	int64_t marks;       /* devices_marks, when their devices were last seen to be known */
	GPtrArray *deaf;     /* of struct device that might hear it some time */
	int64_t deaf_us;     /* when the next of them is to be tried again */
	/* One-time keys are being claimed of these (hearer_name); NULL: they are not. */
	GPtrArray *claimed;
	int64_t failing_us; /* since when that fails; -1: it does not */
};

/* outbound.c */
int64_t outbound_mono_us(const struct outbound *o);
int64_t outbound_wall_us(const struct outbound *o);
/* It is looked at again so much later; from the loop. */
void outbound_look_after(struct voice *v, int64_t us);
/* The same after a pause that grows with each. */
void outbound_look_again(struct voice *v);

/* outbound_keep.c: all in a transaction. */
/* What is in the store, if it is not in memory. A session that cannot be read is none. */
void outbound_load(struct voice *v);
/* A new session. */
void outbound_begin(struct voice *v, const struct matrix_room *room);
/* The next indices may be used once that is committed. */
void outbound_lease(struct voice *v);
/* Whether the next index may be; -1: the store does not know that session. */
int outbound_is_leased(const struct voice *v);
/* The session goes; but not who was told that it could not be reached. */
void outbound_end(struct outbound *o, const char *room);
void outbound_note(struct voice *v, const struct hearer *now, enum hearing hearing);
/* Those that are nobody `now`. */
void outbound_note_gone(struct voice *v, GHashTable *now);
/* Whether it was told, in whatever room, that it could not be reached, and has not been since. */
bool outbound_was_told(const struct outbound *o, const struct hearer *h);
/* In memory alone: what is there is in the store. */
void outbound_unload(struct voice *v);

/* outbound_share.c */
/* Every device of those who may read in that room now: hearers. Those that could not be reached are
 * not known here. g_hash_table_unref it. */
GHashTable *outbound_hearers(struct outbound *o, const struct matrix_room *room);
/* Whether what is known of their devices is the best there is. */
bool outbound_knows(const struct outbound *o, const char *user);
/* Sees to all that speaking there needs; true: nothing is missing. In a transaction. */
bool outbound_prepare(struct voice *v, const struct matrix_room *room);

#endif
