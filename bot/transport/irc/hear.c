#include "base/log.h"
#include "base/text/text.h"
#include "clock.h"
#include "event.h"
#include "transport/irc/history.h"
#include "transport/irc/irc.h"
#include "transport/irc/isupport.h"
#include "transport/irc/line.h"
#include "transport/irc/rooms.h"
#include "transport/irc/wire.h"

#include <string.h>

/* How long a server may take to tell who is in a room. */
#define LISTING_MOST_US (30 * CLOCK_US_PER_SECOND)

enum { RPL_NAMREPLY = 353, RPL_ENDOFNAMES = 366 };

static char *valid(const char *bytes)
{
	return text_valid(bytes, strlen(bytes));
}

static bool same(const struct irc *irc, const char *a, const char *b)
{
	return isupport_same(wire_isupport(irc->wire), a, b);
}

static bool is_me(const struct irc *irc, const char *nick)
{
	return same(irc, nick, wire_nick(irc->wire));
}

/* The account `nick` is signed in to, NULL if that is not known. g_free it. */
static char *sender_account(const struct irc *irc, const char *nick)
{
	return irc->trust_nicks ? isupport_fold(wire_isupport(irc->wire), nick) : NULL;
}

/* The server's own id where it gives one, else the connection and a number in it. */
static char *event_id(struct irc *irc, const struct line *l)
{
	const char *msgid = line_tag(l, "msgid");
	/* One QUIT is a departure from each room: the number tells them apart. */
	irc->events++;
	if (msgid && *msgid)
		return g_strdup_printf("%s/%s", irc->name, msgid);
	return g_strdup_printf("%s/%" G_GINT64_FORMAT "/%" G_GUINT64_FORMAT, irc->name,
			       wire_since_us(irc->wire), irc->events);
}

/* Completes `e` with what every event has, and hands it on. */
static void tell(struct irc *irc, const struct line *l, const char *nick, struct event *e)
{
	g_autofree char *raw_id = event_id(irc, l);
	g_autofree char *id = valid(raw_id);
	g_autofree char *raw_account = sender_account(irc, nick);
	g_autofree char *account = raw_account ? valid(raw_account) : NULL;
	g_autofree char *shown = valid(nick);
	e->id = id;
	e->network = irc->name;
	e->account = account;
	e->shown = shown;
	e->text = e->text ? e->text : "";
	e->at_us = history_at_us(irc, l);
	e->backlog = history_replaying(irc);
	e->trusted = true;
	history_pass(irc, e);
}

static void tell_presence(struct irc *irc, const struct line *l, enum event_kind kind,
			  const struct room *room, const char *nick)
{
	struct event e = { .kind = kind, .room = room->name };
	tell(irc, l, nick, &e);
}

/* Somebody is here: a post may have been waiting for them. */
static void arrived(struct irc *irc, const char *nick)
{
	g_autofree char *account = sender_account(irc, nick);
	if (account && g_hash_table_remove(irc->missed, account) && irc->online)
		irc_report(irc, TRANSPORT_ONLINE);
}

/* What follows our name, a colon or comma and spaces; NULL if `text` does not start so. */
static const char *behind_name(const struct irc *irc, const char *text)
{
	size_t n = strlen(wire_nick(irc->wire));
	g_autofree char *start = g_strndup(text, n);
	if (!is_me(irc, start) || (text[n] != ':' && text[n] != ','))
		return NULL;
	return text + n + 1 + strspn(text + n + 1, " ");
}

static void heard_message(struct irc *irc, const struct line *l)
{
	/* Of a server (its name has a dot, a nick cannot) or of ours, come back as an echo. */
	if (l->n_params < 2 || (!l->user && strchr(l->nick, '.')))
		return;
	if (is_me(irc, l->nick)) {
		say_echoed(irc, l);
		return;
	}
	const char *target = line_param(l, 0);
	const struct room *room = rooms_find(irc->rooms, target);
	if (!room && !is_me(irc, target))
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
	tell(irc, l, l->nick, &e);
}

static void heard_join(struct irc *irc, const struct line *l)
{
	struct room *room = rooms_find(irc->rooms, line_param(l, 0));
	if (!room)
		return;
	if (is_me(irc, l->nick)) {
		room_enter(room, irc_mono_us(irc) + LISTING_MOST_US);
		irc_room_changed(irc, room);
		return;
	}
	rooms_add(irc->rooms, room, l->nick);
	tell_presence(irc, l, EVENT_JOIN, room, l->nick);
	arrived(irc, l->nick);
}

/* PART and KICK: `nick` is out of `name`. */
static void left(struct irc *irc, const struct line *l, const char *name, const char *nick)
{
	struct room *room = rooms_find(irc->rooms, name);
	if (!room)
		return;
	if (is_me(irc, nick)) {
		g_autofree char *by = irc_for_log(l->nick);
		g_autofree char *why = irc_for_log(line_last(l));
		log_warning("irc %s: put out of %s by %s: %s", irc->name, room->name, by, why);
		room_shut(room, irc_mono_us(irc));
		irc_room_changed(irc, room);
		return;
	}
	if (rooms_remove(irc->rooms, room, nick))
		tell_presence(irc, l, EVENT_LEAVE, room, nick);
}

static void heard_quit(struct irc *irc, const struct line *l)
{
	if (is_me(irc, l->nick))
		return;
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		struct room *room = rooms_at(irc->rooms, i);
		if (rooms_remove(irc->rooms, room, l->nick))
			tell_presence(irc, l, EVENT_LEAVE, room, l->nick);
	}
}

/* Where a nick is all we know of somebody, another nick is somebody else. */
static void heard_nick(struct irc *irc, const struct line *l)
{
	const char *nick = line_param(l, 0);
	if (!*nick)
		return;
	bool news = !same(irc, nick, l->nick) && !is_me(irc, nick) && !is_me(irc, l->nick);
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		struct room *room = rooms_at(irc->rooms, i);
		if (!rooms_remove(irc->rooms, room, l->nick))
			continue;
		rooms_add(irc->rooms, room, nick);
		if (news) {
			tell_presence(irc, l, EVENT_LEAVE, room, l->nick);
			tell_presence(irc, l, EVENT_JOIN, room, nick);
		}
	}
	if (news)
		arrived(irc, nick);
}

/* "@ana +ben cleo!cleo@host": signs before the nick, perhaps a mask behind it. */
static void heard_names(struct irc *irc, struct room *room, const char *list)
{
	const char *signs = wire_isupport(irc->wire)->prefixes;
	g_auto(GStrv) names = g_strsplit(list, " ", -1);
	for (char **name = names; *name; name++) {
		char *nick = *name + strspn(*name, signs);
		nick[strcspn(nick, "!")] = '\0';
		if (!*nick)
			continue;
		rooms_add(irc->rooms, room, nick);
		arrived(irc, nick);
	}
}

static void refused_room(struct irc *irc, struct room *room, const struct line *l)
{
	g_autofree char *why = irc_for_log(line_last(l));
	log_warning("irc %s: cannot join %s: %s (%s)", irc->name, room->name, why, l->command);
	room_shut(room, irc_mono_us(irc));
	irc_room_changed(irc, room);
}

static void heard_numeric(struct irc *irc, const struct line *l)
{
	int numeric = line_numeric(l);
	struct room *room = rooms_find(irc->rooms, line_param(l, numeric == RPL_NAMREPLY ? 2 : 1));
	if (numeric == RPL_NAMREPLY) {
		if (room && l->n_params >= 4)
			heard_names(irc, room, line_param(l, 3));
	} else if (numeric == RPL_ENDOFNAMES) {
		if (room && room->state == ROOM_LISTING) {
			room->state = ROOM_INSIDE;
			irc_room_changed(irc, room);
		}
	} else if (!say_refused(irc, numeric, line_param(l, 1)) && numeric >= 400 &&
		   numeric < 600 && room && room->state == ROOM_JOINING) {
		refused_room(irc, room, l);
	}
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
		heard_join(irc, l);
		break;
	case SESSION_PART:
		left(irc, l, line_param(l, 0), l->nick);
		break;
	case SESSION_QUIT:
		heard_quit(irc, l);
		break;
	case SESSION_KICK:
		left(irc, l, line_param(l, 0), line_param(l, 1));
		break;
	case SESSION_NICK:
		heard_nick(irc, l);
		break;
	case SESSION_NUMERIC:
		heard_numeric(irc, l);
		break;
	case SESSION_OTHER:
		break;
	}
}
