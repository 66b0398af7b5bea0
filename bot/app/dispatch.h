/* An event in: who said it, in which group, is it a command? */
#ifndef KITH_DISPATCH_H
#define KITH_DISPATCH_H

struct app;
struct event;

void dispatch_event(struct app *app, const struct event *e);

#endif
