/* An event in: who said it, in which group, is it a command? */
#ifndef KITH_DISPATCH_H
#define KITH_DISPATCH_H

#include <stdbool.h>

struct app;
struct event;

/* False for ordinary chat, which changes and says nothing. */
bool dispatch_event(struct app *app, const struct event *e);

#endif
