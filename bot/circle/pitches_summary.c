/* What the organizers are told on Mondays of a guard that only observes, and of what it misread
 * (pitches.h). */
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/places.h"
#include "circle/recur.h"
#include "circle/rounds.h"
#include "clock.h"
#include "store/db.h"

#include <string.h>

/* After the round's own announcements, in most groups. */
static const struct config_wall told_at = { .weekday = 1, .hour = 10 };
/* A message one can still read; what there is more of is more of the same. */
#define ITEMS_MOST 12

static const char *const worth_telling =
	"SELECT id, person_id, decision, verdict, reasons, observed, at_us,"
	" iif(state = 'misread', settled_us, at_us) AS known_us FROM pitch"
	" WHERE group_id = ?1 AND known_us > ?2"
	" AND (state = 'misread' OR (state = 'open' AND observed"
	" AND (verdict = 'maybe' OR decision <> 'ignore'))) ORDER BY known_us, id";

static int64_t told_us(struct circle *c)
{
	return db_int(c->db, 0, "SELECT observed_told_us FROM groups WHERE id = ?", "i", c->id);
}

int64_t pitches_summary_due(struct circle *c)
{
	struct query q = db_query(c->db, worth_telling, "ii", c->id, told_us(c));

	if (!query_next(&q))
		return INT64_MAX;
	int64_t first_us = query_int(&q, 7);
	query_done(&q);
	return MAX(recur_next(&told_at, c->group->zone, first_us), circle_quiet_until(c));
}

static const char *would_have(const char *decision, const char *verdict)
{
	if (!strcmp(verdict, "maybe"))
		return "observed.maybe";
	if (!strcmp(decision, "nudge"))
		return "observed.nudge";
	if (!strcmp(decision, "decline"))
		return "observed.decline";
	return "observed.hold";
}

static void tell_item(struct circle *c, struct draft *d, struct query *q)
{
	int64_t person = query_int(q, 1);
	g_autofree char *name =
		person ? people_name(c, person) : g_strdup(words_get(c->words, "person.new"));
	g_autofree char *reasons = pitches_reasons(c, query_text(q, 4));
	g_autofree char *when = rounds_when(c, query_int(q, 6));
	const char *key = query_int(q, 5) ? would_have(query_text(q, 2), query_text(q, 3))
					  : "observed.misread";

	draft_item(d, key, "when", when, "name", name, "reasons", reasons, NULL);
}

static bool any_observed(struct circle *c)
{
	return db_int(c->db, 0,
		      "SELECT 1 FROM pitch WHERE group_id = ? AND at_us > ? AND observed"
		      " AND state <> 'misread'",
		      "ii", c->id, told_us(c));
}

bool pitches_summary_step(struct circle *c)
{
	if (pitches_summary_due(c) > c->now_us)
		return false;
	bool observing = any_observed(c);
	struct draft d = draft_new(c);
	struct query q = db_query(c->db, worth_telling, "ii", c->id, told_us(c));
	int n = 0;

	draft_say(&d, observing ? "observed" : "observed.misread-only", NULL);
	while (query_next(&q))
		if (n++ < ITEMS_MOST)
			tell_item(c, &d, &q);
	if (n > ITEMS_MOST)
		draft_item(&d, "observed.more", NULL);
	draft_say(&d,
		  places_mode(c, NULL, NULL) == CONFIG_PITCH_OBSERVE ? "observed.how"
								     : "observed.test",
		  NULL);
	db_run(c->db, "UPDATE groups SET observed_told_us = ? WHERE id = ?", "ii", c->now_us,
	       c->id);
	g_free(c->cause_made);
	c->cause_made = g_strdup_printf("observed/%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, c->id,
					c->now_us);
	c->cause = c->cause_made;
	voice_organizers(c, &d, c->now_us + CIRCLE_TELL_LASTS_US);
	return true;
}
