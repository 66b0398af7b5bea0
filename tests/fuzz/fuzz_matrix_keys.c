/* Whatever a homeserver answers to /keys/query, once or (an array) time after time: what kith knows
 * of somebody then is sound, no device has another key than at first, and the same answer again
 * changes nothing. */
#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/device_keys.h"
#include "transport/matrix/e2ee/devices_private.h"
#include "transport/matrix/e2ee/env.h"

#include <assert.h>
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	char *folder;
	struct loop *loop;
	struct db *db;
	struct clock_virtual clock;
	struct e2ee_env env;
	struct devices *d;
	GHashTable *first; /* "user id" -> the key it had at first */
	unsigned updates, identities;
} ground;

static const char *const users[] = { "@ana:hs.test", "@bob:hs.test" };

static void told_updated(void *data, const char *user)
{
	assert(db_inside(ground.db) && devices_known(ground.d, user));
	ground.updates++;
}

static void told_identity(void *data, const char *user)
{
	assert(db_inside(ground.db) && devices_identity(ground.d, user) == DEVICES_CHANGED);
	ground.identities++;
}

static void clear_up(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	db_close(ground.db);
	loop_free(ground.loop);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(ground.folder, "/kith.db", ends[i], NULL);
		unlink(path);
	}
	rmdir(ground.folder);
	g_free(ground.folder);
}

static void lay_ground(void)
{
	g_autofree char *path = NULL;
	char *error;

	log_set_level(LOG_LEVEL_ERROR);
	ground.folder = g_dir_make_tmp("kith-fuzz-XXXXXX", NULL);
	path = g_build_filename(ground.folder, "kith.db", NULL);
	ground.loop = loop_new();
	clock_virtual_init(&ground.clock, INT64_C(1763800000000000));
	int opened = db_open(path, &ground.db, &error);
	assert(opened == 0);
	ground.env = (struct e2ee_env){
		.loop = ground.loop,
		.clock = &ground.clock.clock,
		.db = ground.db,
		.network = "home",
		.user = "@kith:hs.test",
		.device = "DEV",
	};
	atexit(clear_up);
}

static void device_is_sound(const struct device *device, const char *user)
{
	assert(!strcmp(device->user, user) && *device->id && strlen(device->id) <= 255);
	assert(crypto_is_curve25519(device->curve25519) && crypto_is_ed25519(device->ed25519));
	assert(!device->shown || (*device->shown && g_utf8_validate(device->shown, -1, NULL)));
	assert(!device->signed_ || devices_identity(ground.d, user) != DEVICES_NOBODY);
}

/* Every device on a list. */
static void device_is_as_ever(const struct device *device)
{
	char *name = g_strconcat(device->user, " ", device->id, NULL);
	const char *first = g_hash_table_lookup(ground.first, name);

	assert(!first || !strcmp(first, device->ed25519));
	g_hash_table_insert(ground.first, name, g_strdup(device->ed25519));
}

/* What is known of all, in one text. */
static char *look(void)
{
	GString *out = g_string_new(NULL);

	for (size_t u = 0; u < G_N_ELEMENTS(users); u++) {
		g_autoptr(GPtrArray) all = devices_of(ground.d, users[u]);
		g_autofree char *master = devices_master(ground.d, users[u]);

		assert(all->len <= 512);
		assert(!master == (devices_identity(ground.d, users[u]) == DEVICES_NOBODY));
		g_string_append_printf(out, "%s %s\n", users[u], master ? master : "");
		for (unsigned i = 0; i < all->len; i++) {
			const struct device *d = all->pdata[i];

			device_is_sound(d, users[u]);
			device_is_as_ever(d);
			assert(i == 0 ||
			       strcmp(((struct device *)all->pdata[i - 1])->id, d->id) < 0);
			g_string_append_printf(out, "%s %s %s %s %d %d\n", d->id, d->curve25519,
					       d->ed25519, d->shown ? d->shown : "", d->megolm,
					       d->signed_);
		}
	}
	return g_string_free(out, FALSE);
}

static void tell(struct span answer)
{
	g_autoptr(GHashTable) asked = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	unsigned taken = 0;

	ground.updates = ground.identities = 0;
	for (size_t u = 0; u < G_N_ELEMENTS(users); u++) {
		struct devices_told *told = g_new0(struct devices_told, 1);

		devices_mark(ground.d, users[u]);
		told->mark = ground.d->marks;
		g_hash_table_insert(asked, (char *)users[u], told);
	}
	if (!devices_take(ground.d, asked, answer))
		assert(ground.updates + ground.identities == 0);
	for (size_t u = 0; u < G_N_ELEMENTS(users); u++) {
		const struct devices_told *told = g_hash_table_lookup(asked, users[u]);
		bool is_taken = told->outcome == DEVICES_TAKEN;

		assert(devices_known(ground.d, users[u]) == is_taken);
		taken += is_taken;
	}
	assert(ground.updates == taken && ground.identities <= taken);
}

static void read_one(const json_t *keys)
{
	struct device *device = devices_read(ground.d, users[0], keys);
	struct device *listed = device ? devices_find(ground.d, users[0], device->id) : NULL;

	if (device)
		device_is_sound(device, users[0]);
	if (listed)
		assert(!strcmp(listed->ed25519, device->ed25519) &&
		       !strcmp(listed->curve25519, device->curve25519));
	device_free(listed);
	device_free(device);
}

/* As a device would send its own. */
static void read_alone(struct span answer)
{
	struct span list = span_get(span_get(answer, "device_keys"), users[0]);

	for (struct span_each i = span_each(list); span_next(&i);) {
		json_t *keys = i.value.bytes <= DEVICE_KEYS_BYTES_MOST
				       ? json_loadb(i.value.at, i.value.bytes, 0, NULL)
				       : NULL;
		read_one(keys);
		json_decref(keys);
	}
}

static void tell_twice(struct span answer)
{
	tell(answer);
	g_autofree char *once = look();
	tell(answer);
	g_autofree char *twice = look();
	assert(!strcmp(once, twice) && ground.identities == 0);
	read_alone(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct devices_callbacks callbacks = { told_updated, told_identity };
	/* The bytes themselves, so that reading behind them shows. */
	g_autofree char *body = g_memdup2(data, size);
	struct span s;

	if (!ground.loop)
		lay_ground();
	if (span_check(body, size, &s, NULL) < 0)
		return 0;
	db_begin(ground.db);
	ground.first = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	ground.d = devices_new(&ground.env, &callbacks, NULL);
	for (size_t u = 0; u < G_N_ELEMENTS(users); u++)
		devices_follow(ground.d, users[u]);
	if (span_is_array(s))
		for (struct span_each i = span_each(s); span_next(&i);)
			tell_twice(i.value);
	else
		tell_twice(s);
	devices_free(ground.d);
	g_hash_table_unref(ground.first);
	db_undo(ground.db);
	return 0;
}
