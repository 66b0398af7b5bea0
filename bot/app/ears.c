#include "app/ears.h"

#include "circle/places.h"
#include "clock.h"
#include "event.h"
#include "store/db.h"

#include <string.h>

#define WRITE_WITHIN_US CLOCK_US_PER_MINUTE
/* What was said before kith stopped may have been on its way to it still, or have been said by a
 * slower clock. */
#define UNDERWAY_US (10 * CLOCK_US_PER_MINUTE)

static struct app_ear *ear_at(const struct app_link *link, unsigned i)
{
	return &g_array_index(link->ears, struct app_ear, i);
}

static struct app_ear *ear_in(const struct app_link *link, const char *room)
{
	for (unsigned i = 0; room && i < link->ears->len; i++)
		if (!strcmp(ear_at(link, i)->room, room))
			return ear_at(link, i);
	return NULL;
}

/* What goes on from a connection that still stands takes its word for it. */
static struct places_heard heard_so_far(struct app *app, const char *network, const char *room)
{
	const struct app_link *before = app_link_by_name(app, network);
	const struct app_ear *ear = before ? ear_in(before, room) : NULL;

	if (!ear)
		return places_heard(app->db, network, room);
	if (before->env.listening[ear - ear_at(before, 0)])
		return (struct places_heard){ ear->heard_us, app_now(app) };
	bool since_start = ear->heard_us > ear->first_us;
	return (struct places_heard){ ear->heard_us, since_start ? 0 : ear->stopped_us };
}

void ears_open(struct app_link *link)
{
	const char *network = link->network;
	unsigned n = 0;

	while (link->env.rooms[n])
		n++;
	int64_t *heard_us = g_new0(int64_t, n + 1);
	link->ears = g_array_sized_new(FALSE, TRUE, sizeof(struct app_ear), n);
	for (unsigned i = 0; i < n; i++) {
		const char *room = link->env.rooms[i];
		struct places_heard was = heard_so_far(link->app, network, room);
		/* It listened until it stopped, whenever something was said last. */
		int64_t first_us = MAX(was.heard_us, was.stopped_us - UNDERWAY_US);
		struct app_ear ear = { .room = room,
				       .heard_us = first_us,
				       .first_us = first_us,
				       .stopped_us = was.stopped_us };

		g_array_append_val(link->ears, ear);
		heard_us[i] = first_us;
	}
	link->env.heard_us = heard_us;
	link->env.listening = g_new0(bool, n + 1);
}

void ears_done(struct app_link *link)
{
	g_free((void *)link->env.heard_us);
	g_free(link->env.listening);
	g_clear_pointer(&link->ears, g_array_unref);
}

void ears_heard(struct app_link *link, const struct event *e, int64_t now_us)
{
	struct app_ear *ear = ear_in(link, e->room);
	/* What was missed is over, and told of. */
	int64_t at_us = e->kind == EVENT_MISSED ? now_us : MIN(e->at_us, now_us);

	/* What is in the future was heard before the clock was set back. */
	if (!ear || (at_us <= ear->heard_us && ear->heard_us <= now_us))
		return;
	ear->heard_us = at_us;
	ear->moved = true;
	link->app->ears_us = MIN(link->app->ears_us, now_us + WRITE_WITHIN_US);
}

bool ears_due(const struct app *app, int64_t now_us)
{
	/* A clock that was set back must not keep it waiting. */
	bool soon = app->ears_us > now_us && app->ears_us <= now_us + WRITE_WITHIN_US;

	return app->ears_us != INT64_MAX && !soon;
}

static void write_ear(const struct app_link *link, struct app_ear *ear, int64_t stopped_us)
{
	struct places_heard heard = { ear->heard_us, stopped_us };

	places_set_heard(link->app->db, link->network, ear->room, &heard);
	ear->moved = false;
}

void ears_write(struct app *app)
{
	for (unsigned i = 0; i < app->links->len; i++) {
		const struct app_link *link = app->links->pdata[i];

		for (unsigned j = 0; j < link->ears->len; j++)
			if (ear_at(link, j)->moved)
				write_ear(link, ear_at(link, j), 0);
	}
	app->ears_us = INT64_MAX;
}

void ears_stop_link(const struct app_link *link, int64_t now_us)
{
	for (unsigned i = 0; i < link->ears->len; i++) {
		struct app_ear *ear = ear_at(link, i);

		if (link->env.listening[i])
			write_ear(link, ear, now_us);
		else if (ear->moved)
			write_ear(link, ear, 0);
	}
}

void ears_stop(struct app *app, int64_t now_us)
{
	for (unsigned i = 0; i < app->links->len; i++)
		ears_stop_link(app->links->pdata[i], now_us);
	app->ears_us = INT64_MAX;
}

/* A network that tells all its rooms together has listened in each as long as in any. */
static bool is_before_start(const struct app_link *link, int64_t at_us)
{
	for (unsigned i = 0; i < link->ears->len; i++)
		if (at_us <= ear_at(link, i)->first_us)
			return true;
	return false;
}

int64_t ears_missed_since(const struct app_link *link, const struct event *e, bool *ret_known)
{
	const struct app_ear *ear = ear_in(link, e->room);
	bool before_start = ear && is_before_start(link, e->at_us);

	*ret_known = !before_start || ear->stopped_us;
	return before_start && ear->stopped_us ? ear->stopped_us : e->at_us;
}
