#include "arguments.h"
#include "base/text/text.h"
#include "circle/people.h"

enum { WORKS_TOLD = 3 };

static void tell_absence(struct command_call *call, struct draft *d, int64_t person,
			 const char *name)
{
	enum absence_kind kind = ABSENCE_AWAY;
	int64_t until_us = absences_until(call->circle, person, &kind);

	if (!until_us)
		return;
	g_autofree char *until = argument_until(call, until_us);
	switch (kind) {
	case ABSENCE_AWAY:
		draft_add(d, "who.away", "name", name, "until", until, NULL);
		break;
	case ABSENCE_REST:
		draft_add(d, "who.rest", "name", name, "until", until, NULL);
		break;
	}
}

static void tell(struct command_call *call, int64_t person)
{
	struct circle *c = call->circle;
	g_autofree char *name = people_name(c, person);
	g_autofree char *intro = people_intro(c, person);
	g_auto(GStrv) works = works_of(c, person, WORKS_TOLD);
	struct draft d = draft_new(c);

	if (*intro)
		draft_say(&d, "who", "name", name, "intro", intro, NULL);
	else
		draft_say(&d, "who.no-intro", "name", name, NULL);
	if (works[0]) {
		g_autofree char *list = words_join(c->words, (const char *const *)works);
		draft_add(&d, "who.works", "name", name, "works", list, NULL);
	}
	if (!people_joined(c, person))
		draft_add(&d, "who.left", "name", name, NULL);
	tell_absence(call, &d, person, name);
	command_answer(call, &d);
}

static void run(struct command_call *call)
{
	g_autofree char *typed = text_line(call->args);
	const char *rest;
	int64_t person;

	if (!*typed) {
		command_usage(call, "problem.who", NULL);
		return;
	}
	person = people_match(call->circle, typed, &rest);
	if (!person && !g_ascii_strcasecmp(typed, "me")) {
		if (!call->member) {
			command_reply(call, "not-joined", "name", call->name, NULL);
			return;
		}
		person = call->person;
	}
	if (!person) {
		g_autofree char *clipped = text_clip(typed, CIRCLE_NAME_MOST);
		command_usage(call, "problem.nobody", "typed", clipped, NULL);
		return;
	}
	tell(call, person);
}

const struct command command_who = {
	.name = "who",
	.usage = "who NAME",
	.summary = "Who somebody here is, and what they make.",
	.example = "who ana",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_HERE,
	.run = run,
};
