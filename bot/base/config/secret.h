/* Where a secret is: in a file, in a credential of systemd's, in the environment; see config.h. */
#ifndef KITH_CONFIG_SECRET_H
#define KITH_CONFIG_SECRET_H

#include <stdbool.h>

/* Neither "credential:NAME" nor "env:NAME". */
bool secret_is_file(const char *value);
/* What is wrong with either of those; NULL if nothing is. g_free it. */
char *secret_fault(const char *value);

#endif
