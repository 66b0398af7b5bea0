#include "transport/irc/monitor.h"

#include "transport/irc/irc.h"
#include "transport/irc/isupport.h"
#include "transport/irc/line.h"
#include "transport/irc/users.h"
#include "transport/irc/whois.h"
#include "transport/irc/wire.h"

#include <string.h>

enum { RPL_MONONLINE = 730, RPL_MONOFFLINE = 731 };

struct watched {
	char *account;
	char *nick;
};

struct monitor {
	GQueue list; /* of struct watched, the oldest first; what the server has, too */
};

void monitor_open(struct irc *irc)
{
	irc->monitor = g_new0(struct monitor, 1);
	g_queue_init(&irc->monitor->list);
}

static void watched_free(struct watched *w)
{
	g_free(w->account);
	g_free(w->nick);
	g_free(w);
}

void monitor_reset(struct irc *irc)
{
	for (struct watched *w; (w = g_queue_pop_head(&irc->monitor->list));)
		watched_free(w);
}

void monitor_close(struct irc *irc)
{
	monitor_reset(irc);
	g_free(irc->monitor);
}

static struct watched *find(const struct irc *irc, const char *nick)
{
	const struct isupport *isupport = wire_isupport(irc->wire);
	for (GList *at = irc->monitor->list.head; at; at = at->next) {
		struct watched *w = at->data;
		if (isupport_same(isupport, w->nick, nick))
			return w;
	}
	return NULL;
}

static void drop(struct irc *irc, struct watched *w)
{
	g_queue_remove(&irc->monitor->list, w);
	wire_command(irc->wire, "MONITOR", "-", w->nick, NULL);
	watched_free(w);
}

static void watch(struct irc *irc, const char *account, const char *nick)
{
	GQueue *list = &irc->monitor->list;
	const struct isupport *isupport = wire_isupport(irc->wire);
	unsigned most = (unsigned)CLAMP(isupport->monitor, 0, MONITOR_MOST);
	if (most == 0 || !users_is_nick(isupport, nick) || find(irc, nick))
		return;
	if (list->length >= most)
		drop(irc, g_queue_peek_head(list));
	if (wire_command(irc->wire, "MONITOR", "+", nick, NULL) < 0)
		return;
	struct watched *w = g_new0(struct watched, 1);
	w->account = g_strdup(account);
	w->nick = g_strdup(nick);
	g_queue_push_tail(list, w);
}

void monitor_watch(struct irc *irc, const char *account, const char *nick)
{
	watch(irc, account, account);
	if (nick)
		watch(irc, account, nick);
}

void monitor_found(struct irc *irc, const char *account)
{
	GList *next;
	for (GList *at = irc->monitor->list.head; at; at = next) {
		struct watched *w = at->data;
		next = at->next;
		if (strcmp(w->account, account) == 0)
			drop(irc, w);
	}
}

static void heard_online(struct irc *irc, const char *mask)
{
	g_auto(GStrv) parts = g_strsplit_set(mask, "!@", 3);
	if (!parts[0] || !find(irc, parts[0]))
		return;
	bool whole = parts[1] && parts[2];
	whois_ask(irc, parts[0], whole ? parts[1] : NULL, whole ? parts[2] : NULL);
}

void monitor_heard_numeric(struct irc *irc, const struct line *l)
{
	int numeric = line_numeric(l);
	if (numeric != RPL_MONONLINE && numeric != RPL_MONOFFLINE)
		return;
	g_auto(GStrv) names = g_strsplit(line_param(l, 1), ",", -1);
	for (char **name = names; *name; name++) {
		const struct user *user = users_find(irc->users, *name);
		if (numeric == RPL_MONONLINE)
			heard_online(irc, *name);
		else if (user && !user->here)
			users_leave(irc->users, *name);
	}
}
