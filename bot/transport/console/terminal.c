/* The sandbox by hand: what is typed is said in the room, /words do the rest. */
#include "transport/console/play.h"

#include "base/text/text.h"
#include "transport/console/wall.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#define DEMO_PAUSE_MS 700 /* to read a line in */
#define HISTORY_MOST  1000

struct terminal {
	struct player player;
	struct world *world;
	FILE *out;
	const char *demo;
	char *who;
	char *prompt;
	EditLine *edit;
	History *history;
	unsigned line;
	bool leaving;
};

struct word {
	const char *name;
	const char *usage, *summary;
	/* 0 or -EIO, as the player says it; `rest` is what follows the word, trimmed. */
	int (*run)(struct terminal *t, const char *rest);
};

static const struct word words[];

static void tell(struct terminal *t, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(struct terminal *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vfprintf(t->out, format, args);
	va_end(args);
	fputc('\n', t->out);
	fflush(t->out);
}

/* A fault is told and forgotten: the person tries again. */
static int forgive(struct terminal *t, int r, const char *error)
{
	if (r != -EINVAL)
		return r;
	tell(t, "That does not work: %s.", error);
	return 0;
}

static int speak(struct terminal *t, enum script_verb verb, const char *typed)
{
	g_autofree char *error = NULL;
	g_autofree char *text = text_valid(typed, strlen(typed));
	struct script_line line = { .verb = verb, .who = t->who, .text = text };
	int r = player_do(&t->player, &line, &error);
	return forgive(t, r, error);
}

/* A line of the script language; unlike what was just typed, it is shown as it happens. */
static int play_line(struct terminal *t, const char *typed)
{
	g_autofree char *error = NULL;
	g_autoptr(GString) text = g_string_new(typed);
	world_quiet(t->world, false);
	int r = player_line(&t->player, text, &error);
	world_quiet(t->world, true);
	return forgive(t, r, error);
}

static char *present(const struct terminal *t)
{
	g_auto(GStrv) names = world_present(t->world);
	return g_strjoinv(", ", names);
}

static int run_as(struct terminal *t, const char *rest)
{
	g_autofree char *error = NULL;
	if (*rest == '\0') {
		g_autofree char *names = present(t);
		tell(t, "You speak as %s. In the room: %s.", t->who, names);
	} else if (!script_is_name(rest)) {
		tell(t, "A name is one word, without ':' and '>': /as dora, or /as ~dora for "
			"somebody whose "
			"account is not known.");
	} else if (world_enter(t->world, rest, &error) < 0) {
		return forgive(t, -EINVAL, error);
	} else {
		g_free(t->who);
		t->who = g_strdup(rest);
	}
	return 0;
}

static int run_private(struct terminal *t, const char *rest)
{
	if (*rest == '\0') {
		tell(t, "Say what: /private help");
		return 0;
	}
	return speak(t, SCRIPT_WHISPERS, rest);
}

static int run_go(struct terminal *t, const char *rest)
{
	struct script_line line;
	g_autofree char *error = NULL;
	g_autofree char *text = g_strconcat("@ ", rest, NULL);
	int64_t before_us = world_now_us(t->world);
	if (script_parse(text, strlen(text), &line, &error) < 0) {
		tell(t, "Say where to: /go +3h, /go +1d12h, /go 20:00, /go Thu 20:00 or /go "
			"2026-12-24 20:00.");
		return 0;
	}
	int r = player_do(&t->player, &line, &error);
	script_line_done(&line);
	r = forgive(t, r, error);
	if (r == 0 && world_now_us(t->world) != before_us) {
		g_autofree char *stamp =
			wall_stamp(world_now_us(t->world), world_options(t->world)->zone);
		world_remark(t->world, "it is %.5s", stamp + strlen("[Mon "));
	}
	return r;
}

/* Waits for a reader; false if they pressed Enter to have the demo end. */
static bool pause_for_reader(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	if (poll(&input, 1, DEMO_PAUSE_MS) <= 0)
		return true;
	tcflush(STDIN_FILENO, TCIFLUSH);
	return false;
}

static int play_demo(struct terminal *t, FILE *script)
{
	g_autoptr(GString) text = g_string_new(NULL);
	int r = 0;
	for (unsigned line = 1; r == 0 && player_read(script, text); line++) {
		g_autofree char *error = NULL;
		int64_t before_us = world_now_us(t->world);
		r = player_line(&t->player, text, &error);
		if (r == -EINVAL) {
			tell(t, "The demo ends at its line %u: %s.", line, error);
			return 0;
		}
		if (r == 0 && world_now_us(t->world) != before_us && !pause_for_reader()) {
			tell(t, "You are back at the prompt.");
			return 0;
		}
	}
	return r;
}

static int run_demo(struct terminal *t, const char *rest)
{
	FILE *script = t->demo != NULL ? fopen(t->demo, "re") : NULL;
	if (script == NULL) {
		tell(t, "The demo is not here: %s",
		     t->demo != NULL ? g_strerror(errno) : "not installed");
		return 0;
	}
	tell(t, "(Enter ends it)");
	world_quiet(t->world, false);
	int r = play_demo(t, script);
	world_quiet(t->world, true);
	fclose(script);
	return r;
}

static int run_script(struct terminal *t, const char *rest)
{
	if (*rest == '\0') {
		tell(t, "/script takes a line such as \"~dora: hello\", \"ben replies ana: yes\", "
			"\"ana deletes\", \"cleo leaves\", \"!down\", \"!up\" or \"!crash\".");
		return 0;
	}
	return play_line(t, rest);
}

static int run_help(struct terminal *t, const char *rest)
{
	const char *nick = world_options(t->world)->nick;
	tell(t, "  %-18s say it in the room; \"%s: help\" asks %s what it can do", "anything else",
	     nick, nick);
	for (const struct word *w = words; w->name != NULL; w++)
		tell(t, "  %-18s %s", w->usage, w->summary);
	tell(t, "  %-18s say a line that starts with a slash", "//TEXT");
	return 0;
}

static int run_quit(struct terminal *t, const char *rest)
{
	t->leaving = true;
	return 0;
}

static const struct word words[] = {
	{ "/as", "/as [NAME]",
	  "speak as NAME, anybody you like (~NAME: not identified); or who is here", run_as },
	{ "/private", "/private TEXT", "say it to the bot alone", run_private },
	{ "/go", "/go +3h, Thu 20:00", "move the clock; what falls due on the way happens",
	  run_go },
	{ "/demo", "/demo", "watch a group at work; it goes on in this room", run_demo },
	{ "/script", "/script LINE", "play a line of the script language", run_script },
	{ "/help", "/help", "this", run_help },
	{ "/quit", "/quit", "leave; so does Ctrl-D", run_quit },
	{ NULL },
};

static int run_word(struct terminal *t, const char *typed)
{
	const char *names[G_N_ELEMENTS(words)] = { NULL };
	size_t n = strcspn(typed, " \t");
	g_autofree char *name = g_strndup(typed, n);
	g_autofree char *rest = g_strdup(typed + n);
	g_strstrip(rest);
	for (size_t i = 0; words[i].name != NULL; i++) {
		names[i] = words[i].name;
		if (strcmp(name, words[i].name) == 0)
			return words[i].run(t, rest);
	}
	const char *near = text_nearest(name, names);
	if (near != NULL)
		tell(t, "There is no %s. Did you mean %s?", name, near);
	else
		tell(t, "There is no %s; /help shows what there is.", name);
	return 0;
}

static int run_typed(struct terminal *t, char *typed)
{
	g_strchomp(typed);
	if (*typed == '\0')
		return 0;
	if (g_str_has_prefix(typed, "//"))
		return speak(t, SCRIPT_SAYS, typed + 1);
	if (*typed == '/')
		return run_word(t, typed);
	return speak(t, SCRIPT_SAYS, typed);
}

/* --- line editing --- */

static char *show_prompt(EditLine *edit)
{
	struct terminal *t;
	el_get(edit, EL_CLIENTDATA, &t);
	g_free(t->prompt);
	g_autofree char *stamp = wall_stamp(world_now_us(t->world), world_options(t->world)->zone);
	t->prompt = g_strdup_printf("%s %s> ", stamp, t->who);
	return t->prompt;
}

/* Ctrl-C: the line was a mistake, the session was not. */
static unsigned char clear_line(EditLine *edit, int c)
{
	const LineInfo *line = el_line(edit);
	el_cursor(edit, (int)(line->lastchar - line->cursor));
	line = el_line(edit);
	el_deletestr(edit, (int)(line->lastchar - line->buffer));
	return CC_REFRESH;
}

/* Ctrl-Z: libedit's own handler (EL_SIGNAL) puts the terminal right before and after. */
static unsigned char suspend(EditLine *edit, int c)
{
	raise(SIGTSTP);
	return CC_REDISPLAY;
}

/* Tab: the one /word that starts so. */
static unsigned char complete_word(EditLine *edit, int c)
{
	const LineInfo *line = el_line(edit);
	size_t n = (size_t)(line->cursor - line->buffer);
	const char *only = NULL;
	for (const struct word *w = words; w->name != NULL && n > 0; w++) {
		if (strncmp(w->name, line->buffer, n) != 0)
			continue;
		if (only != NULL)
			return CC_REFRESH_BEEP;
		only = w->name;
	}
	if (only == NULL)
		return CC_REFRESH_BEEP;
	el_insertstr(edit, only + n);
	el_insertstr(edit, " ");
	return CC_REFRESH;
}

static void edit_begin(struct terminal *t)
{
	HistEvent event;
	/* Only how bytes are characters; everything else stays the same anywhere. */
	if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
	t->edit = el_init("kith", stdin, t->out, stderr);
	t->history = history_init();
	history(t->history, &event, H_SETSIZE, HISTORY_MOST);
	history(t->history, &event, H_SETUNIQUE, 1);
	el_set(t->edit, EL_CLIENTDATA, t);
	el_set(t->edit, EL_HIST, history, t->history);
	el_set(t->edit, EL_PROMPT, show_prompt);
	el_set(t->edit, EL_EDITOR, "emacs");
	el_set(t->edit, EL_SIGNAL, 1);
	/* Wide, since el_set leaks the copies it makes. */
	el_wset(t->edit, EL_ADDFN, L"kith-clear", L"Clear the line", clear_line);
	el_wset(t->edit, EL_ADDFN, L"kith-complete", L"Complete a /word", complete_word);
	el_wset(t->edit, EL_ADDFN, L"kith-suspend", L"Suspend", suspend);
	/* Ctrl-C and Ctrl-Z come as characters while a line is edited. */
	el_set(t->edit, EL_SETTY, "-d", "-isig", NULL);
	el_set(t->edit, EL_BIND, "^C", "kith-clear", NULL);
	el_set(t->edit, EL_BIND, "^Z", "kith-suspend", NULL);
	el_set(t->edit, EL_BIND, "^I", "kith-complete", NULL);
	el_set(t->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
	/* Home, End and Delete, as the common terminals send them. */
	el_set(t->edit, EL_BIND, "\\e[1~", "ed-move-to-beg", NULL);
	el_set(t->edit, EL_BIND, "\\e[4~", "ed-move-to-end", NULL);
	el_set(t->edit, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
	el_source(t->edit, NULL);
}

static void edit_end(struct terminal *t)
{
	el_end(t->edit);
	history_end(t->history);
	g_free(t->prompt);
}

/* What was typed, without its line break; NULL at the end. */
static char *read_typed(struct terminal *t)
{
	HistEvent event;
	int n;
	const char *typed = el_gets(t->edit, &n);
	if (typed == NULL || n <= 0)
		return NULL;
	if (typed[strspn(typed, " \t\n")] != '\0')
		history(t->history, &event, H_ENTER, typed);
	return g_strndup(typed, strcspn(typed, "\n"));
}

static int welcome(struct terminal *t)
{
	char *members[] = { g_strdup("ana"), g_strdup("ben"), g_strdup("cleo"), NULL };
	struct script_line line = { .verb = SCRIPT_MEMBERS, .members = members };
	g_autofree char *error = NULL;
	const char *nick = world_options(t->world)->nick;
	tell(t,
	     "This is a room with %s in it, on this machine alone; time passes only as you speak "
	     "or say so.",
	     nick);
	tell(t,
	     "You speak as ana; ben and cleo are here too, and /as dev makes you somebody new. "
	     "Try:  %s: "
	     "help",
	     nick);
	tell(t, "/go +3h moves the clock, /demo shows a group at work, /help tells the rest, "
		"Ctrl-D leaves.");
	world_quiet(t->world, false);
	int r = player_do(&t->player, &line, &error);
	world_quiet(t->world, true);
	for (char **name = members; *name != NULL; name++)
		g_free(*name);
	return forgive(t, r, error);
}

static int converse(struct terminal *t)
{
	int r = welcome(t);
	while (r == 0 && !t->leaving) {
		g_autofree char *typed = read_typed(t);
		if (typed == NULL) {
			tell(t, "%s", "");
			break;
		}
		world_at_line(t->world, ++t->line);
		r = run_typed(t, typed);
	}
	return r;
}

int console_interactive(struct world *w, const struct console_host *host, const char *demo)
{
	struct terminal t = { .world = w, .out = world_options(w)->out, .demo = demo };
	t.who = g_strdup("ana");
	world_quiet(w, true);
	edit_begin(&t);
	int r = player_start(&t.player, w, host);
	if (r == 0)
		r = converse(&t);
	player_stop(&t.player);
	edit_end(&t);
	g_free(t.who);
	return r < 0 ? EX_CANTCREAT : EX_OK;
}
