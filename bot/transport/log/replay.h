/*
 * `kith replay`: real chat logs through the bot, with a virtual clock, to see what its guard would
 * have said. The transport `log` is the room those people were in: it hands each line on as an
 * event and takes down what comes back. A log does not tell who joined the group, so whoever has
 * spoken on three different days counts as a member from then on; they say so to the bot
 * themselves, in private, as anybody would.
 */
#ifndef KITH_LOG_REPLAY_H
#define KITH_LOG_REPLAY_H

#include "transport.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct clock_virtual;
struct replay;
typedef struct _GTimeZone GTimeZone;

/* Found by the transport through transport_env.context: the replay. */
extern const struct transport_impl transport_log;

struct replay_options {
	const char *const *paths; /* files and folders, NULL-terminated, at least one */
	/* Accounts, NULL-terminated: nicks on IRC, ids on Matrix. */
	const char *const *members; /* from the start */
	const char *const *giving;  /* from the start, and vouched for */
	GTimeZone *zone;            /* the group's */
	const char *zone_name;
	bool configured; /* the group is one of a file, not made up for the replay */
	FILE *out;
};

/* Reads the logs once. 0; or, told on stderr, an exit status: 65 for what is no log, 66 for what
 * cannot be read, 74. Options are borrowed. */
int replay_new(const struct replay_options *options, struct replay **ret);
void replay_free(struct replay *r);

/* "irc" or "matrix": whichever network the logs are of. */
const char *replay_kind(const struct replay *r);

/* Where the people of the logs were, as the bot's configuration has it. */
struct replay_place {
	const char *network; /* what the transport calls itself */
	const char *room;
	const char *self; /* the bot's nick or Matrix id: what it said itself is passed over */
	/* An organizer of the group on that network whom nobody in a log can be mistaken for:
	 * speaks for whoever runs the replay. */
	const char *organizer;
};

/* The bot as the replay sees it; given by main. */
struct replay_host {
	/* Opens a new store and the transport; 0 or -errno, the reason told on stderr. */
	int (*start)(void *data);
	/* Leaves cleanly; closes the transport. */
	void (*stop)(void *data);
	/* Does what is due at `now_us`; returns when something is due next, INT64_MAX for never. */
	int64_t (*run)(void *data, int64_t now_us);
	void *data;
};

/* Plays the logs to the bot, whose clock is `clock`, and writes the report. An exit status: 0; 64
 * if a member's or giving person's name cannot be one, 73 if the bot could not start, 74 if the
 * report could not be written; told on stderr. */
int replay_run(struct replay *r, const struct replay_place *place, struct clock_virtual *clock,
	       const struct replay_host *host);

#endif
