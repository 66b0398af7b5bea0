/* A room as Element's "Export chat" writes it. Client-Server API: "Room events", "Instant
 * messaging", "Rich replies", "Event replacements", "Redactions". */
#include "clock.h"
#include "transport/log/log.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* Of a time in milliseconds: 1970 to 2199. */
#define MS_MOST INT64_C(7258118399000)

/* While the array is gone through. */
struct reading {
	struct log_export *x;
	GArray *lines;     /* of struct log_line */
	GHashTable *names; /* account -> display name or local part; all borrowed */
	GHashTable *seen;  /* event ids */
};

/* NULL unless there is such a string. What follows a NUL in it, which no client sends, is lost. */
static const char *text_of(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static const char *name_of(struct reading *g, const char *account)
{
	char *name = g_hash_table_lookup(g->names, account);
	if (!name) {
		const char *local = account + 1;
		name = g_string_chunk_insert_len(g->x->chunk, local, (gssize)strcspn(local, ":"));
		g_hash_table_insert(g->names, (gpointer)account, name);
	}
	return name;
}

static void add(struct reading *g, const struct log_line *line)
{
	if (line->id)
		g_hash_table_add(g->seen, (gpointer)line->id);
	g_array_append_val(g->lines, *line);
}

/* "Rich replies", fallbacks: lines "> <@ana:example.org> ..." and an empty one before the reply. */
static const char *skip_fallback(const char *body)
{
	const char *p = body;
	if (!g_str_has_prefix(p, "> <@") && !g_str_has_prefix(p, "> * <@"))
		return body;
	while (g_str_has_prefix(p, "> ") || g_str_has_prefix(p, ">\n")) {
		p = strchr(p, '\n');
		if (!p)
			return body;
		p++;
	}
	return *p == '\n' ? p + 1 : p;
}

/* What a content says, NULL if nothing: a picture speaks by its caption alone. */
static const char *said(json_t *content, enum log_line_kind *ret_kind)
{
	const char *type = text_of(content, "msgtype"), *body = text_of(content, "body");
	const char *file = text_of(content, "filename");
	if (!type || !body)
		return NULL;
	*ret_kind = LOG_LINE_MESSAGE;
	if (!strcmp(type, "m.text"))
		return body;
	if (!strcmp(type, "m.emote")) {
		*ret_kind = LOG_LINE_ACTION;
		return body;
	}
	if (!strcmp(type, "m.notice")) {
		*ret_kind = LOG_LINE_NOTICE;
		return body;
	}
	return file && strcmp(file, body) != 0 ? body : NULL;
}

static const char *reply_of(json_t *relates)
{
	/* In a thread, what is replied to may be there for clients that know no threads. */
	if (json_is_true(json_object_get(relates, "is_falling_back")))
		return NULL;
	return text_of(json_object_get(relates, "m.in_reply_to"), "event_id");
}

/* "Event replacements": the new text stands in m.new_content. */
static void read_edit(struct reading *g, json_t *content, const char *target, struct log_line line)
{
	enum log_line_kind kind;
	const char *text = said(json_object_get(content, "m.new_content"), &kind);
	if (!text || !target || kind == LOG_LINE_NOTICE)
		return;
	line.kind = LOG_LINE_EDIT;
	line.text = text;
	line.target = target;
	add(g, &line);
}

/* An export leaves edits out, but the server may have put the latest into the message it is of. */
static void read_bundled(struct reading *g, json_t *event, const struct log_line *message)
{
	json_t *relations = json_object_get(json_object_get(event, "unsigned"), "m.relations");
	json_t *edit = json_object_get(relations, "m.replace");
	json_int_t ms = json_integer_value(json_object_get(edit, "origin_server_ts"));
	const char *id = text_of(edit, "event_id"), *sender = text_of(edit, "sender");
	if (!id || !sender || strcmp(sender, message->account) != 0 || ms <= 0 || ms > MS_MOST ||
	    g_hash_table_contains(g->seen, id))
		return;
	struct log_line line = *message;
	line.id = id;
	line.reply_to = NULL;
	line.at_us = ms * 1000;
	read_edit(g, json_object_get(edit, "content"), message->id, line);
}

static void read_message(struct reading *g, json_t *event, json_t *content, struct log_line line)
{
	json_t *relates = json_object_get(content, "m.relates_to");
	const char *relation = text_of(relates, "rel_type");
	if (relation && !strcmp(relation, "m.replace")) {
		read_edit(g, content, text_of(relates, "event_id"), line);
		return;
	}
	line.text = said(content, &line.kind);
	if (!line.text)
		return;
	if (json_object_get(relates, "m.in_reply_to"))
		line.text = skip_fallback(line.text);
	line.reply_to = reply_of(relates);
	add(g, &line);
	read_bundled(g, event, &line);
}

/* "Redactions": `redacts` has moved into the content with room version 11. */
static void read_redaction(struct reading *g, json_t *event, json_t *content, struct log_line line)
{
	line.target = text_of(content, "redacts");
	if (!line.target)
		line.target = text_of(event, "redacts");
	line.kind = LOG_LINE_REDACTION;
	if (line.target)
		add(g, &line);
}

static const char *previous_membership(json_t *event)
{
	json_t *previous = json_object_get(json_object_get(event, "unsigned"), "prev_content");
	const char *was = text_of(previous, "membership");
	return was ? was : "leave";
}

static void read_member(struct reading *g, json_t *event, json_t *content, struct log_line line)
{
	const char *account = text_of(event, "state_key"), *is = text_of(content, "membership");
	const char *name = text_of(content, "displayname");
	if (!account || *account != '@' || !is)
		return;
	if (name && *name != '\0')
		g_hash_table_insert(g->names, (gpointer)account, (gpointer)name);
	bool in = !strcmp(is, "join"), was_in = !strcmp(previous_membership(event), "join");
	if (in == was_in)
		return;
	line.kind = in ? LOG_LINE_JOIN : LOG_LINE_PART;
	line.account = account;
	line.nick = name_of(g, account);
	add(g, &line);
}

/* NULL, or what is wrong with it. */
static const char *read_event(struct reading *g, json_t *event)
{
	const char *type = text_of(event, "type"), *sender = text_of(event, "sender");
	json_t *content = json_object_get(event, "content"), *ms;
	struct log_line line = { .account = sender, .text = "", .id = text_of(event, "event_id") };
	if (!json_is_object(event))
		return "is no event";
	if (!type)
		return "has no type";
	if (!sender || *sender != '@')
		return "has no sender";
	if (!json_is_object(content))
		return "has no content";
	ms = json_object_get(event, "origin_server_ts");
	if (json_integer_value(ms) <= 0 || json_integer_value(ms) > MS_MOST)
		return "has no origin_server_ts";
	line.at_us = json_integer_value(ms) * 1000;
	line.nick = name_of(g, sender);
	if (!strcmp(type, "m.room.encrypted"))
		return "could not be decrypted when it was exported";
	if (!strcmp(type, "m.room.member")) {
		read_member(g, event, content, line);
		return NULL;
	}
	if (strcmp(type, "m.room.message") != 0 && strcmp(type, "m.room.redaction") != 0)
		return NULL;
	if (!line.id)
		return "has no event_id";
	if (!g_strcmp0(text_of(content, "msgtype"), "m.bad.encrypted"))
		return "could not be decrypted when it was exported";
	if (g_hash_table_contains(g->seen, line.id))
		return NULL; /* files overlap, or an edit was there already */
	if (!strcmp(type, "m.room.message"))
		read_message(g, event, content, line);
	else
		read_redaction(g, event, content, line);
	return NULL;
}

static int by_time(const void *a, const void *b)
{
	const struct log_line *const *x = a, *const *y = b;
	if ((*x)->at_us != (*y)->at_us)
		return (*x)->at_us < (*y)->at_us ? -1 : 1;
	return *x < *y ? -1 : *x > *y; /* the order they stand in */
}

static void sort_lines(struct log_export *x, GArray *lines)
{
	g_autoptr(GPtrArray) order = g_ptr_array_sized_new(lines->len);
	for (unsigned i = 0; i < lines->len; i++)
		g_ptr_array_add(order, &g_array_index(lines, struct log_line, i));
	if (order->len > 0)
		qsort(order->pdata, order->len, sizeof(order->pdata[0]), by_time);
	x->n_lines = lines->len;
	x->lines = g_new(struct log_line, lines->len);
	for (unsigned i = 0; i < order->len; i++)
		x->lines[i] = *(const struct log_line *)order->pdata[i];
}

static void read_events(struct log_export *x, json_t *events)
{
	g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(struct log_line));
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	struct reading g = { x, lines, names, seen };
	json_t *event;
	size_t i;
	json_array_foreach(events, i, event)
	{
		struct log_fault fault = { (unsigned)i + 1, read_event(&g, event) };
		if (fault.wrong)
			g_array_append_val(x->faults, fault);
		else
			x->n_read++;
	}
	sort_lines(x, lines);
}

int log_export_new(const char *bytes, size_t n, struct log_export **ret, char **ret_error)
{
	static const char mark[] = "\xef\xbb\xbf";
	json_error_t error;
	if (n >= strlen(mark) && memcmp(bytes, mark, strlen(mark)) == 0) {
		bytes += strlen(mark);
		n -= strlen(mark);
	}
	json_t *tree = json_loadb(bytes, n, JSON_ALLOW_NUL, &error);
	if (!tree) {
		*ret_error = g_strdup_printf("is not JSON: line %d: %s", error.line, error.text);
		return -EINVAL;
	}
	json_t *events = json_is_array(tree) ? tree : json_object_get(tree, "messages");
	if (!json_is_array(events)) {
		json_decref(tree);
		*ret_error = g_strdup("is JSON without the \"messages\" of an exported chat");
		return -EINVAL;
	}
	struct log_export *x = g_new0(struct log_export, 1);
	x->tree = tree;
	x->chunk = g_string_chunk_new(4096);
	x->faults = g_array_new(FALSE, FALSE, sizeof(struct log_fault));
	read_events(x, events);
	*ret = x;
	return 0;
}

void log_export_free(struct log_export *x)
{
	if (!x)
		return;
	g_free(x->lines);
	g_array_unref(x->faults);
	g_string_chunk_free(x->chunk);
	json_decref(x->tree);
	g_free(x);
}
