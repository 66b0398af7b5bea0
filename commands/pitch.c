#include "arguments.h"
#include "base/text/text.h"
#include "circle/promotions.h"
#include "circle/records.h"

/* The text, or NULL after having answered. */
static char *read_text(struct command_call *call)
{
	g_autofree char *text = text_line(call->args);

	if (*text && text_length(text) <= PROMOTION_TEXT_MOST)
		return g_steal_pointer(&text);
	command_usage(call, *text ? "problem.pitch-long" : "problem.pitch", NULL);
	return NULL;
}

static const char *reason_key(enum promotion_wait wait)
{
	switch (wait) {
	case PROMOTION_FULL:
		return "budget.why-full";
	case PROMOTION_HAD:
		return "budget.why-had";
	case PROMOTION_ABSENT:
		return "budget.why-absent";
	case PROMOTION_QUIET:
		return "budget.why-quiet";
	case PROMOTION_SAID:
		break;
	}
	g_assert_not_reached();
}

static void tell_when(struct command_call *call, const struct promotion *p)
{
	struct circle *c = call->circle;
	g_autofree char *day = words_date(c->words, p->up_us, c->group->zone);
	struct draft d = draft_new(c);

	draft_say(&d, "budget.queued", "why", words_get(c->words, reason_key(p->wait)), "name",
		  call->name, "turn",
		  words_get(c->words, p->first ? "budget.turn-first" : "budget.turn-later"), "day",
		  day, NULL);
	if (p->wait == PROMOTION_FULL || p->wait == PROMOTION_HAD)
		draft_add(&d, "budget.worth", NULL);
	if (p->instead)
		draft_add(&d, "budget.instead", NULL);
	command_answer(call, &d);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *text = read_text(call);

	if (!text)
		return;
	if (c->group->pitch.budget_per_week == 0) {
		command_reply(call, "budget.none", "name", call->name, NULL);
		return;
	}
	if (c->edited_promotion && promotions_said(c, c->edited_promotion)) {
		c->edited_record = 0;
		command_reply(call, "budget.said", "name", call->name, NULL);
		return;
	}
	struct promotion p = promotions_ask(c, call->person, text);
	records_add(c, call->person, "promotion", p.id, 0);
	if (p.wait != PROMOTION_SAID)
		tell_when(call, &p);
	else if (call->event->direct)
		command_reply(call, "announced", NULL);
}

const struct command command_pitch = {
	.name = "pitch",
	.usage = "pitch TEXT",
	.summary = "Ask for one of the week's few slots: I tell the group of your work when there "
		   "is room.",
	.example = "pitch my garden almanac is out: https://example.org/almanac",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
