#include "transport/irc/ctcp.h"

#include "clock.h"

#include <glib.h>
#include <string.h>

#define APART_US (2 * CLOCK_US_PER_SECOND)

enum { PING_MOST = 64 };

/* What they have to send back is theirs: a time, most often. But it is not kith's to pass on just
 * anything. */
static bool is_payload(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (g_ascii_iscntrl(*c))
			return false;
	}
	return *text && strlen(text) <= PING_MOST;
}

static char *answer(const char *command, const char *payload)
{
	if (g_ascii_strcasecmp(command, "VERSION") == 0)
		return g_strdup("\001VERSION kith " KITH_VERSION "\001");
	if (g_ascii_strcasecmp(command, "CLIENTINFO") == 0)
		return g_strdup("\001CLIENTINFO ACTION CLIENTINFO PING VERSION\001");
	if (g_ascii_strcasecmp(command, "PING") == 0 && is_payload(payload))
		return g_strdup_printf("\001PING %s\001", payload);
	return NULL;
}

static bool is_too_soon(const struct ctcp *c, int64_t now_us)
{
	unsigned n = c->n_answered;
	if (n && now_us - c->at_us[(n - 1) % CTCP_PER_MINUTE] < APART_US)
		return true;
	return n >= CTCP_PER_MINUTE && now_us - c->at_us[n % CTCP_PER_MINUTE] < CLOCK_US_PER_MINUTE;
}

char *ctcp_answer(struct ctcp *c, const char *text, int64_t now_us)
{
	if (*text != '\001' || is_too_soon(c, now_us))
		return NULL;
	const char *end = strchr(text + 1, '\001');
	g_autofree char *command =
		end ? g_strndup(text + 1, (gsize)(end - text - 1)) : g_strdup(text + 1);
	char *payload = command + strcspn(command, " ");
	if (*payload)
		*payload++ = '\0';
	char *said = answer(command, payload);
	if (said)
		c->at_us[c->n_answered++ % CTCP_PER_MINUTE] = now_us;
	return said;
}
