/* The domain as commands see it: one group, at one moment. Its concepts each have a header beside
 * their source: circle/people.h, works.h, notes.h, shares.h, rounds.h, ... */
#ifndef KITH_CIRCLE_H
#define KITH_CIRCLE_H

#include "config.h"
#include "event.h"
#include "words.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct db;
struct outbox;

/* Made by `app` for each event and each due step; lives until it is handled. */
struct circle {
	struct db *db;
	struct outbox *outbox;
	const struct config_group *group;
	const struct words *words;
	int64_t id;         /* the group's row */
	int64_t now_us;     /* the one reading of the clock; for an event, when it was said */
	int64_t run_us;     /* when it is handled: later than now_us for a backlog; posts count from
			       here */
	const char *cause;  /* what the posts come from: an event's id, or "round/12/open" */
	const char *source; /* the message that asked: an edit's is the one it edits */
	int ordinal;        /* of the next post, for its key */
	int64_t about; /* whom the posts tell of: what waits unsaid goes when they are forgotten */
	int64_t work;  /* which work they tell of, 0: none; what a reply to one of them is about */
	bool editing;  /* an edited command is done again in place of the first */
	/* What the first one showed, while editing: the record, the entry and its work, 0 if none.
	 * `show` takes the entry over and clears the record; else it is taken back in the end. */
	int64_t edited_record, edited_entry, edited_work;
	int64_t edited_promotion; /* likewise what it asked a slot for: it keeps its turn */
	/* Reads the configuration again, to come into force after this event: 0, or -errno with
	 * every fault, a line each. NULL where there is none to read again. */
	int (*reload)(void *host, char **ret_faults);
	void *host;
	char *cause_made; /* what `cause` points to where the circle made it itself; g_free it */
};

/* Something being written: sentences of the catalogue, a line each. */
struct draft {
	const struct words *words;
	const char *word; /* the key of its first sentence; borrowed from the catalogue's caller */
	GString *markup;
};
struct draft draft_new(const struct circle *c);
/* A new line, `key` filled as words_say does it. */
void draft_say(struct draft *d, const char *key, ...) __attribute__((sentinel));
void draft_sayv(struct draft *d, const char *key, va_list ap);
/* The same as an item of a list. */
void draft_item(struct draft *d, const char *key, ...) __attribute__((sentinel));
/* The same, on the line already begun. */
void draft_add(struct draft *d, const char *key, ...) __attribute__((sentinel));

/* Each says the draft and frees it, whatever happens. `expires_us` is when it is no longer worth
 * saying. An absent person is told when they are back. */
/* Where it was said: in the room as an answer to `e`, or in private if it was said there. */
void voice_reply(struct circle *c, const struct event *e, struct draft *d);
/* Likewise, but goes on with what was too long to be said there at once; the draft is for where
 * nothing is left of that (see struct post). */
void voice_continue(struct circle *c, const struct event *e, struct draft *d);
/* In private to whoever said `e`, known or not; where there is no way to them alone, in the room
 * they said it in. */
void voice_whisper(struct circle *c, const struct event *e, struct draft *d);
/* Likewise, but in that room it is `aloud` that is said, and freed with it; NULL: nothing is. */
void voice_whisper_apart(struct circle *c, const struct event *e, struct draft *d,
			 struct draft *aloud);
/* In private to a person kith knows, by their last-used door. */
void voice_tell(struct circle *c, int64_t person, struct draft *d, int64_t expires_us);
/* In private to an account, known or not, whichever door of theirs they used last. */
void voice_tell_at(struct circle *c, const char *network, const char *account, struct draft *d,
		   int64_t expires_us);
/* In private to each organizer. */
void voice_organizers(struct circle *c, struct draft *d, int64_t expires_us);
/* In one place of the group. */
void voice_announce_in(struct circle *c, const char *network, const char *room, struct draft *d,
		       int64_t expires_us);
/* In every place of the group. */
void voice_announce(struct circle *c, struct draft *d, int64_t expires_us);
/* The first sentence's key of what `c->cause` announced, if it is still unsaid in some place, else
 * NULL; borrowed until that changes. */
const char *voice_unsaid(struct circle *c);
/* Where it is still unsaid it is said like this. */
void voice_announce_anew(struct circle *c, struct draft *d);

/* How long something told in private is worth telling. */
#define CIRCLE_TELL_LASTS_US (30 * INT64_C(86400000000))

/* The group's row for `group`, made if it is new. */
int64_t circle_group_id(struct db *db, const struct config_group *group);

/* Until then kith speaks only when spoken to: the round's steps wait. May lie in the past: when the
 * last quiet ended. */
void circle_set_quiet(struct circle *c, int64_t until_us);
int64_t circle_quiet_until(struct circle *c);

/* A consistent copy of the whole store, beside it: *ret_path, or *ret_error for a person. */
int circle_backup(struct circle *c, char **ret_path, char **ret_error);

/* Limits on what a person gives us to keep, in characters. */
enum {
	CIRCLE_NAME_MOST = 40,
	CIRCLE_TITLE_MOST = 200,
	CIRCLE_LINK_MOST = 1000,
	CIRCLE_TEXT_MOST = 1000,
};

#endif
