/* Whether a message is for kith (CS API: User and room mentions; Appendices: matrix.to navigation,
 * Matrix URI scheme). As on IRC, a name counts where it is first and a colon or comma follows it;
 * where the sender's client says that it is kith's, a space will do. */
#include "transport/matrix/read_private.h"

#include <glib.h>
#include <string.h>

/* No name is longer; what is in a pill is its maker's to choose. */
enum { PILL_MOST = 1024 };

static bool same_letter(const char *a, const char *b)
{
	return g_unichar_tolower(g_utf8_get_char(a)) == g_unichar_tolower(g_utf8_get_char(b));
}

/* Behind `name`, if `text` begins with it, in whatever case; else NULL. */
static const char *behind(const char *text, const char *name)
{
	if (!*name)
		return NULL;
	for (; *name; name = g_utf8_next_char(name), text = g_utf8_next_char(text))
		if (!*text || !same_letter(text, name))
			return NULL;
	return text;
}

static const char *behind_parting(const char *text, bool pilled)
{
	if (*text == ':' || *text == ',')
		text++;
	else if (!pilled || (*text && !g_ascii_isspace(*text)))
		return NULL;
	while (g_ascii_isspace(*text))
		text++;
	return text;
}

/* `name` with or without an @. With one, a colon may go on to the server of somebody else's id. */
static const char *behind_name(const char *text, const char *name, bool pilled)
{
	const char *rest = behind(text, name);

	if (!rest && *text == '@')
		rest = behind(text + 1, name);
	if (rest && *text == '@' && *rest == ':' && rest[1] && !g_ascii_isspace(rest[1]))
		return NULL;
	return rest ? behind_parting(rest, pilled) : NULL;
}

static bool mentions(struct span mentions, const char *user)
{
	for (struct span_each i = span_each(span_get(mentions, "user_ids")); span_next(&i);)
		if (span_says(i.value, user))
			return true;
	return false;
}

/* Whether the `n` bytes of `url` lead to `user`. */
static bool leads_to(const char *url, size_t n, const char *user)
{
	static const char link[] = "https://matrix.to/#/", uri[] = "matrix:u/";
	const char *query = memchr(url, '?', n), *end = query ? query : url + n;
	size_t before = 0;

	if (n >= strlen(link) && !g_ascii_strncasecmp(url, link, strlen(link)))
		before = strlen(link);
	else if (n >= strlen(uri) && !g_ascii_strncasecmp(url, uri, strlen(uri)))
		before = strlen(uri);
	else
		return false;
	g_autofree char *id = g_uri_unescape_segment(url + before, end, NULL);
	return id && !strcmp(id, user + (*id != '@' && *user == '@'));
}

/* Of an element's start, from its name to its '>', the value of href. */
static const char *href_of(const char *tag, const char *end, size_t *ret_bytes)
{
	for (const char *at = tag; at + 6 < end; at++) {
		if (!g_ascii_isspace(*at) || g_ascii_strncasecmp(at + 1, "href=", 5) != 0)
			continue;
		char quote = at[6];
		const char *value = at + 7;
		const char *close = quote == '"' || quote == '\''
					    ? memchr(value, quote, (size_t)(end - value))
					    : NULL;
		if (!close)
			return NULL;
		*ret_bytes = (size_t)(close - value);
		return value;
	}
	return NULL;
}

static const char *behind_wrapping(const char *html)
{
	static const char reply[] = "<mx-reply>", reply_end[] = "</mx-reply>", part[] = "<p>";

	if (!g_ascii_strncasecmp(html, reply, strlen(reply))) {
		const char *end = strstr(html, reply_end);
		if (end)
			html = end + strlen(reply_end);
	}
	html += strspn(html, " \t\r\n");
	return g_ascii_strncasecmp(html, part, strlen(part)) ? html : html + strlen(part);
}

/* HTML's text, of what people have in their names. */
static char *text_of(const char *html, size_t n)
{
	static const struct {
		const char *entity, *text;
	} known[] = { { "&lt;", "<" },  { "&gt;", ">" },   { "&quot;", "\"" },
		      { "&#39;", "'" }, { "&#x27;", "'" }, { "&nbsp;", "\u00a0" },
		      { "&amp;", "&" } };
	g_autoptr(GString) text = g_string_new_len(html, (gssize)n);

	/* The last, since it makes what looks like others. */
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		g_string_replace(text, known[i].entity, known[i].text, 0);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What is written on kith's pill where formatted_body begins with one; NULL if it does not. */
static char *pill_in(struct span formatted, const char *user)
{
	g_autofree char *whole = span_text(formatted);
	const char *html = whole ? behind_wrapping(whole) : "";

	if (g_ascii_strncasecmp(html, "<a", 2) != 0 || !g_ascii_isspace(html[2]))
		return NULL;
	const char *end = strchr(html, '>');
	size_t n = 0;
	const char *url = end ? href_of(html + 2, end, &n) : NULL;
	if (!url || !leads_to(url, n, user))
		return NULL;
	const char *close = g_strstr_len(end, PILL_MOST, "</a>");
	return close ? text_of(end + 1, (size_t)(close - end - 1)) : g_strdup("");
}

/* A pill as some clients write it into the body: [name](https://matrix.to/#/@kith:example.org). */
static const char *behind_written_pill(const char *text, const char *user)
{
	const char *url = *text == '[' ? g_strstr_len(text, PILL_MOST, "](") : NULL;
	const char *close = url ? strchr(url, ')') : NULL;

	if (!close || !leads_to(url + 2, (size_t)(close - url - 2), user))
		return NULL;
	return behind_parting(close + 1, true);
}

static char *local_part(const char *user)
{
	const char *from = user + (*user == '@');

	return g_strndup(from, strcspn(from, ":"));
}

const char *read_behind_name(const char *text, const struct read_naming *n)
{
	const char *user = n->us->user;
	g_autofree char *local = local_part(user);
	g_autofree char *pill = pill_in(n->formatted, user);
	bool pilled = pill || mentions(n->mentions, user);
	const char *const names[] = { user, n->us->shown, pill, local };

	while (g_ascii_isspace(*text))
		text++;
	const char *rest = behind_written_pill(text, user);
	for (size_t i = 0; !rest && i < G_N_ELEMENTS(names); i++)
		if (names[i])
			rest = behind_name(text, names[i], pilled);
	return rest;
}
