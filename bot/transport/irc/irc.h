/* The IRC transport's own state, shared by its three parts: irc.c opens it and keeps it in its
 * rooms, hear.c makes events of what the server says, say.c brings posts out. */
#ifndef KITH_IRC_IRC_H
#define KITH_IRC_IRC_H

#include "transport.h"
#include "transport/irc/session.h"

#include <glib.h>
#include <stdint.h>

struct loop_timer;
struct rooms;
struct room;
struct wire;

/* The post on its way: said, but the server has not answered the PING behind it yet. */
struct flight {
	char *key; /* NULL: none is */
	char *target;
	uint64_t fence;
	int error; /* what the server objected meanwhile */
};

struct irc {
	struct transport transport; /* first member */
	struct transport_env env;
	char *name;
	bool trust_nicks; /* a nick is as good as an account here */
	struct wire *wire;
	struct rooms *rooms;
	struct loop_timer *rooms_due;
	struct loop_timer *flight_late;
	bool online;
	struct flight flight;
	GHashTable *missed; /* set of folded accounts that a post did not find */
	uint64_t events;    /* of this connection */
};

/* irc.c */
int64_t irc_mono_us(const struct irc *irc);
void irc_report(struct irc *irc, enum transport_state s);
/* A room's state has changed: says ONLINE when the last one is settled, and each time one more is
 * entered afterwards; looks when the next is due. */
void irc_room_changed(struct irc *irc, const struct room *room);
/* What a server gave as a name or a reason, fit for one line of the log. g_free it. */
char *irc_for_log(const char *text);

/* hear.c; from inside the wire's callback. */
void hear(struct irc *irc, enum session_kind kind, const struct line *l);

/* say.c; transport_impl's send. */
int say(struct irc *irc, const struct post *p);
/* The server has passed that PING. */
void say_passed(struct irc *irc, uint64_t fence);
/* An error that names `target`; true if it is about the post on its way. */
bool say_refused(struct irc *irc, int numeric, const char *target);
/* The connection is gone: the post will be offered again. */
void say_forget(struct irc *irc);

#endif
