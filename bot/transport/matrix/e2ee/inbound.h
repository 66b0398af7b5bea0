/*
 * Megolm, as others speak (CS API: m.megolm.v1.aes-sha2, m.room_key). A key is believed only where
 * it came over Olm, and only of the device that sent it. Whoever has it may give it on, and be the
 * first: so it is only for reading what they say themselves, and in nobody else's way. What is
 * known of a session never becomes less. Which event used which index is remembered: another event
 * with the same one is a replay.
 */
#ifndef KITH_MATRIX_E2EE_INBOUND_H
#define KITH_MATRIX_E2EE_INBOUND_H

#include "transport/matrix/e2ee/env.h"
#include "transport/matrix/read.h"

#include <jansson.h>

struct inbound;
struct olm_message;

/* What is kept; beyond it the oldest goes. */
enum {
	INBOUND_SESSIONS_MOST = 200, /* of somebody's, in a room */
	INBOUND_INDICES_MOST = 1000, /* of a session, after pruning: what is before is not read */
};

struct inbound *inbound_new(const struct e2ee_env *env);
void inbound_free(struct inbound *in);

/* m.room_key that came over Olm. 0 and *ret_session, g_free it: it is new, or lets kith read from
 * earlier on; -EALREADY: neither; -EBADMSG: it is no such thing; -EEXIST: another one, or of
 * another device of theirs, has that id in the room. In a transaction. */
int inbound_add(struct inbound *in, const struct olm_message *m, char **ret_room,
		char **ret_session);
/* m.room_key.withheld (not over Olm; it proves nothing but helps to explain). As above; never in
 * the way of a key. */
int inbound_withheld(struct inbound *in, const char *sender, const json_t *content, char **ret_room,
		     char **ret_session);

/* An encrypted event as it was before: whose device said it, type and content. */
struct inbound_message {
	char *type;
	char *content; /* JSON, an object; with m.relates_to of the event's own content */
	char *curve25519, *ed25519; /* of the device that gave the key */
};
/* The event's content is m.room.encrypted of Megolm. 0, inbound_message_done it: in a transaction,
 * its index is remembered. -ENOKEY: its sender has not given the key, *ret_session names it (g_free
 * it) and *ret_code why they withheld it (NULL: they did not say; g_free it); -ERANGE: from before
 * what kith may read; -EEXIST: a replay; -EBADMSG: it cannot be read, was said to another room, or
 * is what only the server may allow (a redaction, a state). */
int inbound_decrypt(struct inbound *in, const char *room, const struct read_event *e,
		    struct inbound_message *ret, char **ret_session, char **ret_code);
void inbound_message_done(struct inbound_message *m);

/* Kith has left the room: what was said there stays unreadable. In a transaction. */
void inbound_drop(struct inbound *in, const char *room);
/* Once a day: what no event will need any more (replays and keys of sessions that nobody has used
 * for so long). In a transaction. */
void inbound_prune(struct inbound *in, int64_t now_us);

#endif
