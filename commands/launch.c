#include "arguments.h"
#include "base/text/text.h"
#include "circle/launches.h"
#include "circle/people.h"
#include "circle/records.h"
#include "circle/recur.h"
#include "circle/when.h"
#include "clock.h"

/* What lasts longer is no launch. */
enum { DAYS_MOST = 31 };

static bool read_days(struct command_call *call, GTimeZone *zone, uint32_t *ret_first,
		      uint32_t *ret_last)
{
	g_autofree char *text = text_line(call->args);
	const char *error = NULL;

	if (!*text) {
		command_usage(call, "problem.days-missing", NULL);
		return false;
	}
	if (when_parse_days(text, zone, call->circle->now_us, ret_first, ret_last, &error) < 0) {
		g_autofree char *typed = text_clip(text, 40);
		command_usage(call, "problem.when", "typed", typed, "why", error, NULL);
		return false;
	}
	if (*ret_last - *ret_first + 1 > DAYS_MOST) {
		command_usage(call, "problem.launch-long", NULL);
		return false;
	}
	return true;
}

static void answer(struct command_call *call, int64_t from_us, int64_t until_us, GTimeZone *zone,
		   bool instead)
{
	struct circle *c = call->circle;
	g_autofree char *from = words_day(c->words, from_us, zone);
	g_autofree char *to = words_day(c->words, until_us, zone);
	struct draft d = draft_new(c);

	if (recur_day(from_us, zone) == recur_day(until_us, zone))
		draft_say(&d, "launch.kept-day", "name", call->name, "day", to, NULL);
	else
		draft_say(&d, "launch.kept", "name", call->name, "from", from, "to", to, NULL);
	if (instead)
		draft_add(&d, "launch.instead", NULL);
	command_answer(call, &d);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *zone_name = NULL;
	g_autoptr(GTimeZone) zone = people_zone(c, call->person, &zone_name);
	int64_t before_from_us, before_until_us;
	uint32_t first, last;

	if (!read_days(call, zone, &first, &last))
		return;
	if (c->group->pitch.budget_per_week == 0) {
		command_reply(call, "budget.none", "name", call->name, NULL);
		return;
	}
	/* What was told before it was announced is not covered by it. */
	int64_t from_us = MAX(recur_at(first, 0, 0, zone), c->now_us);
	int64_t until_us = recur_at(last + 1, 0, 0, zone) - CLOCK_US_PER_SECOND;
	bool instead = launches_next(c, call->person, &before_from_us, &before_until_us);
	int64_t row = launches_add(c, call->person, from_us, until_us);
	records_add(c, call->person, "launch", row, 0);
	answer(call, from_us, until_us, zone, instead);
}

const struct command command_launch = {
	.name = "launch",
	.usage = "launch FROM-TO",
	.summary = "Announce the days on which you tell us of something new of yours.",
	.example = "launch 3-14 march",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
