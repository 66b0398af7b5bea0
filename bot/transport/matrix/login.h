/*
 * Signing in (CS API: Server Discovery, Login). Steps of their own, for `kith matrix login` and for
 * a first start with a password-file or token-file.
 */
#ifndef KITH_MATRIX_LOGIN_H
#define KITH_MATRIX_LOGIN_H

struct account;
struct config_section;
struct http;
struct login;

struct login_wish {
	const struct config_section *section; /* homeserver, user, device-name */
	const char *password;                 /* either ... */
	const char *token;  /* ... or an access token that somebody got elsewhere */
	const char *device; /* to sign in on again; NULL: the stable id made from
			       the user and the device-name */
};

/* Finds the homeserver: `homeserver` of the section if that answers /versions, else what its
 * .well-known says; signs in, or asks whose token it is. `done` gets an account (it may keep it:
 * account_free) or why not, for people, with -EACCES: refused; -EHOSTUNREACH: no homeserver answers
 * there; -EPROTO: what answers there is none; -EAGAIN: another time. */
struct login *login_start(struct http *http, const struct login_wish *wish,
			  void (*done)(void *data, int error, struct account *a, const char *why),
			  void *data);
void login_cancel(struct login *l);

#endif
