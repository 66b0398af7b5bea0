#include "transport/matrix/direct_list.h"

#include "base/log.h"
#include "clock.h"
#include "net/http.h"
#include "transport/matrix/api.h"
#include "transport/matrix/matrix.h"

#include <glib.h>
#include <string.h>

/* It is kept by the store, too: not worth trying for ever. */
#define TAKES_US (10 * CLOCK_US_PER_MINUTE)

struct entry {
	char *user, *room;
};

struct direct_list {
	struct matrix *m;
	GQueue missing; /* of struct entry; the first is being added */
	struct api_call *call;
};

static void entry_free(void *data)
{
	struct entry *e = data;

	g_free(e->user);
	g_free(e->room);
	g_free(e);
}

struct direct_list *direct_list_new(struct matrix *m)
{
	struct direct_list *l = g_new0(struct direct_list, 1);

	l->m = m;
	return l;
}

void direct_list_forget(struct direct_list *l)
{
	api_cancel(g_steal_pointer(&l->call));
	g_queue_clear_full(&l->missing, entry_free);
}

void direct_list_free(struct direct_list *l)
{
	if (!l)
		return;
	direct_list_forget(l);
	g_free(l);
}

static void ask(struct direct_list *l, const char *method, json_t *body,
		void (*done)(void *data, const struct api_answer *a))
{
	g_autofree char *user = http_escape(l->m->user);
	g_autofree char *path = g_strdup_printf("v3/user/%s/account_data/m.direct", user);
	const struct api_request request = {
		.method = method,
		.path = path,
		.body = body,
		.retry = API_REPEAT,
		.within_us = TAKES_US,
	};

	l->call = api_send(l->m->api, &request, done, l);
}

static void got(void *data, const struct api_answer *a);

static void next(struct direct_list *l)
{
	if (!g_queue_is_empty(&l->missing))
		ask(l, "GET", NULL, got);
}

static void end_entry(struct direct_list *l, const char *why)
{
	struct entry *e = g_queue_pop_head(&l->missing);

	if (why)
		log_info("matrix %s: could not list %s among the direct rooms: %s", l->m->name,
			 e->room, why);
	entry_free(e);
	next(l);
}

static void put(void *data, const struct api_answer *a)
{
	struct direct_list *l = data;

	l->call = NULL;
	end_entry(l, a->error ? a->why : NULL);
}

static bool lists(const json_t *rooms, const char *room)
{
	size_t i;
	json_t *one;

	json_array_foreach(rooms, i, one)
	{
		if (json_is_string(one) && !strcmp(json_string_value(one), room))
			return true;
	}
	return false;
}

/* What else is in there stays as it is, whatever it is. */
static void merge(struct direct_list *l, json_t *all)
{
	const struct entry *e = g_queue_peek_head(&l->missing);
	json_t *rooms = json_object_get(all, e->user);

	if (!json_is_array(rooms)) {
		json_object_set_new(all, e->user, json_array());
		rooms = json_object_get(all, e->user);
	}
	if (lists(rooms, e->room)) {
		json_decref(all);
		end_entry(l, NULL);
		return;
	}
	json_array_append_new(rooms, json_string(e->room));
	ask(l, "PUT", all, put);
}

static void got(void *data, const struct api_answer *a)
{
	struct direct_list *l = data;
	json_t *all = NULL;

	l->call = NULL;
	if (!strcmp(a->errcode, "M_NOT_FOUND"))
		all = json_object();
	else if (a->error == 0)
		all = json_loadb(a->body, a->bytes, 0, NULL);
	if (json_is_object(all)) {
		merge(l, all);
		return;
	}
	json_decref(all);
	end_entry(l, a->error ? a->why : "it is no list");
}

void direct_list_add(struct direct_list *l, const char *user, const char *room)
{
	struct entry *e = g_new0(struct entry, 1);

	e->user = g_strdup(user);
	e->room = g_strdup(room);
	g_queue_push_tail(&l->missing, e);
	if (l->missing.length == 1)
		next(l);
}
