/* The IRC transport's own state, shared by its parts: irc.c opens it and keeps it in its rooms,
 * hear.c and presence.c make events of what the server says, identity.h, whois.h and monitor.h know
 * whose they are, say.c brings posts out. */
#ifndef KITH_IRC_IRC_H
#define KITH_IRC_IRC_H

#include "transport.h"
#include "transport/irc/ctcp.h"
#include "transport/irc/session.h"

#include <glib.h>
#include <stdint.h>

struct event;
struct history;
struct identity;
struct loop_timer;
struct monitor;
struct more;
struct rooms;
struct room;
struct splits;
struct users;
struct whois;
struct wire;

struct irc_times {
	int64_t whois_us; /* within which a WHOIS is answered, or will not be */
	/* For how long an account is believed where the server tells of no changes: for chat, for
	 * what may be a command, and for a command of somebody who had none. */
	int64_t fresh_us, fresh_command_us, fresh_nobody_us;
	int64_t split_us; /* how long a netsplit is no leave */
};
extern const struct irc_times irc_times_default;

enum { FLIGHTS_MOST = 8 };

/* A post on its way: said, but not seen to have arrived yet. At most one to each target, so that
 * they stay in order. */
struct flight {
	char *key;
	char *target;
	GPtrArray *unseen; /* of char *: lines the server has not echoed; NULL where it does not */
	uint64_t fence;    /* of the PING behind it; 0: none is */
	int error;         /* what the server objected meanwhile */
	bool out;          /* nothing of it waits in the queue any more */
	int64_t due_us;    /* when to look after it, monotonic */
};

struct irc {
	struct transport transport; /* first member */
	struct transport_env env;
	char *name;
	bool trust_nicks; /* a nick is as good as an account here */
	struct wire *wire;
	struct rooms *rooms;
	struct loop_timer *rooms_due;
	struct history *history;
	int64_t answer_us; /* how long the server may take to tell what was said */
	bool online;
	GPtrArray *flights; /* of struct flight, at most FLIGHTS_MOST */
	struct loop_timer *flights_due;
	int64_t echo_us; /* how long an echo may take until a PING asks after it */
	bool cut_told;   /* the log knows that this server cuts what is said */
	struct more *more;
	struct ctcp ctcp;
	struct irc_times times;
	struct users *users;
	struct identity *identity;
	struct whois *whois;
	struct monitor *monitor;
	struct splits *splits;
	struct loop_timer *splits_due;
	GHashTable *missed; /* set of folded accounts that a post did not find */
	uint64_t events;    /* of this connection */
};

/* irc.c */
int64_t irc_mono_us(const struct irc *irc);
/* Whether the server takes two nicks, or two rooms, for one; and whether a nick is ours. */
bool irc_same(const struct irc *irc, const char *a, const char *b);
bool irc_is_me(const struct irc *irc, const char *nick);
void irc_report(struct irc *irc, enum transport_state s);
/* A room's state has changed: says ONLINE when the last one is settled, and each time one more is
 * entered afterwards; looks when the next is due. */
void irc_room_changed(struct irc *irc, const struct room *room);
/* The second half of that: what was said in the room before has been told. */
void irc_room_settled(struct irc *irc, const struct room *room);

/* hear.c; from inside the wire's callback. */
void hear(struct irc *irc, enum session_kind kind, const struct line *l);
/* A message of the past. */
void hear_past(struct irc *irc, const struct line *l);
/* Completes an event of `nick`'s and hands it on in its turn, with the account they are signed in
 * to; a message waits until that is known. `l` is what led to it, or NULL unless it is a message.
 */
void hear_tell(struct irc *irc, const struct line *l, const char *nick, struct event *e);
/* The same where the account (or NULL) is known already. */
void hear_tell_as(struct irc *irc, const struct line *l, const char *nick, const char *account,
		  struct event *e);

/* presence.c: who comes and goes, ourselves included; from inside the wire's callback. */
void presence_heard(struct irc *irc, enum session_kind kind, const struct line *l);
void presence_heard_numeric(struct irc *irc, const struct line *l);
/* The time of somebody who was split off is over. */
void presence_splits_due(void *data);

/* say.c */
void say_open(struct irc *irc);
void say_close(struct irc *irc);
/* transport_impl's send. */
int say(struct irc *irc, const struct post *p);
/* Our own message, come back. */
void say_echoed(struct irc *irc, const struct line *l);
/* Somebody's client asks ours something, in private. */
void say_ctcp(struct irc *irc, const struct line *l);
/* The server has passed that PING. */
void say_passed(struct irc *irc, uint64_t fence);
/* An error that names `target`; true if it is about a post on its way there. */
bool say_refused(struct irc *irc, int numeric, const char *target);
/* Whoever had `nick` has it no longer: what waits to be said to them must not reach the next. */
void say_nick_left(struct irc *irc, const char *nick);
/* The connection is gone: what was on its way will be offered again. */
void say_forget(struct irc *irc);

#endif
