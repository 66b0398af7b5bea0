#include "base/config/manual.h"

#include "config.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_right(const char *text, const char *what)
{
	struct config *c = NULL;
	g_autofree char *faults = NULL;

	if (config_parse(text, "kith.conf", &c, &faults) != 0)
		fail_msg("%s:\n%s", what, faults);
	config_free(c);
}

static void manual__example__is_right_as_it_is(void **state)
{
	g_autofree char *text = config_example();

	assert_right(text, "as it is");
}

/* What a network cannot be without. */
static bool goes_with_any(const char *line)
{
	return g_str_has_prefix(line, "#[matrix") || g_str_has_prefix(line, "#user =");
}

/* Every line that is commented out can be taken in, one at a time, its section with it. The one
 * file that is looked into is not there. */
static void manual__example__is_right_with_any_line_taken_in(void **state)
{
	g_autofree char *example = config_example();
	g_auto(GStrv) lines = g_strsplit(example, "\n", -1);
	unsigned taken = 0;

	for (unsigned i = 0; lines[i] != NULL; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		unsigned head = i;

		if (lines[i][0] != '#' || lines[i][1] == ' ' ||
		    g_str_has_prefix(lines[i], "#charter-file"))
			continue;
		while (lines[head][0] != '[' && !g_str_has_prefix(lines[head], "#["))
			head--;
		for (unsigned k = 0; lines[k] != NULL; k++) {
			bool in = k == i || k == head || goes_with_any(lines[k]);

			g_string_append_printf(text, "%s\n", lines[k] + (in && *lines[k] == '#'));
		}
		assert_right(text->str, lines[i]);
		taken++;
	}
	assert_true(taken > 30);
}

static unsigned keys_of_table(void)
{
	unsigned n = 0;

	while (config_keys[n].section != NULL)
		n++;
	return n;
}

static void manual__both__have_every_key_and_summary(void **state)
{
	g_autofree char *example = config_example();
	g_autofree char *manual = config_manual();

	for (unsigned i = 0; i < keys_of_table(); i++) {
		const struct config_key *k = &config_keys[i];
		g_auto(GStrv) parts = g_strsplit(k->key, "-", -1);
		g_autofree char *roff = g_strjoinv("\\-", parts);
		g_autofree char *tag = g_strdup_printf("\n.TP\n\\fB%s\\fR (", roff);
		g_autofree char *line = g_strdup_printf("\n%s = ", k->key);
		g_autofree char *commented = g_strdup_printf("\n#%s = ", k->key);

		assert_non_null(strstr(manual, tag));
		assert_true(strstr(example, line) != NULL || strstr(example, commented) != NULL);
		assert_true(strlen(k->summary) > 10);
		assert_true(g_str_has_suffix(k->summary, "."));
		assert_true(k->value != NULL || k->example != NULL);
	}
	for (const char *p = manual; (p = strchr(p, '\n')) != NULL && p[1] != '\0'; p++) {
		if (p[1] == '.')
			assert_true(g_str_has_prefix(p, "\n.TP\n") ||
				    g_str_has_prefix(p, "\n.SS "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual__example__is_right_as_it_is),
		cmocka_unit_test(manual__example__is_right_with_any_line_taken_in),
		cmocka_unit_test(manual__both__have_every_key_and_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
