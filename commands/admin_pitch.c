#include "arguments.h"
#include "base/text/text.h"
#include "circle/pitches.h"
#include "circle/places.h"

#include <string.h>

static void mode(struct command_call *call, const char *args)
{
	static const enum config_pitch_mode modes[] = { CONFIG_PITCH_GENTLE, CONFIG_PITCH_OBSERVE,
							CONFIG_PITCH_OFF };
	static const char *const keys[] = { "mode.gentle", "mode.observe", "mode.off" };
	struct circle *c = call->circle;
	const struct event *e = call->event;
	enum config_pitch_mode now = places_mode(c, e->network, e->room);

	if (!*args) {
		command_reply(call, keys[now], NULL);
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
		if (!g_ascii_strcasecmp(args, places_mode_name(modes[i]))) {
			places_set_mode(c, modes[i]);
			command_reply(call, keys[i], NULL);
			return;
		}
	command_usage(call, "problem.mode", NULL);
}

static void test(struct command_call *call, const char *text)
{
	struct circle *c = call->circle;
	struct reading reading = reading_of_message(text);
	g_autofree char *reasons = pitches_reasons_of(c, &reading);

	if (!*text) {
		command_usage(call, "problem.test", NULL);
		return;
	}
	switch (reading.verdict) {
	case READING_OK:
		command_reply(call, "test.ok", NULL);
		break;
	case READING_MAYBE:
		command_reply(call, "test.maybe", "reasons", reasons, NULL);
		break;
	case READING_PITCH:
		command_reply(call, "test.pitch", "reasons", reasons, NULL);
		break;
	}
}

static void run(struct command_call *call)
{
	g_auto(GStrv) words = g_strsplit(call->args, " ", 2);
	const char *verb = words[0] ? words[0] : "", *rest = words[0] && words[1] ? words[1] : "";

	rest += strspn(rest, " ");
	if (!g_ascii_strcasecmp(verb, "mode"))
		mode(call, rest);
	else if (!g_ascii_strcasecmp(verb, "test"))
		test(call, rest);
	else
		command_usage(call, "problem.pitch-verb", NULL);
}

const struct command command_admin_pitch = {
	.name = "admin pitch",
	.usage = "admin pitch mode [gentle|observe|off] | test TEXT",
	.summary = "How I treat what reads like a pitch; how I read a text.",
	.example = "admin pitch test my course is half price this week, sign up at example.org",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_HERE,
	.run = run,
};
