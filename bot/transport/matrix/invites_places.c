#include "base/log.h"
#include "clock.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/invites.h"
#include "transport/matrix/invites_private.h"
#include "transport/matrix/rooms.h"

#include <string.h>

enum { SERVERS_MOST = 3 };

struct place {
	struct errand e; /* first member; about: the place */
	struct invites *i;
	bool inside;      /* as it was last looked at */
	bool banned;      /* it does not come back by itself */
	bool looked;      /* an alias: the homeserver has answered what room that is */
	int64_t asked_us; /* when it did so last, by the monotonic clock */
	char **servers;   /* that know the room, as the directory says; NULL: nobody said */
};

static const struct errand_kind place_kind;

static struct place *place_of(struct errand *e)
{
	return (struct place *)e;
}

static void place_free(struct errand *e)
{
	g_strfreev(place_of(e)->servers);
	g_free(e);
}

static bool is_alias(const struct place *p)
{
	return *p->e.about == '#';
}

static const struct matrix_room *room_of(const struct place *p)
{
	return matrix_rooms_at(p->i->m->rooms, p->e.about);
}

void invites_places_new(struct invites *i)
{
	for (const char *const *name = i->m->env.rooms; *name; name++) {
		struct place *p = g_new0(struct place, 1);

		p->i = i;
		p->e.rank = RANK_PLACE;
		errand_add(i->errands, &p->e, &place_kind, *name);
		errand_put_off(&p->e, -1);
		p->looked = !is_alias(p) || room_of(p);
	}
}

static void note_unknown(struct errand *e, void *data)
{
	bool *unknown = data;

	*unknown = *unknown || !place_of(e)->looked;
}

bool invites_places_unknown(const struct invites *i)
{
	bool unknown = false;

	errands_each(i->errands, &place_kind, note_unknown, &unknown);
	return unknown;
}

static void ask_again(struct errand *e, void *data)
{
	struct place *p = place_of(e);
	const struct clock *clock = p->i->m->env.clock;
	int64_t least_us = *(const int64_t *)data;

	if (!is_alias(p) || room_of(p) || !p->looked || p->banned || e->call ||
	    clock->mono_us(clock) - p->asked_us < least_us)
		return;
	p->looked = false;
	errand_put_off(e, 0);
}

void invites_places_ask_again(struct invites *i, int64_t least_us)
{
	errands_each(i->errands, &place_kind, ask_again, &least_us);
}

bool invites_wants(const struct invites *i, const char *room)
{
	const struct matrix_room *known = matrix_rooms_find(i->m->rooms, room);

	return known && known->place;
}

const char *invites_server_of(const char *id)
{
	const char *colon = id ? strchr(id, ':') : NULL;

	return colon && colon[1] ? colon + 1 : NULL;
}

char *invites_join_path(const char *room, const char *const *servers)
{
	g_autofree char *escaped = http_escape(room);
	GString *path = g_string_new(NULL);

	g_string_printf(path, "v3/join/%s", escaped);
	for (unsigned n = 0; servers && servers[n] && n < SERVERS_MOST; n++) {
		g_autofree char *server = http_escape(servers[n]);

		/* CS API: the former up to version 1.11, the latter since. */
		g_string_append_printf(path, "%cserver_name=%s&via=%s", n ? '&' : '?', server,
				       server);
	}
	return g_string_free(path, FALSE);
}

char *invites_reason(const struct api_answer *a)
{
	return g_strdup_printf("%d %s", a->status, a->errcode);
}

char *invites_advice(const struct invites *i, int status)
{
	switch (status) {
	case 403:
		return g_strdup_printf("ask somebody there to invite %s (and to lift a ban, if "
				       "there is one)",
				       i->m->user);
	case 404:
		return g_strdup_printf("see that the room is spelled as it is called; if it is, "
				       "ask somebody there to invite %s",
				       i->m->user);
	case 429:
		return g_strdup("the homeserver asks for patience");
	default:
		return g_strdup_printf("if that stays so, ask somebody there to invite %s",
				       i->m->user);
	}
}

static void failed(struct place *p, const struct api_answer *a, const char *what)
{
	g_autofree char *reason = invites_reason(a);

	if (errand_is_news(&p->e, reason)) {
		g_autofree char *advice = invites_advice(p->i, a->status);
		log_warning("matrix %s: cannot %s %s: %s; %s; kith tries again later",
			    p->i->m->name, what, p->e.about, a->why, advice);
	}
	errand_retry(&p->e);
}

static void joined(struct errand *e, const struct api_answer *a)
{
	struct place *p = place_of(e);

	if (a->error) {
		failed(p, a, "join");
		return;
	}
	log_info("matrix %s: joined %s", p->i->m->name, e->about);
	errand_well(e);
	/* Unless it is inside by then. */
	errand_put_off(e, p->i->times.joined_us);
}

static void join(struct place *p)
{
	const struct matrix_room *room = room_of(p);
	const char *id = room ? room->id : p->e.about;
	const char *const own[] = { invites_server_of(id), NULL };
	g_autofree char *path =
		invites_join_path(id, p->servers ? (const char *const *)p->servers : own);

	errand_ask(&p->e, path, json_object(), JOIN_ANSWER_US, joined);
}

static char **read_servers(struct span servers)
{
	GPtrArray *list = g_ptr_array_new();

	for (struct span_each i = span_each(servers); span_next(&i) && list->len < SERVERS_MOST;) {
		char *server = span_text(i.value);

		if (server)
			g_ptr_array_add(list, server);
	}
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

/* `room` is what the alias stands for. Whether there is anything left to do. */
static bool take_room(struct place *p, const char *room)
{
	struct matrix *m = p->i->m;

	db_begin(m->db);
	matrix_rooms_set_place(m->rooms, room, p->e.about);
	const struct matrix_room *now = room_of(p);
	if (now && now->inside && now->complete)
		matrix_entered(m, now);
	db_end(m->db);
	if (!now || strcmp(now->id, room) != 0) {
		if (errand_is_news(&p->e, "another place"))
			log_warning("matrix %s: %s is %s, which is among the places already: take "
				    "one of them out of the configuration",
				    m->name, p->e.about, room);
		errand_retry(&p->e);
		return false;
	}
	p->inside = now->inside;
	return !now->inside;
}

static bool all_known_now(struct place *p, const struct api_answer *a)
{
	const struct clock *clock = p->i->m->env.clock;

	p->asked_us = clock->mono_us(clock);
	if (p->looked || a->status < 200 || a->status >= 500 || a->status == 429)
		return false;
	p->looked = true;
	return !invites_places_unknown(p->i);
}

/* CS API: Room aliases. */
static void looked_up(struct errand *e, const struct api_answer *a)
{
	struct place *p = place_of(e);
	bool decide = all_known_now(p, a);
	g_autofree char *room = a->error ? NULL : span_text(span_get(a->json, "room_id"));

	if (room && *room == '!') {
		g_strfreev(p->servers);
		p->servers = read_servers(span_get(a->json, "servers"));
		if (take_room(p, room))
			join(p);
	} else if (room_of(p)) {
		join(p);
	} else {
		failed(p, a, "find out which room is");
	}
	if (decide)
		invites_decide(p->i);
}

static void run(struct errand *e)
{
	struct place *p = place_of(e);
	const struct matrix_room *room = room_of(p);

	if ((room && room->inside) || p->banned)
		return;
	if (!is_alias(p)) {
		join(p);
		return;
	}
	g_autofree char *alias = http_escape(e->about);
	g_autofree char *path = g_strdup_printf("v3/directory/room/%s", alias);
	errand_ask(e, path, NULL, 0, looked_up);
}

static const struct errand_kind place_kind = { "place", run, place_free };

static void look(struct errand *e, void *data)
{
	struct place *p = place_of(e);
	const struct matrix_room *room = room_of(p);
	bool inside = room && room->inside;

	if (inside) {
		p->banned = false;
		errand_well(e);
		errand_put_off(e, -1);
	} else if (p->inside) {
		errand_put_off(e, p->banned ? -1 : p->i->times.put_out_us);
	} else if (e->due_us < 0 && !e->call && !p->banned) {
		errand_put_off(e, 0);
	}
	p->inside = inside;
}

static void follow_one(struct invites *i, const struct matrix_room *room)
{
	if (room->moved_to)
		invites_follow(i, room);
}

void invites_places(struct invites *i)
{
	const struct matrix_room *room;

	if (i->m->env.trial)
		return;
	errands_each(i->errands, &place_kind, look, NULL);
	if (!invites_places_unknown(i))
		invites_decide(i);
	for (unsigned n = 0; (room = matrix_rooms_each(i->m->rooms, n)); n++) {
		follow_one(i, room);
		invites_abandoned(i, room);
	}
}

void invites_put_out(struct invites *i, const char *place, bool banned)
{
	struct errand *e = i->m->env.trial ? NULL : errands_find(i->errands, &place_kind, place);

	if (!e)
		return;
	place_of(e)->inside = true;
	place_of(e)->banned = banned;
	if (banned)
		log_warning("matrix %s: banned from %s; once that is lifted, ask somebody there to "
			    "invite %s",
			    i->m->name, place, i->m->user);
	else
		log_warning("matrix %s: put out of %s; kith tries to come back", i->m->name, place);
}
