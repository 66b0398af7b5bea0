/* Where the configuration's secrets come from. */
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                  \
	"[group]\nname = Tuesday Makers\ntimezone = Europe/Berlin\norganizers = libera/ana\n" \
	"places = libera/#makers\n"                                                           \
	"[irc libera]\nserver = irc.libera.chat\nnick = kith\n"

/* A folder with the files `password` and `certificate`; it is also where credentials are. */
static int set_up(void **state)
{
	*state = g_dir_make_tmp("kith-test-secret-XXXXXX", NULL);
	unsetenv("CREDENTIALS_DIRECTORY");
	unsetenv("KITH_TEST_SECRET");
	return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "password", "certificate" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(*state, names[i], NULL);
		g_unlink(path);
	}
	g_rmdir(*state);
	g_free(*state);
	return 0;
}

static void put(const char *folder, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* As kith.conf in that folder; `keys` from line 9 on. */
static struct config *parse(const char *folder, const char *keys)
{
	g_autofree char *text = g_strconcat(HEAD, keys, NULL);
	g_autofree char *name = g_build_filename(folder, "kith.conf", NULL);
	g_autofree char *faults = NULL;
	struct config *c = NULL;

	if (config_parse(text, name, &c, &faults) < 0)
		fail_msg("%s", faults);
	return c;
}

/* `secret`, or where that is NULL the error. */
static void assert_secret(const char *folder, const char *keys, const char *secret, int error)
{
	struct config *c = parse(folder, keys);
	g_autofree char *fault = NULL;
	char *got = NULL;

	assert_int_equal(config_secret(c->networks->pdata[0], "password-file", &got, &fault),
			 error);
	if (secret)
		assert_string_equal(got, secret);
	else
		assert_null(got);
	assert_true((fault != NULL) == (error != 0));
	config_secret_free(got);
	config_free(c);
}

static void secret__file__is_its_first_line(void **state)
{
	put(*state, "password", "hunter 2\r\nnot this\n");
	assert_secret(*state, "password-file = password\n", "hunter 2", 0);
	put(*state, "password", "without an end");
	assert_secret(*state, "password-file = password\n", "without an end", 0);
}

static void secret__none_set__is_none(void **state)
{
	assert_secret(*state, "", NULL, 0);
}

static void secret__file__that_gives_none(void **state)
{
	assert_secret(*state, "password-file = password\n", NULL, -ENOENT);
	put(*state, "password", "\nsecond\n");
	assert_secret(*state, "password-file = password\n", NULL, -ENODATA);
	/* Nobody knows how much there would be to read, or whether it is there again next time. */
	assert_secret(*state, "password-file = /dev/zero\n", NULL, -EINVAL);
}

static void secret__credential__is_in_systemds_folder(void **state)
{
	static const char keys[] = "password-file = credential:password\n";

	put(*state, "password", "from systemd\n");
	assert_secret(*state, keys, NULL, -ENOKEY);
	setenv("CREDENTIALS_DIRECTORY", *state, 1);
	assert_secret(*state, keys, "from systemd", 0);
	assert_secret(*state, "password-file = credential:other\n", NULL, -ENOENT);
}

static void secret__variable__is_the_environments(void **state)
{
	static const char keys[] = "password-file = env:KITH_TEST_SECRET\n";

	assert_secret(*state, keys, NULL, -ENOKEY);
	setenv("KITH_TEST_SECRET", "", 1);
	assert_secret(*state, keys, NULL, -ENOKEY);
	setenv("KITH_TEST_SECRET", "of the shell", 1);
	assert_secret(*state, keys, "of the shell", 0);
	setenv("KITH_TEST_SECRET", "of the shell\r\nQUIT", 1);
	assert_secret(*state, keys, "of the shell", 0);
	setenv("KITH_TEST_SECRET", "\n", 1);
	assert_secret(*state, keys, NULL, -ENOKEY);
}

static void secret__odd_name__is_a_fault_of_the_file(void **state)
{
	static const char *const values[] = { "credential:",
					      "credential:../shadow",
					      "credential:.x",
					      "credential:a/b",
					      "credential:\xc3\xa9",
					      "env:",
					      "env:1ST",
					      "env:A-B",
					      "env:A=B" };

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *text = g_strdup_printf(HEAD "password-file = %s\n", values[i]);
		g_autofree char *faults = NULL;
		struct config *c = NULL;

		assert_int_equal(config_parse(text, "kith.conf", &c, &faults), -EINVAL);
		assert_true(g_str_has_prefix(faults, "kith.conf:9: password-file: a "));
	}
}

static void secrets__all__are_told_with_their_lines(void **state)
{
	struct config *c = parse(*state, "realname = a bot\npassword-file = password\n"
					 "[irc other]\nserver = irc.example.org\nnick = kith\n"
					 "password-file = credential:kith.other\n");
	g_autofree char *faults = NULL, *not_given = NULL, *none = NULL;
	g_autofree char *wanted = g_strdup_printf(
		"%s/kith.conf:10: password-file: %s/password cannot be read: No such file or "
		"directory\n",
		(const char *)*state, (const char *)*state);

	assert_int_equal(config_secrets(c, &faults, &not_given), -ENOENT);
	assert_string_equal(faults, wanted);
	assert_non_null(strstr(not_given, "/kith.conf:14: password-file: credential:kith.other "));
	put(*state, "password", "hunter2\n");
	g_clear_pointer(&not_given, g_free);
	assert_int_equal(config_secrets(c, &none, &not_given), -ENOENT);
	assert_null(none);
	config_free(c);
}

static void secrets__too_short_a_key__is_a_fault(void **state)
{
	static const char keys[] = "[matrix home]\nuser = @kith:example.org\nkey-file = password\n";
	g_autofree char *short_one = g_strnfill(31, 'k'), *good = g_strnfill(32, 'k');
	g_autofree char *faults = NULL, *not_given = NULL, *none = NULL;
	struct config *c = parse(*state, keys);

	put(*state, "password", short_one);
	assert_int_equal(config_secrets(c, &faults, &not_given), -ENOENT);
	assert_non_null(strstr(faults, "kith.conf:11: key-file: its first line has fewer than 32"));
	assert_null(strstr(faults, short_one));
	put(*state, "password", good);
	assert_int_equal(config_secrets(c, &none, &not_given), 0);
	config_free(c);
}

static char *fingerprint(const char *folder, const char *keys)
{
	struct config *c = parse(folder, keys);
	char *print = config_fingerprint(c->networks->pdata[0]);

	config_free(c);
	return print;
}

static void fingerprint__is_another_when_anything_is(void **state)
{
	static const char keys[] = "password-file = password\ncertificate = certificate\n";

	put(*state, "password", "one\n");
	put(*state, "certificate", "one\n");
	g_autofree char *first = fingerprint(*state, keys);
	g_autofree char *again = fingerprint(*state, keys);
	assert_string_equal(first, again);
	put(*state, "password", "two\n");
	g_autofree char *password = fingerprint(*state, keys);
	assert_string_not_equal(first, password);
	put(*state, "certificate", "two\n");
	g_autofree char *certificate = fingerprint(*state, keys);
	assert_string_not_equal(password, certificate);
	g_autofree char *port = fingerprint(*state, "port = 6698\n");
	g_autofree char *neither = fingerprint(*state, "");
	assert_string_not_equal(port, neither);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(secret__file__is_its_first_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(secret__none_set__is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(secret__file__that_gives_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(secret__credential__is_in_systemds_folder, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(secret__variable__is_the_environments, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(secret__odd_name__is_a_fault_of_the_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(secrets__too_short_a_key__is_a_fault, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(secrets__all__are_told_with_their_lines, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(fingerprint__is_another_when_anything_is, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
