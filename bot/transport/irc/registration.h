/*
 * From the first byte to the end of the welcome: who we are, what the server and we agree on, which
 * account is ours, and by which nick the server knows us. One for each connection; it sees every
 * line, and what the client library would like to say until it is done goes through it.
 */
#ifndef KITH_IRC_REGISTRATION_H
#define KITH_IRC_REGISTRATION_H

#include "transport/irc/sasl.h"

#include <stdbool.h>

struct caps;
struct line;
struct registration;

enum registration_state {
	REGISTRATION_ASKING,     /* the server has not said 001 yet */
	REGISTRATION_SIGNING_IN, /* nor that: services are being asked */
	REGISTRATION_WELCOMED,   /* it has; its message of the day follows */
	REGISTRATION_DONE,       /* joining may begin */
	REGISTRATION_FAILED,     /* not this time: no nick is to be had, services are away */
	REGISTRATION_BANNED,     /* 465: not for a long time */
	REGISTRATION_REFUSED,    /* never with this password, account or certificate */
};

/* Strings are copied, secrets wiped in the end. */
struct registration_options {
	const char *nick;
	const char *password; /* the server's own (PASS), or NULL */
	enum sasl_mechanism sasl;
	const char *account, *account_password; /* for SASL */
};

/* `send` takes a line without its end. */
struct registration *registration_new(const struct registration_options *options,
				      void (*send)(void *data, const char *line), void *data);
void registration_free(struct registration *r);

/* The connection stands: says what must come before NICK and USER. */
void registration_begin(struct registration *r);
/* NICK and USER as the client library puts them. */
void registration_say(struct registration *r, const char *line);
/* A line of the server's. */
void registration_hear(struct registration *r, const struct line *l);

enum registration_state registration_state(const struct registration *r);
/* What is wrong once it is FAILED, BANNED or REFUSED, what it waits for before that; for the log,
 * and partly in bytes as the server gave them. Borrowed. */
const char *registration_reason(const struct registration *r);
/* Borrowed. */
const struct caps *registration_caps(const struct registration *r);
/* The account we are signed in to, NULL if none. Borrowed, until the next line. */
const char *registration_account(const struct registration *r);
/* The nick we have asked for last, from 001 on the one we have. Borrowed, until the next line. */
const char *registration_nick(const struct registration *r);

#endif
