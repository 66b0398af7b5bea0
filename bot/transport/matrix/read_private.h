/* Being spoken to, for read.c. */
#ifndef KITH_MATRIX_READ_PRIVATE_H
#define KITH_MATRIX_READ_PRIVATE_H

#include "transport/matrix/read.h"

/* By what kith may be meant, beside the text itself. */
struct read_naming {
	const struct read_us *us;
	struct span formatted; /* formatted_body; any value, or none */
	struct span mentions;  /* m.mentions; likewise */
};

/* What follows kith's name at the start of `text`, with what parts it from the rest; NULL if it
 * does not start so. `text` is valid UTF-8. */
const char *read_behind_name(const char *text, const struct read_naming *n);

#endif
