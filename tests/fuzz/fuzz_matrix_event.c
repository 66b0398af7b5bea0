/* The promises of transport/matrix/read.h for any JSON: each value of an array is an
 * event, or the whole is. */
#include "transport/matrix/read.h"

#include <assert.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_text(const char *text)
{
	assert(!text || g_utf8_validate(text, -1, NULL));
}

static void is_id(const char *id)
{
	assert(!id || (*id && strlen(id) <= 255 && g_utf8_validate(id, -1, NULL)));
	for (; id && *id; id = g_utf8_next_char(id))
		assert(!g_unichar_iscntrl(g_utf8_get_char(id)));
}

static void message_is_sound(const struct read_event *e, const struct read_message *m)
{
	bool about = m->kind == READ_EDIT || m->kind == READ_REDACTION || m->kind == READ_REACTION;

	assert(m->text && strlen(m->text) <= e->content.bytes);
	assert(!m->target == !about);
	assert(m->kind == READ_MESSAGE || (!m->reply_to && !m->thread));
	assert(m->kind != READ_NOTHING || (!*m->text && !m->addressed && !m->file_name));
	is_text(m->text);
	is_text(m->file_name);
	is_text(m->file_type);
	assert(!m->file_url || g_str_has_prefix(m->file_url, "mxc://"));
	is_id(m->target);
	is_id(m->reply_to);
	is_id(m->thread);
}

static void read_one(struct span s)
{
	static const struct read_us names[] = { { "@kith:example.org", "Kith \u00c9" },
						{ "@kith:example.org", NULL } };
	struct read_event e;

	if (read_event(s, &e) < 0)
		return;
	is_id(e.id);
	is_id(e.type);
	is_id(e.sender);
	is_id(e.transaction_id);
	assert(e.at_us >= 0 && span_is_object(e.content));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct read_message m;

		read_message(&e, &names[i], &m);
		message_is_sound(&e, &m);
		read_message_done(&m);
	}
	read_event_done(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_memdup2(data, size);
	struct span s;

	if (span_check(text, size, &s, NULL) < 0)
		return 0;
	read_one(s);
	if (span_is_array(s))
		for (struct span_each i = span_each(s); span_next(&i);)
			read_one(i.value);
	return 0;
}
