/* What is due: asks the domain, keeps no list of its own. */
#ifndef KITH_SCHEDULE_H
#define KITH_SCHEDULE_H

#include <stdint.h>

struct app;

/* Takes every step due at `now_us`; returns when the next is. */
int64_t schedule_run(struct app *app, int64_t now_us);

#endif
