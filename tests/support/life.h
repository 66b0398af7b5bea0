/* Somebody who has done all there is to do here, for what is to find everything about a person. */
#ifndef KITH_TEST_LIFE_H
#define KITH_TEST_LIFE_H

#include "fixture.h"

/* In everything she said, and in her account and her name. */
#define LIFE_MARK "quince"

/*
 * The fixture's first group at last call, with olga, ben and mara, who is LIFE_MARK "mara".
 * Whatever column refers to a person refers to mara somewhere, and what she said waits unsaid for
 * others. Returns her person.
 */
int64_t life_lead(struct fixture *f);

/* Each column of the store that refers to a person; a reference from `table`. */
struct life_column {
	char *table, *column;
};
void life_column_free(void *column);
/* GPtrArray of struct life_column, from the schema itself; g_ptr_array_unref it. */
GPtrArray *life_columns(struct fixture *f);

#endif
