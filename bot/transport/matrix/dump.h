/* JSON as text. Pure. */
#ifndef KITH_MATRIX_DUMP_H
#define KITH_MATRIX_DUMP_H

#include <jansson.h>
#include <stdbool.h>

/* Compact, its keys in the order they have; the only copy that was made. g_free it. */
char *dump_json(const json_t *value);
/* Likewise, its keys sorted by codepoint. */
char *dump_sorted(const json_t *value);
/* Whether a number is an integer that every reader takes for the same, and written as one: 1e10 is,
 * whichever way it was written; so is -0.0. */
bool dump_is_integer(const json_t *number);

#endif
