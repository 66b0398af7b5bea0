#include "arguments.h"
#include "base/text/text.h"
#include "circle/entries.h"
#include "circle/people.h"
#include "circle/recur.h"
#include "circle/rounds.h"
#include "circle/when.h"
#include "clock.h"

#include <string.h>

/* "FROM-TO" or "FROM-TO NAME": the longest name that ends the text and leaves days before it. Where
 * days begin it and nobody's name follows, *ret_rest is what does. */
static int read_days(struct command_call *call, const char *text, uint32_t *ret_first,
		     uint32_t *ret_last, int64_t *ret_person, const char **ret_rest,
		     const char **ret_error)
{
	struct circle *c = call->circle;
	GTimeZone *zone = c->group->zone;
	int r = when_parse_days(text, zone, c->now_us, ret_first, ret_last, ret_error);

	for (const char *space = strchr(text, ' '); r < 0 && space;
	     space = strchr(space + 1, ' ')) {
		g_autofree char *days = g_strndup(text, (size_t)(space - text));
		const char *error;

		if (when_parse_days(days, zone, c->now_us, ret_first, ret_last, &error) < 0)
			continue;
		*ret_person = people_named(c, space + 1);
		if (*ret_person)
			return 0;
		if (g_unichar_isalpha(g_utf8_get_char(space + 1)))
			*ret_rest = space + 1;
	}
	return r;
}

static char *day_of(struct circle *c, uint32_t day)
{
	return words_day(c->words, recur_at(day, 12, 0, c->group->zone), c->group->zone);
}

static void keep_for(struct command_call *call, int64_t person, uint32_t first, uint32_t last)
{
	struct circle *c = call->circle;
	int64_t from_us = MAX(recur_at(first, 0, 0, c->group->zone), c->now_us);
	int64_t until_us = recur_at(last + 1, 0, 0, c->group->zone) - CLOCK_US_PER_SECOND;
	g_autofree char *from = day_of(c, first), *until = day_of(c, last);
	struct draft d = draft_new(c);
	struct round r;

	/* Told before the absence begins to hold it back; whoever is away already knows. */
	if (first == last)
		draft_say(&d, "holiday.told-day", "name", call->name, "day", from, NULL);
	else
		draft_say(&d, "holiday.told", "name", call->name, "from", from, "until", until,
			  NULL);
	if (absences_until(c, person, NULL))
		g_string_free(d.markup, TRUE);
	else
		voice_tell(c, person, &d, until_us);
	absences_add(c, person, ABSENCE_AWAY, from_us, until_us);
	if (from_us <= c->now_us && rounds_current(c, &r))
		entries_redraw(c, &r, person);
}

static void answer(struct command_call *call, const char *name, uint32_t first, uint32_t last)
{
	g_autofree char *from = day_of(call->circle, first), *to = day_of(call->circle, last);

	if (first == last)
		command_reply(call, name ? "holiday.person-day" : "holiday.day", "name",
			      name ? name : "", "day", from, NULL);
	else
		command_reply(call, name ? "holiday.person" : "holiday.kept", "name",
			      name ? name : "", "from", from, "to", to, NULL);
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *text = text_line(call->args);
	const char *error = NULL, *rest = NULL;
	uint32_t first, last;
	int64_t person = 0;

	if (!*text) {
		command_usage(call, "problem.days-missing", NULL);
		return;
	}
	if (read_days(call, text, &first, &last, &person, &rest, &error) < 0) {
		g_autofree char *typed = text_clip(rest ? rest : text, CIRCLE_NAME_MOST);

		if (rest)
			command_usage(call, "problem.nobody", "typed", typed, NULL);
		else
			command_usage(call, "problem.when", "typed", typed, "why", error, NULL);
		return;
	}
	if (person) {
		g_autofree char *name = people_name(c, person);
		answer(call, name, first, last);
		keep_for(call, person, first, last);
	} else {
		rounds_add_holiday(c, first, last);
		answer(call, NULL, first, last);
	}
}

const struct command command_admin_holiday = {
	.name = "admin holiday",
	.usage = "admin holiday FROM-TO [NAME]",
	.summary = "Days on which no round opens or closes; with a name, days one member is away.",
	.example = "admin holiday 24 december - 2 january",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_HERE,
	.run = run,
};
