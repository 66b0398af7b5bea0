/* A new configuration while kith runs: read whole, checked, then put in force in one step. */
#ifndef KITH_RELOAD_H
#define KITH_RELOAD_H

struct app;
struct reload;

/* `app` (struct app) reads its configuration again. 0: it is sound, and comes into force before
 * anything else is done, by reload_apply. Else -errno with every fault, a line each, in
 * *ret_faults; they are logged, and everything stays as it is. */
int reload_read(void *app, char **ret_faults);
/* Puts in force what was read, if anything waits for that; never from inside an event. Networks
 * that would be opened as they are, and have not given up, do not notice. */
void reload_apply(struct app *app);
void reload_free(struct reload *r);

#endif
