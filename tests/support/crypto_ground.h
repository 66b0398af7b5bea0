/* What the tests of ratchets share: keys for pickles, and bytes changed inside of base64. */
#ifndef KITH_TESTS_CRYPTO_GROUND_H
#define KITH_TESTS_CRYPTO_GROUND_H

#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/olm.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

G_GNUC_UNUSED static const struct crypto_pickle_key key = { "a key of thirty-two bytes, whole" };
G_GNUC_UNUSED static const struct crypto_pickle_key other_key = {
	"another key of 32 bytes, not it."
};

G_GNUC_UNUSED static char *changed(const char *body, size_t at, unsigned char by)
{
	size_t n;
	g_autofree unsigned char *bytes = crypto_decode(body, &n);

	assert_true(at < n);
	bytes[at] ^= by;
	return crypto_encode(bytes, n);
}

G_GNUC_UNUSED static char *replaced(const char *body, size_t at, const void *what, size_t bytes)
{
	size_t n;
	g_autofree unsigned char *all = crypto_decode(body, &n);

	assert_true(at + bytes <= n);
	memcpy(all + at, what, bytes);
	return crypto_encode(all, n);
}

G_GNUC_UNUSED static size_t bytes_of(const char *body)
{
	size_t n;
	g_autofree unsigned char *bytes = crypto_decode(body, &n);

	assert_non_null(bytes);
	return n;
}

/* Who has its key from now on. */
G_GNUC_UNUSED static struct crypto_inbound *listen(const struct crypto_outbound *o)
{
	g_autofree char *session_key = crypto_outbound_key(o);
	struct crypto_inbound *in = NULL;

	assert_int_equal(crypto_inbound_new(session_key, &in), 0);
	assert_string_equal(crypto_inbound_id(in), crypto_outbound_id(o));
	assert_int_equal(crypto_inbound_first(in), crypto_outbound_index(o));
	return in;
}

#endif
