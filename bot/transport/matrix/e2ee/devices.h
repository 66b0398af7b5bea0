/*
 * The devices of those kith shares encrypted rooms with, itself included (CS API: Tracking the
 * device list for a user; Cross-signing). Which lists are outdated is in the store: no restart
 * makes an old list new. One question a user is under way at a time; what is heard of them
 * meanwhile makes the answer old.
 */
#ifndef KITH_MATRIX_E2EE_DEVICES_H
#define KITH_MATRIX_E2EE_DEVICES_H

#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/span.h"

#include <glib.h>
#include <jansson.h>

struct devices;

/* As their owner's list had it; signed by itself, and never with another key than at first (who
 * comes with another is no device). */
struct device {
	char *user, *id;
	char *curve25519, *ed25519;
	char *shown;  /* how its owner calls it, one clean line, or NULL; for people only */
	bool megolm;  /* it understands Olm and Megolm */
	bool signed_; /* by its owner's self-signing key, and that by their master key */
};

enum devices_identity {
	DEVICES_NOBODY,  /* no identity, or none that holds: nothing of theirs is signed */
	DEVICES_PINNED,  /* the one kith has always known */
	DEVICES_CHANGED, /* another one than before: pinned anew, told once */
};

struct devices_callbacks {
	/* A list that was outdated is there; or it is not to be had for now, and what is known of
	 * them has to do (devices_unreachable). In a transaction. */
	void (*updated)(void *data, const char *user);
	/* `user` has another identity than before: once a change. In a transaction. */
	void (*identity_changed)(void *data, const char *user);
};

struct devices *devices_new(const struct e2ee_env *env, const struct devices_callbacks *callbacks,
			    void *data);
void devices_free(struct devices *d);

/* Asks for what is outdated from now on: the account is signed in, and its first sync handled. */
void devices_start(struct devices *d);

/* All in a transaction. Kith shares an encrypted room with them, or none any more. Lists of those
 * who are new are outdated; of those who are gone everything is forgotten but their identity. */
void devices_follow(struct devices *d, const char *user);
void devices_unfollow(struct devices *d, const char *user);
bool devices_follows(const struct devices *d, const char *user);
/* device_lists of a /sync answer (`at` is NULL where it says nothing). */
void devices_lists(struct devices *d, struct span lists);
/* Kith did not hear the changes between two syncs (it asks /keys/changes, and until that is
 * answered knows of nobody), or any since long ago (`from` is NULL: every list is outdated). */
void devices_gap(struct devices *d, const char *from, const char *to);

/* Whether what is known of them is up to date. Who is not followed never is. */
bool devices_known(const struct devices *d, const char *user);
/* Another number than before: somebody may not be known any more. */
int64_t devices_marks(const struct devices *d);
/* Their server did not answer the last time, or kith's does not tell of them: what is known is old,
 * and the best there is. It is asked again later. */
bool devices_unreachable(const struct devices *d, const char *user);
/* Of struct device, in the order of their ids; none of those that were deleted. g_ptr_array_unref
 * it. */
GPtrArray *devices_of(const struct devices *d, const char *user);
/* NULL: none of `user` has that key. device_free it. */
struct device *devices_by_curve25519(const struct devices *d, const char *user,
				     const char *curve25519);
struct device *devices_find(const struct devices *d, const char *user, const char *id);
void device_free(struct device *device);
/* A copy; device_free it. */
struct device *device_copy(const struct device *device);

enum devices_identity devices_identity(const struct devices *d, const char *user);
/* Their master key, or NULL: DEVICES_NOBODY. g_free it. */
char *devices_master(const struct devices *d, const char *user);

/* Device keys that came over Olm (sender_device_keys), for a device no list told of yet: NULL where
 * they are not by `user`, or not signed by itself, or have other keys. Whether the owner has signed
 * it is only told of an owner whose list is known. device_free it. */
struct device *devices_read(const struct devices *d, const char *user, const json_t *device_keys);

#endif
