/*
 * What an encrypted event costs that is received, its index remembered in transactions of 50: to be
 * decrypted (inbound_decrypt), and the whole way from its text to what was said and whom it is from
 * (read_event, e2ee_read); beside libolm's decrypting of the same ciphertexts alone.
 */
#include "e2ee_bench.h"

#include "transport/matrix/e2ee/e2ee.h"
#include "transport/matrix/e2ee/inbound.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/sessions.h"
#include "transport/matrix/rooms.h"

#include <glib.h>
#include <olm/inbound_group_session.h>
#include <string.h>

enum { A_COMMIT = 50 };

#define ROOM "!f4WnPHRyCnLVTqBpSSGXMo1Ls:example.org"
#define ANA  "@ana:example.org"
/* Her device. */
#define CURVE25519 "IlRMeOPX2e0MurIyfWEucYBRVOEEUMrOHqn/8mLqMjA"
#define ED25519    "hKQeQUrYzHdmNEXs4GBHvSCZMhVDJXVA1b4Z0aEKGAA"

/* What is heard, and whom from. */
static struct {
	char *key[SESSIONS], *session[SESSIONS];
	char *ciphertext[EVENTS], *text[EVENTS];
	struct read_event event[EVENTS];
} heard;

static void hear(unsigned n, const char *session, const char *ciphertext)
{
	struct span s;

	heard.ciphertext[n] = g_strdup(ciphertext);
	heard.text[n] = g_strdup_printf(
		"{\"type\":\"m.room.encrypted\",\"sender\":\"" ANA "\",\"content\":{"
		"\"algorithm\":\"m.megolm.v1.aes-sha2\",\"ciphertext\":\"%s\","
		"\"device_id\":\"RJYKSTBOIE\",\"sender_key\":"
		"\"" CURVE25519 "\",\"session_id\":\"%s\"},"
		"\"origin_server_ts\":17954244%05u,\"unsigned\":{\"membership\":\"join\"},"
		"\"event_id\":\"$f4WnPHRyCnLVTqBpSSGXMo1LsRnuMo0Bg%05u\"}",
		ciphertext, session, n, n);
	if (span_check(heard.text[n], strlen(heard.text[n]), &s, NULL) < 0 ||
	    read_event(s, &heard.event[n]) < 0)
		g_error("the event is none");
}

static void speak(size_t bytes)
{
	g_autofree char *empty =
		g_strdup_printf("{\"type\":\"m.room.message\",\"room_id\":\"%s\",\"content\":"
				"{\"msgtype\":\"m.text\",\"body\":\"\",\"m.mentions\":{}}}",
				ROOM);
	g_autofree char *body = g_strnfill(bytes - strlen(empty), 'a');
	g_autofree char *payload =
		g_strdup_printf("{\"type\":\"m.room.message\",\"room_id\":\"%s\",\"content\":"
				"{\"msgtype\":\"m.text\",\"body\":\"%s\",\"m.mentions\":{}}}",
				ROOM, body);

	for (unsigned s = 0; s < SESSIONS; s++) {
		struct crypto_outbound *out = crypto_outbound_make();

		heard.key[s] = crypto_outbound_key(out);
		heard.session[s] = g_strdup(crypto_outbound_id(out));
		for (unsigned i = 0; i < MESSAGES; i++) {
			g_autofree char *ciphertext = crypto_outbound_encrypt(out, payload);
			hear(s * MESSAGES + i, heard.session[s], ciphertext);
		}
		crypto_outbound_free(out);
	}
}

static void forget(void)
{
	for (unsigned s = 0; s < SESSIONS; s++) {
		g_free(heard.key[s]);
		g_free(heard.session[s]);
	}
	for (unsigned n = 0; n < EVENTS; n++) {
		g_free(heard.ciphertext[n]);
		read_event_done(&heard.event[n]);
		g_free(heard.text[n]);
	}
}

/* As the library wants it: what it reads is overwritten. */
static void decrypt_alone(OlmInboundGroupSession *session, const char *ciphertext)
{
	size_t length = strlen(ciphertext);
	g_autofree char *look = g_strdup(ciphertext), *copy = g_strdup(ciphertext);
	size_t most = olm_group_decrypt_max_plaintext_length(session, (uint8_t *)look, length);
	g_autofree char *text = g_malloc(most + 1);
	uint32_t index;

	if (olm_group_decrypt(session, (uint8_t *)copy, length, (uint8_t *)text, most, &index) ==
	    (size_t)-1)
		g_error("the library cannot read it");
}

/* Keeps what each session took if it never took less. */
static void with_libolm(const char *folder, int64_t *least_us)
{
	g_autofree void *memory = g_malloc0(olm_inbound_group_session_size());
	OlmInboundGroupSession *session = olm_inbound_group_session(memory);

	for (unsigned s = 0; s < SESSIONS; s++) {
		g_autofree char *key = g_strdup(heard.key[s]);

		if (olm_init_inbound_group_session(session, (const uint8_t *)key, strlen(key)) ==
		    (size_t)-1)
			g_error("the key is none");
		int64_t from_us = bench_now_us();
		for (unsigned i = 0; i < MESSAGES; i++)
			decrypt_alone(session, heard.ciphertext[s * MESSAGES + i]);
		least_us[s] = MIN(least_us[s], bench_now_us() - from_us);
		olm_clear_inbound_group_session(session);
	}
}

static void give_keys(struct db *db, struct inbound *in)
{
	db_begin(db);
	for (unsigned s = 0; s < SESSIONS; s++) {
		g_autofree char *room = NULL, *session = NULL;
		struct olm_message m = {
			.sender = (char *)ANA,
			.curve25519 = (char *)CURVE25519,
			.ed25519 = (char *)ED25519,
			.content = json_pack("{s:s, s:s, s:s, s:s}", "algorithm",
					     "m.megolm.v1.aes-sha2", "room_id", ROOM, "session_id",
					     heard.session[s], "session_key", heard.key[s]),
		};

		if (inbound_add(in, &m, &room, &session) < 0)
			g_error("the key is none");
		json_decref(m.content);
	}
	db_end(db);
}

/*
 * Kith's ways.
 */
struct bench {
	struct bench_store store;
	struct inbound *in;
	struct matrix_rooms *rooms;
	const struct matrix_room *room;
	struct e2ee *e2ee;
};

/* Her device is known, and signed by her. */
static void know_her(struct db *db)
{
	db_begin(db);
	db_run(db,
	       "INSERT INTO e2ee_user(network, user, followed, outdated, self_signing, pinned)"
	       " VALUES('home', '" ANA "', 1, 0, '" ED25519 "', '" ED25519 "')",
	       "");
	db_run(db,
	       "INSERT INTO e2ee_device(network, user, device, curve25519, ed25519, megolm, signed)"
	       " VALUES('home', '" ANA "', 'PHONE', '" CURVE25519 "', '" ED25519 "', 1, 1)",
	       "");
	db_end(db);
}

static void open_all(struct bench *b, const char *folder)
{
	static const char *const places[] = { ROOM, NULL };
	static const struct e2ee_callbacks callbacks = { 0 };

	bench_store_open(&b->store, folder);
	struct db *db = b->store.db;
	const struct e2ee_env *env = &b->store.env;
	b->in = inbound_new(env);
	b->rooms = matrix_rooms_new(db, "home", KITH, places);
	db_begin(db);
	b->room = matrix_rooms_enter(b->rooms, ROOM);
	/* Before her: a new device forgets everybody. */
	int r = e2ee_open(env, NULL, b->rooms, &callbacks, b, &b->e2ee);
	e2ee_free(b->e2ee);
	db_end(db);
	know_her(db);
	give_keys(db, b->in);
	db_begin(db);
	r = r < 0 ? r : e2ee_open(env, NULL, b->rooms, &callbacks, b, &b->e2ee);
	db_end(db);
	if (r < 0)
		g_error("there are no keys");
}

static void close_all(struct bench *b)
{
	e2ee_free(b->e2ee);
	matrix_rooms_free(b->rooms);
	inbound_free(b->in);
	bench_store_close(&b->store);
}

static void decrypt_one(struct bench *b, unsigned n)
{
	struct inbound_message m;
	char *session, *code;

	if (inbound_decrypt(b->in, ROOM, &heard.event[n], &m, &session, &code) < 0)
		g_error("the event cannot be read");
	inbound_message_done(&m);
}

static void read_one(struct bench *b, unsigned n)
{
	struct e2ee_event read;
	struct read_event e;
	struct span s;

	if (span_check(heard.text[n], strlen(heard.text[n]), &s, NULL) < 0 || read_event(s, &e) < 0)
		g_error("the event is none");
	if (e2ee_read(b->e2ee, b->room, &e, false, &read) != E2EE_READ ||
	    read.trust != E2EE_TRUSTED)
		g_error("the event cannot be read");
	e2ee_event_done(&read);
	read_event_done(&e);
}

static void with_each(const char *folder, int64_t *least_us,
		      void (*one)(struct bench *b, unsigned n))
{
	struct bench b;

	open_all(&b, folder);
	for (unsigned s = 0; s < SESSIONS; s++) {
		int64_t from_us = bench_now_us();
		for (unsigned i = 0; i < MESSAGES; i++) {
			if (i % A_COMMIT == 0)
				db_begin(b.store.db);
			one(&b, s * MESSAGES + i);
			if (i % A_COMMIT == A_COMMIT - 1)
				db_end(b.store.db);
		}
		least_us[s] = MIN(least_us[s], bench_now_us() - from_us);
	}
	close_all(&b);
}

static void with_inbound(const char *folder, int64_t *least_us)
{
	with_each(folder, least_us, decrypt_one);
}

static void with_e2ee(const char *folder, int64_t *least_us)
{
	with_each(folder, least_us, read_one);
}

const struct direction e2ee_receiving = {
	.middle = "decrypted",
	.begin = speak,
	.end = forget,
	.ways = { with_libolm, with_inbound, with_e2ee },
};
