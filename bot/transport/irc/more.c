#include "transport/irc/more.h"

#include "base/text/text.h"
#include "clock.h"

#include <glib.h>
#include <string.h>

#define KEPT_FOR_US CLOCK_US_PER_HOUR

/* What text_wrap asks for. */
enum { LINE_LEAST = 16 };

struct kept {
	char *whom;
	char *key;
	char *said; /* by `key`, and all that follows */
	char *rest; /* NULL: that was the end */
	int64_t at_us;
};

struct more {
	GQueue kept; /* of struct kept, the latest first */
};

char **more_cut(const char *text, size_t bytes, const char *ending, const char **ret_rest)
{
	size_t behind = ending ? strlen(" ") + strlen(ending) : 0;
	const char *at = text, *last = text;
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	*ret_rest = NULL;
	if (!ending || behind + LINE_LEAST > bytes)
		return text_wrap(text, bytes);
	while (lines->len < MORE_LINES_MOST) {
		const char *start = at;
		char *line = text_wrap_next(&at, bytes);
		if (!line)
			break;
		g_ptr_array_add(lines, line);
		last = start;
	}
	if (lines->len == MORE_LINES_MOST && *at) {
		g_autofree char *line = text_wrap_next(&last, bytes - behind);
		g_free(lines->pdata[MORE_LINES_MOST - 1]);
		lines->pdata[MORE_LINES_MOST - 1] = g_strjoin(" ", line, ending, NULL);
		*ret_rest = last;
	}
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&lines), FALSE);
}

static void kept_free(void *data)
{
	struct kept *k = data;
	g_free(k->whom);
	g_free(k->key);
	g_free(k->said);
	g_free(k->rest);
	g_free(k);
}

struct more *more_new(void)
{
	return g_new0(struct more, 1);
}

void more_free(struct more *m)
{
	if (!m)
		return;
	g_queue_clear_full(&m->kept, kept_free);
	g_free(m);
}

static GList *find(struct more *m, const char *whom)
{
	for (GList *at = m->kept.head; at; at = at->next) {
		const struct kept *k = at->data;
		if (strcmp(k->whom, whom) == 0)
			return at;
	}
	return NULL;
}

static void drop(struct more *m, GList *at)
{
	kept_free(at->data);
	g_queue_delete_link(&m->kept, at);
}

static void drop_old(struct more *m, int64_t now_us)
{
	for (GList *at; (at = m->kept.tail);) {
		const struct kept *k = at->data;
		if (now_us - k->at_us < KEPT_FOR_US)
			return;
		drop(m, at);
	}
}

void more_keep(struct more *m, const char *whom, const char *key, const char *text,
	       const char *rest, int64_t now_us)
{
	struct kept *k = g_new0(struct kept, 1);
	*k = (struct kept){
		.whom = g_strdup(whom),
		.key = g_strdup(key),
		.said = g_strdup(text),
		.rest = g_strdup(rest),
		.at_us = now_us,
	};
	GList *before = find(m, whom);
	if (before)
		drop(m, before);
	else if (m->kept.length == MORE_KEPT_MOST)
		drop(m, m->kept.tail);
	g_queue_push_head(&m->kept, k);
}

const char *more_left(struct more *m, const char *whom, const char *key, int64_t now_us)
{
	drop_old(m, now_us);
	const GList *at = find(m, whom);
	if (!at)
		return NULL;
	const struct kept *k = at->data;
	return strcmp(k->key, key) == 0 ? k->said : k->rest;
}
