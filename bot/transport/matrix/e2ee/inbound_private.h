#ifndef KITH_MATRIX_E2EE_INBOUND_PRIVATE_H
#define KITH_MATRIX_E2EE_INBOUND_PRIVATE_H

#include "transport/matrix/e2ee/env.h"

#include <glib.h>

/* Reading is inbound.c, what is kept and how long inbound_keep.c. */
struct inbound {
	struct e2ee_env env;
	GHashTable *unpickled; /* pickle -> struct unpickled */
	GQueue recent;         /* of their links, the one last used first */
};

/* One more was added: however much somebody gives, it takes nothing from others. Both in a
 * transaction. */
void inbound_keep_within(struct inbound *in, const char *room, const char *sender);
void inbound_keep_withheld_within(struct inbound *in, const char *sender);

#endif
