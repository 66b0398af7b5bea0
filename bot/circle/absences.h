/* Away (not here) and rest (no room for asks): who is absent is not spoken to. */
#ifndef KITH_ABSENCES_H
#define KITH_ABSENCES_H

#include "circle.h"

enum absence_kind { ABSENCE_AWAY, ABSENCE_REST };

/* Replaces what stood. Returns the row's id. */
int64_t absences_add(struct circle *c, int64_t person, enum absence_kind kind, int64_t from_us,
		     int64_t until_us);
/* Ends it now and lets what waited be said. False if they were not absent. */
bool absences_end(struct circle *c, int64_t person);
/* Lets what waited for the person be said from now on. */
void absences_release(struct circle *c, int64_t person);
/* Until when the person is not to be spoken to, 0 if they are here; `ret_kind` may be NULL. */
int64_t absences_until(struct circle *c, int64_t person, enum absence_kind *ret_kind);
/* Since when the person has been here, not absent, for `here_us` microseconds in all. */
int64_t absences_back(struct circle *c, int64_t person, int64_t here_us);
/* Deletes what ended before the giving window can look at it. */
void absences_prune(struct circle *c, int64_t before_us);

#endif
