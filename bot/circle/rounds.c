#include "circle/rounds.h"

#include "circle/entries.h"
#include "circle/recur.h"
#include "circle/rounds_say.h"
#include "clock.h"
#include "store/db.h"

#include <errno.h>
#include <string.h>

/* Up to here an opening is simply a little late; beyond, it is said. */
#define LATE_US (10 * CLOCK_US_PER_MINUTE)
/* A round opened late must leave people at least this long. */
#define LATE_OPEN_LEAVES_US CLOCK_US_PER_DAY

static const char *const states[] = { "planned", "open",     "last-call",
				      "closed",  "archived", "skipped" };

static GArray *holidays_of(struct circle *c)
{
	const GArray *configured = c->group->round.holidays;
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct config_days));
	struct query q =
		db_query(c->db, "SELECT first, last FROM holiday WHERE group_id = ?", "i", c->id);

	if (configured)
		g_array_append_vals(all, configured->data, configured->len);
	while (query_next(&q)) {
		struct config_days days = { (uint32_t)query_int(&q, 0),
					    (uint32_t)query_int(&q, 1) };
		g_array_append_val(all, days);
	}
	return all;
}

static bool is_holiday(struct circle *c, uint32_t day)
{
	g_autoptr(GArray) holidays = holidays_of(c);

	return recur_holiday(day, holidays);
}

/* The configured close, moved to the next working day if it falls on a holiday, but not past the
 * next opening. */
static int64_t close_after(struct circle *c, int64_t last_call_us, uint32_t next_day)
{
	const struct config_wall *closes = &c->group->round.closes;
	int64_t at_us = recur_next(closes, c->group->zone, last_call_us);
	g_autoptr(GArray) holidays = holidays_of(c);
	uint32_t day = recur_day(at_us, c->group->zone);
	uint32_t moved = recur_working_day(day, holidays, next_day);

	return moved == day ? at_us : recur_wall(moved, closes, c->group->zone);
}

/* `opens_us` and `closes_us` are what an organizer's hand set, 0 where it did not. */
static void compute_times(struct circle *c, struct round *r, int64_t opens_us, int64_t closes_us)
{
	const struct config_round *config = &c->group->round;
	uint32_t next_day = r->day + 7 * (uint32_t)config->every_weeks;

	r->opens_at_us = opens_us ? opens_us : recur_wall(r->day, &config->opens, c->group->zone);
	r->last_call_at_us = recur_next(&config->last_call, c->group->zone, r->opens_at_us);
	r->closes_at_us = closes_us ? closes_us : close_after(c, r->last_call_at_us, next_day);
	r->archives_at_us = r->closes_at_us + config->archive_us;
}

/* Columns as row_of reads them. Below, a + tells SQLite which index not to take: by state for the
 * latest of many rounds, by day for the few that are not over. */
#define COLUMNS "SELECT id, day, state, quiet, opens_at_us, closes_at_us, opened_at_us FROM round "

static struct round row_of(struct circle *c, struct query *q)
{
	struct round r = {
		.id = query_int(q, 0),
		.day = (uint32_t)query_int(q, 1),
		.quiet = query_int(q, 3),
		.opened_at_us = query_int(q, 6),
	};

	for (int i = 0; i < (int)G_N_ELEMENTS(states); i++)
		if (!strcmp(query_text(q, 2), states[i]))
			r.state = (enum round_state)i;
	compute_times(c, &r, query_int(q, 4), query_int(q, 5));
	/* It is open since then, wherever the hour to open has been moved meanwhile. */
	if (r.opened_at_us)
		r.opens_at_us = MIN(r.opens_at_us, r.opened_at_us);
	return r;
}

static int latest_first(const void *a, const void *b)
{
	const struct round *x = a, *y = b;

	return x->day != y->day ? (x->day < y->day) - (x->day > y->day)
				: (x->id < y->id) - (x->id > y->id);
}

/* The rounds that still have steps to take, the latest first: three at most, so few that SQLite's
 * sorter would cost more than all the rest, and so would the table that it makes of a list of four
 * states. By the alphabet they lie together: archived < closed, last-call, open, planned < skipped.
 */
static GArray *live_rounds(struct circle *c)
{
	GArray *live = g_array_new(FALSE, FALSE, sizeof(struct round));
	struct query q = db_query(c->db,
				  COLUMNS "WHERE group_id = ?"
					  " AND state BETWEEN 'closed' AND 'planned'",
				  "i", c->id);

	while (query_next(&q)) {
		struct round r = row_of(c, &q);
		g_array_append_val(live, r);
	}
	g_array_sort(live, latest_first);
	return live;
}

static void set_state(struct circle *c, struct round *r, enum round_state state)
{
	r->state = state;
	db_run(c->db, "UPDATE round SET state = ? WHERE id = ?", "ti", states[state], r->id);
}

/* How the opening day was found; when this changes, planned rounds are planned anew. */
static char *rule_of(struct circle *c)
{
	const struct config_round *config = &c->group->round;

	return g_strdup_printf("%d %02d:%02d:%02d every %d in %s", config->opens.weekday,
			       config->opens.hour, config->opens.minute, config->opens.second,
			       config->every_weeks, c->group->timezone);
}

/* The opening day after the round of `last` (0: there was none): N weeks on, and where the weekday
 * has changed meanwhile, the nearest such day to it. Never in the past. */
static uint32_t day_after(struct circle *c, uint32_t last, int64_t after_us)
{
	const struct config_round *config = &c->group->round;
	uint32_t weeks = 7 * (uint32_t)config->every_weeks;
	uint32_t day;

	if (!last)
		return recur_day(recur_next(&config->opens, c->group->zone, after_us),
				 c->group->zone);
	day = recur_on_or_after(last + weeks - 3, config->opens.weekday);
	while (recur_wall(day, &config->opens, c->group->zone) <= after_us)
		day += weeks;
	return day;
}

static void plan_on(struct circle *c, uint32_t day)
{
	g_autofree char *rule = rule_of(c);

	db_run(c->db, "INSERT INTO round(group_id, day, rule, state) VALUES(?, ?, ?, 'planned')",
	       "iit", c->id, (int64_t)day, rule);
}

static void plan(struct circle *c, uint32_t last, int64_t after_us)
{
	plan_on(c, day_after(c, last, after_us));
}

static uint32_t last_day(struct circle *c)
{
	return (uint32_t)db_int(c->db, 0,
				"SELECT day FROM round WHERE group_id = ? AND +state <> 'planned' "
				"ORDER BY day DESC, id DESC LIMIT 1",
				"i", c->id);
}

/* A planned round whose rule is not today's is planned anew; one is always there. One whose day had
 * come while kith was not there goes to the nearest such day, and is judged by that. */
static void ensure_planned(struct circle *c)
{
	g_autofree char *rule = rule_of(c);
	uint32_t day = (uint32_t)db_int(
		c->db, 0, "SELECT day FROM round WHERE group_id = ? AND state = 'planned'", "i",
		c->id);

	if (db_int(c->db, 0,
		   "SELECT 1 FROM round WHERE group_id = ? AND state = 'planned' AND rule = ?",
		   "it", c->id, rule))
		return;
	db_run(c->db, "DELETE FROM round WHERE group_id = ? AND state = 'planned'", "i", c->id);
	if (day && day <= recur_day(c->run_us, c->group->zone))
		plan_on(c, recur_on_or_after(day - 3, c->group->round.opens.weekday));
	else
		plan(c, last_day(c), c->run_us);
}

void rounds_planned(struct circle *c, struct round *ret)
{
	ensure_planned(c);
	struct query q =
		db_query(c->db, COLUMNS "WHERE group_id = ? AND state = 'planned'", "i", c->id);
	bool there = query_next(&q);
	g_assert(there);
	*ret = row_of(c, &q);
	query_done(&q);
}

bool rounds_current(struct circle *c, struct round *ret)
{
	g_autoptr(GArray) live = live_rounds(c);

	for (unsigned i = 0; i < live->len; i++) {
		const struct round *r = &g_array_index(live, struct round, i);

		if (r->state != ROUND_PLANNED && r->opens_at_us <= c->now_us &&
		    c->now_us < r->archives_at_us) {
			*ret = *r;
			return true;
		}
	}
	return false;
}

static int64_t due_of(const struct round *r)
{
	switch (r->state) {
	case ROUND_PLANNED:
		return r->opens_at_us;
	case ROUND_OPEN:
		return MIN(r->last_call_at_us, r->closes_at_us);
	case ROUND_LAST_CALL:
		return r->closes_at_us;
	case ROUND_CLOSED:
		return r->archives_at_us;
	case ROUND_ARCHIVED:
	case ROUND_SKIPPED:
		break;
	}
	return INT64_MAX;
}

/* The step due first. A planned round waits while another is still open (an extension may reach
 * into its week). */
static bool next_due(struct circle *c, struct round *ret)
{
	g_autoptr(GArray) live = live_rounds(c);
	bool open = false, found = false;

	for (unsigned i = 0; i < live->len; i++) {
		enum round_state state = g_array_index(live, struct round, i).state;
		open = open || state == ROUND_OPEN || state == ROUND_LAST_CALL;
	}
	for (unsigned i = live->len; i-- > 0;) {
		const struct round *r = &g_array_index(live, struct round, i);

		if (r->state == ROUND_PLANNED && open)
			continue;
		if (!found || due_of(r) < due_of(ret))
			*ret = *r;
		found = true;
	}
	return found;
}

int64_t rounds_due(struct circle *c)
{
	struct round r;

	ensure_planned(c);
	/* While the group has asked for quiet its steps wait, and are composed when they are said.
	 */
	return next_due(c, &r) ? MAX(due_of(&r), circle_quiet_until(c)) : INT64_MAX;
}

/* Whether too little is left of a round that opens at `at_us` instead of its own hour. */
static bool is_over(const struct round *r, int64_t at_us)
{
	return at_us - r->opens_at_us > LATE_US && r->closes_at_us - at_us < LATE_OPEN_LEAVES_US;
}

void rounds_next(struct circle *c, struct round *ret)
{
	int64_t ready_us = circle_quiet_until(c);
	struct round current;

	if (rounds_current(c, &current) && current.state != ROUND_CLOSED)
		ready_us = MAX(ready_us, current.closes_at_us);
	rounds_planned(c, ret);
	while (is_holiday(c, ret->day) || is_over(ret, MAX(ret->opens_at_us, ready_us))) {
		ret->day += 7 * (uint32_t)c->group->round.every_weeks;
		compute_times(c, ret, 0, 0);
	}
	ret->opens_at_us = MAX(ret->opens_at_us, ready_us);
}

static void begin_step(struct circle *c, const struct round *r, const char *step)
{
	g_free(c->cause_made);
	c->cause_made = g_strdup_printf("round/%" G_GINT64_FORMAT "/%u/%s", r->id, r->day, step);
	c->cause = c->cause_made;
	c->ordinal = 0;
	/* It is nobody's message, and tells of nobody in particular. */
	c->source = NULL;
	c->about = 0;
}

static void open_round(struct circle *c, struct round *r, bool late)
{
	begin_step(c, r, "open");
	set_state(c, r, ROUND_OPEN);
	r->opened_at_us = c->run_us;
	db_run(c->db, "UPDATE round SET opened_at_us = ? WHERE id = ?", "ii", r->opened_at_us,
	       r->id);
	entries_open(c, r->id);
	ensure_planned(c);
	rounds_say_open(c, r, late);
}

static void skip_round(struct circle *c, struct round *r, enum rounds_skipped why)
{
	struct round next;

	begin_step(c, r, "skip");
	set_state(c, r, ROUND_SKIPPED);
	/* One week on, even if that is past as well: it is looked at in its turn. */
	plan(c, r->day, r->opens_at_us);
	rounds_planned(c, &next);
	/* Of several missed openings only the last is worth a word. */
	if (next.opens_at_us > c->run_us)
		rounds_say_skipped(c, r, why);
}

/* When the planned round could have opened at the earliest: not while the group wanted quiet, and
 * not while the round before it was open. */
static int64_t ready_us(struct circle *c, const struct round *r)
{
	int64_t before_us = 0;
	struct query q = db_query(c->db,
				  COLUMNS "WHERE group_id = ? AND +state IN ('closed', 'archived')"
					  " ORDER BY day DESC, id DESC LIMIT 1",
				  "i", c->id);

	if (query_next(&q)) {
		before_us = row_of(c, &q).closes_at_us;
		query_done(&q);
	}
	return MAX(r->opens_at_us, MAX(before_us, circle_quiet_until(c)));
}

static void step_planned(struct circle *c, struct round *r)
{
	bool late = c->run_us - ready_us(c, r) > LATE_US;

	if (is_holiday(c, r->day))
		skip_round(c, r, ROUNDS_SKIPPED_HOLIDAY);
	else if (is_over(r, c->run_us))
		skip_round(c, r, late ? ROUNDS_SKIPPED_MISSED : ROUNDS_SKIPPED_OVER);
	else
		open_round(c, r, late);
}

static void step_last_call(struct circle *c, struct round *r)
{
	begin_step(c, r, "last-call");
	set_state(c, r, ROUND_LAST_CALL);
	/* Opened later than this: it was only just said until when there is time. */
	bool said = r->opened_at_us < r->last_call_at_us;
	if (said)
		rounds_say_last_call(c, r);
	entries_draw_readers(c, r, 0);
	if (said)
		rounds_say_reminders(c, r);
}

/* Two quiet rounds in a row are worth a word to the organizers; a third is no news. */
static bool second_quiet(struct circle *c, const struct round *r)
{
	int64_t quiet = 0;
	struct query q =
		db_query(c->db,
			 "SELECT quiet FROM round WHERE group_id = ? AND day < ?"
			 " AND +state IN ('closed', 'archived') ORDER BY day DESC, id DESC LIMIT 2",
			 "ii", c->id, (int64_t)r->day);

	for (int i = 0; query_next(&q); i++)
		quiet = i == 0 ? query_int(&q, 0) : quiet && !query_int(&q, 0);
	return quiet;
}

static void step_close(struct circle *c, struct round *r)
{
	g_autoptr(GArray) entries = entries_of(c, r->id);
	struct round next;

	begin_step(c, r, "close");
	set_state(c, r, ROUND_CLOSED);
	/* What was late stays late, whatever the configuration says tomorrow. */
	db_run(c->db, "UPDATE round SET closes_at_us = ? WHERE id = ?", "ii", r->closes_at_us,
	       r->id);
	rounds_next(c, &next);
	if (entries->len > 0) {
		rounds_say_recap(c, r, entries, &next);
		return;
	}
	db_run(c->db, "UPDATE round SET quiet = 1 WHERE id = ?", "i", r->id);
	rounds_say_quiet(c, r, &next, second_quiet(c, r));
}

static void take_step(struct circle *c, struct round *r)
{
	switch (r->state) {
	case ROUND_PLANNED:
		step_planned(c, r);
		break;
	case ROUND_OPEN:
		if (c->now_us < r->closes_at_us)
			step_last_call(c, r);
		else
			step_close(c, r);
		break;
	case ROUND_LAST_CALL:
		step_close(c, r);
		break;
	case ROUND_CLOSED:
		begin_step(c, r, "archive");
		set_state(c, r, ROUND_ARCHIVED);
		break;
	case ROUND_ARCHIVED:
	case ROUND_SKIPPED:
		g_assert_not_reached();
	}
}

bool rounds_step(struct circle *c)
{
	struct round r;

	ensure_planned(c);
	if (!next_due(c, &r) || MAX(due_of(&r), circle_quiet_until(c)) > c->now_us)
		return false;
	take_step(c, &r);
	return true;
}

void rounds_catch_up(struct circle *c)
{
	struct round r;

	ensure_planned(c);
	if (circle_quiet_until(c) > c->run_us)
		return;
	while (next_due(c, &r) && due_of(&r) <= c->now_us) {
		const char *cause = c->cause, *source = c->source;
		int64_t about = c->about;
		int ordinal = c->ordinal;

		take_step(c, &r);
		c->cause = cause;
		c->source = source;
		c->about = about;
		c->ordinal = ordinal;
	}
}

/* The rounds whose announcements may still wait for a network that is out of reach. */
static GArray *latest_rounds(struct circle *c)
{
	GArray *latest = g_array_new(FALSE, FALSE, sizeof(struct round));
	struct query q = db_query(c->db,
				  COLUMNS "WHERE group_id = ? AND +state NOT IN ('planned', "
					  "'skipped') ORDER BY day DESC, id DESC LIMIT 4",
				  "i", c->id);

	while (query_next(&q)) {
		struct round r = row_of(c, &q);
		g_array_append_val(latest, r);
	}
	return latest;
}

static void revise_recap(struct circle *c, const struct round *r)
{
	g_autoptr(GArray) entries = entries_of(c, r->id);
	/* Quiet held the closing back; what came later was told by itself. */
	int64_t closed_us = MAX(r->closes_at_us, circle_quiet_until(c));
	struct round next;

	for (unsigned i = entries->len; i-- > 0;) {
		const struct entry *e = &g_array_index(entries, struct entry, i);

		if (e->late && e->shown_at_us >= closed_us)
			g_array_remove_index(entries, i);
	}
	rounds_next(c, &next);
	struct draft d = rounds_draft_recap(c, r, entries, &next);
	voice_announce_anew(c, &d);
}

static void revise(struct circle *c, const struct round *r)
{
	struct draft d;

	begin_step(c, r, "open");
	const char *word = voice_unsaid(c);
	if (word) {
		d = rounds_draft_open(c, r, !strcmp(word, "round.late-open"));
		voice_announce_anew(c, &d);
	}
	begin_step(c, r, "last-call");
	if (voice_unsaid(c)) {
		d = rounds_draft_last_call(c, r);
		voice_announce_anew(c, &d);
	}
	begin_step(c, r, "close");
	if (voice_unsaid(c))
		revise_recap(c, r);
}

void rounds_revise(struct circle *c)
{
	g_autoptr(GArray) latest = latest_rounds(c);
	struct circle again = *c;

	again.cause_made = NULL;
	for (unsigned i = 0; i < latest->len; i++)
		revise(&again, &g_array_index(latest, struct round, i));
	g_free(again.cause_made);
}

/* While the group has asked for quiet the hour to close may be past and the step still to come. */
static bool open_one(struct circle *c, struct round *ret)
{
	return rounds_current(c, ret) && c->now_us < ret->closes_at_us &&
	       (ret->state == ROUND_OPEN || ret->state == ROUND_LAST_CALL);
}

/* A round of its own, opened by hand: planned beside the planned one. */
static void add_round(struct circle *c, struct round *r)
{
	g_autofree char *rule = rule_of(c);

	db_run(c->db,
	       "INSERT INTO round(group_id, day, rule, state, opens_at_us)"
	       " VALUES(?, ?, ?, 'planned', ?)",
	       "iiti", c->id, (int64_t)r->day, rule, r->opens_at_us);
	r->id = db_last_id(c->db);
}

int rounds_open_now(struct circle *c)
{
	struct round r, planned;

	if (open_one(c, &r))
		return -EALREADY;
	rounds_planned(c, &planned);
	r = (struct round){ .day = recur_day(c->now_us, c->group->zone) };
	compute_times(c, &r, c->now_us, 0);
	if (r.closes_at_us <= planned.opens_at_us) {
		/* It is over before the planned one opens, and takes nothing from it. */
		add_round(c, &r);
	} else {
		db_run(c->db, "UPDATE round SET opens_at_us = ? WHERE id = ?", "ii", c->now_us,
		       planned.id);
		rounds_planned(c, &r);
	}
	open_round(c, &r, false);
	return 0;
}

int rounds_close_now(struct circle *c)
{
	struct round r;

	if (!open_one(c, &r))
		return -ENOENT;
	db_run(c->db, "UPDATE round SET closes_at_us = ? WHERE id = ?", "ii", c->now_us, r.id);
	r.closes_at_us = c->now_us;
	r.archives_at_us = c->now_us + c->group->round.archive_us;
	step_close(c, &r);
	return 0;
}

int rounds_extend(struct circle *c, int64_t by_us, struct round *ret)
{
	struct round r;

	if (!open_one(c, &r))
		return -ENOENT;
	db_run(c->db, "UPDATE round SET closes_at_us = ? WHERE id = ?", "ii",
	       r.closes_at_us + by_us, r.id);
	r.closes_at_us += by_us;
	r.archives_at_us += by_us;
	*ret = r;
	return 0;
}

void rounds_skip_next(struct circle *c)
{
	struct round r;

	rounds_planned(c, &r);
	begin_step(c, &r, "skip");
	set_state(c, &r, ROUND_SKIPPED);
	plan(c, r.day, r.opens_at_us);
	rounds_say_skipped(c, &r, ROUNDS_SKIPPED_ASKED);
}

void rounds_add_holiday(struct circle *c, uint32_t first, uint32_t last)
{
	db_run(c->db, "INSERT INTO holiday(group_id, first, last) VALUES(?, ?, ?)", "iii", c->id,
	       (int64_t)first, (int64_t)last);
}

void rounds_unquiet(struct circle *c, const struct round *r)
{
	db_run(c->db, "UPDATE round SET quiet = 0 WHERE id = ? AND quiet", "i", r->id);
}
