/* The table of kith.conf(5): what sections there are, and looking its rows up. */
#ifndef KITH_CONFIG_KEYS_H
#define KITH_CONFIG_KEYS_H

#include "config.h"

#include <stdbool.h>

enum config_naming {
	CONFIG_NAMELESS,    /* [log] */
	CONFIG_GROUP_NAME,  /* [round], [round NAME]: of [group], of [group NAME] */
	CONFIG_NETWORK_NAME /* [irc NAME] */
};

struct config_kind {
	const char *name; /* as config_key's `section` */
	enum config_naming naming;
	const char *example; /* a NAME for the example file; NULL: none */
	const char *summary; /* one or two sentences for kith.conf(5) */
};
/* In the order a person reads them; ends with an entry whose name is NULL. */
extern const struct config_kind config_kinds[];

/* All of these mind no ASCII case, as libini_config does not. NULL: none. */
const struct config_kind *kind_find(const char *name);
const struct config_kind *kind_nearest(const char *name);
const struct config_key *key_find(const char *section, const char *key);
/* The nearest within the section. */
const struct config_key *key_nearest(const char *section, const char *key);
/* The first of that name in any other section. */
const struct config_key *key_elsewhere(const char *section, const char *key);
bool key_is_somewhere(const char *key);

#endif
