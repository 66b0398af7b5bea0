#include "transport/matrix/reply.h"

#include "base/text/text.h"
#include "clock.h"
#include "net/http.h"

#include <glib.h>
#include <string.h>

#define WAIT_MOST_US CLOCK_US_PER_HOUR

enum { REFUSAL_BYTES_MOST = 64 * 1024, CODE_CHARACTERS_MOST = 64, WHY_CHARACTERS_MOST = 200 };

/* One clean line of what somebody else's server wrote, or "". g_free it. */
static char *clean(struct span s, size_t most)
{
	g_autofree char *text = span_text(s);
	g_autofree char *line = text_line(text ? text : "");

	return text_clip(line, most);
}

static char *why_of(const struct http_answer *a, const struct reply *r)
{
	g_autofree char *error = clean(span_get(r->json, "error"), WHY_CHARACTERS_MOST);
	g_autofree char *type = text_line(a->content_type ? a->content_type : "no content");

	if (*r->errcode)
		return g_strdup_printf("%s%s%s", r->errcode, *error ? ": " : "", error);
	if (a->status >= 200 && a->status < 300 && r->json.at)
		return g_strdup("");
	g_autofree char *clipped = text_clip(type, CODE_CHARACTERS_MOST);
	return g_strdup_printf("status %d with %s", a->status, clipped);
}

static int64_t retry_after_us(const struct http_answer *a, struct span json)
{
	int64_t ms, us = a->retry_after_us;

	if (us < 0 && span_int(span_get(json, "retry_after_ms"), &ms) && ms >= 0)
		us = MIN(ms, WAIT_MOST_US / 1000) * 1000;
	return MIN(us, WAIT_MOST_US);
}

void reply_read(const struct http_answer *a, struct reply *ret)
{
	bool fine = a->status >= 200 && a->status < 300;
	struct span json = { 0 };

	/* A refusal is short; who sends more than that wants something else. */
	if ((!fine && a->bytes > REFUSAL_BYTES_MOST) ||
	    span_check(a->body, a->bytes, &json, NULL) < 0 || !span_is_object(json))
		json = (struct span){ 0 };
	*ret = (struct reply){ .json = json };
	ret->errcode = fine ? g_strdup("") : clean(span_get(json, "errcode"), CODE_CHARACTERS_MOST);
	ret->why = why_of(a, ret);
	ret->soft_logout = !fine && span_is_true(span_get(json, "soft_logout"));
	ret->retry_after_us = retry_after_us(a, json);
}

void reply_done(struct reply *r)
{
	g_clear_pointer(&r->errcode, g_free);
	g_clear_pointer(&r->why, g_free);
}

char *reply_token(struct span json, const char *key)
{
	char *token = span_text(span_get(json, key));

	if (!token)
		return NULL;
	for (const char *c = token; *c; c++) {
		/* A line break would begin another header. */
		if (!g_ascii_isgraph(*c))
			*token = '\0';
	}
	if (*token)
		return token;
	g_free(token);
	return NULL;
}

int64_t reply_expires_at_us(struct span json, const struct clock *clock)
{
	int64_t ms;

	if (!clock || !span_int(span_get(json, "expires_in_ms"), &ms) || ms < 0)
		return 0;
	return clock->wall_us(clock) + MIN(ms, CLOCK_US_PER_YEAR / 1000) * 1000;
}
