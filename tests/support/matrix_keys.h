/* What the parts of a Matrix transport find of end-to-end encryption where a test puts them
 * together itself: all of it, and whatever comes of it goes nowhere. Needs no cmocka. */
#ifndef KITH_TESTS_MATRIX_KEYS_H
#define KITH_TESTS_MATRIX_KEYS_H

#include "config.h"
#include "store/db.h"
#include "transport/matrix/e2ee/e2ee.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/seal.h"

#include <assert.h>
#include <glib.h>

static inline void keys_nothing_ready(void *data, const char *room)
{
}

static inline void keys_nothing_read(void *data, const char *room, const struct e2ee_event *e,
				     bool backlog)
{
}

static inline void keys_nothing_unreadable(void *data, const char *room, const struct read_event *e,
					   bool withheld)
{
}

static inline void keys_nothing_changed(void *data, const char *user)
{
}

static inline char *keys_no_password(void *data)
{
	return NULL;
}

static inline void keys_nothing_stale(void *data, const char *why)
{
}

/* After m->rooms and m->api; e2ee_free and seal_free what it makes. */
static inline void keys_open(struct matrix *m)
{
	static const struct e2ee_callbacks callbacks = {
		keys_nothing_ready,   keys_nothing_read, keys_nothing_unreadable,
		keys_nothing_changed, keys_no_password,  keys_nothing_stale,
	};
	g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
	const struct config_section section = { .kind = (char *)"matrix",
						.name = (char *)"home",
						.values = values };
	const struct e2ee_env env = {
		.loop = m->env.loop,
		.clock = m->env.clock,
		.db = m->db,
		.api = m->api,
		.network = "home",
		.user = m->user,
		.device = "DEV",
	};
	char *fault = NULL;
	int error;

	g_hash_table_insert(values, (char *)"key-file", (char *)"env:KITH_TEST_KEY");
	g_setenv("KITH_TEST_KEY", "a secret for tests, of 32 characters", TRUE);
	error = seal_open(&section, "", &m->seal, &fault);
	assert(error == 0);
	db_begin(m->db);
	error = e2ee_open(&env, m->seal, m->rooms, &callbacks, m, &m->e2ee);
	db_end(m->db);
	assert(error == 0);
}

static inline void keys_close(struct matrix *m)
{
	e2ee_free(g_steal_pointer(&m->e2ee));
	seal_free(g_steal_pointer(&m->seal));
}

#endif
