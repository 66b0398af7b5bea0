/* The one event loop: descriptors, timers and signals over a GMainContext nobody else sees. */
#ifndef KITH_LOOP_H
#define KITH_LOOP_H

#include <stdint.h>

struct loop;
struct loop_fd;
struct loop_timer;

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* `events` and `revents` are poll(2)'s. The watch lasts until loop_fd_free; freeing it from inside
 * its own callback is fine. */
struct loop_fd *loop_fd_new(struct loop *l, int fd, short events,
			    void (*ready)(void *data, int fd, short revents), void *data);
void loop_fd_want(struct loop_fd *f, short events);
void loop_fd_free(struct loop_fd *f);

/* Fires once, `after_us` microseconds from now, then is disarmed until set again; loop_timer_set
 * replaces the earlier deadline, a negative value disarms. At 0 it fires at once, from the loop. */
struct loop_timer *loop_timer_new(struct loop *l, void (*fire)(void *data), void *data);
void loop_timer_set(struct loop_timer *t, int64_t after_us);
void loop_timer_free(struct loop_timer *t);

/* Calls back from the loop, not from the signal's context. For the life of the loop; afterwards the
 * signal stays blocked. */
void loop_on_signal(struct loop *l, int signal, void (*got)(void *data), void *data);

/* Runs until loop_quit. */
void loop_run(struct loop *l);
void loop_quit(struct loop *l);

#endif
