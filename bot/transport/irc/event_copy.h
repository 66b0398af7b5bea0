/* An event that outlives the call it was told by. */
#ifndef KITH_IRC_EVENT_COPY_H
#define KITH_IRC_EVENT_COPY_H

struct event;

/* All but its network and room are copied; those must live as long. */
struct event *event_copy(const struct event *e);
/* Of event_copy's; NULL is fine. */
void event_free(void *event);

#endif
