#include "transport/irc/registration.h"

#include "transport/irc/caps.h"
#include "transport/irc/line.h"

#include <glib.h>
#include <string.h>

/* A nick that grows with every attempt has got bots banned, so we try a few and give up. */
enum { ALTERNATES_MOST = 9, NICK_LEAST_LIMIT = 9 /* RFC 2812; servers allow at least that */ };

enum {
	RPL_WELCOME = 1,
	RPL_ENDOFMOTD = 376,
	ERR_NOMOTD = 422,
	ERR_ERRONEUSNICKNAME = 432,
	ERR_NICKNAMEINUSE = 433,
	ERR_NICKCOLLISION = 436,
	ERR_UNAVAILRESOURCE = 437,
	ERR_PASSWDMISMATCH = 464,
	ERR_YOUREBANNEDCREEP = 465,
};

struct registration {
	enum registration_state state;
	char *wanted;
	char *nick;
	char *password;
	struct caps *caps;
	int alternates;
	void (*send)(void *data, const char *line);
	void *data;
};

struct registration *registration_new(const char *nick, const char *password,
				      void (*send)(void *data, const char *line), void *data)
{
	struct registration *r = g_new0(struct registration, 1);
	r->wanted = g_strdup(nick);
	r->nick = g_strdup(nick);
	r->password = g_strdup(password);
	r->caps = caps_new(false);
	r->send = send;
	r->data = data;
	return r;
}

void registration_free(struct registration *r)
{
	if (!r)
		return;
	if (r->password)
		explicit_bzero(r->password, strlen(r->password));
	g_free(r->password);
	caps_free(r->caps);
	g_free(r->wanted);
	g_free(r->nick);
	g_free(r);
}

static void send_two(struct registration *r, const char *command, const char *param)
{
	char *line;
	if (line_build(&line, command, param, NULL) < 0)
		return;
	r->send(r->data, line);
	explicit_bzero(line, strlen(line));
	g_free(line);
}

void registration_begin(struct registration *r)
{
	/* Solanum hands a PASS that no password guards to NickServ: never send one unasked. */
	if (r->password)
		send_two(r, "PASS", r->password);
}

void registration_say(struct registration *r, const char *line)
{
	r->send(r->data, line);
}

/* kith_, kith__, kith3, kith4 ...: no longer than any server takes, or than what was wanted. */
static char *alternate(const char *wanted, int n)
{
	g_autofree char *suffix = n <= 2 ? g_strnfill(n, '_') : g_strdup_printf("%d", n);
	size_t most = MAX(strlen(wanted), NICK_LEAST_LIMIT) - strlen(suffix);
	return g_strdup_printf("%.*s%s", (int)most, wanted, suffix);
}

static void next_nick(struct registration *r)
{
	if (r->state != REGISTRATION_ASKING)
		return;
	if (++r->alternates > ALTERNATES_MOST) {
		r->state = REGISTRATION_FAILED;
		return;
	}
	g_free(r->nick);
	r->nick = alternate(r->wanted, r->alternates);
	send_two(r, "NICK", r->nick);
}

static void welcome(struct registration *r, const char *nick)
{
	r->state = REGISTRATION_WELCOMED;
	if (*nick) {
		g_free(r->nick);
		r->nick = g_strdup(nick);
	}
}

void registration_hear(struct registration *r, const struct line *l)
{
	switch (line_numeric(l)) {
	case RPL_WELCOME:
		if (r->state == REGISTRATION_ASKING)
			welcome(r, line_param(l, 0));
		break;
	case RPL_ENDOFMOTD:
	case ERR_NOMOTD:
		if (r->state == REGISTRATION_WELCOMED)
			r->state = REGISTRATION_DONE;
		break;
	case ERR_ERRONEUSNICKNAME:
	case ERR_NICKNAMEINUSE:
	case ERR_NICKCOLLISION:
	case ERR_UNAVAILRESOURCE:
		next_nick(r);
		break;
	case ERR_PASSWDMISMATCH:
		if (r->state == REGISTRATION_ASKING)
			r->state = REGISTRATION_REFUSED;
		break;
	case ERR_YOUREBANNEDCREEP:
		r->state = REGISTRATION_BANNED;
		break;
	default:
		break;
	}
}

enum registration_state registration_state(const struct registration *r)
{
	return r->state;
}

const struct caps *registration_caps(const struct registration *r)
{
	return r->caps;
}

const char *registration_nick(const struct registration *r)
{
	return r->nick;
}
