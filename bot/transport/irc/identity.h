/*
 * By which services account somebody is known: what the server tells unasked (account-tag,
 * extended-join, account-notify, WHOX) is believed in that order; where it tells nothing, WHOIS is
 * asked when something is said, and that message and all events behind it wait for the answer, in
 * order. Never a nick or a host, unless the organizer trusts nicks.
 */
#ifndef KITH_IRC_IDENTITY_H
#define KITH_IRC_IDENTITY_H

#include <stdbool.h>

struct event;
struct irc;
struct line;

void identity_open(struct irc *irc);
/* What waits is lost. */
void identity_close(struct irc *irc);
/* The connection is gone: what waits goes out, its people as not identified. */
void identity_forget(struct irc *irc);

/* Takes what a line tells by itself of who did it: the mask, the tag, on JOIN the account. */
void identity_seen(struct irc *irc, const struct line *l);
/* We are in: asks for the accounts of who is there. */
void identity_entered(struct irc *irc, const char *room);
/* ACCOUNT and CHGHOST. */
void identity_heard_change(struct irc *irc, const struct line *l);
/* Answers to WHO and WHOIS; others are passed over. */
void identity_heard_numeric(struct irc *irc, const struct line *l);

/* The account `nick` is signed in to, NULL if none is known of. g_free it. */
char *identity_account(const struct irc *irc, const char *nick);
/* The same of a line of the past, which only its own tag can tell. g_free it. */
char *identity_tagged(const struct irc *irc, const struct line *l);

/* Hands an event on to the listener, all but its account being set: now, or once it is known who
 * `nick` is, if it is a message; `l` is what they said, and may be NULL for all else. */
void identity_tell(struct irc *irc, const struct line *l, const char *nick, struct event *e);
/* Hands it on as it is, behind all that waits. */
void identity_pass(struct irc *irc, const struct event *e);

/* whois.c: what waited for `why` is `account`'s, or nobody's; identity_run then hands it on. */
void identity_settle(struct irc *irc, const void *why, const char *account);
void identity_run(struct irc *irc);
/* The account a server names, folded. NULL if it names none, or one that could be taken for another
 * once it is shown or stored. g_free it. */
char *identity_read_account(const struct irc *irc, const char *name);

/* The nick of somebody who can be written to and is signed in to `account`; NULL if nobody is known
 * to be. Borrowed, until the next line. */
const char *identity_nick(const struct irc *irc, const char *account);
/* A post did not find them: does what it can to learn when they are there. */
void identity_missed(struct irc *irc, const char *account);
/* Somebody is here: a post may have been waiting for them. */
void identity_arrived(struct irc *irc, const char *nick);

#endif
