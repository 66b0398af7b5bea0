/*
 * Secrets at rest: sealed with a key that is not in the store, so that a copy of the store alone is
 * of no use to whoever finds it (AES-256-GCM).
 */
#ifndef KITH_MATRIX_SEAL_H
#define KITH_MATRIX_SEAL_H

struct config_section;
struct seal;

/* The key of the section's key-file (a file, a credential, a variable): its first line, at least 32
 * characters. Where the section names none, the file NETWORK.key beside the store `store`, which is
 * made, 0600, if there is none. -errno with what is wrong and what to do in *ret_fault. */
int seal_open(const struct config_section *c, const char *store, struct seal **ret,
	      char **ret_fault);
void seal_free(struct seal *s);
/* Where that key is, for people: what key-file says, or the file's name. g_free it. */
char *seal_path(const struct config_section *c, const char *store);

/* Text that only seal_unlock of the same key and `what` makes readable again. g_free it. */
char *seal_lock(const struct seal *s, const char *what, const char *secret);
/* NULL: another key locked it, or it was changed. config_secret_free it. */
char *seal_unlock(const struct seal *s, const char *what, const char *locked);

/* A key of its own for whatever locks what it keeps by itself: always the same for the same key and
 * `what`. */
void seal_key(const struct seal *s, const char *what, unsigned char ret[static 32]);

#endif
