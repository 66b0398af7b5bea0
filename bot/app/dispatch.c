#include "app/dispatch.h"

#include "app/app.h"
#include "app/guard.h"
#include "app/missed.h"
#include "app/reactions.h"
#include "app/replied.h"
#include "app/talk.h"
#include "app/trust.h"
#include "app/whereabouts.h"
#include "base/log.h"
#include "base/text/text.h"
#include "circle/doors.h"
#include "circle/people.h"
#include "circle/records.h"
#include "circle/rounds.h"
#include "circle/works.h"
#include "command.h"
#include "store/outbox.h"

#include <string.h>

/* What can be said to kith in one message, in bytes; what people keep here is far shorter. */
#define TEXT_MOST 8000
/* Names remembered for `vouch`: enough for any room kith is meant for. */
#define SPEAKERS_MOST 1000

/* A command, as somebody said it. */
struct said {
	const struct command *command;
	const char *args; /* what follows its word; borrowed from the event */
	struct command_replied replied;
};

static struct app_group *group_of_room(struct app *app, const char *network, const char *room)
{
	for (unsigned i = 0; i < app->n_groups; i++) {
		const GPtrArray *places = app->groups[i].config->places;

		for (unsigned j = 0; j < places->len; j++) {
			const struct config_address *place = places->pdata[j];
			if (!strcmp(place->network, network) && !strcmp(place->name, room))
				return &app->groups[i];
		}
	}
	return NULL;
}

/* What was said to kith: after its name, in private, or behind the prefix. NULL if it was not. In a
 * room the prefix alone may be anybody's "!"; *ret_named tells whether kith was spoken to for sure.
 */
static const char *said_to_us(const struct circle *c, const struct event *e, bool *ret_named)
{
	const char *text = e->text + strspn(e->text, " ");
	bool prefixed = g_str_has_prefix(text, c->group->prefix);

	*ret_named = e->direct || e->addressed;
	if (prefixed)
		text += strlen(c->group->prefix);
	if (!*ret_named && (!prefixed || *text == ' '))
		return NULL;
	return text + strspn(text, " ");
}

/* A code is said by whoever the group does not know yet: it knows its group. */
static struct app_group *group_of_code(struct app *app, const struct event *e)
{
	for (unsigned i = 0; i < app->n_groups; i++) {
		struct circle c = app_circle(app, &app->groups[i], e->at_us, e->id);
		unsigned length;
		bool named;
		const char *text = said_to_us(&c, e, &named);
		const struct command *command = command_find(text, &length);

		if (!command || strcmp(command->name, "link") != 0)
			continue;
		int64_t id = doors_code_group(&c, e->network, e->account, text + length);
		for (unsigned j = 0; j < app->n_groups && id; j++)
			if (app->groups[j].id == id)
				return &app->groups[j];
	}
	return NULL;
}

/* In private the group is the one the person belongs to; the one whose work they answer about, the
 * first such, or one they have left, or the first of all. */
static struct app_group *group_of_person(struct app *app, const struct event *e)
{
	int64_t person = people_by_handle(app->db, e->network, e->account);
	int64_t work = person && e->answers ? outbox_work(app->outbox, e->answers) : 0;
	int64_t about = work ? works_group(app->db, work) : 0;
	struct app_group *left = NULL;

	for (unsigned i = 0; about && i < app->n_groups; i++) {
		struct circle c = app_circle(app, &app->groups[i], e->at_us, e->id);

		if (c.id == about && people_joined(&c, person))
			return &app->groups[i];
	}

	for (unsigned i = 0; i < app->n_groups; i++) {
		struct circle c = app_circle(app, &app->groups[i], e->at_us, e->id);

		if ((person && people_joined(&c, person)) ||
		    people_is_organizer(c.group, e->network, e->account))
			return &app->groups[i];
		if (!left && person && people_remembered(&c, person))
			left = &app->groups[i];
	}
	return left ? left : &app->groups[0];
}

struct app_group *dispatch_group(struct app *app, const struct event *e)
{
	struct app_group *group = NULL;

	if (!e->direct)
		return group_of_room(app, e->network, e->room);
	if (e->account && e->kind == EVENT_MESSAGE && e->text)
		group = group_of_code(app, e);
	return group ? group : group_of_person(app, e);
}

static void remember_speaker(struct app_group *group, const struct event *e)
{
	if (!e->account || e->direct)
		return;
	g_autofree char *fold = text_fold(e->shown);
	if (g_hash_table_contains(group->speakers, fold) ||
	    g_hash_table_size(group->speakers) >= SPEAKERS_MOST)
		return;
	struct config_address *address = g_new0(struct config_address, 1);
	address->network = g_strdup(e->network);
	address->name = g_strdup(e->account);
	g_hash_table_insert(group->speakers, g_steal_pointer(&fold), address);
}

static bool allowed(struct command_call *call)
{
	switch (call->command->who) {
	case COMMAND_ANYONE:
		return true;
	case COMMAND_MEMBER:
		if (!call->event->account)
			command_refuse(call, "not-identified", "name", call->name, NULL);
		else if (!call->member)
			command_refuse(call, "not-joined", "name", call->name, NULL);
		return call->event->account && call->member;
	case COMMAND_ORGANIZER:
		if (!call->event->account)
			command_refuse(call, "not-identified", "name", call->name, NULL);
		else if (!call->organizer)
			command_refuse(call, "not-organizer", "name", call->name, NULL);
		return call->event->account && call->organizer;
	}
	g_assert_not_reached();
}

/* "forget" most likely wants to be "forget me". */
static const char *begins(const char *typed, const GPtrArray *names)
{
	size_t n = strlen(typed);

	for (unsigned i = 0; i + 1 < names->len; i++) {
		const char *name = names->pdata[i];

		if (!g_ascii_strncasecmp(name, typed, n) && name[n] == ' ')
			return name;
	}
	return NULL;
}

/* The command whose name looks like what a message begins with; NULL if there is none. A question
 * in plain words is none that was mistyped. */
static const char *meant(const char *text, const char *typed)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	if (g_str_has_suffix(text, "?") && strchr(text, ' '))
		return NULL;
	for (const struct command *const *i = commands; *i; i++)
		g_ptr_array_add(names, (char *)(*i)->name);
	g_ptr_array_add(names, NULL);
	const char *near = begins(typed, names);
	return near ? near : text_nearest(typed, (const char *const *)names->pdata);
}

static void suggest(struct circle *c, const struct event *e, const char *text)
{
	g_autofree char *first = g_strndup(text, strcspn(text, " \n"));
	g_autofree char *typed = text_clip(first, 30);
	const char *near = meant(text, typed);
	struct draft d = draft_new(c);

	if (words_keyword(c->words, "keyword.hello", text)) {
		g_autofree char *shown = text_line(e->shown);
		g_autofree char *name = text_clip(shown, CIRCLE_NAME_MOST);
		draft_say(&d, "hello", "name", name, NULL);
	} else if (near) {
		draft_say(&d, "unknown.near", "typed", typed, "near", near, NULL);
	} else {
		draft_say(&d, "unknown", NULL);
	}
	voice_reply(c, e, &d);
}

static void run(struct app_group *group, struct circle *c, const struct event *e,
		const struct said *said)
{
	g_autofree char *clean = g_strstrip(g_strdup(said->args));
	g_autofree char *shown = text_line(e->shown);
	int64_t person = people_by_handle(c->db, e->network, e->account);
	struct command_call call = {
		.command = said->command,
		.circle = c,
		.event = e,
		.person = person,
		.member = person && people_joined(c, person),
		.organizer = people_is_organizer(c->group, e->network, e->account),
		.speakers = group->speakers,
		.replied = said->replied,
		.args = clean,
	};
	g_autofree char *name =
		call.member ? people_name(c, person) : text_clip(shown, CIRCLE_NAME_MOST);

	call.name = name;
	c->about = person;
	if (!allowed(&call))
		return;
	if (call.member)
		people_used_door(c, person, e->network, e->account);
	said->command->run(&call);
}

static void add_what(struct draft *d, const char *kind)
{
	g_autofree char *what = kind ? g_strconcat("undone.", kind, NULL) : NULL;

	if (what)
		draft_add(d, what, NULL);
}

/* What the message had recorded is gone: "note", ...; NULL: nothing in particular. */
static void say_undone(struct circle *c, const struct event *e, const char *kind)
{
	struct draft d = draft_new(c);

	draft_say(&d, "undone", NULL);
	add_what(&d, kind);
	voice_whisper(c, e, &d);
}

/* Somebody who looks after the room has removed what they said. */
static void say_removed(struct circle *c, int64_t author, const char *kind)
{
	g_autofree char *name = people_name(c, author);
	struct draft d = draft_new(c);

	draft_say(&d, "removed", "name", name, NULL);
	add_what(&d, kind);
	voice_tell(c, author, &d, c->now_us + CIRCLE_TELL_LASTS_US);
}

/* What the message had recorded is taken back. Returns its kind, or NULL if there was nothing. */
static const char *take_back(struct circle *c, const struct event *e)
{
	int64_t person = people_by_handle(c->db, e->network, e->account);

	return person ? records_undo_event(c, person, e->target) : NULL;
}

/* In a room whoever has removed it: the network lets nobody do that who does not look after the
 * room. What was said in private was said elsewhere. */
static void handle_redaction(struct circle *c, const struct event *e)
{
	int64_t person = people_by_handle(c->db, e->network, e->account);
	int64_t author = e->direct ? person : records_author(c, e->target);
	const char *kind = author ? records_undo_event(c, author, e->target) : NULL;

	if (kind && author == person)
		say_undone(c, e, kind);
	else if (kind && people_joined(c, author))
		say_removed(c, author, kind);
	guard_deleted(c, e);
}

/* Whether what it says now has recorded something again. */
static bool took_over(struct circle *c, const struct event *e)
{
	int64_t person = people_by_handle(c->db, e->network, e->account);

	return records_of_event(c, person, e->target);
}

static void handle_command(struct app_group *group, struct circle *c, const struct event *e,
			   const struct said *said)
{
	if (strlen(e->text) > TEXT_MOST) {
		struct draft d = draft_new(c);
		draft_say(&d, "too-long", NULL);
		voice_reply(c, e, &d);
		return;
	}
	run(group, c, e, said);
}

/* Said to kith, and none of its commands. */
static void handle_other(struct circle *c, const struct event *e)
{
	bool named;
	const char *text = said_to_us(c, e, &named);

	if (text && named && *text)
		suggest(c, e, text);
}

static bool is_command(const struct circle *c, const struct event *e, struct said *ret)
{
	bool named;
	const char *text = said_to_us(c, e, &named);
	unsigned length = 0;

	ret->command = text ? command_find(text, &length) : NULL;
	ret->args = ret->command ? text + length : NULL;
	return ret->command;
}

static void handle_message(struct app_group *group, struct circle *c, const struct event *e,
			   bool pitched)
{
	struct said said = { NULL };

	if (is_command(c, e, &said)) {
		replied_find(group, c, e, &said.replied);
		handle_command(group, c, e, &said);
	} else if (!pitched || !guard_judge(group->guard, c, e)) {
		handle_other(c, e);
	}
}

/* CS API, Event replacements: only its author can edit a message, and no client shows it if
 * somebody else does. */
static bool is_authors(struct app_group *group, struct circle *c, const struct event *edit)
{
	const struct talk_line *first = guard_line(group->guard, edit, edit->target);
	int64_t author = first ? 0 : records_author(c, edit->target);

	if (first)
		return talk_by(first, edit);
	return !author || author == people_by_handle(c->db, edit->network, edit->account);
}

/* An edited command is done again in place of the first. */
static void handle_edit(struct app_group *group, struct circle *c, const struct event *edit)
{
	const struct talk_line *first = guard_line(group->guard, edit, edit->target);
	struct event in_thread = *edit, *e = &in_thread;
	struct said said = { NULL };
	bool command = is_command(c, edit, &said);

	/* An edit does not tell the thread it belongs to. */
	bool told = !first || edit->thread;
	g_autofree char *thread = g_strdup(told ? edit->thread : first->thread);
	g_autofree char *root = g_strdup(told ? edit->thread_answers : first->thread_answers);
	in_thread.thread = thread;
	in_thread.thread_answers = root;
	if (command)
		replied_find(group, c, e, &said.replied);
	c->editing = true;
	const char *taken = take_back(c, e);
	bool noted = c->edited_record;
	if (command)
		handle_command(group, c, e, &said);
	else
		handle_other(c, e);
	/* Nothing that was acknowledged goes without a word. */
	if (records_undo_edited(c) || (taken && !noted && !took_over(c, e)))
		say_undone(c, e, taken);
	if (!e->direct && command)
		guard_deleted(c, e);
	else if (!e->direct)
		guard_edited(group->guard, c, e);
}

/* A code that others can read, whoever said it, is worth nothing any more. */
static void burn(struct circle *c, const struct event *e)
{
	g_autofree char *shown = text_line(e->shown);
	g_autofree char *name = text_clip(shown, CIRCLE_NAME_MOST);
	struct draft d = draft_new(c);

	doors_burn(c, e->text);
	draft_say(&d, "link.public", "name", name, NULL);
	voice_whisper(c, e, &d);
}

/* Somebody in between may have said it, for all kith can know: nothing is done, and nobody judged.
 * Who spoke to kith is told. False: to others. */
static bool doubt(struct app *app, struct app_group *group, const struct event *e)
{
	struct circle c = app_circle(app, group, app_now(app), e->id);
	struct said said;

	if (!e->account || !(e->direct || e->addressed || is_command(&c, e, &said)))
		return false;
	app_begin(app);
	trust_explain(&c, e);
	app_commit(app);
	return true;
}

static bool handle(struct app *app, struct app_group *group, const struct event *e)
{
	/* A clock that runs ahead elsewhere must not put anything into our future. */
	struct circle c = app_circle(app, group, MIN(e->at_us, app_now(app)), e->id);
	bool named, pitched = false, overheard = false;
	struct said said;

	if (!e->direct && (e->kind == EVENT_MESSAGE || e->kind == EVENT_EDIT))
		overheard = doors_overheard(&c, e->text);
	c.source = e->kind == EVENT_EDIT ? e->target : e->id;
	if (e->kind == EVENT_MESSAGE) {
		if (e->direct || is_command(&c, e, &said))
			guard_passed(group->guard, &c, e);
		else
			pitched = guard_hear(group->guard, &c, e);
	}
	/* Ordinary chat costs no transaction. */
	if (e->kind == EVENT_MESSAGE && !pitched && !overheard && !said_to_us(&c, e, &named))
		return false;
	if (e->kind == EVENT_REACTION && !reactions_known(&c, e))
		return false;
	app_begin(app);
	/* A step that fell due before the message was said comes before its answer. */
	if (app->moved || c.now_us >= app->step_us)
		rounds_catch_up(&c);
	if (overheard)
		burn(&c, e);
	switch (e->kind) {
	case EVENT_MESSAGE:
		if (!overheard)
			handle_message(group, &c, e, pitched);
		break;
	case EVENT_EDIT:
		if (is_authors(group, &c, e))
			handle_edit(group, &c, e);
		break;
	case EVENT_REDACTION:
		handle_redaction(&c, e);
		break;
	case EVENT_REACTION:
		reactions_handle(group, &c, e);
		break;
	case EVENT_JOIN:
	case EVENT_LEAVE:
	case EVENT_INVITE:
	case EVENT_MOVED:
	case EVENT_EJECTED:
	case EVENT_MISSED:
	case EVENT_MUTED:
	case EVENT_UNREADABLE:
	case EVENT_WITHHELD:
	case EVENT_IDENTITY:
		break;
	}
	app_commit(app);
	g_free(c.cause_made);
	return true;
}

bool dispatch_event(struct app_link *link, const struct event *e)
{
	struct app *app = link->app;
	struct app_group *group;

	if (e->kind == EVENT_INVITE) {
		whereabouts_invited(link, e);
		return true;
	}
	group = dispatch_group(app, e);
	if (!group)
		return false;
	if (e->kind == EVENT_MESSAGE && e->trusted)
		remember_speaker(group, e);
	if (e->kind == EVENT_MISSED || e->kind == EVENT_EJECTED) {
		missed_event(link, group, e);
		return true;
	}
	if (e->kind == EVENT_MOVED || e->kind == EVENT_MUTED) {
		whereabouts_event(link, group, e);
		return true;
	}
	if (e->kind == EVENT_UNREADABLE || e->kind == EVENT_WITHHELD || e->kind == EVENT_IDENTITY) {
		trust_event(link, group, e);
		return true;
	}
	if (!e->trusted)
		return doubt(app, group, e);
	return handle(app, group, e);
}
