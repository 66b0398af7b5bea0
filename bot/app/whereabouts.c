#include "app/whereabouts.h"

#include "base/text/text.h"
#include "circle/hashes.h"
#include "circle/people.h"
#include "circle/places.h"
#include "clock.h"
#include "event.h"
#include "post.h"

#include <string.h>

/* No address of a room or a person is longer (Matrix: 255 bytes). */
enum { ADDRESS_MOST = 255 };

/* As a line of ours may hold it. */
static char *clean(const char *text, unsigned most)
{
	g_autofree char *line = text_line(text ? text : "");

	return text_clip(line, most);
}

static char *address_of(const struct event *e, const char *room)
{
	g_autofree char *name = clean(room, ADDRESS_MOST);

	return g_strconcat(e->network, "/", name, NULL);
}

static bool has_place(const struct config_group *group, const char *network, const char *room)
{
	for (unsigned i = 0; i < group->places->len; i++) {
		const struct config_address *place = group->places->pdata[i];

		if (!strcmp(place->network, network) && (!room || !strcmp(place->name, room)))
			return true;
	}
	return false;
}

/* The first with a place on that network, or the first of all. */
static const struct config_group *group_there(const struct config *config, const char *network)
{
	for (unsigned i = 0; i < config->groups->len; i++)
		if (has_place(config->groups->pdata[i], network, NULL))
			return config->groups->pdata[i];
	return config->groups->pdata[0];
}

static struct app_group *group_of_config(struct app *app, const struct config_group *config)
{
	for (unsigned i = 0; i < app->n_groups; i++)
		if (app->groups[i].config == config)
			return &app->groups[i];
	return &app->groups[0];
}

/* Whose organizer it is; NULL: nobody's. */
static struct app_group *group_of_organizer(struct app *app, const struct event *e)
{
	for (unsigned i = 0; i < app->n_groups; i++)
		if (people_is_organizer(app->groups[i].config, e->network, e->account))
			return &app->groups[i];
	return NULL;
}

static bool is_a_place(struct app *app, const struct event *e)
{
	for (unsigned i = 0; i < app->n_groups; i++)
		if (has_place(app->groups[i].config, e->network, e->room))
			return true;
	return false;
}

static void tell(struct circle *c, struct draft *d)
{
	voice_organizers(c, d, c->now_us + CIRCLE_TELL_LASTS_US);
}

/* Once for each who asks, under a hash of theirs: of somebody nobody here knows no more is kept. */
static void say_refused(struct app *app, const struct event *e)
{
	struct app_group *group =
		group_of_config(app, group_there(app->options.config, e->network));
	struct circle c = app_circle(app, group, app_now(app), "invite");
	g_autofree char *who = hashes_handle(&c, e->network, e->account);
	g_autofree char *cause = g_strconcat("invite/", who, NULL);
	g_autofree char *name = clean(e->shown, CIRCLE_NAME_MOST);
	g_autofree char *account = clean(e->account, ADDRESS_MOST);

	c.cause = cause;
	app_begin(app);
	struct draft d = draft_new(&c);
	draft_say(&d, "invite.told", "name", name, "account", account, NULL);
	tell(&c, &d);
	app_commit(app);
}

static void say_accepted(struct app *app, struct app_group *group, const struct event *e)
{
	g_autofree char *cause = g_strconcat("invited/", e->network, "/", e->room, NULL);
	struct circle c = app_circle(app, group, app_now(app), cause);
	g_autofree char *place = address_of(e, e->room);
	g_autofree char *name = clean(e->shown, CIRCLE_NAME_MOST);

	app_begin(app);
	struct draft d = draft_new(&c);
	draft_say(&d, "invite.place", "name", name, "place", place, NULL);
	tell(&c, &d);
	app_commit(app);
}

void whereabouts_invited(struct app_link *link, const struct event *e)
{
	struct app *app = link->app;
	struct app_group *organized = e->account ? group_of_organizer(app, e) : NULL;

	/* To talk alone, or into a place, is as it should be. */
	if (!e->account || !e->room || is_a_place(app, e))
		return;
	if (!e->accepted)
		say_refused(app, e);
	else if (organized && !e->direct)
		say_accepted(app, organized, e);
}

static void say_moved(struct circle *c, const struct event *e)
{
	g_autofree char *place = address_of(e, e->room), *to = address_of(e, e->text);
	struct draft d = draft_new(c);

	draft_say(&d, "moved", "place", place, "to", to, NULL);
	tell(c, &d);
}

static void say_muted(struct circle *c, const struct event *e)
{
	struct draft d = draft_new(c);

	draft_say(&d, e->encrypted ? "muted.encrypted" : "muted", "place", e->room, NULL);
	tell(c, &d);
}

void whereabouts_event(struct app_link *link, struct app_group *group, const struct event *e)
{
	bool moved = e->kind == EVENT_MOVED;
	int64_t now_us = app_now(link->app);
	/* A move is told of once, whoever tells it again; being mute as often as it may be. */
	g_autofree char *when = g_strdup_printf("%" G_GINT64_FORMAT, now_us);
	g_autofree char *cause = g_strjoin("/", moved ? "moved" : "muted", e->network, e->room,
					   moved ? e->text : when, NULL);
	struct circle c = app_circle(link->app, group, now_us, cause);

	app_begin(link->app);
	if (moved && *e->text) {
		places_moved(&c, e->network, e->room, e->text);
		say_moved(&c, e);
	} else if (!moved && places_tell_muted(&c, e->network, e->room)) {
		say_muted(&c, e);
	}
	app_commit(link->app);
}

char *whereabouts_refusal(const struct config *config, const char *network)
{
	struct app_group group = { NULL };
	g_autofree char *error = NULL;

	/* Words that cannot be read are told of where the group itself is. */
	if (app_group_read(&group, config, group_there(config, network), &error) < 0)
		return NULL;
	g_autofree char *said = words_say(group.words, "invite.refused", NULL);
	app_group_done(&group);
	return post_plain(said);
}
