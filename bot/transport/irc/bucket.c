#include "transport/irc/bucket.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

struct waiting {
	char *line;
	bool patient; /* waits for a token */
};

struct target {
	char *name;
	GQueue lines; /* of struct waiting; never empty */
};

struct bucket {
	/* The level is kept as time: `every_us` of it is one token, so nothing is ever rounded. */
	int64_t every_us, most_us, level_us, at_us;
	bool owed;      /* something went first on credit, and nothing else has gone since */
	GQueue first;   /* of char * */
	GQueue targets; /* of struct target; the head's turn is next */
	int n;
};

struct bucket *bucket_new(int burst, int64_t every_us, int64_t now_us)
{
	struct bucket *b = g_new0(struct bucket, 1);
	b->every_us = every_us;
	b->most_us = burst * every_us;
	b->level_us = b->most_us;
	b->at_us = now_us;
	return b;
}

static void waiting_free(void *data)
{
	struct waiting *w = data;
	g_free(w->line);
	g_free(w);
}

static void target_free(void *data)
{
	struct target *t = data;
	g_queue_clear_full(&t->lines, waiting_free);
	g_free(t->name);
	g_free(t);
}

void bucket_free(struct bucket *b)
{
	if (!b)
		return;
	g_queue_clear_full(&b->first, g_free);
	g_queue_clear_full(&b->targets, target_free);
	g_free(b);
}

static struct target *find_target(const struct bucket *b, const char *name)
{
	for (GList *at = b->targets.head; at; at = at->next) {
		struct target *t = at->data;
		if (strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}

static struct target *need_target(struct bucket *b, const char *name)
{
	struct target *t = find_target(b, name);
	if (t)
		return t;
	t = g_new0(struct target, 1);
	t->name = g_strdup(name);
	g_queue_push_tail(&b->targets, t);
	return t;
}

int bucket_add(struct bucket *b, const char *target, const char *line, bool patient)
{
	if (b->n >= BUCKET_LINES_MOST)
		return -ENOBUFS;
	struct waiting *w = g_new0(struct waiting, 1);
	w->line = g_strdup(line);
	w->patient = patient;
	g_queue_push_tail(&need_target(b, target)->lines, w);
	b->n++;
	return 0;
}

int bucket_add_first(struct bucket *b, const char *line)
{
	/* A bound of its own: a PING must be answered however much waits. */
	if (b->first.length >= BUCKET_LINES_MOST)
		return -ENOBUFS;
	g_queue_push_tail(&b->first, g_strdup(line));
	return 0;
}

void bucket_forget(struct bucket *b, const char *target)
{
	struct target *t = find_target(b, target);
	if (!t)
		return;
	b->n -= (int)t->lines.length;
	g_queue_remove(&b->targets, t);
	target_free(t);
}

int bucket_room(const struct bucket *b)
{
	return BUCKET_LINES_MOST - b->n;
}

bool bucket_waits(const struct bucket *b, const char *target)
{
	return find_target(b, target) != NULL;
}

static int64_t level_at(const struct bucket *b, int64_t now_us)
{
	return MIN(b->most_us, b->level_us + MAX(now_us - b->at_us, 0));
}

/* What cannot wait is paid for afterwards: the server counts it like all else. But not without end,
 * or one that asks much would keep us silent. */
static void pay(struct bucket *b)
{
	b->level_us = MAX(b->level_us - b->every_us, -b->most_us);
}

static char *take_from(struct bucket *b, GList *at)
{
	struct target *t = at->data;
	struct waiting *w = g_queue_pop_head(&t->lines);
	char *line = g_steal_pointer(&w->line);
	pay(b);
	b->owed = false;
	waiting_free(w);
	b->n--;
	/* Whoever spoke goes to the end of the line. */
	g_queue_unlink(&b->targets, at);
	if (t->lines.length) {
		g_queue_push_tail_link(&b->targets, at);
	} else {
		g_list_free_1(at);
		target_free(t);
	}
	return line;
}

char *bucket_take(struct bucket *b, int64_t now_us)
{
	b->level_us = level_at(b, now_us);
	b->at_us = MAX(b->at_us, now_us);
	if (b->first.length) {
		bool credit = b->level_us < b->every_us;
		/* A server that asks as fast as tokens come would else keep us silent. */
		if (!credit || !b->owed)
			pay(b);
		b->owed = b->owed || credit;
		return g_queue_pop_head(&b->first);
	}
	for (GList *at = b->targets.head; at; at = at->next) {
		const struct target *t = at->data;
		const struct waiting *w = g_queue_peek_head((GQueue *)&t->lines);
		if (!w->patient || b->level_us >= b->every_us)
			return take_from(b, at);
	}
	return NULL;
}

int64_t bucket_wait_us(const struct bucket *b, int64_t now_us)
{
	if (b->first.length)
		return 0;
	for (const GList *at = b->targets.head; at; at = at->next) {
		const struct target *t = at->data;
		const struct waiting *w = t->lines.head->data;
		if (!w->patient)
			return 0;
	}
	if (!b->targets.length)
		return -1;
	return MAX(b->every_us - level_at(b, now_us), 0);
}
