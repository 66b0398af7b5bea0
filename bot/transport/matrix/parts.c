#include "transport/matrix/parts.h"

#include "transport/matrix/content.h"

#include <glib.h>

struct part {
	char *markup;
	char *transaction_id;
};

struct parts {
	GQueue left; /* of struct part, the one whose turn it is first */
	size_t bytes;
	bool edits; /* the one whose turn it is */
	bool begun;
};

static void part_free(void *data)
{
	struct part *p = data;

	g_free(p->markup);
	g_free(p->transaction_id);
	g_free(p);
}

static GPtrArray *cut(const struct parts *p, const char *markup)
{
	return content_cut(markup, p->edits ? p->bytes / 2 : p->bytes);
}

/* Before what is left. */
static void put(struct parts *p, const GPtrArray *pieces, const char *id, const char *between)
{
	for (unsigned i = pieces->len; i > 0; i--) {
		struct part *part = g_new0(struct part, 1);

		part->markup = g_strdup(g_ptr_array_index(pieces, i - 1));
		part->transaction_id =
			pieces->len == 1 ? g_strdup(id) : g_strdup_printf("%s%s%u", id, between, i);
		g_queue_push_head(&p->left, part);
	}
}

struct parts *parts_new(const char *key, const char *markup, bool edits)
{
	struct parts *p = g_new0(struct parts, 1);

	p->bytes = CONTENT_BYTES_MOST;
	p->edits = edits;
	g_autoptr(GPtrArray) pieces = cut(p, markup);
	put(p, pieces, key, ".");
	if (pieces->len > 0)
		return p;
	parts_free(p);
	return NULL;
}

void parts_free(struct parts *p)
{
	if (!p)
		return;
	g_queue_clear_full(&p->left, part_free);
	g_free(p);
}

static const struct part *now(const struct parts *p)
{
	return p->left.head->data;
}

const char *parts_markup(const struct parts *p)
{
	return now(p)->markup;
}

const char *parts_transaction(const struct parts *p)
{
	return now(p)->transaction_id;
}

bool parts_first(const struct parts *p)
{
	return !p->begun;
}

bool parts_next(struct parts *p)
{
	if (p->left.length == 1)
		return false;
	part_free(g_queue_pop_head(&p->left));
	p->begun = true;
	p->edits = false;
	return true;
}

bool parts_cut(struct parts *p)
{
	g_autoptr(GPtrArray) pieces = NULL;

	do {
		p->bytes /= 2;
		if (p->bytes < CONTENT_BYTES_LEAST)
			return false;
		g_clear_pointer(&pieces, g_ptr_array_unref);
		pieces = cut(p, parts_markup(p));
	} while (pieces->len < 2);
	struct part *whole = g_queue_pop_head(&p->left);
	put(p, pieces, whole->transaction_id, ".s");
	part_free(whole);
	return true;
}
