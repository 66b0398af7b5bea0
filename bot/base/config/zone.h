/* The time zones the machine knows. */
#ifndef KITH_CONFIG_ZONE_H
#define KITH_CONFIG_ZONE_H

#include <stdbool.h>

/* Whether `name` is an IANA name: not an offset, not a rule in POSIX's way, not a file's path. */
bool zone_is_known(const char *name);
/* The name that was probably meant, or NULL. g_free it. */
char *zone_nearest(const char *name);

#endif
