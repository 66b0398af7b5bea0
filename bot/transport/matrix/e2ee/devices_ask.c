/* CS API: /keys/query, /keys/changes. Both only read, so that whatever fails is asked again. */
#include "transport/matrix/e2ee/devices_private.h"

#include "base/log.h"
#include "base/loop.h"
#include "clock.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/api.h"

#include <errno.h>

/* How long the homeserver may wait for others, and kith for it. */
#define SERVERS_TAKE_MS 10000
#define ANSWER_US       (30 * CLOCK_US_PER_SECOND)
#define WITHIN_US       (90 * CLOCK_US_PER_SECOND)
/* Kith's own server will be there again soon. */
#define DOWN_MOST_US (5 * CLOCK_US_PER_MINUTE)

enum {
	USERS_MOST = 64, /* in one question */
	ANSWER_BYTES_MOST = 16 * 1024 * 1024,
};

/* One to /keys/query. */
struct devices_question {
	struct devices *d;
	GHashTable *asked; /* user -> struct devices_told */
	struct api_call *call;
};

static void question_free(void *data)
{
	struct devices_question *q = data;

	api_cancel(q->call);
	g_hash_table_unref(q->asked);
	g_free(q);
}

void devices_hang_up(struct devices *d)
{
	g_clear_pointer(&d->questions, g_ptr_array_unref);
	devices_forget_changes(d);
}

void devices_forget_changes(struct devices *d)
{
	api_cancel(g_steal_pointer(&d->changes));
}

static int64_t mono_us(const struct devices *d)
{
	return d->env->clock->mono_us(d->env->clock);
}

void devices_look_soon(struct devices *d)
{
	if (d->started)
		loop_timer_set(d->timer, 0);
}

/*
 * What may go wrong.
 */
/* Nobody answered, or not now: that says nothing of what was asked for. */
static bool is_passing(const struct api_answer *a)
{
	return a->error == -EACCES || a->status == 401 || a->status == 429 ||
	       (a->status == 0 && a->error && a->error != -EMSGSIZE && a->error != -ETIMEDOUT);
}

static void rest(struct devices *d)
{
	d->quiet_until_us = mono_us(d) + api_pause_us(++d->failures);
	devices_look_soon(d);
}

static struct devices_trouble *trouble_of(struct devices *d, const char *user)
{
	struct devices_trouble *t = g_hash_table_lookup(d->troubles, user);

	if (!t) {
		t = g_new0(struct devices_trouble, 1);
		g_hash_table_insert(d->troubles, g_strdup(user), t);
	}
	return t;
}

/* In a transaction: their list is not to be had now. Who waits for it goes on without. */
static void put_off(struct devices *d, const char *user, int64_t most_us, const char *why)
{
	struct devices_trouble *t = trouble_of(d, user);
	bool news = !t->unreachable;
	int64_t pause_us = d->pause_first_us;

	most_us = MIN(most_us, d->pause_most_us);
	for (unsigned i = 0; i < t->failures && pause_us < most_us; i++)
		pause_us *= 2;
	t->failures++;
	t->due_us = mono_us(d) + MIN(pause_us, most_us);
	t->unreachable = true;
	if (!news)
		return;
	log_info("matrix %s: the devices of %s are not to be had now: %s", d->env->network, user,
		 why);
	d->callbacks.updated(d->data, user);
}

/*
 * /keys/query.
 */
/* One of several may be to blame: each is asked for alone. */
static void part(struct devices *d, GHashTable *asked)
{
	GHashTableIter i;
	void *user;

	g_hash_table_iter_init(&i, asked);
	while (g_hash_table_iter_next(&i, &user, NULL))
		trouble_of(d, user)->alone = true;
}

static void refused(struct devices *d, GHashTable *asked, const struct api_answer *a)
{
	bool may_be_down = a->status >= 500 || a->error == -ETIMEDOUT;
	GHashTableIter i;
	void *user;

	if (g_hash_table_size(asked) > 1) {
		part(d, asked);
		return;
	}
	g_hash_table_iter_init(&i, asked);
	while (g_hash_table_iter_next(&i, &user, NULL))
		put_off(d, user, may_be_down ? DOWN_MOST_US : INT64_MAX,
			a->error ? a->why : "the homeserver's answer is none");
}

static void conclude(struct devices *d, GHashTable *asked)
{
	GHashTableIter i;
	void *user, *value;

	g_hash_table_iter_init(&i, asked);
	while (g_hash_table_iter_next(&i, &user, &value)) {
		switch (((const struct devices_told *)value)->outcome) {
		case DEVICES_LEFT:
			break;
		case DEVICES_TAKEN:
			g_hash_table_remove(d->troubles, user);
			break;
		case DEVICES_FAILED:
			put_off(d, user, INT64_MAX, "their server does not answer");
			break;
		}
	}
}

static gboolean is_forgotten(void *user, void *told, void *data)
{
	return !devices_follows(data, user);
}

static void answered(void *data, const struct api_answer *a)
{
	struct devices_question *q = data;
	struct devices *d = q->d;
	g_autoptr(GHashTable) asked = g_hash_table_ref(q->asked);

	q->call = NULL;
	g_ptr_array_remove_fast(d->questions, q);
	if (is_passing(a)) {
		rest(d);
		return;
	}
	d->failures = 0;
	db_begin(d->env->db);
	g_hash_table_foreach_remove(asked, is_forgotten, d);
	if (a->error || !devices_take(d, asked, a->json))
		refused(d, asked, a);
	else
		conclude(d, asked);
	if (db_end(d->env->db) == 0)
		devices_look_soon(d);
}

static bool is_asked(const struct devices *d, const char *user)
{
	for (unsigned i = 0; i < d->questions->len; i++) {
		const struct devices_question *q = d->questions->pdata[i];

		if (g_hash_table_contains(q->asked, user))
			return true;
	}
	return false;
}

/* Those who are due; with whom there is trouble, or those with whom there is none. *soonest_us:
 * when the next one is due, at most. */
static GHashTable *choose(struct devices *d, bool trouble, int64_t *soonest_us)
{
	GHashTable *chosen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	int64_t now_us = mono_us(d);
	bool full = false;
	struct query q = db_query(d->env->db,
				  "SELECT user, outdated FROM e2ee_user"
				  " WHERE network = ? AND followed AND outdated",
				  "t", d->env->network);

	while (query_next(&q)) {
		const char *user = query_text(&q, 0);
		const struct devices_trouble *t = g_hash_table_lookup(d->troubles, user);

		if (full || (t != NULL) != trouble || is_asked(d, user))
			continue;
		if (t && t->due_us > now_us) {
			*soonest_us = MIN(*soonest_us, t->due_us);
			continue;
		}
		if (t && t->alone && g_hash_table_size(chosen) > 0)
			continue;
		struct devices_told *told = g_new0(struct devices_told, 1);
		told->mark = query_int(&q, 1);
		g_hash_table_insert(chosen, g_strdup(user), told);
		full = (t && t->alone) || g_hash_table_size(chosen) == USERS_MOST;
	}
	return chosen;
}

static json_t *body_of(GHashTable *asked)
{
	json_t *users = json_object();
	GHashTableIter i;
	void *user;

	g_hash_table_iter_init(&i, asked);
	while (g_hash_table_iter_next(&i, &user, NULL))
		json_object_set_new(users, user, json_array());
	return json_pack("{s:i, s:o}", "timeout", SERVERS_TAKE_MS, "device_keys", users);
}

/* False: nobody is due. */
static bool ask(struct devices *d, bool trouble, int64_t *soonest_us)
{
	g_autoptr(GHashTable) chosen = choose(d, trouble, soonest_us);

	if (g_hash_table_size(chosen) == 0)
		return false;
	const struct api_request request = {
		.method = "POST",
		.path = "v3/keys/query",
		.body = body_of(chosen),
		.retry = API_REPEAT,
		.answer_us = ANSWER_US,
		.within_us = WITHIN_US,
		.bytes_most = ANSWER_BYTES_MOST,
	};
	struct devices_question *q = g_new0(struct devices_question, 1);
	q->d = d;
	q->asked = g_steal_pointer(&chosen);
	g_ptr_array_add(d->questions, q);
	q->call = api_send(d->env->api, &request, answered, q);
	return true;
}

/*
 * /keys/changes.
 */
static void mark_changed(struct devices *d, struct span users)
{
	for (struct span_each i = span_each(users); span_next(&i);) {
		g_autofree char *user = span_text(i.value);

		if (user)
			devices_mark(d, user);
	}
}

/* In a transaction: those who have not changed are known again. */
static void tell_known(struct devices *d)
{
	g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func(g_free);
	struct query q = db_query(d->env->db,
				  "SELECT user FROM e2ee_user"
				  " WHERE network = ? AND followed AND NOT outdated",
				  "t", d->env->network);

	while (query_next(&q))
		g_ptr_array_add(users, g_strdup(query_text(&q, 0)));
	for (unsigned i = 0; i < users->len; i++)
		d->callbacks.updated(d->data, users->pdata[i]);
}

static void changes_told(void *data, const struct api_answer *a)
{
	struct devices *d = data;
	struct db *db = d->env->db;
	struct span changed = a->error ? (struct span){ 0 } : span_get(a->json, "changed");

	d->changes = NULL;
	if (is_passing(a)) {
		rest(d);
		return;
	}
	d->failures = 0;
	db_begin(db);
	if (span_is_array(changed)) {
		mark_changed(d, changed);
		db_run(db, "DELETE FROM e2ee_changes WHERE network = ?", "t", d->env->network);
		tell_known(d);
	} else {
		log_info("matrix %s: the homeserver does not tell whose devices have changed: %s",
			 d->env->network, a->error ? a->why : "its answer is none");
		devices_mark_all(d);
	}
	if (db_end(db) == 0)
		devices_look_soon(d);
}

static void ask_changes(struct devices *d, const char *from, const char *to)
{
	g_autofree char *since = http_escape(from), *until = http_escape(to);
	g_autofree char *path = g_strdup_printf("v3/keys/changes?from=%s&to=%s", since, until);
	const struct api_request request = {
		.method = "GET",
		.path = path,
		.retry = API_REPEAT,
		.answer_us = ANSWER_US,
		.within_us = WITHIN_US,
		.bytes_most = ANSWER_BYTES_MOST,
	};

	d->changes = api_send(d->env->api, &request, changes_told, d);
}

/* Whether that comes first: whoever has changed is asked for with the others. */
static bool asks_changes(struct devices *d)
{
	struct query q =
		db_query(d->env->db, "SELECT since, until FROM e2ee_changes WHERE network = ?", "t",
			 d->env->network);

	if (!query_next(&q))
		return false;
	if (!d->changes)
		ask_changes(d, query_text(&q, 0), query_text(&q, 1));
	query_done(&q);
	return true;
}

void devices_look(void *data)
{
	struct devices *d = data;
	int64_t now_us = mono_us(d), soonest_us = INT64_MAX;

	if (now_us < d->quiet_until_us) {
		loop_timer_set(d->timer, d->quiet_until_us - now_us);
		return;
	}
	devices_tidy(d);
	if (asks_changes(d))
		return;
	if (!d->questions)
		d->questions = g_ptr_array_new_with_free_func(question_free);
	while (d->questions->len < DEVICES_QUESTIONS_MOST && ask(d, false, &soonest_us))
		;
	/* Those with whom all goes well need not wait for the others. */
	while (d->questions->len < DEVICES_QUESTIONS_MOST - 1 && ask(d, true, &soonest_us))
		;
	if (soonest_us != INT64_MAX)
		loop_timer_set(d->timer, MAX(soonest_us - now_us, 0));
}
