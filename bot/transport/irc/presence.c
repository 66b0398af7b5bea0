#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "event.h"
#include "transport/irc/identity.h"
#include "transport/irc/irc.h"
#include "transport/irc/line.h"
#include "transport/irc/rooms.h"
#include "transport/irc/splits.h"
#include "transport/irc/users.h"
#include "transport/irc/whois.h"
#include "transport/irc/wire.h"

#include <string.h>

/* How long a server may take to tell who is in a room. */
#define LISTING_MOST_US (30 * CLOCK_US_PER_SECOND)
/* An INVITE does not make us try again sooner than so long after the last try. */
#define INVITED_LEAST_US (10 * CLOCK_US_PER_SECOND)

enum {
	RPL_NAMREPLY = 353,
	RPL_ENDOFNAMES = 366,
	ERR_UNAVAILRESOURCE = 437,
	ERR_LINKCHANNEL = 470,
	ERR_CHANNELISFULL = 471,
	ERR_INVITEONLYCHAN = 473,
	ERR_BANNEDFROMCHAN = 474,
	ERR_BADCHANNELKEY = 475,
	ERR_NEEDREGGEDNICK = 477,
};

static void tell(struct irc *irc, const struct line *l, enum event_kind kind,
		 const struct room *room, const char *nick)
{
	struct event e = { .kind = kind, .room = room->name };
	hear_tell(irc, l, nick, &e);
}

static void arm_splits(struct irc *irc)
{
	loop_timer_set(irc->splits_due, splits_wait_us(irc->splits, irc_mono_us(irc)));
}

/* Somebody who was torn off and has come back otherwise than by that nick is no leave either. */
static bool is_there(const struct irc *irc, const struct room *room, const struct split *split)
{
	const struct user *user = split->account ? users_of(irc->users, split->account) : NULL;
	if (user && user->known && user->here && rooms_has(irc->rooms, room, user->nick))
		return true;
	return !split->account && rooms_has(irc->rooms, room, split->nick);
}

void presence_splits_due(void *data)
{
	struct irc *irc = data;
	struct split *split;
	while ((split = splits_take(irc->splits, irc_mono_us(irc)))) {
		const struct room *room = rooms_find(irc->rooms, split->room);
		struct event e = { .kind = EVENT_LEAVE, .room = split->room };
		if (room && !is_there(irc, room, split))
			hear_tell_as(irc, NULL, split->nick, split->account, &e);
		split_free(split);
	}
	arm_splits(irc);
}

static bool is_back(struct irc *irc, const struct room *room, const char *nick)
{
	const struct user *user = users_find(irc->users, nick);
	g_autofree char *account = identity_account(irc, nick);
	bool known = irc->trust_nicks || (user && user->known);
	if (!splits_back(irc->splits, room->name, nick, account, known))
		return false;
	arm_splits(irc);
	return true;
}

static bool is_in_a_room(void *data, const char *nick)
{
	const struct irc *irc = data;
	return rooms_nick(irc->rooms, nick) != NULL;
}

/* `nick` has left a room; out of the last one they are out of sight. */
static void lose_sight(struct irc *irc, const char *nick)
{
	if (is_in_a_room(irc, nick))
		return;
	whois_gone(irc, nick);
	users_leave(irc->users, nick);
}

static void entered(struct irc *irc, struct room *room)
{
	room_enter(room, irc_mono_us(irc) + LISTING_MOST_US);
	/* Nobody is known to be there: a departure before the names are told would go unseen, and
	 * leave an account to whoever takes the nick. */
	users_keep(irc->users, is_in_a_room, irc);
	irc_room_changed(irc, room);
	identity_entered(irc, room->name);
}

static void heard_join(struct irc *irc, const struct line *l)
{
	struct room *room = rooms_find(irc->rooms, line_param(l, 0));
	if (irc_is_me(irc, l->nick)) {
		/* Forced or forwarded elsewhere: that is not ours to listen to. */
		if (room)
			entered(irc, room);
		else
			wire_command(irc->wire, "PART", line_param(l, 0),
				     "kith joins only the rooms it is configured for", NULL);
		return;
	}
	if (!room)
		return;
	rooms_add(irc->rooms, room, l->nick);
	users_enter(irc->users, l->nick);
	identity_seen(irc, l);
	if (!is_back(irc, room, l->nick))
		tell(irc, l, EVENT_JOIN, room, l->nick);
	identity_arrived(irc, l->nick);
}

/* `text` is why, `by` whom. */
static void put_out(struct irc *irc, const struct line *l, struct room *room, const char *by,
		    const char *text)
{
	g_autofree char *shown_by = line_for_log(by);
	g_autofree char *why = line_for_log(text);
	log_warning("irc %s: put out of %s by %s: %s; kith tries to come back", irc->name,
		    room->name, *shown_by ? shown_by : "the server", why);
	room_shut(room, irc_mono_us(irc));
	struct event e = { .kind = EVENT_EJECTED, .room = room->name, .text = text };
	hear_tell(irc, l, by, &e);
	users_keep(irc->users, is_in_a_room, irc);
	irc_room_changed(irc, room);
}

static void left(struct irc *irc, const struct line *l, struct room *room, const char *nick)
{
	if (!rooms_remove(irc->rooms, room, nick))
		return;
	tell(irc, l, EVENT_LEAVE, room, nick);
	lose_sight(irc, nick);
}

static void heard_part(struct irc *irc, const struct line *l)
{
	struct room *room = rooms_find(irc->rooms, line_param(l, 0));
	if (!room)
		return;
	/* We never part from a room of ours: whoever makes us does not say who they are. */
	if (irc_is_me(irc, l->nick))
		put_out(irc, l, room, "", line_param(l, 1));
	else
		left(irc, l, room, l->nick);
}

static void heard_kick(struct irc *irc, const struct line *l)
{
	struct room *room = rooms_find(irc->rooms, line_param(l, 0));
	const char *nick = line_param(l, 1);
	if (!room)
		return;
	if (irc_is_me(irc, nick))
		put_out(irc, l, room, l->nick, line_param(l, 2));
	else
		left(irc, l, room, nick);
}

static void heard_quit(struct irc *irc, const struct line *l)
{
	if (irc_is_me(irc, l->nick))
		return;
	bool split = splits_is_one(line_param(l, 0));
	int64_t due_us = irc_mono_us(irc) + irc->times.split_us;
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		struct room *room = rooms_at(irc->rooms, i);
		if (!rooms_remove(irc->rooms, room, l->nick))
			continue;
		if (split) {
			g_autofree char *account = identity_account(irc, l->nick);
			splits_add(irc->splits, room->name, l->nick, account, due_us);
			arm_splits(irc);
		} else {
			tell(irc, l, EVENT_LEAVE, room, l->nick);
		}
	}
	lose_sight(irc, l->nick);
	say_nick_left(irc, l->nick);
}

/* Where a nick is all we know of somebody, another nick is somebody else; an account stays. */
static void heard_nick(struct irc *irc, const struct line *l)
{
	const char *nick = line_param(l, 0);
	if (!*nick)
		return;
	g_autofree char *account = irc->trust_nicks ? NULL : identity_account(irc, l->nick);
	bool news = !account && !irc_same(irc, nick, l->nick) && !irc_is_me(irc, nick) &&
		    !irc_is_me(irc, l->nick);
	/* First, or whoever takes somebody's nick would be told with their account. */
	whois_renamed(irc, l->nick, nick);
	users_rename(irc->users, l->nick, nick);
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		struct room *room = rooms_at(irc->rooms, i);
		if (!rooms_remove(irc->rooms, room, l->nick))
			continue;
		if (news)
			tell(irc, l, EVENT_LEAVE, room, l->nick);
		rooms_add(irc->rooms, room, nick);
		if (news)
			tell(irc, l, EVENT_JOIN, room, nick);
	}
	if (!irc_same(irc, nick, l->nick))
		say_nick_left(irc, l->nick);
	identity_arrived(irc, nick);
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
		if (irc_is_me(irc, nick))
			continue;
		users_enter(irc->users, nick);
		is_back(irc, room, nick);
		identity_arrived(irc, nick);
	}
}

/* Only to a room that is ours, and only what we would do by ourselves later. */
static void heard_invite(struct irc *irc, const struct line *l)
{
	struct room *room = rooms_find(irc->rooms, line_param(l, 1));
	int64_t now_us = irc_mono_us(irc);
	if (!room || room->state != ROOM_OUTSIDE || !irc_is_me(irc, line_param(l, 0)) ||
	    now_us - room->tried_us < INVITED_LEAST_US)
		return;
	g_autofree char *by = line_for_log(l->nick);
	log_info("irc %s: invited to %s by %s", irc->name, room->name, by);
	room->due_us = now_us;
	irc_room_changed(irc, room);
}

/* What the organizer can do about it. */
static const char *advice(int numeric)
{
	switch (numeric) {
	case ERR_UNAVAILRESOURCE:
		return "it cannot be had for a while, after a netsplit for instance";
	case ERR_LINKCHANNEL:
		return "it forwards to another room: put that one's name under places";
	case ERR_CHANNELISFULL:
		return "it is full: raise its limit (+l)";
	case ERR_INVITEONLYCHAN:
		return "it is for the invited (+i): invite kith, or let services do it";
	case ERR_BANNEDFROMCHAN:
		return "kith is banned there: ask an operator of the room to lift the ban (+b)";
	case ERR_BADCHANNELKEY:
		return "it has a key (+k), which kith does not support: take it off, or invite "
		       "kith";
	case ERR_NEEDREGGEDNICK:
		return "it is for those who are signed in: give kith an account and a "
		       "password-file or certificate";
	default:
		return "see that the room's name is right and kith may enter it";
	}
}

static void refused(struct irc *irc, struct room *room, const struct line *l)
{
	g_autofree char *why = line_for_log(line_last(l));
	log_warning("irc %s: cannot join %s: %s (%s): %s; kith tries again later", irc->name,
		    room->name, why, l->command, advice(line_numeric(l)));
	room_shut(room, irc_mono_us(irc));
	irc_room_changed(irc, room);
}

void presence_heard_numeric(struct irc *irc, const struct line *l)
{
	int numeric = line_numeric(l);
	struct room *room = rooms_find(irc->rooms, line_param(l, numeric == RPL_NAMREPLY ? 2 : 1));
	if (!room)
		return;
	if (numeric == RPL_NAMREPLY && l->n_params >= 4) {
		heard_names(irc, room, line_param(l, 3));
	} else if (numeric == RPL_ENDOFNAMES && room->state == ROOM_LISTING) {
		room->state = ROOM_INSIDE;
		irc_room_changed(irc, room);
	} else if (numeric >= 400 && numeric < 600 && room->state == ROOM_JOINING) {
		refused(irc, room, l);
	}
}

void presence_heard(struct irc *irc, enum session_kind kind, const struct line *l)
{
	switch (kind) {
	case SESSION_JOIN:
		heard_join(irc, l);
		break;
	case SESSION_PART:
		heard_part(irc, l);
		break;
	case SESSION_QUIT:
		heard_quit(irc, l);
		break;
	case SESSION_KICK:
		heard_kick(irc, l);
		break;
	case SESSION_NICK:
		heard_nick(irc, l);
		break;
	case SESSION_OTHER:
		if (strcmp(l->command, "INVITE") == 0)
			heard_invite(irc, l);
		else
			identity_heard_change(irc, l);
		break;
	case SESSION_MESSAGE:
	case SESSION_NUMERIC:
		break;
	}
}
