#include "transport/irc/held.h"

#include "event.h"
#include "transport/irc/event_copy.h"

#include <glib.h>

struct entry {
	struct event *e;
	const void *why;
};

struct held {
	GQueue entries; /* of struct entry */
	void (*hand_on)(void *data, const struct event *e);
	void *data;
};

struct held *held_new(void (*hand_on)(void *data, const struct event *e), void *data)
{
	struct held *h = g_new0(struct held, 1);
	g_queue_init(&h->entries);
	h->hand_on = hand_on;
	h->data = data;
	return h;
}

static void entry_free(struct entry *entry)
{
	event_free(entry->e);
	g_free(entry);
}

void held_free(struct held *h)
{
	if (!h)
		return;
	for (struct entry *entry; (entry = g_queue_pop_head(&h->entries));)
		entry_free(entry);
	g_free(h);
}

static void hand_on_first(struct held *h)
{
	struct entry *entry = g_queue_pop_head(&h->entries);
	h->hand_on(h->data, entry->e);
	entry_free(entry);
}

void held_add(struct held *h, const struct event *e, const void *why)
{
	if (!why && !h->entries.length) {
		h->hand_on(h->data, e);
		return;
	}
	struct entry *entry = g_new0(struct entry, 1);
	entry->e = event_copy(e);
	entry->why = why;
	g_queue_push_tail(&h->entries, entry);
	if (h->entries.length > HELD_MOST)
		hand_on_first(h);
	held_run(h);
}

void held_settle(struct held *h, const void *why, const char *account)
{
	for (GList *at = h->entries.head; at; at = at->next) {
		struct entry *entry = at->data;
		if (entry->why != why)
			continue;
		entry->why = NULL;
		g_free((char *)entry->e->account);
		entry->e->account = g_strdup(account);
	}
}

void held_run(struct held *h)
{
	for (;;) {
		const struct entry *first = g_queue_peek_head(&h->entries);
		if (!first || first->why)
			return;
		hand_on_first(h);
	}
}
