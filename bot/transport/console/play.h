/* Plays lines to the bot, one by one: for a script and for a terminal. */
#ifndef KITH_CONSOLE_PLAY_H
#define KITH_CONSOLE_PLAY_H

#include "transport/console/world.h"

struct player {
	struct world *world;
	const struct console_host *host;
	bool up;                  /* the bot runs */
	enum console_point armed; /* where it is to crash next; CONSOLE_NOW: nowhere */
};

/* These return 0; -EINVAL with what is wrong in *ret_error if the line cannot be played; -EIO if
 * the bot could not be started, which has said why. */
int player_start(struct player *p, struct world *w, const struct console_host *host);
int player_do(struct player *p, const struct script_line *line, char **ret_error);
/* Parses and does. */
int player_line(struct player *p, const GString *line, char **ret_error);
void player_stop(struct player *p);

/* The next line of `script` without its '\n'. False at the end. A line too long for script_parse is
 * cut where that is sure to notice. */
bool player_read(FILE *script, GString *ret_line);

#endif
