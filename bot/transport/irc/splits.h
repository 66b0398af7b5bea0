/* Who was torn off by a netsplit: they did not mean to leave, so for a while nobody is told that
 * they did. Pure; all times are monotonic. */
#ifndef KITH_IRC_SPLITS_H
#define KITH_IRC_SPLITS_H

#include <stdbool.h>
#include <stdint.h>

struct isupport;
struct splits;

enum { SPLITS_MOST = 1024 };

struct split {
	const char *room; /* as configured; borrowed */
	char *nick;
	char *account; /* folded, or NULL: none, or not known */
	int64_t due_us;
};

/* Borrowed, and must outlive it. */
struct splits *splits_new(const struct isupport *isupport);
void splits_free(struct splits *s);

/* Whether the reason of a QUIT is a netsplit's: the names of two servers. */
bool splits_is_one(const char *reason);

/* From `room`, until `due_us`. The room is kept as a pointer, the rest is copied. */
void splits_add(struct splits *s, const char *room, const char *nick, const char *account,
		int64_t due_us);
/* Whether somebody who enters is one of them, who then is no more: by account, and by nick unless
 * another account is `known` of them. */
bool splits_back(struct splits *s, const char *room, const char *nick, const char *account,
		 bool known);
/* The next whose time is over, or who is too many, for split_free; NULL if there is none. */
struct split *splits_take(struct splits *s, int64_t now_us);
void split_free(struct split *split);
/* How long until splits_take gives one, -1 if none waits. */
int64_t splits_wait_us(const struct splits *s, int64_t now_us);

#endif
