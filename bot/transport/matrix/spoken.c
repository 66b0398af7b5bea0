#include "transport/matrix/spoken.h"

#include "clock.h"
#include "store/db.h"

#include <glib.h>
#include <string.h>

#define KEPT_US (60 * CLOCK_US_PER_DAY)

enum { IN_MEMORY_MOST = 512 };

struct saying {
	char *key, *event;
	bool keep; /* to be written, and not yet */
	int64_t at_us;
};

struct spoken {
	struct db *db;
	char *network;
	GQueue last; /* of struct saying, the newest first */
	bool dirty;
};

static void saying_free(void *data)
{
	struct saying *s = data;

	g_free(s->key);
	g_free(s->event);
	g_free(s);
}

struct spoken *spoken_new(struct db *db, const char *network)
{
	struct spoken *s = g_new0(struct spoken, 1);

	s->db = db;
	s->network = g_strdup(network);
	return s;
}

void spoken_free(struct spoken *s)
{
	if (!s)
		return;
	g_queue_clear_full(&s->last, saying_free);
	g_free(s->network);
	g_free(s);
}

/* The first event that said it: what amends a post amends that one. */
static const struct saying *find_key(const struct spoken *s, const char *key)
{
	for (const GList *i = s->last.tail; i; i = i->prev) {
		const struct saying *saying = i->data;

		if (!strcmp(saying->key, key))
			return saying;
	}
	return NULL;
}

/* The last post that it was made to say. */
static const struct saying *find_event(const struct spoken *s, const char *event)
{
	for (const GList *i = s->last.head; i; i = i->next) {
		const struct saying *saying = i->data;

		if (!strcmp(saying->event, event))
			return saying;
	}
	return NULL;
}

void spoken_add(struct spoken *s, const char *key, const char *event, bool keep, int64_t now_us)
{
	const struct saying *known = find_event(s, event);

	if (known && !strcmp(known->key, key))
		return;

	struct saying *saying = g_new0(struct saying, 1);
	saying->key = g_strdup(key);
	saying->event = g_strdup(event);
	saying->keep = keep;
	saying->at_us = now_us;
	g_queue_push_head(&s->last, saying);
	s->dirty = s->dirty || keep;
	/* What is yet to be written stays, however much else is said. */
	struct saying *oldest = g_queue_peek_tail(&s->last);
	if (s->last.length > IN_MEMORY_MOST && !oldest->keep)
		saying_free(g_queue_pop_tail(&s->last));
}

bool spoken_dirty(const struct spoken *s)
{
	return s->dirty;
}

void spoken_write(struct spoken *s, int64_t now_us)
{
	if (!s->dirty)
		return;
	for (GList *i = s->last.tail; i; i = i->prev) {
		struct saying *saying = i->data;

		if (saying->keep)
			db_run(s->db,
			       "INSERT OR IGNORE INTO matrix_spoken(network, event, key, at_us)"
			       " VALUES(?, ?, ?, ?)",
			       "ttti", s->network, saying->event, saying->key, saying->at_us);
		saying->keep = false;
	}
	db_run(s->db, "DELETE FROM matrix_spoken WHERE at_us < ?", "i", now_us - KEPT_US);
	s->dirty = false;
}

bool spoken_lately(const struct spoken *s, const char *key)
{
	return find_key(s, key);
}

char *spoken_event(struct spoken *s, const char *key)
{
	const struct saying *saying = find_key(s, key);

	if (saying)
		return g_strdup(saying->event);
	return db_text(s->db,
		       "SELECT event FROM matrix_spoken WHERE network = ? AND key = ?"
		       " ORDER BY at_us LIMIT 1",
		       "tt", s->network, key);
}

char *spoken_key(struct spoken *s, const char *event)
{
	const struct saying *saying = find_event(s, event);

	if (saying)
		return g_strdup(saying->key);
	return db_text(s->db,
		       "SELECT key FROM matrix_spoken WHERE network = ? AND event = ?"
		       " ORDER BY at_us DESC LIMIT 1",
		       "tt", s->network, event);
}
