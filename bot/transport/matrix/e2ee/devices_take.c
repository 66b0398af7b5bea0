#include "transport/matrix/e2ee/devices_private.h"

#include "base/log.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/device_keys.h"

#include <string.h>

enum {
	DEVICES_MOST = 512, /* of somebody's that are looked at */
	GONE_MOST = 512,    /* of somebody's whose keys are remembered */
	/* Each costs some signatures, during which nothing else is done. */
	AT_ONCE_MOST = 1024,
};

/* What somebody's list is taken from, and with. */
struct taking {
	struct devices *d;
	const char *user;
	const struct devices_told *told;
	struct device_identity identity;
	char *signature; /* how that of the identity is called, or NULL */
	unsigned looked_at, passed_over;
	char *fault; /* of the first that was passed over, or NULL */
};

/* CS API: /keys/query. */
static const char *const sections[] = {
	[DEVICES_TOLD_KEYS] = "device_keys",
	[DEVICES_TOLD_MASTER] = "master_keys",
	[DEVICES_TOLD_SELF_SIGNING] = "self_signing_keys",
};

/* Once through the answer, however many it tells of that nobody asked for. */
static void spread(GHashTable *asked, struct span answer)
{
	for (unsigned part = 0; part < DEVICES_TOLD_PARTS; part++) {
		struct span section = span_get(answer, sections[part]);

		for (struct span_each i = span_each(section); span_next(&i);) {
			g_autofree char *user = span_text(i.key);
			struct devices_told *told = user ? g_hash_table_lookup(asked, user) : NULL;

			if (told)
				told->parts[part] = i.value;
		}
	}
}

/*
 * Who somebody is.
 */
static void read_identity(struct taking *t)
{
	const char *network = t->d->env->network, *why;

	if (!device_keys_identity(t->user, t->told->parts[DEVICES_TOLD_MASTER],
				  t->told->parts[DEVICES_TOLD_SELF_SIGNING], &t->identity, &why) &&
	    why)
		log_info("matrix %s: the identity of %s is passed over: %s", network, t->user, why);
	if (t->identity.self_signing)
		t->signature = g_strconcat("ed25519:", t->identity.self_signing, NULL);
}

/* Whether it is another than before. Who has none for now keeps what was pinned. */
static bool write_identity(const struct taking *t)
{
	const struct e2ee_env *env = t->d->env;
	g_autofree char *pinned =
		db_text(env->db, "SELECT pinned FROM e2ee_user WHERE network = ? AND user = ?",
			"tt", env->network, t->user);
	bool changed = pinned && t->identity.master && strcmp(pinned, t->identity.master) != 0;

	db_run(env->db,
	       "UPDATE e2ee_user SET self_signing = ?3, pinned = coalesce(?4, pinned),"
	       " changed = changed OR ?5 WHERE network = ?1 AND user = ?2",
	       "tttti", env->network, t->user, t->identity.self_signing, t->identity.master,
	       (int64_t)changed);
	return changed;
}

/*
 * Their devices.
 */
/* False: it had another key before. */
static bool write_device(const struct taking *t, const struct device *device)
{
	const struct e2ee_env *env = t->d->env;

	return db_run(env->db,
		      "INSERT INTO e2ee_device(network, user, device, curve25519, ed25519, shown,"
		      " megolm, signed, gone) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)"
		      " ON CONFLICT DO UPDATE SET curve25519 = ?4, shown = ?6, megolm = ?7,"
		      " signed = ?8, gone = 0 WHERE ed25519 = ?5",
		      "ttttttii", env->network, t->user, device->id, device->curve25519,
		      device->ed25519, device->shown, (int64_t)device->megolm,
		      (int64_t)device->signed_) > 0;
}

static void pass_over(struct taking *t, const char *id, const char *why)
{
	if (t->passed_over++ == 0)
		t->fault = g_strdup_printf("%s: %s", id, why);
}

static void take_device(struct taking *t, struct span key, struct span value)
{
	g_autofree char *id = span_text(key);
	json_t *keys = value.bytes <= DEVICE_KEYS_BYTES_MOST
			       ? json_loadb(value.at, value.bytes, 0, NULL)
			       : NULL;
	const char *why = "it is no object";
	struct device *device =
		keys ? device_keys_read(t->user, id, keys, &t->identity, &why) : NULL;

	t->looked_at++;
	if (device && !write_device(t, device))
		why = "it has had another key";
	if (why)
		pass_over(t, id, why);
	device_free(device);
	json_decref(keys);
}

/* Whether it looks as if its owner has signed it. */
static bool is_signed(const struct taking *t, struct span device)
{
	return t->signature &&
	       span_is_string(span_at(device, "signatures", t->user, t->signature, NULL));
}

/* Of a list that is too long, first those that count. */
static void take_devices(struct taking *t)
{
	struct span list = t->told->parts[DEVICES_TOLD_KEYS];

	for (int pass = 0; pass < 2; pass++) {
		for (struct span_each i = span_each(list); span_next(&i);) {
			if (is_signed(t, i.value) != (pass == 0))
				continue;
			if (t->looked_at < DEVICES_MOST)
				take_device(t, i.key, i.value);
			else if (t->passed_over++ == 0)
				t->fault = g_strdup("there are too many");
		}
	}
	if (t->passed_over)
		log_info("matrix %s: of the devices of %s %u are passed over; %s",
			 t->d->env->network, t->user, t->passed_over, t->fault);
}

/* Those that are not on the list any more keep their key. So that nobody can fill the store with
 * them, only so many do, and first those that the owner had signed: nobody else can make these. */
static void forget_gone(const struct taking *t)
{
	const struct e2ee_env *env = t->d->env;

	db_run(env->db,
	       "DELETE FROM e2ee_device WHERE network = ?1 AND user = ?2 AND gone > 0"
	       " AND device NOT IN (SELECT device FROM e2ee_device WHERE network = ?1"
	       " AND user = ?2 AND gone > 0 ORDER BY signed DESC, gone DESC LIMIT ?3)",
	       "tti", env->network, t->user, (int64_t)GONE_MOST);
}

static void write_list(struct taking *t)
{
	const struct e2ee_env *env = t->d->env;

	db_run(env->db,
	       "UPDATE e2ee_device SET gone = ?3 WHERE network = ?1 AND user = ?2 AND gone = 0",
	       "tti", env->network, t->user, MAX(env->clock->wall_us(env->clock), 1));
	take_devices(t);
	forget_gone(t);
}

/* Returns how many devices were looked at. */
static unsigned take_user(struct devices *d, const char *user, const struct devices_told *told)
{
	const struct e2ee_env *env = d->env;
	struct taking t = { .d = d, .user = user, .told = told };

	read_identity(&t);
	bool changed = write_identity(&t);
	write_list(&t);
	/* What was heard of them meanwhile made this old. */
	db_run(env->db,
	       "UPDATE e2ee_user SET outdated = 0"
	       " WHERE network = ? AND user = ? AND outdated = ?",
	       "tti", env->network, user, told->mark);
	if (changed)
		d->callbacks.identity_changed(d->data, user);
	if (devices_known(d, user))
		d->callbacks.updated(d->data, user);
	device_identity_done(&t.identity);
	g_free(t.signature);
	g_free(t.fault);
	return t.looked_at;
}

/* Who is not told of at all has no devices, unless their server did not answer. */
static bool has_failed(const char *user, const struct devices_told *told, struct span failures)
{
	struct span list = told->parts[DEVICES_TOLD_KEYS];
	struct span_each any = span_each(list);
	const char *server = strchr(user, ':');

	if (!span_next(&any) && server && span_get(failures, server + 1).at)
		return true;
	return list.at && !span_is_object(list);
}

bool devices_take(struct devices *d, GHashTable *asked, struct span answer)
{
	struct span failures = span_get(answer, "failures");
	unsigned looked_at = 0;
	GHashTableIter i;
	void *user, *value;

	if (!span_is_object(span_get(answer, "device_keys")))
		return false;
	spread(asked, answer);
	g_hash_table_iter_init(&i, asked);
	while (g_hash_table_iter_next(&i, &user, &value)) {
		struct devices_told *told = value;

		if (has_failed(user, told, failures)) {
			told->outcome = DEVICES_FAILED;
		} else if (looked_at < AT_ONCE_MOST) {
			looked_at += take_user(d, user, told);
			told->outcome = DEVICES_TAKEN;
		}
	}
	return true;
}
