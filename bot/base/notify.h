/*
 * Telling the service manager how we are: systemd's protocol of sd_notify(3) and
 * sd_watchdog_enabled(3), datagrams of NAME=VALUE lines. Where nobody listens (no $NOTIFY_SOCKET)
 * none of this does anything.
 */
#ifndef KITH_NOTIFY_H
#define KITH_NOTIFY_H

#include <stdint.h>

struct loop;
struct notify;

/* Reads the environment. If the manager wants to know that we are alive, it is told from the loop,
 * twice in each of its periods: a loop that is stuck tells nothing. */
struct notify *notify_new(struct loop *l);
/* NULL is fine. */
void notify_free(struct notify *n);

/* Started, or done with reloading. */
void notify_ready(struct notify *n);
/* The configuration is being read again, since `mono_us` (CLOCK_MONOTONIC); notify_ready must
 * follow, whatever comes of it. */
void notify_reloading(struct notify *n, int64_t mono_us);
void notify_stopping(struct notify *n);
/* What `systemctl status` shows: one line. Told only when it is another than the last. */
void notify_status(struct notify *n, const char *text);

#endif
