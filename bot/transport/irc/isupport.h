/* What a server says about itself in 005 (RPL_ISUPPORT), as far as we need it; and how names are
 * compared there. */
#ifndef KITH_IRC_ISUPPORT_H
#define KITH_IRC_ISUPPORT_H

#include <stdbool.h>

struct line;

enum isupport_casemap {
	ISUPPORT_RFC1459,        /* until it is told: []\^ are the capitals of {}|~ */
	ISUPPORT_RFC1459_STRICT, /* the same but for ^ and ~ */
	ISUPPORT_ASCII,
};

struct isupport {
	enum isupport_casemap casemap;
	char prefixes[16];  /* PREFIX: the signs before a nick in NAMES, "@+" */
	char chantypes[16]; /* CHANTYPES: what a room's name starts with, "#&" */
};

void isupport_init(struct isupport *s);
/* Takes the tokens of a 005 line. */
void isupport_take(struct isupport *s, const struct line *l);

/* What two names are compared by on that server. g_free it. */
char *isupport_fold(const struct isupport *s, const char *name);
bool isupport_same(const struct isupport *s, const char *a, const char *b);
bool isupport_is_room(const struct isupport *s, const char *name);

#endif
