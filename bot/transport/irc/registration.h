/*
 * From the first byte to the end of the welcome: who we are, and by which nick the server knows us.
 * One for each connection; it sees every line until it is done, and what the client library would
 * like to say until then goes through it.
 */
#ifndef KITH_IRC_REGISTRATION_H
#define KITH_IRC_REGISTRATION_H

#include <stdbool.h>

struct caps;
struct line;
struct registration;

enum registration_state {
	REGISTRATION_ASKING,   /* the server has not said 001 yet */
	REGISTRATION_WELCOMED, /* it has; its message of the day follows */
	REGISTRATION_DONE,     /* joining may begin */
	REGISTRATION_FAILED,   /* not this time: no nick is to be had */
	REGISTRATION_BANNED,   /* 465: not for a long time */
	REGISTRATION_REFUSED,  /* 464: never with this password */
};

/* `send` takes a line without its end. `password` (PASS) or NULL. */
struct registration *registration_new(const char *nick, const char *password,
				      void (*send)(void *data, const char *line), void *data);
void registration_free(struct registration *r);

/* The connection stands: says what must come before NICK and USER. */
void registration_begin(struct registration *r);
/* NICK and USER as the client library puts them. */
void registration_say(struct registration *r, const char *line);
/* A line of the server's. */
void registration_hear(struct registration *r, const struct line *l);

enum registration_state registration_state(const struct registration *r);
/* Borrowed. */
const struct caps *registration_caps(const struct registration *r);
/* The nick we have asked for last, from 001 on the one we have. Borrowed, until the next line. */
const char *registration_nick(const struct registration *r);

#endif
