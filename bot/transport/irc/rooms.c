#include "transport/irc/rooms.h"

#include "clock.h"
#include "transport/irc/isupport.h"

#define WAIT_FIRST_US (30 * CLOCK_US_PER_SECOND)
#define WAIT_MOST_US  (10 * CLOCK_US_PER_MINUTE)

struct rooms {
	const struct isupport *isupport;
	GPtrArray *list;     /* of struct room, in the configured order */
	GHashTable *by_name; /* folded name -> struct room */
};

static void room_free(void *data)
{
	struct room *room = data;
	g_hash_table_unref(room->people);
	g_free(room);
}

struct rooms *rooms_new(const char *const *names, const struct isupport *isupport)
{
	struct rooms *r = g_new0(struct rooms, 1);
	r->isupport = isupport;
	r->list = g_ptr_array_new_with_free_func(room_free);
	r->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (; *names; names++) {
		struct room *room = g_new0(struct room, 1);
		room->name = *names;
		room->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		g_ptr_array_add(r->list, room);
	}
	rooms_reset(r);
	return r;
}

void rooms_free(struct rooms *r)
{
	if (!r)
		return;
	g_hash_table_unref(r->by_name);
	g_ptr_array_unref(r->list);
	g_free(r);
}

void rooms_reset(struct rooms *r)
{
	g_hash_table_remove_all(r->by_name);
	for (unsigned i = 0; i < r->list->len; i++) {
		struct room *room = rooms_at(r, i);
		room->state = ROOM_OUTSIDE;
		room->due_us = 0;
		room->wait_us = WAIT_FIRST_US;
		g_hash_table_remove_all(room->people);
		g_hash_table_insert(r->by_name, isupport_fold(r->isupport, room->name), room);
	}
}

unsigned rooms_count(const struct rooms *r)
{
	return r->list->len;
}

struct room *rooms_at(const struct rooms *r, unsigned i)
{
	return g_ptr_array_index(r->list, i);
}

struct room *rooms_find(const struct rooms *r, const char *name)
{
	g_autofree char *folded = isupport_fold(r->isupport, name);
	return g_hash_table_lookup(r->by_name, folded);
}

void room_shut(struct room *room, int64_t now_us)
{
	/* What kept us out before we were in for so long is over. */
	if (room->state == ROOM_INSIDE && now_us - room->tried_us >= WAIT_MOST_US)
		room->wait_us = WAIT_FIRST_US;
	room->state = ROOM_OUTSIDE;
	room->due_us = now_us + room->wait_us;
	room->wait_us = MIN(2 * room->wait_us, WAIT_MOST_US);
	g_hash_table_remove_all(room->people);
}

void room_enter(struct room *room, int64_t due_us)
{
	room->state = ROOM_LISTING;
	room->due_us = due_us;
	g_hash_table_remove_all(room->people);
}

void rooms_add(const struct rooms *r, struct room *room, const char *nick)
{
	g_hash_table_insert(room->people, isupport_fold(r->isupport, nick), g_strdup(nick));
}

bool rooms_remove(const struct rooms *r, struct room *room, const char *nick)
{
	g_autofree char *folded = isupport_fold(r->isupport, nick);
	return g_hash_table_remove(room->people, folded);
}

bool rooms_has(const struct rooms *r, const struct room *room, const char *nick)
{
	g_autofree char *folded = isupport_fold(r->isupport, nick);
	return g_hash_table_contains(room->people, folded);
}

const char *rooms_nick(const struct rooms *r, const char *nick)
{
	g_autofree char *folded = isupport_fold(r->isupport, nick);
	for (unsigned i = 0; i < r->list->len; i++) {
		const char *found = g_hash_table_lookup(rooms_at(r, i)->people, folded);
		if (found)
			return found;
	}
	return NULL;
}
