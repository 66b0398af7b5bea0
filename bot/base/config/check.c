#include "check.h"

#include "base/text/text.h"
#include "keys.h"
#include "values.h"

#include <string.h>

enum { NAME_MOST = 40 };

char *section_title(const char *kind, const char *name)
{
	g_autofree char *shown = text_clip(name, NAME_MOST);

	return *name == '\0' ? g_strdup_printf("[%s]", kind)
			     : g_strdup_printf("[%s %s]", kind, shown);
}

const struct load_entry *section_entry(const struct load_section *s, const char *key)
{
	for (unsigned i = 0; s != NULL && i < s->entries->len; i++) {
		const struct load_entry *e = g_ptr_array_index(s->entries, i);

		if (e->known != NULL && strcmp(e->known->key, key) == 0)
			return e;
	}
	return NULL;
}

/* A network's NAME is the first part of every address in it. */
static bool is_network_name(const char *name)
{
	for (const char *p = name; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) && strchr("._-", *p) == NULL)
			return false;
	}
	return true;
}

static void check_name(const struct load_section *s, struct faults *f)
{
	const char *kind = s->known->name;

	switch (s->known->naming) {
	case CONFIG_NAMELESS:
		if (*s->name != '\0')
			faults_add(f, s->line, "[%s] takes no name", kind);
		break;
	case CONFIG_GROUP_NAME:
		if (strchr(s->name, '/') != NULL)
			faults_add(f, s->line, "a group's name has no '/'");
		break;
	case CONFIG_NETWORK_NAME:
		if (*s->name == '\0')
			faults_add(f, s->line, "[%s] needs a name, as in [%s %s]", kind, kind,
				   s->known->example);
		else if (!is_network_name(s->name))
			faults_add(f, s->line,
				   "a network's name is made of letters, digits, '.', '_' "
				   "and '-'");
		else if (strcmp(s->name, "console") == 0)
			faults_add(f, s->line, "the name 'console' is taken by the sandbox");
		break;
	}
	if (text_length(s->name) > NAME_MOST)
		faults_add(f, s->line, "the name is longer than %d characters", NAME_MOST);
}

static void find_kind(struct load_section *s, struct faults *f)
{
	s->known = kind_find(s->kind);
	if (s->known == NULL) {
		g_autofree char *title = section_title(s->kind, s->name);

		/* What is near enough is read as that, so that one slip is one fault. */
		s->known = kind_nearest(s->kind);
		if (s->known != NULL) {
			faults_add(f, s->line, "unknown section %s; did you mean [%s%s]?", title,
				   s->known->name, *s->name != '\0' ? " NAME" : "");
		} else {
			faults_add(f, s->line, "unknown section %s; see kith.conf(5)", title);
			return;
		}
	}
	check_name(s, f);
}

static bool is_secret(const char *key)
{
	static const char *const secrets[] = { "password", "passwd", "passphrase", "token",
					       "secret" };
	g_autofree char *low = g_ascii_strdown(key, -1);

	for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++) {
		if (strstr(low, secrets[i]) != NULL)
			return true;
	}
	return strcmp(low, "pass") == 0;
}

/* Says no more of the line than its key: its value may be a secret. */
static void tell_unknown_key(const struct load_section *s, struct load_entry *e, struct faults *f)
{
	const char *kind = s->known->name;
	g_autofree char *key = text_clip(e->key, NAME_MOST);
	const struct config_key *elsewhere = key_elsewhere(kind, e->key);
	const struct config_key *nearest = key_nearest(kind, e->key);
	bool token = strcmp(kind, "matrix") == 0 && strstr(e->key, "token") != NULL;

	if (elsewhere != NULL) {
		faults_add(f, e->line, "unknown key '%s' in [%s]; it belongs in [%s%s]", key, kind,
			   elsewhere->section,
			   kind_find(elsewhere->section)->naming == CONFIG_NETWORK_NAME ? " NAME"
											: "");
	} else if (is_secret(e->key)) {
		faults_add(f, e->line, "'%s': secrets do not belong here; use %s", key,
			   token ? "token-file" : "password-file");
	} else if (nearest != NULL) {
		e->meant = nearest;
		faults_add(f, e->line, "unknown key '%s' in [%s]; did you mean '%s'?", key, kind,
			   nearest->key);
	} else {
		faults_add(f, e->line, "unknown key '%s' in [%s]; see kith.conf(5)", key, kind);
	}
}

static void check_entry(const struct load_section *s, struct load_entry *e, struct faults *f)
{
	g_autofree char *fault = NULL;

	e->meant = key_find(s->known->name, e->key);
	if (e->meant == NULL) {
		tell_unknown_key(s, e, f);
		return;
	}
	fault = value_fault(e->meant, e->value);
	if (fault != NULL)
		faults_add(f, e->line, "%s", fault);
	else
		e->known = e->meant;
}

/* Of the key the catalogue is asked later, once the language is known. */
static void check_words_entry(const struct load_entry *e, struct faults *f)
{
	g_autofree char *key = text_clip(e->key, NAME_MOST);

	if (*e->value == '\0')
		faults_add(f, e->line, "'%s' is empty; give it a value or take the line out", key);
}

static void check_entries(const struct load_section *s, struct faults *f)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < s->entries->len; i++) {
		struct load_entry *e = g_ptr_array_index(s->entries, i);
		g_autofree char *low = g_ascii_strdown(e->key, -1);
		const struct load_entry *first = g_hash_table_lookup(seen, low);

		if (strcmp(s->known->name, "words") == 0)
			check_words_entry(e, f);
		else
			check_entry(s, e, f);
		if (first != NULL) {
			g_autofree char *title = section_title(s->known->name, s->name);
			g_autofree char *key = text_clip(e->key, NAME_MOST);

			e->known = NULL;
			faults_add(f, e->line, "'%s' again in %s; it is already on line %d", key,
				   title, first->line);
		} else {
			g_hash_table_insert(seen, g_steal_pointer(&low), e);
		}
	}
}

static bool is_meant(const struct load_section *s, const struct config_key *k)
{
	for (unsigned i = 0; i < s->entries->len; i++) {
		const struct load_entry *e = g_ptr_array_index(s->entries, i);

		if (e->meant == k)
			return true;
	}
	return false;
}

static void check_required(const struct load_section *s, struct faults *f)
{
	g_autofree char *title = section_title(s->known->name, s->name);

	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		if (k->required && strcmp(k->section, s->known->name) == 0 && !is_meant(s, k))
			faults_add(f, s->line, "%s needs '%s', as in '%s = %s'", title, k->key,
				   k->key, k->example);
	}
}

/* Keys above the first section. */
static void tell_strays(const struct load_section *s, struct faults *f)
{
	for (unsigned i = 0; i < s->entries->len; i++) {
		const struct load_entry *e = g_ptr_array_index(s->entries, i);
		const struct config_key *k = key_elsewhere("", e->key);
		g_autofree char *key = text_clip(e->key, NAME_MOST);

		faults_add(f, e->line, "'%s' stands above the first section; put it below [%s]",
			   key, k != NULL ? k->section : "group");
	}
}

/* Whether `s` is the first of its name; networks of every kind share their names. */
static bool is_first(struct load_section *s, GHashTable *seen, struct faults *f)
{
	bool network = s->known->naming == CONFIG_NETWORK_NAME;
	g_autofree char *key = g_strdup_printf("%s %s", network ? "" : s->known->name, s->name);
	const struct load_section *first = g_hash_table_lookup(seen, key);
	g_autofree char *title = section_title(s->known->name, s->name);

	if (first == NULL) {
		g_hash_table_insert(seen, g_steal_pointer(&key), s);
		return true;
	}
	if (first->known == s->known) {
		faults_add(f, s->line, "%s again; it is already on line %d", title, first->line);
	} else {
		g_autofree char *other = section_title(first->known->name, first->name);

		faults_add(f, s->line, "%s: the name is taken by %s on line %d", title, other,
			   first->line);
	}
	return false;
}

void check_sections(GPtrArray *sections, struct faults *f)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < sections->len; i++) {
		struct load_section *s = g_ptr_array_index(sections, i);

		if (s->line == 0)
			tell_strays(s, f);
		if (*s->kind == '\0')
			continue;
		find_kind(s, f);
		if (s->known == NULL)
			continue;
		check_entries(s, f);
		if (is_first(s, seen, f))
			check_required(s, f);
		else
			s->known = NULL;
	}
}
