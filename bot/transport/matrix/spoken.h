/* Which event said which post: for amending it, and for what people answer to it. */
#ifndef KITH_MATRIX_SPOKEN_H
#define KITH_MATRIX_SPOKEN_H

#include <stdbool.h>
#include <stdint.h>

struct db;
struct spoken;

/* Of `network`. The last few hundred are in memory whatever they are; those worth keeping are
 * written with the next transaction. */
struct spoken *spoken_new(struct db *db, const char *network);
void spoken_free(struct spoken *s);
/* `event` says the post `key`: a long post has several; and an event that was amended says the post
 * that amended it, too, since what amends that one is to amend the same event (CS API: "you cannot
 * edit an edit"). `keep`: it may be amended or answered long after. */
void spoken_add(struct spoken *s, const char *key, const char *event, bool keep, int64_t now_us);
/* In a transaction: what is to be kept and is not yet; and what is older than 60 days goes. */
void spoken_write(struct spoken *s, int64_t now_us);
bool spoken_dirty(const struct spoken *s);
/* Whether an event is known to have said that post since this start. */
bool spoken_lately(const struct spoken *s, const char *key);
/* The event to amend, and the post that it says now. NULL: nobody knows any more. g_free it. */
char *spoken_event(struct spoken *s, const char *key);
char *spoken_key(struct spoken *s, const char *event);

#endif
