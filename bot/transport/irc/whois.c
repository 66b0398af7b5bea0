#include "transport/irc/whois.h"

#include "base/loop.h"
#include "transport/irc/identity.h"
#include "transport/irc/irc.h"
#include "transport/irc/line.h"
#include "transport/irc/users.h"
#include "transport/irc/wire.h"

#include <string.h>

enum {
	RPL_WHOISREGNICK = 307,
	RPL_WHOISUSER = 311,
	RPL_ENDOFWHOIS = 318,
	RPL_WHOISACCOUNT = 330,
	ERR_NOSUCHNICK = 401,
};

/* A WHOIS that is out. */
struct lookup {
	char *nick;
	char *user, *host; /* of who is asked about; NULL: whoever it is */
	int64_t due_us;
	char *account;  /* as 330 tells it */
	bool found;     /* somebody has the nick, */
	bool other;     /* but it is not who is asked about */
	bool confirmed; /* 307: they have signed in to the nick itself */
};

struct whois {
	GPtrArray *lookups; /* of struct lookup */
	struct loop_timer *late;
};

static void lookup_free(void *data)
{
	struct lookup *k = data;
	g_free(k->nick);
	g_free(k->user);
	g_free(k->host);
	g_free(k->account);
	g_free(k);
}

static struct lookup *find_lookup(const struct irc *irc, const char *nick)
{
	const GPtrArray *lookups = irc->whois->lookups;
	for (unsigned i = 0; i < lookups->len; i++) {
		struct lookup *k = g_ptr_array_index(lookups, i);
		if (irc_same(irc, k->nick, nick))
			return k;
	}
	return NULL;
}

static void arm_late(struct irc *irc)
{
	const GPtrArray *lookups = irc->whois->lookups;
	int64_t due_us = INT64_MAX;
	for (unsigned i = 0; i < lookups->len; i++) {
		const struct lookup *k = g_ptr_array_index(lookups, i);
		due_us = MIN(due_us, k->due_us);
	}
	int64_t left_us = due_us - irc_mono_us(irc);
	loop_timer_set(irc->whois->late, due_us == INT64_MAX ? -1 : MAX(left_us, 0));
}

/* What waited for it has its account now, or none; handing it on is left to the caller. */
static void settle(struct irc *irc, struct lookup *k, const char *account)
{
	identity_settle(irc, k, account);
	g_ptr_array_remove(irc->whois->lookups, k);
	arm_late(irc);
}

static bool looks_like(const struct lookup *k, const char *user, const char *host)
{
	return g_strcmp0(k->user, user) == 0 && g_strcmp0(k->host, host) == 0;
}

const void *whois_ask(struct irc *irc, const char *nick, const char *user, const char *host)
{
	struct lookup *k = find_lookup(irc, nick);
	if (k && user && k->user && !looks_like(k, user, host)) {
		settle(irc, k, NULL);
		k = NULL;
	}
	if (!k) {
		if (irc->whois->lookups->len >= WHOIS_MOST ||
		    !users_is_nick(wire_isupport(irc->wire), nick) ||
		    wire_command(irc->wire, "WHOIS", nick, NULL) < 0)
			return NULL;
		k = g_new0(struct lookup, 1);
		k->nick = g_strdup(nick);
		k->due_us = irc_mono_us(irc) + irc->times.whois_us;
		g_ptr_array_add(irc->whois->lookups, k);
		arm_late(irc);
	}
	if (user && host && !k->user) {
		k->user = g_strdup(user);
		k->host = g_strdup(host);
	}
	return k;
}

static void conclude(struct irc *irc, struct lookup *k)
{
	g_autofree char *nick = g_strdup(k->nick);
	g_autofree char *account = NULL;
	bool known = !k->other;
	if (known && k->account)
		account = identity_read_account(irc, k->account);
	else if (known && k->found && k->confirmed)
		account = identity_read_account(irc, k->nick);
	/* Whoever we went looking for is met when found. */
	if (account && !users_find(irc->users, nick))
		users_meet(irc->users, nick, 0);
	struct user *user = users_find(irc->users, nick);
	if (user && known) {
		user_show(user, k->user, k->host);
		user_learn(user, account, irc_mono_us(irc));
	}
	settle(irc, k, account);
	identity_run(irc);
	identity_arrived(irc, nick);
}

static void late(void *data)
{
	struct irc *irc = data;
	const GPtrArray *lookups = irc->whois->lookups;
	int64_t now_us = irc_mono_us(irc);
	for (unsigned i = lookups->len; i-- > 0;) {
		struct lookup *k = g_ptr_array_index(lookups, i);
		if (k->due_us > now_us)
			continue;
		struct user *user = users_find(irc->users, k->nick);
		/* Else every message of theirs would wait that long again. */
		if (user) {
			user_learn(user, NULL, now_us);
			user->guessed = true;
		}
		settle(irc, k, NULL);
	}
	arm_late(irc);
	identity_run(irc);
}

void whois_gone(struct irc *irc, const char *nick)
{
	struct lookup *k = find_lookup(irc, nick);
	if (!k)
		return;
	settle(irc, k, NULL);
	identity_run(irc);
}

void whois_renamed(struct irc *irc, const char *from, const char *to)
{
	struct lookup *k = find_lookup(irc, from);
	if (!k || irc_same(irc, from, to))
		return;
	whois_gone(irc, to);
	/* The answer under way is about a nick that may be another's by then. */
	if (wire_command(irc->wire, "WHOIS", to, NULL) < 0) {
		whois_gone(irc, from);
		return;
	}
	g_free(k->nick);
	k->nick = g_strdup(to);
	g_clear_pointer(&k->account, g_free);
	k->found = k->other = k->confirmed = false;
}

static void heard_user(struct lookup *k, const struct line *l)
{
	k->found = true;
	if (k->user) {
		k->other = !looks_like(k, line_param(l, 2), line_param(l, 3));
		return;
	}
	k->user = g_strdup(line_param(l, 2));
	k->host = g_strdup(line_param(l, 3));
}

void whois_heard_numeric(struct irc *irc, const struct line *l)
{
	int numeric = line_numeric(l);
	struct lookup *k = find_lookup(irc, line_param(l, 1));
	if (!k)
		return;
	if (numeric == RPL_WHOISUSER) {
		heard_user(k, l);
	} else if (numeric == RPL_WHOISACCOUNT) {
		g_free(k->account);
		k->account = g_strdup(line_param(l, 2));
	} else if (numeric == RPL_WHOISREGNICK) {
		k->confirmed = true;
	} else if (numeric == ERR_NOSUCHNICK || numeric == RPL_ENDOFWHOIS) {
		conclude(irc, k);
	}
}

void whois_shown(struct irc *irc, const char *nick, const char *user, const char *host)
{
	struct lookup *k = find_lookup(irc, nick);
	if (!k || !k->user)
		return;
	g_free(k->user);
	g_free(k->host);
	k->user = g_strdup(user);
	k->host = g_strdup(host);
}

void whois_open(struct irc *irc)
{
	irc->whois = g_new0(struct whois, 1);
	irc->whois->lookups = g_ptr_array_new_with_free_func(lookup_free);
	irc->whois->late = loop_timer_new(irc->env.loop, late, irc);
}

void whois_forget(struct irc *irc)
{
	GPtrArray *lookups = irc->whois->lookups;
	while (lookups->len)
		settle(irc, g_ptr_array_index(lookups, 0), NULL);
}

void whois_close(struct irc *irc)
{
	g_ptr_array_unref(irc->whois->lookups);
	loop_timer_free(irc->whois->late);
	g_free(irc->whois);
}
