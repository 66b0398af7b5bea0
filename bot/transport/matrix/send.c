#include "transport/matrix/send.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/content.h"
#include "transport/matrix/direct.h"
#include "transport/matrix/e2ee/e2ee.h"
#include "transport/matrix/flight.h"
#include "transport/matrix/goal.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/parts.h"
#include "transport/matrix/receipts.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/spoken.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* Whoever waits longer for an answer is shown that kith is typing, for so long. */
#define TYPING_AFTER_US CLOCK_US_PER_SECOND
#define TYPING_SHOWN_MS 30000
/* So often it is looked after what cannot be said yet. */
#define PARKED_LOOK_US (5 * CLOCK_US_PER_SECOND)
/* After so long it is told that it did not work; the app offers it again. */
#define WITHIN_MOST_US CLOCK_US_PER_HOUR

struct send {
	struct matrix *m;
	struct direct *direct;
	struct receipts *receipts;
	GPtrArray *flights;        /* of struct flight */
	GPtrArray *calls;          /* of struct call */
	struct loop_timer *typing; /* somebody has waited long enough */
	struct loop_timer *parked; /* to look at those that wait for keys */
	GHashTable *told;          /* room -> why kith cannot speak there, as logged */
};

static void call_free(void *data)
{
	struct call *c = data;

	api_cancel(c->api);
	g_free(c);
}

static int64_t mono_us(const struct send *s)
{
	return s->m->env.clock->mono_us(s->m->env.clock);
}

static int64_t wall_us(const struct send *s)
{
	return s->m->env.clock->wall_us(s->m->env.clock);
}

static bool is_busy(void *data, const char *room)
{
	return flight_is_to(((const struct send *)data)->flights, room);
}

/* Once, until something is said there again. */
static void tell_why_not(struct send *s, const char *room, const char *why)
{
	if (!g_strcmp0(g_hash_table_lookup(s->told, room), why))
		return;
	g_hash_table_replace(s->told, g_strdup(room), g_strdup(why));
	log_warning("matrix %s: cannot speak in %s: %s", s->m->name, room, why);
}

static void tell_encrypted(struct send *s, const char *room)
{
	tell_why_not(s, room, "it is encrypted in a way that this kith does not know");
}

/* CS API: Typing Notifications. */
static void show_typing(struct flight *f, bool typing)
{
	struct matrix *m = f->send->m;
	g_autofree char *room = http_escape(f->room), *user = http_escape(m->user);
	g_autofree char *path = g_strdup_printf("v3/rooms/%s/typing/%s", room, user);
	const struct api_request request = {
		.method = "PUT",
		.path = path,
		.body = typing ? json_pack("{s:b, s:i}", "typing", 1, "timeout", TYPING_SHOWN_MS)
			       : json_pack("{s:b}", "typing", 0),
		.retry = API_PASSING,
	};

	f->typing = typing;
	api_send(m->api, &request, NULL, NULL);
}

static void look_who_waits(void *data)
{
	struct send *s = data;
	int64_t now_us = mono_us(s), next_us = INT64_MAX;

	for (unsigned i = 0; i < s->flights->len; i++) {
		struct flight *f = g_ptr_array_index(s->flights, i);

		if (!f->reply_to || !f->room || f->typing)
			continue;
		int64_t due_us = f->began_us + TYPING_AFTER_US;
		if (due_us <= now_us)
			show_typing(f, true);
		else
			next_us = MIN(next_us, due_us);
	}
	loop_timer_set(s->typing, next_us == INT64_MAX ? -1 : next_us - now_us);
}

static void land(struct flight *f, int error)
{
	struct send *s = f->send;
	struct matrix *m = s->m;
	/* The listener may hand us the next post at once. */
	g_autofree char *key = g_steal_pointer(&f->key);

	if (f->typing)
		show_typing(f, false);
	if (error == 0)
		g_hash_table_remove(s->told, f->room);
	g_ptr_array_remove(s->flights, f);
	m->env.listener->delivered(m->env.data, &m->transport, key, error);
}

static void answered(void *data, const struct api_answer *a);

static json_t *content(const struct flight *f)
{
	bool first = parts_first(f->parts);
	const struct content_about about = {
		.reply_to = first ? f->reply_to : NULL,
		.thread = f->thread,
		.edits = first ? f->edits : NULL,
		.mention = first ? f->mention : NULL,
		.quiet = f->reply_to || f->mention,
	};

	return content_of(f->kind, parts_markup(f->parts), &about);
}

/* A lease of its indices is on the disk before one of them is used. NULL: not now. */
static json_t *encrypted(const struct flight *f, const struct matrix_room *room)
{
	struct matrix *m = f->send->m;

	if (!e2ee_ready(m->e2ee, room))
		return NULL;
	json_t *clear = content(f);
	db_begin(m->db);
	json_t *body = e2ee_encrypt(m->e2ee, room, "m.room.message", clear);
	bool kept = db_end(m->db) == 0;
	json_decref(clear);
	if (kept)
		return body;
	json_decref(body);
	return NULL;
}

/* CS API: Sending events to a room. `body` is taken over. */
static void put(struct flight *f, const char *type, json_t *body)
{
	struct send *s = f->send;
	g_autofree char *room = http_escape(f->room);
	g_autofree char *id = http_escape(parts_transaction(f->parts));
	g_autofree char *path = g_strdup_printf("v3/rooms/%s/send/%s/%s", room, type, id);
	const struct api_request request = {
		.method = "PUT",
		.path = path,
		.body = body,
		.retry = API_REPEAT,
		.within_us =
			CLAMP(f->expires_at_us - wall_us(s), CLOCK_US_PER_SECOND, WITHIN_MOST_US),
	};
	struct call *c = g_new0(struct call, 1);

	c->send = s;
	c->flight = f;
	f->call = c;
	g_ptr_array_add(s->calls, c);
	c->api = api_send(s->m->api, &request, answered, c);
}

static void park(struct flight *f)
{
	f->clear = false;
	f->parked = true;
	loop_timer_set(f->send->parked, PARKED_LOOK_US);
}

/* A room that kith has just opened is told of piece by piece. */
static bool is_told(const struct flight *f)
{
	return !f->direct || direct_look(f->send->direct, f->target, f->room) != -EAGAIN;
}

static void say_part(struct flight *f)
{
	const struct matrix_room *room = matrix_rooms_find(f->send->m->rooms, f->room);
	json_t *body;

	f->parked = false;
	f->clear = !room || !room->encrypted;
	if (!is_told(f)) {
		park(f);
	} else if (f->clear) {
		put(f, "m.room.message", content(f));
	} else if ((body = encrypted(f, room))) {
		put(f, "m.room.encrypted", body);
	} else {
		park(f);
	}
}

/* The answers of a room are remembered too: people answer them (a work that was entered) days
 * later. What answers a command in private is not: it is read and done with. */
static void remember(struct flight *f, const char *event)
{
	struct matrix *m = f->send->m;
	int64_t now_us = wall_us(f->send);

	spoken_add(m->spoken, f->key, event, f->keep, now_us);
	if (!f->unasked)
		return;
	/* On the disk before the app notes that it was said. */
	db_begin(m->db);
	spoken_write(m->spoken, now_us);
	db_end(m->db);
}

static void part_said(struct flight *f, const char *event)
{
	if (parts_first(f->parts) && f->edits)
		remember(f, f->edits);
	else if (event && *event)
		remember(f, event);
	if (parts_next(f->parts))
		say_part(f);
	else
		land(f, 0);
}

/* Kith is not in there any more, or may not speak: it may get in again, or be given a voice; and to
 * one person another room is as good. */
static void no_way(struct flight *f, const char *why)
{
	if (f->direct)
		direct_lost(f->send->direct, f->target, f->room);
	else
		tell_why_not(f->send, f->room, why);
	land(f, -EAGAIN);
}

static void refused(struct flight *f, const struct api_answer *a)
{
	bool forbidden = a->status == 403 || !strcmp(a->errcode, "M_NOT_FOUND");
	bool passing =
		a->error != -EREMOTEIO || a->status == 429 || a->status >= 500 || a->status == 404;

	if (!strcmp(a->errcode, "M_TOO_LARGE") && parts_cut(f->parts)) {
		say_part(f);
		return;
	}
	if (forbidden) {
		no_way(f, a->why);
		return;
	}
	if (!passing)
		log_warning("matrix %s: the server does not take a post to %s: %s",
			    f->send->m->name, f->direct ? "somebody alone" : f->room, a->why);
	land(f, passing ? -EAGAIN : -EIO);
}

static void answered(void *data, const struct api_answer *a)
{
	struct call *c = data;
	struct flight *f = c->flight;

	c->api = NULL;
	g_ptr_array_remove_fast(c->send->calls, c);
	if (!f)
		return;
	f->call = NULL;
	if (a->error < 0) {
		refused(f, a);
		return;
	}
	g_autofree char *event = span_text(span_get(a->json, "event_id"));
	part_said(f, event);
}

/* NULL: anywhere. */
static void try_parked(struct send *s, const char *room)
{
	for (unsigned i = 0; i < s->flights->len; i++) {
		struct flight *f = g_ptr_array_index(s->flights, i);

		if (f->parked && (!room || !strcmp(f->room, room)))
			say_part(f);
	}
}

void send_ready(struct send *s, const char *room)
{
	try_parked(s, room);
}

static struct flight *find_stale(const struct send *s)
{
	for (unsigned i = 0; i < s->flights->len; i++) {
		struct flight *f = g_ptr_array_index(s->flights, i);

		if (f->parked && f->expires_at_us <= wall_us(s))
			return f;
	}
	return NULL;
}

/* What is not worth saying any more makes room for what is. */
static void look_at_parked(void *data)
{
	struct send *s = data;
	struct flight *f;

	/* Whoever hears of one may hand us others. */
	while ((f = find_stale(s)))
		land(f, -EAGAIN);
	/* What is still to be looked at sets the timer again. */
	try_parked(s, NULL);
}

struct send *send_new(struct matrix *m)
{
	struct send *s = g_new0(struct send, 1);

	s->m = m;
	s->direct = direct_new(m);
	s->receipts = receipts_new(m, is_busy, s);
	s->flights = g_ptr_array_new_with_free_func(flight_free);
	s->calls = g_ptr_array_new_with_free_func(call_free);
	s->typing = loop_timer_new(m->env.loop, look_who_waits, s);
	s->parked = loop_timer_new(m->env.loop, look_at_parked, s);
	s->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return s;
}

void send_forget(struct send *s)
{
	g_ptr_array_set_size(s->flights, 0);
	g_ptr_array_set_size(s->calls, 0);
	direct_forget(s->direct);
	receipts_forget(s->receipts);
	loop_timer_set(s->typing, -1);
	loop_timer_set(s->parked, -1);
}

void send_free(struct send *s)
{
	if (!s)
		return;
	g_ptr_array_unref(s->flights);
	g_ptr_array_unref(s->calls);
	direct_free(s->direct);
	receipts_free(s->receipts);
	loop_timer_free(s->typing);
	loop_timer_free(s->parked);
	g_hash_table_destroy(s->told);
	g_free(s);
}

static void take_off(struct flight *f)
{
	f->began_us = mono_us(f->send);
	say_part(f);
	look_who_waits(f->send);
}

static void opened(void *data, const char *user, int error)
{
	struct send *s = data;
	struct flight *f = flight_find(s->flights, user);
	const char *room = error == 0 ? direct_room(s->direct, user) : NULL;

	if (!f)
		return;
	if (room && direct_look(s->direct, user, room) == -EPROTONOSUPPORT) {
		tell_encrypted(s, room);
		room = NULL;
	}
	if (!room) {
		land(f, error == -EPERM && !f->may_else ? -ENOENT : -EAGAIN);
		return;
	}
	f->room = g_strdup(room);
	/* It may have taken a while. */
	if (f->expires_at_us <= wall_us(s))
		land(f, -EAGAIN);
	else
		take_off(f);
}

static int start(struct send *s, const struct post *p, const struct goal *goal)
{
	char *edits = p->edits ? spoken_event(s->m->spoken, p->edits) : NULL;
	struct flight *f = flight_new(s, p, goal, edits);

	if (!f)
		return -EINVAL;
	g_ptr_array_add(s->flights, f);
	/* Whatever it was, kith has read it. */
	if (f->reply_to)
		receipts_note(s->receipts, goal->room, f->reply_to);
	if (f->room)
		take_off(f);
	else
		direct_open(s->direct, f->target, opened, s);
	return 0;
}

int send_post(struct send *s, const struct post *p)
{
	struct goal goal;

	/* Before anything else: it may be a room that is being opened. */
	if (!p->room && p->account && flight_find(s->flights, p->account))
		return -EAGAIN;
	int error = goal_find(s->m, s->direct, p, &goal);
	if (error == -EPROTONOSUPPORT) {
		tell_encrypted(s, goal.room);
		return -EAGAIN;
	}
	if (error < 0)
		return error;
	if (flight_is_full(s->flights, &goal) || flight_find(s->flights, goal.target))
		return -EAGAIN;
	return start(s, p, &goal);
}

/* Said before this start, or before the connection was lost. One of several parts proves nothing.
 */
static void echoed_late(struct send *s, const char *key, const char *event)
{
	struct matrix *m = s->m;

	if (strchr(key, '.') || spoken_lately(m->spoken, key))
		return;
	spoken_add(m->spoken, key, event, true, wall_us(s));
	m->env.listener->delivered(m->env.data, &m->transport, key, 0);
}

void send_echoed(struct send *s, const char *transaction_id, const char *event)
{
	struct flight *f = flight_find_transaction(s->flights, transaction_id);

	if (!f) {
		echoed_late(s, transaction_id, event);
		return;
	}
	f->call->flight = NULL;
	f->call = NULL;
	part_said(f, event);
}

static bool is_fit(const struct send *s, const struct flight *f)
{
	const struct matrix_room *room = f->room ? matrix_rooms_find(s->m->rooms, f->room) : NULL;

	if (!room)
		return true;
	return !(f->clear && room->encrypted) &&
	       !(f->direct && direct_overheard(s->direct, f->target, f->room));
}

static struct flight *find_unfit(const struct send *s)
{
	for (unsigned i = 0; i < s->flights->len; i++) {
		struct flight *f = g_ptr_array_index(s->flights, i);

		if ((f->call || f->parked) && !is_fit(s, f))
			return f;
	}
	return NULL;
}

/* Whether a try had gone through already its echo tells. */
void send_review(struct send *s)
{
	struct flight *f;

	/* Whoever hears of one may hand us others. */
	while ((f = find_unfit(s))) {
		struct call *c = f->call;

		f->call = NULL;
		if (c)
			g_ptr_array_remove_fast(s->calls, c);
		land(f, -EAGAIN);
	}
	try_parked(s, NULL);
}

void send_receipt(struct send *s, const struct matrix_room *room, const char *event)
{
	if (room->direct)
		direct_heard(s->direct, room, event);
	receipts_note(s->receipts, room->id, event);
}
