/*
 * Encrypted events that cannot be read yet (DESIGN 4.2: waiting events): the key comes later, or
 * the sender's devices are not known. Each waits as a row, is tried again when something it may
 * need has come, and is given up after ten minutes.
 */
#ifndef KITH_MATRIX_E2EE_UNREAD_H
#define KITH_MATRIX_E2EE_UNREAD_H

#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/read.h"

struct unread;

enum {
	UNREAD_MINUTES = 10,
	/* That wait in a room; beyond it the oldest of whoever has most is given up. */
	UNREAD_ROOM_MOST = 500,
};

struct unread_callbacks {
	/* Tries again, in a transaction. True: it need not wait any longer. */
	bool (*again)(void *data, const char *room, struct span event, bool backlog);
	/* Given up, in a transaction, after a last try. `code`: why the key was withheld, or NULL.
	 */
	void (*given_up)(void *data, const char *room, struct span event, const char *code);
};

/* What waits in the store goes on by itself. What is overdue at a start is given up a minute later:
 * what it waits for may be on the server. */
struct unread *unread_new(const struct e2ee_env *env, const struct unread_callbacks *callbacks,
			  void *data);
void unread_free(struct unread *u);

/* All in a transaction. `session` or `sender`: what it waits for, the other is NULL. The same event
 * twice is one. */
void unread_add(struct unread *u, const char *room, const struct read_event *e, const char *session,
		const char *sender, bool backlog);
/* That has come: what waits for it is tried soon, from the loop, in the order in which it came. Or
 * it will not, `code` is why: that is only remembered, since it may come after all. */
void unread_session(struct unread *u, const char *room, const char *session, const char *code);
void unread_sender(struct unread *u, const char *user);
void unread_drop(struct unread *u, const char *room);

#endif
