/* Sections, keys and values held against the table. */
#ifndef KITH_CONFIG_CHECK_H
#define KITH_CONFIG_CHECK_H

#include "load.h"

/* Tells everything that one section can have wrong by itself, and finds each section's and each
 * key's row of the table. */
void check_sections(GPtrArray *sections, struct faults *f);

/* "[irc libera]". g_free it. */
char *section_title(const char *kind, const char *name);
/* The entry for `key`, if there is one and it is right; `s` may be NULL. */
const struct load_entry *section_entry(const struct load_section *s, const char *key);

#endif
