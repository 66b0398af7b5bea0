/* What kith says of its own absence: it asks the room to say again what it could not hear, and
 * tells the organizers where it was put out. */
#ifndef KITH_MISSED_H
#define KITH_MISSED_H

#include "app/app.h"

struct event;

/* An EVENT_MISSED or EVENT_EJECTED of a room of `group`'s. */
void missed_event(struct app_link *link, struct app_group *group, const struct event *e);

#endif
