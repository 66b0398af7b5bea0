/* What a server says about itself in 005 (RPL_ISUPPORT), as far as we need it; and how names are
 * compared there. */
#ifndef KITH_IRC_ISUPPORT_H
#define KITH_IRC_ISUPPORT_H

#include <limits.h>
#include <stdbool.h>

struct line;

/* An offer of a server's that names no limit. */
#define ISUPPORT_UNLIMITED INT_MAX

enum isupport_casemap {
	ISUPPORT_RFC1459,        /* until it is told: []\^ are the capitals of {}|~ */
	ISUPPORT_RFC1459_STRICT, /* the same but for ^ and ~ */
	ISUPPORT_ASCII,
};

struct isupport {
	enum isupport_casemap casemap;
	char prefixes[16];  /* PREFIX: the signs before a nick in NAMES, "@+" */
	char chantypes[16]; /* CHANTYPES: what a room's name starts with, "#&" */
	char bot;           /* BOT: the mode of a nick that is one, 'B'; 0 if there is none */
	bool whox;          /* WHO tells accounts */
	int monitor;        /* MONITOR: how many nicks; 0 if not offered, or UNLIMITED */
	int chathistory;    /* CHATHISTORY: how many messages at once; likewise */
	int nicklen, userlen, hostlen; /* bytes at most; nicklen 0 until it is told */
};

void isupport_init(struct isupport *s);
/* Takes the tokens of a 005 line. */
void isupport_take(struct isupport *s, const struct line *l);

/* What two names are compared by on that server. g_free it. */
char *isupport_fold(const struct isupport *s, const char *name);
bool isupport_same(const struct isupport *s, const char *a, const char *b);
bool isupport_is_room(const struct isupport *s, const char *name);

#endif
