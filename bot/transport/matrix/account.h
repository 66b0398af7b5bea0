/* The account kith is signed in with, as the store keeps it (CS API: Client Authentication). */
#ifndef KITH_MATRIX_ACCOUNT_H
#define KITH_MATRIX_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct db;
struct seal;

struct account {
	char *homeserver; /* base URL without a slash at its end */
	char *user;
	char *device;
	char *token;
	char *refresh_token;   /* NULL: the token lasts until it is taken back */
	int64_t expires_at_us; /* 0: unknown */
};

/* -ENOENT: `network` is not signed in; -EKEYREJECTED: what is kept was sealed with another key. */
int account_load(struct db *db, const struct seal *seal, const char *network, struct account **ret);
/* In a transaction. Another device than before takes what belonged to the old one with it: where
 * the last sync was, its filter; another user, the rooms. */
void account_save(struct db *db, const struct seal *seal, const char *network,
		  const struct account *a);
/* The session is dead: its tokens go. Where the last sync was stays, for when the same device signs
 * in again. In a transaction. */
void account_forget(struct db *db, const char *network);
/* Overwrites its tokens. NULL is fine. */
void account_free(struct account *a);

#endif
