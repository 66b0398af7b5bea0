#include "circle.h"

#include "circle/absences.h"
#include "circle/people.h"
#include "clock.h"
#include "post.h"
#include "store/db.h"
#include "store/outbox.h"

#include <stdarg.h>

#define REPLY_LASTS_US (10 * CLOCK_US_PER_MINUTE)

int64_t circle_group_id(struct db *db, const struct config_group *group)
{
	int64_t id = db_int(db, 0, "SELECT id FROM groups WHERE key = ?", "t", group->key);

	if (id)
		return id;
	db_run(db, "INSERT INTO groups(key) VALUES(?)", "t", group->key);
	return db_last_id(db);
}

void circle_set_quiet(struct circle *c, int64_t until_us)
{
	db_run(c->db, "UPDATE groups SET quiet_until_us = ? WHERE id = ?", "ii", until_us, c->id);
}

int64_t circle_quiet_until(struct circle *c)
{
	return db_int(c->db, 0, "SELECT quiet_until_us FROM groups WHERE id = ?", "i", c->id);
}

struct draft draft_new(const struct circle *c)
{
	return (struct draft){ .words = c->words, .markup = g_string_new(NULL) };
}

static struct draft draft_copy(const struct draft *d)
{
	return (struct draft){ d->words, d->word, g_string_new(d->markup->str) };
}

static void draft_done(struct draft *d)
{
	g_string_free(d->markup, TRUE);
	d->markup = NULL;
}

static void draft_append(struct draft *d, const char *before, const char *key, va_list ap)
{
	g_autofree char *sentence = words_sayv(d->words, key, ap);

	if (!d->word)
		d->word = key;
	if (d->markup->len > 0)
		g_string_append(d->markup, before);
	else if (before[0] == '\n')
		g_string_append(d->markup, before + 1);
	g_string_append(d->markup, sentence);
}

void draft_say(struct draft *d, const char *key, ...)
{
	va_list ap;

	va_start(ap, key);
	draft_append(d, "\n", key, ap);
	va_end(ap);
}

void draft_sayv(struct draft *d, const char *key, va_list ap)
{
	draft_append(d, "\n", key, ap);
}

void draft_item(struct draft *d, const char *key, ...)
{
	va_list ap;

	va_start(ap, key);
	draft_append(d, "\n- ", key, ap);
	va_end(ap);
}

void draft_add(struct draft *d, const char *key, ...)
{
	va_list ap;

	va_start(ap, key);
	draft_append(d, " ", key, ap);
	va_end(ap);
}

/* The same cause and ordinal make the same key, whenever and in whichever process they are said. */
static char *post_key(const struct circle *c, int ordinal)
{
	g_autofree char *source = g_strdup_printf("%s\n%s\n%d", c->group->key, c->cause, ordinal);
	char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, source, -1);

	key[32] = '\0';
	return key;
}

static struct outbox_post *say(struct circle *c, struct post *p, struct draft *d, int64_t person,
			       int64_t not_before_us)
{
	g_autofree char *key = post_key(c, c->ordinal++);

	p->key = key;
	p->word = d->word;
	p->markup = d->markup->str;
	struct outbox_post *said = outbox_add(c->outbox, p, person, c->about, not_before_us);
	if (said)
		said->work = c->work;
	draft_done(d);
	return said;
}

/* What nobody is waiting for is written down even if nothing else is: nobody would ask again. */
static void say_unasked(struct circle *c, struct post *p, struct draft *d, int64_t person,
			int64_t not_before_us)
{
	struct outbox_post *said = say(c, p, d, person, not_before_us);

	if (said)
		outbox_keep(c->outbox, said, c->source);
}

/* What an answer points to. A reaction, or taking something back, is nothing one replies to. */
static const char *said_in(const struct event *e)
{
	switch (e->kind) {
	case EVENT_MESSAGE:
	case EVENT_UNREADABLE:
	case EVENT_WITHHELD:
		return e->id;
	case EVENT_EDIT:
		return e->target;
	case EVENT_REDACTION:
	case EVENT_REACTION:
	case EVENT_JOIN:
	case EVENT_LEAVE:
	case EVENT_INVITE:
	case EVENT_MOVED:
	case EVENT_EJECTED:
	case EVENT_MISSED:
	case EVENT_MUTED:
	case EVENT_IDENTITY:
		return NULL;
	}
	g_assert_not_reached();
}

static struct post whisper_to(const struct circle *c, const struct event *e)
{
	return (struct post){
		.network = e->network,
		.account = e->account,
		.shown = e->shown,
		.reply_to = said_in(e),
		.thread = e->thread,
		.room_else = e->direct || !said_in(e) ? NULL : e->room,
		.kind = POST_PRIVATE,
		.expires_at_us = c->now_us + REPLY_LASTS_US,
	};
}

static struct post reply_to(const struct circle *c, const struct event *e)
{
	if (e->direct)
		return whisper_to(c, e);
	return (struct post){
		.network = e->network,
		.room = e->room,
		.reply_to = said_in(e),
		.thread = e->thread,
		.kind = POST_REPLY,
		.expires_at_us = c->now_us + REPLY_LASTS_US,
	};
}

void voice_whisper(struct circle *c, const struct event *e, struct draft *d)
{
	struct post p = whisper_to(c, e);

	say(c, &p, d, 0, 0);
}

void voice_whisper_apart(struct circle *c, const struct event *e, struct draft *d,
			 struct draft *aloud)
{
	struct post p = whisper_to(c, e);

	if (!aloud)
		p.room_else = NULL;
	else if (p.room_else)
		p.markup_else = aloud->markup->str;
	say(c, &p, d, 0, 0);
	if (aloud)
		draft_done(aloud);
}

void voice_reply(struct circle *c, const struct event *e, struct draft *d)
{
	struct post p = reply_to(c, e);

	say(c, &p, d, 0, 0);
}

void voice_continue(struct circle *c, const struct event *e, struct draft *d)
{
	struct post p = reply_to(c, e);

	p.continues = true;
	say(c, &p, d, 0, 0);
}

void voice_tell(struct circle *c, int64_t person, struct draft *d, int64_t expires_us)
{
	int64_t until_us = absences_until(c, person, NULL);
	/* The door is chosen when it is said: they may have come in by another one until then. */
	struct post p = {
		.network = "",
		.kind = POST_PRIVATE,
		.expires_at_us = MAX(expires_us, until_us ? until_us + CIRCLE_TELL_LASTS_US : 0),
	};

	say_unasked(c, &p, d, person, until_us);
}

void voice_tell_at(struct circle *c, const char *network, const char *account, struct draft *d,
		   int64_t expires_us)
{
	struct post p = {
		.network = network,
		.account = account,
		.shown = account,
		.kind = POST_PRIVATE,
		.expires_at_us = expires_us,
	};

	say_unasked(c, &p, d, 0, 0);
}

void voice_organizers(struct circle *c, struct draft *d, int64_t expires_us)
{
	for (unsigned i = 0; i < c->group->organizers->len; i++) {
		const struct config_address *organizer = c->group->organizers->pdata[i];
		struct draft copy = draft_copy(d);
		int64_t person = people_of_address(c->db, organizer);

		if (person)
			voice_tell(c, person, &copy, expires_us);
		else
			voice_tell_at(c, organizer->network, organizer->name, &copy, expires_us);
	}
	draft_done(d);
}

void voice_announce_in(struct circle *c, const char *network, const char *room, struct draft *d,
		       int64_t expires_us)
{
	struct post p = {
		.network = network,
		.room = room,
		.kind = POST_ANNOUNCEMENT,
		.expires_at_us = expires_us,
	};

	say_unasked(c, &p, d, 0, 0);
}

void voice_announce(struct circle *c, struct draft *d, int64_t expires_us)
{
	for (unsigned i = 0; i < c->group->places->len; i++) {
		const struct config_address *place = c->group->places->pdata[i];
		struct draft copy = draft_copy(d);

		voice_announce_in(c, place->network, place->name, &copy, expires_us);
	}
	draft_done(d);
}

/* An announcement is the first its cause says: a post in each place, in their order. */
const char *voice_unsaid(struct circle *c)
{
	for (unsigned i = 0; i < c->group->places->len; i++) {
		g_autofree char *key = post_key(c, (int)i);
		const struct outbox_post *p = outbox_find(c->outbox, key);

		if (p)
			return p->post.word;
	}
	return NULL;
}

void voice_announce_anew(struct circle *c, struct draft *d)
{
	for (unsigned i = 0; i < c->group->places->len; i++) {
		g_autofree char *key = post_key(c, (int)i);

		outbox_revise(c->outbox, key, d->word, d->markup->str);
	}
	draft_done(d);
}

int circle_backup(struct circle *c, char **ret_path, char **ret_error)
{
	g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(c->run_us / CLOCK_US_PER_SECOND);
	g_autofree char *day = g_date_time_format(now, "%F");
	g_autofree char *path = g_strdup_printf("%s.%s.backup", db_path(c->db), day);
	int r = db_backup(c->db, path, ret_error);

	if (r == 0)
		*ret_path = g_steal_pointer(&path);
	return r;
}
