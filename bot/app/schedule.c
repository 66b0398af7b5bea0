#include "app/schedule.h"

#include "app/app.h"
#include "circle/absences.h"
#include "circle/doors.h"
#include "circle/launches.h"
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/promotions.h"
#include "circle/records.h"
#include "circle/rounds.h"
#include "circle/standing.h"
#include "clock.h"
#include "store/db.h"
#include "store/outbox.h"

/* The key of a post is kept this long after its time: no network hands on an event that old. */
#define KEYS_LAST_US     (60 * CLOCK_US_PER_DAY)
#define ABSENCES_LAST_US (400 * CLOCK_US_PER_DAY)
#define LAUNCHES_LAST_US (30 * CLOCK_US_PER_DAY)

/* Nothing is done for a group nobody of can be spoken to: a round that fell due while its network
 * was away is judged when it is back, like one that fell due while kith was. */
static bool online(struct app *app, const struct config_group *group)
{
	for (unsigned i = 0; i < group->places->len; i++) {
		const struct config_address *place = group->places->pdata[i];
		struct app_link *link = app_link_by_name(app, place->network);

		if (link && link->state == TRANSPORT_ONLINE)
			return true;
	}
	return false;
}

/* One step in one transaction; false when none is due, with the next due time. */
static bool take_step(struct app *app, struct app_group *group, int64_t now_us,
		      int64_t *ret_next_us)
{
	struct circle c = app_circle(app, group, now_us, "schedule");

	app_begin(app);
	/* Asked first: nearly always none is, and each step would ask the same once more. */
	int64_t next_us = MIN(MIN(rounds_due(&c), promotions_due(&c)), pitches_summary_due(&c));
	bool stepped = next_us <= now_us &&
		       (rounds_step(&c) || promotions_step(&c) || pitches_summary_step(&c));
	*ret_next_us = stepped ? now_us : next_us;
	app_commit(app);
	g_free(c.cause_made);
	return stepped;
}

static void chores(struct app *app, struct app_group *group, int64_t now_us)
{
	struct circle c = app_circle(app, group, now_us, "chores");

	app_begin(app);
	people_retain(&c, app->options.config->retention_us);
	standing_prune(&c);
	pitches_prune(&c);
	absences_prune(&c, now_us - ABSENCES_LAST_US);
	launches_prune(&c, now_us - LAUNCHES_LAST_US);
	promotions_prune(&c);
	records_prune(&c);
	doors_prune(&c);
	outbox_prune(app->outbox, now_us - KEYS_LAST_US);
	app_commit(app);
}

/* Every step due; returns when the next is. */
static int64_t take_steps(struct app *app, int64_t now_us)
{
	int64_t next_us = INT64_MAX;

	for (unsigned i = 0; i < app->n_groups && !app->crashed; i++) {
		int64_t group_us = INT64_MAX;

		if (!online(app, app->groups[i].config))
			continue;
		while (take_step(app, &app->groups[i], now_us, &group_us) && !app->crashed)
			;
		next_us = MIN(next_us, group_us);
	}
	return next_us;
}

bool schedule_due(const struct app *app, int64_t now_us)
{
	return now_us >= app->step_us || now_us >= app->chores_us;
}

int64_t schedule_run(struct app *app, int64_t now_us)
{
	if (app->moved || now_us >= app->step_us) {
		app->step_us = take_steps(app, now_us);
		app->moved = false;
	}
	if (now_us >= app->chores_us) {
		for (unsigned i = 0; i < app->n_groups && !app->crashed; i++)
			chores(app, &app->groups[i], now_us);
		app->chores_us = now_us + CLOCK_US_PER_DAY;
	}
	return app->moved ? now_us : MIN(app->step_us, app->chores_us);
}
