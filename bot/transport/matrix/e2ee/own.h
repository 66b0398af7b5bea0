/*
 * Kith's own device: its keys on the homeserver (CS API: Device keys, One-time and fallback keys;
 * /keys/upload). What is handed out is in the store before the server gets it, so that a kill never
 * leaves a key out there that kith does not have.
 */
#ifndef KITH_MATRIX_E2EE_OWN_H
#define KITH_MATRIX_E2EE_OWN_H

#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/span.h"

#include <jansson.h>

struct crypto_account;
struct own;
struct seal;

struct own_callbacks {
	/* The device's keys are on the homeserver, at once or again. From the loop. */
	void (*published)(void *data);
	/* What the store knows is not what this device has been doing: another kith, or a copy of
	 * the store, has spoken for it, and nothing may be sent on its keys any more. `why` is for
	 * people. From the loop; nothing is asked of the server after it. */
	void (*stale)(void *data, const char *why);
};

/* What the pickles of a network are locked with. */
void own_pickle_key(const struct seal *seal, const char *network, struct crypto_pickle_key *ret);

/* The device's keys as the store has them, made if there are none, or if they are another device's
 * (then all that was agreed on with that one goes with them). -EKEYREJECTED: another key locked
 * them; -EBADMSG: they are damaged. In a transaction. */
int own_open(const struct e2ee_env *env, const struct own_callbacks *callbacks, void *data,
	     struct own **ret);
void own_free(struct own *o);

const char *own_curve25519(const struct own *o);
const char *own_ed25519(const struct own *o);
/* Signed, with the signature of the owner if there is one: device_keys of /keys/upload and
 * sender_device_keys of what is said over Olm. Borrowed. */
const json_t *own_device_keys(const struct own *o);
/* By the device's own key. g_free it. */
char *own_sign(const struct own *o, const char *message);
/* The owner has signed it: remembered. In a transaction. */
void own_set_signature(struct own *o, const char *self_signing, const char *signature);

/* For whoever makes Olm sessions: own_keep writes what that changed. In a transaction. */
struct crypto_account *own_account(struct own *o);
void own_keep(struct own *o);
/* A session has moved, by Olm or Megolm, in a way that cannot be had again: the homeserver is to
 * remember that this device has gone on, so that a store that is put back from a copy is known for
 * one at the start, before anybody relies on what it lacks. In a transaction. */
void own_moved(const struct e2ee_env *env);

/* Looks whether the homeserver has this device's keys and no others, and remembers nothing of it
 * that the store does not; uploads what is not there yet; asks on until it is. Each one-time key
 * goes up once: where nobody knows whether it arrived, it is not handed out again. Needs nothing
 * but the loop: `published` tells the end. */
void own_publish(struct own *o);
bool own_is_published(const struct own *o);
/* What a /sync answer tells (device_one_time_keys_count, device_unused_fallback_key_types; `at` is
 * NULL where it says nothing): tops up. Once it was used the fallback key is replaced, and the old
 * one forgotten an hour after the new one was there. In a transaction; the uploading comes after.
 */
void own_counts(struct own *o, struct span counts, struct span unused_fallbacks);
/* What the server was last known to have, for people: one-time keys (-1: unknown), and whether the
 * fallback key is unused. */
void own_stock(const struct own *o, int *ret_one_time, bool *ret_fallback);

#endif
