/* What several commands read alike. Each answers the person itself where something is wrong, and
 * the command then simply returns. */
#ifndef KITH_ARGUMENTS_H
#define KITH_ARGUMENTS_H

#include "circle/absences.h"
#include "circle/works.h"
#include "command.h"

/* Whether the network vouches for who this is; else says so. */
bool argument_identified(struct command_call *call);

/* The work whose number starts the arguments, or else that which the message answers is about; NULL
 * after having answered. What is said from now on tells of it. works_free it. */
struct work *argument_work(struct command_call *call, const char **ret_rest);
/* An answer as command_reply gives it; where the work was taken from a reply it is named too. */
void argument_reply(struct command_call *call, const struct work *w, const char *key, ...)
	__attribute__((sentinel));

/* What a person gives kith to keep: one clean line, not empty, not too long. NULL after having
 * answered (`missing` is the sentence for an empty one). g_free it. */
char *argument_text(struct command_call *call, const char *text, const char *missing);

/* Where the keyword `key` ("keyword.because") stands in `text` as a word of its own; the text
 * before it goes to *ret_before (g_free it) and what follows is returned. NULL if it does not stand
 * there. */
const char *argument_after(struct command_call *call, const char *text, const char *key,
			   char **ret_before);

/* `away` and `rest` are one command with two names. */
void argument_absence(struct command_call *call, enum absence_kind kind, const char *kept);

/* A time in the speaker's own zone, as kith says it; g_free it. */
char *argument_time(struct command_call *call, int64_t at_us);
/* The same of the end of something: only the day where it lasts through one; g_free it. */
char *argument_until(struct command_call *call, int64_t until_us);

#endif
