#include "transport/matrix/flight.h"

#include "transport/matrix/goal.h"
#include "transport/matrix/parts.h"

#include <string.h>

/* In all rooms together; of those to people whose room is being opened, which may take its time:
 * servers let few be made. */
enum { FLIGHTS_MOST = 16, OPENINGS_MOST = 4 };

void flight_free(void *flight)
{
	struct flight *f = flight;

	if (f->call)
		f->call->flight = NULL;
	parts_free(f->parts);
	g_free(f->key);
	g_free(f->target);
	g_free(f->room);
	g_free(f->reply_to);
	g_free(f->thread);
	g_free(f->mention);
	g_free(f->edits);
	g_free(f);
}

struct flight *flight_new(struct send *s, const struct post *p, const struct goal *goal,
			  char *edits)
{
	struct flight *f = g_new0(struct flight, 1);

	f->send = s;
	f->key = g_strdup(p->key);
	f->target = g_strdup(goal->target);
	f->room = g_strdup(goal->room);
	f->direct = goal->direct;
	f->may_else = p->room_else;
	f->keep = !goal->direct || !p->reply_to;
	f->unasked = p->kind == POST_ANNOUNCEMENT || !p->reply_to;
	f->kind = p->kind;
	f->reply_to = goal->answers ? g_strdup(p->reply_to) : NULL;
	f->thread = goal->answers ? g_strdup(p->thread) : NULL;
	f->mention = goal->direct ? NULL : g_strdup(p->account);
	f->edits = edits;
	f->expires_at_us = p->expires_at_us;
	f->parts = parts_new(p->key, goal->markup, f->edits);
	if (f->parts)
		return f;
	flight_free(f);
	return NULL;
}

struct flight *flight_find(const GPtrArray *flights, const char *target)
{
	for (unsigned i = 0; i < flights->len; i++) {
		struct flight *f = g_ptr_array_index(flights, i);

		if (!strcmp(f->target, target))
			return f;
	}
	return NULL;
}

struct flight *flight_find_transaction(const GPtrArray *flights, const char *id)
{
	for (unsigned i = 0; i < flights->len; i++) {
		struct flight *f = g_ptr_array_index(flights, i);

		if (f->call && !strcmp(parts_transaction(f->parts), id))
			return f;
	}
	return NULL;
}

bool flight_is_to(const GPtrArray *flights, const char *room)
{
	for (unsigned i = 0; i < flights->len; i++) {
		const struct flight *f = g_ptr_array_index(flights, i);

		if (!g_strcmp0(f->room, room))
			return true;
	}
	return false;
}

bool flight_is_full(const GPtrArray *flights, const struct goal *goal)
{
	unsigned openings = 0;

	for (unsigned i = 0; i < flights->len; i++)
		openings += !((const struct flight *)g_ptr_array_index(flights, i))->room;
	return flights->len >= FLIGHTS_MOST || (!goal->room && openings >= OPENINGS_MOST);
}
