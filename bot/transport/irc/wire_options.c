#include "transport/irc/wire_options.h"

#include "clock.h"

#include <glib.h>
#include <string.h>

const struct wire_times wire_times_default = {
	.register_us = 30 * CLOCK_US_PER_SECOND,
	.sasl_us = 20 * CLOCK_US_PER_SECOND,
	.quiet_us = 60 * CLOCK_US_PER_SECOND,
	.dead_us = 60 * CLOCK_US_PER_SECOND,
	.retry_first_us = 5 * CLOCK_US_PER_SECOND,
	.retry_most_us = 10 * CLOCK_US_PER_MINUTE,
	.settled_us = 5 * CLOCK_US_PER_MINUTE,
	.too_fast_us = 60 * CLOCK_US_PER_SECOND,
	.banned_us = 30 * CLOCK_US_PER_MINUTE,
};

struct wire_options wire_options_copy(const struct wire_options *from)
{
	struct wire_options to = *from;
	to.name = g_strdup(from->name);
	to.server = g_strdup(from->server);
	to.ca_file = g_strdup(from->ca_file);
	to.certificate = g_strdup(from->certificate);
	to.proxy = g_strdup(from->proxy);
	to.nick = g_strdup(from->nick);
	to.username = g_strdup(from->username);
	to.realname = g_strdup(from->realname);
	to.password = g_strdup(from->password);
	to.account = g_strdup(from->account);
	to.account_password = g_strdup(from->account_password);
	return to;
}

static void wipe(const char *secret)
{
	if (secret)
		explicit_bzero((char *)secret, strlen(secret));
}

void wire_options_done(struct wire_options *o)
{
	wipe(o->password);
	wipe(o->account_password);
	const char *const owned[] = { o->name,     o->server,  o->ca_file,         o->certificate,
				      o->proxy,    o->nick,    o->username,        o->realname,
				      o->password, o->account, o->account_password };
	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		g_free((char *)owned[i]);
}
