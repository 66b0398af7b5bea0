#include "transport/irc/caps.h"

#include "transport/irc/line.h"

#include <glib.h>

struct caps {
	bool signs_in;
	bool on[CAP_LAST];
};

struct caps *caps_new(bool signs_in)
{
	struct caps *c = g_new0(struct caps, 1);
	c->signs_in = signs_in;
	return c;
}

void caps_free(struct caps *c)
{
	g_free(c);
}

bool caps_on(const struct caps *c, enum cap cap)
{
	return c->on[cap];
}
