#include "transport/matrix/e2ee/device_keys.h"

#include "base/text/text.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/devices.h"

#include <glib.h>
#include <string.h>

enum { ID_BYTES_MOST = 255, SHOWN_MOST = 60 };

static bool says(const json_t *object, const char *key, const char *text)
{
	return !g_strcmp0(json_string_value(json_object_get(object, key)), text);
}

static bool lists(const json_t *object, const char *key, const char *text)
{
	const json_t *array = json_object_get(object, key);

	for (size_t i = 0; i < json_array_size(array); i++)
		if (!g_strcmp0(json_string_value(json_array_get(array, i)), text))
			return true;
	return false;
}

static json_t *load(struct span s)
{
	return span_is_object(s) && s.bytes <= DEVICE_KEYS_BYTES_MOST
		       ? json_loadb(s.at, s.bytes, 0, NULL)
		       : NULL;
}

/*
 * The owner's keys.
 */
/* The one key of CrossSigningKey, which has its own name; NULL: it is no such key of `user`. */
static const char *owner_key(const json_t *j, const char *user, const char *usage)
{
	json_t *keys = json_object_get(j, "keys");
	const char *name = json_object_iter_key(json_object_iter(keys));
	const char *key = json_string_value(json_object_get(keys, name ? name : ""));

	if (json_object_size(keys) != 1 || !key || !g_str_has_prefix(name, "ed25519:") ||
	    strcmp(name + strlen("ed25519:"), key) != 0)
		return NULL;
	return says(j, "user_id", user) && lists(j, "usage", usage) && crypto_is_ed25519(key)
		       ? key
		       : NULL;
}

bool device_keys_identity(const char *user, struct span master, struct span self_signing,
			  struct device_identity *ret, const char **ret_why)
{
	json_t *upper = load(master), *lower = load(self_signing);
	const char *first = owner_key(upper, user, "master");
	const char *second = owner_key(lower, user, "self_signing");

	*ret = (struct device_identity){ 0 };
	*ret_why = NULL;
	if (!master.at && !self_signing.at) {
		;
	} else if (!first) {
		*ret_why = "the master key is none";
	} else if (!second) {
		*ret_why = "the self-signing key is none";
	} else if (!canonical_verify(lower, user, first, first)) {
		*ret_why = "the master key has not signed the self-signing key";
	} else {
		ret->master = g_strdup(first);
		ret->self_signing = g_strdup(second);
	}
	json_decref(upper);
	json_decref(lower);
	return ret->master;
}

void device_identity_done(struct device_identity *i)
{
	g_free(i->master);
	g_free(i->self_signing);
}

/*
 * A device's.
 */
static bool is_id(const char *id)
{
	size_t n = strlen(id);

	if (n == 0 || n > ID_BYTES_MOST)
		return false;
	for (size_t i = 0; i < n; i++)
		if (g_ascii_iscntrl(id[i]))
			return false;
	return true;
}

static bool is_owner_key(const char *id, const struct device_identity *identity)
{
	return !g_strcmp0(id, identity->master) || !g_strcmp0(id, identity->self_signing);
}

static const char *key_of(const json_t *keys, const char *algorithm, const char *id)
{
	g_autofree char *name = g_strconcat(algorithm, ":", id, NULL);

	return json_string_value(json_object_get(json_object_get(keys, "keys"), name));
}

static const char *fault_of(const char *user, const char *id, const json_t *keys,
			    const struct device_identity *identity)
{
	const char *ed25519 = key_of(keys, "ed25519", id);

	if (!is_id(id))
		return "its id is none";
	if (!says(keys, "user_id", user) || !says(keys, "device_id", id))
		return "its keys are another's";
	if (is_owner_key(id, identity))
		return "its id is a key of its owner's";
	if (!crypto_is_ed25519(ed25519) || !crypto_is_curve25519(key_of(keys, "curve25519", id)))
		return "its keys are none";
	if (!canonical_verify(keys, user, id, ed25519))
		return "it has not signed its keys";
	return NULL;
}

/* What it is called is no part of what was signed. */
static char *shown_of(const json_t *keys)
{
	const json_t *more = json_object_get(keys, "unsigned");
	const char *name = json_string_value(json_object_get(more, "device_display_name"));
	g_autofree char *line = name ? text_line(name) : NULL;

	return line && *line ? text_clip(line, SHOWN_MOST) : NULL;
}

struct device *device_keys_read(const char *user, const char *id, const json_t *keys,
				const struct device_identity *identity, const char **ret_why)
{
	const char *owner = identity->self_signing;

	if (!id)
		id = json_string_value(json_object_get(keys, "device_id"));
	*ret_why = id ? fault_of(user, id, keys, identity) : "it has no id";
	if (*ret_why)
		return NULL;
	struct device *device = g_new0(struct device, 1);
	device->user = g_strdup(user);
	device->id = g_strdup(id);
	device->curve25519 = g_strdup(key_of(keys, "curve25519", id));
	device->ed25519 = g_strdup(key_of(keys, "ed25519", id));
	device->shown = shown_of(keys);
	device->megolm = lists(keys, "algorithms", "m.olm.v1.curve25519-aes-sha2") &&
			 lists(keys, "algorithms", "m.megolm.v1.aes-sha2");
	device->signed_ = owner && canonical_verify(keys, user, owner, owner);
	return device;
}
