#include "transport/irc/identity.h"

#include "base/loop.h"
#include "clock.h"
#include "event.h"
#include "transport/irc/held.h"
#include "transport/irc/history.h"
#include "transport/irc/irc.h"
#include "transport/irc/isupport.h"
#include "transport/irc/line.h"
#include "transport/irc/monitor.h"
#include "transport/irc/rooms.h"
#include "transport/irc/users.h"
#include "transport/irc/wire.h"

#include <string.h>

enum { ACCOUNT_MOST = 100 };

enum {
	RPL_WHOISREGNICK = 307,
	RPL_WHOISUSER = 311,
	RPL_ENDOFWHOIS = 318,
	RPL_WHOISACCOUNT = 330,
	RPL_WHOSPCRPL = 354,
	ERR_NOSUCHNICK = 401,
};

/* WHOX: token, room, user, host, nick, flags and account, which come in this order in whatever
 * order they are asked for. */
#define WHOX_TOKEN "152"
#define WHOX_ASKED "%tcnuhaf," WHOX_TOKEN

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

struct identity {
	GPtrArray *lookups; /* of struct lookup */
	struct held *held;
	struct loop_timer *late;
};

static const struct isupport *isupport(const struct irc *irc)
{
	return wire_isupport(irc->wire);
}

static void lookup_free(void *data)
{
	struct lookup *k = data;
	g_free(k->nick);
	g_free(k->user);
	g_free(k->host);
	g_free(k->account);
	g_free(k);
}

/* The account a server names, folded. NULL if it names none, or one that could be taken for another
 * once it is shown or stored. */
static char *read_account(const struct irc *irc, const char *name)
{
	if (!name || !*name || strcmp(name, "*") == 0 || strlen(name) > ACCOUNT_MOST ||
	    !g_utf8_validate(name, -1, NULL))
		return NULL;
	for (const char *c = name; *c; c++) {
		if (g_ascii_iscntrl(*c) || *c == ' ')
			return NULL;
	}
	return isupport_fold(isupport(irc), name);
}

char *identity_tagged(const struct irc *irc, const struct line *l)
{
	if (irc->trust_nicks)
		return identity_account(irc, l->nick);
	return wire_has(irc->wire, CAP_ACCOUNT_TAG) ? read_account(irc, line_tag(l, "account"))
						    : NULL;
}

char *identity_account(const struct irc *irc, const char *nick)
{
	if (irc->trust_nicks)
		return read_account(irc, nick);
	const struct user *user = users_find(irc->users, nick);
	return user && user->known ? g_strdup(user->account) : NULL;
}

static void learn(struct irc *irc, const char *nick, const char *name)
{
	struct user *user = users_find(irc->users, nick);
	g_autofree char *account = read_account(irc, name);
	if (user)
		user_learn(user, account, irc_mono_us(irc));
}

static void hand_on(void *data, const struct event *e)
{
	history_pass(data, e);
}

void identity_pass(struct irc *irc, const struct event *e)
{
	/* What is replayed is older than all that waits. */
	if (history_replaying(irc))
		history_pass(irc, e);
	else
		held_add(irc->identity->held, e, NULL);
}

/* --- WHOIS --- */

static struct lookup *find_lookup(const struct irc *irc, const char *nick)
{
	const GPtrArray *lookups = irc->identity->lookups;
	for (unsigned i = 0; i < lookups->len; i++) {
		struct lookup *k = g_ptr_array_index(lookups, i);
		if (irc_same(irc, k->nick, nick))
			return k;
	}
	return NULL;
}

static void arm_late(struct irc *irc)
{
	const GPtrArray *lookups = irc->identity->lookups;
	int64_t due_us = INT64_MAX;
	for (unsigned i = 0; i < lookups->len; i++) {
		const struct lookup *k = g_ptr_array_index(lookups, i);
		due_us = MIN(due_us, k->due_us);
	}
	loop_timer_set(irc->identity->late,
		       due_us == INT64_MAX ? -1 : MAX(due_us - irc_mono_us(irc), 0));
}

/* What waited for it has its account now, or none; handing it on is left to the caller. */
static void settle(struct irc *irc, struct lookup *k, const char *account)
{
	held_settle(irc->identity->held, k, account);
	g_ptr_array_remove(irc->identity->lookups, k);
	arm_late(irc);
}

static bool looks_like(const struct lookup *k, const char *user, const char *host)
{
	return g_strcmp0(k->user, user) == 0 && g_strcmp0(k->host, host) == 0;
}

/* NULL if it cannot be asked now. */
static struct lookup *ask(struct irc *irc, const char *nick, const char *user, const char *host)
{
	struct lookup *k = find_lookup(irc, nick);
	if (k && user && k->user && !looks_like(k, user, host)) {
		settle(irc, k, NULL);
		k = NULL;
	}
	if (!k) {
		if (irc->identity->lookups->len >= IDENTITY_LOOKUPS_MOST ||
		    !users_is_nick(isupport(irc), nick) ||
		    wire_command(irc->wire, "WHOIS", nick, NULL) < 0)
			return NULL;
		k = g_new0(struct lookup, 1);
		k->nick = g_strdup(nick);
		k->due_us = irc_mono_us(irc) + irc->times.whois_us;
		g_ptr_array_add(irc->identity->lookups, k);
		arm_late(irc);
	}
	if (user && host && !k->user) {
		k->user = g_strdup(user);
		k->host = g_strdup(host);
	}
	return k;
}

void identity_ask(struct irc *irc, const char *nick, const char *user, const char *host)
{
	ask(irc, nick, user, host);
}

static void conclude(struct irc *irc, struct lookup *k)
{
	g_autofree char *nick = g_strdup(k->nick);
	g_autofree char *account = NULL;
	bool known = !k->other;
	if (known && k->account)
		account = read_account(irc, k->account);
	else if (known && k->found && k->confirmed)
		account = read_account(irc, k->nick);
	/* Whoever we went looking for is met when found. */
	if (account && !users_find(irc->users, nick))
		users_meet(irc->users, nick, 0);
	struct user *user = users_find(irc->users, nick);
	if (user && known) {
		user_show(user, k->user, k->host);
		user_learn(user, account, irc_mono_us(irc));
	}
	settle(irc, k, account);
	held_run(irc->identity->held);
	identity_arrived(irc, nick);
}

static void late(void *data)
{
	struct irc *irc = data;
	const GPtrArray *lookups = irc->identity->lookups;
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
	held_run(irc->identity->held);
}

void identity_gone(struct irc *irc, const char *nick)
{
	struct lookup *k = find_lookup(irc, nick);
	if (!k)
		return;
	settle(irc, k, NULL);
	held_run(irc->identity->held);
}

void identity_renamed(struct irc *irc, const char *from, const char *to)
{
	struct lookup *k = find_lookup(irc, from);
	if (!k || irc_same(irc, from, to))
		return;
	identity_gone(irc, to);
	/* The answer under way is about a nick that may be another's by then. */
	if (wire_command(irc->wire, "WHOIS", to, NULL) < 0) {
		identity_gone(irc, from);
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

static void heard_whox(struct irc *irc, const struct line *l)
{
	const char *nick = line_param(l, 5), *account = line_param(l, 7);
	struct user *user = users_find(irc->users, nick);
	if (l->n_params < 8 || strcmp(line_param(l, 1), WHOX_TOKEN) != 0 || !user || !user->here)
		return;
	user_show(user, line_param(l, 3), line_param(l, 4));
	learn(irc, nick, strcmp(account, "0") == 0 ? NULL : account);
	identity_arrived(irc, nick);
}

void identity_heard_numeric(struct irc *irc, const struct line *l)
{
	int numeric = line_numeric(l);
	struct lookup *k = find_lookup(irc, line_param(l, 1));
	if (numeric == RPL_WHOSPCRPL) {
		if (!irc->trust_nicks)
			heard_whox(irc, l);
	} else if (!k) {
		return;
	} else if (numeric == RPL_WHOISUSER) {
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

/* --- what is told unasked --- */

void identity_seen(struct irc *irc, const struct line *l)
{
	struct user *user = users_find(irc->users, l->nick);
	if (!user || irc->trust_nicks)
		return;
	user_show(user, l->user, l->host);
	if (wire_has(irc->wire, CAP_ACCOUNT_TAG))
		learn(irc, l->nick, line_tag(l, "account"));
	else if (strcmp(l->command, "JOIN") == 0 && wire_has(irc->wire, CAP_EXTENDED_JOIN) &&
		 l->n_params >= 2)
		learn(irc, l->nick, line_param(l, 1));
}

void identity_entered(struct irc *irc, const char *room)
{
	/* If it cannot be asked now, each is asked about when they say something. */
	if (!irc->trust_nicks && isupport(irc)->whox)
		wire_command(irc->wire, "WHO", room, WHOX_ASKED, NULL);
}

void identity_heard_change(struct irc *irc, const struct line *l)
{
	struct user *user = users_find(irc->users, l->nick);
	if (!user || irc->trust_nicks)
		return;
	if (strcmp(l->command, "ACCOUNT") == 0 && l->n_params) {
		learn(irc, l->nick, line_param(l, 0));
		identity_arrived(irc, l->nick);
	} else if (strcmp(l->command, "CHGHOST") == 0 && l->n_params >= 2) {
		struct lookup *k = find_lookup(irc, l->nick);
		user_show(user, line_param(l, 0), line_param(l, 1));
		if (k && k->user) {
			g_free(k->user);
			g_free(k->host);
			k->user = g_strdup(line_param(l, 0));
			k->host = g_strdup(line_param(l, 1));
		}
	}
}

/* --- who says it, and where they are --- */

/* What the prefix for commands is, only the groups know. */
static bool may_be_command(const struct event *e)
{
	return e->direct || e->addressed || g_ascii_ispunct(*e->text);
}

static bool is_settled(const struct irc *irc, const struct user *user, bool command)
{
	if (!user || !user->known)
		return false;
	if (wire_has(irc->wire, CAP_ACCOUNT_TAG))
		return true;
	/* Nobody has told of what changed before it was on. */
	if (user->here && !user->guessed && user->learnt_us >= wire_notified_us(irc->wire))
		return true;
	const struct irc_times *t = &irc->times;
	int64_t most_us = !command        ? t->fresh_us
			  : user->account ? t->fresh_command_us
					  : t->fresh_nobody_us;
	return irc_mono_us(irc) - user->learnt_us < most_us;
}

void identity_tell(struct irc *irc, const struct line *l, const char *nick, struct event *e)
{
	bool asks = e->kind == EVENT_MESSAGE && !irc->trust_nicks &&
		    !is_settled(irc, users_find(irc->users, nick), may_be_command(e));
	struct lookup *k = asks ? ask(irc, nick, l->user, l->host) : NULL;
	if (k) {
		held_add(irc->identity->held, e, k);
		return;
	}
	g_autofree char *account = asks ? NULL : identity_account(irc, nick);
	e->account = account;
	identity_pass(irc, e);
	/* To ask may have settled what others waited for. */
	held_run(irc->identity->held);
}

const char *identity_nick(const struct irc *irc, const char *account)
{
	g_autofree char *folded = isupport_fold(isupport(irc), account);
	if (irc->trust_nicks)
		return rooms_nick(irc->rooms, folded);
	const struct user *user = users_of(irc->users, folded);
	bool there = user && user->known &&
		     (user->here || irc_mono_us(irc) - user->learnt_us < irc->times.fresh_us);
	return there ? user->nick : NULL;
}

void identity_missed(struct irc *irc, const char *account)
{
	g_autofree char *folded = isupport_fold(isupport(irc), account);
	/* It is offered again and again; asking once is enough. */
	if (!g_hash_table_add(irc->missed, g_strdup(folded)) || irc->trust_nicks)
		return;
	const struct user *last = users_of(irc->users, folded);
	const char *namesake = rooms_nick(irc->rooms, folded);
	g_autofree char *nick = last ? g_strdup(last->nick) : NULL;
	if (nick)
		ask(irc, nick, NULL, NULL);
	if (namesake && !is_settled(irc, users_find(irc->users, namesake), true))
		ask(irc, namesake, NULL, NULL);
	monitor_watch(irc, folded, nick);
}

/* Nobody has told who they are, but they go by the name of an account that a post waits for. */
static void may_have_arrived(struct irc *irc, const char *nick)
{
	g_autofree char *folded = isupport_fold(isupport(irc), nick);
	const struct user *user = users_find(irc->users, nick);
	if (user && g_hash_table_contains(irc->missed, folded) && !is_settled(irc, user, false))
		ask(irc, nick, user->user, user->host);
}

void identity_arrived(struct irc *irc, const char *nick)
{
	g_autofree char *account = identity_account(irc, nick);
	if (!account) {
		may_have_arrived(irc, nick);
		return;
	}
	if (!g_hash_table_remove(irc->missed, account))
		return;
	monitor_found(irc, account);
	if (irc->online)
		irc_report(irc, TRANSPORT_ONLINE);
}

/* --- its life --- */

void identity_open(struct irc *irc)
{
	irc->identity = g_new0(struct identity, 1);
	irc->identity->lookups = g_ptr_array_new_with_free_func(lookup_free);
	irc->identity->held = held_new(hand_on, irc);
	irc->identity->late = loop_timer_new(irc->env.loop, late, irc);
}

void identity_forget(struct irc *irc)
{
	GPtrArray *lookups = irc->identity->lookups;
	while (lookups->len)
		settle(irc, g_ptr_array_index(lookups, 0), NULL);
	held_run(irc->identity->held);
}

void identity_close(struct irc *irc)
{
	held_free(irc->identity->held);
	g_ptr_array_unref(irc->identity->lookups);
	loop_timer_free(irc->identity->late);
	g_free(irc->identity);
}
