/*
 * When a session that kith speaks in is left for a new one (CS API: m.megolm.v1.aes-sha2, Sharing
 * keys between users). Pure.
 */
#ifndef KITH_MATRIX_E2EE_OUTBOUND_ROTATION_H
#define KITH_MATRIX_E2EE_OUTBOUND_ROTATION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct device;
struct matrix_member;
struct matrix_room;

/* What a device has of a session. */
enum hearing {
	HEARING_KEY,      /* its key; or it is to have it */
	HEARING_UNSIGNED, /* nothing: its owner has not signed it */
	HEARING_NO_OLM,   /* nothing: there is no way to send it to */
};

/* A device, as it was when the session was shared, or as it is now. */
struct hearer {
	char *user, *id, *curve25519;
	enum hearing hearing;
	struct device *device; /* NULL of one that was */
};
struct hearer *hearer_new(const char *user, const char *id, const char *curve25519,
			  enum hearing hearing);
void hearer_free(void *hearer);
/* Of no other device. g_free it. */
char *hearer_name(const char *user, const char *id);
/* By user and device: for struct hearer, which it owns. */
GHashTable *hearers_new(void);
void hearers_add(GHashTable *hearers, struct hearer *h);
/* The same device there, with the same key; NULL: there is none. */
struct hearer *hearers_find(GHashTable *hearers, const struct hearer *h);

enum rotation_why {
	ROTATION_NONE,
	ROTATION_MESSAGES,
	ROTATION_TIME,
	ROTATION_VISIBILITY,
	ROTATION_LOST,     /* one that has the key may not read any more */
	ROTATION_UNSIGNED, /* one has come that its owner has not signed */
};

struct rotation {
	/* The session. */
	uint32_t messages;
	int64_t since_us;
	const char *visibility;
	GHashTable *had;
	/* The room now. */
	const struct matrix_room *room;
	GHashTable *now; /* NULL: nobody has come or gone */
	int64_t now_us;
};
enum rotation_why rotation_due(const struct rotation *r);
/* For the log. */
const char *rotation_says(enum rotation_why why);

/* What newcomers may read: what the room says, "shared" where it says nothing that is known (CS
 * API: Room History Visibility). */
const char *rotation_visibility(const struct matrix_room *room);
/* Whether somebody who is there, or invited, may read what is said now. */
bool rotation_may_read(const struct matrix_room *room, const struct matrix_member *member);

#endif
