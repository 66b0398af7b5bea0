/*
 * usage: forger
 *
 * A device of Olm and Megolm that writes whatever it is told to: what no client can be made to say,
 * tests/live/forged.py has it say. Over kith's own olm.h, so that nothing but what it says is
 * wrong. Each line of stdin is an object, {"do": VERB, ...}, and answered by a line with another
 * one. It has one session of Olm at a time, and all of Megolm that it began.
 */
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/olm.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct forger {
	struct crypto_account *account;
	struct crypto_session *session; /* the last that was begun, or NULL */
	GHashTable *outbound;           /* id -> struct crypto_outbound */
};

static const char *text_of(const json_t *asked, const char *name)
{
	const char *text = json_string_value(json_object_get(asked, name));

	if (!text)
		g_error("there is no \"%s\"", name);
	return text;
}

static char *payload_of(const json_t *asked)
{
	return json_dumps(json_object_get(asked, "payload"), JSON_COMPACT | JSON_ENCODE_ANY);
}

static json_t *failure(int error)
{
	return json_pack("{s:s}", "error", g_strerror(-error));
}

/*
 * The device's keys.
 */
static json_t *keys(struct forger *f, const json_t *asked)
{
	return json_pack("{s:s, s:s}", "curve25519", crypto_account_curve25519(f->account),
			 "ed25519", crypto_account_ed25519(f->account));
}

/* {count}: {"keys": {id: key}}, not signed. */
static json_t *one_time(struct forger *f, const json_t *asked)
{
	int count = (int)json_integer_value(json_object_get(asked, "count"));

	crypto_account_make_one_time(f->account, (unsigned)count);
	json_t *made = crypto_account_one_time(f->account);
	crypto_account_published(f->account);
	return json_pack("{s:o}", "keys", made);
}

/* {object, user, device}: {"object"}, signed in their name, whatever is in it. */
static json_t *sign(struct forger *f, const json_t *asked)
{
	json_t *object = json_deep_copy(json_object_get(asked, "object"));
	g_autofree char *text = canonical_signed(object);

	if (!text) {
		json_decref(object);
		return failure(-EBADMSG);
	}
	g_autofree char *signature = crypto_account_sign(f->account, text);
	canonical_add(object, text_of(asked, "user"), text_of(asked, "device"), signature);
	return json_pack("{s:o}", "object", object);
}

/*
 * Olm.
 */
/* {curve25519, one_time_key}: with that device from now on. */
static json_t *begin(struct forger *f, const json_t *asked)
{
	struct crypto_session *begun;
	int error = crypto_session_out(f->account, text_of(asked, "curve25519"),
				       text_of(asked, "one_time_key"), &begun);

	if (error < 0)
		return failure(error);
	crypto_session_free(f->session);
	f->session = begun;
	return json_object();
}

/* {payload}: {"type", "body"}. */
static json_t *olm(struct forger *f, const json_t *asked)
{
	char *payload = payload_of(asked);
	int type;

	if (!f->session)
		g_error("no session was begun");
	g_autofree char *body = crypto_session_encrypt(f->session, payload, &type);
	free(payload);
	return json_pack("{s:i, s:s}", "type", type, "body", body);
}

/* {curve25519, body}: {"text"} of a pre-key message of that device. */
static json_t *read_letter(struct forger *f, const json_t *asked)
{
	const char *curve25519 = text_of(asked, "curve25519"), *body = text_of(asked, "body");
	g_autofree char *text = NULL;
	struct crypto_session *s;
	int error = crypto_session_in(f->account, curve25519, body, &s);

	if (error < 0)
		return failure(error);
	error = crypto_session_decrypt(s, CRYPTO_PRE_KEY, body, &text);
	crypto_session_free(s);
	return error < 0 ? failure(error) : json_pack("{s:s}", "text", text);
}

/*
 * Megolm.
 */
/* {"session_id", "session_key"} of a new session. */
static json_t *speak(struct forger *f, const json_t *asked)
{
	struct crypto_outbound *o = crypto_outbound_make();
	g_autofree char *key = crypto_outbound_key(o);

	g_hash_table_insert(f->outbound, g_strdup(crypto_outbound_id(o)), o);
	return json_pack("{s:s, s:s}", "session_id", crypto_outbound_id(o), "session_key", key);
}

/* {session_id, payload}: {"ciphertext"}, the next of that session. */
static json_t *megolm(struct forger *f, const json_t *asked)
{
	struct crypto_outbound *o = g_hash_table_lookup(f->outbound, text_of(asked, "session_id"));
	char *payload = payload_of(asked);

	if (!o)
		g_error("there is no such session");
	g_autofree char *ciphertext = crypto_outbound_encrypt(o, payload);
	free(payload);
	return json_pack("{s:s}", "ciphertext", ciphertext);
}

static json_t *answer(struct forger *f, const json_t *asked)
{
	static const struct {
		const char *name;
		json_t *(*run)(struct forger *f, const json_t *asked);
	} verbs[] = {
		{ "keys", keys },   { "one_time", one_time }, { "sign", sign },
		{ "begin", begin }, { "olm", olm },           { "read", read_letter },
		{ "speak", speak }, { "megolm", megolm },
	};
	const char *name = text_of(asked, "do");

	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return verbs[i].run(f, asked);
	g_error("it cannot %s", name);
}

static void outbound_free(void *o)
{
	crypto_outbound_free(o);
}

int main(void)
{
	struct forger f = {
		.account = crypto_account_make(),
		.outbound = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, outbound_free),
	};
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		json_t *asked = json_loads(line, 0, NULL);
		json_t *told = answer(&f, asked);

		json_dumpf(told, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(told);
		json_decref(asked);
	}
	free(line);
	g_hash_table_unref(f.outbound);
	crypto_session_free(f.session);
	crypto_account_free(f.account);
	return EXIT_SUCCESS;
}
