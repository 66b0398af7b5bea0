/* The seam of the commands: one file, one `const struct command`, one word in commands/meson.build.
 */
#ifndef KITH_COMMAND_H
#define KITH_COMMAND_H

#include "circle.h"

enum command_who { COMMAND_ANYONE, COMMAND_MEMBER, COMMAND_ORGANIZER };
enum command_scope { COMMAND_HERE, COMMAND_PRIVATE };

/* Where a message is a reply, what the one it answers is about. */
struct command_replied {
	bool any;       /* it is a reply */
	bool ours;      /* to kith */
	int64_t work;   /* which it showed or tells of; 0: none, or not known */
	int64_t person; /* who said it; 0: kith, somebody who never joined, or not known */
	/* Of what was uploaded with the message itself, or with one of their own that it answers;
	 * NULL if nothing was. */
	const char *file_name;
};

struct command_call {
	const struct command *command;
	struct circle *circle;
	const struct event *event;
	int64_t person; /* who says it: their row; 0 if kith does not know them */
	bool member;    /* joined this group */
	bool organizer;
	const char *name; /* what to call them: the member's name, else the shown name made clean */
	GHashTable *speakers; /* folded name -> struct config_address: who was seen speaking here */
	struct command_replied replied;
	bool from_reply;  /* the work was taken from there, so the answer is to name it */
	const char *args; /* what follows the command's word: valid UTF-8, trimmed, "" if nothing */
};

struct command {
	const char *name;    /* "note", "admin round"; what is typed, lower case */
	const char *aliases; /* "best show-me" or NULL */
	const char *usage;   /* "note N TEXT", without the prefix */
	const char *summary; /* one line for help and the man page */
	const char *reply;   /* the part of the usage that a reply stands for: "N"; or NULL */
	bool mark;           /* there is a mark for it too: reaction.NAME, help.mark.NAME */
	const char *example; /* "note 3 the opening line made me stay"; without the prefix */
	enum command_who who;
	enum command_scope scope;
	/* Answers with the functions below. Looks first and writes last: a usage error has changed
	 * nothing. */
	void (*run)(struct command_call *call);
};

/* Every command, sorted by name, then an entry NULL. Generated from commands/meson.build. */
extern const struct command *const commands[];
/* By name or alias, case-insensitively: the longest that starts `text` at a word boundary.
 * *ret_length is what of `text` it took. NULL if none. */
const struct command *command_find(const char *text, unsigned *ret_length);

/* Starts an answer whose first sentence is `key`; where it goes follows the command's scope. */
void command_reply(struct command_call *call, const char *key, ...) __attribute__((sentinel));
/* For an answer of several sentences: draft_new, draft_say ..., then this frees it. */
void command_answer(struct command_call *call, struct draft *d);
/* Why it is not done, for anybody to hear: unlike an answer it may be said in the room where there
 * is no way to them alone. */
void command_refuse(struct command_call *call, const char *key, ...) __attribute__((sentinel));
/* "What is wrong", the usage and an example, in one line under the key `usage`. `key` is the
 * sentence for what is wrong. */
void command_usage(struct command_call *call, const char *key, ...) __attribute__((sentinel));

#endif
