#include "app/reload.h"

#include "app/app.h"
#include "app/ears.h"
#include "base/log.h"
#include "store/db.h"
#include "store/outbox.h"

#include <string.h>

/* All of the app that a configuration decides about. */
struct reload {
	struct config *config;
	struct app_group *groups;
	unsigned n_groups;
	GPtrArray *links;  /* of struct app_link, one for each network: kept ones and new ones */
	GPtrArray *opened; /* the new ones of them; owned */
};

void reload_free(struct reload *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->n_groups; i++)
		app_group_done(&r->groups[i]);
	g_free(r->groups);
	g_ptr_array_unref(r->links);
	g_ptr_array_unref(r->opened);
	config_free(r->config);
	g_free(r);
}

/* A network that goes on as it is. One that has given up is tried again. */
static struct app_link *find_kept(const struct app *app, const char *fingerprint)
{
	for (unsigned i = 0; i < app->links->len; i++) {
		struct app_link *link = app->links->pdata[i];

		if (!strcmp(link->fingerprint, fingerprint) && link->state != TRANSPORT_FAILED)
			return link;
	}
	return NULL;
}

/* Opening is only the beginning of connecting, so it can be done, and taken back, while the
 * network's present connection stands. */
static int read_network(struct app *app, struct reload *r, const struct config_section *section,
			char **ret_error)
{
	g_autofree char *fingerprint = app_link_fingerprint(r->config, section);
	struct app_link *link = find_kept(app, fingerprint);

	if (!link) {
		int error = app_link_open(app, r->config, section, &link, ret_error);
		if (error < 0)
			return error;
		g_ptr_array_add(r->opened, link);
	}
	g_ptr_array_add(r->links, link);
	return 0;
}

static int read_all(struct app *app, struct reload *r, char **ret_error)
{
	const struct config *config = r->config;
	int error = 0;

	r->groups = g_new0(struct app_group, config->groups->len);
	for (unsigned i = 0; i < config->groups->len && error == 0; i++) {
		error = app_group_read(&r->groups[i], config, config->groups->pdata[i], ret_error);
		r->n_groups++;
	}
	for (unsigned i = 0; i < config->networks->len && error == 0; i++)
		error = read_network(app, r, config->networks->pdata[i], ret_error);
	return error;
}

static void log_faults(const char *faults)
{
	g_auto(GStrv) lines = g_strsplit(faults, "\n", -1);

	for (char **line = lines; *line; line++)
		if (**line)
			log_error("%s", *line);
	log_error("the configuration stays as it was");
}

int reload_read(void *data, char **ret_faults)
{
	struct app *app = data;
	struct config *config;
	g_autofree char *faults = NULL;
	int error = app->options.load(app->options.data, &config, &faults);

	if (error == 0) {
		struct reload *r = g_new0(struct reload, 1);

		r->config = config;
		r->links = g_ptr_array_new();
		r->opened = g_ptr_array_new_with_free_func(app_link_free);
		error = read_all(app, r, &faults);
		reload_free(app->reload);
		app->reload = error == 0 ? r : NULL;
		if (error < 0)
			reload_free(r);
	}
	if (error < 0) {
		log_faults(faults);
		*ret_faults = g_steal_pointer(&faults);
	}
	return error;
}

/* What is only in memory goes with a group that is still there. */
static void inherit(struct app *app, struct app_group *group)
{
	for (unsigned i = 0; i < app->n_groups; i++) {
		struct app_group *old = &app->groups[i];

		if (strcmp(old->config->key, group->config->key) != 0)
			continue;
		group->guard = g_steal_pointer(&old->guard);
		group->speakers = g_steal_pointer(&old->speakers);
	}
}

static void swap_groups(struct app *app, struct reload *r)
{
	struct app_group *old = app->groups;
	unsigned n_old = app->n_groups;

	for (unsigned i = 0; i < r->n_groups; i++)
		inherit(app, &r->groups[i]);
	app->groups = g_steal_pointer(&r->groups);
	app->n_groups = r->n_groups;
	r->groups = old;
	r->n_groups = n_old;
}

/* It listened until now, and what was on its way over it is offered to the next. */
static void end_link(struct app *app, const struct app_link *link)
{
	db_begin(app->db);
	ears_stop_link(link, app_now(app));
	db_end(app->db);
	outbox_resend(app->outbox, link->network);
}

static void swap_links(struct app *app, struct reload *r)
{
	g_ptr_array_set_free_func(r->opened, NULL);
	g_ptr_array_set_size(r->opened, 0);
	g_ptr_array_set_free_func(r->opened, app_link_free);
	for (unsigned i = 0; i < app->links->len; i++) {
		struct app_link *link = app->links->pdata[i];

		if (g_ptr_array_find(r->links, link, NULL))
			continue;
		end_link(app, link);
		g_ptr_array_add(r->opened, link);
	}
	g_ptr_array_set_free_func(app->links, NULL);
	g_ptr_array_unref(app->links);
	app->links = r->links;
	g_ptr_array_set_free_func(app->links, app_link_free);
	r->links = g_ptr_array_new();
}

/* What cannot follow while kith runs. */
static void tell_restart(const struct app *app, const struct config *new)
{
	if (strcmp(app->options.store, new->store_path) != 0)
		log_warning("[store] path is another now, %s: restart kith for that; it goes on "
			    "with %s",
			    new->store_path, app->options.store);
}

void reload_apply(struct app *app)
{
	struct reload *r = g_steal_pointer(&app->reload);
	enum log_level level;

	if (!r)
		return;
	tell_restart(app, r->config);
	swap_groups(app, r);
	swap_links(app, r);
	struct config *old = app->loaded;
	app->loaded = r->config;
	app->options.config = r->config;
	r->config = old;
	for (unsigned i = 0; i < app->n_groups; i++)
		app_group_enter(app, &app->groups[i]);
	log_info("the configuration was read again");
	if (log_level_parse(app->options.config->log_level, &level) == 0)
		log_set_level(level);
	app->step_us = 0;
	reload_free(r); /* the old groups, connections and configuration */
	if (app->options.changed)
		app->options.changed(app->options.data);
}
