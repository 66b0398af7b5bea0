#include "secret.h"

#include "config.h"
#include "faults.h"
#include "file.h"
#include "keys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CREDENTIAL "credential:"
#define VARIABLE   "env:"

/* Of a password's file, and of one that is looked at for being another than it was. */
enum { SECRET_BYTES_MOST = 1 << 16, FILE_BYTES_MOST = 1 << 24 };

bool secret_is_file(const char *value)
{
	return !g_str_has_prefix(value, CREDENTIAL) && !g_str_has_prefix(value, VARIABLE);
}

static bool is_made_of(const char *name, const char *others)
{
	for (const char *c = name; *c != '\0'; c++) {
		if (!g_ascii_isalnum(*c) && strchr(others, *c) == NULL)
			return false;
	}
	return *name != '\0';
}

char *secret_fault(const char *value)
{
	if (g_str_has_prefix(value, CREDENTIAL)) {
		const char *name = value + strlen(CREDENTIAL);

		if (is_made_of(name, "._-") && *name != '.')
			return NULL;
		return g_strdup("a credential's name is made of letters, digits, '.', '_' and '-'");
	}
	const char *name = value + strlen(VARIABLE);

	if (is_made_of(name, "_") && !g_ascii_isdigit(*name))
		return NULL;
	return g_strdup("a variable's name is made of letters, digits and '_'");
}

static void wipe(char *bytes, size_t n)
{
	explicit_bzero(bytes, n);
	g_free(bytes);
}

void config_secret_free(char *secret)
{
	if (secret != NULL)
		wipe(secret, strlen(secret));
}

static int read_file(const char *path, char **ret, char **ret_fault)
{
	char *bytes;
	size_t n;
	int error = file_read(path, SECRET_BYTES_MOST, true, &bytes, &n);

	if (error != 0) {
		*ret_fault = g_strdup_printf("%s cannot be read: %s", path,
					     error == -EINVAL ? "it is no ordinary file"
							      : g_strerror(-error));
		return error;
	}
	*ret = g_strndup(bytes, strcspn(bytes, "\r\n"));
	wipe(bytes, n);
	if (**ret != '\0')
		return 0;
	g_free(*ret);
	*ret_fault = g_strdup_printf("the first line of %s is empty", path);
	return -ENODATA;
}

/* systemd.exec(5), CREDENTIALS */
static char *credential_path(const char *value)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	return folder != NULL ? g_build_filename(folder, value + strlen(CREDENTIAL), NULL) : NULL;
}

static int read_credential(const char *value, char **ret, char **ret_fault)
{
	g_autofree char *path = credential_path(value);

	if (path == NULL) {
		*ret_fault = g_strdup_printf("%s is only there when systemd starts kith", value);
		return -ENOKEY;
	}
	int error = read_file(path, ret, ret_fault);
	if (error == -ENOENT) {
		g_free(*ret_fault);
		*ret_fault =
			g_strdup_printf("systemd has handed over no such credential; add "
					"'LoadCredential=%s' to the unit, and put the secret "
					"into /etc/credstore/%s",
					value + strlen(CREDENTIAL), value + strlen(CREDENTIAL));
	}
	return error;
}

static int read_variable(const char *value, char **ret, char **ret_fault)
{
	const char *text = getenv(value + strlen(VARIABLE));

	size_t n = text != NULL ? strcspn(text, "\r\n") : 0;

	if (n == 0) {
		*ret_fault = g_strdup_printf("there is no %s in the environment",
					     value + strlen(VARIABLE));
		return -ENOKEY;
	}
	*ret = g_strndup(text, n);
	return 0;
}

int config_secret(const struct config_section *s, const char *key, char **ret, char **ret_fault)
{
	const char *value = config_text(s, key);
	char *secret = NULL;
	int error = 0;

	assert(key_find(s->kind, key)->type == CONFIG_SECRET);
	if (value != NULL && g_str_has_prefix(value, CREDENTIAL))
		error = read_credential(value, &secret, ret_fault);
	else if (value != NULL && g_str_has_prefix(value, VARIABLE))
		error = read_variable(value, &secret, ret_fault);
	else if (value != NULL)
		error = read_file(value, &secret, ret_fault);
	if (error == 0)
		*ret = secret;
	return error;
}

static void check_secret(const struct config_section *s, const struct config_key *k,
			 struct faults *f, struct faults *not_given)
{
	int line = GPOINTER_TO_INT(g_hash_table_lookup(s->lines, k->key));
	g_autofree char *fault = NULL;
	char *secret = NULL;
	int error = config_secret(s, k->key, &secret, &fault);

	if (error != 0) {
		faults_add(error == -ENOKEY ? not_given : f, line, "%s: %s", k->key, fault);
		return;
	}
	if (strlen(secret) < (size_t)k->least)
		faults_add(f, line,
			   "%s: its first line has fewer than %ld characters; 'openssl rand "
			   "-base64 32' makes a good one",
			   k->key, k->least);
	config_secret_free(secret);
}

int config_secrets(const struct config *c, char **ret_faults, char **ret_not_given)
{
	struct faults f, not_given;

	faults_init(&f, c->file);
	faults_init(&not_given, c->file);
	for (unsigned i = 0; i < c->networks->len; i++) {
		const struct config_section *s = g_ptr_array_index(c->networks, i);

		for (const struct config_key *k = config_keys; k->section != NULL; k++) {
			if (k->type == CONFIG_SECRET && strcmp(k->section, s->kind) == 0 &&
			    config_text(s, k->key) != NULL)
				check_secret(s, k, &f, &not_given);
		}
	}
	*ret_faults = faults_any(&f) ? faults_text(&f) : NULL;
	*ret_not_given = faults_any(&not_given) ? faults_text(&not_given) : NULL;
	faults_done(&f);
	faults_done(&not_given);
	return *ret_faults == NULL && *ret_not_given == NULL ? 0 : -ENOENT;
}

/* What is behind the name: anything, also that there is nothing. */
static void add_content(GChecksum *sum, const struct config_key *k, const char *value)
{
	g_autofree char *credential =
		g_str_has_prefix(value, CREDENTIAL) ? credential_path(value) : NULL;
	const char *path = credential != NULL ? credential : value;
	char *bytes;
	size_t n;

	if (k == NULL || (k->type != CONFIG_FILE && k->type != CONFIG_SECRET))
		return;
	if (file_read(path, FILE_BYTES_MOST, true, &bytes, &n) == 0) {
		g_checksum_update(sum, (const guchar *)bytes, (gssize)n);
		wipe(bytes, n);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

char *config_fingerprint(const struct config_section *s)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(s->values), by_name);

	for (const GList *k = keys; k != NULL; k = k->next) {
		const char *value = g_hash_table_lookup(s->values, k->data);

		/* The NULs keep one value from running into the next. */
		g_checksum_update(sum, k->data, (gssize)strlen(k->data) + 1);
		g_checksum_update(sum, (const guchar *)value, (gssize)strlen(value) + 1);
		add_content(sum, key_find(s->kind, k->data), value);
	}
	return g_strdup(g_checksum_get_string(sum));
}
