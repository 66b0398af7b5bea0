#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/e2ee/own_private.h"

#include <glib.h>
#include <string.h>

static bool is_key(const struct own *o, struct span keys, const char *algorithm, const char *ours,
		   bool *ret_other)
{
	g_autofree char *name = g_strdup_printf("%s:%s", algorithm, o->env->device);
	g_autofree char *theirs = span_text(span_get(keys, name));

	*ret_other = *ret_other || (theirs && strcmp(theirs, ours) != 0);
	return theirs;
}

/* Some servers take another identity for a device without a word, and then nobody reads what it
 * says: kith looks first. */
static void looked(void *data, const struct api_answer *a)
{
	struct own *o = data;
	bool other = false;

	o->call = NULL;
	if (a->error) {
		own_try_later(o, a);
		return;
	}
	own_well(o);
	struct span keys =
		span_at(a->json, "device_keys", o->env->user, o->env->device, "keys", NULL);
	bool curve25519 = is_key(o, keys, "curve25519", own_curve25519(o), &other);
	bool ed25519 = is_key(o, keys, "ed25519", own_ed25519(o), &other);
	if (other) {
		own_go_stale(o, "the homeserver has other keys for this device than the store");
		return;
	}
	o->checked = true;
	if ((curve25519 && ed25519) != o->published) {
		o->published = curve25519 && ed25519;
		db_begin(o->env->db);
		own_keep(o);
		db_end(o->env->db);
	}
	own_step(o);
}

void own_look(struct own *o)
{
	json_t *of = json_object();

	json_object_set_new(of, o->env->user, json_pack("[s]", o->env->device));
	const struct api_request r = {
		.method = "POST",
		.path = "v3/keys/query",
		.body = json_pack("{s:o}", "device_keys", of),
		.retry = API_REPEAT,
	};
	own_send(o, &r, looked);
}
