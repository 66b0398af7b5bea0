#include "transport/console/world.h"

#include <assert.h>

struct console {
	struct transport transport; /* first member */
	struct world *world;
};

static int console_open(const struct transport_env *env, const struct config_section *c,
			struct transport **ret)
{
	struct world *w = env->context;
	assert(w != NULL);
	struct console *console = g_new0(struct console, 1);
	console->transport.impl = &transport_console;
	console->transport.name = world_options(w)->network;
	console->world = w;
	world_open(w, env, &console->transport);
	*ret = &console->transport;
	return 0;
}

static int console_send(struct transport *t, const struct post *p)
{
	return world_take(((struct console *)t)->world, p);
}

static void console_close(struct transport *t)
{
	if (t == NULL)
		return;
	struct console *console = (struct console *)t;
	world_close(console->world);
	g_free(console);
}

const struct transport_impl transport_console = {
	.kind = "console",
	.idempotent = true,
	.open = console_open,
	.send = console_send,
	.close = console_close,
};
