#include "transport/log/log.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const kinds[] = {
	[LOG_LINE_NOTHING] = "nothing",     [LOG_LINE_MESSAGE] = "message",
	[LOG_LINE_ACTION] = "action",       [LOG_LINE_NOTICE] = "notice",
	[LOG_LINE_JOIN] = "join",           [LOG_LINE_PART] = "part",
	[LOG_LINE_NICK] = "nick",           [LOG_LINE_EDIT] = "edit",
	[LOG_LINE_REDACTION] = "redaction",
};

static struct log_export *exported(const char *bytes, size_t n)
{
	struct log_export *x;
	char *error = NULL;
	if (log_export_new(bytes, n, &x, &error) < 0)
		fail_msg("%s", error);
	return x;
}

/* A line each: "message $1 ana @ana:example.org 1000: text", with "< $2" for a reply and "> $2" for
 * a target; then "! 3 what is wrong". */
static char *described(const struct log_export *x)
{
	GString *all = g_string_new(NULL);
	for (unsigned i = 0; i < x->n_lines; i++) {
		const struct log_line *l = &x->lines[i];
		g_string_append_printf(all, "%s %s %s %s %" G_GINT64_FORMAT, kinds[l->kind],
				       l->id ? l->id : "-", l->nick, l->account, l->at_us / 1000);
		if (l->reply_to)
			g_string_append_printf(all, " < %s", l->reply_to);
		if (l->target)
			g_string_append_printf(all, " > %s", l->target);
		g_string_append_printf(all, ": %s\n", l->text);
	}
	for (unsigned i = 0; i < x->faults->len; i++) {
		const struct log_fault *f = &g_array_index(x->faults, struct log_fault, i);
		g_string_append_printf(all, "! %u %s\n", f->number, f->wrong);
	}
	return g_string_free(all, FALSE);
}

/* `events` are those of the array, with ' for ". */
static void assert_events(const char *events, const char *means)
{
	g_autofree char *json = g_strdelimit(g_strdup(events), "'", '"');
	g_autofree char *whole = g_strdup_printf(
		"{\"room_name\": \"Makers\", \"messages\": [%s], \"export_date\": \"today\"}",
		json);
	g_autofree char *bare = g_strdup_printf("\xef\xbb\xbf [%s]\n", json);
	const char *const both[] = { whole, bare };
	for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
		struct log_export *x = exported(both[i], strlen(both[i]));
		g_autofree char *is = described(x);
		assert_string_equal(is, means);
		log_export_free(x);
	}
}

#define EVENT(type, id, ms)                                                        \
	"{'type': '" type "', 'event_id': '" id "', 'sender': '@ana:example.org'," \
	" 'origin_server_ts': " #ms ", "
#define SAYS(id, ms, content) EVENT("m.room.message", id, ms) "'content': {" content "}}"
#define TEXT(id, ms, body)    SAYS(id, ms, "'msgtype': 'm.text', 'body': '" body "'")

static void export__messages__are_read(void **state)
{
	assert_events("", "");
	assert_events(TEXT("$1", 1000, "hello"), "message $1 ana @ana:example.org 1000: hello\n");
	assert_events(SAYS("$1", 1000, "'msgtype': 'm.emote', 'body': 'waves'"),
		      "action $1 ana @ana:example.org 1000: waves\n");
	assert_events(SAYS("$1", 1000, "'msgtype': 'm.notice', 'body': 'beep'"),
		      "notice $1 ana @ana:example.org 1000: beep\n");
	/* A picture says what its caption says. */
	assert_events(SAYS("$1", 1000, "'msgtype': 'm.image', 'body': 'vase.jpg'"), "");
	assert_events(
		SAYS("$1", 1000, "'msgtype': 'm.image', 'body': 'my vase', 'filename': 'vase.jpg'"),
		"message $1 ana @ana:example.org 1000: my vase\n");
	/* What was deleted has an empty content. */
	assert_events(SAYS("$1", 1000, ""), "");
	assert_events(SAYS("$1", 1000, "'msgtype': 'm.text'"), "");
	assert_events(SAYS("$1", 1000, "'msgtype': 'm.text', 'body': 7"), "");
	assert_events(EVENT("m.room.topic", "$1", 1000) "'content': {'topic': 'x'}}", "");
	assert_events(EVENT("m.reaction", "$1", 1000) "'content': {}}", "");
}

static void export__order__is_that_of_time(void **state)
{
	assert_events(TEXT("$3", 3000, "three") "," TEXT("$1", 1000, "one") "," TEXT(
			      "$2", 2000, "two") "," TEXT("$1b", 1000, "one again"),
		      "message $1 ana @ana:example.org 1000: one\n"
		      "message $1b ana @ana:example.org 1000: one again\n"
		      "message $2 ana @ana:example.org 2000: two\n"
		      "message $3 ana @ana:example.org 3000: three\n");
	assert_events(TEXT("$1", 1000, "one") "," TEXT("$1", 1000, "one"),
		      "message $1 ana @ana:example.org 1000: one\n");
}

#define REPLY(id, body)                             \
	"'msgtype': 'm.text', 'body': '" body "', " \
	"'m.relates_to': {'m.in_reply_to': {'event_id': '" id "'}}"

static void export__replies__lose_their_fallback(void **state)
{
	assert_events(SAYS("$2", 1000, REPLY("$1", "yes")),
		      "message $2 ana @ana:example.org 1000 < $1: yes\n");
	assert_events(
		SAYS("$2", 1000, REPLY("$1", "> <@ben:example.org> a?\\n> or b?\\n\\nyes\\n> b")),
		"message $2 ana @ana:example.org 1000 < $1: yes\n> b\n");
	assert_events(SAYS("$2", 1000, REPLY("$1", "> * <@ben:example.org> waves\\n\\nhi")),
		      "message $2 ana @ana:example.org 1000 < $1: hi\n");
	/* A quotation is not one, nor is a fallback without an end. */
	assert_events(SAYS("$2", 1000, REPLY("$1", "> a quote\\n\\nyes")),
		      "message $2 ana @ana:example.org 1000 < $1: > a quote\n\nyes\n");
	assert_events(SAYS("$2", 1000, REPLY("$1", "> <@ben:example.org> a?")),
		      "message $2 ana @ana:example.org 1000 < $1: > <@ben:example.org> a?\n");
	assert_events(SAYS("$2", 1000,
			   "'msgtype': 'm.text', 'body': 'in a thread', 'm.relates_to': {"
			   "'rel_type': 'm.thread', 'event_id': '$0', 'is_falling_back': true,"
			   " 'm.in_reply_to': {'event_id': '$1'}}"),
		      "message $2 ana @ana:example.org 1000: in a thread\n");
}

#define EDIT(id, ms, of, body)                                              \
	SAYS(id, ms,                                                        \
	     "'msgtype': 'm.text', 'body': '* " body "',"                   \
	     " 'm.new_content': {'msgtype': 'm.text', 'body': '" body "'}," \
	     " 'm.relates_to': {'rel_type': 'm.replace', 'event_id': '" of "'}")

static void export__edits__are_read(void **state)
{
	assert_events(TEXT("$1", 1000, "helo") "," EDIT("$2", 2000, "$1", "hello"),
		      "message $1 ana @ana:example.org 1000: helo\n"
		      "edit $2 ana @ana:example.org 2000 > $1: hello\n");
	/* Without the new content nobody knows it. */
	assert_events(SAYS("$2", 2000,
			   "'msgtype': 'm.text', 'body': '* hello',"
			   " 'm.relates_to': {'rel_type': 'm.replace', 'event_id': '$1'}"),
		      "");
}

#define BUNDLED(sender)                                                                    \
	EVENT("m.room.message", "$1", 1000)                                                \
	"'content': {'msgtype': 'm.text', 'body': 'helo'},"                                \
	" 'unsigned': {'m.relations': {'m.replace': {'event_id': '$2', 'sender': '" sender \
	"', 'origin_server_ts': 2000, 'content': {'m.new_content':"                        \
	" {'msgtype': 'm.text', 'body': 'hello'}}}}}}"

static void export__bundled_edits__are_read_once(void **state)
{
	static const char means[] = "message $1 ana @ana:example.org 1000: helo\n"
				    "edit $2 ana @ana:example.org 2000 > $1: hello\n";
	assert_events(BUNDLED("@ana:example.org"), means);
	assert_events(BUNDLED("@ana:example.org") "," EDIT("$2", 2000, "$1", "hello"), means);
	assert_events(EDIT("$2", 2000, "$1", "hello") "," BUNDLED("@ana:example.org"), means);
	assert_events(BUNDLED("@ben:example.org"), "message $1 ana @ana:example.org 1000: helo\n");
}

static void export__redactions__are_read(void **state)
{
	assert_events(EVENT("m.room.redaction", "$2", 2000) "'redacts': '$1', 'content': {}}",
		      "redaction $2 ana @ana:example.org 2000 > $1: \n");
	assert_events(EVENT("m.room.redaction", "$2", 2000) "'content': {'redacts': '$1'}}",
		      "redaction $2 ana @ana:example.org 2000 > $1: \n");
	assert_events(EVENT("m.room.redaction", "$2", 2000) "'content': {}}", "");
}

#define MEMBER(id, ms, whom, content, before)                \
	EVENT("m.room.member", id, ms)                       \
	"'state_key': '" whom "', 'content': {" content "}," \
	" 'unsigned': {'prev_content': {" before "}}}"

static void export__members__come_and_go(void **state)
{
	assert_events(MEMBER("$1", 1000, "@ana:example.org",
			     "'membership': 'join', 'displayname': 'Ana B'",
			     "") "," TEXT("$2", 2000, "hello"),
		      "join $1 Ana B @ana:example.org 1000: \n"
		      "message $2 Ana B @ana:example.org 2000: hello\n");
	/* A new display name is no arrival. */
	assert_events(MEMBER("$1", 1000, "@ana:example.org", "'membership': 'join'",
			     "'membership': 'join'"),
		      "");
	assert_events(MEMBER("$1", 1000, "@ben:example.org", "'membership': 'ban'",
			     "'membership': 'join'"),
		      "part $1 ben @ben:example.org 1000: \n");
	assert_events(MEMBER("$1", 1000, "@ben:example.org", "'membership': 'invite'", ""), "");
	assert_events(MEMBER("$1", 1000, "ben", "'membership': 'join'", ""), "");
}

static void export__faults__are_counted(void **state)
{
	assert_events("null, 7, [], {}, " TEXT("$1", 1000, "hello"),
		      "message $1 ana @ana:example.org 1000: hello\n"
		      "! 1 is no event\n! 2 is no event\n! 3 is no event\n! 4 has no type\n");
	assert_events("{'type': 'm.room.message'}", "! 1 has no sender\n");
	assert_events("{'type': 'm.room.message', 'sender': 'ana', 'content': {}}",
		      "! 1 has no sender\n");
	assert_events("{'type': 'm.room.message', 'sender': '@ana:example.org'}",
		      "! 1 has no content\n");
	assert_events("{'type': 'm.room.message', 'sender': '@ana:example.org', 'content': []}",
		      "! 1 has no content\n");
	assert_events("{'type': 'm.room.message', 'sender': '@ana:example.org', 'content': {},"
		      " 'origin_server_ts': 1000}",
		      "! 1 has no event_id\n");
	assert_events(TEXT("$1", 0, "x"), "! 1 has no origin_server_ts\n");
	assert_events(TEXT("$1", -5, "x"), "! 1 has no origin_server_ts\n");
	assert_events(TEXT("$1", 1.5, "x"), "! 1 has no origin_server_ts\n");
	assert_events(TEXT("$1", '1000', "x"), "! 1 has no origin_server_ts\n");
	assert_events(TEXT("$1", 9000000000000000, "x"), "! 1 has no origin_server_ts\n");
	assert_events(EVENT("m.room.encrypted", "$1", 1000) "'content': {'ciphertext': 'x'}}",
		      "! 1 could not be decrypted when it was exported\n");
	assert_events(SAYS("$1", 1000, "'msgtype': 'm.bad.encrypted', 'body': '** Unable **'"),
		      "! 1 could not be decrypted when it was exported\n");
}

static void export__odd_values__harm_nobody(void **state)
{
	/* The text ends at a NUL; relations of other types are none. */
	assert_events(TEXT("$1", 1000, "one\\u0000two"),
		      "message $1 ana @ana:example.org 1000: one\n");
	assert_events(SAYS("$1", 1000, "'msgtype': 'm.text', 'body': 'x', 'm.relates_to': [1]"),
		      "message $1 ana @ana:example.org 1000: x\n");
	assert_events("{'type': 'm.room.message', 'event_id': '$1', 'sender': '@',"
		      " 'origin_server_ts': 1000, 'content': {'msgtype': 'm.text', 'body': 'x'}}",
		      "message $1  @ 1000: x\n");
}

static void export__other_json__is_refused(void **state)
{
	g_autofree char *deep = g_strnfill(100000, '[');
	static const struct {
		const char *text, *error; /* how it begins */
	} cases[] = {
		{ "", "is not JSON: line " },
		{ "{\"messages\": [", "is not JSON: line 1: " },
		{ "{\"messages\": [\"\xff\"]}", "is not JSON: line 1: " },
		{ "{\"messages\": []} more", "is not JSON: line 1: " },
		{ "{}", "is JSON without the \"messages\"" },
		{ "{\"messages\": {}}", "is JSON without the \"messages\"" },
	};
	for (size_t i = 0; i <= G_N_ELEMENTS(cases); i++) {
		bool last = i == G_N_ELEMENTS(cases);
		const char *text = last ? deep : cases[i].text;
		struct log_export *x = NULL;
		g_autofree char *error = NULL;
		assert_int_equal(log_export_new(text, strlen(text), &x, &error), -EINVAL);
		assert_null(x);
		if (!g_str_has_prefix(error, last ? "is not JSON: line 1: " : cases[i].error))
			fail_msg("%s: %s", text, error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(export__messages__are_read),
		cmocka_unit_test(export__order__is_that_of_time),
		cmocka_unit_test(export__replies__lose_their_fallback),
		cmocka_unit_test(export__edits__are_read),
		cmocka_unit_test(export__bundled_edits__are_read_once),
		cmocka_unit_test(export__redactions__are_read),
		cmocka_unit_test(export__members__come_and_go),
		cmocka_unit_test(export__faults__are_counted),
		cmocka_unit_test(export__odd_values__harm_nobody),
		cmocka_unit_test(export__other_json__is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
