#include "transport/matrix/e2ee/unread.h"

#include "base/loop.h"
#include "clock.h"
#include "store/db.h"

#include <glib.h>
#include <string.h>

#define WAIT_US  (UNREAD_MINUTES * CLOCK_US_PER_MINUTE)
#define GRACE_US CLOCK_US_PER_MINUTE /* after a start */
/* The wall clock may be set meanwhile. */
#define LOOK_EVERY_US CLOCK_US_PER_MINUTE

enum {
	AT_ONCE = 20, /* each is a commit */
	/* Beyond what is allowed even with all that a server adds (CS API: Size limits). */
	EVENT_BYTES_MOST = 256 * 1024,
};

struct unread {
	struct e2ee_env env;
	struct unread_callbacks callbacks;
	void *data;
	struct loop_timer *timer;
	int64_t started_us; /* monotonic */
	bool ready;         /* something may be */
	int64_t oldest_us;  /* what has waited longest does since then; -1: nothing waits */
};

static int64_t wall_us(const struct unread *u)
{
	return u->env.clock->wall_us(u->env.clock);
}

/* How long until the first is overdue at a start. */
static int64_t grace_us(const struct unread *u)
{
	int64_t left_us = u->started_us + GRACE_US - u->env.clock->mono_us(u->env.clock);

	return MAX(left_us, 0);
}

static void arm(const struct unread *u)
{
	int64_t left_us = u->oldest_us + WAIT_US - wall_us(u);

	/* From the future, as where the clock was set: nobody can tell how long that is. */
	if (left_us > 2 * WAIT_US)
		left_us = 0;
	left_us = MAX(left_us, grace_us(u));
	if (u->ready)
		loop_timer_set(u->timer, 0);
	else if (u->oldest_us < 0)
		loop_timer_set(u->timer, -1);
	else
		loop_timer_set(u->timer, CLAMP(left_us, 0, LOOK_EVERY_US));
}

/*
 * One whose turn it is.
 */
struct row {
	int64_t id;
	char *room, *text;
	bool backlog, overdue;
};

static void row_done(struct row *row)
{
	g_free(row->room);
	g_free(row->text);
}

/* The first that is ready or overdue. */
static bool next(const struct unread *u, struct row *ret)
{
	int64_t now_us = wall_us(u);
	int64_t before_us = grace_us(u) > 0 ? 0 : now_us - WAIT_US;
	struct query q = db_query(u->env.db,
				  "SELECT id, room, text, backlog, at_us <= ?2 OR at_us > ?3"
				  " FROM e2ee_unread WHERE network = ?1"
				  " AND (ready = 1 OR at_us <= ?2 OR at_us > ?3)"
				  " ORDER BY id LIMIT 1",
				  "tii", u->env.network, before_us, now_us + WAIT_US);

	if (!query_next(&q))
		return false;
	*ret = (struct row){
		.id = query_int(&q, 0),
		.room = g_strdup(query_text(&q, 1)),
		.text = g_strdup(query_text(&q, 2)),
		.backlog = query_int(&q, 3),
		.overdue = query_int(&q, 4),
	};
	query_done(&q);
	return true;
}

/* It is gone already where what was read made an end of its room. */
static bool take_away(const struct unread *u, const struct row *row)
{
	return db_run(u->env.db, "DELETE FROM e2ee_unread WHERE id = ?", "i", row->id) == 1;
}

/* In a transaction. Trying tells anew what it waits for, and why that is not coming. */
static void try_again(const struct unread *u, const struct row *row)
{
	struct span event;

	db_run(u->env.db, "UPDATE e2ee_unread SET ready = 0, code = NULL WHERE id = ?", "i",
	       row->id);
	if (span_check(row->text, strlen(row->text), &event, NULL) < 0 ||
	    u->callbacks.again(u->data, row->room, event, row->backlog)) {
		take_away(u, row);
	} else if (row->overdue) {
		g_autofree char *code = db_text(
			u->env.db, "SELECT code FROM e2ee_unread WHERE id = ?", "i", row->id);

		if (take_away(u, row))
			u->callbacks.given_up(u->data, row->room, event, code);
	}
}

static void look(struct unread *u)
{
	u->ready = db_int(u->env.db, 0, "SELECT max(ready) FROM e2ee_unread WHERE network = ?", "t",
			  u->env.network);
	u->oldest_us = db_int(u->env.db, -1, "SELECT min(at_us) FROM e2ee_unread WHERE network = ?",
			      "t", u->env.network);
}

static void turn(void *data)
{
	struct unread *u = data;
	struct row row;
	bool more = true, fine = true;

	for (int i = 0; i < AT_ONCE && more && fine; i++) {
		more = next(u, &row);
		if (!more)
			break;
		db_begin(u->env.db);
		try_again(u, &row);
		/* Where it was called off the process is about to end. */
		fine = db_end(u->env.db) == 0;
		row_done(&row);
	}
	if (!fine)
		return;
	look(u);
	u->ready = u->ready || more;
	arm(u);
}

struct unread *unread_new(const struct e2ee_env *env, const struct unread_callbacks *callbacks,
			  void *data)
{
	struct unread *u = g_new0(struct unread, 1);

	u->env = *env;
	u->callbacks = *callbacks;
	u->data = data;
	u->started_us = env->clock->mono_us(env->clock);
	u->timer = loop_timer_new(env->loop, turn, u);
	look(u);
	arm(u);
	return u;
}

void unread_free(struct unread *u)
{
	if (!u)
		return;
	loop_timer_free(u->timer);
	g_free(u);
}

/*
 * What waits, and what it waits for.
 */
/* Each one more makes one that was there wait no longer: it is given up from the loop. */
static void keep_within(struct unread *u, const char *room)
{
	if (db_int(u->env.db, 0, "SELECT count(*) FROM e2ee_unread WHERE network = ? AND room = ?",
		   "tt", u->env.network, room) <= UNREAD_ROOM_MOST)
		return;
	db_run(u->env.db,
	       "UPDATE e2ee_unread SET at_us = 0 WHERE id = (SELECT min(id) FROM e2ee_unread"
	       " WHERE network = ?1 AND room = ?2 AND at_us > 0 AND author ="
	       " (SELECT author FROM e2ee_unread WHERE network = ?1 AND room = ?2 AND at_us > 0"
	       " GROUP BY author ORDER BY count(*) DESC LIMIT 1))",
	       "tt", u->env.network, room);
	u->ready = true;
}

static bool insert(struct unread *u, const char *room, const struct read_event *e,
		   const char *session, const char *sender, bool backlog)
{
	g_autofree char *text = g_strndup(e->whole.at, e->whole.bytes);

	return db_run(u->env.db,
		      "INSERT OR IGNORE INTO e2ee_unread(network, room, event, author, session,"
		      " sender, backlog, at_us, text) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      "ttttttiit", u->env.network, room, e->id, e->sender, session, sender,
		      (int64_t)backlog, wall_us(u), text) == 1;
}

void unread_add(struct unread *u, const char *room, const struct read_event *e, const char *session,
		const char *sender, bool backlog)
{
	/* No server may have taken such a one. */
	if (e->whole.bytes > EVENT_BYTES_MOST)
		return;
	if (!insert(u, room, e, session, sender, backlog)) {
		db_run(u->env.db,
		       "UPDATE e2ee_unread SET session = ?, sender = ?"
		       " WHERE network = ? AND room = ? AND event = ?",
		       "ttttt", session, sender, u->env.network, room, e->id);
		return;
	}
	if (u->oldest_us < 0)
		u->oldest_us = wall_us(u);
	keep_within(u, room);
	arm(u);
}

void unread_session(struct unread *u, const char *room, const char *session, const char *code)
{
	if (code) {
		db_run(u->env.db,
		       "UPDATE e2ee_unread SET code = ?"
		       " WHERE network = ? AND room = ? AND session = ?",
		       "tttt", code, u->env.network, room, session);
		return;
	}
	if (db_run(u->env.db,
		   "UPDATE e2ee_unread SET ready = 1"
		   " WHERE network = ? AND room = ? AND session = ?",
		   "ttt", u->env.network, room, session) > 0) {
		u->ready = true;
		arm(u);
	}
}

void unread_sender(struct unread *u, const char *user)
{
	if (db_run(u->env.db, "UPDATE e2ee_unread SET ready = 1 WHERE network = ? AND sender = ?",
		   "tt", u->env.network, user) > 0) {
		u->ready = true;
		arm(u);
	}
}

/* The timer finds out by itself where nothing waits any more. */
void unread_drop(struct unread *u, const char *room)
{
	db_run(u->env.db, "DELETE FROM e2ee_unread WHERE network = ? AND room = ?", "tt",
	       u->env.network, room);
}
