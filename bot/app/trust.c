#include "app/trust.h"

#include "base/text/text.h"
#include "circle/people.h"
#include "event.h"

#include <string.h>

enum { ADDRESS_MOST = 255 };

static char *name_of(const struct event *e)
{
	g_autofree char *shown = text_line(e->shown);

	return text_clip(shown, CIRCLE_NAME_MOST);
}

void trust_explain(struct circle *c, const struct event *e)
{
	g_autofree char *name = name_of(e);
	const char *word = e->encrypted ? "trust.unsigned" : "trust.clear";

	if (!people_tell_device(c, e->network, e->account, e->encrypted ? e->device : ""))
		return;
	struct draft d = draft_new(c);
	draft_say(&d, word, "name", name, NULL);
	voice_whisper(c, e, &d);
}

static void say_unreadable(struct circle *c, const struct event *e)
{
	g_autofree char *name = name_of(e);

	/* Not at each of a hundred that lack the same key. */
	if (!people_tell_device(c, e->network, e->account, e->device))
		return;
	struct draft d = draft_new(c);
	draft_say(&d, e->kind == EVENT_WITHHELD ? "trust.withheld" : "trust.unread", "name", name,
		  NULL);
	/* Nobody knows whether it was for kith: the room has nothing to do with it. */
	voice_whisper_apart(c, e, &d, NULL);
}

static void say_identity(struct circle *c, const struct event *e)
{
	g_autofree char *name = name_of(e), *line = text_line(e->account);
	g_autofree char *account = text_clip(line, ADDRESS_MOST);
	struct draft d = draft_new(c);

	draft_say(&d, "trust.identity", "name", name, "account", account, NULL);
	voice_organizers(c, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

void trust_event(struct app_link *link, struct app_group *group, const struct event *e)
{
	struct circle c = app_circle(link->app, group, app_now(link->app), e->id);

	app_begin(link->app);
	if (e->kind == EVENT_IDENTITY)
		say_identity(&c, e);
	else
		say_unreadable(&c, e);
	app_commit(link->app);
}
