/* The room: who is in it, and what they do as events of a network. */
#ifndef KITH_CONSOLE_ROOM_H
#define KITH_CONSOLE_ROOM_H

#include "transport/console/script.h"

#include "event.h"

struct room;

/* Something that happened, until the bot has heard it. */
struct happening {
	struct event event;
	char *id, *text, *target, *reply_to, *answers; /* what the event points to */
	bool handed;                                   /* to a bot that has not come back from it */
};
void happening_free(struct happening *h);

/* `names` is borrowed for its network, room and nick, and outlives the room. */
struct room *room_new(const struct world_options *names);
void room_free(struct room *r);

/* `name` is there; -EINVAL if that is the bot itself. */
int room_come_in(struct room *r, const char *name, char **ret_error);
/* Somebody's line, SAYS to LEAVES. -EINVAL and what is wrong if it cannot happen. */
int room_act(struct room *r, const struct script_line *line, int64_t at_us, struct happening **ret,
	     char **ret_error);
/* The bot's last post, for people who reply or react to it; copied. */
void room_bot_said(struct room *r, const char *key);

/* Who is there: sorted, NULL-terminated, g_strfreev it. */
char **room_present(const struct room *r);
/* Seen at some time; and whether they have left since. */
bool room_knows(const struct room *r, const char *name);
bool room_has_left(const struct room *r, const char *name);
/* Whose event it is, "ana" or "~ana"; NULL for none of ours. Borrowed. */
const char *room_author(const struct room *r, const char *event_id);

#endif
