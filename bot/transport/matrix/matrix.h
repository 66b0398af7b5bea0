/* The Matrix transport's own state, shared by its parts: matrix.c opens it, sync.c keeps it in
 * touch and hear.c makes events of what it is told, send.c brings posts out, invites.c goes into
 * rooms, waiting.c fills holes; trial.c is all there is of it in a trial. */
#ifndef KITH_MATRIX_MATRIX_H
#define KITH_MATRIX_MATRIX_H

#include "transport.h"
#include "transport/matrix/span.h"

#include <stdbool.h>
#include <stdint.h>

struct account;
struct api;
struct config_section;
struct db;
struct e2ee;
struct http;
struct invites;
struct login;
struct loop_timer;
struct matrix_room;
struct matrix_rooms;
struct read_event;
struct spoken;
struct seal;
struct send;
struct sync;
struct uploads;
struct waiting;

struct matrix {
	struct transport transport; /* first member */
	struct transport_env env;
	char *name;
	struct db *db;
	struct config_section *section; /* a copy: the configuration may be read again */
	struct http *http;
	struct seal *seal;
	struct login *login; /* while it signs in */
	/* From here on NULL until kith is signed in. */
	struct api *api;
	char *user, *device; /* kith's own ids */
	struct matrix_rooms *rooms;
	struct e2ee *e2ee;
	struct spoken *spoken;
	struct send *send;
	struct uploads *uploads;
	struct waiting *waiting;
	struct invites *invites;
	struct sync *sync;
	enum transport_state state; /* as last reported */
	struct loop_timer *retry;   /* signing in, after it failed */
	struct loop_timer *due;     /* to be ONLINE, whatever is still waited for */
	unsigned failures;          /* to sign in, in a row */
	bool moved;                 /* into a place or out of it, since the last look at them */
	bool telling;               /* `due` is set: what was missed is being told */
	bool synced;                /* at least once, since the connection was there */
};

/* matrix.c */
int64_t matrix_wall_us(const struct matrix *m);
/* Tells the app, if that is another than before; ONLINE always, since a room more may be there. */
void matrix_report(struct matrix *m, enum transport_state s);
/* When kith last heard anything there, before this start; 0: it never did. */
int64_t matrix_heard_us(const struct matrix *m);
/* Kith has come into a room, whose state is known now; or is about to be out of it. In the
 * transaction of what told so. */
void matrix_entered(struct matrix *m, const struct matrix_room *room);
void matrix_left(struct matrix *m, const struct matrix_room *room, bool banned);
/* An answer to /sync has been handled, the `first` since kith listens. */
void matrix_synced(struct matrix *m, bool first);

#endif
