#include "app/reactions.h"

#include "app/replied.h"
#include "base/text/text.h"
#include "circle/notes.h"
#include "circle/people.h"
#include "circle/pitches.h"
#include "circle/records.h"
#include "circle/works.h"
#include "command.h"
#include "event.h"
#include "store/outbox.h"

#include <string.h>

/* Who marked what. */
struct marked {
	struct circle *c;
	const struct event *e;
	int64_t person; /* 0: nobody kith knows */
	bool member;
	char *name;
	struct command_replied about;
	char *caused; /* the message that kith's own post answers, or which is marked itself */
};

/* Undoes what the message had recorded; on that message, or on kith's answer to it. */
static void undo(struct marked *m)
{
	const char *kind =
		m->member && m->caused ? records_undo_event(m->c, m->person, m->caused) : NULL;

	if (!kind)
		return;
	g_autofree char *what = g_strconcat("undone.", kind, NULL);
	struct draft d = draft_new(m->c);
	draft_say(&d, "undone", NULL);
	draft_add(&d, what, NULL);
	voice_whisper(m->c, m->e, &d);
}

/* On what kith said about an offer, by whom it said it to. */
static void not_a_pitch(struct marked *m)
{
	PITCHES_AUTHOR_AUTO struct pitches_author a = pitches_author(m->c, m->e);

	if (!m->about.ours || !m->caused ||
	    !pitches_misread_event(m->c, &a, m->e->network, m->caused))
		return;
	struct draft d = draft_new(m->c);
	draft_say(&d, "pitch.sorry", "name", m->name, NULL);
	voice_whisper(m->c, m->e, &d);
}

/* On what somebody said. */
static void thank(struct marked *m)
{
	int64_t to = m->about.person;

	if (!m->member || m->about.ours || !to || to == m->person)
		return;
	records_add(m->c, m->person, "thanks", thanks_add(m->c, m->person, to, NULL), 0);
	g_autofree char *name = people_name(m->c, to);
	struct draft d = draft_new(m->c);
	draft_say(&d, "reaction.thanked", "name", m->name, "to", name, NULL);
	voice_whisper(m->c, m->e, &d);
}

/* On what shows a work or tells of it. */
static void tell_work(struct marked *m)
{
	WORKS_AUTO struct work *w = m->about.work ? works_by_id(m->c, m->about.work) : NULL;
	struct event alone = *m->e;
	unsigned length;

	if (!w)
		return;
	alone.direct = true;
	alone.room = NULL;
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, w->number);
	struct command_call call = {
		.command = command_find("work", &length),
		.circle = m->c,
		.event = &alone,
		.person = m->person,
		.member = m->member,
		.name = m->name,
		.args = number,
	};
	call.command->run(&call);
}

static const struct {
	const char *key;
	void (*handle)(struct marked *m);
} marks[] = {
	{ "reaction.undo", undo },
	{ "reaction.not-a-pitch", not_a_pitch },
	{ "reaction.thanks", thank },
	{ "reaction.work", tell_work },
};

/* Without what only asks for it to be drawn in colours (U+FE0F): some clients send that, some do
 * not. */
static char *bare(const char *mark)
{
	g_auto(GStrv) parts = g_strsplit(mark, "\357\270\217", -1);

	return g_strstrip(g_strjoinv("", parts));
}

static bool is_one_of(const char *alternatives, const char *mark)
{
	g_auto(GStrv) all = g_strsplit(alternatives, "|", -1);
	bool found = false;

	for (char **one = all; *one && !found; one++) {
		g_autofree char *plain = bare(*one);
		found = *plain && !strcmp(plain, mark);
	}
	return found;
}

/* Its place in `marks`, or how many there are. */
static size_t which(const struct circle *c, const struct event *e)
{
	g_autofree char *mark = bare(e->text);
	size_t i = 0;

	while (i < G_N_ELEMENTS(marks) && !is_one_of(words_get(c->words, marks[i].key), mark))
		i++;
	return i;
}

bool reactions_known(const struct circle *c, const struct event *e)
{
	/* Far more than any emoji has. */
	return strlen(e->text) < 64 && which(c, e) < G_N_ELEMENTS(marks);
}

void reactions_handle(struct app_group *group, struct circle *c, const struct event *e)
{
	int64_t person = people_by_handle(c->db, e->network, e->account);
	bool member = person && people_joined(c, person);
	g_autofree char *shown = text_line(e->shown);
	g_autofree char *name =
		member ? people_name(c, person) : text_clip(shown, CIRCLE_NAME_MOST);
	g_autofree char *caused =
		e->answers ? outbox_answers(c->outbox, e->answers) : g_strdup(e->target);
	struct event reply = *e;
	struct marked m = { c, e, person, member, name, { 0 }, caused };

	reply.reply_to = e->target;
	replied_find(group, c, &reply, &m.about);
	c->about = person;
	marks[which(c, e)].handle(&m);
}
