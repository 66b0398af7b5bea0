/* Files that are part of the binary: migrations, catalogues. Written by embed.py at build time. */
#ifndef KITH_EMBEDDED_H
#define KITH_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* the file's own name; NULL ends a list */
	const char *text; /* followed by a NUL */
	size_t length;
};

#endif
