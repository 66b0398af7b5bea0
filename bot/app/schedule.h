/* What is due: asks the domain, keeps no list of its own. */
#ifndef KITH_SCHEDULE_H
#define KITH_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct app;

/* Whether something is known to be due. What was committed since may have made more of it due,
 * which schedule_run finds out. */
bool schedule_due(const struct app *app, int64_t now_us);
/* Takes every step due at `now_us`; returns when the next is. */
int64_t schedule_run(struct app *app, int64_t now_us);

#endif
