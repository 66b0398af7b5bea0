#include "arguments.h"
#include "base/text/text.h"
#include "circle/notes.h"
#include "circle/people.h"
#include "circle/records.h"

#include <string.h>

/* In the room they hear it themselves. */
static void tell(struct command_call *call, int64_t to, const char *text)
{
	struct circle *c = call->circle;
	struct draft d = draft_new(c);

	if (*text)
		draft_say(&d, "thanks.told", "name", call->name, "text", text, NULL);
	else
		draft_say(&d, "thanks.told-plain", "name", call->name, NULL);
	voice_tell(c, to, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

/* "kith: thanks!" is for kith, and in private there is nobody else. */
static void answer_nameless(struct command_call *call)
{
	const struct command_replied *replied = &call->replied;

	if (replied->ours || (!replied->any && (call->event->addressed || call->event->direct)))
		command_reply(call, "thanks.gladly", "name", call->name, NULL);
	else
		command_usage(call, replied->any ? "problem.thanks-reply" : "problem.thanks", NULL);
}

static void answer_unknown(struct command_call *call, const char *typed)
{
	g_autofree char *before = NULL;
	bool reason = argument_after(call, typed, "keyword.for", &before);

	if (reason && !*before && call->replied.any) {
		answer_nameless(call);
		return;
	}
	g_autofree char *clipped = text_clip(reason && *before ? before : typed, CIRCLE_NAME_MOST);

	command_usage(call, "problem.nobody", "typed", clipped, NULL);
}

/* Whom it is for; a reply needs no name, but for the reason there may be. NULL in *ret_rest: nobody
 * is named. */
static int64_t whom(struct command_call *call, const char *typed, const char **ret_rest)
{
	bool nameless = !typed[strspn(typed, " ,:;.!?")];
	bool reason = words_keyword(call->circle->words, "keyword.for", typed);
	int64_t named = nameless ? 0 : people_match(call->circle, typed, ret_rest);

	if (!named && call->replied.person && (nameless || reason)) {
		*ret_rest = nameless ? "" : typed;
		return call->replied.person;
	}
	return named;
}

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *typed = text_line(call->args);
	const char *rest = NULL;
	int64_t to = whom(call, typed, &rest);

	if (!to && !typed[strspn(typed, " ,:;.!?")]) {
		answer_nameless(call);
		return;
	}
	if (!to) {
		answer_unknown(call, typed);
		return;
	}
	if (to == call->person) {
		command_reply(call, "thanks.own", "name", call->name, NULL);
		return;
	}
	rest += words_keyword(c->words, "keyword.for", rest);
	g_autofree char *text = text_line(rest);
	if (text_length(text) > CIRCLE_TEXT_MOST) {
		command_reply(call, "too-long", NULL);
		return;
	}
	int64_t row = thanks_add(c, call->person, to, *text ? text : NULL);
	records_add(c, call->person, "thanks", row, 0);
	g_autofree char *name = people_name(c, to);
	command_reply(call, call->event->direct ? "thanks.kept-private" : "thanks.kept", "name",
		      call->name, "to", name, NULL);
	if (call->event->direct && people_joined(c, to))
		tell(call, to, text);
}

const struct command command_thanks = {
	.name = "thanks",
	.usage = "thanks NAME [for TEXT]",
	.summary = "Thank somebody, best for something in particular.",
	.reply = "NAME",
	.mark = true,
	.example = "thanks ben for reading my draft twice",
	.who = COMMAND_MEMBER,
	.scope = COMMAND_HERE,
	.run = run,
};
