/*
 * The ratchets of Olm and Megolm (matrix-spec: Olm, Megolm). Its .c is the only file that includes
 * <olm/...>, and nothing here tells that it is libolm: vodozemac could take its place (the names
 * begin with crypto_, since olm_ is the library's). Keys, signatures and ciphertexts are text in
 * unpadded base64; what is handed in is never written to. Without memory or random numbers the
 * process ends.
 */
#ifndef KITH_MATRIX_E2EE_OLM_H
#define KITH_MATRIX_E2EE_OLM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What pickles are locked with; it is not in the store. */
struct crypto_pickle_key {
	unsigned char bytes[32];
};

/*
 * A device's own keys: one for identity, one to sign with, and keys to be handed out once each.
 */
struct crypto_account;
struct crypto_account *crypto_account_make(void);
void crypto_account_free(struct crypto_account *a);
/* g_free it. */
char *crypto_account_pickle(const struct crypto_account *a, const struct crypto_pickle_key *key);
/* -EKEYREJECTED: another key locked it; -EBADMSG: it is damaged. So of all pickles. */
int crypto_account_unpickle(const char *pickle, const struct crypto_pickle_key *key,
			    struct crypto_account **ret);
const char *crypto_account_curve25519(const struct crypto_account *a);
const char *crypto_account_ed25519(const struct crypto_account *a);
char *crypto_account_sign(const struct crypto_account *a, const char *message); /* g_free it */
/* How many one-time keys it can remember. */
unsigned crypto_account_one_time_most(const struct crypto_account *a);
void crypto_account_make_one_time(struct crypto_account *a, unsigned n);
/* The one before it stays good until it is forgotten. */
void crypto_account_make_fallback(struct crypto_account *a);
void crypto_account_forget_fallback(struct crypto_account *a);
/* Those that are not published yet: {"KEYID": "base64", ...}, {} if none. json_decref it. */
json_t *crypto_account_one_time(const struct crypto_account *a);
json_t *crypto_account_fallback(const struct crypto_account *a);
void crypto_account_published(struct crypto_account *a);

/*
 * An Olm session with one other device. Decrypting and encrypting move it on: it is to be pickled
 * and kept before what came of it is used.
 */
struct crypto_session;
enum { CRYPTO_PRE_KEY = 0, CRYPTO_MESSAGE = 1 }; /* type, in m.olm.v1.curve25519-aes-sha2 */
/* With a device whose one-time key was claimed. -EKEYREJECTED: these are no keys. */
int crypto_session_out(const struct crypto_account *a, const char *curve25519, const char *one_time,
		       struct crypto_session **ret);
/* From a pre-key message of the device with that identity key; the one-time key it used stays in
 * the account until crypto_account_used. -EBADMSG: it is none, from somebody else, or for a key
 * that there is not (any more); -EKEYREJECTED as above. */
int crypto_session_in(struct crypto_account *a, const char *curve25519, const char *body,
		      struct crypto_session **ret);
void crypto_account_used(struct crypto_account *a, const struct crypto_session *s);
void crypto_session_free(struct crypto_session *s);
char *crypto_session_pickle(const struct crypto_session *s, const struct crypto_pickle_key *key);
int crypto_session_unpickle(const char *pickle, const struct crypto_pickle_key *key,
			    struct crypto_session **ret);
const char *crypto_session_id(const struct crypto_session *s);
/* Whether that pre-key message, of the device with that identity key, belongs to it. */
bool crypto_session_matches(const struct crypto_session *s, const char *curve25519,
			    const char *body);
/* Text, ended by NUL and valid UTF-8 without one inside. g_free it. */
char *crypto_session_encrypt(struct crypto_session *s, const char *text, int *ret_type);
/* g_free *ret; -EBADMSG: it was not encrypted by this session or was decrypted before, the session
 * is as it was then; or it is no such text. */
int crypto_session_decrypt(struct crypto_session *s, int type, const char *body, char **ret);

/*
 * A Megolm session that kith speaks in.
 */
struct crypto_outbound;
struct crypto_outbound *crypto_outbound_make(void);
void crypto_outbound_free(struct crypto_outbound *o);
char *crypto_outbound_pickle(const struct crypto_outbound *o, const struct crypto_pickle_key *key);
int crypto_outbound_unpickle(const char *pickle, const struct crypto_pickle_key *key,
			     struct crypto_outbound **ret);
const char *crypto_outbound_id(const struct crypto_outbound *o);
/* Of the message that is encrypted next. */
uint32_t crypto_outbound_index(const struct crypto_outbound *o);
/* Goes on with that index, if it is not past it: those before it may have been used. As dear as
 * saying as many messages. */
void crypto_outbound_skip(struct crypto_outbound *o, uint32_t index);
/* What a reader needs to read from the next message on (session_key of m.room_key). g_free it. */
char *crypto_outbound_key(const struct crypto_outbound *o);
char *crypto_outbound_encrypt(struct crypto_outbound *o, const char *text); /* g_free it */

/*
 * A Megolm session that somebody else speaks in. Reading does not change it.
 */
struct crypto_inbound;
/* From the session_key of an m.room_key. -EBADMSG: it is none. */
int crypto_inbound_new(const char *session_key, struct crypto_inbound **ret);
void crypto_inbound_free(struct crypto_inbound *in);
char *crypto_inbound_pickle(const struct crypto_inbound *in, const struct crypto_pickle_key *key);
int crypto_inbound_unpickle(const char *pickle, const struct crypto_pickle_key *key,
			    struct crypto_inbound **ret);
const char *crypto_inbound_id(const struct crypto_inbound *in);
uint32_t crypto_inbound_first(const struct crypto_inbound *in);
/* Whether both are one session, that one of them can read from earlier on than the other: they meet
 * at the later one's first index. */
bool crypto_inbound_same(const struct crypto_inbound *a, const struct crypto_inbound *b);
/* g_free *ret; -EBADMSG: not of this session, or no text as above; -ERANGE: from before what can be
 * read. */
int crypto_inbound_decrypt(const struct crypto_inbound *in, const char *ciphertext, char **ret,
			   uint32_t *ret_index);
/* The index that a ciphertext says it has, without a key. -EBADMSG: it is none. */
int crypto_message_index(const char *ciphertext, uint32_t *ret);

#endif
