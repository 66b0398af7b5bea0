/* Subcommands and wiring, nothing else. */
#include "app/app.h"
#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "transport/console/console.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define SANDBOX_STARTS_US                                                       \
	(INT64_C(1795420800) * CLOCK_US_PER_SECOND) /* Mon 2026-11-23 08:00 UTC \
						     */

static const char usage[] =
	"usage: kith run [-c FILE]\n"
	"       kith try [-c FILE] [--db FILE] [--script FILE] [--json]\n"
	"       kith check [-c FILE]\n"
	"       kith --help | --version\n"
	"\n"
	"Kith remembers who in a small group has passed on whose work and why, and runs its "
	"weekly\n"
	"\"show your best work\" round.\n"
	"\n"
	"  run      the bot, in the foreground; SIGTERM leaves cleanly\n"
	"  try      a sandbox with a clock of its own: no server, no network, nothing to set up\n"
	"  check    reads the configuration and names every fault in it\n"
	"\n"
	"  -c, --config FILE   the configuration (kith.conf)\n"
	"      --db FILE       try: keep the store here instead of throwing it away\n"
	"      --script FILE   try: play this script; see kith(1)\n"
	"      --json          try: print what kith says as JSON, an object a line\n";

/* The sandbox's group where no configuration is given. */
static const char sandbox[] = "[group]\n"
			      "name = The Sandbox\n"
			      "timezone = Europe/London\n"
			      "organizers = console/olga\n"
			      "places = console/room\n"
			      "[pitch]\n"
			      "mode = gentle\n";

struct options {
	const char *config;
	const char *db;
	const char *script;
	bool json;
};

static int wrong_usage(void)
{
	fputs("kith: see kith --help\n", stderr);
	return EX_USAGE;
}

/* Exit status, 0 if it is sound; *ret is then the caller's. Faults go to stderr. */
static int load(const char *file, struct config **ret)
{
	g_autofree char *faults = NULL;
	int r = config_load(file, ret, &faults);

	if (r == 0)
		return 0;
	fprintf(stderr, "%s\n", g_strchomp(faults));
	return EX_CONFIG;
}

static int check(const struct options *o)
{
	struct config *config;
	int status = load(o->config ? o->config : "kith.conf", &config);

	if (status)
		return status;
	printf("%s: nothing wrong found\n", config->file);
	config_free(config);
	return 0;
}

static void leave(void *data)
{
	loop_quit(data);
}

/* A terminal that closes, or somebody who expects a reload, must not end the bot. */
static void stay(void *data)
{
	log_warning(
		"SIGHUP: the configuration is read at the start; restart kith to read it again");
}

static int run(const struct options *o)
{
	static const struct transport_impl *const transports[] = { &transport_irc, NULL };
	g_autofree char *error = NULL;
	struct config *config;
	enum log_level level;
	struct app *app;
	int status = load(o->config ? o->config : "kith.conf", &config);

	if (status)
		return status;
	if (log_level_parse(config->log_level, &level) == 0)
		log_set_level(level);
	signal(SIGPIPE, SIG_IGN);
	struct loop *loop = loop_new();
	loop_on_signal(loop, SIGTERM, leave, loop);
	loop_on_signal(loop, SIGINT, leave, loop);
	loop_on_signal(loop, SIGHUP, stay, NULL);
	struct app_options options = { config, config->store_path, clock_real(),
				       loop,   transports,         NULL };
	if (app_open(&options, &app, &error) < 0) {
		log_error("%s", error);
		status = EX_UNAVAILABLE;
	} else {
		loop_run(loop);
		app_close(app);
	}
	loop_free(loop);
	config_free(config);
	return status;
}

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

static char *temporary_store(char **ret_folder)
{
	g_autofree char *folder = g_dir_make_tmp("kith-XXXXXX", NULL);

	if (!folder)
		return NULL;
	*ret_folder = g_strdup(folder);
	return g_build_filename(folder, "kith.db", NULL);
}

/* With whatever was written beside the store. */
static void remove_folder(const char *folder)
{
	g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
	const char *name;

	if (!dir)
		return;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		unlink(path);
	}
	rmdir(folder);
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

static int try(const struct options *o)
{
	g_autofree char *faults = NULL, *folder = NULL;
	struct config *config;
	int status = 0;

	log_set_level(LOG_LEVEL_WARNING);
	if (o->config)
		status = load(o->config, &config);
	else if (config_parse(sandbox, "sandbox", &config, &faults) < 0)
		die(EX_SOFTWARE, "%s", faults);
	if (status)
		return status;
	g_autofree char *store = o->db ? g_strdup(o->db) : temporary_store(&folder);
	if (store) {
		status = try_with(o, config, store);
	} else {
		fprintf(stderr, "kith: cannot make a temporary folder: %s\n", strerror(errno));
		status = EX_CANTCREAT;
	}
	remove_folder(folder);
	config_free(config);
	return status;
}

static const struct {
	const char *name;
	const char *options; /* the letters it takes */
	int (*run)(const struct options *o);
} subcommands[] = {
	{ "run", "c", run },
	{ "try", "cdsj", try },
	{ "check", "c", check },
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' }, { "db", required_argument, NULL, 'd' },
	{ "script", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
};

static int subcommand(size_t which, int argc, char **argv)
{
	struct options o = { NULL };
	int letter;

	while ((letter = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1) {
		if (letter == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (letter == '?' || !strchr(subcommands[which].options, letter))
			return wrong_usage();
		if (letter == 'c')
			o.config = optarg;
		if (letter == 'd')
			o.db = optarg;
		if (letter == 's')
			o.script = optarg;
		if (letter == 'j')
			o.json = true;
	}
	if (optind < argc)
		return wrong_usage();
	return subcommands[which].run(&o);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* line editing; nothing else depends on it */
	umask(077);
	if (argc < 2)
		return wrong_usage();
	if (!strcmp(argv[1], "--version")) {
		puts("kith " KITH_VERSION);
		return 0;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help") || !strcmp(argv[1], "-h")) {
		fputs(usage, stdout);
		return 0;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(subcommands); i++)
		if (!strcmp(argv[1], subcommands[i].name))
			return subcommand(i, argc - 1, argv + 1);
	fprintf(stderr, "kith: no subcommand called %s\n", argv[1]);
	return wrong_usage();
}
