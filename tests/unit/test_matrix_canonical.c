/* Canonical JSON and signatures in it, by the specification's own examples (Matrix appendices:
 * Canonical JSON, Cryptographic Test Vectors). */
#include "transport/matrix/e2ee/canonical.h"

#include "transport/matrix/e2ee/curve.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The specification ends it in 1, which has bits that no byte has. */
#define SEED "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA0"

static json_t *read_any(const char *text)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	assert_non_null(j);
	return j;
}

static void assert_canonical(const char *text, const char *want)
{
	json_t *j = read_any(text);
	g_autofree char *got = canonical_text(j);

	json_decref(j);
	if (want) {
		assert_non_null(got);
		assert_string_equal(got, want);
	} else {
		assert_null(got);
	}
}

static void canonical__text__is_the_specifications(void **state)
{
	assert_canonical("{}", "{}");
	assert_canonical("{ \"one\": 1,\n \"two\": \"Two\" }", "{\"one\":1,\"two\":\"Two\"}");
	assert_canonical("{\"b\":\"2\",\"a\":\"1\"}", "{\"a\":\"1\",\"b\":\"2\"}");
	assert_canonical("{\"auth\":{\"success\":true,\"mxid\":\"@john.doe:example.com\","
			 "\"profile\":{\"display_name\":\"John Doe\",\"three_pids\":["
			 "{\"medium\":\"email\",\"address\":\"john.doe@example.org\"},"
			 "{\"medium\":\"msisdn\",\"address\":\"123456789\"}]}}}",
			 "{\"auth\":{\"mxid\":\"@john.doe:example.com\","
			 "\"profile\":{\"display_name\":\"John Doe\",\"three_pids\":["
			 "{\"address\":\"john.doe@example.org\",\"medium\":\"email\"},"
			 "{\"address\":\"123456789\",\"medium\":\"msisdn\"}]},\"success\":true}}");
	assert_canonical("{\"a\":\"日本語\"}", "{\"a\":\"日本語\"}");
	assert_canonical("{\"本\":2,\"日\":1}", "{\"日\":1,\"本\":2}");
	assert_canonical("{\"a\":\"\\u65E5\"}", "{\"a\":\"日\"}");
	assert_canonical("{\"a\":null}", "{\"a\":null}");
	assert_canonical("{\"a\":-0,\"b\":1e10}", "{\"a\":0,\"b\":10000000000}");
}

/* In UTF-16 the second of them would come first. */
static void canonical__keys__go_by_codepoint(void **state)
{
	assert_canonical("{\"\xf0\x9f\x98\x80\":1,\"\xef\xbc\xa1\":2,\"a\":3,\"B\":4,\"\":5,"
			 "\"aa\":6}",
			 "{\"\":5,\"B\":4,\"a\":3,\"aa\":6,\"\xef\xbc\xa1\":2,"
			 "\"\xf0\x9f\x98\x80\":1}");
	assert_canonical("[{\"b\":[{\"d\":1,\"c\":false}],\"a\":{}},[],true]",
			 "[{\"a\":{},\"b\":[{\"c\":false,\"d\":1}]},[],true]");
}

static void canonical__escapes__are_the_shortest(void **state)
{
	assert_canonical("\"\\u0008\\u000c\\u000a\\u000d\\u0009\\u0022\\u005c\\u002f\"",
			 "\"\\b\\f\\n\\r\\t\\\"\\\\/\"");
	assert_canonical("\"\\u0000\\u0001\\u000B\\u001F\\u0020\\u007f\\u0000x\"",
			 "\"\\u0000\\u0001\\u000b\\u001f \x7f\\u0000x\"");
	assert_canonical("{\"\\u0022\\n\":1}", "{\"\\\"\\n\":1}");
	assert_canonical("\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"");
}

static void canonical__numbers__are_integers_of_53_bits(void **state)
{
	assert_canonical("[9007199254740991,-9007199254740991]",
			 "[9007199254740991,-9007199254740991]");
	assert_canonical("9007199254740992", NULL);
	assert_canonical("-9007199254740992", NULL);
	assert_canonical("9223372036854775807", NULL);
	assert_canonical("{\"a\":[{\"b\":1.5}]}", NULL);
	assert_canonical("[-0.0,2.0,9007199254740991.0]", "[0,2,9007199254740991]");
	assert_canonical("9007199254740992.0", NULL);
	assert_canonical("1e300", NULL);
	assert_canonical("-1e300", NULL);
}

static void canonical__what_is_signed__has_no_signatures(void **state)
{
	json_t *j = read_any("{\"signatures\":{\"a\":1.5},\"unsigned\":1.5,\"x\":"
			     "{\"signatures\":1,\"unsigned\":2}}");
	g_autofree char *text = canonical_signed(j);

	assert_string_equal(text, "{\"x\":{\"signatures\":1,\"unsigned\":2}}");
	json_decref(j);
	j = read_any("[]");
	assert_null(canonical_signed(j));
	json_decref(j);
	j = read_any("{\"x\":0.5}");
	assert_null(canonical_signed(j));
	assert_null(canonical_signed(NULL));
	json_decref(j);
}

static struct crypto_signer *signer(void)
{
	size_t n;
	g_autofree unsigned char *seed = crypto_decode(SEED, &n);

	assert_int_equal(n, 32);
	return crypto_signer_new(seed);
}

static void assert_signed(const char *text, const char *want)
{
	struct crypto_signer *s = signer();
	json_t *j = read_any(text);
	g_autofree char *signed_text = canonical_signed(j);
	g_autofree char *signature = crypto_signer_sign(s, signed_text);

	assert_string_equal(signature, want);
	canonical_add(j, "domain", "1", signature);
	assert_true(canonical_verify(j, "domain", "1", crypto_signer_public(s)));
	json_decref(j);
	crypto_signer_free(s);
}

/* The events' hashes are not kith's affair: these are as the specification has them. */
static void canonical__signature__is_the_specifications(void **state)
{
	assert_signed("{}", "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/"
			    "7Xg4ahLwYGYZzuHGZKM5ZAQ");
	assert_signed("{\"one\":1,\"two\":\"Two\"}",
		      "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/"
		      "fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw");
	assert_signed("{\"room_id\":\"!x:domain\",\"sender\":\"@a:domain\",\"origin\":\"domain\","
		      "\"origin_server_ts\":1000000,\"signatures\":{},"
		      "\"hashes\":{\"sha256\":\"5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos\"},"
		      "\"type\":\"X\",\"content\":{},\"prev_events\":[],\"auth_events\":[],"
		      "\"depth\":3,\"unsigned\":{\"age_ts\":1000000}}",
		      "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMsz"
		      "kwsQma+lYAg");
}

static void canonical__signature__is_added_to_others(void **state)
{
	json_t *j = read_any("{\"signatures\":{\"@a:x\":{\"ed25519:K\":\"s\"},\"@b:x\":7}}");

	canonical_add(j, "@a:x", "L", "t");
	canonical_add(j, "@b:x", "M", "u");
	g_autofree char *text = canonical_text(j);
	assert_string_equal(text, "{\"signatures\":{\"@a:x\":{\"ed25519:K\":\"s\",\"ed25519:L\":"
				  "\"t\"},\"@b:x\":{\"ed25519:M\":\"u\"}}}");
	json_object_set_new(j, "signatures", json_integer(1));
	canonical_add(j, "@a:x", "L", "t");
	g_autofree char *again = canonical_text(j);
	assert_string_equal(again, "{\"signatures\":{\"@a:x\":{\"ed25519:L\":\"t\"}}}");
	json_decref(j);
}

static void canonical__signature__is_not_believed(void **state)
{
	static const char *const none[] = {
		"[]",
		"7",
		"{}",
		"{\"signatures\":7}",
		"{\"signatures\":{\"domain\":[]}}",
		"{\"signatures\":{\"domain\":{\"ed25519:1\":{}}}}",
		"{\"signatures\":{\"domain\":{\"ed25519:1\":\"\"}}}",
		"{\"signatures\":{\"domain\":{\"ed25519:1\":\"x\"}}}",
	};
	struct crypto_signer *s = signer(), *other = crypto_signer_make();
	const char *key = crypto_signer_public(s);
	json_t *j = read_any("{\"one\":1}");
	g_autofree char *signature = crypto_signer_sign(s, "{\"one\":1}");

	canonical_add(j, "domain", "1", signature);
	assert_true(canonical_verify(j, "domain", "1", key));
	assert_false(canonical_verify(j, "domain", "2", key));
	assert_false(canonical_verify(j, "elsewhere", "1", key));
	assert_false(canonical_verify(j, "domain", "1", crypto_signer_public(other)));
	assert_false(canonical_verify(j, "domain", "1", NULL));
	assert_false(canonical_verify(j, "domain", "1", ""));
	json_object_set_new(j, "unsigned", json_real(1.5));
	assert_true(canonical_verify(j, "domain", "1", key));
	json_object_set_new(j, "two", json_integer(2));
	assert_false(canonical_verify(j, "domain", "1", key));
	json_object_set_new(j, "two", json_real(2.5));
	assert_false(canonical_verify(j, "domain", "1", key));
	json_decref(j);
	assert_false(canonical_verify(NULL, "domain", "1", key));
	for (unsigned i = 0; i < G_N_ELEMENTS(none); i++) {
		j = read_any(none[i]);
		assert_false(canonical_verify(j, "domain", "1", key));
		json_decref(j);
	}
	crypto_signer_free(s);
	crypto_signer_free(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical__text__is_the_specifications),
		cmocka_unit_test(canonical__keys__go_by_codepoint),
		cmocka_unit_test(canonical__escapes__are_the_shortest),
		cmocka_unit_test(canonical__numbers__are_integers_of_53_bits),
		cmocka_unit_test(canonical__what_is_signed__has_no_signatures),
		cmocka_unit_test(canonical__signature__is_the_specifications),
		cmocka_unit_test(canonical__signature__is_added_to_others),
		cmocka_unit_test(canonical__signature__is_not_believed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
