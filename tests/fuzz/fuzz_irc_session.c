/* What any server may say to the parts behind the line parser: the client library itself, which
 * must take every line as line_for_library makes it, go on, and call back exactly as documented
 * below; and the registration, which must never say more than it may. */
#include "transport/irc/caps.h"
#include "transport/irc/line.h"
#include "transport/irc/registration.h"
#include "transport/irc/session.h"

#include <assert.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fed {
	const struct line *line;
	int calls, answers;
};

/* The library has an event of its own for these, and none of ours is set for the silent ones. */
static const struct {
	const char *command;
	int calls;
	enum session_kind kind;
} rules[] = {
	{ "PRIVMSG", 1, SESSION_MESSAGE },
	{ "JOIN", 1, SESSION_JOIN },
	{ "PART", 1, SESSION_PART },
	{ "QUIT", 1, SESSION_QUIT },
	{ "KICK", 1, SESSION_KICK },
	{ "NICK", 1, SESSION_NICK },
	{ "NOTICE", 0, SESSION_OTHER },
	{ "INVITE", 1, SESSION_OTHER },
	{ "MODE", 0, SESSION_OTHER },
	{ "TOPIC", 0, SESSION_OTHER },
	{ "KILL", 0, SESSION_OTHER },
	{ "PING", 0, SESSION_OTHER }, /* answered: the wire never lets it see one */
};

static enum session_kind kind_of(const struct line *l, int *ret_calls)
{
	*ret_calls = 1;
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (strcmp(rules[i].command, l->command) == 0) {
			*ret_calls = rules[i].calls;
			return rules[i].kind;
		}
	}
	return line_numeric(l) ? SESSION_NUMERIC : SESSION_OTHER;
}

static void heard(void *data, enum session_kind kind, const struct line *l)
{
	struct fed *fed = data;
	int calls;
	assert(l == fed->line);
	assert(kind == kind_of(l, &calls));
	fed->calls++;
}

static void out(void *data, const char *line)
{
	struct fed *fed = data;
	assert(strlen(line) <= LINE_SENT_MOST);
	if (fed->line)
		assert(g_str_has_prefix(line, "PONG"));
	fed->answers++;
}

/* One for the whole run, as a connection has one: an old line must not come back in a new one. */
static void library_takes(const struct line *l)
{
	static struct session *session;
	static struct fed fed;
	if (!session) {
		const struct session_identity id = { "kith", "kith", "kith, 100% bot" };
		const struct session_callbacks callbacks = { heard, out };
		int r = session_new(&id, &callbacks, &fed, &session);
		assert(r == 0);
		r = session_begin(session);
		assert(r == 0);
		assert(fed.answers == 2); /* NICK, USER */
	}
	int calls;
	kind_of(l, &calls);
	fed = (struct fed){ .line = l };
	int r = session_feed(session, l, "server");
	assert(r == 0);
	assert(fed.calls == calls);
	assert(fed.answers == (strcmp(l->command, "PING") == 0));
	fed.line = NULL;
}

static void said(void *data, const char *text)
{
	struct line *l;
	assert(strlen(text) <= LINE_SENT_MOST && !strpbrk(text, "\r\n"));
	int r = line_parse(text, strlen(text), &l);
	assert(r == 0);
	static const char *const ours[] = { "CAP", "PASS", "AUTHENTICATE", "NICK", NULL };
	assert(g_strv_contains(ours, l->command));
	line_free(l);
	++*(int *)data;
}

static bool goes_on(const struct registration *r)
{
	enum registration_state state = registration_state(r);
	return state != REGISTRATION_FAILED && state != REGISTRATION_BANNED &&
	       state != REGISTRATION_REFUSED;
}

static void registration_takes(struct registration *r, const struct line *l, int *lines_said)
{
	*lines_said = 0;
	registration_hear(r, l);
	/* An answer to each, and a password of 300 bytes has three parts at most. */
	assert(*lines_said <= 3);
	assert(*registration_nick(r) && *registration_reason(r));
	const struct caps *caps = registration_caps(r);
	assert(!caps_on(caps, CAP_CHATHISTORY) ||
	       (caps_on(caps, CAP_BATCH) && caps_on(caps, CAP_SERVER_TIME)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	g_autofree char *password = g_strnfill(300, 'x');
	/* The input's first bit: whether it signs in. */
	const struct registration_options options = { "kith", "pass word",
						      size && *at % 2 ? SASL_PLAIN : SASL_NONE,
						      "kith", password };
	int lines_said = 0;
	struct registration *r = registration_new(&options, said, &lines_said);
	registration_begin(r);
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		struct line *l;
		if (line_parse(at, (size_t)(stop - at), &l) == 0) {
			library_takes(l);
			if (goes_on(r))
				registration_takes(r, l, &lines_said);
			line_free(l);
		}
		at = stop + 1;
	}
	registration_free(r);
	return 0;
}
