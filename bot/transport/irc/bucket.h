/*
 * What waits to be said to a server that throws out who talks too fast: a token bucket over a
 * bounded queue, where each target (a room, a person) gets its turn. Pure: `now_us` is monotonic.
 */
#ifndef KITH_IRC_BUCKET_H
#define KITH_IRC_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket;

enum { BUCKET_LINES_MOST = 128 };

/* Holds `burst` tokens, full at first; a new one every `every_us`. */
struct bucket *bucket_new(int burst, int64_t every_us, int64_t now_us);
void bucket_free(struct bucket *b);

/* Lines to one target keep their order. Each takes a token. One that is `patient` waits for it; one
 * that is not goes as soon as those before it are gone, and what comes later waits the longer.
 * -ENOBUFS: BUCKET_LINES_MOST lines wait already. Copies. */
int bucket_add(struct bucket *b, const char *target, const char *line, bool patient);
/* Goes before everything and at once (PONG, PING), on credit if need be; but on no more than a
 * token of it until something else has gone. */
int bucket_add_first(struct bucket *b, const char *line);
/* What waits for `target` will not be said. */
void bucket_forget(struct bucket *b, const char *target);
/* How many more lines it takes. */
int bucket_room(const struct bucket *b);
/* Whether a line to `target` waits. */
bool bucket_waits(const struct bucket *b, const char *target);

/* The next line that may go now, for g_free; NULL if none may. */
char *bucket_take(struct bucket *b, int64_t now_us);
/* How long until bucket_take gives one: 0 for now, -1 if none waits. */
int64_t bucket_wait_us(const struct bucket *b, int64_t now_us);

#endif
