/* kith try: the sandbox. */
#include "main.h"

#include "app/app.h"
#include "base/log.h"
#include "clock.h"
#include "config.h"
#include "transport/console/console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define SANDBOX_STARTS_US                                                       \
	(INT64_C(1795420800) * CLOCK_US_PER_SECOND) /* Mon 2026-11-23 08:00 UTC \
						     */

/* The sandbox's group where no configuration is given. */
static const char sandbox[] = "[group]\n"
			      "name = The Sandbox\n"
			      "timezone = Europe/London\n"
			      "organizers = console/olga\n"
			      "places = console/room\n"
			      "[pitch]\n"
			      "mode = gentle\n";

/* The sandbox's wiring: what the player asks of the bot. */
struct sandbox {
	struct app_options options;
	struct app *app;
	const char *network;
	const char
		*member; /* the built-in group's organizer, joined from the first start; or NULL */
};

static int sandbox_start(void *data)
{
	struct sandbox *s = data;
	g_autofree char *error = NULL;
	int r = app_open(&s->options, &s->app, &error);

	if (r < 0)
		fprintf(stderr, "kith: %s\n", error);
	else if (s->member)
		app_seed_member(s->app, s->network, s->member);
	s->member = NULL;
	return r;
}

static void sandbox_stop(void *data, bool crash)
{
	struct sandbox *s = data;

	if (crash && s->app)
		app_crash_at(s->app, APP_NOWHERE);
	app_close(s->app);
	s->app = NULL;
}

static int64_t sandbox_run(void *data, int64_t now_us)
{
	struct sandbox *s = data;

	return app_run_due(s->app, now_us);
}

static void sandbox_member(void *data, const char *name)
{
	struct sandbox *s = data;

	app_seed_member(s->app, s->network, name);
}

static void sandbox_crash_at(void *data, enum console_point point)
{
	struct sandbox *s = data;

	switch (point) {
	case CONSOLE_NOW:
		app_crash_at(s->app, APP_NOWHERE);
		break;
	case CONSOLE_BEFORE_COMMIT:
		app_crash_at(s->app, APP_BEFORE_COMMIT);
		break;
	case CONSOLE_AFTER_COMMIT:
		app_crash_at(s->app, APP_AFTER_COMMIT);
		break;
	case CONSOLE_AFTER_SEND:
		app_crash_at(s->app, APP_AFTER_SEND);
		break;
	}
}

static bool sandbox_crashed(void *data)
{
	struct sandbox *s = data;

	return s->app && s->app->crashed;
}

/* The console takes the place of every network: handles and places keep their first network's name,
 * and `console/NAME` means the same. */
static const struct config_address *stand_in(struct config *config)
{
	const struct config_group *group = config->groups->pdata[0];
	const struct config_address *place = group->places->pdata[0];
	struct config_section *console = g_new0(struct config_section, 1);

	for (unsigned i = 0; i < group->organizers->len; i++) {
		struct config_address *organizer = group->organizers->pdata[i];
		size_t localpart = strcspn(organizer->name + 1, ":");

		if (!strcmp(organizer->network, "console")) {
			g_free(organizer->network);
			organizer->network = g_strdup(place->network);
		}
		/* A Matrix id is spoken as in the script: by its local part. */
		if (organizer->name[0] == '@') {
			char *name = g_strndup(organizer->name + 1, localpart);
			g_free(organizer->name);
			organizer->name = name;
		}
	}
	console->kind = g_strdup("console");
	console->name = g_strdup(place->network);
	console->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_ptr_array_set_size(config->networks, 0);
	g_ptr_array_add(config->networks, console);
	return place;
}

static int play(const struct options *o, struct world *world, const struct console_host *host)
{
	const char *demo = g_getenv("KITH_DEMO"); /* set by deploy/try: not installed yet */
	FILE *script = stdin;

	if (!o->script && isatty(STDIN_FILENO))
		return console_interactive(world, host, demo ? demo : KITH_DATADIR "/demo.kith");
	if (o->script && !(script = fopen(o->script, "re"))) {
		fprintf(stderr, "kith: cannot read %s: %s\n", o->script, strerror(errno));
		return EX_NOINPUT;
	}
	int status = console_play(world, host, script, o->script ? o->script : "standard input");
	if (script != stdin)
		fclose(script);
	return status;
}

static int try_with(const struct options *o, struct config *config, const char *store)
{
	static const struct transport_impl *const transports[] = { &transport_console, NULL };
	const struct config_group *group = config->groups->pdata[0];
	const struct config_address *place = stand_in(config);
	struct clock_virtual clock;
	struct world_options in = {
		.clock = &clock,
		.zone = group->zone,
		.network = place->network,
		.room = place->name,
		.nick = "kith",
		.out = stdout,
		.json = o->json,
		.quiet_echo = !o->script && isatty(STDIN_FILENO),
	};

	clock_virtual_init(&clock, SANDBOX_STARTS_US);
	struct world *world = world_new(&in);
	const struct config_address *organizer = group->organizers->pdata[0];
	struct sandbox s = {
		.options = { config, store, &clock.clock, NULL, transports, world },
		.network = place->network,
		.member = o->config ? NULL : organizer->name,
	};
	struct console_host host = { sandbox_start,    sandbox_stop,    sandbox_run, sandbox_member,
				     sandbox_crash_at, sandbox_crashed, &s };
	int status = play(o, world, &host);
	world_free(world);
	return status;
}

int main_try(const struct options *o)
{
	g_autofree char *faults = NULL, *folder = NULL;
	struct config *config;
	int status = 0;

	log_set_level(LOG_LEVEL_WARNING);
	if (o->config)
		status = main_load(o->config, &config);
	else if (config_parse(sandbox, "sandbox", &config, &faults) < 0)
		die(EX_SOFTWARE, "%s", faults);
	if (status)
		return status;
	g_autofree char *store = o->db ? g_strdup(o->db) : main_temporary_store(&folder);
	if (store) {
		status = try_with(o, config, store);
	} else {
		fprintf(stderr, "kith: cannot make a temporary folder: %s\n", strerror(errno));
		status = EX_CANTCREAT;
	}
	main_remove_folder(folder);
	config_free(config);
	return status;
}
