#include "app/app.h"

#include "app/deliver.h"
#include "app/dispatch.h"
#include "app/ears.h"
#include "app/guard.h"
#include "app/reload.h"
#include "app/schedule.h"
#include "app/whereabouts.h"
#include "base/log.h"
#include "base/loop.h"
#include "circle/people.h"
#include "circle/places.h"
#include "clock.h"
#include "store/db.h"
#include "store/outbox.h"

#include <errno.h>
#include <string.h>

/* One timer at most this far ahead: a monotonic timer does not see the wall clock being set. */
#define LOOK_AGAIN_US CLOCK_US_PER_MINUTE

int64_t app_now(const struct app *app)
{
	return app->options.clock->wall_us(app->options.clock);
}

struct circle app_circle(struct app *app, struct app_group *group, int64_t at_us, const char *cause)
{
	return (struct circle){
		.db = app->db,
		.outbox = app->outbox,
		.group = group->config,
		.words = group->words,
		.id = group->id,
		.now_us = at_us,
		.run_us = app_now(app),
		.cause = cause,
		.reload = app->options.load ? reload_read : NULL,
		.host = app,
	};
}

void app_begin(struct app *app)
{
	db_begin(app->db);
	app->working = true;
}

bool app_commit(struct app *app)
{
	bool done = db_end(app->db) == 0;

	app->working = false;
	outbox_settle(app->outbox, !done);
	return done;
}

void app_flush(struct app *app)
{
	app->marking = true;
	outbox_flush(app->outbox);
	app->marking = false;
}

static void crash(struct app *app)
{
	app->crashed = true;
	app->crash_at = APP_NOWHERE;
}

void app_crash_at(struct app *app, enum app_point point)
{
	if (point == APP_NOWHERE)
		crash(app);
	else
		app->crash_at = point;
}

static bool before_commit(void *data)
{
	struct app *app = data;

	if (app->crash_at == APP_BEFORE_COMMIT && app->working)
		crash(app);
	if (app->crashed)
		return false;
	outbox_join(app->outbox);
	ears_write(app);
	app->flush_us = INT64_MAX;
	return true;
}

static void after_commit(void *data)
{
	struct app *app = data;

	/* What was committed may have changed what is due; marks of delivery have not. */
	app->moved = app->moved || !app->marking;
	if (app->crash_at == APP_AFTER_COMMIT && app->working)
		crash(app);
}

static void run_due(void *data)
{
	struct app *app = data;
	int64_t now_us = app_now(app);
	int64_t next_us = app_run_due(app, now_us);

	loop_timer_set(app->timer, CLAMP(next_us - now_us, 0, LOOK_AGAIN_US));
}

/* Something happened: the next due time may have come nearer. */
static void look_soon(struct app *app)
{
	if (app->timer)
		loop_timer_set(app->timer, 0);
}

static void on_event(void *data, struct transport *t, const struct event *e)
{
	struct app_link *link = data;

	if (link->app->crashed)
		return;
	ears_heard(link, e, app_now(link->app));
	bool awaited = e->account && deliver_seen(link->app, e->network, e->account);
	if (dispatch_event(link, e) || awaited)
		look_soon(link->app);
}

static void on_delivered(void *data, struct transport *t, const char *post_key, int error)
{
	struct app_link *link = data;

	if (link->app->crashed)
		return;
	deliver_confirmed(link->app, post_key, error);
	look_soon(link->app);
}

static void on_state(void *data, struct transport *t, enum transport_state state)
{
	struct app_link *link = data;

	if (link->app->crashed)
		return;
	if (state != TRANSPORT_ONLINE && link->state == TRANSPORT_ONLINE)
		outbox_resend(link->app->outbox, t->name);
	if (state == TRANSPORT_ONLINE)
		deliver_seen(link->app, t->name, NULL);
	link->state = state;
	link->app->step_us = 0;
	if (link->app->options.changed)
		link->app->options.changed(link->app->options.data);
	look_soon(link->app);
}

static const struct transport_listener listener = { on_event, on_delivered, on_state };

static const struct transport_impl *find_impl(const struct app_options *options, const char *kind)
{
	for (const struct transport_impl *const *i = options->transports; *i; i++)
		if (!strcmp((*i)->kind, kind))
			return *i;
	return NULL;
}

/* The configured rooms, or the organizers' accounts, that are on `network`. g_strfreev them. */
static char **names_on(const struct config *config, const char *network, bool organizers)
{
	GPtrArray *names = g_ptr_array_new();

	for (unsigned i = 0; i < config->groups->len; i++) {
		const struct config_group *group = config->groups->pdata[i];
		const GPtrArray *from = organizers ? group->organizers : group->places;

		for (unsigned j = 0; j < from->len; j++) {
			const struct config_address *address = from->pdata[j];
			if (!strcmp(address->network, network))
				g_ptr_array_add(names, g_strdup(address->name));
		}
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

char *app_link_fingerprint(const struct config *config, const struct config_section *section)
{
	g_auto(GStrv) rooms = names_on(config, section->name, false);
	g_auto(GStrv) inviters = names_on(config, section->name, true);
	g_autofree char *keys = config_fingerprint(section);
	g_autofree char *room_list = g_strjoinv(",", rooms);
	g_autofree char *inviter_list = g_strjoinv(",", inviters);

	return g_strjoin(" ", section->kind, section->name, keys, room_list, inviter_list, NULL);
}

int app_link_open(struct app *app, const struct config *config,
		  const struct config_section *section, struct app_link **ret, char **ret_error)
{
	const struct transport_impl *impl = find_impl(&app->options, section->kind);

	if (!impl) {
		*ret_error = g_strdup_printf("[%s %s]: this kith has no door to %s yet",
					     section->kind, section->name, section->kind);
		return -ENOTSUP;
	}

	struct app_link *link = g_new0(struct app_link, 1);
	link->app = app;
	link->network = g_strdup(section->name);
	link->fingerprint = app_link_fingerprint(config, section);
	link->refusal = whereabouts_refusal(config, section->name);
	link->env = (struct transport_env){
		.loop = app->options.loop,
		.clock = app->options.clock,
		.listener = &listener,
		.data = link,
		.rooms = (const char *const *)names_on(config, section->name, false),
		.inviters = (const char *const *)names_on(config, section->name, true),
		.refusal = link->refusal,
		.db = app->db,
		.context = app->options.context,
	};
	ears_open(link);
	int r = impl->open(&link->env, section, &link->transport);
	if (r < 0) {
		app_link_free(link);
		*ret_error = g_strdup_printf("cannot open [%s %s]: %s", section->kind,
					     section->name, g_strerror(-r));
		return r;
	}
	*ret = link;
	return 0;
}

void app_link_free(void *data)
{
	struct app_link *link = data;

	if (link->transport)
		link->transport->impl->close(link->transport);
	ears_done(link);
	g_strfreev((char **)link->env.rooms);
	g_strfreev((char **)link->env.inviters);
	g_free(link->network);
	g_free(link->refusal);
	g_free(link->fingerprint);
	g_free(link);
}

/* "18 months"; in days where it is no whole number of those. */
static char *retention_text(const struct words *words, int64_t retention_us)
{
	int64_t month_us = CLOCK_US_PER_YEAR / 12;

	if (retention_us % month_us == 0)
		return words_say_n(words, "duration.months", retention_us / month_us, NULL);
	return words_say_n(words, "duration.days", MAX(retention_us / CLOCK_US_PER_DAY, 1), NULL);
}

int app_group_read(struct app_group *group, const struct config *config,
		   const struct config_group *own, char **ret_error)
{
	group->config = own;
	int r = words_new(own->language, own->words, &group->words, ret_error);
	if (r < 0)
		return r;
	words_set(group->words, "p", own->prefix);
	words_set(group->words, "group", own->name);
	g_autofree char *retention = retention_text(group->words, config->retention_us);
	words_set(group->words, "retention", retention);
	return 0;
}

void app_group_enter(struct app *app, struct app_group *group)
{
	if (!group->speakers)
		group->speakers =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, config_address_free);
	app_begin(app);
	group->id = circle_group_id(app->db, group->config);
	struct circle c = app_circle(app, group, app_now(app), "start");
	if (!group->guard)
		group->guard = guard_new(c.now_us, !places_all_new(&c));
	places_seen(&c);
	app_commit(app);
}

void app_group_done(struct app_group *group)
{
	words_free(group->words);
	guard_free(group->guard);
	g_clear_pointer(&group->speakers, g_hash_table_destroy);
}

static int open_group(struct app *app, unsigned i, char **ret_error)
{
	const struct config *config = app->options.config;
	int r = app_group_read(&app->groups[i], config, config->groups->pdata[i], ret_error);

	if (r == 0)
		app_group_enter(app, &app->groups[i]);
	return r;
}

static int open_all(struct app *app, char **ret_error)
{
	const struct config *config = app->options.config;
	static const struct db_watcher none;
	struct db_watcher watcher = { before_commit, after_commit, app };
	int r = db_open(app->options.store, &app->db, ret_error);

	if (r < 0)
		return r;
	db_watch(app->db, &none);
	app->outbox = outbox_new(app->db);
	db_watch(app->db, &watcher);
	app->n_groups = config->groups->len;
	app->groups = g_new0(struct app_group, app->n_groups);
	for (unsigned i = 0; i < app->n_groups && r == 0; i++)
		r = open_group(app, i, ret_error);
	for (unsigned i = 0; i < config->networks->len && r == 0; i++) {
		struct app_link *link;

		r = app_link_open(app, config, config->networks->pdata[i], &link, ret_error);
		if (r == 0)
			g_ptr_array_add(app->links, link);
	}
	return r;
}

int app_open(const struct app_options *options, struct app **ret, char **ret_error)
{
	struct app *app = g_new0(struct app, 1);

	app->options = *options;
	app->flush_us = INT64_MAX;
	app->ears_us = INT64_MAX;
	app->links = g_ptr_array_new_with_free_func(app_link_free);
	int r = open_all(app, ret_error);
	if (r < 0) {
		app_close(app);
		return r;
	}
	if (options->loop) {
		app->timer = loop_timer_new(options->loop, run_due, app);
		loop_timer_set(app->timer, 0);
	}
	*ret = app;
	return 0;
}

/* Writes what only waited to be written together, and that it stops here. */
static void stop(struct app *app)
{
	db_begin(app->db);
	if (outbox_dirty(app->outbox))
		outbox_join(app->outbox);
	ears_stop(app, app_now(app));
	db_end(app->db);
}

bool app_settled(const struct app *app)
{
	const struct outbox_post *p;

	for (int64_t seq = 0; (p = outbox_next(app->outbox, seq)); seq = p->seq)
		if (p->sent)
			return false;
	return true;
}

void app_close(struct app *app)
{
	static const struct db_watcher none;

	if (!app)
		return;
	if (app->outbox && !app->crashed) {
		stop(app);
		/* What the transports have to write yet is their own. */
		db_watch(app->db, &none);
	}
	app->crashed = true; /* whatever the transports still have to tell comes too late */
	g_ptr_array_unref(app->links);
	loop_timer_free(app->timer);
	reload_free(app->reload);
	for (unsigned i = 0; i < app->n_groups; i++)
		app_group_done(&app->groups[i]);
	g_free(app->groups);
	outbox_free(app->outbox);
	db_close(app->db);
	config_free(app->loaded);
	g_free(app);
}

struct app_link *app_link_by_name(struct app *app, const char *network)
{
	for (unsigned i = 0; i < app->links->len; i++) {
		struct app_link *link = app->links->pdata[i];
		if (link->transport && !strcmp(link->transport->name, network))
			return link;
	}
	return NULL;
}

/* An answer does not wait while the domain is asked what is due since it was given, unless it is
 * known that something is: that comes before what is still to be said. */
static int64_t work(struct app *app, int64_t now_us)
{
	bool due = schedule_due(app, now_us);
	int64_t said_us = due ? INT64_MAX : deliver_run(app);
	int64_t changes = db_changes(app->db);
	int64_t next_us = schedule_run(app, now_us);

	if (due || db_changes(app->db) != changes)
		said_us = deliver_run(app);
	return MIN(next_us, said_us);
}

int64_t app_run_due(struct app *app, int64_t now_us)
{
	if (app->crashed)
		return INT64_MAX;
	reload_apply(app);
	int64_t next_us = work(app, now_us);
	if (!app->crashed && app->flush_us <= now_us) {
		app_flush(app);
		app->flush_us = INT64_MAX;
	}
	/* The next look is at most a minute ahead anyway: nobody is woken for it. */
	if (!app->crashed && ears_due(app, now_us)) {
		db_begin(app->db);
		ears_write(app);
		db_end(app->db);
	}
	return MIN(next_us, app->flush_us);
}

void app_seed_member(struct app *app, const char *network, const char *name)
{
	struct event e = { .network = network, .account = name, .shown = name };
	struct circle c = app_circle(app, &app->groups[0], app_now(app), "seed");
	bool new;

	app_begin(app);
	if (!people_by_handle(app->db, network, name) ||
	    !people_joined(&c, people_by_handle(app->db, network, name)))
		people_join(&c, &e, name, "", &new);
	app_commit(app);
}
