#include "transport/matrix/media.h"

#include "base/text/text.h"
#include "clock.h"
#include "net/http.h"
#include "transport/matrix/api.h"

#include <glib.h>
#include <string.h>

#define TAKES_US CLOCK_US_PER_MINUTE

enum { NAME_MOST = 200, TYPE_MOST = 100 };

struct media_call {
	struct api_call *call;
	void (*done)(void *data, const struct media_facts *facts);
	void *data;
};

/* CS API: Matrix Content (mxc://) URIs; what may stand in an id is said there too. */
static bool read_url(const char *url, char **ret_server, char **ret_id)
{
	static const char scheme[] = "mxc://";

	if (!g_str_has_prefix(url, scheme) || strlen(url) > 1024)
		return false;
	const char *server = url + strlen(scheme), *slash = strchr(server, '/');
	if (!slash || !slash[1] || !(g_ascii_isalnum(*server) || *server == '['))
		return false;
	for (const char *p = server; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("-_.:[]/", *p))
			return false;
	const char *id = slash + 1;
	if (strpbrk(id, "/.:[]"))
		return false;
	*ret_server = g_strndup(server, (size_t)(slash - server));
	*ret_id = g_strdup(id);
	return true;
}

/* One clean line, or NULL. */
static char *clean(const char *text, size_t most)
{
	g_autofree char *valid = text_valid(text, strlen(text));
	g_autofree char *line = text_line(valid);

	return *line ? text_clip(line, most) : NULL;
}

/* The value of a header up to its parameters (RFC 9110, 5.6.6). */
static char *read_type(const char *header)
{
	g_autofree char *type = g_strndup(header, strcspn(header, ";"));

	g_strstrip(type);
	return strchr(type, '/') ? clean(type, TYPE_MOST) : NULL;
}

static const char *skip(const char *p, const char *what)
{
	return p + strspn(p, what);
}

/* A parameter's value, quoted or not; *at is moved behind it. */
static char *read_value(const char **at)
{
	GString *value = g_string_new(NULL);
	const char *p = *at;

	if (*p != '"') {
		size_t n = strcspn(p, "; \t");

		g_string_append_len(value, p, (gssize)n);
		*at = p + n;
		return g_string_free(value, FALSE);
	}
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		g_string_append_c(value, *p);
	}
	*at = *p ? p + 1 : p;
	return g_string_free(value, FALSE);
}

/* RFC 8187: charset'language'percent-encoded. */
static char *read_extended(const char *value)
{
	const char *quote = strchr(value, '\'');
	const char *text = quote ? strchr(quote + 1, '\'') : NULL;

	if (!text || g_ascii_strncasecmp(value, "utf-8'", 6) != 0)
		return NULL;
	g_autofree char *raw = g_uri_unescape_string(text + 1, NULL);
	return raw && g_utf8_validate(raw, -1, NULL) ? g_steal_pointer(&raw) : NULL;
}

/* RFC 6266: filename* says it better than filename, wherever they stand. */
static char *read_name(const char *header)
{
	g_autofree char *plain = NULL, *extended = NULL;
	const char *p = header + strcspn(header, ";");

	while (*(p = skip(p, "; \t"))) {
		size_t n = strcspn(p, "=; \t");
		g_autofree char *name = g_strndup(p, n);

		p = skip(p + n, " \t");
		if (*p != '=')
			continue;
		p = skip(p + 1, " \t");
		char *value = read_value(&p);
		if (!g_ascii_strcasecmp(name, "filename*") && !extended)
			extended = read_extended(value);
		else if (!g_ascii_strcasecmp(name, "filename") && !plain)
			plain = g_strdup(value);
		g_free(value);
	}
	const char *best = extended ? extended : plain;
	return best ? clean(best, NAME_MOST) : NULL;
}

static void answered(void *data, const struct api_answer *a)
{
	struct media_call *c = data;
	const struct http_answer *http = a->error == 0 ? a->http : NULL;
	g_autofree char *type = http && http->content_type ? read_type(http->content_type) : NULL;
	g_autofree char *name =
		http && http->content_disposition ? read_name(http->content_disposition) : NULL;
	const struct media_facts facts = { name, type };
	void (*done)(void *data, const struct media_facts *facts) = c->done;
	void *whose = c->data;

	g_free(c);
	done(whose, name || type ? &facts : NULL);
}

struct media_call *media_ask(struct api *api, const char *url,
			     void (*done)(void *data, const struct media_facts *facts), void *data)
{
	g_autofree char *server = NULL, *id = NULL;

	if (!read_url(url, &server, &id))
		return NULL;

	struct media_call *c = g_new0(struct media_call, 1);
	g_autofree char *server_part = http_escape(server), *id_part = http_escape(id);
	g_autofree char *path = g_strdup_printf("v1/media/download/%s/%s", server_part, id_part);
	const struct api_request request = {
		.method = "GET",
		.path = path,
		.retry = API_REPEAT,
		.within_us = TAKES_US,
		.head_only = true,
	};

	c->done = done;
	c->data = data;
	c->call = api_send(api, &request, answered, c);
	return c;
}

void media_cancel(struct media_call *c)
{
	if (!c)
		return;
	api_cancel(c->call);
	g_free(c);
}
