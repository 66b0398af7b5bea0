#include "transport/matrix/batch.h"

#include "base/log.h"
#include "clock.h"
#include "net/http.h"
#include "transport/matrix/e2ee/e2ee.h"
#include "transport/matrix/hear.h"
#include "transport/matrix/invites.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/read.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/span.h"
#include "transport/matrix/waiting.h"

#include <errno.h>
#include <string.h>

/* The whole, rooms, join, a room, its timeline, events, an event. */
#define LEVELS 6
/* So much of a long answer is gone through before its memory goes back. */
#define WINDOW_BYTES (256 * 1024)
/* So far the homeserver's clock may be behind ours. */
#define CLOCKS_DIFFER_US (5 * CLOCK_US_PER_MINUTE)

struct reading {
	struct matrix *m;
	const struct batch *b;
	struct spans *spans;
	size_t passed; /* what lies before that has been given back */
	/* Sets of struct matrix_room. */
	GHashTable *joined;  /* kith is in it by this answer */
	GHashTable *entered; /* and was not before */
};

static void give_back(struct reading *r, int64_t node)
{
	size_t offset = (size_t)(spans_value(r->spans, node).at - r->b->body);

	if (!r->b->http || offset < r->passed + WINDOW_BYTES)
		return;
	r->passed = offset;
	http_passed(r->b->http, offset);
}

static void indexed(void *data, size_t offset)
{
	const struct http_answer *http = data;

	if (http)
		http_passed(http, offset);
}

static int64_t child(const struct reading *r, int64_t node, const char *key)
{
	return node == SPANS_NONE ? SPANS_NONE : spans_get(r->spans, node, key);
}

static struct span member(const struct reading *r, int64_t node, const char *key)
{
	int64_t found = child(r, node, key);

	return found == SPANS_NONE ? (struct span){ NULL, 0 } : spans_value(r->spans, found);
}

static int64_t first(const struct reading *r, int64_t node)
{
	return node == SPANS_NONE ? SPANS_NONE : spans_first(r->spans, node);
}

static int64_t events_of(const struct reading *r, int64_t node, const char *section)
{
	int64_t events = child(r, child(r, node, section), "events");

	return events != SPANS_NONE && span_is_array(spans_value(r->spans, events))
		       ? spans_first(r->spans, events)
		       : SPANS_NONE;
}

/* The rooms of one kind, in the order of the text. */
static int64_t rooms_of(const struct reading *r, const char *membership)
{
	return first(r, child(r, spans_get(r->spans, 0, "rooms"), membership));
}

/* NULL: that is none. */
static char *room_id(const struct reading *r, int64_t node)
{
	g_autofree char *id = span_text(spans_key(r->spans, node));

	return id && matrix_rooms_is_id(id) ? g_steal_pointer(&id) : NULL;
}

/* m.direct: whose rooms are for them alone. Rooms that kith is not in (any more) stay in it. */
static void read_direct(struct reading *r, struct span content)
{
	for (struct span_each user = span_each(content); span_next(&user);) {
		g_autofree char *name = span_text(user.key);

		for (struct span_each room = span_each(user.value); span_next(&room);) {
			g_autofree char *id = span_text(room.value);
			const struct matrix_room *known =
				id ? matrix_rooms_find(r->m->rooms, id) : NULL;

			if (known && !known->place && g_strcmp0(known->direct, name) != 0)
				matrix_rooms_set_direct(r->m->rooms, id, name);
		}
	}
}

static void read_account_data(struct reading *r)
{
	for (int64_t i = events_of(r, 0, "account_data"); i != SPANS_NONE;
	     i = spans_next(r->spans, i)) {
		struct span event = spans_value(r->spans, i);

		if (span_says(span_get(event, "type"), "m.direct"))
			read_direct(r, span_get(event, "content"));
	}
}

static void enter(struct reading *r, int64_t node)
{
	struct matrix *m = r->m;
	g_autofree char *id = room_id(r, node);

	if (!id)
		return;
	const struct matrix_room *known = matrix_rooms_find(m->rooms, id);
	bool was_inside = known && known->inside;
	struct matrix_room *room = matrix_rooms_enter(m->rooms, id);
	g_hash_table_add(r->joined, room);
	if (!was_inside)
		g_hash_table_add(r->entered, room);
}

static void read_state(struct reading *r, int64_t node)
{
	struct matrix *m = r->m;
	g_autofree char *id = room_id(r, node);
	struct matrix_room *room = id ? matrix_rooms_find(m->rooms, id) : NULL;

	for (int64_t i = events_of(r, node, "state"); room && i != SPANS_NONE;
	     i = spans_next(r->spans, i))
		hear_state(m, room, spans_value(r->spans, i));
}

static bool is_own_member(const struct reading *r, struct span event)
{
	return span_says(span_get(event, "type"), "m.room.member") &&
	       span_says(span_get(event, "state_key"), r->m->user);
}

/* Where in its timeline kith last came into a room, which may tell of earlier times there, too;
 * SPANS_NONE: before all of it. */
static int64_t own_join(const struct reading *r, int64_t events)
{
	int64_t join = SPANS_NONE;
	bool inside = false;

	for (int64_t i = events; i != SPANS_NONE; i = spans_next(r->spans, i)) {
		struct span event = spans_value(r->spans, i);

		if (!is_own_member(r, event))
			continue;
		bool was_inside = inside;
		inside = span_says(span_at(event, "content", "membership", NULL), "join");
		/* Again inside, it has another name. */
		if (inside && !was_inside)
			join = i;
	}
	return join;
}

static void note_gap(struct reading *r, const struct matrix_room *room, int64_t timeline)
{
	g_autofree char *token = span_text(member(r, timeline, "prev_batch"));

	if (!span_is_true(member(r, timeline, "limited")) || !token || !r->b->since)
		return;
	log_info("matrix %s: more was said in %s than the server told at once; asking for the rest",
		 r->m->name, room->place ? room->place : "a direct room");
	waiting_gap(r->m->waiting, room->id, token, r->b->since, r->b->heard_us,
		    matrix_wall_us(r->m));
}

static void take_event(struct reading *r, struct matrix_room *room, struct span event, bool heard)
{
	struct matrix *m = r->m;
	struct read_event read;

	if (read_event(event, &read) < 0)
		return;
	/* The sender's server tells the time, and may tell any: who says that it was long ago is
	 * not to be judged, or let in, as of then. It came here since kith heard of the last. */
	read.at_us = MAX(read.at_us, r->b->heard_us - CLOCKS_DIFFER_US);
	hear_timeline(m, room, &read, heard);
	if (heard && !read.state_key) {
		if (waiting_holds(m->waiting, room->id))
			waiting_add(m->waiting, room->id, event, r->b->catching_up,
				    matrix_wall_us(m));
		else
			hear_said(m, room, &read, r->b->catching_up);
	}
	read_event_done(&read);
}

/* What was said before kith came is nothing to it: neither in the first sync of all, nor in a room
 * that it has just entered; unless it was for kith alone, by somebody who did not wait. */
static void read_timeline(struct reading *r, int64_t node)
{
	g_autofree char *id = room_id(r, node);
	struct matrix_room *room = id ? matrix_rooms_find(r->m->rooms, id) : NULL;
	int64_t timeline = child(r, node, "timeline"), events = events_of(r, node, "timeline");

	if (!room || !room->inside)
		return;
	bool is_new = g_hash_table_contains(r->entered, room);
	int64_t join = r->b->since && is_new && !room->direct ? own_join(r, events) : SPANS_NONE;
	bool heard = r->b->since && join == SPANS_NONE;

	if (timeline != SPANS_NONE && !is_new && matrix_rooms_keeps(room))
		note_gap(r, room, timeline);
	for (int64_t i = events; i != SPANS_NONE; i = spans_next(r->spans, i)) {
		take_event(r, room, spans_value(r->spans, i), heard);
		heard = heard || (i == join && r->b->since);
		give_back(r, i);
	}
	if (is_new && room->complete)
		matrix_entered(r->m, room);
}

/* Kith's own last member event tells who did it and why. */
static struct span own_leave(const struct reading *r, int64_t node)
{
	static const char *const sections[] = { "state", "timeline" };
	struct span last = { NULL, 0 };

	for (size_t s = 0; s < G_N_ELEMENTS(sections); s++)
		for (int64_t i = events_of(r, node, sections[s]); i != SPANS_NONE;
		     i = spans_next(r->spans, i)) {
			struct span event = spans_value(r->spans, i);

			if (is_own_member(r, event))
				last = event;
		}
	return last;
}

static void leave(const struct reading *r, const struct matrix_room *room, bool banned)
{
	struct matrix *m = r->m;

	waiting_drop(m->waiting, room->id);
	matrix_left(m, room, banned);
	matrix_rooms_leave(m->rooms, room->id);
}

static void read_leave(struct reading *r, int64_t node)
{
	struct matrix *m = r->m;
	g_autofree char *id = room_id(r, node);
	struct matrix_room *room = id ? matrix_rooms_find(m->rooms, id) : NULL;

	if (!room || !room->inside)
		return;
	struct span leaving = own_leave(r, node);
	if (leaving.at && room->place)
		hear_ejected(m, room, leaving);
	leave(r, room, span_says(span_at(leaving, "content", "membership", NULL), "ban"));
}

/* The first sync of all tells every room, but nothing of what happened since kith was there last
 * (it has signed in anew, or the server does not know any more how far it had heard). */
static void begin_anew(const struct reading *r)
{
	struct matrix *m = r->m;
	g_autoptr(GPtrArray) gone = g_ptr_array_new();
	struct matrix_room *room;

	for (unsigned i = 0; (room = matrix_rooms_each(m->rooms, i)); i++) {
		if (!room->inside || g_hash_table_contains(r->entered, room))
			continue;
		if (!g_hash_table_contains(r->joined, room))
			g_ptr_array_add(gone, room);
		else if (room->place && r->b->heard_us > 0)
			hear_missed(m, room->place, r->b->heard_us);
	}
	for (unsigned i = 0; i < gone->len; i++)
		leave(r, gone->pdata[i], false);
}

static void read_rooms(struct reading *r)
{
	/* m.direct goes by rooms that are known, and decides whether their state is kept. */
	for (int64_t i = rooms_of(r, "join"); i != SPANS_NONE; i = spans_next(r->spans, i)) {
		enter(r, i);
		give_back(r, i);
	}
	if (!r->b->since)
		begin_anew(r);
	read_account_data(r);
	r->passed = 0;
	for (int64_t i = rooms_of(r, "join"); i != SPANS_NONE; i = spans_next(r->spans, i)) {
		read_state(r, i);
		give_back(r, i);
	}
	r->passed = 0;
	for (int64_t i = rooms_of(r, "join"); i != SPANS_NONE; i = spans_next(r->spans, i)) {
		read_timeline(r, i);
		give_back(r, i);
	}
	for (int64_t i = rooms_of(r, "leave"); i != SPANS_NONE; i = spans_next(r->spans, i))
		read_leave(r, i);
	for (int64_t i = rooms_of(r, "invite"); i != SPANS_NONE; i = spans_next(r->spans, i)) {
		g_autofree char *id = room_id(r, i);

		if (id)
			invites_heard(r->m->invites, id, spans_value(r->spans, i));
	}
}

static bool any(const struct reading *r, int64_t node)
{
	return first(r, node) != SPANS_NONE;
}

/* What the server hands out once. */
static bool carries_more(const struct reading *r)
{
	int64_t lists = spans_get(r->spans, 0, "device_lists");

	return events_of(r, 0, "to_device") != SPANS_NONE || any(r, child(r, lists, "changed")) ||
	       any(r, child(r, lists, "left"));
}

/* What comes to kith's device comes before the rooms, whose events it may open (CS API: Extensions
 * to /sync, of Send-to-Device and of End-to-End Encryption). */
static void tell_device(const struct reading *r, const char *next)
{
	int64_t to_device = spans_get(r->spans, 0, "to_device");
	const struct e2ee_sync s = {
		.to_device = member(r, to_device, "events"),
		.device_lists = member(r, 0, "device_lists"),
		.one_time_counts = member(r, 0, "device_one_time_keys_count"),
		.unused_fallbacks = member(r, 0, "device_unused_fallback_key_types"),
		.since = r->b->since,
		.next = next,
		.gap = r->b->catching_up,
	};

	e2ee_heard(r->m->e2ee, &s);
}

int batch_handle(struct matrix *m, const struct batch *b, char **ret_next, bool *ret_kept)
{
	struct reading r = { .m = m, .b = b };
	int error = spans_new(b->body, b->bytes, LEVELS, indexed, (void *)b->http, &r.spans, NULL);

	if (error < 0)
		return -EBADMSG;
	int64_t next = spans_get(r.spans, 0, "next_batch");
	g_autofree char *token = next == SPANS_NONE ? NULL : span_text(spans_value(r.spans, next));

	if (!token || !*token) {
		spans_free(r.spans);
		return -EBADMSG;
	}
	tell_device(&r, token);
	r.joined = g_hash_table_new(NULL, NULL);
	r.entered = g_hash_table_new(NULL, NULL);
	read_rooms(&r);
	*ret_kept = carries_more(&r);
	*ret_next = g_steal_pointer(&token);
	g_hash_table_unref(r.joined);
	g_hash_table_unref(r.entered);
	spans_free(r.spans);
	return 0;
}
