/*
 * The console: a room in this process. The *world* is what a server and its people would be: it
 * outlives the bot's crashes, knows who is in the room, prints the conversation and refuses a post
 * key it has seen. The console transport is the bot's connection to it. The *player* reads a script
 * (or a terminal), makes people speak, moves the virtual clock, and crashes the bot when told to.
 *
 * A script is a line a thing:
 *
 *	# a comment
 *	## a remark: printed among the conversation, so that a demonstration can explain itself
 *	members ana ben cleo     joined, introduced members in the room; costs no time
 *	@ 2026-11-23 09:00       the clock, in the group's zone; what falls due on the way happens
 *	@ +3h                    or so much later (s, m, h, d, w; +1d12h); a day is 24 hours
 *	@ Thu 20:00              or the next Thursday at 20:00; "@ 20:00": the next time it is
 *	ana: text                ana says it in the room; ~ana: is somebody not identified
 *	ana>> text               ana says it to the bot in private
 *	ana edits: text          her last room message
 *	ana replies bob: text    to bob's last room message; "ana replies kith: text" to the bot's
 *	ana reacts ben: KEY      marks ben's last room message with an emoji; "ana reacts kith: KEY"
 *	ana deletes              her last room message
 *	ana joins                enters the room; also "ana leaves"
 *	!down, !up               the bot does not run in between
 *	!crash [before-commit|after-commit|after-send]
 *
 * A name is any run without space, ':' or '>'; it cannot start with '#', '@' or '!'. In a text \n
 * is a line break, \xHH the byte HH (so that broken UTF-8 can be said: it arrives as any transport
 * hands it on, repaired) and \\ a backslash; any other backslash is itself. Every line in which
 * somebody does something takes one second. Lines are UTF-8 and at most 4 MiB long.
 */
#ifndef KITH_CONSOLE_H
#define KITH_CONSOLE_H

#include "transport.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct clock_virtual;
struct world;
typedef struct _GTimeZone GTimeZone;

/* Found by the transport through transport_env.context: the world. It reports nothing by itself;
 * the player lets it, after console_host.start. */
extern const struct transport_impl transport_console;

struct world_options {
	struct clock_virtual *clock;
	GTimeZone *zone; /* the group's, for [Mon 09:00] and "@ 2026-11-23 09:00" */
	const char
		*network; /* what the transport calls itself: the group's first place's network */
	const char *room; /* and room */
	const char *nick; /* what the bot is called there: "kith" */
	FILE *out;
	bool json;
	bool quiet_echo; /* interactive: the person sees what they type, so their lines are not
			    echoed */
};
struct world *world_new(const struct world_options *options);
void world_free(struct world *w);

/* Where a crash can be asked for. */
enum console_point {
	CONSOLE_NOW, /* by the player itself, with stop and start; never handed to crash_at */
	CONSOLE_BEFORE_COMMIT,
	CONSOLE_AFTER_COMMIT,
	CONSOLE_AFTER_SEND,
};

/* The bot as the player sees it; given by main. */
struct console_host {
	/* Opens the store and the transport; 0 or -errno, the reason told on stderr. */
	int (*start)(void *data);
	/* Leaves cleanly, or (`crash`) throws everything away without another write. Closes the
	 * transport either way. */
	void (*stop)(void *data, bool crash);
	/* Does what is due at `now_us`; returns when something is due next, INT64_MAX for never. A
	 * time not after `now_us` is taken for a second later. */
	int64_t (*run)(void *data, int64_t now_us);
	/* `name` is a joined, introduced member from now on, by the handle network/name. */
	void (*member)(void *data, const char *name);
	/* The next time the bot passes `point` it crashes; `crashed` then says so until the next
	 * start. The player asks again after a stop and a start in between. */
	void (*crash_at)(void *data, enum console_point point);
	/* From then on the world takes no post and reports nothing. Asked between start and stop.
	 */
	bool (*crashed)(void *data);
	void *data;
};

/* Starts the bot, plays a script to its end and stops the bot. `name` is its file's name for
 * messages. Returns an exit status: 0; 65 with "NAME:LINE: what is wrong" on stderr; 73 if the bot
 * could not start; 74 if the conversation could not be written. */
int console_play(struct world *w, const struct console_host *host, FILE *script, const char *name);

/* The same by hand, on a terminal, with line editing; `demo` is a script's path to play on /demo,
 * or NULL. */
int console_interactive(struct world *w, const struct console_host *host, const char *demo);

#endif
