#include "transport/matrix/waiting.h"

#include "base/log.h"
#include "clock.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* So far the clocks of those who speak may be behind ours. */
#define CLOCKS_DIFFER_US CLOCK_US_PER_HOUR
/* A server that always fails over one page must not keep the room waiting for ever. */
#define TRY_FOR_US (5 * CLOCK_US_PER_MINUTE)

enum {
	ROWS_MOST = 5000, /* that wait in a room while its hole is not filled */
	ROWS_A_COMMIT = 100,
	/* Beyond what is allowed even with all that a server adds (CS API: Size limits). */
	EVENT_BYTES_MOST = 256 * 1024,
	PAGE_BYTES_MOST = 32 * 1024 * 1024,
};

/* A room in which events wait: behind a hole, or to be handed on as soon as that may be. */
struct held {
	struct waiting *w;
	char *room;
	char *token, *until; /* NULL: there is no hole any more */
	int64_t from_us;
	int64_t asked;
	int64_t lowest, behind; /* the first seq that is used, and the first behind all */
	int64_t rows;
	struct api_call *call;
};

struct waiting {
	struct db *db;
	char *network;
	struct waiting_callbacks callbacks;
	void *data;
	struct api *api;  /* NULL: not yet */
	int64_t now_us;   /* as last told */
	GHashTable *held; /* room -> struct held */
};

static void held_free(void *data)
{
	struct held *h = data;

	api_cancel(h->call);
	g_free(h->room);
	g_free(h->token);
	g_free(h->until);
	g_free(h);
}

static struct held *find(const struct waiting *w, const char *room)
{
	return g_hash_table_lookup(w->held, room);
}

static struct held *hold(struct waiting *w, const char *room)
{
	struct held *h = find(w, room);

	if (h)
		return h;
	h = g_new0(struct held, 1);
	h->w = w;
	h->room = g_strdup(room);
	g_hash_table_insert(w->held, h->room, h);
	return h;
}

static void load(struct waiting *w)
{
	struct query q = db_query(w->db,
				  "SELECT room, token, until, from_us, asked FROM matrix_gap"
				  " WHERE network = ?",
				  "t", w->network);

	while (query_next(&q)) {
		struct held *h = hold(w, query_text(&q, 0));

		h->token = g_strdup(query_text(&q, 1));
		h->until = g_strdup(query_text(&q, 2));
		h->from_us = query_int(&q, 3);
		h->asked = query_int(&q, 4);
	}
	q = db_query(w->db,
		     "SELECT room, count(*), min(seq), max(seq) FROM matrix_waiting"
		     " WHERE network = ? GROUP BY room",
		     "t", w->network);
	while (query_next(&q)) {
		struct held *h = hold(w, query_text(&q, 0));

		h->rows = query_int(&q, 1);
		h->lowest = MIN(query_int(&q, 2), 0);
		h->behind = MAX(query_int(&q, 3) + 1, 0);
	}
}

struct waiting *waiting_new(struct db *db, const char *network,
			    const struct waiting_callbacks *callbacks, void *data)
{
	struct waiting *w = g_new0(struct waiting, 1);

	w->db = db;
	w->network = g_strdup(network);
	w->callbacks = *callbacks;
	w->data = data;
	w->held = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, held_free);
	load(w);
	return w;
}

void waiting_free(struct waiting *w)
{
	if (!w)
		return;
	g_hash_table_unref(w->held);
	g_free(w->network);
	g_free(w);
}

bool waiting_holds(const struct waiting *w, const char *room)
{
	return find(w, room);
}

/*
 * Rows, all in a transaction.
 */
static void write_row(struct held *h, int64_t seq, struct span event, bool backlog)
{
	g_autofree char *text = NULL;

	/* No server may have taken such a one. */
	if (!span_is_object(event) || event.bytes > EVENT_BYTES_MOST)
		return;
	text = g_strndup(event.at, event.bytes);
	db_run(h->w->db,
	       "INSERT OR REPLACE INTO matrix_waiting(network, room, seq, event, backlog, at_us)"
	       " VALUES(?, ?, ?, ?, ?, ?)",
	       "ttitii", h->w->network, h->room, seq, text, (int64_t)backlog, h->w->now_us);
	h->rows++;
	h->lowest = MIN(h->lowest, seq);
	h->behind = MAX(h->behind, seq + 1);
}

static void delete_rows(struct held *h)
{
	db_run(h->w->db, "DELETE FROM matrix_waiting WHERE network = ? AND room = ?", "tt",
	       h->w->network, h->room);
	h->rows = h->lowest = h->behind = 0;
}

static void write_gap(struct held *h)
{
	db_run(h->w->db,
	       "INSERT OR REPLACE INTO matrix_gap(network, room, token, until, from_us, asked)"
	       " VALUES(?, ?, ?, ?, ?, ?)",
	       "ttttii", h->w->network, h->room, h->token, h->until, h->from_us, h->asked);
}

static void delete_gap(struct held *h)
{
	db_run(h->w->db, "DELETE FROM matrix_gap WHERE network = ? AND room = ?", "tt",
	       h->w->network, h->room);
	g_clear_pointer(&h->token, g_free);
	g_clear_pointer(&h->until, g_free);
	api_cancel(g_steal_pointer(&h->call));
}

/*
 * Handing on.
 */
static void tell(const struct held *h, const char *text, bool backlog)
{
	struct span event;

	if (span_check(text, strlen(text), &event, NULL) == 0)
		h->w->callbacks.event(h->w->data, h->room, event, backlog);
}

/* The first that waits, and its row away. False: none does. */
static bool hand_on_first(const struct held *h)
{
	struct db *db = h->w->db;
	struct query q = db_query(db,
				  "SELECT seq, event, backlog FROM matrix_waiting"
				  " WHERE network = ? AND room = ? ORDER BY seq LIMIT 1",
				  "tt", h->w->network, h->room);

	if (!query_next(&q))
		return false;
	int64_t seq = query_int(&q, 0);
	g_autofree char *text = g_strdup(query_text(&q, 1));
	bool backlog = query_int(&q, 2);

	query_done(&q);
	db_run(db, "DELETE FROM matrix_waiting WHERE network = ? AND room = ? AND seq = ?", "tti",
	       h->w->network, h->room, seq);
	tell(h, text, backlog);
	return true;
}

/* Nothing waits there any more. */
static void release(struct held *h)
{
	g_hash_table_remove(h->w->held, h->room);
}

/* Inside of somebody else's transaction. */
static void hand_on_here(struct held *h)
{
	while (hand_on_first(h))
		;
	release(h);
}

/* In transactions of its own; what they have told is not told again, whenever this ends. */
static void hand_on(struct held *h)
{
	struct waiting *w = h->w;
	g_autofree char *room = g_strdup(h->room);
	bool more = true;

	while (more) {
		db_begin(w->db);
		for (int i = 0; i < ROWS_A_COMMIT && more; i++)
			more = hand_on_first(h);
		if (db_end(w->db) < 0)
			return;
	}
	release(h);
	w->callbacks.over(w->data, room);
}

/* In a transaction: what is left of the hole is not to be had. */
static void miss(struct held *h)
{
	int64_t from_us = h->from_us;

	delete_gap(h);
	h->w->callbacks.missed(h->w->data, h->room, from_us);
}

/*
 * Asking.
 */
static void ask(struct held *h);

/* Whether kith has heard it before the hole: it changed something then, or it is so old. Only what
 * the server was asked to leave out is so; but not every server minds `to`. */
static bool was_heard(const struct held *h, struct span event, bool *ret_known)
{
	g_autofree char *id = span_text(span_get(event, "event_id"));
	int64_t ms;

	*ret_known = id && db_int(h->w->db, 0,
				  "SELECT 1 FROM matrix_event WHERE network = ? AND event = ?",
				  "tt", h->w->network, id);
	return *ret_known ||
	       (h->from_us > 0 && span_int(span_get(event, "origin_server_ts"), &ms) &&
		ms < (h->from_us - CLOCKS_DIFFER_US) / 1000);
}

/* The newest comes first. Returns whether one of them may be from inside of the hole: a single one
 * that looks old may have been long on its way, and is kept. */
static bool write_page(struct held *h, struct span chunk)
{
	bool inside = false, known;
	unsigned n = 0;

	for (struct span_each i = span_each(chunk); span_next(&i); n++) {
		inside = !was_heard(h, i.value, &known) || inside;
		if (!known)
			write_row(h, h->lowest - 1, i.value, true);
	}
	/* A page may be empty, since kith may not see what is on it; there must be an end of them,
	 * too. */
	h->asked += n ? n : WAITING_PAGE;
	return inside || n == 0;
}

/* In a transaction: a page, and where the next one begins. */
static void take_page(struct held *h, struct span page)
{
	g_autofree char *end = span_text(span_get(page, "end"));
	bool inside = write_page(h, span_get(page, "chunk"));

	if (!end || !*end || !strcmp(end, h->token) || !inside) {
		delete_gap(h);
	} else if (h->asked >= WAITING_EVENTS_MOST) {
		log_warning("matrix %s: too much was said in %s while kith was not there; it hears "
			    "the last of it",
			    h->w->network, h->room);
		miss(h);
	} else {
		g_free(h->token);
		h->token = g_steal_pointer(&end);
		write_gap(h);
	}
}

static void refused(struct held *h, const struct api_answer *a)
{
	log_warning("matrix %s: the server does not tell what was said in %s while kith was not "
		    "there: %s",
		    h->w->network, h->room, a->error ? a->why : "its answer is none");
	miss(h);
}

/* Nobody answered, or not now. */
static bool may_come(const struct api_answer *a)
{
	return (a->status == 0 && a->error && a->error != -EMSGSIZE) || a->status == 429;
}

static void answered(void *data, const struct api_answer *a)
{
	struct held *h = data;
	struct db *db = h->w->db;

	h->call = NULL;
	/* The session is over; the next one asks again. */
	if (a->error == -EACCES)
		return;
	if (may_come(a)) {
		ask(h);
		return;
	}
	db_begin(db);
	if (a->error || !span_is_array(span_get(a->json, "chunk")))
		refused(h, a);
	else
		take_page(h, a->json);
	if (db_end(db) < 0)
		return;
	if (h->token)
		ask(h);
	else
		hand_on(h);
}

/* CS API: GET /rooms/{roomId}/messages. */
static void ask(struct held *h)
{
	g_autofree char *room = http_escape(h->room), *from = http_escape(h->token);
	g_autofree char *to = http_escape(h->until);
	g_autofree char *path = g_strdup_printf("v3/rooms/%s/messages?dir=b&from=%s%s%s&limit=%d",
						room, from, *to ? "&to=" : "", to, WAITING_PAGE);
	const struct api_request request = {
		.method = "GET",
		.path = path,
		.retry = API_REPEAT,
		.within_us = TRY_FOR_US,
		.bytes_most = PAGE_BYTES_MOST,
	};

	h->call = api_send(h->w->api, &request, answered, h);
}

void waiting_resume(struct waiting *w, struct api *api, int64_t now_us)
{
	bool other = api != w->api;
	g_autoptr(GList) all = g_hash_table_get_values(w->held);

	w->api = api;
	w->now_us = now_us;
	for (const GList *i = all; i; i = i->next) {
		struct held *h = i->data;

		if (other)
			api_cancel(g_steal_pointer(&h->call));
		if (!h->token)
			hand_on(h);
		else if (!h->call)
			ask(h);
	}
}

/*
 * What the sync tells.
 */
void waiting_gap(struct waiting *w, const char *room, const char *token, const char *until,
		 int64_t from_us, int64_t now_us)
{
	struct held *h = find(w, room);

	w->now_us = now_us;
	/* What was left when kith ended while it handed on comes before this hole. */
	if (h && !h->token) {
		hand_on_here(h);
		h = NULL;
	}
	if (h) {
		/* What waits is inside of the larger hole. How much was asked for goes on being
		 * counted, or a room where more is said than can be asked for would wait for ever.
		 */
		delete_rows(h);
		api_cancel(g_steal_pointer(&h->call));
		g_free(h->token);
	} else {
		h = hold(w, room);
		h->until = g_strdup(until);
		h->from_us = from_us;
	}
	h->token = g_strdup(token);
	write_gap(h);
	if (w->api)
		ask(h);
}

void waiting_add(struct waiting *w, const char *room, struct span event, bool backlog,
		 int64_t now_us)
{
	struct held *h = hold(w, room);

	w->now_us = now_us;
	write_row(h, h->behind, event, backlog);
	if (h->rows <= ROWS_MOST || !h->token)
		return;
	log_warning("matrix %s: the server is too slow to tell what was said in %s while kith was "
		    "not there",
		    w->network, room);
	miss(h);
	hand_on_here(h);
}

void waiting_drop(struct waiting *w, const char *room)
{
	struct held *h = find(w, room);

	if (!h)
		return;
	delete_rows(h);
	delete_gap(h);
	release(h);
}
