/*
 * To-device messages on their way out (CS API: Send-to-device messaging). They are in the store
 * from the transaction that made them until the server has them, each under a transaction id of its
 * own, one after the other: a kill neither loses one nor sends another ciphertext in its place.
 */
#ifndef KITH_MATRIX_E2EE_OUTGOING_H
#define KITH_MATRIX_E2EE_OUTGOING_H

#include "transport/matrix/e2ee/env.h"

#include <jansson.h>

struct outgoing;

/* `emptied`: nothing `about` that is on its way any more. From the loop. */
struct outgoing *outgoing_new(const struct e2ee_env *env,
			      void (*emptied)(void *data, const char *about), void *data);
void outgoing_free(struct outgoing *o);
/* Sends from now on. */
void outgoing_start(struct outgoing *o);

/* One message to one device ("*": all of theirs); what is added in one transaction, of one type,
 * goes in as few requests as its size allows. `about`: what waits for it, or "". `content` is not
 * taken over. In a transaction. */
void outgoing_add(struct outgoing *o, const char *about, const char *type, const char *user,
		  const char *device, const json_t *content);
/* Whether something about that is on its way still. */
bool outgoing_has(const struct outgoing *o, const char *about);

#endif
