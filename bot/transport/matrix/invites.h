/*
 * Who asks kith in (CS API: Room membership, stripped state): organizers anywhere, and to talk in
 * private anybody who is in a place with kith. Others are refused, with a reason, and the app is
 * told (EVENT_INVITE). Kith also goes by itself into its places, and after a room that moved.
 */
#ifndef KITH_MATRIX_INVITES_H
#define KITH_MATRIX_INVITES_H

#include "transport/matrix/span.h"

#include <stdbool.h>

struct invites;
struct matrix;
struct matrix_room;

/* Goes on with what was begun before the start. Needs `m->rooms` and `m->api`, both until it is
 * freed; watches the rooms. Of a trial it does nothing. */
struct invites *invites_new(struct matrix *m);
void invites_free(struct invites *i);

/* rooms.invite's entry for `room` (its invite_state). In a transaction; best after what the same
 * answer says of the rooms kith is in. */
void invites_heard(struct invites *i, const char *room, struct span entry);
/* After the first sync, and whenever kith finds itself outside of one of its places: joins the
 * places that can be joined (aliases are resolved first), with a growing pause where it cannot,
 * each reason logged once. */
void invites_places(struct invites *i);
/* Kith was put out of a place. It comes back by itself after some minutes, after a ban only when
 * somebody invites it. To be said before invites_places hears that kith is outside. */
void invites_put_out(struct invites *i, const char *place, bool banned);
/* The room has a tombstone: joins the replacement by the server of who said so, makes sure that it
 * names this room as its predecessor, and tells the app (EVENT_MOVED) in a transaction. */
void invites_follow(struct invites *i, const struct matrix_room *room);
/* Somebody may have gone out of a direct room: if kith is alone there now, it leaves it. */
void invites_abandoned(struct invites *i, const struct matrix_room *room);

#endif
