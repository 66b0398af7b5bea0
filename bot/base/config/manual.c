#include "manual.h"

#include "base/text/text.h"
#include "keys.h"

#include <string.h>

enum { COMMENT_BYTES = 98 };

/* What the smallest useful file has beyond what is required. */
static bool is_in_smallest(const struct config_key *k)
{
	return k->required ||
	       (strcmp(k->section, "irc") == 0 &&
		(strcmp(k->key, "account") == 0 || strcmp(k->key, "password-file") == 0));
}

/* The sections that the smallest useful file has. */
static bool is_section_in_smallest(const struct config_kind *kind)
{
	return strcmp(kind->name, "group") == 0 || strcmp(kind->name, "irc") == 0;
}

/* roff(7): '-' would become a hyphen, and a dot or an apostrophe in front a request. */
static void append_roff(GString *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		g_string_append(out, "\\&");
	for (; *text != '\0'; text++) {
		if (*text == '-')
			g_string_append(out, "\\-");
		else if (*text == '\\')
			g_string_append(out, "\\e");
		else if (*text == '\'')
			g_string_append(out, "\\(aq");
		else
			g_string_append_c(out, *text);
	}
}

static const char *type_text(enum config_type type)
{
	switch (type) {
	case CONFIG_TEXT:
		return "text";
	case CONFIG_WORD:
		return "a word";
	case CONFIG_YES_NO:
		return "yes or no";
	case CONFIG_NUMBER:
		return "a number";
	case CONFIG_PER_WEEK:
		return "N a week";
	case CONFIG_WEEKS:
		return "N weeks";
	case CONFIG_DURATION:
		return "a duration such as 90 minutes, 24 hours, 1d 12h";
	case CONFIG_WALL:
		return "a weekday and a time";
	case CONFIG_ZONE:
		return "a time zone";
	case CONFIG_DAYS:
		return "dates";
	case CONFIG_ADDRESSES:
		return "addresses";
	case CONFIG_CHOICE:
		return "";
	case CONFIG_PREFIX:
		return "signs";
	case CONFIG_HOST:
		return "a server";
	case CONFIG_URL:
		return "a URL";
	case CONFIG_MATRIX_ID:
		return "a Matrix id";
	case CONFIG_FILE:
		return "a file, relative to this one's folder";
	case CONFIG_SECRET:
		return "a file, relative to this one's folder; or credential:NAME, env:NAME";
	}
	g_assert_not_reached();
}

/* "a number from 1 to 65535; default 6697" */
static char *value_summary(const struct config_key *k)
{
	GString *text = g_string_new(type_text(k->type));

	if (k->type == CONFIG_CHOICE) {
		g_auto(GStrv) choices = g_strsplit(k->choices, "|", -1);
		g_autofree char *list = g_strjoinv(", ", choices);

		g_string_append_printf(text, "one of %s", list);
	}
	if (k->type == CONFIG_NUMBER)
		g_string_append_printf(text, " from %ld to %ld", k->least, k->most);
	if (k->required)
		g_string_append(text, "; required");
	else if (k->value != NULL)
		g_string_append_printf(text, "; default: %s", k->value);
	return g_string_free(text, FALSE);
}

static char *kind_title(const struct config_kind *kind)
{
	switch (kind->naming) {
	case CONFIG_NAMELESS:
		return g_strdup_printf("[%s]", kind->name);
	case CONFIG_GROUP_NAME:
		return g_strdup_printf("[%s], [%s NAME]", kind->name, kind->name);
	case CONFIG_NETWORK_NAME:
		return g_strdup_printf("[%s NAME]", kind->name);
	}
	g_assert_not_reached();
}

char *config_manual(void)
{
	GString *out = g_string_new(NULL);

	for (const struct config_kind *kind = config_kinds; kind->name != NULL; kind++) {
		g_autofree char *title = kind_title(kind);

		g_string_append_printf(out, ".SS %s\n", title);
		append_roff(out, kind->summary);
		g_string_append_c(out, '\n');
		for (const struct config_key *k = config_keys; k->section != NULL; k++) {
			g_autofree char *value = NULL;

			if (strcmp(k->section, kind->name) != 0)
				continue;
			value = value_summary(k);
			g_string_append(out, ".TP\n\\fB");
			append_roff(out, k->key);
			g_string_append(out, "\\fR (");
			append_roff(out, value);
			g_string_append(out, ")\n");
			append_roff(out, k->summary);
			g_string_append_c(out, '\n');
		}
	}
	return g_string_free(out, FALSE);
}

/* "# " before every line: the example's prose, told from its commented lines by the space. */
static void append_comment(GString *out, const char *text)
{
	g_auto(GStrv) lines = text_wrap(text, COMMENT_BYTES);

	for (char **line = lines; *line != NULL; line++)
		g_string_append_printf(out, "# %s\n", *line);
}

static void append_key(GString *out, const struct config_key *k, bool set)
{
	const char *value = k->example != NULL && (set || k->value == NULL) ? k->example : k->value;

	g_string_append_c(out, '\n');
	append_comment(out, k->summary);
	if (k->example != NULL && value != k->example) {
		g_autofree char *such_as = g_strdup_printf("Such as: %s", k->example);

		append_comment(out, such_as);
	}
	g_string_append_printf(out, "%s%s = %s\n", set ? "" : "#", k->key, value);
}

static void append_kind(GString *out, const struct config_kind *kind)
{
	bool set = is_section_in_smallest(kind);

	g_string_append_c(out, '\n');
	append_comment(out, kind->summary);
	g_string_append_printf(out, "%s[%s%s%s]\n", set ? "" : "#", kind->name,
			       kind->example != NULL ? " " : "",
			       kind->example != NULL ? kind->example : "");
	for (int smallest = 1; smallest >= 0; smallest--) {
		for (const struct config_key *k = config_keys; k->section != NULL; k++) {
			if (strcmp(k->section, kind->name) == 0 && is_in_smallest(k) == smallest)
				append_key(out, k, set && smallest);
		}
	}
}

char *config_example(void)
{
	GString *out = g_string_new(NULL);

	append_comment(out,
		       "kith.conf: see kith.conf(5). `kith check -c FILE` tells what is wrong with "
		       "it.");
	append_comment(out,
		       "What is set below is the smallest useful file. A line that begins with '#' "
		       "and no space shows a key's default, or an example where it has none.");
	append_comment(out,
		       "A comment needs a line of its own; a line that begins with a space goes on "
		       "with the value above it.");
	for (const struct config_kind *kind = config_kinds; kind->name != NULL; kind++)
		append_kind(out, kind);
	return g_string_free(out, FALSE);
}
