/* The Matrix transport's own state, shared by its parts: matrix.c opens it, sync.c keeps it in
 * touch and hear.c makes events of what it is told, send.c brings posts out, invites.c goes into
 * rooms, waiting.c fills holes. */
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
struct http;
struct invites;
struct login;
struct matrix_room;
struct matrix_rooms;
struct read_event;
struct spoken;
struct seal;
struct send;
struct sync;
struct waiting;

struct matrix {
	struct transport transport; /* first member */
	struct transport_env env;
	char *name;
	struct db *db;
	const struct config_section *section; /* borrowed; outlives the transport */
	struct http *http;
	struct seal *seal;
	struct login *login; /* while it signs in */
	/* From here on NULL until kith is signed in. */
	struct api *api;
	char *user; /* kith's own id */
	struct matrix_rooms *rooms;
	struct spoken *spoken;
	struct send *send;
	struct waiting *waiting;
	struct invites *invites;
	struct sync *sync;
	enum transport_state state; /* as last reported */
};

/* matrix.c */
int64_t matrix_wall_us(const struct matrix *m);
/* Tells the app, if that is another than before; ONLINE always, since a room more may be there. */
void matrix_report(struct matrix *m, enum transport_state s);
/* The session is over for good; the log has said why. */
void matrix_failed(struct matrix *m);
/* Kith is in a place, or is not: keeps env.listening, and says so if everything else is there. */
void matrix_place_changed(struct matrix *m, const char *place, bool inside);

/* hear.c: what a /sync answer says, and an event whose time to wait is over. All in a transaction.
 */
void hear_state(struct matrix *m, struct matrix_room *room, struct span event);
void hear_timeline(struct matrix *m, struct matrix_room *room, struct span event, bool backlog);

#endif
