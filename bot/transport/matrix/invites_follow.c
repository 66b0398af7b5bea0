/* Rooms that go on elsewhere (CS API: Room Upgrades), and state that has to be asked for. */
#include "base/log.h"
#include "clock.h"
#include "event.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/hear.h"
#include "transport/matrix/invites.h"
#include "transport/matrix/invites_private.h"
#include "transport/matrix/rooms.h"

#include <errno.h>
#include <string.h>

struct follow {
	struct errand e; /* first member; about: the room that moved */
	struct invites *i;
	char *target;
	bool joined; /* by us, only for this */
	bool wrong;  /* the target does not say that it came from there, or is a place by itself */
};

struct asking {
	struct errand e; /* first member; about: the room */
	struct invites *i;
};

static const struct errand_kind follow_kind, asking_kind;

static struct follow *follow_of(struct errand *e)
{
	return (struct follow *)e;
}

static void follow_free(struct errand *e)
{
	g_free(follow_of(e)->target);
	g_free(e);
}

static bool is_followed(const struct matrix_room *room)
{
	return room->moved_to && room->place;
}

/*
 * Moving.
 */

static void tell_moved(struct invites *i, const struct matrix_room *old,
		       const struct matrix_room *new)
{
	g_autofree char *id = g_strdup_printf("moved/%s/%s", old->id, new->id);
	g_autofree char *shown = matrix_room_shown(old, old->moved_by);
	struct event e = {
		.kind = EVENT_MOVED,
		.id = id,
		.network = i->m->name,
		.room = old->place,
		.account = old->moved_by,
		.shown = shown,
		.text = new->id,
		.at_us = matrix_wall_us(i->m),
		.trusted = true,
	};

	i->m->env.listener->event(i->m->env.data, &i->m->transport, &e);
}

/* In a transaction. `old` is in both and what they say of each other fits. */
static void move(struct invites *i, struct matrix_room *old, struct matrix_room *new)
{
	log_info("matrix %s: %s goes on as %s", i->m->name, old->place, new->id);
	tell_moved(i, old, new);
	matrix_rooms_set_place(i->m->rooms, new->id, old->place);
	/* It may have moved on since. */
	if (is_followed(new))
		invites_follow(i, new);
}

static bool fits(const struct matrix_room *old, const struct matrix_room *new)
{
	g_autofree char *predecessor = matrix_room_predecessor(new);

	return !g_strcmp0(predecessor, old->id) && !g_strcmp0(old->moved_to, new->id);
}

/*
 * Getting there.
 */

static void left(struct errand *e, const struct api_answer *a)
{
}

static void give_up(struct follow *f, const struct matrix_room *old)
{
	f->wrong = true;
	log_warning("matrix %s: %s says that it goes on in %s, but that room does not say that it "
		    "came from there: kith stays; if it is the right one, put it under places",
		    f->i->m->name, old->place, f->target);
	if (!f->joined)
		return;
	g_autofree char *room = http_escape(f->target);
	g_autofree char *path = g_strdup_printf("v3/rooms/%s/leave", room);
	errand_ask(&f->e, path, json_object(), 0, left);
}

static void joined(struct errand *e, const struct api_answer *a)
{
	struct follow *f = follow_of(e);

	if (!a->error) {
		f->joined = true;
		errand_well(e);
		/* Until /sync has told of the room: arrived. */
		errand_put_off(e, f->i->times.joined_us);
		return;
	}
	const struct matrix_room *old = matrix_rooms_find(f->i->m->rooms, e->about);
	g_autofree char *reason = invites_reason(a);
	if (errand_is_news(e, reason)) {
		g_autofree char *advice = invites_advice(f->i, a->status);
		log_warning(
			"matrix %s: %s goes on in %s, which kith cannot join: %s; %s; kith tries "
			"again later",
			f->i->m->name, old && old->place ? old->place : e->about, f->target, a->why,
			advice);
	}
	errand_retry(e);
}

static void join(struct follow *f, const struct matrix_room *old)
{
	const char *by = invites_server_of(old->moved_by), *at = invites_server_of(f->target);
	const char *servers[3] = { by, at, NULL };

	if (!by || !g_strcmp0(by, at)) {
		servers[0] = at;
		servers[1] = NULL;
	}
	g_autofree char *path = invites_join_path(f->target, servers);
	errand_ask(&f->e, path, json_object(), JOIN_ANSWER_US, joined);
}

/* /sync says nothing of a room that kith was in already: then its state is asked for. */
static void enter(struct follow *f)
{
	struct matrix *m = f->i->m;

	if (!m->synced) {
		errand_put_off(&f->e, f->i->times.joined_us);
		return;
	}
	db_begin(m->db);
	matrix_rooms_enter(m->rooms, f->target);
	db_end(m->db);
}

static void run_follow(struct errand *e)
{
	struct follow *f = follow_of(e);
	struct matrix *m = f->i->m;
	struct matrix_room *old = matrix_rooms_find(m->rooms, e->about);
	struct matrix_room *new = matrix_rooms_find(m->rooms, f->target);

	if (!old || !is_followed(old) || strcmp(old->moved_to, f->target) != 0) {
		errand_over(e);
	} else if (f->wrong) {
		return;
	} else if (!new || !new->inside) {
		if (f->joined)
			enter(f);
		else
			join(f, old);
	} else if (!new->complete) {
		return; /* its state is being asked for */
	} else if (new->place) {
		f->wrong = true;
		log_warning("matrix %s: %s goes on as %s, which is among the places already: take "
			    "the old one out of the configuration",
			    m->name, old->place, new->id);
	} else if (fits(old, new)) {
		db_begin(m->db);
		move(f->i, old, new);
		db_end(m->db);
		errand_over(e);
	} else {
		give_up(f, old);
	}
}

static const struct errand_kind follow_kind = { "follow", run_follow, follow_free };

void invites_follow(struct invites *i, const struct matrix_room *room)
{
	if (i->m->env.trial || !is_followed(room))
		return;
	struct errand *e = errands_find(i->errands, &follow_kind, room->id);
	if (e && !strcmp(follow_of(e)->target, room->moved_to))
		return;
	if (e)
		errand_over(e);
	struct follow *f = g_new0(struct follow, 1);
	f->i = i;
	f->target = g_strdup(room->moved_to);
	f->e.rank = RANK_FOLLOW;
	errand_add(i->errands, &f->e, &follow_kind, room->id);
}

/* What there is to say of `target` is there. */
static void look_again(struct errand *e, void *data)
{
	const char *target = data;

	if (!strcmp(follow_of(e)->target, target) && !follow_of(e)->wrong && !e->call)
		errand_put_off(e, 0);
}

static void arrived(void *data, struct matrix_room *new)
{
	struct invites *i = data;
	g_autofree char *predecessor = matrix_room_predecessor(new);
	struct matrix_room *old = predecessor ? matrix_rooms_find(i->m->rooms, predecessor) : NULL;

	/* At once: what is said behind it in the same answer is said in the place. */
	if (old && !new->place && is_followed(old) && fits(old, new))
		move(i, old, new);
	errands_each(i->errands, &follow_kind, look_again, new->id);
}

/*
 * State that has to be asked for: of a room that kith was in before it became a place.
 */

static void asking_free(struct errand *e)
{
	g_free(e);
}

static void fill_one(void *data, struct matrix_room *room, struct span event)
{
	hear_state(data, room, event);
}

static void told_state(struct errand *e, const struct api_answer *a)
{
	struct asking *asking = (struct asking *)e;
	struct invites *i = asking->i;
	struct matrix_room *room = matrix_rooms_find(i->m->rooms, e->about);
	struct span events = { 0 };

	if (!room || !matrix_rooms_lacks(i->m->rooms, room)) {
		errand_over(e);
		return;
	}
	if (a->status == 403) {
		/* Kith is not there after all. */
		db_begin(i->m->db);
		matrix_rooms_leave(i->m->rooms, e->about);
		db_end(i->m->db);
		errand_over(e);
		invites_places(i);
		return;
	}
	if (a->error || span_check(a->body, a->bytes, &events, NULL) < 0 ||
	    !span_is_array(events)) {
		if (errand_is_news(e, a->why))
			log_warning("matrix %s: cannot get the state of %s: %s; kith tries again "
				    "later",
				    i->m->name, e->about,
				    a->error ? a->why : "the answer cannot be read");
		errand_retry(e);
		return;
	}
	db_begin(i->m->db);
	matrix_rooms_fill(room, events, fill_one, i->m);
	matrix_entered(i->m, room);
	db_end(i->m->db);
	errands_each(i->errands, &follow_kind, look_again, e->about);
	errand_over(e);
}

static void run_asking(struct errand *e)
{
	struct asking *asking = (struct asking *)e;
	struct matrix_room *room = matrix_rooms_find(asking->i->m->rooms, e->about);

	if (!room || !matrix_rooms_lacks(asking->i->m->rooms, room)) {
		errand_over(e);
		return;
	}
	g_autofree char *id = http_escape(e->about);
	g_autofree char *path = g_strdup_printf("v3/rooms/%s/state", id);
	matrix_rooms_asked(room);
	errand_ask(e, path, NULL, 0, told_state);
}

static const struct errand_kind asking_kind = { "state", run_asking, asking_free };

static void lacks(void *data, const char *room)
{
	struct invites *i = data;
	struct errand *e = errands_find(i->errands, &asking_kind, room);

	if (e) {
		if (!e->call)
			errand_put_off(e, 0);
		return;
	}
	struct asking *asking = g_new0(struct asking, 1);
	asking->i = i;
	asking->e.rank = RANK_STATE;
	asking->e.raw = true;
	errand_add(i->errands, &asking->e, &asking_kind, room);
}

void invites_follow_new(struct invites *i)
{
	const struct matrix_rooms_watcher watcher = { lacks, arrived, i };
	const struct matrix_room *room;

	matrix_rooms_watch(i->m->rooms, &watcher);
	for (unsigned n = 0; (room = matrix_rooms_each(i->m->rooms, n)); n++)
		if (matrix_rooms_lacks(i->m->rooms, room))
			lacks(i, room->id);
}
