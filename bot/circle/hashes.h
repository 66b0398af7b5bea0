/* Hashes keyed with what is in this store alone: enough to know again what was never kept, and
 * worth nothing in another store. Hexadecimal; g_free each. */
#ifndef KITH_HASHES_H
#define KITH_HASHES_H

#include "circle.h"

/* Of an account, compared folded. */
char *hashes_handle(struct circle *c, const char *network, const char *account);
/* Of a nick the network does not vouch for; never that of an account. */
char *hashes_nick(struct circle *c, const char *network, const char *nick);
/* Of a message's text, or its id. */
char *hashes_text(struct circle *c, const char *text);
char *hashes_event(struct circle *c, const char *network, const char *id);
/* Of a one-time code as it was made. */
char *hashes_code(struct circle *c, const char *code);

#endif
