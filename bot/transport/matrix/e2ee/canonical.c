#include "transport/matrix/e2ee/canonical.h"

#include "transport/matrix/e2ee/curve.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* What every reader of JSON takes for the same number. */
#define INTEGER_MOST ((INT64_C(1) << 53) - 1)

static void add_string(GString *out, const char *text, size_t bytes)
{
	static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	g_string_append_c(out, '"');
	for (size_t i = 0; i < bytes; i++) {
		char c = text[i];
		const char *found = NULL;

		for (const char *s = shorts; *s && !found; s += 2)
			found = *s == c ? s : NULL;
		if (found)
			g_string_append_printf(out, "\\%c", found[1]);
		else if ((unsigned char)c < 0x20)
			g_string_append_printf(out, "\\u%04x", (unsigned)c);
		else
			g_string_append_c(out, c);
	}
	g_string_append_c(out, '"');
}

static int compare_keys(const void *a, const void *b)
{
	/* In UTF-8 the order of the bytes is that of the codepoints. */
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add_value(GString *out, const json_t *j, const char *const *without);

static bool add_object(GString *out, const json_t *object, const char *const *without)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new();
	const char *key;
	json_t *value;

	/* json_object_foreach hands the object to functions that could change it. */
	json_object_foreach((json_t *)object, key,
			    value) if (!without || !g_strv_contains(without, key))
		g_ptr_array_add(keys, (void *)key);
	g_ptr_array_sort(keys, compare_keys);
	g_string_append_c(out, '{');
	for (unsigned i = 0; i < keys->len; i++) {
		key = g_ptr_array_index(keys, i);
		g_string_append(out, i ? "," : "");
		add_string(out, key, strlen(key));
		g_string_append_c(out, ':');
		if (!add_value(out, json_object_get(object, key), NULL))
			return false;
	}
	g_string_append_c(out, '}');
	return true;
}

static bool add_array(GString *out, const json_t *array)
{
	g_string_append_c(out, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		g_string_append(out, i ? "," : "");
		if (!add_value(out, json_array_get(array, i), NULL))
			return false;
	}
	g_string_append_c(out, ']');
	return true;
}

static bool add_integer(GString *out, int64_t n)
{
	g_string_append_printf(out, "%" G_GINT64_FORMAT, n);
	return n >= -INTEGER_MOST && n <= INTEGER_MOST;
}

/* 1e10 is an integer, whichever way it was written; so is -0.0. */
static bool add_real(GString *out, double n)
{
	bool integer =
		n >= -(double)INTEGER_MOST && n <= (double)INTEGER_MOST && (double)(int64_t)n == n;

	return integer && add_integer(out, (int64_t)n);
}

/* `without`: members of an object that are left out, NULL: none. */
static bool add_value(GString *out, const json_t *j, const char *const *without)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return add_object(out, j, without);
	case JSON_ARRAY:
		return add_array(out, j);
	case JSON_STRING:
		add_string(out, json_string_value(j), json_string_length(j));
		return true;
	case JSON_INTEGER:
		return add_integer(out, json_integer_value(j));
	case JSON_REAL:
		return add_real(out, json_real_value(j));
	case JSON_TRUE:
		g_string_append(out, "true");
		return true;
	case JSON_FALSE:
		g_string_append(out, "false");
		return true;
	case JSON_NULL:
		g_string_append(out, "null");
		return true;
	}
	g_assert_not_reached();
}

static char *text_of(const json_t *j, const char *const *without)
{
	GString *out = g_string_new(NULL);
	bool fine = add_value(out, j, without);

	return g_string_free(out, !fine);
}

char *canonical_text(const json_t *j)
{
	return text_of(j, NULL);
}

char *canonical_signed(const json_t *object)
{
	static const char *const without[] = { "signatures", "unsigned", NULL };

	return json_is_object(object) ? text_of(object, without) : NULL;
}

void canonical_add(json_t *object, const char *user, const char *key, const char *signature)
{
	g_autofree char *name = g_strconcat("ed25519:", key, NULL);
	json_t *all = json_object_get(object, "signatures");

	if (!json_is_object(all)) {
		all = json_object();
		json_object_set_new(object, "signatures", all);
	}
	json_t *theirs = json_object_get(all, user);
	if (!json_is_object(theirs)) {
		theirs = json_object();
		json_object_set_new(all, user, theirs);
	}
	json_object_set_new(theirs, name, json_string(signature));
}

bool canonical_verify(const json_t *object, const char *user, const char *key, const char *ed25519)
{
	g_autofree char *name = g_strconcat("ed25519:", key, NULL);
	g_autofree char *text = canonical_signed(object);
	const json_t *theirs = json_object_get(json_object_get(object, "signatures"), user);
	const char *signature = json_string_value(json_object_get(theirs, name));

	return text && signature && crypto_verify(ed25519, text, signature);
}
