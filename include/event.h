/* What a transport tells the bot: one thing that happened in a place, or in private. */
#ifndef KITH_EVENT_H
#define KITH_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
	EVENT_MESSAGE,
	EVENT_EDIT,      /* `target` is the message it replaces, `text` the new text */
	EVENT_REDACTION, /* `target` is the message taken back */
	EVENT_REACTION,  /* `target` is the message reacted to, `text` the key */
	EVENT_JOIN,      /* entered the room; joining the group is the command `intro` */
	EVENT_LEAVE,
	EVENT_INVITE,  /* `account` asked kith into `room` (a place's configured address, where a
			  place is or goes on there), to talk with it alone if `direct`; `accepted`
			  tells whether it went there */
	EVENT_MOVED,   /* the place goes on at `text` (a Matrix tombstone), and kith followed; it is
			  told of by its configured address still */
	EVENT_EJECTED, /* kith itself was put out of the room: by `shown` ("" if the network does
			  not say by whom), for the reason `text` */
	EVENT_MISSED,  /* kith could not listen here from `at_us` on until now, and what was said
			  is not to be had */
	EVENT_MUTED,   /* kith is in the room and may not speak there; `encrypted`: it cannot, and
			  does not understand what is said there */
	EVENT_UNREADABLE, /* somebody said something that kith could not decrypt */
	EVENT_WITHHELD,   /* likewise, since their device keeps the key from kith */
	EVENT_IDENTITY,   /* `account` proves who they are with other keys than before; `direct` */
};

/* A value: every pointer is borrowed and valid until the listener returns. */
struct event {
	enum event_kind kind;
	const char *id; /* unique on its network for good; the cause of every post it leads to */
	const char *network;  /* the transport's configured name: "libera", "home", "console" */
	const char *room;     /* the room's address on that network; NULL when `direct` */
	const char *account;  /* services account or Matrix id, as the network spells it; NULL: not
				 identified */
	const char *shown;    /* nick or display name: for people's eyes, and to answer somebody
				 unidentified */
	const char *text;     /* valid UTF-8, "" if none; of any length */
	const char *target;   /* EDIT, REDACTION, REACTION: the id of the event it is about */
	const char *reply_to; /* the id of the event it answers, or NULL */
	const char *answers;  /* the key of kith's own post that it answers or reacts to, or NULL */
	const char *thread;   /* the id of the event whose thread it was said in, or NULL */
	const char *thread_answers;        /* if that is kith's own, the post's key; else NULL */
	const char *file_name, *file_type; /* of what was uploaded with it, or NULL */
	int64_t at_us;  /* when it was said, UTC microseconds, by the network's clock if it tells */
	bool direct;    /* said to kith in private */
	bool addressed; /* kith was named; its name is already cut off the front of `text` */
	bool encrypted; /* on its way here */
	bool trusted;   /* the sender's device is vouched for by its owner, and encrypted it if the
			   room is encrypted; true in rooms that are not */
	const char *device; /* theirs, where that is known and not `trusted`; else NULL */
	bool backlog;       /* said while kith was not there to hear it */
	bool accepted;      /* INVITE */
};

#endif
