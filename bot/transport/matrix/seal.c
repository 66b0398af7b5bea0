#include "transport/matrix/seal.h"

#include "base/log.h"
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* What it looks like in the store: this, then nonce, ciphertext and tag in base64. */
#define MARK "k1:"

enum { KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16, SECRET_LEAST = 32 };

struct seal {
	unsigned char key[KEY_BYTES];
};

/* Out of memory, or a libcrypto that lacks AES. */
static void need(bool worked)
{
	if (!worked)
		die(EX_SOFTWARE, "libcrypto cannot seal what the store keeps");
}

/* RFC 5869, HKDF-Extract: a good secret needs no stretching. */
static struct seal *seal_of(const char *secret)
{
	static const char salt[] = "kith: what the store keeps";
	struct seal *s = g_new0(struct seal, 1);
	gsize n = KEY_BYTES;
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)salt, strlen(salt));

	g_hmac_update(hmac, (const guchar *)secret, (gssize)strlen(secret));
	g_hmac_get_digest(hmac, s->key, &n);
	g_hmac_unref(hmac);
	return s;
}

/* Beside the store, so that it is where the store is, but not in it. */
char *seal_path(const struct config_section *c, const char *store)
{
	g_autofree char *folder = g_path_get_dirname(store);
	g_autofree char *name = g_strconcat(c->name, ".key", NULL);

	if (config_text(c, "key-file"))
		return g_strdup(config_text(c, "key-file"));
	return g_build_filename(folder, name, NULL);
}

/* Whole on the disk, or not there at all. */
static int make_key_file(const char *path, char **ret_fault)
{
	unsigned char random[KEY_BYTES];
	g_autoptr(GError) error = NULL;

	need(RAND_bytes(random, sizeof(random)) == 1);
	char *text = g_base64_encode(random, sizeof(random));
	char *line = g_strconcat(text, "\n", NULL);
	bool made = g_file_set_contents_full(
		path, line, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
		&error);
	config_secret_free(text);
	config_secret_free(line);
	explicit_bzero(random, sizeof(random));
	if (made)
		return 0;
	*ret_fault = g_strdup_printf("the key for what the store keeps cannot be put into %s: %s; "
				     "let kith write there, or name another place in key-file",
				     path, error->message);
	return -EACCES;
}

/* As config_secret reads it, of a file that no key of the section names. */
static int read_default(const char *path, char **ret, char **ret_fault)
{
	GHashTable *values = g_hash_table_new(g_str_hash, g_str_equal);
	struct config_section named = { .kind = (char *)"matrix", .values = values };

	g_hash_table_insert(values, (char *)"key-file", (char *)path);
	int error = config_secret(&named, "key-file", ret, ret_fault);
	g_hash_table_unref(values);
	return error;
}

static int read_secret(const struct config_section *c, const char *store, char **ret,
		       char **ret_fault)
{
	if (config_text(c, "key-file"))
		return config_secret(c, "key-file", ret, ret_fault);
	g_autofree char *path = seal_path(c, store);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		int error = make_key_file(path, ret_fault);
		if (error)
			return error;
	}
	return read_default(path, ret, ret_fault);
}

int seal_open(const struct config_section *c, const char *store, struct seal **ret,
	      char **ret_fault)
{
	g_autofree char *fault = NULL;
	char *secret = NULL;
	int error = read_secret(c, store, &secret, &fault);

	if (error) {
		*ret_fault = g_strdup_printf("key-file: %s", fault);
		return error;
	}
	if (strlen(secret) >= SECRET_LEAST) {
		*ret = seal_of(secret);
	} else {
		*ret_fault = g_strdup_printf("key-file: its first line has fewer than %d "
					     "characters; 'openssl rand -base64 32' makes a good "
					     "one",
					     SECRET_LEAST);
		error = -EKEYREJECTED;
	}
	config_secret_free(secret);
	return error;
}

void seal_free(struct seal *s)
{
	if (!s)
		return;
	explicit_bzero(s, sizeof(*s));
	g_free(s);
}

char *seal_lock(const struct seal *s, const char *what, const char *secret)
{
	size_t n = strlen(secret), all = NONCE_BYTES + n + TAG_BYTES;
	g_autofree unsigned char *bytes = g_malloc(all);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done;

	/* NIST SP 800-38D: a random nonce of 96 bits is good for 2^32 texts, each sealed anew only
	 * when a token is renewed. */
	need(ctx && RAND_bytes(bytes, NONCE_BYTES) == 1);
	need(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, s->key, bytes) == 1);
	need(EVP_EncryptUpdate(ctx, NULL, &done, (const unsigned char *)what, (int)strlen(what)) ==
	     1);
	need(EVP_EncryptUpdate(ctx, bytes + NONCE_BYTES, &done, (const unsigned char *)secret,
			       (int)n) == 1);
	need(EVP_EncryptFinal_ex(ctx, bytes + all, &done) == 1);
	need(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, bytes + NONCE_BYTES + n) ==
	     1);
	EVP_CIPHER_CTX_free(ctx);
	g_autofree char *text = g_base64_encode(bytes, all);
	return g_strconcat(MARK, text, NULL);
}

static bool decrypt(const struct seal *s, const char *what, unsigned char *bytes, size_t all,
		    char *ret)
{
	size_t n = all - NONCE_BYTES - TAG_BYTES;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done;

	need(ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, s->key, bytes) == 1);
	need(EVP_DecryptUpdate(ctx, NULL, &done, (const unsigned char *)what, (int)strlen(what)) ==
	     1);
	need(EVP_DecryptUpdate(ctx, (unsigned char *)ret, &done, bytes + NONCE_BYTES, (int)n) == 1);
	need(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, bytes + NONCE_BYTES + n) ==
	     1);
	bool fine = EVP_DecryptFinal_ex(ctx, (unsigned char *)ret + n, &done) == 1;
	EVP_CIPHER_CTX_free(ctx);
	ret[n] = '\0';
	return fine;
}

char *seal_unlock(const struct seal *s, const char *what, const char *locked)
{
	gsize all = 0;

	if (!g_str_has_prefix(locked, MARK))
		return NULL;
	g_autofree unsigned char *bytes = g_base64_decode(locked + strlen(MARK), &all);
	if (!bytes || all < NONCE_BYTES + TAG_BYTES)
		return NULL;
	size_t n = all - NONCE_BYTES - TAG_BYTES;
	char *secret = g_malloc(n + 1);
	if (decrypt(s, what, bytes, all, secret))
		return secret;
	explicit_bzero(secret, n);
	g_free(secret);
	return NULL;
}

/* RFC 5869, HKDF-Expand, to the length of one hash. */
void seal_key(const struct seal *s, const char *what, unsigned char ret[static 32])
{
	gsize n = KEY_BYTES;
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, s->key, KEY_BYTES);

	g_hmac_update(hmac, (const guchar *)what, (gssize)strlen(what));
	g_hmac_update(hmac, (const guchar *)"\x01", 1);
	g_hmac_get_digest(hmac, ret, &n);
	g_hmac_unref(hmac);
}
