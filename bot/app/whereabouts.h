/* What kith tells the organizers of rooms: that somebody asked it into one, that a place goes on in
 * another, that it may not speak in one; and what it tells whom it does not follow. */
#ifndef KITH_WHEREABOUTS_H
#define KITH_WHEREABOUTS_H

#include "app/app.h"

struct event;

/* An EVENT_INVITE: of whichever room. */
void whereabouts_invited(struct app_link *link, const struct event *e);
/* An EVENT_MOVED or EVENT_MUTED of a place of `group`'s. */
void whereabouts_event(struct app_link *link, struct app_group *group, const struct event *e);

/* What somebody hears on `network` whose invitation is refused: in the words of the first group
 * with a place there. Plain text; g_free it. */
char *whereabouts_refusal(const struct config *config, const char *network);

#endif
