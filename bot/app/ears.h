/*
 * Until when kith has listened in each of its places, so that a transport can ask for what was said
 * since, or tell that it was missed. In memory it moves with every event of the room. It is written
 * with whatever else is committed, else at most once a minute; so a killed process leaves what was
 * heard, or less, and a minute's chat may be heard again, but nothing is passed over.
 */
#ifndef KITH_EARS_H
#define KITH_EARS_H

#include "app/app.h"

struct event;

/* Fills the link's env: heard_us and listening for each of its rooms. It goes on from where a link
 * to the same network is, if the app has one, else from the store. */
void ears_open(struct app_link *link);
void ears_done(struct app_link *link);
/* Before the event is handled, so that what it changes is committed with it. */
void ears_heard(struct app_link *link, const struct event *e, int64_t now_us);
/* Whether what was heard should be written, if nothing else is. */
bool ears_due(const struct app *app, int64_t now_us);
/* In a transaction. */
void ears_write(struct app *app);
/* The same at a stop in good order: kith listened until now where it is. */
void ears_stop(struct app *app, int64_t now_us);
/* The same for one network. */
void ears_stop_link(const struct app_link *link, int64_t now_us);

/* Since when kith could not listen in the event's room, for an EVENT_MISSED; *ret_known is false
 * where it may have listened for longer. */
int64_t ears_missed_since(const struct app_link *link, const struct event *e, bool *ret_known);

#endif
