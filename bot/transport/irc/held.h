/* Events on their way to the bot, in the order they happened. Some wait until it is known who said
 * them, and those behind them wait too; bounded, so that nobody can hold up much. */
#ifndef KITH_IRC_HELD_H
#define KITH_IRC_HELD_H

struct event;
struct held;

enum { HELD_MOST = 256 }; /* more, and the oldest goes out as it is */

/* `hand_on` gets each in its turn, from inside the functions below; it may not add any. */
struct held *held_new(void (*hand_on)(void *data, const struct event *e), void *data);
/* What waits is lost. */
void held_free(struct held *h);

/* Copies `e`, but for its network and room, which must live as long. It waits for held_settle with
 * the same `why`; NULL: only for its turn. What was waiting for nothing else goes out too. */
void held_add(struct held *h, const struct event *e, const void *why);
/* What waits for `why` has this account now (NULL: none), and waits for its turn. */
void held_settle(struct held *h, const void *why, const char *account);
/* Hands on all whose turn has come. */
void held_run(struct held *h);

#endif
