/* What a replay found, for a person. */
#ifndef KITH_LOG_REPORT_H
#define KITH_LOG_REPORT_H

#include "transport/log/files.h"
#include "transport/log/replay.h"
#include "transport/log/who.h"

/* How kith would have said it, apart from what. */
enum report_way {
	REPORT_ROOM,
	REPORT_PRIVATE,    /* to whoever the answer is for */
	REPORT_ORGANIZERS, /* once, to however many */
};

struct report;
struct report *report_new(void);
void report_free(struct report *r);

/* A message that kith may have something to say about. `line` and `p` are borrowed until the next
 * one; the person for the life of the report. */
void report_line(struct report *r, const struct log_line *line, const struct person *p);
/* It was a message people said to each other, or an edit of one. */
void report_read(struct report *r);
/* What kith says to the last line: the post's plain text. */
void report_said(struct report *r, enum report_way way, const char *text);

void report_print(const struct report *r, const struct log_files *files,
		  const struct replay_options *options, const char *const *unheard);

#endif
