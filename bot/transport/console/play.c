#include "transport/console/play.h"

#include "clock.h"
#include "transport/console/wall.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sysexits.h>

static int start(struct player *p)
{
	if (p->host->start(p->host->data) < 0)
		return -EIO;
	p->up = true;
	if (p->armed != CONSOLE_NOW)
		p->host->crash_at(p->host->data, p->armed);
	world_connect(p->world);
	return 0;
}

static void stop(struct player *p, bool crash)
{
	p->up = false;
	p->host->stop(p->host->data, crash);
}

static bool has_crashed(const struct player *p)
{
	return p->up && p->host->crashed(p->host->data);
}

/* The bot has crashed at the armed point. What it was handling is told again only if it had not
 * committed it: a transport's cursor is part of that commit. */
static int revive(struct player *p)
{
	assert(p->armed != CONSOLE_NOW); /* each request is one crash, so this ends */
	if (p->armed != CONSOLE_BEFORE_COMMIT)
		world_settled(p->world);
	p->armed = CONSOLE_NOW;
	stop(p, true);
	world_remark(p->world, "%s crashed and starts again", world_options(p->world)->nick);
	return start(p);
}

/* Until nothing waits between the bot and its world. *ret_did: whether anything did. */
static int settle(struct player *p, bool *ret_did)
{
	bool did = world_pump(p->world);
	while (has_crashed(p)) {
		int r = revive(p);
		if (r < 0)
			return r;
		world_pump(p->world);
		did = true;
	}
	*ret_did = did;
	return 0;
}

/* All that waits and all that is due by now. *ret_next_us: when something is next. */
static int run(struct player *p, int64_t *ret_next_us)
{
	int64_t now_us = world_now_us(p->world), next_us = INT64_MAX;
	bool did;
	int r = settle(p, &did);
	if (r < 0)
		return r;
	for (did = p->up; did;) {
		next_us = p->host->run(p->host->data, now_us);
		r = settle(p, &did);
		if (r < 0)
			return r;
	}
	*ret_next_us = next_us > now_us ? next_us : now_us + CLOCK_US_PER_SECOND;
	return 0;
}

/* Moves the clock; each thing due on the way happens at its own time. */
static int move(struct player *p, int64_t target_us)
{
	for (;;) {
		int64_t next_us;
		int r = run(p, &next_us);
		if (r < 0)
			return r;
		if (world_now_us(p->world) == target_us)
			return 0;
		clock_virtual_set(world_options(p->world)->clock, MIN(next_us, target_us));
	}
}

static int refuse(char **ret_error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static int refuse(char **ret_error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	*ret_error = g_strdup_vprintf(format, args);
	va_end(args);
	return -EINVAL;
}

static int do_act(struct player *p, const struct script_line *line, char **ret_error)
{
	if (world_now_us(p->world) + CLOCK_US_PER_SECOND > WALL_MOST_US)
		return refuse(ret_error, "time ends here");
	int r = world_act(p->world, line, ret_error);
	return r < 0 ? r : move(p, world_now_us(p->world) + CLOCK_US_PER_SECOND);
}

static int do_move(struct player *p, int64_t target_us, char **ret_error)
{
	if (target_us < world_now_us(p->world))
		return refuse(ret_error, "the clock only moves forward, and it is later already");
	if (target_us > WALL_MOST_US)
		return refuse(ret_error, "that is after the year 2200");
	return move(p, target_us);
}

static int do_member(struct player *p, const char *name, char **ret_error)
{
	bool did, again;
	int r = world_enter(p->world, name, ret_error);
	do {
		if (r < 0)
			return r;
		p->host->member(p->host->data, name);
		/* A crash before the commit: the member is not one yet. */
		again = has_crashed(p) && p->armed == CONSOLE_BEFORE_COMMIT;
		r = settle(p, &did);
	} while (again);
	return r;
}

static int do_members(struct player *p, const struct script_line *line, char **ret_error)
{
	if (!p->up)
		return refuse(ret_error,
			      "members can only be introduced while the bot runs: after !up");
	int r = 0;
	for (char **name = line->members; *name != NULL && r == 0; name++)
		r = do_member(p, *name, ret_error);
	if (r == 0 && !world_is_quiet(p->world)) {
		g_autofree char *text = script_format(line);
		world_remark(p->world, "%s", text);
	}
	return r;
}

static int do_down(struct player *p, char **ret_error)
{
	if (!p->up)
		return refuse(ret_error, "the bot is down already");
	stop(p, false);
	world_remark(p->world, "%s is down", world_options(p->world)->nick);
	return 0;
}

/* What came while it was not there, and what fell due. */
static int do_up(struct player *p, char **ret_error)
{
	int64_t next_us;
	if (p->up)
		return refuse(ret_error, "the bot is up already");
	world_remark(p->world, "%s is up again", world_options(p->world)->nick);
	int r = start(p);
	return r < 0 ? r : run(p, &next_us);
}

static int do_crash(struct player *p, const struct script_line *line, char **ret_error)
{
	int64_t next_us;
	if (!p->up)
		return refuse(ret_error, "the bot is down, so it cannot crash");
	if (line->point != CONSOLE_NOW) {
		g_autofree char *text = script_format(line);
		world_remark(p->world, "%s", text);
		p->armed = line->point;
		p->host->crash_at(p->host->data, line->point);
		return 0;
	}
	stop(p, true);
	world_remark(p->world, "%s crashed and starts again", world_options(p->world)->nick);
	int r = start(p);
	return r < 0 ? r : run(p, &next_us);
}

int player_do(struct player *p, const struct script_line *line, char **ret_error)
{
	switch (line->verb) {
	case SCRIPT_NOTHING:
		return 0;
	case SCRIPT_REMARK:
		world_remark(p->world, "%s", line->text);
		return 0;
	case SCRIPT_MEMBERS:
		return do_members(p, line, ret_error);
	case SCRIPT_AT:
		return do_move(
			p,
			wall_us(&line->wall, world_options(p->world)->zone, world_now_us(p->world)),
			ret_error);
	case SCRIPT_AFTER:
		return do_move(p, world_now_us(p->world) + line->after_us, ret_error);
	case SCRIPT_SAYS:
	case SCRIPT_WHISPERS:
	case SCRIPT_EDITS:
	case SCRIPT_REPLIES:
	case SCRIPT_REACTS:
	case SCRIPT_DELETES:
	case SCRIPT_JOINS:
	case SCRIPT_LEAVES:
		return do_act(p, line, ret_error);
	case SCRIPT_DOWN:
		return do_down(p, ret_error);
	case SCRIPT_UP:
		return do_up(p, ret_error);
	case SCRIPT_CRASH:
		return do_crash(p, line, ret_error);
	}
	g_assert_not_reached();
}

int player_line(struct player *p, const GString *text, char **ret_error)
{
	struct script_line line;
	int r = script_parse(text->str, text->len, &line, ret_error);
	if (r < 0)
		return r;
	r = player_do(p, &line, ret_error);
	script_line_done(&line);
	return r;
}

int player_start(struct player *p, struct world *w, const struct console_host *host)
{
	int64_t next_us;
	*p = (struct player){ .world = w, .host = host, .armed = CONSOLE_NOW };
	world_attach(w, host);
	int r = start(p);
	return r < 0 ? r : run(p, &next_us);
}

void player_stop(struct player *p)
{
	if (p->up)
		stop(p, false);
	world_attach(p->world, NULL);
}

bool player_read(FILE *script, GString *ret_line)
{
	int c;
	g_string_truncate(ret_line, 0);
	while ((c = getc_unlocked(script)) != EOF && c != '\n' && ret_line->len <= SCRIPT_LINE_MOST)
		g_string_append_c(ret_line, (char)c);
	return c != EOF || ret_line->len > 0;
}

static int play(struct player *p, FILE *script, const char *name)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (unsigned line = 1; player_read(script, text); line++) {
		g_autofree char *error = NULL;
		world_at_line(p->world, line);
		int r = player_line(p, text, &error);
		if (r == -EINVAL) {
			fprintf(stderr, "%s:%u: %s\n", name, line, error);
			return EX_DATAERR;
		}
		if (r < 0)
			return EX_CANTCREAT;
	}
	if (ferror(script)) {
		fprintf(stderr, "%s: cannot be read to its end: %s\n", name, g_strerror(errno));
		return EX_IOERR;
	}
	return EX_OK;
}

int console_play(struct world *w, const struct console_host *host, FILE *script, const char *name)
{
	struct player p;
	int status = player_start(&p, w, host) < 0 ? EX_CANTCREAT : play(&p, script, name);
	player_stop(&p);
	if (status == EX_OK &&
	    (fflush(world_options(w)->out) != 0 || ferror(world_options(w)->out))) {
		fprintf(stderr, "the conversation cannot be written\n");
		status = EX_IOERR;
	}
	return status;
}
