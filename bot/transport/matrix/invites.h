/*
 * Who asks kith in (CS API: Room membership, stripped state): organizers anywhere, and to talk in
 * private anybody who is in a place with kith. Others are refused, with a reason, and the app is
 * told (EVENT_INVITE). Kith also goes by itself into its places, and after a room that moved.
 */
#ifndef KITH_MATRIX_INVITES_H
#define KITH_MATRIX_INVITES_H

#include "transport/matrix/span.h"

struct invites;
struct matrix;
struct matrix_room;

struct invites *invites_new(struct matrix *m);
void invites_free(struct invites *i);

/* rooms.invite's entry for `room` (its invite_state). */
void invites_heard(struct invites *i, const char *room, struct span entry);
/* After the first sync, and whenever kith finds itself outside of one of its places: joins the
 * places that can be joined (aliases are resolved first), with a growing pause where it cannot,
 * each reason logged once. */
void invites_places(struct invites *i);
/* The room has a tombstone: joins the replacement by the server of who said so, makes sure that it
 * names this room as its predecessor, and tells the app (EVENT_MOVED). */
void invites_follow(struct invites *i, const struct matrix_room *room);

#endif
