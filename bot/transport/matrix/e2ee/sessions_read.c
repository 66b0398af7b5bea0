#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions_private.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

enum {
	/* No homeserver hands on what is as long. */
	BODY_BYTES_MOST = 256 * 1024,
	/* Messages of a session. The library tells what comes twice as broken; it has the keys of
	 * the last 40 that have not come, in the last 5 turns. */
	HEARD_MOST = 48,
	HASH_LENGTH = 24,
};

/* What came, before it is read. */
struct letter {
	const char *sender;
	char *curve25519;
	int type;
	char *body;
	char *hash;
};

/* What was in it, and by which session. */
struct opened {
	struct sessions_row *row; /* its ed25519 is NULL where the session is new */
	bool fresh;
	char *text;
};

static void letter_done(struct letter *l)
{
	g_free(l->curve25519);
	g_free(l->body);
	g_free(l->hash);
}

static void opened_done(struct opened *o)
{
	sessions_row_free(o->row);
	if (o->text)
		explicit_bzero(o->text, strlen(o->text));
	g_free(o->text);
}

void olm_message_done(struct olm_message *m)
{
	g_free(m->sender);
	g_free(m->curve25519);
	g_free(m->ed25519);
	device_free(m->device);
	g_free(m->type);
	json_decref(m->content);
}

/* NULL, or why it is none. */
static const char *read_letter(const struct sessions *s, const char *sender, struct span content,
			       struct letter *ret)
{
	struct span message = span_get(span_get(content, "ciphertext"), own_curve25519(s->own));
	struct span body = span_get(message, "body");
	int64_t type;

	if (!span_says(span_get(content, "algorithm"), SESSIONS_OLM))
		return "it is not encrypted by Olm";
	ret->sender = sender;
	ret->curve25519 = span_text(span_get(content, "sender_key"));
	if (!ret->curve25519 || !crypto_is_curve25519(ret->curve25519) ||
	    !strcmp(ret->curve25519, own_curve25519(s->own)))
		return "it does not say which device it is from";
	if (!span_is_object(message))
		return "it is encrypted for another device";
	if (!span_int(span_get(message, "type"), &type) || !span_is_string(body) ||
	    (type != CRYPTO_PRE_KEY && type != CRYPTO_MESSAGE) || body.bytes > BODY_BYTES_MOST)
		return "it is no message of Olm";
	ret->type = (int)type;
	ret->body = span_text(body);
	ret->hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, ret->body, -1);
	ret->hash[HASH_LENGTH] = '\0';
	return NULL;
}

/*
 * Decrypting.
 */
static bool was_heard(const GPtrArray *rows, const struct letter *l)
{
	for (unsigned i = 0; i < rows->len; i++) {
		const struct sessions_row *row = rows->pdata[i];

		if (strstr(row->heard, l->hash))
			return true;
	}
	return false;
}

/* By the one-time key that it names, which stays until it is settled. */
static int open_in_new(const struct sessions *s, const struct letter *l, struct opened *ret)
{
	struct crypto_session *session;
	int error = crypto_session_in(own_account(s->own), l->curve25519, l->body, &session);

	if (error < 0)
		return error;
	error = crypto_session_decrypt(session, l->type, l->body, &ret->text);
	if (error < 0) {
		crypto_session_free(session);
		return error;
	}
	ret->row = g_new0(struct sessions_row, 1);
	ret->row->session = session;
	ret->row->heard = g_strdup("");
	ret->fresh = true;
	return 0;
}

/* CS API: m.olm.v1.curve25519-aes-sha2. A pre-key message belongs to the session that it began,
 * and to a new one only where there is none. -EALREADY: it was read before; -EBADMSG: that session
 * is of no use; -EKEYREJECTED: it never was. */
static int open_letter(struct sessions *s, const struct letter *l, struct opened *ret)
{
	g_autoptr(GPtrArray) rows = sessions_rows(s, l->sender, l->curve25519);

	if (was_heard(rows, l))
		return -EALREADY;
	for (unsigned i = 0; i < rows->len; i++) {
		const struct sessions_row *row = rows->pdata[i];

		if (l->type == CRYPTO_PRE_KEY &&
		    !crypto_session_matches(row->session, l->curve25519, l->body))
			continue;
		if (crypto_session_decrypt(row->session, l->type, l->body, &ret->text) == 0) {
			ret->row = g_ptr_array_steal_index(rows, i);
			return 0;
		}
		if (l->type == CRYPTO_PRE_KEY)
			return -EBADMSG;
	}
	return l->type == CRYPTO_PRE_KEY ? open_in_new(s, l, ret) : -EBADMSG;
}

/*
 * Checking (CS API: Validation of incoming decrypted events).
 */
static bool says(const json_t *j, const char *key, const char *text)
{
	return !g_strcmp0(json_string_value(json_object_get(j, key)), text);
}

static const char *check_names(const struct sessions *s, const struct letter *l,
			       const struct opened *o, const json_t *j)
{
	const json_t *keys = json_object_get(j, "keys");
	const char *ed25519 = json_string_value(json_object_get(keys, "ed25519"));

	if (!says(j, "sender", l->sender))
		return "it was said by somebody else";
	if (!says(j, "recipient", s->env.user) ||
	    !says(json_object_get(j, "recipient_keys"), "ed25519", own_ed25519(s->own)))
		return "it was said to somebody else";
	if (!ed25519 || !crypto_is_ed25519(ed25519) ||
	    (o->row->ed25519 && strcmp(o->row->ed25519, ed25519) != 0))
		return "it is from a device with other keys";
	return json_is_string(json_object_get(j, "type")) &&
			       json_is_object(json_object_get(j, "content"))
		       ? NULL
		       : "there is no event in it";
}

static bool has_keys(const struct device *device, const struct olm_message *m)
{
	return !strcmp(device->curve25519, m->curve25519) && !strcmp(device->ed25519, m->ed25519);
}

/* NULL, or why it is not to be believed. What the owner's list says comes before what the device
 * says of itself, which must fit. */
static const char *find_device(const struct sessions *s, const json_t *j, struct olm_message *m,
			       bool *ret_listed)
{
	const json_t *said = json_object_get(j, "sender_device_keys");

	m->device = devices_by_curve25519(s->devices, m->sender, m->curve25519);
	*ret_listed = m->device;
	if (m->device && !has_keys(m->device, m))
		return "its owner lists it with other keys";
	if (!said || json_is_null(said))
		return NULL;
	struct device *device = devices_read(s->devices, m->sender, said);
	bool fits = device && has_keys(device, m);
	if (fits && !m->device)
		m->device = g_steal_pointer(&device);
	device_free(device);
	return fits ? NULL : "what it says of its own keys is not so";
}

static json_t *read_json(const char *text)
{
	struct span span;

	/* Its depth is bounded by that, for whoever goes through it. */
	if (span_check(text, strlen(text), &span, NULL) < 0)
		return NULL;
	return json_loads(text, 0, NULL);
}

/* NULL, or why not. */
static const char *read_payload(const struct sessions *s, const struct letter *l,
				const struct opened *o, struct olm_message *m, bool *ret_listed)
{
	json_t *j = read_json(o->text);
	const char *why = j ? check_names(s, l, o, j) : "there is no JSON in it";

	if (!why) {
		const json_t *keys = json_object_get(j, "keys");

		m->sender = g_strdup(l->sender);
		m->curve25519 = g_strdup(l->curve25519);
		m->ed25519 = g_strdup(json_string_value(json_object_get(keys, "ed25519")));
		m->type = g_strdup(json_string_value(json_object_get(j, "type")));
		m->content = json_incref(json_object_get(j, "content"));
		why = find_device(s, j, m, ret_listed);
	}
	json_decref(j);
	return why;
}

/*
 * Keeping. Only what was believed moves a session on: what somebody else passed off as theirs must
 * not use up what its author is about to bring.
 */
static char *add_heard(const char *heard, const char *hash)
{
	g_autofree char *all = g_strconcat(hash, " ", heard, NULL);

	return g_strndup(all, (size_t)HEARD_MOST * (HASH_LENGTH + 1));
}

static void settle(struct sessions *s, const struct letter *l, struct opened *o,
		   const struct olm_message *m, bool listed)
{
	struct sessions_row *row = o->row;
	char *heard = add_heard(row->heard, l->hash);

	g_free(row->heard);
	row->heard = heard;
	if (!row->ed25519)
		row->ed25519 = g_strdup(m->ed25519);
	sessions_keep(s, l->sender, l->curve25519, row,
		      listed                                   ? SESSIONS_LISTED
		      : devices_follows(s->devices, l->sender) ? SESSIONS_FOLLOWED
							       : SESSIONS_STRANGER);
	if (!o->fresh)
		return;
	crypto_account_used(own_account(s->own), row->session);
	own_keep(s->own);
}

static int read_opened(struct sessions *s, const struct letter *l, struct opened *o,
		       struct olm_message *ret, const char **ret_why)
{
	struct olm_message m = { 0 };
	bool listed = false;
	const char *why = read_payload(s, l, o, &m, &listed);

	if (why) {
		*ret_why = why;
		olm_message_done(&m);
		return -EBADMSG;
	}
	settle(s, l, o, &m, listed);
	*ret = m;
	return 0;
}

int sessions_decrypt(struct sessions *s, const char *sender, struct span content,
		     struct olm_message *ret, const char **ret_why)
{
	struct letter l = { 0 };
	struct opened o = { 0 };
	const char *why = read_letter(s, sender, content, &l);
	int error = why ? -EBADMSG : open_letter(s, &l, &o);

	*ret_why = why ? why : "";
	if (error == 0) {
		error = read_opened(s, &l, &o, ret, ret_why);
	} else if (!why) {
		*ret_why = error == -EALREADY ? "it was read before" : "no session can read it";
		if (error == -EBADMSG)
			sessions_replace(s, sender, l.curve25519);
		else if (error != -EALREADY)
			error = -EBADMSG;
	}
	letter_done(&l);
	opened_done(&o);
	return error;
}
