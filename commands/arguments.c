#include "arguments.h"

#include "base/text/text.h"
#include "circle/entries.h"
#include "circle/people.h"
#include "circle/records.h"
#include "circle/recur.h"
#include "circle/rounds.h"
#include "circle/when.h"
#include "clock.h"

bool argument_identified(struct command_call *call)
{
	if (!call->event->account)
		command_refuse(call, "not-identified", "name", call->name, NULL);
	return call->event->account;
}

struct work *argument_work(struct command_call *call, const char **ret_rest)
{
	const char *rest = call->args;
	int64_t number = works_number(call->args, &rest);

	if (!number && !call->replied.work) {
		command_usage(call, call->replied.any ? "problem.number-reply" : "problem.number",
			      NULL);
		return NULL;
	}
	struct work *w = number ? works_find(call->circle, number)
				: works_by_id(call->circle, call->replied.work);
	if (!w) {
		g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
		command_usage(call, "problem.no-work", "number", text, NULL);
		return NULL;
	}
	call->from_reply = !number;
	call->circle->work = w->id;
	*ret_rest = rest;
	return w;
}

void argument_reply(struct command_call *call, const struct work *w, const char *key, ...)
{
	struct draft d = draft_new(call->circle);
	va_list ap;

	va_start(ap, key);
	draft_sayv(&d, key, ap);
	va_end(ap);
	if (call->from_reply) {
		g_autofree char *what = works_short(call->circle, w);
		draft_add(&d, "reply.work", "work", what, NULL);
	}
	command_answer(call, &d);
}

char *argument_text(struct command_call *call, const char *text, const char *missing)
{
	g_autofree char *line = text_line(text);

	if (!*line) {
		command_usage(call, missing, NULL);
		return NULL;
	}
	if (text_length(line) > CIRCLE_TEXT_MOST) {
		command_reply(call, "too-long", NULL);
		return NULL;
	}
	return g_steal_pointer(&line);
}

const char *argument_after(struct command_call *call, const char *text, const char *key,
			   char **ret_before)
{
	bool word_starts = true;

	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		unsigned length = word_starts ? words_keyword(call->circle->words, key, at) : 0;

		if (length) {
			*ret_before = g_strstrip(g_strndup(text, (size_t)(at - text)));
			at += length;
			return at + strspn(at, " :,-");
		}
		word_starts = g_unichar_isspace(g_utf8_get_char(at));
	}
	return NULL;
}

char *argument_time(struct command_call *call, int64_t at_us)
{
	g_autofree char *name = NULL;
	g_autoptr(GTimeZone) zone = people_zone(call->circle, call->person, &name);

	return words_time(call->circle->words, at_us, zone, name);
}

char *argument_until(struct command_call *call, int64_t until_us)
{
	g_autofree char *name = NULL;
	g_autoptr(GTimeZone) zone = people_zone(call->circle, call->person, &name);
	bool whole_day =
		recur_day(until_us + CLOCK_US_PER_SECOND, zone) != recur_day(until_us, zone);

	if (whole_day)
		return words_day(call->circle->words, until_us, zone);
	return words_time(call->circle->words, until_us, zone, name);
}

void argument_absence(struct command_call *call, enum absence_kind kind, const char *kept)
{
	struct circle *c = call->circle;
	const char *text = call->args + words_keyword(c->words, "keyword.until", call->args);
	g_autofree char *clean = text_line(text);
	g_autofree char *zone_name = NULL;
	g_autoptr(GTimeZone) zone = people_zone(c, call->person, &zone_name);
	const char *error = NULL;
	struct round r;
	int64_t until_us;

	if (!*clean) {
		command_usage(call, "problem.until", NULL);
		return;
	}
	if (when_parse(clean, zone, c->now_us, &until_us, &error) < 0) {
		g_autofree char *typed = text_clip(clean, 40);
		command_usage(call, "problem.when", "typed", typed, "why", error, NULL);
		return;
	}
	int64_t row = absences_add(c, call->person, kind, c->now_us, until_us);
	records_add(c, call->person, "absence", row, 0);
	g_autofree char *until = argument_until(call, until_us);
	command_reply(call, kept, "name", call->name, "until", until, NULL);
	if (rounds_current(c, &r))
		entries_redraw(c, &r, call->person);
}
