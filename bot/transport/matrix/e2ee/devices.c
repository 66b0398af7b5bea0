#include "transport/matrix/e2ee/devices.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/device_keys.h"
#include "transport/matrix/e2ee/devices_private.h"

#include <string.h>

#define PAUSE_FIRST_US CLOCK_US_PER_MINUTE
#define PAUSE_MOST_US  CLOCK_US_PER_HOUR

/* Of those who are not followed any more. */
enum { PINNED_MOST = 4096 };

struct devices *devices_new(const struct e2ee_env *env, const struct devices_callbacks *callbacks,
			    void *data)
{
	struct devices *d = g_new0(struct devices, 1);

	d->env = env;
	d->callbacks = *callbacks;
	d->data = data;
	d->timer = loop_timer_new(env->loop, devices_look, d);
	d->troubles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	d->marks = db_int(env->db, 0, "SELECT max(outdated) FROM e2ee_user WHERE network = ?", "t",
			  env->network);
	devices_set_pauses(d, PAUSE_FIRST_US, PAUSE_MOST_US);
	return d;
}

void devices_free(struct devices *d)
{
	if (!d)
		return;
	devices_hang_up(d);
	loop_timer_free(d->timer);
	g_hash_table_unref(d->troubles);
	g_free(d);
}

void devices_set_pauses(struct devices *d, int64_t first_us, int64_t most_us)
{
	d->pause_first_us = first_us;
	d->pause_most_us = most_us;
}

void devices_start(struct devices *d)
{
	d->started = true;
	devices_look_soon(d);
}

/*
 * Whose lists are followed, and which are outdated. Each marking has a number of its own, by which
 * an answer knows whether another came after it was asked for. A transaction that is undone leaves
 * nothing behind here but a look for nothing.
 */
void devices_follow(struct devices *d, const char *user)
{
	const struct e2ee_env *env = d->env;

	if (db_run(env->db,
		   "INSERT INTO e2ee_user(network, user, followed, outdated) VALUES(?, ?, 1, ?)"
		   " ON CONFLICT DO UPDATE SET followed = 1, outdated = excluded.outdated"
		   " WHERE NOT followed",
		   "tti", env->network, user, ++d->marks) > 0)
		devices_look_soon(d);
}

void devices_unfollow(struct devices *d, const char *user)
{
	const struct e2ee_env *env = d->env;

	d->marks++;
	if (!db_run(env->db,
		    "UPDATE e2ee_user SET followed = 0, outdated = 0, self_signing = NULL,"
		    " left_us = ? WHERE network = ? AND user = ? AND followed",
		    "itt", env->clock->wall_us(env->clock), env->network, user))
		return;
	db_run(env->db, "DELETE FROM e2ee_device WHERE network = ? AND user = ?", "tt",
	       env->network, user);
	db_run(env->db, "DELETE FROM e2ee_user WHERE network = ? AND user = ? AND pinned IS NULL",
	       "tt", env->network, user);
	g_hash_table_remove(d->troubles, user);
	d->left = true;
	devices_look_soon(d);
}

void devices_tidy(struct devices *d)
{
	const struct e2ee_env *env = d->env;

	if (!d->left)
		return;
	db_begin(env->db);
	db_run(env->db,
	       "DELETE FROM e2ee_user WHERE network = ?1 AND NOT followed AND user NOT IN"
	       " (SELECT user FROM e2ee_user WHERE network = ?1 AND NOT followed"
	       " ORDER BY left_us DESC LIMIT ?2)",
	       "ti", env->network, (int64_t)PINNED_MOST);
	d->left = db_end(env->db) < 0;
}

bool devices_follows(const struct devices *d, const char *user)
{
	const struct e2ee_env *env = d->env;

	return db_int(env->db, 0, "SELECT followed FROM e2ee_user WHERE network = ? AND user = ?",
		      "tt", env->network, user);
}

bool devices_mark(struct devices *d, const char *user)
{
	const struct e2ee_env *env = d->env;
	struct devices_trouble *t;

	if (!db_run(env->db,
		    "UPDATE e2ee_user SET outdated = ?"
		    " WHERE network = ? AND user = ? AND followed",
		    "itt", ++d->marks, env->network, user))
		return false;
	/* Something came through from their server. */
	t = g_hash_table_lookup(d->troubles, user);
	if (t)
		t->due_us = 0;
	return true;
}

void devices_mark_all(struct devices *d)
{
	const struct e2ee_env *env = d->env;

	db_run(env->db, "UPDATE e2ee_user SET outdated = ? WHERE network = ? AND followed", "it",
	       ++d->marks, env->network);
	db_run(env->db, "DELETE FROM e2ee_changes WHERE network = ?", "t", env->network);
}

/* Of those who have left the homeserver does not tell any more; whether they are followed still is
 * the rooms' to say. */
void devices_lists(struct devices *d, struct span lists)
{
	static const char *const names[] = { "changed", "left" };
	bool any = false;

	for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
		for (struct span_each i = span_each(span_get(lists, names[n])); span_next(&i);) {
			g_autofree char *user = span_text(i.value);

			any = (user && devices_mark(d, user)) || any;
		}
	}
	if (any)
		devices_look_soon(d);
}

void devices_gap(struct devices *d, const char *from, const char *to)
{
	const struct e2ee_env *env = d->env;

	/* What is under way does not tell of all of it. */
	devices_forget_changes(d);
	d->marks++;
	if (from)
		db_run(env->db,
		       "INSERT INTO e2ee_changes(network, since, until) SELECT ?1, ?2, ?3 WHERE"
		       " EXISTS (SELECT 1 FROM e2ee_user WHERE network = ?1 AND followed)"
		       " ON CONFLICT DO UPDATE SET until = excluded.until",
		       "ttt", env->network, from, to ? to : from);
	else
		devices_mark_all(d);
	devices_look_soon(d);
}

/*
 * What is known.
 */
bool devices_known(const struct devices *d, const char *user)
{
	const struct e2ee_env *env = d->env;

	return db_int(env->db, 0,
		      "SELECT followed AND NOT outdated AND NOT EXISTS"
		      " (SELECT 1 FROM e2ee_changes WHERE network = ?1)"
		      " FROM e2ee_user WHERE network = ?1 AND user = ?2",
		      "tt", env->network, user);
}

int64_t devices_marks(const struct devices *d)
{
	return d->marks;
}

bool devices_unreachable(const struct devices *d, const char *user)
{
	const struct devices_trouble *t = g_hash_table_lookup(d->troubles, user);

	return t && t->unreachable;
}

static struct device *read_row(struct query *q)
{
	struct device *device = g_new0(struct device, 1);

	device->user = g_strdup(query_text(q, 0));
	device->id = g_strdup(query_text(q, 1));
	device->curve25519 = g_strdup(query_text(q, 2));
	device->ed25519 = g_strdup(query_text(q, 3));
	device->shown = g_strdup(query_text(q, 4));
	device->megolm = query_int(q, 5);
	device->signed_ = query_int(q, 6);
	return device;
}

static struct device *read_only_row(struct query *q)
{
	struct device *device = NULL;

	if (query_next(q)) {
		device = read_row(q);
		query_done(q);
	}
	return device;
}

static void free_device(void *device)
{
	device_free(device);
}

GPtrArray *devices_of(const struct devices *d, const char *user)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(free_device);
	struct query q = db_query(
		d->env->db,
		"SELECT user, device, curve25519, ed25519, shown, megolm, signed FROM e2ee_device"
		" WHERE network = ? AND user = ? AND gone = 0 ORDER BY device",
		"tt", d->env->network, user);

	while (query_next(&q))
		g_ptr_array_add(all, read_row(&q));
	return all;
}

/* Who says that another device's key is theirs does not come before that one, unless the owner has
 * signed both. */
struct device *devices_by_curve25519(const struct devices *d, const char *user,
				     const char *curve25519)
{
	struct query q = db_query(
		d->env->db,
		"SELECT user, device, curve25519, ed25519, shown, megolm, signed FROM e2ee_device"
		" WHERE network = ? AND user = ? AND curve25519 = ? AND gone = 0"
		" ORDER BY signed DESC, device LIMIT 1",
		"ttt", d->env->network, user, curve25519);

	return read_only_row(&q);
}

struct device *devices_find(const struct devices *d, const char *user, const char *id)
{
	struct query q = db_query(
		d->env->db,
		"SELECT user, device, curve25519, ed25519, shown, megolm, signed FROM e2ee_device"
		" WHERE network = ? AND user = ? AND device = ? AND gone = 0",
		"ttt", d->env->network, user, id);

	return read_only_row(&q);
}

void device_free(struct device *device)
{
	if (!device)
		return;
	g_free(device->user);
	g_free(device->id);
	g_free(device->curve25519);
	g_free(device->ed25519);
	g_free(device->shown);
	g_free(device);
}

struct device *device_copy(const struct device *device)
{
	struct device *copy = g_memdup2(device, sizeof(*device));

	copy->user = g_strdup(device->user);
	copy->id = g_strdup(device->id);
	copy->curve25519 = g_strdup(device->curve25519);
	copy->ed25519 = g_strdup(device->ed25519);
	copy->shown = g_strdup(device->shown);
	return copy;
}

enum devices_identity devices_identity(const struct devices *d, const char *user)
{
	const struct e2ee_env *env = d->env;

	return (enum devices_identity)db_int(
		env->db, DEVICES_NOBODY,
		"SELECT iif(self_signing IS NULL, ?3, iif(changed, ?5, ?4)) FROM e2ee_user"
		" WHERE network = ?1 AND user = ?2",
		"ttiii", env->network, user, (int64_t)DEVICES_NOBODY, (int64_t)DEVICES_PINNED,
		(int64_t)DEVICES_CHANGED);
}

char *devices_master(const struct devices *d, const char *user)
{
	return db_text(d->env->db,
		       "SELECT pinned FROM e2ee_user WHERE network = ? AND user = ?"
		       " AND self_signing IS NOT NULL",
		       "tt", d->env->network, user);
}

/* Whether the list says otherwise: of that id it has other keys, or it is not on it any more. */
static bool is_contradicted(const struct devices *d, const struct device *device, bool known)
{
	const struct e2ee_env *env = d->env;

	return db_int(env->db, 0,
		      "SELECT (gone > 0 AND ?6) OR curve25519 <> ?4 OR ed25519 <> ?5"
		      " FROM e2ee_device WHERE network = ?1 AND user = ?2 AND device = ?3",
		      "ttttti", env->network, device->user, device->id, device->curve25519,
		      device->ed25519, (int64_t)known);
}

struct device *devices_read(const struct devices *d, const char *user, const json_t *device_keys)
{
	const struct e2ee_env *env = d->env;
	struct device_identity identity = { .master = devices_master(d, user) };
	bool known = devices_known(d, user);
	const char *why;

	identity.self_signing = db_text(
		env->db, "SELECT self_signing FROM e2ee_user WHERE network = ? AND user = ?", "tt",
		env->network, user);
	struct device *device = device_keys_read(user, NULL, device_keys, &identity, &why);
	device_identity_done(&identity);
	if (device && is_contradicted(d, device, known)) {
		why = "they are not those on the list";
		g_clear_pointer(&device, device_free);
	}
	if (why)
		log_info("matrix %s: keys that a device of %s sent are passed over: %s",
			 env->network, user, why);
	else
		device->signed_ = device->signed_ && known;
	return device;
}
