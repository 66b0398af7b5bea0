/* One line of a sandbox script, read and checked; the language is described in console.h. Pure. */
#ifndef KITH_CONSOLE_SCRIPT_H
#define KITH_CONSOLE_SCRIPT_H

#include "transport/console/console.h"

#include <stddef.h>

#define SCRIPT_LINE_MOST ((size_t)4 << 20) /* bytes */

enum script_verb {
	SCRIPT_NOTHING, /* an empty line, a comment */
	SCRIPT_REMARK,
	SCRIPT_MEMBERS,
	SCRIPT_AT,
	SCRIPT_AFTER,
	SCRIPT_SAYS,
	SCRIPT_WHISPERS,
	SCRIPT_EDITS,
	SCRIPT_REPLIES,
	SCRIPT_REACTS,
	SCRIPT_DELETES,
	SCRIPT_JOINS,
	SCRIPT_LEAVES,
	SCRIPT_DOWN,
	SCRIPT_UP,
	SCRIPT_CRASH,
};

/* A time as it was written, in a zone the parser does not know. */
struct script_wall {
	int year, month, day; /* all 0: the next time it is ... */
	int weekday;          /* 1 Monday .. 7 Sunday, or 0 for any */
	int hour, minute, second;
};

/* Owns its strings; what its verb does not use is NULL or 0. */
struct script_line {
	enum script_verb verb;
	char *who;  /* "ana", or "~ana" for somebody not identified */
	char *whom; /* REPLIES, REACTS: likewise */
	/* SAYS, WHISPERS, EDITS, REPLIES, REACTS: valid UTF-8, not empty; REMARK: may be "" */
	char *text;
	char **members; /* MEMBERS: at least one */
	int64_t after_us;
	struct script_wall wall;
	enum console_point point;
};

/* Reads `length` bytes without their '\n'. 0, or -EINVAL with what is wrong in *ret_error, for a
 * person, g_free it. script_line_done what you get. */
int script_parse(const char *line, size_t length, struct script_line *ret, char **ret_error);
void script_line_done(struct script_line *line);

/* The line as one would write it: parses to the same. "" for SCRIPT_NOTHING. g_free it. */
char *script_format(const struct script_line *line);

/* How the language spells things. */
struct script_unit {
	char letter; /* '\0' ends them */
	int64_t us;
};
extern const struct script_unit script_units[]; /* the longest first */
extern const char *const script_weekdays[];     /* from Monday; then NULL */
extern const char *const script_points[];       /* by enum console_point; NULL for CONSOLE_NOW */

/* Whether somebody can be called that; a leading '~' belongs to it. */
bool script_is_name(const char *name);

#endif
