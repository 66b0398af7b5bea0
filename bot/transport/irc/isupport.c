#include "transport/irc/isupport.h"

#include "transport/irc/line.h"

#include <glib.h>
#include <string.h>

void isupport_init(struct isupport *s)
{
	*s = (struct isupport){ .casemap = ISUPPORT_RFC1459, .prefixes = "@+", .chantypes = "#&" };
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

void isupport_take(struct isupport *s, const struct line *l)
{
	/* The first parameter is our nick, the last "are supported by this server". */
	for (int i = 1; i < l->n_params - 1; i++) {
		const char *value = strchr(l->params[i], '=');
		if (!value)
			continue;
		value++;
		if (g_str_has_prefix(l->params[i], "CASEMAPPING="))
			s->casemap = casemap_of(value);
		else if (g_str_has_prefix(l->params[i], "PREFIX="))
			take_prefix(s, value);
		else if (g_str_has_prefix(l->params[i], "CHANTYPES=") && *value)
			g_strlcpy(s->chantypes, value, sizeof(s->chantypes));
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
