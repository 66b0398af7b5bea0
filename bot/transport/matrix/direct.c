#include "transport/matrix/direct.h"

#include "base/log.h"
#include "clock.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/direct_list.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/rooms.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#define OPEN_EVERY_US   CLOCK_US_PER_HOUR
#define CREATE_TAKES_US CLOCK_US_PER_MINUTE
/* While the server wants to be asked later. */
#define CREATE_WITHIN_US (10 * CLOCK_US_PER_MINUTE)
#define TELLING_TAKES_US CLOCK_US_PER_MINUTE
#define LOOK_TAKES_US    CLOCK_US_PER_MINUTE
/* So long a room may still be in the making that was asked for before the connection was lost, or
 * before this start. */
#define DOUBT_US (10 * CLOCK_US_PER_SECOND)

enum { HEARD_MOST = 64 };

/* To somebody for whom kith has opened a room, or tried to, within the hour. */
struct way {
	struct direct *direct;
	char *user;
	char *room; /* NULL: none, or what is said there is not known yet */
	bool encrypted;
	int64_t tried_us;
	bool doubtful;         /* nobody knows what came of it: the next syncs may tell */
	struct api_call *call; /* while it is being opened */
	void (*done)(void *data, const char *user, int error);
	void *data;
};

struct heard {
	char *event, *room;
};

struct direct {
	struct matrix *m;
	struct direct_list *list;
	GHashTable *ways; /* user -> struct way */
	GQueue heard;     /* of struct heard, the newest first */
};

static void way_free(void *data)
{
	struct way *w = data;

	api_cancel(w->call);
	g_free(w->user);
	g_free(w->room);
	g_free(w);
}

static void heard_free(void *data)
{
	struct heard *h = data;

	g_free(h->event);
	g_free(h->room);
	g_free(h);
}

static int64_t mono_us(const struct direct *d)
{
	return d->m->env.clock->mono_us(d->m->env.clock);
}

static struct way *add_way(struct direct *d, const char *user)
{
	struct way *w = g_new0(struct way, 1);

	w->direct = d;
	w->user = g_strdup(user);
	w->tried_us = mono_us(d);
	g_hash_table_replace(d->ways, w->user, w);
	return w;
}

static void load(struct direct *d)
{
	struct query q = db_query(d->m->db, "SELECT user FROM matrix_opening WHERE network = ?",
				  "t", d->m->name);

	while (query_next(&q))
		add_way(d, query_text(&q, 0))->doubtful = true;
	/* The doubt is for this start alone. */
	db_begin(d->m->db);
	db_run(d->m->db, "DELETE FROM matrix_opening WHERE network = ?", "t", d->m->name);
	db_end(d->m->db);
}

/* Both in a transaction. */
static void note_opening(const struct direct *d, const char *user)
{
	db_run(d->m->db, "INSERT OR IGNORE INTO matrix_opening(network, user) VALUES(?, ?)", "tt",
	       d->m->name, user);
}

static void note_opened(const struct direct *d, const char *user)
{
	db_run(d->m->db, "DELETE FROM matrix_opening WHERE network = ? AND user = ?", "tt",
	       d->m->name, user);
}

struct direct *direct_new(struct matrix *m)
{
	struct direct *d = g_new0(struct direct, 1);

	d->m = m;
	d->list = direct_list_new(m);
	d->ways = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, way_free);
	load(d);
	return d;
}

static void doubt(struct way *w)
{
	w->doubtful = true;
	w->tried_us = mono_us(w->direct);
}

/* The room that was asked for may be there. One that has not been looked at yet is as good as
 * unknown. */
void direct_forget(struct direct *d)
{
	GHashTableIter i;
	void *value;

	g_hash_table_iter_init(&i, d->ways);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		struct way *w = value;

		if (w->call) {
			g_clear_pointer(&w->room, g_free);
			doubt(w);
		}
		api_cancel(g_steal_pointer(&w->call));
	}
	direct_list_forget(d->list);
}

void direct_free(struct direct *d)
{
	if (!d)
		return;
	g_hash_table_destroy(d->ways);
	direct_list_free(d->list);
	g_queue_clear_full(&d->heard, heard_free);
	g_free(d);
}

void direct_heard(struct direct *d, const struct matrix_room *room, const char *event)
{
	struct heard *h = g_new0(struct heard, 1);

	h->event = g_strdup(event);
	h->room = g_strdup(room->id);
	g_queue_push_head(&d->heard, h);
	if (d->heard.length > HEARD_MOST)
		heard_free(g_queue_pop_tail(&d->heard));
}

const char *direct_said_in(struct direct *d, const char *user, const char *event)
{
	for (const GList *i = d->heard.head; i; i = i->next) {
		const struct heard *h = i->data;
		const struct matrix_room *room;

		if (strcmp(h->event, event) != 0)
			continue;
		room = matrix_rooms_find(d->m->rooms, h->room);
		return room && !g_strcmp0(room->direct, user) &&
				       matrix_room_is_private(d->m->rooms, room)
			       ? room->id
			       : NULL;
	}
	return NULL;
}

/* A room is told of piece by piece while it is made: the invitation comes last. */
static bool is_told(const struct direct *d, const struct way *w)
{
	const struct matrix_room *room = matrix_rooms_find(d->m->rooms, w->room);

	if (!room || !g_hash_table_contains(room->members, d->m->user))
		return false;
	return g_hash_table_contains(room->members, w->user) || room->left ||
	       mono_us(d) - w->tried_us > TELLING_TAKES_US;
}

/* One that kith has opened and no sync has told all of yet. Once it is told of, the rooms know
 * better: they may have left it. */
static const char *opened_room(struct direct *d, const char *user)
{
	struct way *w = g_hash_table_lookup(d->ways, user);

	if (w && w->room && is_told(d, w))
		g_clear_pointer(&w->room, g_free);
	return w ? w->room : NULL;
}

const char *direct_room(struct direct *d, const char *user)
{
	const struct matrix_room *room = matrix_rooms_direct(d->m->rooms, user);

	return room ? room->id : opened_room(d, user);
}

static bool is_encrypted(const struct direct *d, const char *user)
{
	const struct way *w = g_hash_table_lookup(d->ways, user);

	return w->encrypted;
}

int direct_look(struct direct *d, const char *user, const char *room)
{
	const struct matrix_room *known = matrix_rooms_find(d->m->rooms, room);
	bool untold = !g_strcmp0(opened_room(d, user), room);

	if (known && matrix_room_is_opaque(known))
		return -EPROTONOSUPPORT;
	/* While it is told of piece by piece they could not read what is encrypted in it. */
	if (untold && is_encrypted(d, user))
		return -EAGAIN;
	return untold || (known && known->complete) ? 0 : -EAGAIN;
}

bool direct_overheard(struct direct *d, const char *user, const char *room)
{
	const struct matrix_room *known = matrix_rooms_find(d->m->rooms, room);
	GHashTableIter i;
	void *who;

	if (!known)
		return false;
	g_hash_table_iter_init(&i, known->members);
	while (g_hash_table_iter_next(&i, &who, NULL))
		if (strcmp(who, user) != 0 && strcmp(who, d->m->user) != 0)
			return true;
	return false;
}

void direct_lost(struct direct *d, const char *user, const char *room)
{
	struct way *w = g_hash_table_lookup(d->ways, user);

	if (w && !g_strcmp0(w->room, room))
		g_clear_pointer(&w->room, g_free);
	db_begin(d->m->db);
	matrix_rooms_set_direct(d->m->rooms, room, NULL);
	db_end(d->m->db);
}

/* What has come of it is of no use any more, once another one may be opened. */
static gboolean is_over(void *user, void *data, void *now_us)
{
	const struct way *w = data;

	return !w->call &&
	       *(int64_t *)now_us - w->tried_us >= (w->doubtful ? DOUBT_US : OPEN_EVERY_US);
}

enum direct_opening direct_opening(struct direct *d, const char *user)
{
	int64_t now_us = mono_us(d);

	g_hash_table_foreach_remove(d->ways, is_over, &now_us);
	const struct way *w = g_hash_table_lookup(d->ways, user);
	if (!w)
		return DIRECT_MAY_OPEN;
	return w->call || w->doubtful ? DIRECT_OPENING : DIRECT_CLOSED;
}

static void end(struct way *w, int error)
{
	/* It may free everything. */
	g_autofree char *user = g_strdup(w->user);

	w->done(w->data, user, error);
}

/* It was to be encrypted, or the server encrypts whatever room is made on it. Only the server
 * itself says that it did not: a 404 alone may be some proxy's. */
static void looked(void *data, const struct api_answer *a)
{
	struct way *w = data;

	w->call = NULL;
	w->encrypted = a->error == 0;
	if (a->error < 0 && strcmp(a->errcode, "M_NOT_FOUND") != 0) {
		/* The next sync tells. */
		g_clear_pointer(&w->room, g_free);
		end(w, -EAGAIN);
		return;
	}
	end(w, 0);
}

static void look(struct way *w)
{
	struct matrix *m = w->direct->m;
	g_autofree char *room = http_escape(w->room);
	g_autofree char *path = g_strdup_printf("v3/rooms/%s/state/m.room.encryption", room);
	const struct api_request request = {
		.method = "GET",
		.path = path,
		.retry = API_REPEAT,
		.within_us = LOOK_TAKES_US,
	};

	w->call = api_send(m->api, &request, looked, w);
}

/* Whatever has become of one that was asked for and not answered, the next sync tells of it. */
static void not_created(struct way *w, const struct api_answer *a)
{
	struct matrix *m = w->direct->m;

	log_warning("matrix %s: could not open a direct room for %s: %s", m->name, w->user,
		    a->error ? a->why : "the server named no room");
	bool limited = a->status == 429;
	bool refused = a->error == -EREMOTEIO && a->status >= 400 && a->status < 500 && !limited;
	if (a->error == -ECONNREFUSED || limited)
		w->tried_us -= OPEN_EVERY_US; /* nobody has heard of it */
	else if (!refused)
		doubt(w);
	if (refused || a->error == -ECONNREFUSED) {
		db_begin(m->db);
		note_opened(w->direct, w->user);
		db_end(m->db);
	}
	end(w, refused ? -EPERM : -EAGAIN);
}

static void created(void *data, const struct api_answer *a)
{
	struct way *w = data;
	struct matrix *m = w->direct->m;
	g_autofree char *room = a->error == 0 ? span_text(span_get(a->json, "room_id")) : NULL;

	w->call = NULL;
	if (!room || !*room) {
		not_created(w, a);
		return;
	}
	log_info("matrix %s: opened the direct room %s for %s", m->name, room, w->user);
	db_begin(m->db);
	matrix_rooms_set_direct(m->rooms, room, w->user);
	note_opened(w->direct, w->user);
	db_end(m->db);
	direct_list_add(w->direct->list, w->user, room);
	w->room = g_steal_pointer(&room);
	look(w);
}

/* CS API: POST /createRoom. */
static json_t *room_to_be(const struct direct *d, const char *user)
{
	json_t *room = json_pack("{s:b, s:s, s:[s]}", "is_direct", 1, "preset",
				 "trusted_private_chat", "invite", user);

	if (matrix_rooms_meet_encrypted(d->m->rooms, user))
		json_object_set_new(room, "initial_state",
				    json_pack("[{s:s, s:s, s:{s:s}}]", "type", "m.room.encryption",
					      "state_key", "", "content", "algorithm",
					      "m.megolm.v1.aes-sha2"));
	return room;
}

void direct_open(struct direct *d, const char *user,
		 void (*done)(void *data, const char *user, int error), void *data)
{
	struct way *w = add_way(d, user);

	w->done = done;
	w->data = data;
	db_begin(d->m->db);
	note_opening(d, user);
	db_end(d->m->db);

	const struct api_request request = {
		.method = "POST",
		.path = "v3/createRoom",
		.body = room_to_be(d, user),
		.retry = API_ONCE,
		.answer_us = CREATE_TAKES_US,
		.within_us = CREATE_WITHIN_US,
	};

	w->call = api_send(d->m->api, &request, created, w);
}
