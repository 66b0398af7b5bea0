/*
 * What was lately said in a group's rooms, and to kith alone, for an hour and in memory only: which
 * questions are open, which lines of one person belong together, which message an edit is about. Of
 * a line its text is kept for two minutes, of a question the words that carry it for half an hour
 * (as numbers).
 */
#ifndef KITH_TALK_H
#define KITH_TALK_H

#include "event.h"

#include <glib.h>

struct talk;

/* One message; borrowed, valid until the next talk_add. */
struct talk_line {
	char *id;
	char *who;     /* an account, or else a nick, on its network */
	char *account; /* NULL: not identified */
	char *room;    /* on its network */
	char *shown;
	char *text;    /* as typed; NULL once it is too old to belong to what comes */
	char *key;     /* fold_key of the text, if anybody has asked for it; goes with it */
	GArray *words; /* uint32_t, of a question; NULL: it is none */
	char *reply_to, *answers, *thread, *thread_answers,
		*file_name; /* as in the event; NULL each */
	int64_t at_us;
	bool introduces;
	bool judged; /* the guard has decided about it, alone or with lines before it */
	bool edited; /* and about an edit of it */
};

struct talk *talk_new(void);
void talk_free(struct talk *t);

/* Remembers a message, said at `at_us` by our clock; forgets what is over. */
struct talk_line *talk_add(struct talk *t, const struct event *e, int64_t at_us);
/* It is a question, and these are its words, folded. */
void talk_asks(struct talk_line *line, const char *folded);
/* Whether `e` is of who said `line`. */
bool talk_by(const struct talk_line *line, const struct event *e);
/* NULL if it is not among the last. */
struct talk_line *talk_find(struct talk *t, const struct event *e, const char *id);

/* What its author has said just before `line` and not been judged for, and `line`, a line each;
 * NULL if `line` stands alone. g_free it. */
char *talk_joined(struct talk *t, const struct talk_line *line);
/* Marks the same lines. */
void talk_judge(struct talk *t, struct talk_line *line);
/* The judged line that `line` may be more of: its author's last one, just before. NULL if there is
 * none. */
struct talk_line *talk_continued(struct talk *t, const struct talk_line *line);
/* Whether its author has introduced themself within the hour. */
bool talk_introduced(struct talk *t, const struct talk_line *line);

/* How much of an answer is asked of a message that reads like a pitch. */
struct talk_doubt {
	bool member;   /* of somebody who belongs here */
	bool complete; /* an advertisement that needs no question before it */
};
/* Whether `e` answers a question somebody else asked in the room within the last half hour: replies
 * to it, names who asked, is about the same thing (more than a word has to say so if a stranger
 * comes with a complete one), or, unless that is so, is the next thing said. */
bool talk_answers(struct talk *t, const struct talk_line *line, const struct event *e,
		  const char *folded, const struct talk_doubt *doubt);

#endif
