/* What config_load adds to config_parse: the file itself, and files it names. */
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define GROUP                                                                                 \
	"[group]\nname = Tuesday Makers\ntimezone = Europe/Berlin\norganizers = libera/ana\n" \
	"places = libera/#makers\n"
#define IRC "[irc libera]\nserver = irc.libera.chat\nnick = kith\n"

static const struct config_group *only_group(const struct config *c)
{
	assert_int_equal(c->groups->len, 1);
	return g_ptr_array_index(c->groups, 0);
}

/* A folder of our own for the tests that read files. */
static int set_up(void **state)
{
	*state = g_dir_make_tmp("kith-test-config-XXXXXX", NULL);
	return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "kith.conf", "charter.txt" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(*state, names[i], NULL);

		g_unlink(path);
	}
	g_rmdir(*state);
	g_free(*state);
	return 0;
}

static void put_file(const char *folder, const char *name, const char *text, gssize n)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	assert_true(g_file_set_contents(path, text, n, NULL));
}

/* kith.conf there; its path. */
static char *put_config(const char *folder, const char *text, gssize n)
{
	put_file(folder, "kith.conf", text, n);
	return g_build_filename(folder, "kith.conf", NULL);
}

static void config__load__takes_files_from_its_folder(void **state)
{
	put_file(*state, "charter.txt", "\n One.\r\n\nTwo \xe2\x9c\x93\n", -1);
	g_autofree char *file = put_config(
		*state, GROUP "charter-file = charter.txt\n" IRC "password-file = p/w\n", -1);
	g_autofree char *password = g_build_filename(*state, "p/w", NULL);
	g_autofree char *faults = NULL;
	struct config *c = NULL;

	assert_int_equal(config_load(file, &c, &faults), 0);
	assert_string_equal(c->file, file);
	assert_string_equal(only_group(c)->charter, "One.\r\n\nTwo \xe2\x9c\x93");
	assert_string_equal(config_text(g_ptr_array_index(c->networks, 0), "password-file"),
			    password);
	config_free(c);
}

static void config__load__tells_of_a_charter_that_is_no_text(void **state)
{
	static const struct {
		const char *text;
		gssize n;
		const char *fault;
	} cases[] = {
		{ "", 0, "is empty" },
		{ " \n\n", -1, "is empty" },
		{ "caf\xe9", -1, "is not UTF-8 text" },
		{ "a\0b", 3, "is not UTF-8 text" },
		{ "a\0", 2, "is not UTF-8 text" },
		{ "a\x1b[2J", -1, "has a control character, U+001B" },
	};
	g_autofree char *file = put_config(*state, GROUP "charter-file = charter.txt\n" IRC, -1);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		put_file(*state, "charter.txt", cases[i].text, cases[i].n);
		g_autofree char *wanted = g_strdup_printf("%s:6: charter-file: 'charter.txt' %s\n",
							  file, cases[i].fault);
		g_autofree char *faults = NULL;
		struct config *c = NULL;

		assert_int_equal(config_load(file, &c, &faults), -EINVAL);
		assert_string_equal(faults, wanted);
	}
}

static void config__load__tells_what_cannot_be_read(void **state)
{
	g_autofree char *none = g_build_filename(*state, "none.conf", NULL);
	g_autofree char *wanted =
		g_strdup_printf("%s: cannot be read: No such file or directory\n", none);
	g_autofree char *folder_wanted =
		g_strdup_printf("%s: cannot be read: Is a directory\n", (const char *)*state);
	g_autofree char *faults = NULL;
	struct config *c = NULL;

	assert_int_equal(config_load(none, &c, &faults), -ENOENT);
	assert_string_equal(faults, wanted);
	g_clear_pointer(&faults, g_free);
	assert_int_equal(config_load(*state, &c, &faults), -EISDIR);
	assert_string_equal(faults, folder_wanted);
	g_clear_pointer(&faults, g_free);
	assert_int_equal(config_load("/dev/zero", &c, &faults), -EFBIG);
	assert_string_equal(faults, "/dev/zero: cannot be read: File too large\n");
	assert_null(c);
}

static void config__load__sees_a_nul(void **state)
{
	static const char text[] = GROUP IRC "realname = a\0b\n";
	g_autofree char *file = put_config(*state, text, sizeof(text) - 1);
	g_autofree char *wanted = g_strdup_printf("%s:9: a control character, U+0000\n", file);
	g_autofree char *faults = NULL;
	struct config *c = NULL;

	assert_int_equal(config_load(file, &c, &faults), -EINVAL);
	assert_string_equal(faults, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(config__load__takes_files_from_its_folder, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(config__load__tells_of_a_charter_that_is_no_text,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(config__load__tells_what_cannot_be_read, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(config__load__sees_a_nul, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
