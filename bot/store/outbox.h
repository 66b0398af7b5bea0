/*
 * What kith has to say and whether it has been said.
 *
 * A post is offered with outbox_add inside a transaction. If that transaction changes anything the
 * post is committed with it; if not (a read-only answer) it is only kept in memory, until it is
 * said or until something else commits, which it then joins. Its key stays after delivery, so the
 * same cause never speaks twice; its text is erased.
 */
#ifndef KITH_OUTBOX_H
#define KITH_OUTBOX_H

#include "post.h"

#include <stdbool.h>
#include <stdint.h>

struct db;
struct outbox;

/* Loads what was not delivered. */
struct outbox *outbox_new(struct db *db);
void outbox_free(struct outbox *o);

/* A post on its way. Values are owned by the outbox. */
struct outbox_post {
	struct post post; /* `more` and `continues` are not stored: after a crash nothing of what
			     was begun is left to go on with */
	int64_t person; /* private: deliver finds the door; 0: the post names its account itself */
	int64_t about;  /* whom it tells of, or 0 */
	int64_t work;   /* which work, or 0 */
	char *source;   /* the message it came from, or NULL */
	int64_t not_before_us; /* nobody resting or away is spoken to */
	int64_t seq;           /* the order of saying; of memory and table alike */
	bool fresh;            /* offered in the transaction now open */
	bool stored;           /* in the table */
	bool sent;             /* handed to the transport, not confirmed yet */
	/* The network did not take it; in memory alone. */
	int64_t again_us; /* it is offered again then */
	int64_t wait_us;  /* after so long */
	bool gone;        /* for whom it is for was not there */
};

/* Copies `p`. A key seen before, in memory or in the store, is passed over in silence (NULL): it
 * has been said or will be. The copy is the outbox's. */
struct outbox_post *outbox_add(struct outbox *o, const struct post *p, int64_t person,
			       int64_t about, int64_t not_before_us);
/* Writes it in this transaction, whether anything else changes or not: nobody will ask for it
 * again. `source` is the message it came from. */
void outbox_keep(struct outbox *o, struct outbox_post *p, const char *source);
/* The first post not delivered yet whose `seq` is greater than `after`, NULL at the end. */
struct outbox_post *outbox_next(struct outbox *o, int64_t after);
struct outbox_post *outbox_find(struct outbox *o, const char *key);
/* Of a post waiting, said or given up: the work it tells of, 0 if none or nobody knows any more;
 * the event it answers, NULL likewise (g_free it). What was never stored is known for a while. */
int64_t outbox_work(struct outbox *o, const char *key);
char *outbox_answers(struct outbox *o, const char *key);
/* Said, or given up: it leaves memory at once; the mark is written with the next commit or by
 * outbox_flush. */
void outbox_done(struct outbox *o, const char *key);
/* Whether marks wait to be written. */
bool outbox_dirty(const struct outbox *o);
void outbox_flush(struct outbox *o);
/* What waits for `person` may be said from `from_us` on: later because they are absent, or now. */
void outbox_wait(struct outbox *o, int64_t person, int64_t from_us);
/* Whose posts are, in the table, has changed: so it is in memory. What is only in memory is to be
 * written first (outbox_join). */
void outbox_reread(struct outbox *o);
/* The message `source` was taken back: what it would have told people in private is not told. */
void outbox_recall(struct outbox *o, const char *source);
/* Takes back what waits for `person`, tells of `about` and begins with `word`; false where there is
 * none or it is on its way. */
bool outbox_withdraw(struct outbox *o, int64_t person, int64_t about, const char *word);
/* What waits under `key`, if anything does, is said like this. */
void outbox_revise(struct outbox *o, const char *key, const char *word, const char *markup);
/* Erases what waits for `person` or tells of them (forget me). What the round says of several at
 * once tells of nobody here: its author revises it. */
void outbox_forget(struct outbox *o, int64_t person);
/* The transaction is over: what was offered in it may be said, or, if it was rolled back, is gone.
 */
void outbox_settle(struct outbox *o, bool rolled_back);
/* Called by the commit: writes what is only in memory, and the marks. */
void outbox_join(struct outbox *o);
/* What was handed to `network` and not confirmed is to be handed to it again: its connection broke.
 */
void outbox_resend(struct outbox *o, const char *network);
/* Deletes the keys of posts that expired before `before_us`: nothing old enough can come again. */
void outbox_prune(struct outbox *o, int64_t before_us);

#endif
