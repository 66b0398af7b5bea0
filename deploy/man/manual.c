/* Writes what is made from the program's own tables: the pages kith.conf(5) and kith-commands(7),
 * and the example configuration. Built and run by deploy/meson.build. */
#include "base/config/manual.h"
#include "command.h"
#include "post.h"

#include <stdio.h>
#include <string.h>

static const char conf_head[] =
	".TH KITH.CONF 5 \"\" \"kith " KITH_VERSION "\"\n"
	".SH NAME\nkith.conf \\- configuration of kith\n"
	".SH DESCRIPTION\n"
	"Sections in brackets, a key and its value a line, comments after #. An unknown section "
	"or\n"
	"key is an error; \\fBkith check\\fR names every fault with its line. A second group has\n"
	"\\fB[group NAME]\\fR, \\fB[round NAME]\\fR, \\fB[pitch NAME]\\fR and \\fB[words "
	"NAME]\\fR.\n"
	"Passwords do not belong here: a key such as \\fBpassword-file\\fR names the file one is "
	"in,\n"
	"or says \\fBcredential:\\fINAME\\fR for one that systemd hands over (LoadCredential= "
	"in the unit;\n"
	"it is read from $CREDENTIALS_DIRECTORY), or \\fBenv:\\fINAME\\fR for a variable of the "
	"environment.\n"
	"The first line counts. \\fBkith check\\fR looks whether they are there, as far as it can "
	"see them.\n"
	".PP\n"
	"On SIGHUP and on \\fBadmin reload\\fR the file is read again. A fault in it, or a secret "
	"that is\n"
	"gone, is told, and all stays as it was. Else everything in it is in force from then on, "
	"but for\n"
	"\\fBpath\\fR in \\fB[store]\\fR, which needs a restart. A network stays connected unless "
	"its "
	"section,\n"
	"a file that the section names, its rooms or its organizers have changed, or it has given "
	"up. What\n"
	"systemd handed over stays the same until a restart.\n";
static const char conf_tail[] = ".SH SEE ALSO\n.BR kith (1),\n.BR kith-commands (7)\n";

static const char commands_head[] =
	".TH KITH-COMMANDS 7 \"\" \"kith " KITH_VERSION "\"\n"
	".SH NAME\nkith-commands \\- what people can say to kith\n"
	".SH DESCRIPTION\n"
	"A command is said in the room behind the group's prefix "
	"(\\fB!\\fR unless configured), or\n"
	"after kith's name and a colon, or in private without either. "
	"Capitals are what you fill in;\n"
	"brackets may be left out. A work's number may have a # before "
	"it. A time is \\fBfriday\\fR,\n"
	"\\fBtomorrow 18:00\\fR, \\fB24 december\\fR, "
	"\\fB2026-12-24\\fR, \\fB3 days\\fR and the like.\n"
	".PP\n"
	"Where a network has replies, one to a message about a work "
	"stands for its number, and one\n"
	"to what somebody said for their name; a number or a name that "
	"is written counts first.\n"
	"Where it has reactions, some marks do what a command does; the "
	"answer to one is always in\n"
	"private, and taking the mark away takes back what it had kith "
	"keep. They are \\fBreaction.*\\fR\n"
	"in \\fB[words]\\fR.\n";
static const char commands_tail[] = ".SH SEE ALSO\n.BR kith (1),\n.BR kith.conf (5)\n";

/* man(7) reads a dot or quote that starts a line, and backslashes and hyphens anywhere. */
static void put(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
	putchar('\n');
}

/* As help tells them. */
static void print_shortcuts(const struct words *words, const struct command *c)
{
	g_autofree char *key = g_strconcat("reaction.", c->name, NULL);
	g_autofree char *help = g_strconcat("help.mark.", c->name, NULL);

	if (c->reply) {
		g_autofree char *what = g_ascii_strdown(c->reply, -1);
		g_autofree char *reply = g_strconcat("help.reply.", what, NULL);
		put(words_get(words, reply));
	}
	if (c->mark) {
		g_auto(GStrv) marks = g_strsplit(words_get(words, key), "|", -1);
		g_autofree char *said = words_say(words, help, "mark", marks[0], NULL);
		g_autofree char *plain = post_plain(said);
		put(plain);
	}
}

static void print_commands(const struct words *words, enum command_who who, const char *title)
{
	printf(".SH %s\n", title);
	for (const struct command *const *c = commands; *c; c++) {
		if ((*c)->who != who)
			continue;
		fputs(".TP\n.B ", stdout);
		put((*c)->usage);
		put((*c)->summary);
		if ((*c)->scope == COMMAND_PRIVATE)
			put("Answered in private.");
		if ((*c)->aliases) {
			fputs("Also called ", stdout);
			put((*c)->aliases);
		}
		print_shortcuts(words, *c);
		fputs(".br\nFor example: \\fI", stdout);
		put((*c)->example);
		fputs("\\fR\n", stdout);
	}
}

int main(int argc, char **argv)
{
	g_autofree char *page = g_path_get_basename(argc == 2 ? argv[1] : "");

	if (argc == 2 && !freopen(argv[1], "we", stdout)) {
		perror(argv[1]);
		return 73;
	}
	if (!strcmp(page, "kith.conf.5")) {
		g_autofree char *keys = config_manual();
		printf("%s%s%s", conf_head, keys, conf_tail);
	} else if (!strcmp(page, "kith-commands.7")) {
		struct words *words;
		g_autofree char *error = NULL;

		if (words_new("en", NULL, &words, &error) < 0) {
			fprintf(stderr, "%s\n", error);
			return 70;
		}
		fputs(commands_head, stdout);
		print_commands(words, COMMAND_ANYONE, "FOR ANYBODY");
		print_commands(words, COMMAND_MEMBER, "FOR MEMBERS");
		print_commands(words, COMMAND_ORGANIZER, "FOR ORGANIZERS");
		fputs(commands_tail, stdout);
		words_free(words);
	} else if (!strcmp(page, "kith.conf.example")) {
		g_autofree char *example = config_example();
		fputs(example, stdout);
	} else {
		fputs("usage: manual .../kith.conf.5|kith-commands.7|kith.conf.example\n", stderr);
		return 64;
	}
	return 0;
}
