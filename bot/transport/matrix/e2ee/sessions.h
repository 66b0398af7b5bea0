/*
 * Olm: what is said from one device to another (CS API: m.olm.v1.curve25519-aes-sha2). Several
 * sessions may go on with one device, since both can begin one at once: the one that last brought
 * something is spoken in, of the others some are kept. A session that fails is replaced by a new
 * one, at most once an hour a device (Recovering from undecryptable messages).
 */
#ifndef KITH_MATRIX_E2EE_SESSIONS_H
#define KITH_MATRIX_E2EE_SESSIONS_H

#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/span.h"

#include <glib.h>
#include <jansson.h>

struct outgoing;
struct own;
struct sessions;

enum { SESSIONS_KEPT = 4 }; /* a device */

struct sessions *sessions_new(const struct e2ee_env *env, struct own *own, struct devices *devices,
			      struct outgoing *outgoing);
void sessions_free(struct sessions *s);
/* Replaces what failed from now on: the account is signed in, and its first sync handled. */
void sessions_start(struct sessions *s);

/* Whether there is one to speak in with that device, by both of its keys. */
bool sessions_has(const struct sessions *s, const struct device *device);
/* Claims one-time keys for those of `devices` (of struct device) that there is no session with, and
 * begins one with each. One request at a time; `done` comes once, from the loop, never from in
 * here: 0, and whoever still has none could not be reached or has no keys; -EAGAIN: nobody was
 * asked. */
void sessions_claim(struct sessions *s, const GPtrArray *devices,
		    void (*done)(void *data, int error), void *data);
/* `done` of nobody with that `data` is called any more. */
void sessions_forget(struct sessions *s, const void *data);

/* The content of the m.room.encrypted that says it to that device, with which there is a session
 * (sessions_has; else NULL). It is moved on and kept: in a transaction. json_decref it. */
json_t *sessions_encrypt(struct sessions *s, const struct device *device, const char *type,
			 const json_t *content);

/* What somebody's device has said to kith's, as the checks of the specification left it: it is from
 * `sender`, for kith, of this device. */
struct olm_message {
	char *sender;
	char *curve25519, *ed25519; /* the device's */
	struct device *device; /* by the list of its owner, or else by what it said of itself; NULL:
				  neither knows it */
	char *type;
	json_t *content;
};
/* Of a to-device m.room.encrypted, from `sender`. In a transaction: what it used up and moved on is
 * kept. 0, and olm_message_done it; -EBADMSG: it cannot be read (a new session is begun if that
 * helps) or is not what it says to be; -EALREADY: it was read before. *ret_why, for the log. */
int sessions_decrypt(struct sessions *s, const char *sender, struct span content,
		     struct olm_message *ret, const char **ret_why);
void olm_message_done(struct olm_message *m);

#endif
