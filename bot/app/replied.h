/* What a message that is a reply is about: the one it answers, as far as kith knows of it. */
#ifndef KITH_REPLIED_H
#define KITH_REPLIED_H

#include "app/app.h"

struct command_replied;
struct event;

/* Before anything that it recorded is taken back: an edited message answers what it answered when
 * it was first said. What is borrowed is so until the next message. */
void replied_find(struct app_group *group, struct circle *c, const struct event *e,
		  struct command_replied *ret);

#endif
