/* Whatever comes to kith's device as Olm: nothing is believed that is not of who it says it is of,
 * nothing is read twice, what is refused has changed nothing. Ben, whose device is listed, and
 * mallory, whom nobody knows, speak: their ciphertexts are real, so that what is inside is the
 * input's. A line each:
 *   cN JSON   an m.room.encrypted as it is, from ben (0) or mallory (1)
 *   pN TEXT   TEXT in what begins a session, by them; said as if by the other, then by themselves
 *   mN TEXT   likewise in a session that goes on
 *   xNNN      the last one, with another byte there, from the end of its body
 * @o and @e are kith's keys, @b0 and @f0 ben's, @d0 what his device says of itself, @b1 ...
 * mallory's.
 */
#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/devices.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/outgoing.h"
#include "transport/matrix/e2ee/own.h"
#include "transport/matrix/e2ee/sessions.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEERS = 2, LINES_MOST = 40 };

static const char *const users[PEERS] = { "@ben:x", "@mallory:x" };

static struct {
	char *folder, *fallback;
	struct db *db;
	struct loop *loop;
	struct clock_virtual clock;
	struct crypto_pickle_key key;
	struct e2ee_env env;
	struct own *own;
	struct devices *devices;
	struct outgoing *outgoing;
	struct sessions *sessions;
	struct crypto_account *peers[PEERS];
	char *keys[PEERS]; /* what their devices say of themselves */
} ground;

struct talk {
	struct crypto_session *sessions[PEERS];
	char *last; /* content */
	int speaker;
};

static void clear_up(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	sessions_free(ground.sessions);
	outgoing_free(ground.outgoing);
	devices_free(ground.devices);
	own_free(ground.own);
	loop_free(ground.loop);
	db_close(ground.db);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(ground.folder, "/kith.db", ends[i], NULL);
		unlink(path);
	}
	rmdir(ground.folder);
	g_free(ground.folder);
	g_free(ground.fallback);
	for (int i = 0; i < PEERS; i++) {
		crypto_account_free(ground.peers[i]);
		g_free(ground.keys[i]);
	}
}

static void add_peer(int i)
{
	struct crypto_account *a = crypto_account_make();
	json_t *keys =
		json_pack("{s:s, s:s, s:[s,s], s:{s:s, s:s}}", "user_id", users[i], "device_id",
			  "D", "algorithms", "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2",
			  "keys", "curve25519:D", crypto_account_curve25519(a), "ed25519:D",
			  crypto_account_ed25519(a));
	g_autofree char *text = canonical_signed(keys);
	g_autofree char *signature = crypto_account_sign(a, text);

	canonical_add(keys, users[i], "D", signature);
	ground.peers[i] = a;
	ground.keys[i] = canonical_text(keys);
	json_decref(keys);
}

static void list_ben(void)
{
	db_run(ground.db,
	       "INSERT INTO e2ee_user(network, user, followed, outdated) VALUES('home', ?, 1, 0)",
	       "t", users[0]);
	db_run(ground.db,
	       "INSERT INTO e2ee_device(network, user, device, curve25519, ed25519, megolm, signed)"
	       " VALUES('home', ?, 'D', ?, ?, 1, 1)",
	       "ttt", users[0], crypto_account_curve25519(ground.peers[0]),
	       crypto_account_ed25519(ground.peers[0]));
}

/* It is never used up. */
static void make_fallback(void)
{
	struct crypto_account *account = own_account(ground.own);
	json_t *keys;

	crypto_account_make_fallback(account);
	keys = crypto_account_fallback(account);
	ground.fallback =
		g_strdup(json_string_value(json_object_iter_value(json_object_iter(keys))));
	json_decref(keys);
	crypto_account_published(account);
	own_keep(ground.own);
}

static void emptied(void *data, const char *about)
{
}

static void open_kith(void)
{
	static const struct own_callbacks own_calls = { 0 };
	static const struct devices_callbacks devices_calls = { 0 };

	ground.loop = loop_new();
	ground.env = (struct e2ee_env){ .loop = ground.loop,
					.clock = &ground.clock.clock,
					.db = ground.db,
					.network = "home",
					.user = "@kith:x",
					.device = "DEVICE",
					.key = &ground.key };
	int opened = own_open(&ground.env, &own_calls, NULL, &ground.own);
	assert(opened == 0);
	ground.devices = devices_new(&ground.env, &devices_calls, NULL);
	ground.outgoing = outgoing_new(&ground.env, emptied, NULL);
	ground.sessions = sessions_new(&ground.env, ground.own, ground.devices, ground.outgoing);
}

static void lay_ground(void)
{
	g_autofree char *path = NULL;
	char *error;

	log_set_level(LOG_LEVEL_ERROR);
	ground.folder = g_dir_make_tmp("kith-fuzz-XXXXXX", NULL);
	path = g_build_filename(ground.folder, "kith.db", NULL);
	int opened = db_open(path, &ground.db, &error);
	assert(opened == 0);
	clock_virtual_init(&ground.clock, 1000000);
	for (int i = 0; i < PEERS; i++)
		add_peer(i);
	db_begin(ground.db);
	open_kith();
	list_ben();
	make_fallback();
	db_end(ground.db);
	atexit(clear_up);
}

static char *fill(const char *line)
{
	GString *text = g_string_new(line);

	g_string_replace(text, "@o", own_curve25519(ground.own), 20);
	g_string_replace(text, "@e", own_ed25519(ground.own), 20);
	for (int i = 0; i < PEERS; i++) {
		const char digit = (char)('0' + i);
		const char curve[] = { '@', 'b', digit, '\0' }, ed[] = { '@', 'f', digit, '\0' };
		const char keys[] = { '@', 'd', digit, '\0' };

		g_string_replace(text, keys, ground.keys[i], 20);
		g_string_replace(text, curve, crypto_account_curve25519(ground.peers[i]), 20);
		g_string_replace(text, ed, crypto_account_ed25519(ground.peers[i]), 20);
	}
	return g_string_free(text, FALSE);
}

/*
 * Hearing.
 */
static char *kept(void)
{
	return db_text(ground.db,
		       "SELECT (SELECT account FROM e2ee_own) || coalesce((SELECT"
		       " group_concat(user || session || pickle || used || heard) FROM"
		       " e2ee_session), '')",
		       "");
}

/* Who has other keys than those that are known to be somebody's can be no device of theirs, whoever
 * the server says has sent it. */
static void look_at(const struct olm_message *m, const char *sender, int speaker)
{
	const struct crypto_account *a = ground.peers[speaker];
	bool own_name = !strcmp(sender, users[speaker]);

	assert(!strcmp(m->sender, sender));
	assert(!strcmp(m->curve25519, crypto_account_curve25519(a)));
	assert(crypto_is_ed25519(m->ed25519) && m->type && json_is_object(m->content));
	assert(!m->device || own_name);
	assert(!m->device || !strcmp(m->ed25519, crypto_account_ed25519(a)));
	/* Ben's is listed. */
	assert(!own_name || speaker != 0 || m->device);
}

static int hear(const char *sender, int speaker, const char *content)
{
	g_autofree char *before = kept(), *after = NULL;
	struct olm_message m;
	struct span span;
	const char *why = NULL;

	if (span_check(content, strlen(content), &span, NULL) < 0)
		return -EBADMSG;
	int error = sessions_decrypt(ground.sessions, sender, span, &m, &why);
	after = kept();
	assert(error == 0 || error == -EBADMSG || error == -EALREADY);
	assert((error == 0) == (strcmp(before, after) != 0));
	assert(why && (error == 0 || *why));
	if (error == 0) {
		look_at(&m, sender, speaker);
		olm_message_done(&m);
	}
	return error;
}

static void hear_all(const struct talk *t)
{
	for (int i = 0; i < PEERS; i++) {
		const char *sender = users[(t->speaker + 1 + i) % PEERS];

		if (hear(sender, t->speaker, t->last) == 0) {
			int error = hear(sender, t->speaker, t->last);
			assert(error == -EALREADY);
		}
	}
}

static void say(struct talk *t, const char *text)
{
	int type;
	g_autofree char *body = crypto_session_encrypt(t->sessions[t->speaker], text, &type);

	g_free(t->last);
	t->last = g_strdup_printf("{\"algorithm\":\"m.olm.v1.curve25519-aes-sha2\","
				  "\"sender_key\":\"%s\",\"ciphertext\":{\"%s\":"
				  "{\"type\":%d,\"body\":\"%s\"}}}",
				  crypto_account_curve25519(ground.peers[t->speaker]),
				  own_curve25519(ground.own), type, body);
	hear_all(t);
}

static void begin(struct talk *t, int i)
{
	crypto_session_free(t->sessions[i]);
	int error = crypto_session_out(ground.peers[i], own_curve25519(ground.own), ground.fallback,
				       &t->sessions[i]);
	assert(error == 0);
}

static void spoil(struct talk *t, const char *where)
{
	guint64 back = g_ascii_strtoull(where, NULL, 10) + strlen("\"}}}");
	size_t n = strlen(t->last);

	if (back >= n)
		return;
	char *at = &t->last[n - 1 - back];
	if (*at == '"' || *at == '\\')
		return;
	*at = *at == 'A' ? 'B' : 'A';
	hear(users[t->speaker], t->speaker, t->last);
	hear(users[!t->speaker], t->speaker, t->last);
}

static void play(struct talk *t, const char *line)
{
	g_autofree char *text = NULL;

	if (*line == 'x') {
		spoil(t, line + 1);
		return;
	}
	if (!*line || (line[1] != '0' && line[1] != '1'))
		return;
	t->speaker = line[1] - '0';
	text = fill(line[2] == ' ' ? line + 3 : line + 2);
	if (!g_utf8_validate(text, -1, NULL))
		return;
	if (*line == 'c')
		hear(users[t->speaker], t->speaker, text);
	if (*line == 'p' || !t->sessions[t->speaker])
		begin(t, t->speaker);
	if (*line == 'p' || *line == 'm')
		say(t, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk t = { .last = g_strdup("") };

	if (!ground.db)
		lay_ground();
	g_autofree char *input = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(input, "\n", LINES_MOST);
	db_begin(ground.db);
	for (char **line = lines; *line; line++)
		play(&t, *line);
	/* Four a device, and few of devices that nobody has listed. */
	assert(db_int(ground.db, 0, "SELECT count(*) FROM e2ee_session", "") <= 4 + 16 + 16);
	assert(db_int(ground.db, 0, "SELECT count(*) FROM e2ee_wedged WHERE user <> '@ben:x'",
		      "") == 0);
	db_undo(ground.db);
	for (int i = 0; i < PEERS; i++)
		crypto_session_free(t.sessions[i]);
	g_free(t.last);
	return 0;
}
