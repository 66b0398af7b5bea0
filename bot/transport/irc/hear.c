#include "base/text/text.h"
#include "clock.h"
#include "event.h"
#include "transport/irc/history.h"
#include "transport/irc/identity.h"
#include "transport/irc/irc.h"
#include "transport/irc/line.h"
#include "transport/irc/monitor.h"
#include "transport/irc/rooms.h"
#include "transport/irc/users.h"
#include "transport/irc/wire.h"

#include <string.h>

static char *valid(const char *bytes)
{
	return text_valid(bytes, strlen(bytes));
}

/* A message's id where the server gives one, else the connection and a number in it: one QUIT is a
 * departure from each room, and has but one id. */
static char *event_id(struct irc *irc, const struct line *l, enum event_kind kind)
{
	const char *msgid = kind == EVENT_MESSAGE ? line_tag(l, "msgid") : NULL;
	irc->events++;
	if (msgid && *msgid)
		return g_strdup_printf("%s/%s", irc->name, msgid);
	return g_strdup_printf("%s/%" G_GINT64_FORMAT "/%" G_GUINT64_FORMAT, irc->name,
			       wire_since_us(irc->wire), irc->events);
}

/* Completes `e` with what every event has, but for the account; its strings are in `id`, `shown`
 * and `text`, for g_free. */
static void complete(struct irc *irc, const struct line *l, const char *nick, struct event *e,
		     char **id, char **shown, char **text)
{
	g_autofree char *raw_id = event_id(irc, l, e->kind);
	e->id = *id = valid(raw_id);
	e->network = irc->name;
	e->shown = *shown = valid(nick);
	e->text = *text = valid(e->text ? e->text : "");
	e->at_us = l ? history_at_us(irc, l) : irc->env.clock->wall_us(irc->env.clock);
	e->backlog = history_replaying(irc);
	e->trusted = true;
}

void hear_tell(struct irc *irc, const struct line *l, const char *nick, struct event *e)
{
	g_autofree char *id = NULL, *shown = NULL, *text = NULL;
	complete(irc, l, nick, e, &id, &shown, &text);
	identity_tell(irc, l, nick, e);
}

void hear_tell_as(struct irc *irc, const struct line *l, const char *nick, const char *account,
		  struct event *e)
{
	g_autofree char *id = NULL, *shown = NULL, *text = NULL;
	complete(irc, l, nick, e, &id, &shown, &text);
	e->account = account;
	identity_pass(irc, e);
}

/* What follows our name, a colon or comma and spaces; NULL if `text` does not start so. */
static const char *behind_name(const struct irc *irc, const char *text)
{
	size_t n = strlen(wire_nick(irc->wire));
	g_autofree char *start = g_strndup(text, n);
	if (!irc_is_me(irc, start) || (text[n] != ':' && text[n] != ','))
		return NULL;
	return text + n + 1 + strspn(text + n + 1, " ");
}

static void heard_message(struct irc *irc, const struct line *l)
{
	/* Of a server (its name has a dot, a nick cannot) or of ours, come back as an echo. */
	if (l->n_params < 2 || (!l->user && strchr(l->nick, '.')))
		return;
	if (irc_is_me(irc, l->nick)) {
		if (!history_replaying(irc))
			say_echoed(irc, l);
		return;
	}
	const char *target = line_param(l, 0);
	const struct room *room = rooms_find(irc->rooms, target);
	if (!room && (!irc_is_me(irc, target) || irc_same(irc, l->nick, WIRE_SERVICES)))
		return;
	g_autofree char *spoken = line_spoken(line_param(l, 1));
	if (!spoken) {
		if (!room)
			say_ctcp(irc, l);
		return;
	}
	const char *rest = behind_name(irc, spoken);
	g_autofree char *text = valid(rest ? rest : spoken);
	if (!*text && !rest)
		return;
	struct event e = {
		.kind = EVENT_MESSAGE,
		.room = room ? room->name : NULL,
		.text = text,
		.direct = !room,
		.addressed = rest != NULL,
	};
	if (history_replaying(irc)) {
		g_autofree char *account = identity_tagged(irc, l);
		hear_tell_as(irc, l, l->nick, account, &e);
		return;
	}
	users_meet(irc->users, l->nick, irc_mono_us(irc));
	identity_seen(irc, l);
	hear_tell(irc, l, l->nick, &e);
	identity_arrived(irc, l->nick);
}

static void heard_numeric(struct irc *irc, const struct line *l)
{
	identity_heard_numeric(irc, l);
	monitor_heard_numeric(irc, l);
	if (!say_refused(irc, line_numeric(l), line_param(l, 1)))
		presence_heard_numeric(irc, l);
}

void hear_past(struct irc *irc, const struct line *l)
{
	heard_message(irc, l);
}

void hear(struct irc *irc, enum session_kind kind, const struct line *l)
{
	if (history_hear(irc, l))
		return;
	/* Only numerics do without somebody who does it. */
	if (kind != SESSION_NUMERIC && !l->nick)
		return;
	switch (kind) {
	case SESSION_MESSAGE:
		heard_message(irc, l);
		break;
	case SESSION_JOIN:
	case SESSION_PART:
	case SESSION_QUIT:
	case SESSION_KICK:
	case SESSION_NICK:
	case SESSION_OTHER:
		presence_heard(irc, kind, l);
		break;
	case SESSION_NUMERIC:
		heard_numeric(irc, l);
		break;
	}
}
