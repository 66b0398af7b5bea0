/* WHOIS: who has a nick, and as which account, where the server does not tell by itself. What comes
 * of an answer goes to users.h and, for what waited for it, to identity.h. */
#ifndef KITH_IRC_WHOIS_H
#define KITH_IRC_WHOIS_H

struct irc;
struct line;

enum { WHOIS_MOST = 256 }; /* out at once */

void whois_open(struct irc *irc);
void whois_close(struct irc *irc);
/* The connection is gone: whoever was asked about is not identified. */
void whois_forget(struct irc *irc);

/* Asks who has `nick` now; `user` and `host`, or NULL, are how they must look. Returns what waits
 * for the answer: `why` of identity_settle. NULL if it cannot be asked now. */
const void *whois_ask(struct irc *irc, const char *nick, const char *user, const char *host);
/* Out of sight, or by another nick: an answer about that nick is about somebody else. */
void whois_gone(struct irc *irc, const char *nick);
void whois_renamed(struct irc *irc, const char *from, const char *to);
/* Who is asked about looks otherwise from now on. */
void whois_shown(struct irc *irc, const char *nick, const char *user, const char *host);
/* Answers; other numerics are passed over. */
void whois_heard_numeric(struct irc *irc, const struct line *l);

#endif
