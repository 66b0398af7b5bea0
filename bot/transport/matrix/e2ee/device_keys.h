/*
 * What somebody's keys say of themselves, checked (CS API: Device keys, Cross-signing; Key and
 * signature security). Pure. A signature is looked for under the key that is known to be meant,
 * never under whichever has the name: a device may be called like a key.
 */
#ifndef KITH_MATRIX_E2EE_DEVICE_KEYS_H
#define KITH_MATRIX_E2EE_DEVICE_KEYS_H

#include "transport/matrix/span.h"

#include <jansson.h>
#include <stdbool.h>

struct device;

/* Longer ones are passed over: Ed25519 keys and signatures are short. */
enum { DEVICE_KEYS_BYTES_MOST = 64 * 1024 };

/* Who somebody is, as far as their devices can tell: both keys, or neither. */
struct device_identity {
	char *master;
	char *self_signing; /* signed by that */
};

/* Of master_keys and self_signing_keys of a /keys/query answer (`at` is NULL where it says
 * nothing). False: they are not such keys of `user`, or one has not signed the other; *ret_why is
 * NULL if there are none. device_identity_done *ret either way. */
bool device_keys_identity(const char *user, struct span master, struct span self_signing,
			  struct device_identity *ret, const char **ret_why);
void device_identity_done(struct device_identity *i);

/* NULL and *ret_why: they are not of that device of `user`, are not signed by it, are no sound
 * keys, or its id is a key of the identity. `id` is NULL: whichever they name. device_free it. */
struct device *device_keys_read(const char *user, const char *id, const json_t *keys,
				const struct device_identity *identity, const char **ret_why);

#endif
