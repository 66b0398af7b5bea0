/* Everything kept about a person, in words and complete: a table here for each that names people.
 */
#ifndef KITH_MYDATA_H
#define KITH_MYDATA_H

#include "circle.h"

void mydata_tell(struct circle *c, int64_t person, struct draft *d);
/* The few traces of somebody who has not joined; false, and nothing said, if there are none. */
bool mydata_tell_stranger(struct circle *c, const struct event *e, struct draft *d);

#endif
