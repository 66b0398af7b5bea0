/*
 * libircclient, which formats our registration and sorts what the server says into kinds. It knows
 * neither TLS nor tags, hangs on long lines and crashes on odd ones; so it never sees the network:
 * it talks over a socket pair, is fed one rebuilt line at a time, and its callbacks read that line
 * as line.h parsed it. A new one for each connection: it does not forget an old one's bytes.
 */
#ifndef KITH_IRC_SESSION_H
#define KITH_IRC_SESSION_H

struct line;
struct session;

enum session_kind {
	SESSION_MESSAGE, /* PRIVMSG, to a room or to us */
	SESSION_JOIN,
	SESSION_PART,
	SESSION_QUIT,
	SESSION_KICK,
	SESSION_NICK,
	SESSION_NUMERIC,
	SESSION_OTHER, /* what else has a name: ACCOUNT, BATCH, CHGHOST, INVITE ... */
};

struct session_callbacks {
	/* From inside session_feed. */
	void (*heard)(void *data, enum session_kind kind, const struct line *l);
	/* A line it wants sent; from inside session_begin and session_send. */
	void (*out)(void *data, const char *line);
};

struct session_identity {
	const char *nick;     /* no '%', no space */
	const char *username; /* likewise */
	const char *realname; /* cut to what fits */
};

/* -errno of the socket calls; -EMFILE where a descriptor is too high for select(2). */
int session_new(const struct session_identity *id, const struct session_callbacks *callbacks,
		void *data, struct session **ret);
void session_free(struct session *s);

/* Sends NICK and USER. */
int session_begin(struct session *s);
/* A line of the server's; `server` stands in for a prefix. -EPIPE: the library has given up, and so
 * must the connection. */
int session_feed(struct session *s, const struct line *l, const char *server);
/* A line of line_build's. */
int session_send(struct session *s, const char *line);

#endif
