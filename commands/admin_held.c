#include "arguments.h"
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/rounds.h"

#include <stdlib.h>
#include <string.h>

static char *name_of(struct circle *c, const struct pitches_case *one)
{
	return one->person ? people_name(c, one->person)
			   : g_strdup(words_get(c->words, "person.new"));
}

static void say_items(struct circle *c, struct draft *d, const GArray *held)
{
	for (unsigned i = 0; i < held->len; i++) {
		const struct pitches_case *one = &g_array_index(held, struct pitches_case, i);
		g_autofree char *number = g_strdup_printf("%u", i + 1);
		g_autofree char *name = name_of(c, one), *when = rounds_when(c, one->at_us);
		g_autofree char *reasons = pitches_reasons(c, one->reasons);

		draft_item(d, "held.item", "number", number, "when", when, "name", name, "reasons",
			   reasons, NULL);
	}
}

static void list(struct command_call *call, const GArray *held)
{
	struct draft d = draft_new(call->circle);

	draft_say(&d, held->len ? "held" : "held.none", NULL);
	say_items(call->circle, &d, held);
	if (held->len)
		draft_say(&d, "held.how", NULL);
	command_answer(call, &d);
}

/* A member hears of it; of somebody who has not joined no more is kept than a hash. */
static void tell(struct circle *c, const struct pitches_case *one, bool welcome)
{
	struct draft d = draft_new(c);
	g_autofree char *name = name_of(c, one);

	draft_say(&d, welcome ? "held.told-welcome" : "held.told-closed", "name", name, NULL);
	voice_tell(c, one->person, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

static void settle(struct command_call *call, const GArray *held, bool welcome, const char *number)
{
	struct circle *c = call->circle;
	int64_t n = works_number(number, &number);

	if (n < 1 || n > held->len || *number) {
		command_usage(call, "problem.held", NULL);
		return;
	}
	const struct pitches_case *one = &g_array_index(held, struct pitches_case, n - 1);
	g_autofree char *name = name_of(c, one);
	pitches_settle(c, one->id, welcome);
	if (one->person)
		tell(c, one, welcome);
	g_autofree char *when = rounds_when(c, one->at_us);
	g_autoptr(GArray) left = pitches_held(c);
	struct draft d = draft_new(c);
	draft_say(&d, welcome ? "held.welcome" : "held.closed", "name", name, "when", when, NULL);
	/* Those behind it have moved up: nobody is to go by the old numbers. */
	if (left->len)
		draft_say(&d, "held.left", NULL);
	say_items(c, &d, left);
	command_answer(call, &d);
}

static void run(struct command_call *call)
{
	g_autoptr(GArray) held = pitches_held(call->circle);
	g_auto(GStrv) words = g_strsplit(call->args, " ", 2);
	bool yes = words[0] && !g_ascii_strcasecmp(words[0], "yes");
	bool no = words[0] && !g_ascii_strcasecmp(words[0], "no");

	if (!words[0])
		list(call, held);
	else if ((!yes && !no) || !words[1])
		command_usage(call, "problem.held", NULL);
	else
		settle(call, held, yes, g_strstrip(words[1]));
}

const struct command command_admin_held = {
	.name = "admin held",
	.usage = "admin held [yes|no N]",
	.summary = "What I held back for you; yes lets it through, no leaves it at that.",
	.example = "admin held yes 1",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
