#include "arguments.h"
#include "base/text/text.h"
#include "circle/doors.h"
#include "circle/hashes.h"
#include "circle/people.h"
#include "circle/records.h"

/* Who stays, and the account of who they are as well. */
struct pair {
	int64_t into, from; /* 0: `from` has given nothing to any group yet */
	char *network, *account;
	char *into_name, *from_name;
};

static void pair_done(struct pair *p)
{
	g_free(p->network);
	g_free(p->account);
	g_free(p->into_name);
	g_free(p->from_name);
}

/* Two of the same name are two all the same: one has joined, the other was seen speaking. */
static bool find_other(struct command_call *call, const char *typed, struct pair *p)
{
	struct circle *c = call->circle;
	g_autofree char *fold = text_fold(typed);
	const struct config_address *seen = g_hash_table_lookup(call->speakers, fold);

	p->from = people_named(c, typed);
	if (seen && (!p->from || p->from == p->into)) {
		p->from = people_of_address(c->db, seen);
		p->network = g_strdup(seen->network);
		p->account = g_strdup(seen->name);
	} else if (p->from && !people_door(c->db, p->from, &p->network, &p->account)) {
		p->from = 0;
	}
	p->from_name = p->from && people_remembered(c, p->from)
			       ? people_name(c, p->from)
			       : text_clip(typed, CIRCLE_NAME_MOST);
	return p->account;
}

/* False after having answered. */
static bool read_pair(struct command_call *call, struct pair *p)
{
	g_autofree char *typed = text_line(call->args);
	const char *rest = "";

	p->into = people_match(call->circle, typed, &rest);
	if (!p->into && *typed) {
		g_autofree char *clipped = text_clip(typed, CIRCLE_NAME_MOST);
		command_usage(call, "problem.nobody", "typed", clipped, NULL);
		return false;
	}
	rest += *rest == '@';
	if (!p->into || !*rest) {
		command_usage(call, "problem.merge", NULL);
		return false;
	}
	p->into_name = people_name(call->circle, p->into);
	if (!find_other(call, rest, p)) {
		g_autofree char *clipped = text_clip(rest, CIRCLE_NAME_MOST);
		command_usage(call, "problem.not-seen", "typed", clipped, NULL);
		return false;
	}
	return true;
}

static void tell(struct circle *c, const struct pair *p, const char *network, const char *account,
		 const char *other_network, const char *other_account)
{
	struct draft d = draft_new(c);

	draft_say(&d, "merge.told", "name", p->into_name, "account", other_account, "network",
		  other_network, NULL);
	voice_tell_at(c, network, account, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

static void merge(struct command_call *call, const struct pair *p)
{
	struct circle *c = call->circle;
	g_autofree char *network = NULL, *account = NULL;
	bool reachable = people_door(c->db, p->into, &network, &account);
	int64_t id = doors_join(c, p->into, p->network, p->account);
	struct draft d = draft_new(c);

	draft_say(&d, "merge.done", "from", p->from_name, "into", p->into_name, NULL);
	if (call->member) {
		bool own = call->person == p->into || call->person == p->from;

		if (!own)
			records_add(c, call->person, "merge", id, 0);
		draft_add(&d, "merge.undo", NULL);
	}
	command_answer(call, &d);
	c->about = p->into;
	if (!reachable)
		return;
	tell(c, p, network, account, p->network, p->account);
	tell(c, p, p->network, p->account, network, account);
}

static void decide(struct command_call *call, const struct pair *p)
{
	const struct event *e = call->event;
	struct circle *c = call->circle;
	g_autofree char *what = g_strdup_printf("merge\n%" G_GINT64_FORMAT "\n%s/%s", p->into,
						p->network, p->account);
	g_autofree char *hash = hashes_text(c, what);

	if (p->from == p->into)
		command_reply(call, "merge.same", "into", p->into_name, NULL);
	else if (p->from && doors_both_show(c, p->into, p->from))
		command_reply(call, "merge.both-show", "from", p->from_name, "into", p->into_name,
			      NULL);
	else if (doors_asked(c, e->network, e->account, hash))
		merge(call, p);
	else
		command_reply(call, "merge.ask", "from", p->from_name, "into", p->into_name,
			      "account", p->account, "network", p->network, NULL);
}

static void run(struct command_call *call)
{
	struct pair p = { 0 };

	if (call->circle->editing) /* mending a typo is not saying it again */
		return;
	if (read_pair(call, &p))
		decide(call, &p);
	pair_done(&p);
}

const struct command command_admin_merge = {
	.name = "admin merge",
	.usage = "admin merge NAME NAME",
	.summary = "These two are one person, who is called by the first name from then on; say it "
		   "twice within ten minutes.",
	.example = "admin merge ana ben",
	.who = COMMAND_ORGANIZER,
	.scope = COMMAND_PRIVATE,
	.run = run,
};
