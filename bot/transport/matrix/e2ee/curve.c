#include "transport/matrix/e2ee/curve.h"

#include "base/log.h"

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <sysexits.h>

enum { KEY_BYTES = 32, SIGNATURE_BYTES = 64 };

/* No memory, or a libcrypto that lacks these curves; never what somebody sent. */
static void need(bool worked, const char *what)
{
	if (!worked)
		die(EX_SOFTWARE, "libcrypto cannot %s", what);
}

void crypto_random(void *ret, size_t bytes)
{
	need(RAND_bytes(ret, (int)bytes) == 1, "make random numbers");
}

/*
 * Base64 without padding, in its one way of writing it.
 */
char *crypto_encode(const unsigned char *bytes, size_t n)
{
	char *text = g_base64_encode(bytes, n);

	text[strcspn(text, "=")] = '\0';
	return text;
}

unsigned char *crypto_decode(const char *text, size_t *ret_bytes)
{
	static const char *const paddings[] = { "", NULL, "==", "=" };
	size_t length = strlen(text), n = 0;
	const char *padding = paddings[length % 4];

	if (!padding || length > CRYPTO_TEXT_MOST)
		return NULL;
	g_autofree char *padded = g_strconcat(text, padding, NULL);
	g_autofree unsigned char *bytes = g_base64_decode(padded, &n);
	g_autofree char *again = crypto_encode(bytes, n);
	if (strcmp(again, text) != 0)
		return NULL;
	*ret_bytes = n;
	return g_steal_pointer(&bytes);
}

static bool decode_fixed(const char *text, unsigned char *ret, size_t bytes)
{
	size_t n = 0;
	g_autofree unsigned char *found = crypto_decode(text, &n);

	if (!found || n != bytes)
		return false;
	memcpy(ret, found, bytes);
	return true;
}

/*
 * Keys of others.
 */
/* Whatever is agreed on with a key of low order is 0 (RFC 7748, 6.1), and so known to anybody. */
bool crypto_agrees(const unsigned char key[static 32])
{
	unsigned char secret[KEY_BYTES], shared[KEY_BYTES];
	size_t bytes = sizeof(shared);

	crypto_random(secret, sizeof(secret));
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, KEY_BYTES);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, key, KEY_BYTES);
	EVP_PKEY_CTX *context = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	need(context && peer && EVP_PKEY_derive_init(context) == 1, "agree on a key");
	bool fine = EVP_PKEY_derive_set_peer(context, peer) == 1 &&
		    EVP_PKEY_derive(context, shared, &bytes) == 1;
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
	return fine;
}

bool crypto_is_curve25519(const char *key)
{
	unsigned char bytes[KEY_BYTES];

	return key && decode_fixed(key, bytes, sizeof(bytes)) && crypto_agrees(bytes);
}

/* The y of all points of low order on edwards25519, the sign of x aside; in the first two lines
 * also as numbers that are not smaller than the prime. */
static const unsigned char low_order[][KEY_BYTES] = {
	{ 0 },
	{ 1 },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

bool crypto_is_ed25519(const char *key)
{
	unsigned char bytes[KEY_BYTES];

	if (!key || !decode_fixed(key, bytes, sizeof(bytes)))
		return false;
	bytes[KEY_BYTES - 1] &= 0x7f;
	for (size_t i = 0; i < G_N_ELEMENTS(low_order); i++)
		if (!memcmp(bytes, low_order[i], KEY_BYTES))
			return false;
	return true;
}

/* Not by libolm, which takes more than one way to write a signature (CVE-2024-45193). */
bool crypto_verify(const char *ed25519, const char *message, const char *signature)
{
	unsigned char key[KEY_BYTES], bytes[SIGNATURE_BYTES];

	if (!crypto_is_ed25519(ed25519) || !decode_fixed(ed25519, key, sizeof(key)) ||
	    !decode_fixed(signature, bytes, sizeof(bytes)))
		return false;
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, sizeof(key));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	need(pkey && context, "verify a signature");
	bool fine = EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestVerify(context, bytes, sizeof(bytes), (const unsigned char *)message,
				     strlen(message)) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	return fine;
}

struct crypto_signer {
	unsigned char seed[KEY_BYTES];
	char *public;
	EVP_PKEY *pkey;
};

struct crypto_signer *crypto_signer_new(const unsigned char seed[static 32])
{
	struct crypto_signer *s = g_new0(struct crypto_signer, 1);
	unsigned char public[KEY_BYTES];
	size_t bytes = sizeof(public);

	memcpy(s->seed, seed, KEY_BYTES);
	s->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY_BYTES);
	need(s->pkey && EVP_PKEY_get_raw_public_key(s->pkey, public, &bytes) == 1,
	     "make a key to sign with");
	s->public = crypto_encode(public, bytes);
	return s;
}

struct crypto_signer *crypto_signer_make(void)
{
	unsigned char seed[KEY_BYTES];

	crypto_random(seed, sizeof(seed));
	struct crypto_signer *s = crypto_signer_new(seed);
	explicit_bzero(seed, sizeof(seed));
	return s;
}

void crypto_signer_free(struct crypto_signer *s)
{
	if (!s)
		return;
	EVP_PKEY_free(s->pkey);
	g_free(s->public);
	explicit_bzero(s, sizeof(*s));
	g_free(s);
}

const unsigned char *crypto_signer_seed(const struct crypto_signer *s)
{
	return s->seed;
}

const char *crypto_signer_public(const struct crypto_signer *s)
{
	return s->public;
}

char *crypto_signer_sign(const struct crypto_signer *s, const char *message)
{
	unsigned char signature[SIGNATURE_BYTES];
	size_t bytes = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	need(context && EVP_DigestSignInit(context, NULL, NULL, NULL, s->pkey) == 1 &&
		     EVP_DigestSign(context, signature, &bytes, (const unsigned char *)message,
				    strlen(message)) == 1,
	     "sign");
	EVP_MD_CTX_free(context);
	return crypto_encode(signature, bytes);
}
