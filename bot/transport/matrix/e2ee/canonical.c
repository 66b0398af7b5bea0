#include "transport/matrix/e2ee/canonical.h"

#include "transport/matrix/dump.h"
#include "transport/matrix/e2ee/curve.h"

#include <glib.h>

static bool has_integers_alone(const json_t *j)
{
	/* Walking through an object wants one that might be changed. */
	json_t *object = (json_t *)j;

	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i))
		if (!has_integers_alone(json_object_iter_value(i)))
			return false;
	for (size_t i = 0; i < json_array_size(j); i++)
		if (!has_integers_alone(json_array_get(j, i)))
			return false;
	return !json_is_number(j) || dump_is_integer(j);
}

char *canonical_text(const json_t *j)
{
	return has_integers_alone(j) ? dump_sorted(j) : NULL;
}

char *canonical_signed(const json_t *object)
{
	if (!json_is_object(object))
		return NULL;
	json_t *rest = json_copy((json_t *)object); /* which it does not change */

	json_object_del(rest, "signatures");
	json_object_del(rest, "unsigned");
	char *text = canonical_text(rest);
	json_decref(rest);
	return text;
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
