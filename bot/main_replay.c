/* kith replay: real logs through the guard. */
#include "main.h"

#include "app/app.h"
#include "base/log.h"
#include "clock.h"
#include "config.h"
#include "transport/log/replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* The group where no configuration is given: nobody in a log is its organizer. */
static const char replayed[] = "[group]\n"
			       "name = The Group\n"
			       "timezone = Europe/London\n"
			       "organizers = console/!organizer\n"
			       "places = console/#room\n";

/* The replay's wiring. */
struct replaying {
	struct app_options options;
	struct app *app;
};

static int replaying_start(void *data)
{
	struct replaying *p = data;
	g_autofree char *error = NULL;
	int r = app_open(&p->options, &p->app, &error);

	if (r < 0)
		fprintf(stderr, "kith: %s\n", error);
	return r;
}

static void replaying_stop(void *data)
{
	struct replaying *p = data;

	app_close(p->app);
	p->app = NULL;
}

static int64_t replaying_run(void *data, int64_t now_us)
{
	struct replaying *p = data;

	return app_run_due(p->app, now_us);
}

/* The network of that name; NULL if there is none. */
static const struct config_section *network_named(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->networks->len; i++) {
		const struct config_section *network = config->networks->pdata[i];

		if (!strcmp(network->name, name))
			return network;
	}
	return NULL;
}

/* The group's first place on a network like the logs'; or its first. */
static const struct config_address *place_like(const struct config *config, const char *kind)
{
	const struct config_group *group = config->groups->pdata[0];

	for (unsigned i = 0; i < group->places->len; i++) {
		const struct config_address *place = group->places->pdata[i];
		const struct config_section *network = network_named(config, place->network);

		if (network && !strcmp(network->kind, kind))
			return place;
	}
	return group->places->pdata[0];
}

/* The log takes the place of every network: organizers are known by the handles they have on the
 * one it is of, and there is one more, who speaks for whoever replays. *ret_self is the bot's own
 * name there; g_free it. */
static struct replay_place stand_in_log(struct config *config, const char *kind, char **ret_self)
{
	struct config_group *group = config->groups->pdata[0];
	const struct config_address *place = place_like(config, kind);
	const struct config_section *network = network_named(config, place->network);
	const char *self = NULL;
	struct config_section *log = g_new0(struct config_section, 1);
	struct config_address *organizer = g_new0(struct config_address, 1);

	if (network && !strcmp(network->kind, kind))
		self = config_text(network, !strcmp(kind, "irc") ? "nick" : "user");
	*ret_self = g_strdup(self ? self : "kith");
	organizer->network = g_strdup(place->network);
	organizer->name = g_strdup("!organizer");
	g_ptr_array_add(group->organizers, organizer);
	group->pitch.mode = CONFIG_PITCH_GENTLE;
	group->pitch.mode_is_set = true;
	log->kind = g_strdup("log");
	log->name = g_strdup(place->network);
	log->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_ptr_array_set_size(config->groups, 1);
	g_ptr_array_set_size(config->networks, 0);
	g_ptr_array_add(config->networks, log);
	return (struct replay_place){ place->network, place->name, *ret_self, organizer->name };
}

static int replay_with(struct config *config, struct replay *replay)
{
	static const struct transport_impl *const transports[] = { &transport_log, NULL };
	g_autofree char *folder = NULL, *self = NULL;
	g_autofree char *store = main_temporary_store(&folder);
	struct clock_virtual clock;
	struct replay_place place = stand_in_log(config, replay_kind(replay), &self);
	struct replaying p = {
		.options = { config, store, &clock.clock, NULL, transports, replay },
	};
	struct replay_host host = { replaying_start, replaying_stop, replaying_run, &p };

	if (!store) {
		fprintf(stderr, "kith: cannot make a temporary folder: %s\n", strerror(errno));
		return EX_CANTCREAT;
	}
	clock_virtual_init(&clock, 0); /* the first line of the log sets it */
	int status = replay_run(replay, &place, &clock, &host);
	main_remove_folder(folder);
	return status;
}

int main_replay(const struct options *o)
{
	g_autofree char *faults = NULL;
	struct config *config;
	struct replay *replay;
	int status = 0;

	log_set_level(LOG_LEVEL_WARNING);
	if (o->config)
		status = main_load(o->config, &config);
	else if (config_parse(replayed, "replay", &config, &faults) < 0)
		die(EX_SOFTWARE, "%s", faults);
	if (status)
		return status;
	const struct config_group *group = config->groups->pdata[0];
	struct replay_options options = {
		.paths = (const char *const *)o->arguments,
		.members = (const char *const *)o->members->pdata,
		.giving = (const char *const *)o->giving->pdata,
		.zone = group->zone,
		.zone_name = group->timezone,
		.configured = o->config != NULL,
		.out = stdout,
	};
	status = replay_new(&options, &replay);
	if (status == 0) {
		status = replay_with(config, replay);
		replay_free(replay);
	}
	config_free(config);
	return status;
}
