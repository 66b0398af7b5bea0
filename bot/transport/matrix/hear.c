/* What is said in Matrix rooms, as the app hears it. */
#include "transport/matrix/hear.h"
#include "base/log.h"
#include "event.h"
#include "store/db.h"
#include "transport/matrix/e2ee/e2ee.h"
#include "transport/matrix/invites.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/read.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/send.h"
#include "transport/matrix/spoken.h"
#include "transport/matrix/uploads.h"

#include <string.h>

/* Handled once, if handling it changes anything; what it changes and that it was handled are
 * written together or not at all. */
static void tell_once(struct matrix *m, const struct event *e)
{
	db_begin(m->db);
	int64_t before = db_changes(m->db);
	m->env.listener->event(m->env.data, &m->transport, e);
	if (db_changes(m->db) != before)
		db_run(m->db,
		       "INSERT OR IGNORE INTO matrix_event(network, event, at_us) VALUES(?, ?, ?)",
		       "tti", m->name, e->id, matrix_wall_us(m));
	db_end(m->db);
}

static bool was_handled(struct matrix *m, const char *event)
{
	return db_int(m->db, 0, "SELECT 1 FROM matrix_event WHERE network = ? AND event = ?", "tt",
		      m->name, event);
}

static enum event_kind kind_of(enum read_kind kind)
{
	switch (kind) {
	case READ_EDIT:
		return EVENT_EDIT;
	case READ_REDACTION:
		return EVENT_REDACTION;
	case READ_REACTION:
		return EVENT_REACTION;
	case READ_NOTHING:
	case READ_MESSAGE:
		return EVENT_MESSAGE;
	}
	g_assert_not_reached();
}

/* How it came here. */
struct passage {
	bool encrypted;
	enum e2ee_trust trust;
	const char *device; /* NULL: unknown */
	bool backlog;
};

/* No client encrypts what is taken back, and many do not encrypt reactions, for the server to count
 * them: neither says a word of its own. */
static bool is_trusted(enum read_kind kind, const struct passage *by)
{
	bool wordless = kind == READ_REDACTION || kind == READ_REACTION;

	return by->trust == E2EE_TRUSTED || (by->trust == E2EE_CLEAR && wordless);
}

static void tell_message(struct matrix *m, const struct matrix_room *room,
			 const struct read_event *read, const struct read_message *said,
			 const struct passage *by)
{
	const char *about = said->target && said->kind != READ_EDIT ? said->target : said->reply_to;
	g_autofree char *shown = matrix_room_shown(room, read->sender);
	g_autofree char *answers = about ? spoken_key(m->spoken, about) : NULL;
	g_autofree char *root = said->thread ? spoken_key(m->spoken, said->thread) : NULL;
	const struct event e = {
		.kind = kind_of(said->kind),
		.id = read->id,
		.network = m->name,
		.room = room->direct ? NULL : room->place,
		.account = read->sender,
		.shown = shown,
		.text = said->text,
		.target = said->target,
		.reply_to = said->reply_to,
		.answers = answers,
		.thread = said->thread,
		.thread_answers = root,
		.file_name = said->file_name,
		.file_type = said->file_type,
		.at_us = read->at_us,
		.direct = room->direct,
		.addressed = said->addressed,
		.encrypted = by->encrypted,
		.trusted = is_trusted(said->kind, by),
		.device = by->device,
		.backlog = by->backlog,
	};
	int64_t before = db_changes(m->db);

	tell_once(m, &e);
	if (e.direct || e.addressed || db_changes(m->db) != before)
		send_receipt(m->send, room, read->id);
}

/* `file`: of an upload that was asked about; NULL: not yet. */
static void hear_message(struct matrix *m, const struct matrix_room *room,
			 const struct read_event *read, const struct passage *by,
			 const struct read_message *file)
{
	const struct matrix_member *self = g_hash_table_lookup(room->members, m->user);
	const struct read_us us = { m->user, self ? self->shown : NULL };
	struct read_message said;

	read_message(read, &us, &said);
	if (file && file->file_name) {
		g_free(said.file_name);
		said.file_name = g_strdup(file->file_name);
	}
	if (file && file->file_type && !said.file_type)
		said.file_type = g_strdup(file->file_type);
	if (said.kind != READ_NOTHING && !was_handled(m, read->id) &&
	    (file || by->encrypted || !uploads_ask(m->uploads, room, read, &said, by->backlog)))
		tell_message(m, room, read, &said, by);
	read_message_done(&said);
}

/* Rooms that are neither a place nor for one person alone are nothing to the app; nor is whoever
 * that person lets into the latter. */
static bool is_heard(const struct matrix *m, const struct matrix_room *room,
		     const struct read_event *e)
{
	return room->inside && (room->place || !g_strcmp0(room->direct, e->sender)) &&
	       !e->state_key && !e->redacted && strcmp(e->sender, m->user) != 0 &&
	       matrix_rooms_is_user(e->sender);
}

/* Our own, back again. An amendment is said by the event that it amends (CS API: Event
 * replacements), which is what the next one has to name. */
static void hear_echo(struct matrix *m, const struct matrix_room *room, const struct read_event *e)
{
	struct span relates = span_get(e->content, "m.relates_to");
	g_autofree char *amends = span_says(span_get(relates, "rel_type"), "m.replace")
					  ? span_text(span_get(relates, "event_id"))
					  : NULL;

	if (strcmp(e->sender, m->user) != 0)
		return;
	if (e->transaction_id)
		send_echoed(m->send, e->transaction_id, amends ? amends : e->id);
	if (!strcmp(e->type, "m.room.encrypted"))
		e2ee_echoed(m->e2ee, room, e);
}

static struct passage in_clear(const struct matrix_room *room, bool backlog)
{
	return (struct passage){ .trust = room->encrypted ? E2EE_CLEAR : E2EE_TRUSTED,
				 .backlog = backlog };
}

void hear_opened(struct matrix *m, const struct matrix_room *room, const struct e2ee_event *e,
		 bool backlog)
{
	const struct passage by = { true, e->trust, e->device, backlog };

	if (is_heard(m, room, &e->event))
		hear_message(m, room, &e->event, &by, NULL);
}

static void hear_encrypted(struct matrix *m, const struct matrix_room *room,
			   const struct read_event *e, bool backlog)
{
	struct e2ee_event opened;

	if (was_handled(m, e->id) || e2ee_read(m->e2ee, room, e, backlog, &opened) != E2EE_READ)
		return;
	hear_opened(m, room, &opened, backlog);
	e2ee_event_done(&opened);
}

void hear_said(struct matrix *m, const struct matrix_room *room, const struct read_event *e,
	       bool backlog)
{
	const struct passage by = in_clear(room, backlog);

	if (!is_heard(m, room, e))
		return;
	if (!strcmp(e->type, "m.room.encrypted"))
		hear_encrypted(m, room, e, backlog);
	else
		hear_message(m, room, e, &by, NULL);
}

void hear_unreadable(struct matrix *m, const struct matrix_room *room,
		     const struct read_event *read, bool withheld)
{
	g_autofree char *shown = matrix_room_shown(room, read->sender);
	const struct event e = {
		.kind = withheld ? EVENT_WITHHELD : EVENT_UNREADABLE,
		.id = read->id,
		.network = m->name,
		.room = room->direct ? NULL : room->place,
		.account = read->sender,
		.shown = shown,
		.text = "",
		.at_us = read->at_us,
		.direct = room->direct,
		.encrypted = true,
	};

	if (is_heard(m, room, read) && !was_handled(m, read->id))
		tell_once(m, &e);
}

void hear_identity(struct matrix *m, const char *user)
{
	g_autofree char *id =
		g_strdup_printf("identity/%s/%" G_GINT64_FORMAT, user, matrix_wall_us(m));
	const struct event e = {
		.kind = EVENT_IDENTITY,
		.id = id,
		.network = m->name,
		.account = user,
		.shown = user,
		.text = "",
		.at_us = matrix_wall_us(m),
		.direct = true,
		.trusted = true,
	};

	if (strcmp(user, m->user) != 0)
		m->env.listener->event(m->env.data, &m->transport, &e);
}

void hear_named(struct matrix *m, const char *id, const struct read_event *e, bool backlog,
		const struct read_message *file)
{
	const struct matrix_room *room = matrix_rooms_find(m->rooms, id);

	if (!room || !is_heard(m, room, e))
		return;
	const struct passage by = in_clear(room, backlog);
	hear_message(m, room, e, &by, file);
}

void hear_event(struct matrix *m, const struct matrix_room *room, struct span event, bool backlog)
{
	struct read_event read;

	if (read_event(event, &read) < 0)
		return;
	if (!read.state_key)
		hear_echo(m, room, &read);
	hear_said(m, room, &read, backlog);
	read_event_done(&read);
}

static void tell_presence(struct matrix *m, const struct matrix_room *room,
			  const struct read_event *read, enum event_kind kind)
{
	g_autofree char *shown = matrix_room_shown(room, read->state_key);
	const struct event e = {
		.kind = kind,
		.id = read->id,
		.network = m->name,
		.room = room->place,
		.account = read->state_key,
		.shown = shown,
		.text = "",
		.at_us = read->at_us,
		.trusted = true,
	};

	tell_once(m, &e);
}

void hear_muted(struct matrix *m, const struct matrix_room *room)
{
	/* Closed behind everybody who follows. */
	if (room->moved_to)
		return;
	g_autofree char *id = g_strconcat("muted/", room->id, NULL);
	const struct event e = {
		.kind = EVENT_MUTED,
		.id = id,
		.network = m->name,
		.room = room->place,
		.shown = "",
		.text = "",
		.at_us = matrix_wall_us(m),
		.trusted = true,
		.encrypted = matrix_room_is_opaque(room),
	};

	if (matrix_room_is_opaque(room))
		log_warning(
			"matrix %s: %s is encrypted in a way that this kith does not know; make "
			"another room, and name it in 'places' instead",
			m->name, room->place);
	else
		log_warning("matrix %s: may not speak in %s; somebody who may change its power "
			    "levels has to let %s send messages",
			    m->name, room->place, m->user);
	m->env.listener->event(m->env.data, &m->transport, &e);
}

/* Of somebody else, in a place; what is told of kith itself the rooms and the sync know. */
static void hear_change(struct matrix *m, struct matrix_room *room, const struct read_event *read,
			enum matrix_rooms_change change)
{
	bool theirs = room->place && strcmp(read->state_key, m->user) != 0;

	switch (change) {
	case MATRIX_ROOMS_NOTHING:
		break;
	case MATRIX_ROOMS_STATE:
		if (room->place && matrix_room_is_opaque(room) &&
		    !strcmp(read->type, "m.room.encryption"))
			hear_muted(m, room);
		break;
	case MATRIX_ROOMS_POWER:
		if (room->place && !matrix_room_may_speak(m->rooms, room))
			hear_muted(m, room);
		break;
	case MATRIX_ROOMS_JOIN:
		if (theirs)
			tell_presence(m, room, read, EVENT_JOIN);
		break;
	case MATRIX_ROOMS_LEAVE:
		if (theirs)
			tell_presence(m, room, read, EVENT_LEAVE);
		break;
	case MATRIX_ROOMS_MOVED:
		if (room->place)
			invites_follow(m->invites, room);
		break;
	}
}

static enum matrix_rooms_change apply(struct matrix *m, struct matrix_room *room,
				      const struct read_event *e)
{
	enum matrix_rooms_change change = matrix_rooms_apply(m->rooms, room, e);

	if (change != MATRIX_ROOMS_NOTHING)
		e2ee_room(m->e2ee, room, e);
	return change;
}

void hear_state(struct matrix *m, struct matrix_room *room, struct span event)
{
	struct read_event read;

	if (read_event(event, &read) < 0)
		return;
	if (read.state_key && apply(m, room, &read) == MATRIX_ROOMS_MOVED && room->place)
		invites_follow(m->invites, room);
	read_event_done(&read);
}

void hear_timeline(struct matrix *m, struct matrix_room *room, const struct read_event *e,
		   bool told)
{
	if (e->state_key) {
		enum matrix_rooms_change change = apply(m, room, e);

		if (told)
			hear_change(m, room, e, change);
		else if (change == MATRIX_ROOMS_MOVED && room->place)
			invites_follow(m->invites, room);
		invites_abandoned(m->invites, room);
	} else {
		hear_echo(m, room, e);
	}
}

void hear_ejected(struct matrix *m, const struct matrix_room *room, struct span event)
{
	struct read_event read;

	if (read_event(event, &read) < 0)
		return;
	g_autofree char *shown = matrix_room_shown(room, read.sender);
	g_autofree char *reason = span_text(span_get(read.content, "reason"));
	const struct event e = {
		.kind = EVENT_EJECTED,
		.id = read.id,
		.network = m->name,
		.room = room->place,
		.account = read.sender,
		.shown = shown,
		.text = reason ? reason : "",
		.at_us = read.at_us,
		.trusted = true,
	};

	if (strcmp(read.sender, m->user) != 0 && !was_handled(m, read.id))
		tell_once(m, &e);
	read_event_done(&read);
}

void hear_missed(struct matrix *m, const char *place, int64_t from_us)
{
	g_autofree char *id = g_strdup_printf("missed/%s/%" G_GINT64_FORMAT, place, from_us);
	const struct event e = {
		.kind = EVENT_MISSED,
		.id = id,
		.network = m->name,
		.room = place,
		.shown = "",
		.text = "",
		.at_us = from_us,
		.trusted = true,
	};

	m->env.listener->event(m->env.data, &m->transport, &e);
}
