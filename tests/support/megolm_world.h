/*
 * What the tests of what others say in encrypted rooms stand on: a real store in a file, and
 * devices that speak real Megolm and give their keys as Olm would hand them on.
 */
#ifndef KITH_TEST_MEGOLM_WORLD_H
#define KITH_TEST_MEGOLM_WORLD_H

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "store/db.h"
#include "transport/matrix/e2ee/inbound.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/sessions.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ROOM      "!makers:x"
#define ELSEWHERE "!other:x"
#define ANA       "@ana:x"
#define MALLORY   "@mallory:x"
#define NOW_US    (INT64_C(1795424400) * CLOCK_US_PER_SECOND)

struct megolm_world {
	char *folder, *store;
	struct db *db;
	struct loop *loop;
	struct clock_virtual clock;
	struct crypto_pickle_key key;
	struct e2ee_env env;
	struct inbound *in;
};

G_GNUC_UNUSED static void world_open(struct megolm_world *w)
{
	g_autofree char *error = NULL;

	assert_return_code(db_open(w->store, &w->db, &error), 0);
	w->env = (struct e2ee_env){ .loop = w->loop,
				    .clock = &w->clock.clock,
				    .db = w->db,
				    .network = "home",
				    .user = "@kith:x",
				    .device = "DEVICE",
				    .key = &w->key };
	w->in = inbound_new(&w->env);
}

G_GNUC_UNUSED static void world_close(struct megolm_world *w)
{
	inbound_free(w->in);
	db_close(w->db);
}

G_GNUC_UNUSED static void world_init(struct megolm_world *w)
{
	log_set_level(LOG_LEVEL_ERROR);
	w->folder = g_dir_make_tmp("kith-test-XXXXXX", NULL);
	w->store = g_build_filename(w->folder, "test.kith", NULL);
	memset(&w->key, 7, sizeof(w->key));
	w->loop = loop_new();
	clock_virtual_init(&w->clock, NOW_US);
	world_open(w);
}

G_GNUC_UNUSED static void world_done(struct megolm_world *w)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	world_close(w);
	loop_free(w->loop);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(w->store, ends[i], NULL);
		g_unlink(path);
	}
	g_rmdir(w->folder);
	g_free(w->folder);
	g_free(w->store);
}

/* A session of somebody's device, with what it is told of: the key of its first index. */
struct speaker {
	const char *user, *curve25519, *ed25519;
	struct crypto_outbound *out;
	char *first;
	json_t *room_key; /* content of m.room_key */
};

G_GNUC_UNUSED static json_t *room_key_of(const char *room, const char *session, const char *key)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "algorithm", "m.megolm.v1.aes-sha2", "room_id",
			 room, "session_id", session, "session_key", key);
}

G_GNUC_UNUSED static struct speaker speaker_in(const char *user, const char *room)
{
	struct speaker s = { .user = user,
			     .curve25519 = "a device",
			     .ed25519 = "its other key",
			     .out = crypto_outbound_make() };

	s.first = crypto_outbound_key(s.out);
	s.room_key = room_key_of(room, crypto_outbound_id(s.out), s.first);
	return s;
}

G_GNUC_UNUSED static void speaker_done(struct speaker *s)
{
	crypto_outbound_free(s->out);
	g_free(s->first);
	json_decref(s->room_key);
}

/* As it came over Olm from that speaker's device. */
G_GNUC_UNUSED static int give(struct megolm_world *w, const struct speaker *s, json_t *content)
{
	g_autofree char *room = NULL, *session = NULL;
	const struct olm_message m = { .sender = (char *)s->user,
				       .curve25519 = (char *)s->curve25519,
				       .ed25519 = (char *)s->ed25519,
				       .type = (char *)"m.room_key",
				       .content = content };

	db_begin(w->db);
	int error = inbound_add(w->in, &m, &room, &session);
	db_end(w->db);
	if (error == 0) {
		assert_string_equal(room, json_string_value(json_object_get(content, "room_id")));
		assert_string_equal(session,
				    json_string_value(json_object_get(content, "session_id")));
	} else {
		assert_null(room);
		assert_null(session);
	}
	return error;
}

/* An event, as the server tells it. */
struct heard {
	char *text;
	struct read_event e;
};

G_GNUC_UNUSED static struct heard heard_of(json_t *event)
{
	struct heard h;
	struct span span;
	char *text = json_dumps(event, 0);

	json_decref(event);
	h.text = g_strdup(text);
	free(text);
	assert_int_equal(span_check(h.text, strlen(h.text), &span, NULL), 0);
	assert_int_equal(read_event(span, &h.e), 0);
	return h;
}

G_GNUC_UNUSED static void heard_done(struct heard *h)
{
	read_event_done(&h->e);
	g_free(h->text);
}

G_GNUC_UNUSED static json_t *event_of(const struct speaker *s, const char *id,
				      const char *ciphertext)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:{s:s, s:s, s:s}}", "event_id", id, "type",
			 "m.room.encrypted", "sender", s->user, "origin_server_ts",
			 (json_int_t)(NOW_US / 1000), "content", "algorithm",
			 "m.megolm.v1.aes-sha2", "session_id", crypto_outbound_id(s->out),
			 "ciphertext", ciphertext);
}

/* That payload, encrypted with the next index. */
G_GNUC_UNUSED static struct heard says_payload(struct speaker *s, const char *id,
					       const char *payload)
{
	g_autofree char *ciphertext = crypto_outbound_encrypt(s->out, payload);

	return heard_of(event_of(s, id, ciphertext));
}

/* A message with that body. */
G_GNUC_UNUSED static struct heard says_in(struct speaker *s, const char *room, const char *id,
					  const char *body)
{
	g_autofree char *payload =
		g_strdup_printf("{\"room_id\":\"%s\",\"type\":\"m.room.message\",\"content\":{"
				"\"msgtype\":\"m.text\",\"body\":\"%s\"}}",
				room, body);

	return says_payload(s, id, payload);
}

#endif
