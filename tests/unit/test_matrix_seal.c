/* Secrets at rest: what opens them, and what does not. */
#include "transport/matrix/seal.h"

#include "config.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define LONG_SECRET "0123456789abcdef0123456789abcdef"

struct world {
	char *folder, *store, *file;
	GHashTable *values;
	struct config_section section;
	struct seal *seal;
	char *fault;
};

static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->folder = g_dir_make_tmp("kith-seal-XXXXXX", NULL);
	w->store = g_build_filename(w->folder, "kith.db", NULL);
	w->file = g_build_filename(w->folder, "home.key", NULL);
	w->values = g_hash_table_new(g_str_hash, g_str_equal);
	w->section = (struct config_section){ .kind = (char *)"matrix",
					      .name = (char *)"home",
					      .values = w->values };
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	seal_free(w->seal);
	g_unlink(w->file);
	assert_int_equal(g_rmdir(w->folder), 0);
	g_hash_table_unref(w->values);
	g_free(w->folder);
	g_free(w->store);
	g_free(w->file);
	g_free(w->fault);
	g_free(w);
	return 0;
}

static int open_again(struct world *w)
{
	seal_free(g_steal_pointer(&w->seal));
	g_clear_pointer(&w->fault, g_free);
	return seal_open(&w->section, w->store, &w->seal, &w->fault);
}

static void key_is(struct world *w, const char *text)
{
	assert_true(g_file_set_contents(w->file, text, -1, NULL));
}

static void assert_opens(struct world *w, const char *what, const char *locked, const char *secret)
{
	char *opened = seal_unlock(w->seal, what, locked);

	if (secret) {
		assert_non_null(opened);
		assert_string_equal(opened, secret);
	} else {
		assert_null(opened);
	}
	config_secret_free(opened);
}

static void seal__secret__comes_back(void **state)
{
	struct world *w = *state;
	static const char *const secrets[] = { "", "s", "syt_a_secret", "\xc3\xa9 \n\x01" };

	assert_int_equal(open_again(w), 0);
	for (unsigned i = 0; i < G_N_ELEMENTS(secrets); i++) {
		g_autofree char *locked = seal_lock(w->seal, "home/token", secrets[i]);
		g_autofree char *again = seal_lock(w->seal, "home/token", secrets[i]);
		assert_string_not_equal(locked, again);
		assert_opens(w, "home/token", locked, secrets[i]);
		assert_opens(w, "home/other", locked, NULL);
		/* Nothing in it is what it was. */
		if (strlen(secrets[i]) > 1)
			assert_null(strstr(locked, secrets[i]));
	}
}

static void seal__key__is_made_beside_the_store(void **state)
{
	struct world *w = *state;
	GStatBuf is;

	assert_int_equal(open_again(w), 0);
	assert_int_equal(g_stat(w->file, &is), 0);
	assert_int_equal(is.st_mode & 07777, 0600);
	assert_int_equal(is.st_size, 45); /* 32 bytes in base64 and a line's end */
	/* The next start finds it. */
	g_autofree char *locked = seal_lock(w->seal, "x", "secret");
	assert_int_equal(open_again(w), 0);
	assert_opens(w, "x", locked, "secret");
	/* Another one is of no use. */
	g_unlink(w->file);
	assert_int_equal(open_again(w), 0);
	assert_opens(w, "x", locked, NULL);
}

static void seal__key__is_what_the_file_says(void **state)
{
	struct world *w = *state;

	g_hash_table_insert(w->values, (char *)"key-file", w->file);
	key_is(w, LONG_SECRET "\n");
	assert_int_equal(open_again(w), 0);
	g_autofree char *locked = seal_lock(w->seal, "x", "secret");
	key_is(w, LONG_SECRET);
	assert_int_equal(open_again(w), 0);
	assert_opens(w, "x", locked, "secret");
	key_is(w, LONG_SECRET "0");
	assert_int_equal(open_again(w), 0);
	assert_opens(w, "x", locked, NULL);
}

/* Stores of earlier versions stay readable. */
static void seal__format__stays(void **state)
{
	struct world *w = *state;

	g_hash_table_insert(w->values, (char *)"key-file", w->file);
	key_is(w, LONG_SECRET);
	assert_int_equal(open_again(w), 0);
	assert_opens(w, "home/token",
		     "k1:AAECAwQFBgcICQoL/KkL2R4qoFFPftgkURi8pWXKnDI04ps=", "a token");
}

/* HKDF-Expand (RFC 5869) of what HKDF-Extract makes of the secret; pickles stay readable. */
static void seal__key__for_others_stays(void **state)
{
	struct world *w = *state;
	static const unsigned char want[32] = {
		0xfa, 0x25, 0xea, 0x00, 0xea, 0x4b, 0x6b, 0x07, 0x32, 0xa2, 0xd9,
		0x80, 0x5a, 0x0e, 0x0a, 0xfa, 0x1f, 0xbc, 0x6c, 0x49, 0xeb, 0x7f,
		0x1b, 0xe2, 0xc4, 0xd9, 0x4c, 0x3b, 0x4a, 0x73, 0x31, 0xcc,
	};
	unsigned char key[32], other[32];

	g_hash_table_insert(w->values, (char *)"key-file", w->file);
	key_is(w, LONG_SECRET);
	assert_int_equal(open_again(w), 0);
	seal_key(w->seal, "home/pickles", key);
	assert_memory_equal(key, want, sizeof(key));
	seal_key(w->seal, "work/pickles", other);
	assert_memory_not_equal(key, other, sizeof(key));
	key_is(w, LONG_SECRET "0");
	assert_int_equal(open_again(w), 0);
	seal_key(w->seal, "home/pickles", other);
	assert_memory_not_equal(key, other, sizeof(key));
}

static void seal__key_file__cannot_be_used(void **state)
{
	struct world *w = *state;

	g_hash_table_insert(w->values, (char *)"key-file", w->file);
	/* One that is named is not made. */
	assert_int_equal(open_again(w), -ENOENT);
	assert_non_null(strstr(w->fault, w->file));
	key_is(w, "\n");
	assert_int_equal(open_again(w), -ENODATA);
	key_is(w, "0123456789abcdef0123456789abcde\n");
	assert_int_equal(open_again(w), -EKEYREJECTED);
	assert_non_null(strstr(w->fault, "32 characters"));
	assert_null(strstr(w->fault, "0123456789"));
	assert_null(w->seal);
}

static void seal__key_file__cannot_be_made(void **state)
{
	struct world *w = *state;

	g_free(w->store);
	w->store = g_strdup("/nonexistent/folder/kith.db");
	assert_int_equal(open_again(w), -EACCES);
	assert_non_null(strstr(w->fault, "/nonexistent/folder/home.key"));
}

static void seal__locked_text__was_changed(void **state)
{
	struct world *w = *state;
	static const char *const none[] = { "", "k1:", "k1:AAAA", "k2:", "secret", "k1:!!!" };

	assert_int_equal(open_again(w), 0);
	for (unsigned i = 0; i < G_N_ELEMENTS(none); i++)
		assert_opens(w, "x", none[i], NULL);
	g_autofree char *locked = seal_lock(w->seal, "x", "secret!");
	gsize n;
	g_autofree guchar *bytes = g_base64_decode(locked + 3, &n);
	for (gsize i = 0; i < n; i++) {
		bytes[i] ^= 1;
		g_autofree char *base64 = g_base64_encode(bytes, n);
		g_autofree char *changed = g_strconcat("k1:", base64, NULL);
		assert_opens(w, "x", changed, NULL);
		bytes[i] ^= 1;
	}
	for (gsize left = 0; left < n; left++) {
		g_autofree char *base64 = g_base64_encode(bytes, left);
		g_autofree char *changed = g_strconcat("k1:", base64, NULL);
		assert_opens(w, "x", changed, NULL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(seal__secret__comes_back),         TEST(seal__key__is_made_beside_the_store),
		TEST(seal__key__is_what_the_file_says), TEST(seal__format__stays),
		TEST(seal__key__for_others_stays),      TEST(seal__key_file__cannot_be_used),
		TEST(seal__key_file__cannot_be_made),   TEST(seal__locked_text__was_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
