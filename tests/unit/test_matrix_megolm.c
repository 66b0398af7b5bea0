/* What whoever makes the ratchets of Megolm has to do, whichever library it is. */
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

static void assert_heard(const struct crypto_inbound *in, const char *said, const char *want,
			 uint32_t want_index)
{
	g_autofree char *text = NULL;
	uint32_t index = UINT32_MAX, told = UINT32_MAX;

	assert_int_equal(crypto_inbound_decrypt(in, said, &text, &index), 0);
	assert_string_equal(text, want);
	assert_int_equal(index, want_index);
	assert_int_equal(crypto_message_index(said, &told), 0);
	assert_int_equal(told, want_index);
}

static void megolm__session__is_read_from_where_its_key_is(void **state)
{
	struct crypto_outbound *o = crypto_outbound_make();
	struct crypto_inbound *whole = listen(o), *late = NULL;
	g_autofree char *said[300] = { NULL };
	char *text = NULL;
	uint32_t index = 77;

	for (unsigned i = 0; i < G_N_ELEMENTS(said); i++) {
		if (i == 260)
			late = listen(o);
		assert_int_equal(crypto_outbound_index(o), i);
		said[i] = crypto_outbound_encrypt(o, "hi");
	}
	assert_int_equal(crypto_inbound_first(late), 260);
	for (unsigned i = G_N_ELEMENTS(said); i-- > 0;) {
		assert_heard(whole, said[i], "hi", i);
		if (i >= 260) {
			assert_heard(late, said[i], "hi", i);
			continue;
		}
		assert_int_equal(crypto_inbound_decrypt(late, said[i], &text, &index), -ERANGE);
	}
	assert_null(text);
	assert_int_equal(index, 77);
	/* Reading changes nothing. */
	assert_int_equal(crypto_inbound_first(whole), 0);
	assert_heard(whole, said[0], "hi", 0);
	assert_true(crypto_inbound_same(whole, late));
	assert_true(crypto_inbound_same(late, whole));
	assert_true(crypto_inbound_same(late, late));
	for (unsigned i = 0; i < G_N_ELEMENTS(said); i++)
		g_free(g_steal_pointer(&said[i]));
	crypto_outbound_free(o);
	crypto_inbound_free(whole);
	crypto_inbound_free(late);
}

static void megolm__sessions__are_told_apart(void **state)
{
	struct crypto_outbound *o = crypto_outbound_make(), *p = crypto_outbound_make();
	struct crypto_inbound *in = listen(o), *other = listen(p);
	g_autofree char *said = crypto_outbound_encrypt(p, "hi");
	char *text = NULL;
	uint32_t index;

	assert_string_not_equal(crypto_outbound_id(o), crypto_outbound_id(p));
	assert_false(crypto_inbound_same(in, other));
	assert_int_equal(crypto_inbound_decrypt(in, said, &text, &index), -EBADMSG);
	for (size_t i = 0; i < bytes_of(said); i++) {
		g_autofree char *bad = changed(said, i, 0x40);
		assert_int_equal(crypto_inbound_decrypt(other, bad, &text, &index), -EBADMSG);
	}
	assert_null(text);
	crypto_outbound_free(o);
	crypto_outbound_free(p);
	crypto_inbound_free(in);
	crypto_inbound_free(other);
}

static void megolm__skip_of_a_lease__repeats_no_index(void **state)
{
	enum { LEASE = 32 };
	struct crypto_outbound *o = crypto_outbound_make(), *again = NULL;
	struct crypto_inbound *in = listen(o);
	unsigned used = 0;

	/* Each time the process ends after another number of messages. */
	for (unsigned kill = 0; kill <= LEASE; kill += 8) {
		g_autofree char *pickle = crypto_outbound_pickle(o, &key);
		unsigned first = crypto_outbound_index(o);

		assert_true(first >= used);
		for (unsigned i = 0; i < kill; i++) {
			g_autofree char *said = crypto_outbound_encrypt(o, "hi");
			assert_heard(in, said, "hi", first + i);
			used = first + i + 1;
		}
		crypto_outbound_free(o);
		assert_int_equal(crypto_outbound_unpickle(pickle, &key, &again), 0);
		o = again;
		assert_int_equal(crypto_outbound_index(o), first);
		crypto_outbound_skip(o, first + LEASE);
		assert_int_equal(crypto_outbound_index(o), first + LEASE);
		assert_string_equal(crypto_outbound_id(o), crypto_inbound_id(in));
	}
	/* Pickling alone uses none up. */
	unsigned index = crypto_outbound_index(o);
	g_autofree char *now = crypto_outbound_pickle(o, &key);
	g_autofree char *said = crypto_outbound_encrypt(o, "hi");
	assert_heard(in, said, "hi", index);
	crypto_outbound_free(o);
	assert_int_equal(crypto_outbound_unpickle(now, &key, &o), 0);
	assert_int_equal(crypto_outbound_index(o), index);
	crypto_outbound_free(o);
	crypto_inbound_free(in);
}

static void megolm__ciphertext__has_one_way_to_be_written(void **state)
{
	struct crypto_outbound *o = crypto_outbound_make();
	struct crypto_inbound *in = listen(o);
	g_autofree char *said = crypto_outbound_encrypt(o, "hi");
	size_t length = strlen(said);

	for (size_t i = 0; i < length; i++) {
		g_autofree char *other = g_strdup(said);
		char *text = NULL;
		uint32_t index;

		other[i] = (char)(other[i] | 0x80);
		assert_int_equal(crypto_inbound_decrypt(in, other, &text, &index), -EBADMSG);
	}
	assert_heard(in, said, "hi", 0);
	crypto_outbound_free(o);
	crypto_inbound_free(in);
}

static void megolm__skip__is_as_if_so_much_was_said(void **state)
{
	static const unsigned steps[] = { 0, 1, 31, 32, 223, 1, 256, 512 };
	struct crypto_outbound *o = crypto_outbound_make(), *skipping = NULL;
	g_autofree char *first = crypto_outbound_pickle(o, &key);

	assert_int_equal(crypto_outbound_unpickle(first, &key, &skipping), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		for (unsigned n = 0; n < steps[i]; n++)
			g_free(crypto_outbound_encrypt(o, "hi"));
		crypto_outbound_skip(skipping, crypto_outbound_index(o));
		/* It does not go back. */
		crypto_outbound_skip(skipping, 0);
		g_autofree char *said = crypto_outbound_pickle(o, &key);
		g_autofree char *skipped = crypto_outbound_pickle(skipping, &key);
		assert_string_equal(skipped, said);
	}
	crypto_outbound_free(o);
	crypto_outbound_free(skipping);
}

static void megolm__inbound__is_the_same_after_a_restart(void **state)
{
	struct crypto_outbound *o = crypto_outbound_make();

	g_free(crypto_outbound_encrypt(o, "before"));
	struct crypto_inbound *in = listen(o), *again = NULL;
	g_autofree char *said = crypto_outbound_encrypt(o, "hi");
	g_autofree char *pickle = crypto_inbound_pickle(in, &key);
	assert_int_equal(crypto_inbound_unpickle(pickle, &key, &again), 0);
	assert_string_equal(crypto_inbound_id(again), crypto_inbound_id(in));
	assert_int_equal(crypto_inbound_first(again), 1);
	assert_heard(again, said, "hi", 1);
	crypto_outbound_free(o);
	crypto_inbound_free(in);
	crypto_inbound_free(again);
}

static void megolm__text__is_utf8(void **state)
{
	static const char *const none[] = { "\xff", "\xc3", "a\xed\xa0\x80" };
	struct crypto_outbound *o = crypto_outbound_make();
	struct crypto_inbound *in = listen(o);
	g_autofree char *long_text = g_strnfill(1 << 20, 'x');
	char *text = NULL;
	uint32_t index = 77;

	for (unsigned i = 0; i < G_N_ELEMENTS(none); i++) {
		g_autofree char *said = crypto_outbound_encrypt(o, none[i]);
		assert_int_equal(crypto_inbound_decrypt(in, said, &text, &index), -EBADMSG);
	}
	assert_null(text);
	assert_int_equal(index, 77);
	g_autofree char *said = crypto_outbound_encrypt(o, long_text);
	assert_heard(in, said, long_text, G_N_ELEMENTS(none));
	crypto_outbound_free(o);
	crypto_inbound_free(in);
}

/* Megolm: Session-sharing format: version, index, ratchet, key, signature. */
enum { SHARED_KEY_AT = 1 + 4 + 128, SHARED_SIGNATURE_AT = SHARED_KEY_AT + 32, SHARED_BYTES = 229 };

static void megolm__session_key__is_none(void **state)
{
	struct crypto_outbound *o = crypto_outbound_make();
	g_autofree char *session_key = crypto_outbound_key(o);
	static const unsigned char neutral[32] = { 1 }, zero[32] = { 0 };
	struct crypto_inbound *none = NULL;

	assert_int_equal(bytes_of(session_key), SHARED_BYTES);
	for (size_t i = 0; i < SHARED_BYTES; i++) {
		g_autofree char *bad = changed(session_key, i, 1);
		assert_int_equal(crypto_inbound_new(bad, &none), -EBADMSG);
	}
	/* Whose signature is right for anything. */
	g_autofree char *keyed = replaced(session_key, SHARED_KEY_AT, neutral, 32);
	g_autofree char *half = replaced(keyed, SHARED_SIGNATURE_AT, neutral, 32);
	g_autofree char *forged = replaced(half, SHARED_SIGNATURE_AT + 32, zero, 32);
	assert_int_equal(crypto_inbound_new(forged, &none), -EBADMSG);
	assert_null(none);
	crypto_outbound_free(o);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(megolm__session__is_read_from_where_its_key_is),
		cmocka_unit_test(megolm__sessions__are_told_apart),
		cmocka_unit_test(megolm__skip_of_a_lease__repeats_no_index),
		cmocka_unit_test(megolm__ciphertext__has_one_way_to_be_written),
		cmocka_unit_test(megolm__skip__is_as_if_so_much_was_said),
		cmocka_unit_test(megolm__inbound__is_the_same_after_a_restart),
		cmocka_unit_test(megolm__text__is_utf8),
		cmocka_unit_test(megolm__session_key__is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
