/* One kith a store: SQLite would let a second one in, and both would speak. */
#ifndef KITH_LOCK_H
#define KITH_LOCK_H

/* Opens the store's file, or makes it so that nobody else can read it, and locks it as long as the
 * descriptor is open. -EBUSY where another has it; else -errno; with a message for a person that
 * says what to do. */
int lock_open(const char *path, int *ret_fd, char **ret_error);

#endif
