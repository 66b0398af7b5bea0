#include "arguments.h"
#include "base/text/text.h"
#include "circle/people.h"
#include "circle/records.h"
#include "circle/standing.h"

static void run(struct command_call *call)
{
	struct circle *c = call->circle;
	g_autofree char *typed = text_line(call->args);
	g_autofree char *fold = text_fold(typed);
	int64_t person = *typed ? people_named(c, typed) : 0;
	const struct config_address *seen = g_hash_table_lookup(call->speakers, fold);

	if (!*typed) {
		command_usage(call, "problem.vouch", NULL);
		return;
	}
	if (!person && seen)
		person = people_of_address(c->db, seen);
	if (!person && !seen) {
		g_autofree char *clipped = text_clip(typed, CIRCLE_NAME_MOST);
		command_usage(call, "problem.not-seen", "typed", clipped, NULL);
		return;
	}
	if (person && person == call->person) {
		command_reply(call, "vouch.own", "name", call->name, NULL);
		return;
	}
	int64_t row = standing_vouch(c, person, seen ? seen->network : NULL,
				     seen ? seen->name : NULL, call->person);
	if (row && call->person)
		records_add(c, call->person, "vouch", row, 0);
	g_autofree char *name = person ? people_name(c, person) : g_strdup(typed);
	command_reply(call, row ? "vouch.kept" : "vouch.stands", "name", name, NULL);
}

const struct command command_admin_vouch = {
	.name = "admin vouch",
	.usage = "admin vouch NAME",
	.summary = "You know this person and answer for them; I take your word over mine.",
	.example = "admin vouch ben",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_HERE,
	.run = run,
};
