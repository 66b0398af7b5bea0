#include "load.h"

#include "base/text/text.h"
#include "keys.h"

#include <assert.h>
#include <errno.h>
#include <ini_configobj.h>
#include <ini_valueobj.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * libini_config splits the lines, joins those that go on, and says on which line a key stands and
 * what cannot be split. Some things it does not say, so each line is made ready for it first:
 *  - a name with a byte outside ASCII or a '!' makes it give up without a word: names go in escaped
 *    as in a URI, and come out again;
 *  - it tells neither on which line a section begins nor where one is repeated: each goes in as
 *    "[LINE KIND NAME]", which no other is;
 *  - of the keys above the first section it does not list the first: they get a section "[0 ]",
 *    which stands before line 1;
 *  - it refuses a whole text for one byte that is not UTF-8;
 *  - it keeps nothing of a text with a line in it that cannot be split: those are told, mended or
 *    emptied, and the rest is read again, so that every fault of a file is told at once.
 */
struct reader {
	GPtrArray *lines; /* made ready, each at its own number; at 0 is the section for strays */
	struct faults *faults;
};

static const char *line_at(const struct reader *r, int line)
{
	return g_ptr_array_index(r->lines, line);
}

static void line_set(struct reader *r, int line, char *text)
{
	g_free(g_ptr_array_index(r->lines, line));
	g_ptr_array_index(r->lines, line) = text;
}

static char *escape(const char *name)
{
	return g_uri_escape_string(name, " ", FALSE);
}

/* "[LINE KIND NAME]" for what stood between the brackets of `line`. */
static char *section_line(const char *inside, int line)
{
	g_autofree char *escaped = escape(inside);

	return g_strdup_printf("[%d %s]", line, escaped);
}

/* Whether `text` is a known key and an equal sign. */
static bool starts_with_key(const char *text)
{
	size_t n = strcspn(text, "= \t");
	g_autofree char *key = g_strndup(text, n);

	return text[n + strspn(text + n, " \t")] == '=' && key_is_somewhere(key);
}

/* A line that begins with a blank goes on with the value above it. Where it looks as if something
 * else was meant, that is told, and it is read as what was meant. */
static char *ready_continuation(struct reader *r, const char *text, int line)
{
	if (*text == '#' || *text == ';') {
		faults_add(r->faults, line,
			   "a comment starts at the margin; a line that begins "
			   "with a space goes on with the value above it");
		return g_strdup("");
	}
	if (*text == '[' || starts_with_key(text)) {
		g_autofree char *shown = text_clip(text, 40);

		faults_add(r->faults, line,
			   "a line that begins with a space goes on with the value "
			   "above it; start '%s' at the margin",
			   shown);
		return g_strdup(text);
	}
	return g_strdup_printf(" %s", text);
}

/* `text` is one line, trimmed. */
static char *ready_line(const char *text, int line)
{
	size_t length = strlen(text);

	if (*text == '#' || *text == ';')
		return g_strdup("");
	if (*text == '[' && text[length - 1] == ']') {
		g_autofree char *inside = g_strstrip(g_strndup(text + 1, length - 2));

		return *inside == '\0' ? g_strdup("[]") : section_line(inside, line);
	}
	if (*text != '[') {
		const char *equal = strchr(text, '=');

		if (equal != NULL && equal != text) {
			g_autofree char *key = g_strchomp(g_strndup(text, (size_t)(equal - text)));
			g_autofree char *escaped = escape(key);

			return g_strconcat(escaped, equal, NULL);
		}
	}
	return g_strdup(text);
}

/* Characters, once what has no place in a line is told and replaced. */
static char *clean_line(struct reader *r, const char *bytes, size_t n, int line)
{
	g_autofree char *valid = text_valid(bytes, n);
	GString *clean = g_string_new(NULL);
	bool told = false;

	if (!g_utf8_validate_len(bytes, n, NULL) && memchr(bytes, '\0', n) == NULL) {
		faults_add(r->faults, line, "not UTF-8; save the file in that encoding");
		told = true;
	}
	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_iscntrl(c) && c != '\t') {
			if (!told)
				faults_add(r->faults, line, "a control character, U+%04X", c);
			told = true;
			c = 0xfffd;
		}
		g_string_append_unichar(clean, c);
	}
	if (!told && memchr(bytes, '\0', n) != NULL)
		faults_add(r->faults, line, "a control character, U+0000");
	return g_string_free(clean, FALSE);
}

static void ready_lines(struct reader *r, const char *bytes, size_t n)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *end = bytes + n;

	if (n >= 3 && memcmp(bytes, bom, 3) == 0)
		bytes += 3;
	for (int line = 1; bytes < end; line++) {
		const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t length = (size_t)((stop != NULL ? stop : end) - bytes);
		g_autofree char *clean = NULL;
		bool goes_on;

		if (line > LOAD_LINES_MOST) {
			faults_add(r->faults, line, "more than %d lines; the rest is not read",
				   LOAD_LINES_MOST);
			return;
		}
		if (length > 0 && bytes[length - 1] == '\r')
			length--;
		clean = clean_line(r, bytes, length, line);
		goes_on = *clean == ' ' || *clean == '\t';
		g_strstrip(clean);
		if (goes_on && *clean != '\0') {
			g_autofree char *text = ready_continuation(r, clean, line);

			g_ptr_array_add(r->lines, *text == ' ' ? g_steal_pointer(&text)
							       : ready_line(text, line));
		} else {
			g_ptr_array_add(r->lines, ready_line(clean, line));
		}
		bytes = stop != NULL ? stop + 1 : end;
	}
}

/* Tells that libini_config cannot split `line`, and mends it so that what follows it still counts
 * for the right section. */
static void tell_and_mend(struct reader *r, int error, int line)
{
	const char *text = line_at(r, line);
	g_autofree char *shown = text_clip(text, 40);
	g_autofree char *mended = g_strdup("");

	switch ((enum ERR_PARSE)error) {
	case ERR_NOCLOSESEC: {
		g_autofree char *inside = g_strndup(text + 1, strcspn(text + 1, "]"));

		g_strstrip(inside);
		g_free(mended);
		mended = section_line(inside, line);
		faults_add(r->faults, line, "'%s' does not end with ']'%s", shown,
			   strchr(text, ']') != NULL ? "; a comment needs a line of its own" : "");
		break;
	}
	case ERR_NOSECTION:
		g_free(mended);
		mended = section_line("", line);
		faults_add(r->faults, line, "a section needs a name between '[' and ']'");
		break;
	case ERR_SECTIONLONG:
		g_free(mended);
		mended = section_line("", line);
		faults_add(r->faults, line, "the section's name is too long");
		break;
	case ERR_LONGKEY:
		faults_add(r->faults, line, "the key is too long");
		break;
	case ERR_NOEQUAL:
		faults_add(r->faults, line, "no '=' in '%s'; write 'KEY = VALUE'", shown);
		break;
	case ERR_NOKEY:
		faults_add(r->faults, line, "nothing before the '='; write 'KEY = VALUE'");
		break;
	case ERR_SPACE:
	case ERR_TAB:
		faults_add(r->faults, line,
			   "begins with a space, but there is no value right above "
			   "for it to go on with");
		break;
	case ERR_LONGDATA:
	case ERR_READ:
	case ERR_DUPKEY:
	case ERR_DUPKEYSEC:
	case ERR_DUPSECTION:
	case ERR_SPECIAL:
	case ERR_BADCOMMENT:
		faults_add(r->faults, line, "cannot be read: '%s'", shown);
		break;
	}
	line_set(r, line, g_steal_pointer(&mended));
}

/* Tells each line libini_config could not split. Its errors come as sentences only: "Error (5) on
 * line 3: Equal sign is missing." false if none of them named a line. */
static bool tell_errors(struct reader *r, struct ini_cfgobj *ini)
{
	char **errors = NULL;
	bool any = false;

	if (ini_config_error_count(ini) == 0 || ini_config_get_errors(ini, &errors) != 0)
		return false;
	for (char **e = errors; *e != NULL; e++) {
		int error, line;

		if (sscanf(*e, "%*[^(](%d)%*[^0-9]%d", &error, &line) == 2 && line > 1 &&
		    (unsigned)line <= r->lines->len) {
			tell_and_mend(r, error, line - 1);
			any = true;
		}
	}
	ini_config_free_errors(errors);
	return any;
}

/* 0 with *ret; -EAGAIN if lines were told and mended; else -errno. */
static int read_lines(struct reader *r, struct ini_cfgobj **ret)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct ini_cfgfile *file = NULL;
	struct ini_cfgobj *ini = NULL;
	int error;

	for (unsigned i = 0; i < r->lines->len; i++) {
		g_string_append(text, g_ptr_array_index(r->lines, i));
		g_string_append_c(text, '\n');
	}
	error = ini_config_file_from_mem(text->str, (uint32_t)text->len, &file);
	if (error == 0)
		error = ini_config_create(&ini);
	if (error == 0)
		error = ini_config_parse(file, INI_STOP_ON_NONE,
					 INI_MS_MERGE | INI_MV1S_ALLOW | INI_MV2S_ALLOW,
					 INI_PARSE_NO_C_COMMENTS, ini);
	if (error == 0)
		*ret = g_steal_pointer(&ini);
	else if (ini != NULL && tell_errors(r, ini))
		error = EAGAIN;
	ini_config_destroy(ini);
	ini_config_file_destroy(file);
	return -error;
}

static void entry_free(void *data)
{
	struct load_entry *e = data;

	g_free(e->key);
	g_free(e->value);
	g_free(e);
}

static void section_free(void *data)
{
	struct load_section *s = data;

	g_free(s->kind);
	g_free(s->name);
	g_ptr_array_unref(s->entries);
	g_free(s);
}

static int by_line(const void *a, const void *b)
{
	const struct load_entry *x = *(const struct load_entry *const *)a;
	const struct load_entry *y = *(const struct load_entry *const *)b;

	return (x->line > y->line) - (x->line < y->line);
}

/* Every value of `key` in the section libini_config knows as `escaped_section`. */
static void read_key(struct load_section *s, struct ini_cfgobj *ini, const char *escaped_section,
		     const char *key)
{
	struct value_obj *value = NULL;
	int mode = INI_GET_FIRST_VALUE;

	while (ini_get_config_valueobj(escaped_section, key, ini, mode, &value) == 0 &&
	       value != NULL) {
		struct load_entry *e = g_new0(struct load_entry, 1);
		const char *text = NULL;
		uint32_t line = 0;

		value_get_concatenated(value, &text);
		value_get_line(value, &line);
		e->key = g_uri_unescape_string(key, NULL);
		e->value = g_strstrip(g_strdup(text != NULL ? text : ""));
		e->line = (int)line - 1;
		g_ptr_array_add(s->entries, e);
		mode = INI_GET_NEXT_VALUE;
	}
}

/* From "LINE KIND NAME". */
static struct load_section *read_section(struct ini_cfgobj *ini, const char *escaped)
{
	struct load_section *s = g_new0(struct load_section, 1);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	char **keys = ini_get_attribute_list(ini, escaped, NULL, NULL);
	char *rest;

	s->entries = g_ptr_array_new_with_free_func(entry_free);
	s->line = (int)strtol(escaped, &rest, 10);
	g_autofree char *inside =
		g_strstrip(g_uri_unescape_string(rest != escaped ? rest : "", NULL));
	size_t kind = strcspn(inside, " \t");

	s->kind = g_strndup(inside, kind);
	s->name = g_strstrip(g_strdup(inside + kind));
	for (char **k = keys; k != NULL && *k != NULL; k++) {
		/* The list has a key as often as the section; libini_config minds no case. */
		if (g_hash_table_add(seen, g_ascii_strdown(*k, -1)))
			read_key(s, ini, escaped, *k);
	}
	ini_free_attribute_list(keys);
	g_ptr_array_sort(s->entries, by_line);
	return s;
}

GPtrArray *load_sections(const char *bytes, size_t n, struct faults *f)
{
	GPtrArray *sections = g_ptr_array_new_with_free_func(section_free);
	struct reader r = { g_ptr_array_new_with_free_func(g_free), f };
	struct ini_cfgobj *ini = NULL;
	int error;

	g_ptr_array_add(r.lines, section_line("", 0));
	ready_lines(&r, bytes, n);
	do
		error = read_lines(&r, &ini);
	while (error == -EAGAIN);

	if (error == 0) {
		char **names = ini_get_section_list(ini, NULL, NULL);

		for (char **name = names; name != NULL && *name != NULL; name++)
			g_ptr_array_add(sections, read_section(ini, *name));
		ini_free_section_list(names);
		ini_config_destroy(ini);
	} else {
		faults_add(f, 1, "cannot be read: %s", g_strerror(-error));
	}
	g_ptr_array_unref(r.lines);
	return sections;
}
