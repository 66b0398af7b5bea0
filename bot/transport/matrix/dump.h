/* JSON as text. */
#ifndef KITH_MATRIX_DUMP_H
#define KITH_MATRIX_DUMP_H

#include <jansson.h>

/* Compact, its keys sorted. g_free it. */
char *dump_json(const json_t *value);

#endif
