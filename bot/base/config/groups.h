/* The groups of a file, and what they must agree on with its networks and with each other. */
#ifndef KITH_CONFIG_GROUPS_H
#define KITH_CONFIG_GROUPS_H

#include "load.h"

struct config;
struct config_group;

/* Adds every group to `c`; `sections` are checked. */
void groups_read(struct config *c, GPtrArray *sections, struct faults *f);
void group_free(struct config_group *g);

/* `value` as it is, or below the folder of `file`. g_free it. */
char *config_path(const char *file, const char *value);
/* What `key` of the table says in `s`, or its default; NULL: neither. Borrowed. */
const char *section_text(const struct load_section *s, const char *section, const char *key);

#endif
