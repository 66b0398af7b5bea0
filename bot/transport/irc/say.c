#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "post.h"
#include "transport/irc/bucket.h"
#include "transport/irc/identity.h"
#include "transport/irc/irc.h"
#include "transport/irc/isupport.h"
#include "transport/irc/line.h"
#include "transport/irc/more.h"
#include "transport/irc/rooms.h"
#include "transport/irc/users.h"
#include "transport/irc/wire.h"

#include <errno.h>
#include <string.h>

/* A server that lives, but does not answer the PING behind a post for so long, is of no use. */
#define FENCE_MOST_US (2 * CLOCK_US_PER_MINUTE)
#define ECHO_MOST_US  (10 * CLOCK_US_PER_SECOND)

enum {
	ERR_NOSUCHNICK = 401,
	ERR_NICK_FIRST = 431,
	ERR_NICK_LAST = 437,
	ERR_TARGETTOOFAST = 439,
	ERR_TARGCHANGE = 707,
	ERR_TARGUMODEG = 716,
};

static bool is_inside(const struct room *room)
{
	return room->state == ROOM_INSIDE || room->state == ROOM_LISTING;
}

static int find_target(struct irc *irc, const struct post *p, const char **ret)
{
	if (p->room) {
		const struct room *room = rooms_find(irc->rooms, p->room);
		if (!room)
			return -ENXIO;
		if (!is_inside(room))
			return -EAGAIN;
		*ret = room->name;
		return 0;
	}
	if (p->account) {
		const char *nick = identity_nick(irc, p->account);
		/* Somebody who spoke to us from outside our rooms, where a nick is an account. */
		if (!nick && irc->trust_nicks && p->shown &&
		    users_is_nick(wire_isupport(irc->wire), p->shown) &&
		    irc_same(irc, p->shown, p->account))
			nick = p->shown;
		if (!nick) {
			identity_missed(irc, p->account);
			return -ENOENT;
		}
		*ret = nick;
		return 0;
	}
	if (!p->shown || !users_is_nick(wire_isupport(irc->wire), p->shown))
		return -EINVAL;
	*ret = p->shown;
	return 0;
}

static void flight_free(void *data)
{
	struct flight *f = data;
	g_free(f->key);
	g_free(f->target);
	if (f->unseen)
		g_ptr_array_unref(f->unseen);
	g_free(f);
}

static struct flight *find_flight(const struct irc *irc, const char *target)
{
	for (unsigned i = 0; i < irc->flights->len; i++) {
		struct flight *f = g_ptr_array_index(irc->flights, i);
		if (irc_same(irc, f->target, target))
			return f;
	}
	return NULL;
}

static void arm(struct irc *irc)
{
	int64_t due_us = INT64_MAX;
	for (unsigned i = 0; i < irc->flights->len; i++) {
		const struct flight *f = g_ptr_array_index(irc->flights, i);
		due_us = MIN(due_us, f->due_us);
	}
	int64_t left_us = due_us - irc_mono_us(irc);
	int64_t wait_us = due_us == INT64_MAX ? -1 : MAX(left_us, 0);
	loop_timer_set(irc->flights_due, wait_us);
}

/* The server's time runs from when the last line has gone out, however long that takes. */
static void look_after(struct irc *irc, struct flight *f)
{
	f->out = !wire_waits(irc->wire, f->target);
	f->due_us = irc_mono_us(irc) + (f->out && f->fence ? FENCE_MOST_US : irc->echo_us);
	arm(irc);
}

static void ask_after(struct irc *irc, struct flight *f)
{
	/* 0 if it cannot be said now: then it is asked later. */
	f->fence = wire_fence(irc->wire, f->target);
	look_after(irc, f);
}

static void flights_due(void *data)
{
	struct irc *irc = data;
	int64_t now_us = irc_mono_us(irc);
	for (unsigned i = 0; i < irc->flights->len; i++) {
		struct flight *f = g_ptr_array_index(irc->flights, i);
		if (f->due_us > now_us)
			continue;
		if (f->out && f->fence) {
			wire_drop(irc->wire, "the server does not answer what is said to it");
			return;
		}
		if (f->out)
			ask_after(irc, f);
		else
			look_after(irc, f);
	}
	arm(irc);
}

static void land(struct irc *irc, struct flight *f, int error)
{
	/* The listener may hand us the next post at once. */
	g_autofree char *key = g_steal_pointer(&f->key);
	g_ptr_array_remove(irc->flights, f);
	arm(irc);
	irc->env.listener->delivered(irc->env.data, &irc->transport, key, error);
}

void say_open(struct irc *irc)
{
	irc->flights = g_ptr_array_new_with_free_func(flight_free);
	irc->flights_due = loop_timer_new(irc->env.loop, flights_due, irc);
	irc->echo_us = ECHO_MOST_US;
	irc->more = more_new();
}

void say_close(struct irc *irc)
{
	loop_timer_free(irc->flights_due);
	g_ptr_array_unref(irc->flights);
	more_free(irc->more);
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
	int n = (int)g_strv_length(lines);
	if (n == 0)
		return -EINVAL;
	if (n + 1 > BUCKET_LINES_MOST)
		return -EMSGSIZE;
	if (n + 1 > wire_room(irc->wire)) {
		wire_full(irc->wire, "a post has to wait");
		return -EAGAIN;
	}
	for (; *lines; lines++) {
		tame(*lines);
		int r = wire_say(irc->wire, target, *lines);
		if (r < 0)
			return r == -ENOTCONN || r == -ENOBUFS ? -EAGAIN : r;
	}
	return 0;
}

static struct flight *take_off(struct irc *irc, const char *key, const char *target, char **lines)
{
	struct flight *f = g_new0(struct flight, 1);
	f->key = g_strdup(key);
	f->target = g_strdup(target);
	g_ptr_array_add(irc->flights, f);
	if (wire_has(irc->wire, CAP_ECHO_MESSAGE)) {
		f->unseen = g_ptr_array_new_with_free_func(g_free);
		for (; *lines; lines++)
			g_ptr_array_add(f->unseen, g_strdup(*lines));
	} else {
		f->fence = wire_fence(irc->wire, target);
	}
	return f;
}

/* Whose rest it is: the room's; an account's, whatever its nick; or, without one, a nick's. No name
 * has a space. */
static char *whose(const struct irc *irc, const struct post *p)
{
	const char *kind = p->room ? "" : p->account ? "account " : "nick ";
	const char *name = p->room ? p->room : p->account ? p->account : p->shown;
	g_autofree char *folded = isupport_fold(wire_isupport(irc->wire), name);
	return g_strconcat(kind, folded, NULL);
}

int say(struct irc *irc, const struct post *p)
{
	if (!irc->online)
		return -EAGAIN;
	const char *target;
	int r = find_target(irc, p, &target);
	if (r < 0)
		return r;
	if (irc->flights->len == FLIGHTS_MOST || find_flight(irc, target))
		return -EAGAIN;
	int64_t now_us = irc_mono_us(irc);
	g_autofree char *whom = whose(irc, p);
	const char *left = p->continues ? more_left(irc->more, whom, p->key, now_us) : NULL;
	g_autofree char *text = left ? g_strdup(left) : post_plain(p->markup);
	g_autofree char *ending = p->more ? post_plain(p->more) : NULL;
	const char *rest;
	g_auto(GStrv) lines = more_cut(text, wire_payload(irc->wire, target), ending, &rest);
	wire_hold(irc->wire);
	r = say_lines(irc, target, lines);
	struct flight *f = r == 0 ? take_off(irc, p->key, target, lines) : NULL;
	wire_release(irc->wire);
	if (!f)
		return r;
	if (rest || left)
		more_keep(irc->more, whom, p->key, text, rest, now_us);
	look_after(irc, f);
	return 0;
}

void say_forget(struct irc *irc)
{
	g_ptr_array_set_size(irc->flights, 0);
	irc->cut_told = false;
	arm(irc);
}

/* A server that cuts says so by its echo: it starts like what was said and ends early. */
static void heard_cut(struct irc *irc, const struct flight *f, const char *line, size_t shown)
{
	wire_learn_payload(irc->wire, f->target, shown);
	if (irc->cut_told)
		return;
	irc->cut_told = true;
	log_warning("irc %s: the server has cut a line of %zu bytes after %zu; kith says less in a "
		    "line until it connects anew",
		    irc->name, strlen(line), shown);
}

/* Which line `text` is the echo of; NULL: none. */
static char *seen_line(const struct flight *f, const char *text)
{
	for (unsigned i = 0; i < f->unseen->len; i++) {
		char *line = g_ptr_array_index(f->unseen, i);
		if (strcmp(line, text) == 0)
			return line;
	}
	for (unsigned i = 0; i < f->unseen->len; i++) {
		char *line = g_ptr_array_index(f->unseen, i);
		if (*text && g_str_has_prefix(line, text))
			return line;
	}
	return NULL;
}

void say_echoed(struct irc *irc, const struct line *l)
{
	struct flight *f = find_flight(irc, line_param(l, 0));
	const char *text = line_param(l, 1);
	char *line = f && f->unseen ? seen_line(f, text) : NULL;
	if (!line)
		return;
	if (strlen(text) < strlen(line))
		heard_cut(irc, f, line, strlen(text));
	g_ptr_array_remove(f->unseen, line);
	if (f->unseen->len == 0)
		land(irc, f, 0);
	else
		look_after(irc, f);
}

void say_passed(struct irc *irc, uint64_t fence)
{
	for (unsigned i = 0; i < irc->flights->len; i++) {
		struct flight *f = g_ptr_array_index(irc->flights, i);
		if (!f->fence || f->fence != fence)
			continue;
		if (f->unseen && !f->error) {
			g_autofree char *target = line_for_log(f->target);
			log_info("irc %s: the server took what was said to %s, but did not show it",
				 irc->name, target);
		}
		land(irc, f, f->error);
		return;
	}
}

static int meaning(const struct irc *irc, int numeric, const char *target)
{
	const struct room *room = rooms_find(irc->rooms, target);
	/* Put out meanwhile: kith comes back, and it is still worth saying then. */
	if (room && !is_inside(room))
		return -EAGAIN;
	switch (numeric) {
	case ERR_NOSUCHNICK:
		return -ENOENT;
	case ERR_TARGETTOOFAST:
	case ERR_TARGCHANGE:
		return -EAGAIN;
	default:
		return -EPERM;
	}
}

bool say_refused(struct irc *irc, int numeric, const char *target)
{
	bool error = (numeric >= 400 && numeric < 600) || numeric == ERR_TARGCHANGE ||
		     numeric == ERR_TARGUMODEG;
	bool about_nick = numeric >= ERR_NICK_FIRST && numeric <= ERR_NICK_LAST;
	struct flight *f = error && !about_nick ? find_flight(irc, target) : NULL;
	if (!f)
		return false;
	f->error = meaning(irc, numeric, target);
	/* What was refused is not echoed: the PING tells when that was all. */
	if (!f->fence)
		ask_after(irc, f);
	return true;
}

void say_nick_left(struct irc *irc, const char *nick)
{
	struct flight *f = find_flight(irc, nick);
	if (!f || !wire_waits(irc->wire, f->target))
		return;
	wire_unsay(irc->wire, f->target);
	land(irc, f, -ENOENT);
}

void say_ctcp(struct irc *irc, const struct line *l)
{
	g_autofree char *answer = ctcp_answer(&irc->ctcp, line_param(l, 1), irc_mono_us(irc));
	if (answer)
		wire_notice(irc->wire, l->nick, answer);
}
