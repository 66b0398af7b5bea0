/*
 * What is too long for a room: its first lines are said, and the rest is kept until somebody asks
 * for it. Only in memory; whom it is for is whatever text the caller tells them apart by. Pure:
 * `now_us` is monotonic.
 */
#ifndef KITH_IRC_MORE_H
#define KITH_IRC_MORE_H

#include <stddef.h>
#include <stdint.h>

struct more;

enum { MORE_LINES_MOST = 3, MORE_KEPT_MOST = 64 };

/* The lines of `text`, each of at most `bytes` bytes, for g_strfreev. If they are too many, only
 * the first, the last of them cut short at a word and ended with `ending`; then *ret_rest is where
 * in `text` to go on, else NULL. All of them where `ending` is NULL or does not leave room. */
char **more_cut(const char *text, size_t bytes, const char *ending, const char **ret_rest);

struct more *more_new(void);
void more_free(struct more *m);

/* `key` says `text` to `whom` up to `rest`, which may be NULL: nothing of it is left. Copies. */
void more_keep(struct more *m, const char *whom, const char *key, const char *text,
	       const char *rest, int64_t now_us);
/* What `key` is to go on with for `whom`: what was left by the last one to speak to them, and for
 * that one itself, which must be said again, what it said. NULL if there is nothing, or nothing any
 * more: it is kept for an hour. Borrowed, until more_keep. */
const char *more_left(struct more *m, const char *whom, const char *key, int64_t now_us);

#endif
