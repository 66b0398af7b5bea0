#include "arguments.h"
#include "circle/doors.h"
#include "circle/people.h"

static void give_code(struct command_call *call)
{
	const struct event *e = call->event;
	struct circle *c = call->circle;

	if (!call->member) {
		command_reply(call, "not-joined", "name", call->name, NULL);
		return;
	}
	g_autofree char *code = doors_new_code(c, call->person, e->network, e->account);
	c->about = 0; /* what tells of nobody is wiped off the disk as soon as it is said */
	command_reply(call, "link.code", "code", code, "name", call->name, NULL);
}

static void ask(struct command_call *call, const struct doors_code *code)
{
	struct circle *c = call->circle;
	g_autofree char *member = people_name(c, code->person);
	struct draft d = draft_new(c);

	draft_say(&d, "link.ask", "member", member, "network", code->network, NULL);
	if (call->person && people_remembered(c, call->person)) {
		g_autofree char *other = people_name(c, call->person);
		draft_add(&d, "link.ask-member", "other", other, "member", member, NULL);
	} else if (call->person) {
		draft_add(&d, "link.ask-known", "member", member, NULL);
	}
	draft_add(&d, "link.ask-not", "member", member, NULL);
	command_answer(call, &d);
}

/* Told at both doors, each of the other. */
static void join(struct command_call *call, const struct doors_code *code)
{
	const struct event *e = call->event;
	struct circle *c = call->circle;
	g_autofree char *name = people_name(c, code->person);
	struct draft there = draft_new(c);

	doors_join(c, code->person, e->network, e->account);
	people_used_door(c, code->person, e->network, e->account);
	c->about = code->person;
	command_reply(call, "link.done", "name", name, "account", code->account, "network",
		      code->network, NULL);
	draft_say(&there, "link.done", "name", name, "account", e->account, "network", e->network,
		  NULL);
	voice_tell_at(c, code->network, code->account, &there, c->now_us + CIRCLE_TELL_LASTS_US);
}

static void use_code(struct command_call *call)
{
	const struct event *e = call->event;
	struct circle *c = call->circle;
	struct doors_code code = { 0 };

	if (doors_wait(c, e->network, e->account)) {
		command_reply(call, "link.wait", NULL);
	} else if (!doors_find(c, e->network, e->account, call->args, &code)) {
		doors_wrong(c, e->network, e->account);
		command_reply(call, "link.unknown", NULL);
	} else if (code.person == call->person) {
		command_reply(call, "link.own", "name", call->name, NULL);
	} else if (call->person && doors_both_show(c, code.person, call->person)) {
		command_reply(call, "link.both-show", NULL);
	} else if (doors_asked(c, e->network, e->account, code.hash)) {
		join(call, &code);
	} else {
		ask(call, &code);
	}
	doors_code_done(&code);
}

static void run(struct command_call *call)
{
	if (call->circle->editing) /* mending a typo is not saying it again */
		return;
	if (!argument_identified(call))
		return;
	if (*call->args)
		use_code(call);
	else
		give_code(call);
}

const struct command command_link = {
	.name = "link",
	.usage = "link [CODE]",
	.summary = "Be one person with two accounts: I give you a code, and you say it to me with "
		   "the other one.",
	.example = "link BCDF-2345",
	.who = COMMAND_ANYONE,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
