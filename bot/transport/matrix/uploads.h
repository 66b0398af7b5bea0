/* Uploads that came without a name, which some bridges make: told of once the server has said how
 * the file is called (CS API: Content repository), so that a work shown by them has a title. Only
 * those that say nothing else wait: nothing is lost with them but what is in memory alone. */
#ifndef KITH_MATRIX_UPLOADS_H
#define KITH_MATRIX_UPLOADS_H

#include "transport/matrix/read.h"

#include <stdbool.h>

struct matrix;
struct matrix_room;
struct uploads;

/* `named` is called from the loop, once for each that was taken: `e` as it was handed over, and its
 * name and type, NULL each where the server does not say. */
struct uploads *uploads_new(struct matrix *m,
			    void (*named)(struct matrix *m, const char *room,
					  const struct read_event *e, bool backlog,
					  const struct read_message *file));
/* What is under way is not waited for. Before the api goes. NULL is fine. */
void uploads_free(struct uploads *u);
/* False: there is nothing to be asked, or too much is being asked already. */
bool uploads_ask(struct uploads *u, const struct matrix_room *room, const struct read_event *e,
		 const struct read_message *said, bool backlog);

#endif
