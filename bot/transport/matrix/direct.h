/*
 * The way to one person alone (CS API: Direct Messaging): the room there is, or one that kith
 * opens. Never two at once for one person. Creating a room has no transaction id: where no answer
 * came, before or after a start, the next syncs have some seconds to tell of it. One that is
 * refused is not asked for again within the hour.
 */
#ifndef KITH_MATRIX_DIRECT_H
#define KITH_MATRIX_DIRECT_H

#include <stdbool.h>

struct direct;
struct matrix;
struct matrix_room;

struct direct *direct_new(struct matrix *m);
/* What is under way is not waited for, and its `done` not called. NULL is fine. */
void direct_free(struct direct *d);
void direct_forget(struct direct *d);

/* They said `event` there: an answer to it belongs there too, if they have several rooms. */
void direct_heard(struct direct *d, const struct matrix_room *room, const char *event);
/* The room of theirs in which `user` said that, lately; NULL: it was elsewhere. Borrowed, only for
 * now. */
const char *direct_said_in(struct direct *d, const char *user, const char *event);
/* A room to speak to `user` in; NULL: there is none. Borrowed likewise. */
const char *direct_room(struct direct *d, const char *user);
/* Whether it may be spoken in: 0; -EAGAIN: nobody knows yet; -EPROTONOSUPPORT: it is encrypted in a
 * way that kith does not know. */
int direct_look(struct direct *d, const char *user, const char *room);
/* Whether somebody else than the two is in that room, or asked into it. */
bool direct_overheard(struct direct *d, const char *user, const char *room);
/* Nothing can be said there any more: it is for nobody. */
void direct_lost(struct direct *d, const char *user, const char *room);

enum direct_opening {
	DIRECT_MAY_OPEN,
	DIRECT_OPENING, /* it is being opened, or may have been */
	DIRECT_CLOSED,  /* kith has tried lately, whatever came of it; not again for now */
};
enum direct_opening direct_opening(struct direct *d, const char *user);
/* Opens one for whoever DIRECT_MAY_OPEN is said of, encrypted where what kith and they say
 * elsewhere is. `done` is called from the loop, once: 0, and direct_room tells it; -EPERM: refused;
 * -EAGAIN: nobody knows. It may free `d`. */
void direct_open(struct direct *d, const char *user,
		 void (*done)(void *data, const char *user, int error), void *data);

#endif
