/* MONITOR (IRCv3): the server tells when somebody we have a post for comes online by a nick that is
 * likely theirs. A nick proves nothing: WHOIS then has to name the account. */
#ifndef KITH_IRC_MONITOR_H
#define KITH_IRC_MONITOR_H

struct irc;
struct line;

enum { MONITOR_MOST = 100 }; /* nicks; further ones take the places of the oldest */

void monitor_open(struct irc *irc);
void monitor_close(struct irc *irc);
/* A new connection: the server's list is empty. */
void monitor_reset(struct irc *irc);

/* Waits for `account` (folded), by its own name and by `nick`, the last it was seen with, or NULL.
 * Where the server has no MONITOR, nothing. */
void monitor_watch(struct irc *irc, const char *account, const char *nick);
/* They are there. */
void monitor_found(struct irc *irc, const char *account);
/* 730 and 731; others are passed over. */
void monitor_heard_numeric(struct irc *irc, const struct line *l);

#endif
