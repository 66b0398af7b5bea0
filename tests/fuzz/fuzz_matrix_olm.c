/* The promises of olm.h, curve.h and canonical.h for any text that comes from outside: nothing is
 * taken for what it is not, and what is refused has changed nothing. The first byte says what it is
 * made of: the rest of the input as it is, or something real (a pre-key message, a message, a
 * session's key, what was said in it, a signature, a key, a pickle) that the rest changes, three
 * bytes a change: two for where, one for how; 0 cuts it there.
 */
#include "base/log.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/olm.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum real { PRE_KEY, MESSAGE, KEY, CIPHERTEXT, SIGNATURE, IDENTITY, PICKLE, REALS };

static struct {
	struct crypto_pickle_key key;
	struct crypto_account *own, *peer;
	struct crypto_session *session; /* with the peer */
	struct crypto_inbound *inbound;
	char *real[REALS];
} ground;

#define SAID "what the peer said"

static char *first_key(json_t *keys)
{
	char *key = g_strdup(json_string_value(json_object_iter_value(json_object_iter(keys))));

	json_decref(keys);
	return key;
}

static void begin_session(void)
{
	struct crypto_session *theirs;
	g_autofree char *one_time = NULL, *begun = NULL, *answer = NULL, *text = NULL;
	int type;

	ground.own = crypto_account_make();
	ground.peer = crypto_account_make();
	crypto_account_make_one_time(ground.own, 1);
	one_time = first_key(crypto_account_one_time(ground.own));
	int error = crypto_session_out(ground.peer, crypto_account_curve25519(ground.own), one_time,
				       &theirs);
	assert(error == 0);
	ground.real[PRE_KEY] = crypto_session_encrypt(theirs, SAID, &type);
	assert(type == CRYPTO_PRE_KEY);
	error = crypto_session_in(ground.own, crypto_account_curve25519(ground.peer),
				  ground.real[PRE_KEY], &ground.session);
	assert(error == 0);
	error = crypto_session_decrypt(ground.session, type, ground.real[PRE_KEY], &begun);
	assert(error == 0);
	answer = crypto_session_encrypt(ground.session, "an answer", &type);
	error = crypto_session_decrypt(theirs, type, answer, &text);
	assert(error == 0);
	ground.real[MESSAGE] = crypto_session_encrypt(theirs, SAID, &type);
	assert(type == CRYPTO_MESSAGE);
	crypto_session_free(theirs);
}

static void clear_up(void)
{
	crypto_account_free(ground.own);
	crypto_account_free(ground.peer);
	crypto_session_free(ground.session);
	crypto_inbound_free(ground.inbound);
	for (int i = 0; i < REALS; i++)
		g_free(ground.real[i]);
}

static void lay_ground(void)
{
	struct crypto_outbound *out = crypto_outbound_make();

	log_set_level(LOG_LEVEL_ERROR);
	begin_session();
	ground.real[KEY] = crypto_outbound_key(out);
	ground.real[CIPHERTEXT] = crypto_outbound_encrypt(out, SAID);
	ground.real[SIGNATURE] = crypto_account_sign(ground.peer, SAID);
	ground.real[IDENTITY] = g_strdup(crypto_account_ed25519(ground.peer));
	int error = crypto_inbound_new(ground.real[KEY], &ground.inbound);
	assert(error == 0);
	ground.real[PICKLE] = crypto_inbound_pickle(ground.inbound, &ground.key);
	crypto_outbound_free(out);
	atexit(clear_up);
}

static bool is_real(const char *text, enum real what)
{
	return !strcmp(text, ground.real[what]);
}

static void keys_are_sound(const char *text)
{
	size_t n = 0;
	g_autofree unsigned char *bytes = crypto_decode(text, &n);

	if (bytes) {
		g_autofree char *again = crypto_encode(bytes, n);
		assert(!strcmp(again, text));
	}
	assert(!crypto_is_curve25519(text) || n == 32);
	assert(!crypto_is_ed25519(text) || n == 32);
	/* One way to write it, and one who can. */
	assert(crypto_verify(ground.real[IDENTITY], SAID, text) == is_real(text, SIGNATURE));
	assert(crypto_verify(text, SAID, ground.real[SIGNATURE]) == is_real(text, IDENTITY));
}

/* Anybody may begin a session, but say nothing in it without the keys. */
static void begins(const char *text)
{
	const char *peer = crypto_account_curve25519(ground.peer);
	struct crypto_session *s;
	g_autofree char *said = NULL, *before = crypto_account_pickle(ground.own, &ground.key);
	int error = crypto_session_in(ground.own, peer, text, &s);

	assert(error == 0 || error == -EBADMSG || error == -EKEYREJECTED);
	g_autofree char *after = crypto_account_pickle(ground.own, &ground.key);
	assert(!strcmp(before, after));
	if (error == 0) {
		error = crypto_session_decrypt(s, CRYPTO_PRE_KEY, text, &said);
		assert(error == -EBADMSG || (error == 0 && !strcmp(said, SAID)));
		crypto_session_free(s);
	}
	if (crypto_is_curve25519(text)) {
		error = crypto_session_out(ground.own, text, text, &s);
		assert(error == 0);
		crypto_session_free(s);
	}
}

static void goes_on(const char *text)
{
	g_autofree char *before = crypto_session_pickle(ground.session, &ground.key);

	crypto_session_matches(ground.session, crypto_account_curve25519(ground.peer), text);
	for (int type = CRYPTO_PRE_KEY; type <= CRYPTO_MESSAGE + 1; type++) {
		struct crypto_session *s;
		g_autofree char *said = NULL;

		int error = crypto_session_unpickle(before, &ground.key, &s);
		assert(error == 0);
		error = crypto_session_decrypt(s, type, text, &said);
		assert(error == -EBADMSG || (error == 0 && !strcmp(said, SAID)));
		g_autofree char *after = crypto_session_pickle(s, &ground.key);
		assert(error == 0 || !strcmp(before, after));
		crypto_session_free(s);
	}
}

static void is_read(const char *text)
{
	g_autofree char *said = NULL;
	uint32_t index = 0, claimed = 0;
	int error = crypto_inbound_decrypt(ground.inbound, text, &said, &index);

	assert(error == -EBADMSG || error == -ERANGE || error == 0);
	int named = crypto_message_index(text, &claimed);
	assert(named == 0 || named == -EBADMSG);
	if (error == 0)
		assert(!strcmp(said, SAID) && named == 0 && claimed == index);
}

static void is_key(const char *text)
{
	struct crypto_inbound *in, *again;
	g_autofree char *said = NULL;
	uint32_t index;
	int error = crypto_inbound_new(text, &in);

	assert(error == 0 || error == -EBADMSG);
	if (error < 0)
		return;
	assert(crypto_is_ed25519(crypto_inbound_id(in)));
	assert(crypto_inbound_same(in, in));
	/* It is signed by whom it is named after. */
	assert(is_real(text, KEY) || !crypto_inbound_same(in, ground.inbound));
	g_autofree char *pickle = crypto_inbound_pickle(in, &ground.key);
	error = crypto_inbound_unpickle(pickle, &ground.key, &again);
	assert(error == 0 && crypto_inbound_first(again) == crypto_inbound_first(in));
	assert(!strcmp(crypto_inbound_id(again), crypto_inbound_id(in)));
	crypto_inbound_decrypt(in, ground.real[CIPHERTEXT], &said, &index);
	crypto_inbound_free(again);
	crypto_inbound_free(in);
}

/* What somebody has written into the store. */
static void is_pickle(const char *text)
{
	struct crypto_account *account;
	struct crypto_session *session;
	struct crypto_outbound *outbound;
	struct crypto_inbound *inbound;

	if (crypto_account_unpickle(text, &ground.key, &account) == 0)
		crypto_account_free(account);
	if (crypto_session_unpickle(text, &ground.key, &session) == 0)
		crypto_session_free(session);
	if (crypto_outbound_unpickle(text, &ground.key, &outbound) == 0)
		crypto_outbound_free(outbound);
	if (crypto_inbound_unpickle(text, &ground.key, &inbound) == 0)
		crypto_inbound_free(inbound);
}

static void is_canonical(const char *text)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);
	g_autofree char *canonical = j ? canonical_text(j) : NULL;
	g_autofree char *to_sign = j ? canonical_signed(j) : NULL;

	if (canonical) {
		json_t *again = json_loads(canonical, JSON_DECODE_ANY, NULL);
		g_autofree char *same = canonical_text(again);

		/* 1e3 is written as the integer that it is. */
		assert(json_equal(again, j) || strpbrk(text, ".eE"));
		assert(!strcmp(canonical, same));
		json_decref(again);
	}
	assert(!to_sign || json_is_object(j));
	if (to_sign) {
		g_autofree char *signature = crypto_account_sign(ground.peer, to_sign);
		const char *ed25519 = ground.real[IDENTITY];

		assert(!canonical_verify(j, "@ana:x", "PHONE", ed25519));
		canonical_add(j, "@ana:x", "PHONE", signature);
		assert(canonical_verify(j, "@ana:x", "PHONE", ed25519));
		assert(!canonical_verify(j, "@ana:x", "OTHER", ed25519) &&
		       !canonical_verify(j, "@eve:x", "PHONE", ed25519));
	}
	json_decref(j);
}

static char *changed(const char *real, const uint8_t *data, size_t size)
{
	char *text = g_strdup(real);

	for (; size >= 3; data += 3, size -= 3) {
		size_t n = strlen(text);

		if (n > 0) {
			char *c = &text[((size_t)data[0] << 8 | data[1]) % n];
			*c = (char)(*c ^ (char)data[2]);
			if (data[2] == 0)
				*c = '\0';
		}
	}
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!ground.own)
		lay_ground();
	if (size == 0)
		return 0;
	unsigned real = (unsigned)data[0] - '0';
	g_autofree char *text = real < REALS ? changed(ground.real[real], data + 1, size - 1)
					     : g_strndup((const char *)data + 1, size - 1);

	keys_are_sound(text);
	begins(text);
	goes_on(text);
	is_read(text);
	is_key(text);
	is_pickle(text);
	is_canonical(text);
	return 0;
}
