#include "transport/matrix/invites.h"

#include "base/log.h"
#include "clock.h"
#include "event.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/invites_private.h"
#include "transport/matrix/rooms.h"

#include <errno.h>
#include <string.h>

#define COUNTED_US CLOCK_US_PER_HOUR

enum {
	STRIPPED_MOST = 200, /* events looked at of an invitation */
	UNWANTED_MOST = 200, /* waiting for a refusal; what comes beyond is left unanswered */
	WANTED_MOST = 2000,  /* likewise of those that kith takes */
	TOLD_MOST = 20,      /* refusals told to the app in an hour */
	DIRECTS_MOST = 5,    /* direct rooms with one person */
	FAILURES_MOST = 12,  /* then nobody wants it any more */
	SHOWN_LETTERS_MOST = 128,
};

enum answer {
	ANSWER_LATER, /* it is not known yet whether the room is a place */
	ANSWER_ACCEPT,
	ANSWER_REFUSE,
};

struct invite {
	struct errand e; /* first member; about: the room */
	struct invites *i;
	char *inviter, *shown;
	bool direct;
	enum answer answer;
	unsigned failures;
};

static const struct errand_kind invite_kind;

static struct invite *invite_of(struct errand *e)
{
	return (struct invite *)e;
}

static void invite_free(struct errand *e)
{
	struct invite *invite = invite_of(e);

	invite->i->waiting[invite->answer]--;
	g_free(invite->inviter);
	g_free(invite->shown);
	g_free(invite);
}

static void set_answer(struct invite *invite, enum answer answer)
{
	invite->i->waiting[invite->answer]--;
	invite->i->waiting[answer]++;
	invite->answer = answer;
	invite->e.rank = answer == ANSWER_ACCEPT ? RANK_ACCEPT : RANK_REFUSE;
	errand_put_off(&invite->e, answer == ANSWER_LATER ? invite->i->times.late_us : 0);
}

static struct invite *add(struct invites *i, const char *room, const char *inviter,
			  const char *shown, bool direct)
{
	struct invite *invite = g_new0(struct invite, 1);

	invite->i = i;
	invite->inviter = g_strdup(inviter);
	invite->shown = g_strdup(shown);
	invite->direct = direct;
	i->waiting[invite->answer]++;
	errand_add(i->errands, &invite->e, &invite_kind, room);
	return invite;
}

static void write_row(const struct invite *invite)
{
	const struct matrix *m = invite->i->m;

	db_run(m->db,
	       "INSERT OR REPLACE INTO matrix_invite(network, room, inviter, shown, direct, answer)"
	       " VALUES(?, ?, ?, ?, ?, ?)",
	       "ttttii", m->name, invite->e.about, invite->inviter, invite->shown,
	       (int64_t)invite->direct, (int64_t)invite->answer);
}

/* In a transaction. */
static void delete_row(const struct invite *invite)
{
	const struct matrix *m = invite->i->m;

	db_run(m->db, "DELETE FROM matrix_invite WHERE network = ? AND room = ?", "tt", m->name,
	       invite->e.about);
}

static void load(struct invites *i)
{
	static const char sql[] = "SELECT room, inviter, shown, direct, answer FROM matrix_invite"
				  " WHERE network = ?";

	for (struct query q = db_query(i->m->db, sql, "t", i->m->name); query_next(&q);) {
		int64_t answer = query_int(&q, 4);
		struct invite *invite = add(i, query_text(&q, 0), query_text(&q, 1),
					    query_text(&q, 2), query_int(&q, 3) != 0);

		set_answer(invite, answer == ANSWER_ACCEPT   ? ANSWER_ACCEPT
				   : answer == ANSWER_REFUSE ? ANSWER_REFUSE
							     : ANSWER_LATER);
	}
}

struct invites *invites_new(struct matrix *m)
{
	struct invites *i = g_new0(struct invites, 1);

	i->m = m;
	/* Whoever puts kith out has a reason: it does not stand in the door again at once. */
	i->times = (struct invites_times){ 5 * CLOCK_US_PER_MINUTE, 2 * CLOCK_US_PER_MINUTE,
					   10 * CLOCK_US_PER_SECOND, 15 * CLOCK_US_PER_SECOND };
	if (m->env.trial)
		return i;
	i->errands = errands_new(m->env.loop, m->env.clock, m->api);
	load(i);
	invites_places_new(i);
	invites_follow_new(i);
	return i;
}

void invites_free(struct invites *i)
{
	static const struct matrix_rooms_watcher nobody;

	if (!i)
		return;
	if (i->errands && i->m->rooms)
		matrix_rooms_watch(i->m->rooms, &nobody);
	errands_free(i->errands);
	g_free(i);
}

/*
 * Who may.
 */

static bool is_inviter(const struct invites *i, const char *user)
{
	return g_strv_contains(i->m->env.inviters, user);
}

/* The place that the room is, or that goes on there; or NULL. */
static const char *place_of(const struct invites *i, const char *id)
{
	const struct matrix_room *room = matrix_rooms_find(i->m->rooms, id);

	if (room && room->place)
		return room->place;
	for (unsigned n = 0; (room = matrix_rooms_each(i->m->rooms, n)); n++)
		if (room->place && !g_strcmp0(room->moved_to, id))
			return room->place;
	return NULL;
}

static enum answer decide(const struct invites *i, const char *room, const char *inviter,
			  bool direct)
{
	if (place_of(i, room))
		return ANSWER_ACCEPT;
	if (direct && (is_inviter(i, inviter) || matrix_rooms_meet(i->m->rooms, inviter)))
		return ANSWER_ACCEPT;
	if (invites_places_unknown(i))
		return ANSWER_LATER;
	return is_inviter(i, inviter) ? ANSWER_ACCEPT : ANSWER_REFUSE;
}

/* An hour's count begins anew. */
static void count(struct invites *i)
{
	int64_t now_us = i->m->env.clock->mono_us(i->m->env.clock);

	if (i->counted_since_us && now_us - i->counted_since_us < COUNTED_US)
		return;
	i->counted_since_us = now_us;
	i->told = i->untold = 0;
}

/* Whether one refusal more may be told of; else it is only said once that there are more. */
static bool may_tell(struct invites *i)
{
	count(i);
	if (i->told < TOLD_MOST) {
		i->told++;
		return true;
	}
	if (i->untold++ == 0)
		log_warning("matrix %s: many invitations from people kith does not take them from; "
			    "within this hour the rest is not told of one by one",
			    i->m->name);
	return false;
}

static void tell(struct invites *i, const struct invite *invite)
{
	const char *place = place_of(i, invite->e.about);
	bool accepted = invite->answer == ANSWER_ACCEPT;

	if (!accepted && !may_tell(i))
		return;
	g_autofree char *id = g_strdup_printf("invite/%s/%s", invite->e.about, invite->inviter);
	log_info("matrix %s: %s invites kith to %s; kith %s", i->m->name, invite->inviter,
		 invite->e.about, accepted ? "goes there" : "does not go there");
	struct event e = {
		.kind = EVENT_INVITE,
		.id = id,
		.network = i->m->name,
		.room = place ? place : invite->e.about,
		.account = invite->inviter,
		.shown = invite->shown,
		.text = "",
		.at_us = matrix_wall_us(i->m),
		.trusted = true,
		.direct = invite->direct,
		.accepted = accepted,
	};
	i->m->env.listener->event(i->m->env.data, &i->m->transport, &e);
}

/* In a transaction. */
static void settle(struct invite *invite, enum answer answer)
{
	struct invites *i = invite->i;

	set_answer(invite, answer);
	write_row(invite);
	if (answer == ANSWER_LATER)
		return;
	/* Known before /sync tells of the room, so that its state is kept from the start. */
	if (answer == ANSWER_ACCEPT && invite->direct)
		matrix_rooms_set_direct(i->m->rooms, invite->e.about, invite->inviter);
	tell(i, invite);
}

static void decide_one(struct errand *e, void *data)
{
	struct invite *invite = invite_of(e);

	if (invite->answer == ANSWER_LATER)
		settle(invite, decide(invite->i, e->about, invite->inviter, invite->direct));
}

void invites_decide(struct invites *i)
{
	db_begin(i->m->db);
	errands_each(i->errands, &invite_kind, decide_one, NULL);
	db_end(i->m->db);
}

/*
 * What /sync tells (CS API: stripped state).
 */

struct stripped {
	char *inviter, *shown;
	bool direct;
};

static void stripped_done(struct stripped *s)
{
	g_free(s->inviter);
	g_free(s->shown);
}

/* The membership of `user` among the events; what is wrongly typed is not there. */
static struct span member_event(struct span events, const char *user)
{
	unsigned n = 0;

	for (struct span_each i = span_each(events); span_next(&i) && n < STRIPPED_MOST; n++)
		if (span_says(span_get(i.value, "type"), "m.room.member") &&
		    span_says(span_get(i.value, "state_key"), user))
			return i.value;
	return (struct span){ 0 };
}

static char *local_part(const char *user)
{
	return g_strndup(user + 1, strcspn(user + 1, ":"));
}

static bool read_stripped(const struct invites *i, struct span entry, struct stripped *ret)
{
	struct span events = span_at(entry, "invite_state", "events", NULL);
	struct span own = member_event(events, i->m->user);
	struct span content = span_get(own, "content");
	g_autofree char *inviter = span_text(span_get(own, "sender"));

	if (!span_says(span_get(content, "membership"), "invite") || !inviter ||
	    !matrix_rooms_is_user(inviter))
		return false;
	struct span their = span_get(member_event(events, inviter), "content");
	g_autofree char *shown = span_text(span_get(their, "displayname"));
	if (shown && g_utf8_strlen(shown, -1) > SHOWN_LETTERS_MOST)
		*g_utf8_offset_to_pointer(shown, SHOWN_LETTERS_MOST) = '\0';
	ret->shown = shown && *shown ? g_steal_pointer(&shown) : local_part(inviter);
	ret->inviter = g_steal_pointer(&inviter);
	ret->direct = span_is_true(span_get(content, "is_direct"));
	return true;
}

/* The homeserver may send as many as it likes, and so may whoever does not mind how it looks. */
static bool is_too_much(struct invites *i, enum answer answer, const struct stripped *s)
{
	if (answer == ANSWER_ACCEPT && s->direct && !is_inviter(i, s->inviter))
		return matrix_rooms_directs(i->m->rooms, s->inviter) >= DIRECTS_MOST;
	return i->waiting[answer] >= (answer == ANSWER_ACCEPT ? WANTED_MOST : UNWANTED_MOST);
}

static void heard(struct invites *i, const char *room, const struct stripped *s)
{
	if (!s->direct && !invites_wants(i, room))
		invites_places_ask_again(i, is_inviter(i, s->inviter) ? 0 : i->times.look_again_us);
	enum answer answer = decide(i, room, s->inviter, s->direct);
	struct errand *before = errands_find(i->errands, &invite_kind, room);

	if (before) {
		struct invite *old = invite_of(before);
		/* Said again; or somebody else's that makes no difference. */
		if (!strcmp(old->inviter, s->inviter) || old->answer == answer ||
		    old->answer == ANSWER_ACCEPT) {
			if (old->answer != ANSWER_LATER && !before->call)
				errand_put_off(before, 0);
			return;
		}
		errand_over(before);
	}
	if (is_too_much(i, answer, s)) {
		count(i);
		if (i->untold++ == 0)
			log_warning("matrix %s: more invitations than kith answers; some are left",
				    i->m->name);
		return;
	}
	settle(add(i, room, s->inviter, s->shown, s->direct), answer);
}

void invites_heard(struct invites *i, const char *room, struct span entry)
{
	struct stripped s;

	if (i->m->env.trial || !matrix_rooms_is_id(room) || !read_stripped(i, entry, &s))
		return;
	heard(i, room, &s);
	stripped_done(&s);
}

/*
 * Answering.
 */

/* The homeserver has the answer, or will never take it. */
static void answered(struct invite *invite, bool accepted)
{
	struct invites *i = invite->i;
	const struct matrix_room *room = matrix_rooms_find(i->m->rooms, invite->e.about);

	db_begin(i->m->db);
	delete_row(invite);
	if (!accepted && invite->direct && room && !room->inside)
		matrix_rooms_set_direct(i->m->rooms, invite->e.about, NULL);
	db_end(i->m->db);
	errand_over(&invite->e);
}

static bool is_final(const struct api_answer *a)
{
	return a->status >= 400 && a->status < 500 && a->status != 429;
}

static void joined(struct errand *e, const struct api_answer *a)
{
	struct invite *invite = invite_of(e);

	if (!a->error) {
		answered(invite, true);
		return;
	}
	g_autofree char *reason = invites_reason(a);
	if (errand_is_news(e, reason)) {
		g_autofree char *advice = invites_advice(invite->i, a->status);
		log_warning("matrix %s: cannot go to %s, where %s invited kith: %s; %s",
			    invite->i->m->name, e->about, invite->inviter, a->why, advice);
	}
	if (is_final(a) || ++invite->failures > FAILURES_MOST)
		answered(invite, false);
	else
		errand_retry(e);
}

static void refused(struct errand *e, const struct api_answer *a)
{
	struct invite *invite = invite_of(e);

	if (!a->error || is_final(a) || ++invite->failures > FAILURES_MOST)
		answered(invite, false);
	else
		errand_retry(e);
}

/* Some server does not say what room an alias is: who may invite kith anywhere waits no longer. */
static void decide_late(struct invite *invite)
{
	struct invites *i = invite->i;

	if (!is_inviter(i, invite->inviter))
		return;
	db_begin(i->m->db);
	settle(invite, ANSWER_ACCEPT);
	db_end(i->m->db);
}

static void run(struct errand *e)
{
	struct invite *invite = invite_of(e);
	const char *refusal = invite->i->m->env.refusal;
	g_autofree char *room = http_escape(e->about), *path = NULL;

	switch (invite->answer) {
	case ANSWER_LATER:
		decide_late(invite);
		break;
	case ANSWER_ACCEPT: {
		const char *const servers[] = { invites_server_of(invite->inviter), NULL };
		path = invites_join_path(e->about, servers);
		errand_ask(e, path, json_object(), JOIN_ANSWER_US, joined);
		break;
	}
	case ANSWER_REFUSE:
		path = g_strdup_printf("v3/rooms/%s/leave", room);
		errand_ask(e, path, json_pack("{s:s}", "reason", refusal ? refusal : ""), 0,
			   refused);
		break;
	}
}

static const struct errand_kind invite_kind = { "invite", run, invite_free };
