/*
 * One connection to one server at a time, and the next one when it is lost: registers, answers
 * PING, notices a dead peer, paces what is said, and knows by which nick and mask we are seen.
 */
#ifndef KITH_IRC_WIRE_H
#define KITH_IRC_WIRE_H

#include "transport/irc/caps.h"
#include "transport/irc/isupport.h"
#include "transport/irc/session.h"
#include "transport/irc/wire_options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct loop;
struct wire;

/* Who is asked for our nick, on every network with services; what it says is not for us to answer.
 */
#define WIRE_SERVICES "NickServ"

enum wire_state {
	WIRE_CONNECTING,
	WIRE_READY,   /* registered; joining may begin */
	WIRE_LOST,    /* it will try again, after a ban in half an hour */
	WIRE_REFUSED, /* it will not: this never mends itself; the log says what to do */
};

/* All called from the loop, never from inside the functions below. */
struct wire_callbacks {
	void (*state)(void *data, enum wire_state s);
	/* What the server said, our own doings included. */
	void (*heard)(void *data, enum session_kind kind, const struct line *l);
	/* The server has taken in all that was said before wire_fence gave this number. */
	void (*passed)(void *data, uint64_t fence);
};

/* Connects in its own time. `options` are copied. */
struct wire *wire_new(struct loop *l, const struct clock *clock, const struct wire_options *options,
		      const struct wire_callbacks *callbacks, void *data);
/* Says QUIT if that can be said at once, and closes. NULL is fine. */
void wire_free(struct wire *w);

/* Between the two nothing is written, so that what belongs together leaves in one packet. */
void wire_hold(struct wire *w);
void wire_release(struct wire *w);
/* -ENOTCONN unless READY; -ENOBUFS: too much waits already; -EINVAL, -EMSGSIZE: line_build's. */
int wire_say(struct wire *w, const char *target, const char *text);
/* The same for a NOTICE: only ever the answer to a CTCP request. */
int wire_notice(struct wire *w, const char *target, const char *text);
/* Any other command and its parameters, then NULL: JOIN, WHO, WHOIS, MONITOR, CHATHISTORY, MODE. It
 * waits its turn under no target and costs a token. */
int wire_command(struct wire *w, const char *command, ...) __attribute__((sentinel));
/* A number for `passed`, once everything said to `target` so far has arrived; 0 if it cannot. */
uint64_t wire_fence(struct wire *w, const char *target);
/* How many more lines wire_say and wire_fence take. */
int wire_room(const struct wire *w);
/* Whether something said to `target` has not gone out yet. */
bool wire_waits(const struct wire *w, const char *target);
/* What was said to `target` and has not gone out will not: they may be somebody else by now. */
void wire_unsay(struct wire *w, const char *target);
/* The log is told, once a minute at most, that the queue is full, and what that means: "a post has
 * to wait". */
void wire_full(struct wire *w, const char *so);
/* How many bytes of text fit into one wire_say to `target`, as others will get it. */
size_t wire_payload(const struct wire *w, const char *target);
/* The server has cut what was said to `target` after so many bytes: on this connection there is
 * less room in a line. */
void wire_learn_payload(struct wire *w, const char *target, size_t bytes);

/* The nick we go by now. Borrowed, until the next line. */
const char *wire_nick(const struct wire *w);
/* The services account we are signed in to, NULL if none. Borrowed, until the next line. */
const char *wire_account(const struct wire *w);
/* Whether the server and we have agreed on it. */
bool wire_has(const struct wire *w, enum cap cap);
/* Since when the server tells of every change of an account in our rooms (account-notify),
 * monotonic; INT64_MAX while it does not. */
int64_t wire_notified_us(const struct wire *w);
/* When the server last said anything, monotonic; after a loss, before it. */
int64_t wire_heard_us(const struct wire *w);
/* Of this connection; the pointer is good for the wire's life. */
const struct isupport *wire_isupport(const struct wire *w);
/* When this connection began: UTC microseconds. */
int64_t wire_since_us(const struct wire *w);

/* Gives the connection up, from the loop; `why` is for the log. */
void wire_drop(struct wire *w, const char *why);

#endif
