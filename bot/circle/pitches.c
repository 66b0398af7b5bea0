#include "circle/pitches.h"

#include "circle/hashes.h"
#include "circle/people.h"
#include "clock.h"
#include "store/db.h"
#include "store/outbox.h"

#include <string.h>

/* Nothing of a case is kept longer; the ladder starts anew. */
#define CASES_LAST_US (30 * CLOCK_US_PER_DAY)
/* "That was no pitch" is about something said lately. */
#define OBJECT_WITHIN_US (7 * CLOCK_US_PER_DAY)
/* Public lines in a place within an hour. */
#define PLACE_MOST 3

static const char *const states[] = {
	[PITCHES_OPEN] = "open",       [PITCHES_MISREAD] = "misread",
	[PITCHES_WELCOME] = "welcome", [PITCHES_CLOSED] = "closed",
	[PITCHES_OVER] = "over",       [PITCHES_WITHDRAWN] = "withdrawn",
};

struct pitches_author pitches_author(struct circle *c, const struct event *e)
{
	int64_t person = people_by_handle(c->db, e->network, e->account);

	if (person && people_remembered(c, person))
		return (struct pitches_author){ .person = person };
	return (struct pitches_author){
		.stranger = e->account ? hashes_handle(c, e->network, e->account)
				       : hashes_nick(c, e->network, e->shown),
	};
}

void pitches_author_done(struct pitches_author *a)
{
	g_clear_pointer(&a->stranger, g_free);
}

void pitches_case_done(struct pitches_case *p)
{
	g_clear_pointer(&p->reasons, g_free);
}

static char *place_of(const struct event *e)
{
	return g_strconcat(e->network, "/", e->room, NULL);
}

struct steps {
	int in_7_days; /* whatever was done about them */
	int told;      /* within the thirty days */
};

/* The columns: when, what, crowded, still open. What was let pass, or left to the organizers
 * because the room had heard enough, is no step: its author was told nothing. */
static void count_step(struct query *q, int64_t now_us, struct steps *n, struct policy_history *h)
{
	int64_t ago_us = now_us - query_int(q, 0);
	const char *decision = query_text(q, 1);
	bool held = !strcmp(decision, "hold"), nudged = !strcmp(decision, "nudge");
	bool lately = ago_us < 7 * CLOCK_US_PER_DAY;

	n->in_7_days += lately;
	h->two_in_7_days = n->in_7_days > 1;
	h->held_open |= held && query_int(q, 3);
	if (!strcmp(decision, "ignore") || query_int(q, 2))
		return;
	n->told++;
	h->in_7_days |= lately;
	h->two_in_30_days = n->told > 1;
	h->answered_in_30_days |= nudged || !strcmp(decision, "decline");
	h->held_in_30_days |= held;
	h->nudged_in_a_day |= nudged && ago_us < CLOCK_US_PER_DAY;
}

struct policy_history pitches_history(struct circle *c, const struct pitches_author *a,
				      bool observed)
{
	struct policy_history h = { false };
	struct query q = db_query(
		c->db,
		"SELECT at_us, decision, crowded, state = 'open' FROM pitch WHERE group_id = ?1"
		" AND (person_id = nullif(?2, 0) OR stranger = ?3) AND observed = ?4 AND at_us > ?5"
		" AND verdict = 'pitch' AND state IN ('open', 'closed') ORDER BY at_us DESC",
		"iitii", c->id, a->person, a->stranger, (int64_t)observed,
		c->now_us - CASES_LAST_US);

	for (struct steps n = { 0 }; query_next(&q);)
		count_step(&q, c->now_us, &n, &h);
	return h;
}

struct policy_said pitches_said(struct circle *c, const struct pitches_author *a,
				const struct event *e, const char *text, bool observed)
{
	g_autofree char *place = place_of(e);
	int64_t since_us = c->now_us - CLOCK_US_PER_HOUR;

	return (struct policy_said){
		.to_person =
			db_int(c->db, 0,
			       "SELECT 1 FROM pitch WHERE group_id = ? AND decision = 'decline'"
			       " AND at_us > ? AND observed = ?"
			       " AND (person_id = nullif(?, 0) OR stranger = ?)",
			       "iiiit", c->id, since_us, (int64_t)observed, a->person, a->stranger),
		.about_text =
			db_int(c->db, 0,
			       "SELECT 1 FROM pitch WHERE group_id = ? AND decision = 'decline'"
			       " AND at_us > ? AND observed = ? AND text = ?",
			       "iiit", c->id, since_us, (int64_t)observed, text),
		.place_full =
			db_int(c->db, 0,
			       "SELECT count(*) FROM pitch WHERE group_id = ? AND"
			       " decision = 'decline' AND at_us > ? AND observed = ? AND place = ?",
			       "iiit", c->id, since_us, (int64_t)observed, place) >= PLACE_MOST,
		.organizers = db_int(c->db, 0,
				     "SELECT 1 FROM pitch WHERE group_id = ? AND crowded"
				     " AND at_us > ? AND observed = ? AND place = ?",
				     "iiit", c->id, since_us, (int64_t)observed, place),
	};
}

bool pitches_introduced(struct circle *c, const struct pitches_author *a)
{
	return a->stranger && db_int(c->db, 0,
				     "SELECT 1 FROM pitch WHERE group_id = ? AND stranger = ?"
				     " AND decision = 'nudge' AND at_us > ?",
				     "iti", c->id, a->stranger, c->now_us - CASES_LAST_US);
}

static char *names_of(const struct reading *reading)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();

	for (unsigned i = 0; i < reading->n_reasons; i++)
		g_strv_builder_add(names, reading_cue_name(reading->reasons[i]));
	g_auto(GStrv) all = g_strv_builder_end(names);
	return g_strjoinv(" ", all);
}

int64_t pitches_keep(struct circle *c, const struct pitches_author *a, const struct event *e,
		     const char *text, const struct reading *reading,
		     const struct policy_decision *decision)
{
	g_autofree char *place = place_of(e), *reasons = names_of(reading);
	g_autofree char *event = hashes_event(c, e->network, c->source);
	bool crowded = decision->action == POLICY_HOLD && decision->why == POLICY_WHY_SAID_ENOUGH;

	db_run(c->db,
	       "INSERT INTO pitch(group_id, person_id, stranger, place, text, event, verdict, "
	       "reasons,"
	       " decision, crowded, observed, state, at_us)"
	       " VALUES(?, nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
	       "iitttttttiii", c->id, a->person, a->stranger, place, text, event,
	       reading_verdict_name(reading->verdict), reasons,
	       policy_action_name(decision->action), (int64_t)crowded,
	       (int64_t)(decision->observed), c->now_us);
	return db_last_id(c->db);
}

/* Its case is as it was, or is one again; false if there is none of the author's. */
static bool move(struct circle *c, const struct pitches_author *a, const struct event *e,
		 enum pitches_state from, enum pitches_state to)
{
	g_autofree char *event = hashes_event(c, e->network, e->target);

	return db_run(c->db,
		      "UPDATE pitch SET state = ?, settled_us = ? WHERE group_id = ? AND event = ?"
		      " AND (person_id = nullif(?, 0) OR stranger = ?) AND state = ?",
		      "tiititt", states[to], c->now_us, c->id, event, a->person, a->stranger,
		      states[from]) > 0;
}

void pitches_withdraw(struct circle *c, const struct pitches_author *a, const struct event *e)
{
	g_autofree char *event = hashes_event(c, e->network, e->target);
	bool open = move(c, a, e, PITCHES_OPEN, PITCHES_WITHDRAWN);

	if (open || move(c, a, e, PITCHES_CLOSED, PITCHES_WITHDRAWN))
		outbox_recall(c->outbox, event);
}

bool pitches_reopen(struct circle *c, const struct pitches_author *a, const struct event *e)
{
	g_autofree char *event = hashes_event(c, e->network, e->target);

	move(c, a, e, PITCHES_WITHDRAWN, PITCHES_OPEN);
	return db_int(c->db, 0, "SELECT 1 FROM pitch WHERE event = ? AND group_id = ?", "ti", event,
		      c->id);
}

char *pitches_reasons(struct circle *c, const char *reasons)
{
	g_auto(GStrv) names = g_strsplit(reasons, " ", -1);

	for (char **name = names; *name; name++) {
		g_autofree char *key = g_strconcat("reading.", *name, NULL);
		const char *text = words_get(c->words, key);

		/* A name of a kith older or newer than this one: the general word is true of it. */
		g_free(*name);
		*name = g_strdup(text ? text : words_get(c->words, "reading.offer"));
	}
	return words_join(c->words, (const char *const *)names);
}

char *pitches_reasons_of(struct circle *c, const struct reading *reading)
{
	g_autofree char *names = names_of(reading);

	return pitches_reasons(c, names);
}

/* The columns: id, person_id, decision, state, reasons, at_us. */
static void read_case(struct query *q, struct pitches_case *ret)
{
	*ret = (struct pitches_case){
		.id = query_int(q, 0),
		.person = query_int(q, 1),
		.reasons = g_strdup(query_text(q, 4)),
		.at_us = query_int(q, 5),
	};
	while (strcmp(policy_action_name(ret->action), query_text(q, 2)) != 0)
		ret->action++;
	while (strcmp(states[ret->state], query_text(q, 3)) != 0)
		ret->state++;
}

bool pitches_latest(struct circle *c, const struct pitches_author *a, struct pitches_case *ret)
{
	struct query q = db_query(c->db,
				  "SELECT id, person_id, decision, state, reasons, at_us FROM pitch"
				  " WHERE group_id = ? AND (person_id = nullif(?, 0) OR stranger = "
				  "?) AND NOT observed AND state <> 'withdrawn'"
				  " AND at_us > ? ORDER BY at_us DESC, id DESC LIMIT 1",
				  "iiti", c->id, a->person, a->stranger, c->now_us - CASES_LAST_US);

	if (!query_next(&q))
		return false;
	read_case(&q, ret);
	query_done(&q);
	return true;
}

bool pitches_exempt(struct circle *c, const char *text)
{
	return db_int(c->db, 0, "SELECT 1 FROM exempt WHERE group_id = ? AND text = ?", "it", c->id,
		      text);
}

static void close_case(struct circle *c, int64_t id, enum pitches_state state)
{
	g_autofree char *event = db_text(c->db, "SELECT event FROM pitch WHERE id = ?", "i", id);

	db_run(c->db, "UPDATE pitch SET state = ?, settled_us = ? WHERE id = ?", "tii",
	       states[state], c->now_us, id);
	outbox_recall(c->outbox, event); /* an organizer who has not heard of it need not */
	if (state != PITCHES_CLOSED)
		db_run(c->db,
		       "INSERT INTO exempt(group_id, text, at_us)"
		       " SELECT group_id, text, ? FROM pitch WHERE id = ? ON CONFLICT DO NOTHING",
		       "ii", c->now_us, id);
}

bool pitches_misread(struct circle *c, const struct pitches_author *a)
{
	int64_t id = db_int(c->db, 0,
			    "SELECT id FROM pitch WHERE group_id = ? AND (person_id = nullif(?, 0) "
			    "OR stranger = ?)"
			    " AND NOT observed AND state IN ('open', 'closed', 'over')"
			    " AND at_us > ? ORDER BY at_us DESC, id DESC LIMIT 1",
			    "iiti", c->id, a->person, a->stranger, c->now_us - OBJECT_WITHIN_US);

	if (id)
		close_case(c, id, PITCHES_MISREAD);
	return id;
}

bool pitches_misread_event(struct circle *c, const struct pitches_author *a, const char *network,
			   const char *event)
{
	g_autofree char *hash = hashes_event(c, network, event);
	int64_t id =
		db_int(c->db, 0,
		       "SELECT id FROM pitch WHERE group_id = ? AND event = ?"
		       " AND (person_id = nullif(?, 0) OR stranger = ?) AND NOT observed"
		       " AND state IN ('open', 'closed', 'over') AND at_us > ?"
		       " ORDER BY at_us DESC, id DESC LIMIT 1",
		       "ititi", c->id, hash, a->person, a->stranger, c->now_us - OBJECT_WITHIN_US);

	if (id)
		close_case(c, id, PITCHES_MISREAD);
	return id;
}

GArray *pitches_held(struct circle *c)
{
	GArray *cases = g_array_new(FALSE, FALSE, sizeof(struct pitches_case));
	struct query q = db_query(
		c->db,
		"SELECT id, person_id, decision, state, reasons, at_us FROM pitch"
		" WHERE group_id = ? AND decision = 'hold' AND state = 'open' AND NOT observed"
		" AND at_us > ? ORDER BY at_us, id",
		"ii", c->id, c->now_us - CASES_LAST_US);

	g_array_set_clear_func(cases, (GDestroyNotify)pitches_case_done);
	while (query_next(&q)) {
		struct pitches_case one;

		read_case(&q, &one);
		g_array_append_val(cases, one);
	}
	return cases;
}

void pitches_settle(struct circle *c, int64_t id, bool welcome)
{
	close_case(c, id, welcome ? PITCHES_WELCOME : PITCHES_CLOSED);
}

int64_t pitches_allow(struct circle *c, const struct pitches_author *a, int64_t until_us)
{
	/* Nothing of a stranger is kept for longer. */
	if (!a->person)
		until_us = MIN(until_us, c->now_us + CASES_LAST_US);
	db_run(c->db,
	       "DELETE FROM leave WHERE group_id = ? AND (person_id = nullif(?, 0) OR stranger = "
	       "?)",
	       "iit", c->id, a->person, a->stranger);
	db_run(c->db,
	       "INSERT INTO leave(group_id, person_id, stranger, until_us)"
	       " VALUES(?, nullif(?, 0), ?, ?)",
	       "iiti", c->id, a->person, a->stranger, until_us);
	return until_us;
}

int64_t pitches_allowed(struct circle *c, const struct pitches_author *a)
{
	return db_int(c->db, 0,
		      "SELECT max(until_us) FROM leave WHERE group_id = ?"
		      " AND (person_id = nullif(?, 0) OR stranger = ?) AND until_us > ?",
		      "iiti", c->id, a->person, a->stranger, c->now_us);
}

void pitches_joined(struct circle *c, int64_t person, const char *network, const char *account)
{
	g_autofree char *stranger = hashes_handle(c, network, account);

	db_run(c->db,
	       "UPDATE pitch SET person_id = ?, stranger = NULL,"
	       " state = CASE state WHEN 'open' THEN 'over' ELSE state END"
	       " WHERE group_id = ? AND stranger = ?",
	       "iit", person, c->id, stranger);
	db_run(c->db,
	       "UPDATE leave SET person_id = ?, stranger = NULL WHERE group_id = ? AND stranger = "
	       "?",
	       "iit", person, c->id, stranger);
}

bool pitches_traces(struct circle *c, const struct pitches_author *a)
{
	return a->stranger &&
	       (db_int(c->db, 0, "SELECT 1 FROM pitch WHERE group_id = ? AND stranger = ?", "it",
		       c->id, a->stranger) ||
		db_int(c->db, 0, "SELECT 1 FROM leave WHERE group_id = ? AND stranger = ?", "it",
		       c->id, a->stranger));
}

static void recall_all(struct circle *c, const struct pitches_author *a)
{
	struct query q = db_query(c->db,
				  "SELECT event FROM pitch WHERE group_id = ?"
				  " AND (person_id = nullif(?, 0) OR stranger = ?)",
				  "iit", c->id, a->person, a->stranger);

	while (query_next(&q))
		outbox_recall(c->outbox, query_text(&q, 0));
}

void pitches_forget(struct circle *c, const struct pitches_author *a)
{
	recall_all(c, a);
	db_run(c->db,
	       "UPDATE pitch SET person_id = NULL, stranger = NULL, event = '', reasons = '',"
	       " state = 'over' WHERE group_id = ? AND (person_id = nullif(?, 0) OR stranger = ?)"
	       " AND at_us > ?",
	       "iiti", c->id, a->person, a->stranger, c->now_us - CLOCK_US_PER_HOUR);
	db_run(c->db,
	       "DELETE FROM pitch WHERE group_id = ? AND (person_id = nullif(?, 0) OR stranger = "
	       "?)",
	       "iit", c->id, a->person, a->stranger);
	db_run(c->db,
	       "DELETE FROM leave WHERE group_id = ? AND (person_id = nullif(?, 0) OR stranger = "
	       "?)",
	       "iit", c->id, a->person, a->stranger);
}

void pitches_prune(struct circle *c)
{
	db_run(c->db, "DELETE FROM pitch WHERE group_id = ? AND at_us < ?", "ii", c->id,
	       c->now_us - CASES_LAST_US);
	db_run(c->db,
	       "DELETE FROM pitch WHERE group_id = ? AND person_id IS NULL AND stranger IS NULL"
	       " AND at_us < ?",
	       "ii", c->id, c->now_us - CLOCK_US_PER_HOUR);
	db_run(c->db, "DELETE FROM leave WHERE group_id = ? AND until_us < ?", "ii", c->id,
	       c->now_us);
}
