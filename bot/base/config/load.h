/* The file as sections, keys and values, each with its line; what they mean is config.c's. */
#ifndef KITH_CONFIG_LOAD_H
#define KITH_CONFIG_LOAD_H

#include "faults.h"

#include <stddef.h>

struct config_key;
struct config_kind;

/* Bytes of a file, and lines in it; libini_config looks things up one by one. */
enum { LOAD_BYTES_MOST = 1 << 20, LOAD_LINES_MOST = 20000 };

struct load_entry {
	char *key, *value; /* trimmed; a value that goes on over lines is joined by spaces */
	int line;
	/* What check_sections finds: the row of the table it was meant for, and the same again once
	 * key and value are right. */
	const struct config_key *meant, *known;
};

/* `[kind name]` */
struct load_section {
	char *kind;         /* "" if its head is beyond reading: then nothing in it is looked at */
	char *name;         /* "" without one */
	int line;           /* 0: not a section at all, but the keys above the first one */
	GPtrArray *entries; /* of struct load_entry, by line */
	const struct config_kind
		*known; /* its row of the table; NULL: not to be looked at further */
};

/* Every section in the file's order, repeated ones too, as far as it can be read; any bytes do.
 * What cannot be read is told in `f`. */
GPtrArray *load_sections(const char *bytes, size_t n, struct faults *f);

#endif
