/* kith check --connect: whether the homeserver is there, and whether it would take kith. */
#ifndef KITH_MATRIX_TRIAL_H
#define KITH_MATRIX_TRIAL_H

struct matrix;

/* Finds the homeserver; of a token-file it asks whose token that is. With a password it does not
 * sign in: that would be on the device of a kith that runs, whose session it would end. Reports
 * ONLINE where nothing is in the way, else OFFLINE or FAILED, and has logged what. 0, or -errno
 * with the reason logged: the token cannot be read. */
int trial_begin(struct matrix *m);

#endif
