/*
 * What a server and we have agreed on (IRCv3 capability negotiation, version 302): what it offers,
 * what of that we asked for, what is on. Pure; one for each connection.
 */
#ifndef KITH_IRC_CAPS_H
#define KITH_IRC_CAPS_H

#include <stdbool.h>

struct caps;
struct line;

/* What kith has a use for, and no more: each is asked for where it is offered. */
enum cap {
	CAP_ACCOUNT_NOTIFY,
	CAP_ACCOUNT_TAG,
	CAP_BATCH,
	CAP_CAP_NOTIFY,
	CAP_CHATHISTORY, /* draft/chathistory; only with batch and server-time */
	CAP_CHGHOST,
	CAP_ECHO_MESSAGE,
	CAP_EXTENDED_JOIN,
	CAP_MESSAGE_TAGS,
	CAP_MULTI_PREFIX,
	CAP_SASL, /* only where we sign in */
	CAP_SERVER_TIME,
	CAP_USERHOST_IN_NAMES,
	CAP_LAST,
};

struct caps *caps_new(bool signs_in);
void caps_free(struct caps *c);

/* Takes a CAP line (LS, ACK, NAK, NEW, DEL). What is to be said because of it, for g_free, or NULL.
 * When a REQ is refused as a whole, its parts are asked for one by one. */
char *caps_hear(struct caps *c, const struct line *l);
/* The server has told all it offers, and has answered all we asked. */
bool caps_settled(const struct caps *c);
bool caps_on(const struct caps *c, enum cap cap);
bool caps_offers(const struct caps *c, enum cap cap);
/* Whether `mechanism` is among those the server names; true where it names none. */
bool caps_mechanism(const struct caps *c, const char *mechanism);

#endif
