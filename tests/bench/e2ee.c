/*
 * usage: bench_e2ee [ROUNDS [FOLDER]]
 *
 * What an encrypted event costs, its index remembered in transactions of 50 on a real store: to be
 * decrypted (inbound_decrypt), and the whole way from its text to what was said and whom it is from
 * (read_event, e2ee_read); beside libolm's decrypting of the same ciphertexts alone. All are
 * measured in turns within the one run; of each session, of 100 messages as clients make them, the
 * fastest round counts. The store lies in memory where there is room for that, so that the disk
 * does not count; FOLDER is another place for it. Prints; asserts nothing about time.
 */
#include "transport/matrix/e2ee/e2ee.h"
#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/inbound.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/sessions.h"
#include "transport/matrix/rooms.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <olm/inbound_group_session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 7, SESSIONS = 20, MESSAGES = 100, EVENTS = SESSIONS * MESSAGES, A_COMMIT = 50 };

#define ROOM "!f4WnPHRyCnLVTqBpSSGXMo1Ls:example.org"
#define ANA  "@ana:example.org"
#define KITH "@kith:example.org"
/* Her device. */
#define CURVE25519 "IlRMeOPX2e0MurIyfWEucYBRVOEEUMrOHqn/8mLqMjA"
#define ED25519    "hKQeQUrYzHdmNEXs4GBHvSCZMhVDJXVA1b4Z0aEKGAA"

static struct crypto_pickle_key pickle_key;

/* What is heard, and whom from. */
static struct {
	char *key[SESSIONS], *session[SESSIONS];
	char *ciphertext[EVENTS], *text[EVENTS];
	struct read_event event[EVENTS];
} heard;

static int64_t now_us(void)
{
	return clock_real()->mono_us(clock_real());
}

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

/* Each payload has so many bytes. */
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
		int64_t from_us = now_us();
		for (unsigned i = 0; i < MESSAGES; i++)
			decrypt_alone(session, heard.ciphertext[s * MESSAGES + i]);
		least_us[s] = MIN(least_us[s], now_us() - from_us);
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
	struct db *db;
	struct loop *loop;
	struct e2ee_env env;
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

static void open_all(struct bench *b, const char *path)
{
	static const char *const places[] = { ROOM, NULL };
	static const struct e2ee_callbacks callbacks = { 0 };
	g_autofree char *error = NULL;

	if (db_open(path, &b->db, &error) < 0)
		g_error("%s", error);
	b->loop = loop_new();
	b->env = (struct e2ee_env){ .loop = b->loop,
				    .clock = clock_real(),
				    .db = b->db,
				    .network = "home",
				    .user = KITH,
				    .device = "DEVICE",
				    .key = &pickle_key };
	b->in = inbound_new(&b->env);
	b->rooms = matrix_rooms_new(b->db, "home", KITH, places);
	db_begin(b->db);
	b->room = matrix_rooms_enter(b->rooms, ROOM);
	/* Before her: a new device forgets everybody. */
	int r = e2ee_open(&b->env, NULL, b->rooms, &callbacks, b, &b->e2ee);
	e2ee_free(b->e2ee);
	db_end(b->db);
	know_her(b->db);
	give_keys(b->db, b->in);
	db_begin(b->db);
	r = r < 0 ? r : e2ee_open(&b->env, NULL, b->rooms, &callbacks, b, &b->e2ee);
	db_end(b->db);
	if (r < 0)
		g_error("there are no keys");
}

static void close_all(struct bench *b, const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	e2ee_free(b->e2ee);
	matrix_rooms_free(b->rooms);
	inbound_free(b->in);
	db_close(b->db);
	loop_free(b->loop);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(path, ends[i], NULL);
		g_unlink(file);
	}
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
	g_autofree char *path = g_build_filename(folder, "bench.kith", NULL);
	struct bench b;

	open_all(&b, path);
	for (unsigned s = 0; s < SESSIONS; s++) {
		int64_t from_us = now_us();
		for (unsigned i = 0; i < MESSAGES; i++) {
			if (i % A_COMMIT == 0)
				db_begin(b.db);
			one(&b, s * MESSAGES + i);
			if (i % A_COMMIT == A_COMMIT - 1)
				db_end(b.db);
		}
		least_us[s] = MIN(least_us[s], now_us() - from_us);
	}
	close_all(&b, path);
}

static void with_inbound(const char *folder, int64_t *least_us)
{
	with_each(folder, least_us, decrypt_one);
}

static void with_e2ee(const char *folder, int64_t *least_us)
{
	with_each(folder, least_us, read_one);
}

static void (*const ways[])(const char *folder, int64_t *least_us) = { with_libolm, with_inbound,
								       with_e2ee };

/* Microseconds an event. */
static double mean(const int64_t *least_us)
{
	int64_t all_us = 0;

	for (unsigned s = 0; s < SESSIONS; s++)
		all_us += least_us[s];
	return (double)all_us / EVENTS;
}

static void compare(size_t bytes, int rounds, const char *folder)
{
	int64_t least_us[G_N_ELEMENTS(ways)][SESSIONS];

	for (unsigned w = 0; w < G_N_ELEMENTS(ways); w++)
		for (unsigned s = 0; s < SESSIONS; s++)
			least_us[w][s] = INT64_MAX;
	speak(bytes);
	for (int i = 0; i < rounds; i++)
		for (unsigned w = 0; w < G_N_ELEMENTS(ways); w++)
			ways[w](folder, least_us[w]);
	double alone = mean(least_us[0]), decrypted = mean(least_us[1]), whole = mean(least_us[2]);
	printf("%8zu %10.1f %10.1f %10.1f %10.2f %10.2f\n", bytes, alone, decrypted, whole,
	       decrypted / alone, whole / alone);
	forget();
}

int main(int argc, char **argv)
{
	const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
	g_autofree char *folder =
		g_build_filename(argc > 2 ? argv[2] : place, "kith-bench-XXXXXX", NULL);

	log_set_level(LOG_LEVEL_ERROR);
	if (!g_mkdtemp(folder))
		g_error("there is no place for the store");
	memset(&pickle_key, 7, sizeof(pickle_key));
	printf("%8s %10s %10s %10s %21s\n", "", "libolm", "decrypted", "whole", "times libolm's");
	printf("%8s %10s %10s %10s %10s %10s\n", "bytes", "us", "us", "us", "decrypted", "whole");
	compare(200, rounds, folder);
	compare(2000, rounds, folder);
	g_rmdir(folder);
	return EXIT_SUCCESS;
}
