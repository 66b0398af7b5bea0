#include "transport/log/replay.h"

#include "clock.h"
#include "config.h"
#include "event.h"
#include "post.h"
#include "transport/log/files.h"
#include "transport/log/report.h"
#include "transport/log/who.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sysexits.h>

/* The bot is there long before the first line, so that it knows what was asked. */
#define START_BEFORE_US CLOCK_US_PER_DAY

/* No nick and no Matrix id begins so. */
static const char made_up_account[] = "!member";
static const char made_up_name[] = "the made-up member";

/* Sentences of the guard; all else that the bot says is not what a replay is about. */
static const char guard_words[] = "pitch.";
/* What a new member is told. */
static const char joined_word[] = "consent";

struct replay {
	struct replay_options options;
	struct log_files *files;
	const struct replay_place *place;
	struct clock_virtual *clock;
	const struct replay_host *host;

	const struct transport_env *env; /* NULL: no bot is there */
	struct transport *transport;
	GQueue confirmations; /* keys of posts whose `delivered` is due */
	uint64_t events;      /* numbered for logs without ids */

	struct who *who;
	struct report *report;
	struct person *speaker; /* of the line being played; NULL: what is said is no answer */
	GHashTable *words;      /* of the posts since it was emptied; for introductions */
};

/* --- the transport: the bot's end --- */

struct connection {
	struct transport transport; /* first member */
	struct replay *replay;
};

static int log_open(const struct transport_env *env, const struct config_section *c,
		    struct transport **ret)
{
	struct replay *r = env->context;
	assert(r && !r->env);
	struct connection *connection = g_new0(struct connection, 1);
	connection->transport.impl = &transport_log;
	connection->transport.name = r->place->network;
	connection->replay = r;
	r->env = env;
	r->transport = &connection->transport;
	*ret = &connection->transport;
	return 0;
}

static enum report_way way_of(const struct replay *r, const struct post *p)
{
	if (p->room)
		return REPORT_ROOM;
	return p->account && !g_ascii_strcasecmp(p->account, r->speaker->account)
		       ? REPORT_PRIVATE
		       : REPORT_ORGANIZERS;
}

static int log_send(struct transport *t, const struct post *p)
{
	struct replay *r = ((struct connection *)t)->replay;
	if (r->speaker && g_str_has_prefix(p->word, guard_words)) {
		g_autofree char *text = post_plain(p->markup);
		report_said(r->report, way_of(r, p), text);
	}
	/* The bot was there already, and they joined as people do. */
	if (r->speaker && !strcmp(p->word, joined_word))
		r->speaker->member = true;
	g_hash_table_add(r->words, g_strdup(p->word));
	g_queue_push_tail(&r->confirmations, g_strdup(p->key));
	return 0;
}

static void log_close(struct transport *t)
{
	if (!t)
		return;
	struct connection *connection = (struct connection *)t;
	struct replay *r = connection->replay;
	g_queue_clear_full(&r->confirmations, g_free);
	r->env = NULL;
	r->transport = NULL;
	g_free(connection);
}

const struct transport_impl transport_log = {
	.kind = "log",
	.idempotent = true,
	.open = log_open,
	.send = log_send,
	.close = log_close,
};

/* --- the room: what happens there --- */

static bool confirm(struct replay *r)
{
	g_autofree char *key = g_queue_pop_head(&r->confirmations);
	if (!key)
		return false;
	r->env->listener->delivered(r->env->data, r->transport, key, 0);
	return true;
}

/* All that is due by now is done and said. */
static void settle(struct replay *r)
{
	do
		r->host->run(r->host->data, r->clock->now_us);
	while (confirm(r));
}

static void hand_on(struct replay *r, struct event *e)
{
	g_autofree char *number = g_strdup_printf("replay/%" G_GUINT64_FORMAT, ++r->events);
	e->id = e->id ? e->id : number;
	e->network = r->place->network;
	e->room = e->direct ? NULL : r->place->room;
	e->text = e->text ? e->text : "";
	e->at_us = r->clock->now_us;
	e->trusted = true;
	r->env->listener->event(r->env->data, r->transport, e);
	settle(r);
}

/* `account` says `text` to the bot in private. Whether it was answered with `word`. */
static bool whisper(struct replay *r, const char *account, const char *shown, const char *text,
		    const char *word)
{
	struct event e = {
		.kind = EVENT_MESSAGE,
		.account = account,
		.shown = shown,
		.text = text,
		.direct = true,
	};
	g_hash_table_remove_all(r->words);
	hand_on(r, &e);
	return g_hash_table_contains(r->words, word);
}

static bool introduce(struct replay *r, const char *account, const char *shown)
{
	return whisper(r, account, shown, "intro I have been here for a while", joined_word);
}

/* By their account, as which they are seen in the room: a name may have become another in the
 * group.
 */
static bool vouch(struct replay *r, const char *account)
{
	struct event seen = { .kind = EVENT_MESSAGE, .account = account, .shown = account };
	g_autofree char *text = g_strconcat("admin vouch ", account, NULL);
	seen.text = "hello";
	hand_on(r, &seen);
	return whisper(r, r->place->organizer, "whoever replays", text, "vouch.kept");
}

/* Cuts "kith: " or "Kith, " off the front of *text. */
static bool cut_name(const struct replay *r, const char **text)
{
	const char *name = r->place->self + (*r->place->self == '@');
	size_t n = strcspn(name, ":");
	const char *p = *text + (**text == '@');
	if (g_ascii_strncasecmp(p, name, n) != 0 || (p[n] != ':' && p[n] != ','))
		return false;
	p += n + 1;
	*text = p + strspn(p, " ");
	return true;
}

static bool is_self(const struct replay *r, const struct log_line *line)
{
	return !g_ascii_strcasecmp(line->account ? line->account : line->nick, r->place->self);
}

/* False for what is not handed on: notices, as no transport does, and changes of a nick. */
static bool make_event(const struct replay *r, const struct log_line *line, struct event *ret)
{
	struct event e = { .id = line->id, .shown = line->nick, .target = line->target };
	switch (line->kind) {
	case LOG_LINE_NOTHING:
	case LOG_LINE_NOTICE:
	case LOG_LINE_NICK:
		return false;
	case LOG_LINE_MESSAGE:
	case LOG_LINE_ACTION:
		e.kind = EVENT_MESSAGE;
		e.reply_to = line->reply_to;
		break;
	case LOG_LINE_EDIT:
		e.kind = EVENT_EDIT;
		break;
	case LOG_LINE_REDACTION:
		e.kind = EVENT_REDACTION;
		break;
	case LOG_LINE_JOIN:
		e.kind = EVENT_JOIN;
		break;
	case LOG_LINE_PART:
		e.kind = EVENT_LEAVE;
		break;
	}
	e.text = line->text;
	if (e.kind == EVENT_MESSAGE || e.kind == EVENT_EDIT)
		e.addressed = cut_name(r, &e.text);
	*ret = e;
	return true;
}

/* Whoever has been around long enough is a member before this is looked at. */
static void heard_from(struct replay *r, struct person *p, const struct log_line *line)
{
	report_read(r->report);
	if (who_spoke(r->who, p, line->at_us) && !p->member)
		p->member = introduce(r, p->account, line->account ? line->nick : p->account);
}

static void play_line(struct replay *r, const struct log_line *line)
{
	struct event e;
	struct person *p = who_line(r->who, line);
	clock_virtual_set(r->clock, MAX(r->clock->now_us, line->at_us));
	settle(r);
	if (line->kind == LOG_LINE_JOIN || line->kind == LOG_LINE_PART ||
	    line->kind == LOG_LINE_NICK)
		who_moved(r->who, line);
	if (is_self(r, line) || !make_event(r, line, &e))
		return;
	if (e.kind == EVENT_MESSAGE || e.kind == EVENT_EDIT)
		heard_from(r, p, line);
	e.account = p->account;
	report_line(r->report, line, p);
	r->speaker = p;
	hand_on(r, &e);
	r->speaker = NULL;
}

/* --- the replay --- */

int replay_new(const struct replay_options *options, struct replay **ret)
{
	g_autofree char *error = NULL;
	struct log_files *files;
	int status = log_files_new(options->paths, options->zone, &files, &error);
	if (status) {
		fprintf(stderr, "%s\n", error);
		return status;
	}
	struct replay *r = g_new0(struct replay, 1);
	r->options = *options;
	r->files = files;
	r->who = who_new(options->zone);
	r->report = report_new();
	r->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	*ret = r;
	return 0;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	assert(!r->env);
	g_hash_table_unref(r->words);
	report_free(r->report);
	who_free(r->who);
	log_files_free(r->files);
	g_free(r);
}

const char *replay_kind(const struct replay *r)
{
	return log_files_are_matrix(r->files) ? "matrix" : "irc";
}

/* What keeps `account` from being somebody's; NULL: nothing. */
static const char *account_fault(const struct replay *r, const char *account)
{
	if (log_files_are_matrix(r->files))
		return *account == '@' && strchr(account, ':')
			       ? NULL
			       : "people in these logs have Matrix ids, as in @ana:example.org";
	return *account != '\0' && !strpbrk(account, " @!") ? NULL : "that is no nick";
}

/* Somebody named by whoever replays. */
static int admit(struct replay *r, const char *account, bool giving)
{
	const char *wrong = account_fault(r, account);
	struct person *p = who_account(r->who, account);
	const char *name = account + (*account == '@');
	g_autofree char *shown = g_strndup(name, strcspn(name, ":"));
	if (wrong) {
		fprintf(stderr, "kith: '%s': %s\n", account, wrong);
		return EX_USAGE;
	}
	p->member = p->member || introduce(r, account, shown);
	if (giving && !p->giving)
		p->giving = vouch(r, account);
	return 0;
}

static int admit_all(struct replay *r)
{
	int status = 0;
	bool made_up = introduce(r, made_up_account, made_up_name) && vouch(r, made_up_account);
	assert(made_up);
	for (const char *const *name = r->options.giving; *name && !status; name++)
		status = admit(r, *name, true);
	for (const char *const *name = r->options.members; *name && !status; name++)
		status = admit(r, *name, false);
	return status;
}

static void print(struct replay *r)
{
	g_autoptr(GPtrArray) unheard = g_ptr_array_new();
	const char *const *const named[] = { r->options.members, r->options.giving };
	for (size_t i = 0; i < G_N_ELEMENTS(named); i++)
		for (const char *const *name = named[i]; *name; name++)
			if (!who_account(r->who, *name)->spoke)
				g_ptr_array_add(unheard, (gpointer)*name);
	g_ptr_array_add(unheard, NULL);
	report_print(r->report, r->files, &r->options, (const char *const *)unheard->pdata);
}

static int play(struct replay *r)
{
	struct log_line line;
	r->env->listener->state(r->env->data, r->transport, TRANSPORT_ONLINE);
	settle(r);
	int status = admit_all(r);
	if (status)
		return status;
	struct log_walk *walk = log_walk_new(r->files);
	while (log_walk_next(walk, &line))
		play_line(r, &line);
	log_walk_free(walk);
	return 0;
}

int replay_run(struct replay *r, const struct replay_place *place, struct clock_virtual *clock,
	       const struct replay_host *host)
{
	const struct log_file *first = r->files->files->pdata[0];
	r->place = place;
	r->clock = clock;
	r->host = host;
	if (first->first_us != INT64_MAX)
		clock_virtual_init(clock, MAX(first->first_us - START_BEFORE_US, 0));
	if (host->start(host->data) < 0)
		return EX_CANTCREAT;
	int status = play(r);
	host->stop(host->data);
	if (status)
		return status;
	print(r);
	if (fflush(r->options.out) != 0 || ferror(r->options.out)) {
		fprintf(stderr, "the report cannot be written\n");
		return EX_IOERR;
	}
	return 0;
}
