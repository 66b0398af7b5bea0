/*
 * Signing in (CS API: Server Discovery, Login). Steps of their own, for `kith matrix login` and for
 * a first start with a password-file or token-file.
 */
#ifndef KITH_MATRIX_LOGIN_H
#define KITH_MATRIX_LOGIN_H

#include <stdint.h>

struct account;
struct clock;
struct config_section;
struct http;
struct login;

struct login_wish {
	const struct config_section *section; /* homeserver, user, device-name */
	const char *password;                 /* either ... */
	const char *token;      /* ... or an access token that somebody got elsewhere; neither: the
				   homeserver is found and asked whether it takes passwords */
	const char *device;     /* to sign in on; NULL: the stable one */
	const char *homeserver; /* as it was found before; NULL: to be found */
	const struct clock *clock; /* NULL: nobody will know when the token ends, before it does */
};

/* `again_us`: for so long the server wants to be left alone; 0: it does not say. */
typedef void login_done(void *data, int error, struct account *a, const char *why,
			int64_t again_us);

/* Finds the homeserver: `homeserver` of the section if that answers /versions, else what its
 * .well-known says; signs in, or asks whose token it is. `done` gets an account (it may keep it:
 * account_free; of a wish with neither it has no device and no token) or why not, for people, with
 * -EACCES: refused; -EHOSTUNREACH: no homeserver answers there; -EPROTO: what answers there is
 * none; -EAGAIN: another time. Never called from inside login_start; the login is over then. The
 * wish is only read now. */
struct login *login_start(struct http *http, const struct login_wish *wish, login_done *done,
			  void *data);
/* `done` will not be called. Not after it was. NULL is fine. */
void login_cancel(struct login *l);

#endif
