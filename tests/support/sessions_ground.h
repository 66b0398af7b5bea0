/*
 * What the tests of Olm and of what goes out by it stand on: a scripted homeserver, and on it kiths
 * with a store each, that can be closed and opened again.
 */
#ifndef KITH_TESTS_SESSIONS_GROUND_H
#define KITH_TESTS_SESSIONS_GROUND_H

#include "hs_ground.h"

#include "store/db.h"
#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/e2ee/olm.h"
#include "transport/matrix/e2ee/outgoing.h"

#include <glib.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct crypto_pickle_key pickle_key = { "a key that no store ever saw" };

/* Somebody's device, as kith runs it. */
struct base {
	struct hs_ground *ground;
	char *path;
	struct db *db;
	struct api *api;
	struct e2ee_env env;
	struct outgoing *outgoing;
	GString *emptied; /* what it was told */
	bool dies;        /* no commit succeeds any more */
	unsigned deaths;  /* of its session with the server */
};

static inline bool base_before(void *data)
{
	return !((struct base *)data)->dies;
}

static inline void base_dead(void *data, const char *why)
{
	((struct base *)data)->deaths++;
}

static inline void base_emptied(void *data, const char *about)
{
	struct base *b = data;

	assert_false(db_inside(b->db));
	assert_false(outgoing_has(b->outgoing, about));
	g_string_append_printf(b->emptied, "%s ", about);
}

G_GNUC_UNUSED static void base_open(struct base *b)
{
	struct account account = {
		.homeserver = (char *)fake_hs_url(b->ground->hs),
		.user = (char *)b->env.user,
		.device = (char *)b->env.device,
		.token = (char *)b->env.device,
	};
	const struct api_options options = {
		.loop = b->ground->loop,
		.clock = &b->ground->clock.clock,
		.http = b->ground->http,
		.name = "home",
		.callbacks = { .dead = base_dead },
		.data = b,
	};
	const struct db_watcher watcher = { .before = base_before, .data = b };
	char *error = NULL;

	b->dies = false;
	assert_int_equal(db_open(b->path, &b->db, &error), 0);
	db_watch(b->db, &watcher);
	b->api = api_new(&options, &account);
	b->env.loop = b->ground->loop;
	b->env.clock = &b->ground->clock.clock;
	b->env.db = b->db;
	b->env.api = b->api;
	b->env.network = "home";
	b->env.key = &pickle_key;
	b->outgoing = outgoing_new(&b->env, base_emptied, b);
}

G_GNUC_UNUSED static void base_close(struct base *b)
{
	outgoing_free(b->outgoing);
	api_free(b->api);
	db_close(b->db);
}

G_GNUC_UNUSED static void base_init(struct base *b, struct hs_ground *g, const char *user,
				    const char *device)
{
	g_autofree char *name = g_strconcat(device, ".db", NULL);

	b->ground = g;
	b->path = g_build_filename(g->folder, name, NULL);
	b->env.user = user;
	b->env.device = device;
	b->emptied = g_string_new(NULL);
	base_open(b);
}

G_GNUC_UNUSED static void base_done(struct base *b)
{
	base_close(b);
	hs_ground_remove_store(b->path);
	g_string_free(b->emptied, TRUE);
}

G_GNUC_UNUSED static json_t *read_body(const struct hs_request *r)
{
	json_t *j = json_loads(r->body, JSON_REJECT_DUPLICATES, NULL);

	if (!j)
		fail_msg("no JSON: %s", r->body);
	return j;
}

#endif
