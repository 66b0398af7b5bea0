/* What `show` is given: `[--next] LINK|"TITLE" [TITLE] [want: TEXT]`, in any order people type it.
 */
#ifndef KITH_SHOWN_H
#define KITH_SHOWN_H

#include "command.h"

struct shown {
	char *title;   /* never empty: a link shown alone is its own title */
	char *link;    /* or NULL */
	char *want;    /* or NULL */
	bool untitled; /* the title is only made of the link */
	bool next;     /* for the coming round, whatever is open */
};

/* Reads the arguments into `s` (zeroed before; shown_done it whatever happens). False after having
 * answered what is wrong. */
bool shown_read(struct command_call *call, struct shown *s);
void shown_done(struct shown *s);

#endif
