#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/outgoing.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions_private.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* How long our server may ask others, and we ask it. */
enum { SERVERS_MS = 10000 };
#define WITHIN_US (2 * CLOCK_US_PER_MINUTE)
/* CS API: Recovering from undecryptable messages. */
#define REPLACE_EVERY_US CLOCK_US_PER_HOUR
#define AGAIN_US         (5 * CLOCK_US_PER_MINUTE)

enum { ASKED_MOST = 200 /* devices a request */, ANSWER_BYTES_MOST = 4 * 1024 * 1024 };

struct asked {
	struct device *device;
	bool replaces; /* a session that failed: its owner is told of the new one */
};

/* Who waits for sessions. */
struct caller {
	GPtrArray *devices; /* not asked for yet, of struct device */
	bool under_way;     /* some of them are */
	bool over;
	int error;
	void (*done)(void *data, int error);
	void *data;
};

static void asked_free(void *data)
{
	struct asked *a = data;

	device_free(a->device);
	g_free(a);
}

static void caller_free(void *data)
{
	struct caller *c = data;

	g_ptr_array_unref(c->devices);
	g_free(c);
}

static void free_device(void *data)
{
	device_free(data);
}

void sessions_look(struct sessions *s)
{
	loop_timer_set(s->timer, 0);
}

/*
 * The answer.
 */
/* CS API: Key algorithms, signed_curve25519. NULL: it is none of that device's. */
static char *read_key(const struct device *device, struct span key)
{
	json_t *j = json_loadb(key.at, key.bytes, 0, NULL);
	char *ret = NULL;

	if (json_is_object(j) && canonical_verify(j, device->user, device->id, device->ed25519))
		ret = g_strdup(json_string_value(json_object_get(j, "key")));
	json_decref(j);
	return ret;
}

/* `keys`: {"signed_curve25519:ID": key}, of which a server gives one. */
static char *find_key(const struct device *device, struct span keys)
{
	for (struct span_each i = span_each(keys); span_next(&i);) {
		g_autofree char *name = span_text(i.key);

		if (name && g_str_has_prefix(name, "signed_curve25519:"))
			return span_is_object(i.value) ? read_key(device, i.value) : NULL;
	}
	return NULL;
}

/* In a transaction, as all below. */
static bool begin_session(struct sessions *s, const struct device *device, struct span keys)
{
	g_autofree char *key = find_key(device, keys);
	struct sessions_row row = { .ed25519 = device->ed25519, .heard = (char *)"" };

	if (!key ||
	    crypto_session_out(own_account(s->own), device->curve25519, key, &row.session) < 0) {
		log_debug("matrix %s: there is no key to speak to %s %s with", s->env.network,
			  device->user, device->id);
		return false;
	}
	sessions_keep(s, device->user, device->curve25519, &row, SESSIONS_LISTED);
	crypto_session_free(row.session);
	return true;
}

static void tell_of_new(struct sessions *s, const struct device *device)
{
	json_t *nothing = json_object();
	json_t *content = sessions_encrypt(s, device, "m.dummy", nothing);

	if (content)
		outgoing_add(s->outgoing, "", "m.room.encrypted", device->user, device->id,
			     content);
	json_decref(content);
	json_decref(nothing);
}

static void stop_waiting(struct sessions *s, const char *user, const char *curve25519)
{
	db_run(s->env.db,
	       "UPDATE e2ee_wedged SET waiting = 0 WHERE network = ? AND user = ?"
	       " AND curve25519 = ?",
	       "ttt", s->env.network, user, curve25519);
}

static void take_answer(struct sessions *s, struct span answer)
{
	struct span all = span_get(answer, "one_time_keys");
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, s->asked);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct asked *a = value;
		const struct device *device = a->device;
		bool begun = begin_session(s, device, span_at(all, device->user, device->id, NULL));

		if (!a->replaces)
			continue;
		stop_waiting(s, device->user, device->curve25519);
		if (begun)
			tell_of_new(s, device);
	}
}

/*
 * What failed.
 */
void sessions_replace(struct sessions *s, const char *user, const char *curve25519)
{
	struct db *db = s->env.db;
	int64_t now_us = s->env.clock->wall_us(s->env.clock);
	int64_t since_us = now_us - REPLACE_EVERY_US;
	struct device *device = devices_by_curve25519(s->devices, user, curve25519);
	bool can = device && device->megolm;

	device_free(device);
	if (!can)
		return;
	/* A clock that was set back must not keep anybody waiting for years. */
	db_run(db,
	       "DELETE FROM e2ee_wedged WHERE network = ? AND (at_us <= ? OR at_us > ?)"
	       " AND NOT waiting",
	       "tii", s->env.network, since_us, now_us);
	db_run(db,
	       "INSERT OR IGNORE INTO e2ee_wedged(network, user, curve25519, at_us, waiting)"
	       " VALUES(?, ?, ?, ?, 1)",
	       "ttti", s->env.network, user, curve25519, now_us);
	sessions_look(s);
}

/*
 * Who waits.
 */
static struct caller *next_over(const struct sessions *s)
{
	for (const GList *i = s->callers.head; i; i = i->next) {
		struct caller *c = i->data;

		if (c->over)
			return c;
	}
	return NULL;
}

/* They may ask for more meanwhile, or forget what they asked for. */
static void tell_callers(struct sessions *s)
{
	struct caller *c;

	while ((c = next_over(s))) {
		void (*done)(void *data, int error) = c->done;
		void *data = c->data;
		int error = c->error;

		g_queue_remove(&s->callers, c);
		caller_free(c);
		done(data, error);
	}
}

/* What was under way has ended. */
static void end_asked(struct sessions *s, int error)
{
	g_hash_table_remove_all(s->asked);
	for (const GList *i = s->callers.head; i; i = i->next) {
		struct caller *c = i->data;

		if (!c->under_way)
			continue;
		c->under_way = false;
		c->error = error;
		c->over = error || c->devices->len == 0;
	}
}

/*
 * Asking.
 */
static bool is_own(const struct sessions *s, const struct device *device)
{
	return !strcmp(device->curve25519, own_curve25519(s->own));
}

/* False: it has to wait for the next request. */
static bool add_asked(struct sessions *s, const struct device *device, bool replaces)
{
	char *name = g_strconcat(device->user, "\n", device->id, NULL);
	struct asked *a = g_hash_table_lookup(s->asked, name);

	if (!a && g_hash_table_size(s->asked) >= ASKED_MOST) {
		g_free(name);
		return false;
	}
	if (a) {
		g_free(name);
	} else {
		a = g_new0(struct asked, 1);
		a->device = device_copy(device);
		g_hash_table_insert(s->asked, name, a);
	}
	a->replaces = a->replaces || replaces;
	return true;
}

/* Those whose sessions failed, also before the last restart. */
static void gather_replaced(struct sessions *s)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	struct query q = db_query(s->env.db,
				  "SELECT user, curve25519 FROM e2ee_wedged"
				  " WHERE network = ? AND waiting",
				  "t", s->env.network);

	while (query_next(&q))
		for (int i = 0; i < 2; i++)
			g_ptr_array_add(all, g_strdup(query_text(&q, i)));
	for (unsigned i = 0; i < all->len; i += 2) {
		const char *user = all->pdata[i], *curve25519 = all->pdata[i + 1];
		struct device *device = devices_by_curve25519(s->devices, user, curve25519);

		if (device) {
			add_asked(s, device, true);
			device_free(device);
			continue;
		}
		db_begin(s->env.db);
		stop_waiting(s, user, curve25519);
		db_end(s->env.db);
	}
}

static void gather_wanted(struct sessions *s, struct caller *c)
{
	if (c->over)
		return;
	while (c->devices->len > 0) {
		const struct device *device = c->devices->pdata[c->devices->len - 1];

		if (!is_own(s, device) && !sessions_has(s, device)) {
			if (!add_asked(s, device, false))
				return;
			c->under_way = true;
		}
		g_ptr_array_remove_index(c->devices, c->devices->len - 1);
	}
	c->over = !c->under_way;
}

static json_t *write_request(const struct sessions *s)
{
	json_t *users = json_object();
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, s->asked);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct device *device = ((const struct asked *)value)->device;
		json_t *devices = json_object_get(users, device->user);

		if (!devices) {
			devices = json_object();
			json_object_set_new(users, device->user, devices);
		}
		json_object_set_new(devices, device->id, json_string("signed_curve25519"));
	}
	return json_pack("{s:i, s:o}", "timeout", SERVERS_MS, "one_time_keys", users);
}

static void turn(void *data);

static void answered(void *data, const struct api_answer *a)
{
	struct sessions *s = data;

	s->call = NULL;
	if (a->error) {
		log_info("matrix %s: one-time keys could not be claimed: %s", s->env.network,
			 a->why);
		end_asked(s, -EAGAIN);
		/* Those whose sessions failed wait. */
		loop_timer_set(s->timer, AGAIN_US);
		tell_callers(s);
		return;
	}
	db_begin(s->env.db);
	take_answer(s, a->json);
	if (db_end(s->env.db) < 0)
		return;
	end_asked(s, 0);
	turn(s);
}

/* CS API: POST /keys/claim. Each try uses keys up, so that none is made in vain. */
static void ask(struct sessions *s)
{
	const struct api_request request = {
		.method = "POST",
		.path = "v3/keys/claim",
		.body = write_request(s),
		.retry = API_ONCE,
		.within_us = WITHIN_US,
		.bytes_most = ANSWER_BYTES_MOST,
	};

	s->call = api_send(s->env.api, &request, answered, s);
}

static void turn(void *data)
{
	struct sessions *s = data;

	if (!s->call) {
		if (s->started)
			gather_replaced(s);
		for (const GList *i = s->callers.head; i; i = i->next)
			gather_wanted(s, i->data);
		if (g_hash_table_size(s->asked) > 0)
			ask(s);
	}
	tell_callers(s);
}

void sessions_claim(struct sessions *s, const GPtrArray *devices,
		    void (*done)(void *data, int error), void *data)
{
	struct caller *c = g_new0(struct caller, 1);

	c->devices = g_ptr_array_new_with_free_func(free_device);
	for (unsigned i = 0; i < devices->len; i++)
		g_ptr_array_add(c->devices, device_copy(devices->pdata[i]));
	c->done = done;
	c->data = data;
	g_queue_push_tail(&s->callers, c);
	sessions_look(s);
}

void sessions_forget(struct sessions *s, const void *data)
{
	for (GList *i = s->callers.head, *next; i; i = next) {
		struct caller *c = i->data;

		next = i->next;
		if (c->data != data)
			continue;
		caller_free(c);
		g_queue_delete_link(&s->callers, i);
	}
}

void sessions_claim_init(struct sessions *s)
{
	s->timer = loop_timer_new(s->env.loop, turn, s);
	s->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, asked_free);
}

void sessions_claim_done(struct sessions *s)
{
	api_cancel(s->call);
	loop_timer_free(s->timer);
	g_hash_table_unref(s->asked);
	g_queue_clear_full(&s->callers, caller_free);
}
