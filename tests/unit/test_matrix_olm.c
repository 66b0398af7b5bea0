/*
 * What whoever makes the ratchets of Olm has to do, whichever library it is: nothing here looks
 * behind olm.h, but for messages taken apart as the specification has them.
 */
#include "transport/matrix/e2ee/olm.h"

#include "crypto_ground.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct world {
	struct crypto_account *ana, *ben;
	struct crypto_session *out, *in; /* ana's and ben's side of one session */
};

static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->ana = crypto_account_make();
	w->ben = crypto_account_make();
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	crypto_session_free(w->out);
	crypto_session_free(w->in);
	crypto_account_free(w->ana);
	crypto_account_free(w->ben);
	g_free(w);
	return 0;
}

static char *first_key(json_t *keys)
{
	void *at = json_object_iter(keys);
	char *text;

	assert_non_null(at);
	text = g_strdup(json_string_value(json_object_iter_value(at)));
	json_decref(keys);
	return text;
}

/* A one-time key of theirs that was handed out. */
static char *claim(struct crypto_account *a)
{
	crypto_account_make_one_time(a, 1);
	char *text = first_key(crypto_account_one_time(a));
	crypto_account_published(a);
	return text;
}

static char *claim_fallback(struct crypto_account *a)
{
	char *text = first_key(crypto_account_fallback(a));
	crypto_account_published(a);
	return text;
}

static struct crypto_session *begin(const struct world *w, const char *one_time)
{
	struct crypto_session *s = NULL;

	assert_int_equal(
		crypto_session_out(w->ana, crypto_account_curve25519(w->ben), one_time, &s), 0);
	return s;
}

static int take(const struct world *w, const char *body, struct crypto_session **ret)
{
	return crypto_session_in(w->ben, crypto_account_curve25519(w->ana), body, ret);
}

static char *say(struct crypto_session *s, const char *text, int want_type)
{
	int type = -1;
	char *body = crypto_session_encrypt(s, text, &type);

	assert_int_equal(type, want_type);
	return body;
}

static void assert_read(struct crypto_session *s, int type, const char *body, const char *want)
{
	g_autofree char *text = NULL;

	assert_int_equal(crypto_session_decrypt(s, type, body, &text), 0);
	assert_string_equal(text, want);
}

static void assert_unread(struct crypto_session *s, int type, const char *body)
{
	char *text = NULL;

	assert_int_equal(crypto_session_decrypt(s, type, body, &text), -EBADMSG);
	assert_null(text);
}

/* Both sides have said something. */
static void meet(struct world *w)
{
	g_autofree char *one_time = claim(w->ben);

	w->out = begin(w, one_time);
	g_autofree char *hello = say(w->out, "hello", CRYPTO_PRE_KEY);
	assert_int_equal(take(w, hello, &w->in), 0);
	assert_read(w->in, CRYPTO_PRE_KEY, hello, "hello");
	crypto_account_used(w->ben, w->in);
	g_autofree char *back = say(w->in, "you too", CRYPTO_MESSAGE);
	assert_read(w->out, CRYPTO_MESSAGE, back, "you too");
}

/*
 * The account
 */

static void olm__account__hands_each_key_out_once(void **state)
{
	const struct world *w = *state;
	json_t *keys = crypto_account_one_time(w->ana);
	const char *id;
	json_t *value;
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	assert_int_equal(json_object_size(keys), 0);
	json_decref(keys);
	for (unsigned round = 1; round <= 3; round++) {
		crypto_account_make_one_time(w->ana, round);
		keys = crypto_account_one_time(w->ana);
		assert_int_equal(json_object_size(keys), round);
		json_object_foreach(keys, id, value)
		{
			assert_true(crypto_is_curve25519(json_string_value(value)));
			assert_true(g_hash_table_add(seen, g_strdup(id)));
			assert_true(g_hash_table_add(seen, g_strdup(json_string_value(value))));
		}
		json_decref(keys);
		crypto_account_published(w->ana);
		keys = crypto_account_one_time(w->ana);
		assert_int_equal(json_object_size(keys), 0);
		json_decref(keys);
	}
	assert_true(crypto_account_one_time_most(w->ana) >= 100);
}

static void olm__account__signs(void **state)
{
	const struct world *w = *state;
	g_autofree char *signature = crypto_account_sign(w->ana, "said");
	const char *ed25519 = crypto_account_ed25519(w->ana);

	assert_true(crypto_is_ed25519(ed25519));
	assert_true(crypto_is_curve25519(crypto_account_curve25519(w->ana)));
	assert_true(crypto_verify(ed25519, "said", signature));
	assert_false(crypto_verify(ed25519, "unsaid", signature));
	assert_false(crypto_verify(crypto_account_ed25519(w->ben), "said", signature));
	assert_string_not_equal(crypto_account_curve25519(w->ana),
				crypto_account_curve25519(w->ben));
}

static void olm__account__is_the_same_after_a_restart(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = claim(w->ben);
	g_autofree char *pickle = NULL;
	struct crypto_account *again = NULL;

	crypto_account_make_fallback(w->ben);
	crypto_account_make_one_time(w->ben, 2);
	pickle = crypto_account_pickle(w->ben, &key);
	assert_int_equal(crypto_account_unpickle(pickle, &key, &again), 0);
	assert_string_equal(crypto_account_curve25519(again), crypto_account_curve25519(w->ben));
	assert_string_equal(crypto_account_ed25519(again), crypto_account_ed25519(w->ben));
	json_t *keys = crypto_account_one_time(again), *before = crypto_account_one_time(w->ben);
	assert_true(json_equal(keys, before) && json_object_size(keys) == 2);
	json_decref(keys);
	json_decref(before);
	keys = crypto_account_fallback(again);
	before = crypto_account_fallback(w->ben);
	assert_true(json_equal(keys, before) && json_object_size(keys) == 1);
	json_decref(keys);
	json_decref(before);
	crypto_account_free(w->ben);
	w->ben = again;
	w->out = begin(w, one_time);
	g_autofree char *hello = say(w->out, "hello", CRYPTO_PRE_KEY);
	assert_int_equal(take(w, hello, &w->in), 0);
	assert_read(w->in, CRYPTO_PRE_KEY, hello, "hello");
}

/*
 * Olm
 */

static void olm__session__speaks_both_ways(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = claim(w->ben);

	w->out = begin(w, one_time);
	g_autofree char *one = say(w->out, "one", CRYPTO_PRE_KEY);
	g_autofree char *two = say(w->out, "two \xf0\x9f\x98\x80", CRYPTO_PRE_KEY);
	assert_int_equal(take(w, two, &w->in), 0);
	assert_string_equal(crypto_session_id(w->in), crypto_session_id(w->out));
	assert_true(crypto_session_matches(w->in, crypto_account_curve25519(w->ana), one));
	assert_read(w->in, CRYPTO_PRE_KEY, two, "two \xf0\x9f\x98\x80");
	assert_read(w->in, CRYPTO_PRE_KEY, one, "one");
	for (unsigned i = 0; i < 5; i++) {
		g_autofree char *back = say(w->in, "", CRYPTO_MESSAGE);
		assert_read(w->out, CRYPTO_MESSAGE, back, "");
		g_autofree char *there = say(w->out, "there", CRYPTO_MESSAGE);
		g_autofree char *more = say(w->out, "more", CRYPTO_MESSAGE);
		assert_read(w->in, CRYPTO_MESSAGE, there, "there");
		assert_read(w->in, CRYPTO_MESSAGE, more, "more");
	}
}

static void olm__session__reads_each_message_once(void **state)
{
	struct world *w = *state;
	g_autofree char *texts[4];
	char name[2] = "0";

	meet(w);
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++, name[0]++)
		texts[i] = say(w->out, name, CRYPTO_MESSAGE);
	assert_read(w->in, CRYPTO_MESSAGE, texts[2], "2");
	assert_read(w->in, CRYPTO_MESSAGE, texts[0], "0");
	assert_read(w->in, CRYPTO_MESSAGE, texts[3], "3");
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		if (i != 1)
			assert_unread(w->in, CRYPTO_MESSAGE, texts[i]);
	assert_read(w->in, CRYPTO_MESSAGE, texts[1], "1");
	assert_unread(w->in, CRYPTO_MESSAGE, texts[1]);
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(g_steal_pointer(&texts[i]));
}

static void olm__session__is_the_same_after_a_restart(void **state)
{
	struct world *w = *state;
	struct crypto_session *again = NULL;

	meet(w);
	g_autofree char *late = say(w->out, "late", CRYPTO_MESSAGE);
	for (unsigned i = 0; i < 3; i++) {
		g_autofree char *pickle = crypto_session_pickle(w->in, &key);
		assert_int_equal(crypto_session_unpickle(pickle, &key, &again), 0);
		assert_string_equal(crypto_session_id(again), crypto_session_id(w->in));
		crypto_session_free(w->in);
		w->in = again;
		g_autofree char *there = say(w->out, "there", CRYPTO_MESSAGE);
		assert_read(w->in, CRYPTO_MESSAGE, there, "there");
		g_autofree char *back = say(w->in, "back", CRYPTO_MESSAGE);
		assert_read(w->out, CRYPTO_MESSAGE, back, "back");
	}
	assert_read(w->in, CRYPTO_MESSAGE, late, "late");
}

static void olm__session__that_is_not_meant__is_as_it_was(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = claim(w->ben);
	struct crypto_session *stranger = begin(w, one_time);

	meet(w);
	g_autofree char *before = crypto_session_pickle(w->in, &key);
	g_autofree char *pre_key = say(stranger, "not you", CRYPTO_PRE_KEY);
	g_autofree char *own = say(w->in, "my own", CRYPTO_MESSAGE);
	g_autofree char *after_own = crypto_session_pickle(w->in, &key);
	g_autofree char *there = say(w->out, "there", CRYPTO_MESSAGE);
	assert_unread(w->in, CRYPTO_PRE_KEY, pre_key);
	assert_unread(w->in, CRYPTO_MESSAGE, own);
	assert_unread(w->in, CRYPTO_PRE_KEY, there);
	assert_unread(w->in, CRYPTO_MESSAGE, pre_key);
	assert_unread(w->in, 2, there);
	assert_unread(w->in, -1, there);
	assert_false(crypto_session_matches(w->in, crypto_account_curve25519(w->ana), pre_key));
	for (size_t i = 0; i < bytes_of(there); i++) {
		g_autofree char *bad = changed(there, i, 1);
		assert_unread(w->in, CRYPTO_MESSAGE, bad);
	}
	g_autofree char *after = crypto_session_pickle(w->in, &key);
	assert_string_not_equal(before, after_own);
	assert_string_equal(after, after_own);
	assert_read(w->in, CRYPTO_MESSAGE, there, "there");
	crypto_session_free(stranger);
}

static void olm__one_time_key__is_used_once(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = claim(w->ben);
	struct crypto_session *second = begin(w, one_time), *none = NULL;

	w->out = begin(w, one_time);
	g_autofree char *hello = say(w->out, "hello", CRYPTO_PRE_KEY);
	g_autofree char *again = say(second, "again", CRYPTO_PRE_KEY);
	/* Until then the key stays. */
	assert_int_equal(take(w, hello, &w->in), 0);
	crypto_session_free(w->in);
	assert_int_equal(take(w, hello, &w->in), 0);
	assert_read(w->in, CRYPTO_PRE_KEY, hello, "hello");
	crypto_account_used(w->ben, w->in);
	assert_int_equal(take(w, again, &none), -EBADMSG);
	assert_int_equal(take(w, hello, &none), -EBADMSG);
	assert_null(none);
	/* A second time is nothing new. */
	crypto_account_used(w->ben, w->in);
	crypto_session_free(second);
}

static void assert_taken(const struct world *w, const char *one_time, int error)
{
	struct crypto_session *out = begin(w, one_time), *in = NULL;
	g_autofree char *hello = say(out, "hello", CRYPTO_PRE_KEY);

	assert_int_equal(take(w, hello, &in), error);
	if (in) {
		assert_read(in, CRYPTO_PRE_KEY, hello, "hello");
		crypto_account_used(w->ben, in);
	}
	crypto_session_free(out);
	crypto_session_free(in);
}

static void olm__fallback_key__stays_until_it_is_forgotten(void **state)
{
	struct world *w = *state;
	json_t *none = crypto_account_fallback(w->ben);

	assert_int_equal(json_object_size(none), 0);
	json_decref(none);
	crypto_account_make_fallback(w->ben);
	g_autofree char *first = claim_fallback(w->ben);
	none = crypto_account_fallback(w->ben);
	assert_int_equal(json_object_size(none), 0);
	json_decref(none);
	assert_taken(w, first, 0);
	assert_taken(w, first, 0);
	crypto_account_make_fallback(w->ben);
	g_autofree char *second = claim_fallback(w->ben);
	assert_string_not_equal(first, second);
	assert_taken(w, first, 0);
	assert_taken(w, second, 0);
	crypto_account_forget_fallback(w->ben);
	assert_taken(w, first, -EBADMSG);
	assert_taken(w, second, 0);
	crypto_account_forget_fallback(w->ben);
	assert_taken(w, second, 0);
}

static void olm__identity__is_somebody_elses(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = claim(w->ben);
	struct crypto_account *eve = crypto_account_make();
	struct crypto_session *none = NULL;

	w->out = begin(w, one_time);
	g_autofree char *hello = say(w->out, "hello", CRYPTO_PRE_KEY);
	assert_int_equal(crypto_session_in(w->ben, crypto_account_curve25519(eve), hello, &none),
			 -EBADMSG);
	/* Not to her. */
	assert_int_equal(crypto_session_in(eve, crypto_account_curve25519(w->ana), hello, &none),
			 -EBADMSG);
	assert_int_equal(take(w, hello, &w->in), 0);
	assert_false(crypto_session_matches(w->in, crypto_account_curve25519(eve), hello));
	assert_false(crypto_session_matches(w->in, "", hello));
	assert_false(crypto_session_matches(w->in, crypto_account_curve25519(w->ana), ""));
	assert_null(none);
	crypto_account_free(eve);
}

/*
 * Keys with which everybody agrees on the same
 */

/* Olm: Pre-Key Messages. Where the fields begin, in bytes. */
enum {
	BASE_AT = 1 + 34 + 2,
	MESSAGE_AT = 1 + 3 * 34,   /* its tag */
	INNER_AT = MESSAGE_AT + 2, /* of a length of one byte */
	INNER_RATCHET_AT = INNER_AT + 3,
	RATCHET_AT = 3,
};

static const unsigned char weak[][32] = {
	{ 0 },
	{ 1 },
	{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
	  0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
	  0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
};

static void olm__weak_key__begins_no_session(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = claim(w->ben);
	const char *ben = crypto_account_curve25519(w->ben);
	struct crypto_session *none = NULL;

	w->out = begin(w, one_time);
	g_autofree char *hello = say(w->out, "hello", CRYPTO_PRE_KEY);
	for (unsigned i = 0; i < G_N_ELEMENTS(weak); i++) {
		g_autofree char *text = crypto_encode(weak[i], 32);

		assert_int_equal(crypto_session_out(w->ana, text, one_time, &none), -EKEYREJECTED);
		assert_int_equal(crypto_session_out(w->ana, ben, text, &none), -EKEYREJECTED);
		assert_int_equal(crypto_session_in(w->ben, text, hello, &none), -EKEYREJECTED);
		g_autofree char *base = replaced(hello, BASE_AT, weak[i], 32);
		assert_int_equal(take(w, base, &none), -EKEYREJECTED);
		g_autofree char *ratchet = replaced(hello, INNER_RATCHET_AT, weak[i], 32);
		assert_int_equal(take(w, ratchet, &none), -EKEYREJECTED);
	}
	static const char *const no_keys[] = { "", "A", "no key", "AAAA" };
	for (unsigned i = 0; i < G_N_ELEMENTS(no_keys); i++) {
		assert_int_equal(crypto_session_out(w->ana, no_keys[i], one_time, &none),
				 -EKEYREJECTED);
		assert_int_equal(crypto_session_out(w->ana, ben, no_keys[i], &none), -EKEYREJECTED);
		assert_int_equal(crypto_session_in(w->ben, no_keys[i], hello, &none),
				 -EKEYREJECTED);
	}
	assert_null(none);
	assert_int_equal(take(w, hello, &w->in), 0);
}

static void olm__weak_key__moves_no_session_on(void **state)
{
	struct world *w = *state;

	meet(w);
	g_autofree char *there = say(w->out, "there", CRYPTO_MESSAGE);
	for (unsigned i = 0; i < G_N_ELEMENTS(weak); i++) {
		g_autofree char *bad = replaced(there, RATCHET_AT, weak[i], 32);
		assert_unread(w->in, CRYPTO_MESSAGE, bad);
	}
	assert_read(w->in, CRYPTO_MESSAGE, there, "there");
}

/* Behind a field that readers do not agree on, keys are not looked for in vain. */
static void olm__weak_key__does_not_hide(void **state)
{
	struct world *w = *state;
	static const unsigned char strange[][12] = {
		{ 0x30, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 },
		{ 0x33 },       /* of a type that there is not */
		{ 0x80, 0x80 }, /* no tag */
	};
	static const size_t lengths[] = { 12, 1, 2 };
	g_autofree char *one_time = claim(w->ben);
	struct crypto_session *none = NULL;

	w->out = begin(w, one_time);
	g_autofree char *hello = say(w->out, "hello", CRYPTO_PRE_KEY);
	g_autofree char *base = replaced(hello, BASE_AT, weak[0], 32);
	size_t n;
	g_autofree unsigned char *bytes = crypto_decode(base, &n);
	for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autoptr(GByteArray) all = g_byte_array_new();

		g_byte_array_append(all, bytes, 1);
		g_byte_array_append(all, strange[i], (guint)lengths[i]);
		g_byte_array_append(all, bytes + 1, (guint)n - 1);
		g_autofree char *hidden = crypto_encode(all->data, all->len);
		assert_int_equal(take(w, hidden, &none), -EBADMSG);
	}
	assert_null(none);
}

/*
 * What is no text
 */

static void olm__text__is_utf8(void **state)
{
	struct world *w = *state;
	static const char *const none[] = { "\xff", "\xc3", "a\xed\xa0\x80" };

	meet(w);
	for (unsigned i = 0; i < G_N_ELEMENTS(none); i++) {
		g_autofree char *body = say(w->out, none[i], CRYPTO_MESSAGE);
		assert_unread(w->in, CRYPTO_MESSAGE, body);
	}
	g_autofree char *there = say(w->out, "there", CRYPTO_MESSAGE);
	assert_read(w->in, CRYPTO_MESSAGE, there, "there");
}

static void olm__text__may_be_long(void **state)
{
	struct world *w = *state;
	g_autofree char *text = g_strnfill(1 << 20, 'x');

	meet(w);
	g_autofree char *body = say(w->out, text, CRYPTO_MESSAGE);
	assert_read(w->in, CRYPTO_MESSAGE, body, text);
}

/*
 * Pickles that are not what they were
 */

static int unpickle(unsigned which, const char *pickle, const struct crypto_pickle_key *with)
{
	struct crypto_account *a = NULL;
	struct crypto_session *s = NULL;
	struct crypto_outbound *o = NULL;
	struct crypto_inbound *in = NULL;
	int error;

	switch (which) {
	case 0:
		error = crypto_account_unpickle(pickle, with, &a);
		break;
	case 1:
		error = crypto_session_unpickle(pickle, with, &s);
		break;
	case 2:
		error = crypto_outbound_unpickle(pickle, with, &o);
		break;
	default:
		error = crypto_inbound_unpickle(pickle, with, &in);
		break;
	}
	assert_int_equal(error == 0, a || s || o || in);
	crypto_account_free(a);
	crypto_session_free(s);
	crypto_outbound_free(o);
	crypto_inbound_free(in);
	return error;
}

static void olm__pickle__is_not_what_it_was(void **state)
{
	struct world *w = *state;
	struct crypto_outbound *o = crypto_outbound_make();
	struct crypto_inbound *in = listen(o);

	meet(w);
	char *pickles[] = { crypto_account_pickle(w->ben, &key), crypto_session_pickle(w->in, &key),
			    crypto_outbound_pickle(o, &key), crypto_inbound_pickle(in, &key) };
	for (unsigned i = 0; i < G_N_ELEMENTS(pickles); i++) {
		size_t length = strlen(pickles[i]);

		assert_int_equal(unpickle(i, pickles[i], &key), 0);
		assert_int_equal(unpickle(i, pickles[i], &other_key), -EKEYREJECTED);
		assert_true(unpickle((i + 1) % 4, pickles[i], &key) < 0);
		for (size_t left = 0; left < length; left++) {
			g_autofree char *cut = g_strndup(pickles[i], left);
			assert_true(unpickle(i, cut, &key) < 0);
		}
		/* The last character may have bits that mean nothing. */
		for (size_t at = 0; at + 1 < length; at += 7) {
			g_autofree char *bad = g_strdup(pickles[i]);
			bad[at] = bad[at] == 'A' ? 'B' : 'A';
			assert_true(unpickle(i, bad, &key) < 0);
		}
		g_autofree char *longer = g_strconcat(pickles[i], "AAAA", NULL);
		assert_true(unpickle(i, longer, &key) < 0);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(pickles); i++)
		g_free(pickles[i]);
	crypto_outbound_free(o);
	crypto_inbound_free(in);
}

/*
 * Anything at all
 */

static void assert_refused(struct world *w, const struct crypto_inbound *megolm, const char *body)
{
	struct crypto_session *none = NULL;
	struct crypto_inbound *no_session = NULL;
	char *text = NULL;
	uint32_t index = 0;

	assert_true(take(w, body, &none) < 0);
	assert_unread(w->in, CRYPTO_PRE_KEY, body);
	assert_unread(w->in, CRYPTO_MESSAGE, body);
	assert_false(crypto_session_matches(w->in, crypto_account_curve25519(w->ana), body));
	assert_int_equal(crypto_inbound_new(body, &no_session), -EBADMSG);
	assert_int_equal(crypto_inbound_decrypt(megolm, body, &text, &index), -EBADMSG);
	for (unsigned which = 0; which < 4; which++)
		assert_true(unpickle(which, body, &key) < 0);
	assert_true(!none && !no_session && !text);
	crypto_message_index(body, &index); /* random bytes may have one */
}

static void olm__garbage__is_refused(void **state)
{
	struct world *w = *state;
	static const char *const none[] = { "",     "A",    "AA",     "Aw",
					    "AwA",  "{}",   "=",      "\xff\xfe",
					    "AwgA", "AwoA", "AwogAA", "Awr/////////////AQ" };
	struct crypto_outbound *o = crypto_outbound_make();
	struct crypto_inbound *in = listen(o);
	uint32_t index = 77;

	meet(w);
	for (unsigned i = 0; i < G_N_ELEMENTS(none); i++)
		assert_refused(w, in, none[i]);
	for (size_t bytes = 0; bytes < 240; bytes++) {
		g_autofree unsigned char *noise = g_malloc(bytes + 1);
		crypto_random(noise, bytes);
		g_autofree char *text = crypto_encode(noise, bytes);
		assert_refused(w, in, text);
		noise[0] = 3; /* at least the version is right */
		g_autofree char *versed = crypto_encode(noise, bytes);
		assert_refused(w, in, versed);
	}
	assert_int_equal(crypto_message_index("", &index), -EBADMSG);
	assert_int_equal(crypto_message_index("Aw", &index), -EBADMSG);
	assert_int_equal(crypto_message_index("BAgF", &index), -EBADMSG);
	assert_int_equal(crypto_message_index("Awj/////////AQ", &index), -EBADMSG);
	assert_int_equal(crypto_message_index("AwiAgICAEA", &index), -EBADMSG);
	assert_int_equal(index, 77);
	assert_int_equal(crypto_message_index("AwgF", &index), 0);
	assert_int_equal(index, 5);
	crypto_outbound_free(o);
	crypto_inbound_free(in);
}

static void olm__message__was_cut_short(void **state)
{
	struct world *w = *state;
	g_autofree char *one_time = claim(w->ben);
	struct crypto_session *more = begin(w, one_time);
	struct crypto_outbound *o = crypto_outbound_make();
	struct crypto_inbound *in = listen(o);
	g_autofree char *session_key = crypto_outbound_key(o);

	meet(w);
	char *messages[] = { say(more, "hello", CRYPTO_PRE_KEY), say(w->out, "hi", CRYPTO_MESSAGE),
			     crypto_outbound_encrypt(o, "hi"), session_key };
	for (unsigned i = 0; i < G_N_ELEMENTS(messages); i++) {
		size_t n;
		g_autofree unsigned char *bytes = crypto_decode(messages[i], &n);
		for (size_t left = 0; left < n; left++) {
			g_autofree char *cut = crypto_encode(bytes, left);
			assert_refused(w, in, cut);
		}
	}
	assert_taken(w, one_time, 0);
	assert_read(w->in, CRYPTO_MESSAGE, messages[1], "hi");
	for (unsigned i = 0; i < 3; i++)
		g_free(messages[i]);
	crypto_session_free(more);
	crypto_outbound_free(o);
	crypto_inbound_free(in);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(olm__account__hands_each_key_out_once),
		TEST(olm__account__signs),
		TEST(olm__account__is_the_same_after_a_restart),
		TEST(olm__session__speaks_both_ways),
		TEST(olm__session__reads_each_message_once),
		TEST(olm__session__is_the_same_after_a_restart),
		TEST(olm__session__that_is_not_meant__is_as_it_was),
		TEST(olm__one_time_key__is_used_once),
		TEST(olm__fallback_key__stays_until_it_is_forgotten),
		TEST(olm__identity__is_somebody_elses),
		TEST(olm__weak_key__begins_no_session),
		TEST(olm__weak_key__moves_no_session_on),
		TEST(olm__weak_key__does_not_hide),
		TEST(olm__text__is_utf8),
		TEST(olm__text__may_be_long),
		TEST(olm__pickle__is_not_what_it_was),
		TEST(olm__garbage__is_refused),
		TEST(olm__message__was_cut_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
