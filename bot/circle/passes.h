/* Works a member lets pass: kith asks nothing more of them about it, and tells nobody. */
#ifndef KITH_PASSES_H
#define KITH_PASSES_H

#include "circle.h"

/* They are not drawn to read it; entries_pass is for where they have been. Returns the row's id, 0
 * if they let it pass before. */
int64_t passes_add(struct circle *c, int64_t person, int64_t work);
bool passes_has(struct circle *c, int64_t person, int64_t work);

#endif
