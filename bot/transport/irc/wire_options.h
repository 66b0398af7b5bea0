/* How a wire connects, as whom, and how patient it is. */
#ifndef KITH_IRC_WIRE_OPTIONS_H
#define KITH_IRC_WIRE_OPTIONS_H

#include "transport/irc/sasl.h"

#include <stdbool.h>
#include <stdint.h>

struct wire_times {
	int64_t register_us;    /* from the connection to the end of the welcome */
	int64_t sasl_us;        /* of that, from the question to services to their last answer */
	int64_t quiet_us;       /* nothing heard for so long: PING */
	int64_t dead_us;        /* and then nothing for so long: lost */
	int64_t retry_first_us; /* until the next try; doubled each time */
	int64_t retry_most_us;
	int64_t settled_us;  /* up for so long: the next loss starts at retry_first_us again */
	int64_t too_fast_us; /* at least, until the next try after a throttle */
	int64_t banned_us;   /* until the next try after a ban */
};
extern const struct wire_times wire_times_default;

struct wire_options {
	const char *name; /* of the network, for the log */
	const char *server;
	int port;
	bool tls;
	const char *ca_file, *certificate, *proxy; /* or NULL: see struct stream_options */
	const char *nick, *username, *realname;
	const char *password; /* PASS, or NULL */
	enum sasl_mechanism sasl;
	bool trial;                             /* the nick is left to whoever has it */
	const char *account, *account_password; /* for SASL; NULL: the nick, none */
	int burst;                              /* lines at once, then one every ... */
	int64_t every_us;
	struct wire_times times;
};

/* Every string is a copy. */
struct wire_options wire_options_copy(const struct wire_options *from);
/* Frees the strings of such a copy; secrets are wiped first. */
void wire_options_done(struct wire_options *o);

#endif
