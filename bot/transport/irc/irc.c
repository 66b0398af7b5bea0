#include "transport/irc/irc.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "transport/irc/history.h"
#include "transport/irc/identity.h"
#include "transport/irc/isupport.h"
#include "transport/irc/line.h"
#include "transport/irc/monitor.h"
#include "transport/irc/rooms.h"
#include "transport/irc/splits.h"
#include "transport/irc/users.h"
#include "transport/irc/whois.h"
#include "transport/irc/wire.h"

#include <errno.h>
#include <string.h>

/* IRCv3 says nothing of it; a server that reads its disk for it may be slow. */
#define ANSWER_MOST_US (15 * CLOCK_US_PER_SECOND)
/* A JOIN that gets no answer for so long is taken for refused. */
#define JOINING_MOST_US (30 * CLOCK_US_PER_SECOND)

enum { BURST = 4, JOIN_BYTES = 400, ROOM_NAME_MOST = 200 };

const struct irc_times irc_times_default = {
	.whois_us = 10 * CLOCK_US_PER_SECOND,
	.fresh_us = 5 * CLOCK_US_PER_MINUTE,
	.fresh_command_us = 30 * CLOCK_US_PER_SECOND,
	.fresh_nobody_us = 5 * CLOCK_US_PER_SECOND,
	.split_us = 48 * CLOCK_US_PER_HOUR,
};

static void irc_close(struct transport *t);

int64_t irc_mono_us(const struct irc *irc)
{
	return irc->env.clock->mono_us(irc->env.clock);
}

bool irc_same(const struct irc *irc, const char *a, const char *b)
{
	return isupport_same(wire_isupport(irc->wire), a, b);
}

bool irc_is_me(const struct irc *irc, const char *nick)
{
	return irc_same(irc, nick, wire_nick(irc->wire));
}

void irc_report(struct irc *irc, enum transport_state s)
{
	irc->env.listener->state(irc->env.data, &irc->transport, s);
}

static bool settled(const struct irc *irc)
{
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		const struct room *room = rooms_at(irc->rooms, i);
		if (room->state == ROOM_JOINING || room->state == ROOM_LISTING ||
		    history_pending(irc, room))
			return false;
	}
	return true;
}

static void arm_rooms(struct irc *irc)
{
	int64_t due_us = INT64_MAX;
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		const struct room *room = rooms_at(irc->rooms, i);
		if (room->state != ROOM_INSIDE)
			due_us = MIN(due_us, room->due_us);
	}
	int64_t left_us = due_us - irc_mono_us(irc);
	int64_t wait_us = due_us == INT64_MAX ? -1 : MAX(left_us, 0);
	loop_timer_set(irc->rooms_due, wait_us);
}

void irc_room_changed(struct irc *irc, const struct room *room)
{
	arm_rooms(irc);
	if (room->state == ROOM_INSIDE && g_hash_table_size(room->people) > 1)
		log_info("irc %s: in %s; people there: %u", irc->name, room->name,
			 g_hash_table_size(room->people) - 1);
	else if (room->state == ROOM_INSIDE)
		log_info("irc %s: in %s; nobody else is there", irc->name, room->name);
	if (room->state == ROOM_OUTSIDE)
		history_left(irc, room);
	irc_room_settled(irc, room);
}

void irc_room_settled(struct irc *irc, const struct room *room)
{
	bool first = !irc->online && settled(irc);
	bool one_more = irc->online && room->state == ROOM_INSIDE && !history_pending(irc, room);
	irc->online = irc->online || first;
	if (first || one_more)
		irc_report(irc, TRANSPORT_ONLINE);
}

/* JOIN for every room whose time has come, several in a line. */
static void join_due(struct irc *irc, int64_t now_us)
{
	g_autoptr(GString) list = g_string_new(NULL);
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		struct room *room = rooms_at(irc->rooms, i);
		if (room->state != ROOM_OUTSIDE || room->due_us > now_us)
			continue;
		room->state = ROOM_JOINING;
		room->due_us = now_us + JOINING_MOST_US;
		room->tried_us = now_us;
		if (list->len && list->len + 1 + strlen(room->name) > JOIN_BYTES) {
			wire_command(irc->wire, "JOIN", list->str, NULL);
			g_string_truncate(list, 0);
		}
		g_string_append_printf(list, "%s%s", list->len ? "," : "", room->name);
	}
	/* If it cannot be said now, no answer comes, and it is said again. */
	if (list->len)
		wire_command(irc->wire, "JOIN", list->str, NULL);
}

static void rooms_due(void *data)
{
	struct irc *irc = data;
	int64_t now_us = irc_mono_us(irc);
	for (unsigned i = 0; i < rooms_count(irc->rooms); i++) {
		struct room *room = rooms_at(irc->rooms, i);
		if (room->due_us > now_us)
			continue;
		if (room->state == ROOM_JOINING) {
			log_warning("irc %s: no answer to joining %s", irc->name, room->name);
			room_shut(room, now_us);
			irc_room_changed(irc, room);
		} else if (room->state == ROOM_LISTING) {
			room->state = ROOM_INSIDE;
			irc_room_changed(irc, room);
		}
	}
	join_due(irc, now_us);
	arm_rooms(irc);
}

static void go_offline(struct irc *irc, enum transport_state s)
{
	identity_forget(irc);
	irc->online = false;
	history_lost(irc);
	say_forget(irc);
	loop_timer_set(irc->rooms_due, -1);
	irc_report(irc, s);
}

/* Without services nobody can be known, and each would be asked in vain to sign in. */
static void say_how_known(const struct irc *irc)
{
	if (irc->trust_nicks || wire_isupport(irc->wire)->whox ||
	    wire_has(irc->wire, CAP_ACCOUNT_TAG) || wire_has(irc->wire, CAP_EXTENDED_JOIN))
		return;
	log_info("irc %s: the server does not tell by itself who is signed in; kith asks it about "
		 "whoever speaks; if it has no services at all, see trust-nicks in kith.conf(5)",
		 irc->name);
}

static void wire_state(void *data, enum wire_state s)
{
	struct irc *irc = data;
	switch (s) {
	case WIRE_CONNECTING:
		irc->events = 0;
		irc_report(irc, TRANSPORT_CONNECTING);
		break;
	case WIRE_READY:
		rooms_reset(irc->rooms);
		users_reset(irc->users);
		monitor_reset(irc);
		g_hash_table_remove_all(irc->missed);
		say_how_known(irc);
		rooms_due(irc);
		if (rooms_count(irc->rooms) == 0) {
			irc->online = true;
			irc_report(irc, TRANSPORT_ONLINE);
		}
		break;
	case WIRE_LOST:
		go_offline(irc, TRANSPORT_OFFLINE);
		break;
	case WIRE_REFUSED:
		go_offline(irc, TRANSPORT_FAILED);
		break;
	}
}

static void wire_heard(void *data, enum session_kind kind, const struct line *l)
{
	hear(data, kind, l);
}

static void wire_passed(void *data, uint64_t fence)
{
	say_passed(data, fence);
	history_passed(data, fence);
}

static bool is_word(const char *text, const char *without)
{
	for (const char *c = text; *c; c++) {
		if (g_ascii_iscntrl(*c) || strchr(without, *c))
			return false;
	}
	return *text != '\0';
}

static int check_rooms(const struct transport_env *env, const struct config_section *c)
{
	for (const char *const *room = env->rooms; *room; room++) {
		if (!strchr("#&+!", **room) || !is_word(*room, " ,") ||
		    strlen(*room) > ROOM_NAME_MOST) {
			log_error("irc %s: %s is no room of IRC", c->name, *room);
			return -EINVAL;
		}
	}
	return 0;
}

/* *ret stays NULL if none is configured. */
static int read_password(const struct config_section *c, char **ret)
{
	g_autofree char *fault = NULL;
	int r = config_secret(c, "password-file", ret, &fault);
	if (r < 0)
		log_error("irc %s: password-file: %s", c->name, fault);
	return r;
}

static enum sasl_mechanism mechanism_of(const struct config_section *c)
{
	const char *sasl = config_text(c, "sasl");
	if (!sasl && config_text(c, "password-file"))
		return SASL_PLAIN;
	if (!sasl)
		return config_text(c, "certificate") ? SASL_EXTERNAL : SASL_NONE;
	if (strcmp(sasl, "plain") == 0)
		return SASL_PLAIN;
	return strcmp(sasl, "external") == 0 ? SASL_EXTERNAL : SASL_NONE;
}

static void warn_of_clear_text(const struct config_section *c)
{
	const char *server = config_text(c, "server");
	bool loopback = g_ascii_strcasecmp(server, "localhost") == 0 ||
			g_str_has_prefix(server, "127.") || strcmp(server, "::1") == 0;
	if (!config_yes(c, "tls") && !loopback)
		log_warning("irc %s: tls = no: everybody on the way to %s can read the password",
			    c->name, server);
}

/* `password` is the account's where we sign in with one, else the server's own. */
static struct wire *make_wire(struct irc *irc, const struct config_section *c, const char *password)
{
	static const struct wire_callbacks callbacks = { wire_state, wire_heard, wire_passed };
	const char *nick = config_text(c, "nick");
	const char *account = config_text(c, "account");
	const char *username = config_text(c, "username");
	const char *realname = config_text(c, "realname");
	int64_t rate = config_number(c, "rate");
	enum sasl_mechanism sasl = mechanism_of(c);
	if (password)
		warn_of_clear_text(c);
	const struct wire_options options = {
		.name = c->name,
		.server = config_text(c, "server"),
		.port = (int)config_number(c, "port"),
		.tls = config_yes(c, "tls"),
		.ca_file = config_text(c, "ca-file"),
		.certificate = config_text(c, "certificate"),
		.proxy = config_text(c, "proxy"),
		.trial = irc->env.trial,
		.nick = nick,
		.username = username ? username : nick,
		.realname = realname ? realname : nick,
		.password = sasl == SASL_PLAIN ? NULL : password,
		.sasl = sasl,
		.account = account ? account : nick,
		.account_password = sasl == SASL_PLAIN ? password : NULL,
		.burst = BURST,
		.every_us = rate ? CLOCK_US_PER_MINUTE / rate : 0,
		.times = wire_times_default,
	};
	return wire_new(irc->env.loop, irc->env.clock, &options, &callbacks, irc);
}

static int irc_open(const struct transport_env *env, const struct config_section *c,
		    struct transport **ret)
{
	char *password = NULL;
	int r = check_rooms(env, c);
	if (r == 0)
		r = read_password(c, &password);
	if (r < 0)
		return r;
	struct irc *irc = g_new0(struct irc, 1);
	irc->env = *env;
	irc->name = g_strdup(c->name);
	irc->transport.impl = &transport_irc;
	irc->transport.name = irc->name;
	irc->trust_nicks = config_yes(c, "trust-nicks");
	irc->missed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	irc->rooms_due = loop_timer_new(env->loop, rooms_due, irc);
	say_open(irc);
	/* It may be long about it. */
	log_info("irc %s: connecting to %s:%d", c->name, config_text(c, "server"),
		 (int)config_number(c, "port"));
	irc->wire = make_wire(irc, c, password);
	irc->rooms = rooms_new(env->rooms, wire_isupport(irc->wire));
	irc->answer_us = ANSWER_MOST_US;
	history_open(irc);
	irc->times = irc_times_default;
	irc->users = users_new(wire_isupport(irc->wire));
	irc->splits = splits_new(wire_isupport(irc->wire));
	irc->splits_due = loop_timer_new(env->loop, presence_splits_due, irc);
	identity_open(irc);
	whois_open(irc);
	monitor_open(irc);
	config_secret_free(password);
	*ret = &irc->transport;
	return 0;
}

static int irc_send(struct transport *t, const struct post *p)
{
	return say((struct irc *)t, p);
}

static void irc_close(struct transport *t)
{
	struct irc *irc = (struct irc *)t;
	if (!irc)
		return;
	wire_free(irc->wire);
	say_close(irc);
	history_close(irc);
	identity_close(irc);
	whois_close(irc);
	monitor_close(irc);
	splits_free(irc->splits);
	users_free(irc->users);
	rooms_free(irc->rooms);
	loop_timer_free(irc->splits_due);
	loop_timer_free(irc->rooms_due);
	g_hash_table_unref(irc->missed);
	g_free(irc->name);
	g_free(irc);
}

const struct transport_impl transport_irc = {
	.kind = "irc",
	.open = irc_open,
	.send = irc_send,
	.close = irc_close,
};
