#include "transport/matrix/read.h"

#include <errno.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct read_us us = { "@kith:example.org", "Kith the Bot" };

static struct span span_of(const char *text)
{
	struct span s;

	if (span_check(text, strlen(text), &s, NULL) < 0)
		fail_msg("no JSON: %s", text);
	return s;
}

#define HEAD \
	"{\"event_id\":\"$e\",\"sender\":\"@ana:example.org\",\"origin_server_ts\":1795424400123,"

/* An event of that type, its content and what else is in it. g_free it. */
static char *event_of(const char *type, const char *content, const char *more)
{
	return g_strdup_printf(HEAD "\"type\":\"%s\",\"content\":%s%s}", type, content, more);
}

/* In the order of struct read_message, what is not NULL. */
static char *shown(const struct read_message *m)
{
	static const char *const kinds[] = { "nothing", "message", "edit", "redaction",
					     "reaction" };
	GString *s = g_string_new(kinds[m->kind]);
	const struct {
		const char *name, *value;
	} fields[] = { { "text", *m->text ? m->text : NULL },
		       { "target", m->target },
		       { "reply", m->reply_to },
		       { "thread", m->thread },
		       { "named", m->addressed ? "yes" : NULL },
		       { "file", m->file_name },
		       { "type", m->file_type },
		       { "url", m->file_url } };

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (fields[i].value)
			g_string_append_printf(s, " %s=%s", fields[i].name, fields[i].value);
	return g_string_free(s, FALSE);
}

static void assert_reads(const char *type, const char *content, const char *more, const char *want)
{
	g_autofree char *text = event_of(type, content, more);
	struct read_event e;
	struct read_message m;

	assert_int_equal(read_event(span_of(text), &e), 0);
	read_message(&e, &us, &m);
	g_autofree char *got = shown(&m);
	if (strcmp(got, want) != 0)
		fail_msg("%s\n  is  %s\n  not %s", content, got, want);
	read_message_done(&m);
	read_event_done(&e);
	assert_null(m.text);
	assert_null(e.id);
}

static void assert_message(const char *content, const char *want)
{
	assert_reads("m.room.message", content, "", want);
}

static void event__whole__is_read(void **state)
{
	static const char text[] =
		" {\"content\":{\"body\":\"x\"},\"event_id\":\"$1\\/a\",\"origin_server_ts\":1500,"
		"\"sender\":\"@ana:example.org\",\"state_key\":\"\",\"type\":\"m.room.name\","
		"\"unsigned\":{\"transaction_id\":\"t1\",\"redacted_because\":{}}} ";
	struct read_event e;

	assert_int_equal(read_event(span_of(text), &e), 0);
	assert_string_equal(e.id, "$1/a");
	assert_string_equal(e.type, "m.room.name");
	assert_string_equal(e.sender, "@ana:example.org");
	assert_string_equal(e.state_key, "");
	assert_string_equal(e.transaction_id, "t1");
	assert_int_equal(e.at_us, 1500000);
	assert_true(e.redacted);
	assert_int_equal(e.content.bytes, strlen("{\"body\":\"x\"}"));
	assert_int_equal(e.whole.bytes, strlen(text) - 2);
	read_event_done(&e);
	read_event_done(NULL);
}

static void event__least__has_no_more(void **state)
{
	g_autofree char *text = event_of("m.room.message", "{}", "");
	struct read_event e;

	assert_int_equal(read_event(span_of(text), &e), 0);
	assert_null(e.state_key);
	assert_null(e.transaction_id);
	assert_false(e.redacted);
	read_event_done(&e);
}

static void event__none__is_refused(void **state)
{
	static const char *const bad[] = {
		"1",
		"[]",
		"{}",
		"{\"event_id\":\"$e\",\"sender\":\"@a:b\",\"origin_server_ts\":1,\"type\":\"t\"}",
		"{\"event_id\":\"$e\",\"sender\":\"@a:b\",\"type\":\"t\",\"content\":{}}",
		"{\"event_id\":\"$e\",\"origin_server_ts\":1,\"type\":\"t\",\"content\":{}}",
		"{\"event_id\":\"$e\",\"sender\":\"@a:b\",\"origin_server_ts\":1,\"content\":{}}",
		"{\"sender\":\"@a:b\",\"origin_server_ts\":1,\"type\":\"t\",\"content\":{}}",
		HEAD "\"type\":1,\"content\":{}}",
		HEAD "\"type\":\"\",\"content\":{}}",
		HEAD "\"type\":\"t\",\"content\":[]}",
		HEAD "\"type\":\"t\",\"content\":null}",
		HEAD "\"type\":\"t\",\"content\":{},\"state_key\":1}",
		HEAD "\"type\":\"t\",\"content\":{},\"state_key\":null}",
		HEAD "\"type\":\"t\",\"content\":{},\"origin_server_ts\":\"1\"}",
		HEAD "\"type\":\"t\",\"content\":{},\"origin_server_ts\":1.5}",
		HEAD "\"type\":\"t\",\"content\":{},\"event_id\":\"\"}",
		HEAD "\"type\":\"t\",\"content\":{},\"event_id\":\"$a\\nb\"}",
		HEAD "\"type\":\"t\",\"content\":{},\"event_id\":\"$a\\u007f\"}",
		HEAD "\"type\":\"t\",\"content\":{},\"event_id\":\"$a\xc2\x85\"}",
		HEAD "\"type\":\"t\",\"content\":{},\"sender\":\"@olga\\u0000:example.org\"}",
	};
	struct read_event e = { .at_us = 7 };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		if (read_event(span_of(bad[i]), &e) != -EBADMSG)
			fail_msg("read: %s", bad[i]);
	assert_int_equal(e.at_us, 7);
	assert_null(e.id);
}

static void event__ids__are_no_longer_than_that(void **state)
{
	for (size_t n = 255; n <= 256; n++) {
		g_autofree char *id = g_strnfill(n, 'x');
		g_autofree char *more = g_strdup_printf(",\"event_id\":\"%s\"", id);
		g_autofree char *text = event_of("t", "{}", more);
		struct read_event e;

		assert_int_equal(read_event(span_of(text), &e), n == 255 ? 0 : -EBADMSG);
		if (n == 255)
			read_event_done(&e);
	}
}

static void event__times__are_bounded(void **state)
{
	static const struct {
		const char *ms;
		int64_t us;
	} rows[] = { { "0", 0 },
		     { "-5", 0 },
		     { "1795424400123", INT64_C(1795424400123000) },
		     { "9223372036854775807", INT64_MAX / 1000 * 1000 } };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *more = g_strdup_printf(",\"origin_server_ts\":%s", rows[i].ms);
		g_autofree char *text = event_of("t", "{}", more);
		struct read_event e;

		assert_int_equal(read_event(span_of(text), &e), 0);
		assert_int_equal(e.at_us, rows[i].us);
		read_event_done(&e);
	}
}

static void message__kinds__what_is_said_and_what_is_not(void **state)
{
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"so \\u00e9\\n!\"}",
		       "message text=so \u00e9\n!");
	assert_message("{\"msgtype\":\"m.emote\",\"body\":\"waves\"}", "message text=waves");
	assert_message("{\"msgtype\":\"m.notice\",\"body\":\"kith: x\"}", "nothing");
	assert_message("{\"msgtype\":\"m.location\",\"body\":\"x\"}", "nothing");
	assert_message("{\"msgtype\":\"m.key.verification.request\",\"body\":\"x\"}", "nothing");
	assert_message("{\"msgtype\":1,\"body\":\"x\"}", "nothing");
	assert_message("{\"body\":\"x\"}", "nothing");
	assert_message("{\"msgtype\":\"m.text\"}", "nothing");
	assert_message("{\"msgtype\":\"m.text\",\"body\":[\"x\"]}", "nothing");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"\"}", "nothing");
	assert_message("{}", "nothing");
	assert_reads("m.sticker", "{\"body\":\"x\"}", "", "nothing");
	assert_reads("m.room.encrypted", "{\"body\":\"x\",\"msgtype\":\"m.text\"}", "", "nothing");
	assert_reads("m.room.message", "{\"msgtype\":\"m.text\",\"body\":\"x\"}",
		     ",\"state_key\":\"\"", "nothing");
	assert_reads("m.room.message", "{\"msgtype\":\"m.text\",\"body\":\"x\"}",
		     ",\"unsigned\":{\"redacted_because\":{\"type\":\"m.room.redaction\"}}",
		     "nothing");
}

static void message__uploads__tell_file_and_caption(void **state)
{
	static const char *const types[] = { "m.file", "m.image", "m.audio", "m.video" };

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autofree char *content = g_strdup_printf(
			"{\"msgtype\":\"%s\",\"body\":\"a.png\",\"url\":\"mxc://h/1\","
			"\"info\":{\"mimetype\":\"image/png\"}}",
			types[i]);
		assert_message(content, "message file=a.png type=image/png url=mxc://h/1");
	}
	assert_message("{\"msgtype\":\"m.image\",\"body\":\"a.png\",\"filename\":\"a.png\","
		       "\"url\":\"mxc://h/1\"}",
		       "message file=a.png url=mxc://h/1");
	assert_message("{\"msgtype\":\"m.image\",\"body\":\"kith, !show it\","
		       "\"filename\":\"a.png\",\"url\":\"mxc://h/1\"}",
		       "message text=!show it named=yes file=a.png url=mxc://h/1");
	/* Encrypted; and an address of somebody else's. */
	assert_message("{\"msgtype\":\"m.file\",\"body\":\"a\",\"file\":{\"url\":\"mxc://h/2\"}}",
		       "message file=a url=mxc://h/2");
	assert_message("{\"msgtype\":\"m.file\",\"body\":\"a\",\"url\":\"http://h/2\"}",
		       "message file=a");
	assert_message("{\"msgtype\":\"m.file\",\"url\":\"mxc://h/2\"}", "nothing");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"a\",\"url\":\"mxc://h/2\"}",
		       "message text=a");
}

#define REPLY "\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$r\"}}"

static void message__reply__loses_its_fallback(void **state)
{
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"yes\"," REPLY "}",
		       "message text=yes reply=$r");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"> <@ben:h> one\\n> two\\n>\\n> three"
		       "\\n\\nyes\\n\\nso\"," REPLY "}",
		       "message text=yes\n\nso reply=$r");
	assert_message(
		"{\"msgtype\":\"m.text\",\"body\":\"> * <@ben:h> waves\\n\\n> mine\\nyes\"," REPLY
		"}",
		"message text=> mine\nyes reply=$r");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"> <@ben:h> one\\r\\n\\r\\nyes\"," REPLY
		       "}",
		       "message text=yes reply=$r");
	/* Nothing but a fallback is nothing said. */
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"> <@ben:h> one\"," REPLY "}", "nothing");
	/* A quotation of the sender's own. */
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"> a line of hers\\n\\nyes\"," REPLY "}",
		       "message text=> a line of hers\n\nyes reply=$r");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"> <@ben:h> one\\n\\nyes\"}",
		       "message text=> <@ben:h> one\n\nyes");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"> <@ben:h> one\\n\\nKITH: yes\"," REPLY
		       "}",
		       "message text=yes reply=$r named=yes");
	/* What is no relation is none. */
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"yes\",\"m.relates_to\":"
		       "{\"m.in_reply_to\":\"$r\"}}",
		       "message text=yes");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"yes\",\"m.relates_to\":"
		       "{\"m.in_reply_to\":{\"event_id\":7}}}",
		       "message text=yes");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"yes\",\"m.relates_to\":[]}",
		       "message text=yes");
}

static void message__thread__falling_back_is_no_reply(void **state)
{
#define THREAD(more)                                                               \
	"{\"msgtype\":\"m.text\",\"body\":\"yes\",\"m.relates_to\":{\"rel_type\":" \
	"\"m.thread\",\"event_id\":\"$t\"" more "}}"
	assert_message(THREAD(""), "message text=yes thread=$t");
	assert_message(THREAD(",\"m.in_reply_to\":{\"event_id\":\"$r\"}"),
		       "message text=yes reply=$r thread=$t");
	assert_message(THREAD(",\"m.in_reply_to\":{\"event_id\":\"$r\"},\"is_falling_back\":false"),
		       "message text=yes reply=$r thread=$t");
	assert_message(THREAD(",\"m.in_reply_to\":{\"event_id\":\"$r\"},\"is_falling_back\":true"),
		       "message text=yes thread=$t");
	/* Only a thread has that. */
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"yes\",\"m.relates_to\":"
		       "{\"is_falling_back\":true,\"m.in_reply_to\":{\"event_id\":\"$r\"}}}",
		       "message text=yes reply=$r");
}

static void edit__new_content__is_what_counts(void **state)
{
#define EDIT(inner)                                                               \
	"{\"msgtype\":\"m.text\",\"body\":\"* new\",\"m.new_content\":" inner "," \
	"\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$o\"}}"
	assert_message(EDIT("{\"msgtype\":\"m.text\",\"body\":\"new\"}"),
		       "edit text=new target=$o");
	assert_message(EDIT("{\"msgtype\":\"m.text\",\"body\":\"\"}"), "edit target=$o");
	assert_message(EDIT("{\"msgtype\":\"m.text\",\"body\":\"kith: new\"}"),
		       "edit text=new target=$o named=yes");
	assert_message(
		EDIT("{\"msgtype\":\"m.text\",\"body\":\"> <@ben:h> a\\n\\nnew\"," REPLY "}"),
		"edit text=new target=$o");
	assert_message(EDIT("{\"msgtype\":\"m.notice\",\"body\":\"new\"}"), "nothing");
	assert_message(EDIT("{}"), "nothing");
	assert_message(EDIT("\"new\""), "nothing");
	assert_message("{\"msgtype\":\"m.text\",\"body\":\"* new\",\"m.relates_to\":{\"rel_type\":"
		       "\"m.replace\",\"event_id\":\"$o\"}}",
		       "nothing");
	assert_message(
		"{\"msgtype\":\"m.text\",\"body\":\"* new\",\"m.new_content\":{\"msgtype\":"
		"\"m.text\",\"body\":\"new\"},\"m.relates_to\":{\"rel_type\":\"m.replace\"}}",
		"nothing");
}

static void redaction__target__wherever_the_room_version_has_it(void **state)
{
	assert_reads("m.room.redaction", "{}", ",\"redacts\":\"$o\"", "redaction target=$o");
	assert_reads("m.room.redaction", "{\"redacts\":\"$o\",\"reason\":\"x\"}", "",
		     "redaction target=$o");
	assert_reads("m.room.redaction", "{\"redacts\":\"$other\"}", ",\"redacts\":\"$o\"",
		     "redaction target=$o");
	assert_reads("m.room.redaction", "{\"redacts\":[]}", ",\"redacts\":1", "nothing");
	assert_reads("m.room.redaction", "{}", "", "nothing");
}

static void reaction__key__is_the_text(void **state)
{
	assert_reads("m.reaction",
		     "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"$o\","
		     "\"key\":\"\U0001f44d\"}}",
		     "", "reaction text=\U0001f44d target=$o");
	assert_reads("m.reaction",
		     "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"$o\"}}", "",
		     "nothing");
	assert_reads("m.reaction",
		     "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"key\":\"x\"}}", "",
		     "nothing");
	assert_reads(
		"m.reaction",
		"{\"m.relates_to\":{\"rel_type\":\"other\",\"event_id\":\"$o\",\"key\":\"x\"}}", "",
		"nothing");
	assert_reads("m.reaction", "{}", "", "nothing");
}

static void named__name_first__with_what_parts_it(void **state)
{
	static const struct {
		const char *body, *rest; /* NULL: it is not for kith */
	} rows[] = {
		{ "kith: hi", "hi" },
		{ "Kith,   hi", "hi" },
		{ "  KITH:hi", "hi" },
		{ "kith:", "" },
		{ "kith the bot: hi", "hi" },
		{ "@kith: hi", "hi" },
		{ "@Kith the Bot, hi", "hi" },
		{ "@kith:example.org: hi", "hi" },
		{ "@kith:example.org, hi", "hi" },
		{ "kith: !show \\u00e9", "!show \u00e9" },
		{ "kith", NULL },
		{ "kith hi", NULL },
		{ "@kith:example.org hi", NULL },
		{ "kith the bot hi", NULL },
		{ "kithara: hi", NULL },
		{ "kit: hi", NULL },
		{ "hi kith: hi", NULL },
		{ ": hi", NULL },
		{ "@: hi", NULL },
		{ "@kith:example.com: hi", NULL },
		{ "@kith:example.org:8448 hi", NULL },
		{ "@kith:hi", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *content =
			g_strdup_printf("{\"msgtype\":\"m.text\",\"body\":\"%s\"}", rows[i].body);
		const char *rest = rows[i].rest;
		g_autofree char *whole =
			rest ? g_strdup_printf("message%s%s named=yes", *rest ? " text=" : "", rest)
			     : g_strconcat("message text=", rows[i].body, NULL);
		assert_message(content, whole);
	}
}

static void assert_pill(const char *body, const char *html, const char *want)
{
	g_autofree char *content = g_strdup_printf("{\"msgtype\":\"m.text\",\"body\":\"%s\","
						   "\"format\":\"org.matrix.custom.html\","
						   "\"formatted_body\":\"%s\"}",
						   body, html);
	assert_message(content, want);
}

static void named__pill_first__a_space_is_enough(void **state)
{
#define LINK(url) "<a href=\\\"" url "\\\">"
#define PILL      LINK("https://matrix.to/#/@kith:example.org")
	static const char yes[] = "message text=hi named=yes";

	assert_pill("kith hi", PILL "kith</a> hi", yes);
	assert_pill("kith: hi", PILL "kith</a>: hi", yes);
	assert_pill("@kith:example.org hi", PILL "@kith:example.org</a> hi", yes);
	assert_pill("kith", PILL "kith</a>", "message named=yes");
	assert_pill("kith hi",
		    LINK("https://matrix.to/#/%40kith%3Aexample.org?via=h") "kith</a> hi", yes);
	assert_pill("kith hi", LINK("matrix:u/kith:example.org?action=chat") "kith</a> hi", yes);
	assert_pill("kith hi",
		    "\\u003cA class='x' HREF='https://matrix.to/#/@kith:example.org'>k</a> hi",
		    yes);
	assert_pill("kith hi", "<p>" PILL "kith</a> hi</p>", yes);
	assert_pill("kith hi", "<mx-reply><b>x</b></mx-reply>" PILL "kith</a> hi", yes);
	/* Called by another name. */
	assert_pill("Our <B> & Bot hi", PILL "Our &lt;B&gt; &amp; Bot</a> hi", yes);
	assert_pill("[Kith](https://matrix.to/#/@kith:example.org) hi", "", yes);

	assert_pill("kith hi", LINK("https://matrix.to/#/@ben:example.org") "kith</a> hi",
		    "message text=kith hi");
	assert_pill("kith hi", LINK("https://matrix.to/#/@kith:example.org.uk") "kith</a> hi",
		    "message text=kith hi");
	assert_pill("kith hi", "so " PILL "kith</a> hi", "message text=kith hi");
	assert_pill("kithara hi", PILL "kith</a> hi", "message text=kithara hi");
	assert_pill("kith hi", "<a href=\\\"https://matrix.to/#/@kith:example.org",
		    "message text=kith hi");
	assert_pill("kith hi", "<a", "message text=kith hi");
	assert_pill("kith hi", "<a >", "message text=kith hi");
	assert_pill("kith hi", "<a href=>", "message text=kith hi");
	assert_pill("[Kith](https://matrix.to/#/@ben:example.org) hi", "",
		    "message text=[Kith](https://matrix.to/#/@ben:example.org) hi");
	assert_pill("[Kith](", "", "message text=[Kith](");
}

static void named__mentioned__a_space_is_enough(void **state)
{
#define MENTION(body, ids) \
	"{\"msgtype\":\"m.text\",\"body\":\"" body "\",\"m.mentions\":{\"user_ids\":" ids "}}"
	assert_message(MENTION("kith hi", "[\"@ben:h\",\"@kith:example.org\"]"),
		       "message text=hi named=yes");
	assert_message(MENTION("hi kith", "[\"@kith:example.org\"]"), "message text=hi kith");
	assert_message(MENTION("kith hi", "[\"@ben:h\"]"), "message text=kith hi");
	assert_message(MENTION("kith hi", "\"@kith:example.org\""), "message text=kith hi");
	assert_message(MENTION("kith hi", "[1,null,[]]"), "message text=kith hi");
}

static void named__nameless__goes_by_the_id(void **state)
{
	static const struct read_us nameless = { "@kith:example.org", NULL }, empty = { "", "" };
	g_autofree char *text =
		event_of("m.room.message", "{\"msgtype\":\"m.text\",\"body\":\"kith: hi\"}", "");
	struct read_event e;
	struct read_message m;

	assert_int_equal(read_event(span_of(text), &e), 0);
	read_message(&e, &nameless, &m);
	assert_true(m.addressed);
	read_message_done(&m);
	read_message(&e, &empty, &m);
	assert_false(m.addressed);
	read_message_done(&m);
	read_event_done(&e);
}

static void message__members_twice__the_last_counts(void **state)
{
	assert_message("{\"msgtype\":\"m.notice\",\"body\":\"a\",\"bod\\u0079\":\"b\","
		       "\"msgtype\":\"m.text\"}",
		       "message text=b");
}

/* Whatever is long is gone through so often, and no oftener the longer it is. */
static void message__huge__is_read_all_the_same(void **state)
{
	static const char *const parts[] = { "> <@a:b>\\n", "<mx-reply>", "kith", "[",
					     "&amp;",       "\\ud83d",    "](" };

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GString) s = g_string_new(NULL);

		while (s->len < 300000)
			g_string_append(s, parts[i]);
		g_autofree char *content = g_strdup_printf(
			"{\"msgtype\":\"m.text\",\"body\":\"%s\",\"formatted_body\":\"<a "
			"href='%s'>%s</a>\"," REPLY "}",
			s->str, s->str, s->str);
		g_autofree char *text = event_of("m.room.message", content, "");
		struct read_event e;
		struct read_message m;
		assert_int_equal(read_event(span_of(text), &e), 0);
		read_message(&e, &us, &m);
		assert_true(g_utf8_validate(m.text, -1, NULL));
		read_message_done(&m);
		read_event_done(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event__whole__is_read),
		cmocka_unit_test(event__least__has_no_more),
		cmocka_unit_test(event__none__is_refused),
		cmocka_unit_test(event__ids__are_no_longer_than_that),
		cmocka_unit_test(event__times__are_bounded),
		cmocka_unit_test(message__kinds__what_is_said_and_what_is_not),
		cmocka_unit_test(message__uploads__tell_file_and_caption),
		cmocka_unit_test(message__reply__loses_its_fallback),
		cmocka_unit_test(message__thread__falling_back_is_no_reply),
		cmocka_unit_test(edit__new_content__is_what_counts),
		cmocka_unit_test(redaction__target__wherever_the_room_version_has_it),
		cmocka_unit_test(reaction__key__is_the_text),
		cmocka_unit_test(named__name_first__with_what_parts_it),
		cmocka_unit_test(named__pill_first__a_space_is_enough),
		cmocka_unit_test(named__mentioned__a_space_is_enough),
		cmocka_unit_test(named__nameless__goes_by_the_id),
		cmocka_unit_test(message__members_twice__the_last_counts),
		cmocka_unit_test(message__huge__is_read_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
