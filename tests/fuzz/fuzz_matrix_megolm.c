/* Whatever room keys, withheld ones and encrypted events come, and whatever was encrypted: none is
 * believed that its owner did not give, nothing is read twice under two names, and what is kept
 * holds together. Three devices speak, two of one user: their ciphertexts are real, so that what is
 * inside is the input's. A line each:
 *   pN TEXT   device N says TEXT; it is heard, and again in other shapes
 *   kN JSON   m.room_key from device N; wN JSON: m.room_key.withheld
 *   eN JSON   an event, heard as it is
 *   xNNN      the last ciphertext, with another byte there, from the end
 *   t, d      400 days pass; kith leaves the room
 * In JSON @I0, @K0 are a session's id and key, @M what was said last.
 */
#include "base/log.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/curve.h"
#include "transport/matrix/e2ee/inbound.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/sessions.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM      "!r:x"
#define ELSEWHERE "!s:x"

enum { DEVICES = 3, LINES_MOST = 40 };

static const struct {
	const char *user, *curve25519, *ed25519;
} devices[DEVICES] = {
	{ "@ana:x", "c0", "e0" },
	{ "@ana:x", "c1", "e1" },
	{ "@mallory:x", "c2", "e2" },
};

static struct {
	char *folder;
	struct db *db;
	struct clock_virtual clock;
	struct crypto_pickle_key key;
	struct e2ee_env env;
	char *pickle[DEVICES], *first[DEVICES]; /* of what they speak in, and its key */
} ground;

struct talk {
	struct inbound *in;
	struct crypto_outbound *out[DEVICES];
	char *said; /* the last ciphertext, "" before */
	unsigned events;
};

static void clear_up(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	db_close(ground.db);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(ground.folder, "/kith.db", ends[i], NULL);
		unlink(path);
	}
	rmdir(ground.folder);
	g_free(ground.folder);
	for (int i = 0; i < DEVICES; i++) {
		g_free(ground.pickle[i]);
		g_free(ground.first[i]);
	}
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
	for (int i = 0; i < DEVICES; i++) {
		struct crypto_outbound *out = crypto_outbound_make();

		ground.first[i] = crypto_outbound_key(out);
		ground.pickle[i] = crypto_outbound_pickle(out, &ground.key);
		crypto_outbound_free(out);
	}
	ground.env = (struct e2ee_env){ .clock = &ground.clock.clock,
					.db = ground.db,
					.network = "home",
					.user = "@kith:x",
					.device = "DEVICE",
					.key = &ground.key };
	atexit(clear_up);
}

/* What stands for what is another one every time. */
static char *fill(const struct talk *t, const char *line)
{
	GString *text = g_string_new(line);

	for (int i = 0; i < DEVICES; i++) {
		const char id[] = { '@', 'I', (char)('0' + i), '\0' };
		const char key[] = { '@', 'K', (char)('0' + i), '\0' };

		g_string_replace(text, id, crypto_outbound_id(t->out[i]), 20);
		g_string_replace(text, key, ground.first[i], 20);
	}
	g_string_replace(text, "@M", t->said, 20);
	return g_string_free(text, FALSE);
}

/*
 * Hearing.
 */
static int owner_of(const struct inbound_message *m)
{
	int owner = 0;

	while (owner < DEVICES && strcmp(devices[owner].curve25519, m->curve25519) != 0)
		owner++;
	assert(owner < DEVICES && !strcmp(devices[owner].ed25519, m->ed25519));
	return owner;
}

static int hear(struct talk *t, const char *room, const struct read_event *e)
{
	struct inbound_message m;
	char *session = NULL, *code = NULL;
	int error = inbound_decrypt(t->in, room, e, &m, &session, &code);

	assert(error == 0 || error == -ENOKEY || error == -ERANGE || error == -EEXIST ||
	       error == -EBADMSG);
	assert(!session == (error != -ENOKEY) && (session || !code));
	assert(!session || crypto_is_ed25519(session));
	if (error == 0) {
		struct span content;

		assert(*m.type && strlen(m.type) <= 255);
		int checked = span_check(m.content, strlen(m.content), &content, NULL);
		assert((checked == 0 || checked == -ELOOP) && *m.content == '{');
		assert(strcmp(m.type, "m.room.redaction") != 0 && !e->state_key);
		assert(!strcmp(devices[owner_of(&m)].user, e->sender));
		inbound_message_done(&m);
	}
	g_free(session);
	g_free(code);
	return error;
}

/* As it is; and then by another name, at another time, of somebody else, in another room. */
static void hear_all(struct talk *t, const struct read_event *e)
{
	struct read_event other = *e;
	int error = hear(t, ROOM, e);

	assert(hear(t, ROOM, e) == error);
	other.sender = (char *)"@nobody:x";
	assert(hear(t, ROOM, &other) != 0);
	if (error != 0)
		return;
	other = *e;
	other.id = (char *)"$other";
	assert(hear(t, ROOM, &other) == (strcmp(e->id, other.id) != 0 ? -EEXIST : 0));
	other = *e;
	other.at_us++;
	assert(hear(t, ROOM, &other) == -EEXIST);
	assert(hear(t, ELSEWHERE, e) != 0);
	assert(hear(t, ROOM, e) == 0);
}

static void hear_text(struct talk *t, const char *text)
{
	struct read_event e;
	struct span s;

	if (span_check(text, strlen(text), &s, NULL) < 0 || read_event(s, &e) < 0)
		return;
	hear_all(t, &e);
	read_event_done(&e);
}

static void hear_said(struct talk *t, int device)
{
	g_autofree char *text = g_strdup_printf(
		"{\"event_id\":\"$%u\",\"type\":\"m.room.encrypted\",\"sender\":\"%s\","
		"\"origin_server_ts\":1,\"content\":{\"algorithm\":\"m.megolm.v1.aes-sha2\","
		"\"session_id\":\"%s\",\"ciphertext\":\"%s\",\"m.relates_to\":{\"a\":[1]}}}",
		t->events++, devices[device].user, crypto_outbound_id(t->out[device]), t->said);

	hear_text(t, text);
}

static void say(struct talk *t, int device, const char *text)
{
	g_free(t->said);
	t->said = crypto_outbound_encrypt(t->out[device], text);
	hear_said(t, device);
}

static void spoil(struct talk *t, const char *where)
{
	size_t at = (size_t)g_ascii_strtoull(where, NULL, 10), n = strlen(t->said);

	if (at >= n)
		return;
	char *spoilt = &t->said[n - 1 - at];
	*spoilt = *spoilt == 'A' ? 'Q' : 'A';
	for (int i = 0; i < DEVICES; i++)
		hear_said(t, i);
}

/*
 * Keys.
 */
/* Of their devices whichever gave it first is its owner. */
static void give(struct talk *t, int device, const json_t *content)
{
	struct olm_message m = { .sender = (char *)devices[device].user,
				 .curve25519 = (char *)devices[device].curve25519,
				 .ed25519 = (char *)devices[device].ed25519,
				 .type = (char *)"m.room_key",
				 .content = (json_t *)content };
	g_autofree char *room = NULL, *session = NULL;
	int error = inbound_add(t->in, &m, &room, &session);

	assert(error == 0 || error == -EALREADY || error == -EBADMSG || error == -EEXIST);
	assert(!room == (error != 0) && !session == (error != 0));
	if (error < 0)
		return;
	m.curve25519 = (char *)"another";
	g_autofree char *other_room = NULL, *other_session = NULL;
	error = inbound_add(t->in, &m, &other_room, &other_session);
	assert(error == -EEXIST);
	m.curve25519 = (char *)devices[device].curve25519;
	error = inbound_add(t->in, &m, &other_room, &other_session);
	assert(error == -EALREADY);
}

static void withhold(struct talk *t, int device, const json_t *content)
{
	g_autofree char *room = NULL, *session = NULL;
	int error = inbound_withheld(t->in, devices[device].user, content, &room, &session);

	assert(error == 0 || error == -EALREADY || error == -EBADMSG);
	assert(!room == (error != 0) && !session == (error != 0));
}

static void play_json(struct talk *t, char verb, int device, const char *line)
{
	g_autofree char *text = fill(t, line);
	json_t *content = json_loads(text, 0, NULL);

	if (verb == 'e')
		hear_text(t, text);
	else if (content && verb == 'k')
		give(t, device, content);
	else if (content)
		withhold(t, device, content);
	json_decref(content);
}

static void play(struct talk *t, const char *line)
{
	int device = line[0] && line[1] >= '0' && line[1] < '0' + DEVICES ? line[1] - '0' : 0;
	const char *rest = line[0] && line[1] ? line + 2 : "";

	switch (line[0]) {
	case 'p':
		say(t, device, rest);
		break;
	case 'x':
		spoil(t, line + 1);
		break;
	case 'k':
	case 'w':
	case 'e':
		play_json(t, line[0], device, rest);
		break;
	case 't':
		ground.clock.now_us += 400 * CLOCK_US_PER_DAY;
		inbound_prune(t->in, ground.clock.now_us);
		break;
	case 'd':
		inbound_drop(t->in, ROOM);
		assert(!db_int(ground.db, 0, "SELECT 1 FROM e2ee_inbound WHERE room = '" ROOM "'",
			       ""));
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *input = g_strndup((const char *)data, size);
	struct talk t = { .said = g_strdup("") };

	if (!ground.db)
		lay_ground();
	clock_virtual_init(&ground.clock, INT64_C(1763800000000000));
	db_begin(ground.db);
	t.in = inbound_new(&ground.env);
	for (int i = 0; i < DEVICES; i++) {
		int error = crypto_outbound_unpickle(ground.pickle[i], &ground.key, &t.out[i]);
		assert(error == 0);
	}
	g_auto(GStrv) lines = g_strsplit(input, "\n", LINES_MOST);
	for (int i = 0; lines[i]; i++)
		play(&t, lines[i]);
	assert(!db_int(
		ground.db, 0,
		"SELECT 1 FROM e2ee_index WHERE session NOT IN (SELECT id FROM e2ee_inbound)", ""));
	for (int i = 0; i < DEVICES; i++)
		crypto_outbound_free(t.out[i]);
	inbound_free(t.in);
	g_free(t.said);
	db_undo(ground.db);
	return 0;
}
