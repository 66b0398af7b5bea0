/*
 * Cross-signing (CS API: Cross-signing; User-Interactive Authentication): kith's account has a
 * master key, which signs the key that signs its devices, and the one that would sign other people.
 * Clients of today do not read, or answer, a device whose owner has not signed it.
 */
#ifndef KITH_MATRIX_E2EE_CROSSSIGN_H
#define KITH_MATRIX_E2EE_CROSSSIGN_H

#include "transport/matrix/e2ee/env.h"

struct crosssign;
struct own;
struct seal;

enum crosssign_state {
	CROSSSIGN_UNKNOWN, /* the server was not asked yet */
	CROSSSIGN_DONE, /* the account has an identity, whose keys kith has, and its own device is
			   signed */
	CROSSSIGN_NONE, /* the account has no identity */
	CROSSSIGN_FOREIGN, /* it has one that kith does not have the keys of */
};

/* Keys that were made before come from the store, where `seal` locks them. */
struct crosssign *crosssign_new(const struct e2ee_env *env, const struct seal *seal,
				struct own *own);
void crosssign_free(struct crosssign *c);

struct crosssign_wish {
	const char *password; /* for the server that asks for it; NULL: there is none to give */
	bool replace; /* an identity that kith does not have the keys of is replaced by a new one */
};
/* What is missing is made and put there: three keys, if the account has none; the signature of
 * kith's own device, which must be published. `done` comes once, from the loop: 0;
 * -EEXIST: the account has an identity already, and was not to be given another; -EACCES: the
 * server does not let kith, `why` is for people; -EAGAIN: another time. Keys are in the store
 * before the server has them. */
void crosssign_start(struct crosssign *c, const struct crosssign_wish *wish,
		     void (*done)(void *data, int error, const char *why), void *data);
enum crosssign_state crosssign_state(const struct crosssign *c);
/* The master key of kith's own account that kith goes by; NULL: it has none. Borrowed. */
const char *crosssign_master(const struct crosssign *c);

#endif
