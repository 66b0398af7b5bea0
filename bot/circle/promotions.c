#include "circle/promotions.h"

#include "circle/absences.h"
#include "circle/people.h"
#include "circle/recur.h"
#include "clock.h"
#include "store/db.h"

/* When what waits is said, in the group's zone. */
enum { SAID_AT_HOUR = 10 };
enum { DAYS_IN_WEEK = 7 };
/* Farther than anybody can be away (when.h). */
enum { WEEKS_AHEAD = 300 };

#define SLOTS_LAST_US (30 * CLOCK_US_PER_DAY)

struct waiting {
	int64_t id, person;
	int64_t up_us;
	bool room_now; /* this week has a slot for it; its person may be absent */
};

/* Who is said when, as far as can be known now. */
struct plan {
	uint32_t week;              /* the Monday of this one */
	int64_t taken[WEEKS_AHEAD]; /* slots of it and of those to come */
	GArray *waiting;            /* of struct waiting, first come first served */
};

static uint32_t week_of(struct circle *c, int64_t at_us)
{
	uint32_t day = recur_day(at_us, c->group->zone);

	return day - (uint32_t)(recur_weekday(day) - 1);
}

static int64_t hour_on(struct circle *c, uint32_t day)
{
	return recur_at(day, SAID_AT_HOUR, 0, c->group->zone);
}

/* Until when the person is absent at `at_us`, 0 if they are here. */
static int64_t absent_until(struct circle *c, int64_t person, int64_t at_us)
{
	struct circle then = *c;

	then.now_us = at_us;
	return absences_until(&then, person, NULL);
}

/* The end of the last absence between `at_us` and now, or at `at_us`; 0 if there was none. */
static int64_t absent_since(struct circle *c, int64_t person, int64_t at_us)
{
	return db_int(c->db, 0,
		      "SELECT max(until_us) FROM absence WHERE group_id = ? AND person_id = ?"
		      " AND from_us <= ? AND until_us > ?",
		      "iiii", c->id, person, MAX(at_us, c->run_us), at_us);
}

/* The first time from `at_us` on at which the person is here. Who was absent is back at the next
 * ten o'clock: nobody wants to be spoken for at midnight. */
static int64_t ready_us(struct circle *c, int64_t person, int64_t at_us)
{
	int64_t until_us;

	while ((until_us = absent_since(c, person, at_us))) {
		uint32_t day = recur_day(until_us, c->group->zone);
		at_us = hour_on(c, day) >= until_us ? hour_on(c, day) : hour_on(c, day + 1);
	}
	return at_us;
}

static bool had_slot(struct circle *c, int64_t person, uint32_t week)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM promotion WHERE group_id = ? AND week = ? AND person_id = ?",
		      "iii", c->id, (int64_t)week, person);
}

/* Gives `w` a slot of the first week that has one for them. */
static void place(struct circle *c, struct plan *p, struct waiting *w)
{
	int64_t budget = c->group->pitch.budget_per_week;
	bool had = had_slot(c, w->person, p->week);
	unsigned ahead = 0;

	w->room_now = !had && p->taken[0] < budget;
	while (ahead < WEEKS_AHEAD) {
		uint32_t monday = p->week + DAYS_IN_WEEK * ahead;
		int64_t up_us = ready_us(c, w->person, hour_on(c, monday));
		unsigned absent = (recur_day(up_us, c->group->zone) - monday) / DAYS_IN_WEEK;

		if (!absent && p->taken[ahead] < budget && !(ahead == 0 && had)) {
			p->taken[ahead]++;
			w->up_us = up_us;
			return;
		}
		ahead += MAX(absent, 1);
	}
	w->up_us = hour_on(c, p->week + DAYS_IN_WEEK * WEEKS_AHEAD);
}

static void plan_init(struct plan *p, struct circle *c)
{
	*p = (struct plan){
		.week = week_of(c, c->run_us),
		.waiting = g_array_new(FALSE, TRUE, sizeof(struct waiting)),
	};
	p->taken[0] =
		db_int(c->db, 0, "SELECT count(*) FROM promotion WHERE group_id = ? AND week = ?",
		       "ii", c->id, (int64_t)p->week);
	if (c->group->pitch.budget_per_week == 0)
		return; /* they wait for better times */
	struct query q = db_query(c->db,
				  "SELECT id, person_id FROM promotion WHERE group_id = ?"
				  " AND week IS NULL ORDER BY at_us, id",
				  "i", c->id);
	while (query_next(&q)) {
		struct waiting w = { .id = query_int(&q, 0), .person = query_int(&q, 1) };
		g_array_append_val(p->waiting, w);
	}
	for (unsigned i = 0; i < p->waiting->len; i++)
		place(c, p, &g_array_index(p->waiting, struct waiting, i));
}

static void plan_done(struct plan *p)
{
	g_array_unref(p->waiting);
}

/* The one to be said next, NULL if none waits; the plan's. */
static const struct waiting *plan_next(const struct plan *p)
{
	const struct waiting *next = NULL;

	for (unsigned i = 0; i < p->waiting->len; i++) {
		const struct waiting *w = &g_array_index(p->waiting, struct waiting, i);

		if (!next || w->up_us < next->up_us)
			next = w;
	}
	return next;
}

static const struct waiting *plan_find(const struct plan *p, int64_t id)
{
	for (unsigned i = 0; i < p->waiting->len; i++) {
		const struct waiting *w = &g_array_index(p->waiting, struct waiting, i);

		if (w->id == id)
			return w;
	}
	g_assert_not_reached();
}

/* Its text goes into the post, and out of the store with it. */
static void say(struct circle *c, const struct plan *p, const struct waiting *w)
{
	g_autofree char *text =
		db_text(c->db, "SELECT text FROM promotion WHERE id = ?", "i", w->id);
	g_autofree char *name = people_name(c, w->person);
	struct draft d = draft_new(c);

	db_run(c->db, "UPDATE promotion SET text = NULL, week = ?, at_us = ? WHERE id = ?", "iii",
	       (int64_t)p->week, c->run_us, w->id);
	draft_say(&d, "budget.up", "name", name, "text", text, NULL);
	voice_announce(c, &d, c->run_us + CLOCK_US_PER_WEEK);
}

bool promotions_full(struct circle *c)
{
	struct plan p;

	plan_init(&p, c);
	bool full = p.taken[0] >= c->group->pitch.budget_per_week;
	plan_done(&p);
	return full;
}

/* In place of the one that waited, if one did: it keeps its turn. */
static int64_t add(struct circle *c, int64_t person, const char *text, int64_t before)
{
	int64_t at_us =
		db_int(c->db, c->run_us, "SELECT at_us FROM promotion WHERE id = ?", "i", before);

	db_run(c->db, "DELETE FROM promotion WHERE id = ?", "i", before);
	db_run(c->db, "INSERT INTO promotion(group_id, person_id, text, at_us) VALUES(?, ?, ?, ?)",
	       "iiti", c->id, person, text, at_us);
	return db_last_id(c->db);
}

static enum promotion_wait wait_of(struct circle *c, const struct plan *p, const struct waiting *w)
{
	if (!w->room_now)
		return had_slot(c, w->person, p->week) ? PROMOTION_HAD : PROMOTION_FULL;
	if (absent_until(c, w->person, c->run_us))
		return PROMOTION_ABSENT;
	return circle_quiet_until(c) > c->run_us ? PROMOTION_QUIET : PROMOTION_SAID;
}

struct promotion promotions_ask(struct circle *c, int64_t person, const char *text)
{
	int64_t before = db_int(c->db, 0,
				"SELECT id FROM promotion WHERE group_id = ? AND week IS NULL"
				" AND person_id = ?",
				"ii", c->id, person);
	struct promotion asked = { .id = add(c, person, text, before), .instead = before };
	struct plan p;

	g_assert(c->group->pitch.budget_per_week > 0);
	plan_init(&p, c);
	const struct waiting *w = plan_find(&p, asked.id);
	asked.wait = wait_of(c, &p, w);
	if (asked.wait == PROMOTION_SAID) {
		say(c, &p, w);
	} else {
		asked.up_us = MAX(w->up_us, circle_quiet_until(c));
		asked.first = plan_next(&p) == w;
	}
	plan_done(&p);
	return asked;
}

bool promotions_said(struct circle *c, int64_t id)
{
	return db_int(c->db, 0, "SELECT week IS NOT NULL FROM promotion WHERE id = ?", "i", id);
}

static bool said_since(struct circle *c, int64_t person, int64_t since_us)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM promotion WHERE group_id = ? AND person_id = ?"
		      " AND week IS NOT NULL AND at_us >= ?",
		      "iii", c->id, person, since_us);
}

bool promotions_take(struct circle *c, int64_t person)
{
	GTimeZone *zone = c->group->zone;

	if (said_since(c, person, recur_at(recur_day(c->run_us, zone), 0, 0, zone)))
		return true;
	if (promotions_full(c))
		return false;
	db_run(c->db, "INSERT INTO promotion(group_id, person_id, week, at_us) VALUES(?, ?, ?, ?)",
	       "iiii", c->id, person, (int64_t)week_of(c, c->run_us), c->run_us);
	return true;
}

bool promotions_on(struct circle *c, int64_t person)
{
	return said_since(c, person, c->run_us - CLOCK_US_PER_DAY);
}

int64_t promotions_due(struct circle *c)
{
	struct plan p;

	plan_init(&p, c);
	const struct waiting *next = plan_next(&p);
	int64_t due_us = next ? MAX(next->up_us, circle_quiet_until(c)) : INT64_MAX;
	plan_done(&p);
	return due_us;
}

static void begin_step(struct circle *c, const struct waiting *w)
{
	g_free(c->cause_made);
	c->cause_made = g_strdup_printf("promotion/%" G_GINT64_FORMAT, w->id);
	c->cause = c->cause_made;
	c->ordinal = 0;
	c->about = w->person;
}

bool promotions_step(struct circle *c)
{
	struct plan p;

	plan_init(&p, c);
	const struct waiting *next = plan_next(&p);
	bool due = next && MAX(next->up_us, circle_quiet_until(c)) <= c->now_us;
	if (due) {
		begin_step(c, next);
		say(c, &p, next);
	}
	plan_done(&p);
	return due;
}

void promotions_prune(struct circle *c)
{
	db_run(c->db, "DELETE FROM promotion WHERE group_id = ? AND week IS NOT NULL AND at_us < ?",
	       "ii", c->id, c->now_us - SLOTS_LAST_US);
}
