#include "arguments.h"
#include "circle/notes.h"
#include "circle/people.h"
#include "circle/records.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	const char *rest;
	WORKS_AUTO struct work *w = argument_work(call, &rest);

	if (!w)
		return;
	g_autofree char *text = argument_text(call, rest, "problem.story");
	if (!text)
		return;
	int64_t row = stories_add(c, w->id, call->person, text);
	records_add(c, call->person, "story", row, 0);
	argument_reply(call, w, "story.kept", "name", call->name, NULL);
	if (w->maker == call->person || !people_joined(c, w->maker))
		return;
	g_autofree char *what = works_short(c, w);
	struct draft d = draft_new(c);
	draft_say(&d, "story.told", "name", call->name, "work", what, "story", text, NULL);
	voice_tell(c, w->maker, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

const struct command command_led_to = {
	.name = "led-to",
	.usage = "led-to N TEXT",
	.summary = "Tell what a work led to, however small.",
	.reply = "N",
	.example = "led-to 3 a reader asked me to plan her garden",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
