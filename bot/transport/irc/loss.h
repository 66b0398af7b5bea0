/* What a server's last words (ERROR, 465) mean for when to come back. */
#ifndef KITH_IRC_LOSS_H
#define KITH_IRC_LOSS_H

enum loss {
	LOSS_PASSING,  /* a restart, a time-out, anything unknown */
	LOSS_TOO_FAST, /* a throttle, or too many from one address: it wants a pause */
	LOSS_PASSWORD, /* while registering: the server wants another one */
	LOSS_BANNED,   /* for a good while at least */
};

enum loss loss_read(const char *text);

#endif
