/* The ground the tests of holes in a timeline stand on: a scripted homeserver that tells pages of
 * it, a real store, and a listener whose effects are in that store. */
#ifndef KITH_TEST_WAITING_WORLD_H
#define KITH_TEST_WAITING_WORLD_H

#include "hs_ground.h"

#include "transport/matrix/waiting.h"

#include "store/db.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ROOM "!makers:example.org"

struct world {
	struct hs_ground ground;
	char *path;
	struct db *db;
	struct api *api;
	struct waiting *w;
	GHashTable *pages;   /* the token -> what is told behind it */
	int status;          /* of every page, instead of 200 */
	bool hold;           /* no page is answered ... */
	const char *hold_at; /* ... or not the one behind this token */
	int64_t asked;
	GString *told; /* by the callbacks, in order */
	unsigned over; /* rooms that were */
	int commits;   /* until kith is killed; -1: it is not */
	bool dead;
};

/*
 * The server.
 */
G_GNUC_UNUSED static void on_request(void *data, const struct hs_request *r, struct hs_answer *a)
{
	struct world *w = data;
	const char *from = strstr(r->path, "&from=");
	g_autofree char *token = from ? g_strndup(from + 6, strcspn(from + 6, "&")) : g_strdup("");
	const char *page = g_hash_table_lookup(w->pages, token);

	a->hold = w->hold || !g_strcmp0(token, w->hold_at);
	if (a->hold)
		return;
	if (w->status)
		hs_say(a, w->status, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not you\"}");
	else if (page)
		a->text = page;
	else
		hs_say(a, 404, "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"no such token\"}");
}

/* An event of that many minutes after NOW_US. */
G_GNUC_UNUSED static char *event_at(const char *id, int minutes)
{
	return g_strdup_printf(
		"{\"event_id\":\"$%s\",\"type\":\"m.room.message\",\"content\":{},"
		"\"sender\":\"@ana:example.org\",\"origin_server_ts\":%" G_GINT64_FORMAT "}",
		id, NOW_US / 1000 + minutes * INT64_C(60000));
}

/* The page behind `token`: those events, the newest first. */
G_GNUC_UNUSED static void set_page(struct world *w, const char *token, const char *ids,
				   const char *end)
{
	g_auto(GStrv) each = g_strsplit(ids, " ", -1);
	g_autoptr(GString) page = g_string_new("{\"chunk\":[");

	for (unsigned i = 0; each[i] && *each[i]; i++) {
		g_autofree char *event = event_at(each[i], 0);
		g_string_append_printf(page, "%s%s", i ? "," : "", event);
	}
	g_string_append(page, "],\"start\":\"x\"");
	if (end)
		g_string_append_printf(page, ",\"end\":\"%s\"", end);
	g_string_append_c(page, '}');
	g_hash_table_insert(w->pages, g_strdup(token),
			    g_string_free(g_steal_pointer(&page), FALSE));
}

/*
 * The listener. What it is told has an effect in the store.
 */
G_GNUC_UNUSED static void on_event(void *data, const char *room, struct span event, bool backlog)
{
	struct world *w = data;
	g_autofree char *id = span_text(span_get(event, "event_id"));

	assert_true(db_inside(w->db));
	assert_false(w->dead);
	db_run(w->db, "INSERT INTO heard(what) VALUES(?)", "t", id + 1);
	g_string_append_printf(w->told, "%s%s%s ", strcmp(room, ROOM) ? "elsewhere:" : "", id + 1,
			       backlog ? "" : "!");
}

G_GNUC_UNUSED static void on_missed(void *data, const char *room, int64_t from_us)
{
	struct world *w = data;

	assert_true(db_inside(w->db));
	assert_int_equal(from_us, NOW_US);
	db_run(w->db, "INSERT INTO heard(what) VALUES('missed')", "");
	g_string_append(w->told, "missed ");
}

G_GNUC_UNUSED static void on_over(void *data, const char *room)
{
	struct world *w = data;

	assert_false(db_inside(w->db));
	assert_false(waiting_holds(w->w, room));
	w->over++;
	loop_quit(w->ground.loop);
}

/* At a kill the transaction that was under way is lost, and nothing is written any more. */
G_GNUC_UNUSED static bool before_commit(void *data)
{
	struct world *w = data;

	if (w->commits == 0) {
		w->dead = true;
		loop_quit(w->ground.loop);
	} else if (w->commits > 0) {
		w->commits--;
	}
	return !w->dead;
}

G_GNUC_UNUSED static void run(struct world *w, const char *sql)
{
	db_begin(w->db);
	db_run(w->db, sql, "");
	db_end(w->db);
}

G_GNUC_UNUSED static void open_store(struct world *w)
{
	static const struct waiting_callbacks callbacks = { on_event, on_missed, on_over };
	struct db_watcher watcher = { .before = before_commit, .data = w };
	static struct db_watcher kept;
	char *error = NULL;

	kept = watcher;
	assert_int_equal(db_open(w->path, &w->db, &error), 0);
	run(w, "CREATE TABLE IF NOT EXISTS heard(n INTEGER PRIMARY KEY, what TEXT)");
	db_watch(w->db, &kept);
	w->api = hs_ground_sign_in(&w->ground, &w->ground.clock.clock, "@kith:example.org",
				   "DEVICE", w);
	w->w = waiting_new(w->db, "home", &callbacks, w);
}

G_GNUC_UNUSED static void close_store(struct world *w)
{
	waiting_free(w->w);
	api_free(w->api);
	db_close(w->db);
}

G_GNUC_UNUSED static void restart(struct world *w)
{
	close_store(w);
	w->dead = false;
	w->commits = -1;
	open_store(w);
}

G_GNUC_UNUSED static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	hs_ground_init(&w->ground, on_request, w);
	w->path = hs_ground_store(&w->ground);
	w->pages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	w->told = g_string_new(NULL);
	w->commits = -1;
	open_store(w);
	*state = w;
	return 0;
}

G_GNUC_UNUSED static int tear_down(void **state)
{
	struct world *w = *state;

	close_store(w);
	hs_ground_remove_store(w->path);
	hs_ground_done(&w->ground);
	g_hash_table_unref(w->pages);
	g_string_free(w->told, TRUE);
	g_free(w);
	return 0;
}

/*
 * What the sync does.
 */
G_GNUC_UNUSED static void gap_in(struct world *w, const char *room, const char *token,
				 const char *until)
{
	db_begin(w->db);
	waiting_gap(w->w, room, token, until, NOW_US, NOW_US);
	db_end(w->db);
}

G_GNUC_UNUSED static void gap(struct world *w, const char *token)
{
	gap_in(w, ROOM, token, "since");
}

G_GNUC_UNUSED static void add(struct world *w, const char *id, bool backlog)
{
	g_autofree char *text = event_at(id, 1);
	struct span event;

	assert_int_equal(span_check(text, strlen(text), &event, NULL), 0);
	db_begin(w->db);
	waiting_add(w->w, ROOM, event, backlog, NOW_US);
	db_end(w->db);
}

G_GNUC_UNUSED static void resume(struct world *w)
{
	waiting_resume(w->w, w->api, NOW_US);
}

G_GNUC_UNUSED static void await_over(struct world *w, unsigned least)
{
	assert_true(fake_hs_until_count(w->ground.hs, &w->over, least));
}

G_GNUC_UNUSED static void assert_told(struct world *w, const char *want)
{
	assert_string_equal(w->told->str, want);
	g_string_truncate(w->told, 0);
}

/* What is committed of what was heard. */
G_GNUC_UNUSED static void assert_heard(struct world *w, const char *want)
{
	g_autofree char *heard = db_text(
		w->db, "SELECT group_concat(what, ' ') FROM (SELECT what FROM heard ORDER BY n)",
		"");

	assert_string_equal(heard ? heard : "", want);
}

G_GNUC_UNUSED static void assert_empty(struct world *w)
{
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM matrix_gap", ""), 0);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM matrix_waiting", ""), 0);
	assert_false(waiting_holds(w->w, ROOM));
}

G_GNUC_UNUSED static void set_long_pages(struct world *w, unsigned pages)
{
	for (unsigned p = 0; p < pages; p++) {
		g_autofree char *token = g_strdup_printf("p%u", p);
		g_autofree char *end = g_strdup_printf("p%u", p + 1);
		g_autoptr(GString) ids = g_string_new(NULL);

		for (unsigned i = 0; i < WAITING_PAGE; i++)
			g_string_append_printf(ids, "%s%u", i ? " " : "",
					       10000 - p * WAITING_PAGE - i);
		set_page(w, token, ids->str, end);
	}
}

#endif
