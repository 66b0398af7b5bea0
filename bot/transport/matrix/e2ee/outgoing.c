#include "transport/matrix/e2ee/outgoing.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"
#include "transport/matrix/e2ee/canonical.h"
#include "transport/matrix/e2ee/curve.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

/* A server that fails over one message so long would fail over it for ever, and what comes after it
 * would never go. */
#define TRY_FOR_US CLOCK_US_PER_DAY

enum {
	/* No proxy before a server refuses that much, and servers that send it on need not cut it.
	 * A single message may be longer. */
	REQUEST_BYTES_MOST = 64 * 1024,
	TXN_BYTES = 16,
	/* An error that no homeserver wrote may be that of a proxy whose server is away. */
	DOUBTS_MOST = 8,
};

/* A request that was begun in this turn of the loop, and so was never sent: more goes in. */
struct open {
	int64_t id;
	char *txn, *about, *type;
	char *user;     /* of the last message */
	GHashTable *to; /* who has one already */
	size_t bytes;
};

struct outgoing {
	struct e2ee_env env;
	void (*emptied)(void *data, const char *about);
	void *data;
	GPtrArray *open; /* of struct open, in their order */
	struct loop_timer *timer;
	bool started;
	struct api_call *call;
	/* What is under way. */
	int64_t id;
	char *about, *type;
	unsigned doubts;
};

static void open_free(void *data)
{
	struct open *p = data;

	g_free(p->txn);
	g_free(p->about);
	g_free(p->type);
	g_free(p->user);
	g_hash_table_unref(p->to);
	g_free(p);
}

static char *device_name(const char *user, const char *device)
{
	return g_strconcat(user, "\n", device, NULL);
}

/*
 * What goes into one request.
 */
/* All of it is kith's own, and has no number that is no integer. */
static char *written(const json_t *j)
{
	char *text = canonical_text(j);

	assert(text);
	return text;
}

static char *quoted(const char *text)
{
	json_t *j = json_string(text);
	char *ret = written(j);

	json_decref(j);
	return ret;
}

/* Whether that device, or all of theirs, has a message in it. */
static bool has(const struct open *p, const char *user, const char *device)
{
	g_autofree char *name = device_name(user, device), *all = device_name(user, "*");

	return g_hash_table_contains(p->to, name) || g_hash_table_contains(p->to, all) ||
	       (!strcmp(device, "*") && g_hash_table_contains(p->to, user));
}

/* What is in it twice would not be JSON that everybody reads alike. */
static bool takes(const struct open *p, const char *about, const char *type, const char *user)
{
	return !strcmp(p->about, about) && !strcmp(p->type, type) &&
	       (!strcmp(p->user, user) || !g_hash_table_contains(p->to, user));
}

/* The one that this may join, so that each device has its messages in their order still. */
static struct open *find_open(const struct outgoing *o, const char *about, const char *type,
			      const char *user, const char *device)
{
	for (unsigned i = o->open->len; i > 0; i--) {
		struct open *p = o->open->pdata[i - 1];

		if (has(p, user, device))
			return NULL;
		if (takes(p, about, type, user))
			return p;
	}
	return NULL;
}

static void note(struct open *p, const char *user, const char *device)
{
	g_free(p->user);
	p->user = g_strdup(user);
	g_hash_table_add(p->to, g_strdup(user));
	g_hash_table_add(p->to, device_name(user, device));
}

/* False: it is full, or is not in the store as it was: what was done to it has been undone. */
static bool join(const struct outgoing *o, struct open *p, const char *user, const char *device,
		 const char *text)
{
	g_autofree char *quoted_user = quoted(user), *quoted_device = quoted(device);
	bool same = !strcmp(p->user, user);
	g_autofree char *more =
		same ? g_strdup_printf(",%s:%s}}}", quoted_device, text)
		     : g_strdup_printf(",%s:{%s:%s}}}", quoted_user, quoted_device, text);
	size_t closing = strlen(same ? "}}}" : "}}");
	size_t bytes = p->bytes - closing + strlen(more);

	if (bytes > REQUEST_BYTES_MOST ||
	    db_run(o->env.db,
		   "UPDATE e2ee_outgoing"
		   " SET messages = substr(messages, 1, length(messages) - ?4) || ?5"
		   " WHERE id = ?1 AND txn = ?2 AND length(CAST(messages AS BLOB)) = ?3",
		   "itiit", p->id, p->txn, (int64_t)p->bytes, (int64_t)closing, more) == 0)
		return false;
	p->bytes = bytes;
	note(p, user, device);
	return true;
}

static char *new_txn(void)
{
	unsigned char random[TXN_BYTES];
	GString *txn = g_string_new("k");

	crypto_random(random, sizeof(random));
	for (unsigned i = 0; i < sizeof(random); i++)
		g_string_append_printf(txn, "%02x", (unsigned)random[i]);
	return g_string_free(txn, FALSE);
}

static void begin(struct outgoing *o, const char *about, const char *type, const char *user,
		  const char *device, const char *text)
{
	g_autofree char *quoted_user = quoted(user), *quoted_device = quoted(device);
	g_autofree char *body =
		g_strdup_printf("{\"messages\":{%s:{%s:%s}}}", quoted_user, quoted_device, text);
	struct open *p = g_new0(struct open, 1);

	p->txn = new_txn();
	p->about = g_strdup(about);
	p->type = g_strdup(type);
	p->bytes = strlen(body);
	p->to = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	note(p, user, device);
	db_run(o->env.db,
	       "INSERT INTO e2ee_outgoing(network, txn, about, type, messages)"
	       " VALUES(?, ?, ?, ?, ?)",
	       "ttttt", o->env.network, p->txn, about, type, body);
	p->id = db_last_id(o->env.db);
	g_ptr_array_add(o->open, p);
}

void outgoing_add(struct outgoing *o, const char *about, const char *type, const char *user,
		  const char *device, const json_t *content)
{
	g_autofree char *text = written(content);
	struct open *p = find_open(o, about, type, user, device);

	if (!p || !join(o, p, user, device, text))
		begin(o, about, type, user, device, text);
	if (!o->doubts)
		loop_timer_set(o->timer, 0);
}

bool outgoing_has(const struct outgoing *o, const char *about)
{
	return db_int(o->env.db, 0,
		      "SELECT 1 FROM e2ee_outgoing WHERE network = ? AND about = ? LIMIT 1", "tt",
		      o->env.network, about);
}

/*
 * One request after the other.
 */
static void send_next(struct outgoing *o);

/* The server has it, or never will. False: kith is ending. */
static bool take_away(struct outgoing *o)
{
	struct db *db = o->env.db;
	g_autofree char *about = g_steal_pointer(&o->about);

	o->doubts = 0;
	db_begin(db);
	db_run(db, "DELETE FROM e2ee_outgoing WHERE id = ?", "i", o->id);
	bool left = outgoing_has(o, about);
	if (db_end(db) < 0)
		return false;
	if (*about && !left)
		o->emptied(o->data, about);
	return true;
}

/* Nobody answered, or not a homeserver. */
static bool may_pass(const struct outgoing *o, const struct api_answer *a)
{
	if (a->status == 0)
		return a->error != -EMSGSIZE;
	return !*a->errcode && a->status != 413 && o->doubts < DOUBTS_MOST;
}

static void answered(void *data, const struct api_answer *a)
{
	struct outgoing *o = data;

	o->call = NULL;
	/* The session is over; the next one goes on. */
	if (a->error == -EACCES)
		return;
	if (a->error && may_pass(o, a)) {
		loop_timer_set(o->timer, api_pause_us(++o->doubts));
		return;
	}
	if (a->error)
		log_warning("matrix %s: the server does not take what other devices were to be "
			    "told (%s), which is lost: %s",
			    o->env.network, o->type, a->why);
	if (take_away(o))
		send_next(o);
}

/* CS API: PUT /sendToDevice/{eventType}/{txnId}. */
static void put(struct outgoing *o, const char *txn, json_t *body)
{
	g_autofree char *type = http_escape(o->type), *id = http_escape(txn);
	g_autofree char *path = g_strdup_printf("v3/sendToDevice/%s/%s", type, id);
	const struct api_request request = {
		.method = "PUT",
		.path = path,
		.body = body,
		.retry = API_REPEAT,
		.within_us = TRY_FOR_US,
	};

	o->call = api_send(o->env.api, &request, answered, o);
}

/* The row that was there longest. False: there is none. */
static bool take_first(struct outgoing *o, char **ret_txn, json_t **ret_body)
{
	struct query q = db_query(o->env.db,
				  "SELECT id, txn, about, type, messages FROM e2ee_outgoing"
				  " WHERE network = ? ORDER BY id LIMIT 1",
				  "t", o->env.network);

	if (!query_next(&q))
		return false;
	o->id = query_int(&q, 0);
	*ret_txn = g_strdup(query_text(&q, 1));
	g_free(o->about);
	o->about = g_strdup(query_text(&q, 2));
	g_free(o->type);
	o->type = g_strdup(query_text(&q, 3));
	*ret_body = json_loads(query_text(&q, 4), 0, NULL);
	query_done(&q);
	return true;
}

static void send_next(struct outgoing *o)
{
	g_autofree char *txn = NULL;
	json_t *body = NULL;

	/* What is sent once stays as it is. */
	g_ptr_array_set_size(o->open, 0);
	if (!o->started || o->call || !take_first(o, &txn, &body))
		return;
	put(o, txn, body ? body : json_object());
}

static void turn(void *data)
{
	send_next(data);
}

struct outgoing *outgoing_new(const struct e2ee_env *env,
			      void (*emptied)(void *data, const char *about), void *data)
{
	struct outgoing *o = g_new0(struct outgoing, 1);

	o->env = *env;
	o->emptied = emptied;
	o->data = data;
	o->open = g_ptr_array_new_with_free_func(open_free);
	o->timer = loop_timer_new(env->loop, turn, o);
	return o;
}

void outgoing_free(struct outgoing *o)
{
	if (!o)
		return;
	api_cancel(o->call);
	loop_timer_free(o->timer);
	g_ptr_array_unref(o->open);
	g_free(o->about);
	g_free(o->type);
	g_free(o);
}

void outgoing_start(struct outgoing *o)
{
	o->started = true;
	loop_timer_set(o->timer, 0);
}
