#include "transport/matrix/read.h"

#include "transport/matrix/read_private.h"

#include <errno.h>
#include <glib.h>
#include <stddef.h>
#include <string.h>

/* CS API: Size limits. */
enum { ID_BYTES_MOST = 255 };
/* That are looked for at once. */
enum { KEYS_MOST = 10 };

/*
 * What every event has.
 */

/* Ids are compared with others and told to people: what could pass for another is none. NULL also
 * where it is no string, or longer than an id may be. */
static char *id_or_empty(struct span s)
{
	if (!span_is_string(s) || s.bytes > ID_BYTES_MOST * 6 + 2 ||
	    memmem(s.at, s.bytes, "\\u0000", 6))
		return NULL;
	g_autofree char *id = span_text(s);
	size_t n = strlen(id);

	for (const char *p = id; *p; p++)
		/* C0, DEL and, as two bytes, C1. */
		if ((uint8_t)*p < 0x20 || *p == 0x7f || (*p == '\xc2' && (uint8_t)p[1] < 0xa0))
			return NULL;
	return n <= ID_BYTES_MOST ? g_steal_pointer(&id) : NULL;
}

static char *id_of(struct span s)
{
	char *id = id_or_empty(s);

	if (id && !*id)
		g_clear_pointer(&id, g_free);
	return id;
}

/* span_says, at once where nothing is escaped: most keys are none of those looked for. */
static bool is_key(struct span key, bool plain, const char *name, size_t n)
{
	if (!plain)
		return span_says(key, name);
	return key.bytes == n + 2 && !memcmp(key.at + 1, name, n);
}

/* Of keys found in one going through an object; `values` are none where it has no such member. */
static void find(struct span object, const char *const *keys, struct span *values, size_t n)
{
	size_t bytes[KEYS_MOST];

	for (size_t k = 0; k < n; k++)
		bytes[k] = strlen(keys[k]);
	memset(values, 0, n * sizeof(*values));
	for (struct span_each i = span_each(object); span_next(&i);) {
		bool plain = i.key.at && !memchr(i.key.at, '\\', i.key.bytes);

		for (size_t k = 0; k < n; k++)
			if (is_key(i.key, plain, keys[k], bytes[k])) {
				values[k] = i.value;
				break;
			}
	}
}

/* Milliseconds, whatever they are, as microseconds. */
static bool time_of(struct span s, int64_t *ret_us)
{
	int64_t ms;

	if (!span_int(s, &ms))
		return false;
	*ret_us = CLAMP(ms, 0, INT64_MAX / 1000) * 1000;
	return true;
}

int read_event(struct span s, struct read_event *ret)
{
	static const char *const keys[] = { "event_id",  "type",    "sender",  "origin_server_ts",
					    "state_key", "content", "unsigned" };
	struct span values[G_N_ELEMENTS(keys)];
	struct read_event e = { .whole = s };

	find(s, keys, values, G_N_ELEMENTS(keys));
	e.id = id_of(values[0]);
	e.type = id_of(values[1]);
	e.sender = id_of(values[2]);
	e.state_key = id_or_empty(values[4]);
	e.content = values[5];
	if (!e.id || !e.type || !e.sender || !time_of(values[3], &e.at_us) ||
	    (values[4].at && !e.state_key) || !span_is_object(e.content)) {
		read_event_done(&e);
		return -EBADMSG;
	}
	e.transaction_id = id_of(span_get(values[6], "transaction_id"));
	e.redacted = span_is_object(span_get(values[6], "redacted_because"));
	*ret = e;
	return 0;
}

void read_event_done(struct read_event *e)
{
	if (!e)
		return;
	g_free(e->id);
	g_free(e->type);
	g_free(e->sender);
	g_free(e->state_key);
	g_free(e->transaction_id);
	memset(e, 0, sizeof(*e));
}

/*
 * What was said.
 */
struct said {
	struct span msgtype, body, formatted, relates, replaced, mentions, filename, url, file,
		info;
};

static struct said said_of(struct span content)
{
	static const char *const keys[] = { "msgtype",      "body",          "formatted_body",
					    "m.relates_to", "m.new_content", "m.mentions",
					    "filename",     "url",           "file",
					    "info" };
	struct said s;

	G_STATIC_ASSERT(sizeof(s) == G_N_ELEMENTS(keys) * sizeof(struct span));
	find(content, keys, (struct span *)&s, G_N_ELEMENTS(keys));
	return s;
}

static bool is_reply(const struct said *s)
{
	return span_is_object(span_get(s->relates, "m.in_reply_to"));
}

/* CS API, up to 1.12: Fallbacks for rich replies. What is quoted as "> <@user:server> ..." or
 * "> * <@user:server> ...", and the empty line behind it. */
static const char *behind_fallback(const char *text)
{
	if (!g_str_has_prefix(text, "> <@") && !g_str_has_prefix(text, "> * <@"))
		return text;
	while (*text == '>') {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	text += text[0] == '\r' && text[1] == '\n';
	return text + (*text == '\n');
}

static bool is_file(struct span msgtype)
{
	static const char *const types[] = { "m.image", "m.file", "m.audio", "m.video" };

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if (span_says(msgtype, types[i]))
			return true;
	return false;
}

/* CS API: m.file and the like. Returns the caption. */
static char *read_file(const struct said *s, struct read_message *ret)
{
	g_autofree char *body = span_text(s->body), *name = span_text(s->filename);
	g_autofree char *url = span_text(s->url);

	if (!url)
		url = span_text(span_get(s->file, "url"));
	if (url && g_str_has_prefix(url, "mxc://"))
		ret->file_url = g_steal_pointer(&url);
	ret->file_type = span_text(span_get(s->info, "mimetype"));
	if (!name || !strcmp(name, body)) {
		ret->file_name = g_steal_pointer(&body);
		return g_strdup("");
	}
	ret->file_name = g_steal_pointer(&name);
	return g_steal_pointer(&body);
}

/* False: it is nothing that kith minds. */
static bool read_said(const struct said *s, bool reply, const struct read_us *us,
		      struct read_message *ret)
{
	const struct read_naming naming = { us, s->formatted, s->mentions };
	bool file = is_file(s->msgtype);

	if (!span_is_string(s->body))
		return false;
	/* An m.emote is said like anything else, as an ACTION is on IRC. */
	if (!file && !span_says(s->msgtype, "m.text") && !span_says(s->msgtype, "m.emote"))
		return false;
	g_autofree char *text = file ? read_file(s, ret) : span_text(s->body);
	const char *from = reply ? behind_fallback(text) : text;
	const char *rest = read_behind_name(from, &naming);

	ret->addressed = rest;
	from = rest ? rest : from;
	ret->text = from == text ? g_steal_pointer(&text) : g_strdup(from);
	return true;
}

static void read_new(const struct said *s, const struct read_us *us, struct read_message *ret)
{
	struct span relates = s->relates;

	if (!read_said(s, is_reply(s), us, ret))
		return;
	if (span_says(span_get(relates, "rel_type"), "m.thread"))
		ret->thread = id_of(span_get(relates, "event_id"));
	/* There only for clients that know no threads. */
	if (!ret->thread || !span_is_true(span_get(relates, "is_falling_back")))
		ret->reply_to = id_of(span_at(relates, "m.in_reply_to", "event_id", NULL));
	if (*ret->text || ret->addressed || ret->file_name || ret->file_url)
		ret->kind = READ_MESSAGE;
}

static void read_edit(const struct said *s, const struct read_us *us, struct read_message *ret)
{
	const struct said now = said_of(s->replaced);

	ret->target = id_of(span_get(s->relates, "event_id"));
	if (ret->target && read_said(&now, is_reply(s) || is_reply(&now), us, ret))
		ret->kind = READ_EDIT;
}

/* CS API: Redactions. At the top level up to room version 10; servers keep it there also since, for
 * clients, and only there can no sender of an older room have put another. */
static void read_redaction(const struct read_event *e, struct read_message *ret)
{
	ret->target = id_of(span_get(e->whole, "redacts"));
	if (!ret->target)
		ret->target = id_of(span_get(e->content, "redacts"));
	if (ret->target)
		ret->kind = READ_REDACTION;
}

static void read_reaction(const struct read_event *e, struct read_message *ret)
{
	struct span relates = span_get(e->content, "m.relates_to");

	if (!span_says(span_get(relates, "rel_type"), "m.annotation"))
		return;
	ret->target = id_of(span_get(relates, "event_id"));
	ret->text = span_text(span_get(relates, "key"));
	if (ret->target && ret->text)
		ret->kind = READ_REACTION;
}

static void read_any(const struct read_event *e, const struct read_us *us, struct read_message *ret)
{
	if (!strcmp(e->type, "m.room.redaction")) {
		read_redaction(e, ret);
	} else if (!strcmp(e->type, "m.reaction")) {
		read_reaction(e, ret);
	} else if (!strcmp(e->type, "m.room.message")) {
		const struct said s = said_of(e->content);

		if (span_says(span_get(s.relates, "rel_type"), "m.replace"))
			read_edit(&s, us, ret);
		else
			read_new(&s, us, ret);
	}
}

void read_message(const struct read_event *e, const struct read_us *us, struct read_message *ret)
{
	struct read_message m = { .kind = READ_NOTHING };

	if (!e->state_key && !e->redacted)
		read_any(e, us, &m);
	/* Of what cannot be used nothing is left. */
	if (m.kind == READ_NOTHING)
		read_message_done(&m);
	if (!m.text)
		m.text = g_strdup("");
	*ret = m;
}

void read_message_done(struct read_message *m)
{
	if (!m)
		return;
	g_free(m->text);
	g_free(m->target);
	g_free(m->reply_to);
	g_free(m->thread);
	g_free(m->file_name);
	g_free(m->file_type);
	g_free(m->file_url);
	memset(m, 0, sizeof(*m));
}
