#include "transport/matrix/sync.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/batch.h"
#include "transport/matrix/dump.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/spoken.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>

/* Below the minute after which many a proxy hangs up. */
#define POLL_MS 50000
#define POLL_US (POLL_MS * INT64_C(1000))
/* What a server may take beyond that; the first answer of a large account is long in the making. */
#define SPARE_US       (30 * CLOCK_US_PER_SECOND)
#define FIRST_US       (15 * CLOCK_US_PER_MINUTE)
#define WRITE_AFTER_US CLOCK_US_PER_MINUTE
/* A server that does not wait until there is something is not asked more often. */
#define EMPTY_EVERY_US CLOCK_US_PER_SECOND
/* Which event an answer was: people answer it, but hardly within the second. */
#define SAID_AFTER_US CLOCK_US_PER_SECOND
/* No server hands out an event again that is so old. */
#define EVENTS_LAST_US (60 * CLOCK_US_PER_DAY)

/* One lost connection is nothing yet; a second in a row is. */
enum { LOST_AFTER = 2, TIMELINE_MOST = 50 };

struct sync {
	struct matrix *m;
	struct api_call *call;
	struct loop_timer *again;
	struct loop_timer *write; /* the cursor has moved and is not written */
	char *since;              /* NULL: there was no sync yet */
	char *filter, *filter_id;
	bool dirty;
	bool soon;      /* `write` is set for what was said */
	bool listening; /* since the last answer nothing can have been missed for long */
	bool refused;   /* by the server, since the last answer: then the filter is made anew */
	bool moved;     /* the last answer brought another cursor */
	int64_t heard_us;
	int64_t pruned_us;
	int64_t asked_us; /* monotonic */
	unsigned failures;
};

static void poll_again(void *data);

/* What kith wants to be told of at all. */
static char *filter_text(void)
{
	static const char *const state[] = {
		"m.room.create",       "m.room.member",
		"m.room.encryption",   "m.room.name",
		"m.room.power_levels", "m.room.join_rules",
		"m.room.tombstone",    "m.room.history_visibility",
	};
	static const char *const said[] = { "m.room.message", "m.room.encrypted",
					    "m.room.redaction", "m.reaction" };
	json_t *state_types = json_array(), *all_types = json_array();

	for (size_t i = 0; i < G_N_ELEMENTS(state); i++) {
		json_array_append_new(state_types, json_string(state[i]));
		json_array_append_new(all_types, json_string(state[i]));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
		json_array_append_new(all_types, json_string(said[i]));
	json_t *filter =
		json_pack("{s:{s:[s]}, s:{s:[]}, s:{s:{s:[]}, s:{s:[]}, s:{s:o}, s:{s:i, s:o}}}",
			  "account_data", "types", "m.direct", "presence", "types", "room",
			  "account_data", "types", "ephemeral", "types", "state", "types",
			  state_types, "timeline", "limit", TIMELINE_MOST, "types", all_types);
	char *text = dump_sorted(filter);

	json_decref(filter);
	return text;
}

static int64_t mono_us(const struct sync *s)
{
	return s->m->env.clock->mono_us(s->m->env.clock);
}

static void load(struct sync *s)
{
	struct query q = db_query(s->m->db,
				  "SELECT since, filter, filter_id FROM matrix_account"
				  " WHERE network = ?",
				  "t", s->m->name);

	if (!query_next(&q))
		return;
	s->since = g_strdup(query_text(&q, 0));
	if (!strcmp(query_text(&q, 1), s->filter))
		s->filter_id = g_strdup(query_text(&q, 2));
	query_done(&q);
}

/* In a transaction. */
static void write_cursor(struct sync *s)
{
	int64_t now_us = matrix_wall_us(s->m);

	db_run(s->m->db, "UPDATE matrix_account SET since = ? WHERE network = ?", "tt", s->since,
	       s->m->name);
	spoken_write(s->m->spoken, now_us);
	if (now_us - s->pruned_us > CLOCK_US_PER_DAY) {
		db_run(s->m->db, "DELETE FROM matrix_event WHERE network = ? AND at_us < ?", "ti",
		       s->m->name, now_us - EVENTS_LAST_US);
		s->pruned_us = now_us;
	}
	s->dirty = s->soon = false;
	loop_timer_set(s->write, -1);
}

static void write_now(void *data)
{
	struct sync *s = data;

	if (!s->dirty)
		return;
	db_begin(s->m->db);
	write_cursor(s);
	db_end(s->m->db);
}

static void move_cursor(struct sync *s, char *next, bool kept)
{
	bool first = !s->since;

	s->moved = g_strcmp0(s->since, next) != 0;
	g_free(s->since);
	s->since = next;
	if (kept || first) {
		write_cursor(s);
	} else if (spoken_dirty(s->m->spoken) && !s->soon) {
		s->dirty = s->soon = true;
		loop_timer_set(s->write, SAID_AFTER_US);
	} else if (s->moved && !s->dirty) {
		s->dirty = true;
		loop_timer_set(s->write, WRITE_AFTER_US);
	}
}

static int handle(struct sync *s, const struct api_answer *a)
{
	struct matrix *m = s->m;
	const struct batch b = {
		.body = a->body,
		.bytes = a->bytes,
		.http = a->http,
		.since = s->since,
		.catching_up = !s->listening,
		.heard_us = s->heard_us,
	};
	int64_t before = db_changes(m->db);
	char *next;
	bool kept;

	db_begin(m->db);
	int error = batch_handle(m, &b, &next, &kept);
	if (error == 0)
		move_cursor(s, next, kept || db_changes(m->db) != before);
	db_end(m->db);
	return error;
}

static void wait_longer(struct sync *s)
{
	s->listening = false;
	s->failures++;
	if (s->failures >= LOST_AFTER || s->m->state == TRANSPORT_CONNECTING)
		matrix_report(s->m, TRANSPORT_OFFLINE);
	loop_timer_set(s->again, api_pause_us(s->failures));
}

/* A server that was set back or set up anew does not know the filter any more, or where kith was;
 * what has no errcode is a proxy's. */
static void doubt(struct sync *s, const struct api_answer *a)
{
	if ((a->status != 400 && a->status != 404) || !*a->errcode ||
	    !strcmp(a->errcode, "M_UNRECOGNIZED"))
		return;
	if (!s->refused) {
		s->refused = true;
		g_clear_pointer(&s->filter_id, g_free);
	} else if (s->since) {
		log_warning("matrix %s: the server does not know any more how far kith has heard; "
			    "beginning anew, what was said meanwhile is lost",
			    s->m->name);
		g_clear_pointer(&s->since, g_free);
	}
}

static void failed(struct sync *s, const struct api_answer *a, const char *why)
{
	if (a->error == -EACCES)
		return; /* the session's end is told elsewhere */
	if (s->failures == 0 || s->failures == LOST_AFTER)
		log_warning("matrix %s: cannot hear what is said: %s; trying again", s->m->name,
			    why);
	wait_longer(s);
}

static void synced(void *data, const struct api_answer *a)
{
	struct sync *s = data;

	s->call = NULL;
	if (a->error < 0) {
		doubt(s, a);
		failed(s, a, a->why);
		return;
	}
	if (handle(s, a) < 0) {
		failed(s, a, "the server's answer is no answer to /sync");
		return;
	}
	if (s->failures)
		log_info("matrix %s: hears what is said again", s->m->name);
	s->failures = 0;
	s->refused = false;
	s->heard_us = matrix_wall_us(s->m);
	bool first = !s->listening;
	s->listening = true;
	matrix_synced(s->m, first);
	/* Not from here: what was handled may have closed the transport's session. */
	int64_t next_us = s->moved || first ? 0 : s->asked_us + EMPTY_EVERY_US - mono_us(s);
	loop_timer_set(s->again, MAX(next_us, 0));
}

static void poll_once(struct sync *s)
{
	g_autofree char *filter = http_escape(s->filter_id);
	g_autofree char *since = s->since ? http_escape(s->since) : NULL;
	/* Whoever was away wants to know at once whether there is anything. */
	g_autofree char *path = g_strdup_printf("v3/sync?filter=%s&timeout=%d%s%s", filter,
						s->listening ? POLL_MS : 0, since ? "&since=" : "",
						since ? since : "");
	const struct api_request request = {
		.method = "GET",
		.path = path,
		.retry = API_ONCE,
		.answer_us = s->since ? POLL_US + SPARE_US : FIRST_US,
		.raw = true,
	};

	s->asked_us = mono_us(s);
	s->call = api_send(s->m->api, &request, synced, s);
}

static void filtered(void *data, const struct api_answer *a)
{
	struct sync *s = data;
	g_autofree char *id = a->error ? NULL : span_text(span_get(a->json, "filter_id"));

	s->call = NULL;
	if (!id || !*id) {
		failed(s, a, a->error ? a->why : "the server gave the filter no name");
		return;
	}
	s->filter_id = g_steal_pointer(&id);
	db_begin(s->m->db);
	db_run(s->m->db, "UPDATE matrix_account SET filter = ?, filter_id = ? WHERE network = ?",
	       "ttt", s->filter, s->filter_id, s->m->name);
	db_end(s->m->db);
	loop_timer_set(s->again, 0);
}

static void store_filter(struct sync *s)
{
	g_autofree char *user = http_escape(s->m->user);
	g_autofree char *path = g_strdup_printf("v3/user/%s/filter", user);
	const struct api_request request = {
		.method = "POST",
		.path = path,
		.body = json_loads(s->filter, 0, NULL),
		.retry = API_ONCE,
	};

	s->call = api_send(s->m->api, &request, filtered, s);
}

static void poll_again(void *data)
{
	struct sync *s = data;

	if (s->call)
		return;
	if (s->filter_id && *s->filter_id)
		poll_once(s);
	else
		store_filter(s);
}

struct sync *sync_new(struct matrix *m)
{
	struct sync *s = g_new0(struct sync, 1);

	s->m = m;
	s->filter = filter_text();
	s->again = loop_timer_new(m->env.loop, poll_again, s);
	s->write = loop_timer_new(m->env.loop, write_now, s);
	load(s);
	return s;
}

void sync_free(struct sync *s)
{
	if (!s)
		return;
	write_now(s);
	api_cancel(s->call);
	loop_timer_free(s->again);
	loop_timer_free(s->write);
	g_free(s->since);
	g_free(s->filter);
	g_free(s->filter_id);
	g_free(s);
}

void sync_start(struct sync *s)
{
	s->heard_us = matrix_heard_us(s->m);
	loop_timer_set(s->again, 0);
}
