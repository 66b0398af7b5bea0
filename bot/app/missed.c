#include "app/missed.h"

#include "app/ears.h"
#include "app/guard.h"
#include "base/text/text.h"
#include "circle/places.h"
#include "circle/rounds_say.h"
#include "clock.h"
#include "event.h"

#include <string.h>

/* What is shorter nobody has noticed: a reconnect, an update. */
#define GAP_LEAST_US CLOCK_US_PER_MINUTE
/* Who is asked to say something again an hour later has long done so. */
#define SAID_WITHIN_US CLOCK_US_PER_HOUR

enum { REASON_MOST = 200 };

static void say_missed(struct circle *c, const struct event *e, int64_t since_us, bool known)
{
	struct draft d = draft_new(c);

	draft_say(&d, "missed", NULL);
	if (known) {
		g_autofree char *from = rounds_when(c, since_us);
		g_autofree char *until = rounds_when(c, c->now_us);
		draft_add(&d, "missed.when", "from", from, "until", until, NULL);
	}
	draft_add(&d, "missed.again", NULL);
	voice_announce_in(c, e->network, e->room, &d, c->now_us + SAID_WITHIN_US);
}

static void missed(struct app_link *link, struct app_group *group, struct circle *c,
		   const struct event *e)
{
	bool known;
	int64_t since_us = ears_missed_since(link, e, &known);

	if (since_us <= 0 || c->now_us - since_us <= GAP_LEAST_US)
		return;
	guard_missed(group->guard, c->now_us);
	if (circle_quiet_until(c) <= c->now_us && places_tell_missed(c, e->network, e->room))
		say_missed(c, e, since_us, known);
}

/* Many servers give the nick of who did it where no reason was given; one that makes us leave
 * names nobody. */
static void say_ejected(struct circle *c, const struct event *e)
{
	g_autofree char *shown = text_line(e->shown);
	g_autofree char *by = text_clip(shown, CIRCLE_NAME_MOST);
	g_autofree char *said = text_line(e->text);
	g_autofree char *reason = text_clip(said, REASON_MOST);
	struct draft d = draft_new(c);

	if (*by)
		draft_say(&d, "ejected", "name", by, "place", e->room, NULL);
	else
		draft_say(&d, "ejected.unnamed", "place", e->room, NULL);
	if (*reason && strcmp(reason, by) != 0)
		draft_add(&d, "ejected.reason", "reason", reason, NULL);
	draft_add(&d, "ejected.how", NULL);
	voice_organizers(c, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

void missed_event(struct app_link *link, struct app_group *group, const struct event *e)
{
	const char *what = e->kind == EVENT_MISSED ? "missed" : "ejected";
	/* By the place and when it began, so that it is told once, whoever tells it again. */
	g_autofree char *cause =
		g_strdup_printf("%s/%s/%s/%" G_GINT64_FORMAT, what, e->network, e->room, e->at_us);
	struct circle c = app_circle(link->app, group, app_now(link->app), cause);

	app_begin(link->app);
	if (e->kind == EVENT_MISSED)
		missed(link, group, &c, e);
	else if (places_tell_ejected(&c, e->network, e->room))
		say_ejected(&c, e);
	app_commit(link->app);
}
