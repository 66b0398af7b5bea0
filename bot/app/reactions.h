/* Marks people put on messages, where a network has them, in place of a command (reaction.* in the
 * catalogue). Whoever may not do a thing by its command is not answered; nobody else ever hears of
 * a mark. */
#ifndef KITH_REACTIONS_H
#define KITH_REACTIONS_H

#include "app/app.h"

struct event;

/* Whether the mark is one of these: any other is none of kith's business. */
bool reactions_known(const struct circle *c, const struct event *e);
/* In a transaction. */
void reactions_handle(struct app_group *group, struct circle *c, const struct event *e);

#endif
