/* The world as the player and the transport see it. */
#ifndef KITH_CONSOLE_WORLD_H
#define KITH_CONSOLE_WORLD_H

#include "transport/console/script.h"

#include "post.h"

#include <glib.h>

const struct world_options *world_options(const struct world *w);
int64_t world_now_us(const struct world *w);

/* The script line being played, for JSON. */
void world_at_line(struct world *w, unsigned line);
/* Whether what people say is not printed: they have typed it. */
void world_quiet(struct world *w, bool quiet);
bool world_is_quiet(const struct world *w);
/* Whose crash cuts the connection; NULL: nobody plays. */
void world_attach(struct world *w, const struct console_host *host);

/* Somebody's line (SAYS to LEAVES) happens: it is printed, and waits for the bot to hear it.
 * -EINVAL and what is wrong in *ret_error if it cannot. */
int world_act(struct world *w, const struct script_line *line, char **ret_error);
/* `name` is in the room; -EINVAL if that is the bot itself. */
int world_enter(struct world *w, const char *name, char **ret_error);
/* Who is there: sorted, NULL-terminated, g_strfreev it. */
char **world_present(const struct world *w);
void world_remark(struct world *w, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* After the bot has started: what its server would tell it. Which posts it has, what was said
 * meanwhile, and that it is online. */
void world_connect(struct world *w);
/* Hands on what waits until nothing does or the bot crashes; whether there was anything. */
bool world_pump(struct world *w);
/* The bot had committed the event it crashed in: it is not told again. */
void world_settled(struct world *w);

/* For the transport: the bot's end of the connection. */
void world_open(struct world *w, const struct transport_env *env, struct transport *t);
int world_take(struct world *w, const struct post *post);
void world_close(struct world *w);

#endif
