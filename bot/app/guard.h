/*
 * The guard: reads what people say to each other and answers what reads like a pitch (DESIGN 4.10).
 * The words are weighed by pitch/reading, the decision is pitch/policy's; here is what feeds them:
 * who it is, what was asked in the room lately, what the last lines of one person make together.
 * What people say is looked at as it passes and kept nowhere; a question's words and the lines of
 * the last minute stay in memory.
 */
#ifndef KITH_GUARD_H
#define KITH_GUARD_H

#include "app/app.h"

struct guard;
struct talk_line;

/* `since_us` is when kith began to listen: what was asked before it does not know. `missed` is
 * false where there was nothing before it came. */
struct guard *guard_new(int64_t since_us, bool missed);
void guard_free(struct guard *g);

/* Something may have been asked that nobody here heard: as after a start at `now_us`. */
void guard_missed(struct guard *g, int64_t now_us);

/* A message in a room that is no command, before anything else is done about it. True: it reads
 * like a pitch, so guard_judge is to be called, in a transaction. */
bool guard_hear(struct guard *g, const struct circle *c, const struct event *e);
/* Decides about what guard_hear has just heard, and says what is to be said. True if kith spoke. */
bool guard_judge(struct guard *g, struct circle *c, const struct event *e);

/* The message `id` of where `e` was said, if it was said within the hour, else NULL; borrowed
 * until the next message. */
const struct talk_line *guard_line(struct guard *g, const struct event *e, const char *id);

/* A command, or something said to kith alone, which is none of its business; but it may be edited
 * or answered. */
void guard_passed(struct guard *g, const struct circle *c, const struct event *e);

/* A message was edited, and is no command now: as a new text, once, if it is less than an hour old;
 * a case it had is withdrawn when the new text reads like none. */
void guard_edited(struct guard *g, struct circle *c, const struct event *e);
/* A message was deleted, or edited into a command: its case goes with it. */
void guard_deleted(struct circle *c, const struct event *e);

#endif
