/*
 * usage: bench_e2ee [ROUNDS [FOLDER]]
 *
 * What an encrypted event costs from its arrival until what was said can be handled
 * (inbound_decrypt, its index remembered in transactions of 50 on a real store), beside libolm's
 * decrypting of the same ciphertexts alone. Both are measured in turns within the one run; of each
 * session, of 100 messages as clients make them, the fastest round counts. The store lies in memory
 * where there is room for that, so that the disk does not count; FOLDER is another place for it.
 * Prints; asserts nothing about time.
 */
#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/inbound.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/sessions.h"

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
		"\"IlRMeOPX2e0MurIyfWEucYBRVOEEUMrOHqn/8mLqMjA\",\"session_id\":\"%s\"},"
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
			.curve25519 = (char *)"IlRMeOPX2e0MurIyfWEucYBRVOEEUMrOHqn/8mLqMjA",
			.ed25519 = (char *)"hKQeQUrYzHdmNEXs4GBHvSCZMhVDJXVA1b4Z0aEKGAA",
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

static void read_one(struct inbound *in, const struct read_event *e)
{
	struct inbound_message m;
	char *session, *code;

	if (inbound_decrypt(in, ROOM, e, &m, &session, &code) < 0)
		g_error("the event cannot be read");
	inbound_message_done(&m);
}

static void read_session(struct db *db, struct inbound *in, unsigned session)
{
	for (unsigned i = 0; i < MESSAGES; i++) {
		if (i % A_COMMIT == 0)
			db_begin(db);
		read_one(in, &heard.event[session * MESSAGES + i]);
		if (i % A_COMMIT == A_COMMIT - 1)
			db_end(db);
	}
}

static void with_kith(const char *folder, int64_t *least_us)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	g_autofree char *path = g_build_filename(folder, "bench.kith", NULL), *error = NULL;
	struct db *db;

	if (db_open(path, &db, &error) < 0)
		g_error("%s", error);
	const struct e2ee_env env = { .clock = clock_real(),
				      .db = db,
				      .network = "home",
				      .user = "@kith:example.org",
				      .device = "DEVICE",
				      .key = &pickle_key };
	struct inbound *in = inbound_new(&env);
	give_keys(db, in);
	for (unsigned s = 0; s < SESSIONS; s++) {
		int64_t from_us = now_us();
		read_session(db, in, s);
		least_us[s] = MIN(least_us[s], now_us() - from_us);
	}
	inbound_free(in);
	db_close(db);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(path, ends[i], NULL);
		g_unlink(file);
	}
}

static void (*const ways[])(const char *folder, int64_t *least_us) = { with_libolm, with_kith };

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
	double alone = mean(least_us[0]), whole = mean(least_us[1]);
	printf("%8zu %10.1f %10.1f %8.2f\n", bytes, alone, whole, whole / alone);
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
	printf("%8s %10s %10s %8s\n", "bytes", "libolm us", "kith us", "ratio");
	compare(200, rounds, folder);
	compare(2000, rounds, folder);
	g_rmdir(folder);
	return EXIT_SUCCESS;
}
