#include "transport/irc/caps.h"

#include "transport/irc/line.h"

#include <glib.h>
#include <string.h>

/* No server needs so many lines to tell what it offers; one that does not end is taken at that. */
enum { LIST_LINES_MOST = 64 };

static const char *const names[CAP_LAST] = {
	[CAP_ACCOUNT_NOTIFY] = "account-notify",
	[CAP_ACCOUNT_TAG] = "account-tag",
	[CAP_BATCH] = "batch",
	[CAP_CAP_NOTIFY] = "cap-notify",
	[CAP_CHATHISTORY] = "draft/chathistory",
	[CAP_CHGHOST] = "chghost",
	[CAP_ECHO_MESSAGE] = "echo-message",
	[CAP_EXTENDED_JOIN] = "extended-join",
	[CAP_MESSAGE_TAGS] = "message-tags",
	[CAP_MULTI_PREFIX] = "multi-prefix",
	[CAP_SASL] = "sasl",
	[CAP_SERVER_TIME] = "server-time",
	[CAP_USERHOST_IN_NAMES] = "userhost-in-names",
};

struct caps {
	bool signs_in;
	bool listed; /* LS is over */
	int lines;   /* of LS */
	bool alone;  /* a REQ was refused as a whole: one at a time */
	bool offered[CAP_LAST];
	bool asked[CAP_LAST]; /* in the REQ that waits for its answer: there is one at most */
	bool on[CAP_LAST];
	bool refused[CAP_LAST]; /* not to be asked for again until it is new */
	char *mechanisms;       /* sasl's value, or NULL */
};

struct caps *caps_new(bool signs_in)
{
	struct caps *c = g_new0(struct caps, 1);
	c->signs_in = signs_in;
	return c;
}

void caps_free(struct caps *c)
{
	if (!c)
		return;
	g_free(c->mechanisms);
	g_free(c);
}

/* CAP_LAST: none of ours. */
static enum cap find(const char *name, size_t n)
{
	enum cap cap = 0;
	while (cap < CAP_LAST && (strlen(names[cap]) != n || strncmp(names[cap], name, n) != 0))
		cap++;
	return cap;
}

/* "sasl=PLAIN,EXTERNAL" */
static void offer(struct caps *c, const char *token, bool is_new)
{
	size_t n = strcspn(token, "=");
	enum cap cap = find(token, n);
	if (cap == CAP_LAST)
		return;
	c->offered[cap] = true;
	c->refused[cap] = false;
	if (cap != CAP_SASL)
		return;
	/* Signing in belongs to the registration: services that come back later are of no use. */
	c->refused[cap] = is_new;
	g_free(c->mechanisms);
	c->mechanisms = token[n] ? g_strdup(token + n + 1) : NULL;
}

static void withdraw(struct caps *c, const char *token)
{
	enum cap cap = find(token, strcspn(token, "="));
	if (cap == CAP_LAST)
		return;
	c->offered[cap] = c->asked[cap] = c->on[cap] = false;
	if (cap == CAP_SASL)
		g_clear_pointer(&c->mechanisms, g_free);
}

static void acknowledge(struct caps *c, const char *token)
{
	bool off = *token == '-';
	token += strspn(token, "-~="); /* CAP 3.1 had more such signs */
	enum cap cap = find(token, strlen(token));
	if (cap == CAP_LAST)
		return;
	if (off)
		c->refused[cap] = true;
	if (off || c->asked[cap])
		c->on[cap] = !off;
	c->asked[cap] = false;
}

static int count_asked(const struct caps *c)
{
	int n = 0;
	for (enum cap cap = 0; cap < CAP_LAST; cap++)
		n += c->asked[cap];
	return n;
}

/* The REQ on its way is refused as a whole, whatever of it the server repeats. */
static void refuse(struct caps *c)
{
	bool single = count_asked(c) == 1;
	c->alone = c->alone || !single;
	for (enum cap cap = 0; cap < CAP_LAST; cap++) {
		c->refused[cap] = c->refused[cap] || (single && c->asked[cap]);
		c->asked[cap] = false;
	}
}

static bool is_missing(const struct caps *c, enum cap cap)
{
	return c->offered[cap] && !c->on[cap] && !c->refused[cap] &&
	       (cap != CAP_SASL || c->signs_in);
}

/* What was missed comes as a batch, and is of use with the times it was said at. */
static bool history_makes_sense(const struct caps *c)
{
	bool batch = c->on[CAP_BATCH] || c->asked[CAP_BATCH];
	bool time = c->on[CAP_SERVER_TIME] || c->asked[CAP_SERVER_TIME];
	return batch && time;
}

static void add(struct caps *c, GString *req, enum cap cap)
{
	if (!is_missing(c, cap) || (c->alone && req->len) ||
	    strlen("CAP REQ :") + req->len + 1 + strlen(names[cap]) > LINE_SENT_MOST)
		return;
	g_string_append_printf(req, "%s%s", req->len ? " " : "", names[cap]);
	c->asked[cap] = true;
}

static char *ask(struct caps *c)
{
	g_autoptr(GString) req = g_string_new(NULL);
	for (enum cap cap = 0; cap < CAP_LAST; cap++) {
		if (cap != CAP_CHATHISTORY)
			add(c, req, cap);
	}
	if (history_makes_sense(c))
		add(c, req, CAP_CHATHISTORY);
	if (req->len)
		return g_strdup_printf("CAP REQ :%s", req->str);
	c->alone = false;
	return NULL;
}

/* Every word of `list`, for what `subcommand` says of it. */
static void take_list(struct caps *c, const char *subcommand, const char *list)
{
	g_auto(GStrv) tokens = g_strsplit(list, " ", -1);
	for (char **token = tokens; *token; token++) {
		if (strcmp(subcommand, "LS") == 0)
			offer(c, *token, false);
		else if (strcmp(subcommand, "NEW") == 0)
			offer(c, *token, true);
		else if (strcmp(subcommand, "DEL") == 0)
			withdraw(c, *token);
		else if (strcmp(subcommand, "ACK") == 0)
			acknowledge(c, *token);
	}
}

char *caps_hear(struct caps *c, const struct line *l)
{
	/* CAP * LS * :more follows; CAP kith ACK :that is all */
	g_autofree char *subcommand = g_ascii_strup(line_param(l, 1), -1);
	bool listing = strcmp(subcommand, "LS") == 0;
	bool more = l->n_params > 3 && strcmp(line_param(l, 2), "*") == 0;
	if (listing && c->listed)
		return NULL;
	take_list(c, subcommand, line_param(l, more ? 3 : 2));
	if (listing)
		c->listed = !more || ++c->lines == LIST_LINES_MOST;
	if (strcmp(subcommand, "NAK") == 0 && count_asked(c))
		refuse(c);
	return c->listed && !count_asked(c) ? ask(c) : NULL;
}

bool caps_settled(const struct caps *c)
{
	return c->listed && !count_asked(c);
}

bool caps_on(const struct caps *c, enum cap cap)
{
	if (cap == CAP_CHATHISTORY && !(c->on[CAP_BATCH] && c->on[CAP_SERVER_TIME]))
		return false;
	return c->on[cap];
}

bool caps_offers(const struct caps *c, enum cap cap)
{
	return c->offered[cap];
}

bool caps_mechanism(const struct caps *c, const char *mechanism)
{
	if (!c->mechanisms || !*c->mechanisms)
		return true;
	g_auto(GStrv) offered = g_strsplit(c->mechanisms, ",", -1);
	for (char **name = offered; *name; name++) {
		if (g_ascii_strcasecmp(*name, mechanism) == 0)
			return true;
	}
	return false;
}
