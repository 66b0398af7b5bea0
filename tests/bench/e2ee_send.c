/*
 * What an encrypted event costs that kith says, in a room of nine that has its key already: to be
 * encrypted (outbound_encrypt, in a transaction of its own), and the whole way from its type and
 * content to the body of the request, as a post goes (outbound_ready, outbound_encrypt, the commit,
 * the content as text); beside libolm's encrypting of the same payloads alone. Leasing counts: of a
 * session's 100 messages four find no index leased, so that the ratchet's pickle and its lease are
 * in the store before it is used. The network does not count, nor does sharing a session, which
 * comes once in as many messages.
 */
#include "e2ee_bench.h"

#include "base/loop.h"
#include "clock.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/outbound.h"
#include "transport/matrix/e2ee/outgoing.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions.h"
#include "transport/matrix/rooms.h"

#include <glib.h>
#include <jansson.h>
#include <olm/outbound_group_session.h>
#include <string.h>

#define READY_WITHIN_US (10 * CLOCK_US_PER_SECOND)

/* With one device each. */
static const char *const others[] = { "@ana:example.org",  "@ben:example.org",  "@cleo:example.org",
				      "@dora:example.org", "@emil:example.org", "@fay:example.org",
				      "@gus:example.org",  "@hana:example.org" };

/* What is said, and where: each session is that of a room with all of them. */
static struct {
	char *place[SESSIONS + 1];
	json_t *content;
	char *payload;
} said;

/* g_free it. */
static char *payload(const char *room, json_t *content)
{
	json_t *whole = json_pack("{s:s, s:O, s:s}", "type", "m.room.message", "content", content,
				  "room_id", room);
	char *text = dump_sorted(whole);

	json_decref(whole);
	return text;
}

static json_t *content(const char *body)
{
	return json_pack("{s:s, s:s, s:{}}", "msgtype", "m.text", "body", body, "m.mentions");
}

static void prepare(size_t bytes)
{
	for (unsigned s = 0; s < SESSIONS; s++)
		said.place[s] = g_strdup_printf("!f4WnPHRyCnLVTqBpSSGXMo1%02u:example.org", s);
	json_t *nothing = content("");
	g_autofree char *empty = payload(said.place[0], nothing);
	g_autofree char *body = g_strnfill(bytes - strlen(empty), 'a');

	json_decref(nothing);
	said.content = content(body);
	said.payload = payload(said.place[0], said.content);
}

static void forget(void)
{
	for (unsigned s = 0; s < SESSIONS; s++)
		g_free(said.place[s]);
	json_decref(said.content);
	g_free(said.payload);
}

static void encrypt_alone(OlmOutboundGroupSession *session)
{
	size_t length = strlen(said.payload);
	size_t most = olm_group_encrypt_message_length(session, length);
	g_autofree char *message = g_malloc(most + 1);

	if (olm_group_encrypt(session, (const uint8_t *)said.payload, length, (uint8_t *)message,
			      most) == (size_t)-1)
		g_error("the library cannot encrypt it");
}

static void begin_alone(OlmOutboundGroupSession *session)
{
	size_t bytes = olm_init_outbound_group_session_random_length(session);
	g_autofree uint8_t *random = g_malloc(bytes);

	for (size_t i = 0; i < bytes; i++)
		random[i] = (uint8_t)g_random_int();
	if (olm_init_outbound_group_session(session, random, bytes) == (size_t)-1)
		g_error("the library cannot begin a session");
}

static void with_libolm(const char *folder, int64_t *least_us)
{
	g_autofree void *memory = g_malloc0(olm_outbound_group_session_size());
	OlmOutboundGroupSession *session = olm_outbound_group_session(memory);

	for (unsigned s = 0; s < SESSIONS; s++) {
		begin_alone(session);
		int64_t from_us = bench_now_us();
		for (unsigned i = 0; i < MESSAGES; i++)
			encrypt_alone(session);
		least_us[s] = MIN(least_us[s], bench_now_us() - from_us);
		olm_clear_outbound_group_session(session);
	}
}

/*
 * Kith's ways.
 */
struct bench {
	struct bench_store store;
	struct matrix_rooms *rooms;
	const struct matrix_room *room[SESSIONS];
	struct own *own;
	struct devices *devices;
	struct outgoing *outgoing;
	struct sessions *sessions;
	struct outbound *outbound;
	unsigned ready;
};

/* Their devices are known, and signed by them. */
static void know_all(struct db *db)
{
	static const char user[] = "INSERT INTO e2ee_user(network, user, followed, outdated)"
				   " VALUES('home', ?, 1, 0)";

	db_run(db, user, "t", KITH);
	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
		db_run(db, user, "t", others[i]);
		db_run(db,
		       "INSERT INTO e2ee_device(network, user, device, curve25519, ed25519, megolm,"
		       " signed) VALUES('home', ?, 'PHONE', 'curve25519', 'ed25519', 1, 1)",
		       "t", others[i]);
	}
}

static void make_room(struct db *db, const char *room)
{
	static const char state[] = "INSERT INTO matrix_state(network, room, type, sender, content)"
				    " VALUES('home', ?, ?, ?, ?)";
	static const char member[] = "INSERT INTO matrix_member(network, room, user, membership)"
				     " VALUES('home', ?, ?, 'join')";

	db_run(db,
	       "INSERT INTO matrix_room(network, room, place, inside) VALUES('home', ?1, ?1, 1)",
	       "t", room);
	db_run(db, state, "tttt", room, "m.room.create", others[0], "{\"room_version\":\"11\"}");
	db_run(db, state, "tttt", room, "m.room.encryption", others[0],
	       "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}");
	db_run(db, member, "tt", room, KITH);
	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
		db_run(db, member, "tt", room, others[i]);
}

/* A session of which all of them have the key. */
static void share(const struct e2ee_env *env, const char *room)
{
	struct crypto_outbound *session = crypto_outbound_make();
	g_autofree char *pickle = crypto_outbound_pickle(session, env->key);

	db_run(env->db,
	       "INSERT INTO e2ee_outbound(network, room, session, pickle, leased, since_us,"
	       " visibility) VALUES('home', ?, ?, ?, 0, ?, 'shared')",
	       "ttti", room, crypto_outbound_id(session), pickle, env->clock->wall_us(env->clock));
	db_run(env->db,
	       "INSERT INTO e2ee_shared(network, room, user, device, curve25519)"
	       " SELECT network, ?, user, device, curve25519 FROM e2ee_device",
	       "t", room);
	crypto_outbound_free(session);
}

static void on_published(void *data)
{
}

static void on_stale(void *data, const char *why)
{
	g_error("stale: %s", why);
}

static struct own *open_own(struct bench *b)
{
	static const struct own_callbacks callbacks = { on_published, on_stale };
	struct own *own;

	if (own_open(&b->store.env, &callbacks, b, &own) < 0)
		g_error("there are no keys");
	return own;
}

static void fill_store(struct bench *b)
{
	struct db *db = b->store.db;

	db_begin(db);
	/* First: a new device forgets everybody. */
	own_free(open_own(b));
	db_run(db, "UPDATE e2ee_own SET published = 1", "");
	know_all(db);
	for (unsigned s = 0; s < SESSIONS; s++) {
		make_room(db, said.place[s]);
		share(&b->store.env, said.place[s]);
	}
	db_end(db);
}

static void on_user(void *data, const char *user)
{
}

static void on_emptied(void *data, const char *about)
{
}

static void on_ready(void *data, const char *room)
{
	struct bench *b = data;

	if (++b->ready == SESSIONS)
		loop_quit(b->store.loop);
}

static void never_ready(void *data)
{
	g_error("kith cannot speak");
}

static void await_ready(struct bench *b)
{
	struct loop_timer *timer = loop_timer_new(b->store.loop, never_ready, b);

	b->ready = 0;
	for (unsigned s = 0; s < SESSIONS; s++) {
		b->room[s] = matrix_rooms_find(b->rooms, said.place[s]);
		if (outbound_ready(b->outbound, b->room[s]))
			g_error("nobody has looked yet");
	}
	loop_timer_set(timer, READY_WITHIN_US);
	loop_run(b->store.loop);
	loop_timer_free(timer);
}

static void open_all(struct bench *b, const char *folder)
{
	static const struct devices_callbacks callbacks = { on_user, on_user };

	bench_store_open(&b->store, folder);
	fill_store(b);
	db_begin(b->store.db);
	b->rooms = matrix_rooms_new(b->store.db, "home", KITH, (const char *const *)said.place);
	b->own = open_own(b);
	db_end(b->store.db);
	const struct e2ee_env *env = &b->store.env;
	b->devices = devices_new(env, &callbacks, b);
	b->outgoing = outgoing_new(env, on_emptied, b);
	b->sessions = sessions_new(env, b->own, b->devices, b->outgoing);
	b->outbound = outbound_new(env, b->rooms, b->own, b->devices, b->sessions, b->outgoing,
				   on_ready, b);
	outbound_start(b->outbound);
	await_ready(b);
}

static void close_all(struct bench *b)
{
	outbound_free(b->outbound);
	sessions_free(b->sessions);
	outgoing_free(b->outgoing);
	devices_free(b->devices);
	own_free(b->own);
	matrix_rooms_free(b->rooms);
	bench_store_close(&b->store);
}

/* json_decref it. */
static json_t *encrypted(struct bench *b, unsigned s)
{
	db_begin(b->store.db);
	json_t *event = outbound_encrypt(b->outbound, b->room[s], "m.room.message", said.content);
	if (db_end(b->store.db) < 0 || !event)
		g_error("kith cannot speak");
	return event;
}

static void encrypt_one(struct bench *b, unsigned s)
{
	json_decref(encrypted(b, s));
}

static void say_one(struct bench *b, unsigned s)
{
	if (!outbound_ready(b->outbound, b->room[s]))
		g_error("kith cannot speak");
	json_t *event = encrypted(b, s);

	g_free(dump_json(event));
	json_decref(event);
}

static void with_each(const char *folder, int64_t *least_us,
		      void (*one)(struct bench *b, unsigned s))
{
	struct bench b;

	open_all(&b, folder);
	for (unsigned s = 0; s < SESSIONS; s++) {
		int64_t from_us = bench_now_us();
		for (unsigned i = 0; i < MESSAGES; i++)
			one(&b, s);
		least_us[s] = MIN(least_us[s], bench_now_us() - from_us);
	}
	close_all(&b);
}

static void with_outbound(const char *folder, int64_t *least_us)
{
	with_each(folder, least_us, encrypt_one);
}

static void with_whole(const char *folder, int64_t *least_us)
{
	with_each(folder, least_us, say_one);
}

const struct direction e2ee_sending = {
	.middle = "encrypted",
	.begin = prepare,
	.end = forget,
	.ways = { with_libolm, with_outbound, with_whole },
};
