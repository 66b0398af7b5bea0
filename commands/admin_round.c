#include "base/text/text.h"
#include "circle/rounds.h"
#include "command.h"

#include <errno.h>
#include <string.h>

static void open_now(struct command_call *call, const char *rest)
{
	if (rounds_open_now(call->circle) == -EALREADY)
		command_usage(call, "problem.round-open", NULL);
}

static void close_now(struct command_call *call, const char *rest)
{
	if (rounds_close_now(call->circle) == -ENOENT)
		command_usage(call, "problem.no-round", NULL);
}

static void extend(struct command_call *call, const char *rest)
{
	struct circle *c = call->circle;
	struct draft d = draft_new(c);
	struct round r;
	int64_t by_us;

	if (text_duration(rest, &by_us) < 0)
		command_usage(call, "problem.duration", NULL);
	else if (rounds_extend(c, by_us, &r) == -ENOENT)
		command_usage(call, "problem.no-round", NULL);
	else {
		g_autofree char *closes = rounds_when(c, r.closes_at_us);
		draft_say(&d, "round.extended", "closes", closes, NULL);
		voice_announce(c, &d, r.closes_at_us);
	}
	if (d.markup)
		g_string_free(d.markup, TRUE);
}

static void skip(struct command_call *call, const char *rest)
{
	struct circle *c = call->circle;
	struct round skipped, next;
	struct draft d = draft_new(c);

	rounds_skip(c, &skipped, &next);
	g_autofree char *opens = rounds_when(c, next.opens_at_us);
	draft_say(&d, "round.skipped", NULL);
	draft_add(&d, "round.next", "opens", opens, NULL);
	voice_announce(c, &d, next.opens_at_us);
}

static const struct {
	const char *verb;
	void (*run)(struct command_call *call, const char *rest);
} verbs[] = {
	{ "open", open_now }, { "close", close_now }, { "extend", extend }, { "skip", skip }
};

static void run(struct command_call *call)
{
	size_t length = strcspn(call->args, " ");

	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (strlen(verbs[i].verb) == length &&
		    !g_ascii_strncasecmp(call->args, verbs[i].verb, length)) {
			verbs[i].run(call, call->args + length + strspn(call->args + length, " "));
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
