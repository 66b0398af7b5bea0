#include "transport/irc/event_copy.h"

#include "event.h"

#include <glib.h>

struct event *event_copy(const struct event *e)
{
	struct event *copy = g_new(struct event, 1);
	*copy = *e;
	copy->id = g_strdup(e->id);
	copy->account = g_strdup(e->account);
	copy->shown = g_strdup(e->shown);
	copy->text = g_strdup(e->text);
	copy->target = g_strdup(e->target);
	copy->reply_to = g_strdup(e->reply_to);
	copy->answers = g_strdup(e->answers);
	copy->thread = g_strdup(e->thread);
	copy->file_name = g_strdup(e->file_name);
	copy->file_type = g_strdup(e->file_type);
	return copy;
}

void event_free(void *event)
{
	struct event *e = event;
	if (!e)
		return;
	g_free((char *)e->id);
	g_free((char *)e->account);
	g_free((char *)e->shown);
	g_free((char *)e->text);
	g_free((char *)e->target);
	g_free((char *)e->reply_to);
	g_free((char *)e->answers);
	g_free((char *)e->thread);
	g_free((char *)e->file_name);
	g_free((char *)e->file_type);
	g_free(e);
}
