/* An event in: who said it, in which group, is it a command? */
#ifndef KITH_DISPATCH_H
#define KITH_DISPATCH_H

#include <stdbool.h>

struct app;
struct app_group;
struct app_link;
struct event;

/* What the link's transport tells. False for ordinary chat, which changes and says nothing. */
bool dispatch_event(struct app_link *link, const struct event *e);

/* The group that `e` would be handled in; NULL: it was said in a room of none. */
struct app_group *dispatch_group(struct app *app, const struct event *e);

#endif
