/* Holes in a timeline, filled from a scripted homeserver into a real store. */
#include "transport/matrix/waiting.h"

#include "base/loop.h"
#include "clock.h"
#include "fake_hs.h"
#include "net/http.h"
#include "store/db.h"
#include "transport/matrix/account.h"
#include "transport/matrix/api.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ROOM   "!makers:example.org"
#define NOW_US INT64_C(1795424400000000)

struct world {
	char *folder, *path;
	struct loop *loop;
	struct clock_virtual clock;
	struct fake_hs *hs;
	struct http *http;
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
static void on_request(void *data, const struct hs_request *r, struct hs_answer *a)
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

/* The page behind `token`: those events, the newest first, at that many minutes after NOW_US. */
static char *event_at(const char *id, int minutes)
{
	return g_strdup_printf(
		"{\"event_id\":\"$%s\",\"type\":\"m.room.message\",\"content\":{},"
		"\"sender\":\"@ana:example.org\",\"origin_server_ts\":%" G_GINT64_FORMAT "}",
		id, NOW_US / 1000 + minutes * INT64_C(60000));
}

static void set_page(struct world *w, const char *token, const char *ids, const char *end)
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
static void on_event(void *data, const char *room, struct span event, bool backlog)
{
	struct world *w = data;
	g_autofree char *id = span_text(span_get(event, "event_id"));

	assert_true(db_inside(w->db));
	assert_false(w->dead);
	db_run(w->db, "INSERT INTO heard(what) VALUES(?)", "t", id + 1);
	g_string_append_printf(w->told, "%s%s%s ", strcmp(room, ROOM) ? "elsewhere:" : "", id + 1,
			       backlog ? "" : "!");
}

static void on_missed(void *data, const char *room, int64_t from_us)
{
	struct world *w = data;

	assert_true(db_inside(w->db));
	assert_int_equal(from_us, NOW_US);
	db_run(w->db, "INSERT INTO heard(what) VALUES('missed')", "");
	g_string_append(w->told, "missed ");
}

static void on_over(void *data, const char *room)
{
	struct world *w = data;

	assert_false(db_inside(w->db));
	assert_false(waiting_holds(w->w, room));
	w->over++;
	loop_quit(w->loop);
}

/* At a kill the transaction that was under way is lost, and nothing is written any more. */
static bool before_commit(void *data)
{
	struct world *w = data;

	if (w->commits == 0) {
		w->dead = true;
		loop_quit(w->loop);
	} else if (w->commits > 0) {
		w->commits--;
	}
	return !w->dead;
}

static void run(struct world *w, const char *sql)
{
	db_begin(w->db);
	db_run(w->db, sql, "");
	db_end(w->db);
}

static void open_store(struct world *w)
{
	static const struct waiting_callbacks callbacks = { on_event, on_missed, on_over };
	struct db_watcher watcher = { .before = before_commit, .data = w };
	struct account account = {
		.homeserver = (char *)fake_hs_url(w->hs),
		.user = (char *)"@kith:example.org",
		.device = (char *)"DEVICE",
		.token = (char *)"secret",
	};
	const struct api_options options = { .loop = w->loop,
					     .clock = &w->clock.clock,
					     .http = w->http,
					     .name = "home",
					     .data = w };
	static struct db_watcher kept;
	char *error = NULL;

	kept = watcher;
	assert_int_equal(db_open(w->path, &w->db, &error), 0);
	run(w, "CREATE TABLE IF NOT EXISTS heard(n INTEGER PRIMARY KEY, what TEXT)");
	db_watch(w->db, &kept);
	w->api = api_new(&options, &account);
	w->w = waiting_new(w->db, "home", &callbacks, w);
}

static void close_store(struct world *w)
{
	waiting_free(w->w);
	api_free(w->api);
	db_close(w->db);
}

static void restart(struct world *w)
{
	close_store(w);
	w->dead = false;
	w->commits = -1;
	open_store(w);
}

static int set_up(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->folder = g_dir_make_tmp("kith-test-XXXXXX", NULL);
	w->path = g_build_filename(w->folder, "kith.db", NULL);
	w->loop = loop_new();
	clock_virtual_init(&w->clock, NOW_US);
	w->hs = fake_hs_new(w->loop, on_request, w);
	assert_int_equal(http_new(w->loop, &(struct http_options){ NULL, w->folder }, &w->http), 0);
	w->pages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	w->told = g_string_new(NULL);
	w->commits = -1;
	open_store(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	static const char *const files[] = { "kith.db", "kith.db-wal", "kith.db-shm",
					     "kith.db.lock" };

	close_store(w);
	http_free(w->http);
	fake_hs_free(w->hs);
	loop_free(w->loop);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(w->folder, files[i], NULL);
		g_remove(path);
	}
	assert_int_equal(g_rmdir(w->folder), 0);
	g_free(w->folder);
	g_free(w->path);
	g_hash_table_unref(w->pages);
	g_string_free(w->told, TRUE);
	g_free(w);
	return 0;
}

/*
 * What the sync does.
 */
static void gap_in(struct world *w, const char *room, const char *token, const char *until)
{
	db_begin(w->db);
	waiting_gap(w->w, room, token, until, NOW_US, NOW_US);
	db_end(w->db);
}

static void gap(struct world *w, const char *token)
{
	gap_in(w, ROOM, token, "since");
}

static void add(struct world *w, const char *id, bool backlog)
{
	g_autofree char *text = event_at(id, 1);
	struct span event;

	assert_int_equal(span_check(text, strlen(text), &event, NULL), 0);
	db_begin(w->db);
	waiting_add(w->w, ROOM, event, backlog, NOW_US);
	db_end(w->db);
}

static void resume(struct world *w)
{
	waiting_resume(w->w, w->api, NOW_US);
}

static void await_over(struct world *w, unsigned least)
{
	assert_true(fake_hs_until_count(w->hs, &w->over, least));
}

static void assert_told(struct world *w, const char *want)
{
	assert_string_equal(w->told->str, want);
	g_string_truncate(w->told, 0);
}

/* What is committed of what was heard. */
static void assert_heard(struct world *w, const char *want)
{
	g_autofree char *heard = db_text(
		w->db, "SELECT group_concat(what, ' ') FROM (SELECT what FROM heard ORDER BY n)",
		"");

	assert_string_equal(heard ? heard : "", want);
}

static void assert_empty(struct world *w)
{
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM matrix_gap", ""), 0);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM matrix_waiting", ""), 0);
	assert_false(waiting_holds(w->w, ROOM));
}

static void gap__pages__are_heard_in_order_before_what_came_since(void **state)
{
	struct world *w = *state;

	set_page(w, "t3", "f e", "t2");
	set_page(w, "t2", "d c", "t1");
	set_page(w, "t1", "b a", NULL);
	assert_false(waiting_holds(w->w, ROOM));
	gap(w, "t3");
	assert_true(waiting_holds(w->w, ROOM));
	add(w, "g", true);
	add(w, "h", false);
	assert_int_equal(fake_hs_requests(w->hs)->len, 0);
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b c d e f g h! ");
	assert_heard(w, "a b c d e f g h");
	assert_empty(w);
	const struct hs_request *r = g_ptr_array_index(fake_hs_requests(w->hs), 0);
	assert_string_equal(r->path, "/_matrix/client/v3/rooms/%21makers%3Aexample.org/messages"
				     "?dir=b&from=t3&to=since&limit=100");
	assert_int_equal(fake_hs_requests(w->hs)->len, 3);
}

static void gap__connected__is_asked_for_at_once(void **state)
{
	struct world *w = *state;

	resume(w);
	set_page(w, "t3", "b a", NULL);
	gap(w, "t3");
	add(w, "c", false);
	/* No second time. */
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b c! ");
	assert_int_equal(fake_hs_requests(w->hs)->len, 1);
}

static void gap__rooms__have_their_own(void **state)
{
	struct world *w = *state;

	set_page(w, "t3", "b a", NULL);
	set_page(w, "u3", "d c", NULL);
	gap(w, "t3");
	gap_in(w, "!other:example.org", "u3", "since");
	w->hold = true;
	resume(w);
	assert_true(fake_hs_until_requests(w->hs, 2));
	struct hs_answer a = { .text = g_hash_table_lookup(w->pages, "t3") };
	const struct hs_request *r = fake_hs_last(w->hs, "GET", "v3/rooms/%21makers");
	assert_true(fake_hs_answer(w->hs, r->number, &a));
	await_over(w, 1);
	assert_told(w, "a b ");
	assert_false(waiting_holds(w->w, ROOM));
	assert_true(waiting_holds(w->w, "!other:example.org"));
	a.text = g_hash_table_lookup(w->pages, "u3");
	r = fake_hs_last(w->hs, "GET", "v3/rooms/%21other");
	assert_true(fake_hs_answer(w->hs, r->number, &a));
	await_over(w, 2);
	assert_told(w, "elsewhere:c elsewhere:d ");
	assert_empty(w);
}

static void page__end__is_where_there_is_no_more(void **state)
{
	struct world *w = *state;

	/* An empty page tells nothing; the same token again does. */
	set_page(w, "t3", "c", "t2");
	set_page(w, "t2", "", "t1");
	set_page(w, "t1", "b a", "t1");
	gap(w, "t3");
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b c ");
	set_page(w, "t6", "e", "t5");
	set_page(w, "t5", "", NULL);
	gap(w, "t6");
	await_over(w, 2);
	assert_told(w, "e ");
	assert_empty(w);
}

static void page__empty_without_end__is_given_up(void **state)
{
	struct world *w = *state;

	set_page(w, "a", "", "b");
	set_page(w, "b", "", "a");
	gap(w, "a");
	resume(w);
	await_over(w, 1);
	assert_told(w, "missed ");
	assert_int_equal(fake_hs_requests(w->hs)->len, WAITING_EVENTS_MOST / WAITING_PAGE);
}

static void page__known_events__end_it(void **state)
{
	struct world *w = *state;

	run(w, "INSERT INTO matrix_event(network, event, at_us) VALUES('home', '$c', 0)");
	run(w, "INSERT INTO matrix_event(network, event, at_us) VALUES('home', '$b', 0)");
	set_page(w, "t3", "f c e", "t2");
	set_page(w, "t2", "c b", "t1");
	set_page(w, "t1", "a", NULL);
	gap(w, "t3");
	resume(w);
	await_over(w, 1);
	assert_told(w, "e f ");
	assert_int_equal(fake_hs_requests(w->hs)->len, 2);
}

static void page__all_old__ends_it(void **state)
{
	struct world *w = *state;
	g_autofree char *late = event_at("late", -90), *a = event_at("a", -30);
	g_autofree char *older = event_at("older", -61), *old = event_at("old", -62);

	/* One that was long on its way is no end. */
	g_hash_table_insert(w->pages, g_strdup("t3"),
			    g_strdup_printf("{\"chunk\":[%s,%s],\"end\":\"t2\"}", late, a));
	g_hash_table_insert(w->pages, g_strdup("t2"),
			    g_strdup_printf("{\"chunk\":[%s,%s],\"end\":\"t1\"}", older, old));
	set_page(w, "t1", "never", NULL);
	gap(w, "t3");
	resume(w);
	await_over(w, 1);
	assert_told(w, "old older a late ");
	assert_int_equal(fake_hs_requests(w->hs)->len, 2);
}

static void set_long_pages(struct world *w, unsigned pages)
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

static void gap__too_long__is_missed_but_for_its_end(void **state)
{
	struct world *w = *state;
	unsigned pages = WAITING_EVENTS_MOST / WAITING_PAGE;

	set_long_pages(w, pages + 5);
	gap(w, "p0");
	resume(w);
	await_over(w, 1);
	assert_int_equal(fake_hs_requests(w->hs)->len, pages);
	assert_true(g_str_has_prefix(w->told->str, "missed 8001 8002 "));
	assert_true(g_str_has_suffix(w->told->str, " 9999 10000 "));
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""),
			 WAITING_EVENTS_MOST + 1);
	assert_empty(w);
}

static void page__longer_than_asked_for__is_heard_whole(void **state)
{
	struct world *w = *state;
	g_autoptr(GString) ids = g_string_new("e0");

	for (unsigned i = 1; i < 3 * WAITING_PAGE; i++)
		g_string_append_printf(ids, " e%u", i);
	set_page(w, "t3", ids->str, NULL);
	gap(w, "t3");
	resume(w);
	await_over(w, 1);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 3 * WAITING_PAGE);
}

static void gap__refused__is_missed(void **state)
{
	static const int statuses[] = { 403, 404, 400 };
	struct world *w = *state;

	for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
		set_page(w, "t3", "b a", "t2");
		gap(w, "t3");
		add(w, "c", false);
		w->status = statuses[i];
		resume(w);
		await_over(w, i + 1);
		assert_told(w, "missed c! ");
		assert_empty(w);
	}
	/* What was had before is heard. */
	w->status = 0;
	gap(w, "t3");
	await_over(w, G_N_ELEMENTS(statuses) + 1);
	assert_told(w, "missed a b ");
}

static void page__of_any_kind__does_no_harm(void **state)
{
	static const char *const pages[] = {
		"{}",
		"{\"chunk\":{}}",
		"{\"chunk\":\"x\",\"end\":\"t2\"}",
	};
	struct world *w = *state;

	resume(w);
	for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_hash_table_insert(w->pages, g_strdup("t3"), g_strdup(pages[i]));
		gap(w, "t3");
		await_over(w, i + 1);
		assert_told(w, "missed ");
	}
	g_autofree char *long_text = g_strnfill(300000, 'x'), *a = event_at("a", 0);
	g_hash_table_insert(w->pages, g_strdup("t3"),
			    g_strdup_printf("{\"chunk\":[1,null,[],\"x\",{\"event_id\":\"$\",\"x\":"
					    "\"%s\"},%s],\"end\":7}",
					    long_text, a));
	gap(w, "t3");
	await_over(w, G_N_ELEMENTS(pages) + 1);
	assert_told(w, "a ");
	assert_empty(w);
}

static void gap__second__makes_one_hole_of_both(void **state)
{
	struct world *w = *state;

	set_page(w, "t3", "b", "t2");
	gap(w, "t3");
	add(w, "c", false);
	set_page(w, "t9", "e d c", "t3");
	set_page(w, "t2", "a", NULL);
	gap_in(w, ROOM, "t9", "another since");
	add(w, "f", false);
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b c d e f! ");
	const struct hs_request *r = fake_hs_last(w->hs, "GET", "v3/rooms/");
	assert_non_null(strstr(r->path, "to=since&"));
	assert_empty(w);
}

static void gap__second_while_one_is_asked_for__asks_anew(void **state)
{
	struct world *w = *state;

	resume(w);
	w->hold = true;
	set_page(w, "t3", "never", NULL);
	set_page(w, "t9", "b a", NULL);
	gap(w, "t3");
	assert_true(fake_hs_until_requests(w->hs, 1));
	w->hold = false;
	gap(w, "t9");
	/* What the first one would have told. */
	struct hs_answer late = { .text = g_hash_table_lookup(w->pages, "t3") };
	fake_hs_answer(w->hs, 0, &late);
	await_over(w, 1);
	assert_told(w, "a b ");
	assert_empty(w);
}

static bool page_taken(void *data)
{
	struct world *w = data;

	return w->over || db_int(w->db, 0, "SELECT asked FROM matrix_gap", "") > w->asked;
}

static void gap__always_another__comes_to_an_end(void **state)
{
	struct world *w = *state;
	unsigned gaps = 0;

	set_long_pages(w, 2);
	w->hold_at = "p1";
	resume(w);
	while (!w->over && gaps < 100) {
		gap(w, "p0");
		gaps++;
		assert_true(fake_hs_until(w->hs, page_taken, w));
		w->asked = db_int(w->db, 0, "SELECT asked FROM matrix_gap", "");
	}
	assert_int_equal(gaps, WAITING_EVENTS_MOST / WAITING_PAGE);
	assert_true(g_str_has_prefix(w->told->str, "missed 9901 "));
	assert_empty(w);
}

static void restart__whenever__loses_and_doubles_nothing(void **state)
{
	struct world *w = *state;
	int kills = 0;

	for (bool killed = true; killed; kills++) {
		run(w, "DELETE FROM heard");
		set_page(w, "t3", "f e", "t2");
		set_page(w, "t2", "d c", "t1");
		set_page(w, "t1", "b a", NULL);
		gap(w, "t3");
		add(w, "g", true);
		w->over = 0;
		w->commits = kills;
		resume(w);
		while (!w->over && !w->dead)
			loop_run(w->loop);
		killed = w->dead;
		if (killed) {
			restart(w);
			assert_true(waiting_holds(w->w, ROOM));
			resume(w);
			await_over(w, 1);
		}
		w->commits = -1;
		assert_heard(w, "a b c d e f g");
		assert_empty(w);
	}
	/* Before each page, and before what is handed on. */
	assert_int_equal(kills, 5);
}

static void restart__half_handed_on__goes_on_behind_it(void **state)
{
	struct world *w = *state;

	set_long_pages(w, 2);
	g_hash_table_insert(w->pages, g_strdup("p2"), g_strdup("{\"chunk\":[]}"));
	gap(w, "p0");
	/* Three pages and a hundred events. */
	w->commits = 4;
	resume(w);
	while (!w->dead)
		loop_run(w->loop);
	restart(w);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 100);
	/* Before it goes on, the first sync has another hole. */
	set_page(w, "t3", "b a", NULL);
	gap(w, "t3");
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 200);
	resume(w);
	await_over(w, 1);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 202);
	assert_int_equal(db_int(w->db, 0, "SELECT count(DISTINCT what) FROM heard", ""), 202);
	g_autofree char *last = db_text(w->db, "SELECT what FROM heard ORDER BY n DESC", "");
	assert_string_equal(last, "b");
	assert_empty(w);
}

static void restart__nothing_but_rows__are_handed_on(void **state)
{
	struct world *w = *state;

	add(w, "a", false);
	restart(w);
	assert_true(waiting_holds(w->w, ROOM));
	add(w, "b", true);
	resume(w);
	assert_int_equal(w->over, 1);
	assert_told(w, "a! b ");
	assert_empty(w);
}

static void restart__hole__is_as_long_and_as_old(void **state)
{
	struct world *w = *state;
	unsigned pages = WAITING_EVENTS_MOST / WAITING_PAGE;

	set_long_pages(w, pages + 5);
	gap(w, "p0");
	w->commits = 7;
	resume(w);
	while (!w->dead)
		loop_run(w->loop);
	restart(w);
	resume(w);
	await_over(w, 1);
	/* One of them twice. */
	assert_int_equal(fake_hs_requests(w->hs)->len, pages + 1);
	assert_true(g_str_has_prefix(w->told->str, "missed 8001 8002 "));
	assert_int_equal(db_int(w->db, 0, "SELECT count(DISTINCT what) FROM heard", ""),
			 WAITING_EVENTS_MOST + 1);
	assert_empty(w);
}

static void drop__room__is_forgotten(void **state)
{
	struct world *w = *state;

	w->hold = true;
	resume(w);
	gap(w, "t3");
	add(w, "a", false);
	assert_true(fake_hs_until_requests(w->hs, 1));
	db_begin(w->db);
	waiting_drop(w->w, ROOM);
	waiting_drop(w->w, "!never:example.org");
	db_end(w->db);
	assert_empty(w);
	fake_hs_turn(w->hs, 20000);
	assert_told(w, "");
	assert_int_equal(w->over, 0);
}

static void add__too_many__gives_the_hole_up(void **state)
{
	struct world *w = *state;

	w->hold = true;
	resume(w);
	gap(w, "t3");
	db_begin(w->db);
	for (unsigned i = 0; i < 5000; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);
		add(w, id, false);
	}
	assert_told(w, "");
	add(w, "last", false);
	db_end(w->db);
	assert_true(g_str_has_prefix(w->told->str, "missed 0! 1! "));
	assert_true(g_str_has_suffix(w->told->str, " 4999! last! "));
	assert_empty(w);
	fake_hs_turn(w->hs, 20000);
	assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM heard", ""), 5002);
}

/* A page is asked for, and for as long as the server is given nothing comes of it. */
static void ask_in_vain(struct world *w)
{
	set_page(w, "t3", "b a", NULL);
	gap(w, "t3");
	w->hold = true;
	resume(w);
	assert_true(fake_hs_until_requests(w->hs, 1));
	w->hold = false;
	clock_virtual_set(&w->clock, w->clock.now_us + 10 * CLOCK_US_PER_MINUTE);
}

static void gap__server_down__is_asked_for_again(void **state)
{
	struct world *w = *state;

	ask_in_vain(w);
	fake_hs_hang_up(w->hs);
	await_over(w, 1);
	assert_told(w, "a b ");
	assert_empty(w);
}

static void gap__too_often__is_asked_for_again(void **state)
{
	struct world *w = *state;
	struct hs_answer a = { .status = 429,
			       .text = "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"later\"}" };

	ask_in_vain(w);
	fake_hs_answer(w->hs, 0, &a);
	await_over(w, 1);
	assert_told(w, "a b ");
	assert_empty(w);
}

static void gap__server_always_fails__is_missed(void **state)
{
	struct world *w = *state;
	struct hs_answer a = { .status = 500, .text = "{\"errcode\":\"M_UNKNOWN\"}" };

	ask_in_vain(w);
	fake_hs_answer(w->hs, 0, &a);
	await_over(w, 1);
	assert_told(w, "missed ");
	assert_empty(w);
}

static void gap__another_session__asks_again(void **state)
{
	struct world *w = *state;

	set_page(w, "t3", "b a", NULL);
	gap(w, "t3");
	w->hold = true;
	resume(w);
	assert_true(fake_hs_until_requests(w->hs, 1));
	w->hold = false;
	restart(w);
	fake_hs_turn(w->hs, 20000);
	assert_told(w, "");
	resume(w);
	await_over(w, 1);
	assert_told(w, "a b ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(gap__pages__are_heard_in_order_before_what_came_since),
		TEST(gap__connected__is_asked_for_at_once),
		TEST(gap__rooms__have_their_own),
		TEST(page__end__is_where_there_is_no_more),
		TEST(page__empty_without_end__is_given_up),
		TEST(page__known_events__end_it),
		TEST(page__all_old__ends_it),
		TEST(gap__too_long__is_missed_but_for_its_end),
		TEST(page__longer_than_asked_for__is_heard_whole),
		TEST(gap__refused__is_missed),
		TEST(page__of_any_kind__does_no_harm),
		TEST(gap__second__makes_one_hole_of_both),
		TEST(gap__second_while_one_is_asked_for__asks_anew),
		TEST(gap__always_another__comes_to_an_end),
		TEST(restart__whenever__loses_and_doubles_nothing),
		TEST(restart__half_handed_on__goes_on_behind_it),
		TEST(restart__nothing_but_rows__are_handed_on),
		TEST(restart__hole__is_as_long_and_as_old),
		TEST(drop__room__is_forgotten),
		TEST(add__too_many__gives_the_hole_up),
		TEST(gap__server_down__is_asked_for_again),
		TEST(gap__too_often__is_asked_for_again),
		TEST(gap__server_always_fails__is_missed),
		TEST(gap__another_session__asks_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
