#include "transport/irc/users.h"

#include "transport/irc/isupport.h"

#include <glib.h>
#include <string.h>

enum { NICK_MOST = 64 };

struct users {
	const struct isupport *isupport;
	GHashTable *by_nick; /* folded nick -> struct user */
	unsigned met;        /* how many of them are not here */
};

static void user_free(void *data)
{
	struct user *user = data;
	g_free(user->nick);
	g_free(user->user);
	g_free(user->host);
	g_free(user->account);
	g_free(user);
}

static void set_string(char **at, const char *text)
{
	char *old = *at;
	*at = g_strdup(text);
	g_free(old);
}

struct users *users_new(const struct isupport *isupport)
{
	struct users *u = g_new0(struct users, 1);
	u->isupport = isupport;
	u->by_nick = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, user_free);
	return u;
}

void users_free(struct users *u)
{
	if (!u)
		return;
	g_hash_table_unref(u->by_nick);
	g_free(u);
}

void users_reset(struct users *u)
{
	g_hash_table_remove_all(u->by_nick);
	u->met = 0;
}

bool users_is_nick(const struct isupport *isupport, const char *nick)
{
	size_t n = strlen(nick);
	if (n == 0 || n > NICK_MOST || strpbrk(nick, " ,*?!@$:") ||
	    isupport_is_room(isupport, nick))
		return false;
	for (const char *c = nick; *c; c++) {
		if (g_ascii_iscntrl(*c))
			return false;
	}
	return true;
}

struct user *users_find(const struct users *u, const char *nick)
{
	g_autofree char *folded = isupport_fold(u->isupport, nick);
	return g_hash_table_lookup(u->by_nick, folded);
}

static bool is_better(const struct user *a, const struct user *b)
{
	if (a->known != b->known)
		return a->known;
	if (a->here != b->here)
		return a->here;
	return a->heard_us > b->heard_us;
}

struct user *users_of(const struct users *u, const char *account)
{
	GHashTableIter iter;
	void *value;
	struct user *best = NULL;
	g_hash_table_iter_init(&iter, u->by_nick);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct user *user = value;
		if (user->account && strcmp(user->account, account) == 0 &&
		    (!best || is_better(user, best)))
			best = user;
	}
	return best;
}

static void forget(struct users *u, struct user *user)
{
	u->met -= !user->here;
	g_autofree char *folded = isupport_fold(u->isupport, user->nick);
	g_hash_table_remove(u->by_nick, folded);
}

/* Somebody who is not here takes a place among those. */
static void make_room(struct users *u)
{
	GHashTableIter iter;
	void *value;
	struct user *oldest = NULL;
	if (u->met < USERS_MET_MOST)
		return;
	g_hash_table_iter_init(&iter, u->by_nick);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct user *user = value;
		if (!user->here && (!oldest || user->heard_us < oldest->heard_us))
			oldest = user;
	}
	forget(u, oldest);
}

static void insert(struct users *u, struct user *user)
{
	u->met += !user->here;
	g_hash_table_insert(u->by_nick, isupport_fold(u->isupport, user->nick), user);
}

/* In place of whoever was known by that nick. */
static struct user *add(struct users *u, const char *nick, bool here)
{
	struct user *before = users_find(u, nick);
	if (before)
		forget(u, before);
	if (!here)
		make_room(u);
	struct user *user = g_new0(struct user, 1);
	user->nick = g_strdup(nick);
	user->here = here;
	insert(u, user);
	return user;
}

struct user *users_enter(struct users *u, const char *nick)
{
	struct user *user = users_find(u, nick);
	if (!user || !user->here)
		return add(u, nick, true);
	set_string(&user->nick, nick);
	return user;
}

struct user *users_meet(struct users *u, const char *nick, int64_t now_us)
{
	struct user *user = users_find(u, nick);
	if (!user)
		user = add(u, nick, false);
	set_string(&user->nick, nick);
	user->heard_us = now_us;
	return user;
}

void users_leave(struct users *u, const char *nick)
{
	struct user *user = users_find(u, nick);
	if (!user)
		return;
	if (!user->account) {
		forget(u, user);
		return;
	}
	user->known = false;
	if (!user->here)
		return;
	make_room(u);
	user->here = false;
	u->met++;
}

void users_rename(struct users *u, const char *from, const char *to)
{
	g_autofree char *folded = isupport_fold(u->isupport, from);
	void *key, *value;
	if (!g_hash_table_steal_extended(u->by_nick, folded, &key, &value))
		return;
	g_free(key);
	struct user *user = value;
	u->met -= !user->here;
	struct user *before = users_find(u, to);
	if (before)
		forget(u, before);
	set_string(&user->nick, to);
	insert(u, user);
}

void users_keep(struct users *u, bool (*stays)(void *data, const char *nick), void *data)
{
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	void *value;
	g_hash_table_iter_init(&iter, u->by_nick);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct user *user = value;
		if (user->here && !stays(data, user->nick))
			g_ptr_array_add(gone, g_strdup(user->nick));
	}
	for (unsigned i = 0; i < gone->len; i++)
		users_leave(u, g_ptr_array_index(gone, i));
}

void user_learn(struct user *user, const char *account, int64_t now_us)
{
	set_string(&user->account, account);
	user->known = true;
	user->guessed = false;
	user->learnt_us = now_us;
}

void user_show(struct user *user, const char *username, const char *host)
{
	if (!username || !host)
		return;
	bool same = user->user && user->host && strcmp(user->user, username) == 0 &&
		    strcmp(user->host, host) == 0;
	if (same)
		return;
	if (!user->here)
		user->known = false;
	set_string(&user->user, username);
	set_string(&user->host, host);
}
