/* The outbox's other end: posts to transports, and word of their arrival back. */
#ifndef KITH_DELIVER_H
#define KITH_DELIVER_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct transport;

/* Offers what waits to the transports that are online. Returns when something that waits for a time
 * may be said, INT64_MAX if nothing does. */
int64_t deliver_run(struct app *app);
/* Somebody on `network` is there, or (`account` NULL) may be: what they were gone for waits no
 * longer. True if something did. */
bool deliver_seen(struct app *app, const char *network, const char *account);
void deliver_confirmed(struct app *app, const char *post_key, int error);

#endif
