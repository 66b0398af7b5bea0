/* Who cannot read what kith says in an encrypted room, for people: out of the store alone, so that
 * it can be asked beside a kith that runs. */
#ifndef KITH_MATRIX_E2EE_BLIND_H
#define KITH_MATRIX_E2EE_BLIND_H

#include <stdbool.h>

struct db;

/* "@ana:example.org, device PHONE (Ana's phone): its owner has not verified it". `any`: whether
 * such devices count nevertheless (trust = any). NULL-terminated, g_strfreev it. */
char **blind_list(struct db *db, const char *network, const char *room, const char *user,
		  const char *device, bool any);

#endif
