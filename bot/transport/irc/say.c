#include "base/log.h"
#include "base/loop.h"
#include "base/text/text.h"
#include "clock.h"
#include "post.h"
#include "transport/irc/bucket.h"
#include "transport/irc/irc.h"
#include "transport/irc/isupport.h"
#include "transport/irc/rooms.h"
#include "transport/irc/wire.h"

#include <errno.h>
#include <string.h>

/* A server that lives, but does not answer the PING behind a post for so long, is of no use. The
 * slowest `rate` lets out one line a minute. */
#define FLIGHT_MOST_US(lines) ((2 + (int64_t)(lines)) * CLOCK_US_PER_MINUTE)

enum { NICK_MOST = 64 };

enum { ERR_NOSUCHNICK = 401, ERR_NICK_FIRST = 431, ERR_NICK_LAST = 437, ERR_TARGUMODEG = 716 };

/* A nick and nothing but one: no list, no mask, no room. */
static bool is_nick(const struct irc *irc, const char *nick)
{
	size_t n = strlen(nick);
	if (n == 0 || n > NICK_MOST || strpbrk(nick, " ,*?!@$:") ||
	    isupport_is_room(wire_isupport(irc->wire), nick))
		return false;
	for (const char *c = nick; *c; c++) {
		if (g_ascii_iscntrl(*c))
			return false;
	}
	return true;
}

/* The nick of somebody here who is signed in as `account`; NULL if nobody is. Borrowed. */
static const char *nick_of(const struct irc *irc, const char *account)
{
	return irc->trust_nicks ? rooms_nick(irc->rooms, account) : NULL;
}

static int find_target(struct irc *irc, const struct post *p, const char **ret)
{
	if (p->room) {
		const struct room *room = rooms_find(irc->rooms, p->room);
		if (!room)
			return -ENXIO;
		if (room->state != ROOM_INSIDE && room->state != ROOM_LISTING)
			return -EAGAIN;
		*ret = room->name;
		return 0;
	}
	if (p->account) {
		const char *nick = nick_of(irc, p->account);
		/* Somebody who spoke to us from outside our rooms, where a nick is an account. */
		if (!nick && irc->trust_nicks && p->shown && is_nick(irc, p->shown) &&
		    isupport_same(wire_isupport(irc->wire), p->shown, p->account))
			nick = p->shown;
		if (!nick) {
			g_hash_table_add(irc->missed,
					 isupport_fold(wire_isupport(irc->wire), p->account));
			return -ENOENT;
		}
		*ret = nick;
		return 0;
	}
	if (!p->shown || !is_nick(irc, p->shown))
		return -EINVAL;
	*ret = p->shown;
	return 0;
}

/* Rendering leaves no control character; this is the last door they could leave by. */
static void tame(char *line)
{
	for (char *c = line; *c; c++) {
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	}
}

static int say_lines(struct irc *irc, const char *target, char **lines)
{
	for (; *lines; lines++) {
		tame(*lines);
		int r = wire_say(irc->wire, target, *lines);
		if (r < 0)
			return r == -ENOTCONN || r == -ENOBUFS ? -EAGAIN : r;
	}
	return 0;
}

int say(struct irc *irc, const struct post *p)
{
	if (!irc->online || irc->flight.key)
		return -EAGAIN;
	const char *target;
	int r = find_target(irc, p, &target);
	if (r < 0)
		return r;
	g_autofree char *plain = post_plain(p->markup);
	g_auto(GStrv) lines = text_wrap(plain, wire_payload(irc->wire, target));
	unsigned n = g_strv_length(lines);
	if (n == 0)
		return -EINVAL;
	if (n + 1 > BUCKET_LINES_MOST)
		return -EMSGSIZE;
	if (n + 1 > (unsigned)wire_room(irc->wire))
		return -EAGAIN;
	wire_hold(irc->wire);
	r = say_lines(irc, target, lines);
	uint64_t fence = r == 0 ? wire_fence(irc->wire, target) : 0;
	wire_release(irc->wire);
	if (r < 0)
		return r;
	irc->flight = (struct flight){
		.key = g_strdup(p->key),
		.target = g_strdup(target),
		.fence = fence,
	};
	loop_timer_set(irc->flight_late, FLIGHT_MOST_US(n));
	return 0;
}

void say_forget(struct irc *irc)
{
	loop_timer_set(irc->flight_late, -1);
	g_clear_pointer(&irc->flight.key, g_free);
	g_clear_pointer(&irc->flight.target, g_free);
}

void say_passed(struct irc *irc, uint64_t fence)
{
	if (!irc->flight.key || fence != irc->flight.fence)
		return;
	/* The listener may hand us the next post at once. */
	g_autofree char *key = g_steal_pointer(&irc->flight.key);
	int error = irc->flight.error;
	say_forget(irc);
	irc->env.listener->delivered(irc->env.data, &irc->transport, key, error);
}

bool say_refused(struct irc *irc, int numeric, const char *target)
{
	bool error = (numeric >= 400 && numeric < 600) || numeric == ERR_TARGUMODEG;
	bool about_nick = numeric >= ERR_NICK_FIRST && numeric <= ERR_NICK_LAST;
	if (!error || about_nick || !irc->flight.key ||
	    !isupport_same(wire_isupport(irc->wire), target, irc->flight.target))
		return false;
	irc->flight.error = numeric == ERR_NOSUCHNICK ? -ENOENT : -EPERM;
	return true;
}
