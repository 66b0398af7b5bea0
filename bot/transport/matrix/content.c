#include "transport/matrix/content.h"

#include "base/text/text.h"

#include <string.h>

/* What a content has besides its text: keys, and at most five ids of 255 bytes. */
enum { BYTES_AROUND = 1800 };

/* As RFC 8259 has it in a string. */
static size_t json_bytes(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '"' || *text == '\\' || *text == '\n' ? 2
		     : (unsigned char)*text < 0x20                  ? 6
								    : 1;
	return n;
}

/* Never less than what the line takes among others: the breaks and the list's own marks counted. */
static size_t line_bytes(const char *line)
{
	g_autofree char *plain = post_plain(line), *html = post_html(line);

	return json_bytes(plain) + json_bytes(html) + strlen("\\n<br></ul>");
}

static bool is_blank(const char *text)
{
	g_autofree char *line = text_line(text);

	return !*line;
}

struct cutter {
	GPtrArray *pieces;
	GString *piece;
	size_t used, most;
};

static void end_piece(struct cutter *c)
{
	if (!is_blank(c->piece->str))
		g_ptr_array_add(c->pieces, g_strdup(c->piece->str));
	g_string_truncate(c->piece, 0);
	c->used = 0;
}

/* Literal text has no formatted_body, and no character of it takes more than twice its bytes. */
static void cut_line(struct cutter *c, const char *line)
{
	g_autofree char *plain = post_plain(line);
	const char *at = plain;

	end_piece(c);
	for (char *part; (part = text_wrap_next(&at, c->most / 2));) {
		g_ptr_array_add(c->pieces, post_literal(part));
		g_free(part);
	}
}

static void add_line(struct cutter *c, const char *line)
{
	size_t bytes = line_bytes(line);

	if (bytes > c->most) {
		cut_line(c, line);
		return;
	}
	if (c->used + bytes > c->most)
		end_piece(c);
	if (c->used)
		g_string_append_c(c->piece, '\n');
	g_string_append(c->piece, line);
	c->used += bytes;
}

GPtrArray *content_cut(const char *markup, size_t bytes)
{
	g_auto(GStrv) lines = g_strsplit(markup, "\n", -1);
	struct cutter c = {
		.pieces = g_ptr_array_new_with_free_func(g_free),
		.piece = g_string_new(NULL),
		.most = MAX(bytes, CONTENT_BYTES_LEAST) - BYTES_AROUND,
	};

	for (char **line = lines; *line; line++)
		add_line(&c, *line);
	end_piece(&c);
	g_string_free(c.piece, TRUE);
	return c.pieces;
}

/* NULL where it says no more than the plain text. */
static char *formatted(const char *markup, const char *plain)
{
	g_autofree char *html = post_html(markup);
	g_autofree char *escaped = text_html(plain);
	g_auto(GStrv) lines = g_strsplit(escaped, "\n", -1);
	g_autofree char *same = g_strjoinv("<br>", lines);

	return strcmp(html, same) != 0 ? g_steal_pointer(&html) : NULL;
}

/* A notice notifies nobody, whomever it mentions: clients show by it whom it is for. */
static json_t *mentions(const char *user)
{
	return user ? json_pack("{s:[s]}", "user_ids", user) : json_object();
}

static void put_text(json_t *content, const char *start, const char *text)
{
	g_autofree char *body = g_strconcat(start, text, NULL);

	json_object_set_new(content, "body", json_string(body));
}

static void put_html(json_t *content, const char *start, const char *html)
{
	g_autofree char *body = g_strconcat(start, html, NULL);

	json_object_set_new(content, "format", json_string("org.matrix.custom.html"));
	json_object_set_new(content, "formatted_body", json_string(body));
}

/* What kith says of its own accord, and what is said to somebody alone who asked for it elsewhere:
 * nobody is looking there. A notice never notifies (CS API: Push notifications). */
static bool notifies(enum post_kind kind, const struct content_about *about)
{
	return kind == POST_ANNOUNCEMENT ||
	       (kind == POST_PRIVATE && !about->reply_to && !about->mention && !about->quiet);
}

/* CS API: m.room.message. */
static json_t *message(enum post_kind kind, const char *markup, const struct content_about *about,
		       const char *start)
{
	g_autofree char *plain = post_plain(markup);
	g_autofree char *html = formatted(markup, plain);
	json_t *content = json_object();

	json_object_set_new(content, "msgtype",
			    json_string(notifies(kind, about) ? "m.text" : "m.notice"));
	put_text(content, start, plain);
	if (html)
		put_html(content, start, html);
	return content;
}

/* CS API: Rich replies, Threads ("Fallback for unthreaded clients"). */
static json_t *relation(const struct content_about *about)
{
	const char *answered = about->reply_to ? about->reply_to : about->thread;
	json_t *relates = json_pack("{s:{s:s}}", "m.in_reply_to", "event_id", answered);

	if (relates && about->thread) {
		json_object_set_new(relates, "rel_type", json_string("m.thread"));
		json_object_set_new(relates, "event_id", json_string(about->thread));
		json_object_set_new(relates, "is_falling_back", json_true());
	}
	return relates;
}

/* CS API: Event replacements. The original's relation stays as it was; whom it mentions counts in
 * the new content, and outside of it only who was not mentioned before. */
static json_t *edit(enum post_kind kind, const char *markup, const struct content_about *about)
{
	json_t *content = message(kind, markup, about, "* ");
	json_t *new_content = message(kind, markup, about, "");

	json_object_set_new(new_content, "m.mentions", mentions(about->mention));
	json_object_set_new(content, "m.mentions", mentions(NULL));
	json_object_set_new(content, "m.new_content", new_content);
	json_object_set_new(
		content, "m.relates_to",
		json_pack("{s:s, s:s}", "rel_type", "m.replace", "event_id", about->edits));
	return content;
}

json_t *content_of(enum post_kind kind, const char *markup, const struct content_about *about)
{
	if (about->edits)
		return edit(kind, markup, about);

	json_t *content = message(kind, markup, about, "");

	json_object_set_new(content, "m.mentions", mentions(about->mention));
	if (about->reply_to || about->thread)
		json_object_set_new(content, "m.relates_to", relation(about));
	return content;
}
