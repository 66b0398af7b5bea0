#include "transport/irc/sasl.h"

#include "transport/irc/line.h"

#include <glib.h>
#include <string.h>

/* What one AUTHENTICATE carries; a shorter one is the last (sasl-3.1, "The AUTHENTICATE command").
 */
enum { CHUNK = 400 };

enum {
	RPL_TRYAGAIN = 263,
	ERR_NICKLOCKED = 902,
	RPL_SASLSUCCESS = 903,
	ERR_SASLFAIL = 904,
	ERR_SASLTOOLONG = 905,
	ERR_SASLABORTED = 906,
	ERR_SASLALREADY = 907,
	RPL_SASLMECHS = 908,
};

struct sasl {
	enum sasl_mechanism mechanism;
	enum sasl_state state;
	char *account;
	char *password;
	bool answered; /* the credentials are out, and are not given twice */
	char *reason;
	void (*send)(void *data, const char *line);
	void *data;
};

const char *sasl_name(enum sasl_mechanism mechanism)
{
	switch (mechanism) {
	case SASL_NONE:
		break;
	case SASL_PLAIN:
		return "PLAIN";
	case SASL_EXTERNAL:
		return "EXTERNAL";
	}
	return NULL;
}

struct sasl *sasl_new(enum sasl_mechanism mechanism, const char *account, const char *password,
		      void (*send)(void *data, const char *line), void *data)
{
	struct sasl *s = g_new0(struct sasl, 1);
	s->mechanism = mechanism;
	s->account = g_strdup(account);
	s->password = g_strdup(password ? password : "");
	s->send = send;
	s->data = data;
	return s;
}

static void wipe(char *secret, size_t n)
{
	explicit_bzero(secret, n);
	g_free(secret);
}

void sasl_free(struct sasl *s)
{
	if (!s)
		return;
	wipe(s->password, strlen(s->password));
	g_free(s->account);
	g_free(s->reason);
	g_free(s);
}

/* `n` bytes of `payload`; "+" stands for none. */
static void authenticate(struct sasl *s, const char *payload, size_t n)
{
	char line[sizeof("AUTHENTICATE ") + CHUNK];
	g_snprintf(line, sizeof(line), "AUTHENTICATE %.*s", (int)n, payload);
	s->send(s->data, line);
	explicit_bzero(line, sizeof(line));
}

/* In base64, so many bytes at a time that the server sees the end. */
static void give(struct sasl *s, const char *bytes, size_t n)
{
	char *encoded = g_base64_encode((const unsigned char *)bytes, n);
	size_t length = strlen(encoded);
	const char *at = encoded, *end = encoded + length;
	for (; end - at >= CHUNK; at += CHUNK)
		authenticate(s, at, CHUNK);
	if (at < end)
		authenticate(s, at, (size_t)(end - at));
	else
		authenticate(s, "+", 1);
	wipe(encoded, length);
}

/* RFC 4616: authzid NUL authcid NUL passwd. The first is left empty, it is the second's own. */
static void give_plain(struct sasl *s)
{
	size_t account = strlen(s->account), password = strlen(s->password);
	size_t n = 1 + account + 1 + password;
	char *message = g_malloc0(n + 1);
	memcpy(message + 1, s->account, account);
	memcpy(message + 1 + account + 1, s->password, password);
	give(s, message, n);
	wipe(message, n);
}

void sasl_begin(struct sasl *s)
{
	const char *name = sasl_name(s->mechanism);
	authenticate(s, name, strlen(name));
}

/* Neither mechanism has more to answer than the one empty challenge. */
static void challenged(struct sasl *s, const char *challenge)
{
	if (s->answered || strcmp(challenge, "+") != 0)
		return;
	s->answered = true;
	if (s->mechanism == SASL_PLAIN)
		give_plain(s);
	else
		give(s, "", 0);
}

static void end(struct sasl *s, enum sasl_state state, const char *why, const char *said)
{
	s->state = state;
	g_free(s->reason);
	s->reason = *said ? g_strdup_printf("%s: %s", why, said) : g_strdup(why);
}

/* 908 nick PLAIN,EXTERNAL :are available; 904 may follow, or nothing. */
static void mechanisms_told(struct sasl *s, const char *list)
{
	g_auto(GStrv) offered = g_strsplit(list, ",", -1);
	for (char **name = offered; *name; name++) {
		if (g_ascii_strcasecmp(*name, sasl_name(s->mechanism)) == 0)
			return;
	}
	end(s, SASL_REFUSED, "services do not know this way of signing in, only", list);
}

static const char *refusal(const struct sasl *s)
{
	return s->mechanism == SASL_PLAIN
		       ? "services refuse the account or its password; see account and "
			 "password-file"
		       : "services do not know the certificate; add its fingerprint to the account";
}

void sasl_hear(struct sasl *s, const struct line *l)
{
	if (s->state != SASL_ASKING)
		return;
	if (strcmp(l->command, "AUTHENTICATE") == 0)
		challenged(s, line_param(l, 0));
	switch (line_numeric(l)) {
	case RPL_TRYAGAIN:
		if (g_ascii_strcasecmp(line_param(l, 1), "AUTHENTICATE") == 0)
			end(s, SASL_LATER, "services are busy", line_last(l));
		break;
	case RPL_SASLSUCCESS:
	case ERR_SASLALREADY:
		s->state = SASL_DONE;
		break;
	case ERR_NICKLOCKED:
	case ERR_SASLFAIL:
	case ERR_SASLTOOLONG:
		end(s, SASL_REFUSED, refusal(s), line_last(l));
		break;
	case ERR_SASLABORTED:
		/* We never do; the server does when it has lost its services. */
		end(s, SASL_LATER, "signing in was broken off", line_last(l));
		break;
	case RPL_SASLMECHS:
		mechanisms_told(s, line_param(l, 1));
		break;
	default:
		break;
	}
}

enum sasl_state sasl_state(const struct sasl *s)
{
	return s->state;
}

const char *sasl_reason(const struct sasl *s)
{
	return s->reason ? s->reason : "";
}
