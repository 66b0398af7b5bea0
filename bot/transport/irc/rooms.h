/* The rooms kith is to be in, whether it is, and who else is there. Bound to one server's way of
 * comparing names. */
#ifndef KITH_IRC_ROOMS_H
#define KITH_IRC_ROOMS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct isupport;
struct rooms;

enum room_state {
	ROOM_OUTSIDE, /* JOIN at `due_us` */
	ROOM_JOINING, /* JOIN is said; no answer by `due_us` is a no */
	ROOM_LISTING, /* inside; who is there is being told, by `due_us` at the latest */
	ROOM_INSIDE,
};

struct room {
	const char *name; /* as configured */
	enum room_state state;
	int64_t due_us;     /* monotonic */
	int64_t tried_us;   /* when JOIN was said last, monotonic */
	int64_t wait_us;    /* how long the next refusal keeps us out; doubled each time, until
				 we were in for a while */
	GHashTable *people; /* folded nick -> nick; ourselves included */
};

/* Both are borrowed and must outlive it; `names` is NULL-terminated. */
struct rooms *rooms_new(const char *const *names, const struct isupport *isupport);
void rooms_free(struct rooms *r);

/* A new connection: outside of every room, to be joined at once. Names may fold otherwise now. */
void rooms_reset(struct rooms *r);

unsigned rooms_count(const struct rooms *r);
struct room *rooms_at(const struct rooms *r, unsigned i);
/* By the name the server gives it; NULL if kith is not to be there. */
struct room *rooms_find(const struct rooms *r, const char *name);

/* Kept out, or put out: outside until it is time to try again. */
void room_shut(struct room *room, int64_t now_us);
/* Just inside; nobody is known to be there yet. */
void room_enter(struct room *room, int64_t due_us);

void rooms_add(const struct rooms *r, struct room *room, const char *nick);
/* Whether they were there. */
bool rooms_remove(const struct rooms *r, struct room *room, const char *nick);
bool rooms_has(const struct rooms *r, const struct room *room, const char *nick);
/* The nick, as it is spelled, of somebody in any of the rooms; NULL if they are in none. Borrowed.
 */
const char *rooms_nick(const struct rooms *r, const char *nick);

#endif
