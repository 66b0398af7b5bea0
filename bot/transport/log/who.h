/* Who speaks in a log: accounts behind nicks, and who has been there long enough to be a member. */
#ifndef KITH_LOG_WHO_H
#define KITH_LOG_WHO_H

#include "transport/log/log.h"

/* Days on which somebody has spoken, after which they count as a member. */
enum { WHO_DAYS = 3 };

struct person {
	char *account; /* as first met */
	bool member;   /* joined the group */
	bool giving;   /* and is vouched for */
	bool spoke;
	unsigned days;    /* on which they spoke, up to WHO_DAYS */
	int64_t last_day; /* a number of days since 1970, in the zone */
};

struct who;
struct who *who_new(GTimeZone *zone);
void who_free(struct who *w);

/* The person by that account, made if new. Borrowed, for the life of `w`. */
struct person *who_account(struct who *w, const char *account);
/* Whose line it is. On IRC that is whoever the nick belongs to: who changed to it from another
 * since they came, unless somebody has spoken under it before. */
struct person *who_line(struct who *w, const struct log_line *line);
/* Somebody came, left or changed their nick. */
void who_moved(struct who *w, const struct log_line *line);
/* They said something. True: this makes them somebody who has spoken on WHO_DAYS days. */
bool who_spoke(struct who *w, struct person *p, int64_t at_us);

#endif
