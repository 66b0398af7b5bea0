/*
 * Devices that speak Olm with one another over a scripted homeserver, which hands out their keys
 * and keeps what they send: some as kith runs them, some bare.
 */
#ifndef KITH_TESTS_SESSIONS_WORLD_H
#define KITH_TESTS_SESSIONS_WORLD_H

#include "sessions_ground.h"

#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions.h"

#include <errno.h>

/* A device as kith runs it. */
struct side {
	struct base base; /* first member */
	struct own *own;
	struct devices *devices;
	struct sessions *sessions;
	unsigned told; /* how often a claim of it has ended */
	int error;
	struct olm_message last;
	const char *why;
};

/* A device without any of that. */
struct peer {
	const char *user, *device;
	struct crypto_account *account;
	json_t *keys; /* device_keys */
};

struct world {
	struct hs_ground ground;
	struct side kith, ana;
	struct peer ben, mallory;
	GHashTable *pool;    /* "USER DEVICE" -> GPtrArray of keys to hand out, {"ID": {...}} */
	GHashTable *mailbox; /* "USER DEVICE" -> GPtrArray of contents */
	int claim_status;    /* 0: 200 */
	bool hold_claims;
	unsigned handed_out;
};

/*
 * The server.
 */
static inline GPtrArray *world_box(GHashTable *boxes, const char *user, const char *device)
{
	g_autofree char *name = g_strconcat(user, " ", device, NULL);
	GPtrArray *box = g_hash_table_lookup(boxes, name);

	if (box)
		return box;
	box = g_ptr_array_new_with_free_func(g_free);
	g_hash_table_insert(boxes, g_steal_pointer(&name), box);
	return box;
}

static inline void world_claim(struct world *w, const struct hs_request *r, struct hs_answer *a)
{
	json_t *asked = read_body(r), *devices, *algorithm, *given = json_object();
	const char *user, *device;

	json_object_foreach(json_object_get(asked, "one_time_keys"), user, devices)
	{
		json_t *theirs = json_object();

		json_object_foreach(devices, device, algorithm)
		{
			GPtrArray *box = world_box(w->pool, user, device);

			assert_string_equal(json_string_value(algorithm), "signed_curve25519");
			if (box->len == 0)
				continue;
			json_object_set_new(theirs, device, json_loads(box->pdata[0], 0, NULL));
			/* A fallback key is handed out again and again. */
			if (!strstr(box->pdata[0], "\"fallback\""))
				g_ptr_array_remove_index(box, 0);
			w->handed_out++;
		}
		json_object_set_new(given, user, theirs);
	}
	json_t *answer = json_pack("{s:{}, s:o}", "failures", "one_time_keys", given);
	char *text = json_dumps(answer, 0);
	hs_say(a, 200, "%s", text);
	free(text);
	json_decref(answer);
	json_decref(asked);
}

static inline void world_deliver(struct world *w, const struct hs_request *r)
{
	json_t *body = read_body(r), *devices, *content;
	const char *user, *device;

	json_object_foreach(json_object_get(body, "messages"), user, devices)
	{
		json_object_foreach(devices, device, content)
		{
			char *text = json_dumps(content, 0);

			g_ptr_array_add(world_box(w->mailbox, user, device), g_strdup(text));
			free(text);
		}
	}
	json_decref(body);
}

static inline void world_request(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;

	if (hs_is(r, "POST", "v3/keys/claim")) {
		a->hold = w->hold_claims;
		if (w->claim_status)
			hs_say(a, w->claim_status, "{\"errcode\":\"M_UNKNOWN\"}");
		else if (!a->hold)
			world_claim(w, r, a);
	} else if (hs_is(r, "PUT", "v3/sendToDevice/m.room.encrypted/")) {
		world_deliver(w, r);
	}
}

/*
 * Devices as kith runs them.
 */
static inline void side_published(void *data)
{
}

static inline void side_stale(void *data, const char *why)
{
	fail_msg("stale: %s", why);
}

static inline void side_updated(void *data, const char *user)
{
}

G_GNUC_UNUSED static void side_open(struct side *s)
{
	static const struct own_callbacks own_calls = { side_published, side_stale };
	static const struct devices_callbacks devices_calls = { side_updated, side_updated };

	db_begin(s->base.db);
	assert_int_equal(own_open(&s->base.env, &own_calls, s, &s->own), 0);
	assert_int_equal(db_end(s->base.db), 0);
	s->devices = devices_new(&s->base.env, &devices_calls, s);
	s->sessions = sessions_new(&s->base.env, s->own, s->devices, s->base.outgoing);
}

G_GNUC_UNUSED static void side_start(struct side *s)
{
	outgoing_start(s->base.outgoing);
	sessions_start(s->sessions);
}

G_GNUC_UNUSED static void side_close(struct side *s)
{
	sessions_free(s->sessions);
	devices_free(s->devices);
	own_free(s->own);
}

G_GNUC_UNUSED static void side_forget(struct side *s)
{
	olm_message_done(&s->last);
	s->last = (struct olm_message){ 0 };
}

/* The process ends and begins; it is not started. */
G_GNUC_UNUSED static void side_restart(struct side *s)
{
	side_close(s);
	base_close(&s->base);
	base_open(&s->base);
	side_open(s);
}

/* Likewise, and goes on. */
G_GNUC_UNUSED static void side_again(struct side *s)
{
	side_restart(s);
	side_start(s);
}

G_GNUC_UNUSED static int64_t side_count(struct side *s, const char *sql)
{
	struct query q = db_query(s->base.db, sql, "");

	assert_true(query_next(&q));
	int64_t n = query_int(&q, 0);
	query_done(&q);
	return n;
}

G_GNUC_UNUSED static void side_run(struct side *s, const char *sql)
{
	db_begin(s->base.db);
	db_run(s->base.db, sql, "");
	assert_int_equal(db_end(s->base.db), 0);
}

static inline int64_t side_sessions(struct side *s)
{
	return side_count(s, "SELECT count(*) FROM e2ee_session");
}

static inline int64_t side_wedged(struct side *s)
{
	return side_count(s, "SELECT count(*) FROM e2ee_wedged");
}

/* What devices.c would keep of that device's owner. */
G_GNUC_UNUSED static void side_lists(struct side *s, const char *user, const char *device,
				     const char *curve25519, const char *ed25519)
{
	db_begin(s->base.db);
	db_run(s->base.db,
	       "INSERT OR IGNORE INTO e2ee_user(network, user, followed, outdated)"
	       " VALUES('home', ?, 1, 0)",
	       "t", user);
	db_run(s->base.db,
	       "INSERT INTO e2ee_device(network, user, device, curve25519, ed25519, megolm, signed)"
	       " VALUES('home', ?, ?, ?, ?, 1, 1)",
	       "tttt", user, device, curve25519, ed25519);
	assert_int_equal(db_end(s->base.db), 0);
}

G_GNUC_UNUSED static struct device *side_device(struct side *s, const char *user,
						const char *device)
{
	struct device *found = devices_find(s->devices, user, device);

	assert_non_null(found);
	return found;
}

/*
 * Keys that are handed out.
 */
static inline void pool_add(struct world *w, const char *user, const char *device,
			    const struct crypto_account *account, const json_t *keys, bool fallback)
{
	const char *id;
	json_t *key;

	json_object_foreach((json_t *)keys, id, key)
	{
		json_t *object = json_pack("{s:O}", "key", key);
		if (fallback)
			json_object_set_new(object, "fallback", json_true());
		g_autofree char *text = canonical_signed(object);
		g_autofree char *signature = crypto_account_sign(account, text);
		canonical_add(object, user, device, signature);
		g_autofree char *name = g_strconcat("signed_curve25519:", id, NULL);
		json_t *whole = json_pack("{s:o}", name, object);
		char *dumped = json_dumps(whole, 0);
		g_ptr_array_add(world_box(w->pool, user, device), g_strdup(dumped));
		free(dumped);
		json_decref(whole);
	}
}

static inline void account_publish(struct world *w, const char *user, const char *device,
				   struct crypto_account *account, unsigned n, bool fallback)
{
	if (fallback)
		crypto_account_make_fallback(account);
	else
		crypto_account_make_one_time(account, n);
	json_t *keys =
		fallback ? crypto_account_fallback(account) : crypto_account_one_time(account);
	pool_add(w, user, device, account, keys, fallback);
	json_decref(keys);
	crypto_account_published(account);
}

G_GNUC_UNUSED static void side_publish(struct world *w, struct side *s, unsigned n, bool fallback)
{
	db_begin(s->base.db);
	account_publish(w, s->base.env.user, s->base.env.device, own_account(s->own), n, fallback);
	own_keep(s->own);
	assert_int_equal(db_end(s->base.db), 0);
}

G_GNUC_UNUSED static void peer_publish(struct world *w, struct peer *p, unsigned n, bool fallback)
{
	account_publish(w, p->user, p->device, p->account, n, fallback);
}

/* One of them, as /keys/claim gives it. g_free it. */
G_GNUC_UNUSED static char *pool_take(struct world *w, const char *user, const char *device)
{
	GPtrArray *box = world_box(w->pool, user, device);
	json_t *whole, *key;
	const char *id;
	char *ret = NULL;

	assert_int_not_equal(box->len, 0);
	whole = json_loads(box->pdata[0], 0, NULL);
	json_object_foreach(whole, id, key) ret =
		g_strdup(json_string_value(json_object_get(key, "key")));
	if (!strstr(box->pdata[0], "\"fallback\""))
		g_ptr_array_remove_index(box, 0);
	json_decref(whole);
	return ret;
}

/*
 * Speaking.
 */
static inline void side_told(void *data, int error)
{
	struct side *s = data;

	assert_false(db_inside(s->base.db));
	s->told++;
	s->error = error;
}

G_GNUC_UNUSED static void side_claim(struct world *w, struct side *s, const char *user,
				     const char *device)
{
	struct device *d = side_device(s, user, device);
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	unsigned told = s->told;

	g_ptr_array_add(all, d);
	sessions_claim(s->sessions, all, side_told, s);
	assert_int_equal(s->told, told);
	assert_true(fake_hs_until_count(w->ground.hs, &s->told, told + 1));
	device_free(d);
}

/* The content of the m.room.encrypted. g_free it. */
G_GNUC_UNUSED static char *side_say(struct side *s, const char *user, const char *device,
				    const char *text)
{
	struct device *d = side_device(s, user, device);
	json_t *content = json_pack("{s:s}", "text", text);

	db_begin(s->base.db);
	json_t *said = sessions_encrypt(s->sessions, d, "m.room_key", content);
	assert_int_equal(db_end(s->base.db), 0);
	char *dumped = said ? json_dumps(said, 0) : NULL;
	char *ret = g_strdup(dumped);
	free(dumped);
	json_decref(said);
	json_decref(content);
	device_free(d);
	return ret;
}

G_GNUC_UNUSED static int side_hear(struct side *s, const char *sender, const char *content)
{
	struct span span;

	side_forget(s);
	assert_int_equal(span_check(content, strlen(content), &span, NULL), 0);
	db_begin(s->base.db);
	s->why = NULL;
	int error = sessions_decrypt(s->sessions, sender, span, &s->last, &s->why);
	assert_int_equal(db_end(s->base.db), 0);
	assert_true(error == 0 || *s->why);
	return error;
}

static inline const char *side_text(const struct side *s)
{
	return json_string_value(json_object_get(s->last.content, "text"));
}

#define assert_hears(s, sender, content, text)                                   \
	do {                                                                     \
		int error = side_hear(s, sender, content);                       \
		if (error)                                                       \
			fail_msg("line %d: %s (%d)", __LINE__, (s)->why, error); \
		assert_string_equal(side_text(s), text);                         \
	} while (0)

static inline json_t *device_keys(const char *user, const char *device,
				  const struct crypto_account *account)
{
	g_autofree char *curve = g_strconcat("curve25519:", device, NULL);
	g_autofree char *ed = g_strconcat("ed25519:", device, NULL);
	json_t *j = json_pack(
		"{s:s, s:s, s:[s, s], s:{s:s, s:s}}", "user_id", user, "device_id", device,
		"algorithms", "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2", "keys", curve,
		crypto_account_curve25519(account), ed, crypto_account_ed25519(account));
	g_autofree char *text = canonical_signed(j);
	g_autofree char *signature = crypto_account_sign(account, text);

	canonical_add(j, user, device, signature);
	return j;
}

G_GNUC_UNUSED static void peer_init(struct peer *p, const char *user, const char *device)
{
	p->user = user;
	p->device = device;
	p->account = crypto_account_make();
	p->keys = device_keys(user, device, p->account);
}

G_GNUC_UNUSED static void peer_done(struct peer *p)
{
	crypto_account_free(p->account);
	json_decref(p->keys);
}

/* OlmPlaintext. */
G_GNUC_UNUSED static json_t *peer_payload(const struct peer *p, const struct side *to,
					  const char *text)
{
	return json_pack("{s:s, s:{s:s}, s:s, s:s, s:{s:s}, s:{s:s}, s:O}", "type", "m.room_key",
			 "content", "text", text, "sender", p->user, "recipient", to->base.env.user,
			 "recipient_keys", "ed25519", own_ed25519(to->own), "keys", "ed25519",
			 crypto_account_ed25519(p->account), "sender_device_keys", p->keys);
}

/* Any text in it. g_free it. */
G_GNUC_UNUSED static char *peer_write(const struct peer *p, struct crypto_session *session,
				      const struct side *to, const char *text)
{
	int type;
	g_autofree char *body = crypto_session_encrypt(session, text, &type);

	return g_strdup_printf("{\"algorithm\":\"m.olm.v1.curve25519-aes-sha2\","
			       "\"sender_key\":\"%s\",\"ciphertext\":{\"%s\":"
			       "{\"type\":%d,\"body\":\"%s\"}}}",
			       crypto_account_curve25519(p->account), own_curve25519(to->own), type,
			       body);
}

G_GNUC_UNUSED static char *peer_write_json(const struct peer *p, struct crypto_session *session,
					   const struct side *to, const json_t *j)
{
	char *text = json_dumps(j, 0);
	char *ret = peer_write(p, session, to, text);

	free(text);
	return ret;
}

G_GNUC_UNUSED static char *peer_say(const struct peer *p, struct crypto_session *session,
				    const struct side *to, const char *text)
{
	json_t *j = peer_payload(p, to, text);
	char *ret = peer_write_json(p, session, to, j);

	json_decref(j);
	return ret;
}

/* By a key that the server hands out. crypto_session_free it. */
G_GNUC_UNUSED static struct crypto_session *peer_begin(struct world *w, const struct peer *p,
						       const struct side *to)
{
	g_autofree char *key = pool_take(w, to->base.env.user, to->base.env.device);
	struct crypto_session *session;

	assert_int_equal(crypto_session_out(p->account, own_curve25519(to->own), key, &session), 0);
	return session;
}

/* What the module said to a bare device, as a tree; a new session where *session is NULL.
 * json_decref it. */
G_GNUC_UNUSED static json_t *peer_hear(struct peer *p, struct crypto_session **session,
				       const char *content, int *ret_type)
{
	json_t *j = json_loads(content, 0, NULL);
	const char *from = json_string_value(json_object_get(j, "sender_key"));
	const json_t *message = json_object_get(json_object_get(j, "ciphertext"),
						crypto_account_curve25519(p->account));
	const char *body = json_string_value(json_object_get(message, "body"));
	g_autofree char *text = NULL;

	assert_non_null(body);
	*ret_type = (int)json_integer_value(json_object_get(message, "type"));
	if (!*session) {
		assert_int_equal(crypto_session_in(p->account, from, body, session), 0);
		crypto_account_used(p->account, *session);
	}
	assert_int_equal(crypto_session_decrypt(*session, *ret_type, body, &text), 0);
	json_decref(j);
	j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	return j;
}

/* What the server keeps for a device, the oldest first; NULL: nothing. g_free it. */
G_GNUC_UNUSED static char *mail_take(struct world *w, const char *user, const char *device)
{
	GPtrArray *box = world_box(w->mailbox, user, device);

	return box->len ? g_ptr_array_steal_index(box, 0) : NULL;
}

/*
 * All of it.
 */
static inline void side_lists_side(struct side *s, const struct side *other)
{
	side_lists(s, other->base.env.user, other->base.env.device, own_curve25519(other->own),
		   own_ed25519(other->own));
}

static inline void side_lists_peer(struct side *s, const struct peer *p)
{
	side_lists(s, p->user, p->device, crypto_account_curve25519(p->account),
		   crypto_account_ed25519(p->account));
}

G_GNUC_UNUSED static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	hs_ground_init(&w->ground, world_request, w);
	w->pool = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					(GDestroyNotify)g_ptr_array_unref);
	w->mailbox = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					   (GDestroyNotify)g_ptr_array_unref);
	base_init(&w->kith.base, &w->ground, "@kith:example.org", "KITH");
	side_open(&w->kith);
	base_init(&w->ana.base, &w->ground, "@ana:example.org", "PHONE");
	side_open(&w->ana);
	peer_init(&w->ben, "@ben:example.org", "LAPTOP");
	peer_init(&w->mallory, "@mallory:example.org", "EVIL");
	side_lists_side(&w->kith, &w->ana);
	side_lists_side(&w->ana, &w->kith);
	side_lists_peer(&w->kith, &w->ben);
	side_start(&w->kith);
	side_start(&w->ana);
	*state = w;
	return 0;
}

G_GNUC_UNUSED static int tear_down(void **state)
{
	struct world *w = *state;

	side_forget(&w->kith);
	side_forget(&w->ana);
	side_close(&w->kith);
	side_close(&w->ana);
	base_done(&w->kith.base);
	base_done(&w->ana.base);
	peer_done(&w->ben);
	peer_done(&w->mallory);
	g_hash_table_unref(w->pool);
	g_hash_table_unref(w->mailbox);
	hs_ground_done(&w->ground);
	g_free(w);
	return 0;
}

#endif
