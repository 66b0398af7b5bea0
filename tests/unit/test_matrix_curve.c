/* Keys of both curves, by the vectors of RFC 7748 and RFC 8032, and those nobody should use. */
#include "transport/matrix/e2ee/curve.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void from_hex(const char *hex, unsigned char *ret, size_t n)
{
	assert_int_equal(strlen(hex), 2 * n);
	for (size_t i = 0; i < n; i++)
		ret[i] = (unsigned char)(g_ascii_xdigit_value(hex[2 * i]) << 4 |
					 g_ascii_xdigit_value(hex[2 * i + 1]));
}

static char *base64_of(const char *hex)
{
	size_t n = strlen(hex) / 2;
	g_autofree unsigned char *bytes = g_malloc(n + 1);

	from_hex(hex, bytes, n);
	return crypto_encode(bytes, n);
}

/*
 * Base64
 */

static void assert_decodes(const char *text, const char *want, size_t bytes)
{
	size_t n = 1000;
	g_autofree unsigned char *got = crypto_decode(text, &n);

	assert_non_null(got);
	assert_int_equal(n, bytes);
	assert_memory_equal(got, want, bytes);
	g_autofree char *again = crypto_encode(got, n);
	assert_string_equal(again, text);
}

/* Matrix appendices: Unpadded Base64 (RFC 4648, 10). */
static void curve__base64__has_no_padding(void **state)
{
	assert_decodes("", "", 0);
	assert_decodes("Zg", "f", 1);
	assert_decodes("Zm8", "fo", 2);
	assert_decodes("Zm9v", "foo", 3);
	assert_decodes("Zm9vYg", "foob", 4);
	assert_decodes("Zm9vYmE", "fooba", 5);
	assert_decodes("Zm9vYmFy", "foobar", 6);
	assert_decodes("+/+/AA", "\xfb\xff\xbf\0", 4);
}

static void curve__base64__has_one_way_to_write_it(void **state)
{
	static const char *const none[] = { "Zg==", "Zm8=", "Z",     "Zm9vY", "Zh",
					    "Zm9",  "Zm 8", "Zm8\n", "-_-_",  "Zm!8",
					    "=",    "====", "Z===",  "Zg=",   "Z\2008g" };
	size_t n = 1000;

	for (unsigned i = 0; i < G_N_ELEMENTS(none); i++)
		assert_null(crypto_decode(none[i], &n));
	assert_int_equal(n, 1000);
}

static void curve__base64__is_not_endless(void **state)
{
	g_autofree char *text = g_malloc0(CRYPTO_TEXT_MOST + 5);
	size_t n;

	memset(text, 'A', CRYPTO_TEXT_MOST);
	g_autofree unsigned char *most = crypto_decode(text, &n);
	assert_non_null(most);
	memset(text, 'A', CRYPTO_TEXT_MOST + 4);
	assert_null(crypto_decode(text, &n));
}

/*
 * Keys to agree with
 */

/* Every u of low order, and those beyond the prime that mean one. */
static const char *const low_u[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void curve__agreeing__is_not_with_low_order(void **state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(low_u); i++) {
		unsigned char key[32];

		from_hex(low_u[i], key, sizeof(key));
		/* The highest bit does not count (RFC 7748, 5). */
		for (unsigned high = 0; high < 2; high++, key[31] |= 0x80) {
			g_autofree char *text = crypto_encode(key, sizeof(key));

			assert_false(crypto_agrees(key));
			assert_false(crypto_is_curve25519(text));
		}
	}
}

static void curve__agreeing__is_with_keys(void **state)
{
	/* RFC 7748, 6.1 */
	static const char *const keys[] = {
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		"de9edb7d7b7dbc4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f8",
		"0900000000000000000000000000000000000000000000000000000000000000",
		"0200000000000000000000000000000000000000000000000000000000000000",
	};
	static const char *const none[] = {
		"",
		"A",
		"not a key",
		"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTm",
		"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",
		"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmoA",
		/* Bits that no byte has. */
		"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp",
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *text = base64_of(keys[i]);
		unsigned char key[32];

		from_hex(keys[i], key, sizeof(key));
		assert_true(crypto_agrees(key));
		assert_true(crypto_is_curve25519(text));
	}
	assert_true(crypto_is_curve25519("hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo"));
	for (unsigned i = 0; i < G_N_ELEMENTS(none); i++)
		assert_false(crypto_is_curve25519(none[i]));
	assert_false(crypto_is_curve25519(NULL));
}

/*
 * Keys to sign with
 */

/* RFC 8032, 7.1: what has no NUL in it. */
static const struct vector {
	const char *seed, *public, *message, *signature;
} vectors[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
	  "1cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
	  "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
	  "984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static void curve__signature__is_the_standards(void **state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(vectors); i++) {
		const struct vector *v = &vectors[i];
		unsigned char seed[32];
		g_autofree char *public = base64_of(v->public), *want = base64_of(v->signature);

		from_hex(v->seed, seed, sizeof(seed));
		struct crypto_signer *s = crypto_signer_new(seed);
		g_autofree char *signature = crypto_signer_sign(s, v->message);
		assert_string_equal(crypto_signer_public(s), public);
		assert_memory_equal(crypto_signer_seed(s), seed, sizeof(seed));
		assert_string_equal(signature, want);
		assert_true(crypto_is_ed25519(public));
		assert_true(crypto_verify(public, v->message, signature));
		assert_false(crypto_verify(public, "something else", signature));
		crypto_signer_free(s);
	}
}

static void curve__signature__was_changed(void **state)
{
	struct crypto_signer *s = crypto_signer_make();
	g_autofree char *signature = crypto_signer_sign(s, "said");
	size_t n;
	g_autofree unsigned char *bytes = crypto_decode(signature, &n);

	assert_int_equal(n, 64);
	assert_true(crypto_verify(crypto_signer_public(s), "said", signature));
	for (size_t i = 0; i < n; i++) {
		bytes[i] ^= 0x10;
		g_autofree char *changed = crypto_encode(bytes, n);
		assert_false(crypto_verify(crypto_signer_public(s), "said", changed));
		bytes[i] ^= 0x10;
	}
	for (size_t left = 0; left < n; left++) {
		g_autofree char *cut = crypto_encode(bytes, left);
		assert_false(crypto_verify(crypto_signer_public(s), "said", cut));
	}
	g_autofree char *padded = g_strconcat(signature, "==", NULL);
	assert_false(crypto_verify(crypto_signer_public(s), "said", padded));
	crypto_signer_free(s);
}

/* The same one with the order of the group added to its second half (CVE-2024-45193). */
static void curve__signature__has_one_way_to_write_it(void **state)
{
	static const char order[] =
		"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
	struct crypto_signer *s = crypto_signer_make();
	g_autofree char *signature = crypto_signer_sign(s, "said");
	size_t n;
	g_autofree unsigned char *bytes = crypto_decode(signature, &n);
	unsigned char l[32];
	unsigned carry = 0;

	from_hex(order, l, sizeof(l));
	for (unsigned i = 0; i < 32; i++) {
		carry += bytes[32 + i] + l[i];
		bytes[32 + i] = (unsigned char)carry;
		carry >>= 8;
	}
	g_autofree char *other = crypto_encode(bytes, n);
	assert_true(crypto_verify(crypto_signer_public(s), "said", signature));
	assert_false(crypto_verify(crypto_signer_public(s), "said", other));
	crypto_signer_free(s);
}

/* With one of these anybody can sign. */
static void curve__signing_key__is_not_of_low_order(void **state)
{
	static const char *const low_y[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	/* R is the neutral element, S is 0: right for any message, by the bare equation, under the
	 * neutral element as the key. */
	unsigned char forged[64] = { 1 };
	g_autofree char *signature = crypto_encode(forged, sizeof(forged));

	for (unsigned i = 0; i < G_N_ELEMENTS(low_y); i++) {
		unsigned char key[32];

		from_hex(low_y[i], key, sizeof(key));
		for (unsigned high = 0; high < 2; high++, key[31] |= 0x80) {
			g_autofree char *text = crypto_encode(key, sizeof(key));

			assert_false(crypto_is_ed25519(text));
			assert_false(crypto_verify(text, "said", signature));
		}
	}
	assert_false(crypto_is_ed25519(NULL));
	assert_false(crypto_is_ed25519(""));
	assert_false(crypto_is_ed25519("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUR"));
	assert_false(crypto_is_ed25519("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
	assert_true(crypto_is_ed25519("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
}

static void curve__signer__is_another_each_time(void **state)
{
	struct crypto_signer *a = crypto_signer_make(), *b = crypto_signer_make();
	struct crypto_signer *again = crypto_signer_new(crypto_signer_seed(a));

	assert_string_not_equal(crypto_signer_public(a), crypto_signer_public(b));
	assert_string_equal(crypto_signer_public(a), crypto_signer_public(again));
	crypto_signer_free(a);
	crypto_signer_free(b);
	crypto_signer_free(again);
	crypto_signer_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(curve__base64__has_no_padding),
		cmocka_unit_test(curve__base64__has_one_way_to_write_it),
		cmocka_unit_test(curve__base64__is_not_endless),
		cmocka_unit_test(curve__agreeing__is_not_with_low_order),
		cmocka_unit_test(curve__agreeing__is_with_keys),
		cmocka_unit_test(curve__signature__is_the_standards),
		cmocka_unit_test(curve__signature__was_changed),
		cmocka_unit_test(curve__signature__has_one_way_to_write_it),
		cmocka_unit_test(curve__signing_key__is_not_of_low_order),
		cmocka_unit_test(curve__signer__is_another_each_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
