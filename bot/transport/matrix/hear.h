/* What happens in rooms, as the app is to hear of it. All in a transaction, each event's effects in
 * a savepoint of their own; an event whose handling changed something is not handled again. */
#ifndef KITH_MATRIX_HEAR_H
#define KITH_MATRIX_HEAR_H

#include "transport/matrix/span.h"

#include <stdbool.h>
#include <stdint.h>

struct matrix;
struct matrix_room;
struct read_event;
struct read_message;

/* State as a room has it now: kept, and the app is told nothing. */
void hear_state(struct matrix *m, struct matrix_room *room, struct span event);
/* An event of a timeline, the moment it arrives: its state is kept (and told of if `told`), and
 * kith knows its own posts again. What people say is hear_said's, when its turn comes. */
void hear_timeline(struct matrix *m, struct matrix_room *room, const struct read_event *e,
		   bool told);
/* What somebody says, takes back or marks. */
void hear_said(struct matrix *m, const struct matrix_room *room, const struct read_event *e,
	       bool backlog);
/* The same, of one that could not be read then. */
struct e2ee_event;
void hear_opened(struct matrix *m, const struct matrix_room *room, const struct e2ee_event *e,
		 bool backlog);
/* One that never could; `withheld`: since their device keeps the key from kith. */
void hear_unreadable(struct matrix *m, const struct matrix_room *room, const struct read_event *e,
		     bool withheld);
/* They prove who they are with other keys than before. */
void hear_identity(struct matrix *m, const char *user);
/* The same, of one that has waited. */
void hear_event(struct matrix *m, const struct matrix_room *room, struct span event, bool backlog);

/* The same, of an upload whose name had to be asked for. */
void hear_named(struct matrix *m, const char *room, const struct read_event *e, bool backlog,
		const struct read_message *file);

/* Kith may not speak in that place. */
void hear_muted(struct matrix *m, const struct matrix_room *room);
/* It was put out of it, by this event. */
void hear_ejected(struct matrix *m, const struct matrix_room *room, struct span event);
/* It could not listen there from then on, and what was said is not to be had. */
void hear_missed(struct matrix *m, const char *place, int64_t from_us);

#endif
