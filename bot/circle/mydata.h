/* Everything kept about a person, in words and complete: a table here for each that names people.
 */
#ifndef KITH_MYDATA_H
#define KITH_MYDATA_H

#include "circle.h"

/* `person` 0: somebody who has not joined and is vouched for. */
void mydata_tell(struct circle *c, int64_t person, struct draft *d);

#endif
