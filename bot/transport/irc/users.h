/* Who is on one connection to a server, as far as kith has to do with them, and the account each is
 * signed in to. Bound to that server's way of comparing names. Pure; all times are monotonic. */
#ifndef KITH_IRC_USERS_H
#define KITH_IRC_USERS_H

#include <stdbool.h>
#include <stdint.h>

struct isupport;
struct users;

/* How many are remembered who are in none of our rooms: the one longest unheard makes way. */
enum { USERS_MET_MOST = 128 };

struct user {
	char *nick;        /* as they spell it */
	char *user, *host; /* NULL: not seen yet */
	char *account;     /* folded; NULL: none. Unless `known`: the one they had when last seen */
	bool known;        /* what `account` says has been learnt of whoever has the nick now */
	bool guessed;      /* that it is none was learnt by nobody answering */
	bool here;         /* in one of our rooms */
	int64_t learnt_us; /* when `account` was */
	int64_t heard_us;  /* when they last said something */
};

/* `isupport` is borrowed and must outlive it. */
struct users *users_new(const struct isupport *isupport);
void users_free(struct users *u);
/* A new connection: nobody is known, and names may fold otherwise. */
void users_reset(struct users *u);

/* A nick and nothing but one: no list, no mask, no room. */
bool users_is_nick(const struct isupport *isupport, const char *nick);

/* NULL if nobody is known by it. Borrowed, like all below, until somebody enters, leaves, is met or
 * renamed. */
struct user *users_find(const struct users *u, const char *nick);
/* Who is signed in to `account` (folded), by preference now, in our rooms, and heard last. NULL if
 * nobody ever was. */
struct user *users_of(const struct users *u, const char *account);

/* In one of our rooms. Whoever was not there before is somebody new: a nick proves nothing. */
struct user *users_enter(struct users *u, const char *nick);
/* Says something to us, from wherever. */
struct user *users_meet(struct users *u, const char *nick, int64_t now_us);
/* Out of sight: only by what nick an account was last seen is kept. */
void users_leave(struct users *u, const char *nick);
/* The same person by another nick. */
void users_rename(struct users *u, const char *from, const char *to);
/* Everybody for whom `stays` is false has left. */
void users_keep(struct users *u, bool (*stays)(void *data, const char *nick), void *data);

/* `account`, folded, or NULL for none. */
void user_learn(struct user *user, const char *account, int64_t now_us);
/* By what others see them; who is out of sight and looks otherwise may be somebody else. */
void user_show(struct user *user, const char *username, const char *host);

#endif
