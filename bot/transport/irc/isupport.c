#include "transport/irc/isupport.h"

#include "transport/irc/line.h"

#include <glib.h>
#include <string.h>

/* Until it is told, and no server's names are longer than NAME_MOST. */
enum { USERLEN = 10, HOSTLEN = 63, NAME_MOST = 255 };

static const struct isupport unknown = {
	.casemap = ISUPPORT_RFC1459,
	.prefixes = "@+",
	.chantypes = "#&",
	.userlen = USERLEN,
	.hostlen = HOSTLEN,
};

void isupport_init(struct isupport *s)
{
	*s = unknown;
}

static enum isupport_casemap casemap_of(const char *name)
{
	if (strcmp(name, "rfc1459") == 0)
		return ISUPPORT_RFC1459;
	if (strcmp(name, "strict-rfc1459") == 0 || strcmp(name, "rfc1459-strict") == 0)
		return ISUPPORT_RFC1459_STRICT;
	return ISUPPORT_ASCII;
}

/* "(ov)@+": the modes, then their signs. */
static void take_prefix(struct isupport *s, const char *value)
{
	const char *signs = strchr(value, ')');
	g_strlcpy(s->prefixes, signs ? signs + 1 : "", sizeof(s->prefixes));
}

/* 1..most; `otherwise` if the value is none of them. */
static int number(const char *value, int most, int otherwise)
{
	guint64 n;
	if (!g_ascii_string_to_unsigned(value, 10, 1, (guint64)most, &n, NULL))
		return otherwise;
	return (int)n;
}

/* Of an offer: no value, or nought, is no limit; what cannot be read is no offer. */
static int limit(const char *value)
{
	if (!*value || strcmp(value, "0") == 0)
		return ISUPPORT_UNLIMITED;
	return number(value, ISUPPORT_UNLIMITED, 0);
}

static void take_token(struct isupport *s, const char *name, const char *value)
{
	if (strcmp(name, "CASEMAPPING") == 0 && *value)
		s->casemap = casemap_of(value);
	else if (strcmp(name, "PREFIX") == 0)
		take_prefix(s, value);
	else if (strcmp(name, "CHANTYPES") == 0 && *value)
		g_strlcpy(s->chantypes, value, sizeof(s->chantypes));
	else if (strcmp(name, "BOT") == 0)
		s->bot = g_ascii_isalpha(*value) && !value[1] ? *value : '\0';
	else if (strcmp(name, "WHOX") == 0)
		s->whox = true;
	else if (strcmp(name, "MONITOR") == 0)
		s->monitor = limit(value);
	else if (strcmp(name, "CHATHISTORY") == 0)
		s->chathistory = limit(value);
	else if (strcmp(name, "NICKLEN") == 0)
		s->nicklen = number(value, NAME_MOST, s->nicklen);
	else if (strcmp(name, "USERLEN") == 0)
		s->userlen = number(value, NAME_MOST, s->userlen);
	else if (strcmp(name, "HOSTLEN") == 0)
		s->hostlen = number(value, NAME_MOST, s->hostlen);
}

/* "-TOKEN": it no longer holds. */
static void forget_token(struct isupport *s, const char *name)
{
	if (strcmp(name, "CASEMAPPING") == 0)
		s->casemap = unknown.casemap;
	else if (strcmp(name, "PREFIX") == 0)
		g_strlcpy(s->prefixes, unknown.prefixes, sizeof(s->prefixes));
	else if (strcmp(name, "CHANTYPES") == 0)
		g_strlcpy(s->chantypes, unknown.chantypes, sizeof(s->chantypes));
	else if (strcmp(name, "BOT") == 0)
		s->bot = unknown.bot;
	else if (strcmp(name, "WHOX") == 0)
		s->whox = unknown.whox;
	else if (strcmp(name, "MONITOR") == 0)
		s->monitor = unknown.monitor;
	else if (strcmp(name, "CHATHISTORY") == 0)
		s->chathistory = unknown.chathistory;
	else if (strcmp(name, "NICKLEN") == 0)
		s->nicklen = unknown.nicklen;
	else if (strcmp(name, "USERLEN") == 0)
		s->userlen = unknown.userlen;
	else if (strcmp(name, "HOSTLEN") == 0)
		s->hostlen = unknown.hostlen;
}

void isupport_take(struct isupport *s, const struct line *l)
{
	/* The first parameter is our nick, the last "are supported by this server". */
	for (int i = 1; i < l->n_params - 1; i++) {
		const char *token = l->params[i];
		const char *value = strchr(token, '=');
		g_autofree char *name = g_strndup(token, strcspn(token, "="));
		if (*token == '-')
			forget_token(s, name + 1);
		else
			take_token(s, name, value ? value + 1 : "");
	}
}

static char fold(enum isupport_casemap casemap, char c)
{
	if (casemap == ISUPPORT_RFC1459 && c == '^')
		return '~';
	if (casemap != ISUPPORT_ASCII && c >= '[' && c <= ']')
		return (char)(c + ('{' - '['));
	return g_ascii_tolower(c);
}

char *isupport_fold(const struct isupport *s, const char *name)
{
	char *folded = g_strdup(name);
	for (char *c = folded; *c; c++)
		*c = fold(s->casemap, *c);
	return folded;
}

bool isupport_same(const struct isupport *s, const char *a, const char *b)
{
	while (*a && fold(s->casemap, *a) == fold(s->casemap, *b)) {
		a++;
		b++;
	}
	return fold(s->casemap, *a) == fold(s->casemap, *b);
}

bool isupport_is_room(const struct isupport *s, const char *name)
{
	return *name && strchr(s->chantypes, *name);
}
