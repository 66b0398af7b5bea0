/*
 * Canonical JSON and what is signed in it (Matrix appendices: Canonical JSON, Signing JSON). Pure.
 */
#ifndef KITH_MATRIX_E2EE_CANONICAL_H
#define KITH_MATRIX_E2EE_CANONICAL_H

#include <jansson.h>
#include <stdbool.h>

/* NULL: it has a number that is no integer (1e10 is one), or one beyond 2^53 - 1. g_free it. */
char *canonical_text(const json_t *j);
/* What is signed of an object: all but `signatures` and `unsigned`. NULL likewise, or it is no
 * object. g_free it. */
char *canonical_signed(const json_t *object);

/* Adds to its `signatures`, under `user` and "ed25519:" + `key`. */
void canonical_add(json_t *object, const char *user, const char *key, const char *signature);
/* Whether `user` has signed it with their key `key` (behind "ed25519:"), which is `ed25519`. */
bool canonical_verify(const json_t *object, const char *user, const char *key, const char *ed25519);

#endif
