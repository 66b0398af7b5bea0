#include "config.h"

#include "base/text/text.h"
#include "check.h"
#include "file.h"
#include "groups.h"
#include "keys.h"
#include "secret.h"
#include "values.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void config_section_free(struct config_section *s)
{
	if (!s)
		return;
	g_free(s->kind);
	g_free(s->name);
	g_hash_table_unref(s->values);
	g_clear_pointer(&s->lines, g_hash_table_unref);
	g_free(s);
}

static void section_free(void *section)
{
	config_section_free(section);
}

struct config_section *config_section_copy(const struct config_section *s)
{
	struct config_section *copy = g_new0(struct config_section, 1);
	GHashTableIter i;
	void *key, *value;

	copy->kind = g_strdup(s->kind);
	copy->name = g_strdup(s->name);
	copy->line = s->line;
	copy->values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	g_hash_table_iter_init(&i, s->values);
	while (g_hash_table_iter_next(&i, &key, &value)) /* keys are the table's own */
		g_hash_table_insert(copy->values, key, g_strdup(value));
	return copy;
}

static void group_drop(void *data)
{
	group_free(data);
}

static struct config *config_new(const char *file)
{
	struct config *c = g_new0(struct config, 1);

	c->file = g_strdup(file);
	c->groups = g_ptr_array_new_with_free_func(group_drop);
	c->networks = g_ptr_array_new_with_free_func(section_free);
	return c;
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	g_free(c->file);
	g_ptr_array_unref(c->groups);
	g_ptr_array_unref(c->networks);
	g_free(c->store_path);
	g_free(c->log_level);
	g_free(c);
}

/* What a server takes in NICK and USER: another character would end it there, or begin something
 * else. */
static void check_irc_name(const struct load_entry *entry, const char *without, struct faults *f)
{
	if (entry == NULL)
		return;
	size_t n = strcspn(entry->value, without);
	if (entry->value[n] != '\0')
		faults_add(f, entry->line, "%s: '%c' cannot be in it", entry->key, entry->value[n]);
}

static void check_irc(const struct load_section *s, struct faults *f)
{
	const struct load_entry *nick = section_entry(s, "nick");
	const struct load_entry *sasl = section_entry(s, "sasl");
	const struct load_entry *certificate = section_entry(s, "certificate");
	const struct load_entry *password = section_entry(s, "password-file");
	const struct load_entry *tls = section_entry(s, "tls");

	check_irc_name(nick, ",*?!@%$:#&+.", f);
	if (nick != NULL && g_ascii_isdigit(*nick->value))
		faults_add(f, nick->line, "nick: it cannot begin with a digit");
	check_irc_name(section_entry(s, "username"), ":@!", f);
	if (sasl != NULL && strcmp(sasl->value, "plain") == 0 && password == NULL)
		faults_add(f, sasl->line, "sasl: plain needs a 'password-file'");
	if (sasl != NULL && strcmp(sasl->value, "external") == 0 && certificate == NULL)
		faults_add(f, sasl->line, "sasl: external needs a 'certificate'");
	if (tls != NULL && g_ascii_strcasecmp(tls->value, "no") == 0 && certificate != NULL)
		faults_add(f, certificate->line, "certificate: it needs 'tls = yes'");
}

static void check_matrix(const struct load_section *s, struct faults *f)
{
	const struct load_entry *password = section_entry(s, "password-file");
	const struct load_entry *token = section_entry(s, "token-file");

	if (password != NULL && token != NULL)
		faults_add(f, token->line,
			   "token-file: 'password-file' is set too, on line %d; keep one "
			   "of them",
			   password->line);
}

static char *network_text(const struct config *c, const struct config_key *k, const char *text)
{
	if (k->type == CONFIG_FILE || (k->type == CONFIG_SECRET && secret_is_file(text)))
		return config_path(c->file, text);
	return g_strdup(text);
}

static void read_network(struct config *c, const struct load_section *s, struct faults *f)
{
	struct config_section *network = g_new0(struct config_section, 1);

	network->kind = g_strdup(s->known->name);
	network->name = g_strdup(s->name);
	network->line = s->line;
	network->values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	network->lines = g_hash_table_new(g_str_hash, g_str_equal);
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		const struct load_entry *e = section_entry(s, k->key);
		const char *text;

		if (strcmp(k->section, network->kind) != 0)
			continue;
		text = section_text(s, k->section, k->key);
		if (text != NULL)
			g_hash_table_insert(network->values, (char *)k->key,
					    network_text(c, k, text));
		if (e != NULL)
			g_hash_table_insert(network->lines, (char *)k->key,
					    GINT_TO_POINTER(e->line));
	}
	g_ptr_array_add(c->networks, network);
	if (strcmp(network->kind, "irc") == 0)
		check_irc(s, f);
	else
		check_matrix(s, f);
}

static const struct load_section *find_nameless(GPtrArray *sections, const char *kind)
{
	for (unsigned i = 0; i < sections->len; i++) {
		const struct load_section *s = g_ptr_array_index(sections, i);

		if (s->known != NULL && strcmp(s->known->name, kind) == 0)
			return s;
	}
	return NULL;
}

static struct config *read_sections(GPtrArray *sections, const char *file, struct faults *f)
{
	struct config *c = config_new(file);
	const struct load_section *store = find_nameless(sections, "store");
	const struct load_section *log = find_nameless(sections, "log");
	int error = text_duration(section_text(store, "store", "retention"), &c->retention_us);

	assert(error == 0);
	c->store_path = g_strdup(section_text(store, "store", "path"));
	c->log_level = g_strdup(section_text(log, "log", "level"));
	for (unsigned i = 0; i < sections->len; i++) {
		const struct load_section *s = g_ptr_array_index(sections, i);

		if (s->known != NULL && s->known->naming == CONFIG_NETWORK_NAME)
			read_network(c, s, f);
	}
	groups_read(c, sections, f);
	return c;
}

static int parse(const char *bytes, size_t n, const char *name, struct config **ret,
		 char **ret_faults)
{
	g_autoptr(GPtrArray) sections = NULL;
	struct config *c;
	struct faults f;
	int error = 0;

	faults_init(&f, name);
	sections = load_sections(bytes, n, &f);
	check_sections(sections, &f);
	c = read_sections(sections, name, &f);
	if (faults_any(&f)) {
		config_free(c);
		*ret_faults = faults_text(&f);
		error = -EINVAL;
	} else {
		*ret = c;
	}
	faults_done(&f);
	return error;
}

int config_parse(const char *text, const char *name, struct config **ret, char **ret_faults)
{
	return parse(text, strlen(text), name, ret, ret_faults);
}

int config_load(const char *file, struct config **ret, char **ret_faults)
{
	g_autofree char *bytes = NULL;
	size_t n;
	int error = file_read(file, LOAD_BYTES_MOST, false, &bytes, &n);

	if (error != 0) {
		*ret_faults = g_strdup_printf("%s: cannot be read: %s\n", file, g_strerror(-error));
		return error;
	}
	return parse(bytes, n, file, ret, ret_faults);
}

/* A key that is not in the table is a slip of ours. */
static const struct config_key *key_of(const struct config_section *s, const char *key)
{
	const struct config_key *k = key_find(s->kind, key);

	assert(k != NULL);
	return k;
}

const char *config_text(const struct config_section *s, const char *key)
{
	return g_hash_table_lookup(s->values, key_of(s, key)->key);
}

int64_t config_number(const struct config_section *s, const char *key)
{
	const struct config_key *k = key_of(s, key);
	const char *text = config_text(s, key);
	int64_t us = 0;
	long n = 0;
	int error = 0;

	assert(k->type == CONFIG_NUMBER || k->type == CONFIG_DURATION);
	if (text == NULL)
		return 0;
	if (k->type == CONFIG_NUMBER)
		error = value_number(text, &n);
	else
		error = text_duration(text, &us);
	assert(error == 0);
	return k->type == CONFIG_NUMBER ? n : us;
}

bool config_yes(const struct config_section *s, const char *key)
{
	const char *text = config_text(s, key);
	bool yes = false;
	int error;

	assert(key_of(s, key)->type == CONFIG_YES_NO);
	if (text == NULL)
		return false;
	error = value_yes(text, &yes);
	assert(error == 0);
	return yes;
}
