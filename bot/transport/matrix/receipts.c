#include "transport/matrix/receipts.h"

#include "base/loop.h"
#include "clock.h"
#include "net/http.h"
#include "transport/matrix/api.h"
#include "transport/matrix/matrix.h"

#include <glib.h>

#define AFTER_US CLOCK_US_PER_SECOND

/* Of all rooms: they must not keep posts waiting. */
enum { UNDER_WAY_MOST = 4 };

struct receipt {
	struct receipts *receipts;
	char *room;
	char *event; /* the newest; NULL: it is under way or was told */
	struct api_call *call;
};

struct receipts {
	struct matrix *m;
	bool (*busy)(void *data, const char *room);
	void *data;
	GHashTable *rooms; /* room -> struct receipt */
	struct loop_timer *due;
	bool armed;
	unsigned under_way;
};

static void receipt_free(void *data)
{
	struct receipt *r = data;

	api_cancel(r->call);
	g_free(r->room);
	g_free(r->event);
	g_free(r);
}

static void arm(struct receipts *r)
{
	if (!r->armed)
		loop_timer_set(r->due, AFTER_US);
	r->armed = true;
}

static void told(void *data, const struct api_answer *a)
{
	struct receipt *one = data;
	struct receipts *r = one->receipts;

	one->call = NULL;
	r->under_way--;
	if (one->event)
		arm(r);
	else
		g_hash_table_remove(r->rooms, one->room);
}

static void tell(struct receipt *one)
{
	struct receipts *r = one->receipts;
	g_autofree char *room = http_escape(one->room), *event = http_escape(one->event);
	g_autofree char *path = g_strdup_printf("v3/rooms/%s/receipt/m.read/%s", room, event);
	const struct api_request request = {
		.method = "POST",
		.path = path,
		.body = json_object(),
		.retry = API_PASSING,
	};

	g_clear_pointer(&one->event, g_free);
	r->under_way++;
	one->call = api_send(r->m->api, &request, told, one);
}

static void due(void *data)
{
	struct receipts *r = data;
	GHashTableIter i;
	void *value;

	r->armed = false;
	g_hash_table_iter_init(&i, r->rooms);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		struct receipt *one = value;

		if (!one->event || one->call)
			continue;
		if (r->under_way >= UNDER_WAY_MOST || r->busy(r->data, one->room))
			arm(r);
		else
			tell(one);
	}
}

struct receipts *receipts_new(struct matrix *m, bool (*busy)(void *data, const char *room),
			      void *data)
{
	struct receipts *r = g_new0(struct receipts, 1);

	r->m = m;
	r->busy = busy;
	r->data = data;
	r->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, receipt_free);
	r->due = loop_timer_new(m->env.loop, due, r);
	return r;
}

void receipts_forget(struct receipts *r)
{
	g_hash_table_remove_all(r->rooms);
	r->under_way = 0;
	r->armed = false;
	loop_timer_set(r->due, -1);
}

void receipts_free(struct receipts *r)
{
	if (!r)
		return;
	g_hash_table_destroy(r->rooms);
	loop_timer_free(r->due);
	g_free(r);
}

void receipts_note(struct receipts *r, const char *room, const char *event)
{
	struct receipt *one = g_hash_table_lookup(r->rooms, room);

	if (!one) {
		one = g_new0(struct receipt, 1);
		one->receipts = r;
		one->room = g_strdup(room);
		g_hash_table_insert(r->rooms, one->room, one);
	}
	g_free(one->event);
	one->event = g_strdup(event);
	arm(r);
}
