/* A post in the parts that are said one after the other, each under a transaction id of its own:
 * the post's key where there is one, else KEY.1, KEY.2, ...; of a part that was too large for the
 * server ID.s1, ID.s2, ... The same post is always cut the same, so that a part that was said
 * before is known again. */
#ifndef KITH_MATRIX_PARTS_H
#define KITH_MATRIX_PARTS_H

#include <stdbool.h>

struct parts;

/* `edits`: the first one is twice as long. NULL: there is nothing to say. */
struct parts *parts_new(const char *key, const char *markup, bool edits);
void parts_free(struct parts *p);

/* The one whose turn it is; borrowed. */
const char *parts_markup(const struct parts *p);
const char *parts_transaction(const struct parts *p);
bool parts_first(const struct parts *p);
/* It was said. False: that was the last one. */
bool parts_next(struct parts *p);
/* It was too large: cuts it. False: it cannot be much smaller. */
bool parts_cut(struct parts *p);

#endif
