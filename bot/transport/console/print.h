/* The conversation on paper: `[Mon 09:00] ana: text`, or one JSON object for each of kith's posts.
 */
#ifndef KITH_CONSOLE_PRINT_H
#define KITH_CONSOLE_PRINT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct printer {
	FILE *out;
	GTimeZone *zone; /* borrowed */
	bool json;       /* the two below print nothing */
	bool colour;
	int day; /* wall_day_number of what was printed last; 0: nothing yet */
};

void printer_init(struct printer *p, FILE *out, GTimeZone *zone, bool json);

/* `head` is "ana: ", "kith>>ana: ", "ana joins"; further lines of `text` start below its first.
 * Control characters are made visible: this goes to a terminal. */
void print_said(struct printer *p, int64_t at_us, const char *head, const char *text);
/* "-- what --". */
void print_remark(struct printer *p, int64_t at_us, const char *what);

/* A post as DESIGN 4.8 gives it to programs. */
struct print_post {
	unsigned line;
	int64_t at_us;
	const char *to;       /* "room" or a name */
	const char *reply_to; /* a name or NULL */
	const char *text;
	const char *word; /* or NULL */
};
void print_json(struct printer *p, const struct print_post *post);

#endif
