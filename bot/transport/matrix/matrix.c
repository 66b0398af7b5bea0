#include "transport/matrix/matrix.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "config.h"
#include "event.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/account.h"
#include "transport/matrix/api.h"
#include "transport/matrix/device_id.h"
#include "transport/matrix/e2ee/e2ee.h"
#include "transport/matrix/hear.h"
#include "transport/matrix/invites.h"
#include "transport/matrix/login.h"
#include "transport/matrix/rooms.h"
#include "transport/matrix/seal.h"
#include "transport/matrix/send.h"
#include "transport/matrix/spoken.h"
#include "transport/matrix/sync.h"
#include "transport/matrix/trial.h"
#include "transport/matrix/uploads.h"
#include "transport/matrix/waiting.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* Until everything that was missed has been told; then kith speaks all the same. */
#define TELLING_MOST_US CLOCK_US_PER_MINUTE

static void sign_in(struct matrix *m);

int64_t matrix_wall_us(const struct matrix *m)
{
	return m->env.clock->wall_us(m->env.clock);
}

int64_t matrix_heard_us(const struct matrix *m)
{
	int64_t heard_us = 0;

	for (unsigned i = 0; m->env.heard_us && m->env.rooms[i]; i++)
		heard_us = MAX(heard_us, m->env.heard_us[i]);
	return heard_us;
}

/* Whether kith is there and has told all that was said. */
static bool listens(const struct matrix *m, const struct matrix_room *room)
{
	return room && room->inside && m->synced && !waiting_holds(m->waiting, room->id);
}

static void update_listening(struct matrix *m)
{
	for (unsigned i = 0; m->env.listening && m->env.rooms[i]; i++)
		m->env.listening[i] =
			m->rooms && listens(m, matrix_rooms_at(m->rooms, m->env.rooms[i]));
}

void matrix_report(struct matrix *m, enum transport_state s)
{
	if (m->state == s && s != TRANSPORT_ONLINE)
		return;
	m->state = s;
	if (s != TRANSPORT_ONLINE) {
		m->synced = false;
		update_listening(m);
	}
	if (s != TRANSPORT_ONLINE && m->send)
		send_forget(m->send);
	m->env.listener->state(m->env.data, &m->transport, s);
}

static bool anything_waits(const struct matrix *m)
{
	const struct matrix_room *room;

	for (unsigned i = 0; (room = matrix_rooms_each(m->rooms, i)); i++)
		if (waiting_holds(m->waiting, room->id))
			return true;
	return false;
}

static void online_at_last(void *data)
{
	struct matrix *m = data;

	m->telling = false;
	if (m->synced)
		matrix_report(m, TRANSPORT_ONLINE);
}

/* Either the app has been told all there is, or it takes too long. */
static void look(struct matrix *m)
{
	update_listening(m);
	if (!m->synced || m->state == TRANSPORT_ONLINE)
		return;
	if (!anything_waits(m))
		loop_timer_set(m->due, 0);
	else if (!m->telling)
		loop_timer_set(m->due, TELLING_MOST_US);
	m->telling = true;
}

void matrix_entered(struct matrix *m, const struct matrix_room *room)
{
	/* What waits to be said there is offered anew. */
	if (m->state == TRANSPORT_ONLINE)
		loop_timer_set(m->due, 0);
	if (!room->place)
		return;
	m->moved = true;
	log_info("matrix %s: in %s; people there: %u", m->name, room->place,
		 MAX(g_hash_table_size(room->members), 1) - 1);
	if (matrix_room_is_opaque(room) || !matrix_room_may_speak(m->rooms, room))
		hear_muted(m, room);
}

void matrix_left(struct matrix *m, const struct matrix_room *room, bool banned)
{
	e2ee_left(m->e2ee, room);
	if (!room->place)
		return;
	invites_put_out(m->invites, room->place, banned);
	m->moved = true;
}

void matrix_synced(struct matrix *m, bool first)
{
	m->synced = true;
	m->failures = 0;
	e2ee_synced(m->e2ee);
	send_review(m->send);
	if (first)
		waiting_resume(m->waiting, m->api, matrix_wall_us(m));
	if (first || m->moved)
		invites_places(m->invites);
	m->moved = false;
	look(m);
}

/* What waited in a room has been told. */
static void waited_event(void *data, const char *id, struct span event, bool backlog)
{
	struct matrix *m = data;
	const struct matrix_room *room = matrix_rooms_find(m->rooms, id);

	if (room)
		hear_event(m, room, event, backlog);
}

static void waited_in_vain(void *data, const char *id, int64_t from_us)
{
	struct matrix *m = data;
	const struct matrix_room *room = matrix_rooms_find(m->rooms, id);

	if (room && room->place)
		hear_missed(m, room->place, from_us);
}

static void waited(void *data, const char *id)
{
	look(data);
}

static void give_up(struct matrix *m, const char *why)
{
	log_error("matrix %s: %s", m->name, why);
	matrix_report(m, TRANSPORT_FAILED);
}

static void close_session(struct matrix *m)
{
	sync_free(g_steal_pointer(&m->sync));
	invites_free(g_steal_pointer(&m->invites));
	waiting_free(g_steal_pointer(&m->waiting));
	uploads_free(g_steal_pointer(&m->uploads));
	send_free(g_steal_pointer(&m->send));
	spoken_free(g_steal_pointer(&m->spoken));
	e2ee_free(g_steal_pointer(&m->e2ee));
	matrix_rooms_free(g_steal_pointer(&m->rooms));
	api_free(g_steal_pointer(&m->api));
	g_clear_pointer(&m->user, g_free);
	g_clear_pointer(&m->device, g_free);
	m->synced = false;
}

static void renewed(void *data, const struct account *a)
{
	struct matrix *m = data;

	db_begin(m->db);
	account_save(m->db, m->seal, m->name, a);
	db_end(m->db);
}

/* From inside a callback of the session's own: it is closed from the loop. */
static void dead(void *data, const char *why)
{
	struct matrix *m = data;

	log_error("matrix %s: signed out by the server: %s", m->name, why);
	matrix_report(m, TRANSPORT_OFFLINE);
	db_begin(m->db);
	account_forget(m->db, m->name);
	db_end(m->db);
	m->failures++;
	loop_timer_set(m->retry, api_pause_us(m->failures));
}

static void ready(void *data, const char *room)
{
	struct matrix *m = data;

	send_ready(m->send, room);
}

static void opened(void *data, const char *id, const struct e2ee_event *e, bool backlog)
{
	struct matrix *m = data;
	const struct matrix_room *room = matrix_rooms_find(m->rooms, id);

	if (room)
		hear_opened(m, room, e, backlog);
}

static void unreadable(void *data, const char *id, const struct read_event *e, bool withheld)
{
	struct matrix *m = data;
	const struct matrix_room *room = matrix_rooms_find(m->rooms, id);

	if (room)
		hear_unreadable(m, room, e, withheld);
}

static void identity_changed(void *data, const char *user)
{
	hear_identity(data, user);
}

/* Where the file cannot be read that is told when it is needed to sign in. */
static char *password(void *data)
{
	struct matrix *m = data;
	g_autofree char *fault = NULL;
	char *password = NULL;

	return config_secret(m->section, "password-file", &password, &fault) == 0 ? password : NULL;
}

/* Its session is left as it is: another kith, which knows more, may go on with it. */
static void stale(void *data, const char *why)
{
	struct matrix *m = data;

	log_error("matrix %s: the device %s cannot be used any more: %s; signing in as another one",
		  m->name, m->device, why);
	matrix_report(m, TRANSPORT_OFFLINE);
	db_begin(m->db);
	device_id_discard(m->db, m->section);
	db_end(m->db);
	loop_timer_set(m->retry, 0);
}

/* False: it is told that it cannot go on. */
static bool open_e2ee(struct matrix *m)
{
	static const struct e2ee_callbacks callbacks = { ready,      opened,
							 unreadable, identity_changed,
							 password,   stale };
	const char *trust = config_text(m->section, "trust");
	const struct e2ee_env env = {
		.loop = m->env.loop,
		.clock = m->env.clock,
		.db = m->db,
		.api = m->api,
		.network = m->name,
		.user = m->user,
		.device = m->device,
		.any_device = trust && !strcmp(trust, "any"),
	};

	db_begin(m->db);
	int error = e2ee_open(&env, m->seal, m->rooms, &callbacks, m, &m->e2ee);
	db_end(m->db);
	if (error == 0)
		return true;
	give_up(m, "the keys in the store were locked with another key; put the old key-file back, "
		   "or sign in again: kith matrix login");
	return false;
}

static void open_session(struct matrix *m, const struct account *a)
{
	static const struct waiting_callbacks waits = { waited_event, waited_in_vain, waited };
	const struct api_options options = {
		.loop = m->env.loop,
		.clock = m->env.clock,
		.http = m->http,
		.name = m->name,
		.section = m->section,
		.callbacks = { renewed, dead },
		.data = m,
	};

	log_info("matrix %s: signed in at %s as %s, device %s", m->name, a->homeserver, a->user,
		 a->device);
	m->user = g_strdup(a->user);
	m->device = g_strdup(a->device);
	m->api = api_new(&options, a);
	m->rooms = matrix_rooms_new(m->db, m->name, m->user, m->env.rooms);
	if (!open_e2ee(m))
		return;
	m->spoken = spoken_new(m->db, m->name);
	m->send = send_new(m);
	m->uploads = uploads_new(m, hear_named);
	m->waiting = waiting_new(m->db, m->name, &waits, m);
	m->invites = invites_new(m);
	m->sync = sync_new(m);
	sync_start(m->sync);
}

static void signed_in(void *data, int error, struct account *a, const char *why, int64_t again_us)
{
	struct matrix *m = data;
	const char *fault = error ? NULL : device_id_fault(m->db, m->section, a->device);

	m->login = NULL;
	if (fault) {
		give_up(m, fault);
		account_free(a);
	} else if (error == 0) {
		renewed(m, a);
		open_session(m, a);
		account_free(a);
	} else if (error == -EACCES) {
		give_up(m, why);
	} else {
		/* Not each time: a server may be away for days. The end of a session counts as one
		 * already. */
		if (m->failures <= 1)
			log_warning("matrix %s: cannot sign in: %s; trying again", m->name, why);
		matrix_report(m, TRANSPORT_OFFLINE);
		m->failures++;
		loop_timer_set(m->retry, MAX(api_pause_us(m->failures), again_us));
	}
}

/* The secret of that key, or NULL; false if it cannot be read. */
static bool secret(struct matrix *m, const char *key, char **ret)
{
	g_autofree char *fault = NULL;
	g_autofree char *text = NULL;

	if (config_secret(m->section, key, ret, &fault) == 0)
		return true;
	text = g_strdup_printf("%s: %s", key, fault);
	give_up(m, text);
	return false;
}

static void sign_in(struct matrix *m)
{
	char *password = NULL, *token = NULL;

	if (secret(m, "password-file", &password) && secret(m, "token-file", &token)) {
		g_autofree char *device = device_id_next(m->db, m->section);
		const struct login_wish wish = { .section = m->section,
						 .password = password,
						 .token = token,
						 .device = device,
						 .clock = m->env.clock };

		if (password || token)
			m->login = login_start(m->http, &wish, signed_in, m);
		else
			give_up(m, "not signed in; sign in with: kith matrix login");
	}
	config_secret_free(password);
	config_secret_free(token);
}

static bool same_account(const struct matrix *m, const struct account *a)
{
	return !g_ascii_strcasecmp(a->user, config_text(m->section, "user"));
}

/* As it stands in the store, or anew. From the loop, at the start and after a session's end. */
static void begin(void *data)
{
	struct matrix *m = data;
	struct account *a = NULL;

	close_session(m);
	matrix_report(m, TRANSPORT_CONNECTING);
	int error = account_load(m->db, m->seal, m->name, &a);
	if (error == 0 && same_account(m, a))
		open_session(m, a);
	else if (error == -EKEYREJECTED)
		give_up(m, "what the store keeps of its session was locked with another key; put "
			   "the old key-file back, or sign in again: kith matrix login");
	else
		sign_in(m);
	account_free(a);
}

static void matrix_close(struct transport *t)
{
	struct matrix *m = (struct matrix *)t;

	if (!m)
		return;
	login_cancel(m->login);
	if (m->db)
		close_session(m);
	http_free(m->http);
	seal_free(m->seal);
	loop_timer_free(m->retry);
	loop_timer_free(m->due);
	config_section_free(m->section);
	g_free(m->name);
	g_free(m);
}

static int open_parts(struct matrix *m)
{
	g_autofree char *fault = NULL;
	g_autofree char *folder = m->db ? g_path_get_dirname(db_path(m->db)) : g_strdup(".");
	const struct http_options options = { config_text(m->section, "proxy"), folder };
	int error = http_new(m->env.loop, &options, &m->http);

	if (error < 0) {
		log_error("matrix %s: cannot use the proxy %s", m->name, options.proxy);
		return error;
	}
	if (!m->db)
		return 0;
	error = seal_open(m->section, db_path(m->db), &m->seal, &fault);
	if (error < 0)
		log_error("matrix %s: %s", m->name, fault);
	return error;
}

static int matrix_open(const struct transport_env *env, const struct config_section *c,
		       struct transport **ret)
{
	struct matrix *m = g_new0(struct matrix, 1);

	m->env = *env;
	m->db = env->db;
	m->section = config_section_copy(c);
	m->name = g_strdup(c->name);
	m->transport.impl = &transport_matrix;
	m->transport.name = m->name;
	m->state = TRANSPORT_CONNECTING;
	m->retry = loop_timer_new(env->loop, begin, m);
	m->due = loop_timer_new(env->loop, online_at_last, m);
	int error = open_parts(m);
	if (error == 0 && env->trial)
		error = trial_begin(m);
	if (error < 0) {
		matrix_close(&m->transport);
		return error;
	}
	if (!env->trial)
		loop_timer_set(m->retry, 0);
	*ret = &m->transport;
	return 0;
}

static int matrix_send(struct transport *t, const struct post *p)
{
	struct matrix *m = (struct matrix *)t;

	return m->send && m->state == TRANSPORT_ONLINE ? send_post(m->send, p) : -EAGAIN;
}

const struct transport_impl transport_matrix = {
	.kind = "matrix",
	.idempotent = true,
	.open = matrix_open,
	.send = matrix_send,
	.close = matrix_close,
};
