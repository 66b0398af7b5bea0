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
	ERR_UNKNOWNCOMMAND = 421,
	ERR_NOMOTD = 422,
	ERR_ERRONEUSNICKNAME = 432,
	ERR_NICKNAMEINUSE = 433,
	ERR_NICKCOLLISION = 436,
	ERR_UNAVAILRESOURCE = 437,
	ERR_PASSWDMISMATCH = 464,
	ERR_YOUREBANNEDCREEP = 465,
	RPL_LOGGEDIN = 900,
	RPL_LOGGEDOUT = 901,
};

struct registration {
	enum registration_state state;
	bool negotiating; /* capabilities; the server waits for CAP END */
	char *wanted;
	char *nick;
	char *account; /* as services have it; NULL: none */
	char *password;
	char *reason;
	struct caps *caps;
	struct sasl *sasl; /* NULL: we do not sign in */
	enum sasl_mechanism mechanism;
	char *configured_account;
	int alternates;
	bool cut; /* the wanted nick may be too long here */
	void (*send)(void *data, const char *line);
	void *data;
};

struct registration *registration_new(const struct registration_options *options,
				      void (*send)(void *data, const char *line), void *data)
{
	struct registration *r = g_new0(struct registration, 1);
	r->wanted = g_strdup(options->nick);
	r->nick = g_strdup(options->nick);
	r->password = g_strdup(options->password);
	r->mechanism = options->sasl;
	r->configured_account = g_strdup(options->account ? options->account : options->nick);
	r->caps = caps_new(options->sasl != SASL_NONE);
	if (options->sasl != SASL_NONE)
		r->sasl = sasl_new(options->sasl, r->configured_account, options->account_password,
				   send, data);
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
	sasl_free(r->sasl);
	g_free(r->wanted);
	g_free(r->nick);
	g_free(r->account);
	g_free(r->configured_account);
	g_free(r->reason);
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
	r->negotiating = true;
	r->send(r->data, "CAP LS 302");
	/* Solanum hands a PASS that no password guards to NickServ: never send one unasked. */
	if (r->password)
		send_two(r, "PASS", r->password);
}

void registration_say(struct registration *r, const char *line)
{
	r->send(r->data, line);
}

static void end(struct registration *r, enum registration_state state, const char *why,
		const char *said)
{
	r->state = state;
	r->negotiating = false;
	g_free(r->reason);
	r->reason = *said ? g_strdup_printf("%s: %s", why, said) : g_strdup(why);
}

static bool is_before_welcome(const struct registration *r)
{
	return r->state == REGISTRATION_ASKING || r->state == REGISTRATION_SIGNING_IN;
}

static void end_negotiation(struct registration *r)
{
	r->negotiating = false;
	r->send(r->data, "CAP END");
}

static void begin_to_sign_in(struct registration *r)
{
	const char *name = sasl_name(r->mechanism);
	if (!caps_offers(r->caps, CAP_SASL)) {
		end(r, REGISTRATION_FAILED,
		    "the server does not offer SASL now; its services may be away, and if it never "
		    "does, set sasl = no",
		    "");
	} else if (!caps_mechanism(r->caps, name)) {
		end(r, REGISTRATION_REFUSED, "the server does not offer this kind of SASL", name);
	} else if (!caps_on(r->caps, CAP_SASL)) {
		end(r, REGISTRATION_FAILED, "the server refuses SASL now; its services may be away",
		    "");
	} else {
		r->state = REGISTRATION_SIGNING_IN;
		sasl_begin(r->sasl);
	}
}

static void heard_cap(struct registration *r, const struct line *l)
{
	g_autofree char *answer = caps_hear(r->caps, l);
	if (answer)
		r->send(r->data, answer);
	if (!r->negotiating || r->state != REGISTRATION_ASKING || !caps_settled(r->caps))
		return;
	if (r->sasl)
		begin_to_sign_in(r);
	else
		end_negotiation(r);
}

static void set_account(struct registration *r, const char *account)
{
	g_free(r->account);
	r->account = account && *account ? g_strdup(account) : NULL;
}

static void sign_in(struct registration *r, const struct line *l)
{
	if (r->state != REGISTRATION_SIGNING_IN)
		return;
	sasl_hear(r->sasl, l);
	switch (sasl_state(r->sasl)) {
	case SASL_ASKING:
		break;
	case SASL_DONE:
		/* 900 comes before it; where it does not, they have let us in as we asked. */
		if (!r->account)
			set_account(r, r->configured_account);
		r->state = REGISTRATION_ASKING;
		end_negotiation(r);
		break;
	case SASL_LATER:
		end(r, REGISTRATION_FAILED, sasl_reason(r->sasl), "");
		break;
	case SASL_REFUSED:
		end(r, REGISTRATION_REFUSED, sasl_reason(r->sasl), "");
		break;
	}
}

/* The server has gone on without CAP END: it knows no capabilities, or none that we could use. */
static void without_caps(struct registration *r)
{
	if (!r->negotiating)
		return;
	r->negotiating = false;
	if (r->sasl)
		end(r, REGISTRATION_FAILED,
		    "this server does not let kith sign in with SASL; if it never does, set sasl = "
		    "no",
		    "");
}

/* kith_, kith__, kith3, kith4 ...: no longer than any server takes, or than what was wanted. */
static char *alternate(const struct registration *r)
{
	int n = r->alternates;
	g_autofree char *suffix = n <= 2 ? g_strnfill(n, '_') : g_strdup_printf("%d", n);
	size_t longest = r->cut ? NICK_LEAST_LIMIT : MAX(strlen(r->wanted), NICK_LEAST_LIMIT);
	return g_strdup_printf("%.*s%s", (int)(longest - strlen(suffix)), r->wanted, suffix);
}

static void next_nick(struct registration *r, const char *said)
{
	if (!is_before_welcome(r))
		return;
	if (++r->alternates > ALTERNATES_MOST) {
		end(r, REGISTRATION_FAILED, "the server takes no nick that kith tried", said);
		return;
	}
	g_free(r->nick);
	r->nick = alternate(r);
	send_two(r, "NICK", r->nick);
}

static void welcome(struct registration *r, const char *nick)
{
	if (!is_before_welcome(r))
		return;
	without_caps(r);
	if (r->state == REGISTRATION_FAILED)
		return;
	r->state = REGISTRATION_WELCOMED;
	if (*nick) {
		g_free(r->nick);
		r->nick = g_strdup(nick);
	}
}

static void heard_numeric(struct registration *r, const struct line *l)
{
	switch (line_numeric(l)) {
	case RPL_WELCOME:
		welcome(r, line_param(l, 0));
		break;
	case RPL_ENDOFMOTD:
	case ERR_NOMOTD:
		if (r->state == REGISTRATION_WELCOMED)
			r->state = REGISTRATION_DONE;
		break;
	case ERR_UNKNOWNCOMMAND:
		if (is_before_welcome(r) && strcmp(line_param(l, 1), "CAP") == 0)
			without_caps(r);
		break;
	case ERR_ERRONEUSNICKNAME:
		/* Held back, or longer than NICKLEN, which no server tells before the welcome. */
		r->cut = true;
		next_nick(r, line_last(l));
		break;
	case ERR_NICKNAMEINUSE:
	case ERR_NICKCOLLISION:
	case ERR_UNAVAILRESOURCE:
		next_nick(r, line_last(l));
		break;
	case ERR_PASSWDMISMATCH:
		if (is_before_welcome(r))
			end(r, REGISTRATION_REFUSED, "the server refuses its password",
			    line_last(l));
		break;
	case ERR_YOUREBANNEDCREEP:
		end(r, REGISTRATION_BANNED, "banned", line_last(l));
		break;
	case RPL_LOGGEDIN: /* nick, mask, account, text */
		set_account(r, line_param(l, 2));
		break;
	case RPL_LOGGEDOUT:
		set_account(r, NULL);
		break;
	default:
		break;
	}
}

void registration_hear(struct registration *r, const struct line *l)
{
	if (strcmp(l->command, "CAP") == 0)
		heard_cap(r, l);
	else if (line_numeric(l))
		heard_numeric(r, l);
	sign_in(r, l);
}

enum registration_state registration_state(const struct registration *r)
{
	return r->state;
}

const char *registration_reason(const struct registration *r)
{
	if (r->reason)
		return r->reason;
	return r->state == REGISTRATION_SIGNING_IN ? "services did not answer"
						   : "the server did not finish the registration";
}

const struct caps *registration_caps(const struct registration *r)
{
	return r->caps;
}

const char *registration_account(const struct registration *r)
{
	return r->account;
}

const char *registration_nick(const struct registration *r)
{
	return r->nick;
}
