#include "transport/matrix/e2ee/olm.h"

#include "base/log.h"
#include "transport/matrix/e2ee/curve.h"

#include <errno.h>
#include <glib.h>
#include <olm/inbound_group_session.h>
#include <olm/olm.h>
#include <olm/outbound_group_session.h>
#include <string.h>
#include <sysexits.h>

enum { KEY_BYTES = 32 };

/* Wrong use, or no memory; never what somebody sent. */
static void need(bool worked, const char *what)
{
	if (!worked)
		die(EX_SOFTWARE, "libolm cannot %s", what);
}

static size_t needed(size_t result, const char *what)
{
	need(result != olm_error(), what);
	return result;
}

/* What held a secret goes overwritten. */
static void wipe(void *memory, size_t bytes)
{
	if (memory)
		explicit_bzero(memory, bytes);
	g_free(memory);
}

static void *random_new(size_t bytes)
{
	void *random = g_malloc(bytes + 1);

	crypto_random(random, bytes);
	return random;
}

/*
 * Messages as they lie (Olm: The Olm Message Format, Pre-Key Messages; Megolm: Message format): a
 * version, then fields, each with a tag.
 */
struct field {
	unsigned tag;
	uint64_t number;            /* of tags that end in 0 */
	const unsigned char *bytes; /* of those that end in 2 */
	size_t length;
};

static bool take_number(const unsigned char **at, const unsigned char *end, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
		unsigned char byte = *(*at)++;

		*ret |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static bool take_field(const unsigned char **at, const unsigned char *end, struct field *ret)
{
	uint64_t tag;

	*ret = (struct field){ 0 };
	if (!take_number(at, end, &tag) || tag > UINT8_MAX)
		return false;
	ret->tag = (unsigned)tag;
	if ((tag & 7) == 0)
		return take_number(at, end, &ret->number);
	if ((tag & 7) != 2 || !take_number(at, end, &ret->number) ||
	    ret->number > (size_t)(end - *at))
		return false;
	ret->bytes = *at;
	ret->length = (size_t)ret->number;
	*at += ret->length;
	return true;
}

enum { VERSION = 3, OLM_RATCHET = 0x0a };
enum { PRE_KEY_BASE = 0x12, PRE_KEY_IDENTITY = 0x1a, PRE_KEY_MESSAGE = 0x22 };
enum { MEGOLM_INDEX = 0x08, MAC_BYTES = 8 };

/* Every key in it that secrets are agreed on with, however often there is one. What does not read
 * as fields from end to end is not what it says to be: the library could find keys in it that
 * nobody has looked at. And it reads the sender's key, whether there is one in it or not. */
static int check_fields(const unsigned char *message, size_t bytes, bool pre_key)
{
	size_t behind = pre_key ? 0 : MAC_BYTES;

	if (bytes < 1 + behind || message[0] != VERSION)
		return -EBADMSG;
	const unsigned char *at = message + 1, *end = message + bytes - behind;
	bool identified = !pre_key;
	while (at < end) {
		struct field f;
		int error = 0;

		if (!take_field(&at, end, &f))
			return -EBADMSG;
		if (f.tag == (pre_key ? PRE_KEY_BASE : OLM_RATCHET))
			error = f.length != KEY_BYTES    ? -EBADMSG
				: crypto_agrees(f.bytes) ? 0
							 : -EKEYREJECTED;
		else if (pre_key && f.tag == PRE_KEY_IDENTITY)
			identified = f.length == KEY_BYTES;
		else if (pre_key && f.tag == PRE_KEY_MESSAGE)
			error = check_fields(f.bytes, f.length, false);
		if (error < 0)
			return error;
	}
	return identified ? 0 : -EBADMSG;
}

static int check_message(const char *body, bool pre_key)
{
	size_t bytes = 0;
	g_autofree unsigned char *message = crypto_decode(body, &bytes);

	return message ? check_fields(message, bytes, pre_key) : -EBADMSG;
}

int crypto_message_index(const char *ciphertext, uint32_t *ret)
{
	size_t bytes = 0;
	g_autofree unsigned char *message = crypto_decode(ciphertext, &bytes);
	const unsigned char *at = message ? message + 1 : NULL;
	struct field f;

	if (!message || bytes < 1 || message[0] != VERSION)
		return -EBADMSG;
	while (at < message + bytes && take_field(&at, message + bytes, &f)) {
		if (f.tag != MEGOLM_INDEX)
			continue;
		if (f.number > UINT32_MAX)
			return -EBADMSG;
		*ret = (uint32_t)f.number;
		return 0;
	}
	return -EBADMSG;
}

/* Text that was decrypted; the buffer is one byte longer than what may be in it. */
static int take_text(char *text, size_t length, char **ret)
{
	text[length] = '\0';
	if (!g_utf8_validate(text, (gssize)length, NULL)) {
		wipe(text, length);
		return -EBADMSG;
	}
	*ret = text;
	return 0;
}

static int unpickle_error(enum OlmErrorCode code)
{
	return code == OLM_BAD_ACCOUNT_KEY ? -EKEYREJECTED : -EBADMSG;
}

/*
 * The account.
 */
struct crypto_account {
	OlmAccount *olm; /* its memory */
	char *curve25519, *ed25519;
};

static struct crypto_account *account_blank(void)
{
	struct crypto_account *a = g_new0(struct crypto_account, 1);

	a->olm = olm_account(g_malloc0(olm_account_size()));
	return a;
}

static json_t *read_json(const char *text, size_t length)
{
	json_t *j = json_loadb(text, length, 0, NULL);

	need(j != NULL, "write its own keys");
	return j;
}

static void read_identity(struct crypto_account *a)
{
	size_t most = olm_account_identity_keys_length(a->olm);
	g_autofree char *text = g_malloc(most);
	size_t length = needed(olm_account_identity_keys(a->olm, text, most), "tell its keys");
	json_t *keys = read_json(text, length);

	a->curve25519 = g_strdup(json_string_value(json_object_get(keys, "curve25519")));
	a->ed25519 = g_strdup(json_string_value(json_object_get(keys, "ed25519")));
	json_decref(keys);
	need(a->curve25519 && a->ed25519, "tell its keys");
}

struct crypto_account *crypto_account_make(void)
{
	struct crypto_account *a = account_blank();
	size_t bytes = olm_create_account_random_length(a->olm);
	void *random = random_new(bytes);

	needed(olm_create_account(a->olm, random, bytes), "make an account");
	wipe(random, bytes);
	read_identity(a);
	return a;
}

void crypto_account_free(struct crypto_account *a)
{
	if (!a)
		return;
	olm_clear_account(a->olm);
	g_free(a->olm);
	g_free(a->curve25519);
	g_free(a->ed25519);
	g_free(a);
}

char *crypto_account_pickle(const struct crypto_account *a, const struct crypto_pickle_key *key)
{
	size_t most = olm_pickle_account_length(a->olm);
	char *pickle = g_malloc(most + 1);

	pickle[needed(olm_pickle_account(a->olm, key->bytes, sizeof(key->bytes), pickle, most),
		      "pickle an account")] = '\0';
	return pickle;
}

int crypto_account_unpickle(const char *pickle, const struct crypto_pickle_key *key,
			    struct crypto_account **ret)
{
	struct crypto_account *a = account_blank();
	g_autofree char *copy = g_strdup(pickle);

	if (olm_unpickle_account(a->olm, key->bytes, sizeof(key->bytes), copy, strlen(copy)) ==
	    olm_error()) {
		int error = unpickle_error(olm_account_last_error_code(a->olm));

		crypto_account_free(a);
		return error;
	}
	read_identity(a);
	*ret = a;
	return 0;
}

const char *crypto_account_curve25519(const struct crypto_account *a)
{
	return a->curve25519;
}

const char *crypto_account_ed25519(const struct crypto_account *a)
{
	return a->ed25519;
}

char *crypto_account_sign(const struct crypto_account *a, const char *message)
{
	size_t most = olm_account_signature_length(a->olm);
	char *signature = g_malloc(most + 1);

	signature[needed(olm_account_sign(a->olm, message, strlen(message), signature, most),
			 "sign")] = '\0';
	return signature;
}

unsigned crypto_account_one_time_most(const struct crypto_account *a)
{
	return (unsigned)olm_account_max_number_of_one_time_keys(a->olm);
}

void crypto_account_make_one_time(struct crypto_account *a, unsigned n)
{
	size_t bytes = olm_account_generate_one_time_keys_random_length(a->olm, n);
	void *random = random_new(bytes);

	needed(olm_account_generate_one_time_keys(a->olm, n, random, bytes), "make one-time keys");
	wipe(random, bytes);
}

void crypto_account_make_fallback(struct crypto_account *a)
{
	size_t bytes = olm_account_generate_fallback_key_random_length(a->olm);
	void *random = random_new(bytes);

	needed(olm_account_generate_fallback_key(a->olm, random, bytes), "make a fallback key");
	wipe(random, bytes);
}

void crypto_account_forget_fallback(struct crypto_account *a)
{
	olm_account_forget_old_fallback_key(a->olm);
}

static json_t *take_keys(const char *text, size_t length)
{
	json_t *whole = read_json(text, length);
	json_t *keys = json_incref(json_object_get(whole, "curve25519"));

	json_decref(whole);
	return keys ? keys : json_object();
}

json_t *crypto_account_one_time(const struct crypto_account *a)
{
	size_t most = olm_account_one_time_keys_length(a->olm);
	g_autofree char *text = g_malloc(most);

	return take_keys(text, needed(olm_account_one_time_keys(a->olm, text, most),
				      "tell its one-time keys"));
}

json_t *crypto_account_fallback(const struct crypto_account *a)
{
	size_t most = olm_account_unpublished_fallback_key_length(a->olm);
	g_autofree char *text = g_malloc(most);

	return take_keys(text, needed(olm_account_unpublished_fallback_key(a->olm, text, most),
				      "tell its fallback key"));
}

void crypto_account_published(struct crypto_account *a)
{
	needed(olm_account_mark_keys_as_published(a->olm), "note what is published");
}

/*
 * Olm.
 */
struct crypto_session {
	OlmSession *olm; /* its memory */
	char *id;
};

static struct crypto_session *session_blank(void)
{
	struct crypto_session *s = g_new0(struct crypto_session, 1);

	s->olm = olm_session(g_malloc0(olm_session_size()));
	return s;
}

void crypto_session_free(struct crypto_session *s)
{
	if (!s)
		return;
	olm_clear_session(s->olm);
	g_free(s->olm);
	g_free(s->id);
	g_free(s);
}

static void read_session_id(struct crypto_session *s)
{
	size_t most = olm_session_id_length(s->olm);

	s->id = g_malloc(most + 1);
	s->id[needed(olm_session_id(s->olm, s->id, most), "name a session")] = '\0';
}

int crypto_session_out(const struct crypto_account *a, const char *curve25519, const char *one_time,
		       struct crypto_session **ret)
{
	if (!crypto_is_curve25519(curve25519) || !crypto_is_curve25519(one_time))
		return -EKEYREJECTED;
	struct crypto_session *s = session_blank();
	size_t bytes = olm_create_outbound_session_random_length(s->olm);
	void *random = random_new(bytes);

	needed(olm_create_outbound_session(s->olm, a->olm, curve25519, strlen(curve25519), one_time,
					   strlen(one_time), random, bytes),
	       "begin a session");
	wipe(random, bytes);
	read_session_id(s);
	*ret = s;
	return 0;
}

int crypto_session_in(struct crypto_account *a, const char *curve25519, const char *body,
		      struct crypto_session **ret)
{
	g_autofree char *copy = g_strdup(body);
	int error = crypto_is_curve25519(curve25519) ? check_message(body, true) : -EKEYREJECTED;

	if (error < 0)
		return error;
	struct crypto_session *s = session_blank();
	if (olm_create_inbound_session_from(s->olm, a->olm, curve25519, strlen(curve25519), copy,
					    strlen(copy)) == olm_error()) {
		crypto_session_free(s);
		return -EBADMSG;
	}
	read_session_id(s);
	*ret = s;
	return 0;
}

/* It may have been the fallback key, which stays. */
void crypto_account_used(struct crypto_account *a, const struct crypto_session *s)
{
	olm_remove_one_time_keys(a->olm, s->olm);
}

char *crypto_session_pickle(const struct crypto_session *s, const struct crypto_pickle_key *key)
{
	size_t most = olm_pickle_session_length(s->olm);
	char *pickle = g_malloc(most + 1);

	pickle[needed(olm_pickle_session(s->olm, key->bytes, sizeof(key->bytes), pickle, most),
		      "pickle a session")] = '\0';
	return pickle;
}

int crypto_session_unpickle(const char *pickle, const struct crypto_pickle_key *key,
			    struct crypto_session **ret)
{
	struct crypto_session *s = session_blank();
	g_autofree char *copy = g_strdup(pickle);

	if (olm_unpickle_session(s->olm, key->bytes, sizeof(key->bytes), copy, strlen(copy)) ==
	    olm_error()) {
		int error = unpickle_error(olm_session_last_error_code(s->olm));

		crypto_session_free(s);
		return error;
	}
	read_session_id(s);
	*ret = s;
	return 0;
}

const char *crypto_session_id(const struct crypto_session *s)
{
	return s->id;
}

bool crypto_session_matches(const struct crypto_session *s, const char *curve25519,
			    const char *body)
{
	g_autofree char *copy = g_strdup(body);

	return olm_matches_inbound_session_from(s->olm, curve25519, strlen(curve25519), copy,
						strlen(copy)) == 1;
}

char *crypto_session_encrypt(struct crypto_session *s, const char *text, int *ret_type)
{
	size_t length = strlen(text), most = olm_encrypt_message_length(s->olm, length);
	size_t bytes = olm_encrypt_random_length(s->olm);
	void *random = random_new(bytes);
	char *message = g_malloc(most + 1);

	*ret_type = (int)needed(olm_encrypt_message_type(s->olm), "encrypt");
	message[needed(olm_encrypt(s->olm, text, length, random, bytes, message, most),
		       "encrypt")] = '\0';
	wipe(random, bytes);
	return message;
}

int crypto_session_decrypt(struct crypto_session *s, int type, const char *body, char **ret)
{
	g_autofree char *look = g_strdup(body), *copy = g_strdup(body);
	size_t length = strlen(body);

	if ((type != CRYPTO_PRE_KEY && type != CRYPTO_MESSAGE) ||
	    check_message(body, type == CRYPTO_PRE_KEY) < 0)
		return -EBADMSG;
	size_t most = olm_decrypt_max_plaintext_length(s->olm, (size_t)type, look, length);
	if (most == olm_error())
		return -EBADMSG;
	char *text = g_malloc(most + 1);
	size_t read = olm_decrypt(s->olm, (size_t)type, copy, length, text, most);
	if (read != olm_error())
		return take_text(text, read, ret);
	g_free(text);
	return -EBADMSG;
}

/*
 * Megolm, as we speak.
 */
struct crypto_outbound {
	OlmOutboundGroupSession *olm; /* its memory */
	char *id;
};

static struct crypto_outbound *outbound_blank(void)
{
	struct crypto_outbound *o = g_new0(struct crypto_outbound, 1);

	o->olm = olm_outbound_group_session(g_malloc0(olm_outbound_group_session_size()));
	return o;
}

void crypto_outbound_free(struct crypto_outbound *o)
{
	if (!o)
		return;
	olm_clear_outbound_group_session(o->olm);
	g_free(o->olm);
	g_free(o->id);
	g_free(o);
}

static void read_outbound_id(struct crypto_outbound *o)
{
	size_t most = olm_outbound_group_session_id_length(o->olm);

	o->id = g_malloc(most + 1);
	o->id[needed(olm_outbound_group_session_id(o->olm, (uint8_t *)o->id, most),
		     "name a session")] = '\0';
}

struct crypto_outbound *crypto_outbound_make(void)
{
	struct crypto_outbound *o = outbound_blank();
	size_t bytes = olm_init_outbound_group_session_random_length(o->olm);
	void *random = random_new(bytes);

	needed(olm_init_outbound_group_session(o->olm, random, bytes), "begin a group session");
	wipe(random, bytes);
	read_outbound_id(o);
	return o;
}

char *crypto_outbound_pickle(const struct crypto_outbound *o, const struct crypto_pickle_key *key)
{
	size_t most = olm_pickle_outbound_group_session_length(o->olm);
	char *pickle = g_malloc(most + 1);

	pickle[needed(olm_pickle_outbound_group_session(o->olm, key->bytes, sizeof(key->bytes),
							pickle, most),
		      "pickle a group session")] = '\0';
	return pickle;
}

int crypto_outbound_unpickle(const char *pickle, const struct crypto_pickle_key *key,
			     struct crypto_outbound **ret)
{
	struct crypto_outbound *o = outbound_blank();
	g_autofree char *copy = g_strdup(pickle);

	if (olm_unpickle_outbound_group_session(o->olm, key->bytes, sizeof(key->bytes), copy,
						strlen(copy)) == olm_error()) {
		int error = unpickle_error(olm_outbound_group_session_last_error_code(o->olm));

		crypto_outbound_free(o);
		return error;
	}
	read_outbound_id(o);
	*ret = o;
	return 0;
}

const char *crypto_outbound_id(const struct crypto_outbound *o)
{
	return o->id;
}

uint32_t crypto_outbound_index(const struct crypto_outbound *o)
{
	return olm_outbound_group_session_message_index(o->olm);
}

/* The library moves on by nothing but encrypting. */
void crypto_outbound_skip(struct crypto_outbound *o, uint32_t index)
{
	while (crypto_outbound_index(o) < index)
		g_free(crypto_outbound_encrypt(o, ""));
}

char *crypto_outbound_key(const struct crypto_outbound *o)
{
	size_t most = olm_outbound_group_session_key_length(o->olm);
	char *key = g_malloc(most + 1);

	key[needed(olm_outbound_group_session_key(o->olm, (uint8_t *)key, most), "tell a key")] =
		'\0';
	return key;
}

char *crypto_outbound_encrypt(struct crypto_outbound *o, const char *text)
{
	size_t length = strlen(text), most = olm_group_encrypt_message_length(o->olm, length);
	char *message = g_malloc(most + 1);

	message[needed(
		olm_group_encrypt(o->olm, (const uint8_t *)text, length, (uint8_t *)message, most),
		"encrypt")] = '\0';
	return message;
}

/*
 * Megolm, as others speak.
 */
struct crypto_inbound {
	OlmInboundGroupSession *olm; /* its memory */
	char *id;
};

static struct crypto_inbound *inbound_blank(void)
{
	struct crypto_inbound *in = g_new0(struct crypto_inbound, 1);

	in->olm = olm_inbound_group_session(g_malloc0(olm_inbound_group_session_size()));
	return in;
}

void crypto_inbound_free(struct crypto_inbound *in)
{
	if (!in)
		return;
	olm_clear_inbound_group_session(in->olm);
	g_free(in->olm);
	g_free(in->id);
	g_free(in);
}

static void read_inbound_id(struct crypto_inbound *in)
{
	size_t most = olm_inbound_group_session_id_length(in->olm);

	in->id = g_malloc(most + 1);
	in->id[needed(olm_inbound_group_session_id(in->olm, (uint8_t *)in->id, most),
		      "name a session")] = '\0';
}

/* The library reads other letters, too, as if they were those of base64. */
static bool is_base64(const char *text)
{
	size_t bytes = 0;
	unsigned char *decoded = crypto_decode(text, &bytes);

	bool fine = decoded;
	wipe(decoded, bytes);
	return fine;
}

int crypto_inbound_new(const char *session_key, struct crypto_inbound **ret)
{
	g_autofree char *copy = g_strdup(session_key);

	if (!is_base64(session_key))
		return -EBADMSG;
	struct crypto_inbound *in = inbound_blank();
	if (olm_init_inbound_group_session(in->olm, (const uint8_t *)copy, strlen(copy)) ==
	    olm_error()) {
		crypto_inbound_free(in);
		return -EBADMSG;
	}
	read_inbound_id(in);
	if (!crypto_is_ed25519(in->id)) {
		crypto_inbound_free(in);
		return -EBADMSG;
	}
	*ret = in;
	return 0;
}

char *crypto_inbound_pickle(const struct crypto_inbound *in, const struct crypto_pickle_key *key)
{
	size_t most = olm_pickle_inbound_group_session_length(in->olm);
	char *pickle = g_malloc(most + 1);

	pickle[needed(olm_pickle_inbound_group_session(in->olm, key->bytes, sizeof(key->bytes),
						       pickle, most),
		      "pickle a group session")] = '\0';
	return pickle;
}

int crypto_inbound_unpickle(const char *pickle, const struct crypto_pickle_key *key,
			    struct crypto_inbound **ret)
{
	struct crypto_inbound *in = inbound_blank();
	g_autofree char *copy = g_strdup(pickle);

	if (olm_unpickle_inbound_group_session(in->olm, key->bytes, sizeof(key->bytes), copy,
					       strlen(copy)) == olm_error()) {
		int error = unpickle_error(olm_inbound_group_session_last_error_code(in->olm));

		crypto_inbound_free(in);
		return error;
	}
	read_inbound_id(in);
	*ret = in;
	return 0;
}

const char *crypto_inbound_id(const struct crypto_inbound *in)
{
	return in->id;
}

uint32_t crypto_inbound_first(const struct crypto_inbound *in)
{
	return olm_inbound_group_session_first_known_index(in->olm);
}

static char *export_at(const struct crypto_inbound *in, uint32_t index)
{
	size_t most = olm_export_inbound_group_session_length(in->olm);
	char *key = g_malloc(most + 1);

	key[needed(olm_export_inbound_group_session(in->olm, (uint8_t *)key, most, index),
		   "compare group sessions")] = '\0';
	return key;
}

bool crypto_inbound_same(const struct crypto_inbound *a, const struct crypto_inbound *b)
{
	uint32_t index = MAX(crypto_inbound_first(a), crypto_inbound_first(b));
	char *one = export_at(a, index), *other = export_at(b, index);
	bool same = !strcmp(a->id, b->id) && !strcmp(one, other);

	wipe(one, strlen(one));
	wipe(other, strlen(other));
	return same;
}

int crypto_inbound_decrypt(const struct crypto_inbound *in, const char *ciphertext, char **ret,
			   uint32_t *ret_index)
{
	size_t length = strlen(ciphertext);
	g_autofree char *look = g_strdup(ciphertext), *copy = g_strdup(ciphertext);

	if (!is_base64(ciphertext))
		return -EBADMSG;
	size_t most = olm_group_decrypt_max_plaintext_length(in->olm, (uint8_t *)look, length);
	if (most == olm_error())
		return -EBADMSG;
	char *text = g_malloc(most + 1);
	uint32_t index = 0;
	size_t read =
		olm_group_decrypt(in->olm, (uint8_t *)copy, length, (uint8_t *)text, most, &index);
	if (read != olm_error()) {
		int error = take_text(text, read, ret);

		if (error == 0)
			*ret_index = index;
		return error;
	}
	g_free(text);
	return olm_inbound_group_session_last_error_code(in->olm) == OLM_UNKNOWN_MESSAGE_INDEX
		       ? -ERANGE
		       : -EBADMSG;
}
