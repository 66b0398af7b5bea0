/*
 * Signing in to services before the registration is over (IRCv3 sasl-3.1, sasl-3.2): PLAIN with a
 * password (RFC 4616), EXTERNAL with the connection's certificate (RFC 4422, Appendix A). Pure; one
 * for each connection.
 */
#ifndef KITH_IRC_SASL_H
#define KITH_IRC_SASL_H

#include <stdbool.h>

struct line;
struct sasl;

enum sasl_mechanism {
	SASL_NONE,
	SASL_PLAIN,
	SASL_EXTERNAL,
};

enum sasl_state {
	SASL_ASKING,
	SASL_DONE,
	SASL_LATER,   /* services are not there, or busy: as good as before another time */
	SASL_REFUSED, /* they do not want these credentials, and will not the next time */
};

/* "PLAIN"; NULL for SASL_NONE. */
const char *sasl_name(enum sasl_mechanism mechanism);

/* `password` is for PLAIN alone; both are copied, the password is wiped in the end. `send` takes a
 * line without its end. */
struct sasl *sasl_new(enum sasl_mechanism mechanism, const char *account, const char *password,
		      void (*send)(void *data, const char *line), void *data);
void sasl_free(struct sasl *s);

/* Says which mechanism it is. */
void sasl_begin(struct sasl *s);
/* A line of the server's: AUTHENTICATE, 263 and 902 to 908 are for it. */
void sasl_hear(struct sasl *s, const struct line *l);

enum sasl_state sasl_state(const struct sasl *s);
/* Once it is LATER or REFUSED, for the log: bytes as the server gave them. Borrowed. */
const char *sasl_reason(const struct sasl *s);

#endif
