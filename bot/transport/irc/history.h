/*
 * What was said in a room while kith was not in it. Where the server keeps that (IRCv3 chathistory,
 * or a batch of it played by itself) it is told as backlog, before all that is newer; where it does
 * not, or does not answer, the bot is told that it was missed.
 */
#ifndef KITH_IRC_HISTORY_H
#define KITH_IRC_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct history;
struct irc;
struct line;
struct room;

enum {
	HISTORY_LINES_MOST = 500, /* of a room; the same holds for what waits behind them */
	HISTORY_PAGES_MOST = 16,
	HISTORY_BATCHES_MOST = 8, /* open at once: one more, and the oldest is taken for ended */
};

/* irc.c; after the rooms. */
void history_open(struct irc *irc);
void history_close(struct irc *irc);
/* Kith is out of that room. */
void history_left(struct irc *irc, const struct room *room);
/* The connection is gone, and with it every room. */
void history_lost(struct irc *irc);
/* Whether what was said in the room before is still to come: then nothing newer is told. */
bool history_pending(const struct irc *irc, const struct room *room);
/* The server has passed that PING. */
void history_passed(struct irc *irc, uint64_t fence);

/* hear.c */
/* To see every line before anything is done about it. True: it is dealt with. */
bool history_hear(struct irc *irc, const struct line *l);
/* When the line was said, UTC microseconds: by the server's clock if it tells, never later than by
 * ours, and not long ago unless it is of the past. */
int64_t history_at_us(const struct irc *irc, const struct line *l);
/* Whether the line being heard is of the past: its sender's nick may be somebody else's by now, so
 * of accounts only its tag counts. */
bool history_replaying(const struct irc *irc);
/* Hands an event on to the listener, now or in its turn. */
void history_pass(struct irc *irc, const struct event *e);

#endif
