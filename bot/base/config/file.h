/* A small file, whole. */
#ifndef KITH_CONFIG_FILE_H
#define KITH_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* -EFBIG: more than `most` bytes; -EINVAL: `regular` is asked for and it is a device, a pipe, ...;
 * else -errno. *ret has a NUL after its *ret_n bytes; g_free it. */
int file_read(const char *path, size_t most, bool regular, char **ret, size_t *ret_n);

#endif
