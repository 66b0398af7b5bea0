/* Subcommands and wiring, nothing else. */
#include "main.h"

#include "config.h"

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
	"usage: kith run [-c FILE]\n"
	"       kith try [-c FILE] [--db FILE] [--script FILE] [--json]\n"
	"       kith check [-c FILE] [--connect]\n"
	"       kith pitch [--tsv FILE | TEXT]\n"
	"       kith replay [-c FILE] [--member NAME]... [--giving NAME]... LOG...\n"
	"       kith matrix login [-c FILE] [--replace-identity] [NETWORK]\n"
	"       kith matrix status [-c FILE] [NETWORK]\n"
	"       kith --help | --version\n"
	"\n"
	"Kith remembers who in a small group has passed on whose work and why, and runs its "
	"weekly\n"
	"\"show your best work\" round.\n"
	"\n"
	"  run      the bot, in the foreground; SIGTERM leaves cleanly, SIGHUP reads the\n"
	"           configuration again\n"
	"  try      a sandbox with a clock of its own: no server, no network, nothing to set up\n"
	"  check    reads the configuration and names every fault in it\n"
	"  pitch    how kith reads a text (or standard input): pitch, maybe or ok, and why\n"
	"  replay   plays chat logs (irssi, weechat, ZNC, energymech, Element's JSON) and shows "
	"what\n"
	"           kith would have said to whom, and why; a folder stands for the logs in it\n"
	"  matrix   signs in to a homeserver, or tells how that stands: what is set up, what is "
	"not\n"
	"\n"
	"  -c, --config FILE   the configuration (kith.conf)\n"
	"      --connect       check: try each network too: server, sign-in, rooms\n"
	"      --db FILE       try: keep the store here instead of throwing it away\n"
	"      --script FILE   try: play this script; see kith(1)\n"
	"      --json          try: print what kith says as JSON, an object a line\n"
	"      --tsv FILE      pitch: read each row of a table; its first line names id and text\n"
	"      --member NAME   replay: a member of the group from the start, by nick or Matrix id\n"
	"      --giving NAME   replay: likewise, who has lately given something\n"
	"      --replace-identity\n"
	"                      matrix login: give the account another identity than the one that "
	"was\n"
	"                      made elsewhere\n";

int main_wrong_usage(void)
{
	fputs("kith: see kith --help\n", stderr);
	return EX_USAGE;
}

int main_faulty(const char *file, char *faults)
{
	fprintf(stderr, "%s\n", g_strchomp(faults));
	if (access(file, F_OK) < 0)
		fputs("kith: write one, beginning with kith.conf.example, or name it with -c "
		      "FILE\n",
		      stderr);
	return EX_CONFIG;
}

const char *main_config(const struct options *o)
{
	return o->config ? o->config : "kith.conf";
}

int main_load(const char *file, struct config **ret)
{
	g_autofree char *faults = NULL;

	return config_load(file, ret, &faults) == 0 ? 0 : main_faulty(file, faults);
}

char *main_temporary_store(char **ret_folder)
{
	g_autofree char *folder = g_dir_make_tmp("kith-XXXXXX", NULL);

	if (!folder)
		return NULL;
	*ret_folder = g_strdup(folder);
	return g_build_filename(folder, "kith.db", NULL);
}

void main_remove_folder(const char *folder)
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

/* What only systemd, or whoever sets the environment, can give is not missed here. */
static int check_secrets(const struct config *config)
{
	g_autofree char *faults = NULL, *not_given = NULL;

	if (config_secrets(config, &faults, &not_given) == 0)
		return 0;
	if (not_given)
		fprintf(stderr, "%s", not_given);
	return faults ? main_faulty(config->file, faults) : 0;
}

static int check(const struct options *o)
{
	struct config *config;
	int status = main_load(main_config(o), &config);

	if (status)
		return status;
	status = check_secrets(config);
	if (status == 0)
		printf("%s: nothing wrong found\n", config->file);
	if (status == 0 && o->connect)
		status = main_connect(config);
	config_free(config);
	return status;
}

static const struct {
	const char *name;
	const char *options;                             /* the letters it takes */
	enum { NOTHING, SOMETHING, ANYTHING } arguments; /* besides */
	int (*run)(const struct options *o);
} subcommands[] = {
	{ "run", "c", NOTHING, main_run },           { "try", "cdsj", NOTHING, main_try },
	{ "check", "cn", NOTHING, check },           { "pitch", "t", ANYTHING, main_pitch },
	{ "replay", "cmg", SOMETHING, main_replay }, { "matrix", "cr", SOMETHING, main_matrix },
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "connect", no_argument, NULL, 'n' },
	{ "db", required_argument, NULL, 'd' },
	{ "script", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "tsv", required_argument, NULL, 't' },
	{ "member", required_argument, NULL, 'm' },
	{ "giving", required_argument, NULL, 'g' },
	{ "help", no_argument, NULL, 'h' },
	{ "replace-identity", no_argument, NULL, 'r' },
	{ NULL, 0, NULL, 0 },
};

/* One option; false if `letters` do not have it. */
static bool take_option(struct options *o, const char *letters, int letter)
{
	if (letter == '?' || !strchr(letters, letter))
		return false;
	if (letter == 'c')
		o->config = optarg;
	if (letter == 'n')
		o->connect = true;
	if (letter == 'd')
		o->db = optarg;
	if (letter == 's')
		o->script = optarg;
	if (letter == 'j')
		o->json = true;
	if (letter == 't')
		o->tsv = optarg;
	if (letter == 'r')
		o->replace = true;
	if (letter == 'm')
		g_ptr_array_add(o->members, optarg);
	if (letter == 'g')
		g_ptr_array_add(o->giving, optarg);
	return true;
}

static int subcommand(size_t which, int argc, char **argv)
{
	g_autoptr(GPtrArray) members = g_ptr_array_new(), giving = g_ptr_array_new();
	struct options o = { .members = members, .giving = giving };
	int letter;

	while ((letter = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1) {
		if (letter == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (!take_option(&o, subcommands[which].options, letter))
			return main_wrong_usage();
	}
	if (subcommands[which].arguments != ANYTHING &&
	    (optind < argc) != (subcommands[which].arguments == SOMETHING))
		return main_wrong_usage();
	g_ptr_array_add(members, NULL);
	g_ptr_array_add(giving, NULL);
	o.arguments = argv + optind;
	return subcommands[which].run(&o);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* line editing; nothing else depends on it */
	umask(077);
	if (argc < 2)
		return main_wrong_usage();
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
	return main_wrong_usage();
}
