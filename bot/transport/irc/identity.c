#include "transport/irc/identity.h"

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
#include "transport/irc/whois.h"
#include "transport/irc/wire.h"

#include <string.h>

enum { ACCOUNT_MOST = 100 };

enum {
	RPL_WHOSPCRPL = 354,
};

/* WHOX: token, room, user, host, nick, flags and account, which come in this order in whatever
 * order they are asked for. */
#define WHOX_TOKEN "152"
#define WHOX_ASKED "%tcnuhaf," WHOX_TOKEN

struct identity {
	struct held *held;
};

static const struct isupport *isupport(const struct irc *irc)
{
	return wire_isupport(irc->wire);
}

char *identity_read_account(const struct irc *irc, const char *name)
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
	return wire_has(irc->wire, CAP_ACCOUNT_TAG)
		       ? identity_read_account(irc, line_tag(l, "account"))
		       : NULL;
}

char *identity_account(const struct irc *irc, const char *nick)
{
	if (irc->trust_nicks)
		return identity_read_account(irc, nick);
	const struct user *user = users_find(irc->users, nick);
	return user && user->known ? g_strdup(user->account) : NULL;
}

static void learn(struct irc *irc, const char *nick, const char *name)
{
	struct user *user = users_find(irc->users, nick);
	g_autofree char *account = identity_read_account(irc, name);
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
	if (line_numeric(l) != RPL_WHOSPCRPL)
		whois_heard_numeric(irc, l);
	else if (!irc->trust_nicks)
		heard_whox(irc, l);
}

void identity_settle(struct irc *irc, const void *why, const char *account)
{
	held_settle(irc->identity->held, why, account);
}

void identity_run(struct irc *irc)
{
	held_run(irc->identity->held);
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
		user_show(user, line_param(l, 0), line_param(l, 1));
		whois_shown(irc, l->nick, line_param(l, 0), line_param(l, 1));
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
	const void *why = asks ? whois_ask(irc, nick, l->user, l->host) : NULL;
	if (why) {
		held_add(irc->identity->held, e, why);
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
		whois_ask(irc, nick, NULL, NULL);
	if (namesake && !is_settled(irc, users_find(irc->users, namesake), true))
		whois_ask(irc, namesake, NULL, NULL);
	monitor_watch(irc, folded, nick);
}

/* Nobody has told who they are, but they go by the name of an account that a post waits for. */
static void may_have_arrived(struct irc *irc, const char *nick)
{
	g_autofree char *folded = isupport_fold(isupport(irc), nick);
	const struct user *user = users_find(irc->users, nick);
	if (user && g_hash_table_contains(irc->missed, folded) && !is_settled(irc, user, false))
		whois_ask(irc, nick, user->user, user->host);
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
	irc->identity->held = held_new(hand_on, irc);
}

void identity_forget(struct irc *irc)
{
	whois_forget(irc);
	held_run(irc->identity->held);
}

void identity_close(struct irc *irc)
{
	held_free(irc->identity->held);
	g_free(irc->identity);
}
