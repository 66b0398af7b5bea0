/*
 * Keys of both curves that Matrix uses, and what is agreed on or signed with them (RFC 7748, RFC
 * 8032), over libcrypto. Keys and signatures are text in unpadded base64, which has one way of
 * writing each (Matrix appendices: Unpadded Base64). Without memory or random numbers the process
 * ends.
 */
#ifndef KITH_MATRIX_E2EE_CURVE_H
#define KITH_MATRIX_E2EE_CURVE_H

#include <stdbool.h>
#include <stddef.h>

/* No text that is decoded is longer. */
#define CRYPTO_TEXT_MOST (4u * 1024 * 1024)

/* Random bytes, never fewer. */
void crypto_random(void *ret, size_t bytes);

char *crypto_encode(const unsigned char *bytes, size_t n); /* g_free it */
/* NULL: it is no such text. g_free it. */
unsigned char *crypto_decode(const char *text, size_t *ret_bytes);

/* Whether a secret can be agreed on with that key: not with one of low order, where anybody knows
 * it. */
bool crypto_agrees(const unsigned char key[static 32]);
/* Whether `key` is 32 bytes that a secret can be agreed on with: no key of low order, in any way of
 * writing it. */
bool crypto_is_curve25519(const char *key);
/* Whether `key` is 32 bytes, of an Ed25519 key that is not of low order. */
bool crypto_is_ed25519(const char *key);
/* Whether `signature` is that of `message` by the owner of `ed25519`; of several ways to write it
 * only the one the standard has (RFC 8032, 5.1.7). */
bool crypto_verify(const char *ed25519, const char *message, const char *signature);

/*
 * An Ed25519 key pair, from 32 bytes that are all there is to keep of it.
 */
struct crypto_signer;
struct crypto_signer *crypto_signer_make(void);
struct crypto_signer *crypto_signer_new(const unsigned char seed[static 32]);
void crypto_signer_free(struct crypto_signer *s); /* overwrites it; NULL is fine, as of all below */
const unsigned char *crypto_signer_seed(const struct crypto_signer *s);
const char *crypto_signer_public(const struct crypto_signer *s);
char *crypto_signer_sign(const struct crypto_signer *s, const char *message); /* g_free it */

#endif
