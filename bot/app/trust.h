/* What kith does not do since it cannot be sure who said it, or could not read: it tells whoever it
 * was, once a device a week, what they can do; and tells the organizers of a person who came back
 * with other keys. */
#ifndef KITH_APP_TRUST_H
#define KITH_APP_TRUST_H

#include "app/app.h"

#include <stdbool.h>

struct circle;
struct event;

/* `e` was said to kith and is not `trusted`. In a transaction. */
void trust_explain(struct circle *c, const struct event *e);
/* An EVENT_UNREADABLE, EVENT_WITHHELD or EVENT_IDENTITY. */
void trust_event(struct app_link *link, struct app_group *group, const struct event *e);

#endif
