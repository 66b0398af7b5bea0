#include "transport/matrix/uploads.h"

#include "base/text/text.h"
#include "transport/matrix/matrix.h"
#include "transport/matrix/media.h"
#include "transport/matrix/rooms.h"

#include <glib.h>

/* At once: a homeserver may have to get each from elsewhere. */
enum { UNDER_WAY_MOST = 4 };

struct upload {
	struct uploads *all;
	char *room, *event;
	size_t bytes; /* of the event */
	int64_t at_us;
	bool backlog;
	struct media_call *call;
};

struct uploads {
	struct matrix *m;
	void (*named)(struct matrix *m, const char *room, const struct read_event *e, bool backlog,
		      const struct read_message *file);
	GPtrArray *under_way; /* of struct upload */
};

static void upload_free(void *data)
{
	struct upload *one = data;

	media_cancel(one->call);
	g_free(one->room);
	g_free(one->event);
	g_free(one);
}

struct uploads *uploads_new(struct matrix *m,
			    void (*named)(struct matrix *m, const char *room,
					  const struct read_event *e, bool backlog,
					  const struct read_message *file))
{
	struct uploads *u = g_new0(struct uploads, 1);

	u->m = m;
	u->named = named;
	u->under_way = g_ptr_array_new_with_free_func(upload_free);
	return u;
}

void uploads_free(struct uploads *u)
{
	if (!u)
		return;
	g_ptr_array_unref(u->under_way);
	g_free(u);
}

static void told(void *data, const struct media_facts *facts)
{
	struct upload *one = data;
	struct uploads *u = one->all;
	const struct read_message file = { .file_name = facts ? facts->name : NULL,
					   .file_type = facts ? facts->type : NULL };
	struct read_event e;
	struct span event;

	one->call = NULL;
	g_ptr_array_set_free_func(u->under_way, NULL);
	g_ptr_array_remove_fast(u->under_way, one);
	g_ptr_array_set_free_func(u->under_way, upload_free);
	if (span_check(one->event, one->bytes, &event, NULL) == 0 && read_event(event, &e) == 0) {
		/* It may have been found to be another than it says. */
		e.at_us = one->at_us;
		u->named(u->m, one->room, &e, one->backlog, &file);
		read_event_done(&e);
	}
	upload_free(one);
}

static bool is_nameless(const struct read_message *said)
{
	g_autofree char *name = text_line(said->file_name ? said->file_name : "");

	return said->kind == READ_MESSAGE && said->file_url && !*name && !*said->text;
}

bool uploads_ask(struct uploads *u, const struct matrix_room *room, const struct read_event *e,
		 const struct read_message *said, bool backlog)
{
	if (!is_nameless(said) || u->under_way->len >= UNDER_WAY_MOST)
		return false;

	struct upload *one = g_new0(struct upload, 1);
	one->all = u;
	one->room = g_strdup(room->id);
	one->event = g_memdup2(e->whole.at, e->whole.bytes);
	one->bytes = e->whole.bytes;
	one->at_us = e->at_us;
	one->backlog = backlog;
	one->call = media_ask(u->m->api, said->file_url, told, one);
	if (!one->call) {
		upload_free(one);
		return false;
	}
	g_ptr_array_add(u->under_way, one);
	return true;
}
