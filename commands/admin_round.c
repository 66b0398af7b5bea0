#include "base/text/text.h"
#include "circle/rounds.h"
#include "command.h"

#include <errno.h>
#include <string.h>

static bool open_now(struct command_call *call, const char *rest)
{
	bool done = rounds_open_now(call->circle) == 0;

	if (!done)
		command_usage(call, "problem.round-open", NULL);
	return done;
}

static bool close_now(struct command_call *call, const char *rest)
{
	bool done = rounds_close_now(call->circle) == 0;

	if (!done)
		command_usage(call, "problem.no-round", NULL);
	return done;
}

static bool extend(struct command_call *call, const char *rest)
{
	struct circle *c = call->circle;
	struct round r;
	int64_t by_us;

	if (text_duration(rest, &by_us) < 0) {
		command_usage(call, "problem.duration", NULL);
		return false;
	}
	if (rounds_extend(c, by_us, &r) < 0) {
		command_usage(call, "problem.no-round", NULL);
		return false;
	}
	g_autofree char *closes = rounds_when(c, r.closes_at_us);
	struct draft d = draft_new(c);
	draft_say(&d, "round.extended", "closes", closes, NULL);
	c->about = 0; /* it tells of the round, not of who gave it more time */
	voice_announce(c, &d, r.closes_at_us);
	return true;
}

static bool skip(struct command_call *call, const char *rest)
{
	rounds_skip_next(call->circle);
	return true;
}

static const struct {
	const char *verb;
	bool (*run)(struct command_call *call, const char *rest); /* whether it did it */
} verbs[] = {
	{ "open", open_now }, { "close", close_now }, { "extend", extend }, { "skip", skip }
};

static void run(struct command_call *call)
{
	size_t length = strcspn(call->args, " ");

	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (strlen(verbs[i].verb) == length &&
		    !g_ascii_strncasecmp(call->args, verbs[i].verb, length)) {
			bool done = verbs[i].run(call, call->args + length +
							       strspn(call->args + length, " "));
			/* The room was told; in private that is not seen. */
			if (done && call->event->direct)
				command_reply(call, "announced", NULL);
			return;
		}
	}
	command_usage(call, "problem.round-verb", NULL);
}

const struct command command_admin_round = {
	.name = "admin round",
	.usage = "admin round open|close|extend DURATION|skip",
	.summary = "Open or close a round by hand, give it more time, or skip the next one.",
	.example = "admin round extend 1 day",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_HERE,
	.run = run,
};
