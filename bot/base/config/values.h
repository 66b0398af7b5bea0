/* One value at a time: what a person wrote, as what it means. Pure, but for the zones the machine
 * knows. Readers return 0 or -EINVAL, with the output untouched then. */
#ifndef KITH_CONFIG_VALUES_H
#define KITH_CONFIG_VALUES_H

#include "config.h"

/* What is wrong with `text` as a value of `k`, a clause or two; NULL if nothing is. g_free it. */
char *value_fault(const struct config_key *k, const char *text);

int value_yes(const char *text, bool *ret);
/* Digits only; -ERANGE past a long. */
int value_number(const char *text, long *ret);
int value_per_week(const char *text, long *ret);
int value_weeks(const char *text, long *ret);
int value_wall(const char *text, struct config_wall *ret);
/* Of struct config_days. */
int value_days(const char *text, GArray **ret);
/* Of struct config_address. */
int value_addresses(const char *text, GPtrArray **ret);

/* "Mon 09:00". g_free it. */
char *value_wall_text(const struct config_wall *wall);
/* "28 days", in the largest unit that leaves no rest. g_free it. */
char *value_duration_text(int64_t us);

#endif
